"""The view Runs: the shelf is listed, its runs compared, continued, named, deleted, sent and opened."""

from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QFont, QImage
from pytestqt.qtbot import QtBot

from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.saved.run_file import open_run, save_run
from captionviewer.core.saved.shipped_run import KEY, TITLE
from captionviewer.core.training.events import RunState
from captionviewer.core.training.run_comparison import RunCurve
from captionviewer.core.training.run_record import RunRecord
from captionviewer.core.training.settings import TrainingSettings
from captionviewer.ui.look.theme import colors
from captionviewer.ui.session.models import CurrentModel
from captionviewer.ui.training.runs import runs_view
from captionviewer.ui.training.runs.run_curves import PlottedRun, RunCurves, run_color
from captionviewer.ui.training.runs.run_table import HEADS
from captionviewer.ui.training.runs.runs_view import RunsView
from captionviewer.ui.training.training_panel import TrainingPanel
from tests.core.saved.run_cases import SMALL, record_of
from tests.ui.painted import count, pixels
from tests.ui.training.training_setup import QUICK, import_matplotlib, training_panel, wait


@pytest.fixture(scope="module")
def records(coco_folder: Path) -> list[RunRecord]:
    with CocoDataset.open(coco_folder) as dataset:
        watched = [dataset.split("val").record(0)]
        changed = (SMALL, replace(SMALL, learning_rate=1e-3), replace(SMALL, seed=5, num_epochs=3))
        return [record_of(settings, dataset, watched=watched) for settings in changed]


@pytest.fixture
def panel(qtbot: QtBot, coco_folder: Path) -> Iterator[TrainingPanel]:
    with training_panel(qtbot, coco_folder, plots=False) as made:
        yield made


def opened(panel: TrainingPanel, qtbot: QtBot, records: list[RunRecord]) -> tuple[RunsView, list[str]]:
    """The view with these runs on the shelf; their keys in that order."""
    shelf = panel._session.runs.shelf
    keys = [shelf.add(replace(record, started=1e9 + n)) for n, record in enumerate(records)]
    panel.resize(1000, 800)
    view = panel.run_area.views.open("Runs")
    assert isinstance(view, RunsView)
    wait(lambda: len(view.table.rows.runs) == len(records) + 1, qtbot)
    return view, keys


def choose(view: RunsView, qtbot: QtBot, keys: list[str]) -> None:
    view.table.choose(keys)
    wait(lambda: view.comparison.shown is not None and set(view.comparison.shown.keys) == set(keys), qtbot)


def test_the_shelf_is_listed_with_what_comes_with_the_program_and_says_its_limit(
    panel: TrainingPanel, qtbot: QtBot, records: list[RunRecord]
) -> None:
    view, keys = opened(panel, qtbot, records)
    assert {run.key for run in view.table.rows.runs} == {*keys, KEY}
    assert any(TITLE in name for name in view.table.rows.names)
    assert "3 runs" in view.words.text() and "2.0 GB" in view.words.text().replace("2.15 GB", "2.0 GB")
    assert not view.continue_action.isEnabled()
    view.table.choose([KEY])
    assert view.repeat_action.isEnabled() and view.weights_action.isEnabled()
    assert not view.delete_action.isEnabled() and not view.continue_action.isEnabled()
    assert "no optimizer's state is kept" in view.continue_action.toolTip()


