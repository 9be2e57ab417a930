"""Ctrl+C, SIGTERM and SIGHUP close the window in good order: nothing is asked, nothing is lost."""

import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from captionviewer.core.coco.chosen_data import remember_data_folder
from captionviewer.core.user_folders import config_folder, data_folder
from captionviewer.ui import settings as remembered
from captionviewer.ui.application import ENDED_BY_SIGNAL
from captionviewer.ui.session.models import ModelOrigin, kept_models
from captionviewer.ui.settings import FILE_NAME, Settings
from captionviewer.ui.training.runs.runs_view import RunsView
from captionviewer.ui.window.closing import Closing
from captionviewer.ui.window.end_signals import EndSignals
from tests.coco_folder_writer import write_coco_folder
from tests.core.saved.run_cases import SMALL, record_of
from tests.ui.conftest import Launch
from tests.ui.window_driver import WindowDriver

SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


@pytest.fixture
def small_coco(tmp_path: Path) -> Path:
    """A folder that every start of the test opens: no storybook is unpacked meanwhile."""
    folder = write_coco_folder(tmp_path / "small_coco", photos=True)
    remember_data_folder(folder)
    return folder


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_wakes_an_idle_window(qtbot: QtBot, number: signal.Signals) -> None:
    before = signal.getsignal(number)
    signals = EndSignals()
    signals.install()
    try:
        sender = threading.Timer(0.1, os.kill, (os.getpid(), number))
        with qtbot.waitSignal(signals.received) as told:
            sender.start()
        sender.join()
        assert told.args == [number]
        assert signal.getsignal(number) is signal.SIG_DFL, "a second one ends the process at once"
    finally:
        signals.remove()
    assert signal.getsignal(number) is before


STARTING = """
import sys, threading
from PySide6.QtCore import QTimer
from captionviewer.ui import application
make = application.make_window
def noted(*arguments):
    window = make(*arguments)
    never = threading.Event()  # a thread on a dead disk
    window.session.workers.start("reading", lambda _cancelled: never.wait(), print, print)
    threading.Thread(target=never.wait).start()  # a library's, which Python would wait for at its end
    window.first_painted.connect(lambda: QTimer.singleShot(100, lambda: print("up", flush=True)))
    return window
application.make_window = noted
sys.exit(application.run())
"""


def test_a_terminated_process_keeps_its_settings_and_waits_for_no_thread_on_a_dead_disk(
    qtbot: QtBot,
) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", STARTING],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with child:
        assert child.stdout is not None and child.stdout.readline() == "up\n"
        child.send_signal(signal.SIGTERM)
        try:
            _out, errors = child.communicate(timeout=60)
        finally:
            child.kill()
    # and says by which signal it ended
    assert child.returncode == ENDED_BY_SIGNAL + signal.SIGTERM, errors
    assert len(Settings().get(remembered.PLACE)) == 4
    assert {path.name for path in config_folder().iterdir()} == {FILE_NAME}, "no note of a failed start"


LOGGING_OUT = STARTING.replace('print("up", flush=True)', "QTimer.singleShot(0, log_out)").replace(
    "application.make_window = noted",
    """
def log_out():
    from PySide6.QtWidgets import QApplication
    app = QApplication.instance()
    app.commitDataRequest.emit(None)
    from captionviewer.ui import settings
    print(settings.Settings().get(settings.PLACE) != [], flush=True)
application.make_window = noted
""",
)


