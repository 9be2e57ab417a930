import itertools
from collections.abc import Iterator

import pytest
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QLabel, QMainWindow
from pytestqt.qtbot import QtBot

from captionviewer.ui.download.progress_view import FailureLabel
from captionviewer.ui.look import theme
from captionviewer.ui.training.past_lines import PAST
from captionviewer.ui.widgets.notice_bar import NoticeBar
from tests.ui.readable import contrast


@pytest.fixture
def app_theme(qapp: QApplication) -> Iterator[theme.Theme]:
    font = qapp.font()
    made = theme.Theme(qapp)
    yield made
    made.choose(theme.ThemeChoice.LIGHT)
    qapp.setFont(font)
    made.deleteLater()


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


GROUNDS = ("window", "surface", "raised", "found", "selected", "hovered", "chosen", "counted", "notice")
# What is written, or drawn as a sign that says something, on which grounds.
TEXTS = {
    "text": GROUNDS,
    "muted": ("window", "surface", "raised", "selected", "hovered", "chosen", "notice"),
    "accent": ("window", "surface", "raised", "selected", "hovered", "chosen"),
    "unknown": ("window", "surface", "raised", "found", "selected", "hovered", "chosen"),
    "good": ("window", "surface", "raised", "found", "selected", "hovered", "chosen"),
    "warn": ("window", "surface"),
    "bad": ("window", "surface", "raised"),
    "train": ("window", "surface", "selected"),
    "val": ("window", "surface", "selected"),
    "padding": ("window", "surface"),
    "on_accent": ("accent",),
    "on_badge": ("train", "val"),
}
LINES = {
    "good": ("surface",),
    "accent": ("window", "surface", "raised"),
    "faint_line": ("window", "surface"),
    "field_edge": ("window", "surface"),
    "warn": ("window", "surface", "raised"),
}


@pytest.mark.parametrize("palette", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("pairs", "wanted"), [(TEXTS, 4.5), (LINES, 3.0)], ids=["text", "lines"])
def test_text_and_lines_can_be_seen_on_whatever_they_stand_on(
    palette: theme.Colors, pairs: dict[str, tuple[str, ...]], wanted: float
) -> None:
    weak = [
        f"{name} on {ground} has {ratio:.2f}"
        for name, grounds in pairs.items()
        for ground in grounds
        if (ratio := contrast(getattr(palette, name), getattr(palette, ground))) < wanted
    ]
    assert not weak, f"of {wanted}"
    assert contrast(theme.mixed(palette.surface, palette.muted, PAST), palette.surface) >= 3


@pytest.mark.parametrize("choice", [theme.ThemeChoice.LIGHT, theme.ThemeChoice.DARK])
def test_words_on_any_ground_have_an_ink_that_can_be_read_and_the_usual_one_where_that_will_do(
    app_theme: theme.Theme, choice: theme.ThemeChoice
) -> None:
    app_theme.choose(choice)
    for shade in itertools.product(range(0, 256, 51), repeat=3):
        ground = QColor(*shade)
        ink, usual = theme.ink_on(ground), theme.colors().text
        assert contrast(ink, ground) >= 4.5, ground.name()
        assert (ink == usual) is (contrast(usual, ground) >= 4.5)


@pytest.mark.parametrize("choice", [theme.ThemeChoice.LIGHT, theme.ThemeChoice.DARK])
def test_the_palette_that_qt_draws_with_can_be_read(
    app_theme: theme.Theme, qapp: QApplication, choice: theme.ThemeChoice
) -> None:
    app_theme.choose(choice)
    palette, role = qapp.palette(), QPalette.ColorRole
    for ink, ground in (
        (role.WindowText, role.Window),
        (role.Text, role.Base),
        (role.Text, role.AlternateBase),
        (role.ButtonText, role.Button),
        (role.PlaceholderText, role.Base),
        (role.ToolTipText, role.ToolTipBase),
        (role.HighlightedText, role.Highlight),
        (role.Link, role.Base),
    ):
        assert contrast(palette.color(ink), palette.color(ground)) >= 4.5, (ink, ground)


def test_the_message_of_a_failed_download_follows_the_theme(qtbot: QtBot, app_theme: theme.Theme) -> None:
    app_theme.choose(theme.ThemeChoice.LIGHT)
    label = FailureLabel("failure")
    qtbot.addWidget(label)
    label.show_message("the disk is full")
    app_theme.choose(theme.ThemeChoice.DARK)
    QApplication.processEvents()
    assert label.palette().color(QPalette.ColorRole.WindowText) == theme.DARK.bad


def test_the_sign_of_a_notice_follows_the_theme(qtbot: QtBot, app_theme: theme.Theme) -> None:
    app_theme.choose(theme.ThemeChoice.LIGHT)
    bar = NoticeBar()
    qtbot.addWidget(bar)
    bar.show_problem("something")
    for choice in (theme.ThemeChoice.DARK, theme.ThemeChoice.LIGHT):
        app_theme.choose(choice)
        QApplication.processEvents()
        picture = bar._picture.pixmap().toImage()
        inks = [picture.pixelColor(x, y) for x in range(picture.width()) for y in range(picture.height())]
        ink = max(inks, key=QColor.alpha)
        assert contrast(ink, theme.colors().notice) >= 4.5
