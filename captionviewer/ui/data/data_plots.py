"""The plots of the data: a photo's features, captions by length, by word, and how many a photo has.

Each function draws on a Matplotlib Figure that it is handed, and knows no widget.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from captionviewer.core.arrays import FloatArray, IntArray
from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.coco.folder_layout import SPLITS
from captionviewer.core.coco.vocabulary import UNK, Vocabulary
from captionviewer.ui.look.theme import Colors
from captionviewer.ui.plots.fonts import drawable, give_fonts

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WORDS_SHOWN = 60
UPRIGHT_FROM = 1.5  # so much wider than high, the words stand under upright bars


@dataclass(frozen=True)
class Bar:
    """One bar of a plot, where it stands and what it says.

    Attributes
    ----------
    axes
        The axes it is drawn on.
    low, high : float
        Its edges on the axis of what is counted, in data coordinates.
    value : float
        Its length on the axis of counts, from 0.
    upright : bool
        Whether it stands; otherwise it lies.
    words : str
        What it says, for people.
    key : object
        What it stands for: (split, number) or a word.
    """

    axes: "Axes"
    low: float
    high: float
    value: float
    upright: bool
    words: str
    key: object


@dataclass(frozen=True)
class CaptionStatistics:
    """What the statistics plots show, of a whole data set."""

    train_lengths: IntArray  # (L,) captions of 0, 1, ... words in train
    val_lengths: IntArray  # (L,)
    train_captions: IntArray  # (C,) photos with 0, 1, ... captions in train
    val_captions: IntArray  # (C,)
    words: tuple[str, ...]  # the most frequent words, falling
    counts: IntArray  # (len(words),) how often each was said, train and val together
    num_words: int  # all words said, without <START>, <END> and <NULL>
    num_unknown: int  # how many of those are <UNK>

    @property
    def unknown_share(self) -> float:
        """The share of all words said that the vocabulary does not have."""
        return self.num_unknown / self.num_words if self.num_words else 0.0

    @property
    def summary(self) -> str:
        """The whole in a line."""
        captions = int(self.train_lengths.sum() + self.val_lengths.sum())
        photos = int(self.train_captions.sum() + self.val_captions.sum())
        parts = (
            f"{captions:,} captions of {photos:,} photos",
            f"{self.num_words / max(captions, 1):.1f} words each",
            f"{100 * self.unknown_share:.1f} % of all words are {UNK}",
            f"{captions / max(photos, 1):.2f} captions a photo",
        )
        return " · ".join(part.replace(" ", "\u00a0") for part in parts)  # a line ends between parts

    def length_rows(self) -> Iterator[Sequence[object]]:
        """Give the numbers behind the plot of lengths, a header first."""
        yield ("words in caption", "train captions", "val captions")
        yield from _rows_of(self.train_lengths, self.val_lengths)

    def captions_rows(self) -> Iterator[Sequence[object]]:
        """Give the numbers behind the plot of captions a photo, a header first."""
        yield ("captions of photo", "train photos", "val photos")
        yield from _rows_of(self.train_captions, self.val_captions)

    def word_rows(self) -> Iterator[Sequence[object]]:
        """Give the numbers behind the plot of words, a header first."""
        yield ("word", "count", "share of all words")
        for word, count in zip(self.words, self.counts.tolist(), strict=True):
            yield (word, count, count / self.num_words)


def _rows_of(train: IntArray, val: IntArray) -> Iterator[Sequence[object]]:
    yield from zip(range(len(train)), train.tolist(), val.tolist(), strict=True)


def caption_statistics(dataset: CocoDataset) -> CaptionStatistics:
    """Count lengths, words and captions a photo over all captions (some 50 ms at full size)."""
    bins = dataset.caption_length + 1
    lengths = [np.bincount(dataset.split(split).caption_lengths, minlength=bins) for split in SPLITS]
    most = max(int(dataset.split(split).captions_per_image.max()) for split in SPLITS)
    photos = [np.bincount(dataset.split(split).captions_per_image, minlength=most + 1) for split in SPLITS]
    counts = dataset.word_counts()
    vocabulary = dataset.vocabulary
    order = np.argsort(-counts, kind="stable")[:WORDS_SHOWN]
    order = order[counts[order] > 0]
    return CaptionStatistics(
        train_lengths=lengths[0],
        val_lengths=lengths[1],
        train_captions=photos[0],
        val_captions=photos[1],
        words=tuple(vocabulary.idx_to_word[word] for word in order),
        counts=counts[order],
        num_words=int(counts.sum()),
        num_unknown=int(counts[vocabulary.unk]),
    )


def style(axes: "Axes", colors: Colors, points: float) -> None:
    """Give axes the colours of the theme and text of `points`."""
    axes.set_facecolor(colors.surface.name())
    axes.figure.set_facecolor(colors.surface.name())
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(colors.border.name())
    axes.tick_params(colors=colors.muted.name(), labelsize=points * 0.9, width=0.8, length=3)
    for label in (axes.xaxis.label, axes.yaxis.label):
        label.set_color(colors.muted.name())
        label.set_fontsize(points * 0.95)


def _title(axes: "Axes", words: str, colors: Colors, points: float) -> None:
    axes.set_title(words.replace("$", r"\$"), loc="left", color=colors.text.name(), fontsize=points * 1.05)


def draw_features(figure: "Figure", features: FloatArray, title: str, colors: Colors, points: float) -> None:
    """Draw one photo's feature vector (D,): a thin bar for each dimension."""
    figure.clear()
    axes = figure.add_subplot()
    where = np.arange(len(features))
    axes.vlines(where, 0.0, features, colors=colors.accent.name(), linewidth=0.9)
    axes.axhline(0.0, color=colors.border.name(), linewidth=0.8)
    axes.set_xlim(-1, len(features))
    axes.margins(y=0.06)
    _title(axes, title, colors, points)
    axes.set_xlabel("dimension")
    axes.set_ylabel("value")
    style(axes, colors, points)


