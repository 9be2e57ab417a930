import argparse
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import get_args

import pytest

from captionviewer import __version__, cli, console
from captionviewer.cli import argument_parser, main
from captionviewer.commands import COMMANDS, command
from captionviewer.commands.arguments import FEATURE_KINDS
from captionviewer.commands.arguments import SPLITS as NAMED_SPLITS
from captionviewer.commands.in_thread import run_in_thread
from captionviewer.core.coco.feature_kinds import FEATURES, FeatureKind
from captionviewer.core.coco.folder_layout import SPLITS
from captionviewer.core.errors import CaptionviewerError

PROJECT = Path(__file__).parents[1]

on_linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux needs the check")

WITHOUT = """
import sys
class Without:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {names!r}:
            raise ModuleNotFoundError(name, name=name)
sys.meta_path.insert(0, Without())
sys.argv = ["captionviewer", *{arguments!r}]
from captionviewer.cli import main
sys.exit(main())
"""


def run(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m captionviewer` as a person would."""
    return subprocess.run(
        [sys.executable, "-m", "captionviewer", *arguments],
        cwd=PROJECT,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(PROJECT), **environ},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_the_version_is_the_packages() -> None:
    done = run("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"captionviewer {__version__}\n", "")


def test_help_names_every_option() -> None:
    done = run("--help")
    assert done.returncode == 0
    kinds = ",".join(FEATURE_KINDS)
    for option in (
        "--data FOLDER",
        "--images FOLDER",
        f"--features {{{kinds}}}",
        "--log-level {debug,",
        "--version",
    ):
        assert option in done.stdout


def test_the_arguments_name_the_cores_kinds_of_features_and_splits() -> None:
    assert FEATURE_KINDS == tuple(FEATURES) == get_args(FeatureKind)
    assert NAMED_SPLITS == SPLITS


@pytest.mark.parametrize("name", COMMANDS)
def test_each_subcommand_is_a_file_with_a_help_of_its_own_and_stands_in_the_general_one(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found = command(name)
    assert callable(found.run) and found.DESCRIPTION.endswith(".")
    for arguments in (["--help"], [name, "--help"]):
        with pytest.raises(SystemExit) as left:
            main(arguments)
        assert left.value.code == 0
        assert f"captionviewer {name}" in capsys.readouterr().out


class Failing:
    """A subcommand that ends as it is told."""

    DESCRIPTION = "Fail."

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        pass

    def run(self, chosen: argparse.Namespace) -> int:
        raise self.error


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (CaptionviewerError("the model is damaged"), 1, "captionviewer: the model is damaged\n"),
        (FileNotFoundError(2, "No such file", "a.npz"), 1, "captionviewer: a.npz: No such file\n"),
        (OSError("odd"), 1, "captionviewer: odd\n"),
        (MemoryError(), 1, "captionviewer: there is not enough memory\n"),
        (KeyboardInterrupt(), 130, "captionviewer: stopped.\n"),
        (console.OutputLost(), 141, ""),
        (console.OutputLost("no room"), 1, "captionviewer: no room\n"),
    ],
)
def test_what_a_subcommand_raises_on_purpose_is_one_line_and_an_exit_code(
    error: BaseException,
    code: int,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(cli, "command", lambda _name: Failing(error))
    assert main(["download"]) == code
    assert capsys.readouterr() == ("", words)


def test_what_nobody_expected_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "command", lambda _name: Failing(KeyError("a fault of ours")))
    with pytest.raises(KeyError):
        main(["download"])


def test_work_that_is_interrupted_is_stopped_and_waited_for() -> None:
    stopped, looks = threading.Event(), []

    def look() -> None:
        looks.append(stopped.is_set())
        raise KeyboardInterrupt

    def work() -> None:
        assert stopped.wait(10)
        looks.append(stopped.is_set())

    assert run_in_thread(work, stopped.set, look) is False
    assert looks == [False, True]
    assert run_in_thread(lambda: None, stopped.set, look) is True


def test_work_that_nobody_can_be_told_of_is_stopped_and_its_own_failure_is_told_else() -> None:
    stopped = threading.Event()

    def lost() -> None:
        raise console.OutputLost

    with pytest.raises(console.OutputLost):
        run_in_thread(lambda: stopped.wait(10), stopped.set, lost)
    assert stopped.is_set()

    def fail() -> None:
        raise ValueError("work")

    with pytest.raises(ValueError, match="work"):
        run_in_thread(fail, stopped.set, lambda: None)


@pytest.mark.parametrize("argument", ["--help", "--version", "--no-such-option", "download --help"])
def test_nothing_heavy_is_imported_to_answer_on_the_command_line(argument: str) -> None:
    heavy = ["PySide6", "numpy", "h5py", "matplotlib", "PIL", "requests", "platformdirs", "filelock"]
    code = WITHOUT.format(names=heavy, arguments=argument.split())
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == (2 if argument == "--no-such-option" else 0), done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--no-such-option"], "unrecognized arguments: --no-such-option"),
        (["--dat", "x"], "unrecognized arguments: --dat x"),
        (["pictures"], "there is no command 'pictures' (see captionviewer --help)"),
        (["import", "a", "b.npz"], "there is no command 'import' (did you mean import-model?)"),
        (["trian"], "there is no command 'trian' (did you mean train?)"),
        ([os.curdir], "to open a folder: captionviewer --data ."),
        (["--features", "gist"], "invalid choice: 'gist'"),
        (["--data"], "--data: expected one argument"),
        (["--data", ""], "--data: a folder is needed"),
        (["--data", "no/such/folder"], "--data: there is no folder 'no/such/folder'"),
        (["--images", "pyproject.toml"], "--images: 'pyproject.toml' is a file, not a folder"),
        (["--data", "x" * 5000], "cannot be read: File name too long"),
        (["--data", "two\nlines"], "there is no folder 'two\\nlines'"),
    ],
)
def test_a_bad_argument_gives_one_line_and_exit_code_2(arguments: list[str], words: str) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1 and done.stderr.endswith("\n")
    assert done.stderr.startswith("captionviewer: ")
    assert words in done.stderr


def test_a_folder_is_taken_as_an_absolute_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "coco").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    chosen = argument_parser().parse_args(["--data", "coco", "--images", "~/coco", "--features", "raw"])
    assert (chosen.data, chosen.images) == (tmp_path / "coco", tmp_path / "coco")
    assert chosen.features == "raw"


def test_without_pyside_one_line_says_how_to_install_it(tmp_path: Path) -> None:
    (tmp_path / "captionviewer").symlink_to(PROJECT / "captionviewer")
    done = subprocess.run(
        # -S leaves out every installed package; what remains is Python and the program
        [sys.executable, "-S", "-m", "captionviewer"],
        cwd=tmp_path,
        env={key: value for key, value in os.environ.items() if key != "PYTHONPATH"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert "PySide6 is not installed" in done.stderr and "pip install PySide6-Essentials" in done.stderr
    assert done.stderr.count("\n") == 1


@on_linux
def test_without_a_display_the_window_is_refused_in_words() -> None:
    environ = dict.fromkeys(("DISPLAY", "WAYLAND_DISPLAY", "XDG_SESSION_TYPE"), "")
    done = run(QT_QPA_PLATFORM="", **environ)
    assert done.returncode == 1
    assert "There is no display to open a window on" in done.stderr
    assert "Traceback" not in done.stderr and "qt.qpa" not in done.stderr


@on_linux
def test_a_platform_that_qt_does_not_have_is_refused_in_words() -> None:
    done = run(QT_QPA_PLATFORM="daguerreotype")
    assert done.returncode == 1
    assert "Qt has no platform 'daguerreotype'" in done.stderr and "offscreen" in done.stderr


RECORDING_WINDOW = """
import sys, types
application = types.ModuleType("captionviewer.ui.application")
def run(data, images, features, log_level):
    print(data, images, features, log_level)
    return 7
application.run = run
sys.modules["captionviewer.ui.application"] = application
import captionviewer.ui
from captionviewer.cli import main
sys.exit(main(sys.argv[1:]))
"""


def test_the_window_gets_the_arguments_and_gives_the_exit_code(coco_folder: Path) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            RECORDING_WINDOW,
            "--data",
            str(coco_folder),
            "--features",
            "pca",
            "--log-level",
            "debug",
        ],
        cwd=PROJECT,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 7, done.stderr
    assert done.stdout == f"{coco_folder} None pca debug\n"
