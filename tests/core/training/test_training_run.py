"""A training run in its thread: orders, events, snapshots, failures, and that a seed repeats it.

(Past 400 lines: each order and each end of one run, on the same small data.)
"""

import threading
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from captionviewer.core.arrays import IntArray
from captionviewer.core.coco.dataset import CocoDataset, DataError
from captionviewer.core.coco.minibatch import sample_coco_minibatch
from captionviewer.core.coco.vocabulary import caption_text
from captionviewer.core.network import captioning_solver, fast_step
from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.core.network.captioning_solver import CaptioningSolver
from captionviewer.core.network.workspace import product
from captionviewer.core.training import callbacks, watched_photos
from captionviewer.core.training import run as run_module
from captionviewer.core.training.events import (
    Event,
    RunFailed,
    RunFinished,
    RunPaused,
    RunResumed,
    RunStarted,
    RunState,
    RunStopped,
    WatchedCaptions,
)
from captionviewer.core.training.model_guard import GUARD_EVERY
from captionviewer.core.training.run import TrainingRun
from captionviewer.core.training.run_record import RunRecord
from captionviewer.core.training.settings import TrainingSettings

QUICK = TrainingSettings(hidden_dim=24, wordvec_dim=16, num_captions=20, batch_size=5, num_epochs=10, seed=3)
ENDLESS = replace(QUICK, num_epochs=100_000)
LONG = 20.0  # seconds that nothing here takes


@pytest.fixture
def dataset(coco_folder: Path) -> Iterator[CocoDataset]:
    with CocoDataset.open(coco_folder) as opened:
        yield opened


@pytest.fixture
def begin(dataset: CocoDataset) -> Iterator[Callable[..., TrainingRun]]:
    """Make runs that are stopped when the test ends, however it ends."""
    runs: list[TrainingRun] = []

    def make(settings: TrainingSettings, **more: Any) -> TrainingRun:
        runs.append(TrainingRun(settings, dataset, **more))
        return runs[-1]

    yield make
    for run in runs:
        run.stop()
        assert run.wait(LONG)


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + LONG
    while not condition():
        assert time.monotonic() < end, "what was waited for did not come"
        time.sleep(0.002)


