"""The download of a data folder, from the first question to the server to a folder that opens."""

import shutil
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from captionviewer.core.amounts import format_bytes
from captionviewer.core.coco.official_files import OFFICIAL_FILES, KnownFile
from captionviewer.core.download.archive_listing import (
    Entry,
    NotHere,
    entries_of,
    opened_archive,
    wanted_entries,
)
from captionviewer.core.download.byte_ranges import ByteRanges
from captionviewer.core.download.disk import disk_problems_named, require_room
from captionviewer.core.download.download_progress import DownloadProgress, Phase, ProgressBoard
from captionviewer.core.download.http_request import require_web_address
from captionviewer.core.download.official import (
    OFFICIAL_ADDRESS,
    PCA_FILES,
    RAW_FILES,
    unpacked_bytes,
)
from captionviewer.core.download.part_file import PartFile
from captionviewer.core.download.placing import (
    UNPACKED_NAME,
    WORK_NAME,
    clear_up,
    move_in,
    not_yet_there,
    only_download,
    prepare,
    remove_if_empty,
    unfinished_download,
)
from captionviewer.core.download.problem import DownloadError, DownloadProblem
from captionviewer.core.download.resumable_fetch import Fetcher, FileChanged, rest_while
from captionviewer.core.download.retry_policy import RetryPolicy
from captionviewer.core.download.unpacking import mismatches, sha256_of, unpack
from captionviewer.core.web.failures import RequestCancelled

_HEAD = 1024  # enough to see what it is
_TAIL = 66_000  # holds the end record of any zip, and a list of some hundred entries
# After these nothing of what came is of any use.
_USELESS = (
    DownloadProblem.NOT_AN_ARCHIVE,
    DownloadProblem.NOT_DATA,
    DownloadProblem.TOO_LARGE,
    DownloadProblem.UNSAFE,
)
_SMALL_GAP = 100_000  # bytes between two wanted files that are fetched rather than skipped


def _never() -> bool:
    return False


@dataclass(frozen=True)
class DownloadRequest:
    """What is wanted.

    Attributes
    ----------
    folder : Path
        The data folder: the files will stand right in it. Made if it is missing.
    address : str
        Of a zip archive.
    raw_features : bool
        Whether the two files of 4,096-d features are wanted, too.
    """

    folder: Path
    address: str = OFFICIAL_ADDRESS
    raw_features: bool = False


@dataclass(frozen=True)
class Downloaded:
    """A download that ended well: the folder to open, and what the user should know."""

    folder: Path
    notices: tuple[str, ...]


