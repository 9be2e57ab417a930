"""What the storybook's captions say in full where the data has `<UNK>`: its scenes are told anew."""

from collections.abc import Mapping

from captionviewer.core.arrays import IntArray
from captionviewer.core.coco.characters import FullTexts, in_characters, no_texts
from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.coco.folder_layout import Split
from captionviewer.core.coco.vocabulary import UNK, caption_words
from captionviewer.core.storybook.addresses import SCHEME
from captionviewer.core.storybook.scenes import scene
from captionviewer.core.storybook.sentences import captions


def is_storybook(dataset: CocoDataset) -> bool:
    """Whether the photos of a data set are scenes of the storybook."""
    urls = dataset.split("train").urls
    return bool(urls) and urls[0].startswith(SCHEME)


def in_characters_in_full(dataset: CocoDataset) -> CocoDataset:
    """The data set in characters, as `in_characters`, with what the storybook knows of its captions."""
    return in_characters(dataset, known_texts_of(dataset))


def known_texts_of(dataset: CocoDataset) -> FullTexts:
    """What is known of captions that hold `<UNK>`: the storybook's, and none of other data."""
    return full_texts_of(dataset) if is_storybook(dataset) else no_texts


def full_texts_of(dataset: CocoDataset) -> FullTexts:
    """What gives the full texts of captions (rows of a split) that hold `<UNK>`; only sure ones are given."""

    def of(split: Split, rows: IntArray) -> Mapping[int, str]:
        here, words = dataset.split(split), dataset.vocabulary
        found: dict[int, str] = {}
        for row in rows.tolist():
            said = caption_words(here.captions[row], words)
            for told in captions(scene(split, int(here.image_idxs[row]))):
                whole = told.text.split()
                if [word if word in words.word_to_idx else UNK for word in whole] == said:
                    found[row] = told.text
                    break
        return found

    return of
