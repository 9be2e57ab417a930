"""The errors that captionviewer raises on purpose, one tree, so that a caller can catch them all by one name.

CaptionviewerError
    ArchiveError                core/saved     what is wrong with the archive of a model file (a ValueError)
    BookNotUnpacked             core/storybook it can't be unpacked into the cache (an OSError)
    DataError                   core/coco      a data folder, or a file in it, is not what it should be
    DivergedError               core/training  the loss or a parameter is no finite number any more
    ModelFileError              core/saved     a model file can't be opened or written
"""


class CaptionviewerError(Exception):
    """What went wrong, to which file or address, and what to do about it; `str()` is a message for people."""
