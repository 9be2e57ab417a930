"""A child process that reads damaged folders while its parent watches for crash, hang and greed."""

import contextlib
import multiprocessing
import os
import signal
import sys
import time
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from captionviewer.core.coco.dataset import DataError
from captionviewer.core.coco.hdf5 import process as hdf5_process
from captionviewer.core.saved.model_file import ModelFileError, open_model
from tests.damage.read_folder import HeldOpen, digest, read_everything, read_with_h5py

if sys.platform != "win32":
    import resource

SECONDS = 20.0  # only what hangs takes so long, even on a machine that is busy otherwise
MEMORY = 10**9
_TICK = 0.05


@dataclass(frozen=True)
class Outcome:
    """What came of one request.

    `what` is 'done', 'refused' (a DataError), 'raised' (any other exception), 'crashed', 'hung' or 'took too
    much memory'; `words` what was said; `path` the file that a refusal names.
    """

    what: str
    words: str = ""
    path: str = ""
    content: dict[str, str] = field(default_factory=dict)
    memory: int = 0


class WatchedChild:
    """Started when first needed, used again and again, and started anew only after a crash or a hang."""

    def __init__(self, seconds: float = SECONDS, memory: int = MEMORY) -> None:
        self._seconds = seconds
        self._memory = memory
        self._process: BaseProcess | None = None
        self._pipe: Connection | None = None
        self.starts = 0

    def ask(self, work: str, argument: Path | str | float = "") -> Outcome:
        """Have the child do one of `WORKS`, and say what came of it."""
        if self._process is None or self._pipe is None:
            self._start()
        assert self._process is not None and self._pipe is not None
        self._pipe.send((work, argument))
        # Counted in ticks: when the whole machine stands still, that is not the child's hanging.
        for _ in range(round(self._seconds / _TICK)):
            if self._pipe.poll(_TICK):
                break
        else:
            self.end()
            return Outcome("hung", f"no answer within {self._seconds} s")
        try:
            outcome: Outcome = self._pipe.recv()
        except (EOFError, OSError):
            process = self._process
            process.join(5)
            code = process.exitcode
            self.end()
            return Outcome("crashed", f"exit code {code}")
        if outcome.what == "took too much memory" or outcome.memory > self._memory:
            return Outcome("took too much memory", f"{outcome.memory:,} bytes {outcome.words}")
        return outcome

    def end(self) -> None:
        """Stop the child, whatever it does."""
        if self._process is not None and self._pipe is not None:
            self._process.kill()
            self._process.join()
            self._process.close()
            self._pipe.close()
        self._process = self._pipe = None

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=serve, args=(theirs, self._memory), daemon=True)
        self._process.start()
        theirs.close()
        self.starts += 1
        assert self._pipe.poll(30), "the child did not start"
        assert self._pipe.recv() == "ready"


def serve(pipe: Connection, memory: int) -> None:
    """The child: answer requests until the parent is gone."""
    held: list[HeldOpen] = []
    _bound_memory(memory)
    pipe.send("ready")
    while True:
        try:
            work, argument = pipe.recv()
        except EOFError:
            return
        _forget_peaks()
        before = _memory_peaks()
        outcome = _do(work, argument, held)
        pipe.send(
            Outcome(outcome.what, outcome.words, outcome.path, outcome.content, _memory_peaks() - before)
        )


def _do(work: str, argument: Any, held: list[HeldOpen]) -> Outcome:
    try:
        if work == "read":
            return Outcome("done", content=read_everything(argument))
        if work == "read with h5py":
            return Outcome("done", content=read_with_h5py(argument))
        if work == "open model":
            model = open_model(argument).model
            return Outcome("done", content={name: digest(array) for name, array in model.params.items()})
        if work == "hold open":
            held.append(HeldOpen(argument))
        elif work == "read again":
            return Outcome("done", content=held.pop().read_again())
        elif work == "hang":
            while True:
                time.sleep(1)
        elif work == "spin":
            while True:
                pass
        elif work == "crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        elif work == "eat":
            _ = bytearray(os.urandom(1)) * int(argument)
        elif work == "raise":
            raise KeyError("a mistake of the program")
        return Outcome("done")
    except (DataError, ModelFileError) as error:
        return Outcome("refused", str(error), str(error.path))
    except MemoryError as error:
        return Outcome("took too much memory", repr(error))
    except Exception as error:  # every other kind is a mistake, which the parent reports
        return Outcome("raised", f"{type(error).__name__}: {error}")


def _bound_memory(memory: int) -> None:
    """No more address space than what is there already and `memory`; greed becomes a MemoryError."""
    with contextlib.suppress(OSError, ValueError):
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        limit = pages * resource.getpagesize() + memory
        resource.setrlimit(resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))


def _processes() -> list[str]:
    program = hdf5_process._reader._program
    return ["self"] if program is None else ["self", str(program._process.pid)]


def _forget_peaks() -> None:
    for process in _processes():
        with contextlib.suppress(OSError):
            Path(f"/proc/{process}/clear_refs").write_text("5")


def _memory_peaks() -> int:
    """The most bytes that this process, and the one that reads HDF5, had since the last `_forget_peaks`."""
    peaks = 0
    for process in _processes():
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{process}/status").read_text().splitlines():
                if line.startswith("VmHWM:"):
                    peaks += int(line.split()[1]) * 1024
    return peaks
