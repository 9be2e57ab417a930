"""Sampling and a model in training: the newest snapshot, seldom, at the timestep that is shown."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from captionviewer.core.saved.run_shelf import ShelfKeeper
from captionviewer.core.training.events import RunState
from captionviewer.core.training.run import TrainingRun
from captionviewer.ui.sampling import sampler
from captionviewer.ui.sampling.caption_chips import CaptionChips
from captionviewer.ui.sampling.caption_sample import take_sample
from captionviewer.ui.sampling.contribution_table import ContributionTable
from captionviewer.ui.sampling.mirrored_bars import MirroredBars
from captionviewer.ui.sampling.photo_worth.photo_worth_view import PhotoWorthView
from captionviewer.ui.sampling.states.state_map import StateMap
from captionviewer.ui.sampling.states.states_view import StatesView
from captionviewer.ui.sampling.why_view import WhyView
from captionviewer.ui.session.models import ModelOrigin
from captionviewer.ui.settings import FOLLOW_TRAINING
from captionviewer.ui.widgets.painted_widget import PaintedWidget
from tests.ui.sampling.sampling_setup import OVERFIT, SOON, Shown, learned_model, other_model, shown_sampling


def iteration_shown(shown: Shown) -> int:
    return shown.sample.current.saved.iteration


def under_way(shown: Shown, state: RunState = RunState.RUNNING) -> TrainingRun:
    """A run that the session holds for one under way; no thread works on it."""
    run = TrainingRun(OVERFIT, shown.dataset)
    run._state = state
    shown.session.runs.set(run)
    return run


def test_of_many_snapshots_in_a_burst_only_the_newest_is_sampled(qtbot: QtBot, coco_folder: Path) -> None:
    saved = learned_model(coco_folder)
    with shown_sampling(qtbot, coco_folder) as shown:
        shown.use(saved, ModelOrigin.TRAINING)
        shown.select("train", 3)
        taken: list[int] = []
        shown.panel.sampler.sample_changed.connect(lambda: taken.append(iteration_shown(shown)))
        for iteration in range(200, 240):
            shown.use(other_model(saved, iteration, iteration), ModelOrigin.TRAINING)
        qtbot.waitUntil(lambda: iteration_shown(shown) == 239, timeout=SOON)
        assert len(taken) <= 2 and taken[-1] == 239
        assert shown.text("sampling_model") == "Model: RNN in training, iteration 239"


def test_snapshots_wait_for_their_time_and_a_newly_selected_photo_does_not(
    qtbot: QtBot, coco_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = learned_model(coco_folder)
    with shown_sampling(qtbot, coco_folder) as shown:
        under_way(shown)
        shown.use(saved, ModelOrigin.TRAINING)
        shown.select("train", 3)
        monkeypatch.setattr(sampler, "PAUSE_MS", 10**8)
        shown.use(other_model(saved, 2, 300), ModelOrigin.TRAINING)
        assert not shown.session.workers.running() and iteration_shown(shown) == saved.iteration
        shown.select("val", 2)
        assert iteration_shown(shown) == 300


def test_a_snapshot_of_a_run_that_is_about_to_pause_is_sampled_at_once(
    qtbot: QtBot, coco_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = learned_model(coco_folder)
    with shown_sampling(qtbot, coco_folder) as shown:
        run = under_way(shown)
        shown.use(saved, ModelOrigin.TRAINING)
        shown.select("train", 3)
        monkeypatch.setattr(sampler, "PAUSE_MS", 10**8)
        run.pause()  # it copies its model, then does what else is due, and only then is paused
        shown.use(other_model(saved, 2, 300), ModelOrigin.TRAINING)
        qtbot.waitUntil(lambda: iteration_shown(shown) == 300, timeout=SOON)
        assert run.state is RunState.RUNNING


def test_a_newer_snapshot_keeps_the_timestep_and_shows_its_own_words(qtbot: QtBot, coco_folder: Path) -> None:
    saved = learned_model(coco_folder)
    with shown_sampling(qtbot, coco_folder) as shown:
        shown.use(saved, ModelOrigin.TRAINING)
        record = shown.select_learned(saved)
        shown.panel.setFocus()
        shown.press(Qt.Key.Key_Right, 4)
        shown.press(Qt.Key.Key_Left)
        newer = other_model(saved, seed=2, iteration=300)
        shown.use(newer, ModelOrigin.TRAINING)
        qtbot.waitUntil(lambda: iteration_shown(shown) == 300, timeout=SOON)
        assert shown.panel.position == 3
        words = shown.greedy_words(record, newer.model)
        assert words[:3] != shown.greedy_words(record, saved.model)[:3]
        assert shown.text("generated_caption") == " ".join(words[:3])
        chips = shown.panel.findChild(CaptionChips)
        assert chips is not None  # the word gone back from is still there, as the new model says it
        assert [word.text for word in chips.words()][:5] == ["<START>", *words[:4]] and chips.seen == 4


def test_who_stands_at_the_end_stays_at_the_end_of_the_next_caption(qtbot: QtBot, coco_folder: Path) -> None:
    saved = learned_model(coco_folder)
    with shown_sampling(qtbot, coco_folder) as shown:
        shown.use(saved, ModelOrigin.TRAINING)
        record = shown.select_learned(saved)
        shown.click("sampling_end")
        newer = other_model(saved, seed=2, iteration=300)
        shown.use(newer, ModelOrigin.TRAINING)
        qtbot.waitUntil(lambda: iteration_shown(shown) == 300, timeout=SOON)
        assert shown.panel.position == len(shown.greedy_words(record, newer.model))
        assert not shown.panel.step_action.isEnabled()


def test_without_following_the_model_shown_stays_and_the_panel_says_so(
    qtbot: QtBot, coco_folder: Path
) -> None:
    saved = learned_model(coco_folder)
    with shown_sampling(qtbot, coco_folder) as shown:
        shown.use(other_model(saved, 1, 10), ModelOrigin.TRAINING)
        shown.select("train", 3)
        shown.click("sampling_follow")
        assert shown.session.settings.get(FOLLOW_TRAINING) is False
        shown.use(other_model(saved, 2, 20), ModelOrigin.TRAINING)
        shown.select("val", 3)
        assert iteration_shown(shown) == 10
        assert shown.text("sampling_model") == "Model: RNN in training, iteration 10 (not following)"
        shown.click("sampling_follow")
        qtbot.waitUntil(lambda: iteration_shown(shown) == 20, timeout=SOON)
        assert shown.text("sampling_model") == "Model: RNN in training, iteration 20"


def test_the_end_of_training_is_shown_even_without_following(qtbot: QtBot, coco_folder: Path) -> None:
    saved = learned_model(coco_folder)
    with shown_sampling(qtbot, coco_folder) as shown:
        shown.use(other_model(saved, 1, 10), ModelOrigin.TRAINING)
        shown.select("train", 3)
        shown.click("sampling_follow")
        shown.use(saved, ModelOrigin.TRAINED)
        qtbot.waitUntil(lambda: iteration_shown(shown) == saved.iteration, timeout=SOON)
        assert "trained RNN" in shown.text("sampling_model") and "not saved" in shown.text("sampling_model")


def test_saving_the_model_changes_its_name_and_takes_no_new_sample(
    qtbot: QtBot, coco_folder: Path, tmp_path: Path
) -> None:
    with shown_sampling(qtbot, coco_folder) as shown:
        shown.use(learned_model(coco_folder))
        shown.select("train", 3)
        before = shown.sample
        shown.session.models.save(tmp_path / "learned.npz")
        qtbot.waitUntil(lambda: shown.session.models.saving is None)
        assert "learned.npz" in shown.text("sampling_model")
        assert (
            shown.sample.timesteps is before.timesteps
            and shown.sample.current is shown.session.models.current
        )


def test_a_photo_left_before_its_caption_was_ready_never_shows_it(qtbot: QtBot, coco_folder: Path) -> None:
    with shown_sampling(qtbot, coco_folder) as shown:
        seen: list[tuple[str, int]] = []

        def note() -> None:
            if shown.panel.sample is not None:
                seen.append(shown.panel.sample.record.key)

        shown.panel.sampler.sample_changed.connect(note)
        for row in range(8):
            shown.session.selection.select(shown.dataset.split("train").record(row))
        shown.wait_for_sample()
        qtbot.waitUntil(lambda: not shown.session.workers.running(), timeout=SOON)
        assert seen == [("train", 7)]


def test_following_asks_a_running_training_for_the_next_snapshot_after_each_sample(
    qtbot: QtBot, coco_folder: Path
) -> None:
    with shown_sampling(qtbot, coco_folder) as shown:
        run = TrainingRun(OVERFIT, shown.dataset)
        asked: list[bool] = []
        run.request_snapshot = lambda **_how: asked.append(True)  # type: ignore[method-assign]
        shown.session.runs.set(run)
        assert not asked  # no photo is selected: nobody would look at it
        shown.select("train", 0)
        assert len(asked) == 1
        shown.click("sampling_follow")
        shown.select("train", 1)
        assert len(asked) == 1
        shown.click("sampling_follow")
        assert len(asked) == 2
        shown.session.runs.set(None)


@pytest.mark.parametrize("end", [RunState.PAUSED, RunState.STOPPED])
def test_a_run_that_was_paused_or_stopped_waits_for_no_pause_between_samples(
    qtbot: QtBot, coco_folder: Path, monkeypatch: pytest.MonkeyPatch, end: RunState
) -> None:
    saved = learned_model(coco_folder)
    monkeypatch.setattr(sampler, "PAUSE_MS", 10**8)
    with shown_sampling(qtbot, coco_folder) as shown:
        run = under_way(shown)
        shown.use(saved, ModelOrigin.TRAINING)
        shown.select("train", 3)
        shown.use(other_model(saved, 2, 300), ModelOrigin.TRAINING)  # has to wait: the run is under way
        assert iteration_shown(shown) == saved.iteration
        run._state = end
        shown.session.run_changed.emit()
        qtbot.waitUntil(lambda: iteration_shown(shown) == 300, timeout=SOON)
        shown.use(other_model(saved, 3, 301), ModelOrigin.TRAINING)  # as after a single step
        qtbot.waitUntil(lambda: iteration_shown(shown) == 301, timeout=SOON)
        shown.session.runs.set(None)
        shown.use(other_model(saved, 4, 302), ModelOrigin.TRAINED)
        qtbot.waitUntil(lambda: iteration_shown(shown) == 302, timeout=SOON)


def test_the_name_of_the_model_is_never_ahead_of_the_bars(qtbot: QtBot, coco_folder: Path) -> None:
    saved = learned_model(coco_folder)
    with shown_sampling(qtbot, coco_folder) as shown:
        shown.use(saved, ModelOrigin.TRAINING)
        shown.select("train", 3)
        for iteration in (300, 301):
            shown.use(other_model(saved, iteration, iteration), ModelOrigin.TRAINING)
            assert shown.text("sampling_model").endswith(f"iteration {iteration_shown(shown)}")
            assert iteration_shown(shown) < iteration
            qtbot.waitUntil(lambda iteration=iteration: iteration_shown(shown) == iteration, timeout=SOON)
            assert shown.text("sampling_model").endswith(f"iteration {iteration}")


def test_the_tints_of_another_model_never_stand_under_the_name_of_a_run_that_begins(
    qtbot: QtBot, coco_folder: Path
) -> None:
    saved = learned_model(coco_folder)
    with shown_sampling(qtbot, coco_folder) as shown:
        opened = shown.use(saved)
        shown.select("train", 3)
        shown.wait_for_sample()
        under_way(shown)
        seen: list[tuple[int, bool]] = []

        def look() -> None:
            tinted = [word.surprise for word in shown.ground_truth()[0].caption().words]
            there = shown.sample.surprises[0, : len(tinted)].tolist()
            seen.append((iteration_shown(shown), tinted == there))

        shown.panel.sampler.sample_changed.connect(look)  # before the event loop has another turn
        keeper = ShelfKeeper(shown.session.runs.shelf)
        first = replace(opened, saved=other_model(saved, 2, 0), origin=ModelOrigin.TRAINING, keeper=keeper)
        shown.session.models.set(first)
        qtbot.waitUntil(lambda: bool(seen), timeout=SOON)
        assert seen[-1] == (0, True)


def test_the_bars_grey_while_a_newer_sample_is_being_taken(
    qtbot: QtBot, coco_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = learned_model(coco_folder)
    with shown_sampling(qtbot, coco_folder) as shown:
        shown.use(saved, ModelOrigin.TRAINING)
        shown.select("train", 3)
        solid, go_on = shown.bars.grab().toImage(), threading.Event()

        def slow(*arguments: object) -> object:
            go_on.wait(20)
            return take_sample(*arguments)  # type: ignore[arg-type]

        monkeypatch.setattr(sampler, "take_sample", slow)
        shown.use(other_model(saved, 2, 300), ModelOrigin.TRAINING)
        qtbot.waitUntil(lambda: shown.panel.sampler.is_outdated, timeout=SOON)
        greyed = shown.bars.grab().toImage()
        assert greyed != solid and iteration_shown(shown) == saved.iteration
        go_on.set()
        qtbot.waitUntil(lambda: iteration_shown(shown) == 300, timeout=SOON)
        assert not shown.panel.sampler.is_outdated
        monkeypatch.setattr(sampler, "take_sample", take_sample)
        shown.use(saved, ModelOrigin.TRAINING)
        qtbot.waitUntil(lambda: iteration_shown(shown) == saved.iteration, timeout=SOON)
        assert shown.bars.grab().toImage() == solid


@pytest.mark.parametrize(
    ("title", "kind"),
    [("States", StateMap), ("Photo's worth", MirroredBars), ("Why this word", ContributionTable)],
)
def test_what_a_view_shows_greys_while_a_newer_model_is_asked(
    qtbot: QtBot, coco_folder: Path, monkeypatch: pytest.MonkeyPatch, title: str, kind: type[PaintedWidget]
) -> None:
    saved = learned_model(coco_folder)
    with shown_sampling(qtbot, coco_folder, size=(760, 560)) as shown:
        shown.use(saved)
        shown.select_learned(saved)
        view = shown.panel.views.open(title)
        assert isinstance(view, StatesView | PhotoWorthView | WhyView)
        painted = view.findChild(kind)
        assert painted is not None

        def is_laid_out() -> bool:
            has_room = painted.height() >= painted.minimumSizeHint().height()
            return painted.isVisible() and not view._work.is_busy and has_room

        qtbot.waitUntil(is_laid_out, timeout=SOON)
        solid, go_on = painted.grab().toImage(), threading.Event()

        def slow(*arguments: object) -> object:
            go_on.wait(20)
            return take_sample(*arguments)  # type: ignore[arg-type]

        monkeypatch.setattr(sampler, "take_sample", slow)
        shown.use(replace(saved, model=saved.model.copy()))
        qtbot.waitUntil(lambda: shown.panel.sampler.is_outdated, timeout=SOON)
        assert painted.grab().toImage() != solid
        go_on.set()
        qtbot.waitUntil(lambda: not shown.panel.sampler.is_outdated, timeout=SOON)
        qtbot.waitUntil(is_laid_out, timeout=SOON)
        assert painted.grab().toImage() == solid  # the same numbers, of the newer model


def test_what_a_sample_costs_a_run_is_its_own_work_and_not_its_wait_for_a_turn(
    qtbot: QtBot, coco_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Clock:
        now = 0.0

        def monotonic(self) -> float:
            return self.now

    @contextmanager
    def long_step(run: TrainingRun) -> Iterator[None]:
        clock.now += 40.0  # so long lasts the step under way
        yield

    clock = Clock()
    saved = learned_model(coco_folder)
    with shown_sampling(qtbot, coco_folder) as shown:
        monkeypatch.setattr(TrainingRun, "between_steps", long_step)
        monkeypatch.setattr(sampler, "time", clock)
        under_way(shown)
        shown.use(saved, ModelOrigin.TRAINING)
        shown.select("train", 3)
        assert shown.panel.sampler._took == 0.0
        shown.use(other_model(saved, 2, 300), ModelOrigin.TRAINING)
        qtbot.waitUntil(lambda: iteration_shown(shown) == 300, timeout=SOON)
