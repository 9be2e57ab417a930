"""No word from outside is taken for markup, wherever in the window it is shown.

A vocabulary's word `<img src=path>` in a tooltip would make Qt open that path: a pipe hangs the program.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QAction, QHelpEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QLabel,
    QMessageBox,
    QTabBar,
    QToolTip,
    QWidget,
)
from shiboken6 import isValid

from captionviewer.core.photos.store import PhotoStore
from captionviewer.core.training.settings import TrainingSettings
from captionviewer.ui.window.checks.checks_window import ChecksWindow
from tests.coco_folder_writer import write_coco_folder
from tests.ui.window.every_view import each_view
from tests.ui.window_driver import WindowDriver

HOSTILE = "<img src=x.png>"
VIEWS_OF_DATA = 5


@pytest.fixture
def hostile_folder(tmp_path: Path) -> Path:
    """A data folder whose every name looks like a tag: words, addresses, photos and the folder itself."""
    folder = write_coco_folder(tmp_path / f"my {HOSTILE} & co", photos=False)
    path = folder / "coco2014_vocab.json"
    vocabulary = json.loads(path.read_text())
    for place in range(4, 10):
        word = f"<img/src={place}>"
        vocabulary["word_to_idx"].pop(vocabulary["idx_to_word"][place])
        vocabulary["idx_to_word"][place] = word
        vocabulary["word_to_idx"][word] = place
    path.write_text(json.dumps(vocabulary))
    for split in ("train", "val"):
        for name, pattern in (
            ("urls", f"http://127.0.0.1:9/{{}}{HOSTILE}.jpg"),
            ("images", f"{split}2014/COCO_{split}2014_{{:012}}{HOSTILE}.jpg"),
        ):
            listed = folder / f"{split}2014_{name}.txt"
            count = len(listed.read_text().splitlines())
            listed.write_text("".join(f"{pattern.format(row)}\n" for row in range(count)))
    return folder


def taken_for_markup(words: str) -> bool:
    """Whether Qt would find our tag in it: escaped it is `&lt;img`."""
    return "<img" in words


def all_words(window: QWidget) -> Iterator[tuple[str, str]]:
    """Every text that Qt would read as markup if it looked like it, and where it stands."""
    widgets = [*QApplication.topLevelWidgets(), *window.findChildren(QWidget)]
    for widget in widgets:
        name = f"{type(widget).__name__} {widget.objectName()}"
        yield f"tooltip of {name}", widget.toolTip()
        yield f"what is this of {name}", widget.whatsThis()
        if isinstance(widget, QLabel) and widget.textFormat() is not Qt.TextFormat.PlainText:
            yield f"text of {name}", widget.text()
        if isinstance(widget, QMessageBox) and widget.textFormat() is not Qt.TextFormat.PlainText:
            yield f"text of {name}", widget.text()
        if isinstance(widget, QTabBar):
            for index in range(widget.count()):
                yield f"tooltip of a tab of {name}", widget.tabToolTip(index)
        if isinstance(widget, QAbstractItemView):
            model = widget.model()
            for row in range(min(model.rowCount(), 60)):
                tip = model.index(row, 0).data(Qt.ItemDataRole.ToolTipRole)
                yield f"tooltip of an entry of {name}", str(tip or "")
    for action in window.findChildren(QAction):
        yield f"tooltip of {action.text()}", action.toolTip()


def pointed_at(within: QWidget) -> Iterator[tuple[str, str]]:
    """What is said where the mouse rests on any part that can be seen."""
    for widget in [within, *within.findChildren(QWidget)]:
        if not isValid(widget) or not widget.isVisible():  # the welcome card goes when it is pointed past
            continue
        across, down = (range(3, side, max(side // 6, 9)) for side in (widget.width(), widget.height()))
        for place in (QPoint(x, y) for x in across for y in down):
            QToolTip.hideText()
            QApplication.sendEvent(widget, QHelpEvent(QEvent.Type.ToolTip, place, widget.mapToGlobal(place)))
            if QToolTip.text():
                yield f"pointed at {type(widget).__name__} {widget.objectName()}", QToolTip.text()


def check(window: QWidget, within: QWidget | None = None) -> list[str]:
    """What is taken for markup in a window; the mouse goes over all of it, or over a part."""
    found = [f"{where}: {words}" for where, words in all_words(window) if taken_for_markup(words)]
    found += [f"{where}: {words}" for where, words in pointed_at(within or window) if taken_for_markup(words)]
    return sorted(set(found))


def test_no_part_of_the_window_takes_words_from_outside_for_markup(
    driver: WindowDriver, hostile_folder: Path, tmp_path: Path
) -> None:
    window, session = driver.window, driver.window.session
    session.images.set_folder(tmp_path / f"images {HOSTILE}", remember=False)
    session.photos.set_network(False)
    window.open_folder(hostile_folder)
    driver.wait_for(lambda: session.selection.record is not None and not session.workers.running())
    session.photos.set_store(PhotoStore(tmp_path / f"images {HOSTILE}", network=False))
    data = window.data_panel
    data.browser.keep_phrase("<img/src=4>")
    data.bar.search_field.setText("<img/src=5>")
    driver.wait_for(lambda: len(data.bar.chips.chips) == 2)
    data.bar.clear_conditions()
    data.browser.keep_phrase("<img/src=4>")
    assert any("<img/src=4>" in cell.words for cell in data.grid.cells.cards)
    driver.wait_for(lambda: data.network_status.words.text() != "")
    assert HOSTILE in data.network_status.words.text()
    assert f"{HOSTILE} & co" in window.windowTitle()
    for view in range(VIEWS_OF_DATA):
        data.details.setCurrentIndex(view)
        driver.wait_for(lambda: not session.workers.running())
        QApplication.processEvents()
        assert check(window) == []
    session.problem.emit(f"{HOSTILE} could not be read.")
    window.sampling_panel.end_action.trigger()
    training = window.training_panel
    training.form.set_settings(
        replace(TrainingSettings(), num_captions=10, batch_size=5, num_epochs=2, hidden_dim=8, wordvec_dim=8)
    )
    training.start_action.trigger()
    driver.wait_for(
        lambda: (
            session.models.current is not None
            and session.models.current.unsaved
            and not training.is_running()
        )
    )
    path = tmp_path / f"model {HOSTILE}.npz"
    session.models.save(path)
    driver.wait_for(lambda: session.models.current is not None and session.models.current.path == path)
    window.sampling_panel.end_action.trigger()
    QApplication.processEvents()
    for title, each in each_view(driver):
        assert check(window, each) == [], title
    window.beside.show_checks()
    checks = window.findChild(ChecksWindow)
    assert checks is not None
    wrong = tmp_path / f"layers {HOSTILE}.py"
    wrong.write_text(f"raise ValueError('{HOSTILE}')")
    checks.check_file(wrong)
    driver.wait_for(lambda: checks.outcome(0) is not None, 30)
    checks.stop()
    checks.table.selectRow(0)
    assert HOSTILE in checks.code.toPlainText()
    assert check(window, checks) == []
    checks.close()
    window.beside.show_preferences()
    window.welcome.open()
    assert check(window) == []
    window.welcome.close_by_user()
