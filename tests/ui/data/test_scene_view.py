"""The view Scene: changes by clicks and drags, and the caption that follows them."""

import csv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QScrollArea
from pytestqt.qtbot import QtBot

from captionviewer.core.coco.feature_kinds import FeatureKind
from captionviewer.core.coco.vocabulary import caption_text
from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.core.network.captioning_solver import CaptioningSolver
from captionviewer.core.saved.model_file import SavedModel
from captionviewer.core.storybook.picture import draw
from captionviewer.core.storybook.pixel_encoder import shipped_encoder
from captionviewer.core.storybook.scene_edits import (
    MOST_COMPANIONS,
    any_scene,
    moved,
    things_of,
    with_colour,
    with_companion,
)
from captionviewer.core.storybook.scene_pairs import PAIR_KINDS, TITLES, draw_pair
from captionviewer.core.storybook.scenes import Scene, scene
from captionviewer.core.storybook.shipped import storybook_folder
from captionviewer.core.training.settings import TrainingSettings
from captionviewer.ui.data.scene import pair_count
from captionviewer.ui.data.scene import scene_view as scene_view_module
from captionviewer.ui.data.scene.captioned_scene import CaptionedScene, DrawnScene, changed_words, draw_scene
from captionviewer.ui.data.scene.edit_strip import edit_rows
from captionviewer.ui.data.scene.scene_canvas import SceneCanvas
from captionviewer.ui.data.scene.scene_view import SceneView
from captionviewer.ui.sampling.caption_sample import CaptionSample
from captionviewer.ui.sampling.sampling_panel import SamplingPanel
from captionviewer.ui.session.models import CurrentModel, ModelOrigin
from captionviewer.ui.settings import FETCH_PHOTOS, MINIBATCH_SIZE, Settings
from tests.coco_folder_writer import write_coco_folder
from tests.ui.data.data_panel_setup import Shown, shown_panel
from tests.ui.readable import unreadable

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
        shown.session.selection.select(shown.dataset.split("val").record(ROW))
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
    shown.session.models.set(CurrentModel(saved, ModelOrigin.TRAINED))


def test_a_thing_is_recoloured_and_the_caption_has_its_new_colours_word(shown: Shown) -> None:
    learn_colours(shown)
    scene_view = view(shown)
    start = scene("val", ROW).colour
    assert scene_view.answer is not None and scene_view.answer.caption == f"a {start} car"
    other = next(colour for colour in COLOURS if colour != start)
    # the thing is clicked on, and its colour's name typed into the box of colours
    place = scene_view.canvas.frame_of(scene("val", ROW).main[0]).center().toPoint()
    QTest.mouseClick(scene_view.canvas, Qt.MouseButton.LeftButton, pos=place)
    QTest.keyClicks(scene_view.controls.colour, other)
    assert scene_view.scene is not None and scene_view.scene.colour == other
    settled(shown)
    assert scene_view.answer.caption == f"a {other} car"
    assert f">{other}</b>" in scene_view.caption.text() and ">car</b>" not in scene_view.caption.text()
    assert [row[1] for row in edit_rows(scene_view.strip.edits)] == [
        "caption",
        f"a {start} car",
        f"a {other} car",
    ]
    assert scene_view.strip.edits[0].change == f"{start} car → {other} car"
    assert unreadable(shown.panel.window()) == []
    scene_view.undo_button.click()
    settled(shown)
    assert scene_view.scene == scene("val", ROW) and scene_view.answer.caption == f"a {start} car"


def test_of_things_that_overlap_the_chosen_one_is_hit_first_and_then_the_smallest(qtbot: QtBot) -> None:
    car = scene("val", ROW)
    one = with_companion(replace(car, company=()), "bird", "red", np.random.default_rng(2))
    one = moved(one, 1, car.main[0].x, car.main[0].y + 0.02)  # on the middle of the car
    canvas = SceneCanvas()
    qtbot.addWidget(canvas)
    canvas.resize(400, 300)
    canvas.show()
    hit: list[int] = []
    canvas.chosen.connect(hit.append)
    place = canvas.frame_of(things_of(one)[1]).center().toPoint()
    for chosen, expected in ((0, 0), (1, 1)):
        canvas.show_scene(one, chosen)
        QTest.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=place)
        assert hit.pop() == expected
    three = with_companion(one, "tree", "green", np.random.default_rng(2))
    canvas.show_scene(three, 2)
    QTest.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=place)
    assert hit.pop() == 1 and not hit


