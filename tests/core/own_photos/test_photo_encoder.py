"""A photo's features are made by the encoder that made the data's, or not at all."""

import io
import shutil
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from PIL import Image

from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.own_photos.feature_array import checked_array
from captionviewer.core.own_photos.photo_encoder import NoEncoder, encoder_of
from captionviewer.core.own_photos.resemblance import resemblance
from captionviewer.core.photos.decode import decode_picture
from captionviewer.core.photos.picture_file import read_picture
from captionviewer.core.photos.problem import PhotoUnavailable
from captionviewer.core.storybook import picture_of, storybook_folder
from tests.coco_folder_writer import write_coco_folder
from tests.conftest import data_folder


@pytest.mark.skipif(data_folder() is None, reason="needs data whose raw features this encoder made")
def test_features_are_the_stored_ones_where_the_encoder_proves_to_have_made_them() -> None:
    folder = data_folder()
    assert folder is not None
    with CocoDataset.open(folder, "raw") as dataset:
        encoder = encoder_of(dataset)
        assert encoder.remark == "" and dataset.local_images is not None
        picture = read_picture(dataset.local_images / str(dataset.split("val").file_name(5)))
        stored = dataset.split("val").features.rows(np.array([5]))[0]
        np.testing.assert_allclose(encoder.features(picture), stored, atol=5e-3)
        assert encoder.seen(picture).shape == (224, 224, 3)
    with CocoDataset.open(folder, "pca") as dataset, pytest.raises(NoEncoder, match="Three ways"):
        encoder_of(dataset)  # nobody knows the components


def test_data_of_another_network_is_refused_though_it_is_as_wide(tmp_path: Path) -> None:
    folder = write_coco_folder(tmp_path / "coco", photos=True)
    for split in ("train", "val"):
        with h5py.File(folder / f"{split}2014_vgg16_fc7.h5", "r+") as file:
            rows = len(file["features"])
            del file["features"]
            file["features"] = np.random.default_rng(1).random((rows, 1280)).astype(np.float32)
    with CocoDataset.open(folder, "raw") as dataset:
        with pytest.raises(NoEncoder, match="VGG-16"):
            encoder_of(dataset)
        wrongs: list[Any] = [np.zeros(1279, np.float32), np.zeros((2, 1280), np.int32), np.full(1280, np.nan)]
        wrongs.append(np.full(1280, 1e300))  # finite in double precision alone
        for wrong in wrongs:
            with pytest.raises(NoEncoder):
                checked_array(wrong, dataset)
        assert checked_array(np.zeros(1280), dataset).shape == (1, 1280)


def test_the_storybook_encodes_its_own_scenes_and_says_so_of_photos() -> None:
    with CocoDataset.open(storybook_folder()) as dataset:
        encoder = encoder_of(dataset)
        assert "outside" in encoder.remark
        features = encoder.features(picture_of("storybook:train/000012"))
        found = resemblance(dataset, features)
        assert found.rows[0] == 12 and found.similarities[0] > 0.999 and not found.is_far
        by_search = dataset.nearest_photos("train", 12)
        assert by_search is not None
        assert found.rows[1:].tolist() == by_search.rows[:9].tolist()
        np.testing.assert_allclose(found.similarities[1:], by_search.similarities[:9], atol=2e-3)
        tiles = np.random.default_rng(0).integers(0, 255, (15, 20, 3), dtype=np.uint8)
        mosaic = tiles.repeat(20, axis=0).repeat(20, axis=1)
        strange = resemblance(dataset, encoder.features(mosaic))
        assert strange.is_far and strange.words().startswith("Unlike anything in training")


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "CMYK", "P", "1", "I;16"])
def test_a_picture_of_any_kind_has_features(tmp_path: Path, mode: str) -> None:
    shade = np.tile(np.linspace(0, 255, 90).astype(np.uint8), (60, 1))
    if mode == "I;16":
        picture = Image.fromarray(shade.astype(np.uint16) << 8)
    else:
        picture = Image.fromarray(shade).convert(mode)
    path = tmp_path / ("picture.jpg" if mode == "CMYK" else "picture.png")
    picture.save(path)
    read = read_picture(path)
    assert read.shape == (60, 90, 3)
    with CocoDataset.open(storybook_folder()) as dataset:
        assert np.isfinite(encoder_of(dataset).features(read)).all()


def test_a_photo_from_a_phone_is_turned_upright_before_it_is_encoded(tmp_path: Path) -> None:
    scene = picture_of("storybook:val/000007")
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: shown upright after a quarter turn clockwise
    content = io.BytesIO()
    Image.fromarray(np.rot90(scene)).save(content, "PNG", exif=exif)
    upright = decode_picture(content.getvalue(), "phone.png")
    np.testing.assert_array_equal(upright, scene)


def test_a_photo_of_a_hundred_megapixels_or_none_is_refused_in_words(tmp_path: Path) -> None:
    Image.new("1", (12_000, 9_000)).save(tmp_path / "huge.png")
    Image.new("RGB", (1, 1)).save(tmp_path / "dot.png")
    with pytest.raises(PhotoUnavailable, match="12,000 by 9,000"):
        read_picture(tmp_path / "huge.png")
    with pytest.raises(PhotoUnavailable, match="not there"):
        read_picture(tmp_path / "none.png")
    with CocoDataset.open(storybook_folder()) as dataset:
        assert np.isfinite(encoder_of(dataset).features(read_picture(tmp_path / "dot.png"))).all()
    shutil.rmtree(tmp_path)
