"""The program that reads packed HDF5 files: when it is started, what bounds it, what its death costs."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import h5py
import numpy as np
import pytest

from captionviewer.core import child_program
from captionviewer.core.coco.data_error import DataError
from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.coco.feature_file import FeatureFile
from captionviewer.core.coco.hdf5 import child as hdf5_child
from captionviewer.core.coco.hdf5 import process as hdf5_process
from tests.coco_folder_writer import write_coco_folder

VALUES = np.random.default_rng(11).standard_normal((40, 16)).astype(np.float32)
MIDDLE = np.array([20, 7, 39])


@pytest.fixture(autouse=True)
def reader(monkeypatch: pytest.MonkeyPatch) -> Iterator[hdf5_process._Reader]:
    """A reader of this test alone, whose program ends with it."""
    own = hdf5_process._Reader()
    monkeypatch.setattr(hdf5_process, "_reader", own)
    yield own
    own.end()


@pytest.fixture
def packed(tmp_path: Path) -> Path:
    return write_packed(tmp_path / "packed.h5", VALUES)


def write_packed(path: Path, values: np.ndarray) -> Path:
    with h5py.File(path, "w") as file:
        file.create_dataset("features", data=values, chunks=(8, 16), compression="gzip")
    return path


def killed(reader: hdf5_process._Reader) -> int:
    """Let the program die, as it may over another file; its number."""
    assert reader._program is not None
    process = reader._program._process
    process.send_signal(signal.SIGTERM)
    process.wait(10)
    return process.pid


def test_an_official_folder_needs_no_other_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a program was started")

    folder = write_coco_folder(tmp_path / "coco", photos=False)
    monkeypatch.setattr(subprocess, "Popen", refuse)
    with CocoDataset.open(folder) as dataset:
        dataset.split("train").features.scan()


def test_packed_files_share_one_program_that_ends_when_it_is_told_to(
    packed: Path, reader: hdf5_process._Reader
) -> None:
    with FeatureFile(packed) as one, FeatureFile(packed) as other:
        assert reader._program is not None
        process = reader._program._process
        np.testing.assert_array_equal(one.rows(MIDDLE), VALUES[MIDDLE])
        np.testing.assert_array_equal(other.read_all(), VALUES)
    assert process.poll() is None
    reader.end()
    assert process.poll() is not None


def test_the_program_ends_with_the_one_that_started_it(packed: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from captionviewer.core.coco.feature_file import FeatureFile; "
        "from captionviewer.core.coco.hdf5 import process; opened = FeatureFile(Path(sys.argv[1])); "
        "opened.close(); print(process._reader._program._process.pid)"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, str(packed)], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    with pytest.raises(ProcessLookupError):
        os.kill(int(done.stdout), 0)


def test_files_that_were_open_when_the_program_died_are_read_on(
    packed: Path, reader: hdf5_process._Reader
) -> None:
    with FeatureFile(packed) as features:
        features.rows(MIDDLE)
        first = killed(reader)
        with pytest.raises(DataError, match="crashed over it or came to no end") as caught:
            features.rows(MIDDLE)  # the one that it died over
        assert caught.value.path == packed
        np.testing.assert_array_equal(features.rows(MIDDLE), VALUES[MIDDLE])
        assert reader._program is not None and reader._program._process.pid != first


def test_a_file_that_waited_while_the_program_died_over_another_is_read(
    packed: Path, reader: hdf5_process._Reader
) -> None:
    with FeatureFile(packed) as features, ThreadPoolExecutor(1) as pool:
        assert reader._program is not None
        program = reader._program
        with reader._lock:  # as while another file is read
            waiting = pool.submit(features.rows, MIDDLE)
            while features._readers == 0:
                time.sleep(0.01)
            time.sleep(0.1)
            reader._forget(program)
        np.testing.assert_array_equal(waiting.result(10), VALUES[MIDDLE])


def test_an_answer_that_was_not_waited_for_is_not_taken_for_the_next(
    packed: Path, tmp_path: Path, reader: hdf5_process._Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = write_packed(tmp_path / "other.h5", VALUES + 1)

    def interrupted(_line: bytes) -> None:
        raise KeyboardInterrupt

    with FeatureFile(packed) as features, FeatureFile(other) as others:
        with monkeypatch.context() as patch:
            patch.setattr(json, "loads", interrupted)
            with pytest.raises(KeyboardInterrupt):
                features.rows(MIDDLE)
        np.testing.assert_array_equal(others.rows(MIDDLE), VALUES[MIDDLE] + 1)
        np.testing.assert_array_equal(features.rows(MIDDLE), VALUES[MIDDLE])


def test_a_file_replaced_before_it_is_opened_again_is_not_taken_for_the_old_one(
    packed: Path, tmp_path: Path, reader: hdf5_process._Reader
) -> None:
    other = write_packed(tmp_path / "other.h5", VALUES + 1)
    with FeatureFile(packed) as features:
        killed(reader)
        with pytest.raises(DataError):
            features.rows(MIDDLE)
        shutil.copystat(packed, other)
        other.replace(packed)
        with pytest.raises(DataError, match="was changed while it was open"):
            features.rows(MIDDLE)


@pytest.mark.skipif(not Path("/proc/self/limits").exists(), reason="limits as Linux shows them")
def test_the_programs_memory_is_bounded_by_the_system(packed: Path, reader: hdf5_process._Reader) -> None:
    with FeatureFile(packed):
        assert reader._program is not None
        limits = Path(f"/proc/{reader._program._process.pid}/limits").read_text()
    (line,) = [line for line in limits.splitlines() if line.startswith("Max address space")]
    assert hdf5_child.MEMORY_BYTES < int(line.split()[3]) < hdf5_child.MEMORY_BYTES + 10**9


@pytest.mark.parametrize("wall", [False, True], ids=["working", "waiting"])
def test_a_program_that_comes_to_no_end_is_ended(
    wall: bool, packed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "endless.py"
    program.write_text(
        f"import sys, time\nsys.path.append({str(hdf5_process.PROGRAM.parent)!r})\nimport child\n"
        f"child.{'WALL' if wall else 'CPU'}_SECONDS = 0.2\n"
        "def endless(*_):\n    while True:\n"
        f"        {'time.sleep(9)' if wall else 'pass'}\n"
        "child.Opened = endless\nchild.main()\n"
    )
    monkeypatch.setattr(hdf5_process, "PROGRAM", program)
    with pytest.raises(DataError, match="crashed over it or came to no end") as caught:
        FeatureFile(packed)
    assert caught.value.path == packed


def test_a_program_that_cannot_be_started_is_said_so(packed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(packed.with_name("python-that-is-gone")))
    with pytest.raises(DataError, match=r"can't be started \(No such file") as caught:
        FeatureFile(packed)
    assert caught.value.path == packed


@pytest.mark.parametrize("executable", ["", None, "/opt/modeller/modeller"])
def test_within_another_program_the_interpreter_beside_its_library_is_started(
    executable: str | None, packed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", executable)
    with FeatureFile(packed) as features:
        np.testing.assert_array_equal(features.rows(MIDDLE), VALUES[MIDDLE])


@pytest.mark.parametrize(
    ("executable", "host"), [(None, "another program"), ("/opt/modeller/modeller", "modeller")]
)
def test_where_no_interpreter_can_be_found_the_file_is_not_called_damaged(
    executable: str | None, host: str, packed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", executable)
    for prefix in ("exec_prefix", "base_exec_prefix"):
        monkeypatch.setattr(sys, prefix, str(packed.parent))
    with pytest.raises(DataError, match=f"can't be started from within {host}") as caught:
        FeatureFile(packed)
    assert "uncompressed" in caught.value.remedy and "damaged" not in str(caught.value)


@pytest.mark.skipif(os.name != "posix", reason="scripts start by their first line on POSIX")
@pytest.mark.parametrize("does", ["echo hello", "exit 1", "exec sleep 60"])
def test_another_program_under_the_name_of_python_is_noticed(
    does: str, packed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "python-of-a-host"
    other.write_text(f"#!/bin/sh\n{does}\n")
    other.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(other))
    monkeypatch.setattr(child_program, "START_SECONDS", 0.3)
    with pytest.raises(DataError, match=r"did not come up: .*python-of-a-host may be of another kind"):
        FeatureFile(packed)


def test_a_closed_array_is_closed_in_the_program_too(packed: Path) -> None:
    opened: dict[int, hdf5_child.Opened] = {}
    asked = {"id": 1, "path": str(packed), "key": "features", "rank": 2, "kinds": "f", "start": ""}
    assert "refused" not in hdf5_child.answer({"do": "open", **asked}, opened)[0]
    array = opened[1]
    assert hdf5_child.answer({"do": "close", "id": 1}, opened) == ({}, None)
    assert opened == {} and not array.file.id.valid
    assert "damaged" in hdf5_child.answer({"do": "read", "id": 1, "start": 0, "stop": 1}, opened)[0]


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="open files as Linux shows them")
def test_the_program_holds_no_file_that_was_closed(packed: Path, reader: hdf5_process._Reader) -> None:
    def held() -> int:
        assert reader._program is not None
        folder = Path(f"/proc/{reader._program._process.pid}/fd")
        return sum(str(link.readlink()).endswith(".h5") for link in folder.iterdir())

    one, other = FeatureFile(packed), FeatureFile(write_packed(packed.with_name("other.h5"), VALUES))
    assert held() == 2
    one.close()
    assert held() == 1
    other.close()
    assert held() == 0


def test_closing_waits_for_no_other_read(packed: Path, reader: hdf5_process._Reader) -> None:
    features, other = FeatureFile(packed), FeatureFile(packed)
    with reader._lock:  # as while another thread reads
        features.close()
    assert len(reader._unwanted) == 1
    other.rows(MIDDLE)
    other.close()
    assert reader._unwanted == []


def test_nothing_in_the_folder_of_the_program_hides_a_module_of_python() -> None:
    # Started as a script, it would find captionviewer's modules first, were it not for -P.
    done = subprocess.run(
        [sys.executable, "-P", str(hdf5_process.PROGRAM)], input=b"", capture_output=True, check=True
    )
    assert (done.stdout, done.stderr) == (b'{"ready": true}\n', b"")