def test_a_desktop_that_logs_out_finds_all_kept_when_it_goes_on_and_the_window_closed_unasked(
    qtbot: QtBot,
) -> None:
    child = subprocess.run(
        [sys.executable, "-c", LOGGING_OUT],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (child.returncode, child.stdout) == (0, "True\n"), child.stderr
    assert len(Settings().get(remembered.PLACE)) == 4


def trained(driver: WindowDriver) -> None:
    """Let the session have a model that is not saved."""
    session = driver.window.session
    driver.wait_for(lambda: session.selection.record is not None)
    model = session.models.current
    assert model is not None
    session.models.set(
        replace(model, saved=replace(model.saved, iteration=7), origin=ModelOrigin.TRAINED, unsaved=True)
    )


def test_an_unsaved_model_is_kept_without_a_question_and_offered_at_the_next_start(
    launch: Launch, small_coco: Path, tmp_path: Path
) -> None:
    with launch() as driver:
        trained(driver)
        driver.window.closing.end_without_questions()
        assert driver.window.closing.all_ended
    assert [path.parent for path in kept_models()] == [data_folder()]
    with launch() as driver:
        session = driver.window.session
        driver.window.tells.offer_kept_models()
        driver.wait_for(lambda: session.selection.record is not None)
        assert "not saved" in driver.text("notice_text"), "opening the data does not take it away"
        offers = {b.text(): b for b in driver.window.notices.findChildren(QPushButton)}
        driver.click(offers["Open It"])
        driver.wait_for(lambda: session.models.has_unsaved)
        model = session.models.current
        assert model is not None and model.saved.iteration == 7 and model.path is None
        assert kept_models(), "it is kept until it is saved"
        session.models.save(tmp_path / "mine.npz")
        driver.wait_for(lambda: not session.models.has_unsaved)
        assert kept_models() == []


def test_a_kept_model_is_deleted_when_asked_for(launch: Launch, small_coco: Path) -> None:
    with launch() as driver:
        trained(driver)
        driver.window.closing.end_without_questions()
    with launch() as driver:
        driver.window.tells.offer_kept_models()
        driver.wait_for(lambda: driver.window.session.selection.record is not None)
        offers = {b.text(): b for b in driver.window.notices.findChildren(QPushButton)}
        driver.click(offers["Delete It"])
        assert kept_models() == []
        assert not driver.window.notices.isVisible()


def test_the_model_of_a_kept_run_is_shown_in_place_of_an_unsaved_one_only_after_a_question(
    launch: Launch, small_coco: Path
) -> None:
    with launch() as driver:
        trained(driver)
        driver.window.closing.end_without_questions()
    with launch() as driver:
        window, session = driver.window, driver.window.session
        driver.wait_for(lambda: session.selection.record is not None)
        assert session.data.dataset is not None
        record = record_of(SMALL, session.data.dataset)
        key = session.runs.shelf.add(record)
        window.tells.offer_kept_models()
        offers = {b.text(): b for b in window.notices.findChildren(QPushButton)}
        driver.click(offers["Open It"])
        driver.wait_for(lambda: session.models.has_unsaved)
        rescued = session.models.current
        view = window.training_panel.run_area.views.open("Runs")
        assert isinstance(view, RunsView)
        driver.wait_for(lambda: key in {run.key for run in view.table.rows.runs})
        view.table.choose([key])
        said = driver.answer("Cancel")
        view.show_action.trigger()
        driver.wait_for(lambda: bool(said))
        assert "Showing another model loses it" in said[0]
        assert session.models.current is rescued and kept_models(), "its file is the only place where it is"
        driver.answer("Discard")
        view.show_action.trigger()
        driver.wait_for(lambda: session.models.current is not rescued)
        assert (
            session.models.current is not None and session.models.current.run_key == key and not kept_models()
        )


def test_two_ended_windows_keep_two_models(launch: Launch, small_coco: Path) -> None:
    for count in (1, 2):
        with launch() as driver:
            trained(driver)
            driver.window.closing.end_without_questions()
        assert len(kept_models()) == count


def test_kept_models_come_in_the_order_in_which_they_were_kept() -> None:
    data_folder().mkdir(parents=True, exist_ok=True)
    older, newer = data_folder() / "unsaved-model-2.npz", data_folder() / "unsaved-model.npz"
    for when, path in enumerate((older, newer)):
        path.touch()
        os.utime(path, (1_000_000 + when, 1_000_000 + when))
    assert kept_models() == [older, newer]


def test_settings_are_written_before_anything_that_may_take_long(qtbot: QtBot) -> None:
    done: list[str] = []
    said: Any = lambda words, answer=None: lambda *_: (done.append(words), answer)[1]  # noqa: E731
    session: Any = SimpleNamespace(
        settings=SimpleNamespace(save=said("settings", True)),
        models=SimpleNamespace(keep_unsaved=said("model")),
        shut_down=said("threads", True),
    )
    training: Any = SimpleNamespace(stop_and_wait=said("run", True))
    downloads: Any = SimpleNamespace(stop=said("download"))
    window = QWidget()
    qtbot.addWidget(window)
    closing = Closing(window, session, training, downloads, lambda: True, said("arrangement"))
    closing.end_without_questions()
    assert done == ["arrangement", "settings", "download", "run", "model", "threads"] and closing.all_ended


def test_a_step_that_does_not_end_in_time_keeps_the_window_and_says_so(qtbot: QtBot) -> None:
    told: list[str] = []
    runs = SimpleNamespace(beside=(), end_beside=lambda _seconds: True)
    session: Any = SimpleNamespace(runs=runs, problem=SimpleNamespace(emit=told.append))
    training: Any = SimpleNamespace(live_runs=lambda: (), stop_and_wait=lambda _seconds: False)
    downloads: Any = SimpleNamespace(may_close=lambda: True)
    window = QWidget()
    qtbot.addWidget(window)
    closing = Closing(window, session, training, downloads, lambda: True, lambda: None)
    assert not closing.may_close()
    assert told == ["The training step under way has not ended yet. Wait a moment and try again."]
