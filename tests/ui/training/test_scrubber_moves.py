"""The scrubber by itself: how it plays, stops and follows a record that grows, without a panel."""

from collections.abc import Callable

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from captionviewer.core.training.caption_stops import RecordedCaptions
from captionviewer.ui.training.scrubber import SPEEDS, Scrubber


def record(*iterations: int) -> RecordedCaptions:
    """One photo, of which one word is said at each stop."""
    captions = np.arange(len(iterations), dtype=np.int32).reshape(-1, 1, 1) + 1
    return RecordedCaptions((("train", 0),), np.array(iterations, dtype=np.int64), captions, 0)


class Source:
    def __init__(self, first: RecordedCaptions | None) -> None:
        self.record = first

    def __call__(self) -> RecordedCaptions | None:
        return self.record


@pytest.fixture
def source() -> Source:
    return Source(record(0, 10, 20, 40))


@pytest.fixture
def scrubber(qtbot: QtBot, source: Source) -> Scrubber:
    one = Scrubber()
    one.follow(source)
    return one


def test_a_greater_speed_waits_less_at_each_stop(scrubber: Scrubber) -> None:
    waits = []
    for speed in SPEEDS:
        scrubber.play(speed)
        waits.append(scrubber._timer.interval())
    assert waits[0] * SPEEDS[0] == pytest.approx(waits[1] * SPEEDS[1], rel=0.01) and waits[0] > waits[1]


def test_play_begins_anew_at_the_end_and_goes_on_from_elsewhere(scrubber: Scrubber) -> None:
    scrubber.last()
    scrubber.play(8)
    assert scrubber.stop == 0
    scrubber.pause()
    scrubber.go_to(20)
    scrubber.play(8)
    assert scrubber.stop == 2
    scrubber._play_on()
    assert scrubber.stop == 3 and not scrubber.speed, "it pauses at the end"


def test_who_steps_or_drags_takes_over_from_what_plays(scrubber: Scrubber) -> None:
    moves: list[Callable[[], None]] = [lambda: scrubber.step(1), lambda: scrubber.go_to(10), scrubber.leave]
    for move in moves:
        scrubber.play(2)
        move()
        assert scrubber.speed == 0 and not scrubber._timer.isActive()


def test_a_move_to_where_one_stands_is_told_to_nobody(qtbot: QtBot, scrubber: Scrubber) -> None:
    scrubber.go_to(10)
    with qtbot.assertNotEmitted(scrubber.moved):
        scrubber.go_to(12)
    with qtbot.waitSignal(scrubber.moved):
        scrubber.go_to(20)


def test_another_source_begins_with_what_is_said_now(qtbot: QtBot, scrubber: Scrubber) -> None:
    scrubber.go_to(10)
    scrubber.play(2)
    with qtbot.waitSignals([scrubber.moved, scrubber.playing_changed, scrubber.has_record_changed]):
        scrubber.follow(Source(None))
    assert scrubber.stop is None and not scrubber.speed and not scrubber.can_scrub


def test_a_record_without_a_stop_is_none(qtbot: QtBot, scrubber: Scrubber, source: Source) -> None:
    empty = RecordedCaptions((("train", 0),), np.empty(0, np.int64), np.empty((0, 1, 1), np.int32), 0)
    scrubber.follow(Source(empty))
    assert not scrubber.can_scrub
    scrubber.first()
    scrubber.play(2)
    assert scrubber.iteration is None and not scrubber.speed


def test_the_stop_follows_its_iteration_when_the_record_is_thinned(
    scrubber: Scrubber, source: Source
) -> None:
    scrubber.go_to(20)
    assert scrubber.stop == 2
    source.record = record(0, 20, 40, 80)
    scrubber.step(1)
    assert scrubber.iteration == 40 and scrubber.stop == 2
