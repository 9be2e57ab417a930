"""Boxes, dialogs and messages leave nothing behind: after 200 rounds there are as many objects as before."""

import gc
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from weakref import ref

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QPoint, QTimer
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication, QDialog, QMainWindow, QMenu, QWidget
from pytestqt.qtbot import QtBot

from captionviewer.core.saved.model_file import SavedModel
from captionviewer.core.training.settings import TrainingSettings
from captionviewer.ui import settings as remembered
from captionviewer.ui.data.caption_list import CaptionList
from captionviewer.ui.data.caption_strip import CaptionStrip
from captionviewer.ui.data.words.surprise_view import SurpriseView
from captionviewer.ui.sampling.compare.compare_view import CompareView
from captionviewer.ui.sampling.photo_worth.photo_worth_view import PhotoWorthView
from captionviewer.ui.sampling.states.states_view import StatesView
from captionviewer.ui.sampling.tree.tree_view import TreeView
from captionviewer.ui.sampling.why_view import WhyView
from captionviewer.ui.sampling.word_bars import WordBar, WordBars
from captionviewer.ui.session.models import CurrentModel, ModelOrigin
from captionviewer.ui.training.gradients.gradients_view import THROUGH_TIME, GradientsView
from captionviewer.ui.training.gradients.through_time import ThroughTime
from captionviewer.ui.training.scores.scores_view import ScoresView
from captionviewer.ui.widgets import questions
from captionviewer.ui.widgets.notice_bar import NoticeBar
from captionviewer.ui.widgets.view_row import ViewRow
from captionviewer.ui.window.help import show_about, show_coco, show_shortcuts
from captionviewer.ui.window.log_view import LogView
from captionviewer.ui.window.main_window import MainWindow
from tests.ui.window_driver import WindowDriver

W = TypeVar("W", bound=QWidget)
ROUNDS = 200


def objects(window: QWidget) -> int:
    """How many objects there are, in a window and beside it."""
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    return len(window.findChildren(QObject)) + len(QApplication.allWidgets())


def grown(window: QWidget, one_round: Callable[[], object], rounds: int = ROUNDS) -> int:
    """How many objects `rounds` rounds leave behind, after the first few."""
    for _ in range(3):
        one_round()
    before = objects(window)
    for _ in range(rounds):
        one_round()
    return objects(window) - before


def close_box(window: QWidget) -> None:
    """Close what is open; not by `activeModalWidget`, which makes Python the owner of a box."""
    for box in window.findChildren(QDialog):
        if box.isVisible():
            box.reject()


@pytest.fixture
def bare(qtbot: QtBot) -> QMainWindow:
    window = QMainWindow()
    qtbot.addWidget(window)
    window.show()
    return window


def ask(window: QWidget) -> None:
    QTimer.singleShot(0, lambda: close_box(window))
    assert questions.ask(window, "Title", "Question?", "Detail", answers=("Yes", "Maybe", "No")) == "No"


def tell(window: QWidget) -> None:
    questions.tell(window, "Title", "What went wrong", "Detail")
    close_box(window)


def explain(window: QWidget) -> None:
    QTimer.singleShot(0, lambda: close_box(window))
    questions.explain(window, "Title", "<b>Words</b>")


def explain_coco(window: QWidget) -> None:
    QTimer.singleShot(0, lambda: close_box(window))
    show_coco(window)


def explain_program(window: QWidget) -> None:
    QTimer.singleShot(0, lambda: close_box(window))
    show_about(window)


def wait(window: QWidget) -> None:
    questions.wait(window, "Saving…", lambda done: QTimer.singleShot(0, done))


def show_log(window: QWidget) -> None:
    view = LogView(lambda: "details", window)
    view.show()
    view.close()


@pytest.mark.parametrize("round_of", [ask, tell, explain, explain_coco, explain_program, wait, show_log])
def test_two_hundred_boxes_leave_nothing_behind(
    bare: QMainWindow, round_of: Callable[[QWidget], None]
) -> None:
    assert grown(bare, lambda: round_of(bare)) == 0


def test_the_table_of_keys_leaves_nothing_behind(bare: QMainWindow) -> None:
    def one_round() -> None:
        QTimer.singleShot(0, lambda: close_box(bare))
        show_shortcuts(bare)

    assert grown(bare, one_round, 20) == 0  # long to lay out, and like the others


@pytest.mark.no_qt_log  # no keyboard is grabbed where there is no screen, and Qt says so
@pytest.mark.parametrize("kind", [CaptionStrip, CaptionList, WordBars])
def test_menus_of_the_right_button_leave_nothing_behind(
    bare: QMainWindow, kind: type[CaptionStrip | CaptionList | WordBars]
) -> None:
    part = kind()
    part.addAction("Copy")  # the panel's
    bare.setCentralWidget(part)
    part.resize(300, 220)
    if isinstance(part, WordBars):
        part.show_bars([WordBar("wave", 0.41, False)], 1002, 0.5)
    place = part.row(0).center() if isinstance(part, WordBars) else QPoint(9, 9)

    def one_round() -> None:
        part.contextMenuEvent(
            QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, part.mapToGlobal(place))
        )
        opened = [menu for menu in part.findChildren(QMenu) if menu.isVisible()]
        assert opened
        for menu in opened:
            menu.close()

    assert grown(bare, one_round) == 0


