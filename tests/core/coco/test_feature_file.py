import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from captionviewer.core.coco import feature_file
from captionviewer.core.coco.data_error import DataError
from captionviewer.core.coco.feature_file import FeatureFile
from captionviewer.core.coco.hdf5.files import find_array

ROWS, WIDTH = 57, 33
VALUES = np.random.default_rng(3).standard_normal((ROWS, WIDTH))

STORAGES: dict[str, dict[str, Any]] = {
    "as official": {"dtype": "<f4"},
    "big-endian": {"dtype": ">f4"},
    "doubles": {"dtype": "<f8"},
    "big-endian doubles": {"dtype": ">f8"},
    "halves": {"dtype": "<f2"},
    "chunked": {"dtype": "<f4", "chunks": (5, 7)},
    "compressed": {"dtype": "<f4", "chunks": (8, WIDTH), "compression": "gzip", "shuffle": True},
    "one big-endian chunk": {"dtype": ">f8", "chunks": (ROWS, WIDTH), "compression": "lzf"},
    "checked sums": {"dtype": "<f4", "chunks": (1, WIDTH), "fletcher32": True},
}


def write(
    path: Path, values: np.ndarray = VALUES, *, file: dict[str, Any] | None = None, **storage: Any
) -> Path:
    with h5py.File(path, "w", **(file or {})) as hdf5:
        hdf5.create_dataset("features", data=values.astype(storage.pop("dtype", "<f4")), **storage)
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write(tmp_path / "features.h5")


