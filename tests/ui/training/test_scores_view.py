"""Scores: from a click on the button to the worst photos, with the model that they are of always named."""

import csv
import html
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from captionviewer.core.coco.vocabulary import Vocabulary
from captionviewer.core.decoding.decoding import Decoding
from captionviewer.core.evaluation.metrics import metric
from captionviewer.core.evaluation.scored_photos import ScoredPhotos
from captionviewer.core.evaluation.scoring import make_scorecard
from captionviewer.core.saved.model_file import SavedModel
from captionviewer.core.training.settings import TrainingSettings
from captionviewer.ui.look.theme import colors
from captionviewer.ui.session.models import CurrentModel, ModelOrigin
from captionviewer.ui.session.session import Session
from captionviewer.ui.settings import Settings
from captionviewer.ui.training.scores.score_histogram import bars_of
from captionviewer.ui.training.scores.scored_captions import captions_html
from captionviewer.ui.training.scores.scores_table import columns
from captionviewer.ui.training.scores.scores_view import ScoresView
from tests.coco_folder_writer import write_coco_folder
from tests.ui.painted import count, pixels
from tests.ui.training.training_setup import SOON, open_data

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def view(qtbot: QtBot, tmp_path: Path) -> Iterator[ScoresView]:
    session = Session(Settings())
    open_data(qtbot, session, write_coco_folder(tmp_path / "coco"))
    shown = ScoresView(session)
    qtbot.addWidget(shown)
    shown.resize(700, 420)
    shown.show()
    qtbot.waitExposed(shown)
    yield shown
    assert session.shut_down()
    shown.hide()
    session.deleteLater()


def score(view: ScoresView, qtbot: QtBot) -> None:
    qtbot.mouseClick(view.score_button, LEFT)
    qtbot.waitUntil(lambda: view.table.isVisible() and not view.progress.isVisible(), timeout=SOON)


def another_model(session: Session) -> CurrentModel:
    dataset = session.data.dataset
    assert dataset is not None
    settings = TrainingSettings(hidden_dim=8, wordvec_dim=6)
    model = settings.new_model(dataset.vocabulary.word_to_idx, dataset.feature_dim)
    for value in model.params.values():
        value *= 4
    saved = replace(SavedModel.untrained(model, settings, dataset), iteration=9)
    return CurrentModel(saved, ModelOrigin.TRAINED)


def test_a_click_scores_the_model_and_the_table_says_what_the_core_says(
    view: ScoresView, qtbot: QtBot
) -> None:
    assert view.empty.isVisible() and not view.csv_button.isVisible()
    score(view, qtbot)
    session = view._session
    assert session.data.dataset is not None and session.models.current is not None
    expected = make_scorecard(session.models.current.model, ScoredPhotos.of(session.data.dataset, "val"))
    assert expected is not None
    assert view.table.rowCount() == 5
    line = view.fontMetrics().height()
    assert view.pages.minimumSizeHint().height() < 6 * line, "what is not seen asks for no room"
    for number, row in enumerate(expected.rows):
        header = view.table.verticalHeaderItem(number)
        assert header is not None and header.text() == row.title
        cell = view.table.item(number, 0)
        assert cell is not None and cell.text() == f"{row.values['cider_d']:.3f}"
        assert cell.toolTip()
    assert view.foot.text() == f"Click a score to see it photo by photo. {expected.made}"
    assert session.models.current.words in view.head.text()


def test_from_cider_one_walks_to_the_worst_photos_and_back(view: ScoresView, qtbot: QtBot) -> None:
    view._session.models.set(another_model(view._session))
    score(view, qtbot)
    view.table.setFocus()
    item = view.table.item(1, 0)
    assert item is not None
    cell = view.table.visualItemRect(item).center()
    qtbot.mouseClick(view.table.viewport(), LEFT, pos=cell)
    assert view.histogram.isVisible() and view.histogram.hasFocus()
    first = next(number for number, bar in enumerate(view.histogram.bars) if bar.photos)
    qtbot.mouseClick(view.histogram, LEFT, pos=view.histogram.bar_box(first).center().toPoint())
    assert view.captions.isVisible()
    assert view.card is not None
    row = view.card.row("nearest")
    assert view.captions.shown == [p for p in row.worst("cider_d") if p in view.captions.shown]
    worst = view.captions.shown[0]
    record = view._session.selection.record
    assert record is not None and record.key == ("val", int(view.card.photos.rows[worst]))
    qtbot.keyClick(view.captions.list, Qt.Key.Key_Escape)
    assert view.histogram.isVisible()
    qtbot.keyClick(view.histogram, Qt.Key.Key_Escape)
    assert view.table.isVisible()


