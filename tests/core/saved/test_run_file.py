"""Run files: everything comes back, another process goes on, damage is refused or survived by name."""

import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.core.saved.run_file import RunFileError, model_of, open_run, save_run
from captionviewer.core.training.run_record import RunRecord, why_not_continued
from captionviewer.core.training.run_scores import RunScores
from captionviewer.core.training.setting_edits import SettingEdit
from tests.core.saved.run_cases import SMALL, record_of
from tests.damage.model_damage import npy, parts_changed, pickled


@pytest.fixture(scope="module")
def record(dataset: CocoDataset) -> RunRecord:
    with threadpool_limits(limits=1, user_api="blas"):
        found = record_of(SMALL, dataset, watched=[dataset.split("val").record(0)])
    edits = (SettingEdit(3, "learning_rate", 1e-4, 5e-3), SettingEdit(5, "clip_norm", None, 3.0))
    scores = RunScores(16, "4 photos of val", {"cider_d": 1.5}, {"cider_d": (1.25, 1.75)})
    return replace(found, edits=edits, scores=scores)


@pytest.fixture
def path(record: RunRecord, tmp_path: Path) -> Path:
    save_run(tmp_path / "run.npz", record)
    return tmp_path / "run.npz"


def parameters(model: CaptioningRNN | None) -> dict[str, np.ndarray]:
    assert model is not None
    return model.params


def test_everything_of_a_run_comes_back_from_its_file(record: RunRecord, path: Path) -> None:
    again = open_run(path)
    for name in (
        "settings",
        "vocabulary",
        "data_digest",
        "iteration",
        "edits",
        "outcome",
        "machine",
        "started",
        "scores",
    ):
        assert getattr(again, name) == getattr(record, name), name
    for name in ("losses", "rates", "gradient_norms", "seconds", "caption_rows"):
        np.testing.assert_array_equal(getattr(again, name), getattr(record, name))
    for name, value in parameters(record.model).items():
        np.testing.assert_array_equal(value, parameters(again.model)[name])
    assert record.state is not None and again.state is not None
    assert again.state.generator == record.state.generator
    assert again.state.learning_rate == record.state.learning_rate
    for name, array in record.state.memory["v"].items():
        np.testing.assert_array_equal(array, again.state.memory["v"][name])
    assert again.stops is not None and record.stops is not None
    np.testing.assert_array_equal(again.stops.captions, record.stops.captions)
    assert again.best is not None and again.best_iteration == record.best_iteration
    assert again.parameter_norms is not None and record.parameter_norms is not None
    np.testing.assert_array_equal(again.parameter_norms.norms, record.parameter_norms.norms)
    np.testing.assert_array_equal(again.parameter_norms.iterations, np.arange(1, 17))
    together = np.sqrt((record.parameter_norms.norms.astype(np.float64) ** 2).sum(axis=1))
    np.testing.assert_allclose(together, record.gradient_norms, rtol=1e-5)  # both before clipping


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("parameter_norms", np.full((16, 8), -1, dtype=np.float32)),
        ("parameter_norms", np.ones((16, 7), dtype=np.float32)),
        ("norm_iterations", np.arange(2, 18)),
        ("norm_iterations", np.arange(1, 33, 2)),
        ("norm_iterations", np.array([1, 2, 4, *range(5, 18)])),
    ],
)
def test_norms_of_gradients_that_do_not_fit_together_are_refused(
    path: Path, name: str, numbers: np.ndarray
) -> None:
    content = dict(np.load(path))
    content[name] = numbers
    np.savez(path, **content)
    with pytest.raises(RunFileError, match="norms of gradients"):
        open_run(path)


def test_a_run_file_without_norms_of_gradients_opens_as_older_ones_do(path: Path) -> None:
    content = dict(np.load(path))
    about = json.loads(content["about"].tobytes())
    del about["parameter_norms"], content["parameter_norms"], content["norm_iterations"]
    content["about"] = np.frombuffer(json.dumps(about).encode(), dtype=np.uint8)
    np.savez(path, **content)
    assert open_run(path).parameter_norms is None


def test_what_is_compared_is_read_without_models(path: Path) -> None:
    light = open_run(path, whole=False)
    assert light.model is None and light.best is None and light.state is None and len(light.losses) == 16
    assert model_of(light) is None


_OTHER = """
import sys
from dataclasses import replace
from pathlib import Path
from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.saved.run_file import open_run, save_run
from captionviewer.core.training.run import TrainingRun

record = open_run(Path(sys.argv[1]))
with CocoDataset.open(Path(sys.argv[2])) as dataset:
    settings = replace(record.settings, num_epochs=8)
    keep = lambda kept: save_run(Path(sys.argv[3]), kept)
    run = TrainingRun(settings, dataset, keep=keep, go_on_from=record)
    run.start()
    assert run.wait(60)
"""


