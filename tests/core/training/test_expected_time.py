"""How long a run will take, before it is started."""

import pytest

from captionviewer.core.training.expected_time import (
    expected_seconds,
    expected_time_words,
    multiplications_a_step,
)
from captionviewer.core.training.settings import DataFacts, TrainingSettings

COCO = DataFacts(
    num_captions=400_135, num_photos=82_783, feature_dim=512, vocabulary_size=1_004, caption_length=17
)


def test_the_products_of_a_step_are_counted_as_by_hand() -> None:
    """RNN, H = 512: 11.2 targets of each of 25 captions, three products for each that goes forwards."""
    by_hand = 3 * (25 * 11.2 * (512 * 512 + 512 * 1004 + 256 * 512 / 4) + 25 * 512 * 512)
    counted = multiplications_a_step(TrainingSettings(), COCO)
    assert counted == pytest.approx(by_hand + 40 * TrainingSettings().num_parameters(COCO))


def test_time_grows_with_the_epochs_and_falls_with_the_speed() -> None:
    one = expected_seconds(TrainingSettings(num_epochs=1), COCO, 1e10)
    assert expected_seconds(TrainingSettings(num_epochs=10), COCO, 1e10) == pytest.approx(10 * one)
    assert expected_seconds(TrainingSettings(num_epochs=1), COCO, 2e10) == pytest.approx(one / 2)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.01, "about 1 s"),
        (8.4, "about 8 s"),
        (42, "about 40 s"),
        (89, "about 90 s"),
        (200, "about 3 min"),
        (2_520, "about 40 min"),
        (9_000, "about 2 h"),
        (100_000, "about 30 h"),
        (900_000, "about 10 days"),
    ],
)
def test_an_estimate_is_not_said_more_exactly_than_it_is(seconds: float, words: str) -> None:
    assert expected_time_words(seconds) == words
