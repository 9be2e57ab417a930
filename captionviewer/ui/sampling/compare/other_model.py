"""Which other model *Compare* lays beside the one that Sampling shows: the list, and the models it holds."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QFileDialog, QPushButton, QWidget

from captionviewer.core.amounts import format_bytes
from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.network.cells import CELLS
from captionviewer.core.saved.model_file import SavedModel, fits, open_model
from captionviewer.core.saved.run_file import model_of
from captionviewer.core.saved.run_shelf import ShelfError, ShelvedRun
from captionviewer.core.saved.shipped_run import listed_runs, open_listed
from captionviewer.core.training.moments import MOST, MOST_BYTES
from captionviewer.ui import settings as remembered
from captionviewer.ui.sampling.caption_sample import CaptionSample
from captionviewer.ui.sampling.sampler import Sampler
from captionviewer.ui.session.models import CurrentModel, ModelOrigin
from captionviewer.ui.session.session import Session
from captionviewer.ui.session.trouble import not_opened
from captionviewer.ui.widgets.control_parts import labelled
from captionviewer.ui.widgets.flow_layout import FlowLayout
from captionviewer.ui.widgets.outside_text import shortened
from captionviewer.ui.worker import Cancelled, Job

MODEL_FILES = "Models (*.npz)"
_LONGEST_NAME = 44
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


class OtherModel(QWidget):
    """The row in which the other model is chosen; one that was held or opened stays until it gives way.

    Attributes
    ----------
    chosen
        what is compared with.
    """

    changed = Signal()  # another model is to be compared with

    def __init__(self, session: Session, sampler: Sampler) -> None:
        super().__init__()
        self._session, self._sampler = session, sampler
        self.chosen = Choice(UNTRAINED)
        self._untrained: tuple[tuple[object, ...], CurrentModel] | None = None
        self._given: dict[Choice, CurrentModel] = {}  # held, opened from a file, or of the chosen run
        self._kept_runs: list[ShelvedRun] = []
        self._opening: Job | None = None
        self.choice = QComboBox()
        self.choice.setObjectName("compare_with")
        self.choice.setAccessibleName("Compare with")
        self.choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.choice.setToolTip(
            f"Of a run that is trained here some moments are kept, {MOST} at most and"
            f" {format_bytes(MOST_BYTES)} in all: close together at first, farther and farther apart later"
        )
        self.choice.activated.connect(self._take)
        self.hold_button = QPushButton("Hold this model")
        self.hold_button.setObjectName("hold_model")
        self.hold_button.setToolTip(
            f"Keep the model that is shown now, to compare it with what it becomes; {MOST_HELD} at most"
        )
        self.hold_button.clicked.connect(self.hold)
        row = FlowLayout(self, gap=10, line_gap=4)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(labelled("Compare with", self.choice))
        row.addWidget(self.hold_button)
        self.offer()

    # ---- the model itself ------------------------------------------------------------------------

    def maker(self, sample: CaptionSample, dataset: CocoDataset) -> Callable[[], CurrentModel] | None:
        """What gives the model to lay beside a sample's, in any thread; None while it is being opened."""
        chosen, best = self.chosen, sample.current.best
        given = self._given.get(chosen)
        if chosen.kind == BEST and best is not None:
            given = CurrentModel(best, ModelOrigin.TRAINED)
        if given is None and chosen.kind == RUN:
            return None
        settings = sample.current.saved.settings
        drawn = (settings.drawn_by(), dataset)
        if given is None and self._untrained is not None and self._untrained[0] == drawn:
            given = self._untrained[1]
        there = given

        def make() -> CurrentModel:
            if there is not None:
                return there
            model = settings.new_model(dataset.vocabulary.word_to_idx, dataset.feature_dim)
            fresh = CurrentModel(SavedModel.untrained(model, settings, dataset), ModelOrigin.UNTRAINED)
            self._untrained = drawn, fresh
            return fresh

        return make

    # ---- the list --------------------------------------------------------------------------------

    def offer(self) -> None:
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
        if self.chosen not in [choice for _title, choice in offered]:
            self.chosen = Choice(UNTRAINED)
        if offered != [
            (self.choice.itemText(n), self.choice.itemData(n)) for n in range(self.choice.count())
        ]:
            self.choice.clear()
            for title, choice in offered:
                self.choice.addItem(title, choice)
        place = [choice for _title, choice in offered].index(self.chosen)
        self.choice.setCurrentIndex(place)
        self.hold_button.setEnabled(sample is not None)

    def _moments(self) -> list[int]:
        """The iterations of this run that can be compared with, rising; the chosen one stays among them."""
        sample = self._sampler.sample
        if sample is None:
            return []
        saved = sample.current.saved
        at = {moment.iteration for moment in self._session.runs.moments_before(saved)}
        chosen = self._given.get(self.chosen) if self.chosen.kind == MOMENT else None
        if chosen is not None and chosen.saved.caption_rows is not saved.caption_rows:
            del self._given[self.chosen]  # of another run, which has moments of its own
            self.chosen = Choice(UNTRAINED)
        elif chosen is not None and chosen.saved.iteration < saved.iteration:
            at.add(chosen.saved.iteration)
        return sorted(at)

    # ---- choosing --------------------------------------------------------------------------------

    def compare_with(self, choice: Choice) -> None:
        """Compare with another model, which is opened first where that is needed."""
        self.chosen = choice
        for other in [each for each in self._given if each.kind in ONE_AT_A_TIME and each != choice]:
            del self._given[other]  # read again when it is chosen again: a shelf of models takes much memory
        if choice.kind == MOMENT:
            self._take_moment(choice)
        self._open_nothing()  # what was asked for before is not wanted any more
        if choice.kind == RUN and choice not in self._given:
            self._open(f"opening the run {choice.key}", choice, lambda: self._model_of_run(choice.key))
        self.offer()
        self.changed.emit()

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

    def _take(self, index: int) -> None:
        choice = self.choice.itemData(index)
        if choice.kind != OTHER_FILE:
            self.compare_with(choice)
            return
        self.offer()  # the entry asks; what is compared with stays until a file is open
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
            if self._has_model(self.chosen):
                self.offer()
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

    def list_runs(self) -> None:
        """Look at the shelf, away from the GUI thread."""

        def work(_cancelled: Cancelled) -> list[ShelvedRun]:
            listed = listed_runs(self._session.runs.shelf)
            return [run for run in listed if run.has_model and not run.live]

        def done(runs: list[ShelvedRun]) -> None:
            self._kept_runs = runs[: MOST_RUNS - 1] + runs[-1:] if len(runs) > MOST_RUNS else runs
            listed, chosen = {run.key: _choice_of(run) for run in self._kept_runs}, self.chosen
            for choice in [each for each in self._given if each.kind == RUN]:
                if listed.get(choice.key) != choice:
                    del self._given[choice]  # of a run that went on, or is gone
            if chosen.kind == RUN and listed.get(chosen.key) != chosen:
                self.compare_with(listed.get(chosen.key, Choice(UNTRAINED)))
            else:
                self.offer()

        def failed(_error: Exception) -> None:
            self._kept_runs = []  # the rest can be compared with all the same

        self._session.workers.start("listing the runs that are kept", work, done, failed, brief=True)

    def forget(self) -> None:
        """Let go of all models: other data is open."""
        self._open_nothing()
        self._given.clear()
        self._untrained = None
        self.chosen = Choice(UNTRAINED)
        self.offer()


def _short(words: str) -> str:
    return shortened(words, _LONGEST_NAME)


def _choice_of(run: ShelvedRun) -> Choice:
    return Choice(RUN, run.key, run.iteration)


def _run_title(run: ShelvedRun) -> str:
    """A kept run in a list: its name, or when it was started."""
    cell = f"{CELLS[run.settings.cell_type].name}, " if run.settings is not None else ""
    name = run.name or f"Run of {time.strftime('%d %b, %H:%M', time.localtime(run.started))}"
    return f"{name}: {cell}iteration {run.iteration:,}"
