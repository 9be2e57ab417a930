"""In the loss plot: the losses of frozen models on captions held fixed, and what guesses would cost.

Guesses and the legend belong to the axes, which are drawn seldom. The points of frozen models come one by
one while a run goes on, and are drawn over a copy of the axes.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal, Protocol

from captionviewer.ui.look.theme import Colors

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D
    from matplotlib.text import Text

_AT_THE_RIGHT = 0.99  # of the axes' width
_LEGEND = 26.0  # lines of text: in a plot as wide as these there is room for a legend


class FrozenLoss(Protocol):
    """The losses of one frozen model, in nats a word."""

    @property
    def iteration(self) -> int:
        """How much it had learned."""

    @property
    def train(self) -> float:
        """On train captions held fixed."""

    @property
    def val(self) -> float:
        """On validation captions."""


class FrozenLines:
    """Points with a line for validation and for training, the best marked, guesses as thin lines."""

    def __init__(self, axes: "Axes") -> None:
        self._axes = axes
        (self._train,) = axes.plot(
            [], [], "s--", markersize=3.5, linewidth=1.2, label="training, same model", animated=True
        )
        (self._val,) = axes.plot([], [], "o-", markersize=4, linewidth=1.4, label="validation", animated=True)
        (self._best,) = axes.plot(
            [], [], "o", markersize=10, fillstyle="none", markeredgewidth=1.8, animated=True
        )
        self._best_words = axes.annotate(
            "",
            (0, 0),
            xytext=(0, 0),
            textcoords="offset points",
            annotation_clip=True,
            animated=True,
        )
        self._guesses: list[tuple[Line2D, Text]] = []
        self._val_label = ""
        self._values: list[float] = []  # of the points, then of the guesses
        self._guessed: list[float] = []
        self._has_points = False
        self._colors: Colors | None = None
        self._points = 9.0

    def style(self, colors: Colors, points: float) -> None:
        """Take the theme's colours and the window's size of text."""
        self._colors, self._points = colors, points
        self._val.set_color(colors.val.name())
        self._train.set_color(colors.train.name())
        self._best.set_color(colors.val.name())
        self._best_words.set_color(colors.val.name())
        self._best_words.set_fontsize(0.85 * points)

    def show(
        self, points: Sequence[FrozenLoss], num_captions: int, guesses: Mapping[str, float], times: float
    ) -> None:
        """Show others.

        Parameters
        ----------
        points
            the losses, in the order of their iterations; a best is marked among two at the least.
        num_captions
            on how many captions of val they were computed, which the legend tells.
        guesses
            what guesses cost, in nats a word, by their names.
        times
            what all losses are multiplied by.
        """
        self._val_label = f"validation, {num_captions:,} captions"
        for line, words in self._guesses:
            line.remove()
            words.remove()
        self._guessed = [times * nats for nats in guesses.values()]
        self._guesses = [self._guess(name, loss) for name, loss in zip(guesses, self._guessed, strict=True)]
        self.show_points(points, times)

    def show_points(self, points: Sequence[FrozenLoss], times: float) -> None:
        """Show other points; they are told in the legend once it is made anew."""
        iterations = [point.iteration for point in points]
        val, train = [times * point.val for point in points], [times * point.train for point in points]
        self._val.set_data(iterations, val)
        self._train.set_data(iterations, train)
        self._has_points = bool(points)
        self._values = [*val, *train, *self._guessed]
        best = min(range(len(val)), key=val.__getitem__) if len(val) > 1 else None
        self._best.set_data(*(([], []) if best is None else ([iterations[best]], [val[best]])))
        self._best_words.set_visible(best is not None)
        if best is not None:
            self._best_words.xy = (iterations[best], val[best])
            # Elsewhere losses of validation are told a word, whatever the plot shows.
            a_word = "" if times == 1 else f" ({points[best].val:.3g} a word)"
            self._best_words.set_text(f"best {val[best]:.3g}{a_word}")

    def over_the_axes(self) -> "list[Artist]":
        """What is drawn over a copy of the axes, in order, where it stands now."""
        if min(self._axes.bbox.size) > 0:
            self._place_best()
        return [self._train, self._val, self._best, self._best_words]

    def _guess(self, name: str, loss: float) -> "tuple[Line2D, Text]":
        color = self._colors.muted.name() if self._colors is not None else "gray"
        line = self._axes.axhline(loss, linewidth=0.9, linestyle=(0, (4, 3)), color=color, zorder=1.5)
        words = self._axes.text(
            _AT_THE_RIGHT,
            loss,
            f"{name} {loss:.3g}",
            transform=self._axes.get_yaxis_transform(),
            ha="right",
            va="bottom",
            color=color,
            fontsize=0.75 * self._points,
        )
        return line, words

    def _place_best(self) -> None:
        """Put the words at the best point where they are within the axes, whose limits are known now."""
        if not self._best_words.get_visible():
            return
        across, up = self._axes.transAxes.inverted().transform(
            self._axes.transData.transform(self._best_words.xy)
        )
        side: Literal["left", "right", "center"] = (
            "left" if across < 0.15 else "right" if across > 0.85 else "center"
        )
        above = up < 0.3
        self._best_words.set_horizontalalignment(side)
        self._best_words.set_verticalalignment("bottom" if above else "top")
        beside = {"left": 5, "right": -5, "center": 0}[side]
        self._best_words.set_position((beside, 9 if above else -9))

    def give_way(self, lines: float, wide: float, named: "Sequence[tuple[str, Artist]]" = ()) -> None:
        """Show what there is room for in a plot so many lines of text high, and so many times that wide.

        The legend is there where it has something to name, `named` with it; in a narrow plot it goes, for it
        would stand in the axis's name. So it does in a very low one, where the guesses lose their words, too,
        which would stand in those of the best.
        """
        room_for_words = lines > 10
        for _, words in self._guesses:
            words.set_visible(room_for_words or not self._has_points)
        old = self._axes.get_legend()
        if old is not None:
            old.remove()
        of_frozen = [(self._val_label, self._val), ("training, same model", self._train)]
        entries = [*(of_frozen if self._has_points else ()), *named]
        if not room_for_words or wide < _LEGEND or not entries or self._colors is None:
            return
        low = lines <= 17
        legend = self._axes.legend(
            [artist for _, artist in entries],
            [label for label, _ in entries],
            loc="best",  # losses fall, but on captions that are not trained on they may rise again
            fontsize=0.75 * self._points,
            borderpad=0.1 if low else 0.4,
            labelspacing=0.15 if low else 0.5,
            handlelength=1.6 if low else 2.0,
            facecolor=self._colors.surface.name(),
            edgecolor="none" if low else self._colors.border.name(),
            labelcolor=self._colors.text.name(),
        )
        legend.set_zorder(1.6)

    def place_words(self) -> None:
        """Put all words where they hide nothing, within the limits of the axes that hold now."""
        if min(self._axes.bbox.size) <= 0:  # no place is within axes without an area
            return
        self._place_best()
        self._place_guesses()

    def _place_guesses(self) -> None:
        """Name each guess at the right, or left of the legend where that stands in its way."""
        legend = self._axes.get_legend()
        taken = None
        if legend is not None:
            taken = legend.get_window_extent()  # to find the best place takes time, and each draw would
            legend.set_loc(tuple(self._axes.transAxes.inverted().transform((taken.x0, taken.y0))))
        for _line, words in self._guesses:
            words.set_x(_AT_THE_RIGHT)
            if taken is not None and words.get_visible() and words.get_window_extent().overlaps(taken):
                left = self._axes.transAxes.inverted().transform((taken.x0, 0))[0]
                words.set_x(left - 0.01)

    def span(self, low: float, high: float) -> tuple[float, float]:
        """The least and the largest loss, with those shown here."""
        return min([low, *self._values]), max([high, *self._values])
