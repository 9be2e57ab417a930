"""Whatever stands in the settings, the window comes up; and a start that did not is noticed by the next."""

import base64
import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from captionviewer.core.user_folders import config_folder
from captionviewer.ui import settings as remembered
from captionviewer.ui.settings import DAMAGED_NAME, FILE_NAME, Settings
from captionviewer.ui.window.failed_starts import StartMark, begin_afresh_after
from tests.ui.conftest import Launch
from tests.ui.window.restoring_child import docked_window

FILES = 300
HOSTILE: tuple[object, ...] = (
    None, True, -1, 10**300, 1e308, float("nan"), float("inf"), "", "x" * 5000, "\ud800", "a\0b",
    [], [[]], {}, [None] * 4, [10**9] * 4, [0, 0, 0, 0], [-(10**5)] * 4, {"bytes": "////", "digest": ""},
)  # fmt: skip


def good_file(qapp: QApplication) -> str:
    settings = Settings()
    window, place = docked_window(settings)
    place.restore()
    window.show()
    place.remember()
    settings.set(remembered.THEME, "dark")
    settings.set(remembered.RECENT_FOLDERS, ["/one", "/two"])
    assert settings.save()
    window.close()
    window.deleteLater()
    return settings.path.read_text()


def damaged(good: str, chance: random.Random) -> bytes:
    """One way or another in which a settings file may be spoilt."""
    values = json.loads(good)
    kind = chance.randrange(4)
    if kind == 0:  # bytes of the file
        content = bytearray(good.encode())
        for _ in range(chance.randrange(1, 30)):
            content[chance.randrange(len(content))] = chance.randrange(256)
        return bytes(content)
    if kind == 1:  # bytes of what Qt is to restore
        state = values[remembered.ARRANGEMENT.key]
        inside = bytearray(base64.b64decode(state["bytes"]))
        for _ in range(chance.randrange(1, 30)):
            inside[chance.randrange(len(inside))] = chance.randrange(256)
        state["bytes"] = base64.b64encode(inside).decode()
    elif kind == 2:  # values that are something else
        for key in chance.sample(sorted(values), 3):
            values[key] = chance.choice(HOSTILE)
    else:  # cut off
        return good.encode()[: chance.randrange(len(good))]
    return json.dumps(values).encode()


def test_three_hundred_damaged_settings_files_keep_no_window_shut(qapp: QApplication, tmp_path: Path) -> None:
    good, chance = good_file(qapp), random.Random(33)
    folder = tmp_path / "files"
    folder.mkdir()
    for number in range(FILES):
        (folder / f"{number}.json").write_bytes(damaged(good, chance))
    fatal: list[int] = []
    first = 0
    while first < FILES and len(fatal) < 5:
        child = subprocess.run(
            [sys.executable, "-m", "tests.ui.window.restoring_child", str(folder), str(first)],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        done = [int(line) for line in child.stdout.split()]
        first = done[-1] + 1 if done else first
        if first < FILES:
            fatal.append(first)
            first += 1
    assert not fatal, f"the start ended with the files {fatal}: {child.stderr[-2000:]}"


# ---- a start that did not come up ------------------------------------------------------------------------


def leave_note(failures: int, process: int = 2**22 + 1) -> None:
    config_folder().mkdir(parents=True, exist_ok=True)
    note = {"process": process, "began": 12.5, "failures": failures}
    (config_folder() / "starting.json").write_text(json.dumps(note))


def test_a_start_that_came_up_leaves_no_note_and_one_that_did_not_is_counted_by_the_next() -> None:
    mark = StartMark()
    assert mark.begin() == 0
    mark.came_up()
    assert StartMark().begin() == 0
    leave_note(failures=0)
    assert StartMark().begin() == 1
    leave_note(failures=1)
    third = StartMark()
    assert third.begin() == 2
    third.came_up()
    assert not (config_folder() / "starting.json").exists()


def test_a_process_of_the_same_number_that_began_later_is_not_the_one_that_died() -> None:
    leave_note(failures=0, process=os.getpid())
    assert StartMark().begin() == 1


def test_another_window_that_is_starting_right_now_is_left_alone() -> None:
    first, second = StartMark(), StartMark()
    assert first.begin() == 0
    assert second.begin() == 0
    second.came_up()
    assert (config_folder() / "starting.json").exists(), "the note is the first one's"
    first.came_up()
    assert not (config_folder() / "starting.json").exists()


@pytest.mark.parametrize("note", ["", "[" * 9999, '{"process": "x"}', "[]"])
def test_a_note_cut_off_is_a_start_that_did_not_come_up(note: str) -> None:
    config_folder().mkdir(parents=True)
    (config_folder() / "starting.json").write_text(note)
    assert StartMark().begin() == 1


def test_a_folder_that_may_not_be_looked_into_says_nothing_of_the_last_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def closed(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    leave_note(failures=1)
    monkeypatch.setattr(os, "open", closed)
    failures = StartMark().begin()
    monkeypatch.undo()
    assert failures == 0


def test_after_one_failed_start_the_arrangement_is_fresh_after_two_everything_is() -> None:
    settings = Settings()
    settings.set(remembered.THEME, "dark")
    settings.set(remembered.PLACE, [1, 2, 300, 400])
    settings.set(remembered.ARRANGEMENT, b"what ended the start")
    assert settings.save()
    assert begin_afresh_after(0, settings) == ""
    assert "panels" in begin_afresh_after(1, settings)
    assert settings.get(remembered.ARRANGEMENT) == b"" and settings.get(remembered.PLACE) == []
    assert settings.get(remembered.THEME) == "dark"
    assert "fresh settings" in begin_afresh_after(2, settings)
    assert settings.get(remembered.THEME) == "system"
    assert (config_folder() / DAMAGED_NAME).is_file()


def test_a_window_with_damaged_settings_comes_up_and_says_so(qtbot: QtBot, launch: Launch) -> None:
    config_folder().mkdir(parents=True)
    (config_folder() / FILE_NAME).write_bytes(b"\x00\x01 not settings")
    with launch() as driver:
        driver.wait_for(lambda: driver.window.session.data.dataset is not None, 60)
        assert "damaged" in driver.text("notice_text"), "opening data does not take it away"
