"""A student's own rnn_layers.py put to the checks, not in this process: in `student_child`, in bounds."""

import math
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from captionviewer.core.checks.check import Check, Outcome
from captionviewer.core.checks.few_captions import FewCaptions
from captionviewer.core.child_program import ChildProgram, package_path
from captionviewer.core.interpreter import host_program, python_program

PROGRAM = "captionviewer.core.checks.student_child"
QUICK_SECONDS = 20.0  # a check takes a tenth of a second, on a busy machine one
TRAINING_SECONDS = 180.0  # a slow loop over every word is still a right one


class StudentCode:
    """A file of layer functions with the course's names; what is wrong with it is an outcome of its checks.

    `run` is not for two threads at once; `close` may come from another.

    Parameters
    ----------
    file
        The student's file, read anew by each `StudentCode`.
    few
        The captions to learn by heart, or what draws them when the process starts; None where no
        check that trains is asked for.
    seed
        As for `Bench`.
    quick_seconds, training_seconds
        How long a check, and loading the file, may take.
    """

    def __init__(
        self,
        file: Path,
        few: Callable[[], FewCaptions | None] | FewCaptions | None = None,
        seed: int = 231,
        *,
        quick_seconds: float = QUICK_SECONDS,
        training_seconds: float = TRAINING_SECONDS,
    ) -> None:
        self.file = file
        self._few, self._seed = few, seed
        self._quick_seconds, self._training_seconds = quick_seconds, training_seconds
        self._program: ChildProgram | None = None
        self._refusal: dict[str, Any] | None = None  # why the file can't be loaded: the same for each check
        self._guard = threading.Lock()
        self._closed = False

    def run(self, check: Check) -> Outcome:
        """Do a check; the file's own errors, an endless loop and a crash are its outcome."""
        if self._refusal is None and self._program is None:
            self._refusal = self._start()
        if self._refusal is not None:
            return _missed(check, **self._refusal)
        seconds = self._training_seconds if check.trains else self._quick_seconds
        said = self._ask({"do": "check", "key": check.key}, seconds)
        return _missed(check, **said) if "key" not in said else Outcome(**said)

    def close(self) -> None:
        """End the other process; a check that runs in it ends as missed."""
        with self._guard:
            self._closed = True
            program = self._program
        if program is not None:
            program.end()

    def _start(self) -> dict[str, Any] | None:
        """Start the process and let it load the file; what keeps it from that, or None."""
        python = python_program()
        if python is None:
            return {"problem": f"{host_program()} has no Python beside it to run the file with"}
        try:
            program = ChildProgram(python, ["-m", PROGRAM], {"PYTHONPATH": package_path()})
        except (OSError, EOFError) as error:
            return {"problem": f"the process that checks it can't be started ({error}); close other programs"}
        with self._guard:
            self._program = program
            closed = self._closed
        if closed:
            program.end()
            return {"problem": "it was closed before it was checked"}
        path = os.fspath(self.file.absolute())
        few = self._few() if callable(self._few) else self._few
        said = self._ask(
            {"do": "load", "path": path, "seed": self._seed, "few": _as_lists(few)}, self._quick_seconds
        )
        return said or None

    def _ask(self, request: dict[str, Any], seconds: float) -> dict[str, Any]:
        program = self._program
        assert program is not None
        late = threading.Event()

        def end() -> None:
            late.set()
            program.kill()

        timer = threading.Timer(seconds, end)
        timer.daemon = True
        timer.start()
        try:
            said, _ = program.ask(request)
        except (EOFError, ValueError):
            program.end()
            self._program = None  # the next check gets a new one
            if late.is_set():
                return {"problem": f"it came to no end within {seconds:g} s: is there an endless loop?"}
            return {"problem": "its process ended: it crashed, or took more memory than it may"}
        finally:
            timer.cancel()
        return said


def _missed(check: Check, problem: str, row: int = 0, line: str = "") -> Outcome:
    return Outcome(check.key, "", "", math.nan, check.tolerance, False, 0.0, problem, row, line)


def _as_lists(few: FewCaptions | None) -> dict[str, Any] | None:
    if few is None:
        return None
    return {
        "train_captions": few.train_captions.tolist(),
        "train_features": few.train_features.tolist(),
        "val_captions": few.val_captions.tolist(),
        "val_features": few.val_features.tolist(),
        "word_to_idx": few.word_to_idx,
    }
