"""How a download can end other than well; each end is a stated one."""

from enum import Enum

from captionviewer.core.errors import CaptionviewerError


class DownloadProblem(Enum):
    """Why a download did not come to its end."""

    STOPPED = "stopped"  # the user stopped it
    UNREACHABLE = "unreachable"  # no connection to the server
    GONE = "gone"  # 404, 410
    BUSY = "busy"  # 429, 5xx, longer than we wait
    REFUSED = "refused"  # any other answer, a bad address, too many redirects
    BROKEN_OFF = "broken off"  # the connection broke, again and again
    TOO_SLOW = "too slow"  # bytes come too slowly, or not at all
    CHANGING = "changing"  # the file changed on the server, again and again
    NOT_AN_ARCHIVE = "not an archive"
    TOO_LARGE = "too large"
    UNSAFE = "unsafe"  # names that lead out of the folder, links, bombs, encryption
    DAMAGED = "damaged"  # an entry of the archive can't be unpacked, or its checksum is wrong
    MISMATCH = "mismatch"  # a file is not the official one
    NOT_DATA = "not data"  # unpacked well, but no data set
    DISK_FULL = "disk full"
    FOLDER = "folder"  # the folder can't be written, or holds other files of these names
    FAULT = "fault"  # of our own
    LOCKED = "locked"  # another download into the same folder is going on


_GOES_ON = frozenset(
    {
        DownloadProblem.STOPPED,
        DownloadProblem.UNREACHABLE,
        DownloadProblem.BUSY,
        DownloadProblem.BROKEN_OFF,
        DownloadProblem.TOO_SLOW,
        DownloadProblem.DISK_FULL,
    }
)
_FETCH_AGAIN = frozenset({DownloadProblem.DAMAGED, DownloadProblem.MISMATCH, DownloadProblem.CHANGING})


class DownloadError(CaptionviewerError):
    """A download ended before its data was there; `str()` is the whole message for people.

    Attributes
    ----------
    problem : DownloadProblem
    files : tuple of str
        The files of the archive at fault, if it is about files.
    """

    def __init__(self, problem: DownloadProblem, message: str, files: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.problem = problem
        self.files = files

    @property
    def can_go_on(self) -> bool:
        """Whether the same download, started again, goes on from what has come."""
        return self.problem in _GOES_ON

    @property
    def can_fetch_again(self) -> bool:
        """Whether fetching again what was wrong may help."""
        return self.problem in _FETCH_AGAIN


class TransientError(CaptionviewerError):
    """A try failed, another may not; the text is a half sentence that says why.

    Attributes
    ----------
    problem : DownloadProblem
        What it is when no further try helps.
    wait : float or None
        Seconds that the server asked for.
    """

    def __init__(self, problem: DownloadProblem, why: str, wait: float | None = None) -> None:
        super().__init__(why)
        self.problem = problem
        self.wait = wait
