"""`captionviewer check`, as a user types it."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from captionviewer.cli import main
from captionviewer.core.checks.bug_survey import Finding
from captionviewer.core.checks.bugs import BUGS
from captionviewer.core.checks.notebook_checks import CHECKS


def test_the_quick_checks_are_a_table_and_all_pass(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--quick"]) == 0
    told = capsys.readouterr().out
    quick = sum(not check.trains for check in CHECKS)
    assert f"{quick} of {quick} pass" in told
    assert told.count("pass  ") == quick and "MISS" not in told


def test_a_bug_makes_the_exit_code_one_and_the_json_names_the_check(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["check", "--quick", "--json", "--bug", "gate-order"]) == 1
    rows = json.loads(capsys.readouterr().out)
    missed = [row["check"] for row in rows if not row["passed"]]
    assert missed[0] == "lstm_step_forward" and "lstm_step_backward" not in missed
    assert rows[0]["check"] == "rnn_step_forward" and rows[0]["error"] <= rows[0]["tolerance"]


def test_bugs_are_listed_and_another_name_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--bug", "list"]) == 0
    told = capsys.readouterr().out
    assert all(bug.key in told for bug in BUGS)
    assert main(["check", "--bug", "typing-error"]) == 2
    assert "no-bias" in capsys.readouterr().err


def test_a_folder_that_is_no_data_is_said_in_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "--data", str(tmp_path)]) == 1
    assert str(tmp_path) in capsys.readouterr().err


def test_ones_own_layers_are_checked_and_their_error_is_told_with_its_row(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "rnn_layers.py"
    file.write_text("def rnn_step_forward(x, prev_h, Wx, Wh, b):\n    return x @ Wh, None\n")
    assert main(["check", "--quick", "--layers", str(file)]) == 1
    assert "(row 2: return x @ Wh, None)" in capsys.readouterr().out
    assert main(["check", "--layers", str(file), "--bug", "no-bias"]) == 2


def test_every_bug_in_turn_is_told_with_what_finds_it(
    coco_folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def found(*_few: object) -> Iterator[Finding]:
        for bug in BUGS[:2]:
            yield Finding(bug, (), (bug.caught_by,)) if bug is BUGS[0] else Finding(bug, ("rnn_loss",), None)

    monkeypatch.setattr("captionviewer.core.checks.bug_survey.survey_bugs", found)
    assert main(["check", "--bug", "all", "--data", str(coco_folder)]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0].split() == ["no-bias", "none;", "by", "training:", "rnn_step_forward"]
    assert told[1].split() == ["slope-of-input", "rnn_loss"]
    assert told[2].startswith("Of 2 bugs 1 are found") and "nothing but training: The bias" in told[2]
    assert main(["check", "--bug", "all", "--json"]) == 2
