"""What is known of the official archive: where it is, and how much it holds."""

from captionviewer.core.coco.folder_layout import SPLITS, features_file
from captionviewer.core.coco.official_files import OFFICIAL_FILES

OFFICIAL_ADDRESS = "http://cs231n.stanford.edu/coco_captioning.zip"

PCA_FILES = tuple(features_file(split, "pca") for split in SPLITS)
RAW_FILES = tuple(features_file(split, "raw") for split in SPLITS)


def unpacked_bytes(raw_features: bool) -> int:
    """Return how many bytes the official files take, with or without the two of 4,096-d features."""
    return sum(known.size for name, known in OFFICIAL_FILES.items() if raw_features or name not in RAW_FILES)
