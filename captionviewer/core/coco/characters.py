"""A data set's other face: the same captions and photos, spelled in characters in place of words.

What comes of it is a `CocoDataset` like any other, with a vocabulary of some thirty characters and captions
of five times the length: solver, decoding, beam tree, states and scores take it as they take words.
"""

from collections.abc import Callable, Iterable, Mapping

import numpy as np

from captionviewer.core.arrays import IntArray
from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.coco.files import SplitCaptions
from captionviewer.core.coco.folder_layout import SPLITS, Split
from captionviewer.core.coco.split import CocoSplit
from captionviewer.core.coco.vocabulary import SPACE_SIGN, SPECIAL_WORDS, UNK, Vocabulary

# (split, rows of captions that hold <UNK>) -> the whole texts of those of them that are known
FullTexts = Callable[[Split, IntArray], Mapping[int, str]]


def no_texts(_split: Split, _rows: IntArray) -> Mapping[int, str]:
    """A data folder keeps no letters of what became `<UNK>`."""
    return {}


def character_vocabulary(words: Vocabulary, texts: Iterable[str] = ()) -> Vocabulary:
    """The special words, a sign for the space, and all characters of the words and of some texts."""
    plain = (word for word in words.idx_to_word if word not in SPECIAL_WORDS)
    used = {character for text in (*plain, *texts) for character in text}
    return Vocabulary.from_words((*SPECIAL_WORDS, SPACE_SIGN, *sorted(used - {" ", SPACE_SIGN})))


def spelled(text: str, characters: Vocabulary) -> list[int]:
    """The ids of a text's characters; the word `<UNK>` is one, and so is a character that is not known.

    A sign for the space that stands in the text itself is not known.
    """
    ids: list[int] = []
    for number, word in enumerate(text.replace(SPACE_SIGN, "\0").split(" ")):
        if number:
            ids.append(characters.word_to_idx[SPACE_SIGN])
        if word == UNK:
            ids.append(characters.unk)
        else:
            ids += [characters.word_to_idx.get(each, characters.unk) for each in word]
    return ids


def in_characters(dataset: CocoDataset, full_texts: FullTexts = no_texts) -> CocoDataset:
    """The data set in characters.

    Every caption is spelled as it stands, its words with a space between two. For `<UNK>`, whose letters the
    files do not hold, stands one `<UNK>`, unless `full_texts` knows the caption. T is what the longest needs.

    Parameters
    ----------
    dataset
        The words. The two share features and files: close this one alone, when neither is needed.
    full_texts
        What is known of captions that hold `<UNK>`.
    """
    unknown = {split: np.flatnonzero(dataset.split(split).unknown_counts) for split in SPLITS}
    told = {split: full_texts(split, rows) if len(rows) else {} for split, rows in unknown.items()}
    characters = character_vocabulary(dataset.vocabulary, told["train"].values())
    ragged = {split: _spelled_captions(dataset, split, characters, told[split]) for split in SPLITS}
    T = max(int(lengths.max()) for _, lengths in ragged.values()) + 2
    splits: dict[Split, CocoSplit] = {}
    for split, (ids, lengths) in ragged.items():
        here = dataset.split(split)
        captions = np.full((len(lengths), T), characters.null, np.int32)
        captions[:, 0] = characters.start
        columns = np.arange(T - 1)
        captions[:, 1:][columns < lengths[:, np.newaxis]] = ids
        captions[np.arange(len(lengths)), lengths + 1] = characters.end
        captions.setflags(write=False)
        texts = SplitCaptions(captions, here.image_idxs)
        splits[split] = CocoSplit(split, characters, texts, here.features, here.urls, here.names)
    return CocoDataset(dataset.folder, dataset.feature_kind, dataset.available_features, characters, splits)


def _spelled_captions(
    dataset: CocoDataset, split: Split, characters: Vocabulary, told: Mapping[int, str]
) -> tuple[IntArray, IntArray]:
    """The characters of all captions of a split one after the other, and how many each has, (n,)."""
    words, here = dataset.vocabulary, dataset.split(split)
    space = characters.word_to_idx[SPACE_SIGN]
    # Each word as its characters and a space; the last one's is cut off.
    spellings = [
        [] if word in SPECIAL_WORDS and word != UNK else [*spelled(word, characters), space]
        for word in words.idx_to_word
    ]
    widths = np.array([len(each) for each in spellings])
    flat = np.array([each for spelling in spellings for each in spelling], np.int32)
    begins = np.cumsum(widths) - widths
    captions = here.captions
    within = ~np.logical_or.accumulate(captions == words.end, axis=1)
    ids = np.where(within, captions, words.null)
    # Where the k-th character of a caption stands in `flat`: the word's beginning, and on by ones.
    each_word = ids.ravel()
    wide = widths[each_word]
    ends = np.cumsum(wide)
    places = np.repeat(begins[each_word] - (ends - wide), wide) + np.arange(int(ends[-1]))
    lengths = widths[ids].sum(axis=1)
    out = flat[places]
    last = np.cumsum(lengths)[lengths > 0] - 1  # each caption's last space
    out, lengths = np.delete(out, last), np.maximum(lengths - 1, 0)
    if told:
        ends = np.cumsum(lengths).tolist()
        parts = [out[begin:end] for begin, end in zip([0, *ends[:-1]], ends, strict=True)]
        for row, text in told.items():
            parts[row] = np.array(spelled(text, characters), np.int32)
        out, lengths = np.concatenate(parts), np.array([len(part) for part in parts])
    return out, lengths