def test_a_drag_moves_a_thing_and_is_one_edit(shown: Shown) -> None:
    scene_view = view(shown)
    assert scene_view.scene is not None
    before, edits = scene_view.scene, len(scene_view.strip.edits)
    canvas = scene_view.canvas
    grip = canvas.frame_of(before.main[0]).center().toPoint()
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=grip)
    for step in (5, 10, 20):
        QTest.mouseMove(canvas, grip + QPoint(step, -step // 5))
    settled(shown)  # it is answered on its way, which is no edit yet
    assert len(scene_view.strip.edits) == edits
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=grip + QPoint(20, -4))
    settled(shown)
    after = scene_view.scene
    assert after.main[0].x > before.main[0].x and after.main[0].y > before.main[0].y
    assert scene_view.answer is not None and scene_view.answer.drawn.scene == after
    assert len(scene_view.strip.edits) == edits + 1 and scene_view.strip.edits[0].change == "moved"
    scene_view.undo()
    assert scene_view.scene == before


def test_things_are_added_and_taken_away_and_impossible_wishes_are_refused(shown: Shown) -> None:
    scene_view = view(shown)
    assert scene_view.scene is not None
    count = len(things_of(scene_view.scene))
    scene_view.add_button.click()
    assert len(things_of(scene_view.scene)) == count + 1 and scene_view.controls.thing.count() == count + 1
    assert scene_view.controls.thing.currentIndex() == count
    scene_view.remove_button.click()
    assert len(things_of(scene_view.scene)) == count
    scene_view._choose(0)
    assert not scene_view.remove_button.isEnabled() and scene_view.controls.count.maximum() == 1
    scene_view.controls.setting.setCurrentText("room")
    assert [scene_view.controls.time.itemText(i) for i in range(scene_view.controls.time.count())] == ["day"]
    settled(shown)


def test_a_pair_shows_both_scenes_and_the_change_between_them(shown: Shown) -> None:
    scene_view = view(shown)
    scene_view.pairs.kind_box.setCurrentIndex(1)
    scene_view.pairs.pair_button.click()
    shown.qtbot.waitUntil(lambda: scene_view._after_answer is None, timeout=20_000)
    settled(shown)
    second, first = scene_view.strip.edits[:2]
    assert first.change == "before" and "→" in second.change


def test_as_many_things_are_added_as_there_is_room_for(shown: Shown) -> None:
    scene_view = view(shown)
    for _ in range(6):
        scene_view.add_companion()
    assert scene_view.scene is not None and len(scene_view.scene.company) == MOST_COMPANIONS
    assert not scene_view.add_button.isEnabled() and "at most" in shown.notices[-1]
    scene_view.remove_button.click()
    assert scene_view.add_button.isEnabled()
    settled(shown)


def test_what_waited_behind_a_scene_that_failed_is_captioned(
    shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene_view = view(shown)
    fails = with_colour(scene("val", ROW), 0, "purple")

    def draw_one(wanted: Scene, kind: FeatureKind, known: DrawnScene | None = None) -> DrawnScene:
        if wanted == fails:
            raise OSError("no room")
        return draw_scene(wanted, kind, known)

    monkeypatch.setattr(scene_view_module, "draw_scene", draw_one)
    scene_view.open_scene(fails, "fails")
    assert scene_view._job is not None
    scene_view.open_scene(scene("val", 3), "another")
    settled(shown)
    assert scene_view.answer is not None and scene_view.answer.drawn.scene == scene("val", 3)
    assert "greedy" in scene_view.model_line.text()


def test_a_scene_that_is_opened_ends_the_wish_for_a_pairs_second(
    shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene_view = view(shown)
    shows, seen = scene_view._show, list[Scene]()

    def show(answer: CaptionedScene, is_final: bool) -> None:
        seen.append(answer.drawn.scene)
        shows(answer, is_final)

    monkeypatch.setattr(scene_view, "_show", show)
    scene_view.pairs.pair_button.click()
    scene_view.open_scene(scene("val", 3), "another")
    settled(shown)
    assert seen == [scene("val", 3)]  # the answer to the scene that was left is dropped
    assert scene_view.scene == scene("val", 3) and [edit.change for edit in scene_view.strip.edits][:1] == [
        "another"
    ]


def test_another_model_captions_the_picture_that_is_there(
    shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene_view = view(shown)
    assert scene_view.answer is not None
    drawn = scene_view.answer.drawn
    learn_colours(shown)
    settled(shown)
    assert scene_view.answer.caption.endswith("car") and scene_view.answer.drawn is drawn


def test_a_scene_by_chance_is_opened_and_its_caption_is_that_of_its_pixels(shown: Shown) -> None:
    learn_colours(shown)
    scene_view = view(shown)
    scene_view._rng = np.random.default_rng(4)
    wanted = any_scene(np.random.default_rng(4))
    scene_view.random_button.click()
    settled(shown)
    assert scene_view.scene == wanted and scene_view.strip.edits[0].change == "a random scene"
    model = shown.session.models.current
    assert model is not None and scene_view.answer is not None
    ids = model.model.sample(shipped_encoder().features(draw(wanted))[np.newaxis])[0]
    assert scene_view.answer.caption == caption_text(ids, shown.dataset.vocabulary)


def test_sampling_shows_the_changed_scene_with_its_bars_and_surprises(shown: Shown) -> None:
    learn_colours(shown)
    sampling = SamplingPanel(shown.session)
    shown.qtbot.addWidget(sampling)
    sampling.resize(690, 500)
    sampling.show()
    shown.session.selection.select(shown.dataset.split("val").record(0))
    shown.session.selection.select(shown.dataset.split("val").record(ROW))
    scene_view = view(shown)

    def sample_of_the_scene() -> CaptionSample:
        shown.qtbot.waitUntil(
            lambda: sampling.sample is not None and sampling.sample.record == shown.session.selection.subject,
            timeout=20_000,
        )
        assert sampling.sample is not None
        return sampling.sample

    before = sample_of_the_scene()
    assert before.record == shown.session.selection.record
    start = scene("val", ROW).colour
    other = next(colour for colour in COLOURS if colour != start)
    scene_view._choose(0)
    scene_view.controls.colour.setCurrentText(other)
    settled(shown)
    after = sample_of_the_scene()
    pixels = draw(with_colour(scene("val", ROW), 0, other))
    np.testing.assert_array_equal(after.features, shipped_encoder().features(pixels))
    assert before.words[1:2] == [start] and after.words[1:2] == [other]
    word = shown.dataset.vocabulary.word_to_idx[other]
    assert after.timesteps[1].probabilities[word] > 2 * before.timesteps[1].probabilities[word]
    np.testing.assert_array_equal(after.captions, before.captions)
    assert not np.array_equal(after.surprises, before.surprises, equal_nan=True)
    texts = shown.labels(sampling)
    assert f"val photo {ROW:,}, changed" in texts and "Ground truth before the change" in texts
    assert sampling.words.photo.photo.image is not None
    scene_view.undo()
    settled(shown)
    assert shown.session.selection.subject == shown.session.selection.record
    np.testing.assert_allclose(sample_of_the_scene().surprises, before.surprises)
    scene_view.open_random()
    settled(shown)
    assert sample_of_the_scene().captions.shape[0] == 0 and "No ground truth" in shown.labels(sampling)
    shown.session.selection.select(shown.session.selection.record)
    assert shown.session.selection.subject == shown.session.selection.record


def test_pairs_are_counted_by_drawing_and_captioning_each(
    shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pair_count, "PAIRS", 2)
    learn_colours(shown)
    scene_view = view(shown)
    scene_view.pairs.count_button.click()
    assert scene_view.pairs.table.visibleRegion().isEmpty()
    assert scene_view.pairs.cancel_button.isVisibleTo(scene_view)
    shown.qtbot.waitUntil(lambda: bool(scene_view.pairs.table.text()), timeout=30_000)
    table = scene_view.pairs.table
    shown.qtbot.waitUntil(lambda: not table.visibleRegion().isEmpty())  # it stood below what is in sight
    model = shown.session.models.current
    assert model is not None
    for at, kind in enumerate(PAIR_KINDS):
        rng, follows = np.random.default_rng([pair_count.SEED, at]), 0
        for _ in range(2):
            pair = draw_pair(kind, rng)
            features = shipped_encoder().features(draw(pair.after))
            said = caption_text(model.model.sample(features[np.newaxis])[0], shown.dataset.vocabulary)
            follows += pair.follows(said)
        assert f"{TITLES[kind]}: {follows} of 2" in scene_view.pairs.table.text().splitlines()
    scene_view.pairs.table.clear()
    scene_view.pairs.count_button.click()
    scene_view.pairs.cancel_button.click()
    shown.qtbot.waitUntil(lambda: not shown.session.workers.running(), timeout=20_000)
    assert not scene_view.pairs.table.text() and scene_view.pairs.count_button.isVisibleTo(scene_view)


def test_the_strip_is_exported_as_a_picture_and_as_a_table(
    shown: Shown, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown.session.plots_can_be_made()
    scene_view = view(shown)
    scene_view.controls.colour.setCurrentText("purple")
    settled(shown)
    assert len(scene_view.strip.edits) == 2 and scene_view.export_button.isEnabled()
    for name, kind in (("edits.csv", "Table (*.csv)"), ("edits.png", "PNG picture (*.png)")):
        monkeypatch.setattr(
            QFileDialog, "getSaveFileName", lambda *_a, n=name, k=kind, **_k: (str(tmp_path / n), k)
        )
        scene_view.export_button.click()
    with (tmp_path / "edits.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    edits = scene_view.strip.edits
    assert rows[0] == ["change", "caption", "model"]
    assert [row[:2] for row in rows[1:]] == [[e.change, e.answer.caption] for e in reversed(edits)]
    with Image.open(tmp_path / "edits.png") as picture:
        pixels = np.asarray(picture.convert("RGB")).astype(int)
    before, after = draw(scene("val", ROW)), draw(with_colour(scene("val", ROW), 0, "purple"))
    paint = np.median(after[(before != after).any(axis=2)], axis=0)
    painted = (np.abs(pixels - paint) < 12).all(axis=2)
    wide = pixels.shape[1] // 2  # the second of the two thumbnails has the purple car
    assert painted[:, wide:].sum() > 200 + 3 * painted[:, :wide].sum()


def test_the_caption_grows_with_the_text_of_the_window(shown: Shown) -> None:
    scene_view = view(shown)
    font = scene_view.font()
    size = font.pointSizeF()
    font.setPointSizeF(2 * size)
    scene_view.setFont(font)
    assert scene_view.caption.font().pointSizeF() == pytest.approx(1.15 * 2 * size, abs=0.1)


def test_large_text_in_little_room_is_scrolled_and_nothing_lies_on_another(shown: Shown) -> None:
    """As on a screen of 1280 x 800 at 150 %."""
    scene_view = SceneView(shown.session)
    shown.qtbot.addWidget(scene_view)
    font = scene_view.font()
    font.setPointSizeF(1.5 * font.pointSizeF())
    scene_view.setFont(font)
    scene_view.resize(545, 208)
    canvas, caption, model_line = scene_view.canvas, scene_view.caption, scene_view.model_line
    caption.setText("a green car with a white duck in front of it")
    model_line.setText("LSTM that comes with captionviewer, iteration 1,500, greedy")
    scene_view.show()
    shown.qtbot.waitUntil(lambda: caption.y() > canvas.geometry().bottom())
    shown.qtbot.waitUntil(lambda: model_line.y() > caption.geometry().bottom())
    for label in (caption, model_line):
        assert label.height() >= label.heightForWidth(label.width())
    areas = scene_view.findChildren(QScrollArea)
    assert len(areas) == 2 and all(area.horizontalScrollBar().maximum() == 0 for area in areas)


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
