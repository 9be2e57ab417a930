from pathlib import Path

import pytest

from captionviewer.core.coco.chosen_data import chosen_data_folder, remember_data_folder
from captionviewer.core.user_folders import config_folder


def test_nothing_is_remembered_at_first() -> None:
    assert chosen_data_folder() is None


def test_the_folder_chosen_last_is_remembered_and_leaves_no_other_file(tmp_path: Path) -> None:
    remember_data_folder(tmp_path / "first")
    remember_data_folder(tmp_path / "zweite größe")
    assert chosen_data_folder() == tmp_path / "zweite größe"
    assert [path.name for path in config_folder().iterdir()] == ["data_folder.json"]


def test_a_relative_folder_is_remembered_by_its_whole_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    remember_data_folder(Path("coco"))
    assert chosen_data_folder() == tmp_path / "coco"


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[1]", b'{"data_folder": 7}', b'{"data_folder": "relative"}', b"\xff\xfe", b"[" * 70_000],
)
def test_a_damaged_note_counts_as_none(content: bytes) -> None:
    config_folder().mkdir(parents=True)
    (config_folder() / "data_folder.json").write_bytes(content)
    assert chosen_data_folder() is None


def test_a_note_that_cannot_be_written_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full_disk(*_: object) -> None:
        raise OSError("no space left")

    remember_data_folder(tmp_path / "old")
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", full_disk)
        with pytest.raises(OSError, match="no space left"):
            remember_data_folder(tmp_path / "new")
    assert chosen_data_folder() == tmp_path / "old"
    assert len(list(config_folder().iterdir())) == 1
