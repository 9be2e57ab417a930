"""The errors that captionviewer raises on purpose, one tree, so that a caller can catch them all by one name.

CaptionviewerError
    ArchiveError                core             what is wrong with an archive of numbers (a ValueError)
    BookNotUnpacked             core/storybook   it can't be unpacked into the cache (an OSError)
    CannotContinueError         core/training    a run can't go on where it was left
    CaptionFileError            core/own_photos  a file of captions can't be read
    DataError                   core/coco        a data folder, or a file in it, is not what it should be
    DivergedError               core/training    the loss or a parameter is no finite number any more
    DownloadError               core/download    the archive; says which problem, and what to do
    DrawingEnded                core/photos      the drawer was closed before a picture was drawn
    FileChanged                 core/download    another file stands at the address now (told within the room)
    MakeDataError               core/own_photos  pictures and captions make no data folder
    ModelFileError              core/saved       a model file can't be opened or written
    NoEncoder                   core/own_photos  the open data's features can't be made of a photo here
    NoSuchRange                 core/download    a server gives no part of a file (told within the room)
    NotHere                     core/download    bytes of the archive have not come yet (told within the room)
    NothingToScoreError         core/evaluation  no photo has captions enough to be scored (a ValueError)
    PhotoUnavailable            core/photos      a photo that can't be had (an OSError, too)
    RequestCancelled            core/web         who asked does not want it any more
    RequestError                core/web         a request to a server that brought no answer
        ConnectionBroken            it broke off, or answered with nonsense
        DeadlineExceeded            its time is used up
        InvalidAddress              no address that can be asked
        NetworkSettingsError        a proxy or certificate setting of this computer is at fault
        ProxyError                  the proxy is at fault, not the server behind it
        RedirectRefused             a redirect leads into this computer's own network
        TooManyRedirects            redirects lead on and on
        Unreachable                 no connection came about
        UntrustedServer             its certificate or encryption can't be trusted
    RunFileError                core/saved       a run file can't be opened or written
    ShelfError                  core/saved       something on the shelf of runs can't be done
    TransientError              core/download    a try failed, another may not (told within the room)
    WeightsError                core/encoders    an encoder's weights are missing, or not the known ones
    WrongAnswer                 core/checks      a checked layer gave nothing to compare (told within it)
"""


# Above are those of the core; the window has `ModelDoesNotFit` (ui/sampling/caption_sample.py).
class CaptionviewerError(Exception):
    """What went wrong, to which file or address, and what to do about it; `str()` is a message for people."""
