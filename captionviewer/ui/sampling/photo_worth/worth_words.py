"""What the figures of Photo's worth say, in words that hold for those figures."""

import math

import numpy as np

from captionviewer.core.amounts import signed
from captionviewer.core.arrays import FloatArray
from captionviewer.core.inspection.photo_worth import BlindWorth, PhotoWorth
from captionviewer.core.saved.model_file import SavedModel

NAMED_WORDS = 6  # that gain most, and as many that lose
GREEDY = " All captions here are greedy."


def caution_words(saved: SavedModel) -> str:
    """What the rows do not say of this network."""
    if not saved.iteration:
        return "This network has not learned anything yet: no photo is worth anything to it." + GREEDY
    if saved.settings.blind:
        return "This network was trained without photos and reads none: all four rows are one." + GREEDY
    return (
        "What a row costs more than the true photo is not what the photo is worth: this network was trained"
        " with photos and never learned to do without. One that is trained without photos had to learn to"
        " guess as well as it can, and only the difference to that one is fair." + GREEDY
    )


def blind_worth_words(blind: BlindWorth, worth: PhotoWorth, idx_to_word: list[str] | tuple[str, ...]) -> str:
    """What the photo is worth, what zeroing would have said, and which words gain and which do not."""
    with_photo, zero = blind.true.nats_a_word, worth.surprises["zero"].nats_a_word
    fair, zeroed = blind.blind.nats_a_word - with_photo, zero - with_photo
    said = (
        f"The photo is worth {blind.bits_a_word:.2f} bits a word: trained blind"
        f" {blind.blind.nats_a_word:.2f}, with the photo {with_photo:.2f} nats a word."
    )
    if zeroed > fair > 0:
        said += (
            f" Zeroing would say {zeroed / math.log(2):.2f} bits, {zeroed / fair:.1f} times as much: it also"
            " counts what this network loses because it never learned to do without."
        )
    bits = blind.bits()
    known = np.flatnonzero(np.isfinite(bits))
    if not len(known):
        return said
    order = known[np.argsort(-bits[known], kind="stable")]
    most, least = order[:NAMED_WORDS].tolist(), order[::-1][:NAMED_WORDS].tolist()
    return (
        f"{said} Bits by word: most {_named(bits, most, idx_to_word)};"
        f" least {_named(bits, least, idx_to_word)}."
    )


def _named(values: FloatArray, words: list[int], idx_to_word: list[str] | tuple[str, ...]) -> str:
    return ", ".join(f"{idx_to_word[word]} {signed(values[word], 1, plus=True)}" for word in words)


def confidence_words(worth: PhotoWorth) -> str:
    """Why a wrong photo may cost more than none, where it does here."""
    another, zero = (worth.surprises[source].nats_a_word for source in ("another", "zero"))
    if another <= zero:
        return ""
    return " Another's photo costs more than none at all: a wrong photo misleads."


def worth_words(worth: PhotoWorth, idx_to_word: list[str] | tuple[str, ...]) -> str:
    """The words that surprise most, and least, when the average photo takes the true one's place."""
    costs = worth.costs("average")
    known = np.flatnonzero(np.isfinite(costs))
    if not len(known):
        return "No word is frequent enough in val to be told apart."
    order = known[np.argsort(-costs[known], kind="stable")]

    most, least = order[:NAMED_WORDS].tolist(), order[::-1][:NAMED_WORDS].tolist()
    return (
        f"Average in place of true, nats more by word: most {_named(costs, most, idx_to_word)};"
        f" least {_named(costs, least, idx_to_word)}."
    )
