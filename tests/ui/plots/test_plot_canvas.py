"""The place of a plot by the room it has."""

import sys
import warnings
from collections.abc import Iterator

import pytest
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from captionviewer.ui.look.theme import Colors
from captionviewer.ui.plots.plot_canvas import PlotCanvas
from captionviewer.ui.session.session import Session
from captionviewer.ui.settings import Settings


def draw(figure: Figure, colors: Colors, points: float) -> None:
    figure.clear()
    axes = figure.add_subplot()
    axes.set_xlabel("a name that is wider than a small plot", fontsize=points)
    axes.set_ylabel("words", fontsize=points)
    axes.set_title("what is shown", fontsize=points)


@pytest.fixture
def plot(qtbot: QtBot) -> Iterator[PlotCanvas]:
    session = Session(Settings())
    session.plots_can_be_made()
    made = PlotCanvas(session, "A plot")
    made.setMinimumSize(1, 1)
    qtbot.addWidget(made)
    made.show()
    yield made
    assert session.shut_down()
    session.deleteLater()


@pytest.mark.parametrize("lines", [(2, 2), (4, 8), (9, 6), (30, 3), (30, 20)])
def test_a_plot_of_any_size_is_drawn_without_a_warning(
    qtbot: QtBot, plot: PlotCanvas, lines: tuple[int, int]
) -> None:
    line = plot.fontMetrics().height()
    plot.resize(lines[0] * line, lines[1] * line)
    with warnings.catch_warnings(record=True) as told:  # Matplotlib's Qt canvas swallows exceptions
        warnings.simplefilter("always")
        plot.show_plot(draw, lambda: [("x",)], "plot", "a plot")
        qtbot.waitUntil(lambda: plot.draws == 1)
        for _ in range(3):
            QApplication.processEvents()
        plot.grab()
    assert plot.has_plot
    assert not [str(each.message) for each in told]
    plot.show_message("<img src=x.png> could not be read")  # as a file may be called
    label = next(each for each in plot.findChildren(QLabel) if each.text().startswith("<img"))
    assert label.textFormat() is Qt.TextFormat.PlainText


@pytest.mark.parametrize("size", [(200, 2), (2, 200)])
def test_a_plot_without_room_is_drawn_once_it_has_some(
    qtbot: QtBot, plot: PlotCanvas, size: tuple[int, int]
) -> None:
    def draw_line(figure: Figure, _colors: Colors, _points: float) -> None:
        axes = figure.axes[0] if figure.axes else figure.add_subplot()
        axes.axhline(1.0)  # Matplotlib looks for what it covers

    plot.resize(300, 200)
    plot.show_plot(draw_line, tuple, "plot", "a plot")
    qtbot.waitUntil(lambda: plot.draws == 1)
    plot.resize(*size)
    plot.redraw()
    qtbot.wait(30)
    assert plot.draws == 1
    plot.resize(300, 200)
    qtbot.waitUntil(lambda: plot.draws == 2)


def test_what_goes_wrong_while_matplotlib_draws_or_calls_back_is_told_and_not_printed(
    qtbot: QtBot, plot: PlotCanvas, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told: list[str] = []
    monkeypatch.setattr(sys, "excepthook", lambda _kind, fault, _where: told.append(str(fault)))

    class Broken(Artist):
        def draw(self, renderer: object) -> None:
            raise RuntimeError("in a drawing")

    def resized(_event: object) -> None:
        raise RuntimeError("in a callback")

    def draw_broken(figure: Figure, _colors: Colors, _points: float) -> None:
        figure.add_artist(Broken())

    plot.show_plot(draw_broken, tuple, "plot", "a plot")
    qtbot.waitUntil(lambda: "in a drawing" in told)
    assert plot._canvas is not None
    plot._canvas.mpl_connect("resize_event", resized)
    plot.resize(plot.width() + 40, plot.height())
    qtbot.waitUntil(lambda: "in a callback" in told)
    assert "Traceback" not in capsys.readouterr().err
