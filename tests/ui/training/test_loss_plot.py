"""The loss plot: drawn seldom, thinned, in the theme's colours, and exported with its lines.

(Past 400 lines: one plot, with every line that it may show.)
"""

import csv
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QContextMenuEvent, QPalette
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QMenu, QMessageBox
from pytestqt.qtbot import QtBot

from captionviewer.core.training.loss_history import LossHistory
from captionviewer.core.training.validation import ValidationPoint
from captionviewer.ui.look.theme import DARK, LIGHT
from captionviewer.ui.plots.plot_widget import WAITING
from captionviewer.ui.session.session import Session
from captionviewer.ui.settings import Settings
from captionviewer.ui.training.loss_figure import COLUMNS, LossFigure, LossSeries, short_number
from captionviewer.ui.training.loss_plot import LossPlot
from captionviewer.ui.training.run_numbers import NumberTile, loss_words, perplexity_words
from tests.ui.painted import count, pixels
from tests.ui.training.training_setup import import_matplotlib, wait


@pytest.fixture
def plot(qtbot: QtBot) -> Iterator[LossPlot]:
    session = Session(Settings())
    made = LossPlot(session)
    qtbot.addWidget(made)
    made.resize(420, 200)
    made.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the frame of the keyboard's focus has the line's colour
    made.show()
    qtbot.waitExposed(made)
    yield made
    assert session.shut_down()
    session.deleteLater()


@pytest.fixture
def history() -> LossHistory:
    return LossHistory()


def falling(history: LossHistory, count: int) -> None:
    """Add losses as a run has them: from about 75 down to 20, with noise."""
    rng = np.random.default_rng(len(history))
    place = len(history) + np.arange(count)
    losses = 20 + 55 * np.exp(-place / 300) + rng.normal(size=count)
    history.extend(losses, losses / 12, np.full(count, 1e-3))


def drawn(qtbot: QtBot, plot: LossPlot, draws: int = 1) -> None:
    wait(lambda: plot.full_draws >= draws, qtbot)


def words(plot: LossPlot) -> str:
    return " ".join(label.text() for label in plot.findChildren(QLabel) if label.isVisible())


def test_before_a_run_the_place_says_what_will_appear(plot: LossPlot, qtbot: QtBot) -> None:
    assert words(plot) == "The loss appears here when training starts."
    import_matplotlib(plot._session)
    assert words(plot) == "The loss appears here when training starts."
    assert not plot.has_plot


def test_until_matplotlib_is_there_the_place_says_that_the_plot_is_prepared(
    plot: LossPlot, history: LossHistory, qtbot: QtBot
) -> None:
    falling(history, 50)
    plot.show_history(history, 100)
    wait(lambda: words(plot) == WAITING, qtbot)
    assert plot.full_draws == 0
    import_matplotlib(plot._session)
    drawn(qtbot, plot)
    assert plot.has_plot
    assert words(plot) == ""


def test_a_live_run_draws_its_lines_once_a_tick_and_the_axes_hardly_ever(
    plot: LossPlot, history: LossHistory, qtbot: QtBot
) -> None:
    import_matplotlib(plot._session)
    falling(history, 1)
    plot.show_history(history, 5000)
    drawn(qtbot, plot)
    ticks = 0
    while len(history) < 5000:
        falling(history, 25)
        before = plot.full_draws + plot.line_draws
        plot.take_new()
        ticks += 1
        QApplication.processEvents()
        assert plot.full_draws + plot.line_draws - before <= 1
    assert ticks == 200
    assert plot.full_draws <= 12
    assert plot.line_draws >= 180
    assert len(plot.series) == len(history)


def test_a_tick_without_news_draws_nothing(plot: LossPlot, history: LossHistory, qtbot: QtBot) -> None:
    import_matplotlib(plot._session)
    falling(history, 30)
    plot.show_history(history, 100)
    drawn(qtbot, plot)
    before = (plot.full_draws, plot.line_draws)
    assert not plot.take_new()
    QApplication.processEvents()
    assert (plot.full_draws, plot.line_draws) == before


