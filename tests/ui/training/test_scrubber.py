"""The scrubber: dragging on the loss shows what was said then, by mouse, keys and play."""

import html
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from captionviewer.core.saved.model_file import save_model
from captionviewer.core.training.caption_stops import RecordedCaptions
from captionviewer.core.training.events import WatchedCaptions
from captionviewer.ui.training.said_photos import said_at
from captionviewer.ui.training.training_panel import TrainingPanel
from captionviewer.ui.training.watched_photo_list import Said
from tests.ui.training.test_training_panel import click
from tests.ui.training.training_setup import ENDLESS, QUICK, training_panel, wait

STOPS = (0, 10, 20, 40)


@pytest.fixture(scope="module")
def ended(
    request: pytest.FixtureRequest, coco_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TrainingPanel]:
    """A panel with a run of 40 iterations that has ended, and a record of four stops; once for all tests."""
    qtbot, folder = QtBot(request), str(tmp_path_factory.mktemp("ended"))
    with pytest.MonkeyPatch.context() as patch:
        for kind in ("CONFIG", "CACHE", "DATA", "LOG"):
            patch.setenv(f"CAPTIONVIEWER_{kind}_DIR", folder)
        with training_panel(qtbot, coco_folder) as made:
            made.form.set_settings(QUICK)
            click(qtbot, made, made.start_action)
            wait(lambda: not made.is_running(), qtbot)
            run = made.control.run
            assert run is not None
            record = recorded(made)
            patch.setattr(run, "caption_stops", lambda: record)
            yield made
        made.close()
        made.deleteLater()


@pytest.fixture
def panel(qtbot: QtBot, ended: TrainingPanel) -> TrainingPanel:
    """That panel as it shows the run's end, whatever a test before has scrubbed to."""
    run = ended.control.run
    assert run is not None
    ended.plot.scrubber.pause()
    ended._recorded.follow(run, run.caption_rows, 40)
    ended.said.show_now(WatchedCaptions(40, tuple(ended.watched.captions().items())))
    ended.said.head.updateGeometry()  # which a test resizes
    wait(lambda: ended.plot.full_draws > 0 and ended.plot.has_plot, qtbot)
    assert ended.plot.scrubber.iteration is None and ended.plot.scrubber.can_scrub
    return ended


def recorded(panel: TrainingPanel) -> RecordedCaptions:
    """Two photos: of the first other words are said at each stop, of the second always the same."""
    dataset = panel._session.data.dataset
    assert dataset is not None
    null = dataset.vocabulary.word_to_idx["<NULL>"]
    a, b, c, d = [i for i, word in enumerate(dataset.vocabulary.idx_to_word) if word[0] != "<"][:4]
    first = [[a, a, null], [a, b, null], [a, b, c], [a, d, c]]
    captions = np.array([[row, [a, b, null]] for row in first], dtype=np.int32)
    return RecordedCaptions((("train", 0), ("val", 1)), np.array(STOPS), captions, null)


