"""A beam search walked through as a tree, by keys and clicks, and the likeliest caption proved."""

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QWheelEvent
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from captionviewer.core.decoding.beam_search import BeamSearch, beam_search
from captionviewer.core.decoding.decoding import Decoding
from captionviewer.core.decoding.exact_search import exact_search
from captionviewer.core.decoding.timestep import initial_state, next_timestep
from captionviewer.ui.look import theme
from captionviewer.ui.sampling import val_curve
from captionviewer.ui.sampling.tree.tree_layout import MOST_PRUNED, lay_out, path_of
from captionviewer.ui.sampling.tree.tree_view import TreeView
from tests.core.decoding.models import lively_model
from tests.ui.painted import count, pixels
from tests.ui.sampling.sampling_setup import SOON, Shown, learned_model, other_model, shown_sampling
from tests.ui.training.training_setup import import_matplotlib

SIZE = (900, 560)


def opened_tree(shown: Shown, folder: Path) -> TreeView:
    """The view, with the tree of a photo that a model has learned."""
    saved = learned_model(folder)
    shown.use(saved)
    shown.select_learned(saved)
    view = shown.panel.views.open("Tree")
    assert isinstance(view, TreeView)
    shown.qtbot.waitUntil(lambda: view.tree is not None, timeout=SOON)
    shown.panel.setFocus()
    return view


def captions_listed(view: TreeView) -> list[str]:
    items = [view.found.topLevelItem(row) for row in range(view.found.topLevelItemCount())]
    return [item.text(2).replace("  (greedy)", "") for item in items if item is not None]


def test_keys_walk_a_beam_to_its_end_and_the_captions_found_stand_beside_it(
    qtbot: QtBot, coco_folder: Path
) -> None:
    with shown_sampling(qtbot, coco_folder, size=SIZE) as shown:
        view = opened_tree(shown, coco_folder)
        assert view.tree is not None and view.canvas.nodes_shown() == []
        shown.press(Qt.Key.Key_Right)
        assert {node.column for node in view.canvas.nodes_shown()} == {0}
        assert sum(node.kind == "kept" for node in view.canvas.nodes_shown()) == 3
        model, features = shown.sample.current.model, shown.sample.features
        ranked = [
            word for word, _p in next_timestep(model, initial_state(model, features[None])).likeliest(9)
        ]
        for number, node in enumerate(view.tree.nodes):
            if node.column == 0:  # each with its rank, and faint where it fell
                rank = ranked.index(node.word) + 1
                assert f"rank {rank} of its timestep" in view.canvas.tip(number)
                fell = rank > 3
                assert (node.kind == "pruned") == fell == ("fell here" in view.canvas.tip(number))
                box = pixels(view.canvas, view.canvas.place_of(number).toAlignedRect())
                assert (count(box, theme.colors().text, 60) == 0) == fell
        shown.press(Qt.Key.Key_Right, 2)
        shown.press(Qt.Key.Key_Left)
        assert view.canvas.columns == 2 and shown.text("timestep") == "timestep 2 of at most 30"
        shown.press(Qt.Key.Key_End)
        assert view.canvas.columns == len(view.tree.steps)
        assert "The search ends" in shown.text("tree_state")
        sample = shown.sample
        found = beam_search(sample.current.model, sample.features, Decoding("beam")).best()
        end = sample.vocabulary.end
        words = [[sample.vocabulary.idx_to_word[w] for w in node.words if w != end] for node in found]
        assert captions_listed(view) == [" ".join(caption) for caption in words]
        shown.click("sampling_copy")
        assert QGuiApplication.clipboard().text() == " ".join(words[0])
        shown.press(Qt.Key.Key_Home)
        assert view.canvas.columns == 0 and captions_listed(view) == []


def test_each_view_keeps_its_own_place(qtbot: QtBot, coco_folder: Path) -> None:
    with shown_sampling(qtbot, coco_folder, size=SIZE) as shown:
        view = opened_tree(shown, coco_folder)
        shown.press(Qt.Key.Key_Right, 3)
        shown.panel.views.open("Words")
        assert shown.panel.position == 0
        shown.press(Qt.Key.Key_Right)
        shown.panel.views.open("Tree")
        assert shown.panel.position == 3 and view.canvas.columns == 3
        shown.panel.views.open("Words")
        assert shown.panel.position == 1


