"""A pass over val: its progress, its end, and what a cancelled one still says."""

import threading
from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from captionviewer.ui.session.corpus_job import CorpusJob, Progress
from captionviewer.ui.session.session import Session
from captionviewer.ui.settings import Settings


@pytest.fixture
def session(qtbot: QtBot) -> Iterator[Session]:
    made = Session(Settings())
    yield made
    made.shut_down()
    made.deleteLater()


def failed(error: Exception) -> None:
    pytest.fail(f"the pass failed: {error}")


def test_a_pass_tells_its_progress_and_then_its_result(qtbot: QtBot, session: Session) -> None:
    job = CorpusJob(session, "reading", session)
    told: list[float] = []
    results: list[int | None] = []
    job.progressed.connect(told.append)

    def work(progress: Progress) -> int:
        assert progress(0.25) and progress(0.75)
        return 7

    job.start(work, results.append, failed)
    assert job.is_busy
    qtbot.waitUntil(lambda: bool(results))
    assert (told, results, job.is_busy) == ([0.0, 0.25, 0.75], [7], False)


def test_a_pass_in_place_of_another_hears_nothing_of_it(qtbot: QtBot, session: Session) -> None:
    job = CorpusJob(session, "reading", session)
    told: list[float] = []
    results: list[int | None] = []
    go_on, ended = threading.Event(), threading.Event()
    job.progressed.connect(told.append)

    def first(progress: Progress) -> int:
        assert go_on.wait(5)
        assert not progress(0.9)  # it is told to end
        ended.set()
        return 1

    def second(progress: Progress) -> int:
        assert ended.wait(5)
        progress(0.1)
        return 2

    job.start(first, results.append, failed)
    job.start(second, results.append, failed)
    go_on.set()
    qtbot.waitUntil(lambda: bool(results))
    assert results == [2]
    assert 0.9 not in told and told[-1] == 0.1


def test_what_a_pass_raises_is_told_once(qtbot: QtBot, session: Session) -> None:
    job = CorpusJob(session, "reading", session)
    errors: list[Exception] = []

    def work(_progress: Progress) -> int:
        raise ZeroDivisionError

    job.start(work, lambda _result: None, errors.append)
    qtbot.waitUntil(lambda: bool(errors))
    assert [type(error) for error in errors] == [ZeroDivisionError] and not job.is_busy
