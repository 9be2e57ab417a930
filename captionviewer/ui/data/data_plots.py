"""The plots of the data: one photo's features, the captions' lengths, the most frequent words.

Each function draws on a Matplotlib Figure that it is handed, and knows no widget.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from captionviewer.core.arrays import FloatArray, IntArray
from captionviewer.core.captions import Vocabulary
from captionviewer.core.coco import CocoDataset
from captionviewer.ui.theme import Colors

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WORDS_SHOWN = 20


@dataclass(frozen=True)
class CaptionStatistics:
    """What the statistics plots show, of a whole data set."""

    train_lengths: IntArray  # (L,) captions of 0, 1, ... words in train
    val_lengths: IntArray  # (L,)
    words: tuple[str, ...]  # the most frequent words, falling
    counts: IntArray  # (len(words),) how often each was said, train and val together
    num_words: int  # all words said, without <START>, <END> and <NULL>
    num_unknown: int  # how many of those are <UNK>

    @property
    def unknown_share(self) -> float:
        """The share of all words said that the vocabulary does not have."""
        return self.num_unknown / self.num_words if self.num_words else 0.0

    def length_rows(self) -> Iterator[Sequence[object]]:
        """Give the numbers behind the plot of lengths, a header first."""
        yield ("words in caption", "train captions", "val captions")
        yield from zip(
            range(len(self.train_lengths)),
            self.train_lengths.tolist(),
            self.val_lengths.tolist(),
            strict=True,
        )

    def word_rows(self) -> Iterator[Sequence[object]]:
        """Give the numbers behind the plot of words, a header first."""
        yield ("word", "count", "share of all words")
        for word, count in zip(self.words, self.counts.tolist(), strict=True):
            yield (word, count, count / self.num_words)


def caption_statistics(dataset: CocoDataset) -> CaptionStatistics:
    """Count lengths and words over all captions (a second or so at full size: call it in a thread)."""
    bins = dataset.caption_length + 1
    train, val = (np.bincount(dataset.caption_lengths(split), minlength=bins) for split in ("train", "val"))
    counts = dataset.word_counts()
    vocabulary = dataset.vocabulary
    order = np.argsort(-counts, kind="stable")[:WORDS_SHOWN]
    order = order[counts[order] > 0]
    return CaptionStatistics(
        train_lengths=train,
        val_lengths=val,
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


def draw_lengths(figure: "Figure", statistics: CaptionStatistics, colors: Colors, points: float) -> None:
    """Draw how many captions have how many words: train and val beside each other, in percent."""
    from matplotlib.ticker import MaxNLocator, PercentFormatter

    figure.clear()
    axes = figure.add_subplot()
    drawn: list[IntArray] = []
    for counts, name, color, shift in (
        (statistics.train_lengths, "train", colors.train, -0.21),
        (statistics.val_lengths, "val", colors.val, 0.21),
    ):
        share = 100.0 * counts / max(int(counts.sum()), 1)
        axes.bar(np.arange(len(counts)) + shift, share, width=0.42, color=color.name(), label=name)
        drawn.append(np.flatnonzero(counts))
    lengths = np.concatenate(drawn)
    if len(lengths):
        axes.set_xlim(lengths.min() - 0.8, lengths.max() + 0.8)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=9, integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(nbins=5))
    axes.yaxis.set_major_formatter(PercentFormatter(decimals=0))
    _title(axes, "Caption length", colors, points)
    axes.set_xlabel("words in a caption")
    style(axes, colors, points)
    axes.legend(frameon=False, labelcolor=colors.text.name(), fontsize=points * 0.9, handlelength=1.0)


def draw_words(
    figure: "Figure", statistics: CaptionStatistics, vocabulary: Vocabulary, colors: Colors, points: float
) -> None:
    """Draw the most frequent words as bars, as many as can be read at the figure's height.

    <UNK> has its own colour, and its share stands in the title.
    """
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    figure.clear()
    axes = figure.add_subplot()
    room = 72 * figure.get_figheight() - 6.5 * points  # without title, ticks and label, in points
    most = max(3, int(room / (1.45 * points)))
    words, counts = list(statistics.words[:most]), statistics.counts[:most].tolist()
    unknown = vocabulary.idx_to_word[vocabulary.unk]
    if unknown not in words and statistics.num_unknown:  # rare, but still what the plot is looked at for
        words[-1], counts[-1] = unknown, statistics.num_unknown
    where = np.arange(len(words))
    tints = [(colors.unknown if word == unknown else colors.accent).name() for word in words]
    axes.barh(where, counts, height=0.7, color=tints)
    # a stranger's word may hold a $, which would begin a formula
    axes.set_yticks(where, [word.replace("$", r"\$") for word in words])
    axes.set_ylim(len(words) - 0.4, -0.6)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=4, integer=True))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _position: short_count(value)))
    _title(axes, "Frequent words", colors, points)
    if unknown in words:
        place = words.index(unknown)
        wide = 72 * figure.get_figwidth() > 18 * points
        share = f" {100 * statistics.unknown_share:.1f} %" + (" of all words" if wide else "")
        axes.text(
            counts[place], place, share, va="center", color=colors.unknown.name(), fontsize=points * 0.9
        )
    axes.set_xlabel("times said")
    style(axes, colors, points)
    axes.tick_params(axis="y", length=0)
    for label, word in zip(axes.get_yticklabels(), words, strict=True):
        label.set_color((colors.unknown if word == unknown else colors.text).name())


def short_count(value: float) -> str:
    """Write a count shortly: 950, 12k, 1.5M."""
    for unit, letter in ((1e6, "M"), (1e3, "k")):
        if abs(value) >= unit:
            return f"{value / unit:.1f}".removesuffix(".0") + letter
    return f"{value:.0f}"
