"""What the loss plot draws of frozen models and of guesses: where each line, point and word stands."""

import math
from collections.abc import Iterator

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Annotation

from captionviewer.core.training.validation import ValidationPoint, blind_guess_nats
from captionviewer.ui.look.theme import LIGHT
from captionviewer.ui.training.loss_figure import LossFigure, LossSeries

WORDS = 12.0  # of a caption, <END> included
POINTS = (
    ValidationPoint(0, 6.9, 7.0),
    ValidationPoint(100, 2.5, 3.0),
    ValidationPoint(200, 2.0, 2.75),
    ValidationPoint(300, 1.5, 3.25),
)
GUESSES = {"blind guess": blind_guess_nats(1004), "unigram guess": 5.5}


@pytest.fixture
def series() -> LossSeries:
    made = LossSeries()
    losses = np.linspace(84, 20, 300, dtype=np.float32)
    made.extend(losses, losses / np.float32(WORDS))
    return made


@pytest.fixture
def figure() -> Iterator[Figure]:
    made = Figure(figsize=(6, 4), dpi=100)
    FigureCanvasAgg(made)
    yield made
    made.clear()


def shown(
    figure: Figure,
    series: LossSeries,
    points: tuple[ValidationPoint, ...] = POINTS,
    per_word: bool = True,
    log: bool = False,
) -> LossFigure:
    plot = LossFigure(figure)
    plot.configure(300, per_word, log)
    plot.style(LIGHT, 9.0)
    plot.show_frozen(points, 150, GUESSES, 1.0 if per_word else WORDS)
    plot.take(series)
    figure.canvas.draw()
    return plot


def line(figure: Figure, label: str) -> Line2D:
    return next(line for line in figure.axes[0].lines if line.get_label() == label)


def texts(figure: Figure) -> dict[str, float]:
    """The words that stand in the axes, and how high."""
    return {text.get_text(): text.get_position()[1] for text in figure.axes[0].texts if text.get_text()}


def best_words(figure: Figure) -> Annotation:
    (found,) = (text for text in figure.axes[0].texts if isinstance(text, Annotation))
    return found


@pytest.mark.parametrize(("per_word", "times"), [(True, 1.0), (False, WORDS)])
def test_points_stand_at_their_iterations_and_losses_in_the_unit_that_is_shown(
    figure: Figure, series: LossSeries, per_word: bool, times: float
) -> None:
    shown(figure, series, per_word=per_word)
    for label, losses in (
        ("validation", [7.0, 3.0, 2.75, 3.25]),
        ("training, same model", [6.9, 2.5, 2.0, 1.5]),
    ):
        drawn = line(figure, label)
        np.testing.assert_array_equal(drawn.get_xdata(), [0, 100, 200, 300])
        np.testing.assert_allclose(np.asarray(drawn.get_ydata()), times * np.array(losses))
        assert drawn.get_marker() != "None" and drawn.get_linestyle() != "None"


@pytest.mark.parametrize(("per_word", "times"), [(True, 1.0), (False, WORDS)])
def test_guesses_are_thin_lines_across_at_what_they_cost_with_their_names(
    figure: Figure, series: LossSeries, per_word: bool, times: float
) -> None:
    shown(figure, series, per_word=per_word)
    across = [line for line in figure.axes[0].lines if list(np.asarray(line.get_xdata())) == [0, 1]]
    heights = sorted(float(np.asarray(line.get_ydata())[0]) for line in across)
    np.testing.assert_allclose(heights, [times * 5.5, times * math.log(1004)])
    assert all(line.get_linewidth() < 1 for line in across)
    assert texts(figure)[f"blind guess {times * 6.9117:.3g}"] == pytest.approx(times * 6.91175, abs=1e-3)
    assert texts(figure)[f"unigram guess {times * 5.5:.3g}"] == times * 5.5
    bottom, top = figure.axes[0].get_ylim()
    assert bottom <= heights[0] and heights[-1] < top  # within the axes, though no loss is as high


def test_the_best_is_the_lowest_validation_loss_and_marked_there(figure: Figure, series: LossSeries) -> None:
    shown(figure, series)
    words = best_words(figure)
    assert (words.get_text(), words.xy) == ("best 2.75", (200, 2.75))
    rings = [line for line in figure.axes[0].lines if line.get_fillstyle() == "none"]
    assert [r.get_xydata().tolist() for r in rings] == [[[200, 2.75]]]
    figure.clear()
    shown(figure, series, per_word=False)  # then it is told in both units: Runs tells it a word
    assert best_words(figure).get_text() == f"best {2.75 * WORDS:.3g} (2.75 a word)"


def test_one_point_is_not_called_the_best(figure: Figure, series: LossSeries) -> None:
    shown(figure, series, POINTS[:1])
    assert not best_words(figure).get_visible()


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("best", [0, 100, 200, 300])
def test_the_words_at_the_best_stay_within_the_axes_wherever_it_is(
    figure: Figure, series: LossSeries, best: int, log: bool
) -> None:
    points = tuple(
        ValidationPoint(p.iteration, p.train, 0.3 if p.iteration == best else p.val) for p in POINTS
    )
    shown(figure, series, points, log=log)
    box, axes = best_words(figure).get_window_extent(), figure.axes[0].bbox
    assert axes.x0 <= box.x0 and box.x1 <= axes.x1
    assert axes.y0 <= box.y0 and box.y1 <= axes.y1