def test_a_plot_that_nobody_sees_is_not_drawn_until_it_is_seen(
    plot: LossPlot, history: LossHistory, qtbot: QtBot
) -> None:
    import_matplotlib(plot._session)
    plot.show_history(history, 100)
    drawn(qtbot, plot)
    plot.hide()
    before = (plot.full_draws, plot.line_draws)
    falling(history, 60)
    assert plot.take_new()
    QApplication.processEvents()
    assert (plot.full_draws, plot.line_draws) == before
    plot.show()
    drawn(qtbot, plot, before[0] + 1)
    assert len(plot.series) == 60


def colors_in(plot: LossPlot) -> set[str]:
    picture = plot.grab().toImage()
    return {
        QColor(picture.pixel(x, y)).name() for x in range(picture.width()) for y in range(picture.height())
    }


def test_the_lines_are_seen_on_the_screen_after_a_full_draw_and_after_a_tick(
    plot: LossPlot, history: LossHistory, qtbot: QtBot
) -> None:
    import_matplotlib(plot._session)
    plot.show_history(history, 100)
    drawn(qtbot, plot)
    assert LIGHT.accent.name() not in colors_in(plot)
    falling(history, 60)
    plot.take_new()
    wait(lambda: plot.full_draws + plot.line_draws > 1, qtbot)
    assert LIGHT.accent.name() in colors_in(plot)
    falling(history, 20)
    before = plot.line_draws
    plot.take_new()
    assert plot.line_draws == before + 1
    assert LIGHT.accent.name() in colors_in(plot)


def test_the_plot_follows_the_theme(plot: LossPlot, history: LossHistory, qtbot: QtBot) -> None:
    import_matplotlib(plot._session)
    falling(history, 60)
    plot.show_history(history, 100)
    drawn(qtbot, plot)
    before = QApplication.palette()
    dark = QPalette(before)
    dark.setColor(QPalette.ColorRole.Window, DARK.window)
    try:
        draws = plot.full_draws
        QApplication.setPalette(dark)
        drawn(qtbot, plot, draws + 1)
        seen = colors_in(plot)
        assert DARK.accent.name() in seen
        assert DARK.faint_line.name() in seen, "the raw loss"
        assert DARK.surface.name() in seen
    finally:
        QApplication.setPalette(before)


@pytest.mark.parametrize("change", ["per word", "log", "resize"])
def test_another_loss_scale_or_size_draws_all_of_it_once(
    plot: LossPlot, history: LossHistory, qtbot: QtBot, change: str
) -> None:
    import_matplotlib(plot._session)
    falling(history, 60)
    plot.show_history(history, 100)
    drawn(qtbot, plot)
    QApplication.processEvents()
    draws = plot.full_draws
    match change:
        case "per word":
            plot.set_per_word(True)
        case "log":
            plot.set_log(True)
        case _:
            plot.resize(500, 300)
    drawn(qtbot, plot, draws + 1)
    for _ in range(5):
        QApplication.processEvents()
    assert plot.full_draws == draws + 1


# ---- export ----------------------------------------------------------------------------------------


