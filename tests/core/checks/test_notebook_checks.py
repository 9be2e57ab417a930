"""The notebooks' checks: intact layers pass them, and each bug on purpose fails the one named for it."""

import math
from pathlib import Path

import numpy as np
import pytest

from captionviewer.core.checks.bug_survey import survey_bugs, survey_words
from captionviewer.core.checks.bug_training import SIZES as BESIDE
from captionviewer.core.checks.bug_training import BugTraining, train_beside
from captionviewer.core.checks.bugs import BUGS, Bug
from captionviewer.core.checks.check import Bench, Check, Measured, run_check
from captionviewer.core.checks.few_captions import FewCaptions
from captionviewer.core.checks.notebook_checks import BY_KEY, CHECKS
from captionviewer.core.checks.subject import Subject, fresh_layers
from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.network import layers
from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.core.network.cells import CellType
from tests.coco_folder_writer import write_coco_folder

QUICK = [check for check in CHECKS if not check.trains]
SIZES = {"hidden_dim": 192, "wordvec_dim": 64, "batch_size": 2}  # still learns the captions by heart


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> FewCaptions:
    with CocoDataset.open(write_coco_folder(tmp_path_factory.mktemp("coco") / "data")) as dataset:
        drawn = FewCaptions.drawn(dataset, 231, 20)
    # As different as photos are: the written folder's features say little of their photo.
    rng = np.random.default_rng(0)
    features = rng.standard_normal(drawn.train_features.shape).astype(np.float32)
    return FewCaptions(
        drawn.train_captions, features, drawn.val_captions, drawn.val_features, drawn.word_to_idx
    )


@pytest.fixture(scope="module")
def intact(few: FewCaptions) -> Bench:
    """The reference layers, which train once a cell for all that only looks at what they have learned."""
    return Bench(Subject(fresh_layers()), few, **SIZES)


@pytest.mark.parametrize("seed", range(20))
def test_intact_layers_pass_every_check_that_trains_nothing(seed: int) -> None:
    bench = Bench(Subject(fresh_layers()), seed=seed)
    outcomes = [run_check(check, bench) for check in QUICK]
    assert [outcome for outcome in outcomes if not outcome.passed] == []
    assert all(outcome.expected and outcome.ours and not outcome.problem for outcome in outcomes)


@pytest.mark.parametrize("cell", ["rnn", "lstm"])
def test_intact_layers_learn_captions_by_heart_and_give_them_back(cell: str, intact: Bench) -> None:
    for key in (f"{cell}_overfit", f"{cell}_sample_train"):
        assert run_check(BY_KEY[key], intact).passed, run_check(BY_KEY[key], intact)


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.key)
def test_a_bug_on_purpose_is_found_by_the_check_named_for_it(bug: Bug, few: FewCaptions) -> None:
    outcome = run_check(BY_KEY[bug.caught_by], Bench(bug.subject(), few, **SIZES))
    assert not outcome.passed
    assert not outcome.problem, "a wrong number, and not an exception, is what a student sees"


def test_there_are_a_dozen_bugs_and_the_reference_keeps_none_of_them() -> None:
    assert len(BUGS) >= 12
    before = {name: value for name, value in vars(layers).items() if callable(value)}
    for bug in BUGS:
        bug.subject()
    assert {name: value for name, value in vars(layers).items() if callable(value)} == before


def test_gates_in_another_order_pass_every_gradient_check() -> None:
    bug = next(bug for bug in BUGS if bug.key == "gate-order")
    bench = Bench(bug.subject())
    assert run_check(BY_KEY["lstm_step_backward"], bench).passed
    assert run_check(BY_KEY["lstm_gradients"], bench).passed


def test_a_forgotten_end_passes_every_check_that_trains_nothing() -> None:
    bug = next(bug for bug in BUGS if bug.key == "end-not-predicted")
    bench = Bench(bug.subject())
    assert all(run_check(check, bench).passed for check in QUICK)


@pytest.mark.parametrize("cell", ["rnn", "lstm"])
def test_captions_sampled_by_the_layers_are_those_of_the_fast_model(
    cell: CellType, few: FewCaptions, intact: Bench
) -> None:
    model, _ = intact.trained(cell)
    fast = CaptioningRNN.of_params(few.word_to_idx, model.params, model.cell_type)
    np.testing.assert_array_equal(model.sample(few.val_features), fast.sample(few.val_features))


def test_a_function_that_is_not_written_or_of_another_shape_is_said_in_words() -> None:
    broken = fresh_layers()
    broken.rnn_step_forward = lambda x, prev_h, Wx, Wh, b: (None, None)  # type: ignore[attr-defined]
    outcome = run_check(BY_KEY["rnn_step_forward"], Bench(Subject(broken)))
    assert not outcome.passed and math.isnan(outcome.error) and "written yet" in outcome.problem
    broken.rnn_step_forward = lambda x, prev_h, Wx, Wh, b: (prev_h.T, None)  # type: ignore[attr-defined]
    assert "(3, 4) is needed" in run_check(BY_KEY["rnn_step_forward"], Bench(Subject(broken))).problem
    del broken.rnn_step_forward
    assert (
        "no function rnn_step_forward"
        in run_check(BY_KEY["rnn_step_forward"], Bench(Subject(broken))).problem
    )


