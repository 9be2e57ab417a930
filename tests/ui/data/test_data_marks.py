"""The small marks of Data are painted: what is chosen, pointed at, counted in the loss, has the keyboard."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from captionviewer.core.coco.dataset import CaptionConditions
from captionviewer.ui.data.bar_plot import BarPlot
from captionviewer.ui.data.data_plots import Bar
from captionviewer.ui.look.theme import colors
from tests.ui.data.data_panel_setup import Shown, shown_panel
from tests.ui.painted import count, pixels


@pytest.fixture
def shown(qtbot: QtBot, coco_folder: Path) -> Iterator[Shown]:
    with shown_panel(qtbot, coco_folder) as shown:
        yield shown


@pytest.fixture
def lengths(shown: Shown) -> BarPlot:
    """The plot of lengths, drawn."""
    if not shown.session.can_plot:
        shown.session.plots_can_be_made()
    shown.panel.details.setCurrentWidget(shown.panel.details.statistics)
    plot: BarPlot = shown.panel.details.statistics.lengths
    shown.qtbot.waitUntil(
        lambda: plot.has_plot and bool(plot.bars) and plot.bar_box(plot.bars[0]).height() > 0, timeout=20_000
    )
    return plot


def edge_of(plot: BarPlot, bar: Bar, color: QColor) -> int:
    """How many pixels along the left edge of a bar, and just outside of it, have a colour."""
    box: QRectF = plot.bar_box(bar)
    return count(
        pixels(plot, QRect(round(box.x()) - 3, round(box.y()), 4, max(round(box.height()) - 2, 1))), color, 60
    )


def test_the_bar_of_a_condition_is_framed_and_no_other_is(shown: Shown, lengths: BarPlot) -> None:
    tall = sorted(lengths.bars, key=lambda bar: bar.value)[-4:]
    chosen, other = tall[-1], tall[0]
    assert edge_of(lengths, chosen, colors().text) == 0
    assert isinstance(chosen.key, tuple)
    split, number = chosen.key
    if split == "val":
        shown.click("val_button")
    shown.panel.browser.toggle("words", number, split)
    assert edge_of(lengths, chosen, colors().text) > 0.8 * lengths.bar_box(chosen).height()
    assert edge_of(lengths, other, colors().text) == 0


def test_the_bar_that_is_pointed_at_has_a_dotted_frame(shown: Shown, lengths: BarPlot) -> None:
    lengths.setFocus(Qt.FocusReason.TabFocusReason)
    first = lengths.bars[0]
    shown.qtbot.keyClick(lengths, Qt.Key.Key_End)
    box = lengths.bar_box(first).toRect().adjusted(-3, -3, 3, 3)
    before = count(pixels(lengths, box), colors().text, 60)
    shown.qtbot.keyClick(lengths, Qt.Key.Key_Home)
    assert lengths.pointed_bar == lengths.bars[0]
    assert count(pixels(lengths, box), colors().text, 60) > before + box.height() // 4


def test_the_strip_tints_what_the_loss_counts_and_pales_the_padding(shown: Shown) -> None:
    shown.panel.details.setCurrentIndex(1)
    strip = shown.panel.details.strip
    QApplication.processEvents()
    columns, high = strip._columns(), strip._row_height()
    for slot, column in zip(strip.slots, columns, strict=True):
        mask = QRect(column.x() + 3, column.y() + 3 * high + 5, column.width() - 6, high - 10)
        share = count(pixels(strip, mask), colors().counted) / (mask.width() * mask.height())
        assert share > 0.4 if slot.counts else share < 0.03, slot.word
        word = pixels(strip, QRect(column.x(), column.y() + 2 * high, column.width(), high))
        if slot.is_padding:
            assert count(word, colors().padding, 40) > 5 and count(word, colors().text, 40) == 0


def test_the_current_caption_has_a_bar_at_its_edge(shown: Shown) -> None:
    captions = shown.panel.details.captions
    for current in (0, 1):
        captions.set_current(current)
        QApplication.processEvents()
        for index in (0, 1):
            card = captions.card(index).toRect()
            edge = pixels(captions.viewport(), QRect(card.x() + 2, card.y() + 8, 2, card.height() - 16))
            share = count(edge, colors().accent) / (edge.shape[0] * edge.shape[1])
            assert share > 0.9 if index == current else share == 0
    captions.setFixedWidth(12 * captions.fontMetrics().averageCharWidth())  # each has several lines now
    assert captions.card(0).height() > 2 * captions.fontMetrics().height()
    for key, current in ((Qt.Key.Key_Down, 2), (Qt.Key.Key_Up, 1), (Qt.Key.Key_Up, 0), (Qt.Key.Key_Up, 0)):
        shown.qtbot.keyClick(captions, key)
        assert captions.current == current


def test_the_half_of_a_switch_that_is_in_force_is_filled(shown: Shown) -> None:
    bar = shown.panel.bar
    bar.search_field.setFocus()

    def fill(button: QWidget) -> float:
        edge = pixels(button, QRect(5, 6, 5, button.height() - 12))
        return count(edge, colors().accent) / float(edge.shape[0] * edge.shape[1])

    assert fill(bar.train_button) > 0.9 and fill(bar.val_button) == 0
    shown.click("val_button")
    bar.search_field.setFocus()
    assert fill(bar.val_button) > 0.9 and fill(bar.train_button) == 0


def test_a_chip_of_unknown_words_has_their_colour_and_one_with_the_keyboard_a_stronger_edge(
    shown: Shown,
) -> None:
    shown.panel.browser.set_conditions(CaptionConditions(words=(5, 20), unknown=(1, 5)))
    words, unknown = shown.panel.bar.chips.chips
    for chip, own, other in (
        (words, colors().accent, colors().unknown),
        (unknown, colors().unknown, colors().accent),
    ):
        shown.panel.bar.search_field.setFocus()
        plain = pixels(chip)
        assert count(plain, own, 30) > chip.width() / 2 and count(plain, other, 30) == 0
        chip.setFocus()
        assert count(pixels(chip), own, 30) > 1.5 * count(plain, own, 30)


def test_the_large_photo_is_framed_while_it_has_the_keyboard(shown: Shown) -> None:
    view = shown.panel.details.photo
    top = QRect(20, 0, view.width() - 40, 3)
    shown.panel.bar.search_field.setFocus()
    assert count(pixels(view, top), colors().accent) == 0
    view.setFocus()
    assert count(pixels(view, top), colors().accent) > view.width() - 60


@pytest.mark.parametrize("width", [430, 560, 860])
def test_the_search_line_ends_where_the_grid_does(shown: Shown, width: int) -> None:
    shown.panel.resize(width, 700)
    QApplication.processEvents()
    bar = shown.panel.bar
    one_line = (
        bar.sort_field.mapTo(bar, bar.sort_field.rect().topLeft()).y()
        < bar.search_field.mapTo(bar, bar.search_field.rect().bottomLeft()).y()
    )
    last = bar.sort_field if one_line else bar.add_button
    assert last.mapTo(bar, last.rect().topRight()).x() == bar.width() - 1
