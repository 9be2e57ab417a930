"""Captions and references that other programs have scored: the same words on every machine.

The scores that pycocoevalcap 1.2 and sacrebleu 2.6 gave stand in `scores_by_others.json`, written by
`scores_by_others.py` (`make oracle`), which needs both; the tests need neither.
"""

import json
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import numpy as np

from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.coco.vocabulary import caption_words
from captionviewer.core.evaluation.caption_scores import CaptionScores, Scorer
from captionviewer.core.evaluation.sentences import References, Sentences

FACTS = Path(__file__).with_name("scores_by_others.json")
RANDOM_CORPORA = 200


class Corpus(NamedTuple):
    """A caption for each photo, and its references."""

    captions: list[list[str]]
    references: list[list[list[str]]]


def random_corpus(seed: int) -> Corpus:
    """One to eight photos, few words: so many are repeated, and some sentences are empty or of one word."""
    random = Random(seed).random  # of `random`, what is promised to stay the same from version to version
    words = 2 + int(random() * 5)

    def sentence(least: int = 0) -> list[str]:
        length = max(least, int(random() * 10))
        if random() < 0.2:
            return [f"w{int(random() * words)}"] * length
        return [f"w{int(random() * words)}" for _ in range(length)]

    photos = 1 + int(random() * 8)
    captions = [sentence() for _ in range(photos)]
    references = [[sentence() for _ in range(1 + int(random() * 5))] for _ in range(photos)]
    references[0][0] = sentence(1)  # where no reference has a word pycocoevalcap gives up
    return Corpus(captions, references)


def storybook_corpus(sentences: list[list[str]]) -> Corpus:
    """Of each scene the first sentence against the others."""
    return Corpus(
        [scene[0].split() for scene in sentences],
        [[one.split() for one in scene[1:]] for scene in sentences],
    )


def coco_corpus(dataset: CocoDataset, seed: int = 231) -> Corpus:
    """Of each val photo one caption, drawn by the seed, against its others."""
    rng, captions, references = np.random.default_rng(seed), [], []
    for row in range(dataset.split("val").num_photos):
        rows = list(dataset.split("val").record(row).caption_rows)
        drawn = rows.pop(int(rng.random() * len(rows)))
        captions.append(caption_words(dataset.split("val").captions[drawn], dataset.vocabulary))
        references.append([caption_words(dataset.split("val").captions[r], dataset.vocabulary) for r in rows])
    return Corpus(captions, references)


def facts() -> dict[str, Any]:
    """What other programs said."""
    loaded: dict[str, Any] = json.loads(FACTS.read_text(encoding="utf-8"))
    return loaded


def ids_of(corpus: Corpus) -> dict[str, int]:
    """An id for every word."""
    everything = [*corpus.captions, *(one for photo in corpus.references for one in photo)]
    return {word: number for number, word in enumerate(sorted({w for one in everything for w in one}))}


def references_of(corpus: Corpus) -> References:
    """Its references, in arrays."""
    counts = np.array([len(photo) for photo in corpus.references])
    return References(
        Sentences.of_words([one for photo in corpus.references for one in photo], ids_of(corpus)), counts
    )


def scores_of(corpus: Corpus) -> CaptionScores:
    """Its scores by this program."""
    scores = Scorer(references_of(corpus)).score(Sentences.of_words(corpus.captions, ids_of(corpus)))
    assert scores is not None
    return scores


def weighted(values: Any) -> float:
    """One number in which each of many, and its place, counts."""
    return float(np.dot(np.arange(1, len(values) + 1), values))
