"""Damaged data folders, some fifty and more of each kind: opened with the right content, or refused by the
name of a file; read in a watched child, which none may crash, hang or fill.
"""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.coco_folder_writer import write_coco_folder
from tests.damage import hdf5_content, hdf5_storage, text_damage
from tests.damage.kinds import Damage, Opens, OpensOrRefused, Refused
from tests.damage.watched_child import Outcome, WatchedChild

CLASSES: dict[str, Callable[[], Iterator[Damage]]] = {
    "headers flipped": hdf5_storage.flipped,
    "files cut": hdf5_storage.cut,
    "keys renamed or missing": hdf5_content.keys,
    "shapes changed": hdf5_content.shapes,
    "number formats changed": hdf5_content.dtypes,
    "rows that disagree": hdf5_content.disagreeing,
    "ids out of range": hdf5_content.ids,
    "features that are no numbers": hdf5_content.values,
    "text where HDF5 should be": hdf5_storage.text_instead,
    "vocabularies broken": text_damage.vocabularies,
    "nested JSON": text_damage.nested,
    "sizes only declared": hdf5_storage.declared,
    "values elsewhere": hdf5_storage.elsewhere,
    "packed values spoilt": hdf5_storage.packed_bytes,
    "odd lines": text_damage.lines,
    "no files": text_damage.no_files,
}


class Workshop:
    """A folder that is damaged, read, and made whole again."""

    def __init__(self, place: Path, child: WatchedChild) -> None:
        self.folder = place / "coco"
        self.child = child
        write_coco_folder(self.folder, photos=False)
        self._whole = {path.name: path.read_bytes() for path in self.folder.iterdir()}
        self.content = child.ask("read", self.folder).content
        assert self.content

    def complaint(self, damage: Damage) -> str:
        """What is wrong with how the program took a damage; empty if nothing is."""
        try:
            damage.do(self.folder)
            outcome = self.child.ask("read", self.folder)
            wrong = self._wrong(damage, outcome)
            return wrong and f"{damage.name}: {wrong}\n    {outcome}"
        finally:
            shutil.rmtree(self.folder)
            self.folder.mkdir()
            for name, content in self._whole.items():
                (self.folder / name).write_bytes(content)

    def _wrong(self, damage: Damage, outcome: Outcome) -> str:
        then = damage.then
        if outcome.what not in ("done", "refused"):
            return outcome.what
        if outcome.what == "done":
            other = {part for part, content in outcome.content.items() if content != self.content[part]}
            if isinstance(then, Refused):
                return f"should be refused; read {sorted(other)} differently"
            if isinstance(then, Opens):
                return "" if other == then.but else f"other content: {sorted(other)}"
            return self._not_as_hdf5_says(then, outcome) if other else ""
        path = Path(outcome.path)
        if outcome.path not in outcome.words or path.parent != self.folder:
            return "the message does not name the file"
        if len(outcome.words) > 900 or "\n" in outcome.words:
            return "not a message for people"
        if isinstance(then, Opens):
            return "should open"
        if isinstance(then, OpensOrRefused):
            return ""
        if path.name not in then.files or then.words not in outcome.words:
            return f"should blame {sorted(then.files)}: {then.words!r}"
        return ""

    def _not_as_hdf5_says(self, then: OpensOrRefused, outcome: Outcome) -> str:
        """A flipped bit may well make another file of sound form; then its content is what it now says."""
        said = self.child.ask("read with h5py", self.folder / then.file)
        names = {"features": f"{then.file[: -len('2014_vgg16_fc7_pca.h5')]}_features"}
        for key, content in said.content.items():
            if outcome.content.get(names.get(key, key), content) != content:
                return f"{key} is read unlike HDF5 itself reads it"
        return "" if said.what == "done" else f"other content, and HDF5 itself: {said}"


@pytest.fixture(scope="module")
def child() -> Iterator[WatchedChild]:
    started = WatchedChild()
    yield started
    started.end()


@pytest.fixture(scope="module")
def workshop(child: WatchedChild, tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return Workshop(tmp_path_factory.mktemp("damaged"), child)


@pytest.mark.parametrize("name", CLASSES)
def test_damaged_folders_open_rightly_or_are_refused_by_name(name: str, workshop: Workshop) -> None:
    damages = list(CLASSES[name]())
    assert len(damages) >= 50
    assert len({damage.name for damage in damages}) == len(damages)
    complaints = [complaint for damage in damages if (complaint := workshop.complaint(damage))]
    assert not complaints, f"{len(complaints)} of {len(damages)}:\n" + "\n".join(complaints)
    assert workshop.child.starts == 1


def test_the_same_arrays_are_read_alike_in_every_form_of_hdf5(workshop: Workshop) -> None:
    complaints = [complaint for damage in hdf5_storage.forms() if (complaint := workshop.complaint(damage))]
    assert not complaints, "\n".join(complaints)
