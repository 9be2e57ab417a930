"""Words and characters side by side: the same captions, clocks of their own, figures that can be checked."""

from collections.abc import Iterator

import numpy as np
import pytest

from captionviewer.core.characters.comparison import Comparison, LossPoint, Plan, Side, Written
from captionviewer.core.characters.figures import answers, figures
from captionviewer.core.characters.side_by_side import SideBySide
from captionviewer.core.coco.characters import in_characters
from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.coco.vocabulary import SPACE_SIGN, UNK, caption_text
from captionviewer.core.decoding.decoding import Decoding
from captionviewer.core.decoding.surprise import surprise
from captionviewer.core.evaluation.scored_photos import ScoredPhotos
from captionviewer.core.evaluation.scoring import make_scorecard
from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.core.network.captioning_solver import CaptioningSolver
from tests.coco_folder_writer import write_coco_folder

PLAN = Plan(
    cells=("rnn", "lstm"), steps=24, hidden_dim=24, wordvec_dim=10, batch_size=10, val_captions=30, photos=12,
    learning_rate=1e-2,
)  # fmt: skip


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CocoDataset]:
    with CocoDataset.open(write_coco_folder(tmp_path_factory.mktemp("c") / "data", photos=False)) as dataset:
        yield dataset


@pytest.fixture(scope="module")
def trained(words: CocoDataset) -> tuple[SideBySide, Comparison]:
    both = SideBySide(words, PLAN)
    comparison = both.run()
    assert comparison is not None
    return both, comparison


def test_words_end_as_a_solver_of_their_own_does(
    words: CocoDataset, trained: tuple[SideBySide, Comparison]
) -> None:
    rng = np.random.default_rng(PLAN.seed)
    alone = CaptioningRNN(words.vocabulary.word_to_idx, words.feature_dim, 10, 24, "rnn", rng=rng)
    rng = np.random.default_rng([PLAN.seed, 2])
    solver = CaptioningSolver(
        alone, words.training_data(), "adam", {"learning_rate": 1e-2}, lr_decay=PLAN.lr_decay, batch_size=10,
        verbose=False, rng=rng,
    )  # fmt: skip
    for _ in range(PLAN.steps):
        solver.step()
    model = trained[0].model("words", "rnn")
    for name, value in alone.params.items():
        np.testing.assert_allclose(model.params[name], value, atol=1e-5)


