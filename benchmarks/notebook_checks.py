"""The notebooks' checks against the time that a student waits for them.

    python benchmarks/notebook_checks.py [--rounds 5]

All but those that train (overfitting 50 captions, and sampling after it) are done one after another on the
program's own layers, as Help > Notebook Checks and `captionviewer check --quick` do them; bound 5 s. Then the
same layers as a student's own file, in the child process that such a file is run in, its start included.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import captionviewer.core.network.layers as own_layers
from captionviewer.core.checks.check import Bench, Check, Outcome, run_check
from captionviewer.core.checks.notebook_checks import CHECKS
from captionviewer.core.checks.student_code import StudentCode
from captionviewer.core.checks.subject import Subject, fresh_layers

BOUND_S = 5.0
QUICK = [check for check in CHECKS if not check.trains]


def on_own_layers() -> list[Outcome]:
    bench = Bench(Subject(fresh_layers()), None, 231)
    return [run_check(check, bench) for check in QUICK]


def on_a_students_file() -> list[Outcome]:
    student = StudentCode(Path(str(own_layers.__file__)))
    try:
        return [student.run(check) for check in QUICK]
    finally:
        student.close()


def slowest(outcomes: list[Outcome]) -> tuple[Check, float]:
    at = max(range(len(QUICK)), key=lambda place: outcomes[place].seconds)
    return QUICK[at], outcomes[at].seconds


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    ways: tuple[tuple[str, Callable[[], list[Outcome]]], ...] = (
        ("the program's own layers", on_own_layers),
        ("the same as a student's file", on_a_students_file),
    )
    for name, way in ways:
        seconds = []
        for _ in range(rounds):
            began = time.perf_counter()
            outcomes = way()
            seconds.append(time.perf_counter() - began)
        check, longest = slowest(outcomes)
        passed = sum(outcome.passed for outcome in outcomes)
        middle = statistics.median(seconds)
        print(
            f"{name}: {passed} of {len(QUICK)} quick checks pass in {middle:.2f} s ({min(seconds):.2f} to"
            f" {max(seconds):.2f}), bound {BOUND_S:g} s{'' if middle <= BOUND_S else ': NOT KEPT'};"
            f" the slowest is {check.key}, {longest:.2f} s"
        )


if __name__ == "__main__":
    main()
