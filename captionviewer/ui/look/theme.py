"""Colours, light and dark, and the size of text.

Widgets ask `colors()` whenever they paint and repaint on Qt's own PaletteChange and FontChange
events, so nothing has to be told that the theme changed.
"""

from dataclasses import dataclass
from enum import Enum

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QColor, QFont, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication, QToolTip, QWidget

from captionviewer.ui.look.style import GrowingStyle


class ThemeChoice(Enum):
    """What the user chose in the View menu."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True)
class Colors:
    """The colours of one theme, by what they are for.

    Text has a contrast of 4.5 or more to every ground that it stands on, a line or an edge that says
    something 3 or more; a test computes all pairs.
    """

    dark: bool
    window: QColor  # behind everything
    surface: QColor  # lists, plots, photos: where content stands
    raised: QColor  # cards, chips and buttons on a surface
    border: QColor
    text: QColor
    muted: QColor  # secondary text, readable on window and surface
    accent: QColor  # the chosen word, the selection, the smoothed line
    on_accent: QColor
    train: QColor  # the badge of a train photo
    val: QColor  # the badge of a val photo
    on_badge: QColor
    good: QColor
    warn: QColor
    bad: QColor
    unknown: QColor  # <UNK>
    padding: QColor  # <NULL>: there, but masked
    field_edge: QColor  # around what can be typed into
    found: QColor  # behind a word that was searched for
    faint_line: QColor  # the raw loss under the smoothed one
    surprise: QColor  # the tint of a word that surprises the model as a blind guess would
    far_surprise: QColor  # and of one that it held for nearly impossible

    @property
    def selected(self) -> QColor:
        """The ground of a selected card."""
        return mixed(self.surface, self.accent, 0.16)

    @property
    def hovered(self) -> QColor:
        """The ground of a card that the mouse or the keyboard is at."""
        return mixed(self.surface, self.accent, 0.05)

    @property
    def chosen(self) -> QColor:
        """The ground of the caption that is chosen among a photo's."""
        return mixed(self.surface, self.accent, 0.12)

    @property
    def counted(self) -> QColor:
        """The ground of a target that counts in the loss."""
        return mixed(self.surface, self.good, 0.28)

    @property
    def notice(self) -> QColor:
        """The ground of a message about a problem."""
        return mixed(self.surface, self.warn, 0.18)


LIGHT = Colors(
    dark=False,
    window=QColor("#f3f4f6"),
    surface=QColor("#ffffff"),
    raised=QColor("#eceff3"),
    border=QColor("#cfd5dd"),
    text=QColor("#1b222c"),
    muted=QColor("#566171"),
    accent=QColor("#1a5bcb"),
    on_accent=QColor("#ffffff"),
    train=QColor("#1d6f54"),
    val=QColor("#8a3ea8"),
    on_badge=QColor("#ffffff"),
    good=QColor("#146a3e"),
    warn=QColor("#9a5b00"),
    bad=QColor("#bf2f2f"),
    unknown=QColor("#8f4c00"),
    padding=QColor("#646d7b"),
    field_edge=QColor("#838c99"),
    found=QColor("#ffe08a"),
    faint_line=QColor("#5f88d0"),
    surprise=QColor("#e8593c"),
    far_surprise=QColor("#a45ee5"),
)

DARK = Colors(
    dark=True,
    window=QColor("#1b1e24"),
    surface=QColor("#23272f"),
    raised=QColor("#2f353f"),
    border=QColor("#434b58"),
    text=QColor("#e9edf2"),
    muted=QColor("#a5afbd"),
    accent=QColor("#6ea8ff"),
    on_accent=QColor("#0c1626"),
    train=QColor("#5fd3a8"),
    val=QColor("#d79af0"),
    on_badge=QColor("#12161c"),
    good=QColor("#63d39a"),
    warn=QColor("#f0b45a"),
    bad=QColor("#ff8a80"),
    unknown=QColor("#f2a65a"),
    padding=QColor("#98a2b1"),
    field_edge=QColor("#78828f"),
    found=QColor("#4f4116"),
    faint_line=QColor("#5b7fb8"),
    surprise=QColor("#e8593c"),
    far_surprise=QColor("#a45ee5"),
)

TEXT_SCALES = (0.8, 0.9, 1.0, 1.15, 1.3, 1.5, 1.75, 2.0, 2.5)


