"""The base of all plots in the window: made when Matplotlib is there, drawn when seen, exported by a menu."""

import sys
import warnings
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import QEvent, QSize, Qt, QTimer
from PySide6.QtGui import QContextMenuEvent, QPainter, QPaintEvent, QPen, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QLabel, QMenu, QSizePolicy, QStackedLayout, QVBoxLayout, QWidget

from captionviewer.ui.look.theme import colors, set_muted
from captionviewer.ui.plots.plot_export import PlotFormat, export_actions, export_figure
from captionviewer.ui.session.session import Session
from captionviewer.ui.widgets.control_parts import scrolling
from captionviewer.ui.widgets.outside_text import show_plainly

if TYPE_CHECKING:
    from matplotlib.backends.backend_qtagg import FigureCanvasQTAgg
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import LayoutEngine

WAITING = "Plots are being made ready…"
_FRAME = 1  # pixels, where the frame of the keyboard's focus is drawn
_ROOM_FOR_LAYOUT = 13, 7  # lines of text: where a plot is smaller, its words may leave the axes no room


class PlotWidget(QWidget):
    """A place for one Matplotlib figure, with words in it while there is nothing to draw.

    A subclass says what it draws (`_draw`), what its numbers are (`rows`) and what a file of it is called
    (`file_name`). It calls `_draw_soon` when any of that changed: several changes at once are one draw, and
    what nobody sees is drawn when it is seen. Colours and text size are followed by themselves.
    """

    LEAST: ClassVar[tuple[int, int]] = (9, 6)  # width and height at which it can be read, in lines of text
    SUITS: ClassVar[tuple[int, int]] = (20, 14)
    file_name = "plot"  # without ending

    def __init__(self, session: Session, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._figure: Figure | None = None
        self._canvas: FigureCanvasQTAgg | None = None
        self._stale = False  # what is seen is older than what there is to draw
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._message = show_plainly(QLabel())  # may say what went wrong with which file
        self._message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._message.setWordWrap(True)
        self._message.setMargin(8)
        set_muted(self._message)
        box = QVBoxLayout(self)
        box.setContentsMargins(_FRAME, _FRAME, _FRAME, _FRAME)
        self._pages = QStackedLayout()
        box.addLayout(self._pages)  # first: it shows what is added, which without a parent were a window
        self._message_page = scrolling(self._message, filled=False)
        self._pages.addWidget(self._message_page)
        self.export_actions = export_actions(self, self.export)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self._draw_if_seen)
        session.matplotlib_ready.connect(self._draw_soon)

    # ---- what a subclass says ----------------------------------------------------------------

    def rows(self) -> Iterable[Sequence[object]]:
        """Give the numbers of the plot for a table, the header first."""
        raise NotImplementedError

    def _lacks(self) -> str | None:
        """Say in words why there is nothing to draw (which may be none); None when there is something."""
        raise NotImplementedError

    def _draw(self, figure: "Figure", canvas: "FigureCanvasQTAgg") -> None:
        """Draw all of it on the figure, which is seen from now on."""
        raise NotImplementedError

    def _new_figure(self) -> "Figure":
        """Make the figure, once."""
        from matplotlib.figure import Figure

        return Figure(layout=_quiet_layout())

    def _exported(self) -> None:
        """Put right what saving the figure in another size has changed."""

    # ---- drawing -----------------------------------------------------------------------------

    @property
    def has_plot(self) -> bool:
        """Whether a plot is seen now, which can be exported."""
        return self._canvas is not None and self._pages.currentWidget() is self._canvas

    def _draw_soon(self, pause_ms: int = 0) -> None:
        self._stale = True
        if self.isVisible():
            self._soon.start(pause_ms)

    def _draw_if_seen(self) -> None:
        if not self.isVisible() or self._is_without_room():
            return
        words = self._lacks()
        if words is None and not self._session.can_plot:
            words = WAITING
        if words is not None:
            self._say(words)
            return
        if self._canvas is None or self._figure is None:
            self._figure, self._canvas = self._make_canvas()
        self._stale = False
        self._pages.setCurrentWidget(self._canvas)
        self._draw(self._figure, self._canvas)
        self._canvas.draw_idle()

    def _is_without_room(self) -> bool:
        """Whether nothing of a plot can be seen, as between two panes pushed together.

        Nothing is drawn then: axes without an area can't take a line.
        """
        return self.contentsRect().adjusted(_FRAME, _FRAME, -_FRAME, -_FRAME).isEmpty()

    def _say(self, words: str) -> None:
        """Show words where the plot would stand."""
        self._message.setText(words)
        self._pages.setCurrentWidget(self._message_page)

    def _make_canvas(self) -> "tuple[Figure, FigureCanvasQTAgg]":
        figure = self._new_figure()
        # With the screen's own dots per inch, a point in the plot is a point of the window's text.
        figure.set_dpi(self.logicalDpiX())
        canvas = _open_canvas(figure)
        canvas.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        canvas.setAttribute(Qt.WidgetAttribute.WA_NoMousePropagation, False)
        self._pages.addWidget(canvas)
        canvas.resize(self.contentsRect().size())
        return figure, canvas

    # ---- export ------------------------------------------------------------------------------

    def export(self, wanted: PlotFormat | None = None) -> None:
        """Ask where to save the plot, and save it."""
        if self._figure is None or not self.has_plot:
            return
        path = export_figure(self, self._figure, self.rows, self.file_name, self._session.settings, wanted)
        if path is not None:
            self._session.notice.emit(f"Plot written to {path}")
        self._exported()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer the formats that the plot can be saved as."""
        if not self.has_plot:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addActions(self.export_actions)
        menu.popup(event.globalPos())

    # ---- Qt ----------------------------------------------------------------------------------

    def minimumSizeHint(self) -> QSize:
        return QSize(*self.LEAST) * self.fontMetrics().height()

    def sizeHint(self) -> QSize:
        return QSize(*self.SUITS) * self.fontMetrics().height()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange):
            self._draw_soon()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Draw what could not be drawn while there was no room."""
        super().resizeEvent(event)
        if self._stale and self.isVisible() and not self._soon.isActive():
            self._soon.start(0)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._stale:
            self._soon.start(0)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setPen(QPen(colors().accent, 2) if self.hasFocus() else QPen(colors().border, 1))
        painter.setBrush(colors().surface)
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))


