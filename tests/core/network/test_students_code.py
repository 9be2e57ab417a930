"""What students do with solver and model beside the notebook's cells: none of it is ignored silently.

(Past 400 lines: one way of going beside the notebook after the other.)
"""

import copy
import math
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from captionviewer.core import CaptioningRNN, CaptioningSolver, sample_coco_minibatch
from captionviewer.core.arrays import FloatArray, IntArray
from captionviewer.core.network import optim
from tests.core.network.caption_cases import distance, small_data, small_model
from tests.core.network.course_training import course_adam, course_losses

CELLS = ["rnn", "lstm"]


def solver_for(model: Any, **changes: Any) -> CaptioningSolver[Any]:
    wanted: dict[str, Any] = {
        "update_rule": "sgd", "optim_config": {"learning_rate": 0.05}, "batch_size": 5, "num_epochs": 5,
        "verbose": False, "rng": np.random.default_rng(8),
    }  # fmt: skip
    return CaptioningSolver(model, small_data(), **(wanted | changes))


# the course's own numbers


@pytest.mark.parametrize("cell_type", CELLS)
def test_with_adam_the_losses_are_the_courses_to_the_last_digits(cell_type: Any) -> None:
    data = small_data(n=50, V=40, D=20)

    def model() -> CaptioningRNN:
        np.random.seed(231)
        return CaptioningRNN(data["word_to_idx"], 20, 16, 24, cell_type, np.float64)

    solver = CaptioningSolver(
        model(), data, "adam", {"learning_rate": 5e-3}, lr_decay=0.95, batch_size=25, num_epochs=50,
        verbose=False,
    )  # fmt: skip
    solver.train()
    losses = course_losses(model(), data, course_adam, {"learning_rate": 5e-3}, 25, 50, 0.95)
    np.testing.assert_allclose(solver.loss_history, losses, rtol=1e-14)


# losses of one's own


class WithWeightDecay(CaptioningRNN):
    def loss(self, features: FloatArray, captions: IntArray) -> tuple[float, dict[str, FloatArray]]:
        loss, grads = super().loss(features, captions)
        for name, value in self.params.items():
            loss += 0.5 * float((value**2).sum())
            grads[name] = grads[name] + value
        return loss, grads


def weight_decay_by_hand(steps: int) -> tuple[list[float], dict[str, FloatArray]]:
    model = small_model()
    rng = np.random.default_rng(8)
    losses = []
    for _ in range(steps):
        captions, features, _ = sample_coco_minibatch(small_data(), 5, "train", rng)
        loss, grads = model.reference_loss(features, captions)
        losses.append(loss + sum(0.5 * float((value**2).sum()) for value in model.params.values()))
        model.params = {name: w - 0.05 * (grads[name] + w) for name, w in model.params.items()}
    return losses, model.params


def subclassed() -> Any:
    model = small_model()
    twin = WithWeightDecay(model.word_to_idx, 6, 5, 7, "rnn", np.float64)
    twin.params = model.params
    return twin


class JustParamsAndLoss:
    def __init__(self) -> None:
        self._inside = subclassed()
        self.params = self._inside.params

    def loss(self, features: FloatArray, captions: IntArray) -> tuple[float, dict[str, FloatArray]]:
        self._inside.params = self.params
        loss, grads = WithWeightDecay.loss(self._inside, features, captions)
        return np.float64(loss), grads


def plain_loss_replaced_on_the_object() -> Any:
    model: Any = small_model()
    ours = model.loss

    def loss(features: FloatArray, captions: IntArray) -> tuple[float, dict[str, FloatArray]]:
        value, grads = ours(features, captions)
        for name, w in model.params.items():
            value += 0.5 * float((w**2).sum())
            grads[name] = grads[name] + w
        return value, grads

    model.loss = loss
    return model


@pytest.mark.parametrize("make", [subclassed, plain_loss_replaced_on_the_object, JustParamsAndLoss])
def test_a_loss_of_ones_own_is_the_one_that_is_trained_on(make: Callable[[], Any]) -> None:
    model = make()
    solver = solver_for(model)
    solver.train()
    losses, params = weight_decay_by_hand(20)
    np.testing.assert_allclose(solver.loss_history, losses, rtol=1e-10)
    for name, value in params.items():
        assert distance(model.params[name], value) < 1e-10


