"""train, caption, evaluate, export and import-model, as a user types them."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from captionviewer.core.coco.characters import in_characters
from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.coco.vocabulary import SPECIAL_WORDS, caption_text
from captionviewer.core.decoding.decoding import Decoding
from captionviewer.core.decoding.exact_search import exact_search
from captionviewer.core.evaluation.scored_photos import ScoredPhotos
from captionviewer.core.evaluation.scoring import make_scorecard
from captionviewer.core.saved.model_file import fits, open_model
from captionviewer.core.saved.run_file import open_run
from captionviewer.core.training.run import TrainingRun
from captionviewer.core.training.settings import PRESETS
from captionviewer.core.training.watched_photos import NUM_WATCHED
from tests.coco_folder_writer import write_coco_folder

SMALL = [
    "--set",
    "hidden_dim=24",
    "--set",
    "wordvec_dim=12",
    "--set",
    "num_epochs=4",
    "--set",
    "num_captions=20",
]
SMALL += ["--set", "batch_size=5"]


def captionviewer(*words: object, home: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "captionviewer", *map(str, words)],
        capture_output=True,
        text=True,
        env=environment(home),
        timeout=120,
        check=False,
    )


def environment(home: Path) -> dict[str, str]:
    ours = {f"CAPTIONVIEWER_{name}_DIR": str(home / name) for name in ("CONFIG", "CACHE", "DATA")}
    return {**os.environ, **ours, "OPENBLAS_NUM_THREADS": "1"}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_coco_folder(tmp_path_factory.mktemp("coco") / "data")


@pytest.fixture(scope="module")
def model(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    done = captionviewer("train", "--data", data, *SMALL, "--out", folder / "model.npz", home=folder)
    assert done.returncode == 0, done.stderr
    assert "16 iterations" in done.stdout and str(folder / "model.npz") in done.stdout
    assert "\r" not in done.stdout  # a pipe gets plain lines
    return folder / "model.npz"


def test_the_command_gives_the_model_that_the_window_gives(data: Path, model: Path) -> None:
    saved = open_model(model)
    with CocoDataset.open(data) as dataset:
        seen = dataset.split("val").record(0)
        run = TrainingRun(
            saved.settings, dataset, watched=[seen], watch_trained=NUM_WATCHED, keeps_moments=True
        )
        with threadpool_limits(1, user_api="blas"):  # as many as the command had
            run.start()
            assert run.wait(60)
        snapshot = run.snapshot()
    assert snapshot is not None and snapshot.iteration == saved.iteration == 16
    np.testing.assert_array_equal(saved.loss_history, run.history.since(0)[1])
    known = {point.iteration: point for point in saved.validation}
    both = [point for point in run.validation.points() if point.iteration in known]  # others go by the clock
    assert [both[0].iteration, both[-1].iteration] == [0, 16]
    for point in both:
        assert known[point.iteration].val == pytest.approx(point.val, rel=1e-6)
        assert known[point.iteration].train == pytest.approx(point.train, rel=1e-6)
    for name, value in snapshot.model.params.items():
        np.testing.assert_array_equal(saved.model.params[name], value)


def test_a_model_of_the_command_keeps_what_was_said_as_it_learned(model: Path) -> None:
    saved = open_model(model)
    assert saved.stops is not None and saved.validation
    assert saved.stops.iterations[0] == 0 and saved.stops.iterations[-1] == saved.iteration
    assert sum(split == "val" for split, _ in saved.stops.photos) == 2


def test_photos_are_captioned_as_the_model_says(data: Path, model: Path, tmp_path: Path) -> None:
    done = captionviewer(
        "caption", model, "--data", data, "--photo", "val:1", "--photo", "train:0", home=tmp_path
    )
    assert done.returncode == 0, done.stderr
    with CocoDataset.open(data) as dataset:
        said = open_model(model).model.sample(dataset.split("val").features.rows(np.array([1])))[0]
        expected = caption_text(said, dataset.vocabulary)
    assert done.stdout.splitlines()[0] == f"val:1\t{expected}"
    assert done.stdout.splitlines()[1].startswith("train:0\t")


def test_a_network_that_writes_characters_is_trained_and_used_as_any_other(
    data: Path, tmp_path: Path
) -> None:
    model = tmp_path / "spelled.npz"
    done = captionviewer("train", "--characters", "--data", data, *SMALL, "--out", model, home=tmp_path)
    assert done.returncode == 0, done.stderr
    saved = open_model(model)
    assert "␣" in saved.model.word_to_idx and all(
        len(each) == 1 for each in saved.model.word_to_idx if each not in SPECIAL_WORDS
    )
    said = captionviewer("caption", model, "--data", data, "--photo", "val:0", home=tmp_path)
    assert said.returncode == 0 and "␣" not in said.stdout, said.stderr
    with CocoDataset.open(data) as words, in_characters(words) as spelled:
        ids = saved.model.sample(spelled.split("val").features.rows(np.array([0])), 160)[0]
        assert said.stdout.rstrip("\n").endswith(caption_text(ids, spelled.vocabulary))
        assert "was trained on characters" in (fits(saved, words) or "")
    scored = captionviewer("evaluate", model, "--data", data, "--json", home=tmp_path)
    assert scored.returncode == 0, scored.stderr


def test_a_split_is_written_in_cocos_result_format(data: Path, model: Path, tmp_path: Path) -> None:
    out = tmp_path / "captions.json"
    done = captionviewer("caption", model, "--data", data, "--split", "val", "--out", out, home=tmp_path)
    assert done.returncode == 0, done.stderr
    results = json.loads(out.read_text())
    with CocoDataset.open(data) as dataset:
        assert len(results) == dataset.split("val").num_photos
    assert all(set(each) == {"image_id", "caption"} for each in results)
    drawn = captionviewer(
        "caption",
        model,
        "--data",
        data,
        "--split",
        "val",
        "--temperature",
        "1.5",
        "--seed",
        "3",
        home=tmp_path,
    )
    again = captionviewer(
        "caption",
        model,
        "--data",
        data,
        "--split",
        "val",
        "--temperature",
        "1.5",
        "--seed",
        "3",
        home=tmp_path,
    )
    assert drawn.returncode == 0 and drawn.stdout == again.stdout


def test_captions_are_written_as_the_arguments_say_and_it_is_told(
    data: Path, model: Path, tmp_path: Path
) -> None:
    done = captionviewer(
        "caption", model, "--data", data, "--photo", "val:2", "--exact", "--never", "<UNK>",
        "--no-repeat", "1", "--max-length", "3", home=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr == "captions: the likeliest caption, never <UNK>, no word twice, 3 words at most\n"
    saved = open_model(model)
    with CocoDataset.open(data) as dataset:
        features = dataset.split("val").features.rows(np.array([2]))[0]
        decoding = Decoding("exact", forbidden_words=("<UNK>",), ngram_block=1, max_length=3)
        words = exact_search(saved.model, features, decoding).words
        assert done.stdout == f"val:2\t{caption_text(np.array(words), dataset.vocabulary)}\n"


def test_scores_stand_beside_baselines_and_say_how_they_were_made(
    data: Path, model: Path, tmp_path: Path
) -> None:
    done = captionviewer("evaluate", model, "--data", data, "--json", home=tmp_path)
    assert done.returncode == 0, done.stderr
    table = json.loads(done.stdout)
    assert list(table["rows"]) == ["model", "nearest", "human", "commonest", "blind"]
    assert table["decoding"].startswith("greedy") and "photos of val" in table["made"]
    few = ["--photos", 6, "--seed", 3]
    shown = captionviewer("evaluate", model, "--data", data, *few, home=tmp_path).stdout
    with CocoDataset.open(data) as dataset:
        card = make_scorecard(open_model(model).model, ScoredPhotos.drawn(dataset, "val", 6, 3), Decoding())
    assert card is not None and "CIDEr-D" in shown and card.made in shown
    for row, line in zip(card.rows, shown.splitlines()[1:], strict=False):
        assert line.startswith(row.title) and f" {row.values['cider_d']:.3f} " in line
    assert table["rows"]["human"]["values"]["cider_d"] != card.rows[2].values["cider_d"]


def test_an_exported_model_comes_back_with_the_same_arrays(data: Path, model: Path, tmp_path: Path) -> None:
    done = captionviewer("export", model, tmp_path / "export", "--data", data, home=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "not this model's data" not in done.stdout
    check = json.loads((tmp_path / "export" / "check.json").read_text())
    with CocoDataset.open(data) as dataset:
        three = dataset.split("val").features.rows(np.arange(3))
    assert np.shape(check["logits"])[::2] == (3, len(open_model(model).model.word_to_idx))
    np.testing.assert_array_equal(check["captions"], open_model(model).model.sample(three))
    done = captionviewer("import-model", tmp_path / "export", tmp_path / "back.npz", home=tmp_path)
    assert done.returncode == 0, done.stderr
    before, after = open_model(model), open_model(tmp_path / "back.npz")
    for name, value in before.model.params.items():
        np.testing.assert_array_equal(after.model.params[name], value)


@pytest.mark.parametrize(
    ("words", "said", "code"),
    [
        (["train", "--out", "m.npz", "--preset", "nonsense"], "there is no preset 'nonsense'", 2),
        (["train", "--out", "m.npz", "--set", "speed=9"], "there is no setting 'speed'", 2),
        (["train", "--out", "m.npz", "--set", "hidden_dim=many"], "'many' is not a whole number", 2),
        (["train", "--out", "m.npz", "--set", "learning_rate=-1"], "learning_rate: ", 2),
        (["train", "--out", "none/m.npz"], "there is no folder", 2),
        (["train", "--out", "."], "is a folder", 2),
        (["train", "--out", "new/"], "is a folder", 2),
        (["train", "--out", "m.npz", "--run", "none/r.npz"], "there is no folder", 2),
        (["train", "--out", "m.npz", "--run", "m.npz"], "both the model and the run", 2),
        (["train", "--out", "m", "--resume", "./m.npz"], "both the model and the run", 2),
        (["train", "--set", "seed=3"], "--out is needed", 2),
        (["import-model", ".", "."], "is a folder", 2),
        (["caption", "none.npz", "--split", "val"], "is not there", 1),
        (["caption", "none.npz"], "which photos?", 2),
        (["caption", "none.npz", "--seed", "3", "mine.jpg"], "is not there", 1),
        (["caption", "none.npz", "mine.jpg", "--photo", "val:3"], "files of your own and --photo", 2),
        (["caption", "none.npz", "--split", "val", "--out", "none/c.json"], "there is no folder", 2),
        (["caption", "none.npz", "--split", "val", "--out", "./none.npz"], "would take its place", 2),
        (["caption", "none.npz", "--array", "a.npy", "--out", "a.npy"], "would take its place", 2),
        (["caption", "none.npz", "--photo", "val:-3"], "is no photo", 2),
        (["evaluate", "none.npz", "--temperature", "1", "--beam", "3"], "one of the three", 2),
        (["caption", "none.npz", "--split", "val", "--exact", "--beam", "3"], "one of the three", 2),
        (["caption", "none.npz", "--split", "val", "--max-length", "0"], "1 to 255 words", 2),
    ],
)
def test_what_can_not_be_done_is_told_in_one_line_and_by_the_exit_code(
    words: list[str], said: str, code: int, tmp_path: Path
) -> None:
    done = captionviewer(*words, home=tmp_path)
    assert done.returncode == code
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert done.stdout == ""


def test_a_folder_of_the_models_full_name_is_seen_before_the_training(tmp_path: Path) -> None:
    (tmp_path / "here.npz").mkdir()
    done = captionviewer("train", "--out", tmp_path / "here", home=tmp_path)
    assert (done.returncode, done.stdout) == (2, "") and "here.npz is a folder" in done.stderr


def test_a_photo_that_is_not_there_and_a_word_that_is_unknown_are_told(
    data: Path, model: Path, tmp_path: Path
) -> None:
    done = captionviewer("caption", model, "--data", data, "--photo", "val:999999", home=tmp_path)
    assert (done.returncode, "is not there" in done.stderr) == (2, True)
    done = captionviewer("evaluate", model, "--data", data, "--never", "qwxyz", home=tmp_path)
    assert (done.returncode, "qwxyz" in done.stderr) == (2, True)


def _heed_ctrl_c() -> None:
    """Undo what a shell does to programs that it starts in the background: they ignore Ctrl+C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.skipif(os.name != "posix", reason="sends SIGINT")
