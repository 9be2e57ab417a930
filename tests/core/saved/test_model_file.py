"""A model on disk: it comes back as it was, and a stranger's file is refused in words.

(Past 400 lines: what a file may lie about, one field after the other.)
"""

import io
import json
import os
import pickle
import tracemalloc
import warnings
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import numpy.typing as npt
import pytest

from captionviewer.core.coco.caption_digest import digest_of_captions
from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.core.number_archive import NumberArchive
from captionviewer.core.saved import model_file
from captionviewer.core.saved.checked_fields import MOST_ABOUT_BYTES
from captionviewer.core.saved.model_file import (
    ModelFileError,
    SavedModel,
    fits,
    open_model,
    rows_trained_on,
    save_model,
)
from captionviewer.core.training.run import TrainingRun
from captionviewer.core.training.settings import TrainingSettings
from tests.coco_folder_writer import write_coco_folder

Arrays = dict[str, npt.NDArray[np.generic]]


def contents(path: Path) -> Arrays:
    with np.load(path, allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def about(path: Path) -> dict[str, object]:
    said: dict[str, object] = json.loads(contents(path)["about"].tobytes())
    return said


def rewrite(path: Path, arrays: Mapping[str, npt.NDArray[np.generic]], compress: bool = False) -> Path:
    (np.savez_compressed if compress else np.savez)(path, allow_pickle=True, **arrays)
    return path


def rewrite_about(path: Path, **changes: object) -> Path:
    said = {**about(path), **changes}
    text = json.dumps({key: value for key, value in said.items() if value is not ...}).encode()
    return rewrite(path, {**contents(path), "about": np.frombuffer(text, dtype=np.uint8)})


def refusal(path: Path) -> str:
    """What is said of a file that is refused; no Python warning may come with it."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ModelFileError) as caught:
            open_model(path)
    assert str(path) in str(caught.value)
    assert caught.value.path == path
    return str(caught.value)


def test_a_model_comes_back_as_it_was_saved(trained: SavedModel, saved: Path, dataset: CocoDataset) -> None:
    opened = open_model(saved)
    for name, parameter in trained.model.params.items():
        np.testing.assert_array_equal(opened.model.params[name], parameter)
        assert opened.model.params[name].dtype == parameter.dtype
        opened.model.params[name] += 1  # its own to write to
    assert opened.settings == trained.settings
    assert opened.iteration == trained.iteration == 6
    np.testing.assert_array_equal(opened.loss_history, trained.loss_history)
    np.testing.assert_array_equal(opened.words_history, trained.words_history)
    np.testing.assert_array_equal(opened.rates_history, trained.rates_history)
    np.testing.assert_array_equal(opened.caption_rows, trained.caption_rows)
    assert len(opened.loss_history) == 6
    assert opened.model.word_to_idx == dict(dataset.vocabulary.word_to_idx)
    assert (opened.data_name, opened.feature_kind) == (dataset.folder.name, "pca")


def test_an_opened_model_says_the_same_captions(
    trained: SavedModel, saved: Path, dataset: CocoDataset
) -> None:
    features = dataset.split("val").features.rows(np.arange(6))
    np.testing.assert_array_equal(open_model(saved).model.sample(features), trained.model.sample(features))


def test_a_model_file_is_plain_numpy_without_pickle(saved: Path) -> None:
    arrays = contents(saved)  # allow_pickle=False
    assert {"about", "W_embed", "loss_history", "caption_rows"} <= set(arrays)
    assert b"pickle" not in saved.read_bytes()


def test_the_learning_rate_of_each_iteration_is_saved_as_it_decayed(trained: SavedModel, saved: Path) -> None:
    # 10 captions in batches of 5: an epoch is 2 iterations
    rate, decay = trained.settings.learning_rate, trained.settings.lr_decay
    expected = [rate, rate, rate * decay, rate * decay, rate * decay**2, rate * decay**2]
    np.testing.assert_allclose(open_model(saved).rates_history, expected, rtol=1e-6)


def test_a_file_of_format_1_opens_with_the_learning_rates_that_its_run_had(
    trained: SavedModel, saved: Path
) -> None:
    rewrite_about(saved, version=1)
    rewrite(saved, {name: array for name, array in contents(saved).items() if name != "rates_history"})
    opened = open_model(saved)
    np.testing.assert_allclose(opened.rates_history, trained.rates_history, rtol=1e-6)
    np.testing.assert_array_equal(opened.loss_history, trained.loss_history)


@pytest.mark.parametrize(("num_captions", "an_epoch"), [(5, 1), (14, 2), (15, 3), (3, 1)])
def test_the_rates_of_format_1_are_worked_out_as_the_solver_lets_them_decay(
    num_captions: int, an_epoch: int, trained: SavedModel, saved: Path
) -> None:
    rewrite_about(saved, version=1)
    arrays = {name: array for name, array in contents(saved).items() if name != "rates_history"}
    rewrite(saved, {**arrays, "caption_rows": np.arange(num_captions)})  # in batches of 5
    rate, decay = trained.settings.learning_rate, trained.settings.lr_decay
    expected = [rate * decay ** (iteration // an_epoch) for iteration in range(6)]
    np.testing.assert_allclose(open_model(saved).rates_history, expected, rtol=1e-6)


def test_a_snapshot_is_saved_with_its_history_up_to_there(dataset: CocoDataset) -> None:
    settings = TrainingSettings(hidden_dim=4, wordvec_dim=4, num_captions=10, batch_size=5, num_epochs=3)
    run = TrainingRun(settings, dataset)
    run.start()
    assert run.wait(20)
    snapshot = run.snapshot()
    assert snapshot is not None and snapshot.iteration == 6
    earlier = SavedModel.of_run(run, replace(snapshot, iteration=4))
    assert earlier.iteration == 4
    for history in (earlier.loss_history, earlier.words_history, earlier.rates_history):
        assert len(history) == 4


def test_a_float64_model_stays_float64(dataset: CocoDataset, tmp_path: Path) -> None:
    model = CaptioningRNN(
        dataset.vocabulary.word_to_idx,
        dataset.feature_dim,
        8,
        12,
        dtype=np.float64,
        rng=np.random.default_rng(0),
    )
    settings = TrainingSettings(hidden_dim=12, wordvec_dim=8)
    save_model(tmp_path / "m.npz", SavedModel.untrained(model, settings, dataset))
    opened = open_model(tmp_path / "m.npz")
    assert opened.model.params["Wx"].dtype == np.float64
    np.testing.assert_array_equal(opened.model.params["Wx"], model.params["Wx"])
    assert opened.iteration == 0
    assert opened.caption_rows.size == opened.loss_history.size == 0


# A stranger's file


def test_what_is_no_zip_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "photo.npz"
    for content in (b"", b"\xff\xd8\xff\xe0 a photo", b"PK\x03\x04 and then nothing", os.urandom(5000)):
        path.write_bytes(content)
        assert "not a zip archive, or is cut short" in refusal(path)


def test_a_file_that_is_not_there_or_is_a_folder_is_refused(tmp_path: Path) -> None:
    assert "is not there, or is no file" in refusal(tmp_path / "gone.npz")
    assert "is not there, or is no file" in refusal(tmp_path)


def test_a_file_cut_anywhere_is_refused(saved: Path) -> None:
    whole = saved.read_bytes()
    for length in np.linspace(1, len(whole) - 1, 40).astype(int):
        saved.write_bytes(whole[:length])
        refusal(saved)


def test_a_flipped_byte_is_noticed_or_harmless(trained: SavedModel, saved: Path) -> None:
    whole = saved.read_bytes()
    rng = np.random.default_rng(7)
    opened = 0
    for place in rng.integers(0, len(whole), size=150):
        saved.write_bytes(
            whole[:place] + bytes([whole[place] ^ (1 << int(rng.integers(8)))]) + whole[place + 1 :]
        )
        try:
            model = open_model(saved).model
        except ModelFileError as problem:
            assert str(saved) in str(problem)
        else:
            opened += 1  # in a zip's time stamps or its like
            for name, parameter in trained.model.params.items():
                np.testing.assert_array_equal(model.params[name], parameter)
    assert opened < 15


@pytest.mark.parametrize(
    "name",
    [
        "about",
        "W_proj",
        "b_proj",
        "W_embed",
        "Wx",
        "Wh",
        "b",
        "W_vocab",
        "b_vocab",
        "loss_history",
        "caption_rows",
    ],
)
def test_a_missing_part_is_named(saved: Path, name: str) -> None:
    arrays = contents(saved)
    del arrays[name]
    assert f"'{name}' is missing" in refusal(rewrite(saved, arrays))


def change(
    name: str, how: Callable[[npt.NDArray[np.generic]], npt.NDArray[np.generic]]
) -> Callable[[Path], Path]:
    def changed(path: Path) -> Path:
        arrays = contents(path)
        return rewrite(path, {**arrays, name: how(arrays[name])})

    return changed


def holed(array: npt.NDArray[np.generic], value: float) -> npt.NDArray[np.generic]:
    array = array.copy()
    array.flat[0] = value
    return array


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (change("Wh", lambda a: a[:-1]), "Wh has the shape"),
        (change("Wh", lambda a: a.T.copy(order="F")), "Wh"),
        (change("W_embed", lambda a: a[:-1]), "W_embed has the shape"),
        (change("b_vocab", lambda a: a[None]), "b_vocab has the shape"),
        (change("W_proj", lambda a: a.ravel()), "W_proj has the shape"),
        (change("W_proj", lambda a: a[:0]), "W_proj has the shape"),
        (change("Wx", lambda a: a.astype(np.float64)), "Wx is float64 where the model is float32"),
        (change("Wx", lambda a: a.astype(np.float16)), "'Wx' has the type <f2"),
        (change("Wx", lambda a: a.astype(">f4")), "'Wx' has the type >f4"),
        (change("Wx", lambda a: a.astype(str)), "'Wx' has the type <U"),
        (change("Wx", lambda a: holed(a, np.nan)), "Wx holds NaN"),
        (change("b", lambda a: holed(a, -np.inf)), "b holds NaN or infinite"),
        (change("loss_history", lambda a: holed(a, np.nan)), "loss_history holds NaN"),
        (change("loss_history", lambda a: a[:-1]), "histories of losses and learning rates differ in length"),
        (change("loss_history", lambda a: a.astype(np.int64)), "loss_history is not a column"),
        (change("caption_rows", lambda a: -a - 1), "negative"),
        (change("caption_rows", lambda a: a[None]), "caption_rows is not a column"),
        (change("about", lambda a: a[:-4]), "its description"),
        (change("about", lambda a: np.frombuffer(b"[" * 200_000, dtype=np.uint8)), "its description"),
        (change("about", lambda a: np.frombuffer(b"\xff\xfe", dtype=np.uint8)), "its description"),
        (change("about", lambda a: np.frombuffer(b"{}", dtype=np.uint8)), "does not say that it is"),
        (change("about", lambda a: np.zeros(4)), "its description"),
    ],
)
def test_a_part_that_is_not_what_it_should_be_is_named(
    saved: Path, damage: Callable[[Path], Path], words: str
) -> None:
    assert words in refusal(damage(saved))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"version": 4}, "newer captionviewer (format 4; this one reads up to 3). Update"),
        ({"version": "1"}, "version is not a whole number"),
        ({"format": "a zip of mine"}, "does not say that it is"),
        ({"iteration": -1}, "iteration is not a whole number"),
        ({"iteration": 1.5}, "iteration is not a whole number"),
        ({"iteration": True}, "iteration is not a whole number"),
        ({"data_name": None}, "data_name is not a text"),
        ({"feature_kind": "jpeg"}, "none of pca, raw"),
        ({"dtype": "object"}, "neither float32 nor float64"),
        ({"settings": ...}, "settings are missing"),
        ({"settings": {"cell_type": "rnn"}}, "settings lack hidden_dim"),
        ({"vocabulary": ...}, "vocabulary is missing"),
        ({"vocabulary": "words"}, "vocabulary is missing"),
        ({"vocabulary": ["<NULL>", "<START>", "<END>", "<UNK>", 5]}, "not a word"),
        ({"vocabulary": ["<NULL>", "<START>", "<END>", "<UNK>", "a" * 300]}, "not a word"),
        ({"vocabulary": ["<NULL>", "<START>", "<END>", "<UNK>", "cat", "cat"]}, "a word twice"),
        ({"vocabulary": ["<NULL>", "<START>", "cat"]}, "lacks <END>, <UNK>"),
        ({"vocabulary": ["<NULL>", "<START>", "<END>", "<UNK>", "cat"]}, "W_embed has the shape"),
    ],
)
def test_a_description_that_is_wrong_is_refused(saved: Path, changes: dict[str, object], words: str) -> None:
    assert words in refusal(rewrite_about(saved, **changes))


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("hidden_dim", 13, "W_proj has the shape"),
        ("hidden_dim", 10**12, "Hidden size must be at most"),
        ("hidden_dim", "12", "Hidden size must be a number"),
        ("hidden_dim", [12], "Hidden size must be a number"),
        ("learning_rate", float("nan"), "Learning rate must be a number, not nan"),
        ("cell_type", "transformer", "Cell must be one of"),
        ("cell_type", {"a": 1}, "Cell must be one of"),
    ],
)
def test_settings_that_are_wrong_are_refused(saved: Path, name: str, value: object, words: str) -> None:
    settings = about(saved)["settings"]
    assert isinstance(settings, dict)
    assert words in refusal(rewrite_about(saved, settings={**settings, name: value}))


class Bomb:
    def __reduce__(self) -> tuple[Callable[[str], object], tuple[str]]:
        return (pytest.fail, ("the file's own code was run",))


def test_pickled_objects_are_refused_and_never_run(saved: Path) -> None:
    objects = np.empty(1, dtype=object)
    objects[0] = Bomb()
    assert "pickled objects, which are never opened" in refusal(
        rewrite(saved, {**contents(saved), "Wh": objects})
    )
    path = saved.with_name("pickle.npz")
    path.write_bytes(pickle.dumps(objects))
    assert "not a zip archive" in refusal(path)


def npy(header: bytes, content: bytes = b"") -> bytes:
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + content


def with_member(path: Path, name: str, content: bytes, **how: int) -> Path:
    """The archive with one member replaced byte for byte."""
    source = io.BytesIO(path.read_bytes())
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(path, "w") as new:
        for member in old.namelist():
            if member != name:
                new.writestr(member, old.read(member))
        new.writestr(name, content, **how)
    return path


@pytest.mark.parametrize(
    "shape", [b"(1000000000, 1000000)", b"(999999999999, 999999999999)", b"(12, 13)", b"(0, 12)"]
)
def test_a_declared_size_that_is_not_there_is_refused_before_anything_is_made(
    saved: Path, shape: bytes
) -> None:
    header = b"{'descr': '<f4', 'fortran_order': False, 'shape': " + shape + b", }\n"
    assert "declares a size other than its own" in refusal(
        with_member(saved, "Wh.npy", npy(header, bytes(576)))
    )


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"\n",
        b"__import__('os').abort()\n",
        b"(" * 9000,
        b"{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (12, 12), }\n",
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (12L, 12L), }\n",
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (-12, 12), }\n",
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (" + b"9" * 5000 + b",), }\n",
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (12, 12), }",
    ],
)
def test_a_header_that_numpy_would_not_write_is_refused(saved: Path, header: bytes) -> None:
    words = refusal(with_member(saved, "Wh.npy", npy(header, bytes(576))))
    assert "'Wh' is not an array of plain numbers" in words


@pytest.mark.parametrize("name", ["Wh", "README.txt"])
def test_what_is_no_array_at_all_is_refused(saved: Path, name: str) -> None:
    member = name if "." in name else f"{name}.npy"
    assert f"{name!r} is not an array" in refusal(with_member(saved, member, b"hello"))


def test_a_bomb_is_refused_by_being_compressed(saved: Path) -> None:
    arrays = {**contents(saved), "Wh": np.zeros((3000, 3000), np.float32)}
    assert "is compressed" in refusal(rewrite(saved, arrays, compress=True))


def test_parts_that_share_their_bytes_are_refused(saved: Path) -> None:
    content = bytearray(saved.read_bytes())
    # the directory says that a part is 4 GB, as it does in archives whose parts overlap
    entry = content.rindex(b"Wh.npy") - 46
    assert content[entry : entry + 4] == b"PK\x01\x02"
    content[entry + 24 : entry + 28] = (2**32 - 2).to_bytes(4, "little")
    saved.write_bytes(content)
    assert "claim to be larger than the file itself" in refusal(saved)


def test_a_part_that_occurs_twice_is_refused(saved: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(saved, "a") as archive:
        archive.writestr("Wh.npy", archive.read("Wh.npy"))
    assert "'Wh' occurs twice" in refusal(saved)


def test_an_archive_of_very_many_parts_is_refused(saved: Path) -> None:
    with zipfile.ZipFile(saved, "a") as archive:
        for i in range(100):
            archive.writestr(f"{i}.npy", b"")
    assert "parts, where captionviewer writes about a dozen" in refusal(saved)


def test_a_long_list_of_parts_is_refused_before_it_is_read(saved: Path) -> None:
    with zipfile.ZipFile(saved, "a") as archive:
        for i in range(3):
            archive.writestr(f"{i}{'x' * 60_000}.npy", b"")
    assert "its list of parts takes 18" in refusal(saved)  # some 180 kB


def test_an_encrypted_part_is_refused(saved: Path) -> None:
    content = bytearray(saved.read_bytes())
    entry = content.rindex(b"Wh.npy") - 46
    content[entry + 8] |= 1
    saved.write_bytes(content)
    assert "'Wh' is encrypted" in refusal(saved)


# With the open data


def test_a_model_fits_the_data_it_was_trained_on_and_its_captions_are_known_again(
    saved: Path, dataset: CocoDataset
) -> None:
    opened = open_model(saved)
    assert fits(opened, dataset) is None
    np.testing.assert_array_equal(rows_trained_on(opened, dataset), opened.caption_rows)


def test_a_model_of_other_features_does_not_fit(saved: Path, coco_folder: Path) -> None:
    with CocoDataset.open(coco_folder, "raw") as raw:
        words = fits(open_model(saved), raw)
        assert words is not None
        assert f"the open data has {raw.feature_dim:,}" in words
        assert "PCA features" in words


def test_a_model_of_another_vocabulary_does_not_fit(saved: Path, dataset: CocoDataset) -> None:
    opened = open_model(saved)
    names = list(dataset.vocabulary.idx_to_word)
    names[10], names[11] = names[11], names[10]
    other = replace(opened, model=opened.model.copy())
    other.model.idx_to_word = dict(enumerate(names))
    words = fits(other, dataset)
    assert words is not None
    assert f"word 10 is {names[10]!r} in the model" in words
    other.model.idx_to_word = dict(enumerate(names[:-1]))
    words = fits(other, dataset)
    assert words is not None
    assert f"knows {len(names) - 1:,} words" in words


def test_rows_of_another_data_set_are_not_taken_for_these_captions(saved: Path, dataset: CocoDataset) -> None:
    opened = open_model(saved)
    elsewhere = replace(opened, caption_rows=(opened.caption_rows + 1) % dataset.split("train").num_captions)
    assert rows_trained_on(elsewhere, dataset).size == 0
    beyond = replace(opened, caption_rows=opened.caption_rows + 10**9)
    assert rows_trained_on(beyond, dataset).size == 0
    just_beyond = opened.caption_rows.copy()
    just_beyond[0] = dataset.split("train").num_captions
    assert rows_trained_on(replace(opened, caption_rows=just_beyond), dataset).size == 0
    assert rows_trained_on(replace(opened, caption_rows=opened.caption_rows[:0]), dataset).size == 0


def test_a_description_far_larger_than_real_ones_is_refused_unread(saved: Path) -> None:
    arrays = contents(saved)
    hostile = b"[" + b"[]," * (MOST_ABOUT_BYTES // 3) + b"[]]"
    rewrite(saved, {**arrays, "about": np.frombuffer(hostile, dtype=np.uint8)})
    assert "not the text that captionviewer writes" in refusal(saved)


def test_a_model_larger_than_the_free_memory_is_refused_before_it_is_read(
    saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(NumberArchive, "read", lambda *_: pytest.fail("something was read"))
    monkeypatch.setattr(model_file, "available_memory", lambda: 2_000_000)
    assert "of memory and 2.0 MB are free. Close other programs" in refusal(saved)


def test_opening_holds_each_number_once(dataset: CocoDataset, tmp_path: Path) -> None:
    settings = TrainingSettings(hidden_dim=700, wordvec_dim=16, num_captions=10)
    words = dataset.vocabulary.word_to_idx
    model = CaptioningRNN(words, dataset.feature_dim, 16, 700, rng=np.random.default_rng(1))
    save_model(tmp_path / "model.npz", SavedModel.untrained(model, settings, dataset))
    size = (tmp_path / "model.npz").stat().st_size
    tracemalloc.start()
    try:
        opened = open_model(tmp_path / "model.npz")
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    np.testing.assert_array_equal(opened.model.params["Wh"], model.params["Wh"])
    assert size > 2_500_000 and most < 1.3 * size + 1_500_000  # a piece being read, and the words


@pytest.mark.parametrize("word", ["\x1b[2J", "\u202edog", "dog\ncat"])
def test_a_word_that_steers_what_shows_it_is_refused(word: str, saved: Path) -> None:
    words = about(saved)["vocabulary"]
    assert isinstance(words, list)
    assert "something that is not a word" in refusal(rewrite_about(saved, vocabulary=[*words[:-1], word]))


def test_the_same_captions_of_other_photos_are_not_those_trained_on(saved: Path, tmp_path: Path) -> None:
    with CocoDataset.open(write_coco_folder(tmp_path / "one", photos=False)) as dataset:
        rows = np.arange(10)
        opened = replace(open_model(saved), caption_rows=rows, data_digest=digest_of_captions(dataset, rows))
        assert rows_trained_on(opened, dataset).tolist() == rows.tolist()
    with h5py.File(tmp_path / "one" / "coco2014_captions.h5", "r+") as file:
        file["train_image_idxs"][:] = np.roll(file["train_image_idxs"][()], 1)
    with CocoDataset.open(tmp_path / "one") as other:
        assert rows_trained_on(opened, other).size == 0