def test_the_legend_says_on_how_many_captions_and_names_what_is_drawn_so(
    figure: Figure, series: LossSeries
) -> None:
    shown(figure, series)
    legend = figure.axes[0].get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == [
        "validation, 150 captions",
        "training, same model",
    ]
    colors = [handle.get_color() for handle in legend.get_lines()]
    assert colors == [line(figure, name).get_color() for name in ("validation", "training, same model")]


@pytest.mark.parametrize("height", [2.0, 4.0])
@pytest.mark.parametrize("rises", [False, True])
def test_the_legend_is_clear_of_all_lines_also_where_validation_rises_again(
    series: LossSeries, height: float, rises: bool
) -> None:
    figure = Figure(figsize=(3.8, height), dpi=100)
    canvas = FigureCanvasAgg(figure)
    points = (*POINTS[:-1], ValidationPoint(300, 1.5, 7.0)) if rises else POINTS
    shown(figure, series, points)
    axes = figure.axes[0]
    legend = axes.get_legend()
    assert legend is not None and legend.get_texts()[0].get_text() == "validation, 150 captions"
    box = legend.get_window_extent(canvas.get_renderer())
    guesses = [words for words in axes.texts if "guess" in words.get_text()]
    assert len(guesses) == 2
    for words in guesses:
        assert not words.get_window_extent().overlaps(box), words.get_text()
    for label in ("smoothed", "validation", "training, same model"):
        places = axes.transData.transform(line(figure, label).get_xydata())
        assert not any(box.contains(x, y) for x, y in places)


def test_the_legend_leaves_room_for_the_lines_to_come() -> None:
    figure = Figure(figsize=(3.8, 2), dpi=100)
    FigureCanvasAgg(figure)
    begun = LossSeries()
    losses = np.linspace(84, 14, 120, dtype=np.float32)
    begun.extend(losses, losses / np.float32(WORDS))
    shown(figure, begun, POINTS[:1], per_word=False)
    legend = figure.axes[0].get_legend()
    assert legend is not None
    to_come = figure.axes[0].transData.transform([(iteration, 14.0) for iteration in range(120, 301, 10)])
    assert not any(legend.get_window_extent().contains(x, y) for x, y in to_come)


@pytest.mark.parametrize("width", [2.0, 2.35, 2.8, 3.2])
def test_in_a_narrow_plot_no_word_is_cut_and_none_stands_in_the_legend(
    series: LossSeries, width: float
) -> None:
    figure = Figure(figsize=(width, 1.3), dpi=100)
    FigureCanvasAgg(figure)
    plot = shown(figure, series, per_word=False)
    plot.keep_free(160, 28)  # as the controls over it do: the axis's name stands within the axes
    plot.resized()
    plot.take(series)
    figure.canvas.draw()
    axes = figure.axes[0]
    words = [each for each in axes.texts if each.get_visible() and each.get_text()]
    assert any("loss per" in each.get_text() for each in words) and len(words) > 2
    legend = axes.get_legend()
    for each in words:
        box = each.get_window_extent()
        assert box.x0 >= 0 and box.x1 <= figure.bbox.width, each.get_text()
        assert legend is None or not box.overlaps(legend.get_window_extent()), each.get_text()


def test_a_plot_that_becomes_low_gives_up_words_and_has_them_again_when_it_grows(
    figure: Figure, series: LossSeries
) -> None:
    plot, axes = shown(figure, series), figure.axes[0]

    def named() -> tuple[bool, bool]:
        guesses = [words.get_visible() for words in axes.texts if "guess" in words.get_text()]
        assert len(guesses) == 2 and guesses[0] == guesses[1]
        return axes.get_legend() is not None, guesses[0]

    seen = []
    for height in (4.0, 0.9, 4.0):
        figure.set_size_inches(6, height)
        plot.resized()
        plot.take(series)
        seen.append(named())
    assert seen == [(True, True), (False, False), (True, True)]


def test_in_a_plot_without_room_for_axes_no_words_are_placed(figure: Figure, series: LossSeries) -> None:
    plot = shown(figure, series)
    figure.axes[0].set_position((0.1, 0.1, 0.8, 0.0))
    plot.take(series)
    figure.axes[0].set_position((0.1, 0.1, 0.0, 0.8))
    plot.take(series)


def test_without_validation_there_is_no_legend_and_no_best(figure: Figure, series: LossSeries) -> None:
    shown(figure, series, ())
    assert figure.axes[0].get_legend() is None
    assert not best_words(figure).get_visible()


def test_in_a_plot_too_low_for_both_the_best_keeps_its_words_and_the_guesses_lose_theirs(
    series: LossSeries,
) -> None:
    for height, shown_words in ((4.0, True), (0.9, False)):
        figure = Figure(figsize=(6, height), dpi=100)
        FigureCanvasAgg(figure)
        shown(figure, series)
        guesses = [words for words in figure.axes[0].texts if "guess" in words.get_text()]
        assert [words.get_visible() for words in guesses] == [shown_words] * 2
        assert best_words(figure).get_visible()
