"""How much memory the machine can still give, so that a model too large for it is refused before it is
made.
"""

import contextlib
from pathlib import Path

import psutil

_CONTROL_GROUPS = Path("/sys/fs/cgroup")


def available_memory() -> int | None:
    """Bytes that can be taken without swapping, or None where the system does not say.

    What psutil finds, or what the control group still allows if that is less: psutil asks the whole machine,
    and knows nothing of the limit of a container.
    """
    found = [left] if (left := _left_in_control_group(_CONTROL_GROUPS)) is not None else []
    with contextlib.suppress(OSError, RuntimeError, psutil.Error):  # a sandbox without /proc
        found.append(int(psutil.virtual_memory().available))
    return min(found, default=None)


def _left_in_control_group(folder: Path) -> int | None:
    limit = _number(folder / "memory.max")  # "max" means that there is no limit
    used = _number(folder / "memory.current")
    return None if limit is None or used is None else max(0, limit - used)


def _number(path: Path) -> int | None:
    try:
        text = path.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return None
    return int(text) if text.isdigit() else None