def look_between_all_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the watched photos be captioned after every step, whatever it costs."""
    monkeypatch.setattr(watched_photos, "WATCH_EVERY", 0.0)
    monkeypatch.setattr(callbacks, "MOST_SHARE", 1e9)
    monkeypatch.setattr(watched_photos.CaptionWatch, "share", 1e9)


def kinds(events: list[Event]) -> list[type]:
    return [type(event) for event in events if not isinstance(event, WatchedCaptions)]


def test_a_run_goes_from_its_start_to_its_end(begin: Callable[..., TrainingRun]) -> None:
    run = begin(QUICK)
    states = [run.state]
    run.start()
    assert run.wait(LONG)
    events = run.take_events()
    assert kinds(events) == [RunStarted, RunFinished]
    assert [*states, run.state] == [RunState.NOT_STARTED, RunState.FINISHED]
    started = events[0]
    assert isinstance(started, RunStarted)
    assert (started.num_iterations, started.iterations_per_epoch) == (40, 4)
    assert len(run.history) == 40
    assert run.progress().iteration == run.progress().num_iterations == 40
    assert run.progress().epoch == 10
    assert run.progress().learning_rate == pytest.approx(5e-3 * 0.95**10)
    np.testing.assert_allclose(
        run.history.learning_rates()[[0, 3, 4, 39]], [5e-3, 5e-3, 5e-3 * 0.95, 5e-3 * 0.95**9]
    )
    assert run.take_events() == []


def test_the_loss_falls_and_the_loss_per_word_is_the_loss_over_the_words(
    begin: Callable[..., TrainingRun],
) -> None:
    run = begin(replace(QUICK, num_epochs=40))
    run.start()
    assert run.wait(LONG)
    _, losses, per_word = run.history.since(0)
    assert losses[-10:].mean() < 0.7 * losses[:10].mean()
    words = losses / per_word  # words predicted a caption: 15 words and <END> at the most
    assert np.all((words > 3) & (words <= 16.001))
    np.testing.assert_allclose(words * 5, np.round(words * 5), atol=1e-3)


def test_the_rows_trained_on_are_as_many_as_asked_one_a_photo(
    begin: Callable[..., TrainingRun], dataset: CocoDataset
) -> None:
    run = begin(QUICK)
    assert run.caption_rows.size == run.image_rows.size == 0
    run.start()
    assert run.wait(LONG)
    owners = dataset.split("train").image_idxs[run.caption_rows]
    assert len(set(run.caption_rows.tolist())) == 20
    assert len(set(owners.tolist())) == 20
    assert sorted(owners.tolist()) == run.image_rows.tolist()


def test_the_same_seed_repeats_a_run_exactly_whatever_is_asked_of_it(
    begin: Callable[..., TrainingRun], dataset: CocoDataset
) -> None:
    calm = begin(QUICK)
    calm.start()
    assert calm.wait(LONG)
    watched = [dataset.split("val").record(0), dataset.split("train").record(3)]
    bothered = begin(QUICK, watched=watched, keeps_moments=True)
    bothered.step_once()
    until(lambda: bothered.state is RunState.PAUSED)
    bothered.request_snapshot()
    bothered.step_once()
    bothered.watch([dataset.split("train").record(1)])
    bothered.resume()
    assert bothered.wait(LONG)
    np.testing.assert_array_equal(calm.caption_rows, bothered.caption_rows)
    np.testing.assert_array_equal(calm.history.since(0)[1], bothered.history.since(0)[1])
    ends = calm.snapshot(), bothered.snapshot()
    assert ends[0] is not None and ends[1] is not None
    for name, parameter in ends[0].model.params.items():
        np.testing.assert_array_equal(parameter, ends[1].model.params[name])
    assert [moment.iteration for moment in bothered.moments] == [0, GUARD_EVERY] and calm.moments == ()
    past = [*bothered.moments, ends[1]]  # each as it was then
    assert len({float(moment.model.params["b_vocab"].sum()) for moment in past}) == len(past)
    other = begin(replace(QUICK, seed=4))
    other.start()
    assert other.wait(LONG)
    assert not np.array_equal(calm.history.since(0)[1], other.history.since(0)[1])


def test_a_run_is_what_a_script_with_the_same_generators_gets(
    begin: Callable[..., TrainingRun], dataset: CocoDataset
) -> None:
    run = begin(QUICK)
    run.start()
    assert run.wait(LONG)
    rng = np.random.default_rng(3)
    rows = dataset.split("train").draw_captions(20, True, rng)
    parameters = np.random.default_rng([3, 2])
    model = CaptioningRNN(dataset.vocabulary.word_to_idx, dataset.feature_dim, 16, 24, rng=parameters)
    solver = CaptioningSolver(
        model,
        dataset.training_data(rows),
        update_rule="adam",
        optim_config={"learning_rate": 5e-3},
        lr_decay=0.95,
        batch_size=5,
        num_epochs=10,
        verbose=False,
        rng=rng,
    )
    solver.train()
    np.testing.assert_allclose(run.history.since(0)[1], solver.loss_history, rtol=1e-6)


def test_runs_of_one_seed_draw_the_same_minibatches_whatever_their_cell_and_size(
    begin: Callable[..., TrainingRun], monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[IntArray] = []

    def noted(*args: Any) -> Any:
        batch = sample_coco_minibatch(*args)
        drawn.append(batch[0])
        return batch

    monkeypatch.setattr(captioning_solver, "sample_coco_minibatch", noted)
    for settings in (QUICK, replace(QUICK, cell_type="lstm", hidden_dim=7)):
        run = begin(settings)
        run.start()
        assert run.wait(LONG)
    assert len(drawn) == 80
    np.testing.assert_array_equal(drawn[:40], drawn[40:])


def test_a_paused_run_waits_and_a_resumed_one_goes_on(begin: Callable[..., TrainingRun]) -> None:
    run = begin(ENDLESS)
    run.start()
    until(lambda: len(run.history) > 3)
    run.pause()
    until(lambda: run.state is RunState.PAUSED)
    count = len(run.history)
    time.sleep(0.05)
    assert len(run.history) == count
    snapshot = run.snapshot()
    assert snapshot is not None
    assert snapshot.iteration == count
    run.resume()
    until(lambda: len(run.history) > count)
    assert run.state is RunState.RUNNING
    run.stop()
    assert run.wait(LONG)
    events = run.take_events()
    assert kinds(events) == [RunStarted, RunPaused, RunResumed, RunStopped]
    assert next(event for event in events if isinstance(event, RunPaused)).iteration == count


def test_the_time_left_is_that_of_the_iterations_left(
    begin: Callable[..., TrainingRun], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = begin(QUICK)
    monkeypatch.setattr(run._rate, "note", lambda now, iteration: 0.0 if iteration == 1 else 8.0)
    run.step_once()
    until(lambda: run.state is RunState.PAUSED)
    assert (run.progress().steps_per_second, run.progress().seconds_left) == (0, None)
    run.step_once()
    until(lambda: len(run.history) == 2 and run.state is RunState.PAUSED)
    assert (run.progress().steps_per_second, run.progress().seconds_left) == (8, 38 / 8)


def test_the_time_of_a_pause_does_not_slow_the_rate(
    begin: Callable[..., TrainingRun], monkeypatch: pytest.MonkeyPatch
) -> None:
    forgotten: list[int] = []
    run = begin(ENDLESS)
    monkeypatch.setattr(run._rate, "forget", lambda: forgotten.append(len(run.history)))
    run.start()
    run.pause()
    until(lambda: run.state is RunState.PAUSED)
    paused_at = len(run.history)
    run.resume()
    until(lambda: len(run.history) > paused_at)
    assert forgotten == [paused_at]


def test_a_single_step_makes_one_update_from_the_start_and_from_a_pause(
    begin: Callable[..., TrainingRun],
) -> None:
    run = begin(ENDLESS)
    for wanted in (1, 2, 3):
        run.step_once()
        until(lambda wanted=wanted: (run.state, len(run.history)) == (RunState.PAUSED, wanted))
        until(lambda: any(isinstance(event, RunPaused) for event in run.take_events()))
        time.sleep(0.02)
        assert len(run.history) == wanted
        snapshot = run.snapshot()
        assert snapshot is not None
        assert snapshot.iteration == wanted


def test_steps_asked_for_quickly_are_all_made(begin: Callable[..., TrainingRun]) -> None:
    run = begin(ENDLESS)
    for _ in range(5):
        run.step_once()
    until(lambda: len(run.history) == 5 and run.state is RunState.PAUSED)
    time.sleep(0.02)
    assert len(run.history) == 5


def test_a_single_step_pauses_a_run_at_full_speed(begin: Callable[..., TrainingRun]) -> None:
    run = begin(ENDLESS)
    run.start()
    until(lambda: len(run.history) > 2)
    run.step_once()
    until(lambda: run.state is RunState.PAUSED)


def test_the_last_single_step_finishes_the_run(begin: Callable[..., TrainingRun]) -> None:
    run = begin(replace(QUICK, num_captions=10, num_epochs=1))
    run.step_once()
    run.step_once()
    assert run.wait(LONG)
    assert kinds(run.take_events())[-1] is RunFinished


@pytest.mark.parametrize("paused", [False, True])
def test_a_stopped_run_ends_soon_with_its_model_kept(begin: Callable[..., TrainingRun], paused: bool) -> None:
    run = begin(ENDLESS)
    run.start()
    until(lambda: len(run.history) > 3)
    if paused:
        run.pause()
        until(lambda: run.state is RunState.PAUSED)
    run.stop()
    assert run.wait(LONG)
    assert run.state is RunState.STOPPED
    snapshot = run.snapshot()
    assert snapshot is not None
    assert snapshot.iteration == len(run.history) == run.progress().iteration
    assert snapshot.loss == pytest.approx(run.history.since(0)[1][-1], rel=1e-6)
    until(lambda: snapshot.model.workspace_bytes == 0)  # what a step worked in is given back


def test_a_run_stopped_while_its_model_is_drawn_ends_without_one(
    begin: Callable[..., TrainingRun], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = begin(ENDLESS)
    new_model = TrainingSettings.new_model

    def stopped_meanwhile(settings: TrainingSettings, *args: Any, **more: Any) -> CaptioningRNN:
        run.stop()
        new_model(settings, *args, **more)
        raise AssertionError("the model was drawn to its end")

    monkeypatch.setattr(TrainingSettings, "new_model", stopped_meanwhile)
    run.start()
    assert run.wait(LONG)
    assert run.take_events() == [RunStopped(0)]
    assert run.snapshot() is None


def test_a_run_stopped_in_the_middle_of_a_step_keeps_the_model_of_the_step_before(
    begin: Callable[..., TrainingRun], monkeypatch: pytest.MonkeyPatch
) -> None:
    calm, run = begin(QUICK), begin(QUICK)
    calm.step_once()
    until(lambda: calm.state is RunState.PAUSED)
    calls: list[int] = []

    def stopped_in_the_second_step(*args: Any) -> None:
        product(*args)
        calls.append(len(run.history))
        if calls.count(1) == 2:
            run.stop()

    monkeypatch.setattr(fast_step, "product", stopped_in_the_second_step)
    run.start()
    assert run.wait(LONG)
    assert calls.count(1) == 2
    assert run.take_events()[-1] == RunStopped(1)
    expected, kept = calm.snapshot(), run.snapshot()
    assert expected is not None and kept is not None
    assert (kept.iteration, kept.loss) == (1, expected.loss)
    for name, value in expected.model.params.items():
        np.testing.assert_array_equal(kept.model.params[name], value)


def test_captions_under_way_are_given_up_at_a_stop_and_written_once_its_end_is_told(
    begin: Callable[..., TrainingRun], dataset: CocoDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    look_between_all_steps(monkeypatch)
    run = begin(ENDLESS, watched=[dataset.split("train").record(0)])
    captions = watched_photos.PhotoCaptioner.ids
    begun: list[int] = []
    finished: list[int] = []

    def stopped_in_the_second(captioner: Any, *args: Any) -> Any:
        begun.append(len(run.history))
        if len(begun) == 2:
            run.stop()
        said = captions(captioner, *args)
        finished.append(len(run.history))
        return said

    monkeypatch.setattr(watched_photos.PhotoCaptioner, "ids", stopped_in_the_second)
    run.start()
    assert run.wait(LONG)
    assert (len(begun), len(finished)) == (3, 2)  # the second was given up
    end, last = run.take_events()[-2:]
    assert end == RunStopped(begun[1])
    assert isinstance(last, WatchedCaptions) and last.iteration == begun[1]
    stops = run.caption_stops()
    assert stops is not None and stops.iterations[-1] == begun[1]


def test_a_stopped_run_whose_last_captions_fail_is_kept_all_the_same(
    begin: Callable[..., TrainingRun], dataset: CocoDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    records: list[RunRecord] = []
    run = begin(ENDLESS, watched=[dataset.split("train").record(0)], keep=records.append)
    captions, failed = watched_photos.PhotoCaptioner.ids, []

    def too_little_memory_at_the_end(captioner: Any, *args: Any) -> Any:
        if not run.state.is_live:
            failed.append(len(run.history))
            raise MemoryError
        return captions(captioner, *args)

    monkeypatch.setattr(watched_photos.PhotoCaptioner, "ids", too_little_memory_at_the_end)
    monkeypatch.setattr(watched_photos.CaptionWatch, "is_behind", lambda *_args: True)
    run.start()
    until(lambda: len(run.history) > 3)
    run.stop()
    assert run.wait(LONG)
    assert run.state is RunState.STOPPED
    assert failed == [len(run.history)]
    assert records[-1].outcome == "stopped" and records[-1].iteration == len(run.history)


def test_a_run_stopped_in_its_last_look_has_finished(
    begin: Callable[..., TrainingRun], dataset: CocoDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = begin(QUICK, watched=[dataset.split("train").record(0)])
    captions, total = watched_photos.PhotoCaptioner.ids, 40
    looked: list[int] = []

    def stopped_in_the_last(captioner: Any, *args: Any) -> Any:
        looked.append(len(run.history))
        if len(run.history) == total:
            run.stop()
        return captions(captioner, *args)

    monkeypatch.setattr(watched_photos.PhotoCaptioner, "ids", stopped_in_the_last)
    run.start()
    assert run.wait(LONG)
    assert looked[-1] == total and run.take_events()[-1] == RunFinished(total)


def test_a_stop_does_not_wait_for_a_guest_between_steps(begin: Callable[..., TrainingRun]) -> None:
    run = begin(ENDLESS)
    run.start()
    until(lambda: len(run.history) > 2)
    with run.between_steps():
        run.stop()
        assert run.wait(LONG)
    assert run.state is RunState.STOPPED


def test_what_a_run_has_learned_is_handed_over_without_what_was_kept_for_speed(
    begin: Callable[..., TrainingRun],
) -> None:
    run = begin(QUICK)
    run.start()
    assert run.wait(LONG)
    snapshot = run.snapshot()
    assert snapshot is not None
    assert not snapshot.model._idle_workspaces


def test_a_run_stopped_before_its_start_ends_once_and_cannot_start(begin: Callable[..., TrainingRun]) -> None:
    run = begin(QUICK)
    run.stop()
    run.stop()
    assert run.wait(0)
    assert run.take_events() == [RunStopped(0)]
    with pytest.raises(RuntimeError, match="make a new one"):
        run.start()
    run.step_once()
    assert run.state is RunState.STOPPED


def test_a_run_has_one_end_whatever_is_ordered_in_whatever_order(begin: Callable[..., TrainingRun]) -> None:
    rng = np.random.default_rng(5)
    for _ in range(25):
        run = begin(replace(QUICK, num_epochs=int(rng.integers(1, 30))))
        orders = [run.pause, run.resume, run.step_once, run.request_snapshot, run.take_events]
        ends: list[Event] = []
        if rng.random() < 0.8:
            run.start()
        for order in rng.integers(0, len(orders), size=12):
            answer = orders[order]()
            ends += [event for event in answer or [] if not isinstance(event, WatchedCaptions)]
            if rng.random() < 0.3:
                time.sleep(float(rng.random()) * 0.004)
        run.stop()
        assert run.wait(LONG)
        ends += run.take_events()
        terminal = [event for event in ends if isinstance(event, RunFinished | RunStopped | RunFailed)]
        assert len(terminal) == 1
        assert ends[-1] is terminal[0] or isinstance(ends[-1], WatchedCaptions)
        assert not run.state.is_live


def test_starting_twice_is_refused(begin: Callable[..., TrainingRun]) -> None:
    run = begin(ENDLESS)
    run.start()
    with pytest.raises(RuntimeError, match="started before"):
        run.start()


def test_a_snapshot_never_changes_while_the_run_goes_on(begin: Callable[..., TrainingRun]) -> None:
    run = begin(ENDLESS)
    run.start()
    until(lambda: len(run.history) > 2)
    run.request_snapshot()
    until(lambda: (run.snapshot() or pytest.fail()).iteration > 0)
    snapshot = run.snapshot()
    assert snapshot is not None
    before = {name: parameter.copy() for name, parameter in snapshot.model.params.items()}
    reached = len(run.history)
    until(lambda: len(run.history) > reached + 5)
    for name, parameter in snapshot.model.params.items():
        np.testing.assert_array_equal(parameter, before[name])
    run.request_snapshot()
    until(lambda: (run.snapshot() or pytest.fail()).iteration > snapshot.iteration)


def test_watched_photos_are_described_as_the_model_would_now(
    begin: Callable[..., TrainingRun], dataset: CocoDataset
) -> None:
    photos = [dataset.split("train").record(2), dataset.split("val").record(1)]
    run = begin(ENDLESS, watched=photos)
    run.start()
    until(lambda: len(run.history) > 20)
    run.pause()
    until(lambda: run.state is RunState.PAUSED)
    snapshot = run.snapshot()
    assert snapshot is not None
    looks: list[WatchedCaptions] = []

    def newest_is_of_the_snapshot() -> bool:
        looks.extend(event for event in run.take_events() if isinstance(event, WatchedCaptions))
        return bool(looks) and looks[-1].iteration == snapshot.iteration

    until(newest_is_of_the_snapshot)
    for photo, (key, said) in zip(photos, looks[-1].captions, strict=True):
        features = dataset.split(photo.split).features.rows(np.array([photo.row]))
        assert key == photo.key
        assert said == caption_text(snapshot.model.sample(features)[0], dataset.vocabulary)
    assert all(said for _, said in looks[-1].captions)


def test_other_photos_can_be_watched_while_the_run_is_paused(
    begin: Callable[..., TrainingRun], dataset: CocoDataset
) -> None:
    run = begin(ENDLESS)
    run.step_once()
    until(lambda: run.state is RunState.PAUSED)
    run.take_events()
    run.watch([dataset.split("val").record(4)])
    looks: list[Event] = []
    until(lambda: bool(looks.extend(run.take_events()) or looks))
    assert isinstance(looks[0], WatchedCaptions)
    assert looks[0].captions[0][0] == ("val", 4)
    assert run.state is RunState.PAUSED


def test_only_the_newest_captions_wait_to_be_taken(
    begin: Callable[..., TrainingRun], dataset: CocoDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    look_between_all_steps(monkeypatch)
    run = begin(QUICK, watched=[dataset.split("train").record(0)])
    run.start()
    assert run.wait(LONG)
    looks = [event for event in run.take_events() if isinstance(event, WatchedCaptions)]
    assert [look.iteration for look in looks] == [40]


def test_events_nobody_takes_do_not_pile_up_and_the_end_is_never_lost(
    begin: Callable[..., TrainingRun], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_module, "MOST_EVENTS", 100)
    run = begin(ENDLESS)
    run.step_once()
    until(lambda: run.state is RunState.PAUSED)
    for wanted in range(2, run_module.MOST_EVENTS + 50):
        snapshot = run.snapshot()
        run.step_once()
        while len(run.history) < wanted or run.snapshot() is snapshot:  # a snapshot is made at each pause
            time.sleep(0)
    run.stop()
    assert run.wait(LONG)
    events = run.take_events()
    assert len(events) <= run_module.MOST_EVENTS
    assert isinstance(events[-1], RunStopped)
    assert not isinstance(events[0], RunStarted)  # the oldest gave way


class Spoiled:
    """Stands before a solver's step and makes the loss of one iteration what it is told."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, iteration: int, loss: float, *, parameters: bool = False
    ) -> None:
        step = CaptioningSolver.step

        def spoiled(solver: CaptioningSolver[CaptioningRNN]) -> float:
            true_loss = step(solver)
            if solver.iteration == iteration and parameters:
                solver.model.params["Wh"][0, 0] = loss
            return loss if solver.iteration == iteration and not parameters else true_loss

        monkeypatch.setattr(CaptioningSolver, "step", spoiled)