def test_messages_with_offers_leave_nothing_behind(qtbot: QtBot, bare: QMainWindow) -> None:
    bar = NoticeBar()
    bare.setCentralWidget(bar)

    def one_round() -> None:
        bar.show_lasting("something", ("Do It", lambda: None), ("Leave It", lambda: None))
        bar.show_problem("something else")
        bar.close_newest()
        bar.close_newest()

    assert grown(bare, one_round) == 0


def test_dialogs_of_the_window_opened_again_and_again_leave_nothing_behind(
    driver: WindowDriver, tmp_path: Path
) -> None:
    window = driver.window
    window.session.settings.set(remembered.RECENT_FOLDERS, [str(tmp_path / name) for name in "abc"])

    def preferences() -> None:
        window.beside.show_preferences()
        window.findChild(QDialog, "preferences").close()

    def download() -> None:
        window.get_coco()
        window.findChild(QDialog, "download_dialog").hide()

    def log() -> None:
        window.tells.show_log()
        window.findChild(QDialog, "log_view").close()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)

    def recent() -> None:
        window.menus.recent.aboutToShow.emit()

    def checks() -> None:
        window.beside.show_checks()
        window.findChild(QDialog, "checks_window").close()

    def characters() -> None:
        window.beside.show_characters()
        window.findChild(QDialog, "characters_window").close()

    def encoding() -> None:
        window.beside.show_encoding()
        window.findChild(QWidget, "encoding_window").close()

    def files() -> None:
        QTimer.singleShot(0, lambda: close_box(window))
        window.model_files.ask_and_open()

    for one_round in (preferences, download, log, recent):
        assert grown(window, one_round) == 0, one_round.__name__
    for one_round in (checks, characters, encoding, files):  # long to show, or to make
        assert grown(window, one_round, 10) == 0, one_round.__name__


def untrained(window: MainWindow, seed: int) -> CurrentModel:
    """A model that fits the open data, as if it had been trained on nothing."""
    dataset, settings = window.session.data.dataset, TrainingSettings(hidden_dim=8, wordvec_dim=8, seed=seed)
    assert dataset is not None
    network = settings.new_model(dataset.vocabulary.word_to_idx, dataset.feature_dim)
    return CurrentModel(SavedModel.untrained(network, settings, dataset), ModelOrigin.UNTRAINED)


def test_views_hold_no_model_that_gave_way_once_nobody_looks_and_no_data_that_is_open_no_longer(
    driver: WindowDriver, coco_folder: Path
) -> None:
    window, session = driver.window, driver.window.session
    sampling, training = window.sampling_panel.views, window.training_panel.run_area.views
    statistics = window.data_panel.details.statistics

    def rests() -> bool:
        return not session.workers.running() and not any(
            thread.name.startswith("captionviewer: ") for thread in threading.enumerate()
        )

    def open_views(views: ViewRow) -> None:
        for title in views.titles:
            views.open(title)
            driver.wait_for(rests)

    def view(kind: type[W]) -> W:
        found = window.findChild(kind)
        assert found is not None
        return found

    session.data.open_folder(coco_folder)
    driver.wait_for(lambda: session.data.dataset is not None and session.can_plot and rests(), 30)
    assert session.data.dataset is not None
    session.models.set(untrained(window, seed=1))
    session.selection.select(session.data.dataset.split("val").record(3))
    assert session.models.current is not None
    former_model, former_data = ref(session.models.current.model), ref(session.data.dataset)
    driver.wait_for(lambda: window.sampling_panel.sample is not None and rests())
    open_views(sampling)
    sampling.open("Photo's worth")
    driver.wait_for(lambda: view(PhotoWorthView).said is not None)
    view(PhotoWorthView).measure()
    sampling.open("States")
    driver.wait_for(rests)
    states = view(StatesView)
    states.open_unit(1)
    driver.wait_for(lambda: states.unit.knock_out.all_button.isEnabled() and rests())
    states.unit.knock_out.compare()
    open_views(training)
    scores = view(ScoresView)
    scores.photos_choice.setItemData(0, 20)  # photos, in place of 400
    scores.score()
    window.data_panel.details.setCurrentWidget(statistics)
    open_views(statistics.views)
    view(SurpriseView).reading.start()
    driver.wait_for(rests, 30)
    view(GradientsView).pages.open(THROUGH_TIME)
    assert view(ThroughTime).found and scores.card and states.shown and states.unit.knock_out._all
    assert view(CompareView).comparison and view(WhyView).explained and view(TreeView).tree
    assert view(PhotoWorthView).over_val.worth and view(SurpriseView).reading.answer

    def is_gone(former: Callable[[], object]) -> bool:
        gc.collect()
        return former() is None

    for views in (sampling, training, statistics.views):
        views.open(views.titles[0])
    session.models.set(untrained(window, seed=2))
    driver.wait_for(lambda: rests() and is_gone(former_model))
    assert scores.head.text().startswith("Scores of: untrained RNN. Sampling shows another model now")
    session.data.open_storybook()
    driver.wait_for(lambda: len(session.models.trained_photos("train")) > 0, 30)  # of the model with it
    driver.wait_for(lambda: is_gone(former_data))
    assert session.data.dataset is not None
    former_book = ref(session.data.dataset)
    session.data.open_folder(coco_folder)
    driver.wait_for(lambda: session.data.dataset is not former_book() and not session.workers.running(), 30)
    driver.wait_for(lambda: is_gone(former_book))
