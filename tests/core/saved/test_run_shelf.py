"""The shelf of runs: all are kept, limits hold, and no trouble with one costs another."""

import contextlib
import json
import math
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from unittest.mock import Mock

import filelock
import pytest

from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.file_lock import held_alone
from captionviewer.core.saved import run_file, run_shelf
from captionviewer.core.saved.run_file import RunFileError, save_run
from captionviewer.core.saved.run_shelf import MODELS_KEPT, RunShelf, ShelfError, ShelfKeeper
from captionviewer.core.training.run_names import differing_settings, equal_settings, run_names
from captionviewer.core.training.run_record import RunRecord
from captionviewer.core.training.run_scores import RunScores
from captionviewer.core.training.settings import TrainingSettings
from tests.core.saved.run_cases import SMALL, record_of


@pytest.fixture(scope="module")
def record(dataset: CocoDataset) -> RunRecord:
    return record_of(SMALL, dataset)


@pytest.fixture
def shelf(tmp_path: Path) -> RunShelf:
    return RunShelf(tmp_path / "runs")


@contextlib.contextmanager
def unwritable(folder: Path) -> Iterator[None]:
    """A file stands where a folder should be: that holds for root, too, who may write to a read-only one."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    if folder.exists():
        shutil.rmtree(folder)
    folder.write_bytes(b"")
    yield
    folder.unlink()


def test_a_run_is_listed_with_what_it_was(shelf: RunShelf, record: RunRecord) -> None:
    key = shelf.add(record)
    (run,) = shelf.runs()
    assert (run.key, run.settings, run.outcome, run.iteration) == (key, SMALL, "finished", 16)
    assert run.has_model and run.can_continue and not run.live and not run.problem
    assert run.best_val == pytest.approx(min(point.val for point in record.validation))
    assert run.num_bytes == (shelf.folder / key / "run.npz").stat().st_size
    assert shelf.open(key).model is not None


def test_a_run_that_was_killed_is_listed_with_what_it_had(shelf: RunShelf, record: RunRecord) -> None:
    place = shelf.begin()
    assert shelf.runs() == []  # nothing was kept yet
    place.keep(replace(record, outcome="running"))
    assert shelf.runs()[0].live and shelf.runs()[0].outcome == "running"
    with pytest.raises(ShelfError, match="Stop it first"):
        shelf.delete(place.key)
    with pytest.raises(ShelfError, match="another window"):
        shelf.go_on(place.key)
    place._lock.release()  # as the system does with what a killed process held
    (run,) = shelf.runs()
    assert (run.outcome, run.live, run.iteration) == ("killed", False, 16)
    again = shelf.go_on(run.key)
    again.keep(record)
    assert shelf.runs()[0].outcome == "finished"
    shelf.delete(run.key)
    assert shelf.runs() == [] and list(shelf.folder.iterdir()) == []


ANOTHER_WINDOW = """
import sys
from dataclasses import replace
from pathlib import Path
from unittest.mock import Mock
from captionviewer.core.saved.run_file import open_run
from captionviewer.core.saved.run_shelf import RunShelf

shelf, record = RunShelf(Path(sys.argv[1])), open_run(Path(sys.argv[2]))
place = shelf.begin()
place.keep(replace(record, outcome="running"))
print(place.key, flush=True)
for line in sys.stdin:
    place.keep(replace(record, outcome="running"))
    print(place.key, flush=True)
