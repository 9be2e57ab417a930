import ast
import threading
from pathlib import Path
from weakref import ref

import pytest
import shiboken6
from PySide6.QtCore import QObject, Signal
from pytestqt.qtbot import QtBot

from captionviewer.ui.worker import Workers, send


def failed(error: Exception) -> None:
    pytest.fail(f"the job failed: {error}")


@pytest.fixture
def workers(qtbot: QtBot) -> Workers:
    return Workers()


def test_a_result_comes_back_in_the_thread_that_asked(qtbot: QtBot, workers: Workers) -> None:
    seen: list[tuple[str, bool]] = []

    def work(_cancelled: object) -> str:
        return threading.current_thread().name

    def done(name: str) -> None:
        seen.append((name, threading.current_thread() is threading.main_thread()))

    workers.start("counting", work, done, failed)
    assert workers.running() == ["counting"]
    qtbot.waitUntil(lambda: bool(seen))
    assert seen == [("captionviewer: counting", True)]
    assert workers.running() == []


def test_an_exception_in_the_work_is_handed_over_and_not_swallowed(qtbot: QtBot, workers: Workers) -> None:
    failures: list[Exception] = []

    def work(_cancelled: object) -> None:
        raise ZeroDivisionError("on purpose")

    workers.start("failing", work, lambda _none: pytest.fail("no result was made"), failures.append)
    qtbot.waitUntil(lambda: bool(failures))
    assert isinstance(failures[0], ZeroDivisionError)


def test_a_cancelled_job_never_calls_back(qtbot: QtBot, workers: Workers) -> None:
    go = threading.Event()
    calls: list[object] = []
    job = workers.start("late", lambda _cancelled: go.wait(5), calls.append, calls.append)
    job.cancel()
    go.set()
    qtbot.waitUntil(lambda: not workers.running())
    assert calls == []


class Large:
    """What a job reads, or makes."""


@pytest.mark.parametrize("cancelled", [False, True])
def test_a_job_that_has_ended_holds_neither_its_work_nor_its_result(
    qtbot: QtBot, workers: Workers, cancelled: bool
) -> None:
    read, made = Large(), Large()
    left = ref(read), ref(made)
    may_go_on = threading.Event()

    def work(_cancelled: object, read: Large = read, made: Large = made) -> Large:
        assert may_go_on.wait(5) and isinstance(read, Large)
        return made

    job = workers.start("large", work, lambda _made: None, failed)
    if cancelled:
        job.cancel()
    may_go_on.set()
    del work, read, made
    qtbot.waitUntil(lambda: not workers.running() and [one() for one in left] == [None, None])
    assert job.name == "large"  # whoever asked still holds it


class Asker(QObject):
    """Asks for work, and is told a number."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[int] = []

    def tell(self, number: int) -> None:
        """Note it."""
        self.told.append(number)


def test_who_asked_and_was_deleted_meanwhile_is_not_called_back(qtbot: QtBot, workers: Workers) -> None:
    gone, there = Asker(), Asker()
    hold = threading.Event()
    for asker in (gone, there):
        workers.start("counting", lambda _cancelled: int(hold.wait(5)), asker.tell, failed)
    shiboken6.delete(gone)
    hold.set()
    qtbot.waitUntil(lambda: not workers.running())
    assert (gone.told, there.told) == ([], [1])


def test_shutting_down_asks_the_work_to_end_and_says_whether_it_did(qtbot: QtBot, workers: Workers) -> None:
    def polite(cancelled: object) -> None:
        assert callable(cancelled)
        while not cancelled():
            threading.Event().wait(0.01)

    release = threading.Event()
    workers.start("polite", polite, lambda _none: None, failed)
    assert workers.shut_down(timeout=5)
    workers.start("stubborn", lambda _cancelled: release.wait(5), lambda _done: None, failed)
    assert not workers.shut_down(timeout=0.05)
    release.set()
    assert workers.shut_down(timeout=5)


def test_work_that_no_thread_could_be_made_for_is_none_to_wait_for(
    workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_more(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", no_more)
    with pytest.raises(RuntimeError):
        workers.start("too many", lambda _cancelled: None, lambda _none: None, failed)
    monkeypatch.undo()
    assert workers.running() == [] and workers.shut_down(timeout=1)


class Source(QObject):
    told = Signal(int)


def test_who_is_gone_is_told_nothing(qtbot: QtBot) -> None:
    source = Source()
    seen: list[int] = []
    source.told.connect(seen.append)
    send(source.told, 1)
    shiboken6.delete(source)
    send(source.told, 2)
    assert seen == [1]


def test_a_job_that_ends_after_the_window_is_gone_ends_without_a_fault(
    workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    faults: list[threading.ExceptHookArgs] = []
    monkeypatch.setattr(threading, "excepthook", faults.append)
    window_gone = threading.Event()
    workers.start("captions", lambda _cancelled: window_gone.wait(5), lambda _done: None, failed)
    thread = next(each for each in threading.enumerate() if each.name == "captionviewer: captions")
    assert not workers.shut_down(timeout=0)
    shiboken6.delete(workers)
    window_gone.set()
    thread.join(5)
    assert not thread.is_alive() and faults == []


def test_work_in_a_thread_tells_by_send_and_never_by_emit() -> None:
    """`emit` raises in a thread whose window is gone."""
    ui = Path(__file__).parents[2] / "captionviewer" / "ui"
    emits = [
        f"{path.relative_to(ui)}:{node.lineno}: {ast.unparse(node)}"
        for path in sorted(ui.rglob("*.py"))
        for work in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(work, ast.FunctionDef) and work.name == "work"
        for node in ast.walk(work)
        if isinstance(node, ast.Attribute) and node.attr == "emit"
    ]
    assert emits == []
