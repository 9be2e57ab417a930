"""In the loss plot: the smoothed curves of the last runs, faint, and marks where settings were changed.

They change seldom, so they belong to the axes that are drawn seldom, not to the lines drawn over them.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from captionviewer.core.arrays import FloatArray, IntArray
from captionviewer.core.training.setting_edits import SettingEdit
from captionviewer.ui.look.theme import Colors

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

Curve = tuple[IntArray, FloatArray]  # iterations, smoothed losses; both (n,)
PAST = 0.7  # of its strength a line of another run keeps: it can be seen, and stays behind this run's
MOST_WORDS = 4  # marks that have words beside them, the newest: more would stand on each other


def edit_words(edit: SettingEdit) -> str:
    """A change for people: "lr 0.001 → 0.0005"."""
    name = "lr" if edit.name == "learning_rate" else "clip"
    old, new = ("off" if value is None else f"{value:.3g}" for value in (edit.before, edit.value))
    return f"{name} {old} → {new}"


class PastLines:
    """Curves of other runs, and what was changed in this one."""

    def __init__(self, axes: "Axes") -> None:
        self._axes = axes
        self._shown: list[Artist] = []  # the curves first
        self._num_curves = 0
        self._colors: Colors | None = None
        self._points = 9.0

    def style(self, colors: Colors, points: float) -> None:
        """Take the theme's colours and the window's size of text, from the next `show` on."""
        self._colors, self._points = colors, points

    @property
    def named(self) -> "list[tuple[str, Artist]]":
        """What a legend says of the curves."""
        if not self._num_curves:
            return []
        return [("earlier runs" if self._num_curves > 1 else "earlier run", self._shown[0])]

    def show(self, curves: Sequence[Curve], edits: Sequence[SettingEdit]) -> None:
        """Show these curves and changes, and no others."""
        for artist in self._shown:
            artist.remove()
        self._shown, self._num_curves = [], 0
        if self._colors is None:
            return
        self._num_curves = len(curves)
        for iterations, losses in curves:
            (line,) = self._axes.plot(
                iterations, losses, color=self._colors.muted.name(), alpha=PAST, linewidth=1.1, zorder=1.5
            )
            self._shown.append(line)
        for number, edit in enumerate(edits):
            self._shown.append(
                self._axes.axvline(
                    edit.iteration, color=self._colors.muted.name(), linestyle=":", linewidth=1.0, zorder=1.6
                )
            )
            if number >= len(edits) - MOST_WORDS:
                self._shown.append(
                    self._axes.annotate(
                        edit_words(edit),
                        (edit.iteration, 1.0),
                        xycoords=("data", "axes fraction"),
                        xytext=(3, -2 - (number % MOST_WORDS) * 1.1 * self._points),
                        textcoords="offset points",
                        va="top",
                        color=self._colors.muted.name(),
                        fontsize=0.8 * self._points,
                        annotation_clip=True,
                    )
                )

    def highest(self, curves: Sequence[Curve]) -> float:
        """The largest loss of some curves; 0 without any."""
        return max((float(losses.max()) for _, losses in curves if len(losses)), default=0.0)
