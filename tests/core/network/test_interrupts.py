"""Whatever takes long can be given up between its pieces, and the pieces make the same as the whole."""

from typing import Any

import numpy as np
import pytest

from captionviewer.core.arrays import FloatArray
from captionviewer.core.network import captioning_rnn, fast_step, packed_cells, workspace
from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.core.network.captioning_solver import CaptioningSolver
from captionviewer.core.network.workspace import Interrupt
from tests.core.network.caption_cases import distance, random_captions, small_data, small_model, vocabulary

CELLS = ["rnn", "lstm"]


class GivenUp(Exception):
    pass


class After:
    """An interrupt that counts its calls, and raises at one of them."""

    def __init__(self, most: float = float("inf")) -> None:
        self.calls = 0
        self._most = most

    def __call__(self) -> None:
        self.calls += 1
        if self.calls > self._most:
            raise GivenUp


@pytest.fixture
def in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(captioning_rnn, "MOVED", 20)
    monkeypatch.setattr(workspace, "MOVED", 20)
    monkeypatch.setattr(workspace, "PIECE", 64)


def made(**changes: Any) -> CaptioningRNN:
    return CaptioningRNN(vocabulary(12), 30, 8, 16, "lstm", np.float64, **changes)


@pytest.mark.parametrize("seeded", [True, False])
def test_a_model_drawn_in_pieces_has_the_same_numbers(seeded: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    def draw() -> CaptioningRNN:
        np.random.seed(4)
        return made(rng=np.random.default_rng(4) if seeded else None)

    whole = draw()
    monkeypatch.setattr(captioning_rnn, "MOVED", 20)
    for name, value in draw().params.items():
        np.testing.assert_array_equal(value, whole.params[name])


def test_drawing_and_copying_a_model_are_given_up_between_pieces(in_pieces: None) -> None:
    counted = After()
    model = made(interrupt=counted)
    assert counted.calls > 20
    with pytest.raises(GivenUp):
        made(interrupt=After(5))
    counted = After()
    twin = model.copy(counted)
    assert counted.calls > 20
    for name, value in model.params.items():
        np.testing.assert_array_equal(twin.params[name], value)
    with pytest.raises(GivenUp):
        model.copy(After(5))


@pytest.mark.parametrize("cell_type", CELLS)
def test_products_in_pieces_give_the_same_loss_and_gradients(
    cell_type: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(0)
    model = CaptioningRNN(vocabulary(40), 30, 8, 16, cell_type, np.float64, rng=rng)
    features, captions = rng.standard_normal((25, 30)), random_captions(rng, 25, 9, 40)
    loss, grads = model.loss(features, captions)
    monkeypatch.setattr(workspace, "PIECE", 64)
    in_pieces, grads_in_pieces = model.loss(features, captions)
    assert in_pieces == pytest.approx(loss, rel=1e-12)
    for name, value in grads.items():
        assert distance(grads_in_pieces[name], value) < 1e-12


@pytest.mark.parametrize("cell_type", CELLS)
def test_each_product_of_a_step_can_be_given_up(cell_type: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[object] = []

    def product(a: FloatArray, b: FloatArray, out: FloatArray, interrupt: Interrupt) -> None:
        given.append(interrupt)
        plain_product(a, b, out, interrupt)

    plain_product = workspace.product
    for module in (fast_step, packed_cells, workspace):
        monkeypatch.setattr(module, "product", product)
    solver = CaptioningSolver(
        small_model(cell_type=cell_type), small_data(), batch_size=5, verbose=False,
        rng=np.random.default_rng(2),
    )  # fmt: skip
    solver.interrupt = After()
    solver.step()
    assert len(given) > 3 and set(map(id, given)) == {id(solver.interrupt)}


@pytest.mark.parametrize("cell_type", CELLS)
@pytest.mark.parametrize("rule", ["adam", "sgd_momentum"])
def test_a_step_given_up_at_whatever_moment_has_changed_nothing(cell_type: Any, rule: str) -> None:
    def solver() -> CaptioningSolver[CaptioningRNN]:
        return CaptioningSolver(
            small_model(cell_type=cell_type), small_data(), rule, batch_size=5, verbose=False,
            rng=np.random.default_rng(2),
        )  # fmt: skip

    counted = After()
    measured = solver()
    measured.step()
    measured.interrupt = counted
    measured.step()
    assert counted.calls > 10
    for most in range(counted.calls):
        given_up, calm = solver(), solver()
        for each in (given_up, calm):
            each.step()
        given_up.interrupt = After(most)
        with pytest.raises(GivenUp):
            given_up.step()
        assert (given_up.iteration, len(given_up.loss_history)) == (1, 1)
        for name, value in calm.model.params.items():
            np.testing.assert_array_equal(given_up.model.params[name], value)
        given_up.interrupt = None
        calm._rng, given_up._rng = np.random.default_rng(9), np.random.default_rng(9)
        assert given_up.step() == calm.step()  # and it may go on
        for name, value in calm.model.params.items():
            np.testing.assert_array_equal(given_up.model.params[name], value)


def test_the_first_step_of_a_large_model_is_given_up_while_its_parameters_are_moved(in_pieces: None) -> None:
    model = small_model()
    before = model.copy()
    for most in range(6):
        solver = CaptioningSolver(model, small_data(), batch_size=5, verbose=False)
        solver.interrupt = After(most)
        with pytest.raises(GivenUp):
            solver.step()
        for name, value in before.params.items():
            np.testing.assert_array_equal(model.params[name], value)


def test_the_first_step_is_given_up_while_room_is_made_for_what_the_rule_remembers(in_pieces: None) -> None:
    def solver(rule: str) -> CaptioningSolver[CaptioningRNN]:
        return CaptioningSolver(
            small_model(), small_data(), rule, batch_size=5, verbose=False, rng=np.random.default_rng(2)
        )

    calls = []
    for rule in ("sgd", "adam"):
        counted, whole = After(), solver(rule)
        whole.interrupt = counted
        whole.step()
        calls.append(counted.calls)
    assert calls[1] > calls[0] + 20
    for most in range(calls[0], calls[1]):
        given_up, calm = solver("adam"), solver("adam")
        given_up.interrupt = After(most)
        with pytest.raises(GivenUp):
            given_up.step()
        for name, value in calm.model.params.items():
            np.testing.assert_array_equal(given_up.model.params[name], value)
        given_up.interrupt = None
        assert [given_up.step(), given_up.step()] == [calm.step(), calm.step()]


def test_captions_are_given_up_between_timesteps() -> None:
    features: FloatArray = np.ones((2, 6))
    counted = After()
    model = small_model()
    model.params["b_vocab"][2] = -100  # never <END>
    model.sample(features, 9, interrupt=counted)
    assert counted.calls == 9
    with pytest.raises(GivenUp):
        model.sample(features, 9, interrupt=After(3))
