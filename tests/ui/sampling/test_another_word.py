"""Another word, by hand: on a bar, typed, forbidden; its branches, what they cost, and the way back."""

import html
import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QLineEdit, QToolButton
from pytestqt.qtbot import QtBot

from captionviewer.core.coco.vocabulary import Vocabulary
from captionviewer.core.decoding.branches import Branch, Prefix, carry_over, fork
from captionviewer.core.decoding.decoding import Decoding
from captionviewer.core.decoding.surprise import surprise
from captionviewer.core.decoding.timestep import Timestep
from captionviewer.core.network.cells import DecodingState
from captionviewer.ui.look.theme import colors
from captionviewer.ui.sampling.branches import branches
from captionviewer.ui.sampling.branches.branch_rows import BranchRows, parents_of, placed
from captionviewer.ui.sampling.branches.branch_strip import BranchStrip
from captionviewer.ui.sampling.branches.kept_branches import MOST, KeptBranches
from captionviewer.ui.sampling.caption_chips import CaptionChips
from captionviewer.ui.sampling.ground_truth import tint
from captionviewer.ui.sampling.probability_words import nats
from captionviewer.ui.session.runs import Runs
from tests.ui.painted import count, pixels
from tests.ui.sampling.sampling_setup import (
    SOON,
    Shown,
    learned_model,
    other_model,
    point_at,
    shown_sampling,
)

SIZE = (900, 560)
LEFT = Qt.MouseButton.LeftButton


def begun(shown: Shown, folder: Path) -> None:
    """A photo of a model that is not sure of its words, two of them chosen."""
    saved = learned_model(folder)
    model = other_model(saved, 3, 10)
    for name in ("W_vocab", "b_vocab"):
        model.model.params[name] = 0.3 * model.model.params[name]
    shown.use(model)
    shown.select_learned(saved)
    shown.panel.setFocus()
    shown.press(Qt.Key.Key_Right, 2)


def rows(shown: Shown) -> BranchRows:
    found = shown.panel.findChild(BranchRows)
    assert found is not None
    return found


def strip(shown: Shown) -> BranchStrip:
    found = shown.panel.findChild(BranchStrip)
    assert found is not None
    return found


def words_told(drawn: BranchRows, number: int) -> list[tuple[int, str]]:
    """The words of a row that are pointed at from left to right: where each begins, and the word."""
    y, told = drawn.line(number).center().y(), [(0, "")]
    for x in range(0, drawn.width(), 2):  # as narrow as the gap between two words
        found = re.search("“([^”]+)”: surprise", point_at(drawn, QPoint(x, y)))
        word = html.unescape(found[1]) if found else ""
        if word != told[-1][1]:
            told.append((x, word))
    return [each for each in told if each[1]]


def click_bar(shown: Shown, index: int) -> str:
    """Click a bar and wait for its branch; returns its word."""
    bar, before = shown.bars.bars()[index], len(shown.sample.forced)
    shown.qtbot.mouseClick(shown.bars, LEFT, pos=shown.bars.row(index).center())
    shown.qtbot.waitUntil(lambda: len(shown.sample.forced) == before + 1, timeout=SOON)
    return bar.word


def other_bar(shown: Shown, skip: int = 0) -> int:
    """A bar that is not chosen and does not end the caption."""
    found = [i for i, bar in enumerate(shown.bars.bars()) if not bar.chosen and bar.word != "<END>"]
    return found[skip]


