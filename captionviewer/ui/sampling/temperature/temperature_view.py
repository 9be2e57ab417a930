"""The view *Temperature*: the next word as temperature, k and p leave it, and captions drawn by chance."""

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QPalette, QResizeEvent
from PySide6.QtWidgets import (
    QLabel,
    QPushButton,
    QSizePolicy,
    QSlider,
    QSpinBox,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from captionviewer.core.arrays import IntArray
from captionviewer.core.coco.vocabulary import START, readable_words
from captionviewer.core.decoding.decoding import Decoding
from captionviewer.core.decoding.greedy import greedy
from captionviewer.core.decoding.sampling import draws, sample
from captionviewer.core.evaluation.decoding_scores import DecodingScore, sampling_decodings
from captionviewer.ui.look import theme
from captionviewer.ui.plots.plot_export import export_figure
from captionviewer.ui.sampling.caption_player import CaptionPlayer
from captionviewer.ui.sampling.caption_sample import CaptionSample
from captionviewer.ui.sampling.latest_work import LatestWork
from captionviewer.ui.sampling.temperature.drawn_captions import DrawnCaptions
from captionviewer.ui.sampling.temperature.temperature_figure import (
    draw_quality,
    present,
    tempered_figure,
    tempered_rows,
)
from captionviewer.ui.sampling.temperature.tempered_bars import TemperedBars
from captionviewer.ui.sampling.temperature.tempered_word import differing, tempered_next
from captionviewer.ui.sampling.val_curve import ValCurve
from captionviewer.ui.session.session import Session
from captionviewer.ui.widgets.control_parts import SliderKeys, labelled, scrolling, words_label
from captionviewer.ui.widgets.flow_layout import FlowLayout
from captionviewer.ui.widgets.halves import Halves
from captionviewer.ui.worker import Cancelled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COUNT = 20  # captions drawn of a photo
EACH = 5  # captions of each val photo, among which it is counted how many differ
COLDEST, HOTTEST = 0.05, 3.0  # on the slider, whose lower end is 0
STEPS = 200  # of it
_DETENT = 3  # steps beside 1 that are taken for it
_NARROW = 71  # letters of average width, below which the captions stand under the bars
LEGEND = "Outline: the model's own. Bar: what is drawn by. Hatched: cut by k or p. Faint words: as greedy."
ABOUT_QUALITY = (
    f"CIDEr-D against how many of {EACH} captions of a val photo differ, from temperature 0 upwards, with k"
    " and p as they are set."
)


def temperature_at(step: int) -> float:
    """The temperature that a step of the slider stands for: 0 at the lower end, exactly 1 near 1."""
    if step <= 0:
        return 0.0
    one = step_of(1.0)
    if abs(step - one) <= _DETENT:
        return 1.0
    return round(COLDEST * math.pow(HOTTEST / COLDEST, (step - 1) / (STEPS - 1)), 2)


def step_of(temperature: float) -> int:
    """The step of the slider nearest to a temperature."""
    if temperature < COLDEST:
        return 0
    share = math.log(min(temperature, HOTTEST) / COLDEST) / math.log(HOTTEST / COLDEST)
    return 1 + round((STEPS - 1) * share)


class TemperatureView(QWidget):
    """Draws a photo's captions again and again by the same numbers: they morph as a slider moves."""

    decoding_wanted = Signal(object)  # the Decoding that the user chose here

    def __init__(self, session: Session, player: CaptionPlayer, decoding: Decoding) -> None:
        super().__init__()
        self._session, self._player = session, player
        self._method = decoding.method  # of the captions in Words, which this view never changes
        self._decoding = replace(decoding, method="sample")
        self._sample: CaptionSample | None = None
        self._drawing: LatestWork[tuple[IntArray, IntArray]] = LatestWork(
            session, "drawing captions", between_steps=True, keeps_each=True
        )
        self._make_controls()
        self._title = QLabel()
        self._title.setTextFormat(Qt.TextFormat.PlainText)  # holds a word of a stranger's vocabulary
        self._title.setObjectName("tempered_title")
        self.bars = TemperedBars()
        self.summary = words_label("tempered_summary")
        self.captions = DrawnCaptions()
        self._count = words_label("drawn_count")
        self.curve = ValCurve(
            session, "Quality and diversity", ABOUT_QUALITY, self._draw_quality, self._quality_words, EACH
        )
        self.curve.decodings = lambda: sampling_decodings(self._decoding)
        self._arrange_parts()
        self._show_decoding()

    # ---- parts ---------------------------------------------------------------------------------

    def _make_controls(self) -> None:
        self.temperature_slider = _slider("temperature", "Temperature", 0, STEPS, 150)
        self.temperature_slider.setToolTip(
            "Logits are divided by it before the softmax: below 1 the likely becomes likelier, above 1 all"
            " words come closer; 0 is greedy"
        )
        self.temperature_slider.valueChanged.connect(
            lambda step: self._want(replace(self._decoding, temperature=temperature_at(step)))
        )
        self._temperature = QLabel()
        self._temperature.setObjectName("temperature_words")
        self.k_box = QSpinBox()
        self.k_box.setRange(0, 100_000)
        self.k_box.setSpecialValueText("all")
        self.k_box.setAccessibleName("k")
        self.k_box.setToolTip("Only the k likeliest words are drawn from; after the temperature")
        self.k_box.valueChanged.connect(lambda k: self._want(replace(self._decoding, k=k or None)))
        self.p_slider = _slider("p", "p", 5, 100, 90)
        self.p_slider.setToolTip(
            "Only the fewest words that together have this share of what k left are drawn from, the one that"
            " crosses it included"
        )
        self.p_slider.valueChanged.connect(lambda step: self._want(replace(self._decoding, p=step / 100)))
        self._p = QLabel()
        keys = SliderKeys(self)
        for slider in (self.temperature_slider, self.p_slider):
            slider.installEventFilter(keys)
        self.draws_button = QPushButton("New draws")
        self.draws_button.setObjectName("new_draws")
        self.draws_button.setToolTip("Draw by other numbers: the next seed")
        self.draws_button.clicked.connect(
            lambda: self._want(replace(self._decoding, seed=self._decoding.seed + 1))
        )
        self._seed = QLabel()
        self._seed.setObjectName("draws_seed")
        self.val_button = QPushButton("Quality over val")
        self.val_button.setObjectName("quality_over_val")
        self.val_button.setCheckable(True)
        self.val_button.setToolTip(ABOUT_QUALITY)

    def _arrange_parts(self) -> None:
        controls = QWidget()
        flow = FlowLayout(controls, gap=10)
        flow.setContentsMargins(0, 0, 0, 0)
        flow.addWidget(labelled("T", self.temperature_slider, self._temperature))
        flow.addWidget(labelled("k", self.k_box))
        flow.addWidget(labelled("p", self.p_slider, self._p))
        flow.addWidget(labelled("", self.draws_button, self._seed))
        flow.addWidget(self.val_button)
        word = QWidget()
        left = QVBoxLayout(word)
        left.setContentsMargins(0, 0, 0, 0)
        left.setSpacing(4)
        left.addWidget(self._title)
        left.addWidget(self.summary)  # over the bars, which may need to be scrolled through
        left.addWidget(self.bars, 1)
        self._pages = QStackedWidget()
        self._pages.addWidget(scrolling(self.captions))
        self._pages.addWidget(scrolling(self.curve))
        self._pages.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.val_button.toggled.connect(self._show_val)
        drawn = QWidget()
        right = QVBoxLayout(drawn)
        right.setContentsMargins(0, 0, 0, 0)
        right.setSpacing(4)
        right.addWidget(self._count)
        right.addWidget(self._pages, 1)
        self._legend = words_label("temperature_legend")
        self._legend.setText(LEGEND)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 8, 10, 8)
        column.setSpacing(6)
        column.addWidget(controls)
        column.addWidget(Halves(scrolling(word), drawn, _NARROW), 1)
        column.addWidget(self._legend)
        self.setAutoFillBackground(True)
        self.setBackgroundRole(QPalette.ColorRole.Base)

    # ---- what is drawn -------------------------------------------------------------------------

    @property
    def decoding(self) -> Decoding:
        """How captions are drawn."""
        return self._decoding

    def set_decoding(self, decoding: Decoding) -> None:
        """Draw in another way."""
        self._method = decoding.method
        decoding = replace(decoding, method="sample")
        if decoding == self._decoding:
            return
        self._decoding = decoding
        self._show_decoding()
        self.show_timestep()
        self._draw()
        self.curve.say_again()

    def _want(self, decoding: Decoding) -> None:
        if decoding != self._decoding:
            decoding = replace(decoding, method=self._method)
            self.set_decoding(decoding)
            self.decoding_wanted.emit(decoding)

    def show_sample(self, sample: CaptionSample | None) -> None:
        """Draw captions of another photo, or with another model; None while there is none."""
        if sample is not None and sample.is_of_the_same(self._sample):
            self._sample = sample  # another caption in Words: what is drawn here stays
        elif sample is not self._sample:
            self._sample = sample
            if sample is None:
                self._drawing.drop()
            self.captions.show_captions((), ())
            self._count.setText("")
            self._draw()
        self.show_timestep()

    def let_go(self, now: CaptionSample | None) -> None:
        """Hold no sample of a model that gave way to that of `now`: nobody looks at this view."""
        if self._sample is not None and not self._sample.is_of_the_same(now):
            self.show_sample(None)

    def set_outdated(self, outdated: bool) -> None:
        """Grey what the model said while a newer one is being asked."""
        self.bars.set_outdated(outdated)
        self.captions.set_outdated(outdated)

    def _draw(self) -> None:
        shown = self._sample
        if shown is None:
            return
        decoding = self._decoding

        def work(cancelled: Cancelled) -> tuple[IntArray, IntArray]:
            numbers = draws(decoding.seed, COUNT, decoding.max_length)
            model, photo = shown.current.model, shown.features[np.newaxis]
            drawn = sample(model, np.repeat(photo, COUNT, 0), decoding, numbers)
            return drawn, greedy(model, photo, decoding)[0]

        def done(said: tuple[IntArray, IntArray]) -> None:
            if shown.is_of_the_same(self._sample):
                self._show_captions(shown, *said)

        def failed(error: Exception) -> None:
            self._count.setText(f"No captions could be drawn: {error}")

        self._drawing.ask(work, done, failed)

    # ---- what is shown -------------------------------------------------------------------------

    def show_timestep(self) -> None:
        """Show the next word at the player's timestep."""
        shown = self._sample
        if shown is None:
            self.bars.show_next(None)
            self._title.setText("Next word")
            self.summary.setText("")
            return
        timestep = min(self._player.position, len(shown.timesteps) - 1)
        before = shown.words[timestep - 1] if timestep else START
        self._title.setText(f"Next after {before if before == START else f'“{before}”'}")
        try:
            following = tempered_next(shown, timestep, self._decoding)
        except ValueError as error:  # a forbidden word that this vocabulary lacks
            self.bars.show_next(None)
            self.summary.setText(str(error))
            return
        self.bars.show_next(following, shown.likeliest_words)
        self.summary.setText(following.summary)

    def _show_captions(self, shown: CaptionSample, captions: IntArray, likeliest: IntArray) -> None:
        *texts, as_greedy = (list(readable_words(row, shown.vocabulary)) for row in [*captions, likeliest])
        self.captions.show_captions(texts, as_greedy)
        self._count.setText(f"{differing(texts)} of {COUNT} captions differ")

    def _show_decoding(self) -> None:
        for widget, value in (
            (self.temperature_slider, step_of(self._decoding.temperature)),
            (self.k_box, self._decoding.k or 0),
            (self.p_slider, round(100 * self._decoding.p)),
        ):
            if (
                widget is self.temperature_slider
                and temperature_at(widget.value()) == self._decoding.temperature
            ):
                continue  # within the detent the slider stays where the hand is
            blocked = widget.blockSignals(True)
            widget.setValue(value)
            widget.blockSignals(blocked)
        T = self._decoding.temperature
        self._temperature.setText("0 = greedy" if T == 0 else f"{T:.2f}")
        self._temperature.setMinimumWidth(self.fontMetrics().horizontalAdvance("0 = greedy "))
        self._p.setText(f"{self._decoding.p:.2f}")
        self._seed.setText(f"seed {self._decoding.seed}")

    # ---- over val ------------------------------------------------------------------------------

    def _draw_quality(
        self, figure: "Figure", scores: Sequence[DecodingScore], colors: theme.Colors, points: float
    ) -> None:
        draw_quality(figure, scores, present(scores, self._decoding), EACH, colors, points)

    def _show_val(self, shown: bool) -> None:
        self._pages.setCurrentIndex(1 if shown else 0)
        self._count.setHidden(shown)  # it tells of the captions of this photo

    def _quality_words(self, scores: Sequence[DecodingScore], made: str) -> str:
        first, last = scores[0], scores[-1]
        best = max(scores, key=lambda score: score.cider_d)
        here = present(scores, self._decoding)
        said = (
            f"From temperature {first.decoding.temperature:g} to {last.decoding.temperature:g}: CIDEr-D "
            f"{first.cider_d:.3f} to {last.cider_d:.3f}, {100 * first.distinct:.0f} % to "
            f"{100 * last.distinct:.0f} % of {EACH} captions differ. CIDEr-D is highest at "
            f"{best.decoding.temperature:g}. "
        )
        setting = f"{self._decoding.temperature:g}"
        if here is None:
            said += f"The setting now, {setting}, is not among them: compute again to have it marked. "
        elif here.computed:
            said += f"The ring is the setting now, {setting}. "
        else:
            said += f"The dashed ring is the setting now, {setting}, placed between those beside it. "
        cut = [f"k {first.decoding.k}"] if first.decoding.k is not None else []
        cut += [f"p {first.decoding.p:g}"] if first.decoding.p < 1 else []
        return said + (f"With {' and '.join(cut)}. " if cut else "") + made

    # ---- what the panel asks -------------------------------------------------------------------

    def caption(self) -> str:
        """All captions drawn, a line each, to be copied."""
        return "\n".join(" ".join(caption) for caption in self.captions.captions)

    def export(self) -> None:
        """Ask where to save the plot over val, or the bars and captions as a picture or a table."""
        if self.val_button.isChecked():
            self.curve.plot.export()
            return
        shown, following = self._sample, self.bars.shown
        if shown is None or following is None or not self._session.can_plot:
            return
        figure = tempered_figure(following, self._heading(shown), theme.colors())
        rows = partial(tempered_rows, following, self.captions.captions, self._decoding)
        name = f"{shown.record.name_for_files}-temperature-{self._decoding.temperature:g}"
        path = export_figure(self, figure, rows, name, self._session.settings)
        if path is not None:
            self._session.notice.emit(f"Next words written to {path}")

    def _heading(self, shown: CaptionSample) -> str:
        record = shown.record
        return (
            f"{shown.current.words}, {record.words}, {self._title.text()}\n"
            f"{self._decoding.words()}: {self.summary.text()}"
        )

    # ---- room ----------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave the legend out where it is low."""
        super().resizeEvent(event)
        self._share_room()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._share_room()

    def _share_room(self) -> None:
        self._legend.setVisible(self.height() > 18 * self.fontMetrics().height())


def _slider(name: str, said: str, least: int, most: int, wide: int) -> QSlider:
    slider = QSlider(Qt.Orientation.Horizontal)
    slider.setRange(least, most)
    slider.setObjectName(name)
    slider.setAccessibleName(said)
    slider.setMinimumWidth(wide)
    return slider