def test_a_loss_replaced_on_the_class_is_called_too(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[int] = []
    ours = CaptioningRNN.loss

    def loss(self: CaptioningRNN, features: FloatArray, captions: IntArray) -> Any:
        called.append(len(captions))
        return ours(self, features, captions)

    monkeypatch.setattr(CaptioningRNN, "loss", loss)
    solver_for(small_model()).step()
    assert called == [5]


def test_a_parameter_that_our_loss_knows_nothing_of_is_named_and_not_left_as_it_is() -> None:
    model = small_model()
    model.params["W_attention"] = np.zeros((3, 3))
    with pytest.raises(ValueError, match="no gradient for 'W_attention'"):
        solver_for(model).step()


def test_parameters_of_ones_own_are_trained() -> None:
    class Biased(CaptioningRNN):
        def loss(self, features: FloatArray, captions: IntArray) -> tuple[float, dict[str, FloatArray]]:
            loss, grads = super().loss(features + self.params["shift"], captions)
            return loss, grads | {"shift": np.ones(6)}

    base = small_model()
    model = Biased(base.word_to_idx, 6, 5, 7, "rnn", np.float64)
    model.params["shift"] = np.zeros(6)
    solver = solver_for(model)
    solver.step()
    np.testing.assert_allclose(model.params["shift"], -0.05)
    assert solver.optim_configs["shift"]["learning_rate"] == 0.05


# copies


@pytest.mark.parametrize("rule", optim.FACTS)
@pytest.mark.parametrize("copied", [copy.deepcopy, lambda solver: pickle.loads(pickle.dumps(solver))])
def test_a_copied_solver_trains_on_exactly_as_the_original_would(rule: str, copied: Any) -> None:
    solver = solver_for(small_model(dtype=np.float32), update_rule=rule, lr_decay=0.9)
    for _ in range(6):
        solver.step()
    twin = copied(solver)
    before = twin.model.params["Wh"].copy()
    for _ in range(10):
        assert twin.step() == solver.step()
    assert not np.array_equal(twin.model.params["Wh"], before)
    for name, value in solver.model.params.items():
        np.testing.assert_array_equal(twin.model.params[name], value)
        assert not np.shares_memory(twin.model.params[name], value)
    assert twin.learning_rate == solver.learning_rate
    assert twin.epoch == solver.epoch


# settings changed after construction


def test_settings_changed_after_construction_hold_from_then_on() -> None:
    solver = solver_for(small_model(), num_epochs=1)
    solver.num_epochs, solver.batch_size, solver.lr_decay = 7, 20, 0.5
    assert (solver.iterations_per_epoch, solver.num_iterations) == (1, 7)
    solver.train()
    assert len(solver.loss_history) == 7
    assert solver.epoch == 7
    assert solver.learning_rate == pytest.approx(0.05 * 0.5**7)


def test_a_batch_size_changed_between_steps_is_what_the_next_minibatch_has() -> None:
    seen: list[int] = []
    model: Any = small_model()

    def loss(features: FloatArray, captions: IntArray) -> Any:
        seen.append(len(captions))
        return CaptioningRNN.loss(model, features, captions)

    model.loss = loss
    solver = solver_for(model)
    solver.step()
    solver.batch_size = 3
    solver.step()
    assert seen == [5, 3]


def test_a_learning_rate_set_or_set_for_one_parameter_is_the_one_that_is_used() -> None:
    for of_all in (True, False):
        model = small_model()
        before = model.copy()
        solver = solver_for(model)
        if of_all:
            solver.learning_rate = 0.0
        else:
            solver.optim_configs["Wh"]["learning_rate"] = 0.0
        solver.step()
        np.testing.assert_array_equal(model.params["Wh"], before.params["Wh"])
        assert np.array_equal(model.params["b_vocab"], before.params["b_vocab"]) is of_all


def test_a_parameter_with_a_rate_of_its_own_is_updated_as_the_rule_says_also_after_steps_together() -> None:
    model = small_model()
    reference = model.copy()
    solver = solver_for(model, update_rule="adam")
    configs: dict[str, optim.Config] = {name: {"learning_rate": 0.05} for name in model.params}
    rng = np.random.default_rng(8)
    for turn in range(9):
        rate = 0.01 if 3 <= turn < 6 else 0.05  # together, apart, together again
        solver.optim_configs["Wx"]["learning_rate"] = configs["Wx"]["learning_rate"] = rate
        solver.step()
        captions, features, _ = sample_coco_minibatch(small_data(), 5, "train", rng)
        _, grads = reference.reference_loss(features, captions)
        for name, value in reference.params.items():
            reference.params[name], _ = course_adam(value, grads[name], configs[name])
    for name, value in reference.params.items():
        assert distance(model.params[name], value) < 1e-12, name


def test_an_update_rule_may_be_set_later_and_goes_on_with_what_is_known() -> None:
    model = small_model()
    solver = solver_for(model)
    solver.step()
    solver.update_rule = "sgd_momentum"
    before = model.params["Wh"].copy()
    solver.step()
    assert solver.update_rule is optim.sgd_momentum
    np.testing.assert_allclose(model.params["Wh"], before + solver.optim_configs["Wh"]["velocity"])


@pytest.mark.parametrize(
    ("name", "value"),
    [("batch_size", 0), ("num_epochs", -1), ("lr_decay", -0.5), ("learning_rate", -1), ("print_every", 0)],
)
def test_a_setting_changed_to_a_value_that_cannot_be_is_refused(name: str, value: float) -> None:
    solver = solver_for(small_model())
    with pytest.raises(ValueError, match=name):
        setattr(solver, name, value)


def test_train_begins_a_new_epoch_whatever_was_stepped_before() -> None:
    solver = solver_for(small_model(), num_epochs=1, lr_decay=0.5)  # of 4 iterations
    for _ in range(2):
        solver.step()
    solver.train()
    for _ in range(3):
        solver.step()
    assert solver.epoch == 1
    solver.step()
    assert (solver.epoch, solver.learning_rate) == (2, 0.05 * 0.5**2)


def test_a_parameter_added_later_learns_at_the_rate_that_the_others_have_by_then() -> None:
    model: Any = small_model()
    solver = solver_for(model, num_epochs=1, lr_decay=0.5)
    solver.train()
    ours = model.loss
    model.params["shift"] = np.zeros(6)

    def loss(features: FloatArray, captions: IntArray) -> Any:
        value, grads = ours(features + model.params["shift"], captions)
        return value, grads | {"shift": np.ones(6)}

    model.loss = loss
    solver.step()
    np.testing.assert_allclose(model.params["shift"], -0.025)


# update rules of one's own


def signs(w: FloatArray, dw: FloatArray, config: Any = None) -> tuple[FloatArray, Any]:
    """A rule that keeps a gradient and looks at a parameter as a whole."""
    config["last"] = dw
    config["steps"] = config.get("steps", 0) + 1
    return w - config["learning_rate"] * np.sign(dw) * np.linalg.norm(dw), config


def by_assignment() -> str:
    setattr(optim, "signs", signs)  # noqa: B010  as `optim.signs = signs` in a notebook
    return "signs"


def by_registration() -> str:
    optim.RULES["registered signs"] = signs
    return "registered signs"


@pytest.mark.parametrize("given", [lambda: signs, by_assignment, by_registration])
def test_an_update_rule_of_ones_own_is_applied_to_each_parameter(given: Callable[[], Any]) -> None:
    model = small_model()
    reference = model.copy()
    try:
        solver = solver_for(model, update_rule=given(), optim_config={"learning_rate": 0.01})
    finally:
        optim.RULES.pop("registered signs", None)
        vars(optim).pop("signs", None)
    solver.step()
    first = solver.optim_configs["Wh"]["last"]
    kept = first.copy()
    solver.step()
    rng = np.random.default_rng(8)
    configs: dict[str, Any] = {name: {"learning_rate": 0.01} for name in reference.params}
    for _ in range(2):
        captions, features, _ = sample_coco_minibatch(small_data(), 5, "train", rng)
        _, grads = reference.reference_loss(features, captions)
        for name, value in reference.params.items():
            reference.params[name], _ = signs(value, grads[name], configs[name])
    for name, value in reference.params.items():
        assert distance(model.params[name], value) < 1e-10, name
    np.testing.assert_array_equal(first, kept)  # the gradient that the rule kept is its own
    assert solver.optim_configs["b"]["steps"] == 2


def test_a_rule_put_in_the_place_of_ours_by_its_name_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(optim, "adam", signs)
    assert solver_for(small_model(), update_rule="adam").update_rule is signs
    monkeypatch.undo()
    monkeypatch.setitem(optim.RULES, "adam", signs)
    assert solver_for(small_model(), update_rule="adam").update_rule is signs


def test_a_rule_is_found_by_a_name_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        optim, "signs", signs, raising=False
    )  # as in the course: a function more in the module
    monkeypatch.setitem(optim.RULES, "signs too", signs)
    for name in ("signs", "signs too"):
        assert solver_for(small_model(), update_rule=name).update_rule is signs


