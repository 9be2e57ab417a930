"""Surprise by frequency, and words never said, against counting one word at a time."""

import math
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pytest

from captionviewer.core.arrays import IntArray
from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.coco.vocabulary import Vocabulary, caption_words, decode_captions
from captionviewer.core.decoding.decoding import Decoding
from captionviewer.core.decoding.surprise import surprise
from captionviewer.core.inspection.corpus import Corpus, draw_corpus
from captionviewer.core.inspection.word_frequency import (
    captions_of_training,
    read_by_frequency,
    words_said,
)
from captionviewer.core.network.captioning_rnn import CaptioningRNN


@pytest.fixture(scope="module")
def read(coco_folder: Path) -> tuple[CaptioningRNN, Corpus, IntArray, Vocabulary]:
    with CocoDataset.open(coco_folder) as dataset:
        corpus = draw_corpus(dataset, most=60)
        model = CaptioningRNN(
            dataset.vocabulary.word_to_idx, dataset.feature_dim, 8, 12, "lstm", rng=np.random.default_rng(3)
        )
        trained_on, words = captions_of_training(dataset, np.arange(5, 95))
        assert words == "the 90 captions it was trained on" and len(trained_on) == 90
    for value in model.params.values():
        value *= 6  # so that it has something to say
    return model, corpus, trained_on, dataset.vocabulary


def test_each_word_has_the_mean_of_its_own_surprises_and_its_count_in_training(
    read: tuple[CaptioningRNN, Corpus, IntArray, Vocabulary],
) -> None:
    model, corpus, trained_on, vocabulary = read
    found = read_by_frequency(model, corpus, trained_on, vocabulary)
    assert found is not None
    words = vocabulary.idx_to_word
    nats: defaultdict[str, list[float]] = defaultdict(list)
    for features, caption in zip(corpus.features, corpus.captions, strict=True):
        for target, lost in zip(caption[1:], surprise(model, features, caption), strict=True):
            nats[words[target]].append(float(lost))
    trained = Counter(word for row in trained_on for word in caption_words(row, vocabulary))
    assert {words[word] for word in found.words} == set(nats) - {"<NULL>", "<END>", "<START>"}
    targets = trained.total() + len(trained_on)  # and an <END> each
    for n, word in enumerate(words[index] for index in found.words):
        assert found.nats[n] == pytest.approx(np.mean(nats[word]), rel=1e-4)
        assert found.counts[n] == len(nats[word]) and found.trained[n] == trained[word]
        alone = -math.log(trained[word] / targets) if trained[word] else math.inf
        assert found.by_frequency[n] == pytest.approx(alone)
    assert (np.diff(found.trained) <= 0).all() and 0 in found.trained
    heard = [word for word in trained if word in nats]
    below = [np.mean(nats[word]) < -math.log(trained[word] / targets) for word in heard]
    assert found.below_frequency == (sum(below), len(heard))

    bands = found.bands()
    assert bands[0].least == bands[0].most == 0 and sum(band.num_words for band in bands) == len(found.words)
    for band in bands:
        here = [
            lost
            for word in set(nats) - {"<NULL>", "<END>", "<START>"}
            if band.least <= trained[word] <= band.most
            for lost in nats[word]
        ]
        assert band.nats == pytest.approx(np.mean(here), rel=1e-4)


def test_the_words_said_are_those_of_one_caption_a_photo_and_never_said_is_all_else(
    read: tuple[CaptioningRNN, Corpus, IntArray, Vocabulary],
) -> None:
    model, corpus, trained_on, vocabulary = read
    found = words_said(model, corpus, Decoding(), trained_on, vocabulary)
    assert found is not None
    said: Counter[str] = Counter()
    people: Counter[str] = Counter()
    seen: set[int] = set()
    for photo, features, caption in zip(
        corpus.photos.tolist(), corpus.features, corpus.captions, strict=True
    ):
        if photo not in seen:
            seen.add(photo)
            people.update(caption_words(caption, vocabulary))
            told = decode_captions(model.sample(features[np.newaxis], 30)[0], vocabulary.idx_to_word)
            assert isinstance(told, str)
            said.update(told.replace("<START>", "").replace("<END>", "").split())
    assert found.num_photos == len(seen) < len(corpus.captions)
    words = vocabulary.idx_to_word
    assert {words[w]: n for w, n in enumerate(found.said.tolist()) if n} == said
    assert {words[w]: n for w, n in enumerate(found.by_people.tolist()) if n} == people
    ordinary = {word for word in words if not word.startswith("<")}
    assert found.num_said == len(set(said) & ordinary) > 1
    assert found.num_by_people == len(set(people) & ordinary)
    never = [words[word] for word in found.never_said]
    assert set(never) == ordinary - set(said)
    trained = Counter(word for row in trained_on for word in caption_words(row, vocabulary))
    assert [trained[word] for word in never] == sorted((trained[word] for word in never), reverse=True)


def test_reading_and_saying_end_when_nobody_wants_them_any_more(
    read: tuple[CaptioningRNN, Corpus, IntArray, Vocabulary],
) -> None:
    model, corpus, trained_on, vocabulary = read
    assert read_by_frequency(model, corpus, trained_on, vocabulary, lambda _share: False) is None
    assert words_said(model, corpus, Decoding(), trained_on, vocabulary, lambda _share: False) is None


def test_a_model_of_other_captions_or_none_is_held_against_all_of_train(coco_folder: Path) -> None:
    with CocoDataset.open(coco_folder) as dataset:
        captions, words = captions_of_training(dataset, np.empty(0, np.int64))
        assert captions is dataset.split("train").captions
        assert words == f"all {len(captions):,} captions of train"
