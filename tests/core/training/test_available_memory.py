"""How much memory is free: of the machine, or of the control group that the program lives in."""

from pathlib import Path

import psutil
import pytest

from captionviewer.core.training import available_memory as module
from captionviewer.core.training.available_memory import available_memory


@pytest.fixture
def control_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(module, "_CONTROL_GROUPS", tmp_path)
    return tmp_path


def limit(folder: Path, most: str, used: str) -> None:
    (folder / "memory.max").write_text(f"{most}\n")
    (folder / "memory.current").write_text(f"{used}\n")


def test_without_a_control_group_it_is_what_the_machine_has_free(control_groups: Path) -> None:
    free = available_memory()
    assert free is not None
    assert 0 < free <= psutil.virtual_memory().total
    limit(control_groups, "max", "123")
    assert available_memory() != 0


def test_a_control_groups_limit_holds_where_it_is_less(control_groups: Path) -> None:
    limit(control_groups, "5000", "2000")
    assert available_memory() == 3000
    limit(control_groups, "5000", "6000")
    assert available_memory() == 0
    limit(control_groups, str(2**60), "0")
    free = available_memory()
    assert free is not None
    assert free < 2**60


def test_where_the_system_does_not_say_nothing_is_known(
    control_groups: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise FileNotFoundError("/proc/meminfo")

    monkeypatch.setattr(psutil, "virtual_memory", refuse)
    assert available_memory() is None
    limit(control_groups, "10", "4")
    assert available_memory() == 6