def test_the_helpers_of_the_module_are_no_rules() -> None:
    for name in ("checked_setting", "rule_named", "dataclass", "math"):
        with pytest.raises(ValueError, match="no update rule"):
            solver_for(small_model(), update_rule=name)


def test_a_rule_without_a_learning_rate_trains_and_has_none() -> None:
    solver = solver_for(
        small_model(), update_rule=lambda w, dw, config: (w - 0.1 * dw, config), optim_config={}
    )
    before = solver.step()
    assert math.isnan(solver.learning_rate)
    solver.train()
    assert solver.loss_history[-1] < before


# names that are read


def test_the_names_that_students_read_are_there() -> None:
    model = small_model()
    assert (model._null, model._start, model._end) == (0, 1, 2)
    assert CaptioningRNN({"<NULL>": 0, "cat": 1})._start is None
    solver = solver_for(model, update_rule="adam")
    assert (solver.best_params, solver.train_acc_history, solver.val_acc_history) == ({}, [], [])
    assert (solver.epoch, solver.best_val_acc) == (0, 0)
    assert solver.check_accuracy(None, None) == 0
    solver.step()
    assert set(solver.optim_configs) == set(model.params)
    config = solver.optim_configs["Wx"]
    assert (config["t"], config["m"].shape, config["beta1"]) == (1, model.params["Wx"].shape, 0.9)
    assert solver.update_rule is optim.adam


