"""The view *Compare*: the model that Sampling shows beside another one, on the same caption.

(Past 400 lines: what two models are asked, and where the answers stand.)
"""

import math
import textwrap
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtGui import QPalette, QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from captionviewer.core.amounts import format_bytes
from captionviewer.core.coco.vocabulary import START
from captionviewer.core.network.cells import CELLS
from captionviewer.core.saved.model_file import SavedModel, fits, open_model
from captionviewer.core.saved.run_file import model_of
from captionviewer.core.saved.run_shelf import ShelfError, ShelvedRun
from captionviewer.core.saved.shipped_run import listed_runs, open_listed
from captionviewer.core.training.moments import MOST, MOST_BYTES
from captionviewer.ui import settings as remembered
from captionviewer.ui.sampling.caption_chips import CaptionChips
from captionviewer.ui.sampling.caption_player import CaptionPlayer
from captionviewer.ui.sampling.caption_sample import ground_truth_words
from captionviewer.ui.sampling.compare.comparison import ModelComparison, compare
from captionviewer.ui.sampling.compare.two_tints import TwiceTinted, TwiceTintedTruth
from captionviewer.ui.sampling.latest_work import LatestWork
from captionviewer.ui.sampling.mirrored_bars import MirroredBars
from captionviewer.ui.sampling.probability_words import p_words
from captionviewer.ui.sampling.sampler import Sampler
from captionviewer.ui.sampling.word_flow import FlowWord
from captionviewer.ui.session.models import CurrentModel, ModelOrigin
from captionviewer.ui.session.session import Session
from captionviewer.ui.session.trouble import not_opened
from captionviewer.ui.widgets.control_parts import labelled, scrolling, words_label
from captionviewer.ui.widgets.flow_layout import FlowLayout
from captionviewer.ui.widgets.halves import Halves
from captionviewer.ui.widgets.outside_text import plain_tip, shortened, show_plainly
from captionviewer.ui.worker import Cancelled, Job

MODEL_FILES = "Models (*.npz)"
LEGEND = "Each word of the ground truth: the surprise of the left model above it, of the right one below it."
_NARROW = 78  # letters of average width, below which the ground truth stands under the bars
_LONGEST_NAME = 44
_LONGEST_SAID = 150  # letters of what a model is and says: an untrained one says thirty words
MOST_HELD = 8  # models of a person's own moments: a large one takes 100 MB
MOST_RUNS = 10  # kept runs that are offered: the newest, and the one that comes with the program

UNTRAINED, BEST, HELD, FILE, OTHER_FILE, RUN = "untrained", "best", "held", "file", "other file", "run"
MOMENT = "moment"
ONE_AT_A_TIME = (RUN, MOMENT)  # of these only the model that is compared with is held


@dataclass(frozen=True)
class Choice:
    """What is compared with: one of the names above, for a kept run its key and how far it is, for a model
    that is held which one in the order of holding, for a moment of the run that is shown its iteration.
    """

    kind: str
    key: str = ""
    iteration: int = 0