def test_what_a_function_raises_is_told_with_its_row(tmp_path: Path) -> None:
    file = tmp_path / "rnn_layers.py"
    file.write_text("def rnn_step_forward(x, prev_h, Wx, Wh, b):\n    return x @ Wh, None\n")
    broken = fresh_layers()
    exec(compile(file.read_text(), str(file), "exec"), vars(broken))
    outcome = run_check(BY_KEY["rnn_step_forward"], Bench(Subject(broken, str(file))))
    assert (outcome.row, outcome.line) == (2, "return x @ Wh, None")
    assert outcome.problem.startswith("ValueError: matmul")


def test_a_result_that_is_no_number_is_a_miss() -> None:
    broken = fresh_layers()
    right = broken.rnn_step_backward
    broken.rnn_step_backward = lambda dh, cache: [part * np.nan for part in right(dh, cache)]  # type: ignore[attr-defined]
    assert not run_check(BY_KEY["rnn_step_backward"], Bench(Subject(broken))).passed


@pytest.mark.parametrize(
    ("error", "passes"), [(1e-7, True), (math.nextafter(1e-7, 1), False), (math.inf, False)]
)
def test_an_error_of_just_the_tolerance_passes_and_no_larger_one(error: float, passes: bool) -> None:
    check = Check("key", "RNN", "shows", (), 1e-7, lambda _bench: Measured("0", "0", error))
    assert run_check(check, Bench(Subject(fresh_layers()))).passed is passes


def by_key(key: str) -> Bug:
    return next(bug for bug in BUGS if bug.key == key)


def test_the_right_layers_train_beside_a_bug_as_they_do_alone(few: FewCaptions) -> None:
    told: list[BugTraining] = []
    training = train_beside(by_key("state-gradient-lost"), few, 12, report=told.append)
    assert training is not None and [len(each.broken) for each in told] == list(range(1, 13))
    assert told[0].given_back is None and told[0].words == ""
    _, alone = Bench(Subject(fresh_layers()), few, **BESIDE).new_training("rnn")
    assert training.right == pytest.approx([alone.step() for _ in range(12)], rel=1e-4)
    # the first loss is of the same parameters and captions: that bug is in the way back alone
    assert training.broken[0] == pytest.approx(training.right[0])
    assert training.broken[-1] != pytest.approx(training.right[-1])


def test_a_bug_of_the_lstm_is_trained_with_an_lstm_and_training_can_be_stopped(few: FewCaptions) -> None:
    told: list[BugTraining] = []
    assert (
        train_beside(by_key("cell-not-carried"), few, stop=lambda: len(told) == 2, report=told.append) is None
    )
    assert len(told) == 2 and told[0].cell == "lstm"


@pytest.mark.parametrize(
    ("loss", "given_back", "verdict"),
    [
        (0.1, (50, 50), "trains on as if nothing were wrong"),
        (0.15, (50, 49), "has a loss that looks right, and captions that are not"),
        (0.2, (50, 49), "shows in the loss"),
    ],
)
def test_what_a_bug_does_to_a_training_is_said_by_captions_and_loss(
    loss: float, given_back: tuple[int, int], verdict: str
) -> None:
    words = BugTraining(BUGS[0], "rnn", 150, (9.0, 0.1), (9.0, loss), given_back, 50).words
    assert words.endswith(f"here this bug {verdict}.")
    assert f"{given_back[1]} are given back with it and {given_back[0]} without" in words


def test_captions_given_back_are_counted_as_far_as_the_end(few: FewCaptions) -> None:
    end = few.word_to_idx["<END>"]
    written = few.train_captions[:, 1:].copy()
    assert few.given_back(written) == len(written)
    written[written == 0] = end + 1  # what comes after <END> does not count
    assert few.given_back(written) == len(written)
    written[0, 0] += 1
    assert few.given_back(written) == len(written) - 1


def test_training_alone_finds_a_forgotten_end_and_what_others_find_is_not_trained(few: FewCaptions) -> None:
    bugs = [by_key("gate-order"), by_key("end-not-predicted")]
    findings = list(survey_bugs(few, bugs=bugs, sizes=SIZES))
    assert [each.bug for each in findings] == bugs
    order, end = findings
    assert "lstm_step_forward" in order.quick and order.trained is None and not order.only_by_training
    assert end.quick == () and "rnn_sample_train" in (end.trained or ()) and end.only_by_training
    words = survey_words(findings)
    assert "1 are found" in words and "nothing but training: <END> is not predicted" in words
    assert list(survey_bugs(few, bugs=bugs, stop=lambda: True)) == []


def test_the_names_of_the_courses_classes_are_there_beside_a_bug_too(few: FewCaptions) -> None:
    model, solver = Bench(by_key("no-mask").subject(), few, **SIZES).new_training("rnn")
    ids = few.word_to_idx
    assert (model._null, model._start, model._end) == (ids["<NULL>"], ids["<START>"], ids["<END>"])
    solver._step()
    assert len(solver.loss_history) == 1 and solver.epoch == 0 and solver.best_params == {}
    assert set(solver.optim_configs) == set(model.params)
    assert solver.train_acc_history == solver.val_acc_history == []
    assert solver.check_accuracy(None, None) == 0.0
