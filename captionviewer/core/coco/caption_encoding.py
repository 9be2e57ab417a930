"""From captions in words to a vocabulary and to rows of word ids."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from captionviewer.core.coco.vocabulary import END, NULL, SPECIAL_WORDS, START, UNK


def frequent_words(captions: Iterable[Sequence[str]], least: int) -> list[str]:
    """A vocabulary: the special words, then those said at least `least` times, commonest first."""
    said = Counter(word for words in captions for word in words)
    often = [word for word, count in said.items() if count >= least]
    return [*SPECIAL_WORDS, *sorted(often, key=lambda word: (-said[word], word))]


def encoded_caption(words: Sequence[str], ids: Mapping[str, int], columns: int) -> list[int]:
    """A caption of at most `columns` - 2 words as word ids between start and end, padded to `columns`."""
    row = [ids[START], *(ids.get(word, ids[UNK]) for word in words), ids[END]]
    return row + [ids[NULL]] * (columns - len(row))
