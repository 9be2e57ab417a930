"""Why this word: estimates and real changes of the word that the player stands at, and words that hold."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from captionviewer.core.inspection.why_this_word import contributions
from captionviewer.ui.look import theme
from captionviewer.ui.sampling import why_view
from captionviewer.ui.sampling.contribution_table import Contribution, ContributionTable
from captionviewer.ui.sampling.why_view import WhyView, agreement_words
from tests.ui.sampling.sampling_setup import SOON, Shown, learned_model, shown_sampling


@pytest.fixture
def shown(qtbot: QtBot, coco_folder: Path) -> Iterator[Shown]:
    with shown_sampling(qtbot, coco_folder, size=(760, 560)) as shown:
        saved = learned_model(coco_folder)
        shown.use(saved)
        shown.select_learned(saved)
        yield shown


def test_the_word_chosen_last_is_explained_by_the_photo_and_the_words_before_it(shown: Shown) -> None:
    shown.panel.restart_action.trigger()
    for _ in range(3):
        shown.panel.step_action.trigger()
    view = shown.panel.views.open("Why this word")
    assert isinstance(view, WhyView)
    shown.qtbot.waitUntil(lambda: view.explained is not None, timeout=SOON)
    sample, val = shown.sample, shown.dataset.split("val")
    average = val.features.rows(np.arange(val.num_photos)).mean(axis=0)
    fed = np.array([step.previous_word for step in sample.timesteps[:3]])
    expected = contributions(sample.current.model, sample.features, average, fed, sample.timesteps[2].word)
    lines = view.table.lines
    assert [line.name for line in lines] == ["photo", "<START>", *sample.words[:2]]
    assert f"“{sample.words[2]}”" in view.head.text()
    np.testing.assert_allclose(lines[0].estimate, expected.photo, rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(lines[0].real, expected.photo_real, rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose([line.estimate for line in lines[1:]], expected.words, rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose([line.real for line in lines[1:]], expected.words_real, rtol=1e-3, atol=1e-5)
    edge = view.table.cell_of(0, 0).left()
    longest = max(map(view.table.fontMetrics().horizontalAdvance, (*sample.words, "<START>", "photo")))
    assert edge > longest
    shown.panel.step_action.trigger()
    shown.qtbot.waitUntil(lambda: len(view.table.lines) == 5, timeout=SOON)
    assert view.table._room_for == tuple(sample.words) and view.table.cell_of(0, 0).left() == edge
    assert f"“{sample.words[3]}”" in view.head.text()


def test_keys_go_through_the_lines_and_enter_or_a_click_goes_to_a_words_own_timestep(shown: Shown) -> None:
    shown.panel.end_action.trigger()
    view = shown.panel.views.open("Why this word")
    assert isinstance(view, WhyView)
    words = shown.sample.words
    shown.qtbot.waitUntil(lambda: f"“{words[-1]}”" in view.head.text(), timeout=SOON)
    table, end = view.table, shown.panel.position
    table.setFocus()
    before = table.grab().toImage()
    for _ in range(3):  # the photo, <START>, the first word, the second
        shown.qtbot.keyClick(table, Qt.Key.Key_Down)
    assert shown.panel.position == end and table.grab().toImage() != before
    shown.qtbot.keyClick(table, Qt.Key.Key_Return)
    assert table.lines[3].name == words[1] and shown.panel.position == 2
    shown.qtbot.waitUntil(lambda: f"“{words[1]}”, word 2 " in view.head.text(), timeout=SOON)
    shown.qtbot.mouseClick(
        table, Qt.MouseButton.LeftButton, pos=table.cell_of(2, 0).center().toPoint()
    )  # the first word
    shown.qtbot.waitUntil(lambda: f"“{words[0]}”, word 1 " in view.head.text(), timeout=SOON)
    assert shown.panel.position == 1


def test_a_failure_leaves_no_figures_of_another_word(shown: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    view = shown.panel.views.open("Why this word")
    assert isinstance(view, WhyView)
    shown.qtbot.waitUntil(lambda: view.explained is not None, timeout=SOON)

    def fail(*_values: object) -> None:
        raise MemoryError("no room")

    monkeypatch.setattr(why_view, "contributions", fail)
    shown.panel.step_action.trigger()
    shown.qtbot.waitUntil(lambda: "could not be explained. no room" in view.head.text(), timeout=SOON)
    assert not view.table.isVisible() and not view.words.isVisible()


def test_the_cells_keep_their_left_edge_from_the_first_word_to_the_longest(qtbot: QtBot) -> None:
    table = ContributionTable()
    qtbot.addWidget(table)
    table.resize(900, 300)
    lines = tuple(Contribution(name, 1.0, 0.5) for name in ("photo", "<START>", "a", "skateboarding-teddy"))
    edges = set()
    for shown in (2, 3, 4):
        table.show_lines(lines[:shown], room_for=[line.name for line in lines])
        edges.add(table.cell_of(0, 0).left())
    assert len(edges) == 1


def test_a_hyphen_in_a_word_stays_one() -> None:
    assert "“t-shirt”: +1.00 and \N{MINUS SIGN}0.60" in agreement_words([Contribution("t-shirt", 1.0, -0.6)])


def test_the_words_name_where_the_estimate_fails_and_only_there() -> None:
    good = [Contribution("photo", 1.0, 1.1), Contribution("a", -0.5, -0.45)]
    said = agreement_words(good)
    assert "“photo”: +1.00 and +1.10" in said and "sign" not in said
    bad = [*good, Contribution("boat", 0.4, -0.6), Contribution("on", 0.01, -0.02)]
    said = agreement_words(bad)
    assert "“boat”: +0.40 and \N{MINUS SIGN}0.60" in said
    assert said.endswith("agree in sign at “boat”.")


def test_what_speaks_for_a_word_is_red_and_what_speaks_against_it_blue(qtbot: QtBot) -> None:
    table = ContributionTable()
    qtbot.addWidget(table)
    table.show_lines((Contribution("photo", 1.0, -1.0),))
    table.resize(400, table.sizeHint().height())
    picture = table.grab().toImage()
    grounds = [picture.pixelColor(table.cell_of(0, n).topLeft().toPoint() + QPoint(3, 3)) for n in (0, 1)]
    red, blue = theme.colors().surprise, theme.colors().accent
    for ground, own, other in zip(grounds, (red, blue), (blue, red), strict=True):
        assert abs(ground.hue() - own.hue()) < 12 < abs(ground.hue() - other.hue())
