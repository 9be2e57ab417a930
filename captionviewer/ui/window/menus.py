"""The window's menus and its toolbar, made of the window's actions and the panels'."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QMessageBox, QToolBar

from captionviewer import __version__
from captionviewer.core.coco.dataset import FeatureKind
from captionviewer.ui import settings as remembered
from captionviewer.ui.look.icons import icon
from captionviewer.ui.look.theme import TEXT_SCALES, ThemeChoice
from captionviewer.ui.window import actions
from captionviewer.ui.window.welcome_card import WHAT_COCO_IS

if TYPE_CHECKING:
    from captionviewer.ui.window.main_window import MainWindow


class Menus:
    """Holds the actions of a window and keeps them enabled only where they make sense."""

    def __init__(self, window: "MainWindow") -> None:
        self._window = window
        self._session = window.session
        self._needs_data: list[QAction] = []
        self._dress_panel_actions()
        self._file_menu()
        self._edit_menu()
        self._view_menu()
        self._data_menu()
        self._run_menus()
        self._help_menu()
        self._tool_bar()
        self.apply_text_scale(self._session.settings.get(remembered.TEXT_SCALE))

    # ---- state -----------------------------------------------------------------------------

    def data_is_open(self, is_open: bool) -> None:
        """Enable what needs data only while there is some."""
        for action in self._needs_data:
            action.setEnabled(is_open)

    def refresh(self) -> None:
        """Show in the menus what the session holds now."""
        model, dataset = self._session.model, self._session.dataset
        has_model = model is not None and model.saved.iteration > 0
        self.save_model.setEnabled(has_model and (self._session.has_unsaved_model or model is None))
        self.save_model_as.setEnabled(has_model)
        self.forget_images.setEnabled(self._session.has_own_image_folder)
        kinds = dataset.available_features if dataset is not None else ()
        for kind, action in self.features.items():
            action.setEnabled(kind in kinds)
            action.setChecked(dataset is not None and dataset.feature_kind == kind)

    # ---- menus -----------------------------------------------------------------------------

    def _menu(self, title: str) -> QMenu:
        return self._window.menuBar().addMenu(title)

    def _dress_panel_actions(self) -> None:
        data, training, sampling = (
            self._window.data_panel,
            self._window.training_panel,
            self._window.sampling_panel,
        )
        for action, name in (
            (data.previous_action, "previous"),
            (data.next_action, "next"),
            (data.reshuffle_action, "shuffle"),
            (data.find_action, "search"),
            (data.copy_caption_action, "copy"),
            (training.start_action, "play"),
            (training.pause_action, "pause"),
            (training.step_action, "step"),
            (training.stop_action, "stop"),
            (sampling.restart_action, "restart"),
            (sampling.back_action, "back"),
            (sampling.step_action, "step"),
            (sampling.play_action, "play"),
            (sampling.end_action, "to_end"),
            (sampling.follow_action, "follow"),
        ):
            if action.icon().isNull():
                action.setIcon(icon(name))

    def _file_menu(self) -> None:
        window = self._window
        menu = self._menu("&File")
        self.open_folder = actions.make(actions.OPEN_FOLDER, window, window.ask_for_folder)
        menu.addAction(self.open_folder)
        self.recent = menu.addMenu("Open &Recent")
        self.recent.aboutToShow.connect(self._fill_recent)
        menu.addAction(actions.make(actions.STORYBOOK, window, window.open_storybook))
        self.get_coco = actions.make(actions.GET_COCO, window, window.get_coco)
        menu.addAction(self.get_coco)
        menu.addAction(actions.make(actions.IMAGE_FOLDER, window, window.ask_for_image_folder))
        self.forget_images = actions.make(
            actions.NO_IMAGE_FOLDER, window, lambda: self._session.set_image_folder(None)
        )
        menu.addAction(self.forget_images)
        menu.addSeparator()
        self.open_model = actions.make(actions.OPEN_MODEL, window, window.ask_for_model)
        self.save_model = actions.make(actions.SAVE_MODEL, window, window.save_model)
        self.save_model_as = actions.make(actions.SAVE_MODEL_AS, window, window.save_model_as)
        menu.addActions([self.open_model, self.save_model, self.save_model_as])
        self._needs_data.append(self.open_model)
        menu.addSeparator()
        menu.addAction(actions.make(actions.QUIT, window, window.close))

    def _fill_recent(self) -> None:
        self.recent.clear()
        folders = self._session.recent_folders()
        for number, folder in enumerate(folders, 1):
            action = self.recent.addAction(f"&{number} {folder}".replace("&&", "&"))
            action.triggered.connect(lambda _checked=False, path=Path(folder): self._window.open_folder(path))
        if not folders:
            self.recent.addAction("No folder was opened yet").setEnabled(False)
            return
        self.recent.addSeparator()
        self.recent.addAction(
            actions.make(actions.FORGET_RECENT, self._window, self._session.forget_recent_folders)
        )

    def _edit_menu(self) -> None:
        data, sampling = self._window.data_panel, self._window.sampling_panel
        menu = self._menu("&Edit")
        found = [
            data.copy_caption_action,
            sampling.copy_caption_action,
            data.copy_url_action,
            data.find_action,
        ]
        menu.addActions(found)
        menu.addSeparator()
        menu.addAction(actions.make(actions.PREFERENCES, self._window, self._window.show_preferences))

    def _view_menu(self) -> None:
        window = self._window
        menu = self._menu("&View")
        going = [
            actions.make(actions.GO_DATA, window, window.data_panel.setFocus),
            actions.make(actions.GO_TRAINING, window, lambda: window.go_to(window.training_dock)),
            actions.make(actions.GO_SAMPLING, window, lambda: window.go_to(window.sampling_dock)),
        ]
        menu.addActions(going)
        menu.addSeparator()
        toggles = [window.training_dock.toggleViewAction(), window.sampling_dock.toggleViewAction()]
        menu.addActions(toggles)
        reset = actions.make(actions.RESET_ARRANGEMENT, window, window.reset_arrangement)
        menu.addAction(reset)
        menu.addSeparator()
        self.larger_text = actions.make(actions.LARGER, window, partial(self._change_text, +1))
        self.smaller_text = actions.make(actions.SMALLER, window, partial(self._change_text, -1))
        menu.addActions([self.larger_text, self.smaller_text])
        self.normal_text = actions.make(actions.NORMAL_SIZE, window, partial(self.apply_text_scale, 1.0))
        menu.addAction(self.normal_text)
        menu.addSeparator()
        themes = menu.addMenu("&Theme")
        group = QActionGroup(window)
        self.themes: dict[ThemeChoice, QAction] = {}
        for words, choice in (
            (actions.THEME_SYSTEM, ThemeChoice.SYSTEM),
            (actions.THEME_LIGHT, ThemeChoice.LIGHT),
            (actions.THEME_DARK, ThemeChoice.DARK),
        ):
            action = actions.make(words, window, partial(self._choose_theme, choice))
            action.setChecked(window.theme.choice is choice)
            group.addAction(action)
            themes.addAction(action)
            self.themes[choice] = action
        self.full_screen = actions.make(actions.FULL_SCREEN, window, window.place.toggle_full_screen)
        menu.addAction(self.full_screen)

    def _data_menu(self) -> None:
        data = self._window.data_panel
        menu = self._menu("&Data")
        moves = [data.previous_action, data.next_action, data.reshuffle_action]
        splits = [data.train_action, data.val_action]
        menu.addActions(moves)
        menu.addSeparator()
        menu.addActions(splits)
        menu.addSeparator()
        menu.addActions([data.filter_action, data.clear_action])
        menu.addSeparator()
        group = QActionGroup(self._window)
        self.features: dict[FeatureKind, QAction] = {}
        kinds: tuple[tuple[FeatureKind, actions.ActionWords], ...] = (
            ("pca", actions.FEATURES_PCA),
            ("raw", actions.FEATURES_RAW),
        )
        for kind, words in kinds:
            action = actions.make(words, self._window, partial(self._choose_features, kind))
            group.addAction(action)
            self.features[kind] = action
        menu.addActions(list(self.features.values()))

    def _run_menus(self) -> None:
        training, sampling = self._window.training_panel, self._window.sampling_panel
        menu = self._menu("&Training")
        menu.addActions(
            [training.start_action, training.pause_action, training.step_action, training.stop_action]
        )
        menu = self._menu("&Sampling")
        menu.addActions(
            [
                sampling.restart_action,
                sampling.back_action,
                sampling.step_action,
                sampling.play_action,
                sampling.end_action,
            ]
        )
        menu.addSeparator()
        menu.addActions([sampling.follow_action, sampling.export_action])

    def _help_menu(self) -> None:
        window = self._window
        menu = self._menu("&Help")
        menu.addAction(actions.make(actions.WELCOME, window, window.welcome.open))
        menu.addAction(actions.make(actions.SHORTCUTS, window, self._show_shortcuts))
        menu.addAction(actions.make(actions.ABOUT_COCO, window, self._show_coco))
        menu.addSeparator()
        menu.addAction(actions.make(actions.ABOUT, window, self._show_about))

    def _tool_bar(self) -> None:
        window = self._window
        self.tool_bar = QToolBar("Tools", window)
        self.tool_bar.setObjectName("tool_bar")  # the arrangement is remembered by this name
        self.tool_bar.setIconSize(QSize(18, 18))
        self.tool_bar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        window.addToolBar(self.tool_bar)
        self.tool_bar.addActions([self.open_folder, self.open_model, self.save_model])
        self.tool_bar.addSeparator()
        self.tool_bar.addAction(window.data_panel.find_action)
        self.tool_bar.addSeparator()
        self.tool_bar.addActions([self.smaller_text, self.larger_text])

    # ---- calls -----------------------------------------------------------------------------

    def _choose_theme(self, choice: ThemeChoice) -> None:
        self._window.theme.choose(choice)
        self._session.settings.set(remembered.THEME, choice.value)

    def _choose_features(self, kind: FeatureKind) -> None:
        dataset = self._session.dataset
        if dataset is not None and dataset.feature_kind != kind:
            self._window.open_folder(dataset.folder, kind)
        self.refresh()

    def _change_text(self, steps: int) -> None:
        now = self._session.settings.get(remembered.TEXT_SCALE)
        nearest = min(range(len(TEXT_SCALES)), key=lambda k: abs(TEXT_SCALES[k] - now))
        self.apply_text_scale(TEXT_SCALES[min(max(nearest + steps, 0), len(TEXT_SCALES) - 1)])

    def apply_text_scale(self, scale: float) -> None:
        """Show all text at `scale` times the system's size, and remember it."""
        scale = min(max(scale, TEXT_SCALES[0]), TEXT_SCALES[-1])
        self._session.settings.set(remembered.TEXT_SCALE, scale)
        self._window.theme.set_text_scale(scale)

    def _show_shortcuts(self) -> None:
        rows: dict[str, str] = {}
        for action in self._window.findChildren(QAction):
            keys = ", ".join(key.toString() for key in action.shortcuts())
            if keys and action.text():
                rows[action.text().replace("&", "").removesuffix("…")] = keys
        cells = "".join(
            f"<tr><td style='padding-right: 24px'>{w}</td><td>{k}</td></tr>" for w, k in rows.items()
        )
        self._say("Keyboard shortcuts", f"<table cellspacing='4'>{cells}</table>")

    def _show_coco(self) -> None:
        self._say("How to get COCO", WHAT_COCO_IS)

    def _show_about(self) -> None:
        self._say(
            "About captionviewer",
            f"<p><b>captionviewer {__version__}</b></p><p>See how an image-captioning recurrent network "
            "works: the data it eats, the loss as it learns, each word as it is chosen.</p>"
            "<p>MIT licence. COCO captions: CC BY 4.0. Photos belong to their owners on Flickr.</p>",
        )

    def _say(self, title: str, words: str) -> None:
        box = QMessageBox(self._window)
        box.setWindowTitle(title)
        box.setTextFormat(Qt.TextFormat.RichText)
        box.setText(words)
        box.setTextInteractionFlags(Qt.TextInteractionFlag.TextBrowserInteraction)
        box.exec()
        box.deleteLater()
