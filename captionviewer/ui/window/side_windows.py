"""The windows beside the main one: each is made when first asked for, then brought to the front."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from captionviewer.core.coco.dataset import FeatureKind
from captionviewer.ui.look.theme import ThemeChoice
from captionviewer.ui.session.session import Session
from captionviewer.ui.window.appearance import Appearance

if TYPE_CHECKING:  # the launch needs none of them
    from captionviewer.ui.window.characters_window import CharactersWindow
    from captionviewer.ui.window.checks.checks_window import ChecksWindow
    from captionviewer.ui.window.encoding_window import EncodingWindow
    from captionviewer.ui.window.preferences import Preferences


class SideWindows:
    """Shows the preferences, the notebooks' checks, words beside characters and the encoding of photos.

    Parameters
    ----------
    window
        Whose windows they are: they close with it.
    open_folder
        Opens a data folder with the kind of features that was computed for it.
    themes
        Returns the View menu's action for each theme.
    """

    def __init__(
        self,
        window: QWidget,
        session: Session,
        appearance: Appearance,
        open_folder: Callable[[Path, FeatureKind], object],
        themes: Callable[[], Mapping[ThemeChoice, QAction]],
    ) -> None:
        self._window, self._session, self._appearance = window, session, appearance
        self._open_folder, self._themes = open_folder, themes
        self._preferences: Preferences | None = None
        self.checks: ChecksWindow | None = None
        self._characters: CharactersWindow | None = None
        self._encoding: EncodingWindow | None = None

    def show_preferences(self) -> None:
        """Show what is remembered from one start to the next."""
        from captionviewer.ui.window.preferences import Preferences

        if self._preferences is None:
            set_scale = self._appearance.set_text_scale
            self._preferences = Preferences(self._session, self._themes(), set_scale, self._window)
        _bring_up(self._preferences)

    def show_checks(self) -> None:
        """Show the notebooks' checks."""
        from captionviewer.ui.window.checks.checks_window import ChecksWindow

        if self.checks is None:
            self.checks = ChecksWindow(self._session, self._window)
        _bring_up(self.checks)

    def show_characters(self) -> None:
        """Show words beside characters."""
        from captionviewer.ui.window.characters_window import CharactersWindow

        if self._characters is None:
            self._characters = CharactersWindow(self._session, self._window)
        _bring_up(self._characters)

    def show_encoding(self) -> None:
        """Show what computes features of the open data's photos."""
        from captionviewer.ui.window.encoding_window import EncodingWindow

        if self._encoding is None:
            self._encoding = EncodingWindow(self._session, self._open_folder, self._window)
        _bring_up(self._encoding)

    def close(self) -> None:
        """Close those in which something may be going on."""
        for shown in (self.checks, self._characters, self._encoding):
            if shown is not None:
                shown.close()


def _bring_up(shown: QWidget) -> None:
    shown.show()
    shown.raise_()
    shown.activateWindow()
