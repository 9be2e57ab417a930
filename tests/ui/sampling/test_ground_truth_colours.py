"""`<UNK>` has its colour in the ground truth, too, however strong its tint is."""

import pytest
from pytestqt.qtbot import QtBot

from captionviewer.ui.look.theme import colors
from captionviewer.ui.sampling.ground_truth import GroundTruthCaption, TintedCaption, TintedWord, tint
from tests.ui.painted import Pixels, count, pixels


@pytest.mark.parametrize("surprise", [None, 0.0, 3.0, 6.9])
def test_an_unknown_word_is_read_in_its_colour_and_its_tint_is_still_seen(
    qtbot: QtBot, surprise: float | None
) -> None:
    def shades(word: str) -> Pixels:
        caption = GroundTruthCaption(0)
        qtbot.addWidget(caption)
        caption.show_caption(TintedCaption((TintedWord(word, surprise),)), 6.9)
        caption.resize(160, 40)
        caption.show()
        return pixels(caption, caption.boxes()[0])

    unknown, known = (count(shades(word), colors().unknown, 30) for word in ("<UNK>", "frisbee"))
    assert unknown > known + 8  # a strong tint has some like it, at its edges
    if surprise:
        assert count(shades("<UNK>"), tint(surprise, 6.9, colors()), 30) > 20
