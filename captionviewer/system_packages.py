"""How the system that this runs on installs a shared library: its package, and the command.

The standard library alone, in syntax that Python 3.7 still reads, as in `captionviewer.system_check`.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

OS_RELEASE = Path("/etc/os-release")

# Each library that Qt's wheel takes from the system: its package on Debian and Ubuntu, and on Arch.
# Fedora and openSUSE need no table, as their installers take a library's own name.
PACKAGES = {
    "libEGL.so.1": ("libegl1", "libglvnd"),
    "libGL.so.1": ("libgl1", "libglvnd"),
    "libGLX.so.0": ("libglx0", "libglvnd"),
    "libGLdispatch.so.0": ("libglvnd0", "libglvnd"),
    "libOpenGL.so.0": ("libopengl0", "libglvnd"),
    "libICE.so.6": ("libice6", "libice"),
    "libSM.so.6": ("libsm6", "libsm"),
    "libX11-xcb.so.1": ("libx11-xcb1", "libx11"),
    "libX11.so.6": ("libx11-6", "libx11"),
    "libXau.so.6": ("libxau6", "libxau"),
    "libXdmcp.so.6": ("libxdmcp6", "libxdmcp"),
    "libdbus-1.so.3": ("libdbus-1-3", "dbus"),
    "libdrm.so.2": ("libdrm2", "libdrm"),
    "libfontconfig.so.1": ("libfontconfig1", "fontconfig"),
    "libfreetype.so.6": ("libfreetype6", "freetype2"),
    "libgbm.so.1": ("libgbm1", "mesa"),
    "libglib-2.0.so.0": ("libglib2.0-0", "glib2"),
    "libgthread-2.0.so.0": ("libglib2.0-0", "glib2"),
    "libinput.so.10": ("libinput10", "libinput"),
    "libmtdev.so.1": ("libmtdev1", "mtdev"),
    "libts.so.0": ("libts0", "tslib"),
    "libudev.so.1": ("libudev1", "systemd-libs"),
    "libwayland-client.so.0": ("libwayland-client0", "wayland"),
    "libwayland-cursor.so.0": ("libwayland-cursor0", "wayland"),
    "libwayland-egl.so.1": ("libwayland-egl1", "wayland"),
    "libxcb-cursor.so.0": ("libxcb-cursor0", "xcb-util-cursor"),
    "libxcb-glx.so.0": ("libxcb-glx0", "libxcb"),
    "libxcb-icccm.so.4": ("libxcb-icccm4", "xcb-util-wm"),
    "libxcb-image.so.0": ("libxcb-image0", "xcb-util-image"),
    "libxcb-keysyms.so.1": ("libxcb-keysyms1", "xcb-util-keysyms"),
    "libxcb-randr.so.0": ("libxcb-randr0", "libxcb"),
    "libxcb-render-util.so.0": ("libxcb-render-util0", "xcb-util-renderutil"),
    "libxcb-render.so.0": ("libxcb-render0", "libxcb"),
    "libxcb-shape.so.0": ("libxcb-shape0", "libxcb"),
    "libxcb-shm.so.0": ("libxcb-shm0", "libxcb"),
    "libxcb-sync.so.1": ("libxcb-sync1", "libxcb"),
    "libxcb-util.so.1": ("libxcb-util1", "xcb-util"),
    "libxcb-xfixes.so.0": ("libxcb-xfixes0", "libxcb"),
    "libxcb-xinerama.so.0": ("libxcb-xinerama0", "libxcb"),
    "libxcb-xinput.so.0": ("libxcb-xinput0", "libxcb"),
    "libxcb-xkb.so.1": ("libxcb-xkb1", "libxcb"),
    "libxcb.so.1": ("libxcb1", "libxcb"),
    "libxkbcommon-x11.so.0": ("libxkbcommon-x11-0", "libxkbcommon-x11"),
    "libxkbcommon.so.0": ("libxkbcommon0", "libxkbcommon"),
    "libz.so.1": ("zlib1g", "zlib"),
    "libzstd.so.1": ("libzstd1", "zstd"),
}


@dataclass(frozen=True)
class System:
    """What decides how something is installed: the distribution's family, and whether we are root."""

    family: str  # "debian", "fedora", "suse", "arch", or "" for any other
    is_root: bool

    @classmethod
    def here(cls) -> System:
        """Describe the system that this runs on."""
        try:
            text = OS_RELEASE.read_text(encoding="utf-8", errors="replace")
        except OSError:  # no such file on a system that is none of those below
            text = ""
        return cls(family=distribution_family(text), is_root=hasattr(os, "geteuid") and os.geteuid() == 0)

    def install_command(self, libraries: Sequence[str]) -> tuple[str, ...]:
        """Return the command that installs these libraries, or () where none is known."""
        if self.family in ("debian", "arch"):
            column = 0 if self.family == "debian" else 1
            names = {PACKAGES[library][column] for library in libraries if library in PACKAGES}
        else:
            # RPM's packages say which libraries they provide, a 64-bit one with this mark
            mark = "()(64bit)" if sys.maxsize > 2**32 else ""
            names = {library + mark for library in libraries}
        return self.package_command(sorted(names))

    def package_command(self, packages: Sequence[str]) -> tuple[str, ...]:
        """Return the command that installs these packages, or () where none is known."""
        installers = {
            "debian": ("apt-get", "install"),
            "fedora": ("dnf", "install"),
            "suse": ("zypper", "install"),
            "arch": ("pacman", "-S", "--needed"),
        }
        if not packages or self.family not in installers:
            return ()
        return (*installers[self.family], *packages)


def distribution_family(os_release: str) -> str:
    """Return the family that the text of an os-release file speaks of, or ""."""
    said = dict(re.findall(r"^(ID|ID_LIKE)=[\"']?([^\"'\n]*)", os_release, flags=re.MULTILINE))
    names = [said.get("ID", ""), *said.get("ID_LIKE", "").split()]
    families = {
        "debian": "debian",
        "ubuntu": "debian",
        "fedora": "fedora",
        "rhel": "fedora",
        "suse": "suse",
        "opensuse": "suse",
        "arch": "arch",
    }
    return next((families[name] for name in names if name in families), "")