def _open_canvas(figure: "Figure") -> "FigureCanvasQTAgg":
    """Make Matplotlib's canvas, whose faults are told as all others are and not printed."""
    from matplotlib.backends.backend_qtagg import FigureCanvasQTAgg

    def tell(fault: Exception) -> None:
        sys.excepthook(type(fault), fault, fault.__traceback__)

    class OpenCanvas(FigureCanvasQTAgg):
        def draw(self) -> None:
            try:
                super().draw()  # type: ignore[no-untyped-call]
            except Exception as fault:
                tell(fault)

    canvas = OpenCanvas(figure)  # type: ignore[no-untyped-call]
    canvas.callbacks.exception_handler = tell
    return canvas


def _quiet_layout() -> "LayoutEngine":
    """Make Matplotlib's constrained layout, without its warning where a plot is too small for its words."""
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    class QuietLayout(ConstrainedLayoutEngine):
        def execute(self, fig: Figure) -> None:
            sizes = [float(axes.xaxis.get_label().get_fontsize()) for axes in fig.axes]
            line = max(sizes, default=0.0) * fig.dpi / 60
            wide, high = _ROOM_FOR_LAYOUT
            if fig.bbox.width >= wide * line and fig.bbox.height >= high * line:
                super().execute(fig)
                return
            with warnings.catch_warnings():  # the axes stay as they are then: there is no better place
                warnings.filterwarnings("ignore", "constrained_layout not applied", UserWarning)
                super().execute(fig)

    return QuietLayout()
