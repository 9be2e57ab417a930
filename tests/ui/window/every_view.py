"""Every view of every panel in each of its states, one after another, for tests of what holds in all."""

from collections.abc import Iterator

from PySide6.QtWidgets import QApplication, QWidget

from captionviewer.ui.data.words.never_said_view import NeverSaidView
from captionviewer.ui.data.words.surprise_view import SurpriseView
from captionviewer.ui.sampling.photo_worth.photo_worth_view import PhotoWorthView
from captionviewer.ui.sampling.states.states_view import StatesView
from captionviewer.ui.sampling.temperature.temperature_view import TemperatureView
from captionviewer.ui.sampling.tree.tree_view import TreeView
from captionviewer.ui.training.gradients.gradients_view import GradientsView
from captionviewer.ui.training.scores.scores_view import ScoresView
from tests.ui.window_driver import WindowDriver


def settle(driver: WindowDriver) -> None:
    """Wait until nothing is worked out any more, and all of it is shown."""
    driver.wait_for(lambda: not driver.window.session.workers._threads, 30)
    for _ in range(3):
        QApplication.processEvents()


def each_view(driver: WindowDriver) -> Iterator[tuple[str, QWidget]]:
    """Open one view after another, with what it computes on request; yields its name and itself."""
    window, details = driver.window, driver.window.data_panel.details
    first = details.currentWidget()
    for panel, row in (
        ("Data", details.statistics.views),
        ("Training", window.training_panel.run_area.views),
        ("Sampling", window.sampling_panel.views),
    ):
        window.zoom.bring_up(panel)
        details.setCurrentWidget(details.statistics if panel == "Data" else first)
        for title in row.titles:
            view = row.open(title)
            settle(driver)
            yield title, view
            for state in further_states(driver, view):
                settle(driver)
                yield f"{title}, {state}", view
        row.open(row.titles[0])
    settle(driver)


def further_states(driver: WindowDriver, view: QWidget) -> Iterator[str]:
    """Bring a view to its other states."""
    match view:
        case SurpriseView():
            view.reading.button.click()
            yield "read"
        case NeverSaidView():
            view.captioning.button.click()
            yield "captioned"
        case GradientsView():
            for page in view.pages.titles[1:]:
                view.pages.open(page)
                yield page
            view.pages.open(view.pages.titles[0])
        case ScoresView():
            view.score_button.click()
            yield "scored"
            view.open_score("model", "cider_d")
            yield "one score"
            view.open_bar(next(number for number, bar in enumerate(view.histogram.bars) if bar.photos))
            yield "photos of a bar"
        case TreeView() | TemperatureView():
            driver.window.sampling_panel.end_action.trigger()
            if isinstance(view, TreeView):
                view.proof.button.click()
            yield "at the end"
            view.val_button.click()
            view.curve.button.click()
            yield "over val"
            view.val_button.click()
        case StatesView():
            view.open_unit(0)
            view.unit.read_button.click()
            yield "a unit"
            view.unit.back_button.click()
        case PhotoWorthView():
            view.measure_button.click()
            yield "measured"
