"""A comparison as a table, each row with what it means, and what the notebook asks in its own numbers."""

from collections.abc import Callable
from dataclasses import dataclass

from captionviewer.core.characters.comparison import GROW_WITH_V, Comparison, Side, Written

NOT_YET = "…"
NEVER = "not reached"
WHY_NATS_A_CAPTION = (
    "Only nats a caption can be compared: a word and a character are different events, so a nat a word and a "
    "nat a character say nothing beside each other. The whole caption is the same event for both."
)


@dataclass(frozen=True)
class Figure:
    """A row of the table: its title, how it is measured, and a cell for each side."""

    title: str
    explanation: str
    cells: tuple[str, ...]


def figures(comparison: Comparison) -> list[Figure]:
    """Every row, also of what is not known yet."""
    sides, plan = comparison.sides, comparison.plan

    def row(title: str, explanation: str, cell: Callable[[Side], str]) -> Figure:
        return Figure(title, explanation, tuple(cell(side) for side in sides))

    def of_written(title: str, explanation: str, cell: Callable[[Written], str]) -> Figure:
        return row(title, explanation, lambda side: NOT_YET if side.written is None else cell(side.written))

    common = comparison.common_loss
    on_photos = f"Of the greedy captions of {comparison.scored_photos} photos of val"
    table = [
        row(
            "Symbols V",
            "The vocabulary, with <NULL>, <START>, <END> and <UNK>; among the characters is the space.",
            lambda side: f"{side.vocabulary_size:,}",
        ),
        row(
            "Timesteps a caption, mean",
            "Timesteps of a training caption, <END> included.",
            lambda side: f"{side.mean_steps:.1f}",
        ),
        row("Timesteps a caption, most", "Those of the longest one.", lambda side: f"{side.most_steps}"),
        row(
            "Captions with <UNK>",
            "The share of the training captions in which a word is unknown."
            + ("" if comparison.full_texts else " The data keeps no letters of such words."),
            lambda side: _percent(side.with_unknown),
        ),
        row(
            "Parameters",
            "All numbers that are learned.",
            lambda side: f"{sum(side.parameters.values()):,}",
        ),
    ]
    for name in sides[0].parameters:
        grows = name in GROW_WITH_V
        table.append(
            row(
                f"  {name}" + (" (grows with V)" if grows else ""),
                "It has a row, a column or a number for each symbol." if grows else "It knows nothing of V.",
                lambda side, name=name: f"{side.parameters[name]:,}",  # type: ignore[misc]
            )
        )
    table += [
        row(
            "Memory",
            "Parameters, gradients, Adam's two means, and the arrays that a step works in.",
            lambda side: f"{side.memory_bytes / 1e6:,.1f} MB" if side.memory_bytes else NOT_YET,
        ),
        row(
            "ms a step",
            f"The median step on a minibatch of {plan.batch_size} captions, here and now.",
            lambda side: NOT_YET if side.step_ms is None else f"{side.step_ms:,.1f}",
        ),
        row(
            "Seconds of training",
            "What all steps so far took; the losses on val are measured beside the clock.",
            lambda side: f"{side.seconds:,.1f}",
        ),
        row(
            "Nats a caption",
            f"-ln p of {comparison.val_captions} captions of val that have no <UNK>, the mean. "
            + WHY_NATS_A_CAPTION,
            lambda side: f"{side.points[-1].nats:.2f}" if side.points else NOT_YET,
        ),
        row(
            "Seconds until " + ("the same loss" if common is None else f"{common:.2f} nats a caption"),
            "The seconds of its own steps after which its loss on val was first that low: the lowest loss"
            " that all of them have come to.",
            lambda side: _seconds_to(side, common),
        ),
        of_written(
            "Different words",
            f"{on_photos}: how many different words are in them.",
            lambda said: f"{said.different_words}",
        ),
        of_written(
            "Invented words",
            f"{on_photos}: words that stand in no training caption.",
            lambda said: f"{len(said.invented)}",
        ),
        of_written(
            "Words beyond V",
            f"{on_photos}: words of training captions that the words' vocabulary has only as <UNK>.",
            lambda said: f"{len(said.beyond)}",
        ),
        of_written(
            "Captions written with <UNK>",
            f"{on_photos}: the share.",
            lambda said: _percent(said.with_unknown),
        ),
        of_written(
            "BLEU-4", f"{on_photos}, by their words, as in Scores.", lambda said: f"{said.bleu_4:.3f}"
        ),
        of_written(
            "CIDEr-D", f"{on_photos}, by their words, as in Scores.", lambda said: f"{said.cider_d:.3f}"
        ),
    ]
    return table


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _seconds_to(side: Side, nats: float | None) -> str:
    if nats is None:
        return NOT_YET
    seconds = side.seconds_to(nats)
    return NEVER if seconds is None else f"{seconds:,.1f}"


