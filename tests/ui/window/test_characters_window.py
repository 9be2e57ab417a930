"""Words beside characters in their window: trained with one click, read off the table, stopped."""

from pathlib import Path

import pytest

from captionviewer.core.characters.figures import WHY_NATS_A_CAPTION
from captionviewer.core.coco.vocabulary import SPECIAL_WORDS
from captionviewer.ui.window.characters_window import CharactersWindow
from tests.coco_folder_writer import write_coco_folder
from tests.ui.window.test_main_window import finished, train_a_little
from tests.ui.window_driver import WindowDriver


@pytest.fixture
def beside(driver: WindowDriver, tmp_path: Path) -> CharactersWindow:
    driver.window.open_folder(write_coco_folder(tmp_path / "small_coco"))
    driver.wait_for(lambda: driver.window.session.data.dataset is not None)
    driver.window.beside.show_characters()
    return driver.find(CharactersWindow, "characters_window")


def cells(beside: CharactersWindow, title: str) -> list[str]:
    """The cells of the row that begins with a title."""
    table = beside.table
    rows = [row for row in range(table.rowCount()) if table.item(row, 0).text().strip().startswith(title)]
    assert len(rows) == 1, title
    return [table.item(rows[0], place).text() for place in range(1, table.columnCount())]


def test_words_and_characters_train_for_200_steps_and_the_table_is_read(
    driver: WindowDriver, beside: CharactersWindow
) -> None:
    assert beside.told.text() == WHY_NATS_A_CAPTION and not beside.table.isVisible()
    beside.steps_field.setValue(200)
    beside.hidden_field.setValue(24)
    driver.click(beside.train_button)
    assert beside.stop_button.isEnabled() and not beside.train_button.isEnabled()
    driver.wait_for(beside.train_button.isEnabled, 120)
    comparison = beside.comparison
    assert comparison is not None and comparison.ended
    words, characters = comparison.pair("rnn")
    assert len(words.step_seconds) == len(characters.step_seconds) == 200
    symbols = cells(beside, "Symbols V")
    assert int(symbols[0]) == words.vocabulary_size > int(symbols[1]) == characters.vocabulary_size
    assert cells(beside, "Nats a caption") == [
        f"{words.points[-1].nats:.2f}", f"{characters.points[-1].nats:.2f}",
    ]  # fmt: skip
    assert words.points[-1].nats < words.points[0].nats
    assert cells(beside, "Invented words")[0] == "0"
    assert all("…" not in cells(beside, title) for title in ("ms a step", "BLEU-4", "Memory"))
    assert "Against them:" in beside.told.text()
    assert [curve.name for curve in beside.plot.series] == ["words, RNN", "characters, RNN"]
    assert beside.plot.series[0].x[-1] == pytest.approx(words.seconds)
    beside.views.open("Captions")
    assert beside.captions.rowCount() == comparison.scored_photos
    assert characters.written is not None
    assert beside.captions.item(3, 2).text() == characters.written.captions[3]
    assert all(word in beside.invented.text() for word in characters.written.invented)


def test_both_cells_stand_beside_each_other_while_they_train_and_are_stopped(
    driver: WindowDriver, beside: CharactersWindow
) -> None:
    driver.choose(beside.cell_box, "RNN and LSTM")
    beside.hidden_field.setValue(8)
    beside.steps_field.setValue(100_000)
    driver.click(beside.train_button)
    driver.wait_for(lambda: "of the steps" in beside.progress.text(), 30)
    assert beside.table.columnCount() == 5 and cells(beside, "CIDEr-D") == ["…"] * 4
    driver.click(beside.stop_button)
    assert beside.progress.text() == "Stopped" and beside.train_button.isEnabled()


def test_closing_the_window_ends_what_it_trains(driver: WindowDriver, beside: CharactersWindow) -> None:
    beside.steps_field.setValue(100_000)
    driver.click(beside.train_button)
    beside.close()
    assert not beside.stop_button.isEnabled()
    driver.wait_for(lambda: not driver.window.session.workers.running())


def test_nothing_of_the_data_that_was_open_is_shown_of_other_data(
    driver: WindowDriver, beside: CharactersWindow, tmp_path: Path
) -> None:
    beside.steps_field.setValue(3)
    beside.hidden_field.setValue(8)
    driver.click(beside.train_button)
    driver.wait_for(lambda: beside.comparison is not None and beside.comparison.ended, 60)
    driver.wait_for(beside.train_button.isEnabled)
    assert beside.table.isVisible() and beside.plot.series and beside.captions.rowCount()
    driver.window.open_folder(write_coco_folder(tmp_path / "other"))
    session = driver.window.session
    driver.wait_for(lambda: session.data.dataset is not None and session.data.dataset.folder.name == "other")
    assert not beside.table.isVisible() and not beside.plot.series and beside.captions.rowCount() == 0
    assert beside.told.text() == WHY_NATS_A_CAPTION and beside.comparison is None
    driver.click(beside.train_button)
    driver.wait_for(lambda: beside.comparison is not None and beside.comparison.ended, 60)
    driver.wait_for(beside.train_button.isEnabled)
    assert beside.table.isVisible() and beside.table.columnCount() == 3


def test_without_data_it_says_what_is_missing(driver: WindowDriver) -> None:
    driver.window.beside.show_characters()
    beside = driver.find(CharactersWindow, "characters_window")
    assert not beside.train_button.isEnabled() and "Open data first" in beside.progress.text()


def test_data_in_characters_is_searched_trained_on_and_sampled_and_taken_back_to_words(
    driver: WindowDriver, tmp_path: Path
) -> None:
    window = driver.window
    window.open_folder(write_coco_folder(tmp_path / "small_coco"))
    driver.wait_for(lambda: bool(window.data_panel.grid.cells.cards))
    cards = [card.text for card in window.data_panel.grid.cells.cards]
    window.menus.characters.trigger()
    driver.wait_for(window.menus.characters.isChecked)
    dataset = window.session.data.dataset
    assert dataset is not None and dataset.vocabulary.is_of_characters
    assert [card.text for card in window.data_panel.grid.cells.cards] == cards, "captions read as before"
    assert "in characters" in driver.text("status_set")
    sampling = window.sampling_panel
    train_a_little(driver, "1")
    driver.wait_for(lambda: finished(driver), 60)
    driver.wait_for(lambda: sampling.sample is not None and sampling.sample.current.saved.iteration == 2, 30)
    driver.click_action(sampling.end_action)
    assert sampling.sample is not None
    assert all(len(word) == 1 or word in SPECIAL_WORDS for word in sampling.sample.words)
    sampling.views.open("States")
    sampling.views.open("Tree")
    driver.answer("Discard")
    window.menus.characters.trigger()
    driver.wait_for(lambda: not window.menus.characters.isChecked())
    assert (
        window.session.data.dataset is not None
        and not window.session.data.dataset.vocabulary.is_of_characters
    )
    assert window.session.decoding.value.max_length == 30
