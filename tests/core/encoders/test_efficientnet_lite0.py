"""The encoder gives the features that stand in data made with it, for any picture; no other file is read."""

import hashlib
import io
import os
import pickle
import struct
from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image

from captionviewer.core.encoders.efficientnet_lite0 import (
    SHA256,
    EfficientNetLite0,
    encoder_input,
    weights_file,
)
from captionviewer.core.encoders.torch_weights import WeightsError, parse_weights, read_weights

COCO = os.environ.get("CAPTIONVIEWER_TEST_COCO")


@pytest.fixture(scope="module")
def network() -> EfficientNetLite0:
    return EfficientNetLite0.load()


@pytest.mark.skipif(not COCO, reason="needs CAPTIONVIEWER_TEST_COCO, whose features this encoder made")
@pytest.mark.parametrize("split", ["train", "val"])
def test_photos_have_the_features_that_are_stored(network: EfficientNetLite0, split: str) -> None:
    folder = Path(str(COCO))
    names = (folder / f"{split}2014_images.txt").read_text().split()
    with h5py.File(folder / f"{split}2014_vgg16_fc7.h5") as file:
        stored = file["features"][:]
    for row in range(0, len(names), 9):
        with Image.open(folder / "images" / f"{split}2014" / Path(names[row]).name) as image:
            picture = np.asarray(image.convert("RGB"))
        np.testing.assert_allclose(network.features(picture), stored[row], atol=5e-3, rtol=0)


@pytest.mark.parametrize("shape", [(1, 1), (1, 100_000), (40, 3000), (300, 224), (256, 256)])
def test_a_picture_of_any_shape_becomes_one_crop(shape: tuple[int, int]) -> None:
    picture = np.full((*shape, 3), (10, 200, 90), dtype=np.uint8)
    crop = encoder_input(picture)
    assert crop.shape == (224, 224, 3)
    assert (crop == (10, 200, 90)).all()


def test_the_middle_of_the_picture_is_what_is_seen() -> None:
    picture = np.zeros((256, 512, 3), dtype=np.uint8)
    picture[:, 144:368] = 255
    assert (encoder_input(picture) == 255).mean() > 0.97
    strip = np.zeros((4, 100_000, 3), dtype=np.uint8)  # too long to be resized whole
    strip[:, 49_990:50_010] = 255
    assert (encoder_input(strip) == 255).all() and (encoder_input(strip.transpose(1, 0, 2)) == 255).all()


def test_a_file_that_is_not_the_known_one_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    path.write_bytes(weights_file().read_bytes()[:-1] + b"x")
    with pytest.raises(WeightsError, match="not the file of weights that is known"):
        read_weights(path, SHA256)
    with pytest.raises(WeightsError, match="can't be read"):
        read_weights(tmp_path / "none.pth", SHA256)


class Evil:
    def __reduce__(self) -> tuple[object, ...]:
        return os.system, ("touch ran",)


def torch_file(tensors: object, keys: object = (), numbers: bytes = b"") -> bytes:
    file = io.BytesIO()
    for part in (0x1950A86A20F9469CFC6C, 1001, {}, tensors, list(keys)):  # type: ignore[call-overload]
        pickle.dump(part, file, protocol=2)
    return file.getvalue() + numbers


def test_a_pickle_that_wants_something_run_is_refused_and_runs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(WeightsError, match=r"names \w+\.system"):
        parse_weights(torch_file({"a": Evil()}), Path("evil.pth"))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("length", [0, 3, 20, 100, 5_000, 42_400, 47_000, 60_000])
def test_a_file_that_is_cut_off_is_refused(length: int) -> None:
    with pytest.raises(WeightsError, match=r"cut\.pth can't be read as weights"):
        parse_weights(weights_file().read_bytes()[:length], Path("cut.pth"))


def test_a_tensor_that_reaches_beyond_its_numbers_is_refused() -> None:
    opcodes = io.BytesIO()
    parts: list[object] = [0x1950A86A20F9469CFC6C, 1001, {}]
    for part in parts:
        pickle.dump(part, opcodes, protocol=2)

    def text(value: str) -> bytes:
        return b"X" + struct.pack("<I", len(value)) + value.encode()

    def pair(first: int, second: int) -> bytes:
        return b"K" + bytes([first]) + b"K" + bytes([second]) + b"\x86"

    # {"a": _rebuild_tensor_v2(("storage", FloatStorage, "1", "cpu", 4, None), 0, (2, 2), (200, 1))}
    state = (
        b"\x80\x02}(" + text("a") + b"ctorch._utils\n_rebuild_tensor_v2\n("
        b"(" + text("storage") + b"ctorch\nFloatStorage\n" + text("1") + text("cpu") + b"K\x04Nt" + b"QK\x00"
        + pair(2, 2) + pair(200, 1) + b"tRu."
    )  # fmt: skip
    keys = b"\x80\x02](" + text("1") + b"e."
    numbers = struct.pack("<q", 4) + np.arange(4, dtype="<f4").tobytes()
    with pytest.raises(WeightsError, match="reaches beyond"):
        parse_weights(opcodes.getvalue() + state + keys + numbers, Path("far.pth"))
    near = state.replace(pair(200, 1), pair(1, 2))
    with pytest.raises(WeightsError, match="reaches beyond"):  # by one number
        parse_weights(
            opcodes.getvalue() + near.replace(b"QK\x00", b"QK\x01") + keys + numbers, Path("far.pth")
        )
    found = parse_weights(opcodes.getvalue() + near + keys + numbers, Path("near.pth"))
    np.testing.assert_array_equal(found["a"], [[0, 2], [1, 3]])


def test_the_pinned_digest_is_that_of_the_installed_file() -> None:
    assert hashlib.sha256(weights_file().read_bytes()).hexdigest() == SHA256
