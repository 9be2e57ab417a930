"""Arrays of features that are somebody's own, read without trusting them."""

import struct
from pathlib import Path

import pytest

from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.own_photos.feature_array import read_feature_array
from captionviewer.core.own_photos.photo_encoder import NoEncoder
from captionviewer.core.storybook import storybook_folder


def npy(header: str) -> bytes:
    """A file of NumPy's, version 1, with this for its header."""
    content = header.encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(content)) + content + bytes(64)


SHAPED = "{{'descr': '<f4', 'fortran_order': False, 'shape': {}, }}".format


@pytest.mark.parametrize(
    "header",
    [
        "[" * 500,
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1, ",
        SHAPED(f"({10**30}, 4)"),
        SHAPED("(-1, 4)"),
        SHAPED(f"({10**12}, 4)"),
        SHAPED("(99999999999, 0)"),
        SHAPED("('a', 4)"),
        "{'descr': None, 'fortran_order': False, 'shape': (1, 4), }",
        "{'descr': ('<f4', (1000000000,)), 'fortran_order': False, 'shape': (1, 4), }",
        "{'descr': '|O', 'fortran_order': False, 'shape': (1, 4), }",
    ],
)
def test_a_file_whose_header_lies_is_refused_in_words_that_name_it(tmp_path: Path, header: str) -> None:
    path = tmp_path / "rows.npy"
    path.write_bytes(npy(header))
    with (
        CocoDataset.open(storybook_folder()) as dataset,
        pytest.raises(NoEncoder, match=r"rows\.npy|The array is"),
    ):
        read_feature_array(path, dataset)
