"""A race: two runs in lock-step, each of which comes to the numbers that it comes to alone."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from captionviewer.core.coco import minibatch
from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.training.events import RunState
from captionviewer.core.training.race import Race, of_equal_parameters
from captionviewer.core.training.run import TrainingRun
from captionviewer.core.training.run_progress import Stopwatch
from captionviewer.core.training.settings import DataFacts, TrainingSettings

LONG = 20.0
RNN = TrainingSettings(hidden_dim=12, wordvec_dim=8, num_captions=20, batch_size=5, num_epochs=6, seed=3)
LSTM = replace(RNN, cell_type="lstm")


@pytest.fixture
def dataset(coco_folder: Path) -> Iterator[CocoDataset]:
    with CocoDataset.open(coco_folder) as opened, threadpool_limits(limits=1, user_api="blas"):
        yield opened


def until(condition: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(int(LONG / 0.002)):
        if condition():
            return
        pause.wait(0.002)
    raise AssertionError("what was waited for did not come")


@pytest.mark.parametrize("other", [LSTM, replace(RNN, learning_rate=1e-3), replace(RNN, num_epochs=3)])
def test_each_racer_comes_to_the_numbers_that_it_comes_to_alone(
    dataset: CocoDataset, other: TrainingSettings
) -> None:
    race = Race((RNN, other), dataset, watched=[dataset.split("val").record(0)])
    race.start()
    assert race.wait(LONG)
    for settings, racer in zip((RNN, other), race.runs, strict=True):
        alone = TrainingRun(settings, dataset)
        alone.start()
        assert alone.wait(LONG)
        assert racer.state is RunState.FINISHED
        np.testing.assert_array_equal(racer.history.since(0)[1], alone.history.since(0)[1])
        ends = racer.snapshot(), alone.snapshot()
        assert ends[0] is not None and ends[1] is not None
        for name, value in ends[0].model.params.items():
            np.testing.assert_array_equal(value, ends[1].model.params[name])


def test_they_step_in_turn_on_the_same_minibatches(
    dataset: CocoDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    race = Race((RNN, LSTM), dataset)
    threads = {run._thread: number for number, run in enumerate(race.runs)}
    order: list[int] = []
    drawn: dict[int, list[np.ndarray]] = {0: [], 1: []}
    real = minibatch.sample_coco_minibatch

    def noted(*args: object) -> object:
        batch = real(*args)  # type: ignore[arg-type]
        number = threads[threading.current_thread()]
        order.append(number)
        drawn[number].append(batch[0])
        return batch

    monkeypatch.setattr("captionviewer.core.network.captioning_solver.sample_coco_minibatch", noted)
    race.start()
    assert race.wait(LONG)
    assert order == [0, 1] * 24
    np.testing.assert_array_equal(drawn[0], drawn[1])
    np.testing.assert_array_equal(race.runs[0].caption_rows, race.runs[1].caption_rows)


def test_a_pause_lets_both_wait_after_the_same_step_and_a_step_makes_one_of_each(
    dataset: CocoDataset,
) -> None:
    endless = replace(RNN, num_epochs=100_000)
    race = Race((endless, replace(endless, cell_type="lstm")), dataset)
    try:
        race.start()
        until(lambda: all(len(run.history) > 3 for run in race.runs))
        race.pause()
        until(lambda: race.is_paused)
        done = [len(run.history) for run in race.runs]
        assert done[0] == done[1]
        for step in (1, 2):
            race.step()
            until(lambda step=step: [len(run.history) for run in race.runs] == [done[0] + step] * 2)
            until(lambda: race.is_paused)
        race.resume()
        until(lambda: all(len(run.history) > done[0] + 6 for run in race.runs))
        assert abs(len(race.runs[0].history) - len(race.runs[1].history)) <= 1
    finally:
        race.stop()
        assert race.wait(LONG)
    assert not race.is_live


def test_seconds_are_those_of_a_racers_own_steps(
    dataset: CocoDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    race = Race((replace(RNN, num_epochs=2), replace(LSTM, num_epochs=2)), dataset)
    now = 0.0
    for run in race.runs:
        run._stopwatch = Stopwatch(clock=lambda: now)
    slow = race.runs[1]
    real = slow._step

    def long_step(solver: Any) -> None:
        nonlocal now
        now += 1.0
        real(solver)

    monkeypatch.setattr(slow, "_step", long_step)
    race.start()
    assert race.wait(LONG)
    assert race.runs[0].history.seconds().tolist() == [0.0] * 8
    assert race.runs[1].history.seconds().tolist() == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]


def test_a_race_is_stopped_while_it_waits_and_needs_one_seed(dataset: CocoDataset) -> None:
    race = Race((RNN, LSTM), dataset)
    race.pause()
    race.start()
    until(lambda: race.is_paused)
    assert [len(run.history) for run in race.runs] == [0, 0]
    race.stop()
    assert race.wait(LONG)
    with pytest.raises(ValueError, match="one seed"):
        Race((RNN, replace(RNN, seed=4)), dataset)


def test_equal_parameters_are_as_near_as_a_hidden_size_brings_them() -> None:
    facts = DataFacts(100, 100, 512, 1004, 17)
    base = replace(RNN, hidden_dim=256, wordvec_dim=128)
    other = of_equal_parameters(base, replace(base, cell_type="lstm"), facts)
    wanted = base.num_parameters(facts)
    every = [abs(replace(other, hidden_dim=size).num_parameters(facts) - wanted) for size in range(1, 257)]
    assert other.cell_type == "lstm" and other.hidden_dim == int(np.argmin(every)) + 1
    assert of_equal_parameters(base, base, facts) == base
