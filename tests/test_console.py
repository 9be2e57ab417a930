"""What is told to people arrives, or is told not to; nothing of it ends in a traceback."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from captionviewer import console
from captionviewer.commands.status_line import StatusLine

PROJECT = Path(__file__).parents[1]

# Says on the standard error what became of each thing that it tells.
TELLING = """
import sys
from captionviewer import console
try:
    for number in range(1_000_000):
        console.tell(number)
except console.OutputLost as lost:
    console.complain("lost: " + lost.why)
console.tell("once more")
console.complain("went on")
"""


class Closed(io.StringIO):
    """A stream that was closed meanwhile."""

    def write(self, _text: str) -> int:
        raise ValueError("I/O operation on closed file")


@pytest.mark.skipif(os.name != "posix", reason="a shell of POSIX")
@pytest.mark.parametrize(
    ("shell", "words"),
    [
        ("| head -1 > /dev/null", "lost: "),
        ("> /dev/full", "lost: what it tells can't be written: No space left on device"),
    ],
)
def test_a_lost_output_is_told_once_and_what_is_told_later_does_no_harm(shell: str, words: str) -> None:
    done = subprocess.run(
        [
            "bash",
            "-c",
            f"{sys.executable} -c '{TELLING.replace(chr(39), chr(39) + chr(92) + chr(39) * 2)}' {shell}",
        ],
        cwd=PROJECT,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
    )
    first, second = done.stderr.splitlines()
    assert first == f"captionviewer: {words}" and second == "captionviewer: went on"


def test_a_stream_that_is_closed_or_missing_raises_nothing_but_output_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, Closed())
    console.complain("nobody hears it")
    with pytest.raises(console.OutputLost, match="closed file"):
        console.tell("nobody hears it")
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, None)
    console.complain("nobody hears it")
    console.tell("nobody hears it")
    assert not console.on_terminal()


@pytest.mark.parametrize(
    ("encoding", "written"),
    [("utf-8", "é 中 \\udcff\n"), ("cp1252", "é \\u4e2d \\udcff\n"), ("ascii", "\\xe9 \\u4e2d \\udcff\n")],
)
def test_letters_that_an_encoding_lacks_are_written_by_their_numbers(
    monkeypatch: pytest.MonkeyPatch, encoding: str, written: str
) -> None:
    written_bytes = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written_bytes, encoding, newline="\n"))
    console.tell("é 中 \udcff")
    assert written_bytes.getvalue().decode(encoding) == written


def test_words_of_strangers_move_no_cursor_and_turn_no_direction(
    capsys: pytest.CaptureFixture[str],
) -> None:
    console.tell("two\nlines\tand \x1b[2J \r \u202e \x07")
    console.complain("\x1b[31m")
    said = capsys.readouterr()
    assert said.out == "two\nlines\tand \\x1b[2J \\r \\u202e \\x07\n"
    assert said.err == "captionviewer: \\x1b[31m\n"


def test_progress_stays_on_one_line_of_a_terminal_and_is_cleared_at_the_end(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(console, "on_terminal", lambda: True)
    monkeypatch.setenv("COLUMNS", "12")
    line = StatusLine(1e9)
    for words in ("iteration 9", "1234567890123456", "ended"):
        line.show(words)
    line.end()
    screen, told = [" "] * 12, capsys.readouterr().out
    seen, place = [], 0
    for sign in told:  # as a terminal writes them
        if sign == "\r":
            seen.append("".join(screen).rstrip())
            place = 0
        else:
            screen[place] = sign
            place += 1
    assert [each for each in seen if each] == ["iteration 9", "12345678901", "ended"]
    assert "\n" not in told and "".join(screen).isspace()


def test_progress_in_a_pipe_is_a_whole_line_now_and_then(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = 100.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    line = StatusLine(10.0)
    for now in (101.0, 109.0, 110.5, 112.0, 121.0, 140.0):
        line.show(f"at {min(now, 121.0):g}")
    line.end()
    assert capsys.readouterr().out == "at 110.5\nat 121\n"