def test_shared_words_are_underlined_with_their_weight(view: ScoresView, qtbot: QtBot) -> None:
    score(view, qtbot)
    view.open_score("human", "cider_d")
    last = max(number for number, bar in enumerate(view.histogram.bars) if bar.photos)
    view.open_bar(last)
    assert view.card is not None
    photo = view.captions.shown[0]
    text = view.captions.captions.toHtml()
    assert ("underline" in text) == bool(view.card.matches("human", photo))
    lines = re.findall("<p.*?>(.*?)</p>", captions_html(view.card, "human", photo))
    said, *others = ([re.sub("<.*?>", "", word) for word in each.split()] for each in lines[:-1])
    words = re.sub("</?b>", "", lines[0]).split()
    theirs = {word for each in others if each != said for word in each}  # what it is was one of them
    assert {said[n] for n, word in enumerate(words) if word.startswith("<u>")} == set(said) & theirs != set()


def test_the_keyboard_chooses_a_bar_and_opens_it(view: ScoresView, qtbot: QtBot) -> None:
    score(view, qtbot)
    view.open_score("commonest", "mean_length")
    begun = view.histogram.pointed
    qtbot.keyClick(view.histogram, Qt.Key.Key_Right)
    assert view.histogram.pointed == begun + 1 or begun == len(view.histogram.bars) - 1
    full = next(number for number, bar in enumerate(view.histogram.bars) if bar.photos)
    while view.histogram.pointed > full:
        qtbot.keyClick(view.histogram, Qt.Key.Key_Left)
    qtbot.keyClick(view.histogram, Qt.Key.Key_Return)
    assert view.captions.isVisible()
    in_bars = [
        count(pixels(view.histogram, view.histogram.bar_box(number).toRect()), colors().accent)
        for number in range(len(view.histogram.bars))
    ]
    assert in_bars[full] > 100 and sum(in_bars) - in_bars[full] < 20, "the bar that is pointed at stands out"


def test_when_another_model_comes_it_is_said_and_the_table_stays(view: ScoresView, qtbot: QtBot) -> None:
    score(view, qtbot)
    of = view.head.text()
    view._session.models.set(another_model(view._session))
    assert view.head.text().startswith(of) and "another model now" in view.head.text()
    assert view.table.isVisible()
    score(view, qtbot)
    assert "another model now" not in view.head.text()


def test_captions_are_scored_as_sampling_writes_them_and_another_way_is_told(
    view: ScoresView, qtbot: QtBot
) -> None:
    session = view._session
    session.models.set(another_model(session))
    score(view, qtbot)
    session.decoding.set(Decoding(temperature=0.5))  # which greedy captions do not read
    assert "another way" not in view.head.text()
    session.decoding.set(Decoding("beam", beam_width=2, forbidden_words=("<UNK>",)))
    assert "another way now" in view.head.text()
    score(view, qtbot)
    assert "another way now" not in view.head.text()
    assert "captions: beam of 2, never <UNK>, 30 words at most" in view.foot.text()
    assert session.data.dataset is not None and session.models.current is not None
    photos = ScoredPhotos.of(session.data.dataset, "val")
    expected = make_scorecard(session.models.current.model, photos, session.decoding.value)
    cell = view.table.item(0, 0)
    assert expected is not None and cell is not None
    assert cell.text() == f"{expected.row('model').values['cider_d']:.3f}"


