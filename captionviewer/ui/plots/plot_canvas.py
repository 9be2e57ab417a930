"""A small place for a plot that a function draws."""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from captionviewer.ui.look.theme import Colors, colors
from captionviewer.ui.plots.plot_export import Rows
from captionviewer.ui.plots.plot_widget import PlotWidget
from captionviewer.ui.session.session import Session

if TYPE_CHECKING:
    from matplotlib.backends.backend_qtagg import FigureCanvasQTAgg
    from matplotlib.figure import Figure

Draw = Callable[["Figure", Colors, float], None]  # figure, colours, size of text in points

RESIZE_PAUSE_MS = 120


class PlotCanvas(PlotWidget):
    """Shows what a function draws on a Figure.

    The function is called again, with new colours and text size, when theme or font change; with
    `follows_size` also after the widget was resized, for plots that show more where there is room.
    """

    def __init__(
        self, session: Session, name: str, parent: QWidget | None = None, *, follows_size: bool = False
    ) -> None:
        super().__init__(session, name, parent)
        self._drawer: Draw | None = None
        self._rows: Rows | None = None
        self._words = ""
        self._follows_size = follows_size
        self.draws = 0  # how often it was drawn: tests count them

    def show_plot(self, draw: Draw, rows: Rows, file_name: str, description: str) -> None:
        """Show a plot. `rows()` are its numbers for a CSV; `description` is for screen readers."""
        self._drawer, self._rows, self.file_name = draw, rows, file_name
        self.setAccessibleDescription(description)
        self._draw_soon()

    def redraw(self, pause_ms: int = 0) -> None:
        """Call the function again, so much after the last call: what it draws by has changed."""
        if self._drawer is not None:
            self._draw_soon(pause_ms)

    def show_message(self, text: str) -> None:
        """Show words where the plot would stand."""
        self._drawer = self._rows = None
        self._soon.stop()
        self._stale = False
        self._words = text
        self._say(text)

    def rows(self) -> Iterable[Sequence[object]]:
        return self._rows() if self._rows is not None else ()

    def _lacks(self) -> str | None:
        return None if self._drawer is not None else self._words

    def _draw(self, figure: "Figure", canvas: "FigureCanvasQTAgg") -> None:
        if self._drawer is not None:
            self._drawer(figure, colors(), self.font().pointSizeF())
            self.draws += 1

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Draw again for the new size, once dragging has come to rest."""
        super().resizeEvent(event)
        if self._follows_size and self.has_plot and not self._soon.isActive():
            self._draw_soon(RESIZE_PAUSE_MS)
