from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from captionviewer.core.coco.caption_selection import select_captions
from captionviewer.core.coco.dataset import CaptionConditions, CaptionOrder, CocoDataset
from captionviewer.core.coco.folder_layout import SPLITS, Split
from captionviewer.core.coco.vocabulary import caption_words


@pytest.fixture(scope="module")
def dataset(coco_folder: Path) -> Iterator[CocoDataset]:
    with CocoDataset.open(coco_folder) as opened:
        yield opened


def expected_rows(dataset: CocoDataset, split: Split, conditions: CaptionConditions) -> list[int]:
    """The captions that meet conditions, found by reading one after another."""
    images = dataset.split(split).image_idxs.tolist()
    found = []
    for row, ids in enumerate(dataset.split(split).captions):
        words = caption_words(ids, dataset.vocabulary)
        text = f" {' '.join(words)} "
        limits = (
            (conditions.words, len(words)),
            (conditions.unknown, words.count("<UNK>")),
            (conditions.captions_an_image, images.count(images[row])),
        )
        if all(f" {phrase} " in text for phrase in conditions.phrases) and all(
            limit is None or limit[0] <= number <= limit[1] for limit, number in limits
        ):
            found.append(row)
    return found


@pytest.mark.parametrize(
    "conditions",
    [
        CaptionConditions(),
        CaptionConditions(words=(6, 11)),
        CaptionConditions(unknown=(1, 2)),
        CaptionConditions(captions_an_image=(4, 4)),
        CaptionConditions(phrases=("a",)),
        CaptionConditions(phrases=("a", "the")),
        CaptionConditions(phrases=("the", "in the"), words=(5, 12), unknown=(0, 0)),
        CaptionConditions(words=(40, 50)),
    ],
)
@pytest.mark.parametrize("split", SPLITS)
def test_captions_are_found_that_meet_every_condition(
    split: Split, conditions: CaptionConditions, dataset: CocoDataset
) -> None:
    found = select_captions(dataset.split(split), conditions)
    rows = found.caption_rows.tolist()
    assert rows == expected_rows(dataset, split, conditions)
    assert found.num_photos == len(set(dataset.split(split).image_idxs[rows].tolist()))
    assert found.notes == ()


def test_phrases_are_spelt_as_in_the_vocabulary_and_empty_ones_ask_nothing(dataset: CocoDataset) -> None:
    found = select_captions(dataset.split("val"), CaptionConditions(phrases=("  ", "In  THE")))
    assert found.phrases == ("in the",)
    assert found.caption_rows.tolist() == dataset.split("val").search("in the").caption_rows.tolist()


def test_a_word_outside_the_vocabulary_finds_nothing_and_is_explained(dataset: CocoDataset) -> None:
    found = select_captions(dataset.split("train"), CaptionConditions(phrases=("a", "zyxwv", "zyxwv")))
    assert len(found.caption_rows) == found.num_photos == 0
    assert len(found.notes) == 1
    assert "“zyxwv” is not among" in found.notes[0] and "<UNK> in its place" in found.notes[0]


@pytest.mark.parametrize("falling", [False, True])
@pytest.mark.parametrize("order", ["length", "unknown"])
def test_captions_are_sorted_and_equals_keep_the_order_of_the_file(
    order: CaptionOrder, falling: bool, dataset: CocoDataset
) -> None:
    val = dataset.split("val")
    counts = val.caption_lengths if order == "length" else val.unknown_counts
    found = select_captions(val, CaptionConditions(), order=order, falling=falling)
    assert found.caption_rows.tolist() == sorted(
        range(len(counts)), key=lambda row: -counts[row] if falling else counts[row]
    )


def test_the_order_of_the_file_can_be_turned_round(dataset: CocoDataset) -> None:
    rows = select_captions(dataset.split("val"), CaptionConditions(), falling=True).caption_rows
    assert rows.tolist() == list(range(dataset.split("val").num_captions))[::-1]


def test_of_each_photo_the_caption_first_in_the_order_can_be_taken(dataset: CocoDataset) -> None:
    conditions = CaptionConditions(one_an_image=True)
    found = select_captions(dataset.split("train"), conditions, order="length", falling=True)
    images = dataset.split("train").image_idxs
    lengths = dataset.split("train").caption_lengths
    assert found.num_photos == len(found.caption_rows) == len(set(images.tolist()))
    for row in found.caption_rows.tolist():
        of_image = np.flatnonzero(images == images[row])
        assert lengths[row] == lengths[of_image].max()
    taken = lengths[found.caption_rows]
    assert (np.diff(taken) <= 0).all()


def test_captions_can_be_chosen_from_among_some(dataset: CocoDataset) -> None:
    among = np.array([9, 2, 5, 7])
    found = select_captions(dataset.split("train"), CaptionConditions(), among=among)
    assert found.caption_rows.tolist() == [2, 5, 7, 9]
    short = int(dataset.split("train").caption_lengths[5])
    found = select_captions(dataset.split("train"), CaptionConditions(words=(short, short)), among=among)
    assert 5 in found.caption_rows and set(found.caption_rows.tolist()) <= {2, 5, 7, 9}


def test_what_was_found_cannot_be_changed_by_who_asked(dataset: CocoDataset) -> None:
    rows = select_captions(dataset.split("train"), CaptionConditions()).caption_rows
    with pytest.raises(ValueError, match="read-only"):
        rows[0] = 3


def test_minibatches_of_what_was_found_come_sorted_or_shuffled(dataset: CocoDataset) -> None:
    rows = select_captions(dataset.split("val"), CaptionConditions(), order="length").caption_rows
    count = dataset.split("val").num_minibatches(7, rows)
    sorted_pages = [dataset.split("val").minibatch(7, 1, n, rows, shuffled=False) for n in range(count)]
    assert np.concatenate([page.caption_rows for page in sorted_pages]).tolist() == rows.tolist()
    shuffled = [dataset.split("val").minibatch(7, 1, n, rows) for n in range(count)]
    assert np.concatenate([page.caption_rows for page in shuffled]).tolist() != rows.tolist()
    assert sorted(np.concatenate([page.caption_rows for page in shuffled]).tolist()) == sorted(rows.tolist())
    file_order = dataset.split("val").minibatch(7, 1, 1, shuffled=False)
    assert file_order.caption_rows.tolist() == list(range(7, 14))
    last = dataset.split("val").minibatch(7, 1, count - 1, shuffled=False)
    assert last.caption_rows[-1] == dataset.split("val").num_captions - 1


def test_the_order_of_one_choice_is_not_taken_for_that_of_another(dataset: CocoDataset) -> None:
    all_of_it = dataset.split("train").minibatch(5, 8)
    some = np.arange(30, 60)
    few = dataset.split("train").minibatch(5, 8, among=some)
    assert set(few.caption_rows.tolist()) <= set(some.tolist())
    other = np.arange(70, 100)
    assert set(dataset.split("train").minibatch(5, 8, among=other).caption_rows.tolist()) <= set(
        other.tolist()
    )
    assert dataset.split("train").minibatch(5, 8).caption_rows.tolist() == all_of_it.caption_rows.tolist()
