"""The small parts of Sampling: numbers for people, tints that can be read, words in lines."""

import itertools
import math
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QFontMetrics, QGuiApplication
from PySide6.QtWidgets import QToolTip
from pytestqt.qtbot import QtBot

from captionviewer.ui.look import theme
from captionviewer.ui.sampling.caption_chips import CaptionChips
from captionviewer.ui.sampling.generated_caption import FittingLabel
from captionviewer.ui.sampling.ground_truth import (
    GroundTruthCaption,
    SurpriseLegend,
    TintedCaption,
    TintedWord,
    tint,
)
from captionviewer.ui.sampling.mirrored_bars import MirroredBars, MirroredWord
from captionviewer.ui.sampling.probability_words import nats, p_words, percent, small_probability
from captionviewer.ui.sampling.temperature.tempered_bars import TemperedBars
from captionviewer.ui.sampling.temperature.tempered_word import TemperedNext, TemperedWord
from captionviewer.ui.sampling.word_bars import WordBar, WordBars, scale_for
from captionviewer.ui.sampling.word_flow import FlowWord
from captionviewer.ui.sampling.word_rows import WordRows
from tests.ui.painted import count, pixels
from tests.ui.readable import contrast
from tests.ui.sampling.sampling_setup import point_at

BLIND_GUESS = math.log(1004)


@pytest.fixture(autouse=True)
def no_tip_left() -> Iterator[None]:
    yield
    QToolTip.hideText()


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
    reds = [each.redF() - each.greenF() for each in tints[:11]]
    assert reds == sorted(reds)  # stronger up to a blind guess
    assert contrast(tints[10], colors.surface) > 1.8


