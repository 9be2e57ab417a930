"""What the Help menu shows: the keys, what COCO is, what this program is."""

from html import escape

from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QWidget

from captionviewer import __version__
from captionviewer.ui import actions
from captionviewer.ui.actions import Place
from captionviewer.ui.widgets.outside_text import without_mnemonic
from captionviewer.ui.widgets.questions import explain
from captionviewer.ui.window.welcome_card import what_coco_is

_OTHER_KEYS = {
    Place.DATA: (
        ("Clear the search and all conditions", "Esc"),
        ("Cut the vocabulary elsewhere, in Rank", "Left, Right, Up or Down"),
        ("Another word, in Surprise", "Left or Right"),
    ),
    Place.SCENE: (("Move the chosen thing, on the picture", "Left, Right, Up or Down"),),
    Place.TRAINING: (("Another word, on a map of gradients", "Up or Down"),),
    Place.SAMPLING: (
        ("Another input, in Why this word", "Up or Down"),
        ("Another unit, in States", "Up or Down"),
    ),
    Place.LOSS: (
        ("Back, or on, to what was said at another stop", "Left or Right"),
        ("To the untrained network, to the newest stop", "Home or End"),
        ("Back to now", "Esc"),
    ),
    Place.WINDOW: (("Close the card, a dialog, a panel that fills the window", "Esc"),),
}


def key_table() -> dict[Place, list[tuple[str, str]]]:
    """Return what each key does, by the place where it does it."""
    rows: dict[Place, list[tuple[str, str]]] = {place: [] for place in Place}
    for words in actions.table():
        keys = [QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText) for key in words.shortcuts]
        if any(keys) and not words.alternate:
            name = without_mnemonic(words.text).removesuffix("…")
            rows[words.place].append((name, " or ".join(key for key in keys if key)))
    for place, others in _OTHER_KEYS.items():
        rows[place].extend(others)
    return {place: found for place, found in rows.items() if found}


def show_shortcuts(parent: QWidget) -> None:
    """Show all keys, with a heading for each place, in two columns: in one they are higher than a screen."""
    table = key_table()
    half = sum(map(len, table.values())) / 2
    columns: tuple[list[str], list[str]] = ([], [])
    shown = 0
    for place, rows in table.items():
        columns[shown >= half - 1].append(_key_rows(place, rows))
        shown += len(rows)
    cells = "".join(
        f"<td style='padding-right: 36px'><table cellspacing='3'>{''.join(column)}</table></td>"
        for column in columns
    )
    explain(parent, "Keyboard Shortcuts", f"<table><tr valign='top'>{cells}</tr></table>")


def _key_rows(place: Place, rows: list[tuple[str, str]]) -> str:
    head = f"<tr><td colspan='2' style='padding-top: 8px'><b>{escape(place.value)}</b></td></tr>"
    return head + "".join(
        f"<tr><td style='padding-right: 20px'>{escape(name)}</td><td>{escape(key)}</td></tr>"
        for name, key in rows
    )


def show_coco(parent: QWidget) -> None:
    """Say what COCO is and where it comes from."""
    explain(parent, "How to Get COCO", what_coco_is())


def show_about(parent: QWidget) -> None:
    """Say what this program is."""
    explain(
        parent,
        "About captionviewer",
        f"<p><b>captionviewer {__version__}</b></p><p>See how an image-captioning recurrent network "
        "works: the data it eats, the loss as it learns, each word as it is chosen.</p>"
        "<p>MIT licence. COCO captions: CC BY 4.0. Photos belong to their owners on Flickr.</p>",
    )
