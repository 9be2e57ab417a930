import os
import subprocess
import sys
from pathlib import Path

import pytest

from captionviewer import __version__
from captionviewer.cli import argument_parser

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
    for option in (
        "--data FOLDER",
        "--images FOLDER",
        "--features {pca,raw}",
        "--log-level {debug,",
        "--version",
    ):
        assert option in done.stdout


@pytest.mark.parametrize("argument", ["--help", "--version", "--no-such-option"])
def test_nothing_heavy_is_imported_to_answer_on_the_command_line(argument: str) -> None:
    heavy = ["PySide6", "numpy", "h5py", "matplotlib", "PIL", "requests", "platformdirs"]
    code = WITHOUT.format(names=heavy, arguments=[argument])
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
        (["stray"], "unrecognized arguments: stray"),
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
