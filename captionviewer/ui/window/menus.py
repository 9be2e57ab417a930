"""The window's menus and its toolbar, made of actions: the window's own, and those of the panels."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QMenuBar, QToolBar, QWidget

from captionviewer.core.coco.dataset import FeatureKind
from captionviewer.core.user_folders import is_shipped_book
from captionviewer.ui import actions
from captionviewer.ui.actions import ActionWords
from captionviewer.ui.look.theme import ThemeChoice
from captionviewer.ui.session.session import Session
from captionviewer.ui.widgets.outside_text import as_menu_text, shortened
from captionviewer.ui.window.appearance import Appearance
from captionviewer.ui.window.help import show_about, show_coco, show_shortcuts
from captionviewer.ui.window.panel_actions import Entries, PanelActions

Call = Callable[[], object]

SEPARATOR = None
_LONGEST_ENTRY = 90  # letters of a folder in a menu: more, and the menu is wider than the screen


@dataclass(frozen=True)
class WindowCalls:
    """What the window does when one of its menu entries is chosen."""

    open_folder: Call
    open_recent: Callable[[Path], object]
    open_storybook: Call
    get_coco: Call
    choose_image_folder: Call
    open_model: Call
    save_model: Call
    save_model_as: Call
    save_best_model: Call
    caption_photos: Call
    caption_folder: Call
    paste_photo: Call
    quit: Call
    preferences: Call
    go_to_data: Call
    go_to_training: Call
    go_to_sampling: Call
    reset_arrangement: Call
    full_screen: Call
    choose_features: Callable[[FeatureKind], object]
    compute_features: Call
    change_symbols: Call
    welcome: Call
    checks: Call
    characters: Call
    show_log: Call


class Menus:
    """Fills a menu bar and a toolbar, and keeps their entries enabled only where they make sense.

    Parameters
    ----------
    owner
        The widget that the actions belong to: their keys hold in its window.
    """

    def __init__(
        self,
        owner: QWidget,
        bar: QMenuBar,
        tool_bar: QToolBar,
        session: Session,
        appearance: Appearance,
        calls: WindowCalls,
        panels: PanelActions,
    ) -> None:
        self._owner, self._bar, self._session = owner, bar, session
        self._appearance, self._calls, self._panels = appearance, calls, panels
        self._make_file_actions()
        self._file_menu()
        self._menu("&Edit", [*panels.edit, SEPARATOR, self._action(actions.PREFERENCES, calls.preferences)])
        self._view_menu()
        self._data_menu()
        self._menu("&Training", panels.training)
        self._menu("&Sampling", panels.sampling)
        self._help_menu()
        self._fill_tool_bar(tool_bar)

    # ---- state -----------------------------------------------------------------------------

    def refresh(self) -> None:
        """Show in the menus what the session holds now."""
        session, model, dataset = self._session, self._session.models.current, self._session.data.dataset
        self.open_model.setEnabled(dataset is not None)
        self.compute_features.setEnabled(dataset is not None and not is_shipped_book(dataset.folder))
        for action in self.own_photos:
            action.setEnabled(dataset is not None)
        has_model = model is not None and model.saved.iteration > 0 and session.models.saving is None
        self.save_model.setEnabled(has_model and session.models.has_unsaved)
        self.save_model_as.setEnabled(has_model)
        self.save_best.setEnabled(has_model and model is not None and model.best is not None)
        self.forget_images.setEnabled(session.images.has_own_folder)
        kinds = dataset.available_features if dataset is not None else ()
        for kind, action in self.features.items():
            action.setEnabled(kind in kinds)
            action.setChecked(dataset is not None and dataset.feature_kind == kind)
        self.characters.setEnabled(dataset is not None)
        self.characters.setChecked(dataset is not None and dataset.vocabulary.is_of_characters)

    # ---- menus -----------------------------------------------------------------------------

    def _action(self, words: ActionWords, call: Call) -> QAction:
        return actions.make(words, self._owner, call)

    def _menu(self, title: str, entries: Entries) -> QMenu:
        menu = self._bar.addMenu(title)
        for entry in entries:
            if entry is SEPARATOR:
                menu.addSeparator()
            else:
                menu.addAction(entry)
        return menu

    def _make_file_actions(self) -> None:
        calls = self._calls
        self.open_folder = self._action(actions.OPEN_FOLDER, calls.open_folder)
        self.get_coco = self._action(actions.GET_COCO, calls.get_coco)
        self.forget_images = self._action(
            actions.NO_IMAGE_FOLDER, lambda: self._session.images.set_folder(None)
        )
        self.open_model = self._action(actions.OPEN_MODEL, calls.open_model)
        self.save_model = self._action(actions.SAVE_MODEL, calls.save_model)
        self.save_model_as = self._action(actions.SAVE_MODEL_AS, calls.save_model_as)
        self.save_best = self._action(actions.SAVE_BEST_MODEL, calls.save_best_model)
        self.own_photos = [
            self._action(actions.CAPTION_PHOTOS, calls.caption_photos),
            self._action(actions.CAPTION_FOLDER, calls.caption_folder),
            self._action(actions.PASTE_PHOTO, calls.paste_photo),
        ]
        self._forget_recent = self._action(actions.FORGET_RECENT, self._session.data.forget_recent_folders)

    def _file_menu(self) -> None:
        calls = self._calls
        menu = self._menu("&File", [self.open_folder])
        self.recent = menu.addMenu("Open &Recent")
        self.recent.aboutToShow.connect(self._fill_recent)
        menu.addAction(self._action(actions.STORYBOOK, calls.open_storybook))
        menu.addAction(self.get_coco)
        menu.addAction(self._action(actions.IMAGE_FOLDER, calls.choose_image_folder))
        menu.addAction(self.forget_images)
        menu.addSeparator()
        menu.addActions([self.open_model, self.save_model, self.save_model_as, self.save_best])
        menu.addSeparator()
        menu.addActions(self.own_photos)
        menu.addSeparator()
        menu.addAction(self._action(actions.QUIT, calls.quit))

    def _fill_recent(self) -> None:
        self.recent.clear()  # deletes what it made; the action that clears the list is not the menu's
        folders = self._session.data.recent_folders()
        for number, folder in enumerate(folders, 1):
            words = as_menu_text(shortened(folder, _LONGEST_ENTRY))
            action = self.recent.addAction(f"&{number} {words}" if number < 10 else words)
            action.triggered.connect(partial(self._open_recent, Path(folder)))
        if not folders:
            self.recent.addAction("No folder was opened yet").setEnabled(False)
            return
        self.recent.addSeparator()
        self.recent.addAction(self._forget_recent)

    def _open_recent(self, folder: Path, _checked: bool = False) -> None:
        self._calls.open_recent(folder)

    def _view_menu(self) -> None:
        calls, looks = self._calls, self._appearance
        self.larger_text = self._action(actions.LARGER, partial(looks.change_text, +1))
        self.smaller_text = self._action(actions.SMALLER, partial(looks.change_text, -1))
        self.normal_text = self._action(actions.NORMAL_SIZE, partial(looks.set_text_scale, 1.0))
        self.full_screen = self._action(actions.FULL_SCREEN, calls.full_screen)
        menu = self._menu(
            "&View",
            [
                self._action(actions.GO_DATA, calls.go_to_data),
                self._action(actions.GO_TRAINING, calls.go_to_training),
                self._action(actions.GO_SAMPLING, calls.go_to_sampling),
                SEPARATOR,
                *self._panels.view,
                self._action(actions.RESET_ARRANGEMENT, calls.reset_arrangement),
                SEPARATOR,
                self.larger_text,
                self.smaller_text,
                self.normal_text,
                SEPARATOR,
            ],
        )
        themes = menu.addMenu("T&heme")
        group = QActionGroup(self._owner)
        self.themes: dict[ThemeChoice, QAction] = {}
        for words, choice in (
            (actions.THEME_SYSTEM, ThemeChoice.SYSTEM),
            (actions.THEME_LIGHT, ThemeChoice.LIGHT),
            (actions.THEME_DARK, ThemeChoice.DARK),
        ):
            action = self._action(words, partial(looks.choose_theme, choice))
            action.setChecked(looks.theme_choice is choice)
            group.addAction(action)
            themes.addAction(action)
            self.themes[choice] = action
        menu.addAction(self.full_screen)

    def _data_menu(self) -> None:
        group = QActionGroup(self._owner)
        self.features: dict[FeatureKind, QAction] = {
            kind: self._action(words, partial(self._choose_features, kind))
            for kind, words in actions.FEATURE_KINDS.items()
        }
        for action in self.features.values():
            group.addAction(action)
        self.compute_features = self._action(actions.COMPUTE_FEATURES, self._calls.compute_features)
        self.characters = self._action(actions.IN_CHARACTERS, self._change_symbols)
        opened = [*self.features.values(), self.compute_features, SEPARATOR, self.characters]
        self._menu("&Data", [*self._panels.data, SEPARATOR, *opened])

    def _choose_features(self, kind: FeatureKind) -> None:
        dataset = self._session.data.dataset
        if dataset is not None and dataset.feature_kind != kind:
            self._calls.choose_features(kind)
        self.refresh()

    def _change_symbols(self) -> None:
        self._calls.change_symbols()
        self.refresh()  # until it is open, the mark stands for what is

    def _help_menu(self) -> None:
        calls, owner = self._calls, self._owner
        self._menu(
            "&Help",
            [
                self._action(actions.WELCOME, calls.welcome),
                self._action(actions.SHORTCUTS, partial(show_shortcuts, owner)),
                self._action(actions.ABOUT_COCO, partial(show_coco, owner)),
                SEPARATOR,
                self._action(actions.CHECKS, calls.checks),
                self._action(actions.CHARACTERS, calls.characters),
                self._action(actions.SHOW_LOG, calls.show_log),
                self._action(actions.ABOUT, partial(show_about, owner)),
            ],
        )

    def _fill_tool_bar(self, bar: QToolBar) -> None:
        bar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        bar.addActions([self.open_folder, self.open_model, self.save_model])
        bar.addSeparator()
        bar.addAction(self._panels.find)
        bar.addSeparator()
        bar.addActions([self.smaller_text, self.larger_text])