def test_a_model_that_says_the_same_of_all_photos_raises_a_notice_that_explains_it(
    view: ScoresView, qtbot: QtBot
) -> None:
    same, other = another_model(view._session), another_model(view._session)
    same.model.params["b_vocab"][_vocabulary(view).end] = 1e3  # nothing is said of any photo
    for model, few in ((same, True), (other, False)):
        view._session.models.set(model)
        score(view, qtbot)
        assert view.card is not None and len(view.card.photos) == 16
        assert (view.card.row("model").values["distinct"] < 1.6) == few  # a tenth of the photos
        assert view.notice.isVisible() == few
    assert "nearly the same of every photo" in view.notice.text()


def _vocabulary(view: ScoresView) -> Vocabulary:
    dataset = view._session.data.dataset
    assert dataset is not None
    return dataset.vocabulary


def test_a_score_that_other_photos_could_level_with_the_models_is_greyed_and_slanted(
    view: ScoresView, qtbot: QtBot
) -> None:
    view._session.models.set(another_model(view._session))
    score(view, qtbot)
    assert view.card is not None
    seen = set()
    for number, row in enumerate(view.card.rows):
        for column, of in enumerate(columns()):
            cell = view.table.item(number, column)
            assert cell is not None
            greyed = cell.foreground().color() == colors().muted
            difference = row.differences.get(of.key)
            low, high = (difference.interval.low, difference.interval.high) if difference else (1.0, 1.0)
            assert greyed == cell.font().italic() == (low <= 0 <= high), (row.name, of.key)
            assert ("can't be told apart" in html.unescape(cell.toolTip())) == greyed
            seen.add(greyed)
    assert seen == {True, False}


def test_a_switch_lets_a_generated_unknown_word_count_and_the_sentence_below_says_so(
    view: ScoresView, qtbot: QtBot
) -> None:
    silent = another_model(view._session)
    vocabulary = _vocabulary(view)
    for name in ("W_vocab", "b_vocab"):
        silent.model.params[name][:] = 0.0
    silent.model.params["b_vocab"][vocabulary.unk] = 9.0  # it says <UNK> and nothing else
    view._session.models.set(silent)
    scored = []
    for matches in (False, True):
        assert view.unknown_box.isChecked() is False or matches
        if matches:
            view.unknown_box.click()
        score(view, qtbot)
        assert view.card is not None
        scored.append(view.card.row("model").values["bleu_1"])
        said = "counts as a word" if matches else "matches nothing"
        assert f"a generated <UNK> {said}" in view.foot.text()
    assert scored[0] < 1e-6 < 0.001 < scored[1]


def test_scoring_can_be_cancelled_and_tried_again(view: ScoresView, qtbot: QtBot) -> None:
    qtbot.mouseClick(view.score_button, LEFT)
    assert view.cancel_button.isVisible()
    qtbot.mouseClick(view.cancel_button, LEFT)
    assert view.empty.isVisible() and view.card is None
    score(view, qtbot)


def test_the_table_each_photos_scores_and_the_captions_are_exported(
    view: ScoresView, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    score(view, qtbot)
    names = iter([tmp_path / "scores.csv", tmp_path / "photos.csv", tmp_path / "captions.json"])
    written: list[str] = []
    view._session.notice.connect(written.append)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(next(names)), ""))
    for button in (view.csv_button, view.photos_button, view.captions_button):
        qtbot.mouseClick(button, LEFT)
    qtbot.waitUntil(lambda: len(written) == 3, timeout=SOON)
    assert "CIDEr-D" in (tmp_path / "scores.csv").read_text().splitlines()[0]
    assert view.card is not None
    lines = list(csv.reader((tmp_path / "photos.csv").read_text().splitlines()))
    column = lines[0].index("CIDEr-D")
    of_model = [float(line[column]) for line in lines[1:] if line[1] == "this model"]
    np.testing.assert_allclose(of_model, view.card.row("model").of_photos["cider_d"], rtol=1e-5)
    assert len(json.loads((tmp_path / "captions.json").read_text())) == len(view.card.photos)


def test_bars_hold_every_photo_that_has_a_value_once() -> None:
    values = np.array([0.0, 1.0, np.nan, 0.5, 1.0, 0.26])
    bars = bars_of(values, [0, 5, 3, 1, 4, 2], num_bars=4)
    assert [bar.photos for bar in bars] == [(0,), (5,), (3,), (1, 4)]
    assert bars_of(np.array([np.nan]), [0]) == []
    assert metric("cider_d").of_photos
