"""Temperature, k and p moved by hand, and what becomes of bars and captions."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from captionviewer.core.decoding.decoding import Decoding
from captionviewer.core.decoding.sampling import draws, sample
from captionviewer.ui.sampling import val_curve
from captionviewer.ui.sampling.temperature.temperature_figure import present
from captionviewer.ui.sampling.temperature.temperature_view import (
    COUNT,
    STEPS,
    TemperatureView,
    step_of,
    temperature_at,
)
from captionviewer.ui.sampling.temperature.tempered_word import tempered_next
from tests.ui.sampling.sampling_setup import SOON, Shown, learned_model, shown_sampling
from tests.ui.training.training_setup import import_matplotlib

SIZE = (900, 560)


def opened(shown: Shown, folder: Path) -> TemperatureView:
    """The view, with captions of a photo that a model has learned."""
    saved = learned_model(folder)
    shown.use(saved)
    shown.select_learned(saved)
    view = shown.panel.views.open("Temperature")
    assert isinstance(view, TemperatureView)
    settle(shown, view)
    shown.panel.setFocus()
    return view


def settle(shown: Shown, view: TemperatureView) -> None:
    """Wait for the captions of the present setting."""
    shown.qtbot.waitUntil(lambda: bool(view.captions.captions) and not view._drawing.is_busy, timeout=SOON)


def captions_of(shown: Shown, decoding: Decoding) -> list[str]:
    """The captions that the core draws with a decoding."""
    features = np.repeat(shown.sample.features[np.newaxis], COUNT, axis=0)
    ids = sample(
        shown.sample.current.model, features, replace(decoding, method="sample"), draws(0, COUNT, 30)
    )
    words = shown.sample.vocabulary.idx_to_word
    return [" ".join(words[i] for i in row if words[i] not in ("<END>", "<NULL>")) for row in ids]


def test_the_slider_changes_bars_and_captions_and_comes_back_to_the_same(
    qtbot: QtBot, coco_folder: Path
) -> None:
    with shown_sampling(qtbot, coco_folder, size=SIZE) as shown:
        view = opened(shown, coco_folder)
        at_one, captions = view.bars.shown, view.captions.captions
        assert at_one is not None and [" ".join(each) for each in captions] == captions_of(shown, Decoding())
        assert [word.after for word in at_one.words] == pytest.approx(
            [p for _, p in shown.sample.timesteps[0].likeliest(10)], abs=1e-6
        )
        view.temperature_slider.setFocus()
        qtbot.keyClick(view.temperature_slider, Qt.Key.Key_End)
        assert view.decoding.temperature == 3 and view.bars.shown is not None
        assert view.bars.shown.bits > at_one.bits  # the slider's own call: nothing was waited for
        settle(shown, view)
        hot = view.captions.captions
        assert [" ".join(each) for each in hot] == captions_of(shown, Decoding(temperature=3)) != captions
        qtbot.keyClick(view.temperature_slider, Qt.Key.Key_Home)
        settle(shown, view)
        assert shown.text("temperature_words") == "0 = greedy"
        assert set(view.captions.captions) == {tuple(w for w in shown.sample.words if w != "<END>")}
        view.temperature_slider.setValue(step_of(1))
        settle(shown, view)
        assert view.captions.captions == captions


def test_k_and_p_cut_words_which_is_said_in_words_mass_and_bits(qtbot: QtBot, coco_folder: Path) -> None:
    with shown_sampling(qtbot, coco_folder, size=SIZE) as shown:
        view = opened(shown, coco_folder)
        view.temperature_slider.setValue(STEPS)
        view.k_box.setFocus()
        view.k_box.selectAll()
        qtbot.keyClicks(view.k_box, "4")
        assert view.bars.shown is not None
        assert [word.cut for word in view.bars.shown.words] == [False] * 4 + [True] * 6
        mass = sum(word.tempered for word in view.bars.shown.words[:4])
        assert shown.text("tempered_summary").startswith(f"4 words, {100 * mass:.1f} %;")
        p = np.array([word.after for word in view.bars.shown.words[:4]])
        assert view.bars.shown.bits == pytest.approx(-(p * np.log2(p)).sum(), abs=1e-5)
        view.p_slider.setValue(30)
        kept = [word for word in view.bars.shown.words if not word.cut]
        assert len(kept) < 4 and sum(w.tempered for w in kept) >= 0.3 * mass


def test_new_draws_take_the_next_seed_and_give_other_captions(qtbot: QtBot, coco_folder: Path) -> None:
    with shown_sampling(qtbot, coco_folder, size=SIZE) as shown:
        view = opened(shown, coco_folder)
        view.temperature_slider.setValue(STEPS)
        settle(shown, view)
        before = view.captions.captions
        shown.click("new_draws")
        assert shown.text("draws_seed") == "seed 1"
        settle(shown, view)
        assert view.captions.captions != before


def test_the_keys_move_through_the_caption_as_in_words(qtbot: QtBot, coco_folder: Path) -> None:
    with shown_sampling(qtbot, coco_folder, size=SIZE) as shown:
        view = opened(shown, coco_folder)
        room = {view.bars.widest_word(view.bars.font())}
        for _ in range(2):
            shown.press(Qt.Key.Key_Right)
            room.add(view.bars.widest_word(view.bars.font()))
        assert len(room) == 1  # bars begin at one place at every timestep
        word = shown.sample.words[1]
        assert shown.text("tempered_title") == f"Next after “{word}”"
        assert view.bars.shown == tempered_next(shown.sample, 2, view.decoding)
        shown.panel.views.open("Words")
        assert shown.panel.position == 2


def test_the_slider_holds_at_one_and_reaches_greedy_and_its_ends() -> None:
    one = step_of(1.0)
    assert {temperature_at(step) for step in range(one - 3, one + 4)} == {1.0}
    assert temperature_at(0) == 0 and temperature_at(1) == 0.05 and temperature_at(STEPS) == 3.0
    rising = [temperature_at(step) for step in range(STEPS + 1)]
    assert rising == sorted(rising)
    assert all(temperature_at(step_of(T)) == pytest.approx(T, rel=0.02) for T in (0.1, 0.3, 0.7, 1, 1.5, 2.9))


def test_a_forbidden_word_is_cut_and_the_others_share_its_probability(
    qtbot: QtBot, coco_folder: Path
) -> None:
    with shown_sampling(qtbot, coco_folder, size=SIZE) as shown:
        opened(shown, coco_folder)
        first = shown.sample.timesteps[0].likeliest(1)[0]
        word = shown.sample.vocabulary.idx_to_word[first[0]]
        following = tempered_next(shown.sample, 0, Decoding("sample", forbidden_words=(word,)))
        assert following.words[0].cut and following.kept == following.vocabulary - 1
        second = following.words[1]
        assert second.after == pytest.approx(second.before / (1 - first[1]), rel=1e-3)


def test_quality_and_diversity_are_computed_on_request_with_the_present_setting_among_them(
    qtbot: QtBot, coco_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(val_curve, "PHOTOS", 4)
    with shown_sampling(qtbot, coco_folder, size=SIZE) as shown:
        import_matplotlib(shown.session)
        view = opened(shown, coco_folder)
        view.temperature_slider.setValue(step_of(0.61))
        setting = view.decoding
        shown.click("quality_over_val")
        shown.click("val_compute")
        qtbot.waitUntil(lambda: bool(view.curve.scores), timeout=SOON)
        assert setting in [score.decoding for score in view.curve.scores]
        assert f"The ring is the setting now, {setting.temperature:g}" in shown.text("val_words")
        assert not shown.text("drawn_count")  # that tells of the captions of one photo
        assert view.curve.scores[0].distinct == pytest.approx(0.2)  # greedy: five times the same
        qtbot.waitUntil(lambda: view.curve.plot.has_plot, timeout=SOON)
        view.temperature_slider.setValue(step_of(0.55))
        now = view.decoding.temperature
        assert f"dashed ring is the setting now, {now:g}" in shown.text("val_words")
        low, high = (s for s in view.curve.scores if s.decoding.temperature in (0.5, setting.temperature))
        here = present(view.curve.scores, view.decoding)
        assert here is not None and not here.computed
        share = (now - 0.5) / (setting.temperature - 0.5)
        expected = (1 - share) * np.array((low.distinct, low.cider_d)) + share * np.array(
            (high.distinct, high.cider_d)
        )
        assert (here.distinct, here.cider_d) == pytest.approx(tuple(expected))
        view.temperature_slider.setValue(STEPS)  # beyond all that was computed: no ring
        assert present(view.curve.scores, view.decoding) is None
        assert "3, is not among them" in shown.text("val_words")
        view.temperature_slider.setValue(step_of(0.55))
        view.p_slider.setValue(50)  # nor of another p
        assert present(view.curve.scores, view.decoding) is None
