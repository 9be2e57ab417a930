"""Features of any picture as the shipped book has them of its own: from pixels alone.

The archive holds what the book's features were made with. A scene of the book that is drawn anew gets its
stored row again, but for values on the border between two codes, which another processor's sums may tip.
"""

import zipfile
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from captionviewer.core.arrays import ByteArray
from captionviewer.core.coco.feature_kinds import FeatureKind
from captionviewer.core.storybook.features import (
    CENTROIDS,
    Components,
    Dictionary,
    Floats,
    raw_features,
    small_pictures,
)
from captionviewer.core.storybook.shipped import ARCHIVE, LEVELS, array_in, packed, short_name, unpacked
from captionviewer.resources import resource


@dataclass(frozen=True)
class Codes:
    """The whole numbers that the book stores a kind of features in: `low` and `step` of each column, (D,)."""

    low: Floats
    step: Floats
    levels: int

    def rounded(self, rows: Floats) -> Floats:
        """Rows (n, D) as they are after they were stored and read."""
        return unpacked(packed(rows, self.low, self.step, self.levels), self.low, self.step, self.levels)


@dataclass(frozen=True)
class PixelEncoder:
    """The dictionaries, components and codes of the shipped book; thread-safe, as nothing in it changes."""

    dictionaries: tuple[Dictionary, ...]
    components: Components
    codes: dict[FeatureKind, Codes]

    def features(self, picture: ByteArray, kind: FeatureKind = "pca") -> Floats:
        """The features of a picture (rows, columns, 3) uint8, stretched to the scenes' 4 to 3: (D,) float32.

        KeyError for a kind that the book does not have.
        """
        codes = self.codes[kind]
        raw = raw_features(small_pictures(picture), self.dictionaries)[np.newaxis]
        row: Floats = codes.rounded(self.components.of(raw) if kind == "pca" else raw)[0]
        return row


@lru_cache(maxsize=1)
def shipped_encoder() -> PixelEncoder:
    """The encoder of the shipped book, read on first use (some 60 ms).

    Raises
    ------
    zipfile.BadZipFile, OSError
        The archive is damaged or gone.
    """
    with zipfile.ZipFile(resource(ARCHIVE)) as archive:

        def array(name: str) -> Floats:
            return np.asarray(array_in(archive, name), dtype=np.float32)

        return PixelEncoder(
            tuple(
                Dictionary(*(array(f"dictionary{k}_{part}") for part in ("mean", "whitening", "centroids")))
                for k in range(len(CENTROIDS))
            ),
            Components(array("components_mean"), array("components_weights")),
            {
                kind: Codes(array(f"{short_name(kind)}_low"), array(f"{short_name(kind)}_step"), levels)
                for kind, levels in LEVELS.items()
            },
        )
