"""How often a host is asked, and when not at all."""

import threading
import time

import pytest

from captionviewer.core.photos.problem import PhotoProblem
from captionviewer.core.photos.throttle import HostThrottle, domain


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr("captionviewer.core.photos.throttle.time", self)

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def never() -> bool:
    return False


def test_after_a_first_burst_a_host_is_asked_a_few_times_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    throttle = HostThrottle(requests_per_second=4, burst=3)
    asked = []
    for _ in range(8):
        throttle.wait_for_turn("a.example", never)
        asked.append(clock.now - 1000)
    assert asked == pytest.approx([0, 0, 0, 0.25, 0.5, 0.75, 1.0, 1.25])


def test_after_a_rest_there_is_no_larger_burst(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    throttle = HostThrottle(requests_per_second=4, burst=2)
    throttle.wait_for_turn("a.example", never)
    clock.now += 3600
    waited = [throttle.wait_for_turn("a.example", never) for _ in range(4)]
    assert waited == pytest.approx([0, 0, 0.25, 0.25])


def test_hosts_do_not_wait_for_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    Clock(monkeypatch)
    throttle = HostThrottle(requests_per_second=1, burst=1)
    assert throttle.wait_for_turn("a.one.example", never) == 0
    assert throttle.wait_for_turn("a.two.example", never) == 0
    assert throttle.wait_for_turn("b.one.example", never) == pytest.approx(1)


def test_all_of_flickrs_farms_are_one_host() -> None:
    assert domain("farm1.staticflickr.com") == domain("FARM9.staticflickr.com.") == "staticflickr.com"
    assert domain("127.0.0.1") == "127.0.0.1"
    assert domain("[::1]") == domain("::1") == "::1"
    assert domain("images.cocodataset.org") != domain("farm1.staticflickr.com")


def test_waiting_for_a_turn_ends_when_nobody_wants_it_any_more() -> None:
    throttle = HostThrottle(requests_per_second=0.01, burst=1)
    throttle.wait_for_turn("a.example", never)
    unwanted = threading.Event()
    thread = threading.Thread(target=throttle.wait_for_turn, args=("a.example", unwanted.is_set))
    thread.start()
    unwanted.set()
    thread.join(5)
    assert not thread.is_alive()


def test_who_stops_waiting_takes_no_turn_from_others(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    throttle = HostThrottle(requests_per_second=4, burst=1)
    throttle.wait_for_turn("a.example", never)
    for _ in range(100):  # as when a list is scrolled past
        until = clock.now + 0.001
        throttle.wait_for_turn("a.example", lambda until=until: clock.now >= until)
    assert throttle.wait_for_turn("a.example", never) <= 0.25


def test_pauses_double_with_each_failure_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    throttle = HostThrottle(pause=2, longest_pause=10)
    pauses = []
    for _ in range(5):
        pauses.append(throttle.busy("a.example", None))
        clock.now += pauses[-1]
    assert pauses == pytest.approx([2, 4, 8, 10, 10])
    throttle.answered("a.example")
    assert throttle.busy("a.example", None) == pytest.approx(2)


def test_requests_that_fail_together_count_as_one_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    throttle = HostThrottle(pause=2, longest_pause=100)
    for _ in range(4):
        throttle.unreachable("a.example")
    clock.now += 1000
    assert throttle.unreachable("a.example") == pytest.approx(4)


def test_a_late_good_answer_does_not_cut_short_the_pause_a_host_asked_for() -> None:
    throttle = HostThrottle()
    throttle.busy("a.example", 60)
    throttle.answered("a.example")
    alone = throttle.left_alone("a.example")
    assert alone is not None and alone.problem is PhotoProblem.BUSY and alone.seconds > 50


def test_trying_again_now_asks_the_unreachable_but_not_the_busy() -> None:
    throttle = HostThrottle(pause=60, longest_pause=60)
    throttle.unreachable("away.example")
    throttle.busy("busy.test", 60)
    assert throttle.offline is False  # the busy one answered
    alone = throttle.left_alone("away.example")
    assert alone is not None and alone.problem is PhotoProblem.OFFLINE
    throttle.try_again_now()
    assert throttle.left_alone("away.example") is None
    assert throttle.left_alone("busy.test") is not None


def test_one_host_that_is_down_is_not_being_offline(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    throttle = HostThrottle()
    throttle.answered("farm1.staticflickr.com")
    throttle.unreachable("images.cocodataset.org")
    assert not throttle.offline
    throttle.unreachable("farm2.staticflickr.com")  # now neither can be reached
    assert throttle.offline
    throttle.answered("farm3.staticflickr.com")
    assert not throttle.offline
    clock.now += 3600
    throttle.unreachable("images.cocodataset.org")  # what answered an hour ago says nothing of now
    assert throttle.offline


def test_a_list_of_a_million_hosts_does_not_fill_the_memory() -> None:
    throttle = HostThrottle()
    for i in range(1000):
        throttle.unreachable(f"host{i}.x{i}")
    assert throttle.left_alone("host999.x999") is not None
    assert len(throttle._hosts) <= 256


def test_time_here_is_the_real_clock() -> None:
    began = time.monotonic()
    throttle = HostThrottle(requests_per_second=20, burst=1)
    for _ in range(3):
        throttle.wait_for_turn("a.example", never)
    assert time.monotonic() - began >= 0.1


def test_what_is_fetched_ahead_leaves_the_burst_to_photos_in_sight(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    throttle = HostThrottle(requests_per_second=4, burst=3)
    asked = []
    for _ in range(4):
        throttle.wait_for_turn("a.example", never, lambda: True)
        asked.append(clock.now - 1000)
    assert asked == pytest.approx([0, 0.25, 0.5, 0.75], abs=0.03)
    waited = [throttle.wait_for_turn("a.example", never) for _ in range(3)]
    assert waited[:2] == [0, 0] and waited[2] <= 0.25


def test_patience_ends_when_the_photo_comes_into_sight(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    throttle = HostThrottle(requests_per_second=0.1, burst=2)
    throttle.wait_for_turn("a.example", never)
    assert throttle.wait_for_turn("a.example", never, lambda: clock.now < 1001) == pytest.approx(1, abs=0.05)


def test_an_answer_ends_being_left_alone_for_not_being_reached_at_once() -> None:
    throttle = HostThrottle(pause=60)
    throttle.unreachable("a.example", "it refused the connection")
    alone = throttle.left_alone("a.example")
    assert alone is not None and alone.why == "it refused the connection"
    throttle.answered("a.example")
    assert throttle.left_alone("a.example") is None
