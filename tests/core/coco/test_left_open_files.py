"""HDF5 files whose writer never closed them: read where they are whole and nobody writes, else said so."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py
import numpy as np
import pytest

from captionviewer.core.coco.data_error import DataError
from captionviewer.core.coco.feature_file import FeatureFile
from captionviewer.core.coco.hdf5 import left_open

VALUES = np.arange(40 * 16, dtype=np.float32).reshape(40, 16)
WRITER = """
import h5py, numpy as np, sys
path, form, flushed, chunked = sys.argv[1:]
file = h5py.File(path, "w", libver=form)
values = np.arange(40 * 16, dtype=np.float32).reshape(40, 16)
file.create_dataset("features", data=values, chunks=(8, 16) if chunked == "True" else None)
if flushed == "True":
    file.flush()
print("written", flush=True)
sys.stdin.read()
"""
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="writers hold locks on POSIX only")


@contextmanager
def writer(path: Path, form: str, flushed: bool, chunked: bool = False) -> Iterator[subprocess.Popen[bytes]]:
    """A program that has written a file and not closed it; killed at the end."""
    command = [sys.executable, "-c", WRITER, str(path), form, str(flushed), str(chunked)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stdout.readline() == b"written\n"
        try:
            yield process
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()


@pytest.mark.parametrize("chunked", [False, True], ids=["plain", "in chunks"])
@pytest.mark.parametrize("form", ["earliest", "latest"])
def test_a_file_left_open_by_a_killed_writer_is_read_and_not_changed(
    form: str, chunked: bool, tmp_path: Path
) -> None:
    path = tmp_path / "features.h5"
    with writer(path, form, flushed=True, chunked=chunked):
        pass
    before = path.read_bytes()
    with FeatureFile(path) as features:
        np.testing.assert_array_equal(features.read_all(), VALUES)
        np.testing.assert_array_equal(features.rows(np.array([39, 3])), VALUES[[39, 3]])
    assert path.read_bytes() == before


@pytest.mark.parametrize(("form", "flushed"), [("earliest", False), ("latest", False), ("latest", True)])
def test_a_file_that_is_being_written_is_said_to_be_in_use(form: str, flushed: bool, tmp_path: Path) -> None:
    path = tmp_path / "features.h5"
    with writer(path, form, flushed), pytest.raises(DataError, match="in use: another program") as caught:
        FeatureFile(path)
    assert caught.value.path == path and "Close it there" in caught.value.remedy
    assert "Unpack" not in str(caught.value)


@pytest.mark.parametrize("form", ["earliest", "latest"])
def test_a_file_whose_writer_was_killed_too_early_is_said_to_be_unfinished(form: str, tmp_path: Path) -> None:
    path = tmp_path / "features.h5"
    with writer(path, form, flushed=False):
        pass
    with pytest.raises(DataError, match=r"wrote (into the file|it) ended without closing it") as caught:
        FeatureFile(path)
    assert "Write the file again" in caught.value.remedy


def test_a_file_left_open_and_cut_since_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "features.h5"
    with writer(path, "latest", flushed=True):
        pass
    os.truncate(path, path.stat().st_size - 100)
    with pytest.raises(DataError, match=r"ended without closing it\. .*(cut|truncated)"):
        FeatureFile(path)


@pytest.mark.parametrize("form", ["earliest", "latest"])
def test_a_closed_file_is_taken_as_it_is(form: str, tmp_path: Path) -> None:
    path = tmp_path / "features.h5"
    with h5py.File(path, "w", libver=form) as file:
        file["features"] = VALUES
    assert left_open.start_without_mark(path) == b""


def test_the_checksum_is_that_of_the_hdf5_library(tmp_path: Path) -> None:
    path = tmp_path / "features.h5"
    with h5py.File(path, "w", libver="latest") as file:
        file["features"] = VALUES
    start = path.read_bytes()[:48]
    assert left_open.checksum(start[:44]) == int.from_bytes(start[44:], "little")
    # from the comments of Bob Jenkins's lookup3.c
    assert left_open.checksum(b"") == 0xDEADBEEF
    assert left_open.checksum(b"Four score and seven years ago") == 0x17770551
