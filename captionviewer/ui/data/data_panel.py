"""The Data panel: the photos of a minibatch, the selected one in detail, search and statistics."""

from itertools import pairwise

from PySide6.QtCore import Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QCheckBox, QSpinBox, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from captionviewer.core.coco.vocabulary import readable_words
from captionviewer.ui.data.caption_query import shown_conditions
from captionviewer.ui.data.minibatch_bar import MinibatchBar
from captionviewer.ui.data.minibatch_browser import MinibatchBrowser
from captionviewer.ui.data.network_status import NetworkStatus
from captionviewer.ui.data.photo_details import PhotoDetails, found_positions, shown_captions
from captionviewer.ui.data.photo_grid import GridCaption, PhotoGrid
from captionviewer.ui.data.prefetch import Prefetch
from captionviewer.ui.session.session import Session
from captionviewer.ui.settings import DATA_GRID_HEIGHT, DATA_GRID_WIDTH, Setting
from captionviewer.ui.widgets.empty_page import EmptyPage

BESIDE_FROM = 1.25  # details stand beside the grid where the panel is so much wider than high


class DataPanel(QWidget):
    """Looks through the captions and photos of a data set, a minibatch at a time.

    Attributes
    ----------
    train_action, val_action, previous_action, next_action, reshuffle_action : QAction
        Choose the split and the minibatch; their keys hold while the keyboard is in the panel.
    find_action, filter_action, sort_action, clear_action : QAction
        Search, conditions and order.
    back_action, forward_action, copy_caption_action, copy_url_action : QAction
        Photos looked at before; the caption and the address of the one that is shown.
    browser : MinibatchBrowser
        Which captions are shown: the split, what is searched for, and the minibatch.
    bar, grid, details : MinibatchBar, PhotoGrid, PhotoDetails
        What it is chosen with; its photos; the selected one. `halves` divides the last two.
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.setObjectName("data_panel")
        self.setAccessibleName("Data")
        self.browser = MinibatchBrowser(session, self)
        self.bar = MinibatchBar(session, self.browser)
        self.grid = PhotoGrid(session.photos)
        self._empty = EmptyPage()
        self.details = PhotoDetails(session)
        self.network_status = NetworkStatus(session)
        self.prefetch = Prefetch(session, self.browser, self.grid, self)
        self._chosen_caption: tuple[str, int] | None = None  # split and caption row of the cell clicked
        self._selecting = False

        self._pages = QStackedWidget()
        self._pages.addWidget(self.grid)
        self._pages.addWidget(self._empty)
        self.halves = QSplitter(Qt.Orientation.Vertical)
        self.halves.addWidget(self._pages)
        self.halves.addWidget(self.details)
        self.halves.setChildrenCollapsible(False)
        self.halves.setHandleWidth(9)
        self._divide()
        self.halves.splitterMoved.connect(self._remember_division)
        box = QVBoxLayout(self)
        box.setContentsMargins(12, 12, 12, 8)
        box.setSpacing(10)
        box.addWidget(self.bar)
        box.addWidget(self.halves, 1)
        box.addWidget(self.network_status)
        self.bar.filter_form.attach(self, self.bar, self._pages)

        self._share_actions()
        self._set_tab_order()
        self.grid.selectionModel().currentChanged.connect(self._cell_chosen)
        for again in (self.grid.clicked, self.grid.activated):  # the current cell may be asked for anew
            again.connect(self._cell_chosen)
        self.browser.changed.connect(self._show_minibatch)
        statistics = self.details.statistics
        self.browser.changed.connect(lambda: statistics.show_query(self.browser.query))
        statistics.length_chosen.connect(lambda split, number: self.browser.toggle("words", number, split))
        statistics.captions_chosen.connect(
            lambda split, number: self.browser.toggle("captions_an_image", number, split)
        )
        statistics.word_chosen.connect(self.bar.toggle_phrase)
        session.dataset_changed.connect(self._dataset_changed)
        session.selection_changed.connect(self._selection_changed)
        session.opening_changed.connect(self._show_minibatch)
        session.images_changed.connect(self.grid.viewport().update)
        self._dataset_changed()
        self._show_minibatch()

    def _share_actions(self) -> None:
        self.train_action = self.bar.train_action
        self.val_action = self.bar.val_action
        self.previous_action = self.bar.previous_action
        self.next_action = self.bar.next_action
        self.reshuffle_action = self.bar.reshuffle_action
        self.find_action = self.bar.find_action
        self.filter_action = self.bar.filter_action
        self.sort_action = self.bar.sort_action
        self.clear_action = self.bar.clear_action
        self.back_action = self.details.back_action
        self.forward_action = self.details.forward_action
        self.copy_caption_action = self.details.copy_caption_action
        self.copy_url_action = self.details.copy_url_action
        for action in (
            self.train_action,
            self.val_action,
            self.previous_action,
            self.next_action,
            self.reshuffle_action,
            self.find_action,
            self.filter_action,
            self.sort_action,
            self.back_action,
            self.forward_action,
        ):
            self.addAction(action)  # shortcuts hold while the keyboard is in the panel
        self.grid.addActions(
            [
                self.copy_caption_action,
                self.details.copy_captions_action,
                self.copy_url_action,
                self.details.open_url_action,
                self.details.copy_photo_action,
            ]
        )
        self.grid.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)

    def _set_tab_order(self) -> None:
        bar = self.bar
        order = (
            bar.train_button,
            bar.val_button,
            bar.previous_button,
            bar.position,
            bar.next_button,
            bar.reshuffle_button,
            bar.size_field,
            bar.seed_field,
            bar.copy_seed,
            bar.search_field,
            bar.add_button,
            bar.filter_button,
            bar.sort_field,
            *bar.filters.findChildren(QSpinBox),
            *bar.filters.findChildren(QCheckBox),
            bar.chips.more_button,
            bar.chips.clear_button,
            self.grid,
            self.details,
        )
        for before, after in pairwise(order):
            QWidget.setTabOrder(before, after)

    # ---- showing ---------------------------------------------------------------------------

    def _dataset_changed(self) -> None:
        self.details.show_dataset(self._session.data.dataset)

    def _show_minibatch(self) -> None:
        """Show the browser's minibatch, and select its first photo where none of it was selected."""
        dataset, minibatch = self._session.data.dataset, self.browser.minibatch
        if dataset is None or minibatch is None:
            self.grid.cells.show(())
            self._say_why_empty()
            self._pages.setCurrentWidget(self._empty)
            self._show_details()
            return
        phrases = self.browser.phrases
        keep = {(minibatch.split, image) for image in minibatch.image_rows.tolist()}
        self._session.photos.cancel_pending(keep)
        before = [cell.key for cell in self.grid.cells.cards]
        self._selecting = True
        self.grid.cells.show(
            [
                GridCaption(
                    dataset.split(minibatch.split).record(image),
                    words := readable_words(ids, dataset.vocabulary),
                    row,
                    self.browser.is_photo_trained_on(minibatch.split, image),
                    found_positions(words, phrases),
                )
                for row, image, ids in zip(
                    minibatch.caption_rows.tolist(),
                    minibatch.image_rows.tolist(),
                    minibatch.captions,
                    strict=True,
                )
            ]
        )
        self._selecting = False
        self._pages.setCurrentWidget(self.grid)
        if before != [cell.key for cell in self.grid.cells.cards]:
            self.grid.scrollToTop()
            self._choose_row(self._row_to_select())
        self._show_details()

    def _row_to_select(self) -> int:
        """Return the cell of the photo selected now, else the first."""
        record = self._session.selection.record
        row = self.grid.cells.row_of(record.key) if record is not None else None
        return row or 0

    def _choose_row(self, row: int) -> None:
        self._selecting = True
        self.grid.select_row(row)
        self._selecting = False
        self._select_cell()

    def _cell_chosen(self) -> None:
        if not self._selecting:
            self._select_cell()

    def _select_cell(self) -> None:
        cell = self.grid.current_cell
        if cell is None:
            return
        chosen = (cell.record.split, cell.caption_row)
        other_caption = chosen != self._chosen_caption and cell.record == self._session.selection.record
        self._chosen_caption = chosen
        self._session.selection.select(cell.record)
        if other_caption:  # the same photo again, with another of its captions
            self._show_details()

    def _selection_changed(self) -> None:
        """Show the photo that was selected here or elsewhere."""
        record, cell = self._session.selection.record, self.grid.current_cell
        if record is None and self.grid.cells.cards and self._session.data.dataset is not None:
            self._choose_row(max(self.grid.currentIndex().row(), 0))
            return
        if record is not None and (cell is None or cell.record != record):
            row = self.grid.cells.row_of(record.key)
            self._selecting = True
            if row is None:
                self.grid.clearSelection()
                self.grid.setCurrentIndex(self.grid.cells.index(-1))
            else:
                self.grid.select_row(row)
            self._selecting = False
            cell = self.grid.current_cell
            self._chosen_caption = None if cell is None else (cell.record.split, cell.caption_row)
        self._show_details()

    def _show_details(self) -> None:
        dataset, record = self._session.data.dataset, self._session.selection.record
        if dataset is None or record is None:
            self.details.show_photo(dataset, None, (), 0)
            return
        minibatch = self.browser.minibatch
        same_split = minibatch is not None and minibatch.split == record.split
        rows = set(minibatch.caption_rows.tolist()) if minibatch is not None and same_split else set()
        captions = shown_captions(
            dataset,
            record,
            lambda row: self.browser.where if row in rows else "",
            lambda row: self.browser.is_trained_on(record.split, row),
            self.browser.phrases if same_split else (),
        )
        self.details.show_photo(dataset, record, captions, self._caption_to_show(rows))

    def _caption_to_show(self, rows: set[int]) -> int:
        """Return which of the photo's captions stands in the cell clicked, else the trained one or first."""
        record = self._session.selection.record
        assert record is not None
        split, chosen = self._chosen_caption or (None, None)
        if split == record.split and chosen in record.caption_rows:
            return record.caption_rows.index(chosen)
        for place, row in enumerate(record.caption_rows):
            if row in rows or self.browser.is_trained_on(record.split, row):
                return place
        return 0

    def _say_why_empty(self) -> None:
        """Say why there is nothing to see, and offer what to do."""
        session, query, found = self._session, self.browser.query, self.browser.found
        other = "val" if query.split == "train" else "train"
        look_there = (f"Look in {other}", (self.val_action if other == "val" else self.train_action).trigger)
        clear = ("Clear all conditions", self.bar.clear_conditions)
        trained_too = ("Show also what was not trained on", lambda: self.browser.show_only_trained(False))
        if session.data.dataset is None:
            if session.data.opening:
                self._empty.say(session.data.opening, "Photos appear as soon as its files were checked.")
            else:
                self._empty.say(
                    "No data set is open", "Open a COCO captioning folder with File, Open Folder."
                )
        elif query.only_trained and query.split == "val":
            self._empty.say(
                "No val photo was trained on",
                "A model is trained on train photos only: val photos show what it makes of new ones.",
                ("Show train", self.train_action.trigger),
                trained_too,
            )
        elif query.only_trained and not self.browser.trained_captions:
            self._empty.say(
                "Nothing was trained on yet",
                "Start a run in Training, or open a saved model: its photos then appear here.",
                trained_too,
            )
        elif found is not None:
            shown = [condition.words for condition in shown_conditions(query)]
            title = (
                f"No {query.split} caption meets {'all conditions' if len(shown) > 1 else 'the condition'}"
            )
            words = " ".join(found.notes) or " · ".join(shown)
            self._empty.say(title, words, clear, trained_too if query.only_trained else look_there)
        else:
            self._empty.say(f"There are no captions in {query.split}", "")

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Hand the keyboard on to the photos; a focus proxy would make Tab leave out what is before them."""
        self.grid.setFocus(event.reason())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Clear the conditions with Escape, wherever in the panel the keyboard is."""
        if event.key() == Qt.Key.Key_Escape:
            self.bar.escape()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the details beside the grid where the panel is wide, else below it."""
        super().resizeEvent(event)
        beside = self.width() > BESIDE_FROM * self.height()
        wanted = Qt.Orientation.Horizontal if beside else Qt.Orientation.Vertical
        if self.halves.orientation() != wanted:
            self.halves.setOrientation(wanted)
            self._divide()

    # ---- how the halves share the room -----------------------------------------------------

    def _divide(self) -> None:
        """Give the grid the part of the room that it had last, beside the details or above them."""
        part = min(max(self._session.settings.get(self._division), 0.05), 0.95)
        self.halves.setSizes([round(10_000 * part), round(10_000 * (1 - part))])

    def _remember_division(self) -> None:
        sizes = self.halves.sizes()
        self._session.settings.set(self._division, sizes[0] / max(sum(sizes), 1))

    @property
    def _division(self) -> Setting[float]:
        beside = self.halves.orientation() is Qt.Orientation.Horizontal
        return DATA_GRID_WIDTH if beside else DATA_GRID_HEIGHT
