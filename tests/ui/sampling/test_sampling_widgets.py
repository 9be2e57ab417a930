"""The small parts of Sampling: numbers for people, tints that can be read, words in lines."""

import math
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QColor, QGuiApplication, QHelpEvent
from PySide6.QtWidgets import QApplication, QToolTip, QWidget
from pytestqt.qtbot import QtBot

from captionviewer.ui.look import theme
from captionviewer.ui.sampling.caption_chips import CaptionChips
from captionviewer.ui.sampling.ground_truth import (
    GroundTruthCaption,
    SurpriseLegend,
    TintedCaption,
    TintedWord,
    tint,
)
from captionviewer.ui.sampling.probability_words import nats, percent, small_probability
from captionviewer.ui.sampling.word_bars import WordBar, WordBars, scale_for
from captionviewer.ui.sampling.word_flow import FlowWord

BLIND_GUESS = math.log(1004)


@pytest.fixture(autouse=True)
def no_tip_left() -> Iterator[None]:
    yield
    QToolTip.hideText()


def luminance(color: QColor) -> float:
    def linear(value: float) -> float:
        return value / 12.92 if value <= 0.03928 else ((value + 0.055) / 1.055) ** 2.4

    r, g, b = (linear(value) for value in (color.redF(), color.greenF(), color.blueF()))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(first: QColor, second: QColor) -> float:
    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def point_at(widget: QWidget, place: QPoint) -> str:
    """Rest the mouse on a place; return the words that come up."""
    event = QHelpEvent(QEvent.Type.ToolTip, place, widget.mapToGlobal(place))
    QApplication.sendEvent(widget, event)
    return QToolTip.text() if event.isAccepted() else ""


@pytest.mark.parametrize(
    ("probability", "words"),
    [
        (1.0, "100.0 %"),
        (0.4123, "41.2 %"),
        (0.0042, "0.42 %"),
        (0.00004, "< 0.01 %"),
        (0.0, "0 %"),
        (math.nan, "not a number"),
    ],
)
def test_a_probability_is_written_as_a_percentage(probability: float, words: str) -> None:
    assert percent(probability) == words


@pytest.mark.parametrize(
    ("log_probability", "words"),
    [
        (0.0, "100.0 %"),
        (math.log(0.031), "3.1 %"),
        (math.log(3.1e-7), "3.1 × 10⁻⁷"),
        (math.log(9.99e-5), "1.0 × 10⁻⁴"),
        (-2000.0, "2.6 × 10⁻⁸⁶⁹"),  # far below the smallest float
        (-math.inf, "0"),
        (math.nan, "not a number"),
    ],
)
def test_the_probability_of_a_long_caption_is_written_with_a_power_of_ten(
    log_probability: float, words: str
) -> None:
    assert small_probability(log_probability) == words


def test_nats_have_one_decimal_and_no_negative_zero() -> None:
    assert (nats(3.21), nats(-19.84), nats(-0.01)) == ("3.2", "−19.8", "0.0")


def test_a_full_bar_stands_for_a_round_share_no_smaller_than_the_largest() -> None:
    assert [scale_for(largest) for largest in (0.0014, 0.02, 0.3, 1.0, 1.0000001)] == [
        0.002,
        0.02,
        0.5,
        1.0,
        1.0,
    ]


