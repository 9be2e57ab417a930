"""`captionviewer check`: the notebooks' checks, one after the other."""

import argparse
import json
import math
from typing import TYPE_CHECKING

from captionviewer import console
from captionviewer.commands import ExitCode
from captionviewer.commands.arguments import named_file
from captionviewer.commands.models_and_data import add_data_arguments, open_data

if TYPE_CHECKING:
    from captionviewer.core.checks.check import Check, Outcome

DESCRIPTION = (
    "Do every check of the RNN and the LSTM notebook, in their order: what is expected, what came out, how "
    "far apart they are, and how far they may be. The exit code is 1 if one is missed."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `captionviewer check`."""
    parser.add_argument("--json", action="store_true", help="tell the table as JSON")
    parser.add_argument(
        "--quick", action="store_true", help="leave out the checks that train a network, which take a minute"
    )
    parser.add_argument("--seed", type=int, default=231, metavar="N", help="of all that is drawn (231)")
    parser.add_argument(
        "--bug",
        metavar="NAME",
        help="with a bug on purpose, to see which checks find it; list: the names; all: each in turn",
    )
    parser.add_argument(
        "--layers",
        type=named_file,
        metavar="FILE",
        help="your own rnn_layers.py, checked in a process of its own; needs the course's names",
    )
    add_data_arguments(parser)


def run(chosen: argparse.Namespace) -> int:
    """Do the checks and return the exit code."""
    from captionviewer.core.checks import bugs
    from captionviewer.core.checks.check import Bench, run_check
    from captionviewer.core.checks.few_captions import FewCaptions
    from captionviewer.core.checks.notebook_checks import CHECKS
    from captionviewer.core.checks.student_code import StudentCode
    from captionviewer.core.checks.subject import Subject, fresh_layers

    if chosen.bug == "list":
        width = max(map(len, bugs.BY_KEY))
        console.tell("\n".join(f"{bug.key:{width}}  {bug.title} ({bug.function})" for bug in bugs.BUGS))
        return ExitCode.DONE
    if chosen.bug == "all" and chosen.layers is None and not chosen.json and chosen.seed >= 0:
        return _survey(chosen)
    if chosen.bug == "all":
        console.complain("--bug all: without --json and --layers, with a seed from 0 on")
        return ExitCode.BAD_ARGUMENT
    if chosen.bug is not None and chosen.bug not in bugs.BY_KEY:
        console.complain(f"--bug: there is no {chosen.bug!r}; the names are {', '.join(bugs.BY_KEY)}")
        return ExitCode.BAD_ARGUMENT
    if chosen.layers is not None and chosen.bug is not None:
        console.complain("--bug spoils the program's own layers: leave out --layers or --bug")
        return ExitCode.BAD_ARGUMENT
    if chosen.seed < 0:
        console.complain("--seed: a whole number from 0 on is needed")
        return ExitCode.BAD_ARGUMENT
    few = None
    if not chosen.quick:
        with open_data(chosen) as dataset:
            few = FewCaptions.drawn(dataset, chosen.seed)
    student = None if chosen.layers is None else StudentCode(chosen.layers, few, chosen.seed)
    subject = Subject(fresh_layers()) if chosen.bug is None else bugs.BY_KEY[chosen.bug].subject()
    bench = Bench(subject, few, chosen.seed)
    outcomes: list[Outcome] = []
    try:
        for check in CHECKS:
            if check.trains and chosen.quick:
                continue
            outcomes.append(run_check(check, bench) if student is None else student.run(check))
            if not chosen.json:
                console.tell(_as_line(check, outcomes[-1]))
    finally:
        if student is not None:
            student.close()
    missed = sum(not outcome.passed for outcome in outcomes)
    if chosen.json:
        console.tell(_as_json(outcomes))
    else:
        console.tell(f"{len(outcomes) - missed} of {len(outcomes)} pass")
    return ExitCode.FAILED if missed else ExitCode.DONE


def _survey(chosen: argparse.Namespace) -> int:
    """Tell which check finds which bug; done, whatever is found."""
    from captionviewer.core.checks.bug_survey import survey_bugs, survey_words
    from captionviewer.core.checks.few_captions import FewCaptions

    with open_data(chosen) as dataset:
        few = FewCaptions.drawn(dataset, chosen.seed)
    findings = []
    for finding in survey_bugs(few, chosen.seed):
        findings.append(finding)
        trained = (
            f"; by training: {', '.join(finding.trained) or 'none'}" if finding.trained is not None else ""
        )
        console.tell(f"{finding.bug.key:20}  {', '.join(finding.quick) or 'none'}{trained}")
    console.tell(survey_words(findings))
    return ExitCode.DONE


def _as_line(check: "Check", outcome: "Outcome") -> str:
    verdict = "pass" if outcome.passed else "MISS"
    error = "-" if math.isnan(outcome.error) else f"{outcome.error:.1e}"
    said = outcome.problem + (f" (row {outcome.row}: {outcome.line})" if outcome.row else "")
    said = said or f"expected {outcome.expected}; ours {outcome.ours}"
    return (
        f"{verdict}  {check.notebook:4}  {check.key:25}  {error:>8} (at most {outcome.tolerance:.0e})  "
        f"{outcome.seconds:6.2f} s  {check.shows}\n      {said}"
    )


def _as_json(outcomes: "list[Outcome]") -> str:
    from captionviewer.core.checks.notebook_checks import BY_KEY

    rows = [
        {
            "check": outcome.key,
            "notebook": BY_KEY[outcome.key].notebook,
            "shows": BY_KEY[outcome.key].shows,
            "expected": outcome.expected,
            "ours": outcome.ours,
            "error": outcome.error if math.isfinite(outcome.error) else None,
            "tolerance": outcome.tolerance,
            "passed": outcome.passed,
            "seconds": round(outcome.seconds, 4),
            "problem": outcome.problem,
            "row": outcome.row,
            "line": outcome.line,
        }
        for outcome in outcomes
    ]
    return json.dumps(rows, indent=1, ensure_ascii=False, allow_nan=False)
