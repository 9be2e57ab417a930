"""The view *Compare*: the model that Sampling shows beside another one, on the same caption."""

import math
import textwrap

from PySide6.QtCore import QEvent
from PySide6.QtGui import QPalette, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from captionviewer.core.coco.vocabulary import START
from captionviewer.ui.sampling.caption_chips import CaptionChips
from captionviewer.ui.sampling.caption_player import CaptionPlayer
from captionviewer.ui.sampling.caption_sample import ground_truth_words
from captionviewer.ui.sampling.compare.comparison import ModelComparison, compare
from captionviewer.ui.sampling.compare.other_model import OtherModel
from captionviewer.ui.sampling.compare.two_tints import TwiceTinted, TwiceTintedTruth
from captionviewer.ui.sampling.latest_work import LatestWork
from captionviewer.ui.sampling.mirrored_bars import MirroredBars
from captionviewer.ui.sampling.probability_words import p_words
from captionviewer.ui.sampling.sampler import Sampler
from captionviewer.ui.sampling.word_flow import FlowWord
from captionviewer.ui.session.session import Session
from captionviewer.ui.widgets.control_parts import scrolling, words_label
from captionviewer.ui.widgets.halves import Halves
from captionviewer.ui.widgets.outside_text import plain_tip, show_plainly
from captionviewer.ui.worker import Cancelled

LEGEND = "Each word of the ground truth: the surprise of the left model above it, of the right one below it."
_NARROW = 78  # letters of average width, below which the ground truth stands under the bars
_LOW = 36  # lines of text, below which the bars stand as close as they can: more of them are seen
_LONGEST_SAID = 150  # letters of what a model is and says: an untrained one says thirty words


