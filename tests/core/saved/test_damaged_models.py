"""Damaged model files: opened as they were, or refused by name; read in a watched child."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.core.saved.model_file import SavedModel, save_model
from captionviewer.core.training.settings import TrainingSettings
from tests.coco_folder_writer import write_coco_folder
from tests.damage.model_damage import ModelDamage, model_damages
from tests.damage.watched_child import WatchedChild


@pytest.fixture(scope="module")
def child() -> Iterator[WatchedChild]:
    started = WatchedChild()
    yield started
    started.end()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("model")
    settings = TrainingSettings(hidden_dim=12, wordvec_dim=8)
    with CocoDataset.open(write_coco_folder(folder / "coco", photos=False)) as dataset:
        model = CaptioningRNN(
            dataset.vocabulary.word_to_idx, dataset.feature_dim, 8, 12, rng=np.random.default_rng(0)
        )
        save_model(folder / "model.npz", SavedModel.untrained(model, settings, dataset))
    return (folder / "model.npz").read_bytes()


def complaint(damage: ModelDamage, path: Path, child: WatchedChild, content: dict[str, str]) -> str:
    damage.do(path)
    outcome = child.ask("open model", path)
    if outcome.what == "done":
        if damage.harmless is False:
            return f"{damage.name}: opened"
        return "" if outcome.content == content else f"{damage.name}: other numbers"
    if outcome.what != "refused" or damage.harmless:
        return f"{damage.name}: {outcome}"
    named = outcome.path == str(path) and outcome.path in outcome.words
    return "" if named and damage.words in outcome.words else f"{damage.name}: {outcome}"


def test_damaged_models_open_as_they_were_or_are_refused_by_name(
    whole: bytes, child: WatchedChild, tmp_path: Path
) -> None:
    intact = tmp_path / "intact.npz"
    intact.write_bytes(whole)
    content = child.ask("open model", intact).content
    assert "Wh" in content
    damages = list(model_damages())
    assert len(damages) >= 50 and len({damage.name for damage in damages}) == len(damages)
    complaints = []
    for number, damage in enumerate(damages):
        path = tmp_path / f"{number}.npz"
        path.write_bytes(whole)
        complaints.append(complaint(damage, path, child, content))
    complaints = [words for words in complaints if words]
    assert not complaints, f"{len(complaints)} of {len(damages)}:\n" + "\n".join(complaints)
    assert child.starts == 1
