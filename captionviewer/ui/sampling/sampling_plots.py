"""The likeliest next words as a Matplotlib figure and as a table, for saving; the window paints its own."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from captionviewer.ui.look.theme import Colors
from captionviewer.ui.sampling.caption_sample import CaptionSample
from captionviewer.ui.sampling.probability_words import percent, small_probability
from captionviewer.ui.sampling.word_bars import scale_for

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw_bars(figure: "Figure", sample: CaptionSample, timestep: int, colors: Colors, points: float) -> None:
    """Draw the ten likeliest words at a timestep on an empty figure.

    `timestep` is an index into `sample.timesteps`; `points` is the size of text.
    """
    step = sample.timesteps[timestep]
    words = sample.vocabulary.idx_to_word
    likeliest = sample.next_words(timestep)
    figure.clear()
    figure.set_facecolor(colors.surface.name())
    axes = figure.add_subplot()
    axes.set_facecolor(colors.surface.name())
    faint = colors.faint_line.name()
    positions = range(len(likeliest))
    axes.barh(
        positions,
        [probability for _word, probability in likeliest],
        color=[colors.accent.name() if word == step.word else faint for word, _probability in likeliest],
    )
    for position, (_word, probability) in zip(positions, likeliest, strict=True):
        axes.annotate(
            percent(probability),
            (probability, position),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=0.85 * points,
            color=colors.text.name(),
        )
    mark = "\N{BLACK RIGHT-POINTING TRIANGLE} "
    labels = [f"{mark if word == step.word else ''}{words[word]}" for word, _probability in likeliest]
    axes.set_yticks(positions, labels=labels)
    for label in axes.get_yticklabels():
        label.set_parse_math(False)  # a word may hold dollar signs
    axes.invert_yaxis()
    axes.set_xlim(0.0, 1.15 * scale_for(sample.largest_probability))
    axes.set_xlabel("probability of the next word", fontsize=points, color=colors.text.name())
    axes.tick_params(labelsize=points, colors=colors.text.name(), length=0)
    axes.tick_params(axis="x", labelsize=0.85 * points, length=3, color=colors.border.name())
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(colors.border.name())
    before = (
        sample.vocabulary.text(words[each.word] for each in sample.timesteps[:timestep]) or "(no word yet)"
    )
    log_probability = sample.timesteps[timestep - 1].caption_log_probability if timestep else 0.0
    head = f"{sample.current.words}, {sample.record.words}, timestep {timestep}"
    axes.set_title(
        f"{head}, {sample.decoding.words()}\nafter: {before} (p = {small_probability(log_probability)})",
        parse_math=False,
        fontsize=0.9 * points,
        color=colors.text.name(),
        loc="left",
        wrap=True,
    )


def bar_rows(sample: CaptionSample) -> Iterator[Sequence[object]]:
    """Give the ten likeliest words of every timestep as lines of a table, the header first."""
    yield "timestep", "rank", "word_id", "word", "probability", "chosen", "decoding"
    how = sample.decoding.words()
    for step in sample.timesteps:
        for rank, (word, probability) in enumerate(sample.next_words(step.index), start=1):
            chosen = int(word == step.word)
            yield step.index, rank, word, sample.vocabulary.idx_to_word[word], probability, chosen, how
