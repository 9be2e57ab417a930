"""An HDF5 file as bytes, for files that are written beside their place and renamed."""

import uuid
from collections.abc import Mapping

import h5py
import numpy as np
import numpy.typing as npt


def hdf5_content(arrays: Mapping[str, npt.NDArray[np.generic]]) -> bytes:
    """A file of some arrays, each in one piece as the official ones hold them."""
    # HDF5 knows files in memory by name, and threads may write at once
    with h5py.File(f"content-{uuid.uuid4().hex}", "w", driver="core", backing_store=False) as file:
        for name, values in arrays.items():
            file[name] = values
        file.flush()
        return bytes(file.id.get_file_image())