def at(panel: TrainingPanel, iteration: float) -> QPoint:
    place = panel.plot._marker_place(iteration)
    assert place is not None
    return QPoint(round(place[0]), panel.plot.height() // 2)


def said(panel: TrainingPanel, row: int = 0) -> Said:
    data = panel.watched.cells.cards[row].said
    assert data is not None
    return data


LEFT = Qt.MouseButton.LeftButton


def test_dragging_on_the_curve_shows_what_was_said_then(qtbot: QtBot, panel: TrainingPanel) -> None:
    layer, plot = panel.plot.layer, panel.plot
    qtbot.mousePress(layer, LEFT, pos=at(panel, 12))
    assert plot.scrubber.iteration == layer.iteration == 10
    words = said(panel).text.split(" ")
    assert said(panel).new == (False, True)  # the second is other than at the stop before
    assert panel.watched.cells.cards[0].text == " ".join(words)
    assert "iteration 10 of 40, greedy — what was said then; Esc" in panel.said.head.text()
    qtbot.mouseMove(layer, at(panel, 25))
    qtbot.mouseRelease(layer, LEFT, pos=at(panel, 25))
    plot.scrubber.go_to(25)  # offscreen, a moved mouse may hold no button
    assert plot.scrubber.iteration == 20
    assert said(panel).new == (False, False, True)
    assert said(panel, 1).new == (False, False)
    assert len(panel.watched.watched) == 2


def test_new_words_are_underlined_and_the_strip_says_when_each_came_to_stay(
    qtbot: QtBot, panel: TrainingPanel
) -> None:
    panel.plot.scrubber.go_to(20)
    assert [since for _word, _share, since in said(panel).settled] == [0, 40, 20]
    item = panel.watched.cells.index(0)
    tip = html.unescape(str(item.data(Qt.ItemDataRole.ToolTipRole)))
    assert "New since the stop before:" in tip
    assert "has stayed since iteration" in tip
    assert "iteration 20" in str(item.data(Qt.ItemDataRole.AccessibleDescriptionRole))
    before = panel.watched.grab().toImage()
    marked = said(panel)
    unmarked = Said(marked.text, (False,) * 3, marked.settled, marked.at)
    panel.watched.show_said({("train", 0): unmarked}, 20)
    assert panel.watched.grab().toImage() != before  # the line under the word is gone
    strips = []
    for words in (("wave",), ("wave", "boat")):  # which came to stay at one time
        settled = tuple((word, 0.5, 20) for word in words)
        panel.watched.show_said({("train", 0): replace(unmarked, settled=settled)}, 20)
        strips.append(panel.watched.grab().toImage())
    assert strips[0] == strips[1], "a word without room is not written over another"


def test_keys_go_from_stop_to_stop_and_escape_returns_to_now(qtbot: QtBot, panel: TrainingPanel) -> None:
    plot = panel.plot
    now = panel.watched.captions()
    keys = Qt.Key
    for key, wanted in (
        (keys.Key_Home, 0),
        (keys.Key_Left, 0),
        (keys.Key_Right, 10),
        (keys.Key_End, 40),
        (keys.Key_Right, 40),
        (keys.Key_Left, 20),
    ):
        qtbot.keyClick(plot, key)
        assert plot.scrubber.iteration == wanted
    qtbot.keyClick(plot, keys.Key_Escape)
    assert plot.scrubber.iteration is None
    assert plot.layer.iteration is None
    assert panel.watched.captions() == now
    assert "what is said now" in panel.said.head.text()


def test_a_double_click_returns_to_now(qtbot: QtBot, panel: TrainingPanel) -> None:
    qtbot.mouseClick(panel.plot.layer, LEFT, pos=at(panel, 20))
    assert panel.plot.scrubber.stop is not None
    qtbot.mouseDClick(panel.plot.layer, LEFT, pos=at(panel, 20))
    assert panel.plot.scrubber.stop is None


def test_play_goes_from_the_first_stop_to_the_last_and_ends_there(qtbot: QtBot, panel: TrainingPanel) -> None:
    seen: list[int | None] = []
    scrubber = panel.plot.scrubber
    scrubber.moved.connect(lambda: seen.append(scrubber.iteration))
    fast = panel.said.play_actions[1]
    fast.trigger()
    assert scrubber.speed == 8
    wait(lambda: scrubber.speed == 0, qtbot)
    assert seen == list(STOPS)
    assert not fast.isChecked()


def test_the_keys_2_and_8_play_and_hold_at_both_speeds(qtbot: QtBot, panel: TrainingPanel) -> None:
    plot, scrubber = panel.plot, panel.plot.scrubber
    plot.setFocus()
    for key, speed in ((Qt.Key.Key_2, 2), (Qt.Key.Key_8, 8)):
        qtbot.keyClick(plot, key)
        assert scrubber.speed == speed
        assert scrubber.iteration == 0
        assert [action.isChecked() for action in panel.said.play_actions] == [speed == 2, speed == 8]
        qtbot.keyClick(plot, key)
        assert scrubber.speed == 0


def test_playing_at_8_moves_four_times_as_often_as_at_2(panel: TrainingPanel) -> None:
    scrubber = panel.plot.scrubber
    scrubber.play(2)
    slow = scrubber._timer.interval()
    scrubber.play(8)
    assert slow == 250 and scrubber._timer.interval() == 62
    scrubber.pause()


def test_the_buttons_play_and_hold(qtbot: QtBot, panel: TrainingPanel) -> None:
    for button, speed in zip(panel.said._buttons, (2, 8), strict=True):
        assert button.text() == f"{speed}×"
        qtbot.mouseClick(button, LEFT)
        assert panel.plot.scrubber.speed == speed
        qtbot.mouseClick(button, LEFT)
        assert panel.plot.scrubber.speed == 0


def test_the_line_over_the_captions_is_worded_shorter_where_it_has_no_room(panel: TrainingPanel) -> None:
    head = panel.said.head
    panel.plot.scrubber.go_to(20)
    for width in range(900, 90, -10):
        head.resize(width, head.height())
        shown = head.shown_text()
        assert shown.startswith("iteration 20") and "…" not in shown
        assert head.fontMetrics().horizontalAdvance(shown) <= width
    assert head.text().endswith("returns to now")


def test_a_drag_while_a_run_trains_shows_what_was_said_then_and_training_goes_on(
    qtbot: QtBot, coco_folder: Path
) -> None:
    with training_panel(qtbot, coco_folder) as made:
        made.form.set_settings(ENDLESS)
        click(qtbot, made, made.start_action)
        scrubber, layer = made.plot.scrubber, made.plot.layer
        wait(lambda: scrubber.can_scrub and len(made.plot.series) > 60 and made.plot.has_plot, qtbot)
        wait(lambda: made.plot._marker_place(60) is not None, qtbot)
        run = made.control.run
        assert run is not None
        kept: list[int] = []

        def has_several() -> bool:
            record = run.caption_stops()
            kept[:] = [] if record is None else record.iterations.tolist()
            return len(kept) > 4 and len(made.plot.series) > kept[-1]

        wait(has_several, qtbot)  # how far apart they lie depends on the machine
        QTest.mousePress(layer, LEFT, pos=at(made, kept[-1]))
        stops = []
        for iteration in reversed(kept[1:]):
            # as QTest.mouseMove, but with the button held, which that forgets where no screen is
            there = QPointF(at(made, iteration))
            QApplication.sendEvent(
                layer,
                QMouseEvent(
                    QEvent.Type.MouseMove,
                    there,
                    layer.mapToGlobal(there),
                    Qt.MouseButton.NoButton,
                    LEFT,
                    Qt.KeyboardModifier.NoModifier,
                ),
            )
            assert scrubber.iteration is not None
            stops.append(scrubber.iteration)
            record, stop = scrubber.record, scrubber.stop
            assert record is not None and stop is not None
            for row in range(len(record.photos)):
                assert said(made, row).new == said_at(record, stop, row, made.said._vocabulary).new
                assert (
                    made.watched.cells.cards[row].text
                    == said_at(record, stop, row, made.said._vocabulary).text
                )
        QTest.mouseRelease(layer, LEFT, pos=at(made, 1))
        assert stops == sorted(stops, reverse=True) and len(set(stops)) > 1
        assert layer.iteration == scrubber.iteration == stops[-1]
        before = run.progress().iteration
        wait(lambda: run.progress().iteration > before, qtbot)
        assert scrubber.iteration == stops[-1]  # newer captions do not take it away


def test_without_a_record_nothing_can_be_scrubbed(qtbot: QtBot, panel: TrainingPanel) -> None:
    panel.plot.scrubber.follow(lambda: None)
    assert not any(action.isEnabled() for action in panel.said.play_actions)
    qtbot.mousePress(panel.plot.layer, LEFT, pos=at(panel, 12))
    assert panel.plot.scrubber.stop is None


def test_a_runs_own_record_goes_from_the_untrained_network_to_its_end_also_in_a_file(
    qtbot: QtBot, coco_folder: Path, tmp_path: Path
) -> None:
    with training_panel(qtbot, coco_folder) as made:
        made.form.set_settings(QUICK)
        click(qtbot, made, made.start_action)
        wait(lambda: not made.is_running(), qtbot)
        run, model = made.control.run, made._session.models.current
        assert run is not None and model is not None
        scrubber = made.plot.scrubber
        scrubber.look()
        assert scrubber.can_scrub
        scrubber.first()
        assert scrubber.iteration == 0
        scrubber.last()
        assert scrubber.iteration == 40
        points = run.validation.points()
        assert points[0].iteration == 0 and points[-1].iteration == 40
        path = tmp_path / "learned.npz"
        save_model(path, model.saved)
    with training_panel(qtbot, coco_folder) as later:
        later._session.models.open(path)
        wait(lambda: later.plot.scrubber.can_scrub, qtbot)
        assert later.plot.scrubber.iteration == 40
        later.plot.scrubber.first()
        assert later.plot.scrubber.iteration == 0
        assert len(later.watched.watched) == len(model.saved.stops.photos) if model.saved.stops else False
