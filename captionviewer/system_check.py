"""What the window needs from the system, looked at before Qt starts and answered in words.

Where a library, the display or Python's venv module is missing, or Python or the C library is not one that
Qt is built for, Qt and pip end with an abort or a riddle. This module names what is missing and the one
command that mends it.

The standard library alone is used, in syntax that Python 3.7 still reads, because

    python3 -m captionviewer.system_check venv     runs before there is an environment, with any Python, and
    .venv/bin/python -m captionviewer.system_check qt    before Qt is known to load.

With `--mend` that command is run, announced, where it can be: as root on Debian, Ubuntu and their
relatives. On macOS and Windows there is nothing to check, as the wheels bring all they need.
"""

from __future__ import annotations

import argparse
import ctypes
import importlib.util
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from captionviewer import console
from captionviewer.system_packages import PACKAGES, System

# What the versions in constraints.txt have wheels for; tests hold these against the pins and pyproject.toml
OLDEST_PYTHON = (3, 11)
NEWEST_PYTHON = (3, 14)
# The C library of the pinned Qt, by the machines that it has a wheel for, and who has one
OLDEST_GLIBC = {"x86_64": (2, 34), "aarch64": (2, 39)}
SYSTEMS_WITH_IT = {
    "x86_64": "Debian 12, Ubuntu 22.04, Fedora 35",
    "aarch64": "Debian 13, Ubuntu 24.04, Fedora 40",
}
APT_LISTS = Path("/var/lib/apt/lists")


@dataclass(frozen=True)
class Problem:
    """Something that keeps the window from opening."""

    what: str  # one or two sentences for people
    command: tuple[str, ...] = ()  # what mends it, without sudo; () where no command does
    sudo: bool = True

    def __str__(self) -> str:
        if not self.command:
            return self.what
        words = " ".join(shlex.quote(word) for word in self.command)
        return f"{self.what}\nInstall what is missing with:\n    {'sudo ' if self.sudo else ''}{words}"


# ---- the libraries -----------------------------------------------------------------------------------


def missing_libraries(files: Iterable[Path]) -> list[str]:
    """Return the names of the shared libraries that these files need and the system lacks, sorted.

    `ldd` tells them all. Without it the files are loaded, and each tells the first that it misses.
    """
    paths = [str(path) for path in files]
    ldd = shutil.which("ldd")
    if ldd is not None:
        environ = {**os.environ, "LC_ALL": "C"}
        done = subprocess.run([ldd, *paths], capture_output=True, text=True, check=False, env=environ)
        missing = set(re.findall(r"^\s*(\S+) => not found", done.stdout, flags=re.MULTILINE))
        if missing or done.returncode == 0:
            return sorted(missing)
    return sorted(set(filter(None, map(first_missing_by_loading, paths))))


def first_missing_by_loading(path: str) -> str | None:
    """Return the library that keeps a shared object from being loaded, or None if it loads."""
    try:
        ctypes.CDLL(path)
    except OSError as error:
        name = str(error).partition(":")[0]
        return name if name != path else None
    return None


def pyside_folder() -> Path | None:
    """Return the folder of the PySide6 package, without importing it; None where it is not installed."""
    found = importlib.util.find_spec("PySide6")
    return Path(found.origin).parent if found is not None and found.origin else None


def plugin_folders(environ: Mapping[str, str]) -> list[Path]:
    """Return the folders in which Qt looks for platform plugins, those of the environment first."""
    folders = [
        Path(each) for each in environ.get("QT_QPA_PLATFORM_PLUGIN_PATH", "").split(os.pathsep) if each
    ]
    folders += [
        Path(each, "platforms") for each in environ.get("QT_PLUGIN_PATH", "").split(os.pathsep) if each
    ]
    package = pyside_folder()
    if package is not None:
        folders.append(package / "Qt" / "plugins" / "platforms")
    return folders