class Download:
    """One download: `run` it in a thread, look at `progress` from any.

    Parameters
    ----------
    request
        What is wanted.
    known
        The files' known digests. None: those of the official files, which the official address must
        match, and another address is only compared with.
    retry_policy
        How patient to be.
    """

    def __init__(
        self,
        request: DownloadRequest,
        *,
        known: Mapping[str, KnownFile] | None = None,
        retry_policy: RetryPolicy | None = None,
    ) -> None:
        self.request = request
        self._must_match = known is not None or request.address == OFFICIAL_ADDRESS
        self._known = OFFICIAL_FILES if known is None else known
        self._retry_policy = retry_policy or RetryPolicy()
        self._board = ProgressBoard()
        self._stop = threading.Event()
        self._pause = threading.Event()
        self._cancelled: Callable[[], bool] = _never

    @property
    def progress(self) -> DownloadProgress:
        """How far it is: one whole value, from any thread."""
        return self._board.shown

    def pause(self) -> None:
        """Hold still as soon as the next block is written; the connection stays open."""
        self._pause.set()

    def resume(self) -> None:
        """Go on after a pause."""
        self._pause.clear()

    @property
    def is_paused(self) -> bool:
        """Whether a pause is wanted."""
        return self._pause.is_set()

    def stop(self) -> None:
        """End soon; what has come is kept."""
        self._stop.set()

    def _ended(self) -> bool:
        return self._stop.is_set() or self._cancelled()

    # ---- the whole ---------------------------------------------------------------------------

    def run(self, cancelled: Callable[[], bool] = _never) -> Downloaded:
        """Download, check, unpack and place the data; blocks.

        Parameters
        ----------
        cancelled
            Asked often; True is as good as `stop`.

        Raises
        ------
        DownloadError
            Whatever kept it from ending well. Nothing half-written looks finished then.
        """
        self._cancelled = cancelled
        try:
            result = self._run()
        except RequestCancelled:
            self._board.enter(Phase.STOPPED)
            raise DownloadError(DownloadProblem.STOPPED, self._stopped_words()) from None
        except BaseException as error:
            self._board.enter(Phase.FAILED, words=str(error))
            raise
        self._board.enter(Phase.DONE)
        return result

    def _stopped_words(self) -> str:
        kept = unfinished_download(self.request.folder)
        if kept is None:
            return "The download was stopped before anything came."
        return (
            f"The download was stopped. The {format_bytes(kept.have)} that came are kept in "
            f"{self.request.folder / WORK_NAME}; started again, it goes on from there."
        )

    def _run(self) -> Downloaded:
        folder = self.request.folder
        require_web_address(self.request.address)
        with disk_problems_named(folder):
            if self._all_there():
                return Downloaded(folder, self._board.shown.notices)
            made = not folder.exists()
        work = prepare(folder)
        kept = True
        try:
            with disk_problems_named(folder), only_download(folder):
                part = PartFile(work, self.request.address)
                try:
                    self._bring(part, work)
                    kept = False
                except DownloadError as error:
                    kept = bool(part.have) and error.problem not in _USELESS
                    raise
                except RequestCancelled:
                    kept = bool(part.have)
                    raise
                finally:
                    part.close()
                    if not kept:
                        clear_up(folder)
        finally:
            if made and not kept:
                remove_if_empty(folder)
        return Downloaded(folder, self._board.shown.notices)

    def _bring(self, part: PartFile, work: Path) -> None:
        if part.found_other is not None:
            self._board.notice(f"An unfinished download of {part.found_other} was let go of.")
        elif part.have:
            self._board.notice(f"Going on from the {format_bytes(part.have.size)} that came before.")
        for _ in range(self._retry_policy.most_restarts + 1):
            try:
                self._fetch(part)
                break
            except FileChanged:
                self._board.notice("The file changed on the server meanwhile: the download started over.")
        else:
            raise DownloadError(
                DownloadProblem.CHANGING,
                f"{part.address} changes on the server again and again. Try later, or give another address.",
            )
        self._unpack(part, work)

    # ---- fetching ----------------------------------------------------------------------------

    def _fetch(self, part: PartFile) -> None:
        """Bring the bytes of the wanted files: the archive's end first, which says where they are."""
        official = self.request.address == OFFICIAL_ADDRESS
        besides = unpacked_bytes(self.request.raw_features) if official else 0
        fetcher = Fetcher(part, self._board, self._retry_policy, self._ended, self._pause.is_set, besides)
        if part.total is None or not part.have.covers(0, min(_HEAD, part.total)):
            fetcher.fetch(ByteRanges([(0, _HEAD)]), Phase.ASKING)
        total = part.total or 0
        wanted = ByteRanges([(max(total - _TAIL, 0), total)])
        if not part.is_whole:
            fetcher.fetch(wanted, Phase.ASKING, "What is in the archive?")
        while True:
            try:
                entries = self._missing_entries(part)
                break
            except NotHere as gap:
                fetcher.fetch(ByteRanges([(gap.start, gap.end)]), Phase.ASKING, "What is in the archive?")
        spans = ByteRanges((entry.start, entry.end) for entry in entries).joined(_SMALL_GAP)
        to_come = 0 if part.is_whole else spans.without(part.have).size
        require_room(self.request.folder, to_come + sum(entry.size for entry in entries))
        if to_come:
            fetcher.fetch(spans, Phase.FETCHING)

    def _missing_entries(self, part: PartFile) -> tuple[Entry, ...]:
        try:
            with opened_archive(part) as archive:
                entries = wanted_entries(entries_of(archive, part.address), self.request.raw_features)
        except DownloadError as error:
            if error.problem is DownloadProblem.DAMAGED:
                part.start_over()
            raise
        self._board.enter(Phase.CHECKING, 0, None, "")
        return not_yet_there(self.request.folder, entries, self._advance)

    def _all_there(self) -> bool:
        """Tell whether the folder holds all that is wanted, each file as it is known (no server is asked)."""
        folder, raw = self.request.folder, self.request.raw_features
        if self.request.address != OFFICIAL_ADDRESS or unfinished_download(folder) is not None:
            return False
        names = [name for name in self._known if raw or name not in RAW_FILES]
        for name in names:
            path = folder / name
            if not path.is_file() or path.stat().st_size != self._known[name].size:
                return False
        self._board.enter(Phase.CHECKING, 0, unpacked_bytes(raw))
        digests = {name: sha256_of(folder / name, self._advance) for name in names}
        if mismatches(digests, self._known):
            return False
        self._board.notice("All files were there already, and each has the official SHA-256.")
        return True

    # ---- unpacking ---------------------------------------------------------------------------

    def _unpack(self, part: PartFile, work: Path) -> None:
        unpacked, folder = work / UNPACKED_NAME, self.request.folder
        with disk_problems_named(unpacked):
            if unpacked.exists():  # of a run that was cut off
                shutil.rmtree(unpacked)
            unpacked.mkdir()
        try:
            with opened_archive(part) as archive:
                every = entries_of(archive, part.address)
                wanted = wanted_entries(every, self.request.raw_features)
                self._board.enter(Phase.CHECKING)
                entries = not_yet_there(folder, wanted, self._advance)
                self._board.enter(Phase.UNPACKING, 0, sum(entry.size for entry in entries))
                digests = {entry.name: unpack(archive, entry, unpacked, self._advance) for entry in entries}
            self._check(part, digests, entries)
            whole = len(entries) == len(wanted)
            if whole:
                self._open(unpacked)
            move_in(unpacked, folder, digests)
            if not whole:
                self._open(folder)
        except DownloadError as error:
            if error.problem is DownloadProblem.DAMAGED:
                self._forget(part, error.files)
            raise
        finally:
            shutil.rmtree(unpacked, ignore_errors=True)
        if wanted != every:
            self._board.notice("The raw features (4,096-d) were left out.")

    def _check(self, part: PartFile, digests: Mapping[str, str], entries: tuple[Entry, ...]) -> None:
        """Compare with the known digests; a file that is wrong is forgotten, so that it is fetched again."""
        wrong = mismatches(digests, self._known)
        unknown = [name for name in digests if name not in self._known]
        if wrong and self._must_match:
            self._forget(part, wrong)
            which = ", ".join(wrong)
            they, differ = ("They", "differ") if len(wrong) > 1 else ("It", "differs")
            raise DownloadError(
                DownloadProblem.MISMATCH,
                f"{which}: not what CS231n published. {they} {differ} from the known SHA-256. Fetch again: "
                "the rest of what came is kept. Nothing was put into the data folder.",
                wrong,
            )
        if wrong or unknown:
            self._board.notice(
                f"This is not the official archive: {len(wrong) + len(unknown)} of its {len(digests)} files "
                "differ from CS231n's or are not known. "
                "Whether they are what their maker meant can't be told."
            )
        elif entries:
            self._board.notice(f"Each of the {len(entries)} files has the official SHA-256.")

    def _forget(self, part: PartFile, names: tuple[str, ...]) -> None:
        with opened_archive(part) as archive:
            spans = [(e.start, e.end) for e in entries_of(archive, part.address) if e.name in names]
        for start, end in spans:
            part.forget(start, end)

    def _open(self, folder: Path) -> None:
        """See that a folder is a data folder."""
        from captionviewer.core.coco.dataset import CocoDataset, DataError, FeatureKind

        self._board.enter(Phase.OPENING)
        has_pca = all((folder / name).is_file() for name in PCA_FILES)
        kind: FeatureKind = "pca" if has_pca else "raw"
        try:
            CocoDataset.open(folder, kind).close()
        except DataError as error:
            raise DownloadError(
                DownloadProblem.NOT_DATA,
                f"What {self.request.address} holds can't be opened as COCO data. "
                f"{error.path.name}: {error.problem} Give another address.",
                (error.path.name,),
            ) from error
        if self._ended():
            raise RequestCancelled

    def _advance(self, count: int, name: str) -> None:
        if self._ended():
            raise RequestCancelled
        rest_while(self._pause.is_set, self._ended, self._board)
        self._board.advance(self._board.shown.done + count, name)
