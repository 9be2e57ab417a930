"""Timing things in turn, a block each, so that a ratio holds while the machine's speed drifts."""

import statistics
import time
from collections.abc import Callable, Mapping

Block = Callable[[int], list[float]]  # how often -> milliseconds of each time


def block_of(once: Callable[[], object]) -> Block:
    """A block that does something k times in this process."""

    def block(k: int) -> list[float]:
        times = []
        for _ in range(k):
            start = time.perf_counter()
            once()
            times.append((time.perf_counter() - start) * 1e3)
        return times

    return block


def in_turn(sides: Mapping[str, Block], rounds: int, steps: int) -> dict[str, list[float]]:
    """The median milliseconds of each round's block, for each side; a first round only warms up."""
    medians: dict[str, list[float]] = {name: [] for name in sides}
    for turn in range(rounds + 1):
        for name, block in sides.items():
            time.sleep(0.2)  # idle threads of the side before fall asleep, and leave both cores
            times = block(steps)
            if turn:
                medians[name].append(statistics.median(times[1:] if steps > 2 else times))
    return medians


def ratio(over: list[float], under: list[float]) -> str:
    """The median of the rounds' ratios, with its range."""
    ratios = [a / b for a, b in zip(over, under, strict=True)]
    noisy = ", NOISY" if max(ratios) > 1.5 * min(ratios) else ""
    return f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f}{noisy})"
