"""What the window's memory does under a user at random: clicks, keys, wheel, drags, views, other sizes.

    python benchmarks/random_events.py [FOLDER] [--events 8000] [--every 4000] [--seed 0]

The whole window, offscreen, with settings and cache of its own and no network. At each mark the data is the
other of two: FOLDER (a data folder in the official layout; one made for the run without it) and the
storybook. Boxes, dialogs, menus and lists that come up get some events and are then closed by Esc. Faults
that nobody caught are counted, and end the script with 1.

Printed at each mark, after the window was brought to rest (the same data, a run of one step and an untrained
model of the usual size, usual window and text, the first view of each panel) and has given back what is free,
as it does by itself some seconds later: the process's private memory, on Linux that which it wrote itself
(code that no other program shares just now is no growth); how many Qt objects the window has, how many
objects Python looks after; and the growth of memory from the second mark to the last, against 40 MB for 4,000
events: until then views are opened for the first time.
"""

import argparse
import gc
import os
import random
import sys
import time
import traceback
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType

# A screen that holds the window; offscreen's own is 800 pixels square.
os.environ["QT_QPA_PLATFORM"] = (
    f"offscreen:configfile={Path(__file__).resolve().parents[1] / 'tests' / 'ui' / 'screen.json'}"
)

import psutil
from PySide6.QtCore import QEvent, QEventLoop, QObject, QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QDesktopServices, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QTabBar, QWidget
from timing.folder import write_timing_folder
from timing.own_folders import own_folders

from captionviewer.core.saved.model_file import SavedModel
from captionviewer.core.training.settings import TrainingSettings
from captionviewer.ui import actions
from captionviewer.ui.application import make_window, open_at_launch
from captionviewer.ui.session.free_memory import give_back
from captionviewer.ui.session.models import CurrentModel, ModelOrigin
from captionviewer.ui.settings import Settings
from captionviewer.ui.window.main_window import MainWindow

MOST_MEGABYTES = 40.0  # for 4,000 events
SIZES = ((1280, 800), (1024, 700), (1920, 1080), (800, 600), (1366, 728))
PLAIN_KEYS = (
    *("Tab", "Backtab", "Return", "Space", "Escape", "Left", "Right", "Up", "Down", "Home", "End"),
    *("PageUp", "PageDown", "F4", "F5", "F6", "F7", "F8", "F9"),
)
LETTERS = "abekmnst 0123456789.<-"
MODIFIERS = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
)
NEVER = {"Ctrl+Q"}


def wait(milliseconds: int) -> None:
    """Let the event loop run, as in use."""
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


class StaysOpen(QObject):
    """Keeps the main window from being closed; its own offer to quit is one of its menu entries."""

    closing = False

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Close and not self.closing:
            event.ignore()
            return True
        return False


@dataclass
class Mark:
    events: int
    megabytes: float
    qt_objects: int
    python_objects: int


