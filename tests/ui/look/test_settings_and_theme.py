from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication, QLabel, QMainWindow
from pytestqt.qtbot import QtBot

from captionviewer.core.user_folders import config_folder
from captionviewer.ui import settings as remembered
from captionviewer.ui.look import theme
from captionviewer.ui.settings import Settings


@pytest.fixture
def app_theme(qapp: QApplication) -> Iterator[theme.Theme]:
    font = qapp.font()
    made = theme.Theme(qapp)
    yield made
    made.choose(theme.ThemeChoice.LIGHT)
    qapp.setFont(font)
    made.deleteLater()


def test_settings_come_back_with_their_types_from_the_file() -> None:
    written = Settings()
    written.set(remembered.TEXT_SCALE, 1.3)
    written.set(remembered.MINIBATCH_SIZE, 12)
    written.set(remembered.FOLLOW_TRAINING, False)
    written.set(remembered.RECENT_FOLDERS, ["/one"])
    written.save()
    read = Settings()
    assert read.get(remembered.TEXT_SCALE) == 1.3
    assert read.get(remembered.MINIBATCH_SIZE) == 12
    assert read.get(remembered.FOLLOW_TRAINING) is False
    assert read.get(remembered.RECENT_FOLDERS) == ["/one"]


def test_a_settings_file_spoilt_by_hand_gives_the_defaults() -> None:
    path = config_folder() / "window.ini"
    path.parent.mkdir(parents=True)
    path.write_text("[window]\ntext_scale=huge\ngeometry=17\n[data]\nminibatch_size=many\n")
    settings = Settings()
    assert settings.get(remembered.TEXT_SCALE) == remembered.TEXT_SCALE.default
    assert settings.get(remembered.MINIBATCH_SIZE) == remembered.MINIBATCH_SIZE.default
    assert settings.get(remembered.GEOMETRY).isEmpty()


def test_choosing_dark_changes_the_colours_that_widgets_paint_with(app_theme: theme.Theme) -> None:
    app_theme.choose(theme.ThemeChoice.LIGHT)
    assert not theme.colors().dark
    app_theme.choose(theme.ThemeChoice.DARK)
    assert theme.colors().dark


def test_enlarging_the_text_enlarges_the_font_of_a_widget_that_is_shown(
    qtbot: QtBot, app_theme: theme.Theme
) -> None:
    app_theme.choose(theme.ThemeChoice.LIGHT)
    window = QMainWindow()
    qtbot.addWidget(window)
    label = QLabel("words")
    window.setCentralWidget(label)
    window.show()
    before = label.font().pointSizeF()
    app_theme.set_text_scale(1.5)
    qtbot.waitUntil(lambda: label.font().pointSizeF() == pytest.approx(1.5 * before, rel=0.02))
    app_theme.set_text_scale(1.0)
    qtbot.waitUntil(lambda: label.font().pointSizeF() == pytest.approx(before, rel=0.02))


def luminance(color: QColor) -> float:
    """Relative luminance as WCAG 2 defines it."""
    parts = [
        v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4
        for v in (color.redF(), color.greenF(), color.blueF())
    ]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(first: QColor, second: QColor) -> float:
    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("palette", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
def test_all_text_colours_can_be_read_on_what_they_stand_on(palette: theme.Colors) -> None:
    for name in ("text", "muted", "accent", "train", "val", "good", "warn", "bad", "unknown"):
        for ground in ("window", "surface"):
            ratio = contrast(getattr(palette, name), getattr(palette, ground))
            assert ratio >= 4.5, f"{name} on {ground} has a contrast of {ratio:.1f}"
    assert contrast(palette.on_accent, palette.accent) >= 4.5
    for badge in (palette.train, palette.val):
        assert contrast(palette.on_badge, badge) >= 4.5


def test_the_settings_file_lies_in_the_folder_of_settings(tmp_path: Path) -> None:
    settings = Settings()
    settings.set(remembered.PLAY_SPEED, 4.0)
    settings.save()
    assert (config_folder() / "window.ini").is_file()
    assert tmp_path in config_folder().parents
