"""How much memory the machine can still give, so that a model too large for it is refused before it is
made.
"""

import ctypes
import os
import sys
from pathlib import Path


def available_memory() -> int | None:
    """Bytes that can be taken without swapping, or None where the system does not say.

    Linux: `MemAvailable`, or what the control group still allows if that is less (containers).
    Windows: the available physical memory. Elsewhere: the physical memory that is installed.
    """
    if sys.platform == "win32":
        return _windows_memory()
    found = [value for value in (_linux_memory(), _control_group_memory()) if value is not None]
    if found:
        return min(found)
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError, AttributeError):
        return None


def _linux_memory() -> int | None:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return None
    for line in lines:
        name, _, rest = line.partition(":")
        number = rest.split()
        if name == "MemAvailable" and number and number[0].isdigit():
            return int(number[0]) * 1024
    return None


def _control_group_memory(folder: Path = Path("/sys/fs/cgroup")) -> int | None:
    try:
        limit = (folder / "memory.max").read_text(encoding="ascii", errors="replace").strip()
        used = (folder / "memory.current").read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return None
    if not limit.isdigit() or not used.isdigit():  # "max" means that there is no limit
        return None
    return max(0, int(limit) - int(used))


def _windows_memory() -> int | None:
    class MemoryStatus(ctypes.Structure):
        """The system's MEMORYSTATUSEX, in its order of fields."""

        _fields_ = (
            ("length", ctypes.c_ulong),
            ("load", ctypes.c_ulong),
            ("total_physical", ctypes.c_ulonglong),
            ("available_physical", ctypes.c_ulonglong),
            ("total_page_file", ctypes.c_ulonglong),
            ("available_page_file", ctypes.c_ulonglong),
            ("total_virtual", ctypes.c_ulonglong),
            ("available_virtual", ctypes.c_ulonglong),
            ("available_extended_virtual", ctypes.c_ulonglong),
        )

    status = MemoryStatus()
    status.length = ctypes.sizeof(MemoryStatus)
    kernel = getattr(ctypes, "windll").kernel32  # noqa: B009 - the attribute exists on Windows only
    if not kernel.GlobalMemoryStatusEx(ctypes.byref(status)):
        return None
    return int(status.available_physical)
