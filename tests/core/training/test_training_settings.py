"""What a run may be started with, and the word said where it may not."""

import math
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest

from captionviewer.core.network import optim
from captionviewer.core.network.cells import CELLS, CellType
from captionviewer.core.training.settings import (
    FIELD_NAMED,
    FIELDS,
    NOTEBOOK_PRESET,
    PRESETS,
    DataFacts,
    TrainingSettings,
)
from tests.core.network.caption_cases import vocabulary

COCO = DataFacts(400_135, 82_783, 512, 1004, 17, 8_000_000_000)
SMALL = DataFacts(381, 80, 512, 1004, 17, 8_000_000_000)


def test_every_setting_has_one_field_that_explains_it() -> None:
    assert [field.name for field in FIELDS] == list(FIELD_NAMED)
    assert set(FIELD_NAMED) == {each.name for each in fields(TrainingSettings)}
    for field in FIELDS:
        assert len(field.tooltip) > 60
        assert field.label


def test_the_notebooks_preset_is_the_notebooks() -> None:
    preset = PRESETS[NOTEBOOK_PRESET]
    assert (preset.cell_type, preset.hidden_dim, preset.wordvec_dim) == ("rnn", 512, 256)
    assert (preset.num_captions, preset.one_caption_an_image, preset.batch_size) == (50, True, 25)
    assert (preset.update_rule, preset.learning_rate, preset.lr_decay, preset.num_epochs) == (
        "adam",
        5e-3,
        0.95,
        50,
    )
    assert preset.iterations_per_epoch(SMALL) * preset.num_epochs == 100


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("facts", [COCO, SMALL, None])
def test_every_preset_can_start(name: str, facts: DataFacts | None) -> None:
    assert PRESETS[name].problems(facts) == {}


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("learning_rate", 0.0, "above 0"),
        ("learning_rate", -1e-3, "above 0"),
        ("learning_rate", math.nan, "not nan"),
        ("learning_rate", math.inf, "not inf"),
        ("learning_rate", 1e31, "at most 1e+30"),
        ("learning_rate", 10**400, "at most 1e+30"),
        ("learning_rate", -(10**400), "above 0"),
        ("hidden_dim", 10**400, "at most 65,536"),
        ("learning_rate", "fast", "must be a number"),
        ("learning_rate", None, "needs a number"),
        ("lr_decay", 0.0, "above 0"),
        ("lr_decay", 1.01, "at most 1"),
        ("num_epochs", 0, "at least 1"),
        ("num_epochs", 2.5, "whole number"),
        ("batch_size", 0, "at least 1"),
        ("batch_size", -5, "at least 1"),
        ("hidden_dim", 0, "at least 1"),
        ("hidden_dim", 10**9, "at most 65,536"),
        ("seed", 10**12, "at most 2,147,483,647"),
        ("wordvec_dim", True, "must be a number"),
        ("num_captions", 0, "at least 1"),
        ("cell_type", "gru", "RNN (vanilla), LSTM"),
        ("update_rule", "adamw", "Adam, RMSProp"),
        ("one_caption_an_image", 1, "on or off"),
        ("seed", -1, "at least 0"),
        ("validation_captions", -1, "at least 0"),
        ("validation_captions", 10_001, "at most 10,000"),
    ],
)
def test_a_value_the_solver_would_refuse_is_named(name: str, value: Any, words: str) -> None:
    problems = replace(PRESETS[NOTEBOOK_PRESET], **{name: value}).problems(SMALL)
    assert list(problems) == [name]
    assert words in problems[name]


def test_a_batch_larger_than_the_captions_trained_on_is_named_before_the_run() -> None:
    problems = replace(PRESETS[NOTEBOOK_PRESET], batch_size=51).problems(SMALL)
    assert problems == {
        "batch_size": "A batch of 51 is larger than the 50 captions trained on: choose at most 50."
    }
    everything = replace(PRESETS[NOTEBOOK_PRESET], num_captions=None, one_caption_an_image=False)
    assert replace(everything, batch_size=381).problems(SMALL) == {}
    assert "381 captions" in replace(everything, batch_size=382).problems(SMALL)["batch_size"]
    one_each = replace(everything, one_caption_an_image=True, batch_size=81)
    assert "80 captions" in one_each.problems(SMALL)["batch_size"]


