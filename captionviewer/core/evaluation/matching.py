"""Which words of a caption stand in which of people's, and what they are worth: why a score is what it is."""

from dataclasses import dataclass

from captionviewer.core.evaluation.document_frequencies import DocumentFrequencies
from captionviewer.core.evaluation.ngrams import ORDERS
from captionviewer.core.evaluation.sentences import Sentences


@dataclass(frozen=True)
class NgramMatch:
    """An n-gram of a caption that references have.

    Attributes
    ----------
    start, n
        where it begins in the caption, and how many words it has.
    weight
        what CIDEr-D counts it for: ln of all photos over those whose captions have it, 0 if all do.
    places
        (number of the reference, where it begins there), each place.
    """

    start: int
    n: int
    weight: float
    places: tuple[tuple[int, int], ...]


def matching_ngrams(
    caption: Sentences,
    references: Sentences,
    frequencies: DocumentFrequencies,
    left_out: int | None = None,
) -> tuple[NgramMatch, ...]:
    """The n-grams of one to four words that a caption shares with its references, the longest first.

    Parameters
    ----------
    caption
        (1,) in which what is to match nothing has an id that no reference has.
    references
        (k,) of the photo.
    frequencies
        of the whole split.
    left_out
        number of the reference that does not count.
    """
    weights = frequencies.weights(caption.words)
    said = caption.words[0, : caption.lengths[0]].tolist()
    told = [
        words[:length] for words, length in zip(references.words.tolist(), references.lengths, strict=True)
    ]
    found: list[NgramMatch] = []
    for n in range(ORDERS, 0, -1):
        for start in range(len(said) - n + 1):
            ngram = said[start : start + n]
            places = tuple(
                (number, place)
                for number, words in enumerate(told)
                if number != left_out
                for place in range(len(words) - n + 1)
                if words[place : place + n] == ngram
            )
            if places:
                found.append(NgramMatch(start, n, float(weights[n - 1, start, 0]), places))
    return tuple(found)
