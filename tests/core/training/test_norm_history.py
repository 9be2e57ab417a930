"""The norms of gradients that are kept of a run: evenly spaced, bounded, and those before clipping."""

import math

import numpy as np
import pytest

from captionviewer.core.network.parameter_shapes import PARAMETER_NAMES
from captionviewer.core.training import norm_history
from captionviewer.core.training.norm_history import NormHistory, clip_limits, clipped_share
from captionviewer.core.training.setting_edits import SettingEdit


def row(iteration: int) -> dict[str, float]:
    return {name: float(iteration + n) for n, name in enumerate(PARAMETER_NAMES)}


def noted(count: int, history: NormHistory, begin: int = 1) -> NormHistory:
    for iteration in range(begin, count + 1):
        history.note(iteration, row(iteration))
    return history


def test_every_step_has_its_row_while_there_is_room() -> None:
    assert NormHistory().recorded() is None
    found = noted(5, NormHistory()).recorded()
    assert found is not None
    assert found.iterations.tolist() == [1, 2, 3, 4, 5]
    np.testing.assert_array_equal(found.norms[2], np.arange(3, 11))


@pytest.mark.parametrize("count", [16, 17, 18, 33, 1000])
def test_a_long_history_stays_bounded_evenly_spaced_and_keeps_its_first_row(
    monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    monkeypatch.setattr(norm_history, "MOST_ROWS", 16)
    found = noted(count, NormHistory()).recorded()
    assert found is not None
    assert 8 <= len(found.iterations) <= 16
    assert found.iterations[0] == 1 and set(np.diff(found.iterations)) == {found.every}
    assert count - found.iterations[-1] < found.every
    np.testing.assert_array_equal(found.norms[:, 0], found.iterations)


def test_a_history_that_goes_on_is_the_one_that_never_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(norm_history, "MOST_ROWS", 16)
    once = noted(90, NormHistory()).recorded()
    again = noted(90, NormHistory(noted(41, NormHistory()).recorded()), begin=42).recorded()
    assert once is not None and again is not None
    np.testing.assert_array_equal(once.iterations, again.iterations)
    np.testing.assert_array_equal(once.norms, again.norms)


def test_the_share_of_clipped_steps_heeds_where_the_limit_was_changed() -> None:
    edits = (
        SettingEdit(2, "clip_norm", 1.0, None),
        SettingEdit(3, "learning_rate", 1e-3, 1e-2),
        SettingEdit(6, "clip_norm", 5.0, 1.0),
    )
    limits = clip_limits(None, edits, 8)
    np.testing.assert_array_equal(limits, [math.nan, math.nan, 1, 1, 1, 1, 5, 5])
    norms = np.array([9, 9, 2, 0.5, math.nan, 1, 6, 4])
    assert clipped_share(norms, limits) == 2 / 5  # of steps 3, 4, 6, 7 and 8 those of 2 and 6
    assert clipped_share(norms, clip_limits(None, (), 8)) is None
    assert clipped_share(norms, clip_limits(8.5, (), 8)) == 2 / 7


@pytest.mark.parametrize("begin", [2, 8, 1001])
def test_a_run_begun_before_norms_were_kept_has_them_from_where_it_went_on(
    monkeypatch: pytest.MonkeyPatch, begin: int
) -> None:
    monkeypatch.setattr(norm_history, "MOST_ROWS", 16)
    found = noted(begin + 40, NormHistory(None), begin).recorded()
    assert found is not None
    assert found.iterations[0] == begin and set(np.diff(found.iterations)) == {found.every}