@pytest.mark.parametrize("colors", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
def test_words_can_be_read_on_every_tint(colors: theme.Colors) -> None:
    tints = [tint(0.1 * tenth * BLIND_GUESS, BLIND_GUESS, colors) for tenth in range(15)]
    assert min(contrast(colors.text, each) for each in tints) >= 4.5
    assert tints[0] == colors.surface or contrast(tints[0], colors.surface) < 1.01
    reds = [each.redF() - each.greenF() for each in tints]
    assert reds == sorted(reds) and tints[10] == tints[14]  # stronger up to a blind guess, no further
    assert contrast(tints[10], colors.surface) > 1.8


def test_pointing_at_a_word_tells_its_surprise(qtbot: QtBot) -> None:
    row = GroundTruthCaption(0)
    qtbot.addWidget(row)
    row.resize(400, 60)
    words = (TintedWord("a", 0.0), TintedWord("<UNK>", 3.2), TintedWord("<END>", math.nan))
    row.show_caption(TintedCaption(words, trained_on=True), BLIND_GUESS)
    row.show()
    boxes = row.boxes()
    assert "“&lt;UNK&gt;”: surprise 3.2 nats, p = 4.1 %" in point_at(row, boxes[1].center())
    assert "not a number" in point_at(row, boxes[2].center())
    assert "trained on this caption" in point_at(row, boxes[3].center())
    assert point_at(row, QPoint(390, 50)) == ""
    assert row.text() == "a <UNK>" == row.accessibleName()
    assert "surprise 3.2 nats" in row.accessibleDescription()


def test_a_word_is_painted_on_its_own_tint(qtbot: QtBot) -> None:
    row = GroundTruthCaption(0)
    qtbot.addWidget(row)
    row.resize(400, 30)
    c = theme.colors()
    row.show_caption(TintedCaption((TintedWord("a", 0.0), TintedWord("zebra", 9.0))), BLIND_GUESS)
    picture = row.grab().toImage()
    surprised = row.boxes()[1]
    corner = picture.pixelColor(surprised.left() + 3, surprised.top() + 2)
    assert contrast(corner, tint(9.0, BLIND_GUESS, c)) < 1.05
    row.show_caption(TintedCaption((TintedWord("a", 9.0), TintedWord("zebra", 0.0))), BLIND_GUESS)
    corner = row.grab().toImage().pixelColor(surprised.left() + 3, surprised.top() + 2)
    assert contrast(corner, tint(0.0, BLIND_GUESS, c)) < 1.05


def test_a_ground_truth_caption_can_be_copied(qtbot: QtBot) -> None:
    row = GroundTruthCaption(2)
    qtbot.addWidget(row)
    row.show_caption(TintedCaption((TintedWord("a"), TintedWord("kite"), TintedWord("<END>"))), BLIND_GUESS)
    assert row.contextMenuPolicy() == Qt.ContextMenuPolicy.ActionsContextMenu
    row.actions()[0].trigger()
    assert QGuiApplication.clipboard().text() == "a kite"
    assert row.objectName() == "ground_truth_2"


def test_words_of_any_length_stay_within_the_width(qtbot: QtBot) -> None:
    chips = CaptionChips()
    qtbot.addWidget(chips)
    words = [FlowWord("surf" * 500), *(FlowWord("board") for _ in range(20))]
    for width in (600, 240, 90):
        chips.resize(width, 400)
        chips.show_words(words, 3)
        boxes = chips.boxes()
        assert all(box.left() >= 0 and box.right() < width for box in boxes)
        assert not any(a.intersects(b) for i, a in enumerate(boxes) for b in boxes[i + 1 :])
        assert chips.heightForWidth(width) == boxes[-1].bottom() + 1
        chips.grab()


def test_room_is_kept_for_the_words_that_are_to_come(qtbot: QtBot) -> None:
    chips = CaptionChips()
    qtbot.addWidget(chips)
    words = [FlowWord("surfboard") for _ in range(12)]
    whole = [word.text for word in words]
    heights = set()
    for count in range(13):
        chips.show_words(words[:count], count, whole)
        heights.add(chips.heightForWidth(300))
    assert len(heights) == 1


def test_the_bars_are_told_to_screen_readers_and_on_pointing(qtbot: QtBot) -> None:
    bars = WordBars()
    qtbot.addWidget(bars)
    bars.resize(300, 220)
    bars.show_bars([WordBar("wave", 0.41, True), WordBar("<UNK>", 0.02, False)], 1002, 0.5)
    bars.show()
    assert bars.accessibleDescription() == "wave 41.0 %, chosen; <UNK> 2.0 %"
    assert "“wave”: p = 41.0 %, surprise 0.9 nats, chosen" in point_at(bars, bars.row(0).center())
    assert "“&lt;UNK&gt;”" in point_at(bars, bars.row(1).center())
    assert point_at(bars, bars.row(5).center()) == ""


def test_a_bar_is_as_long_as_its_share_of_the_scale(qtbot: QtBot) -> None:
    bars = WordBars()
    qtbot.addWidget(bars)
    bars.resize(400, 220)

    def accent_pixels(probability: float) -> int:
        bars.show_bars([WordBar("wave", probability, True)], 0, 0.5)
        picture = bars.grab().toImage()
        row = bars.row(0)
        accent = theme.colors().accent
        return sum(
            picture.pixelColor(x, row.center().y()) == accent for x in range(row.width() // 3, row.width())
        )

    full, half = accent_pixels(0.5), accent_pixels(0.25)
    assert full > 100 and abs(half - full / 2) < 0.12 * full
    assert accent_pixels(0.9) <= full  # never past its end


def test_the_legend_says_what_the_strongest_tint_stands_for(qtbot: QtBot) -> None:
    legend = SurpriseLegend()
    qtbot.addWidget(legend)
    legend.set_blind_guess(math.log(100))
    assert "4.6 for a blind guess" in legend.accessibleDescription()
