"""The Training panel by clicks and keys: its form, its run in every state, what it shows and hands on.

(Past 400 lines: one panel and one run through all its states.)
"""

import html
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QAction, QWheelEvent
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QProgressBar,
    QSpinBox,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from captionviewer.core.coco.vocabulary import caption_text
from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.core.network.captioning_solver import CaptioningSolver
from captionviewer.core.saved.model_file import SavedModel, fits, save_model
from captionviewer.core.saved.run_shelf import ShelfError, ShelfKeeper
from captionviewer.core.training.events import RunState
from captionviewer.core.training.expected_time import USUAL_SPEED, expected_seconds, expected_time_words
from captionviewer.core.training.run_record import RunRecord
from captionviewer.core.training.settings import FIELDS, PRESETS, DataFacts, TrainingSettings
from captionviewer.core.training.validation import blind_guess_nats, unigram_nats
from captionviewer.ui.session.models import CurrentModel, ModelOrigin
from captionviewer.ui.settings import TRAINING_SPEED
from captionviewer.ui.training.run_numbers import NONE
from captionviewer.ui.training.run_summary import STEPS_TO_KNOW
from captionviewer.ui.training.training_panel import TrainingPanel
from tests.coco_folder_writer import write_coco_folder
from tests.ui.training.training_setup import ENDLESS, QUICK, open_data, pause_for, training_panel, wait

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def panel(qtbot: QtBot, coco_folder: Path) -> Iterator[TrainingPanel]:
    with training_panel(qtbot, coco_folder) as made:
        yield made


def said(panel: TrainingPanel, name: str) -> str:
    """The text of a label that can be seen."""
    label = panel.findChild(QLabel, name)
    assert label is not None
    assert label.isVisibleTo(panel)
    return label.text()


def state(panel: TrainingPanel) -> str:
    return said(panel, "training_state")


def click(qtbot: QtBot, panel: TrainingPanel, action: QAction) -> None:
    button = next(each for each in panel.findChildren(QToolButton) if each.defaultAction() is action)
    assert button.isEnabled(), f"{action.text()} is not enabled"
    qtbot.mouseClick(button, LEFT)


def model_of(panel: TrainingPanel) -> CurrentModel:
    """The session's model."""
    model = panel._session.models.current
    assert model is not None
    return model


def type_in(qtbot: QtBot, entry: QWidget, text: str) -> None:
    assert isinstance(entry, QSpinBox | QLineEdit)
    entry.setFocus()
    entry.selectAll()
    qtbot.keyClick(entry, Qt.Key.Key_Delete)
    qtbot.keyClicks(entry, text)


# ---- the form --------------------------------------------------------------------------------------


def test_without_data_the_panel_says_what_to_do(qtbot: QtBot) -> None:
    with training_panel(qtbot, None) as panel:
        assert "Open a data folder" in state(panel)
        assert not panel.start_action.isEnabled()
        assert not panel.step_action.isEnabled()


def test_data_makes_it_ready_with_the_notebooks_preset(panel: TrainingPanel) -> None:
    assert state(panel) == "Ready to train."
    assert panel.start_action.isEnabled()
    assert panel.form.preset.currentText() == "Notebook overfit: 50 captions"
    assert "50 captions, 2 iterations per epoch, 100 in all" in said(panel, "training_summary")


def test_the_form_says_how_long_a_run_takes_and_learns_it(qtbot: QtBot, panel: TrainingPanel) -> None:
    assert "It takes about" in said(panel, "training_summary")
    assert panel._session.settings.get(TRAINING_SPEED) == USUAL_SPEED
    panel.form.set_settings(ENDLESS)
    at_first = said(panel, "training_summary")
    click(qtbot, panel, panel.start_action)
    run = panel.control.run
    assert run is not None
    qtbot.waitUntil(lambda: len(run.history) > STEPS_TO_KNOW, timeout=20_000)
    qtbot.waitUntil(lambda: panel.numbers.speed.text not in (NONE, "0"), timeout=20_000)
    click(qtbot, panel, panel.stop_action)
    qtbot.waitUntil(lambda: not panel.is_running(), timeout=10_000)
    speed = panel._session.settings.get(TRAINING_SPEED)
    assert speed not in (USUAL_SPEED, 0)
    assert panel._session.data.dataset is not None
    seconds = expected_seconds(ENDLESS, DataFacts.of(panel._session.data.dataset), speed)
    assert expected_time_words(seconds) in said(panel, "training_summary")
    assert said(panel, "training_summary").split(".")[0] == at_first.split(".")[0]


