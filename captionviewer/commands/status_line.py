"""How far something is: over one line of a terminal, else a line now and then, as for a log."""

import shutil
import time

from captionviewer import console


class StatusLine:
    """Writes words that change; on a terminal each takes the place of the last."""

    def __init__(self, line_every: float) -> None:
        """`line_every` seconds lie between two lines where the output is no terminal."""
        self._terminal = console.on_terminal()
        self._line_every = line_every
        self._written = 0  # signs on the terminal's line
        self._last = ""
        self._last_at = time.monotonic()

    def show(self, words: str, *, at_once: bool = False) -> None:
        """Show how far it is; `at_once` writes a line to a log without waiting for the next one's time."""
        if self._terminal:
            width = shutil.get_terminal_size().columns - 1
            self._clear()
            self._written = len(words[:width])
            console.write(words[:width])
        elif words != self._last and (at_once or time.monotonic() - self._last_at >= self._line_every):
            console.tell(words)
            self._last, self._last_at = words, time.monotonic()

    def end(self) -> None:
        """Leave an empty line behind."""
        self._clear()

    def _clear(self) -> None:
        if self._written:
            console.write("\r" + " " * self._written + "\r")
            self._written = 0
