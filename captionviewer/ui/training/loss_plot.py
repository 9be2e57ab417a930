"""The place of the loss plot in the window: drawn seldom, its lines drawn over it at each tick."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, cast

import numpy as np
from PySide6.QtCore import QEvent, QRect, QRectF, Qt
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from captionviewer.core.training.loss_history import LossHistory
from captionviewer.core.training.setting_edits import SettingEdit
from captionviewer.ui.look.theme import colors
from captionviewer.ui.plots.plot_widget import PlotWidget
from captionviewer.ui.session.session import Session
from captionviewer.ui.training.frozen_lines import FrozenLoss
from captionviewer.ui.training.loss_figure import LossFigure, LossSeries, short_number
from captionviewer.ui.training.loss_read_out import LossReadOut
from captionviewer.ui.training.loss_rows import loss_rows
from captionviewer.ui.training.scrub_layer import ScrubLayer
from captionviewer.ui.training.scrubber import Scrubber

if TYPE_CHECKING:
    from matplotlib.backend_bases import Event
    from matplotlib.backends.backend_qtagg import FigureCanvasQTAgg
    from matplotlib.figure import Figure

NOTHING_YET = "The loss appears here when training starts."
_SEEN = 0.25  # of a pixel: so much must the lines have grown before drawing them anew shows anything,
_LOOKS = 10  # or they have not been drawn for so many looks


class LossPlot(PlotWidget):
    """The loss of a run, live: every loss faint, the smoothed one over it.

    Attributes
    ----------
    full_draws : int
        How often all of it was drawn: axes, ticks, words.
    line_draws : int
        How often only the lines were drawn over the kept axes. Tests count both.
    """

    LEAST = (12, 5)
    SUITS = (28, 12)
    file_name = "loss"

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, "Loss plot", parent)
        self._history = LossHistory()
        self._series = LossSeries()
        self._total = 0
        self._per_word = False
        self._log = False
        self._plot: LossFigure | None = None
        self._axes: object = None  # a copy of them,
        self._background: object = None  # and of them with the losses of frozen models
        self._corner: QWidget | None = None
        self._stale = True
        self._in_passing = False  # losses of frozen models came since: the legend may stand in their way
        self._in_lines = 0  # how many iterations the lines show,
        self._looks = 0  # and how often there were more since
        self.full_draws = 0
        self.line_draws = 0
        self.scrubber = Scrubber(self)
        self.layer = ScrubLayer(self._marker_place, self)
        self.layer.dragged.connect(lambda x: self.scrubber.go_to(self._iteration_at(x)))
        self.layer.left.connect(self.scrubber.leave)
        self.scrubber.moved.connect(self._show_marker)
        self.read_out = LossReadOut(self.layer, self._read, self)
        self.scrubber.has_record_changed.connect(lambda: self.layer.set_active(self.scrubber.can_scrub))
        self._guesses: dict[str, float] = {}
        self._points: tuple[FrozenLoss, ...] = ()
        self._num_captions = 0
        self._past: tuple[LossSeries, ...] = ()
        self._edits: tuple[SettingEdit, ...] = ()
        self._say(NOTHING_YET)

    def set_corner(self, widget: QWidget) -> None:
        """Put a widget at the upper right, in the margin above the axes."""
        widget.setParent(self)
        self._corner = widget
        self._place_corner()

    def _place_corner(self) -> None:
        if self._corner is not None:
            size = self._corner.sizeHint()
            self._corner.setGeometry(self.width() - size.width() - 4, 3, size.width(), size.height())
            self._corner.raise_()

    # ---- the scrubber ------------------------------------------------------------------------

    def _ratio(self) -> float:
        return float(self._canvas.device_pixel_ratio) if self._canvas is not None else 1.0

    def _iteration_at(self, x: float) -> float:
        if self._plot is None or self._canvas is None:
            return 0.0
        return self._plot.iteration_at((x - self._canvas.x()) * self._ratio())

    def _read(self, x: float) -> str:
        """The iteration at x, in pixels of the layer, and its losses."""
        number = round(self._iteration_at(x)) if self._plot is not None else 0
        if not self.has_plot or not 1 <= number <= len(self._series):
            return ""
        loss = float(self._series.raw(self._per_word)[number - 1])
        places, means = self._series.smoothed(self._per_word)
        smooth = float(np.interp(number, places, means))
        return f"iteration {number:,}: {short_number(loss)}, smoothed {short_number(smooth)}"

    def _marker_place(self, iteration: float) -> tuple[float, QRectF] | None:
        if self._plot is None or self._canvas is None or not self.has_plot:
            return None
        ratio = self._ratio()
        box = QRectF(self._place_of_lines()).translated(self._canvas.x(), self._canvas.y())
        return self._canvas.x() + self._plot.x_of(iteration) / ratio, box

    def _show_marker(self) -> None:
        self.layer.mark(self.scrubber.iteration)
        self._describe()

    # ---- what is shown -----------------------------------------------------------------------

    def show_history(self, history: LossHistory, total: int) -> None:
        """Show another history, of a run of `total` planned iterations (0: unknown)."""
        self._history, self._total = history, total
        self._series = LossSeries()
        if self._plot is not None:
            self._plot.configure(-1, self._per_word, self._log)  # so that the limits begin anew
        self._take_history()
        self._describe()
        self._draw_soon()

    def set_total(self, total: int) -> None:
        """Say how many iterations are planned, once that is known."""
        self._total = total
        self._draw_soon()

    def take_new(self, *, at_once: bool = False) -> bool:
        """Show what the history has gained; at most one draw. True when there was something new.

        What a long run gains in a moment is less than a pixel: it is drawn a little later, when it can be
        seen, when the history has come to rest, or `at_once`.
        """
        is_first = not len(self._series)
        is_new = self._take_history()
        if is_first and is_new and (self._guesses or self._points):
            self._draw_soon()  # their unit is known by now
        if at_once:
            self._describe()
            if self._in_passing:
                self._draw_soon()
        if len(self._series) == self._in_lines:
            return False
        if self._plot is None or self._canvas is None or not self.isVisible():
            self._draw_soon()
        elif self._stale or self._background is None:
            pass  # a full draw is on its way and will show it
        elif is_new and not at_once and self._too_little_to_see():
            self._looks += 1
        elif self._plot.take(self._series):
            self._draw_soon()
        else:
            self._draw_lines()
        return is_new

    def _too_little_to_see(self) -> bool:
        assert self._plot is not None
        gained = len(self._series) - self._in_lines
        return self._looks < _LOOKS - 1 and gained < _SEEN * self._plot.iterations_a_pixel

    def show_guesses(self, guesses: Mapping[str, float]) -> None:
        """Draw thin lines at what guesses cost, in nats a word, by their names."""
        if dict(guesses) != self._guesses:
            self._guesses = dict(guesses)
            self._draw_soon()

    def show_validation(self, points: Sequence[FrozenLoss], num_captions: int = 0) -> None:
        """Draw the losses of frozen models, on `num_captions` of val and as many of train; mark the best."""
        if (tuple(points), num_captions) == (self._points, self._num_captions):
            return
        is_more = bool(points and self._points and len(self._series)) and num_captions == self._num_captions
        self._points, self._num_captions = tuple(points), num_captions
        self._describe()
        is_drawn = self._plot is not None and self._background is not None and not self._stale
        if not is_drawn or not is_more or not self.isVisible():
            self._draw_soon()
            return
        assert self._plot is not None
        self._plot.show_more_frozen(self._points)
        if self._plot.take(self._series):  # beyond the axes
            self._draw_soon()
        else:
            self._draw_lines(frozen=True)
            self._in_passing = True

    def show_past(self, runs: Sequence[LossSeries]) -> None:
        """Draw the smoothed losses of earlier runs faintly behind those shown."""
        if tuple(runs) != self._past:
            self._past = tuple(runs)
            self._draw_soon()

    def show_edits(self, edits: Sequence[SettingEdit]) -> None:
        """Mark where settings were changed while the run went on."""
        if tuple(edits) != self._edits:
            self._edits = tuple(edits)
            self._draw_soon()

    def _words_a_caption(self) -> float:
        """What a loss per word is multiplied by to stand beside the losses shown."""
        per_word = self._series.raw(per_word=True)
        total = float(per_word.sum())
        return 1.0 if self._per_word or not total else float(self._series.raw(False).sum()) / total

    def set_per_word(self, per_word: bool) -> None:
        """Show the loss per word, or per caption."""
        self._per_word = per_word
        self._describe()
        self._draw_soon()

    def set_log(self, log: bool) -> None:
        """Show the loss on a log scale, or a linear one."""
        self._log = log
        self._draw_soon()

    def recent_loss(self, per_word: bool) -> float | None:
        """The mean of the last ten losses; None while there are none."""
        return self._series.recent(per_word)

    @property
    def series(self) -> LossSeries:
        """The losses shown."""
        return self._series

    def rows(self) -> Iterator[Sequence[object]]:
        """Give the numbers of the plot for a table, the header first."""
        return loss_rows(self._history, self._points, self._num_captions)

    def _exported(self) -> None:
        self._background = None  # saving drew the figure in another size
        if self._canvas is not None:
            self._canvas.draw_idle()

    # ---- drawing -----------------------------------------------------------------------------

    def _take_history(self) -> bool:
        _, losses, per_word = self._history.since(len(self._series))
        if len(losses):
            self._series.extend(losses, per_word)
        return bool(len(losses))

    def _lacks(self) -> str | None:
        return None if len(self._series) or self._total else NOTHING_YET

    def _draw(self, figure: "Figure", canvas: "FigureCanvasQTAgg") -> None:
        if self._plot is None:
            self._plot = LossFigure(figure)
            canvas.mpl_connect("draw_event", self._drawn)
            canvas.mpl_connect("resize_event", self._resized)
        self.layer.raise_()  # over a canvas that was just made
        self._place_corner()
        self._fit_corner(self._plot)
        self._plot.configure(self._total, self._per_word, self._log)
        self._plot.style(colors(), self.font().pointSizeF())
        if len(self._series):  # before, nobody knows how many words a caption has
            self._plot.show_frozen(self._points, self._num_captions, self._guesses, self._words_a_caption())
        else:
            self._plot.show_frozen((), 0, {}, 1.0)
        self._plot.show_past(self._past, self._edits)
        self._plot.take(self._series)
        self._background = None

    def _new_figure(self) -> "Figure":
        from matplotlib.figure import Figure

        return Figure()  # its margins are set by what stands in them, without a layout at each draw

    def _fit_corner(self, plot: LossFigure) -> None:
        if self._corner is not None:
            plot.keep_free(self._corner.width(), self._corner.height())

    def _drawn(self, _event: "Event") -> None:
        """All was drawn, the moving lines aside: keep that, and put the lines over it."""
        if self._canvas is None or self._figure is None:
            return
        if self._figure.canvas is not self._canvas or self._canvas.is_saving():
            return  # drawn for a file, in another size
        self._axes = self._canvas.copy_from_bbox(self._figure.bbox)
        self._put_frozen()
        self._in_passing = False
        self.full_draws += 1
        if self._plot is not None and self._plot.count < len(self._series) and self._plot.take(self._series):
            self._draw_soon()  # more came since the axes were made, and they do not hold it
        self._put_lines()
        self._describe()

    def _put_lines(self) -> None:
        assert self._plot is not None and self._figure is not None
        for line in self._plot.lines():
            self._figure.draw_artist(line)
        self._in_lines, self._looks = self._plot.count, 0

    def _put_frozen(self) -> None:
        assert self._plot is not None and self._figure is not None and self._canvas is not None
        for artist in self._plot.frozen():
            self._figure.draw_artist(artist)
        self._background = self._canvas.copy_from_bbox(self._figure.bbox)

    def _draw_lines(self, *, frozen: bool = False) -> None:
        canvas = self._canvas
        assert canvas is not None and self._figure is not None
        canvas.restore_region(self._axes if frozen else self._background)
        if frozen:
            self._put_frozen()
        self._put_lines()
        # painted with whatever else changed in this tick; words may reach beyond the axes
        canvas.update(canvas.rect() if frozen else self._place_of_lines())
        self.line_draws += 1

    def _place_of_lines(self) -> QRect:
        """The axes and what a line's width reaches beyond: nothing else of the window is painted again."""
        assert self._plot is not None and self._canvas is not None
        ratio, height = self._canvas.device_pixel_ratio, self._canvas.height()
        box = self._plot.box
        left, top = math.floor(box.x0 / ratio), math.floor(height - box.y1 / ratio)
        right, bottom = math.ceil(box.x1 / ratio), math.ceil(height - box.y0 / ratio)
        return QRect(left, top, right - left, bottom - top).adjusted(-2, -2, 2, 2)

    def _resized(self, _event: "Event") -> None:
        """The canvas has a new size and is about to be drawn."""
        self._background = None
        if self._plot is not None:
            self._fit_corner(self._plot)
            self._plot.resized()
            self._plot.take(self._series)

    def _describe(self) -> None:
        what = "word" if self._per_word else "caption"
        words = f"Loss per {what} over {len(self._series):,} iterations"
        if self._points:
            best = min(self._points, key=lambda point: point.val)
            words += (
                f"; validation on {self._num_captions:,} captions, best {best.val:.3g} nats a word at"
                f" iteration {best.iteration:,}"
            )
        if self.scrubber.iteration is not None:
            words += f"; captions of iteration {self.scrubber.iteration:,} are shown"
        self.setAccessibleDescription(words)

    # ---- Qt ----------------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        """Make room for what stands in the corner when it grows with the text."""
        if event.type() == QEvent.Type.LayoutRequest:
            self._place_corner()
        is_override = isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride
        if is_override and self._key_call(cast("QKeyEvent", event)) is not None:
            event.accept()  # else a key of the window would be the quicker
            return True
        return super().event(event)

    def _key_call(self, event: QKeyEvent) -> Callable[[], None] | None:
        """What a key does to the scrubber; None for a key that is not its."""
        scrubber = self.scrubber
        if event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier or not scrubber.can_scrub:
            return None
        match event.key():
            case Qt.Key.Key_Left:
                return lambda: scrubber.step(-1)
            case Qt.Key.Key_Right:
                return lambda: scrubber.step(+1)
            case Qt.Key.Key_Home:
                return scrubber.first
            case Qt.Key.Key_End:
                return scrubber.last
            case Qt.Key.Key_Escape if scrubber.stop is not None:
                return scrubber.leave
        return None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the marker from stop to stop; Esc goes back to now."""
        call = self._key_call(event)
        if call is None:
            super().keyPressEvent(event)
        else:
            call()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep what stands in the corner there; the canvas draws itself."""
        super().resizeEvent(event)
        self.layer.setGeometry(self.rect())
        self._place_corner()
