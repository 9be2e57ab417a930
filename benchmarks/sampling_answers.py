"""How soon Sampling answers: from a click on a word to its branch, from pause, step, stop to the sample.

    python benchmarks/sampling_answers.py [--clicks 40] [--rounds 9]

The whole window at 1280x800, offscreen, the storybook, its preset (LSTM, hidden 384) and the same with an
RNN. Printed are medians and the slowest,

- from a click on a bar to the painted row of its branch, against 30 ms: at once, while the storybook's
  pictures are still drawn, and once the window has settled; and what one step key takes with 50 branches
  beside what it takes with none, and the very first one;
- what painting takes the GUI thread, against 16 ms: the tree of a beam of 10, column by column and dragged,
  and the bars of Temperature from a move of the slider on;
- from the click on Pause, Step or Stop to the sample of the model as it is then, against a median of 150 ms.
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from captionviewer.core.network.cells import CellType

# A screen that holds the window; offscreen's own is 800 pixels square.
os.environ["QT_QPA_PLATFORM"] = (
    f"offscreen:configfile={Path(__file__).resolve().parents[1] / 'tests' / 'ui' / 'screen.json'}"
)

from PySide6.QtCore import QEvent, QEventLoop, QObject, QPoint, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from timing.own_folders import own_folders

from captionviewer.core.training.events import RunState
from captionviewer.core.training.run import TrainingRun
from captionviewer.core.training.settings import PRESETS, STORYBOOK_PRESET
from captionviewer.ui.application import make_window, open_at_launch
from captionviewer.ui.sampling.branches.branch_rows import BranchRows
from captionviewer.ui.sampling.temperature.temperature_view import TemperatureView
from captionviewer.ui.sampling.tree.tree_view import TreeView
from captionviewer.ui.settings import Settings
from captionviewer.ui.window.main_window import MainWindow

CLICK_MS, PAINT_MS, SAMPLE_MS = 30.0, 16.0, 150.0
WIDTH = 10  # of the beam whose tree is painted
PATIENCE_S = 20.0
STOPS = 4  # runs of each cell that are stopped
AT_ONCE, SETTLED_MS = 12, 15_000  # words forced while pictures are drawn; when all are


def wait(milliseconds: int) -> None:
    """Let the event loop run, as in use."""
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def until(condition: Callable[[], bool], act: Callable[[], object] = lambda: None) -> float:
    """Act, and let the event loop run until something holds: milliseconds."""
    loop = QEventLoop()
    look = QTimer()
    look.setTimerType(Qt.TimerType.PreciseTimer)
    began = time.perf_counter()

    def check() -> None:
        if condition() or time.perf_counter() - began > PATIENCE_S:
            loop.quit()

    look.timeout.connect(check)
    look.start(1)
    act()
    if not condition():
        loop.exec()
    took = 1000 * (time.perf_counter() - began)
    look.stop()
    assert took < 1000 * PATIENCE_S, "nothing came"
    return took


def ready_window(app: QApplication) -> MainWindow:
    window = make_window(app, Settings())
    window.resize(1280, 800)
    open_at_launch(window)
    window.show()
    session = window.session
    until(lambda: session.data.dataset is not None)
    window.welcome.close_by_user()
    until(lambda: session.models.current is not None and session.models.current.saved.iteration > 0)
    assert session.data.dataset is not None
    session.selection.select(session.data.dataset.split("val").record(159))
    until(lambda: window.sampling_panel.sample is not None)
    wait(50)
    return window


def say(what: str, found: list[float], bound: float) -> None:
    middle = statistics.median(found)
    kept = "kept" if middle <= bound else "NOT KEPT"
    print(f"{what}: {middle:.1f} ms in the median, {max(found):.1f} ms at most ({kept}: {bound:.0f})")


class Painted(QObject):
    """Notes how many branches were painted last."""

    def __init__(self, rows: BranchRows) -> None:
        super().__init__(rows)
        self.rows, self.count = rows, 0
        rows.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            self.count = len(self.rows.rows)  # painted before the event loop's next turn
        return False


def measure_clicks(window: MainWindow, clicks: int) -> None:
    panel = window.sampling_panel
    began = time.perf_counter()
    panel.step_action.trigger()
    panel.words.repaint()
    first = 1000 * (time.perf_counter() - began)
    painted = Painted(panel._branch_strip.rows)
    say("from a click to the row of its branch, at once", forced(window, painted, range(AT_ONCE)), CLICK_MS)
    wait(SETTLED_MS)
    for _ in range(AT_ONCE):
        panel.branches.undo()
    plain = step_keys(window)
    say("the same once the window has settled", forced(window, painted, range(clicks)), CLICK_MS)
    panel.branches.show(0, 0)
    wait(50)
    many = step_keys(window)
    count = len(painted.rows.rows) - 1
    print(
        f"a step key takes {plain:.1f} ms, with {count} branches {many:.1f} ms, the first one {first:.1f} ms"
    )
    while panel.branches.can_undo:  # what a run says next is of the photo alone
        panel.branches.undo()


def forced(window: MainWindow, painted: Painted, numbers: range) -> list[float]:
    """Force so many words by clicks on bars: milliseconds to the row of each."""
    panel = window.sampling_panel
    bars, rows = panel.words._bars, painted.rows
    sample = panel.sample
    assert sample is not None
    length = len(sample.timesteps)
    found: list[float] = []
    for number in numbers:
        panel.branches.show(0, number % (length - 1))
        wait(30)
        place = 1 + number // (length - 1)
        bar = bars.bars()[place]
        if bar.chosen:
            continue
        before = len(rows.rows)
        point = bars.row(place).center()

        def grown(before: int = before) -> bool:
            return painted.count > max(before, 1)

        def click_it(point: QPoint = point) -> None:
            QTest.mouseClick(bars, Qt.MouseButton.LeftButton, pos=point)

        found.append(until(grown, click_it))
    return found


def step_keys(window: MainWindow) -> float:
    """What a step takes the GUI thread, painting included, in milliseconds: the median of two walks."""
    panel, found = window.sampling_panel, []
    for _ in range(2):
        panel.restart_action.trigger()
        while panel.step_action.isEnabled():
            began = time.perf_counter()
            panel.step_action.trigger()
            panel.words.repaint()
            panel._branch_strip.repaint()
            found.append(1000 * (time.perf_counter() - began))
    return statistics.median(found)


def taken(act: Callable[[], object], painted: QWidget) -> float:
    """What something and the painting that follows take the GUI thread, in milliseconds."""
    began = time.perf_counter()
    act()
    painted.repaint()
    return 1000 * (time.perf_counter() - began)


def measure_painting(window: MainWindow) -> None:
    """The tree and the bars of Temperature, as a person at the keys or a slider sees them come."""
    panel, decoding = window.sampling_panel, window.session.decoding
    usual = decoding.value
    decoding.set(replace(usual, method="beam", beam_width=WIDTH))
    tree = panel.views.open("Tree")
    assert isinstance(tree, TreeView)
    until(lambda: tree.tree is not None and tree.track.length > 0)
    wait(300)
    canvas, steps = tree.canvas, []
    for _ in range(3):
        panel.restart_action.trigger()
        wait(30)
        while panel.step_action.isEnabled():
            steps.append(taken(panel.step_action.trigger, canvas))
    say(f"a step of the tree of a beam of {WIDTH}, up to {canvas.columns} columns", steps, PAINT_MS)
    say("the whole tree, dragged", [taken(canvas.update, canvas) for _ in range(40)], PAINT_MS)
    decoding.set(usual)
    view = panel.views.open("Temperature")
    assert isinstance(view, TemperatureView)
    panel.restart_action.trigger()
    wait(300)
    slider = view.temperature_slider
    moves: list[float] = []
    for step in [*range(10, slider.maximum(), 6), *range(slider.maximum(), 10, -6)]:
        moves.append(taken(partial(slider.setValue, step), view.bars))
        wait(20)  # the captions that are drawn by it come in between, as in use
    say("the bars, from a move of the slider", moves, PAINT_MS)
    decoding.set(usual)
    panel.views.open("Words")
    wait(300)


def begin_run(window: MainWindow, cell: CellType) -> TrainingRun:
    """Start the storybook's preset with a cell."""
    session, training = window.session, window.training_panel
    if session.models.current is not None:
        session.models.set(replace(session.models.current, unsaved=False))
    settings = replace(PRESETS[STORYBOOK_PRESET], num_epochs=100_000, cell_type=cell)
    training.form.set_settings(settings)
    training.start_action.trigger()
    run = session.runs.run
    assert run is not None, "the run did not start"
    wait(3000)
    return run