def export_to(plot: LossPlot, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    plot.export()


def test_the_plot_is_exported_with_its_lines(
    plot: LossPlot, history: LossHistory, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_matplotlib(plot._session)
    falling(history, 60)
    plot.show_history(history, 100)
    drawn(qtbot, plot)
    notices: list[str] = []
    plot._session.notice.connect(notices.append)
    export_to(plot, tmp_path / "loss.svg", monkeypatch)
    drawing = (tmp_path / "loss.svg").read_text(encoding="utf-8")
    assert LIGHT.accent.name() in drawing
    assert LIGHT.faint_line.name() in drawing
    export_to(plot, tmp_path / "loss.png", monkeypatch)
    assert (tmp_path / "loss.png").read_bytes().startswith(b"\x89PNG")
    assert len(notices) == 2
    draws = plot.full_draws
    assert draws == 1  # what was drawn for the files is not taken for the screen's
    drawn(qtbot, plot, draws + 1)  # saving drew it in another size: the screen's is drawn again
    assert LIGHT.accent.name() in colors_in(plot)
    falling(history, 10)
    before = plot.line_draws
    plot.take_new()
    assert plot.line_draws == before + 1


def test_the_numbers_are_exported_as_a_table(
    plot: LossPlot, history: LossHistory, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_matplotlib(plot._session)
    history.append(72.0, 6.0, 5e-3)
    history.append(36.0, 3.0, 4e-3)
    plot.show_history(history, 100)
    drawn(qtbot, plot)
    export_to(plot, tmp_path / "loss.csv", monkeypatch)
    with (tmp_path / "loss.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = list(csv.reader(file))
    assert header == ["iteration", "loss per caption", "loss per word", "perplexity", "learning rate"]
    numbers = np.array(rows, dtype=float)
    np.testing.assert_allclose(numbers[:, :3], [[1, 72, 6], [2, 36, 3]])
    np.testing.assert_allclose(numbers[:, 3], np.exp([6, 3]))
    np.testing.assert_allclose(numbers[:, 4], [5e-3, 4e-3], rtol=1e-6)


def test_validation_stands_in_the_table_beside_its_iterations_with_the_best_named(
    plot: LossPlot, history: LossHistory, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_matplotlib(plot._session)
    for _ in range(3):
        history.append(72.0, 6.0, 5e-3)
    plot.show_history(history, 100)
    points = [ValidationPoint(0, 6.5, 6.25), ValidationPoint(2, 2.0, 2.5), ValidationPoint(3, 1.0, 2.75)]
    plot.show_validation(points, 150)
    drawn(qtbot, plot)
    export_to(plot, tmp_path / "loss.csv", monkeypatch)
    with (tmp_path / "loss.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = list(csv.reader(file))
    assert header[5:] == [
        "validation loss per word (150 captions)",
        "training loss per word, same model (150 captions)",
        "best",
    ]
    assert [row[0] for row in rows] == ["0", "1", "2", "3"]
    assert rows[0][1:5] == [""] * 4  # the untrained model: no step was made yet
    assert [row[5:] for row in rows] == [
        ["6.25", "6.5", ""],
        ["", "", ""],
        ["2.5", "2.0", "best validation loss"],
        ["2.75", "1.0", ""],
    ]


def test_validation_that_comes_while_a_run_goes_on_is_drawn_over_the_axes_as_with_them(
    plot: LossPlot, history: LossHistory, qtbot: QtBot
) -> None:
    import_matplotlib(plot._session)
    falling(history, 300)
    plot.show_history(history, 400)
    plot.show_guesses({"blind guess": 6.9})
    points = [ValidationPoint(100 * k, 6.0 - k, 6.5 - k) for k in range(4)]
    plot.show_validation(points[:3], 150)
    drawn(qtbot, plot)
    in_its_color, draws, line_draws = count(pixels(plot), LIGHT.val), plot.full_draws, plot.line_draws
    plot.show_validation(points, 150)
    QApplication.processEvents()
    assert (plot.full_draws, plot.line_draws) == (draws, line_draws + 1)
    assert count(pixels(plot), LIGHT.val) > in_its_color + 10
    assert "best 3.5 nats a word at iteration 300" in plot.accessibleDescription()
    falling(history, 5)
    plot.take_new(at_once=True)  # the run has ended: once more with its axes, whose legend may give way
    drawn(qtbot, plot, draws + 1)
    falling(history, 5)
    plot.take_new(at_once=True)
    QApplication.processEvents()
    assert plot.full_draws == draws + 1
    plot.show_history(history, 400)
    drawn(qtbot, plot, draws + 2)
    plot.show_validation(points[:3], 150)
    plot.show_validation(points, 150)
    of_lines = plot.grab().toImage()
    plot._draw_soon()
    drawn(qtbot, plot, draws + 3)
    assert plot.grab().toImage() == of_lines


def test_before_its_first_step_a_run_is_shown_beside_an_earlier_one_that_the_legend_names(
    plot: LossPlot, history: LossHistory, qtbot: QtBot
) -> None:
    import_matplotlib(plot._session)
    earlier = LossSeries()
    earlier.extend(np.full(50, 40, np.float32), np.full(50, 4, np.float32))
    plot.resize(500, 250)
    plot.show_past([earlier])
    plot.show_history(history, 400)
    drawn(qtbot, plot)
    assert plot._figure is not None
    legend = plot._figure.axes[0].get_legend()
    assert legend is not None and [words.get_text() for words in legend.get_texts()] == ["earlier run"]


def test_validation_beyond_the_axes_draws_them_anew(
    plot: LossPlot, history: LossHistory, qtbot: QtBot
) -> None:
    import_matplotlib(plot._session)
    falling(history, 300)
    plot.show_history(history, 400)
    plot.show_validation([ValidationPoint(0, 6.0, 6.5)], 150)
    drawn(qtbot, plot)
    draws = plot.full_draws
    plot.show_validation([ValidationPoint(0, 6.0, 6.5), ValidationPoint(100, 30.0, 60.0)], 150)
    drawn(qtbot, plot, draws + 1)


def test_an_export_that_fails_says_so(
    plot: LossPlot, history: LossHistory, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_matplotlib(plot._session)
    falling(history, 60)
    plot.show_history(history, 100)
    drawn(qtbot, plot)
    export_to(plot, tmp_path / "gone" / "loss.png", monkeypatch)
    box = plot.findChild(QMessageBox)
    assert box is not None
    assert "could not be written" in box.text()
    box.close()


def test_the_context_menu_offers_each_format(
    plot: LossPlot, history: LossHistory, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    popped: list[QMenu] = []
    monkeypatch.setattr(QMenu, "popup", lambda menu, _place: popped.append(menu))
    import_matplotlib(plot._session)
    place = QPoint(50, 50)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, plot.mapToGlobal(place))
    QApplication.sendEvent(plot, event)
    assert not popped  # there is nothing to export yet
    falling(history, 60)
    plot.show_history(history, 100)
    drawn(qtbot, plot)
    QApplication.sendEvent(plot, event)
    (menu,) = popped
    assert [action.text().replace("&", "") for action in menu.actions()] == [
        "Export as PNG…",
        "Export as SVG…",
        "Export as PDF…",
        "Export Numbers as CSV…",
    ]
    asked: list[str] = []
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *args: (asked.append(args[3]), ("", ""))[1])
    for action in menu.actions():
        action.trigger()
    assert [words[:3] for words in asked] == ["PNG", "SVG", "PDF", "CSV"]


# ---- the drawing itself, without a window ------------------------------------------------------------


def figure_of(
    series: LossSeries, total: int, per_word: bool = False, log: bool = False
) -> tuple[LossFigure, Figure]:
    figure = Figure(figsize=(4, 2))
    drawing = LossFigure(figure)
    drawing.style(LIGHT, 9.0)
    drawing.configure(total, per_word, log)
    drawing.take(series)
    return drawing, figure


def test_a_long_history_is_thinned_to_a_few_hundred_points_that_keep_its_extremes() -> None:
    series = LossSeries()
    losses = 20 + np.random.default_rng(0).normal(size=100_000)
    losses[43_210] = 60
    series.extend(losses, losses / 12)
    drawing, _ = figure_of(series, 100_000)
    raw, smooth = drawing.lines()
    y = np.asarray(raw.get_ydata())
    assert len(y) <= 2 * COLUMNS
    assert y.max() == 60
    assert y.min() == pytest.approx(losses.min(), rel=1e-6)
    smoothed = np.asarray(smooth.get_ydata())
    assert len(smoothed) <= COLUMNS
    assert np.std(smoothed) < 0.2


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("per_word", [False, True])
def test_the_axes_hold_every_loss(log: bool, per_word: bool) -> None:
    series = LossSeries()
    losses = 75 * np.exp(-np.arange(1000) / 120) + 0.05
    series.extend(losses, losses / 12)
    _, figure = figure_of(series, 1000, per_word, log)
    (axes,) = figure.axes
    shown = losses / 12 if per_word else losses
    low, high = axes.get_ylim()
    assert low <= shown.min()
    assert high >= shown.max()
    assert axes.get_yscale() == ("log" if log else "linear")
    assert axes.get_xlim()[1] == 1000
    assert ("loss per word" if per_word else "loss per caption") in axes.get_title(loc="left")


@pytest.mark.parametrize("log", [False, True])
def test_the_axis_of_losses_only_ever_grows_so_that_it_settles(log: bool) -> None:
    series = LossSeries()
    drawing, figure = figure_of(series, 100, log=log)
    held = []
    for losses in (np.array([60.0, 5.0]), np.array([30.0])):  # a plot of the second alone would end lower
        series.extend(losses, losses / 12)
        drawing.take(series)
        held.append(figure.axes[0].get_ylim())
    other = LossSeries()
    other.extend(np.array([30.0, 30.0, 30.0]), np.array([2.5, 2.5, 2.5]))
    drawing.take(other)
    low, high = figure.axes[0].get_ylim()
    assert low <= held[0][0] and high >= held[0][1]


def test_a_tile_of_a_number_grows_with_its_longest_value_and_never_shrinks(qtbot: QtBot) -> None:
    tile = NumberTile("Loss", "A loss.", "0.00")
    qtbot.addWidget(tile)
    widths = []
    for text in ("1.00", "123,456,789", "2", "0.5"):
        tile.show_value(text)
        widths.append(tile.width())
    assert widths[0] < widths[1] == widths[2] == widths[3]


def test_a_loss_of_zero_or_an_absurd_one_can_be_drawn_on_either_scale() -> None:
    for values in ([0.0, 0.0, 0.0], [1e30, 5.0, 1e-12], [3.0]):
        for log in (False, True):
            series = LossSeries()
            series.extend(np.array(values), np.array(values))
            _, figure = figure_of(series, 100, log=log)
            figure.canvas.draw()


def test_the_axis_of_a_long_run_grows_in_large_steps() -> None:
    series = LossSeries()
    drawing, figure = figure_of(series, 31_260)
    changes = 0
    for _ in range(300):
        series.extend(np.full(100, 30.0), np.full(100, 3.0))
        changes += drawing.take(series)
        assert figure.axes[0].get_xlim()[1] >= len(series)
    assert changes <= 10


def test_the_recent_loss_is_the_mean_of_the_last_ten() -> None:
    series = LossSeries()
    assert series.recent(per_word=False) is None
    series.extend(np.arange(30.0), np.arange(30.0) / 10)
    assert series.recent(per_word=False) == pytest.approx(24.5)
    assert series.recent(per_word=True) == pytest.approx(2.45)


def test_numbers_are_written_short() -> None:
    assert [loss_words(x) for x in (0.0714, 1.234, 74.26, 1234.5, 2.5e8)] == [
        "0.071",
        "1.23",
        "74.3",
        "1,234",
        "2.5e08",
    ]
    assert [perplexity_words(x) for x in (0.0, 2.5, 6.91, 900.0)] == ["1.00", "12.2", "1,002", "e^900"]
    assert [short_number(x) for x in (0, 0.05, 20, 1e6)] == ["0", "0.05", "20", "1.0e06"]


def test_what_a_long_run_gains_is_drawn_when_it_can_be_seen(
    plot: LossPlot, history: LossHistory, qtbot: QtBot
) -> None:
    import_matplotlib(plot._session)
    falling(history, 100_000)
    plot.show_history(history, 120_000)
    drawn(qtbot, plot)
    before = plot.line_draws
    for _ in range(100):
        falling(history, 4)
        assert plot.take_new()
    assert plot.line_draws - before == pytest.approx(10, abs=3)


def test_what_was_too_little_to_be_seen_is_drawn_when_a_run_comes_to_rest(
    plot: LossPlot, history: LossHistory, qtbot: QtBot
) -> None:
    import_matplotlib(plot._session)
    falling(history, 100_000)
    plot.show_history(history, 120_000)
    drawn(qtbot, plot)
    before = plot.line_draws
    falling(history, 1)
    plot.take_new()
    assert plot.line_draws == before
    plot.take_new()
    assert plot.line_draws == before + 1
    falling(history, 1)
    plot.take_new(at_once=True)
    assert plot.line_draws == before + 2
    plot.take_new()
    assert plot.line_draws == before + 2


@pytest.mark.parametrize("size", [(0, 2), (4, 0), (0, 0)])
def test_a_plot_pushed_to_nothing_divides_by_nothing_and_comes_back(size: tuple[float, float]) -> None:
    series = LossSeries()
    series.extend(np.full(50, 30.0), np.full(50, 3.0))
    drawing, figure = figure_of(series, 100)
    before = figure.axes[0].get_position().bounds
    figure.set_size_inches(*size)
    drawing.resized()
    drawing.style(LIGHT, 9.0)
    drawing.take(series)
    assert drawing.iterations_a_pixel > 0
    assert math.isfinite(drawing.iteration_at(3.0))
    figure.set_size_inches(4, 2)
    drawing.resized()
    assert figure.axes[0].get_position().bounds == before
