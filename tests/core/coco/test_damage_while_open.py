"""A folder cut, replaced or removed while it is open gives a message that names the file, on every way of
reading; what was read at opening stays.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.coco_folder_writer import write_coco_folder
from tests.damage.watched_child import WatchedChild
from tests.damage.while_open import READS_OF_FEATURES, Meanwhile, meanwhile


@pytest.fixture(scope="module")
def child() -> Iterator[WatchedChild]:
    started = WatchedChild()
    yield started
    started.end()


def complaint(one: Meanwhile, folder: Path, child: WatchedChild) -> str:
    one.before(folder)
    opened = child.ask("hold open", folder)
    if opened.what != "done":
        return f"{one.name}: {opened}"
    one.do(folder)
    outcome = child.ask("read again")
    if outcome.what != "done":
        return f"{one.name}: {outcome}"
    wrong = {}
    for way, became in outcome.content.items():
        split, _, kind = way.partition(" ")
        lost = split == one.blamed and kind in READS_OF_FEATURES
        if became != (one.file if lost else "same"):
            wrong[way] = became
    return f"{one.name}: {wrong}" if wrong else ""


def test_a_folder_damaged_while_it_is_open_gives_a_message_on_every_way_of_reading(
    child: WatchedChild, tmp_path: Path
) -> None:
    whole = write_coco_folder(tmp_path / "whole", photos=False)
    damages = list(meanwhile())
    assert len(damages) >= 50
    complaints = []
    for one in damages:
        folder = Path(shutil.copytree(whole, tmp_path / "coco"))
        complaints.append(complaint(one, folder, child))
        shutil.rmtree(folder, ignore_errors=True)
    complaints = [words for words in complaints if words]
    assert not complaints, f"{len(complaints)} of {len(damages)}:\n" + "\n".join(complaints)
    assert child.starts == 1
