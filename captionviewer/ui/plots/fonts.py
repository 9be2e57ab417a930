"""Fonts for plots: Matplotlib's own, and for letters that it lacks those of the system, as Qt finds them.

Matplotlib brings one font, which has no Chinese, Japanese or Korean. Named a second font it draws the letters
that the first one lacks with that, on the screen, in PNG, SVG and PDF; named one that is not installed it
warns at each draw. So only fonts that are there, and have the letters, are named.

This module must not import Matplotlib at its top: the window is up before Matplotlib is.
"""

from collections.abc import Iterable
from functools import lru_cache
from itertools import takewhile
from typing import TYPE_CHECKING

from PySide6.QtGui import QFont, QTextLayout

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.font_manager import FontEntry

NO_GLYPH = "□"  # stands for a letter that no font has; Matplotlib would draw its like, and warn
MOST_FONTS = 300  # that are looked into for a letter: each takes about a millisecond, once


def drawable(words: str) -> str:
    """Return words as Matplotlib can draw them: a letter that no installed font has is a box."""
    missing = _missing(words)
    if not missing:
        return words
    _families, without = _fonts_for(missing)
    return "".join(NO_GLYPH if letter in without else letter for letter in words)


def extra_families(words: str) -> list[str]:
    """Return the font families that have the letters which Matplotlib's own font lacks; mostly none."""
    missing = _missing(words)
    return list(_fonts_for(missing)[0]) if missing else []


def give_fonts(figure: "Figure") -> None:
    """Let all words of a figure be drawn in fonts that have their letters."""
    from matplotlib.text import Text

    for text in figure.findobj(Text):
        assert isinstance(text, Text)
        families = text.get_fontfamily()
        lacking = [name for name in extra_families(text.get_text()) if name not in families]
        if lacking:
            text.set_fontfamily([*families, *lacking])


def _missing(words: str) -> frozenset[str]:
    """Return the letters that Matplotlib's own font lacks."""
    if words.isascii():
        return frozenset()
    return frozenset(letter for letter in words if not letter.isspace() and not _has(_own_font(), letter))


@lru_cache(maxsize=256)
def _fonts_for(letters: frozenset[str]) -> tuple[tuple[str, ...], frozenset[str]]:
    """Return the families that have these letters, as few as can be, and the letters that none has."""
    from matplotlib import get_data_path
    from matplotlib.font_manager import fontManager

    left, families = set(letters), []
    shown_by_qt = _families_of_qt("".join(sorted(letters)))
    # what Matplotlib brings besides is for formulas, or has a box for every letter there is
    of_system = (entry for entry in fontManager.ttflist if not entry.fname.startswith(get_data_path()))
    entries = sorted(of_system, key=lambda entry: _preference(entry, shown_by_qt))
    for entry in entries[:MOST_FONTS]:
        if not left:
            break
        covered = {letter for letter in left if _has(entry.fname, letter)}
        if covered:
            families.append(entry.name)
            left -= covered
    return tuple(dict.fromkeys(families)), frozenset(left)


def _preference(entry: "FontEntry", wanted: Iterable[str]) -> tuple[int, bool, bool]:
    """Return a key that puts fonts first which are alike in name to those that Qt uses, and upright."""
    alike = max((_num_alike(entry.name, name) for name in wanted), default=0)
    return -alike, entry.style != "normal", str(entry.weight) not in ("400", "normal", "regular", "book")


def _num_alike(name: str, other: str) -> int:
    """Return with how many same letters two names begin: of "Noto Sans CJK JP" and "SC" all but two."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(name, other, strict=False)))


def _families_of_qt(words: str) -> set[str]:
    """Return the families that the rest of the window shows words in."""
    layout = QTextLayout(words, QFont())
    layout.beginLayout()
    layout.createLine()
    layout.endLayout()
    return {run.rawFont().familyName() for run in layout.glyphRuns()} - {""}


def _own_font() -> str:
    from matplotlib.font_manager import findfont

    return str(findfont("DejaVu Sans"))


@lru_cache(maxsize=20_000)
def _has(font: str, letter: str) -> bool:
    return _charmap(font).get(ord(letter), 0) != 0


@lru_cache(maxsize=MOST_FONTS + 1)
def _charmap(font: str) -> dict[int, int]:
    from matplotlib.ft2font import FT2Font

    try:
        return dict(FT2Font(font).get_charmap())
    except (OSError, RuntimeError):  # removed since it was listed, or of a kind that FreeType refuses
        return {}
