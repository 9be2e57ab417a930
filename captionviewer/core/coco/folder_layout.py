"""How a data folder is laid out: its splits, and what each file is called."""

from typing import Literal, get_args

from captionviewer.core.coco.feature_kinds import FEATURES, FeatureKind

Split = Literal["train", "val"]
SPLITS: tuple[Split, ...] = get_args(Split)

FOLDER_NAME = "coco_captioning"
VOCABULARY_FILE = "coco2014_vocab.json"
CAPTIONS_FILE = "coco2014_captions.h5"


def urls_file(split: Split) -> str:
    """Name the file with one address for each image of `split`."""
    return f"{split}2014_urls.txt"


def names_file(split: Split) -> str:
    """Name the file with one COCO file name for each image of `split`."""
    return f"{split}2014_images.txt"


def features_file(split: Split, kind: FeatureKind) -> str:
    """Name the file with one row of features for each image of `split`."""
    return f"{split}2014_{FEATURES[kind].stem}.h5"


def image_folder(split: str) -> str:
    """Name the folder that COCO keeps the photos of `split` in."""
    return f"{split}2014"


IMAGE_FOLDERS = tuple(map(image_folder, SPLITS))
TEXT_FILES = (CAPTIONS_FILE, VOCABULARY_FILE, *map(urls_file, SPLITS), *map(names_file, SPLITS))
