"""Export of a plot that a widget paints by itself: the menu, formats and dialog of any other plot."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QMenu, QWidget

from captionviewer.ui.look.theme import Colors, colors
from captionviewer.ui.plots.plot_export import PlotFormat, Rows, export_actions, export_figure
from captionviewer.ui.session.session import Session

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class PaintedExport(QObject):
    """Offers, by the context menu of a widget, to save what it shows; the figure is drawn when asked for."""

    def __init__(
        self,
        session: Session,
        widget: QWidget,
        draw: Callable[["Figure", Colors, float], None],
        rows: Rows,
        name: Callable[[], str],
        has_plot: Callable[[], bool],
    ) -> None:
        """Watch a widget.

        Parameters
        ----------
        session, widget
            whose plot it is.
        draw
            draws it on an empty figure, with these colours and size of text in points.
        rows
            its numbers, the header first.
        name
            of the file, without ending.
        has_plot
            whether there is anything to save.
        """
        super().__init__(widget)
        self._session, self._widget = session, widget
        self._draw, self._rows, self._name, self._has_plot = draw, rows, name, has_plot
        self.actions = export_actions(widget, self.export)
        widget.installEventFilter(self)

    def export(self, wanted: PlotFormat | None = None) -> None:
        """Ask where to save the plot, and save it."""
        if not self._has_plot() or not self._session.can_plot:
            return
        from matplotlib.figure import Figure

        figure = Figure(figsize=(8.0, 5.0), layout="constrained")
        figure.set_facecolor(colors().surface.name())
        self._draw(figure, colors(), 10.0)
        path = export_figure(self._widget, figure, self._rows, self._name(), self._session.settings, wanted)
        if path is not None:
            self._session.notice.emit(f"Plot written to {path}")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if (
            watched is not self._widget
            or not isinstance(event, QContextMenuEvent)
            or not self._has_plot()
            or not self._session.can_plot
        ):
            return super().eventFilter(watched, event)
        menu = QMenu(self._widget)
        menu.addActions(self.actions)
        menu.popup(event.globalPos())
        menu.aboutToHide.connect(menu.deleteLater)
        return True
