"""Validation beside training: the right losses, the best model, and a run that it does not change."""

import json
import math
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.saved.model_file import ModelFileError, SavedModel, open_model, save_model
from captionviewer.core.training import run as run_module
from captionviewer.core.training.callbacks import Callbacks, RunSolver
from captionviewer.core.training.run import TrainingRun
from captionviewer.core.training.settings import TrainingSettings
from captionviewer.core.training.validation import EVERY_S, Validation, blind_guess_nats, unigram_nats
from tests.coco_folder_writer import write_coco_folder

SETTINGS = TrainingSettings(
    hidden_dim=16, wordvec_dim=8, num_captions=20, batch_size=5, num_epochs=6, learning_rate=1e-2, seed=3
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_coco_folder(tmp_path_factory.mktemp("coco") / "data", photos=False)


def finished(dataset: CocoDataset, settings: TrainingSettings = SETTINGS) -> TrainingRun:
    run = TrainingRun(settings, dataset, watch_trained=2)
    run.start()
    assert run.wait(60)
    return run


def test_a_point_is_the_loss_a_word_of_that_model_on_the_captions_of_val(folder: Path) -> None:
    with CocoDataset.open(folder) as dataset:
        val = dataset.split("val")  # fewer captions than are drawn are trained on and validated: all count
        run = finished(dataset, replace(SETTINGS, num_captions=val.num_captions, one_caption_an_image=False))
        last = run.validation.points()[-1]
        snapshot = run.snapshot()
        assert snapshot is not None and last.iteration == snapshot.iteration == run.progress().iteration > 0
        loss, _ = snapshot.model.reference_loss(val.features.rows(val.image_idxs), val.captions)
        words = int((val.captions[:, 1:] != dataset.vocabulary.null).sum())
        assert last.val == pytest.approx(loss * val.num_captions / words, rel=1e-4)
        rows = run.caption_rows
        train = dataset.split("train")
        loss, _ = snapshot.model.reference_loss(
            train.features.rows(train.image_idxs[rows]), train.captions[rows]
        )
        words = int((train.captions[rows, 1:] != dataset.vocabulary.null).sum())
        assert last.train == pytest.approx(loss * len(rows) / words, rel=1e-4)
        first = run.validation.points()[0]
        assert first.iteration == 0
        assert first.val == pytest.approx(blind_guess_nats(len(dataset.vocabulary)), rel=0.1)


def test_the_best_model_is_that_of_the_lowest_loss_on_val(folder: Path) -> None:
    with CocoDataset.open(folder) as dataset:
        run = finished(dataset)
        best, kept = run.validation.best, run.best_snapshot()
        assert best is not None and kept is not None and kept.iteration == best.iteration
        assert best.val == min(point.val for point in run.validation.points())


def test_a_run_that_is_looked_at_is_the_run_that_is_not(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with CocoDataset.open(folder) as dataset:
        looked_at = finished(dataset).snapshot()
        monkeypatch.setattr(run_module, "Callbacks", lambda works, clock: Callbacks(works[:2], clock))
        alone = TrainingRun(replace(SETTINGS, validation_captions=0), dataset)
        alone.start()
        assert alone.wait(60)
        other = alone.snapshot()
        assert not alone.validation.points() and alone.caption_stops() is None
    assert looked_at is not None and other is not None
    for name, value in looked_at.model.params.items():
        np.testing.assert_array_equal(value, other.model.params[name])


def test_what_was_said_is_kept_from_the_untrained_model_to_the_last_with_photos_of_val(folder: Path) -> None:
    with CocoDataset.open(folder) as dataset:
        run = finished(dataset)
        stops = run.caption_stops()
        assert stops is not None
        assert stops.iterations[0] == 0 and stops.iterations[-1] == 24
        assert sum(split == "val" for split, _ in stops.photos) == 2
        snapshot = run.snapshot()
        assert snapshot is not None
        for place, (split, row) in enumerate(stops.photos):
            features = dataset.split(split).features.rows(np.array([row]))
            np.testing.assert_array_equal(stops.captions[-1, place], snapshot.model.sample(features)[0])


def test_a_model_file_keeps_validation_and_stops_and_refuses_what_can_not_be(
    folder: Path, tmp_path: Path
) -> None:
    with CocoDataset.open(folder) as dataset:
        run = finished(dataset)
        snapshot, stops = run.snapshot(), run.caption_stops()
        assert snapshot is not None and stops is not None
        saved = SavedModel.of_run(run, snapshot)
        save_model(tmp_path / "model.npz", saved)
    back = open_model(tmp_path / "model.npz")
    assert [p.iteration for p in back.validation] == [p.iteration for p in run.validation.points()]
    assert back.validation[-1].val == pytest.approx(run.validation.points()[-1].val, rel=1e-6)
    assert back.stops is not None and back.stops.photos == stops.photos
    np.testing.assert_array_equal(back.stops.captions, stops.captions)
    content = dict(np.load(tmp_path / "model.npz"))
    for name, value in (
        ("stops_captions", content["stops_captions"] + 10_000),
        ("stops_iterations", content["stops_iterations"][::-1]),
        ("stops_photos", content["stops_photos"] - 1),
        ("validation_losses", np.full_like(content["validation_losses"], np.nan)),
        ("validation_iterations", content["validation_iterations"][:-1]),
    ):
        np.savez(tmp_path / "bad.npz", **{**content, name: value})
        with pytest.raises(ModelFileError):
            open_model(tmp_path / "bad.npz")


def test_words_are_cheaper_for_who_knows_how_often_they_come(folder: Path) -> None:
    with CocoDataset.open(folder) as dataset:
        blind = blind_guess_nats(len(dataset.vocabulary))
        assert 0 < unigram_nats(dataset) < blind


def test_the_untrained_point_comes_at_once_and_the_others_at_half_epochs_within_their_share(
    folder: Path,
) -> None:
    with CocoDataset.open(folder) as dataset:
        validation = Validation(dataset, 3, 200)
        validation.train_on(np.arange(4), 12)
        begun = time.monotonic()
        validation._next_time = begun + EVERY_S
        due = {iteration: validation.due(begun, iteration).name for iteration in (0, 1, 6, 9, 12, 13, 18)}
        assert due == {
            0: "NOW",
            1: "NOT_YET",
            6: "AT_LEISURE",
            9: "NOT_YET",
            12: "AT_LEISURE",
            13: "NOT_YET",
            18: "AT_LEISURE",
        }
        assert validation.due(begun + EVERY_S, 13).name == "AT_LEISURE"


def test_features_of_val_that_can_not_be_read_leave_the_run_alone(folder: Path) -> None:
    with CocoDataset.open(folder) as dataset:
        validation = Validation(dataset, 3, 200)
        validation.train_on(np.arange(4), 2)
        assert validation.due(time.monotonic(), 0).name == "NOW"
        assert validation.best is None and validation.best_snapshot is None


def test_as_many_captions_are_drawn_as_are_asked_for_the_same_by_the_same_seed(folder: Path) -> None:
    with CocoDataset.open(folder) as dataset:
        val = dataset.split("val")
        run = finished(dataset, replace(SETTINGS, validation_captions=3))
        assert run.validation.num_captions == 3 < val.num_captions
        again = finished(dataset, replace(SETTINGS, validation_captions=3))
        fixed, others = run.validation._fixed, again.validation._fixed
        assert fixed is not None and others is not None
        assert fixed.of_train == 3 and len(fixed.captions) == 6
        np.testing.assert_array_equal(fixed.captions, others.captions)
        snapshot, last = run.snapshot(), run.validation.points()[-1]
        assert snapshot is not None
        own, owners = fixed.captions[3:], fixed.owners[3:]
        loss, _ = snapshot.model.reference_loss(fixed.features[owners], own)
        words = int((own[:, 1:] != dataset.vocabulary.null).sum())
        assert last.val == pytest.approx(loss * 3 / words, rel=1e-4)


def test_of_few_captions_that_are_trained_on_as_many_of_val_are_read(folder: Path) -> None:
    with CocoDataset.open(folder) as dataset:
        assert dataset.split("val").num_captions > 4
        run = finished(dataset, replace(SETTINGS, num_captions=4, batch_size=2))
        fixed = run.validation._fixed
        assert fixed is not None and run.validation.num_captions == 4
        assert (fixed.of_train, len(fixed.captions)) == (4, 8)


@pytest.mark.parametrize("steps", [70, 100, 137, 300, 2_000])
def test_all_points_of_a_run_the_first_and_the_last_with_them_take_at_most_three_hundredths_of_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    now, cost, spent = 100.0, 1.0, 0.0

    def take_a_second(*_: object) -> tuple[float, float]:
        nonlocal now, spent
        now, spent = now + cost, spent + cost
        return 2.0, 2.0

    with CocoDataset.open(folder) as dataset:
        validation = Validation(dataset, 3, 5, lambda: now)
        validation.train_on(np.arange(20), 2)
        validation.prepare()
        monkeypatch.setattr(type(validation._fixed), "nats_a_word", take_a_second)
        callbacks = Callbacks([validation], lambda: now)
        model = SETTINGS.new_model(dataset.vocabulary.word_to_idx, dataset.feature_dim)
        solver = SimpleNamespace(iteration=0, interrupt=None, loss_history=[], model=model)
        began = now
        for solver.iteration in range(steps):
            callbacks.run_due(cast(RunSolver, solver))
            now += 1.0
        solver.iteration = steps
        validation.run(cast(RunSolver, solver))
    assert spent <= 0.03 * (now - began)
    assert spent >= max(2, 0.01 * (now - began))  # and they are not just left out


def test_no_captions_are_no_validation(folder: Path) -> None:
    with CocoDataset.open(folder) as dataset:
        run = finished(dataset, replace(SETTINGS, validation_captions=0))
        assert run.validation.points() == () and run.best_snapshot() is None
        assert run.validation.num_captions == 0
        assert run.caption_stops() is not None  # what is said is looked at all the same


def test_a_file_of_before_the_number_could_be_chosen_opens_with_what_it_was(
    folder: Path, tmp_path: Path
) -> None:
    with CocoDataset.open(folder) as dataset:
        run = finished(dataset, replace(SETTINGS, validation_captions=7))
        snapshot = run.snapshot()
        assert snapshot is not None
        save_model(tmp_path / "model.npz", SavedModel.of_run(run, snapshot))
    assert open_model(tmp_path / "model.npz").settings.validation_captions == 7
    content = dict(np.load(tmp_path / "model.npz"))
    about = json.loads(content["about"].tobytes())
    del about["settings"]["validation_captions"]
    content["about"] = np.frombuffer(json.dumps(about).encode(), dtype=np.uint8)
    np.savez(tmp_path / "old.npz", **content)
    assert open_model(tmp_path / "old.npz").settings.validation_captions == 200


def test_the_unigram_guess_is_what_counting_by_hand_gives(folder: Path) -> None:
    with CocoDataset.open(folder) as dataset:
        counts = dict.fromkeys(range(len(dataset.vocabulary)), 1)
        for caption in dataset.split("train").captions.tolist():
            for word in caption[1:]:
                if word != dataset.vocabulary.null:
                    counts[word] += 1
        surprises = [
            -math.log(counts[word] / sum(counts.values()))
            for caption in dataset.split("val").captions.tolist()
            for word in caption[1:]
            if word != dataset.vocabulary.null
        ]
        assert unigram_nats(dataset) == pytest.approx(sum(surprises) / len(surprises), rel=1e-12)
