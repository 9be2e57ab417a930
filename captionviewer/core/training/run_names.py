"""What tells runs apart: the settings that differ, and names made of them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields

from captionviewer.core.network.cells import CELLS
from captionviewer.core.network.optim import FACTS
from captionviewer.core.training.settings import FIELD_NAMED, SettingValue, TrainingSettings

_SHORT = {
    "cell_type": "", "hidden_dim": "hidden", "wordvec_dim": "word vector", "num_captions": "captions",
    "one_caption_an_image": "one caption per photo", "batch_size": "batch", "num_epochs": "epochs",
    "update_rule": "", "learning_rate": "lr", "lr_decay": "decay", "clip_norm": "clip", "seed": "seed",
    "validation_captions": "validated on", "wh_scale": "Wh scale", "forget_bias": "forget bias",
    "blind": "without photos",
}  # fmt: skip
_NOT = {"one_caption_an_image": "all captions of a photo", "blind": "with photos"}


@dataclass(frozen=True)
class DifferingSetting:
    """A setting that some runs do not share, with each run's value in the runs' order."""

    name: str
    values: tuple[SettingValue, ...]


def differing_settings(runs: Sequence[TrainingSettings]) -> tuple[DifferingSetting, ...]:
    """The settings that are not the same in all runs, in the form's order.

    Floats are the same when they are written the same (repr); None is a value like another.
    """
    found = []
    for item in fields(TrainingSettings):
        values = tuple(getattr(run, item.name) for run in runs)
        if len({repr(value) for value in values}) > 1:
            found.append(DifferingSetting(item.name, values))
    return tuple(found)


def equal_settings(runs: Sequence[TrainingSettings]) -> tuple[str, ...]:
    """The names of the settings that all runs share, in the form's order."""
    differing = {setting.name for setting in differing_settings(runs)}
    return tuple(item.name for item in fields(TrainingSettings) if item.name not in differing)


def value_words(name: str, value: SettingValue) -> str:
    """A setting's value as people read it: "LSTM", "1e-3", "all", "off"."""
    if name == "cell_type":
        return CELLS[value].name  # type: ignore[index]
    if name == "update_rule":
        return FACTS[value].label  # type: ignore[index]
    if value is None:
        return "all" if FIELD_NAMED[name].kind == "integer_or_all" else "off"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}".replace("e-0", "e-")
    return f"{value:,}" if name != "seed" else str(value)


def names_in_a_list(runs: Sequence[TrainingSettings]) -> list[str]:
    """A short name for each of many runs: its cell, and what of it is not as in most: "LSTM, lr 0.001"."""
    names = []
    differing = [setting for setting in differing_settings(runs) if setting.name != "cell_type"]
    usual = {setting.name: Counter(map(repr, setting.values)).most_common(1)[0][0] for setting in differing}
    for number, run in enumerate(runs):
        parts = [value_words("cell_type", run.cell_type)]
        for setting in differing:
            if repr(setting.values[number]) != usual[setting.name]:
                parts.append(_named(setting.name, setting.values[number]))
        names.append(", ".join(parts))
    return names


def run_names(runs: Sequence[TrainingSettings]) -> list[str]:
    """A name for each run, made of its cell and of what differs among all: "LSTM, lr 0.001"."""
    differing = [setting.name for setting in differing_settings(runs) if setting.name != "cell_type"]
    names = []
    for run in runs:
        parts = [value_words("cell_type", run.cell_type)]
        for name in differing:
            parts.append(_named(name, getattr(run, name)))
        names.append(", ".join(parts))
    return names


def _named(name: str, value: SettingValue) -> str:
    if value is False:
        return _NOT[name]
    return _SHORT[name] if value is True else f"{_SHORT[name]} {value_words(name, value)}".strip()