def test_every_setting_has_a_label_an_explanation_and_an_accessible_name(panel: TrainingPanel) -> None:
    buddies = {label.buddy(): label.text() for label in panel.findChildren(QLabel)}
    for field in FIELDS:
        entry = panel.form.entry(field.name)
        assert field.tooltip in entry.toolTip()
        if isinstance(entry, QCheckBox):
            assert entry.text() == field.label
        else:
            assert buddies[entry] == field.label
            assert entry.accessibleName() == field.label
    assert panel.form.preset in buddies


def test_a_preset_fills_the_form_and_an_edit_makes_it_ones_own(qtbot: QtBot, panel: TrainingPanel) -> None:
    panel.form.preset.setFocus()
    qtbot.keyClick(panel.form.preset, Qt.Key.Key_Down)
    assert panel.form.preset.currentText() == "LSTM overfit: 50 captions"
    assert panel.form.settings() == PRESETS["LSTM overfit: 50 captions"]
    cell = panel.form.entry("cell_type")
    assert isinstance(cell, QComboBox)
    assert cell.currentText() == "LSTM"
    type_in(qtbot, panel.form.entry("seed"), "7")
    assert panel.form.preset.currentText() == "Own settings"
    type_in(qtbot, panel.form.entry("seed"), "231")
    assert panel.form.preset.currentText() == "LSTM overfit: 50 captions"


@pytest.mark.parametrize("name", PRESETS)
def test_settings_that_are_shown_come_back_as_they_were(panel: TrainingPanel, name: str) -> None:
    own = replace(PRESETS[name], learning_rate=1.25e-4, lr_decay=0.875, update_rule="sgd_momentum", seed=99)
    panel.form.set_settings(own)
    assert panel.form.settings() == own


def test_a_batch_larger_than_the_captions_is_named_and_nothing_can_start(
    qtbot: QtBot, panel: TrainingPanel
) -> None:
    type_in(qtbot, panel.form.entry("num_captions"), "12")
    assert "A batch of 25 is larger than the 12 captions" in said(panel, "problem_batch_size")
    assert "Can't start: A batch of 25" in state(panel)
    assert not panel.start_action.isEnabled()
    assert not panel.step_action.isEnabled()
    type_in(qtbot, panel.form.entry("batch_size"), "6")
    problem = panel.findChild(QLabel, "problem_batch_size")
    assert problem is not None
    assert not problem.isVisibleTo(panel)
    assert panel.start_action.isEnabled()


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("learning_rate", "0", "must be above 0"),
        ("learning_rate", "-1e-3", "must be above 0"),
        ("learning_rate", "fast", "must be a number such as 5e-3, not 'fast'"),
        ("learning_rate", "nan", "must be a number such as 5e-3, not 'nan'"),
        ("learning_rate", "", "must be a number such as 5e-3, and is empty"),
        ("learning_rate", "inf", "must be a number, not inf"),
        ("lr_decay", "1.5", "must be at most 1"),
    ],
)
def test_a_number_that_cannot_be_is_named_at_once(
    qtbot: QtBot, panel: TrainingPanel, name: str, text: str, words: str
) -> None:
    type_in(qtbot, panel.form.entry(name), text)
    assert words in said(panel, f"problem_{name}")
    assert words in state(panel)
    assert not panel.start_action.isEnabled()


def test_a_number_may_be_written_as_people_write_it(qtbot: QtBot, panel: TrainingPanel) -> None:
    panel.form.set_settings(QUICK)
    for text, value in (("5e-3", 5e-3), ("0,01", 0.01), (" .25 ", 0.25)):
        type_in(qtbot, panel.form.entry("learning_rate"), text)
        assert panel.form.settings().learning_rate == value
        assert panel.start_action.isEnabled()


def test_a_hidden_size_beyond_memory_is_named(qtbot: QtBot, panel: TrainingPanel) -> None:
    panel.form.set_settings(QUICK)
    type_in(qtbot, panel.form.entry("hidden_dim"), "65536")
    assert "of memory and" in said(panel, "problem_hidden_dim")
    assert not panel.start_action.isEnabled()


