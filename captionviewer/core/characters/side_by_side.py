"""Training words and characters side by side: a step of each in turn, from the same captions.

All draw their minibatches by the same seed, so that a step of each is about the same captions. The clock of a
side runs during its own steps only. The losses on val are those of whole captions, for those of val's that
have no `<UNK>`: of a caption that has one, words are asked for less than characters.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from captionviewer.core.arrays import FloatArray, IntArray
from captionviewer.core.characters.comparison import Comparison, LossPoint, Plan, Side, Symbols, Written
from captionviewer.core.coco.characters import in_characters, no_texts
from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.coco.vocabulary import SPECIAL_WORDS, UNK, caption_text
from captionviewer.core.decoding.caption_photos import caption_photos
from captionviewer.core.decoding.decoding import LONGEST_CAPTION, Decoding
from captionviewer.core.evaluation.caption_scores import Scorer
from captionviewer.core.evaluation.dataset_captions import document_frequencies
from captionviewer.core.evaluation.scorecard import countable
from captionviewer.core.evaluation.scored_photos import NothingToScoreError, ScoredPhotos
from captionviewer.core.evaluation.sentences import Sentences
from captionviewer.core.network.caption_losses import caption_losses
from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.core.network.captioning_solver import CaptioningSolver
from captionviewer.core.network.cells import CellType
from captionviewer.core.network.library_threads import one_library_thread
from captionviewer.core.storybook.full_texts import known_texts_of

POINTS = 20  # losses on val over a training, the untrained network's aside
_REPORT_S = 0.1
_FIRST_ITERATIONS = (1, 2, 4, 8)  # there the loss falls fastest


@dataclass
class _Running:
    """A side's network, and where its captions are."""

    side: Side
    dataset: CocoDataset
    model: CaptioningRNN
    solver: CaptioningSolver[CaptioningRNN]


