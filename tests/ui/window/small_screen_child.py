"""A process whose screen is small: the first window, and what of it lies on the screen, as JSON.

python -m tests.ui.window.small_screen_child
"""

import json

from PySide6.QtCore import QRect
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from captionviewer.ui.application import make_window
from captionviewer.ui.settings import Settings


def main() -> None:
    """Show the first window and print its size and what can't be seen of it."""
    app = QApplication([])
    window = make_window(app, Settings())
    window.first_painted.disconnect()
    window.show()
    for _ in range(5):
        app.processEvents()
    screen = window.screen().availableGeometry()
    parts: dict[str, QWidget | None] = {
        "status bar": window.statusBar(),
        "status": window.findChild(QLabel, "status_running"),
        "player": window.findChild(QWidget, "sampling_speed"),
        "address": window.data_panel.network_status,
    }
    outside = []
    for name, part in parts.items():
        if part is not None and part.isVisible():
            place = QRect(part.mapToGlobal(part.rect().topLeft()), part.size())
            if not screen.contains(place):
                outside.append(name)
    frame = window.frameGeometry()
    size = [frame.width(), frame.height()]
    print(json.dumps({"fits": screen.contains(frame), "outside": outside, "size": size}))
    window.close()


if __name__ == "__main__":
    main()
