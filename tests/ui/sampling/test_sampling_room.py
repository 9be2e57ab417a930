"""A caption of thirty words, as an untrained model says it, in a small place."""

import html
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from captionviewer.core.coco.vocabulary import LONGEST_IN_WORDS
from captionviewer.ui.sampling.caption_chips import CaptionChips
from captionviewer.ui.sampling.words_view import WordsView
from captionviewer.ui.session.models import ModelOrigin
from tests.ui.sampling.sampling_setup import Shown, learned_model, shown_sampling


def bars_end(shown: Shown) -> int:
    """How far down the bars reach, in the viewport that scrolls."""
    view = shown.panel.findChild(WordsView)
    assert view is not None
    return shown.bars.mapTo(view.viewport(), QPoint(0, shown.bars.height())).y() - view.viewport().height()


def say_thirty_words(shown: Shown) -> None:
    """Select a photo under an untrained model that never comes to an end."""
    current = shown.session.models.current
    assert current is not None
    model = current.model.copy()
    model.params["b_vocab"][model.word_to_idx["<END>"]] = -1e3
    shown.use(replace(current.saved, model=model), ModelOrigin.UNTRAINED)
    shown.select("train", 0)
    assert len(shown.sample.words) == LONGEST_IN_WORDS


def chips_of(shown: Shown) -> CaptionChips:
    chips = shown.panel.findChild(CaptionChips)
    assert chips is not None
    return chips


def test_thirty_words_leave_the_bars_their_place_and_are_there_to_copy_and_to_read(
    qtbot: QtBot, coco_folder: Path
) -> None:
    with shown_sampling(qtbot, coco_folder, size=(690, 430)) as shown:
        say_thirty_words(shown)
        shown.press(Qt.Key.Key_End)
        qtbot.wait(200)  # until the parts have settled: at first they may fit by chance
        assert bars_end(shown) <= 0
        whole = " ".join(shown.sample.words)
        label = shown.panel.findChild(QLabel, "generated_caption")
        assert label is not None
        assert label.text().startswith("…")
        assert label.text()[1:].strip() in whole  # the newest words are the ones seen
        assert whole in html.unescape(label.toolTip())
        assert whole in label.accessibleDescription()
        assert len(chips_of(shown).words()) == LONGEST_IN_WORDS + 1
        shown.click("sampling_copy")
        assert shown.panel.words.caption.text() == whole


def test_nothing_moves_while_a_long_caption_is_stepped_through(qtbot: QtBot, coco_folder: Path) -> None:
    with shown_sampling(qtbot, coco_folder, size=(690, 400)) as shown:
        say_thirty_words(shown)
        padding, before = chips_of(shown).padding, shown.bars.height()
        shown.press(Qt.Key.Key_Right, 5)
        assert chips_of(shown).padding == padding
        assert shown.bars.height() == before


def test_a_large_place_shows_all_of_a_long_caption(qtbot: QtBot, coco_folder: Path) -> None:
    with shown_sampling(qtbot, coco_folder, size=(1000, 800)) as shown:
        say_thirty_words(shown)
        shown.press(Qt.Key.Key_End)
        assert shown.text("generated_caption") == " ".join(shown.sample.words)
        assert chips_of(shown).padding == CaptionChips.padding


def test_a_short_caption_is_never_shortened(qtbot: QtBot, coco_folder: Path) -> None:
    saved = learned_model(coco_folder)
    with shown_sampling(qtbot, coco_folder, size=(690, 400)) as shown:
        shown.use(saved)
        shown.select_learned(saved)
        shown.press(Qt.Key.Key_End)
        words = [word for word in shown.sample.words if word != "<END>"]
        assert shown.text("generated_caption") == " ".join(words)
