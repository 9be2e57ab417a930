"""What a way of writing captions is worth over many photos: ln p, CIDEr-D, length and how many differ.

Laid side by side for several beam widths or temperatures of one model, they show what is gained and what is
lost. What is likelier need not be better: that is read off these figures, and nowhere assumed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from captionviewer.core.arrays import FloatArray
from captionviewer.core.coco.vocabulary import END
from captionviewer.core.decoding.caption_photos import caption_photos
from captionviewer.core.decoding.decoding import WIDEST_BEAM, Decoding
from captionviewer.core.evaluation.caption_scores import Scorer
from captionviewer.core.evaluation.dataset_captions import document_frequencies
from captionviewer.core.evaluation.scorecard import countable
from captionviewer.core.evaluation.scored_photos import ScoredPhotos
from captionviewer.core.evaluation.sentences import Sentences
from captionviewer.core.network.caption_losses import caption_losses
from captionviewer.core.network.captioning_rnn import CaptioningRNN

WIDTHS = tuple(range(1, WIDEST_BEAM + 1))
TEMPERATURES = (0.0, 0.3, 0.5, 0.7, 0.85, 1.0, 1.25, 1.5)


@dataclass(frozen=True)
class DecodingScore:
    """One way of writing captions, over P photos with n captions each.

    Attributes
    ----------
    decoding
        the way.
    log_probability
        mean ln p of a caption under the model, nothing forbidden.
    cider_d
        mean CIDEr-D, 0 to 10, against all references; a generated `<UNK>` matches nothing.
    length
        mean number of words, `<END>` not counted.
    distinct
        the share of the captions that differ: among all where n is 1, else among a photo's own, in the mean
        over photos.
    unended
        the share of the captions that were cut off at the maximum length.
    """

    decoding: Decoding
    log_probability: float
    cider_d: float
    length: float
    distinct: float
    unended: float


def beam_decodings(decoding: Decoding, widths: Sequence[int] = WIDTHS) -> list[Decoding]:
    """The same decoding as a beam of each width, the captions found put in order by ln p alone."""
    return [replace(decoding, method="beam", beam_width=width, alpha=0.0) for width in widths]


def sampling_decodings(decoding: Decoding, temperatures: Sequence[float] = TEMPERATURES) -> list[Decoding]:
    """The same decoding sampled at each temperature, with the decoding's own among them, rising."""
    rising = sorted({*temperatures, decoding.temperature})
    return [replace(decoding, method="sample", temperature=temperature) for temperature in rising]


def score_decodings(
    model: CaptioningRNN,
    photos: ScoredPhotos,
    decodings: Sequence[Decoding],
    *,
    captions_each: int = 1,
    stop: Callable[[], bool] = lambda: False,
    progress: Callable[[float], object] = lambda share: None,
) -> list[DecodingScore] | None:
    """Caption the photos in each way and score the captions.

    Parameters
    ----------
    model
        the network, which nobody changes meanwhile.
    photos
        those that are captioned; the document frequencies are those of their whole split.
    decodings
        the ways.
    captions_each
        how many captions of each photo are written, n: more than one where they are drawn by chance.
    stop, progress
        asked and told now and then, the latter with the share that is done.

    Returns
    -------
    One score for each decoding, in their order.  None if stopped.

    Raises
    ------
    DataError
        the features can't be read.
    ValueError
        the model does not fit them, or a forbidden word is not in its vocabulary.
    """
    features = np.repeat(photos.features(), captions_each, axis=0)  # (P n, D), a photo's together
    scorer = Scorer(photos.references, document_frequencies(photos.dataset, photos.split))
    # A beam of ten takes several times as long as one of two: the share that is done goes by the width.
    costs = [1 + decoding.beam_width if decoding.method == "beam" else 1 for decoding in decodings]
    found: list[DecodingScore] = []
    for number, decoding in enumerate(decodings):
        done, cost = sum(costs[:number]) / sum(costs), costs[number] / sum(costs)

        def told(share: float, done: float = done, cost: float = cost) -> None:
            progress(done + cost * share)

        score = _score(model, photos, features, scorer, decoding, stop, told)
        if score is None:
            return None
        found.append(score)
        progress(done + cost)
    return found


def _score(
    model: CaptioningRNN,
    photos: ScoredPhotos,
    features: FloatArray,
    scorer: Scorer,
    decoding: Decoding,
    stop: Callable[[], bool],
    progress: Callable[[float], object],
) -> DecodingScore | None:
    captions = caption_photos(model, features, decoding, stop=stop, progress=progress)
    if captions is None:
        return None
    vocabulary = photos.dataset.vocabulary
    N, P = len(captions), len(photos)
    n = N // P
    whole = np.column_stack([np.full(N, vocabulary.start, captions.dtype), captions])
    losses = caption_losses(model, features, whole, np.arange(N), stop=stop)
    if losses is None:
        return None
    sentences = Sentences.of_captions(captions, vocabulary)
    countables = countable(sentences, vocabulary, unknown_matches=False)
    ciders: list[FloatArray] = []
    for number in range(n):
        scores = scorer.score(countables[number::n], stop=stop)
        if scores is None:
            return None
        ciders.append(scores.own["cider_d"])
    ended = (captions == vocabulary.word_to_idx[END]).any(axis=1)
    who = sentences.identities()
    together = [who[first : first + n] for first in range(0, N, n)] if n > 1 else [who]
    return DecodingScore(
        decoding=decoding,
        log_probability=-float(losses[0].mean()),
        cider_d=float(np.mean(ciders)),
        length=float(sentences.lengths.mean()),
        distinct=float(np.mean([len(set(each)) / len(each) for each in together])),
        unended=float(1 - ended.mean()),
    )