@pytest.mark.parametrize("loss", [float("nan"), float("inf")])
def test_a_loss_that_is_not_finite_fails_the_run_and_keeps_the_last_good_model(
    begin: Callable[..., TrainingRun], monkeypatch: pytest.MonkeyPatch, loss: float
) -> None:
    Spoiled(monkeypatch, 60, loss)
    run = begin(ENDLESS)
    run.start()
    assert run.wait(LONG)
    end = run.take_events()[-1]
    assert isinstance(end, RunFailed)
    assert run.state is RunState.FAILED
    assert (end.iteration, end.kept_iteration) == (60, 50)  # a copy each 25; that of 50 gave a good loss
    assert f"The loss became {'NaN' if loss != loss else 'infinite'} at iteration 60" in end.reason
    assert "learning rate (0.005)" in end.reason
    assert "The model of iteration 50 is kept." in end.reason
    snapshot = run.snapshot()
    assert snapshot is not None
    assert snapshot.iteration == 50
    assert all(np.isfinite(parameter).all() for parameter in snapshot.model.params.values())
    _, losses, _ = run.history.since(0)
    assert len(losses) == 59
    assert np.isfinite(losses).all()


def test_a_copy_whose_own_loss_was_not_finite_is_not_called_good(
    begin: Callable[..., TrainingRun], monkeypatch: pytest.MonkeyPatch
) -> None:
    Spoiled(monkeypatch, 51, float("nan"))  # the very step that the copy of iteration 50 is tried by
    run = begin(ENDLESS)
    run.start()
    assert run.wait(LONG)
    end = run.take_events()[-1]
    assert isinstance(end, RunFailed)
    assert end.kept_iteration == 25


