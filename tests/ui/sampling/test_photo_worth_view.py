"""Photo's worth: what is said with other photos in the true one's place, and the figures over val."""

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEventLoop, Qt, QTimer
from pytestqt.qtbot import QtBot

from captionviewer.core.coco.vocabulary import caption_text
from captionviewer.core.decoding.surprise import surprise
from captionviewer.core.decoding.timestep import initial_state, next_timestep
from captionviewer.core.inspection.corpus import SEED, draw_corpus
from captionviewer.core.inspection.photo_worth import (
    SOURCES,
    BlindWorth,
    PhotoWorth,
    WordSurprises,
    blind_surprises,
    photo_worth,
)
from captionviewer.ui.sampling.photo_worth.photo_worth_view import PhotoWorthView
from captionviewer.ui.sampling.photo_worth.worth_words import (
    blind_worth_words,
    caution_words,
    confidence_words,
    worth_words,
)
from captionviewer.ui.sampling.probability_words import p_words
from tests.ui.sampling.sampling_setup import SOON, Shown, learned_model, other_model, shown_sampling


@pytest.fixture
def shown(qtbot: QtBot, coco_folder: Path) -> Iterator[Shown]:
    with shown_sampling(qtbot, coco_folder, size=(760, 560)) as shown:
        saved = learned_model(coco_folder)
        shown.use(saved)
        shown.select_learned(saved)
        yield shown


def opened(shown: Shown) -> PhotoWorthView:
    view = shown.panel.views.open("Photo's worth")
    assert isinstance(view, PhotoWorthView)
    shown.qtbot.waitUntil(lambda: view.said is not None, timeout=SOON)
    return view


def test_each_row_has_the_models_caption_of_its_features_and_the_surprise_at_the_ground_truth(
    shown: Shown,
) -> None:
    view, sample = opened(shown), shown.sample
    assert view.said is not None
    other = shown.dataset.split("val").features.rows(np.array([view.said.other_row]))[0]
    val = shown.dataset.split("val")
    average = val.features.rows(np.arange(val.num_photos)).mean(axis=0)
    given = {"true": sample.features, "another": other, "average": average, "zero": 0 * average}
    model = sample.current.model
    for source in SOURCES:
        said = model.sample(given[source][np.newaxis])[0]
        assert view.captions[source].text() == (caption_text(said, sample.vocabulary) or "–")
        expected = surprise(model, given[source], sample.captions[0])
        words = view.truths[source].caption().words
        assert [word.surprise for word in words] == pytest.approx(expected[: len(words)].tolist(), abs=1e-3)
    assert "never learned to do without" in view.caution.text()
    assert "not learned anything yet" in caution_words(replace(sample.current.saved, iteration=0))
    blind = replace(sample.current.saved, settings=replace(sample.current.saved.settings, blind=True))
    assert "all four rows are one" in caution_words(blind)


def test_a_click_measures_val_and_names_the_model_that_it_was_measured_with(
    shown: Shown, qtbot: QtBot
) -> None:
    view = opened(shown)
    assert not any(view.nats[source].text() for source in SOURCES)
    qtbot.mouseClick(view.measure_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: view.over_val.worth is not None and view.measure_button.isVisible(), timeout=SOON)
    current = shown.sample.current
    expected = photo_worth(current.model, draw_corpus(shown.dataset), SEED)
    assert expected is not None
    for source in SOURCES:
        assert view.nats[source].text() == f"{expected.surprises[source].nats_a_word:.2f} nats a word"
    assert current.words in view.of.text() and "another model" not in view.of.text()
    shown.use(other_model(current.saved, 3, 88))
    qtbot.waitUntil(lambda: "Sampling shows another model now" in view.of.text(), timeout=SOON)
    assert current.words in view.of.text()


def worth_of(**nats: float) -> PhotoWorth:
    counts = np.array([20, 20, 3])
    return PhotoWorth(
        {source: WordSurprises(np.array([20 * nats[source], 20.0, 50.0]), counts) for source in SOURCES}
    )


def test_the_words_say_only_what_the_figures_show() -> None:
    sure = worth_of(true=1.0, another=4.0, average=3.5, zero=2.0)
    assert "a wrong photo misleads" in confidence_words(sure)
    assert confidence_words(worth_of(true=1.0, another=2.0, average=2.0, zero=3.0)) == ""
    words = worth_words(sure, ["t-shirt", "a", "rare"])
    assert "most t-shirt +2.5, a +0.0" in words and "rare" not in words


def let_train(condition: Callable[[], bool]) -> None:
    """Wait in an event loop of one's own: qtbot's keeps the lock that a training thread needs."""
    loop, clock = QEventLoop(), QTimer()
    clock.timeout.connect(lambda: loop.quit() if condition() else None)
    clock.start(20)
    QTimer.singleShot(SOON, loop.quit)
    loop.exec()
    clock.stop()
    assert condition()