@pytest.mark.parametrize("colors", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
def test_tints_tell_surprises_beyond_a_blind_guess_apart(colors: theme.Colors) -> None:
    steps = [6.0, 7.5, 9.0, 10.5, 12.0, 13.5, 15.0]
    tints = [tint(nats, math.log(300), colors) for nats in steps]
    assert min(contrast(colors.text, each) for each in tints) >= 4.5
    for before, after in itertools.pairwise(tints):
        assert after.blueF() - before.blueF() > 0.03 and after.redF() < before.redF()
    assert tint(40.0, math.log(300), colors) == tints[-1]
    assert tint(20.0, 16.0, colors) == tint(16.0, 16.0, colors)  # a vocabulary of nine million words


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


@pytest.mark.parametrize("surprise", [0.0, 9.0])
def test_an_unknown_word_of_the_ground_truth_has_its_colour_and_its_tint(
    qtbot: QtBot, surprise: float
) -> None:
    row = GroundTruthCaption(0)
    qtbot.addWidget(row)
    row.resize(400, 30)
    c = theme.colors()
    row.show_caption(
        TintedCaption((TintedWord("<UNK>", surprise), TintedWord("kite", surprise))), BLIND_GUESS
    )
    picture = row.grab().toImage()
    seen = [
        {
            picture.pixelColor(x, y).name()
            for x in range(box.left(), box.right())
            for y in range(box.top(), box.bottom() + 1)
        }
        for box in row.boxes()
    ]
    assert c.unknown.name() in seen[0] and c.unknown.name() not in seen[1]
    assert tint(surprise, BLIND_GUESS, c).name() in seen[0]


def test_the_perplexity_of_a_caption_is_that_of_its_mean_surprise() -> None:
    words = tuple(TintedWord(word, nats) for word, nats in (("a", 0.5), ("kite", 3.5), ("<END>", math.nan)))
    assert TintedCaption(words).perplexity == pytest.approx(math.exp(2.0))
    assert TintedCaption((TintedWord("a"),)).perplexity is None


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
    for shown in range(13):
        chips.show_words(words[:shown], shown, whole)
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


def test_a_bar_of_what_no_caption_says_offers_no_click(qtbot: QtBot) -> None:
    bars = WordBars()
    qtbot.addWidget(bars)
    bars.resize(300, 220)
    bars.show_bars([WordBar("<NULL>", 0.41, False), WordBar("wave", 0.02, False)], 1002, 0.5)
    bars.show()
    chosen: list[str] = []
    bars.word_chosen.connect(chosen.append)
    tips = [point_at(bars, bars.row(index).center()) for index in range(2)]
    assert "a click" not in tips[0] and "a click has it said" in tips[1]
    for index in range(2):
        qtbot.mouseClick(bars, Qt.MouseButton.LeftButton, pos=bars.row(index).center())
    assert chosen == ["wave"]


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


def first_colored(bars: WordBars, index: int) -> int:
    """Where the bar of a row that is not chosen starts, in pixels from the left."""
    picture, row = bars.grab().toImage(), bars.row(index)
    fill = theme.mixed(theme.colors().raised, theme.colors().accent, 0.5).name()
    return next(x for x in range(row.width()) if picture.pixelColor(x, row.center().y()).name() == fill)


def test_bars_start_at_one_place_at_all_timesteps_of_a_caption(qtbot: QtBot) -> None:
    bars = WordBars()
    qtbot.addWidget(bars)
    bars.resize(500, 220)
    words = ("a", "of", "skateboarding")
    starts = set()
    for word in words:
        bars.show_bars([WordBar("on", 0.4, True), WordBar(word, 0.3, False)], 0, 0.5, words)
        starts.add(first_colored(bars, 1))
    assert len(starts) == 1
    columns = bars._columns()  # and there is room for the longest of them
    assert columns.words >= QFontMetrics(columns.bold).horizontalAdvance("skateboarding")


def raised_columns(bars: WordRows) -> list[int]:
    """Where the second row has the ground that bars lie on, in pixels from the left."""
    picture, row, ground = bars.grab().toImage(), bars.row(1), theme.colors().raised.name()
    return [x for x in range(row.width()) if picture.pixelColor(x, row.center().y()).name() == ground]


def test_bars_of_two_probabilities_stay_in_their_place_at_all_timesteps_too(qtbot: QtBot) -> None:
    tempered, mirrored = TemperedBars(), MirroredBars("Bars")
    words = ("a", "of", "skateboarding wheelbarrows")
    for bars in (tempered, mirrored):
        qtbot.addWidget(bars)
        bars.resize(500, 220)
    places: dict[WordRows, list[list[int]]] = {tempered: [], mirrored: []}
    for word in words:
        both = [TemperedWord(each, 0.0, 0.0, 0.0, False) for each in (word, "")]
        tempered.show_next(TemperedNext(tuple(both), 2, 2, 1.0, 1.0, 1.0), words)
        mirrored.show_words([MirroredWord(each, 0.0, 0.0) for each in (word, "")], room_for=words)
        for shown, found in places.items():
            found.append(raised_columns(shown))
    for found in places.values():
        assert found[0] and found == [found[0]] * len(words)


def test_bars_of_two_models_grow_to_the_left_and_to_the_right_from_the_word_between(qtbot: QtBot) -> None:
    bars, c = MirroredBars("Bars"), theme.colors()
    qtbot.addWidget(bars)
    bars.resize(500, 220)
    ends: list[tuple[int, int, int, int]] = []
    for p in (0.25, 0.5):
        bars.show_words([MirroredWord("wave", p, p)])
        picture, y = bars.grab().toImage(), bars.row(0).center().y()
        painted = [picture.pixelColor(x, y) for x in range(picture.width())]
        left, right = ([x for x, ink in enumerate(painted) if ink == own] for own in (c.accent, c.val))
        ends.append((left[0], left[-1], right[0], right[-1]))
    short, long = ends
    assert long[0] < short[0] < short[1] == long[1] < long[2] == short[2] < short[3] < long[3]


def test_a_word_that_is_cut_is_hatched_as_far_as_the_temperature_left_it(qtbot: QtBot) -> None:
    bars = TemperedBars()
    qtbot.addWidget(bars)
    bars.resize(500, 220)

    def hatched(tempered: float) -> int:
        word = TemperedWord("wave", 0.0, tempered, 0.0, True)
        bars.show_next(TemperedNext((word,), 1, 1, 1.0, 1.0, 1.0), ("wave",))
        return count(pixels(bars, bars.row(0)), theme.colors().muted, 40)

    none, quarter, half = hatched(0.0), hatched(0.25), hatched(0.5)
    assert quarter - none > 60 and abs((half - none) - 2 * (quarter - none)) < 0.2 * (half - none)


def test_the_outline_behind_a_tempered_bar_is_as_long_as_the_models_own_probability(qtbot: QtBot) -> None:
    bars = TemperedBars()
    qtbot.addWidget(bars)
    bars.resize(500, 220)
    ink = theme.colors().text

    def edges(before: float) -> tuple[int, int]:
        word = TemperedWord("~", before, 0.9, 0.9, False)  # the bar itself stays as long
        bars.show_next(TemperedNext((word,), 1, 1, 1.0, 1.0, 1.0), ("~",))
        picture = pixels(bars, bars.row(0))
        dark = [x for x in range(picture.shape[1]) if count(picture[:, x], ink, 120) > 0.4 * len(picture)]
        return min(dark), max(dark)

    (left, quarter), (also_left, half) = edges(0.25), edges(0.5)
    assert abs(left - also_left) <= 1 and quarter - left > 30
    assert abs((half - left) - 2 * (quarter - left)) <= 3


def test_the_chosen_bar_is_marked_by_a_shape_and_not_by_its_colour_alone(qtbot: QtBot) -> None:
    bars = WordBars()
    qtbot.addWidget(bars)
    bars.resize(400, 220)
    accent = theme.colors().accent
    for size in (400, 160):  # words beside their bars, and on them
        bars.resize(size, 220)
        for chosen in (0, 1):
            bars.show_bars([WordBar("a", 0.0, i == chosen) for i in range(2)], 0, 0.5, ("wheelbarrow",))
            picture = bars.grab().toImage()
            marked = [
                sum(
                    picture.pixelColor(x, y) == accent
                    for y in range(bars.row(i).top(), bars.row(i).bottom())
                    for x in range(bars.first_letter(i) - 2)
                )
                for i in range(2)
            ]
            assert marked[chosen] > 3 and marked[1 - chosen] == 0
            assert "chosen" in bars.accessibleDescription().split("; ")[chosen]


def test_large_text_in_little_room_puts_words_on_their_bars(qtbot: QtBot) -> None:
    bars = WordBars()
    qtbot.addWidget(bars)
    for width in range(200, 420, 20):  # for any photo alike: nothing jumps when another is selected
        bars.resize(width, 300)
        beside = set()
        for word in ("a", "somebody", "skateboarding", "rhododendron-coloured"):
            bars.show_bars([WordBar(word, 0.5, True)], 900, 0.5)
            beside.add(bars.words_on_bars())
        assert len(beside) == 1, width
    bars.resize(310, 300)
    font = bars.font()
    font.setPointSizeF(2 * font.pointSizeF())
    shown = [WordBar("standing", 0.5, True), WordBar("skateboard", 0.25, False)]
    bars.show_bars(shown, 900, 0.5)
    assert not bars.words_on_bars()
    bars.setFont(font)
    assert bars.words_on_bars()
    picture, row, c = bars.grab().toImage(), bars.row(1), theme.colors()
    fill = theme.mixed(c.raised, c.accent, 0.25).name()
    y = row.top() + round(0.15 * row.height())
    filled = sum(picture.pixelColor(x, y).name() == fill for x in range(row.width()))
    assert filled > 0.2 * bars.width()  # half of a full bar
    for share in (0.0, 0.25, 0.45):
        assert contrast(c.text, theme.mixed(c.raised, c.accent, share)) >= 4.5
        assert contrast(theme.DARK.text, theme.mixed(theme.DARK.raised, theme.DARK.accent, share)) >= 4.5


def test_a_line_takes_the_longest_wording_that_there_is_room_for(qtbot: QtBot) -> None:
    label = FittingLabel()
    qtbot.addWidget(label)
    texts = ("Probability of the whole caption so far: 3 %", "Probability so far: 3 %", "p = 3 %")
    label.set_texts(*texts)
    label.show()
    seen = []
    for width in (label.sizeHint().width(), label.sizeHint().width() - 20, 60):
        label.resize(width, 20)
        seen.append(label.text())
    assert tuple(seen) == texts


def test_the_legend_says_what_the_strongest_tint_stands_for(qtbot: QtBot) -> None:
    legend = SurpriseLegend()
    qtbot.addWidget(legend)
    legend.set_blind_guess(math.log(100))
    assert "4.6 for a blind guess" in legend.accessibleDescription()
    assert "From 15 nats on the tint stays the same" in legend.accessibleDescription()
    assert legend._texts() == ("surprise 0", "4.6", "15+ nats")


def test_the_legend_s_second_strip_shows_the_other_hue(qtbot: QtBot) -> None:
    legend = SurpriseLegend()
    qtbot.addWidget(legend)
    legend.set_blind_guess(math.log(100))
    legend.resize(legend.sizeHint())
    picture = legend.grab().toImage()
    c, row = theme.colors(), picture.height() // 2
    across = [picture.pixelColor(x, row) for x in range(picture.width())]
    for wanted in (tint(4.6, math.log(100), c), tint(14.5, math.log(100), c)):
        assert any(contrast(each, wanted) < 1.03 and abs(each.hue() - wanted.hue()) < 6 for each in across)


@pytest.mark.parametrize(
    ("probability", "words"), [(0.041, "p = 4.1 %"), (1e-7, "p < 0.01 %"), (0.0, "p = 0 %")]
)
def test_a_probability_too_small_to_write_is_less_than_and_not_equal_to_less(
    probability: float, words: str
) -> None:
    assert p_words(probability) == words