def answers(comparison: Comparison) -> list[str]:
    """An advantage and a disadvantage of characters, as this run shows them; none while it goes on."""
    if not comparison.ended:
        return []
    said: list[str] = []
    for cell in comparison.plan.cells:
        words, characters = comparison.pair(cell)
        head = f"{cell.upper()}. " if len(comparison.plan.cells) > 1 else ""
        said.append(f"{head}For characters: {_advantage(comparison, words, characters)}")
        said.append(f"{head}Against them: {_disadvantage(words, characters)}")
    return said


def _advantage(comparison: Comparison, words: Side, characters: Side) -> str:
    few, many = (sum(side.parameters[name] for name in GROW_WITH_V) for side in (characters, words))
    text = (
        f"{characters.vocabulary_size} symbols in place of {words.vocabulary_size:,}, so that what grows with"
        f" V is {few:,} numbers and not {many:,}."
    )
    if words.with_unknown == 0:
        return f"{text} No caption here holds <UNK>, so nothing is gained there."
    if not comparison.full_texts:
        return (
            f"{text} In {_percent(words.with_unknown)} of the captions a word is <UNK>; the data keeps no "
            "letters of it, so that characters have to say <UNK>, too. With the whole texts they would not."
        )
    text += f" {_percent(words.with_unknown)} of the captions hold a word that is <UNK> to the words' network"
    beyond = characters.written.beyond if characters.written is not None else ()
    if beyond:
        return f"{text}; the characters spell such words, and wrote {_list(beyond)} here."
    return f"{text}; the characters can spell them, though here they wrote none."


def _disadvantage(words: Side, characters: Side) -> str:
    a, b = words.written, characters.written
    assert a is not None and b is not None  # the comparison has ended
    assert (words.step_ms is not None and characters.step_ms is not None) or len(words.step_seconds) < 2
    text = (
        f"a caption is {characters.mean_steps:.1f} timesteps long and not {words.mean_steps:.1f} "
        f"({characters.mean_steps / words.mean_steps:.1f} times), and gradients go back through as many"
    )
    if words.step_ms and characters.step_ms:
        text += (
            f"; a minibatch took {characters.step_ms:.1f} ms and not {words.step_ms:.1f} "
            f"({characters.step_ms / words.step_ms:.1f} times)"
        )
    nats, others = characters.points[-1].nats, words.points[-1].nats
    text += (
        f". After the same {len(words.step_seconds):,} minibatches val costs them {nats:.1f} nats a caption"
        f" and the words {others:.1f}; CIDEr-D is {b.cider_d:.2f} and {a.cider_d:.2f}."
    )
    if nats <= others:
        text += " In this run the characters are not behind in nats."
    if b.invented:
        are = "is" if len(b.invented) == 1 else "are"
        invented = f"{len(b.invented)} {are} invented: {_list(b.invented)}"
        text += f" Of {b.different_words} words that they wrote {invented}."
    elif b.cider_d < a.cider_d:
        text += (
            f" None of the {b.different_words} words that they wrote is invented: they spell by now, and "
            "describe worse."
        )
    return text


def _list(words: tuple[str, ...], most: int = 8) -> str:
    more = f" and {len(words) - most} more" if len(words) > most else ""
    return ", ".join(words[:most]) + more
