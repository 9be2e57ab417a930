"""The page Back through time: a vanilla RNN and an LSTM side by side, with knobs for Wh and forget bias."""

from dataclasses import dataclass, replace

import numpy as np
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from captionviewer.core.amounts import signed
from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.inspection.gradient_study import (
    GradientNorms,
    StudiedCaptions,
    draw_studied,
    norms_of_each,
)
from captionviewer.core.inspection.gradients import with_knobs
from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.core.network.cells import CELLS, CellType
from captionviewer.core.saved.model_file import fits
from captionviewer.core.training.settings import TrainingSettings
from captionviewer.ui.session.models import CurrentModel, NamedModel
from captionviewer.ui.session.session import Session
from captionviewer.ui.training.gradients.gradient_lines import GradientLine, GradientLines
from captionviewer.ui.training.gradients.gradient_map import GradientMap
from captionviewer.ui.training.gradients.knobs import knob, scale_of, scale_slider, slider
from captionviewer.ui.widgets.control_parts import scrolling, words_label
from captionviewer.ui.widgets.flow_layout import FlowLayout
from captionviewer.ui.worker import Cancelled, Job

TITLES: dict[CellType, str] = {cell: facts.name for cell, facts in CELLS.items()}
FRESH, SHOWN = "Both cells, fresh", "The model in Sampling"


@dataclass(frozen=True)
class _Wish:
    """What is to be computed."""

    dataset: CocoDataset
    current: CurrentModel
    fresh: bool
    wh_scale: float
    forget_bias: float


@dataclass(frozen=True)
class _Of:
    """What was wished for, without the model: a page that nobody looks at need not keep it."""

    dataset: CocoDataset
    model: NamedModel
    settings: TrainingSettings
    hidden_dim: int
    cell_type: CellType
    fresh: bool
    wh_scale: float
    forget_bias: float

    @classmethod
    def wish(cls, wish: _Wish) -> "_Of":
        current = wish.current
        return cls(
            wish.dataset,
            NamedModel(current),
            current.saved.settings,
            current.model.hidden_dim,
            current.model.cell_type,
            wish.fresh,
            wish.wh_scale,
            wish.forget_bias,
        )


@dataclass(frozen=True)
class _Found:
    of: _Of
    studied: StudiedCaptions
    norms: dict[str, GradientNorms]


