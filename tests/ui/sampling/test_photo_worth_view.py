"""Photo's worth: what is said with other photos in the true one's place, and the figures over val."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from captionviewer.core.coco.vocabulary import caption_text
from captionviewer.core.decoding.surprise import surprise
from captionviewer.core.inspection.corpus import SEED, draw_corpus
from captionviewer.core.inspection.photo_worth import SOURCES, PhotoWorth, WordSurprises, photo_worth
from captionviewer.ui.sampling.photo_worth_view import PhotoWorthView, confidence_words, worth_words
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


def test_a_click_measures_val_and_names_the_model_that_it_was_measured_with(
    shown: Shown, qtbot: QtBot
) -> None:
    view = opened(shown)
    assert not any(view.nats[source].text() for source in SOURCES)
    qtbot.mouseClick(view.measure_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: view.worth is not None and view.measure_button.isVisible(), timeout=SOON)
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
    assert "sure of the wrong thing" in confidence_words(sure)
    assert confidence_words(worth_of(true=1.0, another=2.0, average=2.0, zero=3.0)) == ""
    words = worth_words(sure, ["boat", "a", "rare"])
    assert "most boat +2.5, a +0.0" in words and "rare" not in words
