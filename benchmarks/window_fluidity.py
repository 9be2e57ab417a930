"""How fluid the window stays while training runs at full speed, and what the window costs the training.

    python benchmarks/window_fluidity.py [FOLDER] [--seconds 4] [--rounds 5] [--no-memory]

The whole window at 1280x800, offscreen, all panels showing, Sampling following, the loss plot with
100,000 points of history; RNN and LSTM, hidden 512, batch 25, and the LSTM once more with the curves of
eight earlier runs in the plot. Python looks for garbage as it does in the program. Printed are

- the gaps between the beats of a 5 ms timer in the GUI thread while training runs, against bounds of
  10 ms at the 99th percentile and 100 ms at worst;
- steps per second with the window drawing over those without (the GUI thread asleep), blocks in turn,
  both without the timer, against 0.95;
- what one move of a drag on the loss plot takes the GUI thread, painting included, against 16 ms at the
  99th percentile;
- the growth of anonymous memory between steps 2,000 and 20,000, against 20 MB (some four minutes, which
  --no-memory leaves out).

FOLDER is a data folder in the official layout; without it, one made for the run.
"""

import argparse
import gc
import os
import statistics
import time
from dataclasses import replace
from pathlib import Path

from captionviewer.core.network.cells import CellType

# A screen that holds the window; offscreen's own is 800 pixels square.
os.environ["QT_QPA_PLATFORM"] = (
    f"offscreen:configfile={Path(__file__).resolve().parents[1] / 'tests' / 'ui' / 'screen.json'}"
)

import numpy as np
from PySide6.QtCore import QEvent, QEventLoop, QPointF, Qt, QTimer
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from timing.folder import write_timing_folder
from timing.own_folders import own_folders

from captionviewer.core.training.settings import TrainingSettings
from captionviewer.ui.application import make_window
from captionviewer.ui.garbage import leave_out_what_is_there
from captionviewer.ui.settings import Settings
from captionviewer.ui.training.loss_figure import LossSeries
from captionviewer.ui.window.main_window import MainWindow

POINTS = 100_000
MOST_P99_MS, MOST_MS, MOST_DRAG_MS, LEAST_SHARE = 10, 100, 16, 0.95
SETTINGS = TrainingSettings(num_epochs=100_000, num_captions=None, one_caption_an_image=False)


class Heartbeat:
    """A 5 ms timer in the GUI thread that notes the gaps between its beats, in milliseconds."""

    def __init__(self) -> None:
        self.gaps: list[float] = []
        self._last = time.perf_counter()
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)

    def _beat(self) -> None:
        now = time.perf_counter()
        self.gaps.append((now - self._last) * 1e3)
        self._last = now

    def listen(self, seconds: float) -> None:
        """Beat so long, while the event loop runs."""
        self._last = time.perf_counter()
        self._timer.start(5)
        wait(round(seconds * 1000))
        self._timer.stop()


def wait(milliseconds: int) -> None:
    """Let the event loop run, as in use (QTest.qWait would keep the interpreter's lock all the while)."""
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def anonymous_megabytes() -> float:
    """The process's anonymous memory now (Linux)."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("RssAnon"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("this system does not say how much anonymous memory a process has")


def ready_window(app: QApplication, folder: Path) -> MainWindow:
    window = make_window(app, Settings())
    window.first_painted.connect(leave_out_what_is_there)
    window.session.matplotlib_ready.connect(leave_out_what_is_there)
    window.resize(1280, 800)
    window.show()
    window.open_folder(folder)
    while window.session.data.dataset is None or not window.session.can_plot:
        wait(20)
    wait(1500)
    return window


def noisy_losses(seed: int) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    """100,000 falling losses, float32."""
    noise = np.random.default_rng(seed).standard_normal(POINTS).astype(np.float32)
    falling = 20 + 50 * np.exp(-np.arange(POINTS, dtype=np.float32) / 20_000)
    return (falling + 3 * noise).astype(np.float32)


def start(window: MainWindow, cell: CellType, past: int = 0) -> None:
    """Start a run whose history already holds 100,000 noisy points, beside `past` earlier ones' curves."""
    panel, session = window.training_panel, window.session
    if session.models.current is not None:
        session.models.set(replace(session.models.current, unsaved=False))
    panel.form.set_settings(replace(SETTINGS, cell_type=cell))
    panel.start_action.trigger()
    run = session.runs.run
    assert run is not None, "the run did not start: " + str(panel.form.problems(None))
    losses = noisy_losses(0)
    run.history.extend(losses, losses / 11, np.full(POINTS, 5e-3, np.float32))
    wait(1500)
    earlier = [LossSeries() for _ in range(past)]
    for number, series in enumerate(earlier, 1):
        series.extend(noisy_losses(number) + number, noisy_losses(number) / 11)
    panel.plot.show_past(earlier)
    wait(200)


