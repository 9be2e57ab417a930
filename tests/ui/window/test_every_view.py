"""What holds in every view of every panel: it fits, keys reach it, it says numbers and names in one way."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QCheckBox,
    QComboBox,
    QHeaderView,
    QLabel,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QPushButton,
    QScrollBar,
    QTabBar,
    QTableWidget,
    QTextEdit,
    QToolBar,
    QToolButton,
    QWidget,
)

from captionviewer.core.coco.chosen_data import remember_data_folder
from captionviewer.core.training.settings import TrainingSettings
from captionviewer.ui import actions
from captionviewer.ui.look.theme import ThemeChoice
from captionviewer.ui.sampling.caption_chips import CaptionChips
from captionviewer.ui.sampling.states.states_view import StatesView
from captionviewer.ui.sampling.tree.tree_canvas import TreeCanvas
from captionviewer.ui.sampling.word_bars import WordBars
from captionviewer.ui.training.gradients.gradients_view import THROUGH_TIME, GradientsView
from captionviewer.ui.training.gradients.through_time import ThroughTime
from captionviewer.ui.training.scrub_layer import ScrubLayer
from captionviewer.ui.widgets.elided_label import ElidedLabel
from captionviewer.ui.widgets.outside_text import without_mnemonic
from captionviewer.ui.window.characters_window import CharactersWindow
from captionviewer.ui.window.panel_title import PanelTitle
from tests.coco_folder_writer import write_coco_folder
from tests.ui.conftest import Launch
from tests.ui.readable import unreadable, unreadable_in_both
from tests.ui.window.every_view import each_view, further_states, settle
from tests.ui.window.test_keyboard import mnemonics, name, shared_letters, stops, walk
from tests.ui.window_driver import WindowDriver

DARK, LIGHT = ThemeChoice.DARK, ThemeChoice.LIGHT
SMALL = TrainingSettings(num_captions=10, batch_size=5, hidden_dim=16, wordvec_dim=8)
LARGE = replace(SMALL, hidden_dim=1030)  # more than a thousand: its digits are set apart
STANDARD = (
    *(QAbstractItemView, QAbstractButton, QAbstractSlider, QComboBox, QLineEdit, QAbstractSpinBox, QTabBar),
    *(QTextEdit, QPlainTextEdit),
)
# What a mouse can do there the keyboard does elsewhere: the plot's own keys, the player's keys, the keys of
# the tree with the list beside it, the key to type another word, F9 and the View menu for titles.
KEYS_ELSEWHERE = (ScrubLayer, CaptionChips, TreeCanvas, PanelTitle, WordBars)


@pytest.fixture
def open_window(launch: Launch, tmp_path: Path) -> Iterator[WindowDriver]:
    """A window with data, a photo, and a small untrained network."""
    remember_data_folder(write_coco_folder(tmp_path / "coco", photos=True))
    with launch() as driver:
        driver.wait_for(lambda: driver.window.session.selection.record is not None)
        use(driver, SMALL)
        yield driver


def use(driver: WindowDriver, settings: TrainingSettings) -> None:
    """Show the untrained network of these settings."""
    session = driver.window.session
    driver.window.training_panel.form.set_settings(settings)
    driver.wait_for(
        lambda: (
            session.models.current is not None
            and session.models.current.model.hidden_dim == settings.hidden_dim
        )
    )
    settle(driver)


def seen(window: QWidget) -> list[QWidget]:
    return [
        widget
        for widget in window.findChildren(QWidget)
        if widget.window() is window and widget.isVisible() and not widget.visibleRegion().isEmpty()
    ]


# ---- room ------------------------------------------------------------------------------------------------


def cut(widget: QWidget) -> bool:
    """Whether words of a widget have less room than they need."""
    if isinstance(widget, ElidedLabel):
        return False  # made to be shortened; a tooltip has the whole
    if isinstance(widget, QLabel) and widget.text():
        if widget.wordWrap():
            return widget.heightForWidth(widget.width()) > widget.height() + 1
        words = widget.fontMetrics().size(Qt.TextFlag.TextShowMnemonic, widget.text())
        return widget.textFormat() is Qt.TextFormat.PlainText and words.width() > widget.width() + 1
    if isinstance(widget, QPushButton | QCheckBox):
        return widget.sizeHint().width() > widget.width() + 2
    if isinstance(widget, QToolButton) and not isinstance(widget.parent(), QTabBar):
        return widget.sizeHint().width() > widget.width() + 2
    return False


@pytest.mark.parametrize(
    ("width", "height", "scale", "theme"),
    [(1024, 700, 1.0, DARK), (1280, 800, 1.5, LIGHT), (1280, 800, 2.0, DARK)],
)
def test_no_view_outgrows_the_window_cuts_its_words_or_paints_them_too_faint_to_be_read(
    open_window: WindowDriver, width: int, height: int, scale: float, theme: ThemeChoice
) -> None:
    window = open_window.window
    window.menus.themes[theme].trigger()
    window.appearance.set_text_scale(scale)
    window.resize(width, height)
    settle(open_window)
    for title, _view in each_view(open_window):
        assert (window.width(), window.height()) == (width, height), f"{title} made the window larger"
        assert [f"{name(each)}: {each.text()}" for each in seen(window) if cut(each)] == [], title  # type: ignore[attr-defined]
        assert unreadable(window) == [], title


# ---- keys ------------------------------------------------------------------------------------------------


def takes_the_mouse(widget: QWidget) -> bool:
    """Whether a click on it does something of its own."""
    if isinstance(widget, QScrollBar | QHeaderView) or not widget.isEnabled():
        return False
    own = any(
        method in kind.__dict__ and kind.__module__.startswith("captionviewer")
        for kind in type(widget).__mro__
        for method in ("mousePressEvent", "mouseReleaseEvent", "mouseDoubleClickEvent")
    )
    part = isinstance(widget.parent(), QComboBox | QAbstractSpinBox | QToolBar | QTabBar)
    return own or (isinstance(widget, STANDARD) and not part)


def test_in_every_view_tab_reaches_what_a_mouse_does_no_letter_has_two_owners_and_words_are_set_in_one_way(
    open_window: WindowDriver,
) -> None:
    window = open_window.window
    titles = []
    for title, _view in each_view(open_window):  # which takes seconds: once for keys and words
        titles.append(title)
        assert not wrong_words(window), title
        missed = [name(each) for each in set(stops(window)) - set(walk(window, Qt.Key.Key_Tab))]
        assert not missed, f"{title}: Tab goes past {missed}"
        for widget in seen(window):
            by_keys = bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus) or widget.focusProxy() is not None
            elsewhere = isinstance(widget, KEYS_ELSEWHERE) or isinstance(widget.parent(), PanelTitle)
            assert by_keys or elsewhere or not takes_the_mouse(widget), f"{title}: {name(widget)}"
        assert not shared_letters(mnemonics(window)), title
    assert len(titles) > 14


def test_the_gradients_of_another_word_are_chosen_by_up_and_down(open_window: WindowDriver) -> None:
    gradients = open_window.window.training_panel.run_area.views.open("Gradients")
    assert isinstance(gradients, GradientsView)
    view = gradients.pages.open(THROUGH_TIME)
    assert isinstance(view, ThroughTime)
    settle(open_window)
    last, shown = view.loss, next(iter(view.maps.values()))
    shown.setFocus()
    open_window.key(shown, Qt.Key.Key_Up)
    assert view.loss == last - 1
    open_window.key(shown, Qt.Key.Key_Down)
    open_window.key(shown, Qt.Key.Key_Down)
    assert view.loss == last


# ---- words -----------------------------------------------------------------------------------------------


def words_of(window: QWidget) -> Iterator[str]:
    """All words that can be seen and that we wrote ourselves, tips included."""
    for widget in seen(window):
        if isinstance(widget, QLabel | QAbstractButton) and not isinstance(widget.parent(), QLineEdit):
            yield widget.text()
        if isinstance(widget, QComboBox):
            yield from (widget.itemText(place) for place in range(widget.count()))
        if isinstance(widget, QTabBar):
            yield from (widget.tabText(place) for place in range(widget.count()))
        if isinstance(widget, QTableWidget):
            yield from (cell.text() for cell in widget.findItems("*", Qt.MatchFlag.MatchWildcard))
        yield from (widget.toolTip(), widget.accessibleName(), widget.accessibleDescription())


WRONG = {
    r"(?<![\d.,\w/-])\d{4,}(?![\d\w.-])": "thousands are set apart by commas",
    r"(?<=\d)%": "a space stands before the sign of percent",
    r"\b[Ii]mage row|\bphoto row|\brow \d": "a photo is called by its number: photo 2,146",
    r"\bmini-batch|\bMini-batch|\bbatch of\b": "a minibatch is one word",
    r"\btime step|\btime-step": "a timestep is one word",
    r"\bfell to <": "words do not fall to <UNK>",
    r"= <": "a probability is less than, or equal to, not both",
    r"(?<![\w\d])-\d": "a minus is no hyphen",
    r"\b1 (?:captions|photos|words|units|epochs|iterations|timesteps)\b": "one is not many",
}


def wrong_words(window: QWidget) -> set[tuple[str, str]]:
    return {
        (rule, said)
        for said in words_of(window)
        for pattern, rule in WRONG.items()
        if re.search(pattern, re.sub(r"<[^>]*>", "", said))
    }


def test_more_than_a_thousand_units_are_numbered_in_that_way_too(open_window: WindowDriver) -> None:
    window = open_window.window
    use(open_window, LARGE)
    view = window.sampling_panel.views.open("States")
    assert isinstance(view, StatesView)
    settle(open_window)
    assert "of 1,030 units" in view.legend.text() and not wrong_words(window)
    view.all_box.setChecked(True)
    view.open_unit(1029)
    assert "Unit 1,029" in view.unit.title.text() and not wrong_words(window)


def test_words_beside_characters_says_numbers_in_that_way_and_can_be_read_too(
    open_window: WindowDriver,
) -> None:
    open_window.window.beside.show_characters()
    beside = open_window.find(CharactersWindow, "characters_window")
    beside.steps_field.setValue(3)
    beside.hidden_field.setValue(8)
    open_window.click(beside.train_button)
    open_window.wait_for(lambda: beside.comparison is not None and beside.comparison.ended, 60)
    for title in beside.views.titles:
        beside.views.open(title)
        assert any("%" in said for said in words_of(beside)) and not wrong_words(beside), title
        assert unreadable_in_both(open_window.window, beside) == [], title


def test_menu_entries_have_capitals_as_the_platform_writes_them(open_window: WindowDriver) -> None:
    small = {
        "a",
        "an",
        "the",
        "of",
        "to",
        "in",
        "as",
        "at",
        "with",
        "or",
        "and",
        "for",
        "from",
        "by",
        "captionviewer",
    }
    entries = [
        action.text()
        for menu in open_window.window.menuBar().findChildren(QMenu)
        for action in menu.actions()
    ]
    entries += [words.text for words in actions.table()]
    assert len(entries) > 60
    for entry in entries:
        first, *others = without_mnemonic(entry).split() or [""]
        assert first[:1] == first[:1].upper(), entry
        assert all(word in small or word[:1] == word[:1].upper() for word in others), entry


# ---- closing ---------------------------------------------------------------------------------------------


def test_what_every_view_works_at_ends_with_the_window(open_window: WindowDriver) -> None:
    window = open_window.window
    window.beside.show_checks()
    begun = []
    for row in (window.training_panel.run_area.views, window.sampling_panel.views):
        for title in row.titles:
            view = row.open(title)
            settle(open_window)
            next(further_states(open_window, view), None)  # and while it works, on to the next
            begun.append(title)
    assert len(begun) > 6
    assert window.beside.checks is not None
    window.beside.checks.run_all()
    assert window.session.workers._threads
    told: list[str] = []
    window.session.problem.connect(told.append)
    window.close()
    assert window.closing.all_ended
    QApplication.processEvents()
    assert told == []
