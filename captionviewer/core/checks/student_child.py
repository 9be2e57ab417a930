"""A program of its own that puts a student's rnn_layers.py to the checks for `student_code`, within bounds.

    {"do": "load", "path", "seed", "few"}     {} or {"problem", "row", "line"}: why it can't be run
    {"do": "check", "key"}                    the fields of an Outcome

What the file prints goes nowhere; it gets no input; it can neither write files, nor start programs, nor reach
the network. That keeps a mistake from harm; it is no wall against malice, which Python can't be.
How long a check may take is the parent's to watch, which ends this program.
"""

import contextlib
import dataclasses
import io
import json
import os
import signal
import sys
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from captionviewer.core.checks.check import Bench, run_check
from captionviewer.core.checks.few_captions import FewCaptions
from captionviewer.core.checks.notebook_checks import BY_KEY
from captionviewer.core.checks.subject import Subject, fresh_layers
from captionviewer.core.child_program import READY

if sys.platform != "win32":
    import resource

MEMORY_BYTES = 3 * 2**30  # of addresses; the libraries alone take a third of it
CPU_SECONDS = 1_800  # should the parent be gone that ends it
LARGEST_FILE_BYTES = 2 * 2**20
# What the course gives its students beside their own functions; ours where their file lacks them.
GIVEN = (
    "affine_forward",
    "affine_backward",
    "sigmoid",
    "temporal_affine_forward",
    "temporal_affine_backward",
    "temporal_softmax_loss",
)
_REFUSED = (
    "os.chmod", "os.chown", "os.exec", "os.fork", "os.forkpty", "os.kill", "os.link", "os.mkdir",
    "os.posix_spawn", "os.remove", "os.rename", "os.rmdir", "os.spawn", "os.startfile", "os.symlink",
    "os.system", "os.truncate", "os.utime", "subprocess.Popen",
)  # fmt: skip
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    """Refuse what has no place in layers."""
    if event == "open":
        path, mode, flags = arguments
        writes = (isinstance(mode, str) and set(mode) & set("wax+")) or (int(flags or 0) & _WRITING)
        if writes and path != os.devnull:
            raise PermissionError(f"a file is opened for writing ({path}); checked code may not write files")
    elif event in _REFUSED or event.startswith(("shutil.", "socket.")):
        raise PermissionError(f"{event} is called; checked code may not touch files, programs or the network")


def _bound() -> None:
    if sys.platform != "win32":
        for what, most in (
            (resource.RLIMIT_AS, MEMORY_BYTES),
            (resource.RLIMIT_FSIZE, 0),
            (resource.RLIMIT_CORE, 0),
            (resource.RLIMIT_CPU, CPU_SECONDS),
        ):
            with contextlib.suppress(ValueError, OSError):  # macOS has no bound on addresses
                resource.setrlimit(what, (most, most))


def _stand_in_for_the_course() -> None:
    """What the files of some years import or name that is not here: the course's package, old words."""
    course, course_layers = ModuleType("cs231n"), fresh_layers()
    course.__path__ = []
    past, builtins_then = ModuleType("past"), ModuleType("past.builtins")
    past.__path__ = []
    vars(builtins_then)["xrange"] = range
    sys.modules.update(
        {"cs231n": course, "cs231n.layers": course_layers, "past": past, "past.builtins": builtins_then}
    )
    gone = {
        "float": float, "int": int, "bool": bool, "object": object,
        "Inf": np.inf, "NaN": np.nan, "product": np.prod,
    }  # fmt: skip
    for name, meant in gone.items():
        if name not in vars(np):
            setattr(np, name, meant)


def _loaded(path: Path) -> ModuleType:
    source = path.read_bytes()
    if len(source) > LARGEST_FILE_BYTES:
        raise ValueError(f"it has {len(source):,} bytes: that is no rnn_layers.py")
    module = ModuleType("cs231n.rnn_layers")
    module.__file__ = str(path)
    module.__package__ = "cs231n"
    vars(module)["xrange"] = range
    exec(compile(source, str(path), "exec"), vars(module))
    ours = fresh_layers()
    for name in GIVEN:
        if name not in vars(module):
            setattr(module, name, getattr(ours, name))
    return module


def _why(error: BaseException, path: Path) -> dict[str, Any]:
    if isinstance(error, SyntaxError) and error.filename == str(path):
        return {
            "problem": f"{type(error).__name__}: {error.msg}",
            "row": error.lineno or 0,
            "line": (error.text or "").strip(),
        }
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if frame.filename == str(path):
            return {
                "problem": f"{type(error).__name__}: {error}",
                "row": frame.lineno or 0,
                "line": frame.line or "",
            }
    return {"problem": f"{type(error).__name__}: {error}", "row": 0, "line": ""}


def _few(said: dict[str, Any] | None) -> FewCaptions | None:
    if said is None:
        return None
    return FewCaptions(
        np.array(said["train_captions"]),
        np.array(said["train_features"], np.float32),
        np.array(said["val_captions"]),
        np.array(said["val_features"], np.float32),
        said["word_to_idx"],
    )


def main() -> None:
    """Answer requests until there are no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the parent, which then ends this
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):  # what a student's code reads and prints is not ours
        os.dup2(nothing, stream)
    sys.stdin = io.StringIO()
    sys.dont_write_bytecode = True
    _stand_in_for_the_course()
    _bound()
    sys.addaudithook(_watch)
    bench: Bench | None = None
    answers.write(READY + b"\n")
    answers.flush()
    for line in requests:
        request = json.loads(line)
        said: dict[str, Any] = {}
        if request["do"] == "load":
            path = Path(request["path"])
            try:
                subject = Subject(_loaded(path), str(path))
            except (Exception, SystemExit) as error:
                said = _why(error, path)
            else:
                bench = Bench(subject, _few(request["few"]), request["seed"])
        elif bench is not None:
            said = dataclasses.asdict(run_check(BY_KEY[request["key"]], bench))
        answers.write(json.dumps(said).encode() + b"\n")
        answers.flush()


if __name__ == "__main__":
    main()
