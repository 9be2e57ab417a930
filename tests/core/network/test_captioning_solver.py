"""The solver: the notebook's loop, its update rules, repeatability, and overfitting real captions."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from captionviewer.core.coco.minibatch import sample_coco_minibatch
from captionviewer.core.network import optim
from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.core.network.captioning_solver import CaptioningSolver
from tests.core.network.caption_cases import (
    coco_data,
    distance,
    one_caption_an_image,
    small_data,
    small_model,
)

CELLS = ["rnn", "lstm"]
SYMBOLS = {
    "words": (6, 12),
    "characters": (83, 36),
}  # T and V; those of the storybook


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every test of small data is done with words and with characters."""
    if "coco_folder" not in metafunc.fixturenames:
        metafunc.parametrize("symbols", SYMBOLS.values(), ids=SYMBOLS.keys(), indirect=True)


@pytest.fixture(autouse=True)
def symbols(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    T, V = getattr(request, "param", SYMBOLS["words"])
    for made, sizes in ((small_data, {1: T, 2: V}), (small_model, {0: V})):
        defaults = tuple(sizes.get(place, kept) for place, kept in enumerate(made.__defaults__ or ()))
        monkeypatch.setattr(made, "__defaults__", defaults)


@pytest.mark.parametrize("cell_type", CELLS)
@pytest.mark.parametrize("rule", optim.RULES)
def test_the_solver_ends_where_the_reference_layers_and_the_rule_end(cell_type: Any, rule: str) -> None:
    data = small_data()
    model = small_model(cell_type=cell_type)
    reference = model.copy()
    rng = np.random.default_rng(8)
    config = {"learning_rate": 1e-2}
    solver = CaptioningSolver(
        model, data, rule, config, lr_decay=0.5, batch_size=5, num_epochs=5, verbose=False, rng=rng
    )
    solver.train()

    rng = np.random.default_rng(8)
    configs: dict[str, optim.Config] = {name: dict(config) for name in reference.params}
    losses = []
    for iteration in range(20):
        captions, features, _ = sample_coco_minibatch(data, 5, "train", rng)
        loss, grads = reference.reference_loss(features, captions)
        losses.append(loss)
        for name in reference.params:
            configs[name]["learning_rate"] = 1e-2 * 0.5 ** (iteration // 4)
            reference.params[name], _ = optim.RULES[rule](reference.params[name], grads[name], configs[name])
    np.testing.assert_allclose(solver.loss_history, losses, rtol=1e-9)
    rounding = 1e-9 if data["train_captions"].shape[1] < 10 else 1e-8  # it adds up over the timesteps
    for name, value in reference.params.items():
        assert distance(model.params[name], value) < rounding, name


def test_it_counts_iterations_epochs_words_and_decays_the_learning_rate() -> None:
    data = small_data(n=11)
    solver = CaptioningSolver(
        small_model(), data, optim_config={"learning_rate": 0.1}, lr_decay=0.5, batch_size=5, num_epochs=3,
        verbose=False, rng=np.random.default_rng(0),
    )  # fmt: skip
    assert (solver.iterations_per_epoch, solver.num_iterations) == (2, 6)
    rng = np.random.default_rng(0)
    for iteration in range(1, 6):
        loss = solver.step()
        captions, _, _ = sample_coco_minibatch(data, 5, "train", rng)
        assert solver.last_words == (captions[:, 1:] != 0).sum()
        assert solver.loss_history[-1] == loss
        assert solver.iteration == iteration == len(solver.loss_history)
        assert solver.epoch == iteration // 2
        assert solver.learning_rate == pytest.approx(0.1 * 0.5 ** (iteration // 2))


def test_an_epoch_has_one_iteration_at_least() -> None:
    solver = CaptioningSolver(small_model(), small_data(n=3), batch_size=10, num_epochs=2, verbose=False)
    assert (solver.iterations_per_epoch, solver.num_iterations) == (1, 2)
    solver.train()
    assert len(solver.loss_history) == 2


@pytest.mark.parametrize("cell_type", CELLS)
def test_a_numpy_seed_repeats_a_run_in_the_notebooks_order(cell_type: Any) -> None:
    data = small_data()

    def run() -> tuple[list[float], dict[str, Any]]:
        np.random.seed(231)
        model = CaptioningRNN(data["word_to_idx"], 6, 5, 7, cell_type)
        solver = CaptioningSolver(model, data, "adam", batch_size=5, num_epochs=2, verbose=False)
        solver.train()
        return solver.loss_history, model.params

    losses, params = run()
    losses_again, params_again = run()
    assert losses == losses_again
    for name, value in params.items():
        np.testing.assert_array_equal(value, params_again[name])

    np.random.seed(231)
    model = CaptioningRNN(data["word_to_idx"], 6, 5, 7, cell_type)
    captions, features, _ = sample_coco_minibatch(data, 5)
    assert model.loss(features, captions)[0] == losses[0]  # the model first, then the first minibatch


def test_training_prints_now_and_then_when_verbose(capsys: pytest.CaptureFixture[str]) -> None:
    solver = CaptioningSolver(small_model(), small_data(), batch_size=5, num_epochs=3, print_every=5)
    solver.train()
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("loss")[0] for line in lines] == [f"(Iteration {i} / 12) " for i in (1, 6, 11)]


def test_parameters_in_training_stay_float32() -> None:
    model = small_model(dtype=np.float32)
    config = {"learning_rate": np.float64(1e-3)}
    for rule in optim.RULES:
        CaptioningSolver(model, small_data(), rule, config, batch_size=5, num_epochs=1, verbose=False).train()
        assert {value.dtype for value in model.params.values()} == {np.dtype(np.float32)}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"learning_rat": 1}, "learning_rat"),
        ({"update_rule": "adagrad"}, "adagrad"),
        ({"optim_config": {"learning_rat": 1}}, "learning_rat"),
        ({"batch_size": 0}, "batch_size"),
        ({"print_every": 0}, "print_every"),
        ({"num_epochs": -1}, "num_epochs"),
        ({"batch_size": 2.5}, "batch_size is a whole number, not 2.5"),
        ({"batch_size": "many"}, "batch_size is a whole number"),
        ({"lr_decay": -1}, "lr_decay"),
        ({"lr_decay": float("nan")}, "lr_decay"),
        ({"update_rule": 7}, "update_rule is a name or a function"),
        ({"update_rule": "adam", "optim_config": {"momentum": 0.9}}, "Adam has no setting 'momentum'"),
        ({"optim_config": {"learning_rate": -1}}, "learning_rate"),
        ({"optim_config": {"learning_rate": 10**400}}, "learning_rate"),
    ],
)
def test_a_setting_that_does_not_exist_or_fit_is_refused_by_name(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        CaptioningSolver(small_model(), small_data(), **change)


def test_data_without_captions_is_refused() -> None:
    with pytest.raises(ValueError, match="no training captions"):
        CaptioningSolver(small_model(), small_data() | {"train_captions": np.zeros((0, 6), int)})


def test_a_loss_that_is_no_number_is_returned_and_leaves_the_parameters_alone() -> None:
    model = small_model()
    data = small_data()
    data["train_features"][:] = np.nan
    before = model.copy()
    solver = CaptioningSolver(model, data, "adam", batch_size=5, verbose=False)
    assert np.isnan(solver.step())
    assert np.isnan(solver.loss_history[0])
    for name, value in before.params.items():
        np.testing.assert_array_equal(model.params[name], value)


def test_features_may_be_a_reader_of_rows() -> None:
    data = small_data()

    class Reader:
        shape, dtype = data["train_features"].shape, data["train_features"].dtype

        def __getitem__(self, rows: Any) -> Any:
            return data["train_features"][rows]

    losses = []
    for features in (data["train_features"], Reader()):
        model = small_model()
        solver = CaptioningSolver(
            model, data | {"train_features": features}, batch_size=5, rng=np.random.default_rng(0)
        )
        losses.append([solver.step() for _ in range(3)])
    assert losses[0] == losses[1]


def test_fifty_captions_are_learnt_by_heart(coco_folder: Path) -> None:
    rng = np.random.default_rng(231)
    data = one_caption_an_image(coco_data(coco_folder), 50, rng)
    D = data["train_features"].shape[1]
    model = CaptioningRNN(data["word_to_idx"], D, 256, 512, rng=rng)
    solver = CaptioningSolver(
        model, data, "adam", {"learning_rate": 5e-3}, lr_decay=0.95, batch_size=25, num_epochs=50,
        verbose=False, rng=rng,
    )  # fmt: skip
    solver.train()
    words = (data["train_captions"][:, 1:] > 0).sum(axis=1).mean()
    assert 0.8 < solver.loss_history[0] / (words * np.log(len(data["word_to_idx"]))) < 1.2
    assert np.mean(solver.loss_history[-10:]) < 0.2
    features = data["train_features"][data["train_image_idxs"]]
    captions = model.sample(features, data["train_captions"].shape[1] - 1)
    assert (captions == data["train_captions"][:, 1:]).all(axis=1).sum() >= 45
