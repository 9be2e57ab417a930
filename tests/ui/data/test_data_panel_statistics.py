"""Bars of the statistics that are pointed at and chosen."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from captionviewer.core.coco.dataset import Split
from captionviewer.ui.data.bar_plot import BarPlot
from captionviewer.ui.data.data_plots import Bar, CaptionStatistics, draw_captions
from captionviewer.ui.look.theme import LIGHT
from captionviewer.ui.plots.plot_export import PlotFormat
from tests.ui.data.data_panel_setup import Shown, shown_panel


@pytest.fixture
def shown(qtbot: QtBot, coco_folder: Path) -> Iterator[Shown]:
    with shown_panel(qtbot, coco_folder) as shown:
        shown.session.plots_can_be_made()
        shown.panel.bar.size_field.setValue(1000)
        shown.panel.details.setCurrentWidget(shown.panel.details.statistics)
        drawn(shown, shown.panel.details.statistics.lengths)
        yield shown


def drawn(shown: Shown, plot: BarPlot) -> None:
    """Wait until a plot is on the screen, laid out."""
    shown.qtbot.waitUntil(
        lambda: plot.has_plot and bool(plot.bars) and plot.bar_box(plot.bars[0]).height() > 0
    )
    shown.qtbot.waitUntil(lambda: not plot._soon.isActive() and not plot._stale)
    QApplication.processEvents()


def length_key(bar: Bar) -> tuple[str, int]:
    """The split and the number of words that a bar of the plot of lengths counts."""
    assert isinstance(bar.key, tuple)
    split, length = bar.key
    return split, length


def place_of(plot: BarPlot, bar: Bar) -> QPoint:
    """Where a bar is, in the coordinates of the canvas under the mouse."""
    assert plot._canvas is not None
    box = plot.bar_box(bar)
    assert plot.rect().contains(box.center().toPoint())
    corner: QPoint = plot._canvas.pos()  # of a canvas that Matplotlib has not typed
    return box.center().toPoint() - corner


def click(shown: Shown, plot: BarPlot, bar: Bar) -> None:
    """Click a bar, as it stands now: a line of chips may have taken some of the plot's room."""
    drawn(shown, plot)
    assert plot._canvas is not None
    place = place_of(plot, bar_of(plot, bar.key))
    QTest.mouseMove(plot._canvas, place)
    shown.qtbot.mouseClick(plot._canvas, Qt.MouseButton.LeftButton, pos=place)


def chips(shown: Shown) -> list[str]:
    return [chip.text() for chip in shown.panel.bar.chips.chips if chip.isVisible()]


def bar_of(plot: BarPlot, key: object) -> Bar:
    return next(bar for bar in plot.bars if bar.key == key)


def common_length(shown: Shown, split: Split) -> int:
    """The length that most captions of a split have."""
    return int(np.bincount(shown.dataset.split(split).caption_lengths).argmax())


def test_a_click_on_a_length_shows_those_captions_of_that_split(shown: Shown) -> None:
    plot = shown.panel.details.statistics.lengths
    length = common_length(shown, "val")
    click(shown, plot, bar_of(plot, ("val", length)))
    assert chips(shown) == [f"{length} words"]
    cells = shown.panel.grid.cells.cards
    assert cells and all(cell.record.split == "val" and len(cell.words) == length for cell in cells)
    assert len(cells) == int((shown.dataset.split("val").caption_lengths == length).sum())
    click(shown, plot, bar_of(plot, ("val", length)))
    assert chips(shown) == []


def test_what_a_bar_says_is_what_is_found(shown: Shown) -> None:
    plot = shown.panel.details.statistics.lengths
    for bar in plot.bars[::3]:
        click(shown, plot, bar)
        count = len(shown.captions())
        split, length = length_key(bar)
        assert bar.words.startswith(f"{length} words: {count:,} {split} caption")


def test_a_click_on_a_word_searches_for_it_and_again_ends_the_search(shown: Shown) -> None:
    plot = shown.panel.details.statistics.words
    shown.click("show_words")
    drawn(shown, plot)
    word = next(bar for bar in plot.bars[2:] if bar.key != "<UNK>")
    for bar in (word, bar_of(plot, "<UNK>")):
        click(shown, plot, bar)
        drawn(shown, plot)
        assert chips(shown) == [f"word: {bar.key}"] and shown.panel.bar.search_field.text() == bar.key
    shown.click("add_condition")  # the one searched for stays, and another comes besides
    click(shown, plot, word)
    assert chips(shown) == ["word: <UNK>", f"word: {word.key}"]
    cells = shown.panel.grid.cells.cards
    assert cells and all({word.key, "<UNK>"} <= set(cell.words) for cell in cells)
    click(shown, plot, word)
    assert chips(shown) == ["word: <UNK>"] and shown.panel.bar.search_field.text() == ""


