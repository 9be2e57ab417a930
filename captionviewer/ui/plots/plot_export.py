"""Saving a plot: as a picture, as a drawing, or as the numbers behind it.

This module must not import Matplotlib at its top: the window is up before Matplotlib is.
"""

import csv
import io
import os
import tempfile
from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QDir, Qt
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from captionviewer.ui.settings import EXPORT_FOLDER, Settings

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.figure import Figure

Rows = Callable[[], Iterable[Sequence[object]]]  # the header first, then one sequence a line

PICTURE_DPI = 200


class PlotFormat(Enum):
    """What a plot can be saved as, with the words of the file dialog."""

    PNG = "PNG picture (*.png)"
    SVG = "SVG drawing (*.svg)"
    CSV = "CSV table of the numbers (*.csv)"

    @property
    def suffix(self) -> str:
        """The ending of such a file: ".png"."""
        return f".{self.name.lower()}"


def format_of(path: Path) -> PlotFormat | None:
    """Return the format that a file's ending asks for, or None for an ending that is none of them."""
    return next((known for known in PlotFormat if known.suffix == path.suffix.lower()), None)


def write_plot(path: Path, figure: "Figure", rows: Rows) -> None:
    """Write a plot to `path` in the format of its ending; written beside and renamed.

    Raises OSError when the file cannot be written, ValueError for an unknown ending.
    """
    wanted = format_of(path)
    if wanted is None:
        raise ValueError(f"{path.name} ends in none of .png, .svg and .csv")
    content = _table(rows) if wanted is PlotFormat.CSV else _picture(figure, wanted)
    handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-", suffix=wanted.suffix)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(beside).chmod(0o644)  # mkstemp made it readable for its owner only
        Path(beside).replace(path)
    except OSError:
        Path(beside).unlink(missing_ok=True)
        raise


def _table(rows: Rows) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([_cell(value) for value in row] for row in rows())
    return text.getvalue().encode("utf-8")


def _cell(value: object) -> object:
    # A word of a stranger's vocabulary must not become a formula in a spreadsheet.
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t")):
        return f"'{value}"
    return value


def _picture(figure: "Figure", wanted: PlotFormat) -> bytes:
    # Lines drawn by blitting are "animated": a plain draw, and so a saved picture, leaves them out.
    moving: list[Artist] = [artist for artist in figure.findobj() if artist.get_animated()]
    for artist in moving:
        artist.set_animated(False)
    try:
        content = io.BytesIO()
        figure.savefig(content, format=wanted.name.lower(), dpi=PICTURE_DPI, facecolor=figure.get_facecolor())
        return content.getvalue()
    finally:
        for artist in moving:
            artist.set_animated(True)


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
    `suggested_name` is a file name without ending. With `wanted`, only that format is offered.
    Returns the file written, or None when the user turned back or it failed (which a message says).
    """
    offered = list(PlotFormat) if wanted is None else [wanted]
    folder = settings.get(EXPORT_FOLDER)
    start = Path(folder if folder and Path(folder).is_dir() else QDir.homePath())
    chosen, chosen_filter = QFileDialog.getSaveFileName(
        parent,
        "Export plot",
        str(start / f"{suggested_name}{offered[0].suffix}"),
        ";;".join(each.value for each in offered),
    )
    if not chosen:
        return None
    path = Path(chosen)
    if format_of(path) not in offered:  # no ending was typed: the dialog's filter says which
        by_filter = next((each for each in offered if each.value == chosen_filter), offered[0])
        path = path.with_name(path.name + by_filter.suffix)
    try:
        write_plot(path, figure, rows)
    except OSError as error:
        _tell(
            parent,
            f"The plot could not be written to {path}: {error.strerror or error}. Choose another place.",
        )
        return None
    settings.set(EXPORT_FOLDER, str(path.parent))
    return path


def _tell(parent: QWidget, message: str) -> None:
    box = QMessageBox(QMessageBox.Icon.Warning, "Export plot", message, QMessageBox.StandardButton.Ok, parent)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.open()
