"""Making the table of scores: a model's captions and the baselines, scored, with their intervals."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from captionviewer.core.arrays import FloatArray
from captionviewer.core.coco.vocabulary import Vocabulary
from captionviewer.core.decoding.decoding import Decoding
from captionviewer.core.evaluation import baselines
from captionviewer.core.evaluation.baselines import STEPS, RowCaptions, RowName
from captionviewer.core.evaluation.bootstrap import DRAWS, drawn_sums, interval
from captionviewer.core.evaluation.caption_scores import ALL, CaptionScores, Scorer, together
from captionviewer.core.evaluation.dataset_captions import document_frequencies, training_captions
from captionviewer.core.evaluation.diversity import Diversity, novel
from captionviewer.core.evaluation.photo_values import PhotoValues
from captionviewer.core.evaluation.scorecard import Difference, Row, Scorecard, countable
from captionviewer.core.evaluation.scored_photos import ScoredPhotos
from captionviewer.core.evaluation.weighted_progress import Report, WeightedProgress
from captionviewer.core.network.captioning_rnn import CaptioningRNN

ALL_ROWS: tuple[RowName, ...] = ("model", "nearest", "human", "commonest", "blind")
COUNTING, COMPARING, DRAWING = "Counting n-grams", "Comparing captions", "Drawing photos anew"


def make_scorecard(
    model: CaptioningRNN,
    photos: ScoredPhotos,
    decoding: Decoding | None = None,
    *,
    rows: Sequence[RowName] = ALL_ROWS,
    unknown_matches: bool = False,
    leave_one_out: bool = True,
    draws: int = DRAWS,
    seed: int = 0,
    stop: Callable[[], bool] = lambda: False,
    report: Report = lambda share, step: None,
) -> Scorecard | None:
    """Score a model's captions beside baselines.

    Parameters
    ----------
    model
        the network, which nobody changes meanwhile.
    photos
        which photos.
    decoding
        how the model writes its captions; greedily if None.
    rows
        which rows; the model's is always there, and first.
    unknown_matches
        whether a generated `<UNK>` counts as a word that can be right; then nonsense of `<UNK>`s scores well.
    leave_one_out
        False for scores against all of a photo's captions, without the human row: what pycocoevalcap says of
        the exported captions of a whole split.
    draws, seed
        of the intervals; 0 for none.
    stop, report
        asked and told every now and then, the latter with the share that is done and what is being done.

    Returns
    -------
    The table, or None if stopped.

    Raises
    ------
    DataError
        features can't be read.
    ValueError
        the model does not fit the data, or the decoding not the vocabulary.
    """
    decoding = decoding or Decoding()
    names = [
        name for name in ALL_ROWS if name == "model" or (name in rows and (leave_one_out or name != "human"))
    ]
    weights: dict[str, float] = {step: weight for name in names for step, weight in STEPS[name].items()}
    steps = WeightedProgress({**weights, COUNTING: 1, COMPARING: 0.5 * len(names), DRAWING: 1}, report)
    said: dict[RowName, RowCaptions] = {}
    for name in names:
        one = None if stop() else _say(name, model, photos, decoding, steps, stop)
        if one is None:
            return None
        said[name] = one
    steps.begin(COUNTING)
    scorer = Scorer(photos.references, document_frequencies(photos.dataset, photos.split))
    training = training_captions(photos.dataset).sentences
    rounds = list(photos.rounds) if leave_one_out else [ALL]
    progress = steps.begin(COMPARING)
    values: dict[RowName, PhotoValues] = {}
    for number, (name, one) in enumerate(said.items()):
        scores = _scores(scorer, one, rounds, photos.dataset.vocabulary, unknown_matches, stop)
        if scores is None:
            return None
        values[name] = PhotoValues(
            scores,
            np.stack([captions.lengths for captions in one.captions]),
            np.stack([novel(captions, training) for captions in one.captions]),
            one.nats,
            one.targets,
        )
        progress((number + 1) / len(said))
    steps.begin(DRAWING)
    made = _rows(said, values, photos.dataset.vocabulary, draws, seed, stop)
    if made is None:
        return None
    steps.end()
    return Scorecard(
        photos, made, decoding, unknown_matches, leave_one_out, draws, seed, scorer.frequencies
    )  # fmt: skip


def _say(
    name: RowName,
    model: CaptioningRNN,
    photos: ScoredPhotos,
    decoding: Decoding,
    steps: WeightedProgress,
    stop: Callable[[], bool],
) -> RowCaptions | None:
    if name == "model":
        return baselines.by_model(model, photos, decoding, steps, stop)
    if name == "nearest":
        return baselines.by_nearest_photo(photos, steps, stop)
    if name == "human":
        return baselines.by_humans(photos)
    if name == "commonest":
        return baselines.by_habit(photos)
    return baselines.by_blind_model(model, photos, decoding, steps, stop)


def _scores(
    scorer: Scorer,
    said: RowCaptions,
    rounds: Sequence[int],
    vocabulary: Vocabulary,
    unknown_matches: bool,
    stop: Callable[[], bool],
) -> CaptionScores | None:
    """The scores in every round, of the same captions in all or of others in each."""
    of_rounds = [rounds] if len(said.captions) == 1 else [[number] for number in rounds]
    found: list[CaptionScores] = []
    for captions, numbers in zip(said.captions, of_rounds, strict=True):
        scores = scorer.score(countable(captions, vocabulary, unknown_matches), numbers, stop)
        if scores is None:
            return None
        found.append(scores)
    return together(found)


def _rows(
    said: Mapping[RowName, RowCaptions],
    values: Mapping[RowName, PhotoValues],
    vocabulary: Vocabulary,
    draws: int,
    seed: int,
    stop: Callable[[], bool],
) -> tuple[Row, ...] | None:
    tables = {name: one.table for name, one in values.items()}
    drawn: dict[RowName, dict[str, FloatArray]] = {}
    if draws:
        # One draw of photos for all rows, so that a difference is that of the same photos.
        together_drawn = drawn_sums(
            np.concatenate(list(tables.values()), axis=1), draws, np.random.default_rng(seed), stop
        )
        if together_drawn is None:
            return None
        ends = np.cumsum([table.shape[1] for table in tables.values()])[:-1]
        for name, sums in zip(tables, np.split(together_drawn, ends, axis=1), strict=True):
            drawn[name] = PhotoValues.values(sums)
    whole = {
        name: {key: float(value) for key, value in PhotoValues.values(table.sum(axis=0)).items()}
        for name, table in tables.items()
    }
    made: list[Row] = []
    for name, one in said.items():
        varied = [Diversity.of(captions, vocabulary) for captions in one.captions]
        counted = {
            "distinct": float(np.mean([each.distinct for each in varied])),
            "words_used": float(np.mean([each.words_used for each in varied])),
            "div_2": float(np.mean([each.div_2 for each in varied])),
        }
        keys = [key for key in drawn.get(name, {}) if not np.isnan(whole[name][key])]
        compared = [] if name == "model" else [key for key in keys if key in drawn["model"]]
        made.append(
            Row(
                name=name,
                values={**whole[name], **counted},
                intervals={key: interval(drawn[name][key]) for key in keys},
                differences={
                    key: Difference(
                        whole[name][key] - whole["model"][key],
                        interval(drawn[name][key] - drawn["model"][key]),
                    )
                    for key in compared
                },
                of_photos=values[name].of_each(),
                captions=one.captions[0],
            )
        )
    return tuple(made)
