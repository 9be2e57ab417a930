"""Plots are saved as a picture, a drawing or a table, where the user says."""

import csv
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from captionviewer.ui.plots.plot_export import PlotFormat, export_figure, write_plot
from captionviewer.ui.settings import EXPORT_FOLDER, Settings

ROWS = [("iteration", "loss"), (0, 6.9), (1, 5.5)]


@pytest.fixture
def figure() -> Figure:
    figure = Figure(figsize=(3, 2))
    figure.add_subplot().plot([0, 1], [6.9, 5.5], color="red")
    return figure


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("CAPTIONVIEWER_CONFIG_DIR", str(tmp_path / "config"))
    return Settings()


def red_pixels(path: Path) -> int:
    with Image.open(path) as picture:
        pixels = np.asarray(picture.convert("RGB"))
    return int(((pixels[..., 0] > 200) & (pixels[..., 1:] < 60).all(axis=-1)).sum())


def test_each_ending_writes_its_own_kind_of_file(figure: Figure, tmp_path: Path) -> None:
    for ending in ("png", "svg", "pdf", "csv"):
        write_plot(tmp_path / f"loss.{ending}", figure, lambda: ROWS)
    assert red_pixels(tmp_path / "loss.png") > 100
    assert (tmp_path / "loss.svg").read_text().lstrip().startswith("<?xml")
    assert (tmp_path / "loss.pdf").read_bytes().startswith(b"%PDF-")
    with (tmp_path / "loss.csv").open(newline="") as file:
        assert list(csv.reader(file)) == [["iteration", "loss"], ["0", "6.9"], ["1", "5.5"]]
    assert {path.name for path in tmp_path.iterdir()} == {
        f"loss.{ending}" for ending in ("png", "svg", "pdf", "csv")
    }


def test_a_line_drawn_by_blitting_is_in_the_saved_picture_and_stays_animated(
    figure: Figure, tmp_path: Path
) -> None:
    line = figure.axes[0].lines[0]
    line.set_animated(True)
    write_plot(tmp_path / "loss.png", figure, lambda: ROWS)
    assert red_pixels(tmp_path / "loss.png") > 100
    assert line.get_animated()


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_a_word_cannot_become_a_formula_in_a_spreadsheet(figure: Figure, tmp_path: Path, start: str) -> None:
    write_plot(tmp_path / "words.csv", figure, lambda: [("word",), (f"{start}SUM(A1)",), (-3,), ("a@b",)])
    with (tmp_path / "words.csv").open(newline="") as file:
        assert [row[0] for row in csv.reader(file)] == ["word", f"'{start}SUM(A1)", "-3", "a@b"]


def asked(monkeypatch: pytest.MonkeyPatch, path: Path, chosen: PlotFormat) -> list[str]:
    """Answer the next dialogs with a path and a filter; returns what filters they offered."""
    offered: list[str] = []

    def answer(_parent: QWidget, _title: str, _start: str, filters: str) -> tuple[str, str]:
        offered.extend(filters.split(";;"))
        return str(path), chosen.value

    monkeypatch.setattr(QFileDialog, "getSaveFileName", answer)
    return offered