class ThroughTime(QWidget):
    """Computes in a thread while it is seen; of wishes that come meanwhile the last is carried out."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.found: _Found | None = None
        self._loss = -1  # the row chosen; -1: the last
        self._job: Job | None = None
        self._build()
        session.model_changed.connect(self._want)
        session.dataset_changed.connect(self._want)

    def _build(self) -> None:
        self.model_choice = QComboBox()
        self.model_choice.addItems([FRESH, SHOWN])
        self.model_choice.setAccessibleName("Networks whose gradients are shown")
        self.model_choice.currentIndexChanged.connect(lambda _index: self._want())
        self.wh_slider = scale_slider()
        self.bias_slider = slider("Added to the LSTM's forget bias", -10, 50, 0)
        self._wh_words, self._bias_words = QLabel(), QLabel()
        for each in (self.wh_slider, self.bias_slider):
            each.valueChanged.connect(lambda _value: self._want())
        knobs = FlowLayout(gap=10, line_gap=4)
        knobs.addWidget(self.model_choice)
        knobs.addWidget(knob(self._wh_words, self.wh_slider))
        knobs.addWidget(knob(self._bias_words, self.bias_slider))
        self.maps = {cell: GradientMap(f"{title} dh") for cell, title in TITLES.items()}
        self.c_maps: dict[str, GradientMap] = {
            cell: GradientMap(f"{TITLES[cell]} dc") for cell, facts in CELLS.items() if facts.has_cell_state
        }
        maps = QVBoxLayout()
        for each_map in (*self.maps.values(), *self.c_maps.values()):
            each_map.loss_chosen.connect(self.choose_loss)
            maps.addWidget(each_map)
        self.lines = GradientLines()
        middle = QHBoxLayout()
        middle.setSpacing(14)
        middle.addLayout(maps, 1)
        middle.addWidget(self.lines, 3)
        self.words = words_label("gradient_words")
        below = QWidget()
        body = QVBoxLayout(below)
        body.setContentsMargins(0, 0, 0, 0)
        body.addLayout(middle, 1)
        body.addWidget(self.words)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        column.addLayout(knobs)
        column.addWidget(scrolling(below), 1)
        self._name_knobs()

    @property
    def wh_scale(self) -> float:
        """What Wh is multiplied by."""
        return scale_of(self.wh_slider)

    @property
    def forget_bias(self) -> float:
        """What is added to the LSTM's forget bias."""
        return self.bias_slider.value() / 10

    def _name_knobs(self) -> None:
        self._wh_words.setText(f"Wh × {self.wh_scale:.2f}")
        self._bias_words.setText(f"forget bias {signed(self.forget_bias, 1, plus=True)}")

    # ---- computing -----------------------------------------------------------------------------

    def _wish(self) -> _Wish | None:
        dataset, current = self._session.data.dataset, self._session.models.current
        if dataset is None or current is None or fits(current.saved, dataset) is not None:
            return None
        fresh = self.model_choice.currentText() == FRESH
        return _Wish(dataset, current, fresh, self.wh_scale, self.forget_bias)

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what changed while nobody looked."""
        super().showEvent(event)
        self._want()

    def _want(self) -> None:
        self._name_knobs()
        if not self.isVisible():
            if self.found is not None and self.found.of.dataset is not self._session.data.dataset:
                self.found = None  # nobody looks: data that is open no longer need not stay for it
            return
        if self._job is not None:
            return
        wish = self._wish()
        if wish is None:
            self.found = None
            self._show()
            return
        if self.found is not None and _same(wish, self.found.of):
            return
        before = self.found

        def work(cancelled: Cancelled) -> _Found:
            same_data = before is not None and before.of.dataset is wish.dataset
            studied = before.studied if before is not None and same_data else draw_studied(wish.dataset)
            found = norms_of_each(_networks(wish), studied, cancelled)
            return _Found(_Of.wish(wish), studied, found or {})

        def done(found: _Found) -> None:
            self._job, self.found = None, found
            self._show()
            self._want()

        def failed(error: Exception) -> None:
            self._job = None
            self._session.problem.emit(f"The gradients could not be computed. {error}")

        self._job = self._session.workers.start("computing gradients", work, done, failed, brief=True)

    # ---- what is shown -------------------------------------------------------------------------

    def choose_loss(self, loss: int) -> None:
        """Draw the line of another word's loss."""
        self._loss = loss
        self._show()

    @property
    def loss(self) -> int:
        """The timestep whose loss is drawn."""
        if self.found is None:
            return 0
        last = min(norms.num_losses for norms in self.found.norms.values()) - 1
        return last if self._loss < 0 else min(self._loss, last)

    def _show(self) -> None:
        found, s = self.found, self.loss
        lines: list[GradientLine] = []
        for cell, title in TITLES.items():
            norms = None if found is None else found.norms.get(cell)
            self.maps[cell].setVisible(norms is not None)
            if cell in self.c_maps:
                self.c_maps[cell].setVisible(norms is not None)
            if norms is None:
                continue
            losses = norms.num_losses
            self.maps[cell].show_medians(norms.medians()[:losses, : losses + 1], s)
            lines.append(GradientLine(f"{title} dh", cell, norms.band(s)))
            if norms.c is not None:
                medians = norms.medians(of_cell=True)[:losses, : losses + 1]
                medians[:, 0] = np.nan  # before the first word a cell state is always zero
                self.c_maps[cell].show_medians(medians, s)
                lines.append(GradientLine(f"{title} dc", cell, norms.band(s, of_cell=True)[:, 1:], True))
        self.lines.show_lines(tuple(lines))
        self.words.setText(self._said(found, s, lines))

    def _said(self, found: _Found | None, s: int, lines: list[GradientLine]) -> str:
        if found is None:
            return "Open data and a model that fits it: then its gradients can be shown."
        count = int((~np.isnan(next(iter(found.norms.values())).h[:, s, 0])).sum())
        ratios = ", ".join(
            f"{TITLES[line.cell]} {line.band[1, 0] / max(line.band[1, -1], 1e-30):.2g}"
            for line in lines
            if not line.of_cell
        )
        of = (
            f"fresh networks of {found.of.hidden_dim:,} units, seed {found.of.settings.seed}"
            if found.of.fresh
            else found.of.model.words
        )
        of += _turned(found.of)
        dashed = (
            " Dashed: d loss / d c, the LSTM's cell state, from t = 1."
            if any(line.of_cell for line in lines)
            else ""
        )
        return (
            f"Norm of d loss / d h for the loss at timestep {s}, of {of}: median and 10 to 90 % of {count}"
            f" captions of val, each with its own gradient. The median at the photo, divided by that at the"
            f" last state: {ratios}.{dashed}"
        )


def _turned(of: _Of) -> str:
    """What the knobs made of the networks; "" where they stand as they were."""
    turned = []
    if of.wh_scale != 1:
        turned.append(f"Wh × {of.wh_scale:.2f}")
    if of.forget_bias and (of.fresh or CELLS[of.cell_type].has_cell_state):
        turned.append(f"the forget bias {signed(of.forget_bias, 1, plus=True)}")
    return f", with {' and '.join(turned)}" if turned else ""


def _same(wish: _Wish, of: _Of) -> bool:
    return (
        wish.dataset is of.dataset
        and (wish.fresh, wish.wh_scale, wish.forget_bias) == (of.fresh, of.wh_scale, of.forget_bias)
        and (of.model.is_of(wish.current) or _fresh_alike(wish, of))
    )


def _fresh_alike(wish: _Wish, of: _Of) -> bool:
    """Whether fresh networks of both cells that are wished for are those that there were."""
    both = wish.current.saved.settings, of.settings
    drawn = [replace(settings, cell_type="rnn").drawn_by() for settings in both]
    return wish.fresh and drawn[0] == drawn[1]


def _networks(wish: _Wish) -> dict[str, CaptioningRNN]:
    model = wish.current.model
    if not wish.fresh:
        return {model.cell_type: with_knobs(model, wish.wh_scale, wish.forget_bias)}
    settings = wish.current.saved.settings
    return {
        cell: with_knobs(
            replace(settings, cell_type=cell).new_model(model.word_to_idx, model.input_dim),
            wish.wh_scale,
            wish.forget_bias,
        )
        for cell in CELLS
    }
