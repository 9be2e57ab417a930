"""A student asks whether a model is any good: trains, goes back, scores, looks at the worst photos."""

from dataclasses import replace

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QTabBar

from captionviewer.core.training.settings import STORYBOOK_PRESET
from captionviewer.ui.training.scores.scores_view import ScoresView
from tests.ui.window.test_main_window import enter, finished
from tests.ui.window_driver import WindowDriver

LEFT = Qt.MouseButton.LeftButton


def test_a_student_trains_the_storybook_goes_back_on_the_loss_and_walks_from_cider_to_the_worst_photos(
    driver: WindowDriver,
) -> None:
    window, panel = driver.window, driver.window.training_panel
    window.open_storybook()
    driver.wait_for(lambda: window.session.data.dataset is not None and window.session.can_plot, 60)

    # train, with the preset made short
    driver.choose(panel.form.preset, STORYBOOK_PRESET)
    for name, value in (("hidden_dim", "96"), ("num_captions", "1500"), ("num_epochs", "1")):
        field = panel.form._fields[name]
        for box in field.widgets()[1:]:
            driver.click(box, QPoint(8, box.height() // 2))  # "All" off
        enter(driver, panel.form.entry(name), value)
    assert panel.form.settings().validation_captions == 200
    driver.click_action(panel.start_action)
    driver.wait_for(lambda: finished(driver), 120)
    run = panel.control.run
    assert run is not None and run.validation.points()[-1].iteration == 30
    assert run.validation.points()[-1].val < run.validation.points()[0].val
    assert "validation on 200 captions, best" in panel.plot.accessibleDescription()

    # back on the curve to the untrained network, and on
    plot, layer = panel.plot, panel.plot.layer
    driver.wait_for(lambda: plot.scrubber.can_scrub and plot._marker_place(0) is not None)
    begin, end = plot._marker_place(0), plot._marker_place(30)
    assert begin is not None and end is not None
    middle = layer.height() // 2
    driver.qtbot.mousePress(layer, LEFT, pos=QPoint(round(begin[0]), middle))
    untrained = panel.watched.captions()
    assert "iteration 0 of 30, greedy — what was said then" in panel.said.head.text()
    driver.qtbot.mouseRelease(layer, LEFT, pos=QPoint(round(begin[0]), middle))
    driver.qtbot.mouseClick(layer, LEFT, pos=QPoint(round(end[0]), middle))
    assert plot.scrubber.iteration == 30
    learned = panel.watched.captions()
    assert untrained.keys() == learned.keys() and untrained != learned

    # Scores: the model beside its baselines
    tabs = panel.run_area.views.findChild(QTabBar)
    assert tabs is not None
    place = [tabs.tabText(k).replace("&", "") for k in range(tabs.count())].index("Scores")
    driver.click(tabs, tabs.tabRect(place).center())
    view = panel.run_area.views.findChild(ScoresView)
    assert view is not None and view.isVisible()
    driver.click(view.score_button)
    driver.wait_for(lambda: view.card is not None and view.table.isVisible(), 60)
    card = view.card
    assert card is not None and len(card.photos) == 400
    columns = [view.table.horizontalHeaderItem(k) for k in range(view.table.columnCount())]
    cider = next(k for k, head in enumerate(columns) if head is not None and head.text() == "CIDEr-D")

    # from CIDEr to the three worst photos, the worst first
    cell = view.table.item(0, cider)
    assert cell is not None
    driver.click(view.table.viewport(), view.table.visualItemRect(cell).center())
    assert view.histogram.isVisible()
    lowest = next(k for k, bar in enumerate(view.histogram.bars) if bar.photos)
    driver.click(view.histogram, view.histogram.bar_box(lowest).center().toPoint())
    assert view.captions.isVisible()
    three = card.row("model").worst("cider_d", 3)
    assert view.captions.shown[:3] == three
    for number, photo in enumerate(three):
        if number:
            driver.key(view.captions.list, Qt.Key.Key_Down)
        record = window.session.selection.record
        assert record is not None and record.key == ("val", int(card.photos.rows[photo]))
    assert window.session.models.current is not None
    window.session.models.set(
        replace(window.session.models.current, unsaved=False)
    )  # so that closing asks nothing
