"""The loss of many captions without gradients: the surprise at each, added up."""

from typing import Any

import numpy as np
import pytest

from captionviewer.core.decoding.surprise import surprise
from captionviewer.core.network import caption_losses as module
from captionviewer.core.network import library_threads
from captionviewer.core.network.caption_losses import caption_losses
from captionviewer.core.network.inference import advance
from tests.core.network.caption_cases import NULL, START, random_captions, small_model


def data(seed: int = 0) -> tuple[Any, Any, Any]:
    rng = np.random.default_rng(seed)
    captions = random_captions(rng, 90, 9, 12, holes=0.1)
    captions[:, 0] = START
    captions[40:60, :4] = captions[40, :4]  # many that begin alike, also of the same photo
    return rng.standard_normal((7, 6)), captions, rng.integers(7, size=90)


@pytest.mark.parametrize("cell_type", ["rnn", "lstm"])
def test_losses_are_the_surprise_at_each_caption_added_up(
    cell_type: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = small_model(cell_type=cell_type)
    for value in model.params.values():
        value *= 3
    features, captions, owners = data()
    for scores in (1 << 20, 1):  # one block, and blocks of 64 captions
        monkeypatch.setattr(module, "_NUMBERS", scores)
        losses = caption_losses(model, features, captions, owners)
        assert losses is not None
        nats, words = losses
        for row in range(90):
            each = surprise(model, features[owners[row]], captions[row])
            assert nats[row] == pytest.approx(np.nansum(each), abs=1e-9)
            assert words[row] == np.count_nonzero(captions[row, 1:] != NULL)


@pytest.mark.parametrize("cell_type", ["rnn", "lstm"])
def test_their_sum_is_the_loss_of_training(cell_type: Any) -> None:
    model = small_model(cell_type=cell_type)
    features, captions, owners = data()
    losses = caption_losses(model, features, captions, owners)
    assert losses is not None
    loss, _ = model.loss(features[owners], captions)
    assert losses[0].sum() == pytest.approx(loss * 90, rel=1e-10)


def test_captions_that_begin_alike_are_run_once_until_they_part(monkeypatch: pytest.MonkeyPatch) -> None:
    rows: list[int] = []

    def counted(params: Any, state: Any, words: Any, inputs: Any) -> Any:
        rows.append(len(words))
        return advance(params, state, words, inputs)

    monkeypatch.setattr(module, "advance", counted)
    captions = np.array([[1, 4, 5, 2], [1, 4, 6, 2], [1, 7, 5, 2], [1, 4, 5, 2]])
    caption_losses(small_model(), np.ones((1, 6)), captions, np.zeros(4, np.int64))
    assert rows == [1, 2, 3]


def test_two_threads_give_the_same_to_the_bit_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_NUMBERS", 1)  # several blocks, taken by whoever is free
    rng = np.random.default_rng(3)
    captions = np.where(np.arange(12) < 9, rng.integers(3, 11, (300, 12)), NULL)
    made = [
        caption_losses(small_model(dtype=np.float32), np.ones((1, 6)), captions, np.zeros(300, np.int64))
        for _ in range(4)
    ]
    assert all(one is not None and made[0] is not None and (one[0] == made[0][0]).all() for one in made)


def test_it_says_how_far_it_is_and_ends_when_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_NUMBERS", 1)
    monkeypatch.setattr(library_threads, "cores", lambda: 1)
    said: list[float] = []
    assert caption_losses(small_model(), *data(), progress=said.append) is not None
    assert said == sorted(said) and len(said) == 3 and said[-1] == 1
    assert caption_losses(small_model(), *data(), stop=lambda: True) is None


def test_a_caption_of_no_photo_is_refused() -> None:
    features, captions, owners = data()
    with pytest.raises(ValueError, match="0 to 6"):
        caption_losses(small_model(), features, captions, owners + 1)
