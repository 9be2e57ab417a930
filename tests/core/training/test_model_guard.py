"""Copies to fall back on: which are good."""

import numpy as np
import pytest

from captionviewer.core.training.model_guard import is_finite
from tests.core.network.caption_cases import small_model


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", ["W_embed", "b_vocab"])
def test_a_model_with_one_number_that_is_not_finite_is_not_good(number: float, name: str) -> None:
    model = small_model()
    assert is_finite(model)
    model.params[name].flat[-1] = number
    assert not is_finite(model)
