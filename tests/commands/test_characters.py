"""`captionviewer characters`: the table and the sentences, as text and as JSON."""

import json
from pathlib import Path

import pytest

from captionviewer.cli import main

SMALL = ["characters", "--steps", "6", "--hidden", "8", "--photos", "5"]


def test_words_and_characters_are_told_beside_each_other(
    coco_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*SMALL, "--data", str(coco_folder)]) == 0
    told = capsys.readouterr().out
    assert "words, RNN" in told and "characters, RNN" in told and "LSTM" not in told
    for row in ("Symbols V", "W_embed (grows with V)", "ms a step", "Nats a caption", "CIDEr-D"):
        assert row in told
    assert "For characters:" in told and "Against them:" in told


def test_json_holds_all_that_was_measured(coco_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*SMALL, "--cell", "both", "--json", "--data", str(coco_folder)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [(side["symbols"], side["cell"]) for side in told["sides"]] == [
        ("words", "rnn"), ("characters", "rnn"), ("words", "lstm"), ("characters", "lstm"),
    ]  # fmt: skip
    for side in told["sides"]:
        assert len(side["step_seconds"]) == 6 and len(side["written"]["captions"]) == 5


@pytest.mark.parametrize("wrong", [["--steps", "0"], ["--hidden", "-3"], ["--photos", "0"], ["--seed", "-1"]])
def test_numbers_that_can_not_be_are_refused(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["characters", *wrong]) == 2
    assert wrong[0] in capsys.readouterr().err
