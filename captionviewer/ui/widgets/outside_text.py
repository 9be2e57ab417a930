"""Words from outside (a vocabulary, an address, a folder, a server) put where Qt would read them as markup.

Qt takes a tooltip, or the text of a label or a message box, for HTML when it looks like it: a word
`<img src=path>` makes it open that path. It takes `&` in a menu, button or tab for a mnemonic. Whatever
captionviewer did not write itself goes through here. Window titles, the status bar's messages, entries of
lists and of combo boxes are drawn as they are; their tooltips are not.
"""

import html
from typing import Protocol

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

LONGEST_TIP = 2_000  # letters; a tooltip beyond it fills the screen and can't be read anyway


class HasToolTip(Protocol):
    """A widget, an action, or an item of a list."""

    def setToolTip(self, tip: str, /) -> None:
        """Set what is shown when it is pointed at."""


def set_plain_tip(shown: HasToolTip, words: str) -> None:
    """Let a widget, an action or an item of a list show `words` when it is pointed at, as they are."""
    shown.setToolTip(plain_tip(words))


def plain_tip(words: str) -> str:
    """Return a tooltip that shows `words` as they are, line by line; "" for no words.

    For `QToolTip.showText` and an item's ToolTipRole; else `set_plain_tip` is the way.
    """
    if not words:
        return ""  # not an empty element: Qt would show an empty box
    return f"<span>{as_html(shortened(words, LONGEST_TIP))}</span>"


def as_html(words: str) -> str:
    """Return HTML that shows `words` as they are, to be put between tags of our own."""
    return html.escape(words).replace("\n", "<br>")


def as_menu_text(words: str) -> str:
    """Return the text of a menu entry, button or tab that shows `words`, each `&` of them included."""
    return words.replace("&", "&&")


def without_mnemonic(text: str) -> str:
    """Return the words that a person reads where a menu entry, button or tab holds `text`."""
    return text.replace("&&", "\0").replace("&", "").replace("\0", "&")


def shortened(words: str, longest: int) -> str:
    """Return `words` with their middle left out where they have more than `longest` letters."""
    if len(words) <= longest:
        return words
    end = longest // 3
    return f"{words[: longest - end - 1]}…{words[-end:]}"


def show_plainly(label: QLabel) -> QLabel:
    """Let a label show whatever words it is given as they are; return it."""
    label.setTextFormat(Qt.TextFormat.PlainText)
    return label