def test_more_captions_than_there_are_is_named() -> None:
    several = replace(PRESETS[NOTEBOOK_PRESET], num_captions=382, one_caption_an_image=False)
    assert "381 training captions" in several.problems(SMALL)["num_captions"]
    assert replace(several, num_captions=381).problems(SMALL) == {}
    one_each = replace(PRESETS[NOTEBOOK_PRESET], num_captions=81)
    assert "at most 80 captions" in one_each.problems(SMALL)["num_captions"]
    assert replace(one_each, num_captions=80).problems(SMALL) == {}


def test_a_hidden_size_that_would_not_fit_in_memory_is_named_with_both_sizes() -> None:
    little = replace(SMALL, available_bytes=1_000_000_000)
    problems = replace(PRESETS[NOTEBOOK_PRESET], hidden_dim=20_000).problems(little)
    assert list(problems) == ["hidden_dim"]
    assert "GB of memory and 1.0 GB are free" in problems["hidden_dim"]
    assert PRESETS[NOTEBOOK_PRESET].problems(little) == {}


def test_a_run_may_take_four_fifths_of_what_is_free_and_no_more() -> None:
    settings = PRESETS[NOTEBOOK_PRESET]
    needed = settings.parameter_bytes(SMALL) + settings.activation_bytes(SMALL)
    assert settings.problems(replace(SMALL, available_bytes=int(needed / 0.79))) == {}
    assert settings.problems(replace(SMALL, available_bytes=int(needed / 0.81))) != {}


def test_a_batch_whose_activations_would_not_fit_is_laid_to_the_batch() -> None:
    little = replace(COCO, available_bytes=2_000_000_000)
    settings = replace(PRESETS["Train on all captions (LSTM)"], batch_size=20_000)
    assert list(settings.problems(little)) == ["batch_size"]


def test_memory_is_not_judged_where_the_system_does_not_say() -> None:
    unknown = replace(SMALL, available_bytes=None)
    assert replace(PRESETS[NOTEBOOK_PRESET], hidden_dim=60_000).problems(unknown) == {}


@pytest.mark.parametrize("cell_type", CELLS)
def test_a_new_model_has_the_settings_sizes_and_as_many_numbers_as_they_say(cell_type: CellType) -> None:
    settings = TrainingSettings(cell_type=cell_type, hidden_dim=9, wordvec_dim=7, seed=5)
    facts = DataFacts(50, 50, 6, 12, 17)
    model = settings.new_model(vocabulary(12), 6, dtype=np.float64)
    assert (model.cell_type, model.hidden_dim, model.wordvec_dim, model.input_dim) == (cell_type, 9, 7, 6)
    assert model.dtype == np.float64
    assert settings.num_parameters(facts) == model.num_parameters
    again = settings.new_model(vocabulary(12), 6, dtype=np.float64)
    np.testing.assert_array_equal(model.params["Wh"], again.params["Wh"])


def test_the_form_offers_every_cell_and_every_rule() -> None:
    assert [name for name, _ in FIELD_NAMED["cell_type"].choices] == list(CELLS)
    assert {name for name, _ in FIELD_NAMED["update_rule"].choices} == set(optim.RULES)


def test_a_run_of_more_iterations_than_32_bits_count_may_be_planned() -> None:
    settings = replace(
        PRESETS[NOTEBOOK_PRESET],
        num_captions=None,
        one_caption_an_image=False,
        batch_size=1,
        num_epochs=100_000,
    )
    assert settings.problems(COCO) == {}
    assert settings.iterations_per_epoch(COCO) * settings.num_epochs > 2**31
