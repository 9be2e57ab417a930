"""Runs that go on where they were left, whose settings change while they run, and that repeat both."""

import gc
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from weakref import ref

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from captionviewer.core.coco import minibatch
from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.network import captioning_solver
from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.core.network.cells import CellType
from captionviewer.core.network.optim import FACTS, RuleName
from captionviewer.core.saved.run_file import open_run, save_run
from captionviewer.core.training.events import RunFailed, RunFinished, RunNotKept, RunState
from captionviewer.core.training.run import TrainingRun
from captionviewer.core.training.run_record import (
    CannotContinueError,
    Machine,
    RunRecord,
    how_exactly,
    why_not_continued,
)
from captionviewer.core.training.run_scores import RunScores
from captionviewer.core.training.setting_edits import SettingEdit
from captionviewer.core.training.settings import TrainingSettings

SMALL = TrainingSettings(
    hidden_dim=12, wordvec_dim=8, num_captions=20, batch_size=5, num_epochs=8, learning_rate=1e-2, seed=3
)
RATES: dict[RuleName, float] = {"adam": 1e-2, "rmsprop": 1e-3, "sgd_momentum": 1e-2, "sgd": 1e-1}
LONG = 20.0


@pytest.fixture
def dataset(coco_folder: Path) -> Iterator[CocoDataset]:
    with CocoDataset.open(coco_folder) as opened, threadpool_limits(limits=1, user_api="blas"):
        yield opened


def ended(run: TrainingRun) -> TrainingRun:
    run.start()
    assert run.wait(LONG)
    return run


def whole(settings: TrainingSettings, dataset: CocoDataset, **more: Any) -> tuple[TrainingRun, RunRecord]:
    """A run to its end, and the last that was kept of it."""
    kept: list[RunRecord] = []
    run = TrainingRun(settings, dataset, keep=kept.append, **more)
    ended(run)
    return run, kept[-1]


def left_after(
    steps: int, settings: TrainingSettings, dataset: CocoDataset, **more: Any
) -> tuple[TrainingRun, RunRecord]:
    """A run that is stopped after some steps, and what was kept of it."""
    kept: list[RunRecord] = []
    run = TrainingRun(settings, dataset, keep=kept.append, **more)
    for done in range(steps):
        run.step_once()
        wait_until(lambda done=done: run.state is RunState.PAUSED and len(run.history) > done)
    run.stop()
    assert run.wait(LONG)
    return run, kept[-1]


