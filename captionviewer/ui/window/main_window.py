"""The window: menus, docks, status bar and the protocol of closing. What happens in panels is theirs."""

from pathlib import Path

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QPaintEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QDockWidget,
    QFileDialog,
    QMainWindow,
    QMessageBox,
    QProgressBar,
    QVBoxLayout,
    QWidget,
)

from captionviewer.core.coco.dataset import FeatureKind
from captionviewer.core.user_folders import is_shipped_book
from captionviewer.ui import settings as remembered
from captionviewer.ui.data.data_panel import DataPanel
from captionviewer.ui.download.download_desk import DownloadDesk
from captionviewer.ui.look.theme import Theme
from captionviewer.ui.photos.photo_settings import checked_image_folder
from captionviewer.ui.sampling.sampling_panel import SamplingPanel
from captionviewer.ui.session.session import Session
from captionviewer.ui.training.training_panel import TrainingPanel
from captionviewer.ui.widgets.elided_label import ElidedLabel
from captionviewer.ui.widgets.notice_bar import NoticeBar
from captionviewer.ui.window.dock_arrangement import DockArrangement
from captionviewer.ui.window.menus import Menus
from captionviewer.ui.window.preferences import Preferences
from captionviewer.ui.window.welcome_card import WelcomeCard
from captionviewer.ui.window.window_place import WindowPlace

MODEL_FILES = "captionviewer models (*.npz)"
STOP_WITHIN = 1.0  # seconds that a training step may take to end when the window closes


