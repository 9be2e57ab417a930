"""What Temperature shows as Matplotlib figures and tables: quality against diversity, and the next word."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from captionviewer.core.decoding.decoding import Decoding
from captionviewer.core.evaluation.decoding_scores import DecodingScore
from captionviewer.ui.look.theme import Colors
from captionviewer.ui.sampling.temperature.tempered_word import TemperedNext

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Place:
    """Where a setting stands among scores, and whether it is one of those computed."""

    distinct: float
    cider_d: float
    computed: bool


def present(scores: Sequence[DecodingScore], decoding: Decoding) -> Place | None:
    """Where a setting stands on the line through the scores of several temperatures, rising.

    Between two of them it is placed by its temperature; None for one beyond them, or that differs in more.
    """
    wanted = replace(decoding, method="sample").as_read()
    for score in scores:
        if score.decoding.as_read() == wanted:
            return Place(score.distinct, score.cider_d, True)
    for low, high in pairwise(scores):
        t, begin, end = wanted.temperature, low.decoding.temperature, high.decoding.temperature
        if begin < t < end and replace(low.decoding, temperature=t).as_read() == wanted:
            share = (t - begin) / (end - begin)
            return Place(
                low.distinct + share * (high.distinct - low.distinct),
                low.cider_d + share * (high.cider_d - low.cider_d),
                False,
            )
    return None


def draw_quality(
    figure: "Figure",
    scores: Sequence[DecodingScore],
    place: Place | None,
    captions_each: int,
    colors: Colors,
    points: float,
) -> None:
    """Draw CIDEr-D against the share of captions that differ, a ring around the present setting's place."""
    figure.clear()
    figure.set_facecolor(colors.surface.name())
    axes = figure.add_subplot()
    x, y = [score.distinct for score in scores], [score.cider_d for score in scores]
    axes.plot(x, y, color=colors.accent.name(), marker="o", ms=4, lw=1.2)
    for score in scores:
        axes.annotate(
            f"{score.decoding.temperature:g}",
            (score.distinct, score.cider_d),
            xytext=(-5, -4),
            textcoords="offset points",
            ha="right",
            va="top",
            fontsize=0.8 * points,
            color=colors.muted.name(),
        )
    if place is not None:
        dashes = "solid" if place.computed else (0, (1.5, 1.0))
        axes.scatter(
            [place.distinct],
            [place.cider_d],
            s=121,
            facecolors="none",
            edgecolors=colors.text.name(),
            linewidths=1.8,
            linestyles=[dashes],
            zorder=3,
        )
    axes.set_xlabel(
        f"share of {captions_each} captions that differ", fontsize=points, color=colors.text.name()
    )
    axes.set_ylabel("CIDEr-D", fontsize=points, color=colors.text.name())
    axes.margins(0.14)
    _dress(axes, colors, points)


def tempered_figure(following: TemperedNext, heading: str, colors: Colors) -> "Figure":
    """Draw the likeliest next words before and after temperature, k and p, as a figure of its own."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.0, 4.2), layout="constrained")
    figure.set_facecolor(colors.surface.name())
    axes = figure.add_subplot()
    places = range(len(following.words))
    for place, word in zip(places, following.words, strict=True):
        if word.cut:
            axes.barh(
                place, word.tempered, 0.6, color="none", edgecolor=colors.muted.name(), hatch="////", lw=0
            )
        else:
            axes.barh(place, word.after, 0.6, color=colors.accent.name())
        axes.barh(place, word.before, 0.75, color="none", edgecolor=colors.text.name(), lw=1)
    axes.set_yticks(places, labels=[word.word for word in following.words])
    for label in axes.get_yticklabels():
        label.set_parse_math(False)  # a word may hold dollar signs
    axes.invert_yaxis()
    axes.set_xlim(0, 1)
    axes.set_xlabel("probability of the next word; outline: the model's own", color=colors.text.name())
    axes.set_title(heading, parse_math=False, fontsize=9, color=colors.text.name(), loc="left", wrap=True)
    _dress(axes, colors, 10.0)
    return figure


def tempered_rows(
    following: TemperedNext, captions: Sequence[Sequence[str]], decoding: Decoding
) -> Iterator[Sequence[object]]:
    """Give the next words, then the captions drawn, as lines of a table, the header first."""
    yield "word", "model", "after_temperature", "drawn_with", "cut", "decoding"
    for word in following.words:
        yield word.word, word.before, word.tempered, word.after, int(word.cut), decoding.words()
    for caption in captions:
        yield " ".join(caption), "", "", "", "", decoding.words()


def _dress(axes: "Axes", colors: Colors, points: float) -> None:
    axes.set_facecolor(colors.surface.name())
    axes.tick_params(labelsize=0.85 * points, colors=colors.text.name(), length=3)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(colors.border.name())