def platforms(environ: Mapping[str, str]) -> list[str]:
    """Return the platform plugins that Qt will try here, in its order; the first that works is used."""
    asked = [each.partition(":")[0].strip() for each in environ.get("QT_QPA_PLATFORM", "").split(";")]
    if any(asked):
        return [each for each in asked if each]
    found = []
    if environ.get("WAYLAND_DISPLAY") or environ.get("XDG_SESSION_TYPE") == "wayland":
        found.append("wayland")
    if environ.get("DISPLAY") or not found:
        found.append("xcb")
    return found


def library_problem(platform: str, environ: Mapping[str, str], system: System) -> Problem | None:
    """Return what keeps Qt's libraries and the plugin of `platform` from being loaded, or None."""
    folders = [folder for folder in plugin_folders(environ) if folder.is_dir()]
    if not folders:  # a PySide6 of the distribution, whose own packages see to its needs
        return None
    # "wayland" has been one plugin or several, by the version of Qt
    pattern = "libqwayland*.so" if platform.startswith("wayland") else f"libq{platform}.so"
    plugins = [plugin for folder in folders for plugin in folder.glob(pattern)]
    if not plugins:
        known = sorted({path.stem[len("libq") :] for folder in folders for path in folder.glob("libq*.so")})
        return Problem(
            f"Qt has no platform {platform!r}, which QT_QPA_PLATFORM asks for; it has {', '.join(known)}."
        )
    package = pyside_folder()
    bindings = [] if package is None else [*package.glob("QtGui.*so"), *package.glob("QtWidgets.*so")]
    missing = missing_libraries([*plugins, *bindings])
    if not missing:
        return None
    count = f"{len(missing)} libraries" if len(missing) > 1 else "a library"
    what = f"Qt's {platform} platform needs {count} that this system does not have: {', '.join(missing)}."
    unknown = [library for library in missing if system.family == "debian" and library not in PACKAGES]
    if unknown:
        what += f" The package of {', '.join(unknown)} can be found with apt-file."
    return Problem(what, system.install_command(missing), sudo=not system.is_root)


# ---- the display ---------------------------------------------------------------------------------------


def display_problem(platform: str, environ: Mapping[str, str]) -> Problem | None:
    """Return what is wrong with the display that `platform` draws on, or None."""
    if platform == "xcb":
        return x11_problem(environ)
    if platform.startswith("wayland"):
        return wayland_problem(environ)
    return None  # offscreen, minimal and vnc need none; eglfs and linuxfb have the console


def x11_problem(environ: Mapping[str, str]) -> Problem | None:
    """Return why no X server can be reached, or None."""
    name = environ.get("DISPLAY", "")
    if not name:
        return Problem(
            "There is no display to open a window on (neither DISPLAY nor WAYLAND_DISPLAY is set). "
            "Start captionviewer in a desktop session, or over ssh with: ssh -X"
        )
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError:  # said as a missing library
        return None
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connect.argtypes = [ctypes.c_char_p, ctypes.c_void_p]
    xcb.xcb_connection_has_error.argtypes = [ctypes.c_void_p]
    xcb.xcb_disconnect.argtypes = [ctypes.c_void_p]
    connection = xcb.xcb_connect(name.encode(), None)
    failed = xcb.xcb_connection_has_error(connection)
    xcb.xcb_disconnect(connection)
    if not failed:
        return None
    return Problem(
        f"The display that DISPLAY names, {name!r}, cannot be reached: no X server answers there, "
        "or it does not let this user in."
    )


def wayland_problem(environ: Mapping[str, str]) -> Problem | None:
    """Return why no Wayland compositor can be reached, or None."""
    name = environ.get("WAYLAND_DISPLAY") or "wayland-0"
    path = Path(environ.get("XDG_RUNTIME_DIR", "/"), name)  # an absolute name stands for itself
    with socket.socket(socket.AF_UNIX) as trial:
        try:
            trial.connect(str(path))
        except OSError as error:
            return Problem(f"The Wayland display {str(path)!r} cannot be reached: {error.strerror or error}.")
    return None


