"""Words from outside are shown as they are, whatever they look like."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QTextDocument
from PySide6.QtWidgets import QApplication, QLabel, QListWidgetItem, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from captionviewer.ui.widgets.outside_text import (
    LONGEST_TIP,
    as_menu_text,
    plain_tip,
    set_plain_tip,
    shortened,
    show_plainly,
    without_mnemonic,
)
from captionviewer.ui.widgets.questions import tell

HOSTILE = "<img src=/etc/passwd> & <b>R&D</b>\nsecond <UNK>"


def test_a_tooltip_shows_words_that_look_like_tags_letter_by_letter(qapp: QApplication) -> None:
    entry, action = QListWidgetItem(), QAction()
    for shown in (entry, action):
        set_plain_tip(shown, HOSTILE)
        assert shown.toolTip().startswith("<span>"), "Qt would not know that the escapes are to be undone"
        document = QTextDocument()
        document.setHtml(shown.toolTip())
        assert document.toPlainText() == HOSTILE


def test_no_words_are_no_tooltip_and_very_many_are_cut_in_the_middle() -> None:
    assert plain_tip("") == ""
    assert len(plain_tip("x" * 50_000)) < LONGEST_TIP + 100
    assert shortened("abcdefghij", 7) == "abcd…ij"
    assert shortened("abcdefg", 7) == "abcdefg"


@pytest.mark.parametrize("words", ["R&D", "&File", "a && b", "no mark", "&"])
def test_a_menu_text_is_read_as_the_words_it_was_made_of(words: str) -> None:
    assert without_mnemonic(as_menu_text(words)) == words


def test_words_of_our_own_are_read_without_their_mnemonic() -> None:
    assert without_mnemonic("&Open…") == "Open…"


def test_a_label_made_plain_takes_no_word_for_a_tag(qapp: QApplication) -> None:
    assert show_plainly(QLabel(HOSTILE)).textFormat() is Qt.TextFormat.PlainText


def test_neither_what_a_box_says_nor_its_detail_is_taken_for_tags(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    tell(window, "Title", HOSTILE, HOSTILE)
    box = window.findChild(QMessageBox)
    assert box is not None
    said = [label for label in box.findChildren(QLabel) if label.text() == HOSTILE]
    assert [label.textFormat() for label in said] == [Qt.TextFormat.PlainText] * 2
    box.close()
