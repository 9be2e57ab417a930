"""The errors that captionviewer raises on purpose, one tree, so that a caller can catch them all by one name.

CaptionviewerError
├── ArchiveError (ValueError)      what is wrong with the archive that a model file is
├── BookNotUnpacked (OSError)      the storybook can't be unpacked into the cache
├── DataError                      a data folder, or a file in it, is not what it should be
└── ModelFileError                 a model file can't be opened or written
"""


class CaptionviewerError(Exception):
    """What went wrong, to which file or address, and what to do about it; `str()` is a message for people."""