def measure_run(window: MainWindow, cell: CellType, rounds: int) -> None:
    """From pause, step and stop to the sample of what the run has come to."""
    panel, training = window.sampling_panel, window.training_panel
    run = begin_run(window, cell)
    step_s = 1 / max(run.progress().steps_per_second, 1e-9)
    found: dict[str, list[float]] = {"pause": [], "step": [], "stop": []}

    def is_new() -> bool:
        sample = panel.sample
        reached = run.progress().iteration
        waits = run.state is not RunState.RUNNING
        return waits and sample is not None and sample.current.saved.iteration == reached

    for _ in range(rounds):
        found["pause"].append(until(is_new, training.pause_action.trigger))
        for _again in range(2):
            wait(150)
            reached = run.progress().iteration

            def stepped(reached: int = reached) -> bool:
                return run.progress().iteration > reached and is_new()

            found["step"].append(until(stepped, training.step_action.trigger))
        wait(100)
        training.pause_action.trigger()  # goes on
        wait(1200)
    for stopped in range(STOPS):
        if stopped:
            run = begin_run(window, cell)
        found["stop"].append(until(is_new, training.stop_action.trigger))
        wait(500)
    print(f"{cell}: a step of the run takes {1000 * step_s:.0f} ms meanwhile, which a pause has to wait for")
    for what, took in found.items():
        say(f"{cell}: from {what} to the sample", took, SAMPLE_MS)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--clicks", type=int, default=40, help="words that are forced")
    parser.add_argument("--rounds", type=int, default=9, help="pauses of each run")
    args = parser.parse_args()
    with own_folders():
        app = QApplication.instance()
        assert app is None
        app = QApplication(["captionviewer"])
        window = ready_window(app)
        measure_clicks(window, args.clicks)
        measure_painting(window)
        cells: tuple[CellType, ...] = ("rnn", "lstm")
        for cell in cells:
            measure_run(window, cell, args.rounds)
        window.training_panel.stop_and_wait(10)
        if window.session.models.current is not None:
            window.session.models.set(replace(window.session.models.current, unsaved=False))
        window.close()


if __name__ == "__main__":
    main()
