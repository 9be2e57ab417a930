"""The tree of a beam search and the curve over beam widths as Matplotlib figures."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from captionviewer.core.amounts import signed
from captionviewer.core.coco.vocabulary import START
from captionviewer.core.evaluation.decoding_scores import DecodingScore
from captionviewer.ui.look.theme import Colors, mixed
from captionviewer.ui.sampling.tree.beam_tree import BeamTree
from captionviewer.ui.sampling.tree.tree_layout import size_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INCHES = 1.15, 0.27  # of a node's place on paper
_BOX = 0.74, 0.8


def tree_figure(tree: BeamTree, columns: int, colors: Colors) -> "Figure":
    """Draw so many columns of a tree as a figure of its own, as large as they need."""
    from matplotlib.figure import Figure
    from matplotlib.patches import FancyBboxPatch, Rectangle

    shown = [(number, node) for number, node in enumerate(tree.nodes) if node.column < columns]
    _, rows = size_of([node for _, node in shown])
    wide, high = (columns + 1) * INCHES[0] + 0.3, (rows + 1) * INCHES[1] + 0.7
    figure = Figure(figsize=(wide, high))
    figure.set_facecolor(colors.surface.name())
    axes = figure.add_axes((0.15 / wide, 0.1 / high, 1 - 0.3 / wide, 1 - 0.6 / high))
    axes.set_axis_off()
    axes.set_xlim(-1, columns)
    axes.set_ylim(rows, -1)

    def text(x: float, y: float, words: str, color: str, ha: str = "left") -> None:
        axes.text(x, y, words, color=color, fontsize=8, va="center", parse_math=False, clip_on=False, ha=ha)

    text(-1 + _BOX[0] / 2, 0, START, colors.muted.name(), ha="center")
    for column in range(columns):
        text(column + _BOX[0] / 2, -0.75, str(column + 1), colors.muted.name(), ha="center")
    for _number, node in shown:
        parent = None if node.parent is None else tree.nodes[node.parent]
        x0, y0 = (-1.0, 0) if parent is None else (float(parent.column), parent.row)
        line = [x0 + _BOX[0], node.column], [y0, node.row]
        stays = node.kind in ("kept", "found")
        if node.kind != "lost":
            axes.plot(*line, color=(colors.muted if stays else colors.border).name(), lw=0.8, zorder=1)
        if node.greedy:
            axes.plot(*line, color=colors.text.name(), lw=1.3, ls=(0, (3, 2)), zorder=2)
        bottom = node.row - _BOX[1] / 2
        bar = mixed(colors.surface, colors.accent, 0.28 if stays else 0.10).name()
        axes.add_patch(
            Rectangle(
                (node.column, bottom), max(node.share, 0.02) * _BOX[0], _BOX[1], color=bar, lw=0, zorder=3
            )
        )
        if stays or node.greedy:
            edge = colors.good if node.kind == "found" else colors.text if node.greedy else colors.muted
            axes.add_patch(
                FancyBboxPatch(
                    (node.column, bottom),
                    _BOX[0],
                    _BOX[1],
                    boxstyle="round,pad=0,rounding_size=0.06",
                    mutation_aspect=INCHES[0] / INCHES[1],
                    fill=False,
                    edgecolor=edge.name(),
                    lw=1.6 if node.kind == "found" else 0.9,
                    ls=(0, (3, 2)) if node.greedy else "solid",
                    zorder=4,
                )
            )
        word, rank = tree.words[node.word], ""
        if node.kind == "pruned" and node.rank is not None:
            rank = f"#{node.rank + 1}"
            text(node.column + _BOX[0] - 0.03, node.row, rank, colors.muted.name(), ha="right")
        room = 13 - len(rank)
        word = word if len(word) <= room else f"{word[: room - 1]}…"
        text(node.column + 0.04, node.row, word, (colors.text if stays else colors.muted).name())
    head = f"{tree.sample.current.words}, {tree.sample.record.words}: "
    figure.text(
        0.15 / wide,
        1 - 0.2 / high,
        head + tree.decoding.words(),
        fontsize=8,
        color=colors.text.name(),
        va="center",
        parse_math=False,
    )
    return figure


def draw_widths(figure: "Figure", scores: Sequence[DecodingScore], colors: Colors, points: float) -> None:
    """Draw ln p, CIDEr-D and length against the width of the beam, one above the other."""
    figure.clear()
    figure.set_facecolor(colors.surface.name())
    widths = [score.decoding.beam_width for score in scores]
    lines = (
        ("ln p", [score.log_probability for score in scores], colors.accent),
        ("CIDEr-D", [score.cider_d for score in scores], colors.good),
        ("words", [score.length for score in scores], colors.val),
    )
    all_axes = figure.subplots(len(lines), 1, sharex=True)
    for axes, (name, values, color) in zip(all_axes, lines, strict=True):
        axes.set_facecolor(colors.surface.name())
        axes.plot(widths, values, color=color.name(), marker="o", ms=4, lw=1.4)
        axes.set_ylabel(name, fontsize=points, color=colors.text.name())
        axes.tick_params(labelsize=0.85 * points, colors=colors.text.name(), length=3)
        axes.locator_params(axis="y", nbins=4)
        axes.margins(y=0.2)
        for side, spine in axes.spines.items():
            spine.set_visible(side in ("left", "bottom"))
            spine.set_color(colors.border.name())
    all_axes[-1].set_xticks(widths)
    all_axes[-1].set_xlabel("width of the beam", fontsize=points, color=colors.text.name())


def width_words(scores: Sequence[DecodingScore], made: str) -> str:
    """What the figures show, and nothing else: where ln p and CIDEr-D are highest, and whether both agree."""
    likeliest = max(scores, key=lambda score: score.log_probability)
    best = max(scores, key=lambda score: score.cider_d)
    first, last = scores[0], scores[-1]
    said = (
        f"ln p is highest at width {likeliest.decoding.beam_width} ({signed(likeliest.log_probability)}), "
        f"CIDEr-D at width {best.decoding.beam_width} ({best.cider_d:.3f}). "
        f"From width {first.decoding.beam_width} to {last.decoding.beam_width}: ln p "
        f"{signed(first.log_probability)} to {signed(last.log_probability)}, CIDEr-D {first.cider_d:.3f} to "
        f"{last.cider_d:.3f}, {first.length:.1f} to {last.length:.1f} words. "
    )
    if last.log_probability > best.log_probability and last.cider_d < best.cider_d:
        said += "The widest beam's captions are likelier than those of the best width, and score lower. "
    return said + made
