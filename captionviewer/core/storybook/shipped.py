"""The storybook as it is shipped: one archive, unpacked once into the user's cache.

In the archive the features are small whole numbers: raw ones 0 to 15, two to a byte, short ones 0 to 255,
with a scale for each column; the unpacked files hold float32 in one piece, as the official ones do.
"""

import contextlib
import io
import json
import os
import time
import zipfile
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

import h5py
import numpy as np
import numpy.typing as npt

from captionviewer.core.atomic_file import sweep, write_atomically
from captionviewer.core.coco.feature_kinds import FEATURES, FeatureKind
from captionviewer.core.coco.folder_layout import SPLITS, TEXT_FILES, features_file
from captionviewer.core.coco.hdf5.content import hdf5_content
from captionviewer.core.errors import CaptionviewerError
from captionviewer.core.storybook.features import Floats
from captionviewer.core.user_folders import books_folder
from captionviewer.resources import resource

ARCHIVE = "storybook/storybook.zip"
COMPLETE = "complete.json"  # the sizes of all files, written last
# A program of another version may be at work with its book, which was opened as it started.
OLD_AFTER_S = 30 * 24 * 3600.0
LEVELS: dict[FeatureKind, int] = {"pca": 256, "raw": 16}  # of the whole numbers in the archive
FEATURE_FILES = {features_file(split, kind): kind for kind in LEVELS for split in SPLITS}
ALL_FILES = (*TEXT_FILES, *FEATURE_FILES)
Bytes = npt.NDArray[np.uint8]


def packed(values: Floats, low: Floats, step: Floats, levels: int) -> Bytes:
    """Return values (n, D) as whole numbers below `levels`, each column from `low` up by `step`."""
    codes = np.clip(np.round((values - low) / step), 0, levels - 1).astype(np.uint8)
    return codes if levels > 16 else codes[:, 0::2] | np.left_shift(codes[:, 1::2], np.uint8(4))


def unpacked(codes: Bytes, low: Floats, step: Floats, levels: int) -> Floats:
    """Return what `packed` was given, to within half a step, (n, D) float32."""
    if levels <= 16:
        wide = np.empty((len(codes), 2 * codes.shape[1]), dtype=np.uint8)
        wide[:, 0::2], wide[:, 1::2] = codes & 15, codes >> 4
        codes = wide
    return codes.astype(np.float32) * step + low


