"""Plots are saved as a picture, a drawing or a table, where the user says."""

import csv
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image
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
    for ending in ("png", "svg", "csv"):
        write_plot(tmp_path / f"loss.{ending}", figure, lambda: ROWS)
    assert red_pixels(tmp_path / "loss.png") > 100
    assert (tmp_path / "loss.svg").read_text().lstrip().startswith("<?xml")
    with (tmp_path / "loss.csv").open(newline="") as file:
        assert list(csv.reader(file)) == [["iteration", "loss"], ["0", "6.9"], ["1", "5.5"]]
    assert {path.name for path in tmp_path.iterdir()} == {"loss.png", "loss.svg", "loss.csv"}


def test_a_line_drawn_by_blitting_is_in_the_saved_picture_and_stays_animated(
    figure: Figure, tmp_path: Path
) -> None:
    line = figure.axes[0].lines[0]
    line.set_animated(True)
    write_plot(tmp_path / "loss.png", figure, lambda: ROWS)
    assert red_pixels(tmp_path / "loss.png") > 100
    assert line.get_animated()


def test_a_word_cannot_become_a_formula_in_a_spreadsheet(figure: Figure, tmp_path: Path) -> None:
    write_plot(tmp_path / "words.csv", figure, lambda: [("word",), ("=1+1",), (-3,)])
    assert (tmp_path / "words.csv").read_text().split() == ["word", "'=1+1", "-3"]


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
    place = tmp_path / "gone" / "loss.png"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_args: (str(place), PlotFormat.PNG.value))
    assert export_figure(parent, figure, lambda: ROWS, "loss", settings) is None
    box = parent.findChild(QMessageBox)
    assert box is not None and str(place) in box.text() and "No such file" in box.text()
    box.close()
