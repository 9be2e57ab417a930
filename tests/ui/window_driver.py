"""Drives a whole window as a person does: clicks and keys go in, visible text comes out."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QFileDialog,
    QLabel,
    QLineEdit,
    QMessageBox,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from captionviewer.ui.window.main_window import MainWindow

W = TypeVar("W", bound=QWidget)
LEFT = Qt.MouseButton.LeftButton


class WindowDriver:
    """Hands and eyes for one window."""

    def __init__(self, qtbot: QtBot, window: MainWindow) -> None:
        self.qtbot = qtbot
        self.window = window

    # ---- eyes ------------------------------------------------------------------------------

    def find(self, kind: type[W], name: str) -> W:
        """Return the one widget of a name."""
        found = self.window.findChild(kind, name)
        assert found is not None, f"no {kind.__name__} is named {name!r}"
        return found

    def text(self, name: str) -> str:
        """Return the text of a label, if it can be seen."""
        label = self.find(QLabel, name)
        assert label.isVisible(), f"the label {name!r} can't be seen"
        return label.text()

    def wait_for(self, condition: Callable[[], bool], seconds: float = 10) -> None:
        """Let the window run until something holds."""
        self.qtbot.waitUntil(condition, timeout=round(1000 * seconds))

    # ---- hands -----------------------------------------------------------------------------

    def click(self, widget: QWidget, where: QPoint | None = None) -> None:
        """Click on a widget that can be seen and is enabled."""
        assert widget.isVisible(), f"{widget} can't be seen"
        assert widget.isEnabled(), f"{widget} is not enabled"
        widget.window().activateWindow()  # as any window manager does at a click
        self.qtbot.mouseClick(widget, LEFT, pos=where or widget.rect().center())

    def click_action(self, action: QAction) -> None:
        """Click the visible button of an action."""
        buttons = [
            button
            for button in self.window.findChildren(QToolButton)
            if button.defaultAction() is action and button.isVisible()
        ]
        assert buttons, f"no button of {action.text()!r} can be seen"
        self.click(buttons[0])

    def key(self, widget: QWidget, key: Qt.Key, modifier: Qt.KeyboardModifier | None = None) -> None:
        """Press a key where the keyboard's focus is, which must be `widget` or inside it."""
        focused = QApplication.focusWidget()
        assert focused is not None, "nothing has the keyboard's focus"
        assert focused is widget or widget.isAncestorOf(focused), f"the focus is on {focused}, not {widget}"
        self.qtbot.keyClick(focused, key, modifier or Qt.KeyboardModifier.NoModifier)

    def choose(self, box: QComboBox, entry: str) -> None:
        """Choose an entry of a list with the keyboard, as far as arrow keys take."""
        wanted = box.findText(entry)
        assert wanted >= 0, f"there is no entry {entry!r}"
        box.setFocus()
        while box.currentIndex() != wanted:
            self.qtbot.keyClick(box, Qt.Key.Key_Down if box.currentIndex() < wanted else Qt.Key.Key_Up)

    def answer(self, *buttons: str) -> list[str]:
        """Press a button of each of the next message boxes; returns a list that their words are put in."""
        said: list[str] = []
        left = list(buttons)

        def press() -> None:
            box = QApplication.activeModalWidget()
            if isinstance(box, QMessageBox) and box not in answered:
                answered.append(box)
                said.append(f"{box.text()} {box.informativeText()}")
                button = left.pop(0)
                found = [b for b in box.buttons() if b.text().replace("&", "") == button]
                assert found, f"no button {button!r} among {[b.text() for b in box.buttons()]}"
                self.qtbot.mouseClick(found[0], LEFT)
            if left:
                QTimer.singleShot(20, self.window, press)

        answered: list[QMessageBox] = []
        QTimer.singleShot(20, self.window, press)
        return said

    def name_in_dialog(self, path: Path) -> None:
        """Type a path into the next file dialog and accept it."""
        tries = 40

        def fill() -> None:
            nonlocal tries
            tries -= 1
            dialog = QApplication.activeModalWidget()
            if not isinstance(dialog, QFileDialog):
                if tries > 0 and not closed:
                    QTimer.singleShot(50, self.window, fill)
                return
            if tries <= 0:
                dialog.reject()
                return
            dialog.finished.connect(closed.append)
            line = dialog.findChild(QLineEdit, "fileNameEdit")
            assert line is not None
            line.setCompleter(None)  # type: ignore[arg-type]  # its popup would grab the keyboard, which needs a screen
            line.setText(str(path))  # as pasted: while a path is typed, the dialog goes into its folders
            QTimer.singleShot(250, self.window, fill)  # the dialog may not have been ready to take it
            self.qtbot.keyClick(line, Qt.Key.Key_Return)

        closed: list[int] = []
        QTimer.singleShot(20, self.window, fill)
