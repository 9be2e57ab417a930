"""What `.ci/run` runs, and on which data, with a `make` that only writes down how it was called."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not here")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with nothing in it but the script, and a false `make`."""
    folder = tmp_path / "checkout"
    (folder / ".ci").mkdir(parents=True)
    shutil.copy(PROJECT / ".ci" / "run", folder / ".ci")
    make = tmp_path / "bin" / "make"
    make.parent.mkdir()
    make.write_text('#!/bin/sh\necho "make $* on ${CAPTIONVIEWER_TEST_COCO:-the storybook}"\n')
    make.chmod(0o755)
    return folder


def write_data(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "coco2014_captions.h5").touch()
    return folder


def run(checkout: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    path = f"{checkout.parent / 'bin'}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        [checkout / ".ci" / "run"],
        env={"PATH": path, **environ},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_an_outsider_without_data_tests_on_the_storybook_and_is_told_so(checkout: Path) -> None:
    done = run(checkout)
    assert done.returncode == 0, done.stderr
    told, *made = done.stdout.splitlines()
    assert "the tests read scenes of the storybook" in told and "CAPTIONVIEWER_TEST_COCO=" in told
    assert made == ["make lint on the storybook", "make test on the storybook"]


def test_where_ci_is_set_missing_data_is_a_failure(checkout: Path) -> None:
    done = run(checkout, CI="true")
    assert done.returncode == 1 and done.stdout == ""
    assert "There is no COCO data in ../shared/data/coco-mini" in done.stderr


def test_data_beside_the_checkout_is_taken(checkout: Path) -> None:
    data = write_data(checkout.parent / "shared" / "data" / "coco-mini")
    done = run(checkout, CI="true")
    assert done.stdout.splitlines() == [f"make lint on {data}", f"make test on {data}"], done.stderr


def test_data_that_is_named_is_taken_first_and_must_be_there(checkout: Path) -> None:
    write_data(checkout.parent / "shared" / "data" / "coco-mini")
    own = write_data(checkout.parent / "own")
    assert f"make test on {own}" in run(checkout, CAPTIONVIEWER_TEST_COCO=str(own)).stdout
    done = run(checkout, CAPTIONVIEWER_TEST_COCO="/no/such/folder")
    assert done.returncode == 1 and "/no/such/folder" in done.stderr
