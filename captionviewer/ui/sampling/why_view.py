"""The view Why this word: what the photo and each word before it gave to the word that was chosen."""

from dataclasses import dataclass

import numpy as np
from PySide6.QtGui import QPalette, QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from captionviewer.core.amounts import signed
from captionviewer.core.arrays import FloatArray
from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.inspection.corpus import draw_corpus
from captionviewer.core.inspection.photo_worth import features_from, photos_of
from captionviewer.core.inspection.why_this_word import Contributions, contributions
from captionviewer.ui.sampling.caption_player import CaptionPlayer
from captionviewer.ui.sampling.caption_sample import CaptionSample
from captionviewer.ui.sampling.contribution_table import Contribution, ContributionTable
from captionviewer.ui.sampling.latest_work import LatestWork
from captionviewer.ui.sampling.sampler import Sampler
from captionviewer.ui.session.session import Session
from captionviewer.ui.widgets.control_parts import scrolling, words_label
from captionviewer.ui.worker import Cancelled

READ = (
    "Red speaks for the word, blue against it. An input is what sets it apart from its mean: this photo from"
    " the average photo of val, a word from the mean of all words. Gradient times input is a straight line"
    " laid on a curve; beside it stands by how much the logit really falls when the mean takes the input's"
    " place, one at a time."
)
NO_CAPTION = "No caption to explain yet."


@dataclass(frozen=True)
class _Average:
    """The average photo of a data set's val."""

    dataset: CocoDataset
    features: FloatArray


@dataclass(frozen=True)
class Explained:
    """A word of a caption, and what the inputs gave to it."""

    sample: CaptionSample
    timestep: int
    average: _Average
    given: Contributions


class WhyView(QWidget):
    """Explains the word that was chosen last as the player stands; works only while it is seen."""

    def __init__(self, session: Session, sampler: Sampler, player: CaptionPlayer) -> None:
        super().__init__()
        self._session, self._sampler, self._player = session, sampler, player
        self.explained: Explained | None = None
        self._average: _Average | None = None
        self._work: LatestWork[Explained] = LatestWork(session, "explaining a word", brief=True)
        self.head = words_label("why_head")
        self.table = ContributionTable()
        self.table.line_chosen.connect(lambda line: player.go_to(max(line - 1, 0)))
        self.words = words_label("why_words")
        self.read = words_label("why_read")
        self.read.setText(READ)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(10, 8, 10, 8)
        column.setSpacing(8)
        for widget in (self.head, self.table, self.words, self.read):
            column.addWidget(widget)
        column.addStretch(1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(scrolling(body))
        self.setAutoFillBackground(True)
        self.setBackgroundRole(QPalette.ColorRole.Base)
        sampler.sample_changed.connect(self._explain)
        sampler.outdated_changed.connect(lambda: self.table.set_outdated(sampler.is_outdated))
        player.moved.connect(self._explain)
        self._show()

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what changed while nobody looked."""
        super().showEvent(event)
        self._explain()

    def _explain(self) -> None:
        sample, dataset = self._sampler.sample, self._session.data.dataset
        if not self.isVisible():
            if self.explained is not None and not self.explained.sample.is_of_the_same(sample):
                self.explained = None  # nobody looks: the model that it is of need not stay for it
            if self._average is not None and self._average.dataset is not dataset:
                self._average = None
            return
        if sample is None or dataset is None or not sample.timesteps:
            self._work.drop()
            self.explained = None
            self._show()
            return
        timestep = min(max(self._player.position - 1, 0), len(sample.timesteps) - 1)
        kept, turn = self._average, self._work.turn()

        def work(_cancelled: Cancelled) -> Explained:
            average = kept if kept is not None and kept.dataset is dataset else _average_of(dataset)
            steps = sample.timesteps[: timestep + 1]
            fed = np.array([step.previous_word for step in steps])
            model, word = sample.current.model, steps[-1].word
            with turn:
                given = contributions(model, sample.features, average.features, fed, word)
            return Explained(sample, timestep, average, given)

        self._work.ask(work, self._took, self._failed)

    def _took(self, explained: Explained) -> None:
        self.explained, self._average = explained, explained.average
        self.table.set_outdated(self._sampler.is_outdated)
        self._show()

    def _failed(self, error: Exception) -> None:
        self.explained = None
        self._show(f"The word could not be explained. {error}")

    def _show(self, instead: str = NO_CAPTION) -> None:
        """Show what was found, or say something instead."""
        found = self.explained
        for part in (self.table, self.words, self.read):
            part.setVisible(found is not None)
        if found is None:
            self.head.setText(instead)
            return
        words, given = found.sample.words, found.given
        before = [found.sample.vocabulary.idx_to_word[found.sample.timesteps[0].previous_word]]
        before += words[: found.timestep]
        lines = [Contribution("photo", given.photo, given.photo_real)]
        lines += [
            Contribution(word, float(estimate), float(real))
            for word, estimate, real in zip(before, given.words, given.words_real, strict=True)
        ]
        self.table.show_lines(tuple(lines), room_for=words)
        self.head.setText(
            f"Why “{words[found.timestep]}”, word {found.timestep + 1} of the caption, by"
            f" {found.sample.current.words}: what its logit owes to the photo and to each word before it."
        )
        self.words.setText(agreement_words(lines))


def agreement_words(lines: list[Contribution]) -> str:
    """How far the estimates can be trusted, in the numbers that are shown."""
    apart = max(lines, key=lambda line: abs(line.estimate - line.real))
    wrong = [line.name for line in lines if line.estimate * line.real < 0 and abs(line.real) >= 0.1]
    said = (
        f"Estimate and real change are farthest apart at “{apart.name}”:"
        f" {signed(apart.estimate, plus=True)} and {signed(apart.real, plus=True)}."
    )
    if wrong:
        said += f" They do not even agree in sign at {', '.join(f'“{name}”' for name in wrong)}."
    return said


def _average_of(dataset: CocoDataset) -> _Average:
    _rows, features, _owners = photos_of(draw_corpus(dataset))
    return _Average(dataset, features_from("average", features)[0])
