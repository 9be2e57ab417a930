import pkgutil
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[2]

IMPORT_ALL = """
import importlib, pkgutil, sys

class NoQt:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("PySide6", "shiboken6") or name.startswith("captionviewer.ui"):
            raise ImportError(name + " is out of the core's reach")

sys.meta_path.insert(0, NoQt())
import captionviewer.core
for found in pkgutil.walk_packages(captionviewer.core.__path__, "captionviewer.core."):
    importlib.import_module(found.name)
    print(found.name)
"""


def test_every_module_of_the_core_can_be_imported_where_there_is_no_qt() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", IMPORT_ALL],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    there = {found.name for found in pkgutil.iter_modules([str(PROJECT / "captionviewer" / "core")])}
    assert there and {name.rpartition(".")[2] for name in done.stdout.split()} >= there


def test_the_core_gives_each_of_its_names_and_imports_for_none_before_it_is_asked() -> None:
    asked = (
        "import sys, captionviewer.core as core\n"
        "assert 'numpy' not in sys.modules\n"
        "assert core.__all__ == sorted(core.__all__) and set(core.__all__) <= set(dir(core))\n"
        "for name in core.__all__:\n"
        "    assert getattr(core, name).__name__ == name\n"
        "assert not hasattr(core, 'rnn')\n"
        "from captionviewer.core import *\n"
        "assert sigmoid(0.0) == 0.5\n"
    )
    done = subprocess.run([sys.executable, "-c", asked], cwd=PROJECT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_cores_tests_run_with_the_qt_plugin_switched_off(tmp_path: Path) -> None:
    inner = tmp_path / "test_inner.py"
    inner.write_text("import sys\ndef test_it():\n    assert 'PySide6' not in sys.modules\n")
    (tmp_path / "conftest.py").write_text((PROJECT / "tests" / "conftest.py").read_text())
    command = [sys.executable, "-m", "pytest", "-p", "no:pytest-qt", "-p", "no:cacheprovider", "-q"]
    done = subprocess.run(
        [*command, "-c", str(PROJECT / "pyproject.toml"), "--rootdir", str(tmp_path), str(inner)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout
