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
        self._timer.timeout.connect(self._collect_what_is_due)
        self._old = 0  # objects that the last full search left,
        self._grown_old = 0  # and those that came to them since

    def begin(self) -> None:
        """Look from now on."""
        self._timer.start()

    def _collect_what_is_due(self) -> None:
        """Search where Python would by now: among the young, or where the old are a quarter more, all.

        That quarter is Python's rule, too: a full search holds everything up for tens of milliseconds.
        """
        (young, middle, old), limits = gc.get_count(), gc.get_threshold()
        if old > limits[2] and 4 * self._grown_old > self._old:
            gc.collect()
            self._old, self._grown_old = len(gc.get_objects(2)), 0
        elif middle > limits[1]:
            searched = len(gc.get_objects(0)) + len(gc.get_objects(1))
            self._grown_old += searched - gc.collect(1)
        elif young > limits[0]:
            gc.collect(0)


def leave_out_what_is_there() -> None:
    """Never look again among what is there by now.

    A look through all that was imported takes 50 ms and more, in which neither window nor run goes on.
    """
    gc.freeze()
