"""Theme and size of text as the user chose them: shown, and remembered."""

from captionviewer.ui import settings as remembered
from captionviewer.ui.look.theme import TEXT_SCALES, Theme, ThemeChoice
from captionviewer.ui.settings import Settings


class Appearance:
    """Puts the user's choices in force."""

    def __init__(self, theme: Theme, settings: Settings) -> None:
        self._theme, self._settings = theme, settings

    @property
    def theme_choice(self) -> ThemeChoice:
        """The theme that was chosen."""
        return self._theme.choice

    def choose_theme(self, choice: ThemeChoice) -> None:
        """Show another theme from now on."""
        self._theme.choose(choice)
        self._settings.set(remembered.THEME, choice.value)

    def set_text_scale(self, scale: float) -> None:
        """Show all text at `scale` times the system's size from now on."""
        scale = min(max(scale, TEXT_SCALES[0]), TEXT_SCALES[-1])
        self._settings.set(remembered.TEXT_SCALE, scale)
        self._theme.set_text_scale(scale)

    def change_text(self, steps: int) -> None:
        """Make text larger, or smaller for negative steps."""
        now = self._settings.get(remembered.TEXT_SCALE)
        nearest = min(range(len(TEXT_SCALES)), key=lambda k: abs(TEXT_SCALES[k] - now))
        self.set_text_scale(TEXT_SCALES[min(max(nearest + steps, 0), len(TEXT_SCALES) - 1)])
