"""What the window remembers comes back with its type, and nothing else comes through."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from captionviewer.core.user_folders import config_folder, is_folder, read_remembered
from captionviewer.ui import settings as remembered
from captionviewer.ui.settings import DAMAGED_NAME, FILE_NAME, FORMER_NAME, THEME, Setting, Settings

EVERY: tuple[tuple[Setting[Any], object], ...] = (  # Any: each setting has a type of its own
    (remembered.PLACE, [10, 20, 800, 600]),
    (remembered.MAXIMISED, True),
    (remembered.ARRANGEMENT, bytes(range(256))),
    (remembered.THEME, "dark"),
    (remembered.TEXT_SCALE, 1.3),
    (remembered.RECENT_FOLDERS, ["/one", "/two & <b>"]),
    (remembered.IMAGE_FOLDER, os.fsdecode(b"/photos/\xff")),
    (remembered.MINIBATCH_SIZE, 12),
    (remembered.FOLLOW_TRAINING, False),
)


def write_file(content: str | bytes) -> Path:
    path = config_folder() / FILE_NAME
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_every_kind_of_setting_comes_back_from_the_file() -> None:
    written = Settings()
    for setting, value in EVERY:
        written.set(setting, value)
    assert written.save()
    assert {each.name for each in config_folder().iterdir()} == {FILE_NAME}
    read = Settings()
    assert [read.get(setting) for setting, _ in EVERY] == [value for _, value in EVERY]


def test_a_change_is_written_soon_and_many_changes_at_once(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    writes: list[bytes] = []
    monkeypatch.setattr(remembered, "write_atomically", lambda _path, content: writes.append(content))
    settings = Settings()
    for size in range(50):
        settings.set(remembered.MINIBATCH_SIZE, size + 1)
    assert not writes
    qtbot.waitUntil(lambda: len(writes) == 1)
    assert json.loads(writes[0])[remembered.MINIBATCH_SIZE.key] == 50
    settings.set(remembered.MINIBATCH_SIZE, 50)  # what it is already
    assert settings.save() and len(writes) == 1


def test_two_windows_keep_each_others_settings() -> None:
    one, other = Settings(), Settings()
    one.set(remembered.THEME, "dark")
    assert one.save()
    other.set(remembered.TEXT_SCALE, 1.5)
    assert other.save()
    assert (Settings().get(remembered.THEME), Settings().get(remembered.TEXT_SCALE)) == ("dark", 1.5)


@pytest.mark.parametrize(
    ("setting", "spoilt"),
    [
        (remembered.TEXT_SCALE, "huge"),
        (remembered.TEXT_SCALE, float("nan")),
        (remembered.TEXT_SCALE, float("inf")),
        (remembered.MINIBATCH_SIZE, "many"),
        (remembered.MINIBATCH_SIZE, True),
        (remembered.MINIBATCH_SIZE, 1.5),
        (remembered.THEME, "pink"),
        (remembered.THEME, ["dark"]),
        (remembered.PLACE, [1, 2, 3]),
        (remembered.PLACE, [1, 2, 3, 10**400]),
        (remembered.PLACE, {"x": 1}),
        (remembered.RECENT_FOLDERS, "abc"),
        (remembered.RECENT_FOLDERS, [1]),
        (remembered.RECENT_FOLDERS, ["/a"] * 65),
        (remembered.IMAGE_FOLDER, "a\0b"),
        (remembered.IMAGE_FOLDER, "x" * 5000),
        (remembered.IMAGE_FOLDER, "\ud800"),
        (remembered.ARRANGEMENT, "AAAA"),
        (remembered.ARRANGEMENT, {"bytes": "AAAA", "digest": "0" * 32}),
        (remembered.ARRANGEMENT, {"bytes": "not base64", "digest": "0" * 32}),
        (remembered.ARRANGEMENT, {"digest": 3}),
    ],
)
def test_a_value_that_a_setting_cant_have_is_its_default(setting: Setting[object], spoilt: object) -> None:
    write_file(json.dumps({setting.key: spoilt, remembered.PLAY_SPEED.key: 4.0}))
    settings = Settings()
    assert settings.get(setting) == setting.default
    assert settings.get(remembered.PLAY_SPEED) == 4.0, "the others stay"
    assert settings.damage == ""


@pytest.mark.parametrize(("kept", "taken"), [(-5, 0), (10**400, 100_000), (70, 70)])
def test_a_number_out_of_its_bounds_is_brought_within_them(kept: int, taken: int) -> None:
    write_file(json.dumps({remembered.PHOTO_CACHE_MB.key: kept}))
    assert Settings().get(remembered.PHOTO_CACHE_MB) == taken


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe\x00", b"[1, 2]", b'{"window/theme": "da', b"[" * 100_000, b"1" * 5000, b" " * (1 << 21)],
    ids=["empty", "not text", "a list", "cut off", "deep", "long number", "too large"],
)
def test_a_file_that_cant_be_read_is_put_aside_and_that_is_told(content: bytes) -> None:
    path = write_file(content)
    settings = Settings()
    assert settings.get(remembered.THEME) == "system"
    assert str(path) in settings.damage and DAMAGED_NAME in settings.damage
    assert path.with_name(DAMAGED_NAME).read_bytes() == content
    settings.set(remembered.THEME, "dark")
    assert settings.save()
    again = Settings()
    assert again.get(remembered.THEME) == "dark" and again.damage == ""


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir], ids=["a pipe", "a folder"])
def test_something_else_than_a_file_holds_nothing_up(make: Callable[[Path], None]) -> None:
    config_folder().mkdir(parents=True)
    make(config_folder() / FILE_NAME)
    settings = Settings()
    assert settings.get(remembered.THEME) == "system"
    assert "can't be read" in settings.damage


def test_settings_that_cant_be_written_are_told_once_and_hold_meanwhile(qtbot: QtBot) -> None:
    config_folder().parent.mkdir(parents=True, exist_ok=True)
    config_folder().write_text("a file where the folder should be")
    settings = Settings()
    told: list[str] = []
    settings.could_not_be_kept.connect(told.append)
    for theme in ("dark", "light"):
        settings.set(remembered.THEME, theme)
        assert not settings.save()
    assert len(told) == 1 and str(settings.path) in told[0]
    assert settings.get(remembered.THEME) == "light"
    config_folder().unlink()
    assert settings.save()
    assert Settings().get(remembered.THEME) == "light"


def test_a_small_file_that_has_grown_is_not_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "note"
    path.write_bytes(b"x" * 11)
    assert read_remembered(path, 11) == b"x" * 11
    with pytest.raises(ValueError, match="more than 10 bytes"):
        read_remembered(path, 10)


def test_a_folder_that_cant_be_looked_at_is_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert is_folder(tmp_path)
    assert not is_folder(tmp_path / "gone")
    assert not is_folder(tmp_path / ("x" * 5000))
    assert not is_folder(Path("a\0b"))

    def closed(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "stat", closed)
    answer = is_folder(tmp_path)
    monkeypatch.undo()
    assert not answer


def test_settings_of_an_earlier_version_begin_afresh_and_that_is_said_once(qtbot: QtBot) -> None:
    former = config_folder() / FORMER_NAME
    former.parent.mkdir(parents=True, exist_ok=True)
    content = b"[window]\ngeometry=@ByteArray(\\x1\\xd9\\xd0\\xcb)\ntheme=dark\ntext_scale=@Variant(\\0\\0)\n"
    former.write_bytes(content)
    settings = Settings()
    assert settings.get(THEME) == "system" and FORMER_NAME in settings.damage
    settings.set(THEME, "dark")
    assert settings.save()
    again = Settings()
    assert again.get(THEME) == "dark" and again.damage == ""
    assert former.read_bytes() == content, "an earlier version may still want it"
