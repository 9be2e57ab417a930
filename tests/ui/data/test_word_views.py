"""Words and frequency: the line of the cut, the dots of surprise, the words that are never said."""

import csv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.coco.vocabulary import UNK, caption_words
from captionviewer.core.decoding.decoding import Decoding
from captionviewer.core.inspection.corpus import draw_corpus
from captionviewer.core.inspection.word_frequency import captions_of_training, read_by_frequency, words_said
from captionviewer.core.saved.model_file import rows_trained_on
from captionviewer.core.training.settings import DataFacts
from captionviewer.ui.data.words.never_said_view import NeverSaidView
from captionviewer.ui.data.words.rank_view import RankView
from captionviewer.ui.data.words.surprise_view import SurpriseView
from captionviewer.ui.look.theme import colors
from captionviewer.ui.plots.plot_export import PlotFormat
from tests.ui.data.data_panel_setup import Shown, shown_panel
from tests.ui.painted import count, pixels

SOON = 20_000  # ms that nothing here takes
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def shown(qtbot: QtBot, coco_folder: Path) -> Iterator[Shown]:
    with shown_panel(qtbot, coco_folder) as shown:
        shown.session.plots_can_be_made()
        shown.train_on(list(range(5, 60)))
        shown.panel.details.setCurrentWidget(shown.panel.details.statistics)
        yield shown


def ranked(shown: Shown) -> RankView:
    view = shown.panel.details.statistics.views.open("Rank")
    assert isinstance(view, RankView)
    shown.qtbot.waitUntil(lambda: view.kept_field.isEnabled() and view.plot.height() > 100, timeout=SOON)
    return view


def words_before(dataset: CocoDataset, kept: int) -> tuple[float, float]:
    """The shares of words covered and of captions with <UNK>, counted over the captions as texts."""
    words = dataset.vocabulary.idx_to_word
    inside = {words[word] for word in dataset.split("train").word_ranks.words[:kept]}
    captions = [caption_words(row, dataset.vocabulary) for row in dataset.split("train").captions]
    known = [[word in inside for word in caption] for caption in captions]
    return float(np.mean(np.concatenate(known))), float(np.mean([not all(caption) for caption in known]))


def test_the_cut_is_moved_by_mouse_keys_and_field_and_says_what_it_covers_and_saves(shown: Shown) -> None:
    view, dataset = ranked(shown), shown.dataset
    plot, R = view.plot, len(dataset.vocabulary) - 4
    assert plot.kept == R and view.words.text().startswith(f"All {R:,} words")
    at = QPoint(round(plot.axes.room.center().x()), round(plot.axes.room.center().y()))
    QTest.mousePress(plot, LEFT, pos=at)
    QTest.mouseMove(plot, at - QPoint(30, 0))
    shown.qtbot.waitUntil(lambda: abs(plot.line_at() - at.x() + 30) < 12)  # at few words they lie apart
    QTest.mouseRelease(plot, LEFT, pos=at - QPoint(30, 0))
    assert 1 < plot.kept < R and view.kept_field.value() == plot.kept
    plot.setFocus()
    before = plot.kept
    shown.qtbot.keyClick(plot, Qt.Key.Key_Right)
    assert plot.kept == before + 1
    shown.qtbot.keyClick(plot, Qt.Key.Key_Down)
    assert plot.kept <= before  # a tenth of few words is one
    shown.qtbot.keyClick(plot, Qt.Key.Key_Home)
    assert plot.kept == 1
    view.kept_field.setValue(50)
    assert plot.kept == 50
    covered, unknown = words_before(dataset, 50)
    said = view.words.text()
    assert f"{100 * covered:.1f} % of the words said are covered" in said
    assert f"{100 * unknown:.1f} % of captions have {UNK}" in said
    current = shown.session.models.current
    assert current is not None
    small = replace(DataFacts.of(dataset), vocabulary_size=54)
    saves = current.model.num_parameters - current.saved.settings.num_parameters(small)
    assert f"It saves {saves:,} of {current.model.num_parameters:,} parameters" in said
    assert saves == (R - 50) * (8 + 8 + 1)  # a row of W_embed, a column of W_vocab, a bias
    assert plot.accessibleDescription() == said
    shown.click("keep_all_words")
    assert plot.kept == R


def test_right_of_the_line_words_are_greyed(shown: Shown) -> None:
    view = ranked(shown)
    view.kept_field.setValue(view.kept_field.maximum())
    whole = count(pixels(view.plot), colors().accent)
    view.kept_field.setValue(8)
    assert count(pixels(view.plot), colors().accent) < whole
    assert count(pixels(view.plot), colors().raised) > 1_000


def read(shown: Shown) -> SurpriseView:
    view = shown.panel.details.statistics.views.open("Surprise")
    assert isinstance(view, SurpriseView)
    shown.qtbot.mouseClick(view.reading.button, LEFT)
    shown.qtbot.waitUntil(lambda: view.plot.num_dots > 0 and not view.reading.is_busy, timeout=SOON)
    for _ in range(3):  # the words above it take their lines, and it has its room
        QApplication.processEvents()
    return view


