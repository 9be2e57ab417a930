"""The window: menus, docks, status bar and the protocol of closing. What happens in panels is theirs."""

import logging
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QPaintEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QDockWidget,
    QFileDialog,
    QMainWindow,
    QVBoxLayout,
    QWidget,
)

from captionviewer.core.coco.dataset import FeatureKind
from captionviewer.core.user_folders import is_shipped_book
from captionviewer.ui import settings as remembered
from captionviewer.ui.data.data_panel import DataPanel
from captionviewer.ui.download.download_controller import DownloadController
from captionviewer.ui.look.theme import Theme
from captionviewer.ui.sampling.sampling_panel import SamplingPanel
from captionviewer.ui.session.images import checked_image_folder
from captionviewer.ui.session.session import Session
from captionviewer.ui.training.training_panel import TrainingPanel
from captionviewer.ui.widgets.notice_bar import NoticeBar
from captionviewer.ui.widgets.tool_buttons import GrowingToolBar
from captionviewer.ui.window.appearance import Appearance
from captionviewer.ui.window.closing import Closing
from captionviewer.ui.window.dock_arrangement import DockArrangement
from captionviewer.ui.window.drop_target import DropTarget
from captionviewer.ui.window.menus import Menus, WindowCalls
from captionviewer.ui.window.model_files import ModelFiles
from captionviewer.ui.window.notices import WindowNotices
from captionviewer.ui.window.own_photo_files import OwnPhotoFiles
from captionviewer.ui.window.panel_actions import PanelActions
from captionviewer.ui.window.panel_zoom import PanelZoom
from captionviewer.ui.window.problems import Problems
from captionviewer.ui.window.shipped_model import ShippedModel
from captionviewer.ui.window.side_windows import SideWindows
from captionviewer.ui.window.status_bar import MessageBar, WindowStatus
from captionviewer.ui.window.welcome_card import WelcomeCard
from captionviewer.ui.window.window_place import WindowPlace

_log = logging.getLogger(__name__)


