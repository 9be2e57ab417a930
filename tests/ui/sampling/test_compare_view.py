"""Two models side by side: the same photo, timestep and forced beginning in both."""

import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.decoding.surprise import surprise_of
from captionviewer.core.saved.model_file import SavedModel, save_model
from captionviewer.core.training.run import TrainingRun
from captionviewer.ui.sampling.caption_chips import CaptionChips
from captionviewer.ui.sampling.compare import other_model as other_models
from captionviewer.ui.sampling.compare.compare_view import CompareView
from captionviewer.ui.sampling.compare.other_model import FILE, HELD, MOMENT, RUN, UNTRAINED, Choice
from captionviewer.ui.session.models import ModelOrigin
from captionviewer.ui.widgets.halves import Halves
from tests.core.saved.run_cases import record_of
from tests.ui.sampling.sampling_setup import OVERFIT, SOON, Shown, learned_model, other_model, shown_sampling

SIZE = (900, 620)


@contextmanager
def opened(qtbot: QtBot, folder: Path) -> Iterator[tuple[Shown, CompareView]]:
    """The view beside the untrained network, of a photo that a model has learned."""
    saved = learned_model(folder)
    with shown_sampling(qtbot, folder, size=SIZE) as shown:
        shown.use(saved)
        shown.select_learned(saved)
        view = shown.panel.views.open("Compare")
        assert isinstance(view, CompareView)
        settle(shown, view)
        shown.panel.setFocus()
        yield shown, view


def settle(shown: Shown, view: CompareView) -> None:
    """Wait for the comparison of what is shown."""

    def there() -> bool:
        found = view.comparison
        return found is not None and found.sample is shown.sample and not view._work.is_busy

    shown.qtbot.waitUntil(there, timeout=SOON)


def place(view: CompareView, choice: Choice) -> int:
    """Where a choice stands in the list; -1 for nowhere."""
    offered = [view.other.choice.itemData(number) for number in range(view.other.choice.count())]
    return offered.index(choice) if choice in offered else -1


def test_the_trained_model_stands_beside_an_untrained_one_on_the_same_caption(
    qtbot: QtBot, coco_folder: Path
) -> None:
    with opened(qtbot, coco_folder) as (shown, view):
        sample, found = shown.sample, view.comparison
        assert found is not None and found.other.origin is ModelOrigin.UNTRAINED
        assert [step.word for step in found.steps] == [step.word for step in sample.timesteps]
        settings, dataset = sample.current.saved.settings, shown.dataset
        fresh = settings.new_model(dataset.vocabulary.word_to_idx, dataset.feature_dim)
        for name, value in fresh.params.items():
            np.testing.assert_array_equal(found.other.model.params[name], value)
        assert "untrained" in shown.text("compared_second")
        assert sample.current.words in shown.text("compared_first")
        room: set[int] = set()
        for position in range(3):
            p = sample.timesteps[position].probabilities.astype(float)
            q = found.steps[position].probabilities.astype(float)
            told = view.bars.accessibleDescription().split("; ")
            words = [each.partition("”")[0][1:] for each in told]
            order = np.argsort(-np.abs(p - q), kind="stable")[:10]
            assert words == [sample.vocabulary.idx_to_word[i] for i in order]
            kl = float((p * np.log(p / q)).sum())
            assert f"KL(left ‖ right) = {kl:.2f} nats" in shown.text("compared_divergence")
            room.add(view.bars.widest_word(view.bars.font()))
            shown.press(Qt.Key.Key_Right)
        assert len(room) == 1  # the two halves stay where they are
        assert found.parting == 0 and "part at timestep 0" in shown.text("compared_parting")
        expected = surprise_of(fresh, sample.features, sample.captions)
        row = view.truth.rows[0]
        said = [float(word.tip.split()[-2]) for word in row.words()[:-1]]  # the last is the sum
        assert said == pytest.approx(expected[0][: len(said)].tolist(), abs=0.051)
        blind = math.log(len(sample.vocabulary))
        assert said == pytest.approx([blind] * len(said), abs=1)
        chips = view.findChild(CaptionChips)
        assert chips is not None and chips.position == 3


