"""The curves of several runs as a Matplotlib figure, for a file."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from captionviewer.core.training.run_comparison import SeedBand
from captionviewer.ui.look.theme import LIGHT
from captionviewer.ui.training.runs.run_curves import PlottedRun, run_color

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def comparison_figure(runs: Sequence[PlottedRun], bands: Sequence[SeedBand], x_title: str) -> "Figure":
    """Draw the same as a `RunCurves`, in the light theme's colours."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8.0, 5.0), layout="constrained")
    axes = figure.add_subplot()
    in_band = {number for band in bands for number in band.runs}
    for band in bands:
        color = run_color(band.runs[0], LIGHT).name()
        axes.fill_between(band.x, band.low, band.high, color=color, alpha=0.16, linewidth=0)
        axes.plot(band.x, band.mean, color=color, linewidth=2.4)
    for number, run in enumerate(runs):
        color, curve = run_color(number, LIGHT).name(), run.curve
        if number not in in_band:
            axes.plot(curve.x, curve.y, color=color, alpha=0.25, linewidth=0.7)
            axes.plot(
                curve.val_x, curve.val_y, color=color, linestyle="--", marker="o", ms=2.5, linewidth=0.8
            )
        wide = 0.9 if number in in_band else 1.7
        axes.plot(curve.smooth_x, curve.smooth_y, color=color, linewidth=wide, label=run.name)
    axes.set_xlabel(x_title)
    axes.set_ylabel("loss per word (nats)")
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False, fontsize="small")
    return figure
