"""The end of the log in a dialog: for a user who was asked for it, and for one who wonders."""

from collections.abc import Callable

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QFontDatabase, QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from captionviewer.ui.widgets.outside_text import show_plainly
from captionviewer.ui.window.log_file import end_of_log, log_place

SHOWN_BYTES = 200_000


class LogView(QDialog):
    """Shows the last lines of the log and where it lies.

    Parameters
    ----------
    details
        Returns the report that "Copy Details" copies: no captions, no paths.
    """

    def __init__(self, details: Callable[[], str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("log_view")
        self.setWindowTitle("Log")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._details = details
        place = show_plainly(QLabel(f"The log is in {log_place()}. It stays on this computer."))
        place.setWordWrap(True)
        place.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        words = QPlainTextEdit(end_of_log(SHOWN_BYTES) or "Nothing was logged.")
        words.setObjectName("log_words")
        words.setAccessibleName("The last lines of the log")
        words.setReadOnly(True)
        words.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        words.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        words.setTabChangesFocus(True)
        words.verticalScrollBar().setValue(words.verticalScrollBar().maximum())
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        copy = QPushButton("Copy &Details")
        copy.setToolTip("Copy the versions and the last events, without captions and names of your folders")
        copy.clicked.connect(self._copy)
        show = QPushButton("Open Its &Folder")
        show.clicked.connect(lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(log_place().parent))))
        for button in (copy, show):
            buttons.addButton(button, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.rejected.connect(self.close)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 14, 16, 14)
        column.setSpacing(10)
        for part in (place, words, buttons):
            column.addWidget(part)
        self.resize(100 * self.fontMetrics().averageCharWidth(), 32 * self.fontMetrics().height())

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._details())
