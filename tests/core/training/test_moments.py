"""Models of a run at moments that are past: which stay."""

import numpy as np
import pytest

from captionviewer.core.training import moments as room
from captionviewer.core.training.events import ModelSnapshot
from captionviewer.core.training.moments import MOST, Moments
from tests.core.network.caption_cases import small_model

STRETCH = 25


def kept_of(iterations: int, begin: int = 0) -> list[int]:
    """The iterations that stay of a run that has come so far."""
    moments, model = Moments(STRETCH), small_model()
    for iteration in range(begin, iterations + 1, STRETCH):
        moments.add(ModelSnapshot(model, iteration, None))
    return [each.iteration for each in moments.kept]


@pytest.mark.parametrize("begin", [0, 3_000])
def test_moments_lie_close_together_at_first_and_farther_and_farther_apart(begin: int) -> None:
    for length in (200, 1_500, 50_000):
        at = np.array(kept_of(begin + length, begin)) - begin
        assert at[0] == 0 and at[-1] == length and len(at) <= MOST
        steps = at + STRETCH
        # evenly apart on a logarithmic axis, to a factor that keeping them as they come can't mend
        even = (steps[-1] / steps[0]) ** (1 / (MOST - 1))
        assert (steps[1:] / steps[:-1]).max() <= max(even**2.5, 2.0)
    assert kept_of(200) == list(range(0, 201, STRETCH))


def test_what_all_take_is_bounded_and_a_model_too_large_for_two_has_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    size = sum(array.nbytes for array in small_model().params.values())
    for room_for, expected in ((1, []), (2, [0, 1_000]), (4, [0, 1_000])):
        monkeypatch.setattr(room, "MOST_BYTES", room_for * size + size // 2)
        at = kept_of(1_000)
        assert len(at) == (room_for if room_for > 1 else 0)
        assert at[:1] + at[-1:] == expected
