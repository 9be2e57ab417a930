"""Files are written whole or not at all, with the modes and links that the user gave them."""

import ast
import os
import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import captionviewer
from captionviewer.core.atomic_file import open_atomically, sweep, write_atomically

posix_only = pytest.mark.skipif(os.name != "posix", reason="modes and links of POSIX")


@pytest.fixture
def umask_077() -> Iterator[None]:
    before = os.umask(0o077)
    yield
    os.umask(before)


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_what_was_there_stays_when_writing_fails_and_nothing_is_left_beside(tmp_path: Path) -> None:
    path = tmp_path / "model.npz"
    path.write_bytes(b"old")
    with pytest.raises(RuntimeError), open_atomically(path) as file:
        file.write(b"half")
        raise RuntimeError
    assert path.read_bytes() == b"old"
    assert [each.name for each in tmp_path.iterdir()] == ["model.npz"]


def test_a_new_file_has_the_mode_that_the_umask_allows(tmp_path: Path, umask_077: None) -> None:
    write_atomically(tmp_path / "plot.png", b"x", durable=True)
    assert mode_of(tmp_path / "plot.png") == 0o600


@posix_only
@pytest.mark.parametrize(("umask", "mode"), [(0o027, 0o640), (0o002, 0o664)])
def test_others_may_do_with_a_new_file_what_the_umask_lets_them(
    tmp_path: Path, umask: int, mode: int
) -> None:
    before = os.umask(umask)
    try:
        write_atomically(tmp_path / "plot.png", b"x")
    finally:
        os.umask(before)
    assert mode_of(tmp_path / "plot.png") == mode


def test_the_umask_of_all_threads_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def touched(_mask: int) -> int:
        raise AssertionError("two threads at once would each take the other's mask for the user's")

    monkeypatch.setattr(os, "umask", touched)
    write_atomically(tmp_path / "plot.png", b"x")
    write_atomically(tmp_path / "plot.png", b"y")


def test_a_folder_of_thousands_is_not_looked_through_at_each_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "scandir", lambda _folder: pytest.fail("looked through"))
    write_atomically(tmp_path / "a.photo", b"x", tidy=False)
    assert (tmp_path / "a.photo").read_bytes() == b"x"


@posix_only
def test_an_existing_file_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "shared.npz"
    path.write_bytes(b"old")
    path.chmod(0o660)
    write_atomically(path, b"new")
    assert (mode_of(path), path.read_bytes()) == (0o660, b"new")


def test_a_read_only_file_is_refused_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "kept.npz"
    path.write_bytes(b"old")
    path.chmod(0o444)
    with pytest.raises(PermissionError, match="read-only"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"


@posix_only
def test_a_symbolic_link_is_written_through(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    target = tmp_path / "elsewhere" / "real.npz"
    target.write_bytes(b"old")
    link = tmp_path / "link.npz"
    link.symlink_to(target)
    write_atomically(link, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


@pytest.mark.parametrize("name", ["m" * 245 + ".npz", "ä" * 120 + ".npz", "..."])
def test_the_longest_names_can_be_written(tmp_path: Path, name: str) -> None:
    if name == "...":
        name = ".npz"
    write_atomically(tmp_path / name, b"new")
    assert (tmp_path / name).read_bytes() == b"new"


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere names are UTF-8 or wide")
def test_a_name_whose_letters_the_systems_encoding_lacks_is_written(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from captionviewer.core.atomic_file import write_atomically\n"
        "assert sys.getfilesystemencoding() == 'ascii'\n"
        "write_atomically(Path(sys.argv[1]), b'new')\n"
    )
    plain = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "mü.npz")], env=plain, check=True, timeout=60)
    assert (tmp_path / "mü.npz").read_bytes() == b"new" and len(list(tmp_path.iterdir())) == 1


def test_what_a_killed_writer_left_is_removed_by_the_next_and_what_a_living_one_writes_is_not(
    tmp_path: Path,
) -> None:
    code = (
        "import os, sys; from pathlib import Path\n"
        "from captionviewer.core.atomic_file import open_atomically\n"
        "with open_atomically(Path(sys.argv[1])) as file:\n"
        "    file.write(b'half'); file.flush(); os.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "model.npz")], check=False)
    assert [each.suffix for each in tmp_path.iterdir()] == [".part"]
    with open_atomically(tmp_path / "other.npz") as file:
        file.write(b"x")
        assert len(list(tmp_path.glob(".other*.part"))) == 1
        sweep(tmp_path)
        assert [each.name[:6] for each in tmp_path.iterdir()] == [".other"]
    assert [each.name for each in tmp_path.iterdir()] == ["other.npz"]


# Which modules open something to write to it, beside the one writer, and what that is.
NO_FILES_OF_THE_USERS = {
    "core/atomic_file.py": "the one writer",
    "core/checks/student_child.py": "a pipe",
    "core/coco/hdf5/child.py": "the system's device for nothing",
    "core/download/unpacking.py": "files that are renamed once all were checked",
    "core/number_archive.py": "a part of an archive, which the one writer writes",
    "core/storybook/build.py": "the book that is shipped, made anew by hand",
    "ui/plots/plot_export.py": "memory, which the one writer writes",
    "ui/window/problems.py": "what is written while the process crashes",
}
MODE = re.compile(r"[rwaxbt+]{1,3}\Z")


def opens_to_write(call: ast.Call) -> bool:
    function = call.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    if name in ("write_text", "write_bytes", "savefig"):
        return True
    given = [*call.args, *(named.value for named in call.keywords)]
    constants = [each.value for each in given if isinstance(each, ast.Constant)]
    modes = [each for each in constants if isinstance(each, str) and MODE.match(each)]
    return name in ("open", "fdopen") and any(set("wax+") & set(mode) for mode in modes)


def test_all_files_of_the_users_are_written_by_the_one_writer() -> None:
    package = Path(captionviewer.__file__).parent
    found = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and opens_to_write(node)
    }
    assert found == set(NO_FILES_OF_THE_USERS)
