"""The matrix kernels NumPy uses, put right on processors that its OpenBLAS does not know.

NumPy's matrix products are OpenBLAS's, which looks at the processor's family when it is loaded and picks
the kernels made for it. AMD's family 26 (Zen 5) is missing from that list in the OpenBLAS of NumPy's wheels
(mended upstream: OpenMathLib/OpenBLAS pull request 6033), so it is given kernels with vectors of half
the width. The environment variable by which OpenBLAS lets itself be told takes large products to 1.6 times
the speed there.
"""

import os
from collections.abc import MutableMapping
from pathlib import Path

VARIABLE = "OPENBLAS_CORETYPE"
KERNELS = "SkylakeX"
# What those kernels execute; a processor without one of these would stop at the first product.
_NEEDED = {"avx512f", "avx512cd", "avx512bw", "avx512dq", "avx512vl"}
_FIRST_UNKNOWN_FAMILY = 26


def choose_kernels(
    environ: MutableMapping[str, str] = os.environ, cpuinfo: Path = Path("/proc/cpuinfo")
) -> None:
    """Name the kernels for OpenBLAS where it would take slower ones, unless the user has named some.

    It counts for a process that has not loaded NumPy yet: this one, or one that it starts. Where
    /proc/cpuinfo is missing (not Linux), nothing is changed.

    Parameters
    ----------
    environ
        the environment to write to.
    cpuinfo
        the kernel's description of the processors.
    """
    if VARIABLE in environ:
        return
    try:
        with cpuinfo.open(encoding="utf-8", errors="replace") as file:
            first = file.read(8192).split("\n\n")[0]  # one processor of perhaps many, all the same
    except OSError:
        return
    facts = {}
    for line in first.splitlines():
        name, _, value = line.partition(":")
        facts[name.strip()] = value.strip()
    family = facts.get("cpu family", "")
    if (
        facts.get("vendor_id") == "AuthenticAMD"
        and family.isdecimal()
        and int(family) >= _FIRST_UNKNOWN_FAMILY
        and set(facts.get("flags", "").split()) >= _NEEDED
    ):
        environ[VARIABLE] = KERNELS