# ---- all together --------------------------------------------------------------------------------------


def window_problems(environ: Mapping[str, str] | None = None, system: System | None = None) -> list[Problem]:
    """Return what keeps a window from opening here; empty where it can.

    Of several platforms that Qt may try one is enough; else the likeliest one's problems are told.
    """
    if not sys.platform.startswith("linux"):
        return []
    environ = os.environ if environ is None else environ
    system = System.here() if system is None else system
    told: list[list[Problem]] = []
    for platform in platforms(environ):
        found = [library_problem(platform, environ, system), display_problem(platform, environ)]
        problems = [problem for problem in found if problem is not None]
        if not problems:
            return []
        told.append(problems)
    return min(told, key=len)


def library_problems(
    names: Sequence[str], environ: Mapping[str, str] | None = None, system: System | None = None
) -> list[Problem]:
    """Return what keeps the named platforms from being loaded, whether or not there is a display."""
    if not sys.platform.startswith("linux"):
        return []
    environ = os.environ if environ is None else environ
    system = System.here() if system is None else system
    found = [library_problem(name, environ, system) for name in names]
    return [problem for problem in found if problem is not None]


# ---- Python and its environment ------------------------------------------------------------------------


def dotted(version: Sequence[int]) -> str:
    """Write a version as people do: 3.11."""
    return ".".join(map(str, version))


def python_problem() -> Problem | None:
    """Return why this Python is too old or too new, or None."""
    oldest, newest = dotted(OLDEST_PYTHON), dotted(NEWEST_PYTHON)
    if sys.version_info < OLDEST_PYTHON:
        why = ""
    elif sys.version_info[:2] > NEWEST_PYTHON:
        why = ", for which Qt, NumPy and h5py are not built in the versions that constraints.txt names"
    else:
        return None
    return Problem(
        f"Python {oldest} to {newest} is needed, and {sys.executable} is {dotted(sys.version_info[:3])}{why}."
        f" Install one of these, or name it: make PYTHON=python{oldest}"
    )


def glibc_version() -> tuple[int, int] | None:
    """Return the version of the system's C library; None where that is another than GNU's."""
    try:
        name = os.confstr("CS_GNU_LIBC_VERSION") or ""
    except (AttributeError, OSError, ValueError):  # as with musl
        name = ""
    found = re.match(r"glibc (\d+)\.(\d+)", name)
    return (int(found[1]), int(found[2])) if found else None


def wheel_problem() -> Problem | None:
    """Return why pip will find no Qt for this Linux, or None; pip itself says "ResolutionImpossible"."""
    if not sys.platform.startswith("linux"):
        return None
    machine, bits = os.uname().machine, 64 if sys.maxsize > 2**32 else 32
    needed = OLDEST_GLIBC.get(machine)
    if needed is None or bits == 32:
        return Problem(
            "Qt, in the version that constraints.txt names, is built for 64-bit Python on "
            f"{' and '.join(OLDEST_GLIBC)}, and this is {bits}-bit Python on {machine}."
        )
    here = glibc_version()
    if here is not None and here >= needed:
        return None
    has = "another C library (musl, as on Alpine)" if here is None else f"glibc {dotted(here)}"
    return Problem(
        f"Qt, in the version that constraints.txt names, needs glibc {dotted(needed)} or newer, and this "
        f"system has {has}. {SYSTEMS_WITH_IT[machine]}, and what came after them, have it."
    )