def in_another_process(code: str, *arguments: Path) -> "subprocess.Popen[str]":
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        env=environment, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_another_process_goes_on_to_the_same_bits(
    path: Path, tmp_path: Path, coco_folder: Path, dataset: CocoDataset
) -> None:
    other = in_another_process(_OTHER, path, coco_folder, tmp_path / "more.npz")
    _, said = other.communicate(timeout=100)
    assert other.returncode == 0, said
    with threadpool_limits(limits=1, user_api="blas"):
        once = record_of(replace(SMALL, num_epochs=8), dataset)
    more = open_run(tmp_path / "more.npz")
    assert more.iteration == once.iteration == 32 and more.machine.threads == 1
    np.testing.assert_array_equal(more.losses, once.losses)
    for name, value in parameters(once.model).items():
        np.testing.assert_array_equal(value, parameters(more.model)[name], err_msg=name)


_WRITER = """
import sys
from pathlib import Path
from captionviewer.core.saved.run_file import open_run, save_run

record = open_run(Path(sys.argv[1]))
while True:
    save_run(Path(sys.argv[2]), record)
    Path(sys.argv[3]).touch()
"""


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL on Windows")
def test_a_process_killed_at_any_instant_leaves_the_last_file_whole(path: Path, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    for number in range(4):
        begun = tmp_path / f"begun{number}"
        writer = in_another_process(_WRITER, path, tmp_path / "kept.npz", begun)
        while not begun.exists():
            assert writer.poll() is None
            time.sleep(0.01)
        for _ in range(5):  # it writes hundreds of times a second: each stop finds another half
            time.sleep(float(rng.uniform(0, 0.02)))
            writer.send_signal(signal.SIGSTOP)
            assert len(open_run(tmp_path / "kept.npz").losses) == 16
            writer.send_signal(signal.SIGCONT)
        writer.kill()
        writer.communicate(timeout=20)
        assert len(open_run(tmp_path / "kept.npz").losses) == 16
    assert open_run(tmp_path / "kept.npz").state is not None


def test_a_damaged_state_opens_as_a_model_that_says_it_can_not_go_on(
    path: Path, dataset: CocoDataset
) -> None:
    for member in ("m_Wh.npy", "v_b.npy"):
        content = bytearray(path.read_bytes())
        with zipfile.ZipFile(path) as archive:
            info = archive.getinfo(member)
        content[info.header_offset + info.compress_size - 4] ^= 0xFF
        path.write_bytes(content)
    again = open_run(path)
    assert again.model is not None and again.state is None
    assert "can't be continued" in str(why_not_continued(again, dataset))
    assert "damaged" in str(why_not_continued(again, dataset))


def about_changed(path: Path, **changes: object) -> None:
    def change(parts: dict[str, bytes]) -> None:
        raw = parts["about.npy"]
        told = json.loads(raw[raw.index(b"\n") + 1 :])
        text = json.dumps({**told, **changes}).encode()
        parts["about.npy"] = npy(f"({len(text)},)", "'|u1'", text)

    parts_changed(change)(path)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"format": "captionviewer model"}, "does not say that it is a captionviewer run"),
        ({"version": 99}, "newer captionviewer"),
        ({"iteration": 15}, "length"),
        ({"outcome": "won"}, "nor that it"),
        ({"edits": [[3, "seed", 1.0, 2.0]]}, "change of its settings"),
        ({"edits": [[3, "learning_rate", -1.0, 2.0]]}, "what can't be"),
        ({"model": {"iteration": 99, "dtype": "float32", "features": 512}}, "what can't be"),
        ({"scores": {"iteration": 2, "made": "x"}}, "scores are what can't be"),
        (
            {"scores": {"iteration": 2, "made": "x", "values": {"cider_d": 10**400}, "intervals": {}}},
            "scores are what can't be",
        ),
        ({"scores": {"iteration": 2, "made": "x", "values": {"luck": 1.0}, "intervals": {}}}, "scores are"),
        (
            {"scores": {"iteration": 99, "made": "x", "values": {}, "intervals": {}}},
            "scores are what can't be",
        ),
        ({"machine": None}, "computed with"),
        ({"started": "now"}, "not a number"),
    ],
)
def test_a_description_that_can_not_be_is_refused_in_words(
    path: Path, changes: dict[str, object], words: str
) -> None:
    about_changed(path, **changes)
    with pytest.raises(RunFileError, match=words) as told:
        open_run(path)
    assert str(path) in str(told.value)


@pytest.mark.parametrize("generator", [[1, 2], ["1", "2", 0, 0], ["x", "3", 0, 0], [str(2**128), "3", 0, 0]])
def test_random_numbers_that_can_not_be_make_a_run_that_can_not_go_on(path: Path, generator: object) -> None:
    with zipfile.ZipFile(path) as archive:
        raw = archive.read("about.npy")
    state = json.loads(raw[raw.index(b"\n") + 1 :])["state"]
    about_changed(path, state={**state, "generator": generator})
    again = open_run(path)
    assert again.state is None and "random numbers" in again.state_problem


def test_pickles_missing_parts_and_cut_files_are_refused(path: Path) -> None:
    whole = path.read_bytes()
    parts_changed(lambda parts: parts.update({"losses.npy": pickled()}))(path)
    with pytest.raises(RunFileError, match="pickled"):
        open_run(path)
    path.write_bytes(whole)
    parts_changed(lambda parts: parts.pop("rates.npy"))(path)
    with pytest.raises(RunFileError, match="missing"):
        open_run(path)
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(RunFileError, match="cut short"):
        open_run(path)
