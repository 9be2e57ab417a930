"""Gradients over many captions: quantiles of each caption's own norms, drawn by the seed."""

from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.inspection import gradient_study
from captionviewer.core.inspection.gradient_study import draw_studied, gradient_norms
from captionviewer.core.network.captioning_rnn import CaptioningRNN


@pytest.mark.parametrize("cell", ["rnn", "lstm"])
def test_the_norm_at_the_photo_is_that_of_the_projections_bias(
    coco_folder: Path, cell: Literal["rnn", "lstm"], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gradient_study, "BATCH", 3)  # batches of several lengths
    with CocoDataset.open(coco_folder) as dataset:
        studied = draw_studied(dataset, 13)
        model = CaptioningRNN(dataset.vocabulary.word_to_idx, dataset.feature_dim, 6, 9, cell, np.float64)
    norms = gradient_norms(model, studied)
    assert norms is not None
    assert norms.h.shape[0] == len(studied.captions) and (norms.c is None) is (cell == "rnn")
    null = dataset.vocabulary.null
    for n in (0, 12):  # a caption cut behind its second target: all of its loss is at s = 0 and s = 1
        caption = studied.captions[n : n + 1].copy()
        caption[:, 2:] = null
        _loss, grads = model.loss(studied.features[n : n + 1].astype(np.float64), caption)
        assert norms.h[n, 0, 0] == pytest.approx(np.linalg.norm(grads["b_proj"]), rel=1e-9)
    # the last word of a caption has no target after it: there is no loss, of h or of c
    losses = (studied.captions != null).sum(axis=1) - 1
    for each in (norms.h, norms.c):
        if each is not None:
            np.testing.assert_array_equal((~np.isnan(each[:, :, 1])).sum(axis=1), losses)


def test_a_band_is_the_quantiles_over_the_captions_that_have_a_loss_there(coco_folder: Path) -> None:
    with CocoDataset.open(coco_folder) as dataset:
        studied = draw_studied(dataset, 20)
        model = CaptioningRNN(dataset.vocabulary.word_to_idx, dataset.feature_dim, 6, 9, "lstm")
        again, other = draw_studied(dataset, 20), draw_studied(dataset, 20, seed=1)
    np.testing.assert_array_equal(studied.captions, again.captions)
    assert not np.array_equal(studied.captions, other.captions)
    norms = gradient_norms(model, studied)
    assert norms is not None
    s = norms.num_losses - 1
    rows = [row[s, : s + 2] for row in norms.h if not np.isnan(row[s, 0])]
    low, middle, high = norms.band(s)
    np.testing.assert_allclose(middle, np.median(rows, axis=0))
    np.testing.assert_allclose(low, np.percentile(rows, 10, axis=0))
    np.testing.assert_allclose(high, np.percentile(rows, 90, axis=0))
    np.testing.assert_allclose(norms.medians()[s, : s + 2], middle)
    assert np.isnan(norms.medians()[0, 2:]).all()
    rnn = CaptioningRNN(dataset.vocabulary.word_to_idx, dataset.feature_dim, 6, 9, "rnn")
    norms = gradient_norms(rnn, studied)
    assert norms is not None
    with pytest.raises(ValueError, match="no cell state"):
        norms.band(0, of_cell=True)
    assert gradient_norms(rnn, studied, stop=lambda: True) is None
