"""States: from a word to a unit, its places in val, its knock-out, and back."""

import csv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QFileDialog, QScrollArea
from pytestqt.qtbot import QtBot

from captionviewer.core.coco.vocabulary import caption_text
from captionviewer.core.inspection.corpus import draw_corpus, knock_out_features
from captionviewer.core.inspection.knock_out import captions_without, num_changed
from captionviewer.core.inspection.states import corpus_states
from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.core.saved.model_file import SavedModel
from captionviewer.ui.look import theme
from captionviewer.ui.sampling.states.state_colors import color_of
from captionviewer.ui.sampling.states.state_map import StateMap
from captionviewer.ui.sampling.states.states_view import FEW_UNITS, SPECIFIC, StatesView
from tests.ui.sampling.sampling_setup import SOON, Shown, learned_model, other_model, shown_sampling

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def shown(qtbot: QtBot, coco_folder: Path) -> Iterator[Shown]:
    with shown_sampling(qtbot, coco_folder, size=(760, 560)) as shown:
        saved = learned_model(coco_folder)
        shown.use(saved)
        shown.select_learned(saved)
        yield shown


@pytest.fixture
def saved(coco_folder: Path) -> SavedModel:
    return learned_model(coco_folder)


def opened(shown: Shown) -> StatesView:
    view = shown.panel.views.open("States")
    assert isinstance(view, StatesView)
    shown.qtbot.waitUntil(lambda: view.shown is not None and view.map.isVisible(), timeout=SOON)
    return view


def click(shown: Shown, states: StateMap, row: int, column: int) -> None:
    shown.qtbot.mouseClick(states, LEFT, pos=states.center_of(row, column))


def open_unit(shown: Shown, view: StatesView, row: int, column: int) -> int:
    unit = int(view.map.units[row])
    click(shown, view.map, row, column)
    shown.qtbot.waitUntil(
        lambda: bool(view.unit.highest.places) and "photos of val" in view.unit.knock_out.count.text(),
        timeout=SOON,
    )
    return unit


def test_the_map_shows_the_units_that_change_most_a_column_for_each_word_that_was_fed(shown: Shown) -> None:
    view = opened(shown)
    assert view.shown is not None
    values = view.shown.trace.values["h"]
    words = [word for word in shown.sample.words if word != "<END>"]
    assert values.shape == (1 + len(words), 96)
    change = np.abs(np.diff(values, axis=0)).sum(axis=0)
    assert set(view.map.units.tolist()) == set(np.argsort(-change)[:FEW_UNITS].tolist())
    picture = view.map.grab().toImage()
    row, column = 2, 1
    expected = color_of(float(values[column, view.map.units[row]]), "h", theme.colors())
    seen = picture.pixelColor(view.map.center_of(row, column))
    assert all(
        abs(a - b) <= 2
        for a, b in zip(expected.getRgb()[:3], seen.getRgb()[:3], strict=True)  # type: ignore[index]
    )


def test_where_there_is_little_room_the_view_scrolls_and_units_stay_in_sight(shown: Shown) -> None:
    shown.panel.resize(540, 260)
    view = opened(shown)
    page, line = view._pages.widget(0), view.fontMetrics().height()
    assert isinstance(page, QScrollArea)
    shown.qtbot.waitUntil(lambda: page.verticalScrollBar().maximum() > 2 * line, timeout=SOON)
    page.verticalScrollBar().setValue(page.verticalScrollBar().maximum())
    seen = view.map.visibleRegion().boundingRect().intersected(view.map.grid())
    assert seen.height() > 2 * line


def test_all_units_are_one_click_away_and_another_order_shows_the_same_units(shown: Shown) -> None:
    view = opened(shown)
    few = set(view.map.units.tolist())
    view.order_choice.setCurrentIndex(view.order_choice.findData("index"))
    shown.qtbot.waitUntil(lambda: view.map.units.tolist() == sorted(few), timeout=SOON)
    view.all_box.setChecked(True)
    shown.qtbot.waitUntil(lambda: view.map.units.tolist() == list(range(96)), timeout=SOON)


