"""A process that starts with one damaged settings file after another, and says after each that it lives.

    python -m tests.ui.window.restoring_child FOLDER FIRST

FOLDER holds settings as 0.json, 1.json and so on; FIRST is the number to begin with.
"""

import os
import shutil
import sys
from pathlib import Path

from PySide6.QtWidgets import QApplication, QDockWidget, QLabel, QMainWindow

from captionviewer.ui import settings as remembered
from captionviewer.ui.look.theme import Theme, ThemeChoice
from captionviewer.ui.settings import FILE_NAME, Settings
from captionviewer.ui.window.dock_arrangement import DockArrangement
from captionviewer.ui.window.window_place import WindowPlace


def docked_window(settings: Settings) -> tuple[QMainWindow, WindowPlace]:
    """A window with docks of the names that the real one's have."""
    window = QMainWindow()
    window.setObjectName("main_window")
    window.setCentralWidget(QLabel("data"))
    docks = []
    for name in ("training_dock", "sampling_dock"):
        dock = QDockWidget(name, window)
        dock.setObjectName(name)
        dock.setWidget(QLabel(name))
        docks.append(dock)
    return window, WindowPlace(window, DockArrangement(window, docks[0], docks[1]), settings)


def main(folder: Path, first: int) -> None:
    """Start with each file of a folder from the first one on."""
    app = QApplication([])
    theme = Theme(app)
    place = folder / "config"
    os.environ["CAPTIONVIEWER_CONFIG_DIR"] = str(place)
    place.mkdir(exist_ok=True)
    for number in range(first, len(list(folder.glob("*.json")))):
        shutil.copy(folder / f"{number}.json", place / FILE_NAME)
        settings = Settings()
        for setting in vars(remembered).values():
            if isinstance(setting, remembered.Setting):
                settings.get(setting)
        theme.choose(ThemeChoice(settings.get(remembered.THEME)))
        theme.set_text_scale(settings.get(remembered.TEXT_SCALE))
        window, window_place = docked_window(settings)
        window_place.restore()
        window.show()
        app.processEvents()
        window.close()
        window.deleteLater()
        app.sendPostedEvents()
        print(number, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