"""


def test_two_programs_share_a_shelf_and_neither_touches_what_the_other_writes(
    shelf: RunShelf, record: RunRecord, tmp_path: Path
) -> None:
    save_run(tmp_path / "run.npz", record)
    child = subprocess.Popen(
        [sys.executable, "-c", ANOTHER_WINDOW, str(shelf.folder), str(tmp_path / "run.npz")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with child:
        assert child.stdin is not None and child.stdout is not None
        theirs = child.stdout.readline().strip()
        place = shelf.begin()
        place.keep(replace(record, outcome="running"))
        live = {run.key: run.live for run in shelf.runs()}
        assert live == {theirs: True, place.key: True}
        with pytest.raises(ShelfError, match="another window"):
            shelf.go_on(theirs)
        with pytest.raises(ShelfError, match="Stop it first"):
            shelf.delete(theirs)
        RunShelf(shelf.folder, most_bytes=1).tidy()
        assert shelf.empty() == 0
        shelf.rename(theirs, "theirs")  # a label is no part of the run
        child.stdin.write("again\n")
        child.stdin.flush()
        assert child.stdout.readline().strip() == theirs  # it writes on
        place.keep(record)
        named = {run.key: (run.name, run.outcome, run.live) for run in shelf.runs()}
        assert named == {theirs: ("theirs", "running", True), place.key: ("", "finished", False)}
        child.kill()
    killed = next(run for run in shelf.runs() if run.key == theirs)
    assert (killed.outcome, killed.live, killed.can_continue) == ("killed", False, True)
    shelf.go_on(theirs).keep(record)
    assert {run.outcome for run in shelf.runs()} == {"finished"}


def test_names_and_pins_last_and_do_not_touch_the_run(shelf: RunShelf, record: RunRecord) -> None:
    key = shelf.add(record)
    before = (shelf.folder / key / "run.npz").read_bytes()
    shelf.rename(key, "  my \n first  ")
    shelf.pin(key, True)
    (run,) = RunShelf(shelf.folder).runs()
    assert (run.name, run.pinned) == ("my first", True)
    assert (shelf.folder / key / "run.npz").read_bytes() == before


def test_models_go_past_the_newest_ten_unless_they_are_pinned(shelf: RunShelf, record: RunRecord) -> None:
    keys = [shelf.add(record) for _ in range(MODELS_KEPT + 3)]
    oldest_first = sorted(keys)
    shelf.pin(oldest_first[0], True)
    shelf.tidy()
    has = {run.key: run.has_model for run in shelf.runs()}
    assert [has[key] for key in oldest_first[:4]] == [True, False, False, True]
    light = shelf.open(oldest_first[1])
    assert light.model is None and len(light.losses) == 16 and len(light.validation) == len(record.validation)


def test_the_oldest_go_past_the_size_limit_and_pinned_ones_stay(tmp_path: Path, record: RunRecord) -> None:
    shelf = RunShelf(tmp_path / "runs")
    keys = sorted(shelf.add(record) for _ in range(4))
    shelf.pin(keys[0], True)
    size = sum(path.stat().st_size for path in (shelf.folder / keys[1]).iterdir())
    RunShelf(shelf.folder, most_bytes=int(2.5 * size)).tidy()
    assert sorted(run.key for run in shelf.runs()) == [keys[0], keys[3]]
    assert shelf.empty() == 1 and [run.key for run in shelf.runs()] == [keys[0]]


@pytest.mark.parametrize("damage", [b"", b"{", b'{"settings": {"cell_type": "gru"}}', b"[1]", b"\xff" * 20])
def test_a_damaged_entry_is_named_and_hides_no_other(
    shelf: RunShelf, record: RunRecord, damage: bytes
) -> None:
    first, second = shelf.add(record), shelf.add(record)
    (shelf.folder / first / "summary.json").write_bytes(damage)
    (shelf.folder / first / "label.json").write_bytes(damage)
    found = {run.key: run for run in shelf.runs()}
    assert "damaged" in found[first].problem and not found[second].problem
    shelf.tidy()
    shelf.delete(first)
    assert [run.key for run in shelf.runs()] == [second]


@pytest.mark.parametrize("damage", ['{"other": NaN}', '{"name": "half a letter: \\ud800"}', '{"name": [1]}'])
def test_a_damaged_label_does_not_keep_a_run_from_a_name_and_a_pin(
    shelf: RunShelf, record: RunRecord, damage: str
) -> None:
    key = shelf.add(record)
    (shelf.folder / key / "label.json").write_text(damage)
    shelf.pin(key, True)
    shelf.rename(key, "a name")
    (run,) = shelf.runs()
    assert (run.name, run.pinned, run.problem) == ("a name", True, "")


def test_a_folder_that_can_not_be_written_to_is_a_message(shelf: RunShelf) -> None:
    with unwritable(shelf.folder):
        with pytest.raises(ShelfError, match="can't be kept in"):
            shelf.begin()
        assert shelf.runs() == []


def test_a_disk_without_locks_keeps_no_runs_and_says_so(
    shelf: RunShelf, record: RunRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = shelf.add(record)

    def no_locks(*_: object) -> None:
        raise NotImplementedError("FileSystem does not appear to support flock")

    monkeypatch.setattr(filelock.FileLock, "acquire", no_locks)
    with pytest.raises(ShelfError, match=r"can't be kept in .*: This disk can't hold a file"):
        shelf.begin()
    with pytest.raises(ShelfError, match="could not be deleted: This disk"):
        shelf.delete(key)
    assert shelf.open(key).model is not None
    with held_alone(shelf.folder / "other", ValueError()):
        pass  # what does not ask for one goes on


def test_a_full_disk_is_a_message_and_what_was_kept_before_stays(
    shelf: RunShelf, record: RunRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = shelf.begin()
    place.keep(replace(record, outcome="running", reason="first"))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(run_file, "write_archive", full)
    with pytest.raises(RunFileError, match="No space left"):
        place.keep(record)
    place.release()
    assert shelf.open(place.key).reason == "first"


def test_a_place_where_nothing_was_kept_is_given_back(shelf: RunShelf) -> None:
    place = shelf.begin()
    place.release()
    place.release()
    assert list(shelf.folder.iterdir()) == []


def test_what_does_not_belong_to_the_shelf_is_left_alone(shelf: RunShelf, record: RunRecord) -> None:
    shelf.add(record)
    (shelf.folder / "notes.txt").write_text("mine")
    (shelf.folder / "other").mkdir()
    shelf.empty()
    with pytest.raises(ShelfError):
        shelf.delete("../runs")
    assert sorted(path.name for path in shelf.folder.iterdir()) == ["notes.txt", "other"]


def test_exactly_the_settings_that_differ_are_named() -> None:
    base = TrainingSettings()
    runs = [base, replace(base, learning_rate=1e-3, clip_norm=5.0), replace(base, cell_type="lstm")]
    assert [found.name for found in differing_settings(runs)] == ["cell_type", "learning_rate", "clip_norm"]
    assert differing_settings(runs)[2].values == (None, 5.0, None)
    assert len(equal_settings(runs)) == len(fields(base)) - 3
    assert run_names(runs) == ["RNN, lr 0.005, clip off", "RNN, lr 0.001, clip 5", "LSTM, lr 0.005, clip off"]
    assert differing_settings([base, base]) == () and run_names([base]) == ["RNN"]
    few, all_of_them = replace(base, num_captions=5_000), replace(base, num_captions=None)
    assert run_names([few, all_of_them]) == ["RNN, captions 5,000", "RNN, captions all"]
    nearly = replace(base, learning_rate=0.1 + 0.2)
    assert [s.name for s in differing_settings([nearly, replace(base, learning_rate=0.3)])] == [
        "learning_rate"
    ]


def test_scores_are_kept_with_a_run_that_goes_on_and_with_one_that_has_ended(
    shelf: RunShelf, record: RunRecord
) -> None:
    scores = RunScores(16, "4 photos of val", {"cider_d": 1.25}, {})
    keeper = ShelfKeeper(shelf)
    keeper(replace(record, outcome="running"))
    keeper.keep_scores(scores)
    assert shelf.runs()[0].cider is None
    keeper(replace(record, outcome="running"))
    assert shelf.runs()[0].cider == 1.25
    keeper(record)
    better = replace(scores, values={"cider_d": 1.5})
    keeper.keep_scores(better)
    (run,) = shelf.runs()
    assert run.cider == 1.5 and run.outcome == "finished" and run.has_model and run.can_continue
    assert shelf.open(run.key).scores == better
    assert keeper.last is not None and keeper.last.scores == better


def test_a_run_that_is_left_holds_its_record_until_it_is_written_and_still_takes_scores(
    shelf: RunShelf, record: RunRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper = ShelfKeeper(shelf)
    keeper(replace(record, outcome="running"))
    keeper.leave()
    assert keeper.last is not None  # its end is still to come
    with monkeypatch.context() as full:
        full.setattr(run_shelf, "save_run", Mock(side_effect=OSError(28, "No space left on device")))
        with pytest.raises(OSError):
            keeper(record)
    assert keeper.last is record and keeper.failed
    keeper(record)
    assert keeper.last is None
    scores = RunScores(16, "4 photos of val", {"cider_d": 1.25}, {})
    keeper.keep_scores(scores)
    assert keeper.last is None and keeper.key is not None and shelf.open(keeper.key).scores == scores
    other = ShelfKeeper(shelf)
    other(record)
    assert other.last is record
    other.leave()
    assert other.last is None


def test_scores_that_come_while_the_last_record_is_written_are_kept_after_it(
    shelf: RunShelf, record: RunRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    writing, may_go_on = threading.Event(), threading.Event()
    real = run_file.save_run

    def slow(path: Path, kept: RunRecord) -> None:
        writing.set()
        assert may_go_on.wait(20)
        real(path, kept)

    monkeypatch.setattr(run_shelf, "save_run", slow)
    keeper = ShelfKeeper(shelf)
    writer = threading.Thread(target=keeper, args=(record,))
    writer.start()
    assert writing.wait(20)
    scores = RunScores(16, "4 photos of val", {"cider_d": 1.25}, {})
    scored = threading.Thread(target=keeper.keep_scores, args=(scores,))
    scored.start()
    may_go_on.set()
    writer.join(20)
    scored.join(20)
    assert keeper.key is not None
    assert shelf.open(keeper.key).scores == scores


@pytest.mark.parametrize("name", ["best_val", "last_loss", "cider", "seconds", "started"])
@pytest.mark.parametrize("value", [10**400, math.inf, -math.inf, math.nan, "1.0", True, [1.0]])
def test_a_number_that_can_not_be_in_one_summary_is_named_and_hides_no_other_run(
    shelf: RunShelf, record: RunRecord, name: str, value: object
) -> None:
    key, other = shelf.add(record), shelf.add(record)
    summary = shelf.folder / key / "summary.json"
    told = json.loads(summary.read_text())
    summary.write_text(json.dumps({**told, name: value}))
    found = {run.key: run for run in shelf.runs()}
    assert "damaged" in found[key].problem and not found[other].problem
    summary.write_text(json.dumps({**told, name: 2}))
    assert not any(run.problem for run in shelf.runs())
