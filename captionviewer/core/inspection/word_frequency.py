"""Words by how often a network saw them in training: how they surprise it, and which it never says."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from captionviewer.core.arrays import FloatArray, IntArray
from captionviewer.core.coco.caption_statistics import word_counts
from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.coco.vocabulary import SPECIAL_WORDS, UNK, Vocabulary
from captionviewer.core.decoding.caption_photos import caption_photos
from captionviewer.core.decoding.decoding import Decoding
from captionviewer.core.inspection.corpus import Corpus
from captionviewer.core.inspection.photo_worth import WordSurprises, photos_of, word_surprises
from captionviewer.core.network.captioning_rnn import CaptioningRNN


@dataclass(frozen=True)
class FrequencyBand:
    """The words trained on `least` to `most` times: `num_words` of them, and their mean surprise."""

    least: int
    most: int
    num_words: int
    nats: float  # over all places where they stand


@dataclass(frozen=True)
class SurpriseByFrequency:
    """The n words of a corpus, with `<UNK>` and without the other special ones, often trained ones first.

    Attributes
    ----------
    words
        (n,) ids.
    trained
        (n,) how often each stands in the captions of training; may be 0.
    counts
        (n,) how often in the corpus, 1 or more.
    nats
        (n,) its mean surprise there.
    by_frequency
        (n,) what its surprise would be to one who knows nothing but how often each target stands in the
        captions of training, `<END>` included; infinite for what was never trained on.
    """

    words: IntArray
    trained: IntArray
    counts: IntArray
    nats: FloatArray
    by_frequency: FloatArray

    def bands(self) -> list[FrequencyBand]:
        """The words in bands of ten times the frequency, those that are there: 0, 1 to 9, 10 to 99, …"""
        digits = np.where(self.trained > 0, np.log10(np.maximum(self.trained, 1)).astype(np.intp) + 1, 0)
        found = []
        for digit in np.unique(digits).tolist():
            here = digits == digit
            nats = float((self.nats[here] * self.counts[here]).sum() / self.counts[here].sum())
            least, most = (10 ** (digit - 1), 10**digit - 1) if digit else (0, 0)
            found.append(FrequencyBand(least, most, int(here.sum()), nats))
        return found

    @property
    def below_frequency(self) -> tuple[int, int]:
        """How many words surprise the network less than their frequency would, and of how many trained on."""
        heard = self.trained > 0
        return int((self.nats < self.by_frequency)[heard].sum()), int(heard.sum())


def surprise_by_frequency(
    surprises: WordSurprises, trained_on: IntArray, vocabulary: Vocabulary
) -> SurpriseByFrequency:
    """Hold how surprising words are against how often they were trained on.

    Parameters
    ----------
    surprises
        of a network at the words of a corpus.
    trained_on
        (n, T) ids of the captions that it learned from.
    vocabulary
        whose ids all of these are.
    """
    trained = word_counts(trained_on, vocabulary)
    targets = int(trained.sum()) + int((trained_on == vocabulary.end).sum())
    shown = surprises.counts > 0
    shown[[vocabulary.word_to_idx[word] for word in SPECIAL_WORDS if word != UNK]] = False
    words = np.flatnonzero(shown)
    words = words[np.argsort(-trained[words], kind="stable")]
    with np.errstate(divide="ignore"):
        by_frequency = -np.log(trained[words] / max(targets, 1))
    return SurpriseByFrequency(
        words=words,
        trained=trained[words],
        counts=surprises.counts[words],
        nats=surprises.nats[words] / surprises.counts[words],
        by_frequency=by_frequency,
    )


def read_by_frequency(
    model: CaptioningRNN,
    corpus: Corpus,
    trained_on: IntArray,
    vocabulary: Vocabulary,
    progress: Callable[[float], bool] = lambda _share: True,
) -> SurpriseByFrequency | None:
    """Read a corpus with its true photos, as `word_surprises`, and do as `surprise_by_frequency`."""
    _rows, features, owners = photos_of(corpus)
    read = word_surprises(model, features, corpus.captions, owners, progress)
    return None if read is None else surprise_by_frequency(read, trained_on, vocabulary)


@dataclass(frozen=True)
class SaidWords:
    """Which words a network says in one caption for each of some photos, and which people say.

    Attributes
    ----------
    num_photos
        how many photos.
    said
        (V,) how often each word stands in the network's captions; 0 for padding, start and end.
    by_people
        (V,) how often in the first caption by people of each of these photos.
    trained
        (V,) how often in the captions of training.
    ordinary
        (R,) the ids of the words that are not special.
    """

    num_photos: int
    said: IntArray
    by_people: IntArray
    trained: IntArray
    ordinary: IntArray

    @property
    def num_said(self) -> int:
        """How many different words the network says, `<UNK>` not counted."""
        return int((self.said[self.ordinary] > 0).sum())

    @property
    def num_by_people(self) -> int:
        """The same of the people."""
        return int((self.by_people[self.ordinary] > 0).sum())

    @property
    def never_said(self) -> IntArray:
        """The words that the network never says, those that it was trained on most first."""
        never = self.ordinary[self.said[self.ordinary] == 0]
        by_frequency: IntArray = never[np.argsort(-self.trained[never], kind="stable")]
        return by_frequency


def words_said(
    model: CaptioningRNN,
    corpus: Corpus,
    decoding: Decoding,
    trained_on: IntArray,
    vocabulary: Vocabulary,
    progress: Callable[[float], bool] = lambda _share: True,
) -> SaidWords | None:
    """Caption each photo of a corpus, and count the words.

    Parameters
    ----------
    model
        the network.
    corpus
        whose photos are captioned, and whose captions people wrote.
    decoding
        how captions are written.
    trained_on
        (n, T) ids of the captions that the network learned from.
    vocabulary
        whose ids all of these are.
    progress
        told the share that is done; False ends it.

    Returns
    -------
    None where `progress` ended it.

    Raises
    ------
    ValueError
        features that do not fit the network, or a decoding that does not fit the vocabulary.
    """
    rows, features, _owners = photos_of(corpus)
    wanted = True

    def tell(share: float) -> None:
        nonlocal wanted
        wanted = wanted and progress(share)

    captions = caption_photos(model, features, decoding, stop=lambda: not wanted, progress=tell)
    if captions is None or not wanted:
        return None
    _rows, first = np.unique(corpus.photos, return_index=True)
    special = [vocabulary.word_to_idx[word] for word in SPECIAL_WORDS]
    return SaidWords(
        num_photos=len(rows),
        said=word_counts(captions, vocabulary),
        by_people=word_counts(corpus.captions[first], vocabulary),
        trained=word_counts(trained_on, vocabulary),
        ordinary=np.setdiff1d(np.arange(len(vocabulary)), special),
    )


def captions_of_training(dataset: CocoDataset, rows: IntArray) -> tuple[IntArray, str]:
    """The captions (n, T) of train in these rows, or all where there are none; and which, in words."""
    train = dataset.split("train")
    if not len(rows) or len(rows) == train.num_captions:
        return train.captions, f"all {train.num_captions:,} captions of train"
    return train.captions[rows], f"the {len(rows):,} captions it was trained on"
