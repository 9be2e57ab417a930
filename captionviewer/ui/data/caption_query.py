"""What the user chose to look at, as a value: split, minibatch, conditions and order."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

from captionviewer.core.coco.dataset import CaptionConditions, CaptionOrder, Split
from captionviewer.core.coco.vocabulary import UNK
from captionviewer.core.coco.word_search import typed_words

FIRST_SEED = 231


class Sorting(Enum):
    """The order of the captions: the words for it, and how the core is asked for it."""

    SHUFFLED = ("Shuffled by seed", "file", False)
    FILE = ("File order", "file", False)
    SHORTEST = ("Shortest first", "length", False)
    LONGEST = ("Longest first", "length", True)
    MOST_UNKNOWN = (f"Most {UNK} first", "unknown", True)
    FEWEST_UNKNOWN = (f"Fewest {UNK} first", "unknown", False)

    def __init__(self, words: str, order: CaptionOrder, falling: bool) -> None:
        self.words = words
        self.order: CaptionOrder = order
        self.falling = falling


@dataclass(frozen=True)
class CaptionQuery:
    """What the user chose; a minibatch follows from it and the data alone."""

    split: Split = "train"
    size: int = 24
    seed: int = FIRST_SEED
    index: int = 0  # which minibatch, from 0
    text: str = ""  # the word or phrase that stands in the search field
    kept: CaptionConditions = field(default_factory=CaptionConditions)  # all the other conditions
    only_trained: bool = False  # only captions that the current model was trained on
    sorting: Sorting = Sorting.SHUFFLED

    @property
    def conditions(self) -> CaptionConditions:
        """Everything a caption must meet, the search field's text included."""
        phrases = dict.fromkeys([*self.kept.phrases, self.text])
        return replace(self.kept, phrases=tuple(phrase for phrase in phrases if phrase))

    @property
    def any_condition(self) -> bool:
        """Whether not all captions are shown."""
        return self.only_trained or self.conditions != CaptionConditions()

    def without_conditions(self) -> "CaptionQuery":
        """The same query among all captions."""
        return replace(self, index=0, text="", kept=CaptionConditions(), only_trained=False)


@dataclass(frozen=True)
class ShownCondition:
    """One condition in words, and the query that is left when it is taken away."""

    words: str
    rest: CaptionQuery


def shown_conditions(query: CaptionQuery) -> list[ShownCondition]:
    """Name each condition of a query."""
    kept = query.kept
    shown = [
        ShownCondition(phrase_words(phrase), _without_phrase(query, phrase))
        for phrase in query.conditions.phrases
    ]
    for limits, words, rest in (
        (kept.words, ("word", "words"), replace(kept, words=None)),
        (kept.unknown, (UNK, UNK), replace(kept, unknown=None)),
        (
            kept.captions_an_image,
            ("caption a photo", "captions a photo"),
            replace(kept, captions_an_image=None),
        ),
    ):
        if limits is not None:
            shown.append(ShownCondition(range_words(limits, words), replace(query, index=0, kept=rest)))
    if kept.one_an_image:
        many = replace(kept, one_an_image=False)
        shown.append(ShownCondition("each photo once", replace(query, index=0, kept=many)))
    if query.only_trained:
        shown.append(ShownCondition("trained on", replace(query, index=0, only_trained=False)))
    return shown


def phrase_words(phrase: str) -> str:
    """Name a phrase as a condition: "word: dog", "phrase: red bus"."""
    return f"{'phrase' if ' ' in phrase else 'word'}: {phrase}"


def range_words(limits: tuple[int, int], units: tuple[str, str]) -> str:
    """Name a range: "9 words", "8 to 10 words", "no <UNK>"."""
    least, greatest = limits
    if limits == (0, 0):
        return f"no {units[0]}"
    if least == greatest:
        return f"{least:,} {units[least != 1]}"
    return f"{least:,} to {greatest:,} {units[1]}"


def all_phrases(phrases: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Return the words of each phrase."""
    return tuple(tuple(typed_words(phrase)) for phrase in phrases)


def _without_phrase(query: CaptionQuery, phrase: str) -> CaptionQuery:
    kept = tuple(other for other in query.kept.phrases if other != phrase)
    text = "" if query.text == phrase else query.text
    return replace(query, index=0, text=text, kept=replace(query.kept, phrases=kept))