class MainWindow(QMainWindow):
    """Data at the left, Training and Sampling as docks at the right."""

    first_painted = Signal()

    def __init__(self, session: Session, theme: Theme) -> None:
        super().__init__()
        self.session = session
        self.theme = theme
        self._painted = False
        self._preferences: Preferences | None = None
        self.setObjectName("main_window")
        self.setWindowTitle("captionviewer")
        self.setAcceptDrops(True)
        self.setDockOptions(
            QMainWindow.DockOption.AnimatedDocks
            | QMainWindow.DockOption.AllowTabbedDocks
            | QMainWindow.DockOption.AllowNestedDocks
        )

        self.data_panel = DataPanel(session)
        self.training_panel = TrainingPanel(session)
        self.sampling_panel = SamplingPanel(session)
        self.notices = NoticeBar()
        centre = QWidget()
        column = QVBoxLayout(centre)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.notices)
        column.addWidget(self.data_panel, 1)
        self.setCentralWidget(centre)

        self.training_dock = self._dock("Training", self.training_panel)
        self.sampling_dock = self._dock("Sampling", self.sampling_panel)
        self.welcome = WelcomeCard(session, self)
        self.welcome.download_asked.connect(self.get_coco)
        self.welcome.open_asked.connect(self.ask_for_folder)
        self.welcome.folder_chosen.connect(self.open_folder)
        self.welcome.demo_asked.connect(self.look_at_storybook)
        self.welcome.closed.connect(lambda: session.settings.set(remembered.WELCOME_CLOSED, True))
        self._docks = DockArrangement(self, self.training_dock, self.sampling_dock)
        self.place = WindowPlace(self, self._docks, session.settings)
        self._room_changed = QTimer(self)
        self._room_changed.setSingleShot(True)
        self._room_changed.setInterval(0)  # not within the event that tells of it: Qt is laying out then
        self._room_changed.timeout.connect(self._docks.follow_room)
        self.downloads = DownloadDesk(session, self)
        self.downloads.data_ready.connect(self.open_folder)
        self.menus = Menus(self)
        self._make_status_bar()
        self.place.restore()

        self.training_panel.ask_before_start(lambda: self.may_replace_model("Starting a new run"))
        session.problem.connect(self.notices.show_problem)
        session.lasting_problem.connect(self.notices.show_lasting)
        session.settings.could_not_be_kept.connect(self.notices.show_lasting)
        if session.settings.damage:
            self.notices.show_lasting(session.settings.damage)
        session.notice.connect(lambda words: self.statusBar().showMessage(words, 8000))
        session.dataset_changed.connect(self._dataset_changed)
        session.opening_changed.connect(self._show_progress)
        for changed in (session.model_changed, session.run_changed, session.opening_changed):
            changed.connect(self._show_status)
        session.workers.busy_changed.connect(self._show_status)
        session.opening_progressed.connect(self._show_progress)
        self.menus.data_is_open(session.dataset is not None)
        self._show_status()

    # ---- parts -----------------------------------------------------------------------------

    def _dock(self, title: str, panel: QWidget) -> QDockWidget:
        dock = QDockWidget(title, self)
        dock.setObjectName(f"{title.lower()}_dock")  # the arrangement is remembered by this name
        dock.setWidget(panel)
        return dock

    def go_to(self, dock: QDockWidget) -> None:
        """Bring a dock to the front and give it the keyboard."""
        dock.show()
        dock.raise_()
        self.welcome.raise_()
        dock.widget().setFocus(Qt.FocusReason.ShortcutFocusReason)

    def reset_arrangement(self) -> None:
        """Put the panels where they were at first."""
        self._docks.arrange_anew()

    def _make_status_bar(self) -> None:
        bar = self.statusBar()
        self._data_label, self._model_label, self._running_label = (ElidedLabel() for _ in range(3))
        for label, name in (
            (self._running_label, "What is running"),
            (self._model_label, "Current model"),
            (self._data_label, "Data set"),
        ):
            label.setAccessibleName(name)
            label.setObjectName("status_" + name.split()[-1].lower())
            label.setContentsMargins(8, 0, 8, 0)
            bar.addPermanentWidget(label)
        self._progress = QProgressBar()
        self._progress.setAccessibleName("Progress of unpacking")
        self._progress.setTextVisible(False)
        self._progress.setRange(0, 100)
        self._progress.setFixedSize(120, 10)
        self._progress.hide()
        bar.insertPermanentWidget(0, self._progress)

    # ---- what the session tells -------------------------------------------------------------

    def _dataset_changed(self) -> None:
        self.notices.clear()
        dataset = self.session.dataset
        self.menus.data_is_open(dataset is not None)
        if dataset is not None:
            self.setWindowTitle(f"{dataset.folder.name} – captionviewer")
            if not is_shipped_book(dataset.folder):
                self.welcome.close_by_user()
            if not self.welcome.isVisible():
                self.data_panel.setFocus()
        self._show_status()

    def _show_progress(self) -> None:
        share = self.session.opening_share
        self._progress.setVisible(share is not None)
        self._progress.setValue(round(100 * (share or 0)))

    def _show_status(self) -> None:
        dataset, model = self.session.dataset, self.session.model
        if dataset is None:
            self._data_label.setText("No data open")
        else:
            self._data_label.setText(
                f"{dataset.folder.name}: {dataset.num_photos('train'):,} train and "
                f"{dataset.num_photos('val'):,} val photos, {dataset.feature_kind} features"
            )
            self._data_label.setToolTip(str(dataset.folder))
        self._model_label.setText(model.words if model is not None else "No model")
        running = self.session.workers.running()
        if self.training_panel.is_running():
            running.insert(0, "training")
        self._running_label.setText("Running: " + ", ".join(running) if running else "Idle")
        self.menus.refresh()

    # ---- what the user asks -----------------------------------------------------------------

    def ask_for_folder(self) -> None:
        """Let the user choose a data folder, and open it."""
        recent = self.session.recent_folders()
        start = str(Path(recent[0]).parent) if recent else str(Path.home())
        chosen = QFileDialog.getExistingDirectory(self, "Open data folder", start)
        if chosen:
            self.open_folder(Path(chosen))

    def open_folder(self, folder: Path, features: FeatureKind | None = None) -> None:
        """Open a data folder, after asking about what that would end or lose."""
        if self.may_replace_model("Opening another data set"):
            self.session.open_folder(folder, features)

    def open_storybook(self) -> None:
        """Open the pictures that come with the program."""
        if self.may_replace_model("Opening the storybook"):
            self.session.open_storybook()

    def look_at_storybook(self) -> None:
        """Close the card; behind it is the storybook, or it is opened now."""
        self.welcome.close_by_user()
        dataset = self.session.dataset
        is_there = dataset is not None and is_shipped_book(dataset.folder)
        if not is_there and not self.session.opening:
            self.open_storybook()
        self.data_panel.setFocus()

    def get_coco(self) -> None:
        """Show the dialog that downloads the COCO data."""
        self.downloads.show()

    def ask_for_image_folder(self) -> None:
        """Let the user choose a COCO image folder of their own."""
        chosen = QFileDialog.getExistingDirectory(self, "Folder that holds train2014 and val2014")
        if not chosen:
            return
        try:
            self.session.set_image_folder(checked_image_folder(Path(chosen)))
        except ValueError as error:
            self.session.problem.emit(str(error))

    def show_preferences(self) -> None:
        """Open the preferences beside the window, or bring them to the front."""
        if self._preferences is None:
            self._preferences = Preferences(
                self.session, self.menus.themes, self.menus.apply_text_scale, self
            )
        self._preferences.show()
        self._preferences.raise_()
        self._preferences.activateWindow()

    def ask_for_model(self) -> None:
        """Let the user choose a model file, and open it."""
        start = self.session.settings.get(remembered.MODEL_FOLDER)
        chosen, _ = QFileDialog.getOpenFileName(self, "Open model", start, MODEL_FILES)
        if chosen:
            self.open_model(Path(chosen))

    def open_model(self, path: Path) -> None:
        """Open a model file, after asking about what that would end or lose."""
        if self.may_replace_model("Opening another model"):
            self.session.settings.set(remembered.MODEL_FOLDER, str(path.parent))
            self.session.open_model(path)

    def save_model(self) -> bool:
        """Save the model where it was saved before, else ask where; False when it was not saved."""
        model = self.session.model
        if model is None:
            return False
        if model.path is None:
            return self.save_model_as()
        return self.session.save_model(model.path)

    def save_model_as(self) -> bool:
        """Ask where to save the model, and do; False when it was not saved."""
        folder = Path(self.session.settings.get(remembered.MODEL_FOLDER) or Path.home())
        chosen, _ = QFileDialog.getSaveFileName(self, "Save model", str(folder / "model.npz"), MODEL_FILES)
        if not chosen:
            return False
        path = Path(chosen)
        if path.suffix != ".npz":
            path = path.with_name(path.name + ".npz")
        self.session.settings.set(remembered.MODEL_FOLDER, str(path.parent))
        return self.session.save_model(path)

    # ---- closing and what is like it ---------------------------------------------------------

    def may_replace_model(self, what: str) -> bool:
        """Ask about a training run and an unsaved model; True when `what` may go on."""
        if self.training_panel.is_running():
            question = QMessageBox(self)
            question.setIcon(QMessageBox.Icon.Question)
            question.setWindowTitle("Training is running")
            question.setText(f"{what} ends the training that is running. Stop it?")
            question.setInformativeText("The model is kept as it is after the last finished step.")
            stop = question.addButton("Stop training", QMessageBox.ButtonRole.AcceptRole)
            keep = question.addButton("Keep training", QMessageBox.ButtonRole.RejectRole)
            question.setDefaultButton(keep)
            question.setEscapeButton(keep)
            question.exec()
            if question.clickedButton() is not stop:
                return False
            if not self.training_panel.stop_and_wait(STOP_WITHIN):
                self.session.problem.emit(
                    "The training step under way has not ended yet. Wait a moment and try again."
                )
                return False
        if self.session.has_unsaved_model:
            answer = self._ask_to_save(what)
            if answer == QMessageBox.StandardButton.Cancel:
                return False
            if answer == QMessageBox.StandardButton.Save and not self.save_model():
                return False
        return True

    def _ask_to_save(self, what: str) -> QMessageBox.StandardButton:
        question = QMessageBox(self)
        question.setIcon(QMessageBox.Icon.Question)
        question.setWindowTitle("The model is not saved")
        question.setText("Save the trained model?")
        question.setInformativeText(f"{what} loses it otherwise.")
        buttons = QMessageBox.StandardButton
        question.setStandardButtons(buttons.Save | buttons.Discard | buttons.Cancel)
        question.setDefaultButton(buttons.Save)
        return QMessageBox.StandardButton(question.exec())

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask, stop what runs within a bound, keep what was promised, then close."""
        if not self.downloads.may_close() or not self.may_replace_model("Closing the window"):
            event.ignore()
            return
        self.place.remember()
        self.session.shut_down()
        event.accept()

    # ---- Qt --------------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take a folder, or a model file."""
        if _dropped(event) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open what was dropped."""
        path = _dropped(event)
        if path is None:
            return
        event.acceptProposedAction()
        opener = self.open_folder if path.is_dir() else self.open_model
        # not within the drop: the program that the folder comes from waits until the drop is over
        QTimer.singleShot(0, self, lambda: opener(path))

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


def _dropped(event: QDropEvent) -> Path | None:
    urls = event.mimeData().urls()
    if len(urls) != 1 or not urls[0].isLocalFile():
        return None
    path = Path(urls[0].toLocalFile())
    return path if path.is_dir() or path.suffix == ".npz" else None
