"""What people said in a whole data set, as scores need it: worked out once while the data is open."""

import threading
from functools import cached_property
from weakref import WeakKeyDictionary

import numpy as np

from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.coco.folder_layout import Split
from captionviewer.core.evaluation.diversity import commonest
from captionviewer.core.evaluation.document_frequencies import DocumentFrequencies
from captionviewer.core.evaluation.sentences import References, Sentences


class TrainingCaptions:
    """The captions of the train split, as baselines and novelty need them.

    Attributes
    ----------
    sentences
        (N,) all of them, in the order of the file.
    """

    def __init__(self, dataset: CocoDataset) -> None:
        self.sentences = Sentences.of_captions(dataset.split("train").captions, dataset.vocabulary)

    @cached_property
    def commonest(self) -> Sentences:
        """The commonest of them, (1,)."""
        row = commonest(self.sentences)
        return self.sentences[row : row + 1]


class _Kept:
    """Of one data set; holds no reference to it, so that it goes when the data is closed."""

    def __init__(self) -> None:
        self.lock = threading.Lock()  # who asks second waits, and finds it done
        self.training: TrainingCaptions | None = None
        self.frequencies: dict[Split, DocumentFrequencies] = {}


_kept: "WeakKeyDictionary[CocoDataset, _Kept]" = WeakKeyDictionary()
_lock = threading.Lock()


def _kept_of(dataset: CocoDataset) -> _Kept:
    with _lock:
        return _kept.setdefault(dataset, _Kept())


def training_captions(dataset: CocoDataset) -> TrainingCaptions:
    """The captions of the train split; read once, from any thread."""
    kept = _kept_of(dataset)
    with kept.lock:
        if kept.training is None:
            kept.training = TrainingCaptions(dataset)
        return kept.training


def document_frequencies(dataset: CocoDataset, split: Split) -> DocumentFrequencies:
    """How many photos of a whole split have each n-gram; counted once, from any thread.

    For all of COCO's val (2 million words) that takes half a second the first time.
    """
    kept = _kept_of(dataset)
    with kept.lock:
        if split not in kept.frequencies:
            part = dataset.split(split)
            photos = np.flatnonzero(part.captions_per_image)
            references = References.of_photos(part.captions, part.image_idxs, photos, dataset.vocabulary)
            kept.frequencies[split] = DocumentFrequencies(references)
        return kept.frequencies[split]
