from pathlib import Path

import numpy as np
import pytest

from captionviewer.core.coco import word_search
from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.coco.folder_layout import SPLITS
from captionviewer.core.coco.vocabulary import SPECIAL_WORDS, Vocabulary
from captionviewer.core.coco.word_search import WordSearch, typed_words

VOCABULARY = Vocabulary.from_words(
    ["<NULL>", "<START>", "<END>", "<UNK>", "a", "cat", "on", "Paris", "paris", "mat"]
)
CAPTIONS = np.array(
    [
        [1, 4, 5, 6, 4, 9, 2],  # a cat on a mat
        [1, 4, 9, 2, 0, 0, 0],  # a mat
        [1, 3, 5, 4, 4, 5, 2],  # <UNK> cat a a cat
        [1, 7, 6, 8, 2, 0, 0],  # Paris on paris
        [1, 4, 4, 4, 4, 4, 4],  # no end: the row is full
        [1, 5, 2, 0, 0, 0, 0],  # cat
    ],
    dtype=np.int32,
)
IMAGE_IDXS = np.array([3, 0, 3, 1, 2, 0], dtype=np.int32)
SEARCH = WordSearch(CAPTIONS, IMAGE_IDXS, 5, VOCABULARY)


@pytest.mark.parametrize(
    ("text", "rows", "images"),
    [
        ("cat", [0, 2, 5], [3, 0]),
        ("mat", [0, 1], [3, 0]),
        ("a", [0, 1, 2, 4], [3, 0, 2]),
        ("a cat", [0, 2], [3]),
        ("A  CAT", [0, 2], [3]),
        ("a mat", [0, 1], [3, 0]),
        ("a a", [2, 4], [3, 2]),
        ("a a a a a a", [4], [2]),
        ("cat on a mat", [0], [3]),
        ("mat on", [], []),
        ("PARIS", [3], [1]),
        ("paris on Paris", [3], [1]),
        ("<unk> cat", [2], [3]),
        ("“cat”,", [0, 2, 5], [3, 0]),
        ("a <start>", [], []),
        ("cat <end> <start>", [], []),
        ("<start> cat", [5], [0]),
        ("a a a a a a a a", [], []),
    ],
)
def test_a_word_or_phrase_is_found_in_whole_words_with_its_photos(
    text: str, rows: list[int], images: list[int]
) -> None:
    hits = SEARCH.find(text)
    assert (hits.caption_rows.tolist(), hits.image_rows.tolist(), hits.count) == (rows, images, len(rows))
    assert hits.note == ""


def test_captions_turned_a_few_at_a_time_are_all_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(word_search, "_TURNED_ROWS", 4)
    search = WordSearch(CAPTIONS, IMAGE_IDXS, 5, VOCABULARY)
    assert search.find("cat").caption_rows.tolist() == [0, 2, 5]
    assert search.find("paris").caption_rows.tolist() == [3]


@pytest.mark.parametrize("text", ["", "   ", " ... "])
def test_searching_nothing_finds_nothing_and_says_nothing(text: str) -> None:
    hits = SEARCH.find(text)
    assert (hits.count, len(hits.caption_rows), len(hits.image_rows), hits.note) == (0, 0, 0, "")


def test_a_word_outside_the_vocabulary_is_said_to_be_written_as_unk() -> None:
    hits = SEARCH.find("a Zebra")
    assert (hits.text, hits.count) == ("a zebra", 0)
    assert hits.note == (
        "“zebra” is not among the 10 words of the vocabulary: captions have <UNK> in its place, "
        "1 caption in all."
    )
    note = SEARCH.find("zebra gnu zebra").note
    assert "“zebra”, “gnu” are not" in note and "<UNK> in their place" in note


def test_search_agrees_with_a_loop_over_all_captions(coco_folder: Path) -> None:
    with CocoDataset.open(coco_folder) as dataset:
        words = dataset.vocabulary.idx_to_word
        rng = np.random.default_rng(8)
        for split in SPLITS:
            texts = [
                " ".join(words[i] for i in row).split(" <END>")[0] for row in dataset.split(split).captions
            ]
            phrases = []
            for _ in range(60):
                caption = texts[rng.integers(len(texts))].split()
                start = rng.integers(1, len(caption))
                phrases.append(" ".join(caption[start : start + rng.integers(1, 5)]))
            for phrase in phrases:
                expected = [row for row, text in enumerate(texts) if f" {phrase} " in f" {text} "]
                hits = dataset.split(split).search(phrase.upper())
                assert hits.caption_rows.tolist() == expected, phrase
                images = [int(dataset.split(split).image_idxs[row]) for row in expected]
                assert hits.image_rows.tolist() == list(dict.fromkeys(images)), phrase


def test_a_no_break_space_is_part_of_a_word_and_other_spaces_are_not() -> None:
    assert typed_words(" in\u00a0New\u00a0York \t at\n 5\u202fpm\u3000now ") == [
        "in\u00a0New\u00a0York",
        "at",
        "5\u202fpm",
        "now",
    ]
    assert typed_words(" \n") == []


def test_a_no_break_space_between_two_words_of_the_vocabulary_parts_them() -> None:
    vocabulary = Vocabulary.from_words([*SPECIAL_WORDS, "new", "york", "new\u00a0york"])
    captions = np.array([[1, 4, 5, 2], [1, 6, 2, 0], [1, 5, 4, 2]])
    search = WordSearch(captions, np.arange(3), 3, vocabulary)
    assert search.find("york\u00a0new").caption_rows.tolist() == [2]
    assert search.find("New\u00a0York").caption_rows.tolist() == [1]
    assert search.find("new york").caption_rows.tolist() == [0]