def wait_until(condition: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(int(LONG / 0.001)):
        if condition():
            return
        pause.wait(0.001)
    raise AssertionError("what was waited for did not come")


def parameters(model: CaptioningRNN | None) -> dict[str, np.ndarray]:
    assert model is not None
    return model.params


def assert_same_model(one: CaptioningRNN | None, other: CaptioningRNN | None) -> None:
    for name, value in parameters(one).items():
        np.testing.assert_array_equal(value, parameters(other)[name], err_msg=name, strict=True)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("cell", ["rnn", "lstm"])
@pytest.mark.parametrize("rule", list(FACTS))
@pytest.mark.parametrize("left_at", [8, 11])  # 4 iterations make an epoch: at a boundary, and between two
def test_a_continued_run_equals_one_that_was_never_left(
    dataset: CocoDataset, rule: RuleName, cell: CellType, dtype: type, left_at: int
) -> None:
    settings = replace(
        SMALL, cell_type=cell, update_rule=rule, learning_rate=RATES[rule], num_epochs=5, clip_norm=2.0
    )
    _, once = whole(settings, dataset, dtype=dtype)
    earlier, left = left_after(left_at, settings, dataset, dtype=dtype)
    assert left.iteration == left_at and left.outcome == "stopped"
    run, again = whole(settings, dataset, go_on_from=left)
    at_end = run.snapshot()
    assert run.continues and at_end is not None
    assert parameters(again.model)["Wx"] is parameters(at_end.model)["Wx"]
    assert left.model is not None and left.state is not None
    former = ref(left.model), ref(left.state)
    del earlier, left
    gc.collect()
    assert [each() for each in former] == [None, None]  # the run that goes on holds no copies of before
    assert again.iteration == once.iteration == 20
    assert_same_model(once.model, again.model)
    assert parameters(again.model)["Wx"].dtype == dtype
    np.testing.assert_array_equal(once.losses, again.losses)
    np.testing.assert_array_equal(once.rates, again.rates)
    np.testing.assert_array_equal(once.gradient_norms, again.gradient_norms)


def test_a_finished_run_goes_on_for_more_epochs_as_if_more_had_been_planned(dataset: CocoDataset) -> None:
    _, half = whole(replace(SMALL, num_epochs=4), dataset)
    _, more = whole(SMALL, dataset, go_on_from=half)
    _, once = whole(SMALL, dataset)
    assert half.outcome == "finished" and more.iteration == 2 * half.iteration
    assert_same_model(once.model, more.model)


def test_a_step_that_is_given_up_draws_the_same_minibatch_when_the_run_goes_on(
    dataset: CocoDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, once = whole(SMALL, dataset)
    kept: list[RunRecord] = []
    run = TrainingRun(SMALL, dataset, keep=kept.append)
    real = minibatch.sample_coco_minibatch
    calls = iter(range(1000))

    def stopped_within(*args: Any) -> Any:
        drawn = real(*args)
        if next(calls) == 6:
            run.stop()
            run._interrupt()
        return drawn

    monkeypatch.setattr(captioning_solver, "sample_coco_minibatch", stopped_within)
    ended(run)
    monkeypatch.undo()
    assert kept[-1].iteration == 6
    _, again = whole(SMALL, dataset, go_on_from=kept[-1])
    assert_same_model(once.model, again.model)


def test_what_was_said_and_validated_before_stands_in_the_continued_run(dataset: CocoDataset) -> None:
    photos = [dataset.split("train").record(0)]
    _, left = left_after(9, SMALL, dataset, watched=photos)
    run, again = whole(SMALL, dataset, watched=photos, go_on_from=left)
    assert left.validation and left.stops is not None and again.stops is not None
    assert again.validation[: len(left.validation)] == left.validation
    assert again.stops.iterations[0] == 0 and again.stops.iterations[-1] == 32
    np.testing.assert_array_equal(again.stops.captions[0], left.stops.captions[0])
    assert (np.diff(run.history.seconds()) >= 0).all()


def test_a_continued_run_keeps_the_scores_of_before_and_needs_no_norms_of_before(
    dataset: CocoDataset, tmp_path: Path
) -> None:
    _, record = left_after(7, SMALL, dataset)
    scores = RunScores(7, "4 photos of val", {"cider_d": 1.5}, {})
    _, later = whole(SMALL, dataset, go_on_from=replace(record, scores=scores, parameter_norms=None))
    assert later.scores == scores
    save_run(tmp_path / "run.npz", later)
    norms = open_run(tmp_path / "run.npz").parameter_norms
    assert norms is not None and norms.iterations[0] == 8


def test_a_run_says_why_it_can_not_go_on(dataset: CocoDataset) -> None:
    _, left = left_after(3, SMALL, dataset)
    assert why_not_continued(left, dataset) is None
    without = replace(left, state=None, state_problem="its state is damaged")
    assert "its state is damaged" in str(why_not_continued(without, dataset))
    other = replace(left, data_digest="0" * 64)
    assert "others here" in str(why_not_continued(other, dataset))
    with pytest.raises(CannotContinueError, match="own settings"):
        TrainingRun(replace(SMALL, learning_rate=1.0), dataset, go_on_from=left)
    with pytest.raises(CannotContinueError, match="fewer"):
        TrainingRun(replace(SMALL, num_epochs=1), dataset, go_on_from=replace(left, iteration=5))


def test_it_says_to_which_numbers_a_run_goes_on(dataset: CocoDataset) -> None:
    _, left = left_after(1, SMALL, dataset)
    assert left.machine.threads == 1
    assert "bit for bit" in how_exactly(left)
    many = replace(Machine.here(), threads=2)
    assert "several threads" in how_exactly(left, many)
    assert "another NumPy" in how_exactly(left, replace(left.machine, numpy="1.0"))


def test_a_run_with_edits_equals_its_replay_and_decays_the_new_rate(dataset: CocoDataset) -> None:
    kept: list[RunRecord] = []
    run = TrainingRun(SMALL, dataset, keep=kept.append)
    for done in range(6):
        run.step_once()
        wait_until(lambda done=done: run.state is RunState.PAUSED and len(run.history) > done)
    run.set_learning_rate(2e-3)
    run.set_learning_rate(4e-3)  # dragged on: nothing was trained with the value between
    run.set_clip_norm(0.5)
    run.resume()
    assert run.wait(LONG)
    rates = run.history.learning_rates()
    np.testing.assert_allclose(rates[6:8], 4e-3)
    np.testing.assert_allclose(rates[8:12], 4e-3 * SMALL.lr_decay, rtol=1e-6)
    assert run.edits == (
        SettingEdit(6, "learning_rate", 4e-3, SMALL.learning_rate * SMALL.lr_decay),
        SettingEdit(6, "clip_norm", 0.5, None),
    )
    _, replayed = whole(SMALL, dataset, edits=run.edits)
    assert_same_model(kept[-1].model, replayed.model)
    assert replayed.edits == run.edits
    _, plain = whole(SMALL, dataset)
    assert not np.array_equal(parameters(plain.model)["Wx"], parameters(replayed.model)["Wx"])


def test_a_rate_that_can_not_be_is_refused_in_words(dataset: CocoDataset) -> None:
    run = TrainingRun(SMALL, dataset)
    with pytest.raises(ValueError, match="above 0"):
        run.set_learning_rate(0.0)
    with pytest.raises(ValueError, match="number"):
        run.set_clip_norm(float("nan"))
    run.stop()


def test_new_runs_start_from_weights_with_nothing_else_of_the_old_run(dataset: CocoDataset) -> None:
    _, first = whole(SMALL, dataset)
    kept: list[RunRecord] = []
    begun = TrainingRun(replace(SMALL, num_epochs=1), dataset, weights=first.model, keep=kept.append)
    ended(begun)
    assert first.model is not None
    snapshot, former, losses = kept[-1], ref(first.model), first.losses
    del first, _
    gc.collect()
    assert former() is None  # nor does it hold them
    assert snapshot.iteration == 4 and float(snapshot.losses[0]) < 0.8 * float(losses[0])


def test_keeping_that_fails_is_told_once_and_the_run_goes_on(dataset: CocoDataset) -> None:
    def refuse(_record: RunRecord) -> None:
        raise OSError(28, "No space left on device")

    run = ended(TrainingRun(SMALL, dataset, keep=refuse))
    events = run.take_events()
    assert [event.reason for event in events if isinstance(event, RunNotKept)] == [
        "[Errno 28] No space left on device"
    ]
    assert any(isinstance(event, RunFinished) for event in events)


def test_a_run_that_diverged_is_kept_with_its_last_good_model(dataset: CocoDataset) -> None:
    run, record = whole(replace(SMALL, update_rule="sgd", learning_rate=1e30), dataset)
    assert any(isinstance(event, RunFailed) for event in run.take_events())
    assert record.outcome == "failed" and "diverged" in record.reason and record.state is None
