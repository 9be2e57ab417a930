"""The data set that is open: opened in a thread, one at a time, and remembered."""

import logging
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal

from captionviewer.core.coco.chosen_data import forget_data_folder, remember_data_folder
from captionviewer.core.coco.dataset import CocoDataset, DataError, FeatureKind, feature_kinds_in
from captionviewer.core.coco.feature_kinds import FEATURES, feature_kind_named
from captionviewer.core.coco.files import find_data_folder
from captionviewer.core.coco.folder_layout import SPLITS
from captionviewer.core.user_folders import books_folder, is_shipped_book
from captionviewer.ui import settings as remembered
from captionviewer.ui.session.trouble import not_opened
from captionviewer.ui.settings import Settings
from captionviewer.ui.worker import Cancelled, Job, Workers, send

OPENING_STORYBOOK = "Opening the storybook…"
_UNTIL_THEN = "Until then the storybook is shown."

_log = logging.getLogger(__name__)


class OpenData(QObject):
    """Opens folders; what was open stays until the new one is known to be good.

    Attributes
    ----------
    opened
        A new data set is open; the one before is still readable until every receiver has returned.
    opening_changed, opening_progressed
        What is being opened, and how much of that is done.
    problem, lasting_problem
        Messages for people.
    """

    opened = Signal()
    opening_changed = Signal()
    opening_progressed = Signal()
    problem = Signal(str)
    lasting_problem = Signal(str)
    _unpacked = Signal(float)  # from the thread that unpacks

    def __init__(self, settings: Settings, workers: Workers, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings, self._workers = settings, workers
        self._dataset: CocoDataset | None = None
        self._opening = ""
        self._opening_share: float | None = None
        self._job: Job | None = None
        self._scan: Job | None = None
        self._offers: list[CocoDataset] = []  # opened in a thread and not taken yet
        self._unpacked.connect(self._note_share, Qt.ConnectionType.QueuedConnection)

    @property
    def dataset(self) -> CocoDataset | None:
        """The data set that is open."""
        return self._dataset

    @property
    def opening(self) -> str:
        """What is being opened right now, for people; "" for nothing."""
        return self._opening

    @property
    def opening_share(self) -> float | None:
        """How much of the unpacking is done, while it goes on."""
        return self._opening_share

    # ---- opening ---------------------------------------------------------------------------

    def open_folder(
        self,
        folder: Path,
        features: FeatureKind | None = None,
        *,
        else_storybook: bool = False,
        in_characters: bool = False,
        may_take: Callable[[], bool] = lambda: True,
    ) -> None:
        """Open a data folder in a thread, with its `features`.

        None is the kind that was used last, or where the folder lacks that the one it has, which is said.
        With `else_storybook`, as at launch, or while nothing is open, as when the storybook was still being
        unpacked, the storybook is opened behind the message when it can't be. `in_characters` spells the
        captions. `may_take` ends and asks about what the new data would end or lose, once they are known to
        be good: a wrong folder costs nothing.
        """
        chosen = self._settings.get(remembered.FEATURES)
        kind: FeatureKind = features or feature_kind_named(chosen) or "pca"

        def work(cancelled: Cancelled) -> CocoDataset:
            there = () if features else feature_kinds_in(find_data_folder(folder))
            dataset = CocoDataset.open(folder, there[0] if there and kind not in there else kind)
            return self._offer(cancelled, _in_characters(dataset) if in_characters else dataset)

        def done(dataset: CocoDataset) -> None:
            if not self._is_agreed(dataset, may_take):
                return
            self._take(dataset)
            if dataset.feature_kind != kind:
                asked, used = FEATURES[kind].name, FEATURES[dataset.feature_kind].name
                self.problem.emit(
                    f"{dataset.folder.name} has no {asked} features, which were used last: it was opened "
                    f"with its {used} features."
                )

        def failed(error: Exception) -> None:
            self._set_opening("")
            words = not_opened(folder, error)
            if else_storybook or self._dataset is None:
                self.open_storybook(by_hand=False, then_say=f"{words} {_UNTIL_THEN}")
            else:
                self.problem.emit(words)

        self._open(f"Opening {folder.name or folder}…", f"opening {folder.name}", work, done, failed)

    def open_storybook(
        self, *, by_hand: bool = True, then_say: str = "", may_take: Callable[[], bool] = lambda: True
    ) -> None:
        """Open the pictures that come with the program; the first time, they are unpacked in a thread.

        Opened by hand they are the user's choice from now on, as another folder would be; otherwise the
        folder chosen before stays remembered. `then_say` is a problem to be told when they are there.
        `may_take` is as in `open_folder`.
        """

        def work(cancelled: Cancelled) -> CocoDataset:
            from captionviewer.core.storybook import storybook_folder

            def note(share: float) -> None:
                send(self._unpacked, share)

            folder = storybook_folder(note)
            try:
                dataset = CocoDataset.open(folder)
            except DataError:  # damaged since it was unpacked
                dataset = CocoDataset.open(storybook_folder(note, anew=True))
            return self._offer(cancelled, dataset)

        def done(dataset: CocoDataset) -> None:
            if not self._is_agreed(dataset, may_take):
                return
            self._take(dataset)
            if by_hand:
                try:
                    forget_data_folder()
                except OSError as error:
                    self.lasting_problem.emit(f"The choice of the storybook could not be remembered: {error}")
            if then_say:
                self.problem.emit(then_say)

        def failed(error: Exception) -> None:
            self._set_opening("")
            if then_say:
                self.problem.emit(then_say.removesuffix(_UNTIL_THEN))
            self.problem.emit(not_opened(books_folder(), error))

        self._open(OPENING_STORYBOOK, "opening the storybook", work, done, failed)

    def announce_storybook(self) -> None:
        """Say that the storybook is about to be opened, before there is time to begin."""
        self._set_opening(OPENING_STORYBOOK)

    def _open(
        self,
        words: str,
        job: str,
        work: Callable[[Cancelled], CocoDataset],
        done: Callable[[CocoDataset], None],
        failed: Callable[[Exception], None],
    ) -> None:
        if self._job is not None:
            self._job.cancel()
        self._set_opening(words)
        self._job = self._workers.start(job, work, done, failed)

    def _offer(self, cancelled: Cancelled, dataset: CocoDataset) -> CocoDataset:
        """Keep a data set (in the thread that opened it) until it is taken; close it if nobody will."""
        self._offers.append(dataset)
        if cancelled():
            self._withdraw(dataset)
        return dataset

    def _is_agreed(self, dataset: CocoDataset, may_take: Callable[[], bool]) -> bool:
        """Whether a data set that was opened may take the place of the open one; else it is closed."""
        job = self._job
        # while a question stands other data may be asked for, or the session end
        if may_take() and self._job is job and dataset in self._offers:
            return True
        self._withdraw(dataset)
        if self._job is job:
            self._set_opening("")
        return False

    def _withdraw(self, dataset: CocoDataset) -> None:
        try:
            self._offers.remove(dataset)
        except ValueError:  # the other thread was quicker
            return
        dataset.close()

    def _take(self, dataset: CocoDataset) -> None:
        """Let a data set be the open one, and close the one before when everybody knows."""
        self._set_opening("")
        before, self._dataset = self._dataset, dataset
        self._offers.remove(dataset)
        for late in tuple(self._offers):  # of jobs that were cancelled as they ended
            self._withdraw(late)
        _log.info(
            "opened %s: %d train and %d val photos",
            dataset.folder,
            dataset.split("train").num_photos,
            dataset.split("val").num_photos,
        )
        try:
            self.opened.emit()
        finally:
            if before is not None:
                before.close()
        if not is_shipped_book(dataset.folder):
            self._remember(dataset)  # at last: that it could not be is told over the new data
        self._scan_features(dataset)

    def _note_share(self, share: float) -> None:
        if self._opening == OPENING_STORYBOOK and self._job is not None:
            self._opening_share = share if share < 1 else None
            self.opening_progressed.emit()

    def _set_opening(self, words: str) -> None:
        self._opening = words
        self._opening_share = None
        if not words:
            self._job = None
        self.opening_changed.emit()

    def _scan_features(self, dataset: CocoDataset) -> None:
        """Look for NaN features in the background: reading 2 GB at opening is no option."""
        if self._scan is not None:
            self._scan.cancel()

        def work(cancelled: Cancelled) -> None:
            for split in SPLITS:
                dataset.split(split).features.scan(cancelled)

        def failed(error: Exception) -> None:
            self.problem.emit(str(error))

        self._scan = self._workers.start("checking features", work, lambda _none: None, failed)

    # ---- remembering -----------------------------------------------------------------------

    def _remember(self, dataset: CocoDataset) -> None:
        if self._settings.get(remembered.FEATURES) in dataset.available_features:  # else it was no choice
            self._settings.set(remembered.FEATURES, dataset.feature_kind)
        recent = [str(dataset.folder), *self.recent_folders()]
        kept = list(dict.fromkeys(recent))[: remembered.RECENT_FOLDERS_KEPT]
        self._settings.set(remembered.RECENT_FOLDERS, kept)
        try:
            remember_data_folder(dataset.folder)
        except OSError as error:
            self.lasting_problem.emit(f"The choice of data folder could not be remembered: {error}")

    def recent_folders(self) -> list[str]:
        """Return the folders opened before, newest first."""
        return self._settings.get(remembered.RECENT_FOLDERS)

    def forget_recent_folders(self) -> None:
        """Empty the list of folders opened before."""
        self._settings.set(remembered.RECENT_FOLDERS, [])

    def close(self) -> None:
        """Close what is open and what nobody took."""
        for late in tuple(self._offers):
            self._withdraw(late)
        if self._dataset is not None:
            self._dataset.close()


def _in_characters(dataset: CocoDataset) -> CocoDataset:
    """The same in characters, ready to be searched; it has the files of the one in words."""
    from captionviewer.core.storybook.full_texts import in_characters_in_full

    try:
        spelled = in_characters_in_full(dataset)
        for split in SPLITS:
            spelled.split(split).prepare()
    except BaseException:
        dataset.close()
        raise
    return spelled