def feature_rows(features: FloatArray) -> Iterator[Sequence[object]]:
    """Give the numbers behind the plot of features, a header first."""
    yield ("dimension", "value")
    yield from enumerate(features.tolist())


def draw_lengths(figure: "Figure", statistics: CaptionStatistics, colors: Colors, points: float) -> list[Bar]:
    """Draw how many captions have how many words: train and val beside each other, in percent."""
    counts = (statistics.train_lengths, statistics.val_lengths)
    axes, bars = _draw_both(figure, counts, ("word", "words"), ("caption", "captions"), colors, points)
    _title(axes, "Caption length", colors, points)
    axes.set_xlabel("words in a caption")
    return bars


def draw_captions(
    figure: "Figure", statistics: CaptionStatistics, colors: Colors, points: float
) -> list[Bar]:
    """Draw how many photos have how many captions: train and val beside each other, in percent."""
    counts = (statistics.train_captions, statistics.val_captions)
    axes, bars = _draw_both(figure, counts, ("caption", "captions"), ("photo", "photos"), colors, points)
    _title(axes, "Captions a photo", colors, points)
    axes.set_xlabel("captions of a photo")
    return bars


def _draw_both(
    figure: "Figure",
    both: tuple[IntArray, IntArray],
    unit: tuple[str, str],
    counted: tuple[str, str],
    colors: Colors,
    points: float,
) -> tuple["Axes", list[Bar]]:
    """Draw how many of what is `counted`, in train and in val, have 0, 1, ... of a `unit`."""
    from matplotlib.ticker import MaxNLocator, PercentFormatter

    figure.clear()
    axes = figure.add_subplot()
    bars: list[Bar] = []
    tints = (colors.train, colors.val)
    for split, counts, color, low in zip(SPLITS, both, tints, (-0.42, 0.0), strict=True):
        total = max(int(counts.sum()), 1)
        share = 100.0 * counts / total
        axes.bar(np.arange(len(counts)) + low + 0.21, share, width=0.42, color=color.name(), label=split)
        for number in np.flatnonzero(counts).tolist():
            count = int(counts[number])
            words = (
                f"{number:,} {unit[number != 1]}: {count:,} {split} {counted[count != 1]}, "
                f"{share[number]:.3g} %"
            )
            edge = number + low
            bars.append(Bar(axes, edge, edge + 0.42, float(share[number]), True, words, (split, number)))
    bars.sort(key=lambda bar: bar.low)
    if bars:
        axes.set_xlim(bars[0].low - 0.4, bars[-1].high + 0.4)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=9, integer=True, min_n_ticks=1))
    marks = max(2, min(5, int(72 * figure.get_figheight() / (4 * points))))  # as many as have room
    axes.yaxis.set_major_locator(MaxNLocator(nbins=marks))
    axes.yaxis.set_major_formatter(PercentFormatter(decimals=0, symbol=" %"))
    style(axes, colors, points)
    axes.legend(frameon=False, labelcolor=colors.text.name(), fontsize=points * 0.9, handlelength=1.0)
    return axes, bars


