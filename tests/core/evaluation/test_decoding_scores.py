"""Ways of writing captions over many photos, against what the scorecard and the surprise say of the same."""

from pathlib import Path

import numpy as np
import pytest

from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.decoding.decoding import Decoding
from captionviewer.core.decoding.surprise import surprise_of
from captionviewer.core.evaluation.caption_scores import Scorer
from captionviewer.core.evaluation.dataset_captions import document_frequencies
from captionviewer.core.evaluation.decoding_scores import (
    beam_decodings,
    sampling_decodings,
    score_decodings,
)
from captionviewer.core.evaluation.scored_photos import ScoredPhotos
from captionviewer.core.evaluation.sentences import Sentences
from captionviewer.core.network.captioning_rnn import CaptioningRNN


def untrained(dataset: CocoDataset) -> CaptioningRNN:
    """A small model that says something else of each photo."""
    dim = dataset.split("val").features.rows(np.array([0])).shape[1]
    model = CaptioningRNN(
        dataset.vocabulary.word_to_idx, dim, 8, 16, "lstm", dtype=np.float64, rng=np.random.default_rng(2)
    )
    for name in ("W_vocab", "W_proj"):
        model.params[name] = model.params[name] * 3
    return model


def test_greedy_scored_is_what_sample_surprise_and_scorer_say_of_it(coco_folder: Path) -> None:
    with CocoDataset.open(coco_folder) as dataset:
        model = untrained(dataset)
        photos = ScoredPhotos.drawn(dataset, "val", 6)
        told: list[float] = []
        scores = score_decodings(model, photos, [Decoding(max_length=8)], progress=told.append)
        assert scores is not None
        captions = model.sample(photos.features(), 8)
        start = np.full((len(captions), 1), dataset.vocabulary.start)
        whole = np.hstack([start, captions])
        lnp = [
            -np.nansum(surprise_of(model, features, caption[np.newaxis]))
            for features, caption in zip(photos.features(), whole, strict=True)
        ]
        assert scores[0].log_probability == pytest.approx(np.mean(lnp), abs=1e-6)
        sentences = Sentences.of_captions(captions, dataset.vocabulary)
        unknown = sentences.with_word(dataset.vocabulary.unk, len(dataset.vocabulary))
        by_scorer = Scorer(photos.references, document_frequencies(photos.dataset, photos.split)).score(
            unknown
        )
        assert by_scorer is not None
        assert scores[0].cider_d == pytest.approx(by_scorer.own["cider_d"].mean())
        assert scores[0].length == pytest.approx(sentences.lengths.mean())
        assert scores[0].distinct == pytest.approx(len(np.unique(captions, axis=0)) / len(captions))
        assert told == sorted(told) and told[-1] == pytest.approx(1)


def test_a_beam_of_one_scores_as_greedy_and_several_captions_are_compared_within_a_photo(
    coco_folder: Path,
) -> None:
    with CocoDataset.open(coco_folder) as dataset:
        model = untrained(dataset)
        photos = ScoredPhotos.drawn(dataset, "val", 5)
        plain = Decoding(max_length=6)
        found = score_decodings(model, photos, [plain, *beam_decodings(plain, (1,))])
        assert found is not None
        assert found[1].cider_d == found[0].cider_d
        assert found[1].log_probability == pytest.approx(found[0].log_probability)
        ways = sampling_decodings(plain, (0.0, 1.0))
        assert [way.temperature for way in ways] == [0.0, 1.0]
        drawn = score_decodings(model, photos, ways, captions_each=4)
        assert drawn is not None
        assert drawn[0].distinct == pytest.approx(1 / 4)
        assert drawn[0].cider_d == pytest.approx(found[0].cider_d)
        assert drawn[1].distinct > 0.9


def test_a_pass_that_is_stopped_gives_nothing(coco_folder: Path) -> None:
    with CocoDataset.open(coco_folder) as dataset:
        photos = ScoredPhotos.drawn(dataset, "val", 5)
        assert score_decodings(untrained(dataset), photos, [Decoding()], stop=lambda: True) is None
