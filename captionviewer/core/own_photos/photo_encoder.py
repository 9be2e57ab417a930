"""The encoder that made the open data's features, for a photo that is not in the data.

Features of different encoders never mix: a network that was trained on one kind takes another for noise, and
captions it fluently all the same. So an encoder is only used where it is known to have made what is open.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

import numpy as np

from captionviewer.core.arrays import ByteArray, FloatArray
from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.coco.feature_kinds import FEATURES
from captionviewer.core.encoders.efficientnet_lite0 import FEATURE_DIM, EfficientNetLite0, encoder_input
from captionviewer.core.errors import CaptionviewerError
from captionviewer.core.own_photos.encode_folder import photo_file
from captionviewer.core.own_photos.lite0_features import Lite0Components, features_of_picture
from captionviewer.core.photos.picture_file import read_picture
from captionviewer.core.photos.problem import PhotoUnavailable
from captionviewer.core.storybook.features import SCALES
from captionviewer.core.storybook.pixel_encoder import shipped_encoder
from captionviewer.core.user_folders import is_shipped_book

STORED_TO = 5e-3  # how near a computed feature comes to the stored one, if this encoder made it
_LOOKED_AT = 3  # photos of the data that are encoded to see whether this encoder made it
OUTSIDE = (
    "The storybook's features are of drawn scenes: a photo is outside their world, and its caption is a guess"
    " in the storybook's words."
)


class NoEncoder(CaptionviewerError):
    """The encoder of the open data's features can't be run here; `str()` says what can be done."""


@dataclass(frozen=True)
class PhotoEncoder:
    """An encoder for the data that is open.

    Attributes
    ----------
    name
        For people.
    seen
        What the encoder sees of a picture (rows, columns, 3) uint8, as a picture.
    features
        Its features (D,) float32, D as the open data's.
    remark
        What is to be said of every caption; "" for nothing.
    """

    name: str
    seen: Callable[[ByteArray], ByteArray]
    features: Callable[[ByteArray], FloatArray]
    remark: str = ""


def encoder_of(dataset: CocoDataset) -> PhotoEncoder:
    """The encoder that made the features of an open data set; finding it may take half a second.

    Raises
    ------
    NoEncoder
        It can't be run here.
    WeightsError
        Its weights are not installed, or not the known ones.
    DataError
        The file of its components is damaged.
    """
    kind = dataset.feature_kind
    if is_shipped_book(dataset.folder):
        return PhotoEncoder(
            "the storybook's own encoder",
            _squeezed,
            partial(shipped_encoder().features, kind=kind),
            OUTSIDE,
        )
    if kind == "lite0":
        components = Lite0Components.read(dataset.folder)
        if components.weights.shape[1] != dataset.feature_dim:
            raise NoEncoder(
                f"The components in {dataset.folder} give {components.weights.shape[1]:,} numbers a photo,"
                f" and its features are {dataset.feature_dim:,} wide: compute them again with captionviewer"
                " encode."
            )
        network = _lite0()
        return PhotoEncoder(
            "EfficientNet-Lite0, short by the data's components",
            encoder_input,
            lambda picture: components.of(features_of_picture(network, picture)[np.newaxis])[0],
        )
    if dataset.feature_dim == FEATURE_DIM and _made_by_lite0(dataset):
        return PhotoEncoder("EfficientNet-Lite0", encoder_input, partial(features_of_picture, _lite0()))
    raise NoEncoder(
        f"{dataset.folder.name} is open with its {FEATURES[kind].name} features, {dataset.feature_dim:,}"
        " numbers a photo, made by a network that is not here (VGG-16 in COCO's official files, 528 MB)."
        " Three ways: open the storybook; where the photos are on this computer compute the features lite0"
        " (in the Data menu, or with captionviewer encode), and train on them; or give features of your own"
        " as an array, a row for each photo (.npy; at a terminal captionviewer caption --array)."
    )


@lru_cache(maxsize=1)
def _lite0() -> EfficientNetLite0:
    return EfficientNetLite0.load()


def _squeezed(picture: ByteArray) -> ByteArray:
    """What the storybook's encoder sees: the whole picture, stretched to the larger of its two scales."""
    from PIL import Image

    return np.asarray(Image.fromarray(picture).resize(SCALES[0], Image.Resampling.BOX))


def _made_by_lite0(dataset: CocoDataset) -> bool:
    """Whether some of the data's own photos, encoded here, have the features that are stored."""
    images = dataset.local_images
    if images is None:
        return False
    train = dataset.split("train")
    compared = 0
    for row in range(min(train.num_photos, 20 * _LOOKED_AT)):
        name = train.file_name(row)
        path: Path | None = photo_file(images, name, "train") if name is not None else None
        if path is None:
            continue
        try:
            made = features_of_picture(_lite0(), read_picture(path))
        except PhotoUnavailable:
            continue
        stored = train.features.rows(np.array([row]))[0]
        if np.abs(made - stored).max() > STORED_TO:
            return False
        compared += 1
        if compared == _LOOKED_AT:
            return True
    return compared > 0
