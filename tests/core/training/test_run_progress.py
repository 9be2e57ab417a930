"""How fast a run goes."""

import pytest

from captionviewer.core.training.events import RunState
from captionviewer.core.training.run_progress import StepRate


def test_the_rate_is_known_after_a_moment_and_is_that_of_the_last_seconds() -> None:
    rate = StepRate()
    assert rate.note(10.0, 0) == 0
    assert rate.note(10.1, 5) == 0  # too short to say
    for k in range(1, 101):
        known = rate.note(10.0 + k / 4, 10 * k)
    assert known == pytest.approx(40)
    for k in range(1, 21):  # five seconds at half the pace
        known = rate.note(35.0 + k / 4, 1000 + 5 * k)
    assert known == pytest.approx(20)


def test_a_pause_does_not_count() -> None:
    rate = StepRate()
    rate.note(0.0, 0)
    rate.note(1.0, 100)
    rate.forget()
    assert rate.note(60.0, 100) == 0
    assert rate.note(61.0, 200) == pytest.approx(100)


def test_a_run_that_waits_is_live_and_one_that_has_ended_or_not_begun_is_not() -> None:
    assert {state for state in RunState if state.is_live} == {RunState.RUNNING, RunState.PAUSED}
