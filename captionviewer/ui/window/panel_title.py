"""The line above a panel: its name, and buttons that grow with the text."""

from PySide6.QtCore import QEvent, QSize, Qt, Signal, SignalInstance
from PySide6.QtGui import QFont, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QToolButton, QWidget

from captionviewer.ui.look.icons import icon
from captionviewer.ui.look.theme import colors
from captionviewer.ui.widgets.elided_label import ElidedLabel


class PanelTitle(QWidget):
    """Names a panel; a double-click on it, or its button, asks for the whole window.

    It can be the title bar of a dock: a press that no button takes goes on to the dock, which is dragged so.
    """

    fill_asked = Signal()
    float_asked = Signal()
    close_asked = Signal()

    def __init__(self, title: str, *, of_a_dock: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._label = ElidedLabel()
        self._label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(10, 1, 4, 1)
        self._row.setSpacing(2)
        self._row.addWidget(self._label, 1)
        self._buttons: list[QToolButton] = []
        self.fill_button = self._button("fill", self.fill_asked)
        self.float_button = self._button("float", self.float_asked)
        self.close_button = self._button("close", self.close_asked)
        self.float_button.setVisible(of_a_dock)
        self.close_button.setVisible(of_a_dock)
        self.name(title)
        self.show_filling(False)
        self._size()

    def _button(self, picture: str, signal: SignalInstance) -> QToolButton:
        button = QToolButton()
        button.setIcon(icon(picture))
        button.setAutoRaise(True)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # a key does the same, and the panel keeps the keyboard
        button.clicked.connect(signal)
        self._row.addWidget(button)
        self._buttons.append(button)
        return button

    def name(self, title: str) -> None:
        """Name the panel below."""
        self._label.setText(title)
        self._title = title
        for button, does in ((self.float_button, "Float"), (self.close_button, "Close")):
            button.setAccessibleName(f"{does} {title}")
            button.setToolTip(f"{does} this panel")

    @property
    def text(self) -> str:
        """The name that is shown."""
        return self._label.text()

    def show_filling(self, filling: bool) -> None:
        """Say whether the panel fills the window now, and what the button does."""
        does = "Give the window back (F9, Esc)" if filling else "Fill the window (F9, or double-click)"
        self.fill_button.setIcon(icon("give_back" if filling else "fill"))
        self.fill_button.setToolTip(does)
        self.fill_button.setAccessibleName(
            f"Give the window back from {self._title}" if filling else f"Let {self._title} fill the window"
        )

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Ask for the window, before a dock takes it for a wish to float."""
        if event.button() is Qt.MouseButton.LeftButton:
            self.fill_asked.emit()
        event.accept()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange:
            self._size()

    def _size(self) -> None:
        font = QFont(self.font())
        font.setBold(True)
        self._label.setFont(font)
        side = round(0.85 * self.fontMetrics().height())
        for button in self._buttons:
            button.setIconSize(QSize(side, side))

    def paintEvent(self, event: QPaintEvent) -> None:
        c = colors()
        painter = QPainter(self)
        painter.fillRect(self.rect(), c.raised)
        painter.end()
