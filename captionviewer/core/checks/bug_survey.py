"""Which check finds which bug: every bug put to every check that trains nothing, then to those that train."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from captionviewer.core.checks.bug_training import cell_of
from captionviewer.core.checks.bugs import BUGS, Bug
from captionviewer.core.checks.check import Bench, run_check
from captionviewer.core.checks.few_captions import FewCaptions
from captionviewer.core.checks.notebook_checks import CHECKS


@dataclass(frozen=True)
class Finding:
    """What found a bug.

    Attributes
    ----------
    quick
        The keys of the checks that train nothing and find it.
    trained
        Those that train and find it; None where they were not done, as a quicker one had found it.
    """

    bug: Bug
    quick: tuple[str, ...]
    trained: tuple[str, ...] | None

    @property
    def only_by_training(self) -> bool:
        """Whether nothing but training finds it."""
        return not self.quick and bool(self.trained)


def survey_bugs(
    few: FewCaptions,
    seed: int = 231,
    *,
    bugs: Sequence[Bug] = BUGS,
    stop: Callable[[], bool] = lambda: False,
    sizes: Mapping[str, int] = MappingProxyType({}),
) -> Iterator[Finding]:
    """Put each bug to the checks; those that train only where no other finds it, for they take seconds.

    Parameters
    ----------
    few, seed, sizes
        As for `Bench`.
    bugs
        Which.
    stop
        Asked before each check; once it is true there are no more findings.
    """
    for bug in bugs:
        bench = Bench(bug.subject(), few, seed, **sizes)
        bench.stopped = stop
        quick: list[str] = []
        for check in CHECKS:
            if stop():
                return
            if not check.trains and not run_check(check, bench).passed:
                quick.append(check.key)
        trained: list[str] | None = None
        if not quick:
            trained = []
            for check in CHECKS:
                if check.trains and check.key.startswith(cell_of(bug)) and not run_check(check, bench).passed:
                    trained.append(check.key)
            if stop():
                return
        yield Finding(bug, tuple(quick), None if trained is None else tuple(trained))


def survey_words(findings: Sequence[Finding]) -> str:
    """What was found, in a sentence: which bugs training alone finds."""
    alone = [
        f"{each.bug.title} ({', '.join(each.trained or ())})" for each in findings if each.only_by_training
    ]
    quick = sum(bool(each.quick) for each in findings)
    unfound = [each.bug.title for each in findings if not each.quick and not each.trained]
    words = f"Of {len(findings)} bugs {quick} are found by a check that trains nothing."
    if alone:
        words += f" Found by nothing but training: {'; '.join(alone)}."
    if unfound:
        words += f" Found by none: {'; '.join(unfound)}."
    return words