@pytest.mark.parametrize("name", ["hidden_dim", "wordvec_dim", "batch_size", "num_epochs", "num_captions"])
def test_a_size_of_zero_is_named_and_not_changed_in_silence(
    qtbot: QtBot, panel: TrainingPanel, name: str
) -> None:
    entry = panel.form.entry(name)
    type_in(qtbot, entry, "0")
    qtbot.keyClick(entry, Qt.Key.Key_Return)
    panel.form.preset.setFocus()
    assert getattr(panel.form.settings(), name) == 0
    assert "must be at least 1" in said(panel, f"problem_{name}")
    assert not panel.start_action.isEnabled()
    entry.setFocus()
    qtbot.keyClick(entry, Qt.Key.Key_Up)
    assert getattr(panel.form.settings(), name) == 1
    qtbot.keyClick(entry, Qt.Key.Key_Down)  # arrows lead to no size that can't be
    assert getattr(panel.form.settings(), name) == 1


def test_the_wheel_changes_no_field_that_is_not_being_edited(qtbot: QtBot, panel: TrainingPanel) -> None:
    def turn(entry: QWidget) -> None:
        place = QPointF(entry.rect().center())
        event = QWheelEvent(
            place,
            QPointF(entry.mapToGlobal(place.toPoint())),
            QPoint(0, 0),
            QPoint(0, 120),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(entry, event)

    before = panel.form.settings()
    panel.form.preset.setFocus()
    turn(panel.form.entry("hidden_dim"))
    turn(panel.form.entry("cell_type"))
    assert panel.form.settings() == before
    panel.form.entry("hidden_dim").setFocus()
    turn(panel.form.entry("hidden_dim"))
    assert panel.form.settings().hidden_dim == before.hidden_dim + 1


# ---- a run -----------------------------------------------------------------------------------------


def test_a_run_that_is_started_goes_to_its_end_and_leaves_a_model(qtbot: QtBot, panel: TrainingPanel) -> None:
    session = panel._session
    panel.form.set_settings(QUICK)
    click(qtbot, panel, panel.start_action)
    assert panel.is_running()
    wait(lambda: not panel.is_running(), qtbot)
    assert state(panel) == "Finished: 40 iterations."
    assert said(panel, "number_iteration") == "40 / 40"
    assert said(panel, "number_epoch") == "10 / 10"
    assert said(panel, "number_learning_rate") == f"{5e-3 * 0.95**9:.3g}"  # of the last step
    assert said(panel, "number_steps_a_s") == "–"
    assert session.models.current is not None
    assert session.models.current.origin is ModelOrigin.TRAINED
    assert session.models.current.unsaved
    assert session.models.current.saved.iteration == len(session.models.current.saved.loss_history) == 40
    assert len(session.models.trained_photos("train")) == 20
    assert session.runs.run is None
    shown = float(said(panel, "number_loss"))
    assert shown == pytest.approx(session.models.current.saved.loss_history[-10:].mean(), rel=0.01)
    panel.run_area.loss.per_word_action.trigger()
    per_word = session.models.current.saved.words_history[-10:].mean()
    assert float(said(panel, "number_loss")) == pytest.approx(per_word, rel=0.01)
    assert float(said(panel, "number_perplexity").replace(",", "")) == pytest.approx(
        np.exp(per_word), rel=0.05
    )


def test_a_run_is_paused_stepped_resumed_and_stopped_by_its_buttons(
    qtbot: QtBot, panel: TrainingPanel
) -> None:
    panel.form.set_settings(ENDLESS)
    click(qtbot, panel, panel.start_action)
    wait(lambda: "left" in state(panel), qtbot)
    assert "Training, about" in state(panel)
    assert not panel.step_action.isEnabled()
    click(qtbot, panel, panel.pause_action)
    wait(lambda: state(panel).startswith("Paused after iteration"), qtbot)
    wait(lambda: panel.pause_action.text().replace("&", "") == "Continue", qtbot)  # at the next look
    at = int(said(panel, "number_iteration").split(" ")[0].replace(",", ""))
    assert state(panel) == f"Paused after iteration {at:,}."
    for wanted in (at + 1, at + 2):
        click(qtbot, panel, panel.step_action)
        wait(lambda wanted=wanted: state(panel) == f"Paused after iteration {wanted:,}.", qtbot)
        wait(panel.step_action.isEnabled, qtbot)
    click(qtbot, panel, panel.pause_action)
    wait(lambda: state(panel).startswith("Training"), qtbot)
    wait(lambda: panel.pause_action.text().replace("&", "") == "Pause", qtbot)
    click(qtbot, panel, panel.stop_action)
    wait(lambda: not panel.is_running(), qtbot)
    assert "Stopped after iteration" in state(panel)
    model = panel._session.models.current
    assert model is not None
    assert model.saved.iteration > at + 2
    assert model.unsaved
    assert not panel.stop_action.isEnabled()
    assert not panel.pause_action.isEnabled()
    assert panel.start_action.isEnabled()
    ended = f"iteration {model.saved.iteration:,}, greedy"  # what it says of the watched photos is its own
    wait(lambda: panel.said.head.text().startswith(ended), qtbot)


def test_nothing_of_the_run_before_stands_beside_a_new_one(qtbot: QtBot, panel: TrainingPanel) -> None:
    panel.form.set_settings(QUICK)
    click(qtbot, panel, panel.start_action)
    wait(lambda: not panel.is_running(), qtbot)
    assert len(panel.plot.series) and said(panel, "number_loss") != "–"
    click(qtbot, panel, panel.start_action)
    assert panel.control.is_live, "at once, before the new run is prepared"
    assert not len(panel.plot.series) and said(panel, "number_loss") == "–"
    wait(lambda: not panel.is_running(), qtbot)


def test_a_single_step_can_begin_a_run(qtbot: QtBot, panel: TrainingPanel) -> None:
    panel.form.set_settings(ENDLESS)
    click(qtbot, panel, panel.step_action)
    wait(lambda: model_of(panel).saved.iteration == 1, qtbot)
    assert model_of(panel).origin is ModelOrigin.TRAINING
    wait(lambda: state(panel) == "Paused after iteration 1.", qtbot)


def test_the_keys_in_the_menu_work_in_the_panel(qtbot: QtBot, panel: TrainingPanel) -> None:
    panel.form.set_settings(ENDLESS)
    panel.activateWindow()
    panel.form.preset.setFocus()
    qtbot.keyClick(panel, Qt.Key.Key_F7)
    wait(lambda: state(panel) == "Paused after iteration 1.", qtbot)
    qtbot.keyClick(panel, Qt.Key.Key_F6)
    wait(lambda: state(panel).startswith("Training"), qtbot)
    qtbot.keyClick(panel, Qt.Key.Key_F8)
    wait(lambda: not panel.is_running(), qtbot)


def test_the_form_is_only_read_while_a_run_goes_on(qtbot: QtBot, panel: TrainingPanel) -> None:
    panel.form.set_settings(ENDLESS)
    click(qtbot, panel, panel.start_action)
    assert not panel.form.entry("hidden_dim").isEnabled()
    assert not panel.form.preset.isEnabled()
    panel.stop_action.trigger()
    wait(lambda: not panel.is_running(), qtbot)
    assert panel.form.entry("hidden_dim").isEnabled()


def test_the_clock_ticks_only_while_a_run_is_live(qtbot: QtBot, panel: TrainingPanel) -> None:
    ticks: list[None] = []
    panel.control.ticked.connect(lambda: ticks.append(None))
    pause_for(qtbot, 0.15)
    assert not ticks
    panel.form.set_settings(QUICK)
    click(qtbot, panel, panel.start_action)
    wait(lambda: not panel.is_running(), qtbot)
    count = len(ticks)
    assert count > 0
    pause_for(qtbot, 0.15)
    assert len(ticks) == count


def test_a_run_that_diverges_says_so_and_what_is_kept(qtbot: QtBot, panel: TrainingPanel) -> None:
    panel.form.set_settings(replace(ENDLESS, update_rule="sgd", learning_rate=1e30))
    click(qtbot, panel, panel.start_action)
    wait(lambda: not panel.is_running(), qtbot)
    assert "Failed. The loss became NaN at iteration 2" in state(panel)
    assert "learning rate (1e+30)" in state(panel)
    model = panel._session.models.current
    assert model is not None
    assert model.origin is ModelOrigin.UNTRAINED
    assert not model.unsaved
    assert not panel._session.models.trained_photos("train")
    assert all(np.isfinite(values).all() for values in model.model.params.values())


def test_a_run_that_diverges_late_leaves_its_last_good_model(
    qtbot: QtBot, panel: TrainingPanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = CaptioningSolver.step

    def spoiled(solver: CaptioningSolver[CaptioningRNN]) -> float:
        loss = step(solver)
        return float("nan") if solver.iteration == 60 else loss

    monkeypatch.setattr(CaptioningSolver, "step", spoiled)
    panel.form.set_settings(ENDLESS)
    click(qtbot, panel, panel.start_action)
    wait(lambda: not panel.is_running(), qtbot)
    assert "The model of iteration 50 is kept." in state(panel)
    model = panel._session.models.current
    assert model is not None
    assert (model.origin, model.saved.iteration, model.unsaved) == (ModelOrigin.TRAINED, 50, True)
    assert len(model.saved.loss_history) == 50


def test_stopping_and_waiting_hands_the_model_over_before_it_returns(
    qtbot: QtBot, panel: TrainingPanel
) -> None:
    panel.form.set_settings(ENDLESS)
    click(qtbot, panel, panel.start_action)
    wait(lambda: panel.control.run is not None and len(panel.control.run.history) > 3, qtbot)
    assert panel.stop_and_wait(20)
    assert not panel.is_running()
    assert panel._session.models.has_unsaved
    assert panel._session.models.current is not None
    assert panel._session.models.current.origin is ModelOrigin.TRAINED
    assert panel.stop_and_wait(0)  # nothing runs any more


def test_stopping_a_step_that_takes_too_long_says_that_it_has_not_ended(
    qtbot: QtBot, panel: TrainingPanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    stepping, go_on, step = threading.Event(), threading.Event(), CaptioningSolver.step

    def slow(solver: CaptioningSolver[CaptioningRNN]) -> float:
        stepping.set()
        go_on.wait(20)
        return step(solver)

    monkeypatch.setattr(CaptioningSolver, "step", slow)
    panel.form.set_settings(ENDLESS)
    click(qtbot, panel, panel.start_action)
    wait(stepping.is_set, qtbot)
    assert not panel.stop_and_wait(0.05)
    assert panel.is_running()
    go_on.set()
    wait(lambda: not panel.is_running(), qtbot)


def test_the_window_is_asked_before_a_run_takes_a_models_place(qtbot: QtBot, panel: TrainingPanel) -> None:
    asked: list[None] = []
    panel.ask_before_start(lambda: bool(asked.append(None)))
    panel.form.set_settings(QUICK)
    click(qtbot, panel, panel.start_action)
    assert len(asked) == 1
    assert not panel.is_running()
    assert state(panel) == "Ready to train."


@pytest.mark.parametrize("in_characters", [False, True])
def test_other_data_ends_the_run_that_trains_on_the_old(
    qtbot: QtBot, panel: TrainingPanel, tmp_path: Path, in_characters: bool
) -> None:
    panel.form.set_settings(ENDLESS)
    click(qtbot, panel, panel.start_action)
    wait(lambda: bool(len(panel.watched.watched)), qtbot)
    run = panel.control.run
    assert run is not None
    session, folder = panel._session, write_coco_folder(tmp_path / "other")
    session.data.open_folder(folder, in_characters=in_characters)
    wait(lambda: session.data.dataset is not None and session.data.dataset.folder == folder, qtbot)
    wait(lambda: not panel.is_running(), qtbot)
    assert run.state is RunState.STOPPED
    assert session.data.dataset is not None and fits(model_of(panel).saved, session.data.dataset) is None
    assert state(panel) == "Ready to train."
    assert said(panel, "number_iteration") == "–"
    assert len(panel.plot.series) == 0


def test_the_speed_is_said_only_while_the_run_goes_on(qtbot: QtBot, panel: TrainingPanel) -> None:
    panel.form.set_settings(ENDLESS)
    click(qtbot, panel, panel.start_action)
    wait(lambda: said(panel, "number_steps_a_s") != "–", qtbot)
    click(qtbot, panel, panel.pause_action)
    wait(lambda: state(panel).startswith("Paused"), qtbot)
    assert said(panel, "number_steps_a_s") == "–"


def test_a_stop_says_at_once_that_it_was_heard(
    qtbot: QtBot, panel: TrainingPanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    stepping, go_on, step = threading.Event(), threading.Event(), CaptioningSolver.step

    def slow(solver: CaptioningSolver[CaptioningRNN]) -> float:
        stepping.set()
        go_on.wait(20)
        return step(solver)

    monkeypatch.setattr(CaptioningSolver, "step", slow)
    panel.form.set_settings(ENDLESS)
    click(qtbot, panel, panel.start_action)
    wait(stepping.is_set, qtbot)
    click(qtbot, panel, panel.stop_action)
    assert state(panel) == "Stopping after the step under way…"
    assert not panel.stop_action.isEnabled() and not panel.pause_action.isEnabled()
    go_on.set()
    wait(lambda: not panel.is_running(), qtbot)
    assert state(panel).startswith("Stopped after iteration")
    assert panel.start_action.isEnabled()


def test_more_iterations_than_a_c_int_holds_are_shown(qtbot: QtBot, panel: TrainingPanel) -> None:
    panel.form.set_settings(ENDLESS)
    click(qtbot, panel, panel.step_action)
    wait(lambda: state(panel) == "Paused after iteration 1.", qtbot)
    run = panel.control.run
    assert run is not None
    done = replace(run.progress(), iteration=3 << 31, num_iterations=4 << 31)
    run.progress = lambda: done  # type: ignore[method-assign]
    panel._ticked()
    panel._show_numbers()
    assert said(panel, "number_iteration") == "6,442,450,944 / 8,589,934,592"
    bar = panel.findChild(QProgressBar)
    assert bar is not None and bar.value() == 0.75 * bar.maximum()


def test_an_error_while_a_run_is_handed_over_leaves_the_panel_usable(
    qtbot: QtBot, panel: TrainingPanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    problems: list[str] = []
    panel._session.problem.connect(problems.append)
    panel.form.set_settings(ENDLESS)
    click(qtbot, panel, panel.step_action)
    wait(lambda: state(panel) == "Paused after iteration 1.", qtbot)

    def fail(*_arguments: object) -> SavedModel:
        raise MemoryError

    monkeypatch.setattr(SavedModel, "of_run", fail)
    panel.stop_action.trigger()
    wait(lambda: not panel.is_running(), qtbot)
    assert panel.start_action.isEnabled() and panel.form.preset.isEnabled()
    assert panel._session.runs.run is None
    assert any("could not be taken over" in words for words in problems)


def test_a_run_whose_end_can_not_be_kept_says_so(
    qtbot: QtBot, panel: TrainingPanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep, is_told = ShelfKeeper.__call__, threading.Event()

    def full_at_last(keeper: ShelfKeeper, record: RunRecord) -> None:
        if record.outcome == "finished":
            is_told.wait(10)  # a disk is slower than the window
            raise ShelfError("The disk is full.")
        keep(keeper, record)

    monkeypatch.setattr(ShelfKeeper, "__call__", full_at_last)
    problems: list[str] = []
    panel._session.problem.connect(problems.append)
    panel.form.set_settings(QUICK)
    click(qtbot, panel, panel.start_action)
    wait(lambda: not panel.is_running(), qtbot)
    is_told.set()
    wait(lambda: problems == ["The disk is full."], qtbot)


# ---- what is watched and handed on -----------------------------------------------------------------


def test_watched_photos_are_described_as_the_network_learns(qtbot: QtBot, panel: TrainingPanel) -> None:
    session = panel._session
    dataset = session.data.dataset
    assert dataset is not None
    session.selection.select(dataset.split("val").record(1))
    panel.form.set_settings(QUICK)
    click(qtbot, panel, panel.start_action)
    wait(lambda: not panel.is_running(), qtbot)
    watched = panel.watched.watched
    assert [photo.record.split for photo in watched] == ["val", "train", "train", "train", "val"]
    assert [photo.trained_on for photo in watched] == [False, True, True, True, False]
    model = session.models.current
    assert model is not None
    for row, photo in enumerate(watched):
        features = dataset.split(photo.record.split).features.rows(np.array([photo.record.row]))
        caption = caption_text(model.model.sample(features)[0], dataset.vocabulary)
        assert panel.watched.cells.cards[row].text == (caption or "(no words)")
        assert ", iteration 40\n" in panel.watched.cells.cards[row].tip
    assert panel.said.head.text().startswith("iteration 40, greedy")
    for photo in watched[1:4]:
        texts = [
            caption_text(dataset.split("train").captions[row], dataset.vocabulary)
            for row in photo.record.caption_rows
            if row in model.saved.caption_rows
        ]
        assert texts == [photo.truth]


def test_a_photo_selected_during_a_run_is_watched_from_then_on(qtbot: QtBot, panel: TrainingPanel) -> None:
    session = panel._session
    assert session.data.dataset is not None
    panel.form.set_settings(ENDLESS)
    click(qtbot, panel, panel.step_action)
    wait(lambda: len(panel.watched.watched) == 5, qtbot)
    chosen = session.data.dataset.split("val").record(5)
    session.selection.select(chosen)
    assert len(panel.watched.watched) == 5  # it takes the place of another of val
    assert panel.watched.watched[0].record == chosen
    wait(lambda: panel.watched.cells.cards[0].text != "…", qtbot)


def test_a_click_on_a_watched_photo_selects_it_everywhere(qtbot: QtBot, panel: TrainingPanel) -> None:
    panel.form.set_settings(ENDLESS)
    click(qtbot, panel, panel.step_action)
    wait(lambda: len(panel.watched.watched) == 5, qtbot)
    place = panel.watched.visualRect(panel.watched.cells.index(1)).center()
    wanted = panel.watched.watched[1].record
    qtbot.mouseClick(panel.watched.viewport(), LEFT, pos=place)
    assert panel._session.selection.record == wanted


def test_snapshots_that_are_asked_for_become_the_sessions_model(qtbot: QtBot, panel: TrainingPanel) -> None:
    session = panel._session
    panel.form.set_settings(ENDLESS)
    click(qtbot, panel, panel.start_action)
    wait(lambda: session.runs.run is not None and bool(session.runs.run.progress().iteration), qtbot)
    assert session.runs.run is not None
    for _ in range(3):
        before = session.models.current
        session.runs.run.request_snapshot()
        wait(lambda before=before: session.models.current is not before, qtbot)
        assert session.models.current is not None
        assert session.models.current.origin is ModelOrigin.TRAINING
    assert "in training, iteration" in session.models.current.words


def test_a_model_in_training_is_one_that_closing_would_lose(qtbot: QtBot, panel: TrainingPanel) -> None:
    panel.form.set_settings(ENDLESS)
    click(qtbot, panel, panel.step_action)
    wait(lambda: model_of(panel).saved.iteration == 1, qtbot)
    assert model_of(panel).origin is ModelOrigin.TRAINING
    assert panel._session.models.has_unsaved


def test_a_run_that_still_ends_watches_no_photo_of_other_data(
    qtbot: QtBot, panel: TrainingPanel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = panel._session
    panel.form.set_settings(ENDLESS)
    click(qtbot, panel, panel.step_action)
    wait(lambda: state(panel) == "Paused after iteration 1.", qtbot)
    run = panel.control.run
    assert run is not None
    asked: list[object] = []
    monkeypatch.setattr(run, "watch", asked.append)
    monkeypatch.setattr(panel.control, "stop_and_wait", lambda _seconds: False)  # its step takes too long
    open_data(qtbot, session, write_coco_folder(tmp_path / "other"))
    assert panel.is_running() and session.data.dataset is not None
    session.selection.select(session.data.dataset.split("val").record(1))
    assert not asked
    monkeypatch.undo()


def test_the_photos_trained_on_are_known_as_soon_as_the_run_is_prepared(
    qtbot: QtBot, panel: TrainingPanel
) -> None:
    panel.form.set_settings(ENDLESS)
    click(qtbot, panel, panel.step_action)
    wait(lambda: len(panel._session.models.trained_photos("train")) == 20, qtbot)
    assert panel.control.run is not None
    assert panel._session.models.trained_photos("train") == frozenset(panel.control.run.image_rows.tolist())


def test_an_opened_model_shows_its_losses_and_settings(
    qtbot: QtBot, panel: TrainingPanel, tmp_path: Path
) -> None:
    session = panel._session
    own = replace(QUICK, learning_rate=2e-3)
    panel.form.set_settings(own)
    click(qtbot, panel, panel.start_action)
    wait(lambda: not panel.is_running(), qtbot)
    assert session.models.current is not None
    save_model(tmp_path / "model.npz", session.models.current.saved)
    loss = said(panel, "number_loss")
    panel.form.set_settings(TrainingSettings())
    session.models.open(tmp_path / "model.npz")
    wait(
        lambda: session.models.current is not None and session.models.current.origin is ModelOrigin.SAVED,
        qtbot,
    )
    assert state(panel) == "Loss of the opened model, 40 iterations."
    assert panel.form.settings() == own
    assert not panel._head.what.text().startswith("Next: ")
    panel.form.set_settings(replace(own, hidden_dim=7))
    assert panel._head.what.text().startswith("Next: Own settings: RNN 7,"), "the opened model has no 7"
    assert said(panel, "number_loss") == loss
    assert len(panel.plot.series) == 40
    dataset = session.data.dataset
    assert dataset is not None
    guesses = {
        "blind guess": blind_guess_nats(len(dataset.vocabulary)),
        "unigram guess": unigram_nats(dataset),
    }
    wait(lambda: panel.plot._guesses == guesses, qtbot)


def test_a_narrow_panel_puts_the_form_above_the_loss(qtbot: QtBot, panel: TrainingPanel) -> None:
    wide = panel.form.mapTo(panel, QPoint(0, 0)), panel.plot.mapTo(panel, QPoint(0, 0))
    assert wide[0].x() < wide[1].x()
    panel.resize(panel.minimumSizeHint().width(), 900)
    wait(lambda: panel.plot.mapTo(panel, QPoint(0, 0)).y() > 200, qtbot)
    assert panel.plot.mapTo(panel, QPoint(0, 0)).x() < 40


def test_the_untrained_network_is_of_the_cell_and_sizes_that_the_form_shows(
    qtbot: QtBot, panel: TrainingPanel
) -> None:
    preset = PRESETS["LSTM overfit: 50 captions"]
    panel.form.set_settings(replace(preset, hidden_dim=20, wordvec_dim=12))
    wait(lambda: model_of(panel).model.cell_type == "lstm", qtbot)
    assert model_of(panel).words == "untrained LSTM"
    assert model_of(panel).model.params["W_proj"].shape[1] == 20
    panel.form.set_settings(QUICK)
    click(qtbot, panel, panel.start_action)
    wait(lambda: not panel.is_running(), qtbot)
    trained = model_of(panel)
    panel.form.set_settings(preset)
    pause_for(qtbot, 0.4)
    assert model_of(panel) is trained


def test_both_captions_of_a_watched_photo_can_be_read_in_its_tooltip(
    qtbot: QtBot, panel: TrainingPanel
) -> None:
    panel.form.set_settings(ENDLESS)
    click(qtbot, panel, panel.step_action)
    wait(lambda: len(panel.watched.watched) == 5 and panel.watched.cells.cards[0].text != "…", qtbot)
    photo = panel.watched.watched[0]
    panel.watched.show_captions({photo.record.key: "a <UNK> of the & that"})
    shown = str(panel.watched.cells.index(0).data(Qt.ItemDataRole.ToolTipRole))
    tip = html.unescape(shown)
    assert "a <UNK> of the & that" in tip
    assert f"Ground truth: {photo.truth}" in tip and "trained on" in tip
    assert "<UNK>" not in shown  # or Qt would take it for a tag


def test_settings_that_few_runs_need_are_folded_away_until_they_are_asked_for_or_set(
    qtbot: QtBot, coco_folder: Path
) -> None:
    with training_panel(qtbot, coco_folder, plots=False) as panel:
        form = panel.form
        assert not form.entry("wh_scale").isVisible() and form.entry("seed").isVisible()
        form.more_button.click()
        assert form.entry("wh_scale").isVisible()
        form.more_button.click()
        assert not form.entry("forget_bias").isVisible()
        form.set_settings(replace(QUICK, forget_bias=-1.5))
        assert form.entry("forget_bias").isVisible()
        assert form.settings().forget_bias == -1.5
        wait(
            lambda: (
                panel._session.models.current is not None
                and panel._session.models.current.saved.settings.forget_bias == -1.5
            ),
            qtbot,
        )  # the untrained network that Sampling shows is one of these settings
        model = panel._session.models.current
        assert model is not None and model.model.cell_type == "rnn"


def test_a_folded_setting_that_stands_in_the_way_is_unfolded(qtbot: QtBot, coco_folder: Path) -> None:
    with training_panel(qtbot, coco_folder, plots=False) as panel:
        panel.form.set_settings(QUICK)
        entry = panel.form.entry("wh_scale")
        assert isinstance(entry, QLineEdit) and not entry.isVisible()
        entry.setText("0")
        assert entry.isVisible()
        assert "above 0" in panel.form.findChild(QLabel, "problem_wh_scale").text()