class MainWindow(QMainWindow):
    """Data at the left, Training and Sampling as docks at the right."""

    first_painted = Signal()

    def __init__(self, session: Session, theme: Theme, problems: Problems) -> None:
        super().__init__()
        self.session = session
        self.theme = theme
        self._painted = False
        self.setObjectName("main_window")
        self.setWindowTitle("captionviewer")
        self.setDockOptions(
            QMainWindow.DockOption.AnimatedDocks
            | QMainWindow.DockOption.AllowTabbedDocks
            | QMainWindow.DockOption.AllowNestedDocks
        )
        self._make_panels()
        self._make_helpers(problems)
        self.appearance = Appearance(theme, session.settings)
        self.beside = SideWindows(self, session, self.appearance, self.open_folder, lambda: self.menus.themes)
        self.own_photos = OwnPhotoFiles(self, session, self._equip_for_photos, self.beside.show_encoding)
        self._take_drops(self)
        self.menus = self._make_menus()
        self.appearance.set_text_scale(session.settings.get(remembered.TEXT_SCALE))
        self.place.restore()
        filling: list[str] = session.settings.get(remembered.FILLING)
        self.zoom.fill_again(filling)
        self._connect()
        self.menus.refresh()
        self._show_status()

    # ---- parts -----------------------------------------------------------------------------

    def _make_panels(self) -> None:
        session = self.session
        self.data_panel = DataPanel(session)
        self.training_panel = TrainingPanel(session)
        self.sampling_panel = SamplingPanel(session)
        self.notices = NoticeBar()
        self.training_dock = self._dock("Training", self.training_panel)
        self.sampling_dock = self._dock("Sampling", self.sampling_panel)
        self.shipped_model = ShippedModel(session, self)
        self.sampling_panel.add_to_head(self.shipped_model.untrained_action)
        self.welcome = WelcomeCard(session, self)

    def _make_helpers(self, problems: Problems) -> None:
        session = self.session
        self._docks = DockArrangement(self, self.training_dock, self.sampling_dock)
        self.zoom = PanelZoom(self, "Data", self.data_panel, [self.training_dock, self.sampling_dock])
        centre = QWidget()
        column = QVBoxLayout(centre)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.notices)
        column.addWidget(self.zoom.centre, 1)
        self.setCentralWidget(centre)
        self.zoom.given_back.connect(self._docks.follow_room)
        self.place = WindowPlace(self, self._docks, session.settings)
        self._room_changed = QTimer(self)
        self._room_changed.setSingleShot(True)
        self._room_changed.setInterval(0)  # not within the event that tells of it: Qt is laying out then
        self._room_changed.timeout.connect(self._docks.follow_room)
        self.downloads = DownloadController(session, self)
        self.model_files = ModelFiles(self, session, self.may_replace_model, self.open_runs)
        self.closing = Closing(
            self,
            session,
            self.training_panel,
            self.downloads,
            self.model_files.save_and_wait,
            self._remember,
        )
        self.tells = WindowNotices(self, self.notices, session, problems, self.model_files)
        self.setStatusBar(MessageBar())
        self._status = WindowStatus(self.statusBar(), session, self.training_panel.live_runs)

    def _take_drops(self, window: QWidget) -> None:
        DropTarget(
            window,
            self.open_folder,
            self.model_files.open,
            self.open_runs,
            self.session.problem.emit,
            self.own_photos.take,
            self.own_photos.take_array,
        )

    def _equip_for_photos(self, window: QWidget) -> None:
        """Let the window of one's own photos take drops and the keys by which photos come."""
        self._take_drops(window)
        window.addActions(self.menus.own_photos)

    def _make_menus(self) -> Menus:
        calls = WindowCalls(
            open_folder=self.ask_for_folder,
            open_recent=self.open_folder,
            open_storybook=self.open_storybook,
            get_coco=self.get_coco,
            choose_image_folder=self.ask_for_image_folder,
            open_model=self.model_files.ask_and_open,
            save_model=self.model_files.save,
            save_model_as=self.model_files.save_as,
            save_best_model=self.model_files.save_best,
            caption_photos=self.own_photos.ask_for_files,
            caption_folder=self.own_photos.ask_for_folder,
            paste_photo=self.own_photos.paste,
            quit=self.close,
            preferences=self.beside.show_preferences,
            go_to_data=lambda: self.zoom.bring_up("Data"),
            go_to_training=lambda: self.go_to(self.training_dock),
            go_to_sampling=lambda: self.go_to(self.sampling_dock),
            reset_arrangement=self.reset_arrangement,
            full_screen=self.place.toggle_full_screen,
            choose_features=self._open_with,
            compute_features=self.beside.show_encoding,
            change_symbols=self._open_in_characters,
            welcome=self.welcome.open,
            checks=self.beside.show_checks,
            characters=self.beside.show_characters,
            show_log=self.tells.show_log,
        )
        view = (
            self.training_dock.toggleViewAction(),
            self.sampling_dock.toggleViewAction(),
            self.zoom.action,
        )
        untrained = self.shipped_model.untrained_action
        panels = PanelActions(self.data_panel, self.training_panel, self.sampling_panel, view, untrained)
        tool_bar = GrowingToolBar("Tools", self)
        tool_bar.setObjectName("tool_bar")  # the arrangement is remembered by this name
        self.addToolBar(tool_bar)
        return Menus(self, self.menuBar(), tool_bar, self.session, self.appearance, calls, panels)

    def _connect(self) -> None:
        session, welcome = self.session, self.welcome
        welcome.download_asked.connect(self.get_coco)
        welcome.open_asked.connect(self.ask_for_folder)
        welcome.folder_chosen.connect(self.open_folder)
        welcome.demo_asked.connect(self.look_at_storybook)
        welcome.closed.connect(lambda: session.settings.set(remembered.WELCOME_CLOSED, True))
        self.downloads.data_ready.connect(self.open_folder)
        self.training_panel.ask_before_start(lambda: self.may_replace_model("Starting a new run"))
        session.dataset_changed.connect(self._dataset_changed)
        self.training_panel.show_model_asked.connect(self.model_files.show)
        for changed in (
            session.model_changed,
            session.run_changed,
            session.opening_changed,
            session.images_changed,
            session.models.saving_changed,
        ):
            changed.connect(self._show_status)
        session.workers.busy_changed.connect(self._show_status)

    def _dock(self, title: str, panel: QWidget) -> QDockWidget:
        dock = QDockWidget(title, self)
        dock.setObjectName(f"{title.lower()}_dock")  # the arrangement is remembered by this name
        dock.setWidget(panel)
        return dock

    def go_to(self, dock: QDockWidget) -> None:
        """Bring a dock to the front and give it the keyboard; where a panel fills the window, it does now."""
        self.zoom.bring_up(dock.windowTitle())
        self.welcome.raise_()

    def reset_arrangement(self) -> None:
        """Put the panels where they were at first."""
        self.zoom.give_back_all()
        self._docks.arrange_anew()

    # ---- what the session tells -------------------------------------------------------------

    def _dataset_changed(self) -> None:
        self.notices.clear()
        dataset = self.session.data.dataset
        if dataset is not None:
            self.setWindowTitle(f"{dataset.folder.name} – captionviewer")
            if not is_shipped_book(dataset.folder):
                self.welcome.close_by_user()
            if not self.welcome.isVisible():
                self.data_panel.setFocus()
        self._show_status()

    def _show_status(self) -> None:
        self._status.refresh()
        self.menus.refresh()

    # ---- what the user asks -----------------------------------------------------------------

    def ask_for_folder(self) -> None:
        """Let the user choose a data folder, and open it."""
        recent = self.session.data.recent_folders()
        start = str(Path(recent[0]).parent) if recent else str(Path.home())
        chosen = QFileDialog.getExistingDirectory(self, "Open Data Folder", start)
        if chosen:
            self.open_folder(Path(chosen))

    def open_folder(
        self, folder: Path, features: FeatureKind | None = None, *, in_characters: bool = False
    ) -> None:
        """Open a data folder, after asking about what that would end or lose."""
        self.session.data.open_folder(
            folder,
            features,
            in_characters=in_characters,
            may_take=lambda: self.may_replace_model("Opening another data set"),
        )

    def open_runs(self, files: Sequence[Path]) -> None:
        """Put run files on the shelf of runs, and show them there."""
        self.go_to(self.training_dock)
        self.training_panel.open_runs(files)

    def _open_with(self, features: FeatureKind) -> None:
        """Open the data anew, with its other features."""
        dataset = self.session.data.dataset
        if dataset is not None:
            self.open_folder(dataset.folder, features, in_characters=dataset.vocabulary.is_of_characters)

    def _open_in_characters(self) -> None:
        """Open the data anew in characters, or in words again."""
        dataset = self.session.data.dataset
        if dataset is not None:
            spelled = dataset.vocabulary.is_of_characters
            self.open_folder(dataset.folder, dataset.feature_kind, in_characters=not spelled)

    def open_storybook(self) -> None:
        """Open the pictures that come with the program."""
        self.session.data.open_storybook(may_take=lambda: self.may_replace_model("Opening the storybook"))

    def look_at_storybook(self) -> None:
        """Close the card; behind it is the storybook, or it is opened now."""
        self.welcome.close_by_user()
        dataset = self.session.data.dataset
        is_there = dataset is not None and is_shipped_book(dataset.folder)
        if not is_there and not self.session.data.opening:
            self.open_storybook()
        self.data_panel.setFocus()

    def get_coco(self) -> None:
        """Show the dialog that downloads the COCO data."""
        self.downloads.show()

    def ask_for_image_folder(self) -> None:
        """Let the user choose a COCO image folder of their own."""
        chosen = QFileDialog.getExistingDirectory(self, "Folder That Holds train2014 and val2014")
        if not chosen:
            return
        try:
            self.session.images.set_folder(checked_image_folder(Path(chosen)))
        except ValueError as error:
            self.session.problem.emit(str(error))

    # ---- closing and what is like it ---------------------------------------------------------

    def may_replace_model(self, what: str) -> bool:
        """End what trains, ask about what would be lost; True when `what` may go on."""
        return self.closing.may_replace_model(what)

    def _remember(self) -> None:
        """Remember which panel fills the window, and the arrangement that comes back after it."""
        self.session.settings.set(remembered.FILLING, self.zoom.give_back_all())
        self.place.remember()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask, stop what runs within a bound, keep what was promised, then close."""
        if not self.closing.may_close():
            event.ignore()
            return
        self.beside.close()
        self.own_photos.close()
        self.closing.end()
        event.accept()

    # ---- Qt --------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        """Keep within the screen, now that the frame is known."""
        super().showEvent(event)
        self.place.check()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Arrange the docks by the room there is."""
        super().resizeEvent(event)
        self._room_changed.start()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the size of text: it changes the room, too."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._room_changed.start()
        elif event.type() == QEvent.Type.WindowStateChange:
            self.menus.full_screen.setChecked(self.isFullScreen())  # the system may have changed it

    def paintEvent(self, event: QPaintEvent) -> None:
        """Tell once that the window has been painted: what is slow may begin then."""
        super().paintEvent(event)
        if not self._painted:
            self._painted = True
            QTimer.singleShot(0, self, self.first_painted.emit)
