"""The notebooks' checks in their window: a bug switched on and off, files dropped, an endless one."""

import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent

from captionviewer.core.checks.bug_survey import Finding
from captionviewer.core.checks.bugs import BUGS
from captionviewer.core.checks.notebook_checks import CHECKS
from captionviewer.core.network import layers
from captionviewer.ui.window.checks.bug_survey_view import BugSurveyView
from captionviewer.ui.window.checks.bug_training_view import BugTrainingView
from captionviewer.ui.window.checks.checks_window import ChecksWindow
from tests.coco_folder_writer import write_coco_folder
from tests.ui.window_driver import WindowDriver

ROW = {check.key: row for row, check in enumerate(CHECKS)}
QUICK = [row for row, check in enumerate(CHECKS) if not check.trains]
RIGHT = inspect.getsource(layers).replace(
    "from captionviewer.core.arrays import BoolArray, FloatArray, IntArray",
    "BoolArray = FloatArray = IntArray = np.ndarray",
)


@pytest.fixture
def with_data(driver: WindowDriver, tmp_path: Path) -> None:
    driver.window.open_folder(write_coco_folder(tmp_path / "small_coco"))
    driver.wait_for(lambda: driver.window.session.data.dataset is not None)


@pytest.fixture
def checks(driver: WindowDriver) -> ChecksWindow:
    driver.window.beside.show_checks()
    return driver.find(ChecksWindow, "checks_window")


def ended(checks: ChecksWindow) -> bool:
    return not checks.stop_button.isEnabled() and checks.outcome(0) is not None


def missed(checks: ChecksWindow) -> list[str]:
    return [CHECKS[row].key for row in QUICK if (o := checks.outcome(row)) is not None and not o.passed]


def drop(checks: ChecksWindow, file: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(file))])
    checks.dropEvent(
        QDropEvent(
            QPointF(5, 5), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )
    )  # fmt: skip


def test_a_bug_switched_on_fails_its_row_and_switched_off_passes(
    driver: WindowDriver, checks: ChecksWindow
) -> None:
    driver.choose(checks.layers_box, "Bug: The gates stand in another order: i, f, g, o")
    driver.wait_for(lambda: ended(checks), 60)
    assert missed(checks)[0] == "lstm_step_forward" and "lstm_step_backward" not in missed(checks)
    named = checks.told.text().split("missed: ")[1].split(", ")
    table = [checks.table.item(row, 1).text() for row in range(checks.table.rowCount())]
    assert named == missed(checks) == [each for each in table if each in named]
    driver.choose(checks.layers_box, "The program's layers, intact")
    driver.wait_for(lambda: ended(checks), 60)
    assert missed(checks) == []
    checks.table.selectRow(ROW["rnn_step_forward"])
    assert "next_h = np.tanh(x @ Wx + prev_h @ Wh + b)" in checks.code.toPlainText()


def test_a_dropped_file_is_checked_and_its_error_told_with_its_row(
    driver: WindowDriver, checks: ChecksWindow, tmp_path: Path
) -> None:
    file = tmp_path / "rnn_layers.py"
    file.write_text("def rnn_step_forward(x, prev_h, Wx, Wh, b):\n    return x @ Wh, None\n")
    drop(checks, file)
    driver.wait_for(lambda: ended(checks), 60)
    outcome = checks.outcome(ROW["rnn_step_forward"])
    assert outcome is not None and outcome.row == 2
    file.write_text(RIGHT, encoding="utf-8")
    drop(checks, file)
    driver.wait_for(lambda: ended(checks), 60)
    assert missed(checks) == []
    assert checks.told.text() == "19 of 19 pass"


def test_a_bug_that_no_quick_check_finds_is_said_to_be_left_to_training(
    driver: WindowDriver, checks: ChecksWindow
) -> None:
    driver.choose(checks.layers_box, "Bug: <END> is not predicted")
    driver.wait_for(lambda: ended(checks), 60)
    assert missed(checks) == [] and "training may" in checks.told.text()


def test_an_endless_file_is_stopped_by_the_button(
    driver: WindowDriver, checks: ChecksWindow, tmp_path: Path
) -> None:
    file = tmp_path / "rnn_layers.py"
    file.write_text("while True:\n    pass\n")
    drop(checks, file)
    driver.wait_for(checks.stop_button.isEnabled)
    driver.click(checks.stop_button)
    assert not checks.stop_button.isEnabled()
    assert checks.outcome(0) is None


