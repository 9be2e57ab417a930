"""The errors that captionviewer raises on purpose, one tree, so that a caller can catch them all by one name.

CaptionviewerError
    Cancelled                   core/web      who asked does not want it any more
    DownloadError               core/download  the archive; says which problem, and what to do
    NothingToScoreError         core/evaluation  no photo has captions enough to be scored (a ValueError, too)
    PhotoUnavailable            core/photos   a photo that can't be had (an OSError, too)
    RequestError                core/web      a request to a server that brought no answer
        ConnectionBroken            it broke off, or answered with nonsense
        DeadlineExceeded            its time is used up
        InvalidAddress              no address that can be asked
        NetworkSettingsError        a proxy or certificate setting of this computer is at fault
        ProxyError                  the proxy is at fault, not the server behind it
        RedirectRefused             a redirect leads into this computer's own network
        TooManyRedirects            redirects lead on and on
        UntrustedServer             its certificate or encryption can't be trusted
        Unreachable                 no connection came about
    TransientError              core/download  a try failed, another may not
"""


class CaptionviewerError(Exception):
    """What went wrong, to which file or address, and what to do about it; `str()` is a message for people."""