@pytest.fixture(params=[True, False], ids=["read by position", "seek and read"])
def way_of_reading(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param and not hasattr(os, "pread"):
        pytest.skip("this system has no reads by position")
    monkeypatch.setattr(feature_file, "READS_BY_POSITION", request.param)


@pytest.mark.usefixtures("way_of_reading")
@pytest.mark.parametrize("storage", STORAGES)
def test_rows_agree_with_h5py_however_they_are_stored(storage: str, tmp_path: Path) -> None:
    path = write(tmp_path / "features.h5", **STORAGES[storage])
    with h5py.File(path) as file:
        expected = file["features"][()].astype(np.float32)
    order = np.array([56, 0, 3, 3, 41, 2, 56, 55])
    with FeatureFile(path) as features:
        assert features.shape == (ROWS, WIDTH) and len(features) == ROWS
        for read, rows in (
            (features.rows(order), order),
            (features[order], order),
            (features.block(4, 31), slice(4, 31)),
            (features.read_all(), slice(None)),
            (features.rows(np.array([], dtype=int)), slice(0, 0)),
        ):
            assert read.dtype == features.dtype == np.float32 and read.dtype.isnative
            np.testing.assert_array_equal(read, expected[rows])


@pytest.mark.parametrize("file", [{"userblock_size": 1024}, {"libver": "latest"}, {"libver": "earliest"}])
def test_rows_are_found_in_files_of_other_versions(file: dict[str, Any], tmp_path: Path) -> None:
    with FeatureFile(write(tmp_path / "features.h5", file=file)) as features:
        np.testing.assert_array_equal(features.rows(np.array([ROWS - 1])), VALUES[-1:].astype("f4"))


def test_compact_rows_are_read_too(tmp_path: Path) -> None:
    settings = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    settings.set_layout(h5py.h5d.COMPACT)
    with h5py.File(tmp_path / "features.h5", "w") as file:
        space = h5py.h5s.create_simple(VALUES.shape)
        dataset = h5py.h5d.create(file.id, b"features", h5py.h5t.IEEE_F32LE, space, settings)
        dataset.write(h5py.h5s.ALL, h5py.h5s.ALL, VALUES.astype("f4"))
    with FeatureFile(tmp_path / "features.h5") as features:
        np.testing.assert_array_equal(features.read_all(), VALUES.astype("f4"))


def test_rows_of_an_unusual_number_format_are_converted(tmp_path: Path) -> None:
    odd = h5py.h5t.IEEE_F32LE.copy()
    odd.set_ebias(120)  # 127 in the standard: the plain bytes would be read as other numbers
    with h5py.File(tmp_path / "features.h5", "w") as file:
        dataset = h5py.h5d.create(file.id, b"features", odd, h5py.h5s.create_simple(VALUES.shape))
        dataset.write(h5py.h5s.ALL, h5py.h5s.ALL, VALUES.astype("f4"))
    with FeatureFile(tmp_path / "features.h5") as features:
        np.testing.assert_array_equal(features.read_all(), VALUES.astype("f4"))


def test_a_file_that_another_takes_the_place_of_while_it_is_opened_is_that_other(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when two programs unpack the storybook at once: each puts its files there by a rename."""
    other = write(tmp_path / "other.h5", VALUES + 1)
    find = find_array

    def find_then_replace(*arguments: Any) -> Any:
        found = find(*arguments)
        if other.exists():
            other.replace(path)
        return found

    monkeypatch.setattr(feature_file, "find_array", find_then_replace)
    with FeatureFile(path) as features:
        np.testing.assert_array_equal(features.read_all(), (VALUES + 1).astype("f4"))


@pytest.mark.skipif(not hasattr(os, "pread"), reason="this system has no reads by position")
def test_a_disk_that_gives_a_few_bytes_at_a_time_is_asked_again(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pread = os.pread
    with FeatureFile(path) as features:
        monkeypatch.setattr(os, "pread", lambda file, count, offset: pread(file, min(count, 50), offset))
        np.testing.assert_array_equal(features.read_all(), VALUES.astype("f4"))


def test_blocks_smaller_than_the_file_cover_every_row(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feature_file, "BLOCK_BYTES", 10 * WIDTH * 4)
    with FeatureFile(path) as features:
        np.testing.assert_array_equal(features.read_all(), VALUES.astype("f4"))


@pytest.mark.parametrize("storage", ["as official", "big-endian doubles", "compressed"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_value_that_is_no_number_is_found_with_its_row(storage: str, value: float, tmp_path: Path) -> None:
    values = VALUES.copy()
    values[44, 7] = value
    with FeatureFile(write(tmp_path / "features.h5", values, **STORAGES[storage])) as features:
        features.rows(np.array([43, 45]))
        for read in (
            lambda: features.rows(np.array([2, 44, 3])),
            lambda: features.block(40, 50),
            features.read_all,
            lambda: features.scan(lambda: False),
        ):
            with pytest.raises(
                DataError, match=r"Row 44 of 'features' holds a value that is not a number"
            ) as caught:
                read()
            assert caught.value.path == features.path


def test_a_double_too_large_for_float32_counts_as_infinite(tmp_path: Path) -> None:
    values = VALUES.copy()
    values[5, 0] = 1e300
    with (
        FeatureFile(write(tmp_path / "features.h5", values, dtype="f8")) as features,
        pytest.raises(DataError, match="Row 5"),
    ):
        features.rows(np.array([5]))


def test_a_scan_stops_when_it_is_told_to(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feature_file, "BLOCK_BYTES", WIDTH * 4)
    asked: list[int] = []
    read: list[int] = []
    with FeatureFile(path) as features:
        block = features.block
        monkeypatch.setattr(features, "block", lambda start, stop: read.append(start) or block(start, stop))
        features.scan(lambda: asked.append(1) or len(asked) > 3)
    assert read == [0, 1, 2]


@pytest.mark.parametrize("rows", [[ROWS], [-1], [0, 1, 2**40], [[0, 1]]])
def test_rows_that_do_not_exist_are_refused(rows: list[int], path: Path) -> None:
    with FeatureFile(path) as features, pytest.raises(IndexError):
        features.rows(np.array(rows))


@pytest.mark.parametrize("span", [(-1, 3), (5, 4), (0, ROWS + 1)])
def test_blocks_that_do_not_exist_are_refused(span: tuple[int, int], path: Path) -> None:
    with FeatureFile(path) as features, pytest.raises(IndexError):
        features.block(*span)


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def written_anew(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content)
    os.utime(path, ns=(1, 1))  # a clock of coarse ticks could give the old time


@pytest.mark.usefixtures("way_of_reading")
@pytest.mark.parametrize(("change", "said"), [(cut, "was cut while"), (written_anew, "was changed while")])
def test_a_file_that_changes_while_it_is_open_gives_a_message(
    change: Callable[[Path], None], said: str, path: Path
) -> None:
    with FeatureFile(path) as features:
        features.rows(np.array([ROWS - 1]))
        change(path)
        reads: list[Callable[[], object]] = [lambda: features.rows(np.array([ROWS - 1])), features.read_all]
        for read in reads:
            with pytest.raises(DataError, match=said) as caught:
                read()
            assert caught.value.path == path
            assert "Open the folder again" in str(caught.value)


def test_a_compressed_file_that_is_cut_while_it_is_open_gives_a_message(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).standard_normal((4000, 64))
    path = write(tmp_path / "features.h5", noise, chunks=(100, 64), compression="gzip")
    with FeatureFile(path) as features:
        os.truncate(path, 4096)
        with pytest.raises(DataError) as caught:
            features.rows(np.array([3999]))
        assert caught.value.path == path


def test_a_file_replaced_by_another_is_still_read_as_it_was(path: Path, tmp_path: Path) -> None:
    other = write(tmp_path / "other.h5", VALUES + 1)
    with FeatureFile(path) as features:
        other.replace(path)
        np.testing.assert_array_equal(features.read_all(), VALUES.astype("f4"))


def test_a_file_changed_while_it_is_being_opened_is_refused(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = find_array

    def find_then_change(*arguments: Any) -> Any:
        found = find(*arguments)
        written_anew(path)
        return found

    monkeypatch.setattr(feature_file, "find_array", find_then_change)
    with pytest.raises(DataError, match="was changed"):
        FeatureFile(path)


@pytest.mark.skipif(not hasattr(os, "pread"), reason="this system has no reads by position")
def test_an_unplugged_disk_gives_a_message(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unplugged(*_: object) -> bytes:
        raise OSError(5, "Input/output error")

    with FeatureFile(path) as features:
        monkeypatch.setattr(os, "pread", unplugged)
        with pytest.raises(DataError, match=r"can no longer be read \(Input/output error\)"):
            features.rows(np.array([0]))


@pytest.mark.parametrize("storage", ["as official", "compressed"])
def test_reading_after_closing_gives_a_message_and_closing_twice_none(storage: str, tmp_path: Path) -> None:
    features = FeatureFile(write(tmp_path / "features.h5", **STORAGES[storage]))
    features.close()
    features.close()
    with pytest.raises(DataError, match="was closed"):
        features.rows(np.array([0]))


@pytest.mark.usefixtures("way_of_reading")
@pytest.mark.parametrize("storage", ["as official", "compressed"])
def test_threads_reading_at_the_same_time_get_their_own_rows(storage: str, tmp_path: Path) -> None:
    expected = VALUES.astype("f4")

    def read(seed: int) -> bool:
        rng = np.random.default_rng(seed)
        picks = [rng.integers(ROWS, size=20) for _ in range(30)]
        return all(np.array_equal(features.rows(rows), expected[rows]) for rows in picks)

    with (
        FeatureFile(write(tmp_path / "features.h5", **STORAGES[storage])) as features,
        ThreadPoolExecutor(8) as threads,
    ):
        assert all(threads.map(read, range(16)))


@pytest.mark.skipif(not hasattr(os, "pread"), reason="this system has no reads by position")
def test_closing_waits_for_nobody_and_hurts_no_read_under_way(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside, go_on = threading.Event(), threading.Event()
    pread = os.pread

    def held_up(*arguments: int) -> bytes:
        inside.set()
        assert go_on.wait(10)
        return pread(*arguments)

    features = FeatureFile(path)
    monkeypatch.setattr(os, "pread", held_up)
    with ThreadPoolExecutor(1) as threads:
        reading = threads.submit(features.rows, np.array([7]))
        assert inside.wait(10)
        features.close()
        with pytest.raises(DataError, match="was closed"):
            features.rows(np.array([7]))
        go_on.set()
        np.testing.assert_array_equal(reading.result(10), VALUES[7:8].astype("f4"))
    with h5py.File(path, "r+"):  # nobody holds it any more
        pass


def test_a_shape_of_no_bytes_is_refused_by_name(path: Path) -> None:
    content = bytearray(path.read_bytes())
    place = content.index(b"\x01\x00\x28\x00\x00\x00\x00\x00\x01\x02")  # kind, length, flags; version, rank
    content[place + 2] = 0
    content[place + 8 : place + 16] = b"\x00\x00\x20\x00\x00\x00\x00\x00"  # padding, where the rest stood
    content[place - 14] += 1  # the number of such descriptions
    path.write_bytes(content)
    with pytest.raises(DataError, match="features"):
        FeatureFile(path)
