"""`captionviewer make-data` and `encode`: from pictures to a model that captions, at a terminal."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from captionviewer.cli import main


def test_pictures_become_data_that_a_model_is_trained_on_and_that_it_then_captions(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    images = tmp_path / "images"
    images.mkdir()
    lines = []
    for number, colour in enumerate(("red", "green", "blue", "red", "green", "blue")):
        Image.new("RGB", (64, 48), colour).save(images / f"{number}.jpg")
        lines.append(f"{number}.jpg#0\tA {colour} picture .\n")
    (tmp_path / "captions.txt").write_text("".join(lines))
    folder, model = tmp_path / "data", tmp_path / "model.npz"
    made = ["make-data", str(images), str(tmp_path / "captions.txt"), str(folder)]
    assert main([*made, "--min-count", "1", "--val-share", "0.2", "--processes", "1"]) == 0
    said = capsys.readouterr().out
    assert "train: 5 photos, 5 captions" in said and "val: 1 photos, 1 captions" in said
    small = [
        "--set",
        "num_captions=5",
        "--set",
        "batch_size=5",
        "--set",
        "num_epochs=120",
        "--set",
        "lr_decay=1",
        "--set",
        "learning_rate=0.01",
    ]
    small += ["--set", "hidden_dim=24", "--set", "wordvec_dim=12", "--data", str(folder)]
    assert main(["train", "--out", str(model), *small]) == 0
    assert main(["caption", str(model), "--split", "train", "--data", str(folder)]) == 0
    captions = capsys.readouterr().out
    assert "a red picture" in captions and "a blue picture" in captions
    assert main([*made, "--min-count", "0"]) == 2
    assert main(made) == 1 and "not empty" in capsys.readouterr().err


def test_encode_names_what_it_made_and_a_model_of_other_features_is_told_so(
    coco_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, model = tmp_path / "coco", tmp_path / "model.npz"
    shutil.copytree(coco_folder, folder, ignore=shutil.ignore_patterns("images", "*lite0*"))
    place = folder / "images" / "train2014"
    place.mkdir(parents=True)
    names = (folder / "train2014_images.txt").read_text().split()[:3]
    for number, name in enumerate(names):
        picture = np.full((30, 40, 3), 80 * number, np.uint8)
        Image.fromarray(picture).save(place / Path(name).name, "JPEG")
    assert main(["encode", str(folder), "--processes", "1"]) == 0
    told = capsys.readouterr().out
    assert "3 photos have lite0 features, 2 numbers each" in told and "count as the average one" in told
    small = ["--set", "num_captions=5", "--set", "batch_size=5", "--set", "num_epochs=1"]
    small += ["--set", "hidden_dim=8", "--set", "wordvec_dim=8", "--data", str(folder)]
    assert main(["train", "--out", str(model), *small, "--features", "lite0"]) == 0
    assert (
        main(["caption", str(model), "--photo", "train:0", "--data", str(folder), "--features", "pca"]) == 1
    )
    assert "lite0" in capsys.readouterr().err
    assert main(["caption", str(model), "--photo", "train:0", "--data", str(folder)]) == 0


def test_own_pictures_are_captioned_where_the_datas_encoder_can_be_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model, picture = tmp_path / "model.npz", tmp_path / "mine.jpg"
    small = ["--set", "num_captions=5", "--set", "batch_size=5", "--set", "num_epochs=1"]
    small += ["--set", "hidden_dim=8", "--set", "wordvec_dim=8"]
    assert main(["train", "--out", str(model), *small]) == 0
    Image.new("CMYK", (90, 60), (10, 200, 30, 0)).save(picture)
    (tmp_path / "bad.jpg").write_bytes(b"no picture")
    capsys.readouterr()
    assert main(["caption", str(model), str(picture)]) == 0
    said = capsys.readouterr()
    assert said.out.startswith(f"{picture}\t") and "outside their world" in said.err
    assert main(["caption", str(model), str(tmp_path)]) == 1, "one of the folder's pictures can't be read"
    said = capsys.readouterr()
    assert "mine.jpg\t" in said.out and "bad.jpg" in said.err
    np.save(tmp_path / "rows.npy", np.zeros((2, 512), np.float32))
    assert main(["caption", str(model), "--array", str(tmp_path / "rows.npy")]) == 0
    assert capsys.readouterr().out.count("rows.npy:") == 2
    np.save(tmp_path / "rows.npy", np.zeros((2, 511), np.float32))
    assert main(["caption", str(model), "--array", str(tmp_path / "rows.npy")]) == 1
    assert "rows of 512" in capsys.readouterr().err
    np.savez(tmp_path / "rows.npz", rows=np.zeros((2, 512), np.float32))
    for length, words in ((None, "several arrays"), (300, "is no array that NumPy saved")):
        (tmp_path / "cut.npz").write_bytes((tmp_path / "rows.npz").read_bytes()[:length])
        assert main(["caption", str(model), "--array", str(tmp_path / "cut.npz")]) == 1
        told = capsys.readouterr().err
        assert words in told and "Traceback" not in told
