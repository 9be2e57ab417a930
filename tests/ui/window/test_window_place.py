"""The window and its docks stand on the screen that there is, and where they were left."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QMargins, QRect, Qt
from PySide6.QtWidgets import QApplication, QDockWidget
from pytestqt.qtbot import QtBot

from captionviewer.ui import settings as remembered
from captionviewer.ui.settings import Settings
from captionviewer.ui.window.window_place import fitted
from tests.ui.window.restoring_child import docked_window
from tests.ui.window_driver import WindowDriver

SCREEN_FILE = Path(__file__).parents[1] / "screen.json"
FRAME = QMargins(4, 28, 4, 4)


@pytest.mark.parametrize(
    ("wanted", "available", "given"),
    [
        (QRect(100, 100, 1280, 800), QRect(0, 0, 1920, 1080), QRect(100, 100, 1280, 800)),
        (QRect(0, 0, 1280, 800), QRect(0, 0, 1366, 728), QRect(4, 28, 1280, 696)),
        (QRect(900, 500, 1280, 800), QRect(0, 0, 1920, 1080), QRect(636, 276, 1280, 800)),
        (QRect(-5000, 40, 600, 400), QRect(1920, 0, 800, 600), QRect(1924, 40, 600, 400)),
    ],
)
def test_a_window_with_its_frame_is_brought_within_the_screen(
    wanted: QRect, available: QRect, given: QRect
) -> None:
    assert fitted(wanted, available, FRAME) == given


@pytest.mark.parametrize(("width", "height"), [(1366, 728), (1280, 680), (1024, 700)])
def test_the_first_window_fits_a_small_screen_with_all_that_stands_at_its_edge(
    tmp_path: Path, width: int, height: int
) -> None:
    screen = json.loads(SCREEN_FILE.read_text())
    screen["screens"][0] |= {"width": width, "height": height}
    own = tmp_path / "screen.json"
    own.write_text(json.dumps(screen))
    child = subprocess.run(
        [sys.executable, "-m", "tests.ui.window.small_screen_child"],
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(sys.path),
            "QT_QPA_PLATFORM": f"offscreen:configfile={own}",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert child.returncode == 0, child.stderr
    seen = json.loads(child.stdout)
    assert seen["fits"] and seen["outside"] == []
    assert seen["size"][1] > 0.9 * height, "it takes the room there is"


def test_a_window_left_on_a_screen_that_is_gone_comes_back_on_the_one_there_is(qtbot: QtBot) -> None:
    settings = Settings()
    settings.set(remembered.PLACE, [4000, 200, 3000, 2000])
    window, place = docked_window(settings)
    qtbot.addWidget(window)
    place.restore()
    window.show()
    place.check()
    QApplication.processEvents()
    assert window.screen().availableGeometry().contains(window.frameGeometry())


def test_a_dock_that_floated_on_a_screen_that_is_gone_comes_back(qtbot: QtBot) -> None:
    settings = Settings()
    window, place = docked_window(settings)
    qtbot.addWidget(window)
    place.restore()
    window.show()
    dock = window.findChildren(QDockWidget)[0]
    dock.setFloating(True)
    dock.setGeometry(5000, 3000, 500, 300)
    place.remember()
    again, place_again = docked_window(settings)
    qtbot.addWidget(again)
    place_again.restore()
    again.show()
    QApplication.processEvents()
    dock = again.findChildren(QDockWidget)[0]
    assert dock.isFloating()
    assert again.screen().availableGeometry().contains(dock.geometry())


def test_place_and_size_come_back_and_so_does_a_maximised_window(qtbot: QtBot) -> None:
    settings = Settings()
    window, place = docked_window(settings)
    qtbot.addWidget(window)
    place.restore()
    window.show()
    window.setGeometry(200, 150, 640, 480)
    place.remember()
    window.setWindowState(Qt.WindowState.WindowMaximized)
    QApplication.processEvents()
    assert not settings.get(remembered.MAXIMISED)
    place.remember()
    again, place_again = docked_window(settings)
    qtbot.addWidget(again)
    place_again.restore()
    again.show()
    assert again.isMaximized()
    again.setWindowState(Qt.WindowState.WindowNoState)
    QApplication.processEvents()
    assert again.geometry() == QRect(200, 150, 640, 480)


def test_f11_fills_the_screen_and_gives_a_maximised_window_back_as_it_was(driver: WindowDriver) -> None:
    window = driver.window
    window.activateWindow()
    window.setWindowState(Qt.WindowState.WindowMaximized)
    driver.qtbot.keyClick(window, Qt.Key.Key_F11)
    assert window.isFullScreen() and window.menus.full_screen.isChecked()
    driver.qtbot.keyClick(window, Qt.Key.Key_F11)
    assert not window.isFullScreen() and window.isMaximized()
    assert not window.menus.full_screen.isChecked()
    window.setWindowState(Qt.WindowState.WindowFullScreen)  # as a window manager does
    assert window.menus.full_screen.isChecked()