def test_a_model_that_is_held_is_compared_with_what_it_becomes(qtbot: QtBot, coco_folder: Path) -> None:
    with opened(qtbot, coco_folder) as (shown, view):
        shown.click("hold_model")
        settle(shown, view)
        held = shown.sample.current
        found = view.comparison
        assert found is not None and found.other.saved is held.saved and found.parting is None
        assert max(max(pair) for pair in found.divergences) == 0.0
        assert "same words" in shown.text("compared_parting")
        newer = other_model(held.saved, 3, 900)
        shown.use(newer)
        qtbot.waitUntil(lambda: shown.sample.current.model is newer.model, timeout=SOON)
        settle(shown, view)
        found = view.comparison
        assert found is not None and found.other.saved is held.saved and found.parting is not None
        assert "iteration 900" in shown.text("compared_first")
        assert held.words in shown.text("compared_second") and view.other.chosen.kind == HELD


def test_several_moments_of_a_run_are_held_and_chosen_among_and_the_oldest_gives_way(
    qtbot: QtBot, coco_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(other_models, "MOST_HELD", 2)

    def titles() -> list[str]:
        return [view.other.choice.itemText(n) for n in range(view.other.choice.count())]

    with opened(qtbot, coco_folder) as (shown, view):
        trained = shown.sample.current
        for number, iteration in enumerate((900, 901, 902)):
            newer = other_model(trained.saved, number, iteration)
            shown.use(newer, ModelOrigin.TRAINING)
            qtbot.waitUntil(lambda newer=newer: shown.sample.current.model is newer.model, timeout=SOON)
            shown.click("hold_model")
            shown.click("hold_model")  # the same model twice is one
            held = [title for title in titles() if "iteration 90" in title]
            assert [title[-3:] for title in held] == [["900"], ["900", "901"], ["901", "902"]][number]
        settle(shown, view)
        view.other.choice.activated.emit(titles().index(held[0]))
        qtbot.waitUntil(lambda: "iteration 901" in shown.text("compared_second"), timeout=SOON)


def test_a_moment_of_a_run_that_is_past_is_compared_with_and_stays_when_the_run_lets_go_of_it(
    qtbot: QtBot, coco_folder: Path
) -> None:
    with opened(qtbot, coco_folder) as (shown, view):
        with CocoDataset.open(coco_folder) as dataset:
            run = TrainingRun(OVERFIT, dataset, keeps_moments=True)
            run.start()
            assert run.wait(120)
            left = run.snapshot()
            assert left is not None
            last = SavedModel.of_run(run, left)
        shown.session.runs.keep_moments(run)
        shown.use(last)
        qtbot.waitUntil(lambda: shown.sample.current.saved is last, timeout=SOON)
        titles = [view.other.choice.itemText(n) for n in range(view.other.choice.count())]
        kept = [moment.iteration for moment in run.moments]
        at = [iteration for iteration in kept if iteration < last.iteration]
        assert 0 in at and len(at) > 4
        assert [title for title in titles if "This run at" in title] == [
            f"This run at iteration {iteration:,}" for iteration in at
        ]
        early = run.moments[1]
        chosen = Choice(MOMENT, iteration=early.iteration)
        view.other.choice.activated.emit(place(view, chosen))
        settle(shown, view)
        found = view.comparison
        assert found is not None and found.other.model is early.model
        assert f"of this run, iteration {early.iteration}" in shown.text("compared_second")
        assert len(found.other.saved.loss_history) == early.iteration

        run._moments._kept = run.moments[2:]  # as the run does where it goes on for long
        view.refresh()
        assert (
            view.other.chosen == chosen
            and view.other.choice.itemData(view.other.choice.currentIndex()) == chosen
        )
        shown.use(learned_model(coco_folder))  # of another run, of which no moments are kept
        qtbot.waitUntil(lambda: shown.sample.current.saved is not last, timeout=SOON)
        settle(shown, view)
        assert view.other.chosen == Choice(UNTRAINED) and place(view, chosen) < 0 and not view.other._given


def test_in_large_text_the_truth_stands_under_the_bars_which_keep_room_to_be_compared(
    qtbot: QtBot, coco_folder: Path
) -> None:
    with opened(qtbot, coco_folder) as (_shown, view):
        for letters, stands_under in ((72, True), (90, False)):
            halves = view.findChild(Halves)
            assert halves is not None
            halves.resize(letters * halves.fontMetrics().averageCharWidth(), 400)
            layout = halves.layout()
            assert layout is not None
            layout.activate()
            top, bars = (part.mapTo(halves, QPoint(0, 0)).y() for part in (view.truth, view.bars))
            assert (top >= bars + view.bars.height()) is stands_under


def test_a_forced_beginning_is_forced_in_both(qtbot: QtBot, coco_folder: Path) -> None:
    with opened(qtbot, coco_folder) as (shown, view):
        word = shown.sample.timesteps[1].likeliest(2)[1][0]
        shown.panel.branches.force(1, word)
        qtbot.waitUntil(lambda: bool(shown.sample.forced), timeout=SOON)
        settle(shown, view)
        found = view.comparison
        assert found is not None and shown.sample.shown is not None
        assert [step.word for step in found.caption][:2] == list(shown.sample.shown.words)
        assert [step.word for step in found.steps] == list(shown.sample.branch.words)
        assert "same forced beginning" in shown.text("compared_second")


def test_a_file_is_opened_and_one_that_does_not_fit_is_refused_in_words(
    qtbot: QtBot, coco_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = learned_model(coco_folder)
    good, foreign = tmp_path / "other.npz", tmp_path / "foreign.npz"
    save_model(good, other_model(saved, 5, 77))
    words = {word: number for number, word in enumerate(["<NULL>", "<START>", "<END>", "<UNK>", "zebra"])}
    save_model(foreign, replace(saved, model=saved.settings.new_model(words, saved.model.input_dim)))
    with opened(qtbot, coco_folder) as (shown, view):
        answers = iter([str(good), str(foreign), ""])
        monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (next(answers), ""))
        last = view.other.choice.count() - 1
        view.other._take(last)
        qtbot.waitUntil(lambda: view.other.chosen == Choice(FILE), timeout=SOON)
        settle(shown, view)
        assert "other.npz, iteration 77" in shown.text("compared_second")
        view.other._take(view.other.choice.count() - 1)
        qtbot.waitUntil(lambda: bool(shown.problems), timeout=SOON)
        assert "foreign.npz" in shown.problems[0] and view.other.choice.currentIndex() >= 0
        view.other._take(view.other.choice.count() - 1)  # nothing was chosen: all stays
        assert view.other.choice.itemData(view.other.choice.currentIndex()) == view.other.chosen


def test_the_best_model_of_a_run_and_a_kept_run_can_be_chosen(qtbot: QtBot, coco_folder: Path) -> None:
    with opened(qtbot, coco_folder) as (shown, view):
        best = other_model(shown.sample.current.saved, 8, 40)
        shown.session.models.set(replace(shown.sample.current, best=best))
        titles = [view.other.choice.itemText(n) for n in range(view.other.choice.count())]
        assert "Best of this run, iteration 40" in titles
        view.other.choice.activated.emit(titles.index("Best of this run, iteration 40"))
        qtbot.waitUntil(lambda: "iteration 40" in shown.text("compared_second"), timeout=SOON)
        view.other.compare_with(Choice(UNTRAINED))
        settle(shown, view)
        assert "untrained" in shown.text("compared_second")


def test_a_run_that_is_kept_is_compared_with(qtbot: QtBot, coco_folder: Path) -> None:
    with opened(qtbot, coco_folder) as (shown, view):
        settings = replace(OVERFIT, num_epochs=2, seed=9)
        record = record_of(settings, shown.dataset)
        key = shown.session.runs.shelf.add(record)
        shown.panel.views.open("Words")
        shown.panel.views.open("Compare")  # the shelf is looked at when the view is seen
        wanted = Choice(RUN, key, 2)
        qtbot.waitUntil(lambda: place(view, wanted) >= 0, timeout=SOON)
        assert "RNN, iteration 2" in view.other.choice.itemText(place(view, wanted))
        view.other.choice.activated.emit(place(view, wanted))
        qtbot.waitUntil(lambda: "iteration 2" in shown.text("compared_second"), timeout=SOON)
        assert record.model is not None and view.comparison is not None
        for name, value in record.model.params.items():
            np.testing.assert_array_equal(view.comparison.other.model.params[name], value)
        view.other.hold()
        settle(shown, view)
        kinds = {choice.kind for choice in view.other._given}
        assert kinds == {HELD}, "no model of the shelf stays that nobody compares with"
        held = next(iter(view.other._given.values()))
        assert held.model is shown.sample.current.model and held.keeper is None and held.best is None


def reopen(shown: Shown, view: CompareView, wanted: Choice) -> None:
    """See the view anew, which looks at the shelf then, and wait until it offers a run."""
    shown.panel.views.open("Words")
    shown.panel.views.open("Compare")
    shown.qtbot.waitUntil(lambda: place(view, wanted) >= 0, timeout=SOON)


def test_a_run_that_went_on_is_compared_with_as_it_is_now(qtbot: QtBot, coco_folder: Path) -> None:
    with opened(qtbot, coco_folder) as (shown, view):
        shelf, record = shown.session.runs.shelf, record_of(replace(OVERFIT, num_epochs=2), shown.dataset)
        key = shelf.add(record)
        reopen(shown, view, Choice(RUN, key, 2))
        view.other.choice.activated.emit(place(view, Choice(RUN, key, 2)))
        qtbot.waitUntil(lambda: "iteration 2" in shown.text("compared_second"), timeout=SOON)
        further = record_of(replace(OVERFIT, num_epochs=4), shown.dataset)
        entry = shelf.go_on(key)
        entry.keep(further)
        entry.release()
        reopen(shown, view, Choice(RUN, key, 4))  # still the one that is chosen
        qtbot.waitUntil(lambda: "iteration 4" in shown.text("compared_second"), timeout=SOON)
        assert view.comparison is not None and further.model is not None
        np.testing.assert_array_equal(view.comparison.other.model.params["Wh"], further.model.params["Wh"])


def test_a_model_that_comes_after_another_was_chosen_changes_nothing(
    qtbot: QtBot, coco_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, read = coco_folder / "late.npz", threading.Event()
    with opened(qtbot, coco_folder) as (shown, view):
        late = other_model(shown.sample.current.saved, 5, 77)

        def slowly(_path: Path) -> SavedModel:
            assert read.wait(SOON / 1000)
            return late

        monkeypatch.setattr(other_models, "open_model", slowly)
        view.other.open_file(file)
        view.other.choice.activated.emit(place(view, Choice(UNTRAINED)))
        settle(shown, view)
        read.set()
        qtbot.waitUntil(lambda: not shown.session.workers.running(), timeout=SOON)
        settle(shown, view)
        assert view.other.choice.currentText() == "An untrained network"
        assert "untrained" in shown.text("compared_second")


def test_a_file_that_fails_while_a_run_was_being_opened_leaves_the_untrained_network(
    qtbot: QtBot, coco_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = threading.Event()
    with opened(qtbot, coco_folder) as (shown, view):
        shown.click("hold_model")
        settle(shown, view)
        key = shown.session.runs.shelf.add(record_of(replace(OVERFIT, num_epochs=2), shown.dataset))
        reopen(shown, view, Choice(RUN, key, 2))
        monkeypatch.setattr(other_models, "open_listed", lambda *_: held.wait(SOON / 1000))
        view.other.choice.activated.emit(place(view, Choice(RUN, key, 2)))
        view.other.open_file(tmp_path / "missing.npz")
        qtbot.waitUntil(lambda: bool(shown.problems), timeout=SOON)
        held.set()
        assert "missing.npz" in shown.problems[0]
        assert view.other.choice.currentText() == "An untrained network"
        qtbot.waitUntil(lambda: "untrained" in shown.text("compared_second"), timeout=SOON)


def test_the_untrained_network_is_the_one_that_the_shown_model_was_before_training(
    qtbot: QtBot, coco_folder: Path
) -> None:
    with opened(qtbot, coco_folder) as (shown, view):
        saved = shown.sample.current.saved
        settings = replace(saved.settings, wh_scale=2.0)
        shown.use(replace(saved, model=saved.model.copy(), settings=settings))
        qtbot.waitUntil(lambda: shown.sample.current.saved.settings is settings, timeout=SOON)
        settle(shown, view)
        fresh = settings.new_model(shown.dataset.vocabulary.word_to_idx, shown.dataset.feature_dim)
        assert view.comparison is not None
        np.testing.assert_array_equal(view.comparison.other.model.params["Wh"], fresh.params["Wh"])
