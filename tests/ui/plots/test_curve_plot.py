"""Curves painted on a log axis: their ticks, their legend, and the same numbers in a file."""

import math
from collections.abc import Iterator
from pathlib import Path

import pytest
from matplotlib.figure import Figure
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from captionviewer.ui.look.theme import colors
from captionviewer.ui.plots.curve_plot import Curve, CurvePlot, round_steps, ticks
from captionviewer.ui.session.session import Session
from captionviewer.ui.settings import Settings
from tests.ui.painted import count, pixels


@pytest.fixture
def plot(qtbot: QtBot, qapp: QApplication, tmp_path: Path) -> Iterator[CurvePlot]:
    session = Session(Settings())
    plot = CurvePlot(session, "iteration", "nats a caption", "curves")
    qtbot.addWidget(plot)
    plot.resize(500, 300)
    plot.show()
    yield plot
    session.workers.shut_down()


@pytest.mark.parametrize(
    ("low", "high", "most", "expected"),
    [
        (0.0, 2.0, 10, [1, 2, 5, 10, 20, 50, 100]),
        (0.0, 2.0, 5, [1, 3, 10, 30, 100]),
        (-1.0, 3.0, 5, [0.1, 1, 10, 100, 1000]),
    ],
)
def test_a_log_axis_has_round_values_and_fewer_where_there_is_less_room(
    low: float, high: float, most: float, expected: list[float]
) -> None:
    assert ticks(low, high, most) == pytest.approx(expected)


def test_a_short_stretch_of_a_log_axis_has_values_too() -> None:
    assert len(ticks(math.log10(31), math.log10(43), 6)) >= 2


@pytest.mark.parametrize(
    ("end", "most", "expected"), [(150, 10, 20), (150, 4, 50), (7.3, 8, 1), (0.04, 5, 0.01), (1e5, 6, 2e4)]
)
def test_the_other_axis_counts_in_round_steps(end: float, most: float, expected: float) -> None:
    steps = round_steps(end, most)
    assert steps[1] - steps[0] == pytest.approx(expected)
    assert steps[0] == 0 and end - expected < steps[-1] <= end * 1.001


def test_what_is_painted_is_said_and_written_to_a_table(plot: CurvePlot) -> None:
    plot.show_curves([Curve("right", [1, 2], [30.0, 3.0], "accent"), Curve("wrong", [1], [40.0], "bad")], 10)
    assert plot.accessibleDescription() == "right: 3; wrong: 40"
    assert list(plot.rows()) == [
        ("curve", "iteration", "nats a caption"), ("right", 1, 30.0), ("right", 2, 3.0), ("wrong", 1, 40.0),
    ]  # fmt: skip
    figure = Figure()
    plot.exported._draw(figure, colors(), 10.0)
    (axes,) = figure.axes
    assert axes.get_yscale() == "log"
    assert [line.get_label() for line in axes.get_lines()] == ["right", "wrong"]
    assert axes.get_lines()[0].get_xydata().tolist() == [[1, 30], [2, 3]]


def test_each_curve_is_painted_in_its_colour_and_what_is_no_number_breaks_it(plot: CurvePlot) -> None:
    plot.show_curves([], empty="Nothing yet")
    assert count(pixels(plot), colors().accent) == 0
    whole = Curve("right", range(50), [20.0] * 50, "accent")
    plot.show_curves([whole], 50)
    unbroken = count(pixels(plot), colors().accent)
    broken = [math.nan if 10 < n < 40 else 20.0 for n in range(50)]
    plot.show_curves([Curve("right", range(50), broken, "accent")], 50)
    assert 0 < count(pixels(plot), colors().accent) < unbroken
    assert count(pixels(plot), colors().bad) == 0
