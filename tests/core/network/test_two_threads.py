"""A step's work in two threads: what a helper may do, and how it ends."""

import pickle
import threading
from collections.abc import Iterator

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from captionviewer.core import CaptioningRNN, CaptioningSolver
from captionviewer.core.network import fast_step, library_threads
from captionviewer.core.network.library_threads import one_library_thread
from captionviewer.core.network.two_threads import Pieces

WORDS = {"<NULL>": 0, "<START>": 1, "<END>": 2, "<UNK>": 3, **{f"w{k}": k for k in range(4, 200)}}
HELPED = pytest.mark.parametrize("helped", [False, True])


def helpers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "captionviewer step"]


def library_threads_now() -> list[int]:
    return [library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"]


@pytest.fixture
def two_threads(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As on a machine with two cores, whatever this one has."""
    monkeypatch.setattr(library_threads, "cores", lambda: 2)
    with threadpool_limits(limits=2, user_api="blas"):
        yield


# ---- pieces --------------------------------------------------------------------------------


@HELPED
def test_every_piece_is_done_once_before_finish_returns(helped: bool) -> None:
    done: list[int] = []
    with Pieces(helped=helped) as pieces:
        for number in range(50):
            pieces.add(lambda number=number: done.append(number))
        pieces.finish()
        assert sorted(done) == list(range(50))
        pieces.add(lambda: done.append(50))
        pieces.finish()
    assert len(done) == 51
    assert not helpers()


@HELPED
def test_what_a_piece_raises_comes_from_finish_and_no_thread_is_left(helped: bool) -> None:
    def fail() -> None:
        raise ZeroDivisionError("of a piece")

    with pytest.raises(ZeroDivisionError, match="of a piece"), Pieces(helped=helped) as pieces:
        pieces.add(fail)
        pieces.finish()
    assert not helpers()


def test_an_error_beside_the_pieces_ends_those_that_have_not_begun() -> None:
    done: list[int] = []
    hold = threading.Event()
    with pytest.raises(KeyError), Pieces(helped=True) as pieces:
        pieces.add(lambda: (hold.wait(10), done.append(0))[0])
        for number in range(1, 5):
            pieces.add(lambda number=number: done.append(number))
        threading.Timer(0.05, hold.set).start()
        raise KeyError
    assert not helpers()
    assert 4 not in done


# ---- the library's threads -----------------------------------------------------------------


@pytest.mark.usefixtures("two_threads")
def test_the_library_has_one_thread_while_it_is_held_and_then_what_it_had() -> None:
    with one_library_thread() as more:
        assert more
        assert set(library_threads_now()) == {1}
        with one_library_thread() as more_inside:
            assert more_inside
        assert set(library_threads_now()) == {1}
    assert set(library_threads_now()) == {2}


def test_a_user_who_asked_for_one_thread_gets_no_helper() -> None:
    with threadpool_limits(limits=1, user_api="blas"), one_library_thread() as more:
        assert not more


@pytest.mark.usefixtures("two_threads")
def test_an_error_gives_the_librarys_threads_back() -> None:
    with pytest.raises(KeyError), one_library_thread():
        raise KeyError
    assert set(library_threads_now()) == {2}


# ---- the step ------------------------------------------------------------------------------


def model(cell: str, hidden: int = 512) -> CaptioningRNN:
    return CaptioningRNN(WORDS, 64, 32, hidden, cell, rng=np.random.default_rng(3))  # type: ignore[arg-type]


def minibatch(size: int, holes: bool = False) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(size)
    captions = np.zeros((size, 17), dtype=np.int32)
    for row in captions:
        length = int(rng.integers(4, 16))
        row[0], row[1:length], row[length] = 1, rng.integers(4, 200, length - 1), 2
        if holes:
            row[int(rng.integers(1, length))] = 0
    return rng.standard_normal((size, 64)).astype(np.float32), captions


@pytest.mark.usefixtures("two_threads")
@pytest.mark.parametrize("cell", ["rnn", "lstm"])
@pytest.mark.parametrize(("size", "holes"), [(1, False), (3, True), (25, False), (25, True), (128, False)])
def test_the_step_in_two_threads_gives_the_readable_layers_loss_and_gradients(
    cell: str, size: int, holes: bool
) -> None:
    net = model(cell)
    features, captions = minibatch(size, holes)
    loss, grads = net.loss(features, captions)
    expected, expected_grads = net.reference_loss(features, captions)
    assert loss == pytest.approx(expected, rel=2e-6)
    for name, gradient in expected_grads.items():
        scale = float(np.abs(gradient).max())
        np.testing.assert_allclose(grads[name], gradient, rtol=0, atol=3e-6 * scale, err_msg=name)


@pytest.mark.parametrize("cell", ["rnn", "lstm"])
def test_helped_or_not_a_step_is_the_same_to_the_last_bit(cell: str, monkeypatch: pytest.MonkeyPatch) -> None:
    features, captions = minibatch(25)
    net = model(cell)
    asked: list[bool] = []
    real = Pieces

    def counted(*, helped: bool) -> Pieces:
        asked.append(helped)
        return real(helped=helped)

    monkeypatch.setattr(fast_step, "Pieces", counted)
    monkeypatch.setattr(library_threads, "cores", lambda: 2)
    with threadpool_limits(limits=2, user_api="blas"):
        first = net.loss(features, captions)
    with threadpool_limits(limits=1, user_api="blas"):
        second = net.loss(features, captions)
    assert asked == [True, False]
    assert first[0] == second[0]
    for name, gradient in first[1].items():
        np.testing.assert_array_equal(gradient, second[1][name], err_msg=name)


@pytest.mark.usefixtures("two_threads")
def test_what_is_raised_in_a_piece_ends_the_step_and_the_next_one_is_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    features, captions = minibatch(25)
    net = model("lstm")
    right = net.loss(features, captions)

    def fail(*_arguments: object) -> float:
        raise MemoryError("in a piece")

    with monkeypatch.context() as broken:
        broken.setattr(fast_step._Scores, "_softmax", fail)
        with pytest.raises(MemoryError, match="in a piece"):
            net.loss(features, captions)
    assert not helpers()
    again = net.loss(features, captions)
    assert again[0] == right[0]
    np.testing.assert_array_equal(again[1]["Wh"], right[1]["Wh"])


def steps(net: CaptioningRNN) -> CaptioningSolver[CaptioningRNN]:
    features, captions = minibatch(60)
    data = {
        "train_captions": captions,
        "train_features": features,
        "train_image_idxs": np.arange(60),
        "word_to_idx": WORDS,
    }
    solver = CaptioningSolver(
        net, data, "adam", batch_size=25, num_epochs=9, verbose=False, rng=np.random.default_rng(5)
    )
    solver.step()
    return solver


@pytest.mark.usefixtures("two_threads")
def test_a_pickle_in_the_middle_goes_on_with_the_same_losses() -> None:
    solver = steps(model("rnn"))
    twin = pickle.loads(pickle.dumps(solver))
    assert [twin.step() for _ in range(3)] == [solver.step() for _ in range(3)]
    assert not helpers()