@pytest.mark.parametrize("rule", ["sgd", "adam"])
@pytest.mark.parametrize("hold", [lambda params: params["Wx"], lambda params: params["Wx"][1:].T])
def test_parameters_that_somebody_holds_stay_as_they_were_and_training_goes_on(hold: Any, rule: str) -> None:
    alone, held = (solver_for(small_model(), update_rule=rule) for _ in range(2))
    kept, copies = [], []
    for _ in range(5):
        alone.step()
        held.step()
        kept.append(hold(held.model.params))
        copies.append(kept[-1].copy())
    held.step()
    alone.step()
    for array, copy_then in zip(kept, copies, strict=True):
        np.testing.assert_array_equal(array, copy_then)
    for name, value in alone.model.params.items():
        np.testing.assert_array_equal(held.model.params[name], value)


def test_parameters_that_nobody_holds_stay_where_they_are() -> None:
    solver = solver_for(small_model(), update_rule="adam")
    solver.step()
    places = {name: value.ctypes.data for name, value in solver.model.params.items()}
    for _ in range(4):
        solver.step()
        solver.model.sample(solver.data["train_features"][:2])
        copy.deepcopy(solver)
    assert places == {name: value.ctypes.data for name, value in solver.model.params.items()}


@pytest.mark.parametrize("rng", [231, np.random.RandomState(231)])
def test_what_is_no_generator_is_refused_before_any_step(rng: Any) -> None:
    with pytest.raises(ValueError, match="default_rng"):
        solver_for(small_model(), rng=rng)


def test_the_underscored_step_updates_once_and_counts_no_epoch() -> None:
    solver = solver_for(small_model(), lr_decay=0.5)
    for _ in range(9):
        solver._step()
    assert len(solver.loss_history) == 9
    assert (solver.epoch, solver.learning_rate) == (0, 0.05)


