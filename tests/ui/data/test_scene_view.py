"""The view Scene: changes by clicks and drags, and the caption that follows them."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.core.network.captioning_solver import CaptioningSolver
from captionviewer.core.saved.model_file import SavedModel
from captionviewer.core.storybook.picture import draw
from captionviewer.core.storybook.pixel_encoder import shipped_encoder
from captionviewer.core.storybook.scene_edits import things_of, with_colour
from captionviewer.core.storybook.scenes import scene
from captionviewer.core.storybook.shipped import storybook_folder
from captionviewer.core.training.settings import TrainingSettings
from captionviewer.ui.data.scene.captioned_scene import changed_words
from captionviewer.ui.data.scene.edit_strip import edit_rows
from captionviewer.ui.data.scene.scene_view import SceneView
from captionviewer.ui.session.models import CurrentModel, ModelOrigin
from captionviewer.ui.settings import FETCH_PHOTOS, MINIBATCH_SIZE, Settings
from tests.coco_folder_writer import write_coco_folder
from tests.ui.data.data_panel_setup import Shown, shown_panel

ROW = next(n for n in range(400) if scene("val", n).kind == "car" and len(scene("val", n).main) == 1)
COLOURS = ("red", "blue", "yellow", "green")


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CAPTIONVIEWER_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        return storybook_folder()


@pytest.fixture
def shown(qtbot: QtBot, book: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shown]:
    monkeypatch.setenv("CAPTIONVIEWER_CACHE_DIR", str(book.parents[2]))
    settings = Settings()
    settings.set(MINIBATCH_SIZE, 1)  # few pictures to draw beside the scene
    assert settings.save()
    with shown_panel(qtbot, book) as shown:
        shown.session.select(shown.dataset.split("val").record(ROW))
        yield shown


def view(shown: Shown) -> SceneView:
    """The view, opened, with an answer."""
    details = shown.panel.details
    details.setCurrentWidget(details.scene)
    assert details.scene.view is not None
    settled(shown)
    return details.scene.view


def settled(shown: Shown) -> None:
    """Wait until the newest wish is answered."""
    scene_view = shown.panel.details.scene.view
    assert scene_view is not None
    shown.qtbot.waitUntil(
        lambda: scene_view._job is None and not scene_view._stale and scene_view.answer is not None,
        timeout=20_000,
    )


def learn_colours(shown: Shown) -> None:
    """Train a small model on this scene in four colours, each with its word, and make it the current one."""
    encoder, words = shipped_encoder(), shown.dataset.vocabulary.word_to_idx
    features = np.stack([encoder.features(draw(with_colour(scene("val", ROW), 0, c))) for c in COLOURS])
    rows = [[words[w] for w in ("<START>", "a", colour, "car", "<END>")] for colour in COLOURS]
    data = {
        "train_captions": np.array(rows, np.int32),
        "train_image_idxs": np.arange(4),
        "train_features": features,
    }
    rng = np.random.default_rng(0)
    model = CaptioningRNN(dict(words), features.shape[1], wordvec_dim=16, hidden_dim=32, rng=rng)
    solver = CaptioningSolver(
        model, data, update_rule="adam", num_epochs=80, batch_size=4, verbose=False, rng=rng,
        optim_config={"learning_rate": 1e-2},
    )  # fmt: skip
    solver.train()
    saved = SavedModel.untrained(model, TrainingSettings(), shown.dataset)
    shown.session.set_model(CurrentModel(saved, ModelOrigin.TRAINED))


def test_a_thing_is_recoloured_and_the_caption_has_its_new_colours_word(shown: Shown) -> None:
    learn_colours(shown)
    scene_view = view(shown)
    start = scene("val", ROW).colour
    assert scene_view.answer is not None and scene_view.answer.caption == f"a {start} car"
    other = next(colour for colour in COLOURS if colour != start)
    # the thing is clicked on, and its colour's name typed into the box of colours
    place = scene_view.canvas.frame_of(scene("val", ROW).main[0]).center().toPoint()
    QTest.mouseClick(scene_view.canvas, Qt.MouseButton.LeftButton, pos=place)
    QTest.keyClicks(scene_view.colour, other)
    assert scene_view.scene is not None and scene_view.scene.colour == other
    settled(shown)
    assert scene_view.answer.caption == f"a {other} car"
    assert f">{other}</b>" in scene_view.caption.text() and ">car</b>" not in scene_view.caption.text()
    assert scene_view.strip.words()[0] == (f"{start} car → {other} car", f"a {other} car")
    assert [row[1] for row in edit_rows(scene_view.strip.edits)] == [
        "caption",
        f"a {start} car",
        f"a {other} car",
    ]
    scene_view.undo_button.click()
    settled(shown)
    assert scene_view.scene == scene("val", ROW) and scene_view.answer.caption == f"a {start} car"


def test_a_drag_moves_a_thing_and_is_one_edit(shown: Shown) -> None:
    scene_view = view(shown)
    assert scene_view.scene is not None
    before, edits = scene_view.scene, len(scene_view.strip.edits)
    canvas = scene_view.canvas
    grip = canvas.frame_of(before.main[0]).center().toPoint()
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=grip)
    for step in (5, 10, 20):
        QTest.mouseMove(canvas, grip + QPoint(step, -step // 5))
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=grip + QPoint(20, -4))
    settled(shown)
    after = scene_view.scene
    assert after.main[0].x > before.main[0].x and after.main[0].y > before.main[0].y
    assert scene_view.answer is not None and scene_view.answer.scene == after
    assert len(scene_view.strip.edits) == edits + 1 and scene_view.strip.words()[0][0] == "moved"
    scene_view.undo()
    assert scene_view.scene == before


def test_things_are_added_and_taken_away_and_impossible_wishes_are_refused(shown: Shown) -> None:
    scene_view = view(shown)
    assert scene_view.scene is not None
    count = len(things_of(scene_view.scene))
    scene_view.add_button.click()
    assert len(things_of(scene_view.scene)) == count + 1 and scene_view.thing.count() == count + 1
    assert scene_view.thing.currentIndex() == count
    scene_view.remove_button.click()
    assert len(things_of(scene_view.scene)) == count
    scene_view._choose(0)
    assert not scene_view.remove_button.isEnabled() and scene_view.count.maximum() == 1
    scene_view.setting.setCurrentText("room")
    assert [scene_view.time.itemText(i) for i in range(scene_view.time.count())] == ["day"]
    settled(shown)


def test_a_pair_shows_both_scenes_and_the_change_between_them(shown: Shown) -> None:
    scene_view = view(shown)
    scene_view.pair_kind.setCurrentIndex(1)
    scene_view.show_pair()
    shown.qtbot.waitUntil(lambda: scene_view._after_answer is None, timeout=20_000)
    settled(shown)
    (change, _), (name, _) = scene_view.strip.words()[:2]
    assert name == "before" and "→" in change


def test_only_the_storybook_has_scenes(qtbot: QtBot, tmp_path: Path) -> None:
    settings = Settings()
    settings.set(FETCH_PHOTOS, False)
    assert settings.save()
    with shown_panel(qtbot, write_coco_folder(tmp_path / "coco", photos=False)) as shown:
        details = shown.panel.details
        assert not details.isTabVisible(details.indexOf(details.scene))


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [
        ("a red car", "a blue car", [False, True, False]),
        ("a car", "a red car here", [False, True, False, True]),
        ("a b c", "", []),
    ],
)
def test_words_that_stayed_are_not_marked(before: str, after: str, changed: list[bool]) -> None:
    assert changed_words(tuple(before.split()), tuple(after.split())) == changed
