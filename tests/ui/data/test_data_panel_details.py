"""The selected photo in detail: captions, ids and mask, address, features; and the statistics."""

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from captionviewer.core.coco.dataset import DataError
from captionviewer.core.coco.vocabulary import caption_text, decode_captions
from captionviewer.core.photos.store import PhotoStore
from captionviewer.ui.data.caption_strip import slots_of
from captionviewer.ui.photos.photo_loader import PhotoState
from captionviewer.ui.plots.plot_export import PlotFormat
from captionviewer.ui.plots.plot_widget import WAITING
from tests.ui.data.data_panel_setup import Shown, shown_panel

PHOTO, IDS, FEATURES, NEAREST, STATISTICS = range(5)


@pytest.fixture
def shown(qtbot: QtBot, coco_folder: Path) -> Iterator[Shown]:
    with shown_panel(qtbot, coco_folder) as shown:
        yield shown


def settle(shown: Shown) -> None:
    """Wait for the workers and for what they told to be drawn."""
    shown.qtbot.waitUntil(lambda: not shown.session.workers.running())
    QApplication.processEvents()


def clipboard() -> str:
    return QGuiApplication.clipboard().text()


def test_all_captions_of_the_photo_are_shown_and_the_one_of_the_minibatch_is_marked(shown: Shown) -> None:
    record = shown.session.selection.record
    assert record is not None
    seen = shown.panel.details.captions
    text = seen.toPlainText().replace("\u2028", "\n")
    for row in record.caption_rows:
        assert shown.caption("train", row) in text
    minibatch = set(shown.dataset.split("train").minibatch(24, 231).caption_rows.tolist())
    for row, caption in zip(record.caption_rows, seen.captions, strict=True):
        assert caption.shown_above == ("in this minibatch" if row in minibatch else "")
    assert text.count("in this minibatch") == len(minibatch & set(record.caption_rows))


def test_captions_that_are_shown_again_are_not_written_again(shown: Shown) -> None:
    seen = shown.panel.details.captions
    assert len(seen.captions) > 1
    written: list[None] = []
    seen.document().contentsChanged.connect(lambda: written.append(None))
    seen.selectAll()
    seen.show_captions(seen.captions, 1)
    assert written == [] and seen.current == 1 and seen.selected_text() == ""
    assert seen.textCursor().blockNumber() == 1
    seen.show_captions(seen.captions[:1], 1)
    assert written and seen.current == 0 and seen.document().blockCount() == 1


def test_unknown_words_stand_out_in_the_text(shown: Shown) -> None:
    captions = shown.dataset.split("train").captions
    row = int(np.flatnonzero((captions == shown.dataset.vocabulary.unk).any(axis=1))[0])
    shown.session.selection.select(shown.dataset.split("train").record_of_caption(row))
    document = shown.panel.details.captions.document()
    found = document.find("<UNK>")
    assert not found.isNull()
    words = [word for caption in shown.panel.details.captions.captions for word in caption.words]
    plain = next(word for word in words if word != "<UNK>" and len(word) > 2)
    normal = document.find(plain)
    assert not normal.isNull()
    assert found.charFormat().foreground().color() != normal.charFormat().foreground().color()


