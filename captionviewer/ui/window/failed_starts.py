"""Notices a start that did not come up, so that the next one need not fail in the same way."""

import contextlib
import json
import os

import psutil

from captionviewer.core.atomic_file import write_atomically
from captionviewer.core.user_folders import config_folder, read_remembered
from captionviewer.ui.settings import ARRANGEMENT, DAMAGED_NAME, MAXIMISED, PLACE, Settings

_LARGEST_BYTES = 4096


class StartMark:
    """A note on the disk that a start is under way: made at its beginning, removed once the window is up."""

    def __init__(self) -> None:
        self._path = config_folder() / "starting.json"
        self._is_ours = False

    def begin(self) -> int:
        """Make the note; return how many starts in a row before this one did not come up.

        A folder that can't be written to makes no difference to the start: it is not noted then.
        """
        found = self._read()
        failures = 0
        if found is not None:
            process, began, before = found
            if _began(process) == began:
                return 0  # another window is starting right now, and the note is its
            failures = before + 1
        note = {"process": os.getpid(), "began": _began(os.getpid()), "failures": failures}
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(self._path, json.dumps(note).encode("ascii"))
            self._is_ours = True
        return failures

    def came_up(self) -> None:
        """Remove the note: the window is there, or was closed in good order."""
        if self._is_ours:
            self._is_ours = False
            with contextlib.suppress(OSError):
                self._path.unlink(missing_ok=True)

    def _read(self) -> tuple[int, float, int] | None:
        try:
            note = json.loads(read_remembered(self._path, _LARGEST_BYTES))
        except (FileNotFoundError, PermissionError):  # in a closed folder no start leaves a note
            return None
        except (OSError, ValueError, RecursionError):
            return (0, -1.0, 0)  # somebody began to write it, and did not end well
        if not isinstance(note, dict):
            return (0, -1.0, 0)
        process, began, failures = (note.get(name) for name in ("process", "began", "failures"))
        if not (isinstance(process, int) and isinstance(began, float) and isinstance(failures, int)):
            return (0, -1.0, 0)
        return (process, began, min(max(failures, 0), 1000))


def begin_afresh_after(failures: int, settings: Settings) -> str:
    """Let a start after `failures` that did not come up do without what may have been at fault.

    After one the arrangement of the window is forgotten, after more all settings. Returns what was done, for
    people; "" for nothing.
    """
    if failures == 0:
        return ""
    if failures == 1:
        settings.forget(ARRANGEMENT)
        settings.forget(PLACE)
        settings.forget(MAXIMISED)
        return (
            "The last start of captionviewer did not come up. This one begins with the panels where they are "
            "at first."
        )
    settings.begin_afresh()
    return (
        f"The last {failures} starts of captionviewer did not come up. This one begins with fresh settings; "
        f"the old ones were put aside as {DAMAGED_NAME} in {settings.path.parent}."
    )


def _began(process: int) -> float:
    """When a process began, as its system tells; 0.0 where there is none, -2.0 where that can't be told."""
    try:
        return float(psutil.Process(process).create_time()) if process > 0 else 0.0
    except psutil.NoSuchProcess:
        return 0.0
    except (psutil.Error, OSError, OverflowError, ValueError):
        return -2.0
