"""The errors that captionviewer raises on purpose, one tree, so that a caller can catch them all by one name.

CaptionviewerError
└── NothingToScoreError (ValueError)  no photo has captions enough to be scored
"""


class CaptionviewerError(Exception):
    """What went wrong, to which file or address, and what to do about it; `str()` is a message for people."""
