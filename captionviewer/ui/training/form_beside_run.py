"""How the form of a run and what is seen of the run share the panel: beside each other, or as room allows."""

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QSplitter, QVBoxLayout, QWidget

# In lines of text: with less room than this beside the form, or less height, the form is folded away when a
# run starts; in a panel too narrow for both, the form stands above, which takes more height.
_ROOM_BESIDE, _ROOM_HIGH, _ROOM_ABOVE = 26, 20, 46
_ROOM_LEAST = 17  # beside the form, or only one of the two is shown
_ROOM_BELOW, _ROOM_HALF = 22, 30  # the width below which, and the height above which, the form stands above


class FormBesideRun(QSplitter):
    """The form in a place that scrolls, and the run: side by side, one above the other, or one of the two."""

    def __init__(self, panel: QWidget, form: QWidget, summary: QWidget, run: QWidget) -> None:
        """The size of `panel` decides; `summary` stands below the form, `run` beside both."""
        super().__init__(Qt.Orientation.Horizontal, panel)
        self._panel, self._form, self._run = panel, form, run
        self.setChildrenCollapsible(False)
        self._inside = QWidget()
        column = QVBoxLayout(self._inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(form)
        column.addWidget(summary)
        column.addStretch(1)
        self._area = QScrollArea()
        self._area.setWidget(self._inside)
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.setAccessibleName("Training settings")
        self._is_form_shown = True
        self.addWidget(self._area)
        self.addWidget(run)
        self.setStretchFactor(1, 1)
        form.installEventFilter(self)
        self._size_form()

    def show_form(self, shown: bool) -> None:
        """Show the form, or fold it away."""
        self._is_form_shown = shown
        self._area.setVisible(shown)
        self.arrange()

    def arrange(self) -> None:
        """Put the form beside the run, above it where it is narrow, or in its place where it is low too."""
        line, form = self.fontMetrics().height(), self._area.minimumWidth()
        width, height = self._panel.width(), self._panel.height()
        above = width < form + _ROOM_BELOW * line and height > _ROOM_HALF * line
        wanted = Qt.Orientation.Vertical if above else Qt.Orientation.Horizontal
        if self.orientation() is not wanted:
            self.setOrientation(wanted)
            if above:  # as much of the form as leaves the run a third
                high, asked = self.height(), self._inside.sizeHint().height()
                form_high = min(asked, 2 * high // 3)
                self.setSizes([form_high, high - form_high])
        alone = not above and width < form + _ROOM_LEAST * line
        self._run.setVisible(not (alone and self._is_form_shown))

    @property
    def is_small(self) -> bool:
        """Whether the form, which can only be read while a run trains, leaves little room for it."""
        line = self.fontMetrics().height()
        beside, height = self._panel.width() - self._area.minimumWidth(), self._panel.height()
        low = height < _ROOM_HIGH * line
        return (beside < _ROOM_BESIDE * line or low) and height < _ROOM_ABOVE * line

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep the form wide enough when its fields grow with the text."""
        if watched is self._form and event.type() == QEvent.Type.LayoutRequest:
            self._size_form()
        return super().eventFilter(watched, event)

    def _size_form(self) -> None:
        """Make the form as wide as its fields ask for."""
        bar = self._area.verticalScrollBar().sizeHint().width()
        self._area.setMinimumWidth(self._form.minimumSizeHint().width() + bar + 2)
        self.setMinimumWidth(self._area.minimumWidth())  # not both: they give way to each other
