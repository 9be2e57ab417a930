"""Ctrl+C in the terminal, SIGTERM, SIGHUP: the window closes in good order, without questions.

Python runs its handlers only between two of its own instructions, and an idle window runs none: so a signal
writes a byte into a socket, which wakes Qt's loop. A second signal ends the process at once.
"""

import contextlib
import signal
import socket
from types import FrameType

from PySide6.QtCore import QObject, QSocketNotifier, Qt, Signal

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")  # the last is not on every system


class EndSignals(QObject):
    """Tells of a signal to end, from `install` to `remove`."""

    received = Signal(int)  # its number; never in the middle of something else
    _arrived = Signal(int)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._before: dict[signal.Signals, object] = {}
        self._wake_before = -1
        self._reader, self._writer = socket.socketpair()
        for end in (self._reader, self._writer):
            end.setblocking(False)
        self._notifier = QSocketNotifier(self._reader.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._woken)
        # Python calls a handler between any two instructions: what it leads to waits for Qt's loop
        self._arrived.connect(self.received, Qt.ConnectionType.QueuedConnection)

    def install(self) -> None:
        """Take the signals from now on; only in the main thread."""
        for name in _NAMES:
            number = getattr(signal, name, None)
            if number is not None:
                self._before[number] = signal.signal(number, self._handle)
        self._wake_before = signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)

    def remove(self) -> None:
        """Give the signals back."""
        if self._before:
            signal.set_wakeup_fd(self._wake_before)
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]
        self._before = {}
        self._notifier.setEnabled(False)
        self._reader.close()
        self._writer.close()

    def _woken(self) -> None:
        with contextlib.suppress(OSError):  # nothing left to read
            self._reader.recv(4096)
        # Python's own handlers have run by now: this method is made of its instructions

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        for each in self._before:
            signal.signal(each, signal.SIG_DFL)
        self._arrived.emit(number)