def test_what_is_no_python_file_is_refused_in_words(checks: ChecksWindow, tmp_path: Path) -> None:
    drop(checks, tmp_path)
    assert "rnn_layers.py" in checks.told.text()


@pytest.mark.usefixtures("with_data")
def test_a_bug_is_trained_beside_the_right_layers_and_both_curves_are_drawn(
    driver: WindowDriver, checks: ChecksWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("captionviewer.ui.window.checks.bug_training_view.ITERATIONS", 6)
    view = checks.views.open("How It Trains")
    assert isinstance(view, BugTrainingView)
    assert not view.train_button.isEnabled(), "no bug is chosen"
    driver.choose(checks.layers_box, "Bug: The loss is averaged over time")
    driver.click(checks.stop_button)
    driver.click(view.train_button)
    driver.wait_for(lambda: not view.stop_button.isEnabled(), 60)
    right, broken = view.plot.series
    assert len(right.y) == len(broken.y) == 6
    assert broken.y[0] < right.y[0] / 5
    assert "After 6 iterations (RNN)" in view.told.text()
    assert next(iter(view.plot.rows())) == ("line", "iteration", "loss in nats a caption")
    driver.choose(checks.layers_box, "The program's layers, intact")
    driver.click(checks.stop_button)
    assert view.plot.series == () and not view.train_button.isEnabled()


@pytest.mark.usefixtures("with_data")
def test_a_training_beside_a_bug_is_stopped_by_the_button_and_by_closing(
    driver: WindowDriver, checks: ChecksWindow
) -> None:
    view = checks.views.open("How It Trains")
    assert isinstance(view, BugTrainingView)
    driver.choose(checks.layers_box, "Bug: The first state is forgotten: h0")
    driver.click(checks.stop_button)
    driver.click(view.train_button)
    driver.wait_for(lambda: bool(view.plot.series), 30)
    driver.click(view.stop_button)
    assert view.train_button.isEnabled() and len(view.plot.series[1].y) < 150
    driver.click(view.train_button)
    checks.close()
    assert not view.stop_button.isEnabled()


@pytest.mark.usefixtures("with_data")
def test_every_bug_is_put_to_the_checks_and_what_training_alone_finds_is_said(
    driver: WindowDriver, checks: ChecksWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    def few_bugs(*_few: object, **_more: object) -> Iterator[Finding]:
        for bug in BUGS:
            alone = bug.key == "end-not-predicted"
            yield Finding(bug, () if alone else (bug.caught_by,), ("rnn_sample_train",) if alone else None)

    monkeypatch.setattr("captionviewer.ui.window.checks.bug_survey_view.survey_bugs", few_bugs)
    view = checks.views.open("Every Bug")
    assert isinstance(view, BugSurveyView)
    driver.click(view.start_button)
    driver.wait_for(lambda: not view.stop_button.isEnabled(), 20)
    row = [bug.key for bug in BUGS].index("end-not-predicted")
    assert view.table.item(row, 1).text() == "none"
    assert view.table.item(row, 2).text() == "rnn_sample_train"
    assert view.table.item(0, 1).text() == "rnn_step_forward" and view.table.item(0, 2).text() == "not needed"
    assert "nothing but training: <END> is not predicted" in view.told.text()


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("open({place!r}, 'w').write('x')", "PermissionError"),
        ("print('x' * 50_000)", ""),
    ],
)
def test_a_file_that_writes_is_told_its_row_and_one_that_prints_megabytes_passes(
    driver: WindowDriver, checks: ChecksWindow, tmp_path: Path, line: str, problem: str
) -> None:
    step, place = "    next_h = np.tanh(x @ Wx + prev_h @ Wh + b)\n", tmp_path / "written"
    file = tmp_path / "rnn_layers.py"
    file.write_text(RIGHT.replace(step, f"    {line.format(place=str(place))}\n{step}", 1), encoding="utf-8")
    drop(checks, file)
    driver.wait_for(lambda: ended(checks), 90)
    outcome = checks.outcome(ROW["rnn_step_forward"])
    assert outcome is not None and outcome.problem.startswith(problem)
    assert outcome.passed is not bool(problem) and bool(outcome.row) is bool(problem)
    assert not place.exists()
