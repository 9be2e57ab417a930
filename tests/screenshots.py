"""Pictures of the window and its panels in each state, to be looked at: `make screenshots`.

Each is taken at 1280x800 and at 1920x1080, light and dark, into the folder `screenshots` (which git
ignores). The data is the folder that CAPTIONVIEWER_TEST_COCO names, else a small one written for it.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from captionviewer.core.photos.store import PhotoStore

OUT = Path("screenshots")
SIZES = ((1280, 800), (1920, 1080))

SCREEN = Path(__file__).parent / "ui" / "screen.json"
os.environ.setdefault("QT_QPA_PLATFORM", f"offscreen:configfile={SCREEN}")


def main() -> int:
    """Write all pictures."""
    with tempfile.TemporaryDirectory() as temporary:
        for kind in ("config", "cache", "data", "log"):  # not the user's own
            os.environ[f"CAPTIONVIEWER_{kind.upper()}_DIR"] = f"{temporary}/{kind}"
        from PySide6.QtWidgets import QApplication

        from captionviewer.ui.look.theme import ThemeChoice

        app = QApplication(["captionviewer"])
        data = data_folder(Path(temporary))
        for choice in (ThemeChoice.LIGHT, ThemeChoice.DARK):
            for size in SIZES:
                shutil.rmtree(f"{temporary}/config", ignore_errors=True)
                Photographer(app, choice, size, data, Path(temporary)).run()
    print(f"pictures in {OUT.absolute()}")
    return 0


def data_folder(temporary: Path) -> Path:
    """The data to show."""
    from tests.coco_folder_writer import write_coco_folder

    named = os.environ.get("CAPTIONVIEWER_TEST_COCO")
    return Path(named) if named else write_coco_folder(temporary / "small_coco", photos=True)


class Photographer:
    """Leads one window through its states and takes a picture of each."""

    def __init__(
        self, app: object, choice: object, size: tuple[int, int], data: Path, temporary: Path
    ) -> None:
        from PySide6.QtWidgets import QApplication

        from captionviewer.ui.application import make_window
        from captionviewer.ui.look.theme import ThemeChoice
        from captionviewer.ui.settings import Settings

        assert isinstance(app, QApplication)
        assert isinstance(choice, ThemeChoice)
        self.data, self.temporary = data, temporary
        self.folder = OUT / f"{size[0]}x{size[1]}-{choice.value}"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.window = make_window(app, Settings())
        self.window.theme.choose(choice)
        self.window.resize(*size)
        self.window.show()

    def wait(self, milliseconds: int) -> None:
        """Let the window run for a while."""
        from PySide6.QtCore import QEventLoop, QTimer

        loop = QEventLoop()  # QTest.qWait would keep the interpreter's lock from the training all the while
        QTimer.singleShot(milliseconds, loop.quit)
        loop.exec()

    def wait_for(self, condition: Callable[[], bool], seconds: float = 120) -> None:
        """Let the window run until something holds."""
        for _ in range(round(seconds * 50)):
            if condition():
                return
            self.wait(20)
        self.take("99-stuck")
        raise TimeoutError("the window did not come to the state that is to be photographed")

    def take(self, name: str, widget: object = None) -> None:
        """Save a picture of the whole window, or of a dialog."""
        from PySide6.QtWidgets import QWidget

        shown = widget if isinstance(widget, QWidget) else self.window
        self.wait(150)
        path = self.folder / f"{name}.png"
        if not shown.grab().save(str(path)):
            raise OSError(f"{path} could not be written")

    def run(self) -> None:
        """Go through all states."""
        window, session = self.window, self.window.session
        window.welcome.open()
        self.take("01-welcome-without-data")
        shutil.rmtree(self.temporary / "cache" / "books", ignore_errors=True)
        session.data.open_storybook()
        self.wait_for(lambda: session.data.opening_share is not None)
        self.take("01-welcome-unpacking")
        self.wait_for(lambda: session.selection.record is not None)
        self.wait(2500)
        self.take("01-welcome")
        window.welcome.close_by_user()
        window.open_folder(self.temporary)
        self.wait_for(lambda: bool(window.notices.text()))
        self.take("02-refused-folder")
        window.notices.clear()
        window.open_folder(self.data)
        self.take("03-opening")
        self.wait_for(lambda: session.data.dataset is not None and session.can_plot)
        self.wait(800)
        self.take("04-ready")
        self.window.sampling_panel.end_action.trigger()
        self.take("04-untrained-caption")
        self.window.sampling_panel.restart_action.trigger()
        self.take_data_tabs()
        self.take_failed_photos()
        self.take_form_problems()
        self.take_training()
        self.take_sampling()
        self.take_download()
        window.training_panel.stop_and_wait(10)
        if session.models.current is not None:
            session.models.set(replace(session.models.current, unsaved=False))
        window.close()
        window.theme.deleteLater()
        window.deleteLater()
        self.wait(50)

    def take_download(self) -> None:
        """The dialog that downloads: its form, under way, paused, broken off, damaged and done."""
        from captionviewer.core.download import Phase
        from tests.archive_server import ArchiveServer, archive_of, cut

        desk = self.window.downloads
        desk.show()
        dialog = desk.dialog
        assert dialog is not None
        self.take("19-download-form", dialog)
        archive = archive_of(self.data)
        folder = self.temporary / "downloads" / self.folder.name / "coco_captioning"
        with ArchiveServer(archive) as server:
            server.piece, server.every = len(archive) // 60, 0.1
            dialog.form.address.setText(server.address)
            dialog.form.folder.setText(str(folder))
            dialog.form.raw.click()
            self.wait(400)
            dialog.go.click()
            self.wait_for(lambda: desk.download.progress.phase is Phase.FETCHING)
            self.wait_for(lambda: (desk.download.progress.share or 0.0) > 0.4)
            self.take("19-download-running", dialog)
            dialog.pause.click()
            self.wait(600)
            self.take("19-download-paused", dialog)
            dialog.pause.click()
            server.faults = [cut(0)] * 2
            dialog.stop.click()
            self.wait_for(lambda: not desk.download.is_running)
            self.take("19-download-stopped", dialog)
            dialog.go.click()
            self.wait_for(lambda: "Trying again" in desk.download.progress.words)
            self.wait(250)
            self.take("19-download-waiting", dialog)
            at = archive.find(b"train2014_urls.txt") + 200
            server.archive = archive[:at] + b"\0\0\0\0" + archive[at + 4 :]
            server.mark, server.every = '"damaged"', 0.0
            self.wait_for(lambda: not desk.download.is_running)
            self.take("19-download-damaged", dialog)
            server.archive = archive
            dialog.go.click()
            self.wait_for(lambda: not desk.download.is_running)
            self.wait(600)
            self.take("19-download-done", dialog)
        dialog.hide()

    def take_data_tabs(self) -> None:
        """The tabs of the details, and a search with and without hits."""
        panel = self.window.data_panel
        for place in range(1, panel.details.count()):
            panel.details.setCurrentIndex(place)
            self.wait(700)
            self.take(f"05-data-tab-{place}")
        panel.details.setCurrentIndex(0)
        for name, text in (("06-search", "on a"), ("07-search-without-hits", "zzyzx road")):
            panel.bar.search_field.setText(text)
            self.wait(700)
            self.take(name)
        panel.bar.clear_conditions()
        self.take_conditions()
        panel.bar.clear_conditions()
        panel.browser.show_only_trained(True)
        self.take("08-nothing-trained-on-yet")
        panel.bar.clear_conditions()

    def take_conditions(self) -> None:
        """Conditions as chips, the filter unfolded, a sorted page, and a bar that is pointed at."""
        from PySide6.QtCore import Qt
        from PySide6.QtTest import QTest

        from captionviewer.ui.data.caption_query import Sorting

        panel = self.window.data_panel
        statistics = panel.details.statistics
        panel.bar.filter_action.trigger()
        panel.browser.keep_phrase("on")
        panel.browser.toggle("words", 10, "train")
        panel.browser.sort(Sorting.MOST_UNKNOWN)
        self.wait(600)
        self.take("07-conditions-and-order")
        panel.bar.filter_action.trigger()
        panel.details.setCurrentWidget(statistics)
        for action, plot in zip(statistics.show_actions, statistics.plots, strict=True):
            action.trigger()
            self.wait(500)
            if plot.isVisible():
                plot.setFocus()
                QTest.keyClick(plot, Qt.Key.Key_End)
                QTest.keyClick(plot, Qt.Key.Key_Left)
            self.take(f"07-statistics-{plot.objectName()}")
        panel.bar.reshuffle_action.trigger()
        panel.details.setCurrentIndex(0)

    def take_failed_photos(self) -> None:
        """Photos that can't be had: not to be fetched, no network, dead links; and the preferences."""
        from captionviewer.core.photos.store import PhotoStore
        from captionviewer.ui.window.preferences import Preferences

        window, session = self.window, self.window.session
        window.beside.show_preferences()
        preferences = window.findChild(Preferences)
        self.wait(400)
        self.take("09-preferences", preferences)
        assert preferences is not None
        preferences.close()
        held_back = PhotoStore(None, None, network=False)
        for name, store in (
            ("09-photos-held-back", held_back),
            ("09-photos-offline", _store_in_bad_weather(session.images.folder, offline=True)),
            ("09-photos-dead-links", _store_in_bad_weather(session.images.folder, offline=False)),
        ):
            session.photos.set_store(store)
            window.data_panel.reshuffle_action.trigger()
            self.wait(900)
            self.take(name)
        session.images.set_folder(None)
        self.wait(600)

    def take_form_problems(self) -> None:
        """A form that can't be started from."""
        from captionviewer.core.training.settings import NOTEBOOK_PRESET, PRESETS

        form = self.window.training_panel.form
        form.set_settings(replace(PRESETS[NOTEBOOK_PRESET], batch_size=5000, learning_rate=0.0))
        self.take("10-form-problems")
        form.set_settings(PRESETS[NOTEBOOK_PRESET])

    def take_training(self) -> None:
        """Running, paused, failed and finished."""
        from captionviewer.core.training.settings import NOTEBOOK_PRESET, PRESETS

        panel, session = self.window.training_panel, self.window.session
        settings = replace(PRESETS[NOTEBOOK_PRESET], num_captions=20, batch_size=10)
        panel.form.set_settings(replace(settings, update_rule="sgd", learning_rate=1e30))
        panel.start_action.trigger()
        self.wait_for(lambda: not panel.is_running())
        self.wait(300)
        self.take("11-training-failed")
        self.discard()
        panel.form.set_settings(settings)
        panel.start_action.trigger()
        self.wait_for(lambda: session.runs.run is not None and session.runs.run.progress().iteration >= 12)
        self.take("12-training-running")
        panel.pause_action.trigger()
        self.wait(400)
        self.take("13-training-paused")
        panel.pause_action.trigger()
        self.wait_for(lambda: not panel.is_running())
        self.wait(400)
        panel.run_area.loss.log_box.click()
        self.take("14-training-finished-log")
        panel.run_area.loss.log_box.click()

    def discard(self) -> None:
        """Let go of what was learned, so that nothing is asked."""
        session = self.window.session
        if session.models.current is not None:
            session.models.set(replace(session.models.current, unsaved=False))

    def take_sampling(self) -> None:
        """A learned caption half way and at its end, a val photo, and large text."""
        data, sampling = self.window.data_panel, self.window.sampling_panel
        data.browser.show_only_trained(True)
        self.wait(600)
        for _ in range(4):
            sampling.step_action.trigger()
        self.take("15-sampling-half-way")
        sampling.end_action.trigger()
        self.take("16-sampling-end")
        data.bar.clear_conditions()
        data.val_action.trigger()
        self.wait(600)
        sampling.end_action.trigger()
        self.take("17-sampling-val")
        for _ in range(3):
            self.window.menus.larger_text.trigger()
        self.wait(300)
        self.take("18-large-text")
        self.window.go_to(self.window.sampling_dock)
        self.take("19-large-text-sampling")
        self.window.menus.normal_text.trigger()


def _store_in_bad_weather(folder: Path | None, *, offline: bool) -> "PhotoStore":
    """A store that has the photos of a folder, but some of them not."""
    from captionviewer.core.photos.store import Photo, PhotoProblem, PhotoStore, PhotoUnavailable

    class Store(PhotoStore):
        def photo(
            self,
            url: str,
            file_name: str | None = None,
            stop: Callable[[], bool] = lambda: False,
            patient: Callable[[], bool] = lambda: False,
        ) -> Photo:
            unlucky = sum(url.encode()) % 5 == 0
            if offline and unlucky:
                self.throttle.unreachable("the network")
                message = f"{url} can't be reached: the name could not be looked up."
                raise PhotoUnavailable(PhotoProblem.OFFLINE, url, message, retry_after=60)
            if not offline:
                self.links.note(url, dead=unlucky)
                if unlucky:
                    message = f"{url} is no longer on the web: the server says 404 Not Found."
                    raise PhotoUnavailable(PhotoProblem.GONE, url, message)
            return super().photo(url, file_name, stop, patient)

    return Store(folder, network=True, mirror="")


if __name__ == "__main__":
    sys.exit(main())
