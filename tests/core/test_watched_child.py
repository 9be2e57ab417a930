"""The watch over damaged folders itself: what crashes, hangs or takes too much is reported as such."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.coco_folder_writer import write_coco_folder
from tests.damage.watched_child import WatchedChild


@pytest.fixture(scope="module")
def child() -> Iterator[WatchedChild]:
    """A child with little patience and room, so that the watch is tested quickly."""
    started = WatchedChild(seconds=0.3, memory=300 * 10**6)
    yield started
    started.end()


@pytest.fixture(scope="module")
def patient_child() -> Iterator[WatchedChild]:
    """A child with as little room that may take its time, as a busy machine takes its time to give memory."""
    started = WatchedChild(memory=300 * 10**6)
    yield started
    started.end()


@pytest.mark.parametrize("work", ["hang", "spin"])
def test_a_child_that_hangs_is_ended_and_the_next_one_works(work: str, child: WatchedChild) -> None:
    starts = child.starts
    assert child.ask("nothing").what == "done"
    assert child.ask(work).what == "hung"
    assert child.ask("nothing").what == "done"
    assert child.starts == max(starts, 1) + 1


def test_a_child_that_crashes_is_reported_with_its_signal(child: WatchedChild) -> None:
    outcome = child.ask("crash")
    assert outcome.what == "crashed"
    assert outcome.words == f"exit code {-signal.SIGSEGV}"
    assert child.ask("nothing").what == "done"


def test_a_child_that_asks_for_more_memory_than_it_may_is_reported(child: WatchedChild) -> None:
    assert child.ask("eat", 10**10).what == "took too much memory"


def test_memory_that_was_taken_and_given_back_is_counted_once(patient_child: WatchedChild) -> None:
    taken = patient_child.ask("eat", 150 * 10**6)
    assert taken.what == "done"
    assert 140 * 10**6 < taken.memory < 200 * 10**6
    assert patient_child.ask("nothing").memory < 10**6


def test_memory_over_the_bound_is_reported_though_the_system_gave_it(
    patient_child: WatchedChild, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert patient_child.ask("nothing").what == "done"
    monkeypatch.setattr(patient_child, "_memory", 50 * 10**6)
    assert patient_child.ask("eat", 100 * 10**6).what == "took too much memory"


def test_an_error_that_is_no_refusal_is_reported_as_raised(child: WatchedChild) -> None:
    outcome = child.ask("raise")
    assert (outcome.what, outcome.words) == ("raised", "KeyError: 'a mistake of the program'")


def test_a_refusal_tells_its_file_and_a_whole_folder_its_content(child: WatchedChild, tmp_path: Path) -> None:
    folder = write_coco_folder(tmp_path / "coco", photos=False)
    assert {"vocabulary", "train_features", "val_urls"} <= set(child.ask("read", folder).content)
    (folder / "val2014_urls.txt").unlink()
    outcome = child.ask("read", folder)
    assert (outcome.what, outcome.path) == ("refused", str(folder / "val2014_urls.txt"))