def test_one_button_trains_the_same_network_blind_keeps_it_and_says_what_the_photo_is_worth(
    shown: Shown, qtbot: QtBot
) -> None:
    view = opened(shown)
    session, learned = view._session, shown.sample.current.saved
    short = replace(learned.settings, num_epochs=6)
    saved = replace(learned, model=learned.model.copy(), settings=short)
    shown.use(saved)
    shown.qtbot.waitUntil(
        lambda: view.said is not None and view.said.sample.current.saved is saved, timeout=SOON
    )
    before = session.models.current
    qtbot.mouseClick(view.blind_button, Qt.MouseButton.LeftButton)
    assert view.over_val.blind.is_busy and not view.blind_button.isVisible()
    assert "Looking among the runs" in view.blind_words.text()
    let_train(lambda: view.over_val.blind.is_training)
    assert view.blind_words.text().startswith("Training") and "training" in view.progress.accessibleName()
    let_train(lambda: view.over_val.blind_worth is not None)
    worth, blind = view.over_val.blind_worth, view.over_val.blind.model
    assert worth is not None and blind is not None and view.over_val.worth is not None
    assert session.models.current is before  # what Sampling shows is still the model that was shown
    assert not blind.params["W_proj"].any()
    read = blind_surprises(blind, draw_corpus(shown.dataset))
    assert read is not None
    assert worth.blind.nats_a_word == pytest.approx(read.nats_a_word)
    assert f"{worth.bits_a_word:.2f} bits a word" in view.blind_words.text()
    kept = [run for run in session.runs.shelf.runs() if run.settings is not None and run.settings.blind]
    assert len(kept) == 1 and kept[0].outcome == "finished"
    assert kept[0].settings is not None
    assert replace(kept[0].settings, blind=False) == saved.settings  # a run like others, but for one setting
    view.over_val.blind.start(saved, shown.dataset)
    assert "Looking among the runs" in view.blind_words.text()
    qtbot.waitUntil(lambda: not view.over_val.blind.is_busy, timeout=SOON)
    assert "trained before" in view.over_val.blind.words  # found on the shelf
    assert len([run for run in session.runs.shelf.runs() if run.settings and run.settings.blind]) == 1


def test_no_blind_twin_is_trained_of_what_is_blind_or_beside_a_run(shown: Shown) -> None:
    view, saved = opened(shown), shown.sample.current.saved
    blind = replace(saved, settings=replace(saved.settings, blind=True))
    assert "without photos itself" in view.over_val.blind.obstacle(blind, shown.dataset)
    assert "not trained" in view.over_val.blind.obstacle(replace(saved, iteration=0), shown.dataset)
    assert not view.over_val.blind.obstacle(saved, shown.dataset)


def test_the_bars_hold_the_true_photo_against_another_at_the_timestep_that_is_shown(shown: Shown) -> None:
    view, sample = opened(shown), shown.sample
    shown.panel.restart_action.trigger()
    view.against_choice.setCurrentIndex(view.against_choice.findData("zero"))
    model = sample.current.model
    state = initial_state(model, np.zeros_like(sample.features)[np.newaxis])
    zero = next_timestep(model, state, None).probabilities
    moved = np.abs(zero - sample.timesteps[0].probabilities)
    word = int(moved.argmax())
    true = p_words(float(sample.timesteps[0].probabilities[word]))
    said = f"“{sample.vocabulary.idx_to_word[word]}”: True photo {true}, Zero {p_words(float(zero[word]))}"
    at_first = view.bars.accessibleDescription()
    assert at_first.split("; ")[0] == said
    room = {view.bars.widest_word(view.bars.font())}
    shown.panel.step_action.trigger()
    assert view.bars.accessibleDescription() != at_first and sample.words[0] in view.next_words.text()
    for _ in sample.words:
        room.add(view.bars.widest_word(view.bars.font()))
        shown.panel.step_action.trigger()
    assert len(room) == 1  # the halves stay where they are


def test_the_blind_words_say_by_how_much_zeroing_overstates_only_where_it_does() -> None:
    worth = worth_of(true=1.0, another=4.0, average=3.5, zero=2.0)
    true = worth.surprises["true"]
    blind = BlindWorth(WordSurprises(np.array([32.0, 10.0, 50.0]), true.counts), true)
    bits = (92 - 90) / 43 / math.log(2)  # of 43 targets
    assert blind.bits_a_word == pytest.approx(bits)
    np.testing.assert_allclose(blind.bits()[:2], [12 / 20 / math.log(2), -10 / 20 / math.log(2)])
    assert np.isnan(blind.bits()[2])  # too rare to say
    said = blind_worth_words(blind, worth, ["boat", "near", "rare"])
    assert f"{bits:.2f} bits a word" in said and "10.0 times as much" in said
    assert "most boat +0.9, near" in said and "rare" not in said
    worse = BlindWorth(WordSurprises(np.array([200.0, 10.0, 50.0]), true.counts), true)
    assert "times as much" not in blind_worth_words(worse, worth, ["boat", "near", "rare"])
