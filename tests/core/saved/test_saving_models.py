"""Writing a model: whole or not at all, over nobody's read-only file, and what is said when it fails."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from captionviewer.core.saved import model_file
from captionviewer.core.saved.model_file import ModelFileError, SavedModel, open_model, save_model


def test_saving_over_a_model_replaces_it_and_leaves_nothing_beside(trained: SavedModel, saved: Path) -> None:
    save_model(saved, replace(trained, iteration=5))
    assert open_model(saved).iteration == 5
    assert [file.name for file in saved.parent.iterdir() if file.is_file()] == ["model.npz"]


@pytest.mark.skipif(os.name != "posix", reason="permissions as POSIX has them")
def test_a_saved_model_can_be_read_by_those_who_may_read_the_users_files(saved: Path) -> None:
    plain = saved.with_name("plain.txt")
    plain.write_text("")
    assert saved.stat().st_mode == plain.stat().st_mode


def test_saving_that_fails_midway_keeps_the_old_file_and_says_so(
    trained: SavedModel, saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = saved.read_bytes()

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ModelFileError, match="No space left on device"):
        save_model(saved, replace(trained, iteration=5))
    assert saved.read_bytes() == before
    assert [file.name for file in saved.parent.iterdir() if file.is_file()] == ["model.npz"]


def test_saving_into_a_folder_that_is_not_there_says_so(trained: SavedModel, tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match=r"could not be saved to .*Choose another place"):
        save_model(tmp_path / "gone" / "model.npz", trained)


def test_a_model_with_nan_is_not_saved(trained: SavedModel, tmp_path: Path) -> None:
    broken = replace(trained, model=trained.model.copy())
    broken.model.params["Wh"][0, 0] = np.nan
    with pytest.raises(ModelFileError, match="Wh holds NaN"):
        save_model(tmp_path / "model.npz", broken)
    assert not (tmp_path / "model.npz").exists()


@pytest.mark.skipif(os.name != "posix", reason="permissions as POSIX has them")
def test_a_read_only_model_is_not_replaced_and_the_message_says_so(trained: SavedModel, saved: Path) -> None:
    before = saved.read_bytes()
    saved.chmod(0o444)
    with pytest.raises(ModelFileError, match=r"could not be saved to .*: The file is read-only"):
        save_model(saved, replace(trained, iteration=5))
    assert saved.read_bytes() == before


@pytest.mark.skipif(os.name != "posix", reason="links need a right on Windows")
def test_saving_over_a_link_writes_where_it_leads_and_keeps_modes(trained: SavedModel, saved: Path) -> None:
    saved.chmod(0o640)
    link = saved.with_name("newest.npz")
    link.symlink_to(saved)
    save_model(link, replace(trained, iteration=5))
    assert link.is_symlink() and open_model(saved).iteration == 5
    assert saved.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("letter", ["m", "ä"])
def test_a_name_as_long_as_the_file_system_takes_can_be_saved(
    letter: str, trained: SavedModel, tmp_path: Path
) -> None:
    path = tmp_path / (letter * (251 // len(letter.encode())) + ".npz")
    save_model(path, trained)
    assert open_model(path).iteration == trained.iteration


def test_what_a_killed_save_left_goes_with_the_next_one(trained: SavedModel, saved: Path) -> None:
    code = (
        "import os, pathlib, sys\n"
        "from captionviewer.core.saved.model_file import open_model, save_model\n"
        "path = pathlib.Path(sys.argv[1])\n"
        "pathlib.Path.replace = lambda *_: os._exit(0)\n"
        "save_model(path, open_model(path))\n"
    )
    subprocess.run([sys.executable, "-c", code, str(saved)], check=True)
    assert len(list(saved.parent.glob(".*.part"))) == 1
    save_model(saved.with_name("other.npz"), trained)
    assert not list(saved.parent.glob(".*.part"))


def test_a_vocabulary_that_would_not_be_opened_again_is_not_saved(
    trained: SavedModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_file, "MOST_ABOUT_BYTES", 1000)
    with pytest.raises(ModelFileError, match=r"its vocabulary takes [\d.]+ kB of text"):
        save_model(tmp_path / "model.npz", trained)
    assert not list(tmp_path.iterdir())


def test_a_float64_model_with_an_infinite_number_is_not_saved(trained: SavedModel, tmp_path: Path) -> None:
    broken = replace(trained, model=trained.model.copy())
    broken.model.params["b_vocab"][-1] = -np.inf
    with pytest.raises(ModelFileError, match="b_vocab holds NaN or infinite"):
        save_model(tmp_path / "model.npz", broken)
