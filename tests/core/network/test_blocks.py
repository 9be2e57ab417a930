"""Work on many rows in blocks, by two threads."""

import threading

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from captionviewer.core.network import library_threads
from captionviewer.core.network.blocks import in_blocks


@pytest.fixture(params=[1, 2])
def cores(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """As on a machine with one core, or with two."""
    count: int = request.param
    monkeypatch.setattr(library_threads, "cores", lambda: count)
    return count


@pytest.mark.parametrize(("count", "size"), [(0, 4), (3, 4), (8, 4), (1_001, 10)])
def test_every_row_is_worked_on_once(cores: int, count: int, size: int) -> None:
    times = np.zeros(count, dtype=int)

    def work(rows: slice) -> None:
        assert rows.stop - rows.start <= size
        times[rows] += 1

    with threadpool_limits(limits=2, user_api="blas"):
        assert in_blocks(count, size, work)
    assert (times == 1).all()


def test_a_stop_is_heeded_before_the_next_block_and_told(cores: int) -> None:
    done: list[slice] = []
    with threadpool_limits(limits=2, user_api="blas"):
        assert not in_blocks(1_000, 1, done.append, stop=lambda: len(done) >= 3)
    assert 3 <= len(done) <= 3 + cores


def test_progress_rises_and_is_told_in_the_callers_thread(cores: int) -> None:
    told: list[tuple[float, bool]] = []
    here = threading.current_thread()
    with threadpool_limits(limits=2, user_api="blas"):
        in_blocks(
            100,
            1,
            lambda _rows: None,
            progress=lambda share: told.append((share, threading.current_thread() is here)),
        )
    assert all(mine for _, mine in told)
    shares = [share for share, _ in told]
    assert shares == sorted(shares) and shares[-1] == 1.0


def test_what_the_work_raises_comes_to_the_caller(cores: int) -> None:
    def work(_rows: slice) -> None:
        raise MemoryError("in a block")

    with threadpool_limits(limits=2, user_api="blas"), pytest.raises(MemoryError, match="in a block"):
        in_blocks(10, 1, work)