def test_a_run_that_fails_at_its_first_step_keeps_nothing(
    begin: Callable[..., TrainingRun], monkeypatch: pytest.MonkeyPatch
) -> None:
    Spoiled(monkeypatch, 1, float("nan"))
    run = begin(ENDLESS)
    run.start()
    assert run.wait(LONG)
    end = run.take_events()[-1]
    assert isinstance(end, RunFailed)
    assert end.kept_iteration is None
    assert "Nothing had been learned before." in end.reason
    assert run.snapshot() is None


def test_parameters_that_are_not_finite_never_become_a_snapshot(
    begin: Callable[..., TrainingRun], monkeypatch: pytest.MonkeyPatch
) -> None:
    Spoiled(monkeypatch, 40, float("inf"), parameters=True)  # the last step: no loss follows it
    run = begin(QUICK)
    run.start()
    assert run.wait(LONG)
    end = run.take_events()[-1]
    assert isinstance(end, RunFailed)
    assert "The parameters became infinite or NaN" in end.reason
    assert end.kept_iteration == 25


def test_a_learning_rate_far_too_large_ends_in_words_without_a_warning(
    begin: Callable[..., TrainingRun],
) -> None:
    run = begin(replace(ENDLESS, update_rule="sgd", learning_rate=1e30, lr_decay=1.0))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run.start()
        assert run.wait(LONG)
    end = run.take_events()[-1]
    assert isinstance(end, RunFailed)
    assert "diverged" in end.reason
    snapshot = run.snapshot()
    if end.kept_iteration is not None:
        assert snapshot is not None
        assert np.isfinite(snapshot.model.params["Wh"]).all()