def test_a_table_for_excel_says_its_encoding_at_its_start_and_the_plain_one_does_not(
    qtbot: QtBot, figure: Figure, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    for chosen, start in ((PlotFormat.CSV, b"word"), (PlotFormat.CSV_EXCEL, b"\xef\xbb\xbfword")):
        offered = asked(monkeypatch, tmp_path / "words.csv", chosen)
        written = export_figure(
            parent, figure, lambda: [("word",), ("狗",)], "words", settings, PlotFormat.CSV
        )
        assert written == tmp_path / "words.csv" and written.read_bytes().startswith(start)
        assert offered == [PlotFormat.CSV.value, PlotFormat.CSV_EXCEL.value]
        assert "狗" in written.read_text("utf-8-sig")


@pytest.mark.parametrize("wanted", [None, PlotFormat.PNG])
def test_a_name_that_ends_in_pdf_becomes_a_pdf(
    qtbot: QtBot,
    figure: Figure,
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    wanted: PlotFormat | None,
) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    asked(monkeypatch, tmp_path / "loss.pdf", PlotFormat.PNG)
    assert export_figure(parent, figure, lambda: ROWS, "loss", settings, wanted) == tmp_path / "loss.pdf"
    assert [path.name for path in tmp_path.iterdir() if path.suffix] == ["loss.pdf"]
    assert (tmp_path / "loss.pdf").read_bytes().startswith(b"%PDF-")


def test_an_ending_that_cannot_be_written_is_told_and_nothing_else_is_made_of_it(
    qtbot: QtBot, figure: Figure, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    asked(monkeypatch, tmp_path / "loss.JPG", PlotFormat.PNG)
    assert export_figure(parent, figure, lambda: ROWS, "loss", settings) is None
    box = parent.findChild(QMessageBox)
    assert box is not None and ".JPG" in box.text() and "PNG, SVG, PDF and CSV" in box.text()
    assert list(tmp_path.glob("loss*")) == []
    box.close()


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
@pytest.mark.parametrize("umask", [0o022, 0o077])
def test_a_plot_has_the_mode_that_the_umask_allows(figure: Figure, tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        write_plot(tmp_path / "loss.csv", figure, lambda: ROWS)
    finally:
        os.umask(before)
    assert (tmp_path / "loss.csv").stat().st_mode & 0o777 == 0o666 & ~umask


def test_a_name_without_ending_gets_that_of_the_chosen_filter_and_the_folder_is_remembered(
    qtbot: QtBot, figure: Figure, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    monkeypatch.setattr(
        QFileDialog,
        "getSaveFileName",
        lambda *_args: (str(tmp_path / "run 1.5"), PlotFormat.CSV.value),
    )
    written = export_figure(parent, figure, lambda: ROWS, "loss", settings)
    assert written == tmp_path / "run 1.5.csv"
    assert written.read_text().startswith("iteration,loss")
    assert settings.get(EXPORT_FOLDER) == str(tmp_path)


def test_a_folder_that_may_not_be_looked_into_keeps_no_plot_from_being_saved(
    qtbot: QtBot, figure: Figure, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed, stat, begun_in = tmp_path / "closed", os.stat, []
    parent = QWidget()
    qtbot.addWidget(parent)
    settings.set(EXPORT_FOLDER, str(closed / "plots"))

    def refuse(path: Any, *arguments: Any, **named: Any) -> os.stat_result:
        if str(path).startswith(str(closed)):
            raise PermissionError(13, "Permission denied", str(path))
        return stat(path, *arguments, **named)

    def choose(_parent: object, _title: str, start: str, _formats: str) -> tuple[str, str]:
        begun_in.append(Path(start).parent)
        return str(tmp_path / "loss"), PlotFormat.CSV.value

    monkeypatch.setattr(os, "stat", refuse)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", choose)
    assert export_figure(parent, figure, lambda: ROWS, "loss", settings) == tmp_path / "loss.csv"
    assert begun_in == [Path.home()]


def test_turning_back_in_the_dialog_writes_nothing(
    qtbot: QtBot, figure: Figure, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_args: ("", ""))
    assert export_figure(parent, figure, lambda: ROWS, "loss", settings) is None
    assert settings.get(EXPORT_FOLDER) == ""


def test_a_place_that_cannot_be_written_is_told_with_its_name(
    qtbot: QtBot, figure: Figure, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    place = tmp_path / "gone <b>" / "loss.png"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_args: (str(place), PlotFormat.PNG.value))
    assert export_figure(parent, figure, lambda: ROWS, "loss", settings) is None
    box = parent.findChild(QMessageBox)
    assert box is not None and str(place) in box.text() and "No such file" in box.text()
    assert box.textFormat() is Qt.TextFormat.PlainText
    box.close()
