"""The storybook: a data set of picture-book scenes that our own code draws, shipped with the program.

It is a folder in the official layout, so that nothing else knows the difference; only its photos' addresses
are of a scheme of its own (`addresses`). A scene (`scenes`) is drawn (`picture`), captioned (`sentences`) and
made into features from its pixels (`features`); `build` makes the book, `shipped` unpacks it.
"""

from captionviewer.core.storybook.addresses import SCHEME, picture_of
from captionviewer.core.storybook.shipped import BookNotUnpacked, storybook_folder

__all__ = ["SCHEME", "BookNotUnpacked", "picture_of", "storybook_folder"]
