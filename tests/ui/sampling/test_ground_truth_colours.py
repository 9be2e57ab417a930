"""`<UNK>` has its colour in the ground truth, too, however strong its tint is."""

import numpy as np
import pytest
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from captionviewer.ui.look.theme import colors
from captionviewer.ui.sampling.ground_truth import GroundTruthCaption, TintedCaption, TintedWord, tint


@pytest.mark.parametrize("surprise", [None, 0.0, 3.0, 6.9])
def test_an_unknown_word_is_read_in_its_colour_and_its_tint_is_still_seen(
    qtbot: QtBot, surprise: float | None
) -> None:
    def shades(word: str) -> np.ndarray:
        caption = GroundTruthCaption(0)
        qtbot.addWidget(caption)
        caption.show_caption(TintedCaption((TintedWord(word, surprise),)), 6.9)
        caption.resize(160, 40)
        caption.show()
        image = caption.grab(caption.boxes()[0]).toImage().convertToFormat(QImage.Format.Format_RGB888)
        rows = np.frombuffer(bytes(image.constBits()), np.uint8).reshape(image.height(), -1)
        return rows[:, : 3 * image.width()].reshape(-1, 3).astype(int)

    def num(picture: np.ndarray, name: str) -> int:
        color = colors().unknown if name == "unknown" else tint(surprise or 0.0, 6.9, colors())
        return int((np.abs(picture - (color.red(), color.green(), color.blue())).max(axis=1) <= 30).sum())

    unknown, known = shades("<UNK>"), shades("frisbee")
    assert num(unknown, "unknown") > num(known, "unknown") + 8  # a strong tint has some like it, at its edges
    if surprise:
        assert num(unknown, "tint") > 40, "a frame in the tint"
