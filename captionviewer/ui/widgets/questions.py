"""The one way to ask the user something, or to tell something, in a box. What is said is shown as it is."""

import math
from collections.abc import Callable, Sequence

from PySide6.QtCore import QEventLoop, QSize, Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QMessageBox,
    QProgressDialog,
    QPushButton,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from captionviewer.ui.widgets.outside_text import as_menu_text

_ROLES = QMessageBox.ButtonRole


def ask(
    parent: QWidget,
    title: str,
    words: str,
    detail: str = "",
    *,
    answers: Sequence[str],
    default: int = -1,
) -> str:
    """Ask a question and return the answer that was chosen.

    Parameters
    ----------
    title, words, detail
        The title of the box, the question, and a sentence below it.
    answers
        The words of the buttons: what does it first, what leaves all as it is last. The last one is taken
        where the box is closed or Escape is pressed.
    default
        Which of them Enter takes.
    """
    box = QMessageBox(parent)
    box.setIcon(QMessageBox.Icon.Question)
    box.setWindowTitle(title)
    _say(box, words, detail)
    roles = [_ROLES.AcceptRole, *[_ROLES.DestructiveRole] * (len(answers) - 2), _ROLES.RejectRole]
    buttons: list[QPushButton] = [
        box.addButton(as_menu_text(answer), role) for answer, role in zip(answers, roles, strict=True)
    ]
    box.setDefaultButton(buttons[default])
    box.setEscapeButton(buttons[-1])
    try:
        box.exec()
        chosen = box.clickedButton()
        return next(
            (words for words, each in zip(answers, buttons, strict=True) if each is chosen), answers[-1]
        )
    finally:
        box.deleteLater()  # its parent lives as long as the program


def tell(parent: QWidget, title: str, words: str, detail: str = "") -> None:
    """Show what went wrong in a box that stops nothing; it deletes itself."""
    box = QMessageBox(parent)
    box.setIcon(QMessageBox.Icon.Warning)
    box.setWindowTitle(title)
    _say(box, words, detail)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.open()


def explain(parent: QWidget, title: str, our_html: str) -> None:
    """Show HTML of our own, with no word from outside in it; scrolled where a screen is small."""
    box = QDialog(parent)
    box.setWindowTitle(title)
    words = QTextBrowser()
    words.setAccessibleName(title)
    words.setOpenExternalLinks(True)
    words.setFrameShape(QTextBrowser.Shape.NoFrame)
    words.viewport().setAutoFillBackground(False)
    words.setHtml(our_html)
    buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
    buttons.rejected.connect(box.reject)
    column = QVBoxLayout(box)
    column.setContentsMargins(16, 12, 16, 12)
    column.addWidget(words, 1)
    column.addWidget(buttons)
    document, room = words.document(), parent.screen().availableGeometry()
    letter = box.fontMetrics().averageCharWidth()
    document.setTextWidth(min(document.idealWidth(), 90 * letter))
    bar = words.verticalScrollBar().sizeHint().width()
    wanted = QSize(math.ceil(document.size().width()) + bar, math.ceil(document.size().height()) + 4)
    words.setMinimumSize(wanted.boundedTo(QSize(round(0.9 * room.width()), round(0.7 * room.height()))))
    try:
        box.exec()
    finally:
        box.deleteLater()


def wait(parent: QWidget, words: str, begin: Callable[[Callable[[], None]], None]) -> None:
    """Keep the user from doing anything else until something is done, and say what it is if that takes long.

    `begin(done)` starts it; it calls `done()` at its end, in the GUI thread. Ends early where the
    application is told to quit.
    """
    loop = QEventLoop()
    ended = False

    def done() -> None:
        nonlocal ended
        ended = True
        loop.quit()

    begin(done)
    if ended:
        return
    shown = QProgressDialog(parent)
    shown.setWindowModality(Qt.WindowModality.WindowModal)
    shown.setMinimumDuration(400)
    shown.setCancelButton(None)
    shown.setLabelText(words)
    shown.setRange(0, 0)
    shown.setValue(0)
    try:
        loop.exec()
    finally:
        shown.close()
        shown.deleteLater()


def _say(box: QMessageBox, words: str, detail: str) -> None:
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText(words)
    box.setInformativeText(detail)
