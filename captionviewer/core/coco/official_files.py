"""The files of the official archive: how long each is, and its SHA-256."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from captionviewer.core.coco.folder_layout import (
    CAPTIONS_FILE,
    VOCABULARY_FILE,
    features_file,
    names_file,
    urls_file,
)


@dataclass(frozen=True)
class KnownFile:
    """A file's length in bytes and its SHA-256 in hexadecimal."""

    size: int
    sha256: str


OFFICIAL_FILES: Mapping[str, KnownFile] = {
    CAPTIONS_FILE: KnownFile(42_922_600, "4035d7ff55145f1f01b9ee9f3e24eb6ba6da3bdcd69f927c75390f11f74f891d"),
    VOCABULARY_FILE: KnownFile(24_226, "0cf30d2a349e9d24df4c9b0fa3dca46ad69b05876595546fdd690559a8c8da53"),
    names_file("train"): KnownFile(
        4_470_282, "25ba420a05fb6873e10b2ad5cbda54978d98df5b85617dfc13cfd55908328ce4"
    ),
    urls_file("train"): KnownFile(
        5_186_859, "7616ec66526a3acc4ad323aef4ca6642a6bb9e7e4ad4f1541786dc07e6841ae2"
    ),
    features_file("train", "raw"): KnownFile(
        1_356_322_912, "8e15fc883ea70730d5d1319f34712bcb706b2807645cd876f7886d61ff94a5d8"
    ),
    features_file("train", "pca"): KnownFile(
        169_541_728, "ec0a10c585909761d15778a1c4a5dbad92e1672853d9b5bad08e6a36fd21c779"
    ),
    names_file("val"): KnownFile(
        2_025_200, "5b98b5430c41dc245222e174fa67b7fc703923fa6e888c30fb33277f3d9c88ad"
    ),
    urls_file("val"): KnownFile(
        2_538_571, "760d7c76f78f46cc376390cc4d21126b040eb48d896bae00a5b21f46ef5a9818"
    ),
    features_file("val", "raw"): KnownFile(
        663_623_776, "21ebb9bda6232c7697c8d883916d6bc582d0a101ddcad30512f5444196e14f63"
    ),
    features_file("val", "pca"): KnownFile(
        82_954_336, "6619466e3385ef1e913fae9470ef802df283675533ce0dc34d88abac5e7d1cf9"
    ),
}


def came_from_the_archive(folder: Path) -> bool:
    """Whether a data folder was unpacked from the official archive, as the sizes of its files show.

    Two of them will do: one may be damaged, and one may have been copied beside somebody's own data.
    """

    def is_official(name: str) -> bool:
        try:
            return (folder / name).stat().st_size == OFFICIAL_FILES[name].size
        except (OSError, ValueError):
            return False

    return sum(is_official(name) for name in OFFICIAL_FILES) >= 2
