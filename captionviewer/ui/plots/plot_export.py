"""Saving a plot: as a picture, as a drawing, or as the numbers behind it.

A table is UTF-8. Excel takes such a file for one of the system's old encoding unless it begins with a byte
order mark, which other programs may read as a part of the first heading: so the dialog offers both.

This module must not import Matplotlib at its top: the window is up before Matplotlib is.
"""

import codecs
import csv
import io
from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QDir
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFileDialog, QWidget

from captionviewer.core.atomic_file import write_atomically
from captionviewer.core.user_folders import is_folder
from captionviewer.ui import actions
from captionviewer.ui.plots.fonts import give_fonts
from captionviewer.ui.settings import EXPORT_FOLDER, Settings
from captionviewer.ui.widgets.questions import tell

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.figure import Figure

Rows = Callable[[], Iterable[Sequence[object]]]  # the header first, then one sequence a line

PICTURE_DPI = 200
_TITLE = "Export plot"  # of the dialog, and of what goes wrong


# Endings that a user may type and means as one, unlike that of "run 1.5"; none of them can be written.
OTHER_ENDINGS = (
    *(".bmp", ".emf", ".eps", ".gif", ".jpeg", ".jpg", ".ps", ".tif", ".tiff", ".webp"),
    *(".json", ".ods", ".tsv", ".txt", ".xls", ".xlsx"),
)


class PlotFormat(Enum):
    """What a plot can be saved as, with the words of the file dialog."""

    PNG = "PNG picture (*.png)"
    SVG = "SVG drawing (*.svg)"
    PDF = "PDF drawing (*.pdf)"
    CSV = "CSV table of the numbers (*.csv)"
    CSV_EXCEL = "CSV table for Excel (*.csv)"

    @property
    def suffix(self) -> str:
        """The ending of such a file: ".png"."""
        return f".{self.name.lower().split('_')[0]}"

    @property
    def is_table(self) -> bool:
        """Whether it holds the numbers and no picture."""
        return self.suffix == ".csv"

    def is_like(self, other: "PlotFormat") -> bool:
        """Whether both have the same ending: the two kinds of table."""
        return self.suffix == other.suffix


def format_of(path: Path) -> PlotFormat | None:
    """Return the format that a file's ending asks for, or None for an ending that is none of them."""
    return next((known for known in PlotFormat if known.suffix == path.suffix.lower()), None)


def write_plot(path: Path, figure: "Figure", rows: Rows, wanted: PlotFormat | None = None) -> None:
    """Write a plot to `path` in the format of its ending (or in `wanted`), whole or not at all.

    Raises OSError when the file cannot be written, ValueError for an unknown ending.
    """
    wanted = wanted or format_of(path)
    if wanted is None:
        raise ValueError(f"{path.name} ends in none of .png, .svg, .pdf and .csv")
    write_atomically(path, _table(rows, wanted) if wanted.is_table else _picture(figure, wanted))


def _table(rows: Rows, wanted: PlotFormat) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([_cell(value) for value in row] for row in rows())
    mark = codecs.BOM_UTF8 if wanted is PlotFormat.CSV_EXCEL else b""
    return mark + text.getvalue().encode("utf-8")


def _cell(value: object) -> object:
    # A word of a stranger's vocabulary must not become a formula in a spreadsheet.
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r", "\n")):
        return f"'{value}"
    return value


def _picture(figure: "Figure", wanted: PlotFormat) -> bytes:
    # Lines drawn by blitting are "animated": a plain draw, and so a saved picture, leaves them out.
    moving: list[Artist] = [artist for artist in figure.findobj() if artist.get_animated()]
    for artist in moving:
        artist.set_animated(False)
    try:
        give_fonts(figure)
        content = io.BytesIO()
        figure.savefig(content, format=wanted.suffix[1:], dpi=PICTURE_DPI, facecolor=figure.get_facecolor())
        return content.getvalue()
    finally:
        for artist in moving:
            artist.set_animated(True)


def export_actions(widget: QWidget, export: Callable[[PlotFormat], None]) -> list[QAction]:
    """An action of `widget` for each format that its menu offers, which calls `export` with it."""
    offers = (
        (actions.EXPORT_PICTURE, PlotFormat.PNG),
        (actions.EXPORT_DRAWING, PlotFormat.SVG),
        (actions.EXPORT_PDF, PlotFormat.PDF),
        (actions.EXPORT_TABLE, PlotFormat.CSV),
    )
    return [actions.make(words, widget, partial(export, wanted)) for words, wanted in offers]


def export_figure(
    parent: QWidget,
    figure: "Figure",
    rows: Rows,
    suggested_name: str,
    settings: Settings,
    wanted: PlotFormat | None = None,
) -> Path | None:
    """Ask where to save a plot, and save it there.

    `rows()` gives the numbers for a CSV, the header first; it is called only when a CSV was asked for.
    `suggested_name` is a file name without ending. With `wanted`, the dialog offers that format only; an
    ending that is typed counts all the same.
    Returns the file written, or None when the user turned back or it failed (which a message says).
    """
    offered = list(PlotFormat) if wanted is None else [each for each in PlotFormat if each.is_like(wanted)]
    folder = settings.get(EXPORT_FOLDER)
    start = Path(folder if folder and is_folder(Path(folder)) else QDir.homePath())
    chosen, chosen_filter = QFileDialog.getSaveFileName(
        parent,
        _TITLE,
        str(start / f"{suggested_name}{offered[0].suffix}"),
        ";;".join(each.value for each in offered),
    )
    if not chosen:
        return None
    by_filter = next((each for each in offered if each.value == chosen_filter), offered[0])
    path, typed = Path(chosen), format_of(Path(chosen))
    if typed is None and path.suffix.lower() in OTHER_ENDINGS:
        tell(parent, _TITLE, f"A plot can't be saved as {path.suffix}. Choose one of PNG, SVG, PDF and CSV.")
        return None
    if typed is None:
        path = path.with_name(path.name + by_filter.suffix)
    into = by_filter if typed is None or typed.is_like(by_filter) else typed
    try:
        write_plot(path, figure, rows, into)
    except OSError as error:
        tell(
            parent,
            _TITLE,
            f"The plot could not be written to {path}: {error.strerror or error}. Choose another place.",
        )
        return None
    settings.set(EXPORT_FOLDER, str(path.parent))
    return path
