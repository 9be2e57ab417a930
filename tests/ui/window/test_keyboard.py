"""All of the window is reached by the keyboard: by Tab, by keys, by letters that belong to one thing only."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDialog,
    QGroupBox,
    QLabel,
    QMenu,
    QMenuBar,
    QSpinBox,
    QTabBar,
    QTextBrowser,
    QToolBar,
    QWidget,
)

from captionviewer.core.coco.chosen_data import remember_data_folder
from captionviewer.core.training.events import RunState
from captionviewer.core.training.settings import TrainingSettings
from captionviewer.ui import actions
from captionviewer.ui.actions import Place
from captionviewer.ui.widgets.tool_buttons import ActionButton
from captionviewer.ui.window.help import key_table, show_shortcuts
from captionviewer.ui.window.main_window import MainWindow
from tests.coco_folder_writer import write_coco_folder
from tests.ui.conftest import Launch
from tests.ui.window_driver import WindowDriver

LONG_RUN = TrainingSettings(num_captions=10, batch_size=5, hidden_dim=16, wordvec_dim=8, num_epochs=100_000)
STATES = ("idle", "filtered", "running", "paused", "high text")


@pytest.fixture
def open_window(launch: Launch, tmp_path: Path) -> Iterator[WindowDriver]:
    """A window with data, a photo, and settings that a run can start with."""
    remember_data_folder(write_coco_folder(tmp_path / "coco", photos=True))
    with launch() as driver:
        driver.wait_for(lambda: driver.window.session.selection.record is not None)
        driver.window.training_panel.form.set_settings(LONG_RUN)
        driver.wait_for(driver.window.training_panel.start_action.isEnabled)
        driver.window.activateWindow()
        yield driver


def focused() -> QWidget:
    """What the keyboard is on."""
    widget = QApplication.focusWidget()
    assert widget is not None
    return widget


def bring_to(driver: WindowDriver, state: str) -> None:
    window = driver.window
    training = window.training_panel
    match state:
        case "filtered":
            window.data_panel.filter_action.trigger()
            driver.find(QWidget, "caption_search").setFocus()
            QTest.keyClicks(focused(), "a")
        case "running" | "paused":
            training.start_action.trigger()
            driver.wait_for(lambda: training.control.state is RunState.RUNNING)
            driver.wait_for(lambda: window.session.models.current.saved.iteration > 0)
            if state == "paused":
                training.pause_action.trigger()
                driver.wait_for(training.step_action.isEnabled)
        case "high text":
            window.appearance.set_text_scale(1.5)
    QApplication.processEvents()


def stops(window: MainWindow) -> list[QWidget]:
    """All that can be seen, is enabled and takes the focus by Tab."""
    return [
        widget
        for widget in window.findChildren(QWidget)
        if widget.isVisibleTo(window)
        and widget.window() is window
        and not widget.visibleRegion().isEmpty()
        and widget.isEnabled()
        and widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        and widget.focusProxy() is None
        and not isinstance(widget.parent(), QAbstractSpinBox | QComboBox | QMenuBar | QToolBar)
        and not isinstance(widget, QMenu)
    ]


def name(widget: QWidget) -> str:
    return f"{type(widget).__name__} {widget.objectName() or widget.accessibleName()}"


def walk(window: MainWindow, key: Qt.Key) -> list[QWidget]:
    """What has the focus one after another as Tab is pressed, until it comes round."""
    window.data_panel.setFocus()
    seen: list[QWidget] = []
    for _ in range(200):
        focused = QApplication.focusWidget()
        assert focused is not None
        if focused in seen:
            break
        seen.append(focused)
        QTest.keyClick(focused, key)
    return seen


@pytest.mark.parametrize("state", STATES)
def test_in_each_state_tab_reaches_every_control_and_no_letter_has_two_owners(
    open_window: WindowDriver, state: str
) -> None:
    bring_to(open_window, state)
    window = open_window.window
    missed = [name(widget) for widget in set(stops(window)) - set(walk(window, Qt.Key.Key_Tab))]
    assert not missed, f"Tab goes past {missed}"
    missed = [name(widget) for widget in set(stops(window)) - set(walk(window, Qt.Key.Key_Backtab))]
    assert not missed, f"Shift+Tab goes past {missed}"
    tabs = window.data_panel.details
    for place in range(tabs.count()):
        tabs.setCurrentIndex(place)
        QApplication.processEvents()
        assert not shared_icons(window)
        found = mnemonics(window)
        assert len(found) > 7, "the menus at least have letters"
        assert not shared_letters(found)


def test_tab_goes_through_the_controls_of_data_and_training_in_the_order_they_are_read(
    open_window: WindowDriver,
) -> None:
    window = open_window.window
    bar, head = window.data_panel.bar, window.training_panel._head
    seen = walk(window, Qt.Key.Key_Tab)
    expected: list[QWidget] = [
        bar.train_button,
        bar.val_button,
        bar.position,
        bar.size_field,
        bar.seed_field,
        bar.search_field,
        bar.filter_button,
        bar.sort_field,
    ]
    assert [widget for widget in seen if widget in expected] == expected
    buttons = [button for button in head.buttons if button.isEnabled()]
    assert [widget for widget in seen if widget in buttons] == buttons and len(buttons) > 1
    follow = open_window.find(ActionButton, "sampling_follow")
    assert follow.nextInFocusChain() is open_window.find(ActionButton, "sampling_untrained")


# ---- keys ------------------------------------------------------------------------------------------------


def test_page_down_turns_the_minibatch_wherever_the_keyboard_is(open_window: WindowDriver) -> None:
    window = open_window.window
    browser = window.data_panel.browser
    browser.choose_size(2)
    for dock in (None, window.training_dock, window.sampling_dock):
        window.data_panel.setFocus() if dock is None else window.go_to(dock)
        before = browser.query.index
        QTest.keyClick(focused(), Qt.Key.Key_PageDown)
        assert browser.query.index == before + 1, dock
    QTest.keyClick(focused(), Qt.Key.Key_PageUp)
    assert browser.query.index == 2


def test_split_filter_and_order_have_keys_that_work_from_every_panel(
    open_window: WindowDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = open_window.window
    data = window.data_panel
    opened: list[str] = []  # a real popup would grab the keyboard, which needs a screen
    monkeypatch.setattr(data.bar.sort_field, "showPopup", lambda: opened.append("orders"))
    control, shift = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
    window.go_to(window.training_dock)
    QTest.keyClick(focused(), Qt.Key.Key_T, control | shift)
    assert data.browser.query.split == "val"
    QTest.keyClick(focused(), Qt.Key.Key_T, control)
    assert data.browser.query.split == "train"
    QTest.keyClick(focused(), Qt.Key.Key_R, control | shift)
    assert opened == ["orders"] and QApplication.focusWidget() is data.bar.sort_field
    QTest.keyClick(data.bar.sort_field, Qt.Key.Key_F, control | shift)
    assert data.filter_action.isChecked()
    assert isinstance(QApplication.focusWidget(), QSpinBox)


# Keys that hold only while the keyboard is in a part of one panel: another panel's part may have them, too.
PANEL_OF = {
    Place.SCENE: "Data",
    Place.LOSS: "Training",
    Place.RUNS: "Training",
    Place.SAMPLING_FOCUSED: "Sampling",
    Place.TREE: "Sampling",
}


def test_a_key_belongs_to_one_action_only_wherever_the_keyboard_is() -> None:
    owners: dict[tuple[str, str], list[actions.ActionWords]] = {}
    panels = sorted(set(PANEL_OF.values()))
    for words in actions.table():
        if words.alternate or words.place in (Place.CAPTIONS, Place.PHOTO, Place.SEARCH):
            continue  # the words of another action at times, or a key that holds on one widget only
        for key in words.shortcuts:
            for panel in [PANEL_OF[words.place]] if words.place in PANEL_OF else panels:
                owners.setdefault((panel, QKeySequence(key).toString()), []).append(words)
    shared = {key: [one.text for one in found] for key, found in owners.items() if len(found) > 1}
    assert not shared


def test_every_key_of_the_window_stands_in_the_list_of_keys(open_window: WindowDriver) -> None:
    listed = {key for rows in key_table().values() for _what, keys in rows for key in keys.split(" or ")}
    for action in open_window.window.findChildren(QAction):
        for key in action.shortcuts():
            written = key.toString(QKeySequence.SequenceFormat.NativeText)
            assert not written or written in listed, f"{action.text()}: {written} is in no list"
    names = [what for rows in key_table().values() for what, _keys in rows]
    assert names.count("Step") == 2, "that of a run and that of a caption"


def test_the_list_of_keys_fits_the_screen_at_every_size_of_text(open_window: WindowDriver) -> None:
    window = open_window.window
    seen: list[tuple[bool, bool, bool]] = []

    def look() -> None:
        dialog = next(each for each in window.findChildren(QDialog) if each.isVisible())
        said = "".join(f"\n{each.toPlainText()}\n" for each in dialog.findChildren(QTextBrowser))
        fits = window.screen().availableGeometry().size().expandedTo(dialog.size())
        headed = all(f"\n{place.value}\n" in said for place in key_table())
        seen.append((fits == window.screen().availableGeometry().size(), "F5" in said, headed))
        dialog.reject()  # nothing is asserted before: the test would wait for ever

    for scale in (1.0, 2.5):
        window.appearance.set_text_scale(scale)
        QTimer.singleShot(50, window, look)
        show_shortcuts(window)
    assert seen == [(True, True, True)] * 2


# ---- letters ---------------------------------------------------------------------------------------------


def mnemonics(window: QWidget) -> list[tuple[str, str]]:
    """Each letter that Alt takes in what can be seen, with what takes it."""
    found: list[tuple[str, str]] = []

    def note(text: str, what: str) -> None:
        letter = QKeySequence.mnemonic(text).toString()
        if letter:
            found.append((letter, what))

    for widget in window.findChildren(QWidget):
        if widget.window() is not window or not widget.isVisible():
            continue
        if isinstance(widget, QLabel) and widget.buddy() is not None:
            note(widget.text(), f"label {widget.text()}")
        elif isinstance(widget, QAbstractButton):
            note(widget.text(), f"button {widget.text()}")
        elif isinstance(widget, QGroupBox):
            note(widget.title(), f"group {widget.title()}")
        elif isinstance(widget, QTabBar):
            for place in range(widget.count()):
                note(widget.tabText(place), f"tab {widget.tabText(place)}")
        elif isinstance(widget, QMenuBar):
            for action in widget.actions():
                note(action.text(), f"menu {action.text()}")
    return found


def shared_icons(window: QWidget) -> list[tuple[str, str]]:
    """Buttons of one row that show an icon alone, and the same one."""
    rows: dict[QObject | None, dict[bytes, str]] = {}
    shared = []
    for button in window.findChildren(ActionButton):
        if not button.isVisible() or button.toolButtonStyle() is not Qt.ToolButtonStyle.ToolButtonIconOnly:
            continue
        picture = bytes(button.icon().pixmap(32, 32).toImage().constBits())
        row = rows.setdefault(button.parent(), {})
        if picture in row:
            shared.append((row[picture], name(button)))
        row[picture] = name(button)
    return shared


def shared_letters(found: list[tuple[str, str]]) -> dict[str, list[str]]:
    counts = Counter(letter for letter, _what in found)
    return {
        letter: [what for each, what in found if each == letter] for letter in counts if counts[letter] > 1
    }


def test_no_two_entries_of_a_menu_take_the_same_letter(open_window: WindowDriver) -> None:
    window = open_window.window
    bring_to(open_window, "paused")
    open_window.window.menus.recent.aboutToShow.emit()
    for menu in window.menuBar().findChildren(QMenu):
        found = [
            (letter, action.text())
            for action in menu.actions()
            if (letter := QKeySequence.mnemonic(action.text()).toString())
        ]
        assert not shared_letters(found), menu.title()


def test_dialogs_have_no_letter_twice(open_window: WindowDriver) -> None:
    window = open_window.window
    window.beside.show_preferences()
    window.get_coco()
    window.tells.show_log()
    QApplication.processEvents()
    for dialog in (
        window.findChild(QWidget, each) for each in ("preferences", "download_dialog", "log_view")
    ):
        assert dialog is not None and dialog.isVisible()
        assert not shared_letters(mnemonics(dialog)), dialog.objectName()
        dialog.close()
