"""A student's rnn_layers.py in a process of its own: right, wrong, endless, writing, printing, crashing."""

import inspect
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from captionviewer.core.checks.notebook_checks import BY_KEY, CHECKS
from captionviewer.core.checks.student_code import StudentCode
from captionviewer.core.network import layers

RIGHT = inspect.getsource(layers).replace(
    "from captionviewer.core.arrays import BoolArray, FloatArray, IntArray",
    "BoolArray = FloatArray = IntArray = np.ndarray",
)
STEP = "    next_h = np.tanh(x @ Wx + prev_h @ Wh + b)\n"
FORWARD = BY_KEY["rnn_step_forward"]

Check = Callable[[str], StudentCode]


@pytest.fixture
def code(tmp_path: Path) -> Iterator[Check]:
    """Make a file of some source and the process that checks it; ended after the test."""
    made: list[StudentCode] = []

    def of(source: str) -> StudentCode:
        file = tmp_path / "rnn_layers.py"
        file.write_text(source, encoding="utf-8")
        made.append(StudentCode(file, quick_seconds=8.0))
        return made[-1]

    yield of
    for each in made:
        each.close()


def with_first_line(line: str) -> str:
    assert STEP in RIGHT
    return RIGHT.replace(STEP, f"    {line}\n{STEP}", 1)


def test_right_layers_pass_every_check_that_trains_nothing(code: Check) -> None:
    student = code(RIGHT)
    assert [check.key for check in CHECKS if not check.trains and not student.run(check).passed] == []


def test_a_file_of_an_older_course_runs_too(code: Check) -> None:
    old = "from builtins import range\nfrom past.builtins import xrange\nfrom cs231n.layers import *\n"
    old += "import numpy as np\nzero = np.zeros(1, dtype=np.float)\nleast = -np.Inf\n"
    student = code(old + RIGHT.replace("for t in range(T)", "for t in xrange(T)"))
    assert student.run(FORWARD).passed
    assert student.run(BY_KEY["rnn_forward"]).passed


def test_a_wrong_sign_is_a_miss_and_the_other_checks_go_on(code: Check) -> None:
    student = code(RIGHT.replace("da = dnext_h * (1 - next_h**2)", "da = dnext_h * (1 + next_h**2)"))
    assert not student.run(BY_KEY["rnn_step_backward"]).passed
    assert student.run(FORWARD).passed


def test_an_error_is_told_with_its_row_and_line(code: Check) -> None:
    source = with_first_line("prev_h.nonsense")
    outcome = code(source).run(FORWARD)
    assert outcome.problem == "AttributeError: 'numpy.ndarray' object has no attribute 'nonsense'"
    assert source.splitlines()[outcome.row - 1].strip() == outcome.line == "prev_h.nonsense"


def test_a_file_that_is_no_python_is_told_with_its_row_for_each_check(code: Check) -> None:
    student = code("import numpy as np\n\ndef rnn_step_forward(x, :\n")
    for key in ("rnn_step_forward", "lstm_loss"):
        outcome = student.run(BY_KEY[key])
        assert outcome.problem.startswith("SyntaxError") and outcome.row == 3


def test_functions_that_are_not_written_yet_are_said_so(code: Check) -> None:
    student = code(
        "def rnn_step_forward(x, prev_h, Wx, Wh, b):\n"
        "    next_h, cache = None, None\n"
        "    return next_h, cache\n"
    )
    assert "written yet" in student.run(FORWARD).problem
    assert "no function lstm_step_forward" in student.run(BY_KEY["lstm_step_forward"]).problem


def test_an_endless_loop_is_ended_and_the_next_check_runs(tmp_path: Path) -> None:
    file = tmp_path / "rnn_layers.py"
    file.write_text(with_first_line("while True: pass"), encoding="utf-8")
    student = StudentCode(file, quick_seconds=4.0)
    try:
        assert "endless loop" in student.run(FORWARD).problem
        assert student.run(BY_KEY["word_embedding_forward"]).passed
    finally:
        student.close()


@pytest.mark.parametrize(
    "act",
    [
        "open({place!r}, 'w').write('x')",
        "__import__('os').open({place!r}, 65)",
        "__import__('os').mkdir({place!r})",
        "__import__('pathlib').Path({place!r}).touch()",
        "__import__('subprocess').run(['touch', {place!r}])",
        "np.save({place!r}, x)",
    ],
)
def test_code_that_writes_files_is_refused_and_nothing_is_written(
    act: str, code: Check, tmp_path: Path
) -> None:
    place = tmp_path / "written.npy"
    outcome = code(with_first_line(act.format(place=str(place)))).run(FORWARD)
    assert outcome.problem.startswith("PermissionError") and outcome.row > 0
    assert not place.exists()


def test_code_that_prints_megabytes_or_asks_for_input_is_checked_all_the_same(code: Check) -> None:
    prints = "print('x' * 5_000_000); import os; os.write(1, b'y' * 1_000_000)"
    assert code(with_first_line(prints)).run(FORWARD).passed
    outcome = code(with_first_line("input('go on?')")).run(FORWARD)
    assert outcome.problem.startswith("EOFError") and outcome.row > 0


@pytest.mark.parametrize("act", ["import os; os._exit(3)", "exit()", "np.zeros((1 << 37,)).fill(1)"])
def test_code_that_ends_its_process_or_wants_all_memory_is_a_miss_and_the_next_check_runs(
    act: str, code: Check
) -> None:
    student = code(with_first_line(act))
    outcome = student.run(FORWARD)
    assert not outcome.passed and outcome.problem
    assert student.run(BY_KEY["word_embedding_forward"]).passed


def test_closing_ends_a_check_that_runs(tmp_path: Path) -> None:
    file = tmp_path / "rnn_layers.py"
    file.write_text("while True: pass\n", encoding="utf-8")
    student = StudentCode(file)
    threading.Timer(1.5, student.close).start()
    assert not student.run(FORWARD).passed
