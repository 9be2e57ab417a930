"""Why a photo can't be had: the one exception that a photo's way can end in."""

from enum import Enum

from captionviewer.core.errors import CaptionviewerError


class PhotoProblem(Enum):
    """What kept a photo from being shown; `words` is the short text for the screen."""

    GONE = "photo gone"
    OFFLINE = "no connection"
    SWITCHED_OFF = "fetching is off"
    MISCONFIGURED = "network settings"
    REFUSED = "refused"
    NOT_A_PICTURE = "not a picture"
    TOO_LARGE = "too large"
    TIMED_OUT = "took too long"
    BUSY = "server busy"
    NO_ADDRESS = "no address"
    STOPPED = "no longer wanted"

    @property
    def words(self) -> str:
        """The short text for the screen."""
        return self.value


class PhotoUnavailable(CaptionviewerError, OSError):
    """A photo that can't be had; `str()` says what happened to which address and what to do.

    Attributes
    ----------
    problem
        The kind of failure.
    url
        The address that was asked last ("" when there was none).
    can_retry
        Whether asking again may succeed.
    retry_after
        Seconds after which asking again makes sense (None: nothing is known).
    """

    def __init__(
        self,
        problem: PhotoProblem,
        url: str,
        message: str,
        *,
        can_retry: bool = True,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.problem = problem
        self.url = url
        self.can_retry = can_retry
        self.retry_after = retry_after

    def __str__(self) -> str:
        return self.message
