"""The loss plot: draws on a Matplotlib Figure that it is handed, and knows no widget.

A full draw of a figure takes tens of milliseconds, each of which is taken from training. So the axes, their
ticks and words are drawn seldom, and the two lines are drawn anew over a copy of them ("blitting"). The
limits grow in large steps for the same reason.
"""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from captionviewer.core.arrays import FloatArray, IntArray
from captionviewer.core.training.loss_history import RunningSum, thin_to_columns
from captionviewer.core.training.setting_edits import SettingEdit
from captionviewer.ui.look.theme import Colors
from captionviewer.ui.training.frozen_lines import FrozenLines, FrozenLoss
from captionviewer.ui.training.past_lines import PastLines

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
    from matplotlib.transforms import BboxBase

COLUMNS = 320  # the raw line is thinned to the minimum and maximum of so many columns
_SMALLEST = 1e-6  # what a loss of exactly 0 is drawn as on a log scale
_FIRST_SPAN = 100  # iterations that the axis shows at first, of a run whose length allows it


class LossSeries:
    """The losses that a plot has seen so far, per caption and per word, with their running sums."""

    def __init__(self) -> None:
        self._length = 0
        self._values: FloatArray = np.empty((2, 1024), dtype=np.float32)
        self._sums = (RunningSum(), RunningSum())

    def __len__(self) -> int:
        return self._length

    def extend(self, losses: FloatArray, losses_per_word: FloatArray) -> None:
        """Add the next iterations; both (n,)."""
        needed = self._length + len(losses)
        if needed > self._values.shape[1]:
            grown: FloatArray = np.empty((2, max(needed, 2 * self._values.shape[1])), dtype=np.float32)
            grown[:, : self._length] = self._values[:, : self._length]
            self._values = grown
        self._values[0, self._length : needed] = losses
        self._values[1, self._length : needed] = losses_per_word
        self._sums[0].extend(losses)
        self._sums[1].extend(losses_per_word)
        self._length = needed

    def raw(self, per_word: bool) -> FloatArray:
        """Every loss so far, (n,): a view that must not be written to."""
        return self._values[int(per_word), : self._length]

    def smoothed(self, per_word: bool) -> tuple[IntArray, FloatArray]:
        """The centred moving average over about a thirtieth of the run, as (iterations, means)."""
        places, means = self._sums[int(per_word)].smoothed(max(3, self._length // 60), COLUMNS)
        return places + 1, means

    def recent(self, per_word: bool, count: int = 10) -> float | None:
        """The mean of the last `count` losses; None while there are none."""
        values = self.raw(per_word)[-count:]
        return float(values.mean()) if len(values) else None


class LossFigure:
    """Two lines on axes that seldom change: every loss, faint, and the smoothed loss over it.

    Attributes
    ----------
    count : int
        How many iterations the lines show.
    """

    def __init__(self, figure: "Figure") -> None:
        self._figure = figure
        self._axes = figure.add_subplot()
        (self._raw,) = self._axes.plot([], [], linewidth=0.9, animated=True, label="each iteration")
        (self._smooth,) = self._axes.plot([], [], linewidth=2.0, animated=True, label="smoothed")
        # Where the lines will go: never seen, but the legend looks for a place that is free of lines
        (self._to_come,) = self._axes.plot([], [], linestyle="none", animated=True, label="_to_come")
        self._name = self._axes.text(0.02, 0.98, "", transform=self._axes.transAxes, va="top")
        self._frozen = FrozenLines(self._axes)
        self._past = PastLines(self._axes)
        self._past_top = 0.0
        self._words_a_caption = 1.0
        self._corner = (0.0, 0.0)
        self._rows = 5
        self._total = 0
        self._per_word = False
        self._log = False
        self._limits: tuple[float, float, float] | None = None
        self.count = 0
        self._word_color, self._points = "black", 9.0

    def style(self, colors: Colors, points: float) -> None:
        """Take the theme's colours and the window's size of text."""
        self._figure.set_facecolor(colors.surface.name())
        axes = self._axes
        axes.set_facecolor(colors.surface.name())
        for side, spine in axes.spines.items():
            spine.set_visible(side in ("left", "bottom"))
            spine.set_color(colors.border.name())
        axes.tick_params(
            which="both",
            colors=colors.muted.name(),
            labelsize=0.85 * points,
            length=3,
            color=colors.border.name(),
        )
        axes.grid(True, which="major", color=colors.border.name(), linewidth=0.6, alpha=0.6)
        axes.set_axisbelow(True)
        self._raw.set_color(colors.faint_line.name())
        self._smooth.set_color(colors.accent.name())
        self._word_color, self._points = colors.muted.name(), points
        self._frozen.style(colors, points)
        self._past.style(colors, points)
        self._put_words()
        self._fit_margins()

    def show_frozen(
        self,
        points: Sequence[FrozenLoss],
        num_captions: int,
        guesses: Mapping[str, float],
        words_a_caption: float,
    ) -> None:
        """Show the losses of frozen models on `num_captions` captions of val, and of guesses, from the next
        draw on, all times `words_a_caption`.
        """
        self._frozen.show(points, num_captions, guesses, words_a_caption)
        self._words_a_caption = words_a_caption
        self._limits = None
        self._give_way()

    def show_more_frozen(self, points: Sequence[FrozenLoss]) -> None:
        """Show other losses of frozen models, of which there were some; all else as in `show_frozen`."""
        self._frozen.show_points(points, self._words_a_caption)

    def show_past(self, runs: Sequence[LossSeries], edits: Sequence[SettingEdit]) -> None:
        """Show earlier runs faintly, and what was changed in this one, from the next draw on."""
        curves = [run.smoothed(self._per_word) for run in runs]
        if self._log:
            curves = [(places, np.maximum(means, _SMALLEST)) for places, means in curves]
        self._past.show(curves, edits)
        self._past_top = self._past.highest(curves)
        self._give_way()
        self._limits = None

    def configure(self, total: int, per_word: bool, log: bool) -> None:
        """Choose what is shown: of `total` planned iterations, which loss, on which scale."""
        if (total, per_word, log) != (self._total, self._per_word, self._log):
            self._limits = None
        self._total, self._per_word, self._log = total, per_word, log

    def keep_free(self, width: float, height: float) -> None:
        """Leave so many pixels at the upper right to something that stands there."""
        ratio = self._figure.canvas.device_pixel_ratio
        self._corner = (width * ratio, height * ratio)

    def resized(self) -> None:
        """Show what there is room for in whatever size the figure has now, in margins as wide as its text."""
        self._give_way()
        self._limits = None  # so that the words are placed anew
        self._fit_margins()

    def take(self, series: LossSeries) -> bool:
        """Let the lines show the series; True when the axes changed, so that all has to be drawn anew."""
        values = series.raw(self._per_word)
        self.count = len(values)
        x, y = thin_to_columns(np.arange(1, len(values) + 1), values, COLUMNS)
        places, means = series.smoothed(self._per_word)
        if self._log:
            y, means = np.maximum(y, _SMALLEST), np.maximum(means, _SMALLEST)
        self._raw.set_data(x, y)
        self._smooth.set_data(places, means)
        self._smooth.set_marker("o" if len(values) == 1 else "")  # a run of one step is a point
        return self._fit_limits(y, len(values))

    @property
    def iterations_a_pixel(self) -> float:
        """How many iterations stand side by side in one pixel's width."""
        left, right = self._axes.get_xlim()
        return float(right - left) / max(1.0, self._axes.bbox.width)

    def iteration_at(self, x: float) -> float:
        """The iteration at x, in the figure's pixels from its left."""
        left, right = self._axes.get_xlim()
        return float(left + (x - self._axes.bbox.x0) / max(1.0, self._axes.bbox.width) * (right - left))

    def x_of(self, iteration: float) -> float:
        """Where an iteration stands, in the figure's pixels from its left."""
        left, right = self._axes.get_xlim()
        return float(self._axes.bbox.x0 + (iteration - left) / (right - left) * self._axes.bbox.width)

    @property
    def box(self) -> "BboxBase":
        """Where the axes are, in the figure's pixels from its lower left."""
        return self._axes.bbox

    def frozen(self) -> "list[Artist]":
        """What is drawn over the axes when a loss of a frozen model has come, in order."""
        return self._frozen.over_the_axes()

    def lines(self) -> "list[Line2D]":
        """What is drawn over both whenever steps were made, in order."""
        return [self._raw, self._smooth]

    def _give_way(self) -> None:
        em, box = self._em(), self._figure.bbox
        self._frozen.give_way(box.height / em, box.width / em, self._past.named)

    def _put_words(self) -> None:
        axes = self._axes
        what = "loss per word" if self._per_word else "loss per caption"
        words = {"color": self._word_color, "fontsize": 0.85 * self._points}
        room = self._figure.bbox.width - self._corner[0] > 15 * self._em()
        axes.set_title(f"{what} (nats)" if room else "", loc="left", pad=6, fontdict=words)
        self._name.set_text("" if room else f"{what} (nats)")
        self._name.set_color(self._word_color)
        self._name.set_fontsize(0.85 * self._points)
        tall = self._figure.bbox.height > 14 * self._em()
        axes.set_xlabel("iteration" if tall else "", labelpad=1, fontdict=words)

    def _em(self) -> float:
        return self._points * self._figure.dpi / 72

    def _fit_margins(self) -> None:
        em, box = self._em(), self._figure.bbox
        tall = box.height > 14 * em
        self._axes.set_xlabel("iteration" if tall else "")
        if box.width < 1 or box.height < 1:  # nothing of it can be seen, as between two panes pushed together
            return
        rows = max(2, min(5, int(box.height / em / 2.2) - 2))
        if rows != self._rows:  # more or fewer ticks
            self._rows, self._limits = rows, None
        left, right = 3.4 * em / box.width, 1 - 1.7 * em / box.width
        above = max(1.8 * em, self._corner[1] + 8)
        bottom, top = (2.9 if tall else 1.7) * em / box.height, 1 - above / box.height
        if right - left > 0.1 and top - bottom > 0.1:  # a size in passing, while the window is laid out
            self._figure.subplots_adjust(left=left, right=right, bottom=bottom, top=top)

    def _fit_limits(self, values: FloatArray, count: int) -> bool:
        right = self._right_end(count)
        low, high = (float(values.min()), float(values.max())) if len(values) else (1.0, 1.0)
        low, high = self._frozen.span(low, max(high, self._past_top))
        old = self._limits
        if self._log:
            bottom, top = _round_down(low), _round_up(high * 1.05)
            if old is not None:  # only ever wider, so that it settles
                bottom, top = min(bottom, old[1]), max(top, old[2])
        else:
            bottom, top = 0.0, _round_up(high * 1.02)
            if old is not None:
                top = max(top, old[2])
        new = (right, bottom, top)
        if new == old:
            return False
        self._limits = new
        axes = self._axes
        scale = "log" if self._log else "linear"
        if axes.get_yscale() != scale:
            axes.set_yscale(scale)
        axes.set_xlim(0 if right > 1 else 0.5, right)
        axes.set_ylim(bottom, top)
        self._set_ticks(bottom, top)
        last: FloatArray = np.asarray(self._smooth.get_ydata())[-1:]  # none before the first step
        self._to_come.set_data(np.linspace(count, right, 9 * len(last)), np.repeat(last, 9))
        self._frozen.place_words()
        self._put_words()
        return True

    def _set_ticks(self, bottom: float, top: float) -> None:
        from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter, NullLocator

        axes = self._axes
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _place: f"{value:,.0f}"))
        if self._log:
            few = top / bottom < 300
            axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if few else (1,), numticks=self._rows + 2))
            axes.yaxis.set_minor_locator(NullLocator())
            axes.yaxis.set_minor_formatter(NullFormatter())
        else:
            axes.yaxis.set_major_locator(MaxNLocator(self._rows))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _place: short_number(value)))

    def _right_end(self, count: int) -> float:
        span = _FIRST_SPAN
        while span < count:
            span *= 2
        if self._total and (span >= 0.7 * self._total or self._total <= 4 * _FIRST_SPAN):
            return float(max(self._total, count))
        return float(span)


def short_number(value: float) -> str:
    """A loss for people in at most five signs or so: "73.1", "0.108", "2.1e+08"."""
    size = abs(value)
    if not math.isfinite(value) or size >= 1e5:
        return f"{value:.1e}".replace("e+", "e")
    if size == 0:
        return "0"
    if size < 1e-3:
        return f"{value:.0e}"
    return f"{value:,.4g}"


def _round_up(value: float) -> float:
    """The next number of the form 1, 1.5, 2, 3, 4, 5, 6, 8 times a power of ten."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next((step * power for step in (1, 1.5, 2, 3, 4, 5, 6, 8) if step * power >= value), 10 * power)


def _round_down(value: float) -> float:
    """The number of the form 1, 2 or 5 times a power of ten that is below, with some room."""
    value = max(value * 0.8, _SMALLEST / 2)
    power = 10.0 ** math.floor(math.log10(value))
    return max((step * power for step in (1, 2, 5) if step * power <= value), default=power)
