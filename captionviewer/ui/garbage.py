"""Python's search for garbage, in the GUI thread alone.

By itself Python looks for reference cycles in whichever thread makes one object too many. A cycle that it
takes apart may hold a QObject, which is destroyed then and there; if that has a timer, Qt can't stop it from
another thread, and calls what lies at the freed place when it is due. So the window has Python look at
times of its own.
"""

import gc

from PySide6.QtCore import QObject, QTimer

LOOK_MS = 250


class GarbageCollector(QObject):
    """Looks for garbage in the thread that made it, instead of Python in any."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        gc.disable()
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(collect_what_is_due)

    def begin(self) -> None:
        """Look from now on."""
        self._timer.start()


def leave_out_what_is_there() -> None:
    """Never look again among what is there by now.

    A look through all that was imported takes 50 ms and more, in which neither window nor run goes on.
    """
    gc.freeze()


def collect_what_is_due() -> None:
    """Collect the oldest generation of objects that Python itself would by now, with those younger."""
    for generation, (count, limit) in reversed(
        list(enumerate(zip(gc.get_count(), gc.get_threshold(), strict=True)))
    ):
        if count > limit > 0:
            gc.collect(generation)
            return
