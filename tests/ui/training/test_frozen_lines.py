"""Losses of frozen models and of guesses in the plot: where they stand, which is best, what stays behind."""

from dataclasses import dataclass

import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from captionviewer.ui.look.theme import colors
from captionviewer.ui.training.frozen_lines import FrozenLines

GUESSES = {"blind guess": 5.0, "unigram guess": 4.0}


@dataclass(frozen=True)
class Point:
    iteration: int
    train: float
    val: float


POINTS = [Point(0, 5.1, 5.2), Point(50, 0.5, 2.0), Point(100, 0.2, 2.5)]


@pytest.fixture
def axes() -> Axes:
    figure = Figure(figsize=(4, 2))
    FigureCanvasAgg(figure)
    axes: Axes = figure.add_subplot()
    axes.set_xlim(0, 100)
    axes.set_ylim(0, 60)
    return axes


@pytest.fixture
def lines(axes: Axes) -> FrozenLines:
    made = FrozenLines(axes)
    made.style(colors(), 9.0)
    return made


def test_the_best_is_the_least_validation_loss_and_says_its_value(lines: FrozenLines) -> None:
    lines.show(POINTS, {}, 10.0)
    assert lines._best.get_xydata().tolist() == [[50, 20.0]]
    assert lines._best_words.get_text() == "best 20" and lines._best_words.get_visible()
    lines.show([], {}, 10.0)
    assert not lines._best_words.get_visible() and lines._best.get_xydata().tolist() == []


def test_what_is_shown_for_a_caption_is_so_many_times_what_a_word_costs(
    axes: Axes, lines: FrozenLines
) -> None:
    lines.show(POINTS, GUESSES, 10.0)
    assert lines._train.get_xydata().tolist() == [[0, 51.0], [50, 5.0], [100, 2.0]]
    assert [words.get_text() for words in axes.texts if "guess" in words.get_text()] == [
        "blind guess 50",
        "unigram guess 40",
    ]
    assert lines.span(10, 20) == (2.0, 52.0), "training and guesses count for the height as well"


def test_guesses_shown_before_leave_neither_line_nor_words(axes: Axes, lines: FrozenLines) -> None:
    lines.show(POINTS, GUESSES, 1.0)
    before = len(axes.lines), len(axes.texts)
    for _ in range(3):
        lines.show(POINTS, GUESSES, 1.0)
    assert (len(axes.lines), len(axes.texts)) == before
    lines.show(POINTS, {}, 1.0)
    assert (len(axes.lines), len(axes.texts)) == (before[0] - 2, before[1] - 2)


def test_the_legend_is_there_only_where_there_is_room_and_something_to_explain(
    axes: Axes, lines: FrozenLines
) -> None:
    lines.give_way(True)
    assert axes.get_legend() is None
    lines.show(POINTS, GUESSES, 1.0)
    lines.give_way(True)
    assert axes.get_legend() is not None
    lines.give_way(False)
    assert axes.get_legend() is None


@pytest.mark.parametrize("best", [0, 50, 100])
def test_the_best_value_is_read_whole_at_both_edges_of_the_plot(
    axes: Axes, lines: FrozenLines, best: int
) -> None:
    lines.show([Point(best, 30.0, 12.345)], {}, 1.0)
    axes.figure.draw_without_rendering()
    words, place = lines._best_words.get_window_extent(), axes.get_window_extent()
    assert place.x0 - 5 <= words.x0 and words.x1 <= place.x1 + 5
