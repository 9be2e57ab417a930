"""All that Compare shows of two models and one caption, computed away from the window."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cached_property

from captionviewer.core.arrays import FloatArray
from captionviewer.core.coco.vocabulary import END
from captionviewer.core.decoding.branches import decode_on, forced_caption
from captionviewer.core.decoding.surprise import surprise_of
from captionviewer.core.decoding.timestep import Timestep, said_by
from captionviewer.core.inspection.two_models import (
    divergence,
    log_probabilities,
    parting,
)
from captionviewer.core.network.library_threads import one_library_thread
from captionviewer.ui.sampling.caption_sample import CaptionSample
from captionviewer.ui.sampling.mirrored_bars import MirroredWord, words_that_differ
from captionviewer.ui.session.models import CurrentModel


@dataclass(frozen=True, eq=False)
class ModelComparison:
    """A sample beside another model, which is made to say the same caption.

    Attributes
    ----------
    sample
        the photo, the first model and its caption.
    other
        the second model.
    steps
        its timesteps while it says the sample's caption.
    caption
        what it says itself, the same beginning forced.
    surprises
        (K, T - 1) its surprise at the ground truth, as the sample's.
    divergences
        KL(first || second) and KL(second || first) in nats, of each timestep.
    """

    sample: CaptionSample
    other: CurrentModel
    steps: tuple[Timestep, ...]
    caption: tuple[Timestep, ...]
    surprises: FloatArray
    divergences: tuple[tuple[float, float], ...]

    @cached_property
    def parting(self) -> int | None:
        """The first timestep at which the two hold different words for likeliest; None for nowhere."""
        return parting(self.sample.timesteps, self.steps)

    def words_at(self, timestep: int) -> list[MirroredWord]:
        """The words that the two differ about most, the most first."""
        first, second = self.sample.timesteps[timestep], self.steps[timestep]
        return words_that_differ(
            first.probabilities, second.probabilities, self.sample.vocabulary.idx_to_word
        )

    @cached_property
    def differing_words(self) -> tuple[str, ...]:
        """The words that `words_at` gives at any timestep, each once."""
        found = (one.word for timestep in range(len(self.steps)) for one in self.words_at(timestep))
        return tuple(dict.fromkeys(found))

    @property
    def texts(self) -> tuple[str, str]:
        """What each of the two says."""
        vocabulary = self.sample.vocabulary
        words = vocabulary.idx_to_word
        first, second = (
            vocabulary.text(words[step.word] for step in steps if words[step.word] != END)
            for steps in (self.sample.timesteps, self.caption)
        )
        return first, second


def compare(
    sample: CaptionSample,
    other: CurrentModel,
    quiet: AbstractContextManager[None] | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> ModelComparison:
    """Have another model, of the same vocabulary and features, say a sample's caption, and its own.

    The networks run while `quiet` is held, but for an exact search, as in `take_sample`.
    """
    model, features, decoding = other.model, sample.features, sample.decoding
    searches = sample.shown is None and decoding.method == "exact"
    caption: tuple[Timestep, ...] = ()
    with quiet or nullcontext():
        steps = said_by(model, features, [step.word for step in sample.timesteps])
        if sample.shown is not None:
            caption = forced_caption(model, features, decoding, sample.shown).branch.timesteps
        elif not searches:
            caption = decode_on(model, features, decoding)
        logs = [
            (log_probabilities(sample.current.model, one), log_probabilities(model, another))
            for one, another in zip(sample.timesteps, steps, strict=True)
        ]
        surprises = sample.surprises
        if surprises.size:
            surprises = surprise_of(model, features, sample.captions)
    if searches:
        with one_library_thread():
            caption = decode_on(model, features, decoding, stop=cancelled)
    divergences = tuple((divergence(p, q), divergence(q, p)) for p, q in logs)
    found = ModelComparison(sample, other, steps, caption, surprises, divergences)
    _ = found.differing_words  # computed here: in the window it could take longer than a frame
    return found
