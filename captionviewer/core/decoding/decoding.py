"""The one value that says how captions are written; it is shown beside captions and saved with scores."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, get_args

from captionviewer.core.coco.vocabulary import LONGEST_IN_CHARACTERS, LONGEST_IN_WORDS, Vocabulary

Method = Literal["greedy", "sample", "beam", "exact"]

WIDEST_BEAM = 10
LONGEST_CAPTION = 255


@dataclass(frozen=True)
class Decoding:
    """How a caption is written; each method reads only what concerns it.

    Attributes
    ----------
    method
        "greedy": the likeliest word each time. "sample": a word drawn by its probability. "beam": the
        `beam_width` likeliest beginnings are carried on side by side. "exact": the likeliest caption of all.
    temperature
        of sampling; the logits are divided by it, and 0 is greedy.
    k
        sampling draws among the k likeliest words; None: among all. Applied after the temperature.
    p
        sampling draws among the fewest words that together have this share of what k left, the word that
        crosses it included.
    beam_width
        beginnings that a beam keeps.
    alpha
        a beam's captions are put in order by ln p over length to this power; the search goes by ln p.
    forbidden_words
        words that are never said: what is left shares their probability.
    ngram_block
        no n-gram of this many words may come twice in a caption; 0 for no such rule. What is left does
        not become likelier by it.
    max_length
        words at most, `<END>` included.
    seed
        of the draws of sampling.

    Raises
    ------
    ValueError
        a value outside its limits; the message is for people.
    """

    method: Method = "greedy"
    temperature: float = 1.0
    k: int | None = None
    p: float = 1.0
    beam_width: int = 3
    alpha: float = 0.0
    forbidden_words: tuple[str, ...] = ()
    ngram_block: int = 0
    max_length: int = LONGEST_IN_WORDS
    seed: int = 0

    def __post_init__(self) -> None:
        if self.method not in get_args(Method):
            raise ValueError(f"The method is one of {', '.join(get_args(Method))}, not {self.method!r}.")
        if not (math.isfinite(self.temperature) and self.temperature >= 0):
            raise ValueError(f"The temperature is 0 or more, not {self.temperature}.")
        if self.k is not None and self.k < 1:
            raise ValueError(f"At least 1 word is kept to draw among, not {self.k}.")
        if not 0 < self.p <= 1:
            raise ValueError(f"The share p of the probability is above 0 and at most 1, not {self.p}.")
        if not 1 <= self.beam_width <= WIDEST_BEAM:
            raise ValueError(f"A beam is 1 to {WIDEST_BEAM} wide, not {self.beam_width}.")
        if not 0 <= self.alpha <= 1:
            raise ValueError(f"The length's power alpha is from 0 to 1, not {self.alpha}.")
        if self.ngram_block < 0:
            raise ValueError(f"An n-gram that may not come twice has 1 word or more, not {self.ngram_block}.")
        if not 1 <= self.max_length <= LONGEST_CAPTION:
            raise ValueError(f"A caption has 1 to {LONGEST_CAPTION} words, not {self.max_length}.")
        if self.seed < 0:
            raise ValueError(f"A seed is 0 or more, not {self.seed}.")
        # Two values that forbid the same are equal, however the words were given.
        object.__setattr__(self, "forbidden_words", tuple(sorted(set(self.forbidden_words))))

    @property
    def repeatable(self) -> bool:
        """Whether the same photo always gets the same caption, whatever the seed."""
        return self.method != "sample" or self.temperature == 0 or self.k == 1

    def as_read(self) -> "Decoding":
        """The same with defaults where its method reads nothing: two equal ones write the same captions."""
        always = Decoding(
            self.method,
            forbidden_words=self.forbidden_words,
            ngram_block=self.ngram_block,
            max_length=self.max_length,
        )
        if self.method == "sample":
            return replace(always, temperature=self.temperature, k=self.k, p=self.p, seed=self.seed)
        if self.method == "beam":
            return replace(always, beam_width=self.beam_width, alpha=self.alpha)
        return always

    def for_vocabulary(self, vocabulary: Vocabulary) -> "Decoding":
        """The same for other words: without forbidden ones that they lack, for those can't be said anyway.

        A length that was the longest, of words or of characters, is the longest of these.
        """
        known = tuple(word for word in self.forbidden_words if word in vocabulary.word_to_idx)
        longest = vocabulary.longest_caption
        chosen = self.max_length not in (LONGEST_IN_WORDS, LONGEST_IN_CHARACTERS)
        return replace(
            self, forbidden_words=known, max_length=min(self.max_length, longest) if chosen else longest
        )

    def forbidden_ids(self, word_to_idx: Mapping[str, int]) -> list[int]:
        """The ids of the forbidden words.

        Raises
        ------
        ValueError
            a word that the vocabulary lacks, or none is left to be said.
        """
        for word in self.forbidden_words:
            if word not in word_to_idx:
                raise ValueError(f"{word!r} can't be forbidden: it is not in the vocabulary.")
        if len(self.forbidden_words) == len(word_to_idx):
            raise ValueError("Every word of the vocabulary is forbidden.")
        return [word_to_idx[word] for word in self.forbidden_words]

    def words(self) -> str:
        """The value in words for people, as "beam of 3, never <UNK>"; what changes nothing is left out."""
        parts: list[str] = []
        if self.method == "greedy":
            parts.append("greedy")
        elif self.method == "exact":
            parts.append("the likeliest caption")
        elif self.method == "beam":
            parts.append(f"beam of {self.beam_width}")
            if self.alpha:
                parts.append(f"ln p over length to the power {self.alpha:g}")
        else:
            parts.append(f"sampled at temperature {self.temperature:g}")
            if self.k is not None:
                parts.append(
                    f"among the {self.k} likeliest words" if self.k > 1 else "the likeliest word only"
                )
            if self.p < 1:
                parts.append(f"among the likeliest words that make up {self.p:.4g} of the probability")
            parts.append(f"seed {self.seed}")
        if self.forbidden_words:
            parts.append(f"never {', '.join(self.forbidden_words)}")
        if self.ngram_block:
            parts.append(
                "no word twice" if self.ngram_block == 1 else f"no {self.ngram_block} words in a row twice"
            )
        parts.append(f"{self.max_length} words at most")
        return ", ".join(parts)