class SideBySide:
    """Two networks a cell, ready to be trained.

    `rows` are the captions of val that losses are measured on.

    Raises
    ------
    DataError
        Features can't be read.
    NothingToScoreError
        No photo of val has two captions, or every caption of val has `<UNK>`.
    """

    def __init__(self, dataset: CocoDataset, plan: Plan) -> None:
        self._plan, self._words = plan, dataset
        self._told = known_texts_of(dataset)
        characters = in_characters(dataset, self._told)
        self._photos = ScoredPhotos.drawn(dataset, "val", plan.photos, plan.seed)
        references = self._photos.references
        self._people = tuple(
            references.sentences.text(int(row), dataset.vocabulary) for row in references.begins[:-1]
        )
        self.rows = self._draw_captions()
        images, self._owners = np.unique(dataset.split("val").image_idxs[self.rows], return_inverse=True)
        self._features: FloatArray = dataset.split("val").features.rows(images)
        faces: tuple[tuple[Symbols, CocoDataset], ...] = (("words", dataset), ("characters", characters))
        self._running = [self._begin(symbols, face, cell) for cell in plan.cells for symbols, face in faces]

    def _draw_captions(self) -> IntArray:
        val = self._words.split("val")
        rng = np.random.default_rng([self._plan.seed, 1])
        whole = np.flatnonzero(val.unknown_counts == 0)
        if not len(whole):
            raise NothingToScoreError(f"Every caption of val holds {UNK}: there is none that both can write.")
        drawn: IntArray = np.sort(rng.permutation(whole)[: self._plan.val_captions])
        return drawn

    def _begin(self, symbols: Symbols, face: CocoDataset, cell: CellType) -> _Running:
        plan, train = self._plan, face.split("train")
        model = CaptioningRNN(
            face.vocabulary.word_to_idx,
            face.feature_dim,
            plan.wordvec_dim,
            plan.hidden_dim,
            cell,
            rng=np.random.default_rng(plan.seed),
        )
        solver = CaptioningSolver(
            model,
            face.training_data(),
            "adam",
            {"learning_rate": plan.learning_rate},
            lr_decay=plan.lr_decay,
            batch_size=plan.batch_size,
            num_epochs=plan.steps,  # more than enough: the plan counts the steps
            verbose=False,
            rng=np.random.default_rng([plan.seed, 2]),
        )
        steps = (train.captions[:, 1:] != face.vocabulary.null).sum(axis=1)
        side = Side(
            symbols,
            cell,
            len(face.vocabulary),
            float(steps.mean()),
            int(steps.max()),
            float((train.unknown_counts > 0).mean()),
            {name: int(value.size) for name, value in model.params.items()},
        )
        return _Running(side, face, model, solver)

    def model(self, symbols: Symbols, cell: CellType) -> CaptioningRNN:
        """A side's network, which is changed while it trains.  StopIteration if the plan has it not."""
        return next(
            one.model for one in self._running if (one.side.symbols, one.side.cell) == (symbols, cell)
        )

    @property
    def comparison(self) -> Comparison:
        """All that has been measured so far."""
        return Comparison(
            self._plan,
            tuple(one.side for one in self._running),
            len(self._photos),
            len(self.rows),
            self._people,
            self._told is not no_texts,
            all(one.side.written is not None for one in self._running),
        )

    def run(
        self,
        *,
        stop: Callable[[], bool] = lambda: False,
        report: Callable[[Comparison], object] = lambda _: None,
    ) -> Comparison | None:
        """Train all to the end and let them write; once only.

        Parameters
        ----------
        stop, report
            Asked between steps, and told what has been measured, ten times a second at most.

        Returns
        -------
        What was measured; None if stopped.
        """
        due = set(self._measured_at())
        told = 0.0
        with one_library_thread():
            for one in self._running:
                self._measure(one)
            for iteration in range(1, self._plan.steps + 1):
                for one in self._running:
                    if stop():
                        return None
                    began = time.perf_counter()
                    one.solver.step()
                    took = time.perf_counter() - began
                    one.side = replace(one.side, step_seconds=(*one.side.step_seconds, took))
                    if iteration in due:
                        self._measure(one)
                    if time.monotonic() >= told + _REPORT_S:
                        report(self.comparison)
                        told = time.monotonic()
        for one in self._running:
            written = self._write(one, stop)
            if written is None:
                return None
            one.side = replace(one.side, written=written)
            report(self.comparison)
        return self.comparison

    def _measured_at(self) -> Iterator[int]:
        steps = self._plan.steps
        yield from (each for each in _FIRST_ITERATIONS if each < steps)
        yield from (round(steps * n / POINTS) for n in range(1, POINTS + 1))

    def _measure(self, one: _Running) -> None:
        captions = one.dataset.split("val").captions[self.rows]
        found = caption_losses(one.model, self._features, captions, self._owners)
        assert found is not None  # nothing stops it
        point = LossPoint(one.solver.iteration, one.side.seconds, float(found[0].mean()))
        of_parameters = 4 * sum(value.nbytes for value in one.model.params.values())
        one.side = replace(
            one.side,
            points=(*one.side.points, point),
            memory_bytes=of_parameters + one.model.workspace_bytes,
        )

    def _write(self, one: _Running, stop: Callable[[], bool]) -> Written | None:
        """Caption the photos greedily, and score the words."""
        words = self._words.vocabulary
        longest = min(one.dataset.caption_length - 1, LONGEST_CAPTION)
        ids = caption_photos(one.model, self._photos.features(), Decoding(max_length=longest), stop=stop)
        if ids is None:
            return None
        texts = tuple(caption_text(row, one.dataset.vocabulary) for row in ids)
        said = [text.split() for text in texts]
        known = dict(words.word_to_idx)
        # After the vocabulary's ids, and one that stands for <UNK> where captions are scored.
        for word in sorted({word for sentence in said for word in sentence} - set(known)):
            known[word] = len(known) + 1
        captions = countable(Sentences.of_words(said, known), words, unknown_matches=False)
        scorer = Scorer(
            self._photos.references, document_frequencies(self._photos.dataset, self._photos.split)
        )
        scores = scorer.score(captions, list(self._photos.rounds), stop)
        if scores is None:
            return None
        # No word is one in which `<UNK>` stands for a character.
        different = {word for sentence in said for word in sentence if UNK not in word} - set(SPECIAL_WORDS)
        rare = self._rare_words
        return Written(
            texts,
            len(different),
            tuple(sorted(different - set(words.word_to_idx) - rare)),
            tuple(sorted(different & rare)),
            sum(UNK in text for text in texts) / len(texts),
            float(scores.bleu[:, 3].mean()),
            float(scores.own["cider_d"].mean()),
        )

    @cached_property
    def _rare_words(self) -> set[str]:
        """Words of training captions that the vocabulary has only as `<UNK>`, as far as they are known."""
        rows = np.flatnonzero(self._words.split("train").unknown_counts)
        told = self._told("train", rows).values()
        return {word for text in told for word in text.split()} - set(self._words.vocabulary.word_to_idx)