class Monkey:
    """Sends events to a window, and closes what comes up."""

    def __init__(self, window: MainWindow, rng: random.Random) -> None:
        self.window, self._rng = window, rng
        self.sent: Counter[str] = Counter()
        self._stood = 0
        self._guard = QTimer(window)
        self._guard.setInterval(40)
        self._guard.timeout.connect(self._look_at_popup)  # what is modal has a loop of its own
        self._guard.start()
        self._keys = [
            key
            for words in actions.table()
            for key in words.shortcuts
            if isinstance(key, str) and key not in NEVER
        ]

    # ---- what comes up ---------------------------------------------------------------------

    def _look_at_popup(self) -> None:
        popup = QApplication.activePopupWidget() or QApplication.activeModalWidget()
        if popup is None:
            self._stood = 0
            return
        self._stood += 1
        if self._stood < 4:
            self._guard.stop()  # what is pressed may open another loop, where this is to tick again
            try:
                key = self._rng.choice((Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Tab, Qt.Key.Key_Return))
                QTimer.singleShot(0, self._guard, self._guard.start)
                QTest.keyClick(popup, key)
            finally:
                self._guard.start()
        elif self._stood < 8:
            QTest.keyClick(popup, Qt.Key.Key_Escape)
        elif isinstance(popup, QDialog):
            popup.reject()
        else:
            popup.close()

    def close_others(self) -> None:
        """Close every other window that stands beside the main one."""
        for other in QApplication.topLevelWidgets():
            if other is not self.window and other.isVisible():
                other.close()

    # ---- events ----------------------------------------------------------------------------

    def one_event(self) -> None:
        kinds = (
            *(self._click, self._key, self._typed, self._shortcut, self._wheel),
            *(self._drag, self._view, self._resize, self._beside),
        )
        kind = self._rng.choices(kinds, (100, 44, 16, 16, 16, 6, 5, 2, 1))[0]
        self.sent[kind.__name__.strip("_")] += 1
        kind(self._target())

    def _target(self) -> QWidget:
        others = [
            each
            for each in QApplication.topLevelWidgets()
            if each.isVisible() and each.windowType() in (Qt.WindowType.Dialog, Qt.WindowType.Window)
        ]
        if others and self._rng.random() < 0.5:
            return self._rng.choice(others)
        return self.window

    def _place(self, window: QWidget) -> tuple[QWidget, QPoint]:
        point = QPoint(
            self._rng.randrange(max(window.width(), 1)), self._rng.randrange(max(window.height(), 1))
        )
        found = window.childAt(point)
        return (found, found.mapFrom(window, point)) if found is not None else (window, point)

    def _click(self, window: QWidget) -> None:
        widget, point = self._place(window)
        button = self._rng.choices((Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton), (12, 1))[0]
        send = QTest.mouseDClick if self._rng.random() < 0.05 else QTest.mouseClick
        send(widget, button, self._rng.choices(MODIFIERS, (12, 1, 1))[0], point)

    def _focused(self, window: QWidget) -> QWidget:
        return QApplication.focusWidget() or window

    def _key(self, window: QWidget) -> None:
        key = Qt.Key[f"Key_{self._rng.choice(PLAIN_KEYS)}"]
        QTest.keyClick(self._focused(window), key, self._rng.choices(MODIFIERS, (12, 1, 1))[0])

    def _typed(self, window: QWidget) -> None:
        QTest.keyClicks(self._focused(window), self._rng.choice(LETTERS))

    def _shortcut(self, window: QWidget) -> None:
        keys = self._rng.choice(self._keys)
        window.activateWindow()
        QTest.keySequence(self._focused(window), keys)

    def _wheel(self, window: QWidget) -> None:
        widget, point = self._place(window)
        event = QWheelEvent(
            QPointF(point),
            QPointF(widget.mapToGlobal(point)),
            QPoint(),
            QPoint(0, self._rng.choice((-240, -120, 120, 240))),
            Qt.MouseButton.NoButton,
            self._rng.choices(MODIFIERS, (8, 1, 1))[0],
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(widget, event)

    def _drag(self, window: QWidget) -> None:
        widget, point = self._place(window)
        QTest.mousePress(widget, Qt.MouseButton.LeftButton, pos=point)
        for _ in range(4):
            point = QPoint(
                self._rng.randrange(-20, widget.width() + 20), self._rng.randrange(widget.height() + 1)
            )
            QTest.mouseMove(widget, point)
        QTest.mouseRelease(widget, Qt.MouseButton.LeftButton, pos=point)

    def _view(self, window: QWidget) -> None:
        rows = [row for row in window.findChildren(QTabBar) if row.isVisible() and row.count()]
        if rows:
            row = self._rng.choice(rows)
            at = row.tabRect(self._rng.randrange(row.count())).center()
            QTest.mouseClick(row, Qt.MouseButton.LeftButton, pos=at)

    def _beside(self, _window: QWidget) -> None:
        self._rng.choice((self.window.beside.show_checks, self.window.beside.show_characters))()

    def _resize(self, _window: QWidget) -> None:
        self.window.showNormal()
        self.window.resize(*self._rng.choice(SIZES))


class Faults:
    """Counts what nobody caught, and shows each place once."""

    def __init__(self) -> None:
        self.count = 0
        self._seen: set[str] = set()

    def note(self, kind: type[BaseException], error: BaseException, where: TracebackType | None) -> None:
        self.count += 1
        words = "".join(traceback.format_exception(kind, error, where))
        if words not in self._seen:
            self._seen.add(words)
            print(words, file=sys.stderr, flush=True)


def settle(seconds: float, window: MainWindow) -> None:
    """Wait until no work goes on in a thread, at most so long."""
    until = time.monotonic() + seconds
    wait(300)
    while time.monotonic() < until and (window.session.workers.running() or window.session.data.opening):
        wait(50)


def bring_to_rest(window: MainWindow, monkey: Monkey) -> None:
    """The same state at each mark, so that what is left over is what has grown."""
    while QApplication.activePopupWidget() is not None or QApplication.activeModalWidget() is not None:
        wait(50)
    monkey.close_others()
    window.training_panel.stop_and_wait(30)
    window.showNormal()
    window.resize(1280, 800)
    window.appearance.set_text_scale(1.0)
    window.reset_arrangement()
    window.data_panel.browser.clear_conditions()
    window.notices.clear()
    for views in (window.training_panel.run_area.views, window.sampling_panel.views):
        views.open(views.titles[0])
    window.training_panel.form.set_settings(TrainingSettings())
    model = window.session.models.current
    if model is not None:
        window.session.models.set(replace(model, unsaved=False))
    settle(60, window)


def open_data(window: MainWindow, folder: Path | None) -> None:
    """Open a folder, or the storybook, and wait for it."""
    if folder is None:
        window.session.data.open_storybook()
    else:
        window.session.data.open_folder(folder)
    settle(60, window)


def forget_what_was_trained(window: MainWindow) -> None:
    """Have a run of one step and an untrained model, of the usual size: the last run's was chance's."""
    panel, session = window.training_panel, window.session
    panel.form.set_settings(TrainingSettings())
    panel.step_action.trigger()
    until, run = time.monotonic() + 20, session.runs.run
    while run is not None and run.progress().iteration < 1 and time.monotonic() < until:
        wait(50)
    panel.stop_and_wait(30)
    dataset, settings = session.data.dataset, TrainingSettings()
    assert dataset is not None
    model = settings.new_model(dataset.vocabulary.word_to_idx, dataset.feature_dim)
    session.models.set(CurrentModel(SavedModel.untrained(model, settings, dataset), ModelOrigin.UNTRAINED))
    session.runs.keep_moments(None)
    settle(60, window)


def private_megabytes() -> float:
    """What is in memory for this process alone; on Linux without what only mirrors files."""
    if psutil.LINUX:
        lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("Private_Dirty:")) / 1024
    return float(psutil.Process().memory_full_info().uss) / 2**20


