"""Curves painted on a log axis: their ticks, their legend, and the same numbers in a file."""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from matplotlib.figure import Figure
from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from captionviewer.ui.look.theme import DARK, Theme, ThemeChoice, colors
from captionviewer.ui.plots.painted_axes import PaintedAxes, log_limits, log_ticks, round_steps, tick_words
from captionviewer.ui.plots.plot_export import PlotFormat
from captionviewer.ui.plots.series_plot import Series, SeriesPlot, Tone
from captionviewer.ui.session.session import Session
from captionviewer.ui.settings import Settings
from tests.ui.painted import count, pixels


@pytest.fixture
def plot(qtbot: QtBot, qapp: QApplication, tmp_path: Path) -> Iterator[SeriesPlot]:
    session = Session(Settings())
    plot = SeriesPlot(session, "iteration", "nats a caption", "curves", log=True)
    qtbot.addWidget(plot)
    plot.resize(500, 300)
    plot.show()
    yield plot
    session.workers.shut_down()
    session.deleteLater()


@pytest.mark.parametrize(
    ("low", "high", "most", "expected"),
    [
        (1, 100, 10, [1, 2, 5, 10, 20, 50, 100]),
        (1, 100, 5, [1, 3, 10, 30, 100]),
        (0.1, 1000, 5, [0.1, 1, 10, 100, 1000]),
        (1e-12, 1, 5, [1e-12, 1e-9, 1e-6, 1e-3, 1]),
    ],
)
def test_a_log_axis_has_round_values_and_fewer_where_there_is_less_room(
    low: float, high: float, most: float, expected: list[float]
) -> None:
    assert log_ticks(low, high, most) == pytest.approx(expected)


def test_a_short_stretch_of_a_log_axis_has_values_too() -> None:
    assert len(log_ticks(31, 43, 6)) >= 2


@pytest.mark.parametrize(
    ("end", "most", "expected"), [(150, 10, 20), (150, 4, 50), (7.3, 8, 1), (0.04, 5, 0.01), (1e5, 6, 2e4)]
)
def test_the_other_axis_counts_in_round_steps(end: float, most: float, expected: float) -> None:
    steps = round_steps(end, most)
    assert steps[1] - steps[0] == pytest.approx(expected)
    assert steps[0] == 0 and end - expected < steps[-1] <= end * 1.001


@pytest.mark.parametrize(
    ("least", "most", "expected"), [(1.5, 99, (1, 100)), (20, 20, (20, 50)), (0.003, 10, (0.002, 20))]
)
def test_a_log_axis_ends_at_round_values_around_what_it_shows(
    least: float, most: float, expected: tuple[float, float]
) -> None:
    assert log_limits(least, most) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("value", "words"), [(1500, "1,500"), (0.02, "0.02"), (0, "0"), (1e-5, "1e−5"), (2e-12, "2e−12")]
)
def test_values_beside_an_axis_are_short(value: float, words: str) -> None:
    assert tick_words(value) == words


def line(name: str, x: Sequence[float], y: Sequence[float], color: Tone) -> Series:
    return Series(name, np.array(x), np.array(y), color, wide=True)


def test_what_is_painted_is_said_and_written_to_a_table(plot: SeriesPlot) -> None:
    plot.show_series([line("right", [1, 2], [30.0, 3.0], "accent"), line("wrong", [1], [40.0], "bad")], 10)
    assert plot.accessibleDescription() == "right: 3; wrong: 40"
    assert list(plot.rows()) == [
        ("line", "iteration", "nats a caption"), ("right", 1, 30.0), ("right", 2, 3.0), ("wrong", 1, 40.0),
    ]  # fmt: skip
    figure = Figure()
    plot.exported._draw(figure, colors(), 10.0)
    (axes,) = figure.axes
    assert axes.get_yscale() == "log"
    assert [line.get_label() for line in axes.get_lines()] == ["right", "wrong"]
    assert axes.get_lines()[0].get_xydata().tolist() == [[1, 30], [2, 3]]