def write_archive(
    path: Path, folder: Path, extra: Mapping[str, npt.NDArray[np.floating]], version: str
) -> None:
    """Write the archive of a built folder; `extra` are arrays that are kept but not unpacked."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:

        def put(name: str, content: bytes) -> None:
            # A fixed date: the same book gives the same archive.
            info = zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content, compresslevel=9)

        put("version.json", json.dumps({"version": version}).encode())
        for name in TEXT_FILES:
            put(name, (folder / name).read_bytes())
        for kind, levels in LEVELS.items():
            rows = {name: read_features(folder / name) for name, of in FEATURE_FILES.items() if of == kind}
            both = np.concatenate(list(rows.values()))
            low, high = both.min(axis=0), both.max(axis=0)
            if levels > 16:  # a few far values must not coarsen all others
                low, high = np.percentile(both, (0.05, 99.95), axis=0).astype(np.float32)
            step = np.maximum((high - low) / np.float32(levels - 1), np.float32(1e-6)).astype(np.float32)
            put(f"{short_name(kind)}_low.npy", _npy(low))
            put(f"{short_name(kind)}_step.npy", _npy(step))
            for name, values in rows.items():
                put(f"{Path(name).stem}.npy", _npy(packed(values, low, step, levels)))
        for name, values in extra.items():
            put(f"{name}.npy", _npy(values))


def short_name(kind: FeatureKind) -> str:
    """What a kind of features is called in the archive: "fc7_pca"."""
    return FEATURES[kind].stem.removeprefix("vgg16_")


def _npy(values: npt.NDArray[np.generic]) -> bytes:
    stream = io.BytesIO()
    np.save(stream, values, allow_pickle=False)
    return stream.getvalue()


def array_in(archive: zipfile.ZipFile, name: str) -> npt.NDArray[np.generic]:
    """Return an array of the archive."""
    array: npt.NDArray[np.generic] = np.load(io.BytesIO(archive.read(f"{name}.npy")), allow_pickle=False)
    return array


def read_features(path: Path) -> Floats:
    """Return all features of a file, (n, D) float32."""
    with h5py.File(path, "r") as file:
        return np.asarray(file["features"][:], dtype=np.float32)


def features_content(values: Floats) -> bytes:
    """Return an HDF5 file of features (n, D) as the official ones hold them: float32 in one piece."""
    return hdf5_content({"features": values.astype(np.float32, copy=False)})


def archive_version() -> str:
    """Return the version of the book that is shipped."""
    with zipfile.ZipFile(resource(ARCHIVE)) as archive:
        return str(json.loads(archive.read("version.json"))["version"])


class BookNotUnpacked(CaptionviewerError, OSError):
    """The storybook could not be unpacked; the text says where, why and what to do."""


def storybook_folder(progress: Callable[[float], None] | None = None, *, anew: bool = False) -> Path:
    """Return the folder of the storybook, ready to be opened; unpacked on first use (well under 3 s).

    Each file is written beside and renamed into place, and always with the same content: any number of
    programs may unpack at once, and what an interrupted one left out is written by the next. Books of
    other versions, which take 57 MB each, go when nobody has opened them for a month.

    Parameters
    ----------
    progress
        Called with shares from 0 to 1 while it is unpacked, the last one 1.
    anew
        Write every file again, even those that look whole.

    Raises
    ------
    BookNotUnpacked
        The cache folder can't be written, or the shipped archive is damaged.
    """
    tell = progress or (lambda _: None)
    try:
        shelf = books_folder() / archive_version()
        folder = shelf / "storybook"  # the name that the window shows
        missing = list(ALL_FILES) if anew else missing_files(folder)
        if missing:
            folder.mkdir(parents=True, exist_ok=True)
            unpack(folder, tell, missing)
            write_atomically(folder / COMPLETE, _sizes(folder))
        _forget_old_books(shelf)
    except zipfile.BadZipFile as error:
        raise BookNotUnpacked(
            f"The storybook that came with captionviewer is damaged ({resource(ARCHIVE)}: {error})."
            " Install captionviewer anew."
        ) from error
    except OSError as error:
        raise BookNotUnpacked(
            f"The storybook could not be unpacked into {books_folder()}: {error.strerror or error}."
            " It needs 65 MB there. Make room or let captionviewer write there, or name another folder in the"
            " environment variable CAPTIONVIEWER_CACHE_DIR; then choose Open the Storybook in the File menu."
        ) from error
    tell(1.0)
    return folder


def missing_files(folder: Path) -> list[str]:
    """Return the names of a book's files that are not there or not as long as they were written."""
    try:
        content: object = json.loads((folder / COMPLETE).read_bytes()[:10_000])
    except (OSError, ValueError, RecursionError):
        content = None
    sizes = content if isinstance(content, dict) else {}

    def is_whole(name: str) -> bool:
        try:
            return (folder / name).stat().st_size == sizes.get(name)
        except OSError:
            return False

    return [name for name in ALL_FILES if not is_whole(name)]


def _sizes(folder: Path) -> bytes:
    return json.dumps({name: (folder / name).stat().st_size for name in ALL_FILES}).encode()


def _forget_old_books(shelf: Path) -> None:
    """Remove the books of other versions that nobody has opened for long; `shelf` is in use from now on."""
    with contextlib.suppress(OSError):  # a cache that can only be read
        os.utime(shelf)  # opened now
    others: list[Path] = []
    with contextlib.suppress(OSError):  # a folder that may be written to, but not listed
        others = list(books_folder().iterdir())
    for other in others:
        with contextlib.suppress(OSError):  # in use on Windows, or another program removes it, too
            if other == shelf or other.is_symlink() or not (other / "storybook" / COMPLETE).is_file():
                continue
            if time.time() - other.stat().st_mtime > OLD_AFTER_S:
                for name in (*ALL_FILES, COMPLETE):  # and nothing that is not ours
                    (other / "storybook" / name).unlink(missing_ok=True)
                sweep(other / "storybook")
                (other / "storybook").rmdir()
                other.rmdir()


def unpack(
    folder: Path, progress: Callable[[float], None] = lambda _: None, names: Collection[str] | None = None
) -> None:
    """Write the shipped book's files, or those of some names, into a folder that exists."""
    wanted = names if names is not None else ALL_FILES
    with zipfile.ZipFile(resource(ARCHIVE)) as archive:
        for name in TEXT_FILES:
            if name in wanted:
                write_atomically(folder / name, archive.read(name))
        progress(0.1)
        for done, (name, kind) in enumerate(FEATURE_FILES.items()):
            if name in wanted:
                codes = np.asarray(array_in(archive, Path(name).stem), dtype=np.uint8)
                low = np.asarray(array_in(archive, f"{short_name(kind)}_low"), dtype=np.float32)
                step = np.asarray(array_in(archive, f"{short_name(kind)}_step"), dtype=np.float32)
                write_atomically(folder / name, features_content(unpacked(codes, low, step, LEVELS[kind])))
            progress(0.1 + 0.9 * (done + 1) / len(FEATURE_FILES))