LEAST_CONTRAST = 4.5  # of words to what they stand on
OUTDATED = 0.38  # how much of its strength what is about to be replaced keeps


def colors() -> Colors:
    """Return the colours of the theme in force."""
    return DARK if QGuiApplication.palette().window().color().lightness() < 128 else LIGHT


def _palette(c: Colors) -> QPalette:
    role = QPalette.ColorRole
    palette = QPalette()
    for which, color in {
        role.Window: c.window,
        role.WindowText: c.text,
        role.Base: c.surface,
        role.AlternateBase: c.window,
        role.Text: c.text,
        role.Button: c.raised,
        role.ButtonText: c.text,
        role.BrightText: c.bad,
        role.ToolTipBase: c.raised,
        role.ToolTipText: c.text,
        role.PlaceholderText: c.muted,
        role.Highlight: c.accent,
        role.HighlightedText: c.on_accent,
        role.Link: c.accent,
        role.LinkVisited: c.accent,
        role.Accent: c.accent,
        role.Light: c.raised.lighter(115),
        role.Midlight: c.raised.lighter(107),
        role.Mid: c.border,
        role.Dark: c.field_edge,
        role.Shadow: QColor("#000000"),
    }.items():
        palette.setColor(which, color)
    disabled = QColor(c.muted)
    disabled.setAlphaF(0.65)
    for which in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, which, disabled)
    palette.setColor(QPalette.ColorGroup.Disabled, role.Highlight, c.border)
    return palette


class Theme(QObject):
    """Gives the application its palette and font; follows the system when asked to."""

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self._app = app
        self._choice = ThemeChoice.SYSTEM
        self._point_size = app.font().pointSizeF()
        if self._point_size <= 0:  # a platform that gives its font in pixels
            self._point_size = 10.0
        self._shown: Colors | None = None
        app.setStyle(GrowingStyle())
        app.styleHints().colorSchemeChanged.connect(self._follow)

    @property
    def choice(self) -> ThemeChoice:
        """What is in force: the system's theme, or one of the two."""
        return self._choice

    def choose(self, choice: ThemeChoice) -> None:
        """Put a theme in force for the whole application."""
        self._choice = choice
        self._follow()

    def set_text_scale(self, scale: float) -> None:
        """Show all text at `scale` times the system's size."""
        font = QFont(self._app.font())
        font.setPointSizeF(self._point_size * scale)
        self._app.setFont(font)

    def _follow(self) -> None:
        scheme = self._app.styleHints().colorScheme()
        dark = scheme == Qt.ColorScheme.Dark if self._choice is ThemeChoice.SYSTEM else None
        wanted = DARK if (self._choice is ThemeChoice.DARK or dark) else LIGHT
        if wanted is self._shown:
            return
        self._shown = wanted
        # no style sheet: under one, a later change of the application's font misses nested widgets
        palette = _palette(wanted)
        self._app.setPalette(palette)
        QToolTip.setPalette(palette)


def ink_on(ground: QColor) -> QColor:
    """Return a colour that words on `ground` can be read in, whatever it is; the usual one if it will do."""
    c = colors()
    inks = (c.text, c.on_accent, QColor("#ffffff"), QColor("#000000"))
    return next((ink for ink in inks if _contrast(ink, ground) >= LEAST_CONTRAST), c.text)


def _contrast(first: QColor, second: QColor) -> float:
    """The contrast of WCAG 2, 1 to 21."""
    light, dark = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(color: QColor) -> float:
    parts = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (color.redF(), color.greenF(), color.blueF())
    )
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), parts, strict=True))


def mixed(first: QColor, second: QColor, share: float) -> QColor:
    """Return the colour `share` (0 to 1) of the way from the first to the second."""
    share = min(max(share, 0.0), 1.0)
    return QColor.fromRgbF(
        first.redF() + (second.redF() - first.redF()) * share,
        first.greenF() + (second.greenF() - first.greenF()) * share,
        first.blueF() + (second.blueF() - first.blueF()) * share,
    )


def set_muted(label: QWidget, muted: bool = True) -> None:
    """Show a label as secondary text, or as plain text again, in whichever theme is in force."""
    role = QPalette.ColorRole
    label.setForegroundRole(role.PlaceholderText if muted else role.NoRole)