def test_pointing_at_a_cell_says_the_equation_of_an_lstm_with_its_numbers(
    shown: Shown, saved: SavedModel, qtbot: QtBot
) -> None:
    view = opened(shown)
    qtbot.mouseMove(view.map, view.map.center_of(0, 1))
    qtbot.waitUntil(lambda: view.said.text().startswith(f"Unit {view.map.units[0]} after"), timeout=SOON)
    assert "h = tanh(" in view.said.text()
    rnn = saved.model
    lstm = CaptioningRNN(
        rnn.word_to_idx, rnn.input_dim, rnn.wordvec_dim, 40, "lstm", rng=np.random.default_rng(2)
    )
    shown.use(replace(saved, model=lstm))
    qtbot.waitUntil(lambda: view.quantity_choice.count() == 6, timeout=SOON)
    view.quantity_choice.setCurrentIndex(view.quantity_choice.findData("c"))
    qtbot.waitUntil(lambda: view.shown is not None and view.shown.quantity == "c", timeout=SOON)
    assert view.shown is not None
    unit, trace = view.map.unit, view.shown.trace
    t = view.map.column
    assert f"= {trace.values['c'][t, unit]:.2f};".replace("-", "\N{MINUS SIGN}") in view.said.text()


def test_a_click_on_a_unit_leads_to_its_places_and_its_knock_out_and_back(
    shown: Shown, saved: SavedModel
) -> None:
    view = opened(shown)
    unit = open_unit(shown, view, 3, 1)
    corpus = draw_corpus(shown.dataset)
    states = corpus_states(saved.model, corpus.features, corpus.fed(shown.dataset.vocabulary))
    assert states is not None
    column = states.values[:, unit]
    ordered = np.argsort(-column.astype(float), kind="stable")
    for places, expected in (
        (view.unit.highest.places, ordered[:20]),
        (view.unit.lowest.places, ordered[::-1]),
    ):
        for place, position in zip(places, expected, strict=False):
            assert place.values[place.at] == pytest.approx(float(column[position]))
    place, first = view.unit.highest.places[0], int(ordered[0])
    assert place.words[place.at] == saved.model.idx_to_word[int(states.word[first])]
    assert place.record.row == corpus.photos[states.caption[first]]
    assert int(view.unit.histogram.counts.sum()) == len(column)
    assert saved.model is shown.sample.current.model and "all" in view.unit.of.text()

    part = view.unit.knock_out
    without = captions_without(saved.model, shown.sample.features[np.newaxis], [unit])[0]
    assert caption_text(without, shown.dataset.vocabulary) in part.caption.text()
    features = knock_out_features(shown.dataset)
    count = num_changed(saved.model, features, saved.model.sample(features), unit)
    assert f"Of {len(features)} photos of val, {count} get another" in part.count.text()
    shown.qtbot.mouseClick(part.all_button, LEFT)
    shown.qtbot.waitUntil(lambda: "Over all 96 units the median is" in part.count.text(), timeout=SOON)
    assert not part.all_button.isVisible()

    shown.qtbot.mouseClick(view.unit.back_button, LEFT)
    assert view.map.isVisible() and view.map.hasFocus()


def test_a_corpus_is_read_once_for_a_model_and_one_of_an_older_model_is_named(
    shown: Shown, saved: SavedModel, qtbot: QtBot
) -> None:
    view = opened(shown)
    open_unit(shown, view, 0, 1)
    read = view.reader.read("h")
    assert not view.unit.read_button.isVisible()
    view.back()
    open_unit(shown, view, 1, 1)
    assert view.reader.read("h") is read and read is not None
    shown.use(other_model(saved, 4, 77))
    qtbot.waitUntil(view.unit.read_button.isVisible, timeout=SOON)
    assert "Sampling shows another model now" in view.unit.of.text()
    assert read.of.words in view.unit.of.text()
    qtbot.mouseClick(view.unit.read_button, LEFT)
    qtbot.waitUntil(lambda: view.reader.read("h") is not read, timeout=SOON)
    assert "another model" not in view.unit.of.text()
    parts = (view.unit.title, view.unit.histogram, view.unit.knock_out.caption)
    full = [part.grab().toImage() for part in parts]
    shown.panel.sampler._set_outdated(True)  # a newer model is asked: what this one says greys
    assert all(part.grab().toImage() != before for part, before in zip(parts, full, strict=True))
    shown.panel.sampler._set_outdated(False)
    assert [part.grab().toImage() for part in parts] == full


