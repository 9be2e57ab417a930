"""A small place for one Matplotlib plot, made when Matplotlib is there and drawn when it is seen."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QSize, Qt, QTimer
from PySide6.QtGui import QAction, QContextMenuEvent, QPainter, QPaintEvent, QPen, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QLabel, QMenu, QSizePolicy, QStackedLayout, QVBoxLayout, QWidget

from captionviewer.ui.look.theme import Colors, colors, set_muted
from captionviewer.ui.plots.plot_export import PlotFormat, Rows, export_figure
from captionviewer.ui.session.session import Session

if TYPE_CHECKING:
    from matplotlib.backends.backend_qtagg import FigureCanvasQTAgg
    from matplotlib.figure import Figure

Draw = Callable[["Figure", Colors, float], None]  # figure, colours, size of text in points

RESIZE_PAUSE_MS = 120
WAITING = "Plots are being made ready…"


class PlotCanvas(QWidget):
    """Shows what a function draws on a Figure; several changes at once are one draw.

    The function is called again, with new colours and text size, when theme or font change; with
    `follows_size` also after the widget was resized, for plots that show more where there is room.
    """

    def __init__(
        self, session: Session, name: str, parent: QWidget | None = None, *, follows_size: bool = False
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._figure: Figure | None = None
        self._canvas: FigureCanvasQTAgg | None = None
        self._draw: Draw | None = None
        self._rows: Rows | None = None
        self._file_name = "plot"
        self._stale = False
        self._follows_size = follows_size
        self.draws = 0  # how often it was drawn: tests count them
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

        self._message = QLabel()
        self._message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._message.setWordWrap(True)
        set_muted(self._message)
        box = QVBoxLayout(self)
        box.setContentsMargins(1, 1, 1, 1)  # where the frame of the keyboard's focus is drawn
        self._pages = QStackedLayout()
        self._pages.addWidget(self._message)
        box.addLayout(self._pages)

        self.export_actions = [
            self._export_action("Export as &PNG…", PlotFormat.PNG),
            self._export_action("Export as &SVG…", PlotFormat.SVG),
            self._export_action("Export numbers as &CSV…", PlotFormat.CSV),
        ]
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self._redraw)
        session.matplotlib_ready.connect(self._redraw_soon)

    def show_plot(self, draw: Draw, rows: Rows, file_name: str, description: str) -> None:
        """Show a plot. `rows()` are its numbers for a CSV; `description` is for screen readers."""
        self._draw, self._rows, self._file_name = draw, rows, file_name
        self.setAccessibleDescription(description)
        if not self._session.can_plot:
            self._message.setText(WAITING)
        self._redraw_soon()

    def show_message(self, text: str) -> None:
        """Show words where the plot would stand."""
        self._draw = self._rows = None
        self._soon.stop()
        self._stale = False
        self._message.setText(text)
        self._pages.setCurrentWidget(self._message)

    @property
    def has_plot(self) -> bool:
        """Whether a plot is seen now, which can be exported."""
        return self._canvas is not None and self._pages.currentWidget() is self._canvas

    def export(self, wanted: PlotFormat | None = None) -> None:
        """Ask where to save the plot, and save it."""
        if self._figure is None or self._rows is None:
            return
        path = export_figure(self, self._figure, self._rows, self._file_name, self._session.settings, wanted)
        if path is not None:
            self._session.notice.emit(f"Plot written to {path}")

    def _export_action(self, words: str, wanted: PlotFormat) -> QAction:
        action = QAction(words, self)
        action.triggered.connect(lambda _checked=False: self.export(wanted))
        return action

    def minimumSizeHint(self) -> QSize:
        """Return the least size at which a plot can be read."""
        em = self.fontMetrics().height()
        return QSize(9 * em, 6 * em)

    def sizeHint(self) -> QSize:
        """Return the size that suits a plot."""
        em = self.fontMetrics().height()
        return QSize(20 * em, 14 * em)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer the formats that the plot can be saved as."""
        if not self.has_plot:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addActions(self.export_actions)
        menu.popup(event.globalPos())

    def changeEvent(self, event: QEvent) -> None:
        """Draw again in the new colours or text size."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange):
            self._redraw_soon()

    def showEvent(self, event: QShowEvent) -> None:
        """Draw what changed while nobody looked."""
        super().showEvent(event)
        if self._stale:
            self._soon.start(0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Draw again for the new size, once dragging has come to rest."""
        super().resizeEvent(event)
        if self._follows_size and self.has_plot and not self._soon.isActive():
            self._stale = True
            self._soon.start(RESIZE_PAUSE_MS)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Frame the plot while it has the keyboard's focus."""
        super().paintEvent(event)
        painter = QPainter(self)
        if self.hasFocus():
            painter.setPen(QPen(colors().accent, 2))
        else:
            painter.setPen(colors().border)
        painter.setBrush(colors().surface)
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def _redraw_soon(self) -> None:
        self._stale = True
        if self.isVisible():
            self._soon.start(0)

    def _redraw(self) -> None:
        if self._draw is None or not self._session.can_plot or not self.isVisible():
            return
        if self._canvas is None:
            self._make_canvas()
        assert self._figure is not None and self._canvas is not None
        self._stale = False
        self._pages.setCurrentWidget(self._canvas)
        self._draw(self._figure, colors(), self.font().pointSizeF())
        self.draws += 1
        self._canvas.draw_idle()

    def _make_canvas(self) -> None:
        from matplotlib.backends.backend_qtagg import FigureCanvasQTAgg
        from matplotlib.figure import Figure

        # With the screen's own dots per inch, a point in the plot is a point of the window's text.
        self._figure = Figure(layout="constrained", dpi=self.logicalDpiX())
        self._canvas = FigureCanvasQTAgg(self._figure)
        self._canvas.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._canvas.setAttribute(Qt.WidgetAttribute.WA_NoMousePropagation, False)
        self._pages.addWidget(self._canvas)
