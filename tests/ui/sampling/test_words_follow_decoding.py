"""Words follows the one value that says how captions are written, and no slider of another view."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from captionviewer.core.coco.vocabulary import UNK, caption_text
from captionviewer.core.decoding.caption_photos import caption_photos
from captionviewer.core.decoding.decoding import Decoding
from captionviewer.core.decoding.exact_search import ExactResult, exact_search
from captionviewer.ui.sampling.caption_sample import TrainingRows, take_sample
from captionviewer.ui.sampling.compare.comparison import compare
from captionviewer.ui.sampling.temperature.temperature_view import STEPS, TemperatureView
from captionviewer.ui.session.models import CurrentModel, ModelOrigin
from tests.ui.sampling.sampling_setup import SOON, Shown, learned_model, other_model, shown_sampling

SIZE = (900, 560)


def begun(shown: Shown, folder: Path) -> None:
    """A photo of a model that is not sure of its words."""
    saved = learned_model(folder)
    model = other_model(saved, 3, 10)
    for name in ("W_vocab", "b_vocab"):
        model.model.params[name] = 0.3 * model.model.params[name]
    shown.use(model)
    shown.select_learned(saved)


def said_by_core(shown: Shown, decoding: Decoding) -> str:
    """The caption of the photo that the library writes."""
    ids = caption_photos(shown.sample.current.model, shown.sample.features[np.newaxis], decoding)
    assert ids is not None
    return caption_text(ids[0], shown.sample.vocabulary)


def settle(shown: Shown, decoding: Decoding) -> None:
    shown.qtbot.waitUntil(lambda: shown.sample.decoding == decoding.as_read(), timeout=SOON)


@pytest.mark.parametrize(
    "decoding",
    [
        Decoding("sample", temperature=0.8, k=9, p=0.9, seed=3),
        Decoding("beam", beam_width=4, alpha=0.5, max_length=9),
        Decoding("exact", max_length=3),
        Decoding("greedy", forbidden_words=(UNK,), ngram_block=2),
    ],
)
def test_the_caption_is_written_as_the_row_says(qtbot: QtBot, coco_folder: Path, decoding: Decoding) -> None:
    with shown_sampling(qtbot, coco_folder, size=SIZE) as shown:
        begun(shown, coco_folder)
        greedy = said_by_core(shown, Decoding())
        assert " ".join(word for word in shown.sample.words if word != "<END>") == greedy
        shown.click("decoding_opener")
        shown.panel.decoding_row.changed.emit(decoding)
        settle(shown, decoding)
        shown.panel.end_action.trigger()
        assert shown.text("generated_caption") == said_by_core(shown, decoding) != greedy
        assert shown.session.decoding.value == decoding
        assert decoding.words() in shown.panel.decoding_row.opener.accessibleName()
        said = decoding.words().removesuffix(", 30 words at most")[1:]
        assert shown.panel.decoding_row.opener.text()[1:20] == said[:19]
        assert shown.text("timestep").endswith(f"of at most {decoding.max_length}")


def test_no_run_waits_for_an_exact_search(
    qtbot: QtBot, coco_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = 0
    during: list[int] = []

    @contextmanager
    def turn() -> Iterator[None]:
        nonlocal held
        held += 1
        yield
        held -= 1

    def searched(*values: Any, **named: Any) -> ExactResult:
        during.append(held)
        return exact_search(*values, **named)

    with shown_sampling(qtbot, coco_folder, size=SIZE) as shown:
        begun(shown, coco_folder)
        monkeypatch.setattr("captionviewer.core.decoding.exact_search.exact_search", searched)
        of, exact = shown.sample, Decoding("exact", max_length=3)
        sample = take_sample(
            shown.dataset, of.record, of.current, None, TrainingRows(), quiet=turn(), decoding=exact
        )
        assert sample is not None and sample.timesteps
        other = CurrentModel(other_model(of.current.saved, 3, 9), ModelOrigin.TRAINED)
        assert compare(sample, other, turn()).caption
        assert during == [0, 0]


def test_a_slider_of_temperature_leaves_words_greedy(qtbot: QtBot, coco_folder: Path) -> None:
    with shown_sampling(qtbot, coco_folder, size=SIZE) as shown:
        begun(shown, coco_folder)
        greedy = shown.sample
        view = shown.panel.views.open("Temperature")
        assert isinstance(view, TemperatureView)
        view.temperature_slider.setValue(STEPS)
        view.k_box.setValue(5)
        assert shown.session.decoding.value == Decoding(temperature=3.0, k=5)
        assert view.decoding == Decoding("sample", temperature=3.0, k=5)
        assert shown.panel.decoding_row.opener.text() == "Greedy"
        qtbot.waitUntil(lambda: not view._drawing.is_busy, timeout=SOON)
        shown.panel.views.open("Words")
        assert shown.sample is greedy


def test_the_first_of_temperature_s_captions_is_the_one_that_words_draws(
    qtbot: QtBot, coco_folder: Path
) -> None:
    with shown_sampling(qtbot, coco_folder, size=SIZE) as shown:
        begun(shown, coco_folder)
        drawn = Decoding("sample", temperature=1.5, seed=4)
        shown.session.decoding.set(drawn)
        settle(shown, drawn)
        view = shown.panel.views.open("Temperature")
        assert isinstance(view, TemperatureView)
        qtbot.waitUntil(lambda: bool(view.captions.captions), timeout=SOON)
        assert list(view.captions.captions[0]) == [word for word in shown.sample.words if word != "<END>"]
        view.temperature_slider.setValue(view.temperature_slider.value() - 9)  # morphs, and is not cleared
        assert view.captions.captions
        settle(shown, replace(drawn, temperature=view.decoding.temperature))
        assert view.captions.captions


def test_a_forbidden_word_that_other_data_lack_is_forgotten_with_them(
    qtbot: QtBot, coco_folder: Path
) -> None:
    with shown_sampling(qtbot, None) as shown:
        shown.session.decoding.set(Decoding(forbidden_words=("<UNK>", "wombat")))
        shown.open(coco_folder)
        shown.select("val", 2)
        assert shown.session.decoding.value == Decoding(forbidden_words=("<UNK>",))
        assert not shown.problems and "<UNK>" not in shown.sample.words