def test_specific_to_the_word_reads_val_and_puts_first_the_unit_whose_mean_stands_out(
    shown: Shown, qtbot: QtBot
) -> None:
    view = opened(shown)
    click(shown, view.map, -1, 2)
    assert view.map.column == 2 == shown.panel.position
    before = view.shown
    view.order_choice.setCurrentIndex(view.order_choice.findData(SPECIFIC))
    qtbot.waitUntil(lambda: view.reader.read("h") is not None and view.shown is not before, timeout=SOON)
    read = view.reader.read("h")
    assert read is not None and view.shown is not None
    values = read.states.values.astype(np.float64)
    at = read.states.word == view.shown.trace.words[2]
    score = np.abs(values[at].mean(axis=0) - values.mean(axis=0)) / values.std(axis=0)
    expected = int(score.argmax()) if at.any() else None
    qtbot.waitUntil(lambda: expected is None or int(view.map.units[0]) == expected, timeout=SOON)


def test_the_map_is_walked_by_keys_and_a_ground_truth_caption_is_fed_word_for_word(
    shown: Shown, qtbot: QtBot
) -> None:
    view = opened(shown)
    view.caption_choice.setCurrentIndex(1)
    text = shown.captions_of(shown.sample.record)[0]
    words = shown.dataset.vocabulary.idx_to_word

    def fed() -> list[str]:
        assert view.shown is not None
        return [words[word] for word in view.shown.trace.words.tolist()]

    qtbot.waitUntil(lambda: fed()[1:] == text.split(), timeout=SOON)
    view.map.setFocus()
    qtbot.keyClick(view.map, Qt.Key.Key_Down)
    assert view.map.unit == view.map.units[1]
    qtbot.keyClick(view.map, Qt.Key.Key_Return)
    assert view.unit.isVisible() and view.unit.unit == view.map.units[1]
    assert view.map.cell_at(QPoint(2, 2)) is None
    qtbot.waitUntil(lambda: not view.reader.is_busy, timeout=SOON)


def test_without_a_caption_the_view_says_why(qtbot: QtBot, coco_folder: Path, saved: SavedModel) -> None:
    with shown_sampling(qtbot, coco_folder) as shown:
        shown.use(saved)
        shown.select_learned(saved)
        view = opened(shown)
        diverged = saved.model.copy()
        diverged.params["b"][:] = np.nan
        shown.use(replace(saved, model=diverged))
        qtbot.waitUntil(view.empty.isVisible, timeout=SOON)
        assert "diverged" in view.empty.words.text()


def test_the_map_is_saved_as_a_picture_a_drawing_and_the_numbers_that_are_seen(
    shown: Shown, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = opened(shown)
    shown.session.plots_can_be_made()
    assert view.shown is not None
    for ending in ("png", "svg", "csv"):
        path = tmp_path / f"map.{ending}"
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_a, path=path: (str(path), ""))
        view.export.export()
        assert path.stat().st_size > 100
    header, *rows = list(csv.reader((tmp_path / "map.csv").read_text().splitlines()))
    assert header[0] == "unit" and len(header) == 1 + len(view.shown.trace.words)
    assert [int(row[0]) for row in rows] == view.map.units.tolist()
    unit = int(rows[3][0])
    values = view.shown.trace.values["h"][:, unit]
    np.testing.assert_allclose([float(cell) for cell in rows[3][1:]], values, rtol=1e-6)
