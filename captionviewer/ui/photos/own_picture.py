"""A picture of no data set, told of as if it were a photo of the open one: all of Sampling takes it."""

from dataclasses import dataclass, field
from itertools import count

from PySide6.QtGui import QImage

from captionviewer.core.arrays import FloatArray
from captionviewer.core.coco.dataset import PhotoRecord
from captionviewer.ui.photos.loaded_photo import LoadedPhoto, PhotoState

_ROWS = count(1_000_000_000)  # past every photo of every data set, so that no key is taken for another's


@dataclass(frozen=True)
class OwnPicture(PhotoRecord):
    """A photo of the user's own, or a scene that was changed.

    Attributes
    ----------
    features
        (D,) by the encoder of the open data's.
    photo
        The picture, as the loader would give it.
    truth
        What the captions at `caption_rows` are to it, for people.
    """

    features: FloatArray = field(repr=False, compare=False)
    photo: LoadedPhoto = field(repr=False, compare=False)
    truth: str

    @property
    def words(self) -> str:
        return self.file_name or "a picture"

    @property
    def name_for_files(self) -> str:
        return "own-picture"


def own_picture(
    name: str, features: FloatArray, image: QImage | None, captions_of: PhotoRecord | None = None
) -> OwnPicture:
    """A picture by its name, None where only its features are known.

    `captions_of` is the photo that it was before it was changed, if any.
    """
    if image is None:
        message = f"{name}: there is no picture of it, its features were given in an array."
        photo = LoadedPhoto(PhotoState.MISSING, message=message, words="no picture")
    else:
        photo = LoadedPhoto(PhotoState.READY, image, image, message=name, source="your picture")
    return OwnPicture(
        split=captions_of.split if captions_of is not None else "val",  # of which nothing is trained on
        row=next(_ROWS),
        url="",
        file_name=name,
        caption_rows=captions_of.caption_rows if captions_of is not None else (),
        features=features,
        photo=photo,
        truth="Ground truth before the change" if captions_of is not None else "No ground truth",
    )
