"""The record of what was said as a model learned: its spacing, its thinning, and what is read from it."""

import numpy as np
import pytest

from captionviewer.core.training import caption_stops
from captionviewer.core.training.caption_stops import CaptionStops, RecordedCaptions


def said(*rows: list[int]) -> np.ndarray:
    longest = max(map(len, rows))
    return np.array([row + [0] * (longest - len(row)) for row in rows])


def record(*stops: list[int]) -> RecordedCaptions:
    """A record of one photo with these captions at iterations 0, 10, 20 …"""
    captions = said(*stops)[:, np.newaxis]
    return RecordedCaptions((("val", 3),), np.arange(len(stops)) * 10, captions, 0)


def test_stops_lie_at_powers_of_two_when_time_stands_still() -> None:
    stops = CaptionStops([("train", 0)], 4, 0)
    for iteration in range(300):
        if stops.is_due(iteration, 0.0):
            stops.add(iteration, 0.0, said([iteration + 1]))
    assert stops.recorded().iterations.tolist() == [0, 1, 2, 4, 8, 16, 32, 64, 128, 256]


def test_slow_training_gets_a_stop_each_half_second() -> None:
    stops = CaptionStops([("train", 0)], 4, 0)
    for iteration in range(1000, 1100):
        now = (iteration - 1000) * 0.125
        if stops.is_due(iteration, now):
            stops.add(iteration, now, said([1]))
    gaps = np.diff(stops.recorded().iterations)
    assert set(gaps[1:-1].tolist()) <= {4, 24, 20}  # half a second is four iterations; 1024 is a power of two


def test_a_full_record_is_thinned_evenly_and_keeps_its_first_and_its_newest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(caption_stops, "MOST_STOPS", 20)
    stops = CaptionStops([("train", 0)], 4, 0)
    for iteration in range(0, 4000):
        if stops.is_due(iteration, iteration * 1.0):
            stops.add(iteration, iteration * 1.0, said([iteration % 7 + 1]))
            found = stops.recorded()
            assert found.iterations[0] == 0 and found.iterations[-1] == iteration
            assert len(found) <= 20
    gaps = np.diff(found.iterations)[4:-1]
    assert gaps.max() <= 4 * gaps.min()


def test_a_newest_stop_that_was_not_due_gives_way_to_the_next() -> None:
    stops = CaptionStops([("train", 0)], 4, 0)
    stops.add(0, 0.0, said([1]))
    stops.add(5, 0.6, said([2]))
    stops.add(6, 0.7, said([3]))  # asked for out of turn, as at a pause
    assert stops.recorded().iterations.tolist() == [0, 5, 6]
    stops.add(7, 0.8, said([4]))
    assert stops.recorded().iterations.tolist() == [0, 5, 7]
    stops.add(8, 0.9, said([5]))
    assert stops.recorded().iterations.tolist() == [0, 5, 8]
    stops.add(8, 0.9, said([6]))
    assert stops.recorded().captions[-1].tolist() == [[6, 0, 0, 0]]


def test_no_more_photos_are_kept_than_the_bound_and_long_captions_are_cut() -> None:
    stops = CaptionStops([("train", row) for row in range(40)], 3, 0)
    stops.add(0, 0.0, np.ones((40, 9), dtype=np.int64))
    assert stops.recorded().captions.shape == (1, 24, 3)


def test_a_moment_of_the_run_shows_the_newest_stop_before_it() -> None:
    found = record([1], [2], [3])
    assert [found.stop_at(at) for at in (-5, 0, 9.9, 10, 10_000)] == [0, 0, 0, 1, 2]


def test_words_that_are_new_against_the_stop_before_are_marked() -> None:
    found = record([4, 5, 6], [4, 9, 5, 6], [9, 5, 6])
    assert found.changed(0, 0) == [False] * 3
    assert found.changed(1, 0) == [False, True, False, False]
    assert found.changed(2, 0) == [False] * 3


def test_a_word_has_settled_at_the_stop_since_which_it_was_always_said() -> None:
    found = record([7, 7, 7], [4, 5], [4, 6, 4], [4, 5, 4, 8])
    assert found.words(3, 0) == [4, 5, 4, 8]
    assert found.settled(0) == [1, 3, 2, 3]