def test_ctrl_c_ends_at_a_step_boundary_and_keeps_what_was_learned(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "model.npz"
    words = ["train", "--data", data, "--out", out, "--set", "num_epochs=100000", "--set", "hidden_dim=24"]
    words += ["--set", "num_captions=20", "--set", "batch_size=5"]
    process = subprocess.Popen(
        [sys.executable, "-m", "captionviewer", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(tmp_path),
        preexec_fn=_heed_ctrl_c,  # noqa: PLW1509 - it calls the system and nothing else
    )
    assert process.stdout is not None
    try:
        assert "Training" in process.stdout.readline()
        time.sleep(2)
        process.send_signal(signal.SIGINT)
        told, complaints = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130, complaints
    assert open_model(out).iteration > 0
    assert "saved to" in told


@pytest.mark.parametrize("asked", [["--out", "x.npz", "--preset", "list"], ["--set", "list=all"]])
def test_presets_and_settings_are_listed(asked: list[str], tmp_path: Path) -> None:
    done = captionviewer("train", *asked, home=tmp_path)
    assert done.returncode == 0
    assert all(name in done.stdout for name in PRESETS) and "learning_rate" in done.stdout


def test_a_run_that_was_kept_is_resumed_to_the_same_numbers(data: Path, tmp_path: Path) -> None:
    kept, half, whole, once = (tmp_path / name for name in ("run.npz", "half.npz", "whole.npz", "once.npz"))
    done = captionviewer("train", "--data", data, *SMALL, "--out", half, "--run", kept, home=tmp_path)
    assert done.returncode == 0 and kept.exists(), done.stderr
    more = ["--set", "num_epochs=6"]
    elsewhere, before = tmp_path / "on.npz", kept.read_bytes()
    done = captionviewer(
        "train", "--data", data, "--resume", kept, "--run", elsewhere, *more, "--out", whole, home=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert open_run(elsewhere).iteration == 24 and kept.read_bytes() == before, "it is kept where was said"
    assert "from iteration 16, to the same numbers, bit for bit" in done.stdout
    done = captionviewer("train", "--data", data, *SMALL, *more, "--out", once, home=tmp_path)
    assert done.returncode == 0, done.stderr
    resumed, never_left = open_model(whole), open_model(once)
    assert resumed.iteration == never_left.iteration == 24
    for name, value in never_left.model.params.items():
        np.testing.assert_array_equal(value, resumed.model.params[name])
    wrong = captionviewer(
        "train", "--data", data, "--resume", kept, "--set", "seed=3", "--out", whole, home=tmp_path
    )
    assert wrong.returncode != 0 and "own settings" in wrong.stderr
