"""Which captions meet some conditions, and in which order: what a user filters and sorts by."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from captionviewer.core.arrays import BoolArray, IntArray
from captionviewer.core.coco.split import CocoSplit

CaptionOrder = Literal["file", "length", "unknown"]
Range = tuple[int, int]  # least and greatest, both included


@dataclass(frozen=True)
class CaptionConditions:
    """What a caption must be to be shown; every condition given has to hold.

    Attributes
    ----------
    phrases : tuple[str, ...]
        Words or phrases that it holds, as for `CocoSplit.search`.
    words, unknown : tuple[int, int] or None
        Least and greatest number of its words, or of its `<UNK>`, both included.
    captions_an_image : tuple[int, int] or None
        Least and greatest number of captions that its image has, both included.
    one_an_image : bool
        Of each image only the caption that comes first in the order asked for.
    """

    phrases: tuple[str, ...] = ()
    words: Range | None = None
    unknown: Range | None = None
    captions_an_image: Range | None = None
    one_an_image: bool = False


@dataclass(frozen=True)
class CaptionSelection:
    """The captions that were found.

    Attributes
    ----------
    caption_rows : IntArray
        Their rows, (n,), in the order asked for; read-only.
    num_photos : int
        How many images they describe.
    phrases : tuple[str, ...]
        The phrases searched for, as the vocabulary spells them.
    notes : tuple[str, ...]
        For people: why a phrase could not be found at all (a word that the vocabulary does not have).
    """

    caption_rows: IntArray
    num_photos: int
    phrases: tuple[str, ...]
    notes: tuple[str, ...]


def select_captions(
    split: CocoSplit,
    conditions: CaptionConditions,
    order: CaptionOrder = "file",
    falling: bool = False,
    among: IntArray | None = None,
) -> CaptionSelection:
    """Find the captions of one split that meet every condition, sorted; at full size in some 20 ms.

    Parameters
    ----------
    split
        The captions to choose from.
    conditions
        What has to hold.
    order, falling
        Sorted as in the file, by number of words or by number of `<UNK>`; greatest first if `falling`.
        Captions that are equal in this stay in the file's order.
    among
        Rows of the captions to choose from; all if Nsplit.
    """
    keep = np.ones(len(split.captions), dtype=np.bool_)
    if among is not None:
        keep[:] = False
        keep[among] = True
    for limits, counts in (
        (conditions.words, split.caption_lengths),
        (conditions.unknown, split.unknown_counts),
    ):
        if limits is not None:
            keep &= (counts >= limits[0]) & (counts <= limits[1])
    if conditions.captions_an_image is not None:
        least, most = conditions.captions_an_image
        fitting = (split.captions_per_image >= least) & (split.captions_per_image <= most)
        keep &= fitting[split.image_idxs]
    phrases, notes = _search(split, conditions.phrases, keep)
    rows = _sorted(split, np.flatnonzero(keep), order, falling)
    firsts = split.first_of_each_image(rows)
    if conditions.one_an_image:
        rows = rows[firsts]
    rows.setflags(write=False)
    return CaptionSelection(rows, int(np.count_nonzero(firsts)), phrases, notes)


def _search(
    split: CocoSplit, phrases: Sequence[str], keep: BoolArray
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Clear `keep` where a phrase is missing; return the phrases as spelt, and what is to be told."""
    spelt: list[str] = []
    notes: list[str] = []
    for phrase in phrases:
        if not phrase.strip():
            continue
        hits = split.search(phrase)
        found = np.zeros(len(keep), dtype=np.bool_)
        found[hits.caption_rows] = True
        keep &= found
        spelt.append(hits.text)
        if hits.note:
            notes.append(hits.note)
    return tuple(spelt), tuple(dict.fromkeys(notes))


def _sorted(split: CocoSplit, rows: IntArray, order: CaptionOrder, falling: bool) -> IntArray:
    if order == "file":
        return rows[::-1].copy() if falling else rows
    counts = (split.caption_lengths if order == "length" else split.unknown_counts)[rows]
    # In two bytes NumPy sorts by counting, some five times faster.
    narrow = (-counts if falling else counts).astype(
        np.int16 if split.captions.shape[1] < 2**15 else np.int64
    )
    return rows[np.argsort(narrow, kind="stable")]
