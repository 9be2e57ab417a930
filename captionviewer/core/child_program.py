"""A Python program of our own, run beside this one and asked one thing at a time through its pipes.

A request is a line of JSON, the answer a line of JSON; its "bytes" says how many raw bytes follow. Before
the first request the program says that it is ready, so that nobody takes another program's words for its
own. It ends when this one does: its standard input is closed then.
"""

import contextlib
import json
import os
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import captionviewer

# What starting may take, on a cold disk; warm it takes a quarter to half a second.
START_SECONDS = 60.0
READY = b'{"ready": true}'
NICENESS = 10  # of a program that takes what others leave of the processor


class ChildProgram:
    """One run of such a program. Not for two threads at once."""

    def __init__(self, python: str, arguments: Sequence[str], environment: Mapping[str, str] = {}) -> None:
        """Start it and wait until it is ready.

        Parameters
        ----------
        python
            The interpreter, see `interpreter.python_program`.
        arguments
            What to give it: a program's path, or `-m` and a module.
        environment
            Variables that it gets besides this process's own.

        Raises
        ------
        OSError
            It can't be started.
        EOFError
            It did not come up.
        """
        self._process = subprocess.Popen(
            # -P: modules in its folder must not hide the standard library's of the same name.
            [python, "-P", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", **environment},
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        self.alive = True
        self._await_greeting()

    def _await_greeting(self) -> None:
        """Wait for its first line: what was started may be of another kind, or stay dumb for ever."""
        timer = threading.Timer(START_SECONDS, self._process.kill)
        timer.daemon = True
        timer.start()
        try:
            assert self._process.stdout is not None
            said = self._process.stdout.readline()
        except BaseException:
            self.end()
            raise
        finally:
            timer.cancel()
        if said.strip() != READY:
            self.end()
            raise EOFError

    def ask(self, request: dict[str, Any]) -> tuple[dict[str, Any], bytearray]:
        """The answer and its bytes. EOFError if the program died over it."""
        pipes = self._process
        assert pipes.stdin is not None and pipes.stdout is not None
        try:
            pipes.stdin.write(json.dumps(request).encode() + b"\n")
            pipes.stdin.flush()
            line = pipes.stdout.readline()
            if not line.endswith(b"\n"):
                raise EOFError
            answer: dict[str, Any] = json.loads(line)
            values = bytearray(answer.get("bytes", 0))
            view, filled = memoryview(values), 0
            while filled < len(values):
                count = pipes.stdout.readinto(view[filled:])  # type: ignore[attr-defined]  # a BufferedReader
                if not count:
                    raise EOFError
                filled += count
        except OSError as error:
            raise EOFError from error
        return answer, values

    def kill(self) -> None:
        """Stop it from another thread: whoever asks it something gets EOFError, and calls `end`."""
        self.alive = False
        self._process.kill()

    def end(self) -> None:
        """Stop, whatever it is doing."""
        self.kill()
        process = self._process
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):  # what was still to be written to it
                    pipe.close()


def give_way() -> None:
    """Lower this process's own priority: for a child whose work must not slow a run, or the window."""
    import psutil  # most children need none

    idle = getattr(psutil, "IDLE_PRIORITY_CLASS", None)
    this = psutil.Process()
    this.nice(max(NICENESS, this.nice()) if idle is None else idle)


def package_path() -> str:
    """Where Python finds this package, also where it was not installed: a child's PYTHONPATH."""
    here = str(Path(captionviewer.__file__).resolve().parents[1])
    others = os.environ.get("PYTHONPATH", "")
    return os.pathsep.join([here, others]) if others else here
