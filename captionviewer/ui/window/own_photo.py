"""One photo of the user's own and what comes of it: features by the data's encoder, or given; a caption."""

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from PySide6.QtGui import QImage

from captionviewer.core.arrays import ByteArray, FloatArray
from captionviewer.core.coco.dataset import CocoDataset, FeatureKind
from captionviewer.core.coco.feature_kinds import FEATURES
from captionviewer.core.coco.vocabulary import caption_text
from captionviewer.core.decoding.decoding import Decoding
from captionviewer.core.decoding.greedy import greedy
from captionviewer.core.network.library_threads import one_library_thread
from captionviewer.core.own_photos.photo_encoder import PhotoEncoder
from captionviewer.core.own_photos.resemblance import Resemblance, resemblance
from captionviewer.core.photos.decode import MAX_PIXELS, too_large
from captionviewer.core.photos.picture_file import read_picture
from captionviewer.core.photos.problem import PhotoUnavailable
from captionviewer.core.saved.model_file import fits
from captionviewer.ui.photos.pixels import image_of, pixels_of
from captionviewer.ui.session.models import CurrentModel


@dataclass(frozen=True)
class GivenFeatures:
    """A row (D,) float32 of an array that the user has, and the data that it was given for.

    Attributes
    ----------
    folder, kind
        Of that data: nothing tells of a row of numbers which network made it.
    """

    row: FloatArray = field(repr=False, compare=False)
    folder: Path
    kind: FeatureKind

    def misfit(self, dataset: CocoDataset) -> str | None:
        """Why it can't be captioned with this data, for people."""
        if (self.folder, self.kind) == (dataset.folder, dataset.feature_kind):
            return None
        return (
            f"These numbers were given as {FEATURES[self.kind].name} features of {self.folder.name}."
            " Where they are of the open data's kind, too, choose their array again."
        )


# A photo's name, and its file; of one that was copied the picture, of one without a picture its features.
Source = tuple[str, Path | QImage | GivenFeatures]


@dataclass(frozen=True)
class EncodedPhoto:
    """Features (D,) of a photo, what is like it, and what the encoder sees (None where no picture is)."""

    seen: QImage | None
    features: FloatArray
    like: Resemblance
    origin: str  # of the features, for people
    remark: str


@dataclass(frozen=True)
class OwnPhoto:
    """One photo and what came of it; `trouble` says why it has no caption."""

    source: Source
    encoded: EncodedPhoto | None = None  # kept for the next model
    caption: str = ""
    made: str = ""  # by which encoder and model
    trouble: str = ""

    @property
    def has_picture(self) -> bool:
        """Whether there is a picture of it, which an encoder can be given."""
        return not isinstance(self.source[1], GivenFeatures)


def captioned(
    photo: OwnPhoto, encoder: PhotoEncoder | None, dataset: CocoDataset, model: CurrentModel
) -> OwnPhoto:
    """Caption one photo greedily; a photo that can't be had is told in `trouble`.

    `encoder` is None for one without a picture only.
    """
    misfit = fits(model.saved, dataset)
    held = photo.source[1]
    if misfit is None and isinstance(held, GivenFeatures):
        misfit = held.misfit(dataset)
    if misfit is not None:
        return replace(photo, trouble=misfit)
    try:
        encoded = photo.encoded or _encoded(photo.source, encoder, dataset)
    except PhotoUnavailable as problem:
        return replace(photo, trouble=str(problem))
    decoding = Decoding().for_vocabulary(dataset.vocabulary)
    with one_library_thread():  # these products are too small to share
        ids = greedy(model.model, encoded.features[np.newaxis], decoding)[0]
    return OwnPhoto(
        photo.source,
        encoded,
        caption=caption_text(ids, dataset.vocabulary),
        made=f"Features {encoded.origin}; {model.words}, greedy.",
    )


def _encoded(source: Source, encoder: PhotoEncoder | None, dataset: CocoDataset) -> EncodedPhoto:
    name, held = source
    if isinstance(held, GivenFeatures):
        return EncodedPhoto(None, held.row, resemblance(dataset, held.row), "given in an array", "")
    assert encoder is not None
    picture = _pixels(name, held)
    with one_library_thread():
        features = encoder.features(picture)
    like = resemblance(dataset, features)
    return EncodedPhoto(image_of(encoder.seen(picture)), features, like, f"by {encoder.name}", encoder.remark)


def _pixels(name: str, held: Path | QImage) -> ByteArray:
    if isinstance(held, Path):
        return read_picture(held)
    if held.width() * held.height() > MAX_PIXELS:
        raise too_large(name, f"{held.width():,} by {held.height():,} pixels are too large")
    return pixels_of(held)
