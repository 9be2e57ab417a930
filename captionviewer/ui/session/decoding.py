"""How captions are written: the one value that row, views and scores share."""

from PySide6.QtCore import QObject, Signal

from captionviewer.core.decoding.decoding import Decoding
from captionviewer.ui import settings as remembered
from captionviewer.ui.settings import Settings


class ChosenDecoding(QObject):
    """Holds the `Decoding` that the user chose, and remembers it.

    Attributes
    ----------
    changed : Signal(Decoding)
        Another value was chosen.
    """

    changed = Signal(object)  # Decoding

    def __init__(self, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._value = settings.get(remembered.DECODING)

    @property
    def value(self) -> Decoding:
        """How captions are written."""
        return self._value

    def set(self, decoding: Decoding) -> None:
        """Choose another way; the same again changes nothing."""
        if decoding != self._value:
            self._value = decoding
            self._settings.set(remembered.DECODING, decoding)
            self.changed.emit(decoding)
