"""The files of the features lite0 in a data folder: a row for each photo, and the components."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from captionviewer.core.atomic_file import write_atomically
from captionviewer.core.coco.folder_layout import SPLITS, Split, features_file
from captionviewer.core.coco.hdf5.content import hdf5_content
from captionviewer.core.own_photos.encoding import Encoding
from captionviewer.core.own_photos.lite0_features import COMPONENTS_FILE, learn_components


def write_feature_files(folder: Path, encoding: Encoding, places: Mapping[Split, Sequence[int]]) -> int:
    """Write the features of a data folder's photos, short by the components of its train photos.

    Parameters
    ----------
    folder
        The data folder.
    encoding
        An encoding that has run to its end.
    places
        For each row of a split, the photo's place in the encoding. A photo without features gets zeros, which
        are the mean of the train photos.

    Returns
    -------
    The width of the features.

    Raises
    ------
    ValueError
        Fewer than two train photos have features.
    OSError
        The files can't be written.
    """
    components = learn_components(lambda: (rows for _, rows in encoding.blocks(places["train"])))
    width = int(components.weights.shape[1])
    # Features never stand beside components that did not make them: none are there until the features are.
    (folder / COMPONENTS_FILE).unlink(missing_ok=True)
    for split in SPLITS:
        row_of = {place: row for row, place in enumerate(places[split])}
        short = np.zeros((len(places[split]), width), np.float32)
        for kept, rows in encoding.blocks(places[split]):
            short[[row_of[place] for place in kept]] = components.of(rows)
        write_atomically(folder / features_file(split, "lite0"), hdf5_content({"features": short}))
    components.write(folder)
    return width
