"""The notebooks' checks in their window: a bug switched on and off, files dropped, an endless one."""

import inspect
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent

from captionviewer.core.checks.notebook_checks import CHECKS
from captionviewer.core.network import layers
from captionviewer.ui.window.checks_window import ChecksWindow
from tests.ui.window_driver import WindowDriver

ROW = {check.key: row for row, check in enumerate(CHECKS)}
QUICK = [row for row, check in enumerate(CHECKS) if not check.trains]
RIGHT = inspect.getsource(layers).replace(
    "from captionviewer.core.arrays import BoolArray, FloatArray, IntArray",
    "BoolArray = FloatArray = IntArray = np.ndarray",
)


@pytest.fixture
def checks(driver: WindowDriver) -> ChecksWindow:
    driver.window.show_checks()
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
    assert "lstm_step_forward" in checks.told.text()
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


def test_a_bug_that_only_training_finds_is_said_to_be_one(driver: WindowDriver, checks: ChecksWindow) -> None:
    driver.choose(checks.layers_box, "Bug: <END> is not predicted")
    driver.wait_for(lambda: ended(checks), 60)
    assert missed(checks) == [] and "only training could" in checks.told.text()


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