def draw_words(
    figure: "Figure", statistics: CaptionStatistics, vocabulary: Vocabulary, colors: Colors, points: float
) -> list[Bar]:
    """Draw the most frequent words as bars, as many as can be read at the figure's size.

    <UNK> has its own colour, and its share of all words stands beside it.
    """
    figure.clear()
    axes = figure.add_subplot()
    wide, high = 72 * figure.get_figwidth(), 72 * figure.get_figheight()  # in points
    upright = bool(wide > UPRIGHT_FROM * high)
    room = wide - 6 * points if upright else high - 6.5 * points  # without title, ticks and label
    most = max(3, int(room / (1.45 * points)))
    words, counts = list(statistics.words[:most]), statistics.counts[:most].tolist()
    unknown = vocabulary.idx_to_word[vocabulary.unk]
    if unknown not in words and statistics.num_unknown:  # rare, but still what the plot is looked at for
        words[-1], counts[-1] = unknown, statistics.num_unknown
    where = np.arange(len(words))
    tints = [(colors.unknown if word == unknown else colors.accent).name() for word in words]
    # a stranger's word may hold a $, which would begin a formula
    names = [drawable(word).replace("$", r"\$") for word in words]
    if upright:
        axes.bar(where, counts, width=0.7, color=tints)
        axes.set_xticks(where, names, rotation=90)
        axes.set_xlim(-0.6, len(words) - 0.4)
        axes.set_ylabel("times said")
    else:
        axes.barh(where, counts, height=0.7, color=tints)
        axes.set_yticks(where, names)
        axes.set_ylim(len(words) - 0.4, -0.6)
        axes.set_xlabel("times said")
    _count_axis(axes, upright)
    _title(axes, "Frequent words", colors, points)
    style(axes, colors, points)
    axes.tick_params(axis="x" if upright else "y", length=0)
    give_fonts(figure)
    labels = axes.get_xticklabels() if upright else axes.get_yticklabels()
    for label, word in zip(labels, words, strict=True):
        label.set_color((colors.unknown if word == unknown else colors.text).name())
    if unknown in words:
        share = f"{100 * statistics.unknown_share:.1f} %" + (" of all words" if wide > 18 * points else "")
        _name_bar(axes, words.index(unknown), counts[words.index(unknown)], share, upright, colors, points)
    return [
        Bar(
            axes,
            place - 0.5,
            place + 0.5,
            count,
            upright,
            f"{word}: said {count:,} times, {100 * count / statistics.num_words:.2g} % of words",
            word,
        )
        for place, (word, count) in enumerate(zip(words, counts, strict=True))
    ]


def _count_axis(axes: "Axes", upright: bool) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis = axes.yaxis if upright else axes.xaxis
    axis.set_major_locator(MaxNLocator(nbins=4, integer=True, min_n_ticks=1))
    axis.set_major_formatter(FuncFormatter(lambda value, _position: short_count(value)))


def _name_bar(
    axes: "Axes", place: int, count: int, words: str, upright: bool, colors: Colors, points: float
) -> None:
    """Write words at the end of a bar."""
    at, shift = ((place, count), (0, 3)) if upright else ((count, place), (4, 0))
    axes.annotate(
        words,
        at,
        shift,
        textcoords="offset points",
        va="bottom" if upright else "center",
        color=colors.unknown.name(),
        fontsize=points * 0.9,
    )


def short_count(value: float) -> str:
    """Write a count shortly: 950, 12k, 1.5M."""
    for unit, letter in ((1e6, "M"), (1e3, "k")):
        if abs(value) >= unit:
            return f"{value / unit:.1f}".removesuffix(".0") + letter
    return f"{value:.0f}"