def venv_problems(system: System | None = None) -> list[Problem]:
    """Return what keeps this Python from making the environment.

    Its age, a system that Qt's wheel is not built for, or the module venv split off it.
    """
    system = System.here() if system is None else system
    unfit = [problem for problem in (python_problem(), wheel_problem()) if problem is not None]
    if unfit:
        return unfit
    version = dotted(sys.version_info[:3])
    lacking = [name for name in ("venv", "ensurepip") if importlib.util.find_spec(name) is None]
    if not lacking:
        return []
    executable = Path(sys.executable).resolve()
    usual = Path("/usr/bin/python3").resolve() == executable
    package = "python3-venv" if usual else f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
    command = system.package_command([package]) if system.family == "debian" else ()
    what = f"The Python at {sys.executable} ({version}) lacks the module {' and '.join(lacking)}"
    if not command:
        return [Problem(f"{what}; install Python anew, with it, or name another: make PYTHON=python3")]
    return [Problem(f"{what}.", command, sudo=not system.is_root)]


def mend(problem: Problem, system: System) -> bool:
    """Run the command that mends a problem, announced on stderr; True if it was run and went well.

    Only as root on Debian and its relatives; elsewhere nothing is done.
    """
    if problem.command[:1] != ("apt-get",) or not system.is_root or shutil.which("apt-get") is None:
        return False
    packages = problem.command[2:]
    install = ["apt-get", "install", "--yes", "--no-install-recommends", *packages]
    say(f"{problem.what}\nInstalling what is missing: {' '.join(install)}")
    if not any(APT_LISTS.glob("*Packages*")):
        run_apt(["apt-get", "update"])
        code = run_apt(install)
    else:
        code = run_apt(install)
        if code != 0:  # the lists may be older than what the mirrors still hold
            say("That did not work; trying once more with new package lists.")
            run_apt(["apt-get", "update"])
            code = run_apt(install)
    if code != 0:
        say(f"apt-get could not install {' '.join(packages)} (exit code {code}); its own words are above.")
    return code == 0


def run_apt(command: list[str]) -> int:
    """Run one apt-get command that asks nothing, its words on stderr; return its exit code."""
    options = ["-qq", "-o", "Dpkg::Use-Pty=0", "-o", "DPkg::Lock::Timeout=120", "-o", "Acquire::Retries=3"]
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(
        [command[0], *options, *command[1:]], stdin=subprocess.DEVNULL, stdout=2, env=environ, check=False
    )
    return done.returncode


def say(words: object) -> None:
    """Tell the person at the terminal."""
    console.complain(words)


def main(arguments: Sequence[str] | None = None, system: System | None = None) -> int:
    """Check, mend if asked to and possible, and tell what is left; 1 if something needed is missing."""
    parser = argparse.ArgumentParser(prog="python -m captionviewer.system_check", description="See above.")
    parser.add_argument(
        "part",
        choices=("python", "venv", "qt"),
        help="Python's version, all that making the environment needs, or what Qt needs",
    )
    parser.add_argument("--mend", action="store_true", help="install what is missing, where that is possible")
    parser.add_argument(
        "--platform", action="append", metavar="NAME", help="a Qt platform that must load, display or not"
    )
    parser.add_argument("--also", metavar="NAME", help="a Qt platform whose needs are told but not required")
    chosen = parser.parse_args(arguments)
    system = System.here() if system is None else system

    def needed() -> list[Problem]:
        if chosen.part == "python":
            problem = python_problem()
            return [] if problem is None else [problem]
        if chosen.part == "venv":
            return venv_problems(system)
        if chosen.platform:
            return library_problems(chosen.platform, system=system)
        return window_problems(system=system)

    def wanted() -> list[Problem]:
        return library_problems([chosen.also], system=system) if chosen.also else []

    problems, wishes = needed(), wanted()
    while chosen.mend:
        told = list(dict.fromkeys(problems + wishes))
        mended = [mend(problem, system) for problem in told]
        problems, wishes = needed(), wanted()
        # Where ldd is missing, one library is found at a time: go on while that leads somewhere
        if not any(mended) or set(problems + wishes) >= set(told):
            break
    for wish in wishes:
        if wish not in problems:
            say(wish)
    for problem in problems:
        say(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