def test_a_click_on_captions_a_photo_shows_the_photos_that_have_so_many(shown: Shown) -> None:
    statistics = shown.panel.details.statistics
    shown.click("show_captions")
    drawn(shown, statistics.captions)
    click(shown, statistics.captions, bar_of(statistics.captions, ("train", 4)))
    assert chips(shown) == ["4 captions a photo"]
    records = {cell.record for cell in shown.panel.grid.cells.cards}
    assert {len(record.caption_rows) for record in records} == {4}
    assert len(records) == int((shown.dataset.split("train").captions_per_image == 4).sum())


def test_pointing_at_a_bar_says_its_numbers_and_draws_nothing_anew(shown: Shown) -> None:
    plot = shown.panel.details.statistics.lengths
    assert plot._canvas is not None
    before, draws = plot.grab().toImage(), plot.draws
    length = common_length(shown, "train")
    bar = bar_of(plot, ("train", length))
    QTest.mouseMove(plot._canvas, place_of(plot, bar))
    shown.qtbot.waitUntil(lambda: plot.pointed_bar == bar)
    lengths = shown.dataset.split("train").caption_lengths
    count = int((lengths == length).sum())
    assert (
        plot.accessibleDescription()
        == f"{length} words: {count:,} train captions, {100 * count / len(lengths):.3g} %"
    )
    assert plot.grab().toImage() != before
    assert plot.draws == draws
    assert plot._canvas.cursor().shape() is Qt.CursorShape.PointingHandCursor
    QTest.mouseMove(plot._canvas, QPoint(2, 2))
    shown.qtbot.waitUntil(lambda: plot.pointed_bar is None)
    assert plot.grab().toImage() == before


def test_bars_are_pointed_at_and_chosen_with_the_keyboard(shown: Shown) -> None:
    plot = shown.panel.details.statistics.lengths
    plot.setFocus()
    shown.qtbot.keyClick(plot, Qt.Key.Key_End)
    assert plot.pointed_bar == plot.bars[-1]
    shown.qtbot.keyClick(plot, Qt.Key.Key_Right)
    shown.qtbot.keyClick(plot, Qt.Key.Key_Left)
    assert plot.pointed_bar == plot.bars[-2]
    shown.qtbot.keyClick(plot, Qt.Key.Key_Home)
    shown.qtbot.keyClick(plot, Qt.Key.Key_Down)
    assert plot.pointed_bar == plot.bars[1]
    shown.qtbot.keyClick(plot, Qt.Key.Key_Return)
    split, number = length_key(plot.bars[1])
    assert chips(shown) == [f"{number} words"] and shown.panel.browser.query.split == split
    shown.qtbot.keyClick(plot, Qt.Key.Key_Escape)
    assert chips(shown) == []


def test_one_plot_is_shown_where_it_is_narrow_and_three_where_it_is_wide(shown: Shown) -> None:
    statistics = shown.panel.details.statistics
    assert [plot.isVisible() for plot in statistics.plots] == [True, False, False]
    shown.click("show_captions")
    assert [plot.isVisible() for plot in statistics.plots] == [False, False, True]
    shown.panel.resize(1100, 1000)
    shown.qtbot.waitUntil(lambda: all(plot.isVisible() for plot in statistics.plots))
    assert not statistics.switch.isVisible()


def test_the_summary_counts_what_the_plots_show(shown: Shown) -> None:
    dataset = shown.dataset
    captions = sum(dataset.split(split).num_captions for split in ("train", "val"))
    photos = sum(dataset.split(split).num_photos for split in ("train", "val"))
    text = shown.panel.details.statistics.summary.text().replace("\u00a0", " ")
    assert text.startswith(f"{captions:,} captions of {photos:,} photos · ")
    assert text.endswith(f"{captions / photos:.2f} captions a photo")
    words = dataset.word_counts()
    assert f"{100 * words[dataset.vocabulary.unk] / words.sum():.1f} % of all words are <UNK>" in text


def test_captions_a_photo_are_exported_as_numbers(
    shown: Shown, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    statistics = shown.panel.details.statistics
    shown.click("show_captions")
    drawn(shown, statistics.captions)
    target = tmp_path / "captions.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_args: (str(target), PlotFormat.CSV.value))
    statistics.captions.export_actions[3].trigger()
    rows = [line.split(",") for line in target.read_text().split()[-6:]]
    train = shown.dataset.split("train").captions_per_image
    assert [int(row[1]) for row in rows] == [int((train == n).sum()) for n in range(6)]


@pytest.mark.parametrize("counts", [[0, 0, 0, 0, 0, 20], [0, 3, 2, 0, 9], list(range(40))])
def test_captions_a_photo_are_counted_in_whole_numbers(counts: list[int]) -> None:
    both = np.array(counts)
    none = np.zeros(3, np.int64)
    statistics = CaptionStatistics(none, none, both, both, (), none, 1, 0)
    figure = Figure()
    draw_captions(figure, statistics, LIGHT, 10.0)
    axes = figure.axes[0]
    low, high = axes.get_xlim()
    ticks = [tick for tick in axes.get_xticks() if low <= tick <= high]
    assert ticks and all(float(tick).is_integer() for tick in ticks)
