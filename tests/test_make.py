"""Which Python `make` takes, and what it says where none will do, with false Pythons."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
MAKE = shutil.which("make") or ""

pytestmark = pytest.mark.skipif(not MAKE, reason="make is not here")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """As much of the project as `make` needs before it has an environment; `bin` alone is on the path."""
    folder = tmp_path / "checkout"
    (folder / "captionviewer").mkdir(parents=True)
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(PROJECT / name, folder)
    for path in (PROJECT / "captionviewer").glob("*.py"):
        shutil.copy(path, folder / "captionviewer")
    (folder / "bin").mkdir()
    for name in ("sh", "rm", "test", "grep", "touch", "sed"):
        found = shutil.which(name)
        assert found is not None, name
        (folder / "bin" / name).symlink_to(found)
    return folder


def add_python(checkout: Path, name: str, minor: int, libc: str = "glibc 2.36") -> None:
    """Put a Python of version 3.`minor` on the path that can check a system and make no environment."""
    false = checkout / f"false-{name}"
    false.mkdir()
    (false / "sitecustomize.py").write_text(
        "import os, sys\n"
        f"sys.version_info = (3, {minor}, 0, 'final', 0)\n"
        f"os.confstr = lambda name: {libc!r}\n"
    )
    file = checkout / "bin" / name
    file.write_text(
        f"#!/bin/sh\n"
        f'if [ "$1" = --version ]; then echo "Python 3.{minor}.0"; exit; fi\n'
        f'if [ "$2" = venv ]; then echo "{name} makes the environment"; exit 9; fi\n'
        f'PYTHONPATH="{false}" exec "{sys.executable}" "$@"\n'
    )
    file.chmod(0o755)


def run_make(checkout: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [MAKE, *arguments],
        cwd=checkout,
        env={"PATH": str(checkout / "bin"), "HOME": os.environ.get("HOME", "/")},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_the_usual_python_is_taken_where_it_will_do(checkout: Path) -> None:
    add_python(checkout, "python3", 12)
    add_python(checkout, "python3.13", 13)
    assert "python3 makes the environment" in run_make(checkout, "run").stdout


def test_a_python_that_is_too_new_is_passed_over_for_one_that_will_do(checkout: Path) -> None:
    add_python(checkout, "python3", 15)
    add_python(checkout, "python3.12", 12)
    assert "python3.12 makes the environment" in run_make(checkout, "run").stdout


@pytest.mark.parametrize("minor", [10, 15])
def test_where_no_python_will_do_make_says_why_before_it_makes_anything(checkout: Path, minor: int) -> None:
    add_python(checkout, "python3", minor)
    done = run_make(checkout, "run")
    assert done.returncode == 2 and "makes the environment" not in done.stdout
    assert f"captionviewer: Python 3.11 to 3.14 is needed, and {sys.executable} is 3.{minor}.0" in done.stderr
    assert not (checkout / ".venv").exists()


def test_without_any_python_make_says_which_are_needed(checkout: Path) -> None:
    done = run_make(checkout, "test")
    assert done.returncode == 2
    assert "captionviewer needs Python 3.11 to 3.14, and there is none on the path" in done.stderr


def test_make_says_that_the_c_library_is_too_old_before_pip_is_asked(checkout: Path) -> None:
    add_python(checkout, "python3", 12, libc="glibc 2.31")
    done = run_make(checkout, "run")
    assert done.returncode == 2 and "makes the environment" not in done.stdout
    assert (
        "glibc 2.34 or newer, and this system has glibc 2.31" in done.stderr or os.uname().machine != "x86_64"
    )


def test_a_python_that_is_named_is_taken_or_refused_and_never_replaced(checkout: Path) -> None:
    add_python(checkout, "python3", 12)
    add_python(checkout, "newest", 15)
    done = run_make(checkout, "run", "PYTHON=newest")
    assert done.returncode == 2 and "is 3.15.0" in done.stderr
    assert "makes the environment" not in done.stdout


def test_the_help_tells_what_make_can_do(checkout: Path) -> None:
    told = run_make(checkout).stdout
    assert told.startswith("captionviewer. ")
    for target in ("run", "test", "lint", "docs", "bench"):
        assert target in told


def test_a_commit_is_held_to_the_linters_that_make_lint_runs() -> None:
    recipe = (PROJECT / "Makefile").read_text(encoding="utf-8").partition("\nlint:")[2].partition("\n\n")[0]
    linters = re.findall(r"\$\(BIN\)/(.+)", recipe)
    assert len(linters) == 4
    hooks = (PROJECT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    assert [line for line in linters if f"entry: .venv/bin/{line}" not in hooks] == []
