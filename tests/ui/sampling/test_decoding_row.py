"""The row that says how captions are written."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QToolButton
from pytestqt.qtbot import QtBot

from captionviewer.core.coco.vocabulary import Vocabulary
from captionviewer.core.decoding.decoding import Decoding
from captionviewer.ui.sampling.decoding_row import DecodingRow


def shown_row(qtbot: QtBot) -> DecodingRow:
    row = DecodingRow()
    for widget in (row, row.opener):
        qtbot.addWidget(widget)
    row.opener.show()
    return row


def says(row: DecodingRow, decoding: Decoding) -> bool:
    """Whether the line that is always there says this value, to screen readers in full."""
    return row.opener.accessibleName() == f"How captions are written: {decoding.words()}"


def never_buttons(row: DecodingRow) -> list[QToolButton]:
    """A button for each forbidden word, as far as they are seen."""
    QApplication.processEvents()  # a layout shows what it was given a moment later
    return [each for each in row.findChildren(QToolButton) if each.isVisible()]


def test_the_row_is_one_line_until_it_is_clicked(qtbot: QtBot) -> None:
    row = shown_row(qtbot)
    assert row.opener.text() == "Greedy" and not row.method.isVisible()
    qtbot.mouseClick(row.opener, Qt.MouseButton.LeftButton)
    assert row.method.isVisible() and row.max_length.isVisible()
    qtbot.mouseClick(row.opener, Qt.MouseButton.LeftButton)
    assert not row.method.isVisible()


def test_only_what_the_method_reads_is_shown(qtbot: QtBot) -> None:
    row = shown_row(qtbot)
    row.opener.click()
    seen = {}
    for method in ("greedy", "sample", "beam", "exact"):
        if method != "greedy":
            qtbot.keyClick(row.method, Qt.Key.Key_Down)
        assert row.method.currentData() == method
        parts = (row.temperature, row.k, row.p, row.seed, row.beam_width, row.alpha)
        seen[method] = [part.isVisible() for part in parts]
    none, drawn, beam = [False] * 6, [True] * 4 + [False] * 2, [False] * 4 + [True] * 2
    assert seen == {"greedy": none, "sample": drawn, "beam": beam, "exact": none}


def test_an_edit_is_told_once_with_the_whole_value(qtbot: QtBot) -> None:
    row = shown_row(qtbot)
    row.set_decoding(Decoding("sample", temperature=0.7, p=0.912345, forbidden_words=("a",), seed=2**40))
    row.opener.click()
    told: list[Decoding] = []
    row.changed.connect(told.append)
    row.never_unk.setChecked(True)
    expected = Decoding("sample", temperature=0.7, p=0.912345, forbidden_words=("<UNK>", "a"), seed=2**40)
    assert told == [expected] and says(row, expected)
    qtbot.keyClick(row.temperature, Qt.Key.Key_Up)
    assert told[-1].temperature == 0.8 and told[-1].p == 0.912345


def test_a_value_that_is_set_is_shown_and_not_told(qtbot: QtBot) -> None:
    row = shown_row(qtbot)
    told: list[Decoding] = []
    row.changed.connect(told.append)
    value = Decoding("beam", beam_width=7, alpha=0.5, forbidden_words=("<UNK>",), ngram_block=3)
    row.set_decoding(value)
    QApplication.processEvents()
    assert says(row, value) and not told
    assert row.opener.text().startswith("Beam of 7, ln p") and value.words() in row.opener.toolTip().replace(
        "&lt;UNK&gt;", "<UNK>"
    )
    assert row.beam_width.value() == 7 and row.never_unk.isChecked()


def test_any_word_of_the_vocabulary_is_forbidden_by_typing_it(qtbot: QtBot) -> None:
    row = shown_row(qtbot)
    row.opener.click()
    assert not row.never_field.isEnabled()  # no data is open
    row.set_vocabulary(Vocabulary.from_words(["<NULL>", "<START>", "<END>", "<UNK>", "zebra", "Zoo"]))
    told: list[Decoding] = []
    unknown: list[str] = []
    row.changed.connect(told.append)
    row.word_unknown.connect(unknown.append)
    qtbot.keyClicks(row.never_field, "zebra")
    qtbot.keyClick(row.never_field, Qt.Key.Key_Return)
    qtbot.keyClicks(row.never_field, "ZOO")
    qtbot.keyClick(row.never_field, Qt.Key.Key_Return)
    assert told[-1] == Decoding(forbidden_words=("zebra", "Zoo")) and says(row, told[-1])
    assert row.never_field.text() == "" and len(told) == 2
    qtbot.keyClicks(row.never_field, "unicorn")
    qtbot.keyClick(row.never_field, Qt.Key.Key_Return)
    assert unknown == ["unicorn"] and len(told) == 2


def test_a_forbidden_word_has_a_button_that_lets_it_be_said_again(qtbot: QtBot) -> None:
    row = shown_row(qtbot)
    row.set_decoding(Decoding("beam", forbidden_words=("<UNK>", "a", "the")))
    row.opener.click()
    told: list[Decoding] = []
    row.changed.connect(told.append)
    assert [button.text() for button in never_buttons(row)] == ["never a ×", "never the ×"]
    never_buttons(row)[0].click()
    assert told == [Decoding("beam", forbidden_words=("<UNK>", "the"))]
    assert [button.text() for button in never_buttons(row)] == ["never the ×"]