def test_a_click_on_a_bar_says_that_word_and_undo_takes_it_back(qtbot: QtBot, coco_folder: Path) -> None:
    with shown_sampling(qtbot, coco_folder, size=SIZE) as shown:
        begun(shown, coco_folder)
        first = shown.sample
        assert not strip(shown).isVisible() and not shown.panel.undo_word_action.isEnabled()
        word = click_bar(shown, other_bar(shown))
        sample = shown.sample
        assert sample.words[:2] == first.words[:2] and sample.words[2] == word
        assert shown.panel.position == 3 and shown.text("generated_caption").split()[-1] == word
        model, index = sample.current.model, sample.vocabulary.word_to_idx[word]
        ids = [step.word for step in first.timesteps[:2]]
        expected = carry_over(model, sample.features, sample.decoding, [*ids, index], [2])
        assert [step.word for step in sample.timesteps] == list(expected.words)
        start = sample.vocabulary.word_to_idx["<START>"]
        said = surprise(model, sample.features, np.array([start, *expected.words]))
        assert sample.branch.log_probability == pytest.approx(-float(said.sum()), abs=1e-4)
        assert strip(shown).isVisible() and f"You said “{word}”" in shown.text("forced_cost")
        chips = shown.panel.findChild(CaptionChips)
        assert chips is not None and "said by you" in chips.words()[3].tip
        shown.press(Qt.Key.Key_Left)
        assert "by you" in shown.bars.bars()[0].why
        qtbot.keyClick(shown.panel, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        assert shown.sample.words == first.words and not strip(shown).isVisible()
        assert not shown.panel.undo_word_action.isEnabled()


def test_the_word_that_is_said_anyway_makes_no_branch(qtbot: QtBot, coco_folder: Path) -> None:
    with shown_sampling(qtbot, coco_folder, size=SIZE) as shown:
        begun(shown, coco_folder)
        first = shown.sample
        chosen = next(i for i, bar in enumerate(shown.bars.bars()) if bar.chosen)
        qtbot.mouseClick(shown.bars, LEFT, pos=shown.bars.row(chosen).center())
        assert shown.panel.position == 3 and shown.sample is first


def test_any_word_is_typed_over_its_chip_and_completed(qtbot: QtBot, coco_folder: Path) -> None:
    with shown_sampling(qtbot, coco_folder, size=SIZE) as shown:
        begun(shown, coco_folder)
        said: list[str] = []
        shown.session.notice.connect(said.append)
        step = shown.sample.timesteps[2]
        words = shown.sample.vocabulary.idx_to_word
        rare = words[step.likeliest(len(words))[-1][0]]
        rare = rare if rare not in ("<NULL>", "<START>") else words[step.likeliest(len(words))[-3][0]]
        qtbot.keyClick(shown.panel, Qt.Key.Key_F2)
        field = shown.panel.findChild(QLineEdit, "another_word")
        assert field is not None and field.isVisible()
        qtbot.keyClicks(field, "zzzz")
        qtbot.keyClick(field, Qt.Key.Key_Return)
        assert said == ["“zzzz” is no word of the vocabulary."] and field.isVisible()
        field.selectAll()
        qtbot.keyClicks(field, rare)
        qtbot.keyClick(field, Qt.Key.Key_Return)
        qtbot.waitUntil(lambda: bool(shown.sample.forced), timeout=SOON)
        assert shown.sample.words[2] == rare and not field.isVisible()
        assert shown.bars.bars() and shown.panel.hasFocus()
        chips = shown.panel.findChild(CaptionChips)
        assert chips is not None
        qtbot.mouseDClick(chips, LEFT, pos=chips.boxes()[1].center())
        assert field.isVisible()
        typed = next(each for each in shown.captions_of(shown.sample.record)[0].split() if len(each) > 3)
        qtbot.keyClicks(field, typed[:-1])  # the rest is completed, or another word that begins so
        whole = field.text()
        assert whole.startswith(typed[:-1]) and whole in shown.sample.vocabulary.word_to_idx
        qtbot.keyClick(field, Qt.Key.Key_Escape)
        assert not field.isVisible() and len(shown.sample.forced) == 1


def test_what_is_typed_stays_while_newer_models_say_the_same_words_before_it(
    qtbot: QtBot, coco_folder: Path
) -> None:
    with shown_sampling(qtbot, coco_folder, size=SIZE) as shown:
        begun(shown, coco_folder)
        first = shown.sample
        qtbot.keyClick(shown.panel, Qt.Key.Key_F2)
        field = shown.panel.findChild(QLineEdit, "another_word")
        assert field is not None
        qtbot.keyClicks(field, "zz")
        same = replace(first.current.saved, model=first.current.model.copy(), iteration=11)
        shown.use(same)
        qtbot.waitUntil(lambda: shown.sample.current.model is same.model, timeout=SOON)
        assert field.isVisible() and field.text() == "zz" and field.hasFocus()
        chips = shown.panel.findChild(CaptionChips)
        assert chips is not None and field.x() == chips.boxes()[3].x()
        other = other_model(same, 6, 12)
        shown.use(other)
        qtbot.waitUntil(lambda: shown.sample.current.model is other.model, timeout=SOON)
        assert shown.sample.words[:2] != first.words[:2] and not field.isVisible()


def test_a_word_is_typed_in_capitals_and_a_word_that_cannot_be_said_is_refused(
    qtbot: QtBot, coco_folder: Path
) -> None:
    with shown_sampling(qtbot, coco_folder, size=SIZE) as shown:
        begun(shown, coco_folder)
        said: list[str] = []
        shown.session.notice.connect(said.append)
        typed = next(each for each in shown.captions_of(shown.sample.record)[0].split() if len(each) > 3)
        qtbot.keyClick(shown.panel, Qt.Key.Key_F2)
        field = shown.panel.findChild(QLineEdit, "another_word")
        assert field is not None
        field.setText("<null>")
        qtbot.keyClick(field, Qt.Key.Key_Return)
        assert len(said) == 1 and "<null>" in said[0] and field.isVisible()
        field.setText(typed.upper())
        qtbot.keyClick(field, Qt.Key.Key_Return)
        qtbot.waitUntil(lambda: shown.sample.words[2] == typed, timeout=SOON)


def test_branches_share_their_beginnings_and_are_gone_to_and_deleted(qtbot: QtBot, coco_folder: Path) -> None:
    with shown_sampling(qtbot, coco_folder, size=SIZE) as shown:
        begun(shown, coco_folder)
        first = shown.sample.words
        click_bar(shown, other_bar(shown))
        click_bar(shown, other_bar(shown))  # a word further on, in the branch
        shown.panel.branches.show(0, 1)
        click_bar(shown, other_bar(shown, 1))
        sample, drawn = shown.sample, rows(shown)
        assert len(drawn.rows) == 4 and drawn.rows[0].branch == 0
        for number, row in enumerate(drawn.rows[1:], 1):
            assert row.parent is not None and row.parent < number
            branch, parent = sample.branches[row.branch], sample.branches[drawn.rows[row.parent].branch]
            assert fork(branch, parent) == row.fork
            told = words_told(drawn, number)
            own = [sample.vocabulary.idx_to_word[word] for word in branch.words[row.fork :]]
            assert [word for _x, word in told] == own
            above, at = words_told(drawn, row.parent), row.fork - drawn.rows[row.parent].fork
            assert at < 0 or above[at][0] < told[0][0]  # behind the words that both share
            line = drawn.line(number)
            row_tip = html.unescape(point_at(drawn, QPoint(1, line.center().y())))
            less = nats(abs(sample.branches[0].log_probability - branch.log_probability))
            assert f"ln p {nats(branch.log_probability)}, {less} " in row_tip and "than the first" in row_tip
            assert "said by you" in row_tip
            for (x, _word), surprised in zip(told, branch.surprises[row.fork :], strict=True):
                beside_letters = QRect(x + 2, line.top() + 4, 1, line.height() - 8)
                wanted = tint(surprised, math.log(len(sample.vocabulary)), colors())
                assert count(pixels(drawn, beside_letters), wanted, 3) > 4  # it stands on its surprise
        assert [len(branch.forced) for branch in sample.branches] == [0, 1, 2, 1]
        last = len(drawn.rows) - 1
        target = drawn.rows[last]
        x, _word = words_told(drawn, last)[0]
        qtbot.mouseClick(drawn, LEFT, pos=QPoint(x + 3, drawn.line(last).center().y()))
        assert shown.sample.row == target.branch and shown.panel.position == target.fork + 1
        qtbot.keyClick(shown.panel, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
        assert shown.sample.row == drawn.rows[last - 1].branch
        qtbot.mouseClick(drawn, LEFT, pos=QPoint(3, drawn.line(last).center().y()))
        gone = shown.sample.shown
        qtbot.keyClick(shown.panel, Qt.Key.Key_Delete)
        assert len(shown.sample.forced) == 2 and gone not in [each.prefix for each in shown.sample.forced]
        qtbot.keyClick(shown.panel, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        qtbot.waitUntil(lambda: len(shown.sample.forced) == 3, timeout=SOON)
        assert shown.sample.shown == gone
        shown.panel.branches.show(0)
        assert shown.sample.words == first and "model's own" in shown.text("forced_cost")


def test_what_it_cost_adds_up_to_the_difference_of_two_whole_captions(
    qtbot: QtBot, coco_folder: Path
) -> None:
    with shown_sampling(qtbot, coco_folder, size=SIZE) as shown:
        begun(shown, coco_folder)
        own = shown.sample.branch
        click_bar(shown, other_bar(shown))
        forced = shown.sample.forced[0]
        assert forced.usual.words == own.words
        whole = own.log_probability - forced.branch.log_probability
        assert forced.cost.total == pytest.approx(whole, abs=1e-5)
        p = own.timesteps[2].probabilities
        word = float(np.log(p[own.words[2]] / p[forced.prefix.words[2]]))
        assert forced.cost.word == pytest.approx(word, abs=1e-4)
        assert f"cost {word:.1f} nats more" in shown.text("forced_cost")


def test_another_model_says_the_same_beginnings_again(qtbot: QtBot, coco_folder: Path) -> None:
    with shown_sampling(qtbot, coco_folder, size=SIZE) as shown:
        begun(shown, coco_folder)
        click_bar(shown, other_bar(shown))
        prefix, old = shown.sample.forced[0].prefix, shown.sample
        newer = other_model(old.current.saved, 4, 20)
        shown.use(newer)
        qtbot.waitUntil(lambda: shown.sample.current.model is newer.model, timeout=SOON)
        sample = shown.sample
        expected = carry_over(newer.model, sample.features, sample.decoding, prefix.words, prefix.forced)
        assert sample.shown == prefix and sample.branch.words == expected.words
        assert rows(shown)._branches[1] is sample.branches[1]


def test_a_forced_beginning_is_carried_over_to_the_next_photo_and_kept_for_the_way_back(
    qtbot: QtBot, coco_folder: Path
) -> None:
    with shown_sampling(qtbot, coco_folder, size=SIZE) as shown:
        begun(shown, coco_folder)
        before = shown.sample.record
        click_bar(shown, other_bar(shown))
        prefix = shown.sample.shown
        shown.select("val", 2)
        assert not shown.sample.forced and not strip(shown).isVisible()
        shown.select(before.split, before.row)
        assert shown.sample.shown == prefix
        shown.click("carry_over")
        shown.select("val", 2)
        assert prefix is not None and shown.sample.shown == prefix
        assert [step.word for step in shown.sample.timesteps][:3] == list(prefix.words)
        qtbot.keyClick(shown.panel, Qt.Key.Key_Delete)
        assert not shown.sample.forced
        shown.select("val", 1)
        assert not shown.sample.forced  # what was deleted is carried no farther
        shown.select("val", 2)
        assert not shown.sample.forced
        shown.open(coco_folder)
        shown.session.selection.select(None)
        shown.select(before.split, before.row)
        assert not shown.sample.forced  # other data was opened: its ids may be of other words


def test_the_end_is_forced_and_a_word_is_never_said_again(qtbot: QtBot, coco_folder: Path) -> None:
    with shown_sampling(qtbot, coco_folder, size=SIZE) as shown:
        begun(shown, coco_folder)
        end = shown.sample.vocabulary.word_to_idx["<END>"]
        word = shown.sample.words[0]
        shown.panel.branches.force(1, end)
        qtbot.waitUntil(lambda: bool(shown.sample.forced), timeout=SOON)
        assert shown.sample.words == [word, "<END>"] and shown.panel.position == 2
        shown.bars.word_forbidden.emit(word)
        never = Decoding(forbidden_words=(word,))
        assert shown.session.decoding.value == never
        qtbot.waitUntil(lambda: shown.sample.decoding == never, timeout=SOON)
        own = shown.sample.branches[0].words
        assert shown.sample.vocabulary.word_to_idx[word] not in own
        assert shown.sample.words == [word, "<END>"]  # what was said by a person stands
        shown.click("decoding_opener")
        button = next(
            each for each in shown.panel.decoding_row.findChildren(QToolButton) if word in each.text()
        )
        button.click()
        qtbot.waitUntil(lambda: shown.sample.decoding == Decoding(), timeout=SOON)


def test_fifty_are_kept_and_one_more_is_refused_in_words(qtbot: QtBot, coco_folder: Path) -> None:
    kept = KeptBranches()
    with shown_sampling(qtbot, coco_folder, size=SIZE) as shown:
        begun(shown, coco_folder)
        record = shown.sample.record
        prefixes = [Prefix((word,), (0,)) for word in range(MOST + 1)]
        assert [kept.add(record, each) for each in prefixes] == [True] * MOST + [False]
        assert kept.of(record).shown == prefixes[MOST - 1]
        kept.delete(record, prefixes[7])
        kept.undo(record)
        assert kept.of(record).prefixes == tuple(prefixes[:MOST])
        said: list[str] = []
        shown.session.notice.connect(said.append)
        for word in range(4, 4 + MOST):
            shown.panel.branches._kept.add(record, Prefix((word,), (0,)))
        shown.panel.branches.force(1, shown.sample.timesteps[1].likeliest(2)[1][0])
        assert said == ["50 branches are kept of a photo: delete one first."]


def branch_of(words: str) -> Branch:
    """A caption of letters."""
    state = DecodingState(np.zeros((1, 1)), None, "rnn")
    return Branch(
        tuple(Timestep(t, 0, ord(word), np.ones(1), state, 0.0) for t, word in enumerate(words)), {}
    )


def test_no_line_of_a_branch_crosses_a_word() -> None:
    captions = ["abcdef", "abXYZ", "abcdQ", "aW", "abXYV", "abcR", "H"]
    found = [branch_of(each) for each in captions]
    assert parents_of(found, parents_of(found[:4])) == parents_of(found)
    rows = placed(found, parents_of(found))
    assert sorted(row.branch for row in rows) == list(range(len(captions)))
    for number, row in enumerate(rows):
        for between in rows[(row.parent or 0) + 1 : number]:
            assert between.fork >= row.fork  # its words begin right of the line that goes down to this row


def test_a_part_of_the_rows_is_painted_as_it_stands_in_the_whole(qtbot: QtBot) -> None:
    drawn = BranchRows()
    qtbot.addWidget(drawn)
    found = [branch_of(each) for each in ("abcdef", "abXYZ", "abcdQ", "aW", "abXYV", "abcR", "H", "abcdef")]
    drawn.show_branches(found, 3, Vocabulary.from_words([chr(code) for code in range(128)]), 4.0)
    drawn.resize(drawn.minimumSize())
    whole = drawn.grab().toImage()
    for line in range(len(found)):
        part = drawn.line(line)
        assert drawn.grab(part).toImage() == whole.copy(part), line


def test_a_branch_of_a_usual_network_is_there_when_the_click_is_done(
    qtbot: QtBot, coco_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with shown_sampling(qtbot, coco_folder, size=SIZE) as shown:
        begun(shown, coco_folder)
        first, moved = shown.sample, list[int]()
        shown.panel._player.moved.connect(lambda: moved.append(shown.panel.position))
        qtbot.mouseClick(shown.bars, LEFT, pos=shown.bars.row(other_bar(shown)).center())
        assert len(rows(shown).rows) == 2 and moved == [3], "shown once, where the word stands"
        assert all(a is b for a, b in zip(shown.sample.timesteps[:2], first.timesteps[:2], strict=True))
        for slow, value in (("MOST_BYTES", 0), ("MOST_WORDS", 0)):
            with monkeypatch.context() as patch:
                patch.setattr(branches, slow, value)
                before = len(rows(shown).rows)
                qtbot.mouseClick(shown.bars, LEFT, pos=shown.bars.row(other_bar(shown)).center())
                assert len(rows(shown).rows) == before, "what may take longer than a frame is for a thread"
                qtbot.waitUntil(lambda before=before: len(rows(shown).rows) > before, timeout=SOON)
        with monkeypatch.context() as patch:
            patch.setattr(Runs, "is_training", True)
            before = len(rows(shown).rows)
            qtbot.mouseClick(shown.bars, LEFT, pos=shown.bars.row(other_bar(shown)).center())
            assert len(rows(shown).rows) == before, "its turn between two steps is waited for in a thread"
            qtbot.waitUntil(lambda: len(rows(shown).rows) > before, timeout=SOON)


def test_a_slower_or_an_older_answer_is_dropped(
    qtbot: QtBot, coco_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(branches, "MOST_BYTES", 0)  # or it would be there at once
    with shown_sampling(qtbot, coco_folder, size=SIZE) as shown:
        begun(shown, coco_folder)
        bars = shown.bars
        qtbot.mouseClick(bars, LEFT, pos=bars.row(other_bar(shown)).center())
        shown.session.selection.select(shown.dataset.split("val").record(2))  # before the branch could come
        shown.wait_for_sample()
        qtbot.waitUntil(lambda: not shown.panel.branches._work.is_busy, timeout=SOON)
        assert not shown.sample.forced
        assert replace(shown.sample).branches[0].words == shown.sample.branch.words