def test_a_solver_whose_step_is_overridden_as_the_courses_is_trains_with_it() -> None:
    class Clipped(CaptioningSolver[CaptioningRNN]):
        def _step(self) -> None:
            captions, features, _ = sample_coco_minibatch(self.data, self.batch_size, "train", self._rng)
            loss, grads = self.model.loss(features, captions)
            self.loss_history.append(loss)
            for name, w in self.model.params.items():
                dw = np.clip(grads[name], -0.1, 0.1)
                next_w, next_config = self.update_rule(w, dw, self.optim_configs[name])
                self.model.params[name] = next_w
                self.optim_configs[name] = next_config

    model = small_model()
    before = model.copy()
    solver = Clipped(
        model, small_data(), "sgd", {"learning_rate": 1.0}, batch_size=5, num_epochs=1, verbose=False
    )
    solver.train()
    assert len(solver.loss_history) == 4
    largest = max(float(np.abs(model.params[name] - before.params[name]).max()) for name in model.params)
    assert 0.1 < largest <= 0.4 + 1e-12


# data by hand


@pytest.mark.parametrize("cell_type", CELLS)
def test_lists_and_whole_numbers_will_do_for_parameters_everywhere(cell_type: Any) -> None:
    model = small_model(cell_type=cell_type)
    expected = model.copy()
    model.params["b_vocab"] = [0] * 12  # type: ignore[assignment]  # what a student may write
    model.params["W_proj"] = model.params["W_proj"].tolist()
    expected.params["b_vocab"][:] = 0
    features, captions = np.ones((2, 6)), np.array([[1, 5, 2], [1, 6, 2]])
    for loss_of in (CaptioningRNN.loss, CaptioningRNN.reference_loss):
        loss, grads = loss_of(model, features, captions)
        right, right_grads = loss_of(expected, features, captions)
        assert loss == pytest.approx(right, rel=1e-12)
        assert distance(grads["b_vocab"], right_grads["b_vocab"]) < 1e-12
        assert distance(grads["W_proj"], right_grads["W_proj"]) < 1e-12
    assert model.num_parameters == expected.num_parameters
    np.testing.assert_array_equal(model.copy().sample(features), expected.sample(features))
    solvers = solver_for(model), solver_for(expected)
    assert solvers[0].step() == pytest.approx(solvers[1].step(), rel=1e-12)
    assert distance(model.params["b_vocab"], expected.params["b_vocab"]) < 1e-12


def test_a_rule_of_ones_own_is_given_an_array_where_the_parameter_is_a_list() -> None:
    model: Any = small_model()
    model.params["b_vocab"] = [0.0] * 12
    model.loss = lambda features, captions: CaptioningRNN.loss(model, features, captions)
    rule = lambda w, dw, config: (w - 0.1 * dw.reshape(w.shape), config)  # noqa: E731
    solver_for(model, update_rule=rule, optim_config={}).step()
    assert np.any(model.params["b_vocab"])


def test_data_of_lists_and_without_addresses_will_do() -> None:
    data = small_data()
    by_hand = {
        name: value.tolist() for name, value in data.items() if name not in ("train_urls", "word_to_idx")
    }
    by_hand["train_features"] = data["train_features"]
    captions, features, urls = sample_coco_minibatch(by_hand, 7, rng=np.random.default_rng(0))
    expected = sample_coco_minibatch(data, 7, rng=np.random.default_rng(0))
    np.testing.assert_array_equal(captions, expected[0])
    np.testing.assert_array_equal(features, expected[1])
    assert urls.tolist() == [""] * 7
    solver = CaptioningSolver(small_model(), by_hand, batch_size=5, num_epochs=1, verbose=False)
    solver.train()
    assert len(solver.loss_history) == 4


def test_what_data_by_hand_lacks_is_named() -> None:
    data = small_data()
    with pytest.raises(ValueError, match="no 'train_features'"):
        sample_coco_minibatch({name: value for name, value in data.items() if name != "train_features"})
    with pytest.raises(ValueError, match=r"\('train'\), not 'test'"):
        sample_coco_minibatch(data, split="test")
    with pytest.raises(ValueError, match="none"):
        CaptioningSolver(small_model(), {})


def test_a_split_of_ones_own_is_drawn_from() -> None:
    data = small_data()
    data |= {name.replace("train", "test"): value for name, value in data.items() if "train" in name}
    captions, _, _ = sample_coco_minibatch(data, 4, split="test", rng=np.random.default_rng(0))
    np.testing.assert_array_equal(captions, sample_coco_minibatch(data, 4, rng=np.random.default_rng(0))[0])
