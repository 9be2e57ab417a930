"""The loss history: growing, read while it grows, thinned and smoothed."""

import threading

import numpy as np
import pytest

from captionviewer.core.training.loss_history import LossHistory, RunningSum, thin_to_columns


def test_entries_come_back_in_order_from_where_one_asks() -> None:
    history = LossHistory()
    for i in range(2500):  # past two doublings of the arrays
        history.append(float(i), i / 10, 1e-3)
    iterations, losses, per_word = history.since(2490)
    assert len(history) == 2500
    assert iterations.tolist() == list(range(2491, 2501))
    assert losses.tolist() == list(range(2490, 2500))
    np.testing.assert_allclose(per_word, losses / 10, rtol=1e-6)
    assert history.learning_rates().shape == (2500,)


def test_nothing_new_is_an_empty_answer() -> None:
    history = LossHistory()
    history.append(1.0, 0.1, 1e-3)
    assert [part.size for part in history.since(1)] == [0, 0, 0]


def test_what_was_read_stays_as_it_was_read() -> None:
    history = LossHistory()
    history.append(1.0, 0.1, 1e-3)
    _, losses, _ = history.since(0)
    losses[:] = 99
    assert history.since(0)[1].tolist() == [1.0]


def test_a_saved_history_can_be_put_before_new_entries() -> None:
    history = LossHistory()
    history.extend(np.arange(3000.0), np.arange(3000.0) / 10, np.full(3000, 1e-3))
    history.append(7.0, 0.7, 1e-4)
    assert len(history) == 3001
    assert history.since(2999)[1].tolist() == [2999.0, 7.0]
    with pytest.raises(ValueError, match="one length"):
        history.extend(np.zeros(2), np.zeros(3), np.zeros(2))


def test_a_reader_never_sees_half_an_entry() -> None:
    history = LossHistory()
    ended = threading.Event()

    def write() -> None:
        for i in range(20_000):
            history.append(float(i), float(i), float(i))
        ended.set()

    writer = threading.Thread(target=write)
    writer.start()
    seen = 0
    while True:
        last_round = ended.is_set()
        iterations, losses, per_word = history.since(seen)
        np.testing.assert_array_equal(losses, per_word)
        np.testing.assert_array_equal(losses, iterations - 1)
        seen += len(losses)
        if last_round:
            break
    writer.join()
    assert seen == 20_000


def test_thinning_keeps_every_columns_minimum_and_maximum() -> None:
    values = np.random.default_rng(1).normal(size=100_003)
    values[54_321], values[77_777] = 50.0, -50.0
    x, y = thin_to_columns(np.arange(len(values)), values, 320)
    assert len(x) == len(y) == 640
    assert np.all(np.diff(x) >= 0)
    starts = (np.arange(320) * len(values)) // 320
    np.testing.assert_array_equal(y[0:-2:2], np.minimum.reduceat(values, starts)[:-1])
    np.testing.assert_array_equal(y[1:-2:2], np.maximum.reduceat(values, starts)[:-1])
    assert y.max() == 50.0
    assert y.min() == -50.0


def test_a_thinned_curve_ends_where_the_curve_ends() -> None:
    values = np.linspace(80, 1, 5000)
    x, y = thin_to_columns(np.arange(1, 5001), values)
    assert (x[-1], y[-1]) == (5000, 1.0)


@pytest.mark.parametrize(("extreme", "other"), [(90.0, 39.0), (-90.0, 41.0)])
def test_the_last_column_keeps_the_extreme_that_is_farther_from_where_the_curve_ends(
    extreme: float, other: float
) -> None:
    values = np.full(5000, 40.0)
    values[-3], values[-2] = extreme, other
    _, y = thin_to_columns(np.arange(5000), values, 320)
    assert y[-2:].tolist() == [extreme, 40.0]


def test_a_short_curve_is_not_thinned() -> None:
    values = np.arange(100.0)
    x, y = thin_to_columns(np.arange(100), values, 320)
    np.testing.assert_array_equal(y, values)
    np.testing.assert_array_equal(x, np.arange(100))


def test_the_smoothed_curve_is_the_centred_mean() -> None:
    values = np.random.default_rng(2).normal(size=5000)
    sums = RunningSum()
    for part in np.split(values, [1, 700, 703, 4000]):
        sums.extend(part)
    places, means = sums.smoothed(half_width=50, points=200)
    assert len(places) == 200
    for place, mean in zip(places, means, strict=True):
        if 50 <= place < 4950:
            assert mean == pytest.approx(values[place - 50 : place + 51].mean())


def test_the_smoothed_curve_does_not_lag_behind_a_straight_fall() -> None:
    sums = RunningSum()
    sums.extend(np.linspace(80, 0, 1001))
    places, means = sums.smoothed(half_width=30, points=1001)
    inside = (places > 5) & (places < 995)
    np.testing.assert_allclose(means[inside], np.linspace(80, 0, 1001)[places[inside]])


def test_one_value_is_its_own_mean_and_none_is_no_curve() -> None:
    sums = RunningSum()
    assert sums.smoothed(10)[0].size == 0
    sums.extend(np.array([4.0]))
    assert sums.smoothed(10)[1].tolist() == [4.0]
