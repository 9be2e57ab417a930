"""The captions that units are looked up in, and the numbers that a cell's equation adds up."""

import math
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.inspection.cell_terms import LstmTerms, RnnTerms, cell_terms
from captionviewer.core.inspection.corpus import draw_corpus, knock_out_features
from captionviewer.core.inspection.states import trace_states
from tests.core.network.caption_cases import START, small_model


def test_a_small_val_is_read_whole_and_each_caption_has_the_features_of_its_own_photo(
    coco_folder: Path,
) -> None:
    with CocoDataset.open(coco_folder) as dataset:
        corpus, val = draw_corpus(dataset), dataset.split("val")
        assert corpus.is_whole
        np.testing.assert_array_equal(corpus.captions, val.captions)
        fed, words = corpus.fed(dataset.vocabulary), dataset.vocabulary
        ids = (words.end, words.null)
        for row in range(val.num_captions):
            assert [i for i in fed[row] if i != words.null] == [i for i in val.captions[row] if i not in ids]
            own = val.features.rows(val.image_idxs[row : row + 1])[0]
            np.testing.assert_array_equal(corpus.features[row], own)
            assert row in val.record(int(corpus.photos[row])).caption_rows


def test_of_a_large_val_a_seed_draws_the_same_captions_each_once(coco_folder: Path) -> None:
    with CocoDataset.open(coco_folder) as dataset:
        first, again, other = (draw_corpus(dataset, 7, seed) for seed in (1, 1, 2))
        assert len(first.captions) == 7 and not first.is_whole
        np.testing.assert_array_equal(first.captions, again.captions)
        assert not np.array_equal(first.photos, other.photos)
        val = dataset.split("val")
        for caption, photo in zip(first.captions, first.photos, strict=True):
            own = val.captions[list(val.record(int(photo)).caption_rows)]
            assert (own == caption).all(axis=1).any()
        assert len(knock_out_features(dataset, 5)) == 5
        assert len(knock_out_features(dataset, 10**6)) == val.num_photos


@pytest.mark.parametrize("cell", ["rnn", "lstm"])
def test_the_terms_of_a_cell_add_up_to_its_states(cell: Literal["rnn", "lstm"]) -> None:
    model = small_model(12, cell, np.float64, 0)
    rng = np.random.default_rng(3)
    for value in model.params.values():
        value += rng.standard_normal(value.shape)
    trace = trace_states(model, rng.standard_normal(model.input_dim), np.array([START, 5, 7, 5]))
    for t in range(4):
        for unit in range(model.hidden_dim):
            terms = cell_terms(model, trace, unit, t)
            if isinstance(terms, RnnTerms):
                assert math.tanh(terms.word + terms.before + terms.bias) == pytest.approx(terms.h, rel=1e-9)
            else:
                assert isinstance(terms, LstmTerms)
                assert terms.f * terms.c_before + terms.i * terms.g == pytest.approx(terms.c, rel=1e-9)
                assert terms.o * math.tanh(terms.c) == pytest.approx(terms.h, rel=1e-9)
    with pytest.raises(IndexError):
        cell_terms(model, trace, 0, 4)
