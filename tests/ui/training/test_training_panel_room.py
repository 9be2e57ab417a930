"""The Training panel by the room it has, and what it lets begin."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QApplication, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from captionviewer.core.training.run_progress import RunProgress
from captionviewer.core.training.settings import NOTEBOOK_PRESET, PRESETS
from captionviewer.ui.look.theme import Theme, ThemeChoice, colors
from captionviewer.ui.session.models import CurrentModel, ModelOrigin
from captionviewer.ui.training.training_panel import TrainingPanel
from tests.ui.training.test_training_panel import LEFT, click, model_of
from tests.ui.training.training_setup import ENDLESS, QUICK, training_panel, wait


@pytest.fixture
def panel(qtbot: QtBot, coco_folder: Path) -> Iterator[TrainingPanel]:
    with training_panel(qtbot, coco_folder) as made:
        yield made


def test_a_run_folds_the_form_away_where_there_is_little_room(qtbot: QtBot, panel: TrainingPanel) -> None:
    line = panel.fontMetrics().height()
    panel.resize(44 * line, 19 * line)
    panel.form.set_settings(ENDLESS)
    assert panel.form.isVisible()
    click(qtbot, panel, panel.start_action)
    assert not panel.form.isVisible()
    assert panel._first.isEnabled()  # the panel's shortcut still takes the keyboard there
    button = panel.findChild(QToolButton, "training_settings")
    assert button is not None
    qtbot.mouseClick(button, LEFT)
    assert panel.form.isVisible()
    click(qtbot, panel, panel.stop_action)
    wait(lambda: not panel.is_running(), qtbot)
    assert panel.form.isVisible()


def test_a_run_leaves_the_form_where_there_is_room_for_both(qtbot: QtBot, panel: TrainingPanel) -> None:
    line = panel.fontMetrics().height()
    panel.resize(70 * line, 30 * line)
    panel.form.set_settings(ENDLESS)
    click(qtbot, panel, panel.start_action)
    assert panel.form.isVisible()
    assert not panel.form.preset.isEnabled()
    assert panel._first.isEnabled()


def test_a_wide_and_low_place_puts_the_captions_beside_the_loss(qtbot: QtBot, panel: TrainingPanel) -> None:
    line = panel.fontMetrics().height()
    panel.resize(64 * line, 20 * line)
    panel.form.set_settings(ENDLESS)
    panel.settings_action.setChecked(False)
    click(qtbot, panel, panel.start_action)
    wait(panel.watched.isVisible, qtbot)
    wait(lambda: panel.said.x() > panel.plot.x() + panel.plot.width() // 2, qtbot)
    panel.resize(64 * line, 60 * line)
    wait(lambda: panel.said.y() > panel.plot.y() + panel.plot.height() // 2, qtbot)
    assert panel.watched.isEnabled()
    panel.resize(30 * line, 22 * line)
    wait(lambda: panel.said.height() == 0, qtbot)
    assert not panel.watched.isEnabled(), "Tab would go to what is not seen"


def test_no_run_can_start_while_data_is_being_opened(qtbot: QtBot, panel: TrainingPanel) -> None:
    panel.form.set_settings(QUICK)
    session = panel._session
    assert panel.start_action.isEnabled()
    session.data._set_opening("Opening another folder…")
    session.opening_changed.emit()
    assert not panel.start_action.isEnabled()
    assert not panel.step_action.isEnabled()
    session.data._set_opening("")
    session.opening_changed.emit()
    assert panel.start_action.isEnabled()


def test_data_that_is_opened_while_a_question_stands_starts_no_run(
    qtbot: QtBot, panel: TrainingPanel
) -> None:
    panel.form.set_settings(QUICK)
    session = panel._session

    def answer_late() -> bool:
        session.data._set_opening("Opening another folder…")
        return True

    panel.ask_before_start(answer_late)
    panel.start_action.trigger()
    assert panel.control.run is None
    session.data._set_opening("")


def test_the_exported_numbers_of_an_opened_model_hold_the_rates_as_they_decayed(
    qtbot: QtBot, panel: TrainingPanel
) -> None:
    panel.form.set_settings(replace(QUICK, lr_decay=0.5))
    click(qtbot, panel, panel.start_action)
    wait(lambda: not panel.is_running(), qtbot)
    saved = model_of(panel).saved
    panel._session.models.set(CurrentModel(saved, ModelOrigin.SAVED))
    header, *rows = panel.plot.rows()
    rates = [row[4] for row in rows if row[0] != 0]  # no step made the untrained model
    assert header[4] == "learning rate"
    assert rates[0] == pytest.approx(QUICK.learning_rate)
    assert rates[-1] == pytest.approx(QUICK.learning_rate * 0.5 ** (QUICK.num_epochs - 1))


def test_a_panel_too_narrow_and_too_low_for_both_shows_the_form_or_the_loss(
    qtbot: QtBot, panel: TrainingPanel
) -> None:
    line = panel.fontMetrics().height()
    panel.resize(36 * line, 22 * line)
    assert panel.width() == 36 * line  # the two together do not ask for more
    assert panel.form.isVisible()
    assert not panel.run_area.isVisible()
    panel.settings_action.setChecked(False)
    assert panel.run_area.isVisible()
    assert not panel.form.isVisible()


def test_the_end_of_an_opened_model_is_said_in_numbers(qtbot: QtBot, panel: TrainingPanel) -> None:
    panel.form.set_settings(replace(QUICK, lr_decay=0.5))
    click(qtbot, panel, panel.start_action)
    wait(lambda: not panel.is_running(), qtbot)
    saved, rate = model_of(panel).saved, panel.numbers.rate.text
    panel._session.models.set(CurrentModel(saved, ModelOrigin.SAVED))
    assert panel.numbers.iteration.text == f"{saved.iteration:,}"
    assert panel.numbers.rate.text == f"{saved.rates_history[-1]:.3g}" == rate, "as when the run had ended"


def test_tab_goes_from_the_buttons_to_the_settings(panel: TrainingPanel) -> None:
    at: QWidget | None = panel.findChild(QToolButton, "training_start")
    order: list[str] = []
    while at is not None and at is not panel.form.preset and len(order) < 20:
        if at.focusPolicy() & Qt.FocusPolicy.TabFocus and isinstance(at, QToolButton):
            order.append(at.accessibleName())
        at = at.nextInFocusChain()
    assert order == ["Start", "Pause", "Step", "Stop", "Settings"]
    assert at is panel.form.preset


def test_buttons_give_up_their_words_where_there_is_no_room_and_take_them_again(
    qtbot: QtBot, panel: TrainingPanel
) -> None:
    def styles() -> set[Qt.ToolButtonStyle]:
        return {button.toolButtonStyle() for button in panel._head.buttons}

    line = panel.fontMetrics().height()
    panel.resize(60 * line, 30 * line)
    wide = panel._head._width_of(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    assert styles() == {Qt.ToolButtonStyle.ToolButtonTextBesideIcon}
    assert wide == panel._head._width_of(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    head = panel._head
    assert head.minimumSizeHint().width() < wide
    head.resize(wide - 1, head.height())
    wait(lambda: styles() == {Qt.ToolButtonStyle.ToolButtonIconOnly}, qtbot)
    assert all(button.accessibleName() and button.toolTip() for button in head.buttons)
    assert head._width_of(Qt.ToolButtonStyle.ToolButtonTextBesideIcon) == wide
    head.resize(wide, head.height())
    wait(lambda: styles() == {Qt.ToolButtonStyle.ToolButtonTextBesideIcon}, qtbot)


def test_nothing_moves_when_a_run_begins_waits_and_ends(qtbot: QtBot, panel: TrainingPanel) -> None:
    head, line = panel._head, panel.fontMetrics().height()
    panel.settings_action.setChecked(False)
    places: dict[int, list[tuple[list[QRect], int, int]]] = {}

    def note() -> None:
        for width in (26, 34, 42, 60):  # icons alone, words below, words beside, room for all
            panel.resize(width * line, 40 * line)
            for _ in range(4):  # sizes come to rest
                qtbot.wait(5)
            buttons = [button.geometry() for button in head.buttons]
            below = panel.run_area.mapTo(panel, QPoint(0, 0)).y()
            places.setdefault(width, []).append((buttons, head._words.x(), below))

    panel.form.set_settings(ENDLESS)
    panel.settings_action.setChecked(False)
    note()
    click(qtbot, panel, panel.start_action)
    wait(lambda: "left" in panel._head._state.text(), qtbot)
    assert panel.rate_action.isEnabled()
    note()
    panel.pause_action.trigger()
    wait(lambda: panel.pause_action.text().replace("&", "") == "Continue", qtbot)
    note()
    panel.stop_action.trigger()
    wait(panel.continue_action.isEnabled, qtbot)
    note()
    for width, seen in places.items():
        assert all(each == seen[0] for each in seen), (width, seen)


def test_a_queue_of_runs_ends_where_other_data_is_being_opened(qtbot: QtBot, panel: TrainingPanel) -> None:
    control, session = panel.control, panel._session
    session.data._set_opening("Opening another folder…")
    control.queue = [QUICK, QUICK]
    control._start_next()
    assert control.run is None and control.queue == []
    session.data._set_opening("")


def test_the_head_says_what_is_trained_and_a_click_opens_the_form(qtbot: QtBot, panel: TrainingPanel) -> None:
    panel.resize(900, 480)
    panel.form.set_settings(PRESETS[NOTEBOOK_PRESET])
    what = panel._head.what
    assert what.text() == f"{NOTEBOOK_PRESET}: RNN 512, word vector 256, batch 25, Adam, lr 0.005"
    panel.form.set_settings(replace(QUICK, cell_type="lstm", learning_rate=1e-3))
    assert what.text() == "Own settings: LSTM 24, word vector 16, batch 5, Adam, lr 0.001"
    panel.settings_action.setChecked(False)
    assert what.isVisible() and not panel.form.isVisible()
    qtbot.mouseClick(what, LEFT)
    assert panel.form.isVisible()


def test_one_step_is_a_point_and_the_loss_under_the_mouse_is_read_out(
    qtbot: QtBot, panel: TrainingPanel
) -> None:
    panel.resize(900, 700)
    panel.form.set_settings(QUICK)
    click(qtbot, panel, panel.step_action)
    run = panel.control.run
    assert run is not None
    wait(lambda: len(run.history) == 1 and panel.plot._in_lines == 1, qtbot)
    assert panel.plot._plot is not None and panel.plot._plot._smooth.get_marker() == "o"
    panel.pause_action.trigger()
    wait(lambda: not panel.is_running() and panel.plot._in_lines == 40, qtbot)
    assert panel.plot._plot._smooth.get_marker() != "o"
    place = panel.plot._marker_place(17)
    assert place is not None
    x, box = place
    qtbot.mouseMove(panel.plot.layer, QPoint(2, 2))
    qtbot.mouseMove(panel.plot.layer, QPoint(round(x), round(box.center().y())))
    read = panel.plot.read_out
    wait(read.isVisible, qtbot)
    number = int(read.text().split()[1].rstrip(":"))
    assert abs(number - 17) <= 1
    loss = float(run.history.since(0)[1][number - 1])
    assert float(read.text().split(": ")[1].split(",")[0]) == pytest.approx(loss, rel=1e-3)


def test_a_plot_names_its_axis_where_its_controls_leave_no_room_above_it(
    qtbot: QtBot, panel: TrainingPanel
) -> None:
    panel.settings_action.setChecked(False)
    panel.form.set_settings(QUICK)
    click(qtbot, panel, panel.start_action)
    wait(lambda: not panel.is_running(), qtbot)
    for width in (900, 330):
        panel.resize(width, 520)
        draws = panel.plot.full_draws
        panel.plot._draw_soon()
        wait(lambda draws=draws: panel.plot.full_draws > draws, qtbot)
        plot = panel.plot._plot
        assert plot is not None
        named = [plot._axes.get_title(loc="left"), plot._name.get_text()]
        assert sorted(named) == ["", "loss per caption (nats)"], width


def test_the_line_of_progress_fills_in_the_colours_of_the_theme_that_is_chosen(
    qtbot: QtBot, panel: TrainingPanel
) -> None:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    theme, bar = Theme(app), panel._progress
    bar.show_progress(RunProgress(2**32, 2**33))  # more iterations than a C int holds
    for choice in (ThemeChoice.DARK, ThemeChoice.LIGHT):
        theme.choose(choice)
        qtbot.wait(1)
        picture, middle = bar.grab().toImage(), bar.height() // 2
        assert picture.pixelColor(bar.width() // 4, middle).name() == colors().accent.name()
        assert picture.pixelColor(3 * bar.width() // 4, middle).name() == colors().raised.name()
