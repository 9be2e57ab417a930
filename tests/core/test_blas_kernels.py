"""Which matrix kernels are asked for, on which processor."""

import subprocess
import sys
from pathlib import Path

import pytest

from captionviewer.blas_kernels import choose_kernels

AVX512 = "fpu sse2 avx2 avx512f avx512dq avx512cd avx512bw avx512vl"


def environment_on(tmp_path: Path, vendor: str, family: str, flags: str, **before: str) -> dict[str, str]:
    cpuinfo = tmp_path / "cpuinfo"
    one = (
        f"processor\t: 0\nvendor_id\t: {vendor}\ncpu family\t: {family}\nmodel\t\t: 2\nflags\t\t: {flags}\n\n"
    )
    cpuinfo.write_text(one * 2)
    choose_kernels(before, cpuinfo)
    return before


def test_a_processor_openblas_does_not_know_gets_its_wide_kernels(tmp_path: Path) -> None:
    assert environment_on(tmp_path, "AuthenticAMD", "26", AVX512) == {"OPENBLAS_CORETYPE": "SkylakeX"}


@pytest.mark.parametrize(
    ("vendor", "family", "flags"),
    [
        ("AuthenticAMD", "25", AVX512),  # known to OpenBLAS
        ("GenuineIntel", "6", AVX512),
        ("GenuineIntel", "26", AVX512),
        ("AuthenticAMD", "26", AVX512.replace("avx512dq ", "")),  # would stop at an unknown instruction
        ("AuthenticAMD", "26", ""),
        ("AuthenticAMD", "?", AVX512),
    ],
)
def test_any_other_processor_is_left_to_openblas(
    tmp_path: Path, vendor: str, family: str, flags: str
) -> None:
    assert environment_on(tmp_path, vendor, family, flags) == {}


def test_what_the_user_has_chosen_stays(tmp_path: Path) -> None:
    chosen = environment_on(tmp_path, "AuthenticAMD", "26", AVX512, OPENBLAS_CORETYPE="Haswell")
    assert chosen == {"OPENBLAS_CORETYPE": "Haswell"}


def test_nothing_is_changed_where_there_is_no_cpuinfo_or_none_to_be_read(tmp_path: Path) -> None:
    environment: dict[str, str] = {}
    choose_kernels(environment, tmp_path / "missing")
    choose_kernels(environment, tmp_path)  # a folder
    (tmp_path / "noise").write_bytes(b"\xff\x00 no colon\n")
    choose_kernels(environment, tmp_path / "noise")
    assert environment == {}


def test_the_package_chooses_before_numpy_is_loaded() -> None:
    code = "import sys, captionviewer; print('captionviewer.blas_kernels' in sys.modules, 'numpy' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "True False"