@pytest.mark.parametrize("last", [0.0, 10.0, 20.0])
def test_names_beside_lines_that_end_together_stand_one_below_the_other(
    qtbot: QtBot, plot: SeriesPlot, last: float
) -> None:
    other = SeriesPlot(plot.exported._session, "iteration", "nats", "lines", log=False, names="beside")
    qtbot.addWidget(other)
    other.resize(500, 300)
    falling = [20.0, *[last] * 8]
    tones: tuple[Tone, ...] = ("accent", "bad", "val", "text")
    other.show_series([line(tone, range(9), falling, tone) for tone in tones], 8)
    right = int(other.axes.room.right()) + 6
    names = pixels(other, QRect(right, 0, other.width() - right, other.height()))
    inks = (colors().accent, colors().bad, colors().val, colors().text)
    rows = [{row for row in range(len(names)) if count(names[row : row + 1], ink, 40)} for ink in inks]
    assert min(map(len, rows)) > 5 and sum(map(len, rows)) == len(set.union(*rows))


@pytest.mark.parametrize(("log", "names"), [(True, "above"), (False, "beside")])
def test_each_line_is_painted_in_its_colour_and_what_is_no_number_breaks_it(
    qtbot: QtBot, plot: SeriesPlot, log: bool, names: Literal["above", "beside"]
) -> None:
    plot.show_series([], empty="Nothing yet")
    assert count(pixels(plot), colors().accent) == 0
    other = SeriesPlot(plot.exported._session, "iteration", "nats", "lines", log=log, names=names)
    qtbot.addWidget(other)
    other.resize(500, 300)
    other.show_series([line("right", range(50), [20.0] * 50, "accent")], 50)
    unbroken = count(pixels(other), colors().accent)
    broken = [math.nan if 10 < n < 40 else 20.0 for n in range(50)]
    other.show_series([line("right", range(50), broken, "accent")], 50)
    painted = pixels(other)
    assert 0 < count(painted, colors().accent) < unbroken
    assert count(painted, colors().bad) == 0
    gap = other.axes.place(25, 20.0).toPoint()
    assert count(painted[gap.y() - 3 : gap.y() + 4, gap.x() - 9 : gap.x() + 10], colors().accent) == 0


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (500, 1)])
def test_a_plot_without_room_divides_by_nothing(plot: SeriesPlot, size: tuple[int, int]) -> None:
    axes = PaintedAxes.within(QSize(*size), plot.fontMetrics(), 100.0, (1.0, 50.0))
    assert 0.0 <= axes.x_at(3.0) <= 100.0
    assert axes.room.width() >= 1 and axes.room.height() >= 1
    plot.show_series([Series("a", np.arange(1.0, 9.0), np.arange(1.0, 9.0), "accent")])
    plot.setMinimumSize(*size)
    plot.resize(*size)
    plot.grab()


def test_what_is_drawn_is_measured_once_and_not_at_each_painting(
    plot: SeriesPlot, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured: list[int] = []
    limits_of = plot._limits_of

    def noted(series: Sequence[Series]) -> tuple[float, float]:
        measured.append(len(series))
        return limits_of(series)

    monkeypatch.setattr(plot, "_limits_of", noted)
    plot.show_series([line("right", [1, 2], [30.0, 3.0], "accent")])
    plot.grab()
    plot.grab()
    assert measured == [1]


def test_a_picture_of_it_has_the_ground_of_the_theme_that_its_words_are_written_for(
    plot: SeriesPlot, qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    palette, theme, file = qapp.palette(), Theme(qapp), tmp_path / "curves.png"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(file), PlotFormat.PNG.value))
    plot.exported._session.plots_can_be_made()
    plot.show_series([line("right", [1, 2], [30.0, 3.0], "accent")], 10)
    try:
        theme.choose(ThemeChoice.DARK)
        plot.exported.export(PlotFormat.PNG)
        assert QImage(str(file)).pixelColor(1, 1).name() == colors().surface.name() == DARK.surface.name()
    finally:
        theme.deleteLater()
        qapp.setPalette(palette)