def test_the_current_caption_is_copied_by_key_and_by_action(shown: Shown) -> None:
    shown.panel.grid.setFocus()
    QTest.keyClick(shown.panel.grid, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert clipboard() == shown.captions()[0]
    shown.click_cell(2)
    shown.panel.copy_caption_action.trigger()
    assert clipboard() == shown.captions()[2]
    assert shown.notices[-1] == "Caption copied"


def test_all_captions_are_copied_one_a_line(shown: Shown) -> None:
    record = shown.session.selection.record
    assert record is not None
    shown.panel.details.copy_captions_action.trigger()
    assert clipboard().split("\n") == [shown.caption("train", row) for row in record.caption_rows]


def test_selected_text_is_copied_without_the_marks(shown: Shown) -> None:
    captions = shown.panel.details.captions
    captions.setFocus()
    captions.selectAll()
    QTest.keyClick(captions, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert clipboard().split("\n") == [caption.text for caption in captions.captions]


def test_with_nothing_selected_the_copy_key_takes_the_current_caption(shown: Shown) -> None:
    captions = shown.panel.details.captions
    captions.setFocus()
    captions.set_current(1)
    QTest.keyClick(captions, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert clipboard() == captions.captions[1].text


def test_clicking_a_caption_shows_its_ids(shown: Shown) -> None:
    details = shown.panel.details
    record = shown.session.selection.record
    assert record is not None
    other = next(n for n in range(len(record.caption_rows)) if n != details.captions.current)
    details.captions.set_current(other)
    details.captions.verticalScrollBar().setValue(0)
    place = details.captions.card(0).center().toPoint()
    shown.qtbot.mouseClick(details.captions.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert details.captions.current == 0
    ids = shown.dataset.split("train").captions[record.caption_rows[0]]
    assert [slot.id for slot in details.strip.slots] == ids.tolist()
    assert details.which_caption.currentText().endswith(details.captions.captions[0].text)


def test_the_strip_shows_ids_words_padding_and_which_targets_count(shown: Shown) -> None:
    vocabulary = shown.dataset.vocabulary
    ids = shown.dataset.split("train").captions[0]
    slots = slots_of(ids, vocabulary)
    assert len(slots) == shown.dataset.caption_length
    words = " ".join(slot.word for slot in slots if not slot.is_padding)
    assert words == decode_captions(ids, vocabulary.idx_to_word)
    # The mask of the loss is over the targets, captions[1:].
    assert slots[0].counts is None
    assert [slot.counts for slot in slots[1:]] == (ids[1:] != vocabulary.null).tolist()
    assert "masked" in slots[-1].explanation or slots[-1].counts
    assert slots[2].explanation.endswith(f"having read slots 0 to 1, the network should say {slots[2].word}.")


def test_the_ids_tab_says_how_many_targets_count(shown: Shown) -> None:
    details = shown.panel.details
    details.setCurrentIndex(IDS)
    record = shown.session.selection.record
    assert record is not None
    last = len(record.caption_rows) - 1
    details.which_caption.setCurrentIndex(last)
    ids = shown.dataset.split("train").captions[record.caption_rows[last]]
    counted = int((ids[1:] != shown.dataset.vocabulary.null).sum())
    assert any(f"counts {counted} of {len(ids) - 1} targets" in label for label in shown.labels())
    assert details.captions.current == last


def test_every_slot_is_seen_whole_at_any_width(shown: Shown) -> None:
    shown.panel.details.setCurrentIndex(IDS)
    strip = shown.panel.details.strip
    for width in (560, 420, 1400):
        shown.panel.resize(width, 700)
        QApplication.processEvents()
        found = {
            slot.index
            for x in range(0, strip.width(), 8)
            for y in range(2, strip.height(), 10)
            if (slot := strip.slot_at(QPoint(x, y))) is not None
        }
        assert found == set(range(shown.dataset.caption_length))
        metrics = strip.fontMetrics()
        for slot, column in zip(strip.slots, strip._columns(), strict=True):
            assert column.width() >= metrics.horizontalAdvance(slot.word)
            assert column.right() < strip.width() and column.bottom() <= strip.height()


def test_ids_are_copied_from_the_strip(shown: Shown) -> None:
    strip = shown.panel.details.strip
    strip.copy_ids_action.trigger()
    assert [int(word) for word in clipboard().split()] == [slot.id for slot in strip.slots]


def test_the_address_is_shown_copied_and_opened(shown: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    record = shown.session.selection.record
    assert record is not None
    opened: list[QUrl] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: bool(opened.append(url)) or True)
    assert shown.panel.details.address.text() == record.url
    shown.click("copy_url")
    assert clipboard() == record.url
    shown.click("open_url")
    assert [url.toString() for url in opened] == [record.url]


def test_an_address_that_is_no_web_address_is_never_opened(shown: Shown) -> None:
    from dataclasses import replace

    record = shown.session.selection.record
    assert record is not None
    shown.session.selection.select(replace(record, url="file:///etc/passwd"))
    assert shown.panel.details.address.text() == "file:///etc/passwd"
    assert not shown.panel.details.open_url_action.isEnabled()
    shown.session.selection.select(replace(record, url=""))
    assert not shown.panel.copy_url_action.isEnabled()


def test_the_photo_is_shown_large_and_copied(shown: Shown) -> None:
    photo = shown.panel.details.photo
    assert photo.record == shown.session.selection.record
    shown.qtbot.waitUntil(lambda: photo.photo.state is PhotoState.READY)
    shown.panel.details.copy_photo_action.trigger()
    assert QGuiApplication.clipboard().image().size() == photo.photo.image.size()


def test_a_photo_that_is_away_says_why_and_comes_when_it_is_tried_again(
    shown: Shown, coco_folder: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    shown.session.photos.set_store(PhotoStore(folder, tmp_path / "cache", network=False))
    photo = shown.panel.details.photo
    shown.qtbot.waitUntil(lambda: photo.photo.state is PhotoState.OFFLINE)
    cells = shown.panel.grid.cells
    shown.qtbot.waitUntil(
        lambda: photo.photo.message[:20] in str(cells.data(cells.index(0), Qt.ItemDataRole.ToolTipRole))
    )
    record = shown.session.selection.record
    assert record is not None and record.file_name is not None
    there = folder / record.file_name
    there.parent.mkdir()
    there.write_bytes((coco_folder / "images" / record.file_name).read_bytes())
    assert photo.retry_button.isVisible()
    shown.qtbot.mouseClick(photo.retry_button, Qt.MouseButton.LeftButton)
    shown.qtbot.waitUntil(lambda: photo.photo.state is PhotoState.READY)
    assert shown.session.photos.known(cells.cards[0].record).thumbnail is not None


def test_features_are_read_when_looked_at_and_drawn_once_for_each_photo(shown: Shown) -> None:
    details = shown.panel.details
    plot = details.features.plot
    assert plot.draws == 0
    assert plot._message.text().startswith("Reading"), "a photo is selected"
    details.setCurrentIndex(FEATURES)
    settle(shown)
    assert WAITING in shown.labels(details)  # Matplotlib is not there yet
    shown.session.plots_can_be_made()
    shown.qtbot.waitUntil(lambda: plot.draws == 1)
    shown.click_cell(1)
    shown.qtbot.waitUntil(lambda: plot.draws == 2)
    settle(shown)
    assert plot.draws == 2
    record = shown.session.selection.record
    assert record is not None
    assert f"train photo {record.row} " in plot.accessibleDescription()


def test_the_feature_plot_holds_the_photo_s_own_numbers(
    shown: Shown, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown.session.plots_can_be_made()
    shown.panel.details.setCurrentIndex(FEATURES)
    plot = shown.panel.details.features.plot
    shown.qtbot.waitUntil(lambda: plot.has_plot)
    target = tmp_path / "features.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_args: (str(target), PlotFormat.CSV.value))
    assert [action.text().replace("&", "") for action in plot.export_actions] == [
        "Export as PNG…",
        "Export as SVG…",
        "Export as PDF…",
        "Export Numbers as CSV…",
    ]
    plot.export_actions[3].trigger()
    with target.open(newline="") as file:
        values = [float(row["value"]) for row in csv.DictReader(file)]
    record = shown.session.selection.record
    assert record is not None
    expected = shown.dataset.split("train").features.rows(np.array([record.row]))[0]
    assert np.allclose(values, expected, rtol=1e-6)
    assert shown.notices[-1] == f"Plot written to {target}"


def test_features_that_cannot_be_read_are_told_and_the_panel_goes_on(
    shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: object) -> None:
        raise DataError(Path("train2014_vgg16_fc7_pca.h5"), "Row 7 holds NaN.", "Unpack it again.")

    monkeypatch.setattr(shown.dataset.split("train").features, "rows", broken)
    shown.panel.details.setCurrentIndex(FEATURES)
    shown.qtbot.waitUntil(lambda: bool(shown.problems))
    assert "train2014_vgg16_fc7_pca.h5" in shown.problems[0]
    assert "The features of this photo could not be read." in shown.labels()
    monkeypatch.undo()
    shown.session.plots_can_be_made()
    shown.click_cell(1)
    shown.qtbot.waitUntil(lambda: shown.panel.details.features.plot.has_plot)


def test_statistics_count_every_caption_of_the_data(shown: Shown) -> None:
    shown.session.plots_can_be_made()
    details = shown.panel.details
    details.setCurrentIndex(STATISTICS)
    statistics = details.statistics
    shown.qtbot.waitUntil(lambda: statistics.lengths.has_plot)
    every = [
        caption_text(row, shown.dataset.vocabulary).split()
        for split in ("train", "val")
        for row in shown.dataset.split(split).captions
    ]
    words = [word for caption in every for word in caption]
    share = 100 * words.count("<UNK>") / len(words)
    assert f"{share:.1f} % of all words are <UNK>" in statistics.words.accessibleDescription()
    assert statistics.words._rows is not None and statistics.lengths._rows is not None
    counted = {str(row[0]): row[1] for row in list(statistics.words._rows())[1:]}
    assert counted["a"] == words.count("a")
    lengths = list(statistics.lengths._rows())[1:]
    assert sum(int(str(row[1])) + int(str(row[2])) for row in lengths) == len(every)
    of_nine = sum(1 for caption in every if len(caption) == 9)
    assert sum(int(str(cell)) for row in lengths if row[0] == 9 for cell in row[1:]) == of_nine


def test_plots_are_drawn_anew_in_the_colours_of_another_theme(shown: Shown, qapp: QApplication) -> None:
    from PySide6.QtGui import QColor, QPalette

    from captionviewer.ui.look.theme import DARK

    shown.session.plots_can_be_made()
    shown.panel.details.setCurrentIndex(FEATURES)
    plot = shown.panel.details.features.plot
    shown.qtbot.waitUntil(lambda: plot.has_plot and plot.draws == 1)
    before = qapp.palette()
    dark = QPalette(before)
    dark.setColor(QPalette.ColorRole.Window, QColor("#000000"))
    try:
        qapp.setPalette(dark)
        shown.qtbot.waitUntil(lambda: plot.draws >= 2)
        settle(shown)
        corner = plot.grab().toImage().pixelColor(4, 4)
        assert corner.name() == DARK.surface.name()
    finally:
        qapp.setPalette(before)