def iterations(window: MainWindow) -> int:
    run = window.session.runs.run
    assert run is not None
    return run.progress().iteration


def kept(fine: bool, bound: float) -> str:
    return f"{'kept' if fine else 'NOT KEPT'}: {bound:g}"


def measure(window: MainWindow, cell: CellType, seconds: float, rounds: int, past: int = 0) -> None:
    start(window, cell, past)
    what = f"{cell}, {past} earlier curves" if past else cell
    heart = Heartbeat()
    ratios: list[float] = []
    speeds: list[float] = []
    for _ in range(rounds):
        speed = {}
        for drawing in (True, False):
            before, since = iterations(window), time.perf_counter()
            if drawing:
                wait(round(seconds * 1000))
            else:
                time.sleep(seconds)  # the GUI thread does nothing at all
            speed[drawing] = (iterations(window) - before) / (time.perf_counter() - since)
            wait(200)
        heart.listen(seconds)
        ratios.append(speed[True] / speed[False])
        speeds.append(speed[False])
    p99, worst = float(np.percentile(heart.gaps, 99)), max(heart.gaps)
    print(
        f"{what}: gaps of the 5 ms heartbeat: {p99:.1f} ms at the 99th percentile "
        f"({kept(p99 <= MOST_P99_MS, MOST_P99_MS)}), {worst:.0f} ms at worst "
        f"({kept(worst <= MOST_MS, MOST_MS)}), {len(heart.gaps):,} beats"
    )
    drags = drag_milliseconds(window)
    p99 = float(np.percentile(drags, 99))
    print(
        f"{what}: a drag's move over the loss takes the GUI thread {statistics.median(drags):.1f} ms, "
        f"{p99:.1f} ms at the 99th percentile ({kept(p99 <= MOST_DRAG_MS, MOST_DRAG_MS)})"
    )
    share = statistics.median(ratios)
    print(
        f"{what}: training with the window drawing runs at {share:.2f} ({min(ratios):.2f} to "
        f"{max(ratios):.2f}) of its speed without ({kept(share >= LEAST_SHARE, LEAST_SHARE)}), "
        f"{statistics.median(speeds):.0f} steps/s"
    )
    window.training_panel.stop_and_wait(10)
    wait(200)


def drag_milliseconds(window: MainWindow, moves: int = 100) -> list[float]:
    """What each move of a drag over the loss plot takes, painting included, while the run goes on."""
    plot = window.training_panel.plot
    layer, took = plot.layer, []
    there = QPointF(0, layer.height() / 2)
    QTest.mousePress(layer, Qt.MouseButton.LeftButton, pos=there.toPoint())
    for k in range(moves):
        there.setX(layer.width() * (0.1 + 0.8 * ((k * 37) % moves) / moves))
        began = time.perf_counter()
        QApplication.sendEvent(
            layer,
            QMouseEvent(
                QEvent.Type.MouseMove,
                there,
                layer.mapToGlobal(there),
                Qt.MouseButton.NoButton,
                Qt.MouseButton.LeftButton,
                Qt.KeyboardModifier.NoModifier,
            ),
        )
        # what the move made dirty is painted, with the plot under it
        QApplication.sendPostedEvents(window, QEvent.Type.UpdateRequest)
        took.append((time.perf_counter() - began) * 1e3)
        wait(10)
    QTest.mouseRelease(layer, Qt.MouseButton.LeftButton, pos=there.toPoint())
    plot.scrubber.leave()
    return took


def measure_memory(window: MainWindow) -> None:
    start(window, "rnn")
    sizes = {}
    for at in (2_000, 20_000):
        while iterations(window) < at:
            wait(50)
        sizes[at] = anonymous_megabytes()
    grown = sizes[20_000] - sizes[2_000]
    print(
        f"anonymous memory between steps 2,000 and 20,000: {grown:+.1f} MB "
        f"({kept(grown < 20, 20)}), from {sizes[2_000]:.0f} MB"
    )
    window.training_panel.stop_and_wait(10)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--seconds", type=float, default=4.0, help="length of a block")
    parser.add_argument("--rounds", type=int, default=5, help="pairs of blocks")
    parser.add_argument("--no-memory", action="store_true", help="leave out the memory of 20,000 steps")
    args = parser.parse_args()
    gc.disable()  # as the command line does, until the window is there
    with own_folders() as own:
        app = QApplication(["captionviewer"])
        folder = args.folder or write_timing_folder(own / "timing")
        window = ready_window(app, folder)
        measure(window, "rnn", args.seconds, args.rounds)
        measure(window, "lstm", args.seconds, args.rounds)
        measure(window, "lstm", args.seconds, args.rounds, past=8)
        if not args.no_memory:
            measure_memory(window)
        model = window.session.models.current
        if model is not None:
            window.session.models.set(replace(model, unsaved=False))
        window.close()


if __name__ == "__main__":
    main()