def test_a_dot_says_a_words_surprise_and_a_click_on_it_shows_its_captions(shown: Shown) -> None:
    view, dataset, current = read(shown), shown.dataset, shown.session.models.current
    assert current is not None
    corpus, vocabulary = draw_corpus(dataset), dataset.vocabulary
    trained_on, _which = captions_of_training(dataset, rows_trained_on(current.saved, dataset))
    found = read_by_frequency(current.model, corpus, trained_on, vocabulary)
    assert found is not None and view.plot.num_dots == len(found.words)
    assert current.words in view.words.text() and "the 55 captions it was trained on" in view.words.text()
    assert f"{found.bands()[-1].nats:.1f}" in view.words.text()

    plot = view.plot
    widest = int(np.argmax(found.trained))
    word = vocabulary.idx_to_word[found.words[widest]]
    place = plot.place_of(word)
    QTest.mouseMove(plot, place.toPoint())
    shown.qtbot.waitUntil(lambda: plot.pointed_word == word)
    assert f"“{word}”: {found.nats[widest]:.2f} nats" in plot.accessibleDescription()
    shown.qtbot.mouseClick(plot, LEFT, pos=place.toPoint())
    assert shown.panel.bar.search_field.text() == word
    cells = shown.panel.grid.cells.cards
    assert cells and all(word in cell.words for cell in cells)
    assert plot._chosen == {word}


def test_dots_are_walked_by_keys_and_nothing_is_pointed_at_where_there_is_none(shown: Shown) -> None:
    view = read(shown)
    plot = view.plot
    plot.setFocus()
    shown.qtbot.keyClick(plot, Qt.Key.Key_End)
    first = plot.pointed_word
    shown.qtbot.keyClick(plot, Qt.Key.Key_Left)
    second = plot.pointed_word
    assert first is not None and second is not None and first != second
    shown.qtbot.keyClick(plot, Qt.Key.Key_Right)
    assert plot.pointed_word == first
    shown.qtbot.keyClick(plot, Qt.Key.Key_Left)
    shown.qtbot.keyClick(plot, Qt.Key.Key_Return)
    assert shown.panel.bar.search_field.text() == second
    plot._point_at(plot._dot_at(QPointF(2, 2)))
    assert plot.pointed_word is None


def test_an_answer_of_another_model_is_greyed_and_one_of_other_data_is_gone(
    shown: Shown, coco_folder: Path
) -> None:
    view = read(shown)
    assert count(pixels(view.plot), colors().accent) > 50
    shown.train_on(list(range(60, 90)))
    assert "Sampling shows another model now" in view.words.text()
    assert count(pixels(view.plot), colors().accent) == 0
    shown.open(coco_folder)
    assert view.plot.num_dots == 0 and "Press Read val" in view.words.text() and not view.plot.isVisible()


def test_a_pass_that_is_cancelled_shows_nothing(shown: Shown) -> None:
    view = shown.panel.details.statistics.views.open("Surprise")
    assert isinstance(view, SurpriseView)
    view.reading.start()
    assert view.reading.is_busy and not view.reading.button.isVisible()
    shown.qtbot.mouseClick(view.reading.cancel_button, LEFT)
    shown.qtbot.waitUntil(lambda: not shown.session.workers._threads, timeout=SOON)
    assert view.plot.num_dots == 0 and view.reading.button.isVisible()


def captioned(shown: Shown) -> NeverSaidView:
    view = shown.panel.details.statistics.views.open("Never said")
    assert isinstance(view, NeverSaidView)
    shown.qtbot.mouseClick(view.captioning.button, LEFT)
    shown.qtbot.waitUntil(lambda: bool(view.model.words), timeout=SOON)
    return view


def test_the_words_never_said_are_listed_and_lead_to_their_captions(
    shown: Shown, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    view, dataset, current = captioned(shown), shown.dataset, shown.session.models.current
    assert current is not None
    trained_on, _which = captions_of_training(dataset, rows_trained_on(current.saved, dataset))
    found = words_said(current.model, draw_corpus(dataset), Decoding(), trained_on, dataset.vocabulary)
    assert found is not None
    names = [dataset.vocabulary.idx_to_word[word] for word in found.never_said]
    assert list(view.model.words) == names
    said = view.words.text()
    assert f"{found.num_said:,} are said in captions of {found.num_photos} photos" in said
    assert f"people say {found.num_by_people:,}" in said and current.words in said and "greedy" in said

    index = view.model.index(2, 0)
    place = view.table.visualRect(index).center()
    shown.qtbot.mouseClick(view.table.viewport(), LEFT, pos=place)
    assert shown.panel.bar.search_field.text() == names[2]

    target = tmp_path / "never.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_args: (str(target), PlotFormat.CSV.value))
    view.exported.actions[3].trigger()
    rows = [row for row in csv.reader(target.read_text(encoding="utf-8-sig").splitlines()) if row]
    assert rows[-1][0] == names[-1] and len(rows) > len(names)

    shown.session.decoding.set(replace(shown.session.decoding.value, method="sample", seed=4))
    assert "writes captions in another way now" in view.words.text()


def test_pictures_of_the_plots_are_saved(
    shown: Shown, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, (export, kind) in enumerate(
        (
            (ranked(shown).plot.exported, PlotFormat.PNG),
            (read(shown).plot.exported, PlotFormat.SVG),
            (captioned(shown).exported, PlotFormat.PNG),
        )
    ):
        target = tmp_path / f"{number}.{kind.name.lower()}"
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_a, t=target, k=kind: (str(t), k.value))
        export.actions[0 if kind is PlotFormat.PNG else 1].trigger()
        assert target.stat().st_size > 5_000


def test_none_is_made_before_it_is_opened(shown: Shown) -> None:
    assert shown.panel.details.statistics.findChildren(RankView) == []