def test_features_that_cannot_be_read_fail_the_run_with_the_datas_own_words(
    begin: Callable[..., TrainingRun], dataset: CocoDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = CaptioningSolver.step

    def unplugged(solver: CaptioningSolver[CaptioningRNN]) -> float:
        if solver.iteration == 30:
            raise DataError(dataset.folder / "train2014_vgg16_fc7_pca.h5", "The disk is gone.")
        return step(solver)

    monkeypatch.setattr(CaptioningSolver, "step", unplugged)
    run = begin(ENDLESS)
    run.start()
    assert run.wait(LONG)
    end = run.take_events()[-1]
    assert isinstance(end, RunFailed)
    assert "train2014_vgg16_fc7_pca.h5" in end.reason
    assert "The disk is gone." in end.reason
    assert end.kept_iteration == 30  # the model itself is whole
    snapshot = run.snapshot()
    assert snapshot is not None
    assert snapshot.loss == pytest.approx(run.history.since(0)[1][-1])


@pytest.mark.parametrize(
    ("error", "words"), [(MemoryError(), "not enough memory"), (KeyError("W_proj"), "KeyError")]
)
def test_any_other_error_ends_the_run_in_words_too(
    begin: Callable[..., TrainingRun], monkeypatch: pytest.MonkeyPatch, error: Exception, words: str
) -> None:
    def broken(solver: CaptioningSolver[CaptioningRNN]) -> float:
        raise error

    monkeypatch.setattr(CaptioningSolver, "step", broken)
    run = begin(QUICK)
    run.start()
    assert run.wait(LONG)
    events = run.take_events()
    assert kinds(events) == [RunStarted, RunFailed]
    assert isinstance(events[-1], RunFailed)
    assert words in events[-1].reason


def test_a_run_whose_thread_cannot_start_ends_in_words(
    begin: Callable[..., TrainingRun], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    run = begin(QUICK)
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refused)
        run.start()
    (end,) = run.take_events()
    assert isinstance(end, RunFailed)
    assert "can't start new thread" in end.reason


@pytest.mark.parametrize("error", [RuntimeError("can't start new thread"), MemoryError()])
def test_nobody_sees_a_run_that_is_live_without_a_thread(
    begin: Callable[..., TrainingRun], monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    run = begin(QUICK)
    start = threading.Thread.start
    got_in: list[bool] = []

    def looked_at(thread: threading.Thread) -> None:
        other = threading.Thread(target=lambda: got_in.append(run._wake.acquire(blocking=False)))
        start(other)
        other.join()
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", looked_at)
        run.start()
    assert got_in == [False]
    assert run.state is RunState.FAILED


def test_the_notebooks_overfit_learns_its_captions_by_heart(
    begin: Callable[..., TrainingRun], dataset: CocoDataset
) -> None:
    run = begin(TrainingSettings())
    run.start()
    assert run.wait(60)
    assert run.history.since(90)[1].mean() < 0.2
    snapshot = run.snapshot()
    assert snapshot is not None
    rows = run.caption_rows
    said = snapshot.model.sample(
        dataset.split("train").features.rows(dataset.split("train").image_idxs[rows])
    )
    same = [
        caption_text(mine, dataset.vocabulary) == caption_text(truth, dataset.vocabulary)
        for mine, truth in zip(said, dataset.split("train").captions[rows], strict=True)
    ]
    assert sum(same) >= 45


def test_a_run_ends_in_an_event_even_where_its_failure_can_not_be_dealt_with(
    begin: Callable[..., TrainingRun], monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_memory(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(CaptioningSolver, "step", no_memory)
    monkeypatch.setattr("captionviewer.core.training.model_guard.ModelGuard.newest_good", no_memory)
    run = begin(QUICK)
    with pytest.raises(MemoryError):
        run._work()
    assert run.state is RunState.FAILED
    end = run.take_events()[-1]
    assert isinstance(end, RunFailed)
    assert end.kept_iteration is None
