"""What is installed is what was built: the wheel, its files and its metadata; and the pins that build it."""

import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from captionviewer import __version__
from captionviewer.resources import resource

PROJECT = Path(__file__).parents[1]
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check")
SETTINGS = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
PINS = dict(
    line.split("==")
    for line in (PROJECT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
)


def same_name(requirement: str) -> str:
    """A requirement's name as the package index compares it: `PySide6_Essentials` is `pyside6-essentials`."""
    name = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert name is not None, requirement
    return re.sub(r"[-_.]+", "-", name[0]).lower()


PINNED = {same_name(name): version for name, version in PINS.items()}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this checkout without network."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [*PIP, "wheel", "--no-build-isolation"]
    done = subprocess.run(
        [*command, "--no-deps", "--no-index", "--no-cache-dir", "--wheel-dir", str(folder), str(PROJECT)],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which the wheel was installed, alone."""
    folder = tmp_path_factory.mktemp("installed")
    command = [*PIP, "install", "--root-user-action", "ignore", "--target", str(folder)]
    done = subprocess.run(
        [*command, "--no-deps", "--no-index", "--no-cache-dir", str(wheel)],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_the_wheel_holds_the_package_and_every_resource_and_no_test(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    resources = [path for path in (PROJECT / "resources").rglob("*") if path.is_file()]
    assert resources
    for path in resources:
        assert f"captionviewer/resources/{path.relative_to(PROJECT / 'resources').as_posix()}" in names
    for path in (PROJECT / "captionviewer").rglob("*.py"):
        assert path.relative_to(PROJECT).as_posix() in names
    assert "captionviewer/py.typed" in names
    assert not [name for name in names if name.startswith(("tests", "benchmarks", "docs"))]


def test_the_wheel_says_its_version_licence_and_commands(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (info,) = {name.split("/")[0] for name in archive.namelist() if ".dist-info/" in name}
        metadata = archive.read(f"{info}/METADATA").decode()
        commands = archive.read(f"{info}/entry_points.txt").decode()
        assert "MIT License" in archive.read(f"{info}/licenses/LICENSE").decode()
    assert f"\nVersion: {__version__}\n" in metadata
    assert "captionviewer = captionviewer.cli:main" in commands


def test_the_installed_package_finds_its_own_resources(installed: Path, tmp_path: Path) -> None:
    code = "import captionviewer.resources as r; print(r.__file__); print(r.resource('icon.svg'))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    module, icon = map(Path, done.stdout.splitlines())
    assert module.is_relative_to(installed)
    assert icon.is_relative_to(installed) and icon.read_bytes() == resource("icon.svg").read_bytes()


def test_the_installed_command_answers(installed: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(installed / "bin" / "captionviewer"), "--version"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (0, f"captionviewer {__version__}\n"), done.stderr


def test_a_source_checkout_finds_its_resources() -> None:
    assert resource("icon.svg") == PROJECT / "resources" / "icon.svg"


def test_a_resource_that_is_not_there_is_named_with_where_it_was_looked_for() -> None:
    with pytest.raises(FileNotFoundError, match=r"'no-such\.svg'.*resources"):
        resource("no-such.svg")


def test_every_requirement_is_pinned() -> None:
    project = SETTINGS["project"]
    wanted = [*project["dependencies"], *SETTINGS["build-system"]["requires"]]
    for extra in project["optional-dependencies"].values():
        wanted += extra
    assert {same_name(requirement) for requirement in wanted} <= PINNED.keys()


def test_the_build_backend_is_pinned_to_one_version() -> None:
    assert SETTINGS["build-system"]["requires"] == [f"hatchling=={PINS['hatchling']}"]


def test_the_constraints_name_versions_and_nothing_else() -> None:
    lines = (PROJECT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    for line in lines:
        assert re.fullmatch(r"#.*|[A-Za-z0-9._-]+==[0-9][0-9A-Za-z.]*", line), line
        assert "://" not in line and "index" not in line, line
