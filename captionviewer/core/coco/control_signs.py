"""Signs that are no part of a word or name, but steer what shows it."""

import unicodedata

# Control, half a surrogate, and the separators of lines and paragraphs.
_STEERING = {"Cc", "Cs", "Zl", "Zp"}
# These turn the direction of all that follows: a word of a caption could garble the window around it.
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def has_control_signs(text: str) -> bool:
    """Whether `text` holds a sign that ends a line, moves a cursor or turns the direction of writing.

    Joiners and non-joiners (Persian, Malayalam, emoji), soft hyphens and no-break spaces are none of these,
    though Python calls them not printable.
    """
    if text.isprintable():  # nearly every word: no need to look at each sign
        return False
    return any(
        sign in _TURNING or unicodedata.category(sign) in _STEERING for sign in text if not sign.isprintable()
    )