def test_another_width_searches_anew_and_alpha_only_puts_in_another_order(
    qtbot: QtBot, coco_folder: Path
) -> None:
    with shown_sampling(qtbot, coco_folder, size=SIZE) as shown:
        view = opened_tree(shown, coco_folder)
        shown.press(Qt.Key.Key_End)
        before = view.tree
        view.width_box.setFocus()
        view.width_box.selectAll()
        qtbot.keyClicks(view.width_box, "8")
        qtbot.waitUntil(lambda: view.tree is not before, timeout=SOON)
        tree = view.tree
        assert tree is not None and len(tree.steps[0].kept) == 8
        assert view.canvas.columns == len(tree.steps)  # the end stays the end
        view.alpha_slider.setFocus()
        qtbot.keyClick(view.alpha_slider, Qt.Key.Key_End)
        assert view.decoding.alpha == 1 and view.tree is tree and not view._growing.is_busy
        end = shown.sample.vocabulary.end
        ranked = sorted(tree.steps[-1].found, key=lambda node: -node.log_probability / node.length)
        assert captions_listed(view) == [
            tree.text([word for word in node.words if word != end]) for node in ranked
        ]


def test_the_likeliest_caption_is_proved_by_a_click_and_said_with_its_bound(
    qtbot: QtBot, coco_folder: Path
) -> None:
    with shown_sampling(qtbot, coco_folder, size=SIZE) as shown:
        view = opened_tree(shown, coco_folder)
        shown.click("prove")
        qtbot.waitUntil(lambda: view.proof.exact is not None, timeout=SOON)
        sample = shown.sample
        known = exact_search(sample.current.model, sample.features, Decoding("exact"), seconds=60)
        assert view.proof.exact is not None and view.proof.exact.words == known.words
        said = shown.text("proof")
        assert ("Proved: no other caption has more than" in said) == view.proof.exact.proved
        likeliest = [w for w in known.words if w != sample.vocabulary.end]
        assert " ".join(sample.vocabulary.idx_to_word[w] for w in likeliest) in said
        shown.select("val", 3)  # the proof was another photo's
        assert shown.text("proof") == ""


def test_a_click_on_a_caption_or_its_end_marks_the_way_to_it(qtbot: QtBot, coco_folder: Path) -> None:
    with shown_sampling(qtbot, coco_folder, size=SIZE) as shown:
        view = opened_tree(shown, coco_folder)
        shown.press(Qt.Key.Key_End)
        assert view.tree is not None
        best = view.tree.steps[-1].best()[0]
        item = view.found.topLevelItem(0)
        assert item is not None
        place = view.found.visualItemRect(item).center()
        qtbot.mouseClick(view.found.viewport(), Qt.MouseButton.LeftButton, pos=place)
        marked = sorted(view.tree.nodes[number].column for number in view.canvas.marked)
        assert marked == list(range(best.length))
        shown.panel.setFocus()
        shown.press(Qt.Key.Key_F)
        last = view.tree.number_of(view.tree.steps[-1].best()[1])
        qtbot.mouseClick(
            view.canvas, Qt.MouseButton.LeftButton, pos=view.canvas.place_of(last).center().toPoint()
        )
        assert view.canvas.marked == path_of(view.tree.nodes, last)
        assert view.found.currentIndex().row() == 1