def test_names_are_shortened_only_where_the_figures_leave_no_room(
    panel: TrainingPanel, qtbot: QtBot, records: list[RunRecord]
) -> None:
    view, _keys = opened(panel, qtbot, records)
    table = view.table
    metrics, header = table.fontMetrics(), table.header()
    longest = max(
        metrics.horizontalAdvance(str(table.rows.data(table.rows.index(row, 0)))) for row in range(4)
    )
    for column, head in enumerate(HEADS):
        words = [head, *(str(table.rows.data(table.rows.index(row, column))) for row in range(4))]
        needed = max(map(metrics.horizontalAdvance, words))
        assert column == 0 or needed < header.sectionSize(column) < needed + 20
    figures = header.length() - header.sectionSize(0)
    for room, share in ((figures + longest + 40, 1.0), (figures + longest // 2, 1 / 3), (figures, 1 / 3)):
        table.setFixedWidth(room + table.width() - table.viewport().width())
        wait(lambda room=room: table.viewport().width() == room, qtbot)
        assert header.sectionSize(0) >= min(longest, room * share - 1), room
        assert header.sectionSize(0) >= room - figures


def test_the_list_of_runs_takes_larger_and_smaller_text_while_it_is_shown(
    panel: TrainingPanel, qtbot: QtBot, records: list[RunRecord]
) -> None:
    table = opened(panel, qtbot, records)[0].table
    header, plain = table.header(), table.font()
    figures, larger = header.sectionSize(len(HEADS) - 1), table.font()
    larger.setPointSizeF(2 * plain.pointSizeF())
    for font, growth in ((larger, 1.8), (plain, 1.0)):
        table.setMaximumHeight(table.minimumHeight())  # so that larger text resizes it at once
        table.setFont(font)
        grown = table.fontMetrics().horizontalAdvance(HEADS[-1])
        assert header.sectionSize(len(HEADS) - 1) > grown
        assert header.sectionSize(len(HEADS) - 1) > figures * growth * 0.9
    assert header.sectionSize(len(HEADS) - 1) == figures


def test_exactly_the_settings_that_differ_stand_in_the_table_and_the_equal_ones_are_folded(
    panel: TrainingPanel, qtbot: QtBot, records: list[RunRecord]
) -> None:
    view, keys = opened(panel, qtbot, records)
    choose(view, qtbot, keys)
    comparison = view.comparison
    words = comparison.settings_table.text()
    for label, there in (("Learning rate", True), ("Seed", True), ("Epochs", True), ("Hidden size", False)):
        assert (f">{label}&nbsp;" in words) is there, label
    equal = len(fields(TrainingSettings)) - 3
    assert f"{equal} equal" in comparison.equal_button.text()
    assert "Hidden" not in comparison.equal_button.text()
    comparison.equal_button.linkActivated.emit("#")
    assert "Hidden size: 12" in comparison.equal_button.text()
    assert comparison.warning.text() == ""
    assert len(comparison.plot.runs) == 3
    # the same photo, as each captions it at its last
    assert comparison.said.photos[0] == ("val", 0)
    said = comparison.said.captions()
    for (name, vocabulary, stops), words_said in zip(comparison.said._runs, said, strict=True):
        ids = stops.words(len(stops) - 1, stops.photos.index(("val", 0)))
        spoken = [
            each
            for each in map(vocabulary.idx_to_word.__getitem__, ids)
            if not each.startswith(("<S", "<E", "<N"))
        ]
        assert words_said == spoken, name


def test_seeds_are_a_band_and_other_data_is_said(
    panel: TrainingPanel, qtbot: QtBot, records: list[RunRecord]
) -> None:
    first = records[0]
    again = replace(
        first, settings=replace(first.settings, seed=99), losses_per_word=first.losses_per_word + 1
    )
    strange = replace(
        first, vocabulary=(*first.vocabulary[:-1], "zzz"), stops=None, model=None, state=None, best=None
    )
    view, keys = opened(panel, qtbot, [first, again, strange])
    choose(view, qtbot, keys[:2])
    (band,) = view.comparison.plot.bands
    np.testing.assert_allclose(band.high - band.low, 1, atol=1e-5)
    choose(view, qtbot, keys)
    assert "Not comparable" in view.comparison.warning.text() and "<UNK>" in view.comparison.warning.text()


def test_pointing_at_a_row_or_a_curve_makes_it_bold_and_reads_its_value(
    panel: TrainingPanel, qtbot: QtBot, records: list[RunRecord]
) -> None:
    view, keys = opened(panel, qtbot, records)
    choose(view, qtbot, keys)
    plot = view.comparison.plot
    shown = view.comparison.shown
    assert shown is not None
    wait(lambda: plot.width() > 100 and plot.isVisible(), qtbot)
    before = QImage(plot.grab().toImage())
    view.table.pointed.emit(shown.keys[1])
    assert plot.bold == 1 and plot.grab().toImage() != before
    view.table.pointed.emit("")
    assert plot.bold == -1 and plot.grab().toImage() == before
    curve = shown.curves[2]
    middle = len(curve.smooth_x) // 2
    place = plot.axes.points(curve.smooth_x[middle : middle + 1], curve.smooth_y[middle : middle + 1])[0]
    told: list[int] = []
    plot.pointed.connect(told.append)
    qtbot.mouseMove(plot, QPoint(3, 3))
    qtbot.mouseMove(plot, QPointF(place).toPoint())
    assert told[-1:] == [plot.bold] and plot.bold >= 0
    rows = view.table.rows
    fonts = [rows.data(rows.index(row, 0), Qt.ItemDataRole.FontRole) for row in range(len(rows.runs))]
    bold = [
        run.key for run, font in zip(rows.runs, fonts, strict=True) if isinstance(font, QFont) and font.bold()
    ]
    assert bold == [shown.keys[plot.bold]]
    value = float(plot.read_out.rsplit(": ", 1)[1].split(" at ")[0])
    near = shown.curves[plot.bold]
    at = float(plot.read_out.rsplit(" at ", 1)[1])
    assert value == pytest.approx(float(np.interp(at, near.smooth_x, near.smooth_y)), rel=0.02)


def test_a_run_is_continued_from_the_shelf_and_stays_one_run(
    panel: TrainingPanel, qtbot: QtBot, records: list[RunRecord]
) -> None:
    view, (key,) = opened(panel, qtbot, records[:1])
    view.table.choose([key])
    assert "Go on with this run" in view.continue_action.toolTip()
    view.continue_action.trigger()
    wait(lambda: panel.control.run is not None and panel.control.run.state is RunState.FINISHED, qtbot)
    wait(lambda: not panel.is_running(), qtbot)
    run = panel.control.run
    assert run is not None and run.continues and run.settings.num_epochs == 8 and run.wait(20)
    np.testing.assert_array_equal(run.history.since(0)[1][:16], records[0].losses)
    wait(lambda: [each.iteration for each in view.table.rows.runs if each.key == key] == [32], qtbot)


def test_a_new_run_starts_from_its_weights_with_the_settings_of_the_form(
    panel: TrainingPanel, qtbot: QtBot, records: list[RunRecord]
) -> None:
    view, (key,) = opened(panel, qtbot, records[:1])
    panel.form.set_settings(replace(QUICK, learning_rate=1e-9, seed=77))
    view.table.choose([key])
    view.weights_action.trigger()
    wait(lambda: panel.control.run is not None and not panel.is_running(), qtbot)
    run = panel.control.run
    assert run is not None and run.wait(20)
    assert run.settings == replace(
        QUICK, learning_rate=1e-9, seed=77, cell_type="lstm", hidden_dim=12, wordvec_dim=8
    )
    model, last = records[0].model, run.snapshot()
    assert model is not None and last is not None
    np.testing.assert_allclose(last.model.params["Wh"], model.params["Wh"], atol=1e-5)


def test_repeat_fills_the_form_and_three_more_seeds_are_trained_one_after_the_other(
    panel: TrainingPanel, qtbot: QtBot, records: list[RunRecord]
) -> None:
    view, (key,) = opened(panel, qtbot, [replace(records[0])])
    view.table.choose([key])
    view.repeat_action.trigger()
    assert panel.form.settings() == SMALL
    view.seeds_action.trigger()
    wait(lambda: len(view.table.rows.runs) == 5 and not panel.is_running(), qtbot)
    assert panel.stop_and_wait(20)
    wait(lambda: [run.outcome for run in view.table.rows.runs] == ["finished"] * 5, qtbot)
    seeds = {run.settings.seed for run in view.table.rows.runs if run.settings is not None and run.key != KEY}
    assert seeds == {SMALL.seed, 1, 2, 3}


def test_runs_are_named_pinned_and_deleted_and_the_shelf_is_emptied(
    panel: TrainingPanel, qtbot: QtBot, records: list[RunRecord], monkeypatch: pytest.MonkeyPatch
) -> None:
    view, keys = opened(panel, qtbot, records)
    view.rename(keys[0], "mine")
    wait(lambda: "mine" in view.table.rows.names, qtbot)
    view.table.choose([keys[0]])
    view.pin_action.trigger()
    wait(lambda: any(run.pinned and run.key == keys[0] for run in view.table.rows.runs), qtbot)
    asked: list[str] = []

    def agree(_parent: object, _title: str, words: str, *_: object, **__: object) -> str:
        asked.append(words)
        return "Delete"

    monkeypatch.setattr(runs_view, "ask", agree)
    view.table.choose([keys[1]])
    view.delete_action.trigger()
    wait(lambda: len(view.table.rows.runs) == 3, qtbot)
    view.empty_action.trigger()
    wait(lambda: [run.key for run in view.table.rows.runs] == [keys[0], KEY], qtbot)
    assert asked[0] == "Delete 1 run?" and asked[1].startswith("Delete 1 run, ")


def test_a_run_file_is_exported_and_many_are_opened_together_and_bad_ones_named(
    panel: TrainingPanel, qtbot: QtBot, records: list[RunRecord], tmp_path: Path
) -> None:
    view, keys = opened(panel, qtbot, records[:1])
    view.export_run(keys[0], tmp_path / "ada.npz")
    wait((tmp_path / "ada.npz").exists, qtbot)
    np.testing.assert_array_equal(open_run(tmp_path / "ada.npz").losses, records[0].losses)
    save_run(tmp_path / "bob.npz", records[1])
    (tmp_path / "bad.npz").write_bytes(b"no run")
    said: list[str] = []
    panel._session.problem.connect(said.append)
    view.open_files([tmp_path / name for name in ("ada.npz", "bad.npz", "bob.npz")])
    wait(lambda: len(view.table.rows.runs) == 4, qtbot)
    wait(lambda: len(view.chosen) == 2, qtbot)
    assert {run.name for run in view.chosen} == {"ada", "bob"}
    assert len(said) == 1 and "bad.npz" in said[0]


def test_a_damaged_entry_says_so_and_hides_no_other(
    panel: TrainingPanel, qtbot: QtBot, records: list[RunRecord]
) -> None:
    view, keys = opened(panel, qtbot, records)
    (panel._session.runs.shelf.folder / keys[0] / "summary.json").write_bytes(b"{")
    view.refresh()
    wait(lambda: any(run.problem for run in view.table.rows.runs), qtbot)
    view.table.choose([keys[0]])
    assert "damaged" in view.words.text() and view.words.isVisible()
    assert not view.continue_action.isEnabled() and view.delete_action.isEnabled()
    choose(view, qtbot, keys[1:])


def test_to_show_the_model_of_a_run_is_asked_for_by_its_name(
    panel: TrainingPanel, qtbot: QtBot, records: list[RunRecord]
) -> None:
    view, (key,) = opened(panel, qtbot, records[:1])
    asked: list[CurrentModel] = []
    panel.show_model_asked.connect(asked.append)
    before = panel._session.models.current
    view.table.choose([key])
    view.show_action.trigger()
    wait(lambda: bool(asked), qtbot)
    assert asked[0].run_key == key and "of the run “LSTM" in asked[0].words
    assert panel._session.models.current is before  # the window asks first what that would lose


def test_with_no_data_the_button_that_shows_a_model_says_why_it_is_off(qtbot: QtBot) -> None:
    with training_panel(qtbot, None, plots=False) as panel:
        view = panel.run_area.views.open("Runs")
        assert isinstance(view, RunsView)
        wait(lambda: len(view.table.rows.runs) == 1, qtbot)
        view.table.choose([KEY])
        assert not view.show_action.isEnabled() and "Open a data folder" in view.show_action.toolTip()
        assert view.repeat_action.isEnabled()


def test_many_runs_are_chosen_at_once_and_read_by_one_job(
    panel: TrainingPanel, qtbot: QtBot, records: list[RunRecord], monkeypatch: pytest.MonkeyPatch
) -> None:
    view, keys = opened(panel, qtbot, records)
    workers, begun = panel._session.workers, list[str]()
    start = workers.start

    def noted(name: str, *arguments: object, **more: object) -> object:
        begun.append(name)
        return start(name, *arguments, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(workers, "start", noted)
    choose(view, qtbot, keys)
    assert begun == ["reading runs"]
    view.refresh()
    wait(lambda: begun.count("reading runs") == 2 and view._comparing is None, qtbot)
    assert begun == ["reading runs", "listing runs", "reading runs"] and len(view.chosen) == 3
    view.hide()
    view.table.choose(keys[:1])
    assert len(begun) == 3  # nobody sees it


def test_curves_can_be_exported_once_plots_can_be_made(panel: TrainingPanel, qtbot: QtBot) -> None:
    view, _ = opened(panel, qtbot, [])
    assert not view.curves_action.isEnabled()
    import_matplotlib(panel._session)
    assert view.curves_action.isEnabled()


def test_beside_a_curve_that_is_pointed_at_the_others_are_faint(qtbot: QtBot) -> None:
    curves, x, none = RunCurves(), np.arange(9.0), np.empty(0)
    qtbot.addWidget(curves)
    curves.resize(500, 300)
    losses = [np.full(9, loss) for loss in (1.0, 3.0)]
    curves.show_runs([PlottedRun(f"run {y[0]:g}", RunCurve(x, y, x, y, none, none)) for y in losses])

    def painted() -> list[int]:
        return [count(pixels(curves), run_color(number, colors())) for number in (0, 1)]

    both = painted()
    curves.set_bold(0)
    one, other = painted()
    assert min(both) > 300 and one > both[0] and other < 20