def measured(window: MainWindow, events: int) -> Mark:
    for _ in range(3):
        gc.collect()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    before = private_megabytes()
    give_back()
    mark = Mark(events, private_megabytes(), len(window.findChildren(QObject)), len(gc.get_objects()))
    print(
        f"{events:7,} events: {mark.megabytes:6.1f} MB private "
        f"({before:.1f} before free memory was given back), {mark.qt_objects:,} Qt objects, "
        f"{len(QApplication.allWidgets()):,} widgets, {mark.python_objects:,} of Python",
        flush=True,
    )
    return mark


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--events", type=int, default=8_000)
    parser.add_argument("--every", type=int, default=4_000, help="events between two marks")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    faults = Faults()
    sys.excepthook = faults.note
    with own_folders() as own:
        QApplication.setAttribute(Qt.ApplicationAttribute.AA_DontUseNativeDialogs)
        app = QApplication(["captionviewer"])
        QDesktopServices.openUrl = lambda _address: True  # type: ignore[method-assign]  # no browser
        folder = args.folder or write_timing_folder(own / "timing")
        window = make_window(app, Settings())
        stays = StaysOpen()
        window.installEventFilter(stays)
        open_at_launch(window, folder)
        window.resize(1280, 800)
        window.show()
        while window.session.data.dataset is None or not window.session.can_plot:
            wait(20)
        monkey = Monkey(window, random.Random(args.seed))
        marks: list[Mark] = []
        for sent in range(args.events + 1):
            if sent % args.every == 0:
                bring_to_rest(window, monkey)
                open_data(window, folder)
                forget_what_was_trained(window)
                marks.append(measured(window, sent))
                if sent // args.every % 2:
                    open_data(window, None)
            if sent % 150 == 0:
                monkey.close_others()
            if sent < args.events:
                monkey.one_event()
                wait(1)
        bring_to_rest(window, monkey)
        stays.closing = True
        window.close()
    print(", ".join(f"{count:,} {kind}" for kind, count in monkey.sent.most_common()))
    first = marks[1] if len(marks) > 2 else marks[0]  # until then views are opened for the first time
    grown = (marks[-1].megabytes - first.megabytes) / (max(args.events - first.events, 1) / 4000)
    print(
        f"private memory grew by {grown:+.1f} MB for 4,000 events "
        f"({'kept' if grown < MOST_MEGABYTES else 'NOT KEPT'}: {MOST_MEGABYTES:.0f}); {faults.count} faults"
    )
    return 1 if faults.count else 0


if __name__ == "__main__":
    sys.exit(main())