class CompareView(QWidget):
    """Follows the sampler's sample and the player's timestep; works only while it is seen."""

    def __init__(self, session: Session, sampler: Sampler, player: CaptionPlayer) -> None:
        super().__init__()
        self._session, self._sampler, self._player = session, sampler, player
        self.comparison: ModelComparison | None = None
        self._choice = Choice(UNTRAINED)
        self._untrained: tuple[tuple[object, ...], CurrentModel] | None = None
        self._given: dict[Choice, CurrentModel] = {}  # held, opened from a file, or of the chosen run
        self._kept_runs: list[ShelvedRun] = []
        self._opening: Job | None = None
        self._work: LatestWork[ModelComparison] = LatestWork(session, "comparing two models", brief=True)
        self._build()
        sampler.sample_changed.connect(self.refresh)
        sampler.model_changed.connect(self.refresh)  # that gives no sample
        sampler.outdated_changed.connect(lambda: self._grey(sampler.is_outdated))
        session.dataset_changed.connect(self._forget)
        player.moved.connect(self._show_timestep)
        self._offer()

    # ---- parts ---------------------------------------------------------------------------------

    def _build(self) -> None:
        self.choice = QComboBox()
        self.choice.setObjectName("compare_with")
        self.choice.setAccessibleName("Compare with")
        self.choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.choice.setToolTip(
            f"Of a run that is trained here some moments are kept, {MOST} at most and"
            f" {format_bytes(MOST_BYTES)} in all: close together at first, farther and farther apart later"
        )
        self.choice.activated.connect(self._chosen)
        self.hold_button = QPushButton("Hold this model")
        self.hold_button.setObjectName("hold_model")
        self.hold_button.setToolTip(
            f"Keep the model that is shown now, to compare it with what it becomes; {MOST_HELD} at most"
        )
        self.hold_button.clicked.connect(self.hold)
        head = FlowLayout(gap=10, line_gap=4)
        head.addWidget(labelled("Compare with", self.choice))
        head.addWidget(self.hold_button)
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
        column.addLayout(head)
        column.addWidget(scrolling(body), 1)
        self.setAutoFillBackground(True)
        self.setBackgroundRole(QPalette.ColorRole.Base)

    def _offer(self) -> None:
        """List what there is to compare with."""
        sample = self._sampler.sample
        offered = [("An untrained network", Choice(UNTRAINED))]
        if sample is not None and sample.current.best is not None:
            best = sample.current.best
            offered.append((f"Best of this run, iteration {best.iteration:,}", Choice(BEST)))
        offered += [(f"This run at iteration {at:,}", Choice(MOMENT, iteration=at)) for at in self._moments()]
        for choice in [*self._held(), Choice(FILE)]:
            if choice in self._given:
                offered.append((_short(self._given[choice].words), choice))
        offered += [(_short(_run_title(run)), _choice_of(run)) for run in self._kept_runs]
        offered.append(("A file…", Choice(OTHER_FILE)))
        if self._choice not in [choice for _title, choice in offered]:
            self._choice = Choice(UNTRAINED)
        if offered != [
            (self.choice.itemText(n), self.choice.itemData(n)) for n in range(self.choice.count())
        ]:
            self.choice.clear()
            for title, choice in offered:
                self.choice.addItem(title, choice)
        place = [choice for _title, choice in offered].index(self._choice)
        self.choice.setCurrentIndex(place)
        self.hold_button.setEnabled(sample is not None)

    def _moments(self) -> list[int]:
        """The iterations of this run that can be compared with, rising; the chosen one stays among them."""
        sample = self._sampler.sample
        if sample is None:
            return []
        saved = sample.current.saved
        at = {moment.iteration for moment in self._session.runs.moments_before(saved)}
        chosen = self._given.get(self._choice) if self._choice.kind == MOMENT else None
        if chosen is not None and chosen.saved.caption_rows is not saved.caption_rows:
            del self._given[self._choice]  # of another run, which has moments of its own
            self._choice = Choice(UNTRAINED)
        elif chosen is not None and chosen.saved.iteration < saved.iteration:
            at.add(chosen.saved.iteration)
        return sorted(at)

    # ---- which other model -----------------------------------------------------------------------

    def compare_with(self, choice: Choice) -> None:
        """Compare with another model, which is opened first where that is needed."""
        self._choice = choice
        for other in [each for each in self._given if each.kind in ONE_AT_A_TIME and each != choice]:
            del self._given[other]  # read again when it is chosen again: a shelf of models takes much memory
        if choice.kind == MOMENT:
            self._take_moment(choice)
        self._open_nothing()  # what was asked for before is not wanted any more
        if choice.kind == RUN and choice not in self._given:
            self._open(f"opening the run {choice.key}", choice, lambda: self._model_of_run(choice.key))
        self._offer()
        self.refresh()

    def _take_moment(self, choice: Choice) -> None:
        """Keep the model of a moment as long as it is compared with: the run may let go of it."""
        sample = self._sampler.sample
        if sample is None or choice in self._given:
            return
        saved = sample.current.saved
        for moment in self._session.runs.moments_before(saved):
            if moment.iteration == choice.iteration:
                model = saved.at(moment)
                self._given[choice] = CurrentModel(model, ModelOrigin.TRAINED, label="of this run")

    def hold(self) -> None:
        """Keep the model that is shown beside those held before, and compare with it."""
        sample = self._sampler.sample
        if sample is None:
            return
        held = self._held()
        choice = next((c for c in held if self._given[c].model is sample.current.model), None)
        if choice is None:
            choice = Choice(HELD, str(int(held[-1].key) + 1 if held else 1))
            for oldest in held[: len(held) + 1 - MOST_HELD]:
                del self._given[oldest]
        self._given[choice] = replace(sample.current, best=None, keeper=None)  # nor all of its run
        self.compare_with(choice)

    def _held(self) -> list[Choice]:
        """The models that are held, the oldest first."""
        return [choice for choice in self._given if choice.kind == HELD]

    def open_file(self, path: Path) -> None:
        """Compare with a model file."""
        self._open(
            f"opening {path.name}",
            Choice(FILE),
            lambda: CurrentModel(open_model(path), ModelOrigin.SAVED, path),
            path,
        )

    def _chosen(self, index: int) -> None:
        choice = self.choice.itemData(index)
        if choice.kind != OTHER_FILE:
            self.compare_with(choice)
            return
        self._offer()  # the entry asks; what is compared with stays until a file is open
        start = self._session.settings.get(remembered.MODEL_FOLDER)
        chosen, _ = QFileDialog.getOpenFileName(self, "Compare with a Model", start, MODEL_FILES)
        if chosen:
            self._session.settings.set(remembered.MODEL_FOLDER, str(Path(chosen).parent))
            self.open_file(Path(chosen))

    def _open(
        self, name: str, choice: Choice, make: Callable[[], CurrentModel], path: Path | None = None
    ) -> None:
        def work(_cancelled: Cancelled) -> CurrentModel:
            return make()

        def done(current: CurrentModel) -> None:
            self._opening = None
            dataset = self._session.data.dataset
            misfit = fits(current.saved, dataset) if dataset is not None else None
            if misfit is not None:
                refuse(f"{path or 'The run'}: {misfit}")
                return
            self._given[choice] = current
            self.compare_with(choice)

        def failed(error: Exception) -> None:
            self._opening = None
            refuse(not_opened(path or Path(choice.key), error))

        def refuse(words: str) -> None:
            self._session.problem.emit(words)
            if self._has_model(self._choice):
                self._offer()
            else:  # this one, or a run whose opening ended when this one was asked for
                self.compare_with(Choice(UNTRAINED))

        self._open_nothing()
        self._opening = self._session.workers.start(name, work, done, failed)

    def _open_nothing(self) -> None:
        if self._opening is not None:
            self._opening.cancel()
            self._opening = None

    def _has_model(self, choice: Choice) -> bool:
        return choice.kind in (UNTRAINED, BEST) or choice in self._given

    def _model_of_run(self, key: str) -> CurrentModel:
        saved = model_of(open_listed(self._session.runs.shelf, key))
        if saved is None:
            raise ShelfError("The model of this run is not kept any more.")
        return CurrentModel(saved, ModelOrigin.TRAINED)

    def _list_runs(self) -> None:
        """Look at the shelf, away from the GUI thread."""

        def work(_cancelled: Cancelled) -> list[ShelvedRun]:
            listed = listed_runs(self._session.runs.shelf)
            return [run for run in listed if run.has_model and not run.live]

        def done(runs: list[ShelvedRun]) -> None:
            self._kept_runs = runs[: MOST_RUNS - 1] + runs[-1:] if len(runs) > MOST_RUNS else runs
            listed, chosen = {run.key: _choice_of(run) for run in self._kept_runs}, self._choice
            for choice in [each for each in self._given if each.kind == RUN]:
                if listed.get(choice.key) != choice:
                    del self._given[choice]  # of a run that went on, or is gone
            if chosen.kind == RUN and listed.get(chosen.key) != chosen:
                self.compare_with(listed.get(chosen.key, Choice(UNTRAINED)))
            else:
                self._offer()

        def failed(_error: Exception) -> None:
            self._kept_runs = []  # the rest can be compared with all the same

        self._session.workers.start("listing the runs that are kept", work, done, failed, brief=True)

    def _forget(self) -> None:
        self._open_nothing()
        self._given.clear()
        self._untrained = None
        self._choice = Choice(UNTRAINED)
        self._offer()

    # ---- comparing -------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Compare anew what the sampler has now."""
        sample, dataset = self._sampler.sample, self._session.data.dataset
        if not self.isVisible():
            return
        self._offer()
        if sample is None or dataset is None:
            self._work.drop()
            self.comparison = None
            self._show()
            return
        choice = self._choice
        settings = sample.current.saved.settings
        drawn = (settings.drawn_by(), dataset)
        fresh = self._untrained[1] if self._untrained is not None and self._untrained[0] == drawn else None
        given = self._given.get(choice)
        if choice.kind == RUN and given is None:
            return  # it is being opened

        turn = self._work.turn()

        def work(cancelled: Cancelled) -> ModelComparison:
            other = given
            if choice.kind == BEST and sample.current.best is not None:
                other = CurrentModel(sample.current.best, ModelOrigin.TRAINED)
            if other is None:
                other = fresh
            if other is None:
                model = settings.new_model(dataset.vocabulary.word_to_idx, dataset.feature_dim)
                other = CurrentModel(SavedModel.untrained(model, settings, dataset), ModelOrigin.UNTRAINED)
            return compare(sample, other, turn, cancelled)

        def done(found: ModelComparison) -> None:
            if choice.kind == UNTRAINED:
                self._untrained = drawn, found.other
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
        self._list_runs()
        self.refresh()


def _short(words: str) -> str:
    return shortened(words, _LONGEST_NAME)


def _choice_of(run: ShelvedRun) -> Choice:
    return Choice(RUN, run.key, run.iteration)


def _run_title(run: ShelvedRun) -> str:
    """A kept run in a list: its name, or when it was started."""
    cell = f"{CELLS[run.settings.cell_type].name}, " if run.settings is not None else ""
    name = run.name or f"Run of {time.strftime('%d %b, %H:%M', time.localtime(run.started))}"
    return f"{name}: {cell}iteration {run.iteration:,}"


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