def test_wheel_drag_and_keys_zoom_and_move_the_tree_and_f_shows_all_of_it(
    qtbot: QtBot, coco_folder: Path
) -> None:
    with shown_sampling(qtbot, coco_folder, size=SIZE) as shown:
        view = opened_tree(shown, coco_folder)
        shown.press(Qt.Key.Key_End)
        canvas = view.canvas
        scale = canvas.scale
        point = QPointF(120, 90)
        under = (point - canvas.origin) / scale
        wheel = QWheelEvent(
            point,
            canvas.mapToGlobal(point),
            QPoint(),
            QPoint(0, 120),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(canvas, wheel)
        assert canvas.scale > scale
        still = (point - canvas.origin) / canvas.scale
        assert (still.x(), still.y()) == pytest.approx((under.x(), under.y()))
        shown.press(Qt.Key.Key_Minus)
        assert canvas.scale == pytest.approx(scale)
        origin = canvas.origin
        qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=QPoint(100, 100))
        qtbot.mouseMove(canvas, QPoint(130, 80))
        qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=QPoint(130, 80))
        assert canvas.origin == origin + QPointF(30, -20)
        focused = shown.panel.window().focusWidget()
        qtbot.keyClick(focused, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
        assert canvas.origin.y() < origin.y() - 20
        shown.press(Qt.Key.Key_F)
        assert view.tree is not None
        for number in range(len(view.tree.nodes)):
            assert canvas.rect().toRectF().contains(canvas.place_of(number))


@pytest.mark.parametrize("ending", [".png", ".svg", ".csv"])
def test_the_tree_is_saved_as_a_picture_a_drawing_or_a_table(
    qtbot: QtBot, coco_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    with shown_sampling(qtbot, coco_folder, size=SIZE) as shown:
        import_matplotlib(shown.session)
        view = opened_tree(shown, coco_folder)
        shown.press(Qt.Key.Key_End)
        path = tmp_path / f"tree{ending}"
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
        shown.click("sampling_export")
        content = path.read_bytes()
        assert content.startswith({".png": b"\x89PNG", ".svg": b"<?xml", ".csv": b"timestep,"}[ending])
        assert view.tree is not None
        if ending == ".csv":
            header, *lines = content.decode().splitlines()
            assert len(lines) == len(view.tree.nodes) and header.endswith(",decoding")
            assert all(line.endswith(f',"{view.tree.decoding.words()}"') for line in lines)


def test_widths_are_compared_over_val_on_request_and_said_with_their_model(
    qtbot: QtBot, coco_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(val_curve, "PHOTOS", 4)
    with shown_sampling(qtbot, coco_folder, size=SIZE) as shown:
        import_matplotlib(shown.session)
        view = opened_tree(shown, coco_folder)
        shown.click("width_over_val")
        shown.click("val_compute")
        qtbot.waitUntil(lambda: bool(view.curve.scores), timeout=SOON)
        assert [score.decoding.beam_width for score in view.curve.scores] == list(range(1, 11))
        said = view.curve.words.text()
        current = shown.session.models.current
        assert current is not None and current.words in said and "4 val photos" in said
        best = max(view.curve.scores, key=lambda score: score.cider_d)
        assert f"CIDEr-D at width {best.decoding.beam_width} " in said
        qtbot.waitUntil(lambda: view.curve.plot.has_plot, timeout=SOON)


def test_a_cancelled_pass_over_val_shows_nothing(qtbot: QtBot, coco_folder: Path) -> None:
    with shown_sampling(qtbot, coco_folder, size=SIZE) as shown:
        view = opened_tree(shown, coco_folder)
        shown.click("width_over_val")
        shown.click("val_compute")
        qtbot.mouseClick(view.curve.cancel_button, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: view.curve._work._job is None, timeout=SOON)
        assert not view.curve.scores and view.curve.button.isVisible()


def test_a_newer_model_of_the_same_photo_takes_the_tree_s_place_at_the_same_timestep(
    qtbot: QtBot, coco_folder: Path
) -> None:
    with shown_sampling(qtbot, coco_folder, size=SIZE) as shown:
        view = opened_tree(shown, coco_folder)
        shown.press(Qt.Key.Key_Right, 2)
        before = view.tree
        newer = shown.use(other_model(learned_model(coco_folder), 1, 999))
        qtbot.waitUntil(lambda: view.tree is not None and view.tree is not before, timeout=SOON)
        assert view.tree is not None and view.tree.sample.current is newer
        assert view.canvas.columns == 2


@pytest.mark.parametrize("width", [1, 2, 5, 10])
def test_no_two_nodes_share_a_place_no_two_lines_cross_and_greedy_is_traced_to_its_end(width: int) -> None:
    lost = 0
    for seed in range(12):
        model = lively_model("lstm", seed=seed)
        features = model.params["W_proj"][:, 0] * 0 + seed
        decoding = Decoding("beam", beam_width=width, max_length=9)
        steps = list(BeamSearch(model, decoding).steps(features))
        alone = [
            (step.found or step.kept)[0] for step in BeamSearch(model, decoding, width=1).steps(features)
        ]
        placed = lay_out(steps, alone)
        assert len({(node.column, node.row) for node in placed}) == len(placed)
        for column in range(len(steps)):
            here = sorted((node for node in placed if node.column == column), key=lambda node: node.row)
            came = [placed[n.parent].row for n in here if n.parent is not None and n.kind != "lost"]
            assert came == sorted(came)
            assert sum(node.kind == "pruned" for node in here) <= MOST_PRUNED
            assert {n.node for n in here if n.kind == "kept"} == set(steps[column].kept)
            assert max(node.share for node in here) == pytest.approx(1)
        greedy = [node for node in placed if node.greedy]
        traced = len(greedy)
        assert [node.word for node in greedy] == [node.word for node in alone[:traced]]
        assert traced == min(len(alone), len(steps))
        lost += sum(node.kind == "lost" for node in greedy)
        assert {n.node for n in placed if n.kind == "found"} == set(steps[-1].found)
    assert width > 1 or lost == 0