class CompareView(QWidget):
    """Follows the sampler's sample and the player's timestep; works only while it is seen."""

    def __init__(self, session: Session, sampler: Sampler, player: CaptionPlayer) -> None:
        super().__init__()
        self._session, self._sampler, self._player = session, sampler, player
        self.comparison: ModelComparison | None = None
        self.other = OtherModel(session, sampler)
        self._work: LatestWork[ModelComparison] = LatestWork(session, "comparing two models", brief=True)
        self._build()
        sampler.sample_changed.connect(self.refresh)
        sampler.model_changed.connect(self.refresh)  # that gives no sample
        sampler.outdated_changed.connect(lambda: self._grey(sampler.is_outdated))
        session.dataset_changed.connect(self.other.forget)
        self.other.changed.connect(self.refresh)
        player.moved.connect(self._show_timestep)

    # ---- parts ---------------------------------------------------------------------------------

    def _build(self) -> None:
        self.first, self.second = words_label("compared_first"), words_label("compared_second")
        self._chips = CaptionChips()
        self._chips.set_dense(True)
        self._chips.timestep_chosen.connect(self._player.go_to)
        self.apart = words_label("compared_parting")
        self._title = show_plainly(QLabel())
        self._title.setWordWrap(True)  # or large text would leave the ground truth no room
        self._title.setObjectName("compared_title")
        self.bars = MirroredBars("Words that the two models differ about most")
        self.divergence = words_label("compared_divergence")
        word = QWidget()
        left = QVBoxLayout(word)
        left.setContentsMargins(0, 0, 0, 0)
        left.setSpacing(4)
        left.addWidget(self._title)
        left.addWidget(self.bars, 1)
        left.addWidget(self.divergence)
        self.truth = TwiceTintedTruth()
        truth = QWidget()
        right = QVBoxLayout(truth)
        right.setContentsMargins(0, 0, 0, 0)
        right.setSpacing(4)
        legend = words_label("compared_legend")
        legend.setText(LEGEND)
        right.addWidget(legend)
        right.addWidget(self.truth, 1)
        body = QWidget()
        stage = QVBoxLayout(body)
        stage.setContentsMargins(0, 0, 0, 0)
        stage.setSpacing(4)
        for part in (self.first, self.second, self._chips, self.apart):
            stage.addWidget(part)
        stage.addWidget(Halves(word, truth, _NARROW), 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 8, 10, 8)
        column.setSpacing(6)
        column.addWidget(self.other)
        column.addWidget(scrolling(body), 1)
        self.setAutoFillBackground(True)
        self.setBackgroundRole(QPalette.ColorRole.Base)

    # ---- comparing -------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Compare anew what the sampler has now."""
        sample, dataset = self._sampler.sample, self._session.data.dataset
        if not self.isVisible():
            if self.comparison is not None and not self.comparison.sample.is_of_the_same(sample):
                self.comparison = None  # nobody looks: the models that it is of need not stay for it
            return
        self.other.offer()
        if sample is None or dataset is None:
            self._work.drop()
            self.comparison = None
            self._show()
            return
        make = self.other.maker(sample, dataset)
        if make is None:
            return
        turn = self._work.turn()

        def work(cancelled: Cancelled) -> ModelComparison:
            return compare(sample, make(), turn, cancelled)

        def done(found: ModelComparison) -> None:
            now = self._sampler.sample
            if (
                now is not None
                and now.is_of_the_same(found.sample)
                and now.timesteps is found.sample.timesteps
            ):
                self.comparison = found
                self._grey(self._sampler.is_outdated)
                self._show()

        def failed(error: Exception) -> None:
            self.comparison = None
            self._show()
            self._session.problem.emit(f"The two models could not be compared: {error}")

        self._work.ask(work, done, failed)

    # ---- what is shown ---------------------------------------------------------------------------

    def _show(self) -> None:
        found = self.comparison
        for label, words in zip(
            (self.first, self.second), _said(found) if found is not None else ("", ""), strict=True
        ):
            label.setText(textwrap.shorten(words, _LONGEST_SAID, placeholder=" …"))
            label.setToolTip(plain_tip(words) if len(words) > _LONGEST_SAID else "")
        if found is None:
            self._chips.show_words((), 0)
            self.apart.setText("" if self._sampler.sample is None else "Comparing…")
            self.bars.show_words(())
            self.divergence.setText("")
            self._title.setText("")
            self.truth.show_captions((), 2)
            return
        sample = found.sample
        truth = [
            [
                TwiceTinted(word, float(sample.surprises[n, at]), float(found.surprises[n, at]))
                for at, word in words
            ]
            for n, words in enumerate(ground_truth_words(sample.captions, sample.vocabulary))
        ]
        self.truth.show_captions(truth, len(sample.vocabulary))
        self.apart.setText(_parting_words(found))
        self._show_timestep()

    def _show_timestep(self) -> None:
        found = self.comparison
        if found is None or not self.isVisible():
            return
        sample, position = found.sample, self._player.position
        timestep = min(position, len(sample.timesteps) - 1)
        chips = [
            FlowWord(word, f"timestep {t + 1}: “{word}”, left {p_words(p)}, right {p_words(q)}")
            for t, (word, p, q) in enumerate(
                (word, float(one.probabilities[one.word]), float(other.probabilities[one.word]))
                for word, one, other in zip(sample.words, sample.timesteps, found.steps, strict=True)
            )
        ]
        self._chips.show_words(
            chips, min(position, len(chips)), sample.words, forced=sample.branch.forced, parting=found.parting
        )
        before = sample.words[timestep - 1] if timestep else START
        self._title.setText(
            f"Next after {before if before == START else f'“{before}”'}: the words they differ about most"
        )
        self.bars.show_words(found.words_at(timestep), room_for=found.differing_words)
        there, back = found.divergences[timestep]
        self.divergence.setText(
            f"KL(left ‖ right) = {_nats(there)} nats, KL(right ‖ left) = {_nats(back)} nats at this timestep."
        )

    def _grey(self, outdated: bool) -> None:
        self.bars.set_outdated(outdated)
        self._chips.set_outdated(outdated)
        self.truth.set_outdated(outdated)

    # ---- events ----------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what changed while nobody looked."""
        super().showEvent(event)
        self.other.list_runs()
        self.refresh()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Set the bars closer where it is low."""
        super().resizeEvent(event)
        self._share_room()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._share_room()

    def _share_room(self) -> None:
        self.bars.set_dense(self.height() < _LOW * self.fontMetrics().height())


def _said(found: ModelComparison) -> tuple[str, str]:
    """What the two models are and say, for people."""
    one, other = found.texts
    forced = " from the same forced beginning" if found.sample.shown is not None else ""
    return (
        f"Left: {found.sample.current.words}. It says: {one}",
        f"Right: {found.other.words}. It says{forced}: {other}",
    )


def _parting_words(found: ModelComparison) -> str:
    if found.parting is None:
        return "Both hold the same words for likeliest all along this caption."
    t, words = found.parting, found.sample.vocabulary.idx_to_word
    one, other = (
        words[int(steps[t].probabilities.argmax())] for steps in (found.sample.timesteps, found.steps)
    )
    return f"They part at timestep {t}, underlined: “{one}” is likeliest at the left, “{other}” at the right."


def _nats(value: float) -> str:
    return f"{value:.2f}" if math.isfinite(value) else "infinite"
