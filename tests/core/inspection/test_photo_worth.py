"""The photo's worth: the true row is the validation loss, swapped photos are others', zero is one."""

import math
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.decoding.surprise import surprise
from captionviewer.core.inspection.corpus import Corpus, draw_corpus
from captionviewer.core.inspection.photo_worth import (
    SOURCES,
    BlindWorth,
    blind_surprises,
    derangement,
    features_from,
    photo_worth,
    photos_of,
    word_surprises,
)
from captionviewer.core.network.captioning_rnn import CaptioningRNN


def read(folder: Path) -> tuple[CaptioningRNN, Corpus]:
    with CocoDataset.open(folder) as dataset:
        corpus = draw_corpus(dataset)
        model = CaptioningRNN(
            dataset.vocabulary.word_to_idx, dataset.feature_dim, 8, 12, "lstm", rng=np.random.default_rng(3)
        )
    for value in model.params.values():
        value *= 6  # so that it has something to say
    return model, corpus


def test_no_photo_keeps_its_own_features_and_each_is_given_once() -> None:
    for count in range(2, 60):
        order = derangement(count, np.random.default_rng(count))
        assert sorted(order.tolist()) == list(range(count))
        assert (order != np.arange(count)).all()
    with pytest.raises(ValueError, match="two photos"):
        derangement(1, np.random.default_rng(0))


def test_the_true_row_is_the_loss_on_val_and_each_row_what_the_losses_of_its_features_are(
    coco_folder: Path,
) -> None:
    model, corpus = read(coco_folder)
    worth = photo_worth(model, corpus)
    assert worth is not None
    _rows, features, owners = photos_of(corpus)
    for source in SOURCES:
        given = features_from(source, features)[owners]
        loss, _grads = model.reference_loss(given, corpus.captions)  # the readable layers, in nats a caption
        words = int((corpus.captions[:, 1:] != model.word_to_idx["<NULL>"]).sum())
        assert worth.surprises[source].nats.sum() == pytest.approx(loss * len(owners), rel=1e-5)
        assert worth.surprises[source].counts.sum() == words
    assert worth.surprises["another"].nats_a_word != worth.surprises["true"].nats_a_word


def test_what_words_cost_more_adds_up_to_what_the_corpus_costs_more(coco_folder: Path) -> None:
    model, corpus = read(coco_folder)
    worth = photo_worth(model, corpus)
    assert worth is not None
    true, zero, costs = worth.surprises["true"], worth.surprises["zero"], worth.costs("zero")
    often = true.counts >= 10
    assert np.isnan(costs[~often]).all() and often.any()
    total = (costs[often] * true.counts[often]).sum()
    assert total == pytest.approx((zero.nats - true.nats)[often].sum(), rel=1e-9)
    assert np.nanmax(np.abs(worth.costs("true"))) == 0.0


def test_what_the_photo_is_worth_to_a_word_is_the_mean_over_its_places_one_caption_at_a_time(
    coco_folder: Path,
) -> None:
    model, whole = read(coco_folder)
    corpus = Corpus(whole.captions[:150], whole.photos[:150], whole.features[:150], is_whole=False)
    worth = photo_worth(model, corpus)
    blind_model = CaptioningRNN(
        model.word_to_idx, model.input_dim, 8, 12, "lstm", rng=np.random.default_rng(8)
    )
    read_blind = blind_surprises(blind_model, corpus)
    assert worth is not None and read_blind is not None
    bits, costs = BlindWorth(read_blind, worth.surprises["true"]).bits(), worth.costs("zero")
    of_zero: defaultdict[int, list[float]] = defaultdict(list)
    of_blind: defaultdict[int, list[float]] = defaultdict(list)
    for features, caption in zip(corpus.features, corpus.captions, strict=True):
        nothing = np.zeros_like(features)
        true, zero = (surprise(model, given, caption) for given in (features, nothing))
        blind = surprise(blind_model, nothing, caption)
        for t, word in enumerate(caption[1:].tolist()):
            of_zero[word].append(float(zero[t] - true[t]))
            of_blind[word].append(float(blind[t] - true[t]) / math.log(2))
    named = [word for word in of_zero if model.idx_to_word[word] != "<NULL>"]
    often = [word for word in named if len(of_zero[word]) >= 10]
    assert 10 < len(often) < len(named)
    for word in often:
        assert costs[word] == pytest.approx(np.mean(of_zero[word]), rel=1e-3, abs=1e-5)
        assert bits[word] == pytest.approx(np.mean(of_blind[word]), rel=1e-3, abs=1e-5)
    assert np.isnan(bits[[word for word in named if word not in often]]).all()


def test_the_average_and_zero_give_all_photos_the_same_caption(coco_folder: Path) -> None:
    model, corpus = read(coco_folder)
    _rows, features, _owners = photos_of(corpus)
    np.testing.assert_allclose(features_from("average", features)[0], features.mean(axis=0), atol=1e-5)
    for source, several in (("true", True), ("another", True), ("average", False), ("zero", False)):
        captions = model.sample(features_from(source, features))  # type: ignore[arg-type]
        assert (len(np.unique(captions, axis=0)) > 1) is several


def test_a_network_that_has_learned_nothing_gains_nothing_from_the_photo(coco_folder: Path) -> None:
    _model, corpus = read(coco_folder)
    with CocoDataset.open(coco_folder) as dataset:
        fresh = CaptioningRNN(dataset.vocabulary.word_to_idx, dataset.feature_dim, 8, 12)
    worth = photo_worth(fresh, corpus)
    assert worth is not None
    nats = [worth.surprises[source].nats_a_word for source in SOURCES]
    assert max(nats) - min(nats) < 0.02 * nats[0]


def test_reading_ends_when_nobody_wants_it_any_more(coco_folder: Path) -> None:
    model, corpus = read(coco_folder)
    _rows, features, owners = photos_of(corpus)
    assert word_surprises(model, features, corpus.captions, owners, lambda _share: False) is None
    assert photo_worth(model, corpus, progress=lambda share: share < 0.4) is None
