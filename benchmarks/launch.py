"""From the start of the interpreter to the painted window, warm, against a bound of one second.

    python benchmarks/launch.py [FOLDER] [--runs 7]

Each launch is a process of its own, offscreen, with settings of its own, as `captionviewer --data FOLDER`
(without FOLDER: the card of welcome, and the storybook opened behind it after the first paint). Beside it,
in turn, a process that only imports NumPy and QtWidgets and shows an empty window: the floor of any Qt
program with NumPy.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time

from timing.own_folders import own_folders

BOUND = 1.0  # seconds

LAUNCH = """
import gc, sys, time
gc.disable()  # as the command line does before it imports the window
from PySide6.QtCore import QTimer
from captionviewer import cli
from captionviewer.ui import application
make = application.make_window
def noted(*arguments):
    window = make(*arguments)
    window.first_painted.connect(lambda: print(time.time(), flush=True))
    window.first_painted.connect(lambda: QTimer.singleShot(0, window, window.close))
    return window
application.make_window = noted
sys.exit(cli.main(sys.argv[1:]))
"""
FLOOR = """
import sys, time
import numpy
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMainWindow
app = QApplication(sys.argv)
class Window(QMainWindow):
    def paintEvent(self, event):
        print(time.time(), flush=True)
        QTimer.singleShot(0, app, app.quit)
window = Window()
window.show()
app.exec()
"""


def seconds(code: str, arguments: list[str]) -> float:
    """Start a process; return how long it took until it said that it has painted."""
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # else each launch compiles every module: a third of it
    start = time.time()
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout.split()[0]) - start


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", nargs="?")
    parser.add_argument("--runs", type=int, default=7)
    args = parser.parse_args()
    arguments = ["--data", args.folder] if args.folder else []
    ours, floor = [], []
    with own_folders():
        for turn in range(args.runs + 1):  # the first compiles, and warms the file cache
            pair = seconds(LAUNCH, arguments), seconds(FLOOR, [])
            if turn:
                ours.append(pair[0])
                floor.append(pair[1])
    middle = statistics.median(ours)
    print(
        f"launch to first paint: {middle:.2f} s ({min(ours):.2f} to {max(ours):.2f}), "
        f"bound {BOUND:.1f} s: {'kept' if middle <= BOUND else 'NOT KEPT'}; "
        f"{middle / statistics.median(floor):.2f} times an empty window with NumPy "
        f"({statistics.median(floor):.2f} s)"
    )


if __name__ == "__main__":
    main()
