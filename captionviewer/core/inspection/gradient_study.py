"""Gradients through time over many captions: the median and the middle four fifths, never one example."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from captionviewer.core.arrays import FloatArray, IntArray
from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.coco.vocabulary import NULL
from captionviewer.core.inspection.gradients import state_gradients
from captionviewer.core.network.blocks import in_blocks
from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.core.network.cells import CELLS

NUM_CAPTIONS = 60
NUM_WORDS = 10  # at least, of a caption that is drawn where there are enough: `<START>` and `<END>` aside
BATCH = 10  # captions at a time: who asks to stop waits for two such; they take 4 T (T + 1) H bytes each


@dataclass(frozen=True)
class StudiedCaptions:
    """Captions (N, T + 1) with the features (N, D) of their photos."""

    features: FloatArray
    captions: IntArray


@dataclass(frozen=True)
class GradientNorms:
    """Norms of d loss_s / d h_t, and for an LSTM of d loss_s / d c_t, of each caption.

    Attributes
    ----------
    h
        (N, T, T + 1), NaN where there is no loss at s or the state comes after it.
    c
        the same, None for a cell without a cell state.
    """

    h: FloatArray
    c: FloatArray | None

    def band(self, s: int, of_cell: bool = False) -> FloatArray:
        """The 10 %, 50 % and 90 % quantiles (3, s + 2) over the captions, of states 0 to s + 1.

        Raises
        ------
        ValueError
            there is no cell state, or no caption has a loss at s.
        """
        norms = self.c if of_cell else self.h
        if norms is None:
            raise ValueError("this cell has no cell state")
        row = norms[:, s, : s + 2]
        row = row[~np.isnan(row).any(axis=1)]
        if not len(row):
            raise ValueError(f"no caption has a word after timestep {s}")
        quantiles: FloatArray = np.quantile(row, (0.1, 0.5, 0.9), axis=0)
        return quantiles

    @property
    def num_losses(self) -> int:
        """How many timesteps have a loss in at least half of the captions."""
        shares = (~np.isnan(self.h[:, :, 0])).mean(axis=0)
        return int((shares >= 0.5).sum())

    def medians(self, of_cell: bool = False) -> FloatArray:
        """The median (T, T + 1) over the captions of each norm, NaN where there is none.

        Raises
        ------
        ValueError
            of the cell state, where there is none.
        """
        medians = np.full(self.h.shape[1:], np.nan)
        for s in range(self.num_losses):
            medians[s, : s + 2] = self.band(s, of_cell)[1]
        return medians


def draw_studied(dataset: CocoDataset, count: int = NUM_CAPTIONS, seed: int = 231) -> StudiedCaptions:
    """Draw captions of val, those of `NUM_WORDS` words or more first: what is short shows no long way.

    Raises
    ------
    DataError
        the features can't be read.
    """
    val = dataset.split("val")
    order = np.random.default_rng(seed).permutation(val.num_captions)
    is_long = (val.captions[order] != dataset.vocabulary.null).sum(axis=1) >= NUM_WORDS + 2
    rows = np.concatenate([order[is_long], order[~is_long]])[:count]
    photos, owners = np.unique(val.image_idxs[rows], return_inverse=True)
    return StudiedCaptions(val.features.rows(photos)[owners], val.captions[rows])


def gradient_norms(
    model: CaptioningRNN, studied: StudiedCaptions, stop: Callable[[], bool] = lambda: False
) -> GradientNorms | None:
    """The norms of every caption's own gradients; None once `stop()`, asked between batches, is true.

    Raises
    ------
    ValueError
        features or captions that do not fit the network.
    """
    found = norms_of_each({"it": model}, studied, stop)
    return None if found is None else found["it"]


def norms_of_each(
    models: Mapping[str, CaptioningRNN], studied: StudiedCaptions, stop: Callable[[], bool] = lambda: False
) -> dict[str, GradientNorms] | None:
    """`gradient_norms` of several networks, by their names; two batches at a time where there are two cores.

    Raises
    ------
    ValueError
        features or captions that do not fit a network.
    """
    captions = studied.captions
    found: dict[str, GradientNorms] = {}
    batches: list[tuple[CaptioningRNN, GradientNorms, IntArray, int]] = []
    for name, model in models.items():
        lengths = (captions != model.word_to_idx[NULL]).sum(axis=1)
        T = max(int(lengths.max(initial=2)), 2) - 1
        h = np.full((len(captions), T, T + 1), np.nan)
        found[name] = GradientNorms(h, np.full_like(h, np.nan) if _has_cell_state(model) else None)
        order = np.argsort(lengths, kind="stable")  # the time goes with the square of a batch's longest
        for begin in range(0, len(captions), BATCH):
            rows = order[begin : begin + BATCH]
            batches.append((model, found[name], rows, max(int(lengths[rows].max()), 2)))
    # The longest work first, or a thread would end with it while the other waits.
    batches.sort(key=lambda batch: (CELLS[batch[0].cell_type].gates, batch[3]), reverse=True)

    def work(places: slice) -> None:
        for model, norms, rows, longest in batches[places]:
            gradients = state_gradients(model, studied.features[rows], captions[rows, :longest])
            norms.h[rows, : longest - 1, :longest] = gradients.norms()
            if norms.c is not None:
                norms.c[rows, : longest - 1, :longest] = gradients.norms(of_cell=True)

    return found if in_blocks(len(batches), 1, work, stop) else None


def _has_cell_state(model: CaptioningRNN) -> bool:
    return CELLS[model.cell_type].has_cell_state
