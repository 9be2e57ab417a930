"""The check of the system, before a false ldd, a false apt-get and false distributions.

(Past 400 lines: one distribution after the other.)
"""

import ctypes.util
import importlib.util
import os
import re
import socket
import subprocess
import sys
import tomllib
from importlib.metadata import distribution
from pathlib import Path
from types import SimpleNamespace

import pytest

from captionviewer import system_check
from captionviewer.system_check import Problem
from captionviewer.system_packages import PACKAGES, System, distribution_family

PROJECT = Path(__file__).parents[1]
DEBIAN_ROOT = System("debian", is_root=True)
DEBIAN_USER = System("debian", is_root=False)

LDD_OUTPUT = """\
{plugin}:
\tlinux-vdso.so.1 (0x00007ffc3c5f2000)
\tlibQt6XcbQpa.so.6 => /somewhere/libQt6XcbQpa.so.6 (0x00007f0d3a000000)
\tlibxcb-icccm.so.4 => not found
\tlibxcb-keysyms.so.1 => not found
\tlibxcb-icccm.so.4 => not found
\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f0d39e00000)
"""


@pytest.fixture(autouse=True)
def on_linux(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on the path."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def add_command(folder: Path, name: str, script: str) -> None:
    """Write a command of this name, a Python script."""
    file = folder / name
    file.write_text(f"#!{sys.executable} -S\nimport os, sys, pathlib\n{script}")
    file.chmod(0o755)


@pytest.fixture
def qt_with_needs(tmp_path: Path, commands: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Qt whose xcb plugin lacks two libraries until the file `mended` is there, which is returned."""
    folder = tmp_path / "platforms"
    folder.mkdir()
    for name in ("xcb", "wayland", "offscreen"):
        (folder / f"libq{name}.so").touch()
    monkeypatch.setattr(system_check, "plugin_folders", lambda environ: [folder])
    mended = tmp_path / "mended"
    add_command(
        commands,
        "ldd",
        f"if 'libqxcb' in sys.argv[1] and not os.path.exists({str(mended)!r}):\n"
        f"    print({LDD_OUTPUT!r})\n"
        "else:\n"
        "    print('libc.so.6 => /lib/libc.so.6 (0x0)')\n",
    )
    return mended


def add_apt(commands: Path, tmp_path: Path, works: bool, mended: Path | None = None) -> Path:
    """Put a false apt-get on the path, and return the file in which it writes down how it was called."""
    log = tmp_path / "apt.log"
    add_command(
        commands,
        "apt-get",
        "words = [word for word in sys.argv[1:] if not word.startswith('-') and '::' not in word]\n"
        f"with open({str(log)!r}, 'a') as log:\n"
        "    print(*words, os.environ['DEBIAN_FRONTEND'], repr(sys.stdin.read()), file=log)\n"
        + (f"if words[0] == 'install': pathlib.Path({str(mended)!r}).touch()\n" if mended else "")
        + ("" if works else "if words[0] == 'install': sys.exit(100)\n"),
    )
    return log


@pytest.fixture
def apt_lists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of apt's package lists, with one in it."""
    lists = tmp_path / "lists"
    lists.mkdir()
    (lists / "mirror_dists_stable_main_binary-amd64_Packages.lz4").touch()
    monkeypatch.setattr(system_check, "APT_LISTS", lists)
    return lists


# ---- distributions ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "family"),
    [
        ('PRETTY_NAME="Debian GNU/Linux 12"\nID=debian\n', "debian"),
        ("ID=ubuntu\nID_LIKE=debian\n", "debian"),
        ('ID=linuxmint\nID_LIKE="ubuntu debian"\n', "debian"),
        ('ID="rocky"\nID_LIKE="rhel centos fedora"\n', "fedora"),
        ("ID=fedora\n", "fedora"),
        ('ID="opensuse-tumbleweed"\nID_LIKE="opensuse suse"\n', "suse"),
        ("ID=arch\n", "arch"),
        ("VARIANT_ID=debian\nID=nixos\n", ""),
        ("", ""),
    ],
)
def test_a_distribution_is_known_by_its_family(text: str, family: str) -> None:
    assert distribution_family(text) == family


@pytest.mark.parametrize(
    ("family", "command"),
    [
        ("debian", "apt-get install libxcb-icccm4 libxcb-keysyms1"),
        ("fedora", "dnf install libxcb-icccm.so.4()(64bit) libxcb-keysyms.so.1()(64bit)"),
        ("suse", "zypper install libxcb-icccm.so.4()(64bit) libxcb-keysyms.so.1()(64bit)"),
        ("arch", "pacman -S --needed xcb-util-keysyms xcb-util-wm"),
        ("", ""),
    ],
)
def test_each_family_has_its_own_command(family: str, command: str) -> None:
    libraries = ["libxcb-icccm.so.4", "libxcb-keysyms.so.1"]
    assert " ".join(System(family, is_root=False).install_command(libraries)) == command


def test_debian_packages_are_known_for_all_that_qts_platforms_usually_lack() -> None:
    packages = {debian for debian, _ in PACKAGES.values()}
    assert packages >= {
        *("libegl1", "libgl1", "libxkbcommon0", "libxkbcommon-x11-0", "libdbus-1-3", "libfontconfig1"),
        *("libxcb-cursor0", "libxcb-icccm4", "libxcb-keysyms1", "libxcb-image0", "libxcb-randr0"),
        *("libxcb-render-util0", "libxcb-shape0", "libxcb-xkb1", "libxcb-xinerama0", "libglib2.0-0"),
        *("libwayland-client0", "libwayland-cursor0", "libwayland-egl1"),
    }


# ---- libraries -------------------------------------------------------------------------------------


def test_missing_libraries_are_read_from_ldd_each_once(commands: Path) -> None:
    add_command(commands, "ldd", f"print({LDD_OUTPUT!r})\n")
    found = system_check.missing_libraries([Path("libqxcb.so")])
    assert found == ["libxcb-icccm.so.4", "libxcb-keysyms.so.1"]


def test_without_ldd_the_library_that_keeps_a_file_from_loading_is_named(
    commands: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(path: str) -> None:
        if "xcb" in path:
            raise OSError("libxcb-icccm.so.4: cannot open shared object file: No such file or directory")

    monkeypatch.setattr(ctypes, "CDLL", load)
    assert system_check.missing_libraries([Path("/q/libqxcb.so"), Path("/q/QtGui.so")]) == [
        "libxcb-icccm.so.4"
    ]


def test_a_broken_ldd_is_no_proof_that_all_is_well(commands: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add_command(commands, "ldd", "sys.exit('ldd: broken')\n")
    monkeypatch.setattr(system_check, "first_missing_by_loading", lambda path: "libGL.so.1")
    assert system_check.missing_libraries([Path("libqxcb.so")]) == ["libGL.so.1"]


def test_the_message_names_the_libraries_and_the_command(qt_with_needs: Path) -> None:
    problem = system_check.library_problem("xcb", {}, DEBIAN_USER)
    assert str(problem) == (
        "Qt's xcb platform needs 2 libraries that this system does not have: "
        "libxcb-icccm.so.4, libxcb-keysyms.so.1.\n"
        "Install what is missing with:\n"
        "    sudo apt-get install libxcb-icccm4 libxcb-keysyms1"
    )


def test_root_is_not_told_to_use_sudo(qt_with_needs: Path) -> None:
    told = str(system_check.library_problem("xcb", {}, DEBIAN_ROOT))
    assert "\n    apt-get install libxcb-icccm4" in told and "sudo" not in told


def test_a_distribution_without_a_known_command_gets_the_names_of_the_libraries(qt_with_needs: Path) -> None:
    problem = system_check.library_problem("xcb", {}, System("", is_root=False))
    assert problem is not None and problem.command == ()
    assert "libxcb-icccm.so.4, libxcb-keysyms.so.1." in str(problem)


def test_a_library_without_a_known_package_is_named_and_the_others_are_still_installed(
    qt_with_needs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(system_check, "missing_libraries", lambda files: ["libEGL.so.1", "libnew.so.3"])
    problem = system_check.library_problem("xcb", {}, DEBIAN_USER)
    assert problem is not None
    assert problem.command == ("apt-get", "install", "libegl1")
    assert "The package of libnew.so.3 can be found with apt-file" in problem.what


def test_the_real_qt_offscreen_platform_has_all_it_needs_here() -> None:
    assert system_check.library_problems(["offscreen"]) == []


# ---- platforms and displays --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environ", "tried"),
    [
        ({}, ["xcb"]),
        ({"DISPLAY": ":0"}, ["xcb"]),
        ({"WAYLAND_DISPLAY": "wayland-0"}, ["wayland"]),
        ({"WAYLAND_DISPLAY": "wayland-0", "DISPLAY": ":0"}, ["wayland", "xcb"]),
        ({"XDG_SESSION_TYPE": "wayland"}, ["wayland"]),
        ({"QT_QPA_PLATFORM": "offscreen", "DISPLAY": ":0"}, ["offscreen"]),
        ({"QT_QPA_PLATFORM": "wayland;xcb"}, ["wayland", "xcb"]),
        ({"QT_QPA_PLATFORM": "vnc:size=800x600"}, ["vnc"]),
    ],
)
def test_the_platforms_that_qt_will_try_follow_the_environment(
    environ: dict[str, str], tried: list[str]
) -> None:
    assert system_check.platforms(environ) == tried


def test_no_display_is_said_beside_the_missing_libraries(qt_with_needs: Path) -> None:
    told = [problem.what for problem in system_check.window_problems({}, DEBIAN_USER)]
    assert len(told) == 2
    assert "libxcb-icccm.so.4" in told[0] and told[1].startswith("There is no display to open a window on")


def test_a_platform_that_draws_on_nothing_needs_no_display(qt_with_needs: Path) -> None:
    assert system_check.window_problems({"QT_QPA_PLATFORM": "offscreen"}, DEBIAN_USER) == []


def test_one_platform_that_works_is_enough(qt_with_needs: Path, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as compositor:
        compositor.bind(str(tmp_path / "w0"))
        compositor.listen()
        environ = {"WAYLAND_DISPLAY": "w0", "XDG_RUNTIME_DIR": str(tmp_path), "DISPLAY": ":0"}
        assert system_check.window_problems(environ, DEBIAN_USER) == []


def test_a_wayland_display_that_nobody_serves_is_said(qt_with_needs: Path, tmp_path: Path) -> None:
    environ = {"WAYLAND_DISPLAY": "w0", "XDG_RUNTIME_DIR": str(tmp_path)}
    (problem,) = system_check.window_problems(environ, DEBIAN_USER)
    assert f"The Wayland display '{tmp_path}/w0' cannot be reached" in problem.what


@pytest.mark.skipif(ctypes.util.find_library("xcb") is None, reason="X's library is not here")
def test_an_x_server_that_does_not_answer_is_said() -> None:
    problem = system_check.x11_problem({"DISPLAY": ":987"})
    assert problem is not None and "':987', cannot be reached" in problem.what


def test_a_platform_that_qt_does_not_have_is_named_with_those_it_has(qt_with_needs: Path) -> None:
    (problem,) = system_check.window_problems({"QT_QPA_PLATFORM": "xbc"}, DEBIAN_USER)
    assert "Qt has no platform 'xbc'" in problem.what and "offscreen, wayland, xcb" in problem.what


def test_a_plugin_folder_of_the_environment_is_looked_into(tmp_path: Path, commands: Path) -> None:
    (tmp_path / "plugins" / "platforms").mkdir(parents=True)
    (tmp_path / "plugins" / "platforms" / "libqown.so").touch()
    add_command(commands, "ldd", "print('own' if 'libqown' in sys.argv[1] else '')\n")
    environ = {"QT_QPA_PLATFORM": "own", "QT_PLUGIN_PATH": str(tmp_path / "plugins")}
    assert system_check.window_problems(environ, DEBIAN_USER) == []


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_other_systems_pass_in_silence(platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    assert system_check.window_problems({}, DEBIAN_USER) == []
    assert system_check.library_problems(["xcb"], {}, DEBIAN_USER) == []


# ---- mending -----------------------------------------------------------------------------------------


def test_root_on_debian_gets_what_is_missing_installed_and_announced(
    qt_with_needs: Path, commands: Path, tmp_path: Path, apt_lists: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    log = add_apt(commands, tmp_path, works=True, mended=qt_with_needs)
    code = system_check.main(["qt", "--mend", "--platform", "offscreen", "--also", "xcb"], DEBIAN_ROOT)
    told = capfd.readouterr().err
    assert code == 0
    assert log.read_text() == "install libxcb-icccm4 libxcb-keysyms1 noninteractive ''\n"
    assert "Installing what is missing: apt-get install --yes --no-install-recommends libxcb-icccm4" in told
    assert "Install what is missing with" not in told


def test_package_lists_are_fetched_first_where_there_are_none(
    qt_with_needs: Path, commands: Path, tmp_path: Path, apt_lists: Path
) -> None:
    for file in apt_lists.iterdir():
        file.unlink()
    log = add_apt(commands, tmp_path, works=True, mended=qt_with_needs)
    assert system_check.main(["qt", "--mend", "--platform", "xcb"], DEBIAN_ROOT) == 0
    assert [line.split()[0] for line in log.read_text().splitlines()] == ["update", "install"]


def test_a_failing_installer_is_tried_with_new_lists_and_then_said_plainly(
    qt_with_needs: Path, commands: Path, tmp_path: Path, apt_lists: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    log = add_apt(commands, tmp_path, works=False)
    assert system_check.main(["qt", "--mend", "--platform", "xcb"], DEBIAN_ROOT) == 1
    told = capfd.readouterr().err
    assert [line.split()[0] for line in log.read_text().splitlines()] == ["install", "update", "install"]
    assert "apt-get could not install libxcb-icccm4 libxcb-keysyms1 (exit code 100)" in told
    assert "Install what is missing with:\n    apt-get install libxcb-icccm4" in told


def test_an_installer_that_claims_success_and_mends_nothing_is_not_run_for_ever(
    qt_with_needs: Path, commands: Path, tmp_path: Path, apt_lists: Path
) -> None:
    log = add_apt(commands, tmp_path, works=True)
    assert system_check.main(["qt", "--mend", "--platform", "xcb"], DEBIAN_ROOT) == 1
    assert len(log.read_text().splitlines()) == 1


def test_libraries_that_show_themselves_one_at_a_time_are_all_installed(
    qt_with_needs: Path,
    commands: Path,
    tmp_path: Path,
    apt_lists: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    log = add_apt(commands, tmp_path, works=True)

    def missing(_files: object) -> list[str]:
        done = log.read_text() if log.exists() else ""
        wanted = {"libEGL.so.1": "libegl1", "libGL.so.1": "libgl1", "libSM.so.6": "libsm6"}
        return [name for name, package in wanted.items() if package not in done][:1]

    monkeypatch.setattr(system_check, "missing_libraries", missing)
    assert system_check.main(["qt", "--mend", "--platform", "xcb"], DEBIAN_ROOT) == 0
    assert [line.split()[1] for line in log.read_text().splitlines()] == ["libegl1", "libgl1", "libsm6"]


@pytest.mark.parametrize("system", [DEBIAN_USER, System("fedora", is_root=True), System("", is_root=True)])
def test_nothing_is_installed_for_others_or_elsewhere(
    system: System, qt_with_needs: Path, commands: Path, tmp_path: Path, apt_lists: Path
) -> None:
    log = add_apt(commands, tmp_path, works=True, mended=qt_with_needs)
    assert system_check.main(["qt", "--mend", "--platform", "xcb"], system) == 1
    assert not log.exists()


def test_a_check_without_mending_installs_nothing(
    qt_with_needs: Path, commands: Path, tmp_path: Path, apt_lists: Path
) -> None:
    log = add_apt(commands, tmp_path, works=True, mended=qt_with_needs)
    assert system_check.main(["qt", "--platform", "xcb"], DEBIAN_ROOT) == 1
    assert not log.exists()


def test_what_is_only_wished_for_is_told_and_stops_nothing(
    qt_with_needs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert system_check.main(["qt", "--platform", "offscreen", "--also", "xcb"], DEBIAN_USER) == 0
    assert "sudo apt-get install libxcb-icccm4 libxcb-keysyms1" in capsys.readouterr().err


# ---- Python ------------------------------------------------------------------------------------------


def test_this_python_can_make_an_environment() -> None:
    assert system_check.venv_problems() == []


@pytest.mark.parametrize("version", [(3, 9, 2), (3, 10, 13)])
def test_an_old_python_is_named_with_its_version(
    version: tuple[int, int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "version_info", (*version, "final", 0))
    monkeypatch.setattr(sys, "executable", "/usr/bin/python3")
    (problem,) = system_check.venv_problems(DEBIAN_ROOT)
    assert problem == Problem(
        f"Python 3.11 to 3.14 is needed, and /usr/bin/python3 is {'.'.join(map(str, version))}. "
        "Install one of these, or name it: make PYTHON=python3.11"
    )


def test_a_python_newer_than_the_pins_is_told_what_is_not_built_for_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 15, 0, "final", 0))
    monkeypatch.setattr(sys, "executable", "/usr/bin/python3")
    assert system_check.main(["python"], DEBIAN_USER) == 1
    assert system_check.main(["venv"], DEBIAN_USER) == 1
    told = (
        "captionviewer: Python 3.11 to 3.14 is needed, and /usr/bin/python3 is 3.15.0, for which Qt, NumPy "
        "and h5py are not built in the versions that constraints.txt names. "
        "Install one of these, or name it: make PYTHON=python3.11"
    )
    assert capsys.readouterr().err.splitlines() == [told, told]


@pytest.mark.parametrize("version", [(3, 11, 0), (3, 12, 1), (3, 13, 0), (3, 14, 9)])
def test_each_python_in_between_will_do(
    version: tuple[int, int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "version_info", (*version, "final", 0))
    assert system_check.python_problem() is None


def without_ensurepip(monkeypatch: pytest.MonkeyPatch, executable: str) -> None:
    find_spec = importlib.util.find_spec

    def find(name: str) -> object:
        return None if name == "ensurepip" else find_spec(name)

    monkeypatch.setattr(importlib.util, "find_spec", find)
    monkeypatch.setattr(sys, "executable", executable)


def test_a_python_whose_venv_debian_packs_apart_names_that_package(monkeypatch: pytest.MonkeyPatch) -> None:
    without_ensurepip(monkeypatch, "/usr/bin/python3")
    (problem,) = system_check.venv_problems(DEBIAN_USER)
    assert "lacks the module ensurepip" in problem.what
    assert str(problem).endswith("\n    sudo apt-get install python3-venv")


def test_another_python_on_debian_names_the_package_of_its_version(monkeypatch: pytest.MonkeyPatch) -> None:
    without_ensurepip(monkeypatch, "/opt/other/python3")
    (problem,) = system_check.venv_problems(DEBIAN_USER)
    assert problem.command[2] == f"python{sys.version_info.major}.{sys.version_info.minor}-venv"


def test_elsewhere_a_python_without_venv_is_said_without_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    without_ensurepip(monkeypatch, "/usr/bin/python3")
    (problem,) = system_check.venv_problems(System("arch", is_root=True))
    assert problem.command == () and "install Python anew" in problem.what


# ---- the C library -----------------------------------------------------------------------------------


def on_system(monkeypatch: pytest.MonkeyPatch, machine: str, libc: str | None) -> None:
    """Let the system be of this machine and C library, as `os` tells it; None as musl answers."""

    def confstr(name: str) -> str:
        assert name == "CS_GNU_LIBC_VERSION"
        if libc is None:
            raise ValueError("unrecognized configuration name")
        return libc

    monkeypatch.setattr(os, "confstr", confstr)
    monkeypatch.setattr(os, "uname", lambda: SimpleNamespace(machine=machine))


@pytest.mark.parametrize(
    ("machine", "libc", "told"),
    [
        (
            "x86_64",
            "glibc 2.31",
            "needs glibc 2.34 or newer, and this system has glibc 2.31. Debian 12, Ubuntu 22.04",
        ),
        ("x86_64", "glibc 2.4", "this system has glibc 2.4."),
        (
            "aarch64",
            "glibc 2.36",
            "needs glibc 2.39 or newer, and this system has glibc 2.36. Debian 13, Ubuntu 24.04",
        ),
        ("x86_64", None, "this system has another C library (musl, as on Alpine)"),
        (
            "riscv64",
            "glibc 2.41",
            "built for 64-bit Python on x86_64 and aarch64, and this is 64-bit Python on riscv64",
        ),
    ],
)
def test_a_system_that_qt_is_not_built_for_is_said_before_pip_speaks_of_it(
    machine: str, libc: str | None, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_system(monkeypatch, machine, libc)
    (problem,) = system_check.venv_problems(DEBIAN_ROOT)
    assert told in problem.what and problem.command == ()


@pytest.mark.parametrize(
    ("machine", "libc"), [("x86_64", "glibc 2.34"), ("x86_64", "glibc 3.0"), ("aarch64", "glibc 2.39")]
)
def test_a_system_with_the_library_that_qt_needs_passes(
    machine: str, libc: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_system(monkeypatch, machine, libc)
    assert system_check.wheel_problem() is None


def test_a_32_bit_python_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    on_system(monkeypatch, "x86_64", "glibc 2.36")
    monkeypatch.setattr(sys, "maxsize", 2**31 - 1)
    problem = system_check.wheel_problem()
    assert problem is not None and problem.what.endswith("this is 32-bit Python on x86_64.")


def test_elsewhere_than_on_linux_no_c_library_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    on_system(monkeypatch, "arm64", None)
    assert system_check.venv_problems(System("", is_root=False)) == []


def test_the_bounds_are_those_of_the_pinned_qt() -> None:
    """A new pin of Qt fails here until what is said of it is true again."""
    qt = distribution("PySide6-Essentials")
    newest = f"<{system_check.NEWEST_PYTHON[0]}.{system_check.NEWEST_PYTHON[1] + 1}"
    assert newest in (qt.metadata["Requires-Python"] or "").split(",")
    wheel = re.search(r"manylinux_(\d+)_(\d+)_(\w+)", qt.read_text("WHEEL") or "")
    assert wheel is not None
    assert system_check.OLDEST_GLIBC[wheel[3]] == (int(wheel[1]), int(wheel[2]))


def test_the_package_asks_for_the_pythons_that_the_check_takes() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    oldest, newest = system_check.OLDEST_PYTHON, system_check.NEWEST_PYTHON
    assert project["requires-python"] == f">={oldest[0]}.{oldest[1]},<{newest[0]}.{newest[1] + 1}"
    named = [each.rpartition(" ")[2] for each in project["classifiers"] if "Python :: 3." in each]
    assert named == [f"3.{minor}" for minor in range(oldest[1], newest[1] + 1)]


# ---- as a program --------------------------------------------------------------------------------------


def test_the_check_runs_as_a_program_with_nothing_installed() -> None:
    done = subprocess.run(
        [sys.executable, "-S", "-m", "captionviewer.system_check", "venv"],
        cwd=PROJECT,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