def test_both_draw_the_same_captions(words: CocoDataset, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: dict[int, list[list[str]]] = {}
    characters = in_characters(words)
    faces = {len(face.vocabulary): face.vocabulary for face in (words, characters)}
    right = CaptioningRNN.loss_into

    def noting(self: CaptioningRNN, features: object, captions: object, *more: object) -> float:
        vocabulary = faces[len(self.word_to_idx)]
        texts = [caption_text(row, vocabulary) for row in captions]  # type: ignore[attr-defined]
        drawn.setdefault(len(vocabulary), []).append(texts)
        return right(self, features, captions, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(CaptioningRNN, "loss_into", noting)
    monkeypatch.setattr("captionviewer.core.network.captioning_rnn._OURS", (CaptioningRNN.loss, noting))
    SideBySide(words, Plan(steps=3, hidden_dim=8, wordvec_dim=4, batch_size=6)).run()
    of_words, of_characters = drawn.values()
    assert len(of_words) == 3
    assert of_words == of_characters


def test_the_losses_are_the_surprises_of_whole_captions_without_unknown_words(
    words: CocoDataset, trained: tuple[SideBySide, Comparison]
) -> None:
    both, comparison = trained
    val = words.split("val")
    assert not (val.captions[both.rows] == words.vocabulary.unk).any()
    for side, face in zip(comparison.pair("lstm"), (words, in_characters(words)), strict=True):
        model = both.model(side.symbols, "lstm")
        here = face.split("val")
        each = [
            np.nansum(surprise(model, here.features.rows(here.image_idxs[[row]])[0], here.captions[row]))
            for row in both.rows
        ]
        assert side.points[-1].nats == pytest.approx(np.mean(each), rel=1e-5)
        assert side.points[-1].nats < side.points[0].nats
        assert [point.iteration for point in side.points[:4]] == [0, 1, 2, 4]


def test_scores_of_words_are_those_of_the_table_of_scores(
    words: CocoDataset, trained: tuple[SideBySide, Comparison]
) -> None:
    both, comparison = trained
    for cell in PLAN.cells:
        card = make_scorecard(
            both.model("words", cell),
            ScoredPhotos.drawn(words, "val", PLAN.photos, PLAN.seed),
            Decoding(max_length=words.caption_length - 1),
            rows=(),
            draws=0,
        )
        written = comparison.pair(cell)[0].written
        assert card is not None and written is not None
        assert written.bleu_4 == pytest.approx(card.row("model").values["bleu_4"])
        assert written.cider_d == pytest.approx(card.row("model").values["cider_d"])


def test_what_is_counted_is_what_is_there(words: CocoDataset, trained: tuple[SideBySide, Comparison]) -> None:
    _, comparison = trained
    of_words, of_characters = comparison.pair("rnn")
    train = [caption_text(row, words.vocabulary) for row in words.split("train").captions]
    assert of_words.most_steps == max(len(text.split()) for text in train) + 1
    plain = [text.replace(UNK, "?") for text in train]
    assert of_characters.most_steps == max(map(len, plain)) + 1
    assert of_characters.mean_steps == pytest.approx(np.mean([len(text) + 1 for text in plain]))
    assert of_words.with_unknown == np.mean([UNK in text for text in train]) > 0
    assert sum(of_words.parameters.values()) == 24 * (words.feature_dim + 2 + 10 + 24) + len(
        words.vocabulary
    ) * (10 + 24 + 1)
    assert of_words.memory_bytes > 16 * sum(of_words.parameters.values())
    for side in comparison.sides:
        assert len(side.step_seconds) == PLAN.steps and side.written is not None
        assert len(side.written.captions) == len(comparison.people) == comparison.scored_photos == PLAN.photos
    written = of_words.written
    assert written is not None and written.invented == ()
    invented = {
        word
        for text in of_characters.written.captions
        for word in text.split()
        if word not in words.vocabulary.word_to_idx and UNK not in word
    }
    assert of_characters.written.invented == tuple(sorted(invented))


def test_a_word_in_which_a_character_is_unknown_is_not_called_invented(
    words: CocoDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = SideBySide(words, PLAN)
    written_by = next(one for one in both._running if one.side.symbols == "characters")
    index = written_by.dataset.vocabulary.word_to_idx
    ids = [index[each] for each in (UNK, "s", SPACE_SIGN, "a", "a", "a", SPACE_SIGN, "a", "<END>")]
    monkeypatch.setattr(
        "captionviewer.core.characters.side_by_side.caption_photos",
        lambda _model, features, *_args, **_named: np.tile(ids, (len(features), 1)),
    )
    written = both._write(written_by, lambda: False)
    assert written is not None and written.captions[0] == f"{UNK}s aaa a"
    assert written.invented == ("aaa",) and written.different_words == 2 and written.with_unknown == 1.0


def test_a_stopped_comparison_gives_nothing_and_has_reported_what_it_had(words: CocoDataset) -> None:
    seen: list[Comparison] = []
    both = SideBySide(words, Plan(steps=1000, hidden_dim=8, wordvec_dim=4, batch_size=6))
    assert both.run(stop=lambda: bool(seen), report=seen.append) is None
    assert len(seen) == 1 and not seen[0].ended and answers(seen[0]) == []
    assert "…" in {figure.title: figure for figure in figures(seen[0])}["CIDEr-D"].cells


def test_data_of_which_every_val_caption_has_an_unknown_word_is_refused_in_words(
    words: CocoDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(words.split("val").__dict__, "unknown_counts", np.ones(5, np.int32))
    with pytest.raises(ValueError, match="Every caption of val holds <UNK>"):
        SideBySide(words, PLAN)


# ---- the sentences ---------------------------------------------------------------------------------


def side(symbols: str, **changes: object) -> Side:
    said = Written(("a cat",), 2, (), (), 0.0, 0.2, 0.5)
    given = {
        "symbols": symbols, "cell": "rnn", "vocabulary_size": 300 if symbols == "words" else 30,
        "mean_steps": 10.0 if symbols == "words" else 40.0, "most_steps": 80, "with_unknown": 0.02,
        "parameters": {"W_embed": 100, "W_vocab": 100, "b_vocab": 10, "Wh": 50},
        "step_seconds": (1.0, 0.02, 0.02),
        "points": (LossPoint(0, 0.0, 90.0), LossPoint(3, 1.04, 20.0 if symbols == "words" else 30.0)),
        "memory_bytes": 1000, "written": said,
    }  # fmt: skip
    return Side(**{**given, **changes})  # type: ignore[arg-type]


def comparison_of(*sides: Side, full_texts: bool = True) -> Comparison:
    return Comparison(Plan(steps=3), sides, 5, 5, (), full_texts, ended=True)


def test_the_sentences_hold_this_runs_numbers_and_claim_nothing_that_it_does_not_show() -> None:
    spelled = Written(("a xat",), 7, ("xat",), ("blissful",), 0.0, 0.1, 0.3)
    advantage, disadvantage = answers(comparison_of(side("words"), side("characters", written=spelled)))
    assert "30 symbols in place of 300" in advantage and "2.0 %" in advantage and "blissful" in advantage
    assert "40.0 timesteps" in disadvantage and "4.0 times" in disadvantage and "30.0 nats" in disadvantage
    assert "1 is invented: xat" in disadvantage and "not behind" not in disadvantage
    better = (LossPoint(0, 0.0, 90.0), LossPoint(3, 1.0, 10.0))
    advantage, disadvantage = answers(comparison_of(side("words"), side("characters", points=better)))
    assert "not behind in nats" in disadvantage and "describe worse" not in disadvantage
    assert "wrote none" in advantage
    advantage, _ = answers(comparison_of(side("words"), side("characters"), full_texts=False))
    assert "keeps no letters" in advantage
    advantage, _ = answers(comparison_of(side("words", with_unknown=0.0), side("characters")))
    assert "nothing is gained" in advantage


def test_the_common_loss_is_the_lowest_that_all_have_reached() -> None:
    both = comparison_of(side("words"), side("characters"))
    assert both.common_loss == 30.0
    rows = {figure.title: figure for figure in figures(both)}
    assert rows["Seconds until 30.00 nats a caption"].cells == ("1.0", "1.0")
    assert comparison_of(side("words", points=()), side("characters")).common_loss is None


@pytest.mark.parametrize("change", [{"steps": 0}, {"photos": 0}, {"cells": ()}, {"cells": ("rnn", "rnn")}])
def test_a_plan_that_can_not_be_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"at least 1|different"):
        Plan(**change)  # type: ignore[arg-type]
