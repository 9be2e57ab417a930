"""The table of scores: what each row is, what it is held against, and how it is said to be made.

(Past 400 lines: the rows of one table, which one costly scoring fills.)
"""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.coco.vocabulary import caption_text, caption_words
from captionviewer.core.decoding.decoding import Decoding
from captionviewer.core.evaluation import baselines
from captionviewer.core.evaluation.caption_scores import Scorer
from captionviewer.core.evaluation.metrics import METRICS, OF_PHOTOS
from captionviewer.core.evaluation.results import coco_results, image_id, photos_csv, scores_csv
from captionviewer.core.evaluation.scorecard import Scorecard
from captionviewer.core.evaluation.scored_photos import NothingToScoreError, ScoredPhotos
from captionviewer.core.evaluation.scoring import make_scorecard
from captionviewer.core.evaluation.sentences import Sentences
from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.core.network.captioning_solver import CaptioningSolver
from tests.coco_folder_writer import write_coco_folder
from tests.core.evaluation.corpora import Corpus, scores_of


@pytest.fixture(scope="module")
def data(coco_folder: Path) -> Iterator[CocoDataset]:
    with CocoDataset.open(coco_folder) as opened:
        yield opened


@pytest.fixture(scope="module")
def model(data: CocoDataset) -> CaptioningRNN:
    """A small model, trained for long enough that its captions differ and end."""
    rng = np.random.default_rng(0)
    made = CaptioningRNN(data.vocabulary.word_to_idx, data.feature_dim, 32, 64, "lstm", rng=rng)
    solver = CaptioningSolver(
        made, data.training_data(), "adam", {"learning_rate": 1e-2}, batch_size=50, verbose=False, rng=rng
    )
    for _ in range(40):
        solver.step()
    return made


@pytest.fixture(scope="module")
def card(model: CaptioningRNN, data: CocoDataset) -> Scorecard:
    made = make_scorecard(model, ScoredPhotos.of(data, "val"), Decoding(max_length=16), draws=300)
    assert made is not None
    return made


def words_of(data: CocoDataset, split: Any, rows: Any) -> list[list[str]]:
    return [caption_words(data.split(split).captions[row], data.vocabulary) for row in rows]


def test_every_row_has_every_score_and_an_interval_around_it(card: Scorecard) -> None:
    assert [row.name for row in card.rows] == ["model", "nearest", "human", "commonest", "blind"]
    for row in card.rows:
        assert row.title and row.explanation
        for metric in METRICS:
            value = row.values[metric.key]
            if metric.key == "nats_a_word" and row.name not in ("model", "blind"):
                assert np.isnan(value) and metric.key not in row.intervals
                continue
            assert np.isfinite(value)
            assert (metric.key in row.intervals) == metric.of_photos
            if metric.of_photos:
                assert row.intervals[metric.key].low <= value + 1e-9
                assert value <= row.intervals[metric.key].high + 1e-9
                assert row.of_photos[metric.key].shape == (len(card.photos),)


def test_the_models_captions_are_what_it_samples_and_its_nats_its_loss(
    card: Scorecard, model: CaptioningRNN, data: CocoDataset
) -> None:
    row, rows = card.row("model"), card.photos.rows
    expected = [
        caption_text(c, data.vocabulary) for c in model.sample(data.split("val").features.rows(rows), 16)
    ]
    assert [row.captions.text(i, data.vocabulary) for i in range(len(rows))] == expected
    kept = np.isin(data.split("val").image_idxs, rows)
    captions, owners = data.split("val").captions[kept], data.split("val").image_idxs[kept]
    loss, _ = model.loss(data.split("val").features.rows(owners), captions)
    words = np.count_nonzero(captions[:, 1:] != data.vocabulary.null)
    assert row.values["nats_a_word"] == pytest.approx(loss * len(captions) / words, rel=1e-5)


def test_scores_against_all_captions_are_those_of_the_captions_alone(
    model: CaptioningRNN, data: CocoDataset
) -> None:
    photos = ScoredPhotos.of(data, "val")
    whole = make_scorecard(model, photos, leave_one_out=False, unknown_matches=True, draws=0)
    assert whole is not None
    rows = [data.split("val").record(int(row)) for row in photos.rows]
    assert len(rows) == data.split("val").num_photos  # so that the frequencies are those of the references
    corpus = Corpus(
        [row.split() for row in (caption_text(c, data.vocabulary) for c in model.sample(photos.features()))],
        [words_of(data, "val", record.caption_rows) for record in rows],
    )
    expected, found = scores_of(corpus), whole.row("model").values
    assert [found[f"bleu_{n}"] for n in (1, 2, 3, 4)] == pytest.approx(expected.bleu[0].tolist(), abs=1e-12)
    assert found["rouge_l"] == pytest.approx(expected.own["rouge_l"].mean(), abs=1e-12)
    assert found["cider_d"] == pytest.approx(expected.own["cider_d"].mean(), abs=1e-12)
    assert [row.name for row in whole.rows] == ["model", "nearest", "commonest", "blind"]
    assert "against all of a photo's" in whole.made and "Intervals" not in whole.made


def test_one_human_is_each_caption_in_turn_against_the_others(card: Scorecard, data: CocoDataset) -> None:
    bleu, rouge, cider = [], [], []
    for number in range(5):
        captions, references = [], []
        for row in card.photos.rows:
            told = words_of(data, "val", data.split("val").record(int(row)).caption_rows)
            captions.append(told.pop(number % len(told)))
            references.append(told)
        ids = data.vocabulary.word_to_idx
        from captionviewer.core.evaluation.sentences import References

        scorer = Scorer(
            References(
                Sentences.of_words([one for photo in references for one in photo], ids),
                np.array([len(photo) for photo in references]),
            ),
            card.frequencies,
        )
        said = Sentences.of_words(captions, ids).with_word(data.vocabulary.unk, len(ids))
        scores = scorer.score(said)
        assert scores is not None
        bleu.append(scores.bleu[0, 3])
        rouge.append(scores.own["rouge_l"].mean())
        cider.append(scores.own["cider_d"].mean())
    human = card.row("human").values
    assert human["bleu_4"] == pytest.approx(np.mean(bleu), abs=1e-12)
    assert human["rouge_l"] == pytest.approx(np.mean(rouge), abs=1e-12)
    assert human["cider_d"] == pytest.approx(np.mean(cider), abs=1e-12)


def test_a_model_that_says_a_persons_words_scores_as_that_person(
    card: Scorecard, model: CaptioningRNN, data: CocoDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Against the same references, that is: with one reference more it would score higher."""
    photos = card.photos

    def said_by_people(*_: Any) -> baselines.RowCaptions:
        human = baselines.by_humans(photos)
        return baselines.RowCaptions(human.captions, np.ones(len(photos)), np.ones(len(photos), np.int64))

    monkeypatch.setattr(baselines, "by_model", said_by_people)
    found = make_scorecard(model, photos, rows=("human",), draws=50)
    assert found is not None
    for key, difference in found.row("human").differences.items():
        of_all = [difference.value, difference.interval.low, difference.interval.high]
        assert of_all == pytest.approx([0, 0, 0], abs=1e-12), key
        assert difference.interval.includes_zero


def test_the_nearest_photos_caption_is_one_of_the_training_photo_most_alike(
    card: Scorecard, data: CocoDataset
) -> None:
    row = card.row("nearest")
    for i, photo in enumerate(card.photos.rows.tolist()):
        found = data.nearest_photos("val", photo, "train", count=1)
        assert found is not None
        rows = data.split("train").record(int(found.rows[0])).caption_rows
        expected = caption_text(data.split("train").captions[rows[i % len(rows)]], data.vocabulary)
        assert row.captions.text(i, data.vocabulary) == expected
    assert row.values["novel"] == 0


def test_in_the_train_split_a_photo_is_not_its_own_nearest(model: CaptioningRNN, data: CocoDataset) -> None:
    made = make_scorecard(model, ScoredPhotos.of(data, "train", np.arange(9)), rows=("nearest",), draws=0)
    assert made is not None
    for i, photo in enumerate(made.photos.rows.tolist()):
        own = words_of(data, "train", data.split("train").record(photo).caption_rows)
        assert made.row("nearest").captions.text(i, data.vocabulary).split() not in own


def test_the_commonest_caption_is_said_of_every_photo(card: Scorecard, data: CocoDataset) -> None:
    texts = [caption_text(row, data.vocabulary) for row in data.split("train").captions]
    most = max(texts.count(text) for text in set(texts))
    expected = next(text for text in texts if texts.count(text) == most)
    row = card.row("commonest")
    assert {row.captions.text(i, data.vocabulary) for i in range(len(card.photos))} == {expected}
    assert row.values["distinct"] == 1 and row.values["novel"] == 0


def test_without_its_photos_a_model_says_one_thing_and_is_more_surprised(
    card: Scorecard, model: CaptioningRNN, data: CocoDataset
) -> None:
    blind = card.row("blind")
    nothing = model.sample(np.zeros((1, data.feature_dim), np.float32), 16)[0]
    assert blind.captions.text(5, data.vocabulary) == caption_text(nothing, data.vocabulary)
    assert blind.values["distinct"] == 1
    kept = np.isin(data.split("val").image_idxs, card.photos.rows)
    captions = data.split("val").captions[kept]
    loss, _ = model.loss(np.zeros((len(captions), data.feature_dim), np.float32), captions)
    words = np.count_nonzero(captions[:, 1:] != data.vocabulary.null)
    assert blind.values["nats_a_word"] == pytest.approx(loss * len(captions) / words, rel=1e-5)


def test_drawn_by_chance_a_blind_models_captions_differ(model: CaptioningRNN, data: CocoDataset) -> None:
    made = make_scorecard(
        model, ScoredPhotos.of(data, "val"), Decoding("sample", max_length=8), rows=("blind",), draws=0
    )
    assert made is not None and made.row("blind").values["distinct"] > 10
    assert "sampled at temperature 1, seed 0" in made.made


def test_a_generated_unknown_word_matches_nothing_unless_that_is_asked_for(
    card: Scorecard, model: CaptioningRNN, data: CocoDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    photos = card.photos
    nonsense = Sentences.of_words(
        [["a", "<UNK>", "of", "a", "<UNK>", "with", "a", "<UNK>"]], data.vocabulary.word_to_idx
    )
    everywhere = nonsense[np.zeros(len(photos), np.int64)]
    monkeypatch.setattr(baselines, "by_model", lambda *_: baselines.RowCaptions((everywhere,)))
    strict = make_scorecard(model, photos, rows=(), draws=0)
    free = make_scorecard(model, photos, rows=(), draws=0, unknown_matches=True)
    assert strict is not None and free is not None
    a, b = strict.row("model"), free.row("model")
    assert a.values["bleu_1"] < b.values["bleu_1"] and a.values["cider_d"] < b.values["cider_d"]
    assert a.captions.text(0, data.vocabulary) == "a <UNK> of a <UNK> with a <UNK>"  # as it was said
    assert "<UNK> matches nothing" in strict.made and "<UNK> counts as a word" in free.made
    unknown = 1
    assert not any(match.start == unknown for match in strict.matches("model", 0))
    some = [
        photo for photo in range(len(photos)) if any(m.start == unknown for m in free.matches("model", photo))
    ]
    assert some
    assert a.values["words_used"] == 3


def test_ciders_frequencies_are_the_whole_splits_also_for_a_few_photos(
    card: Scorecard, model: CaptioningRNN, data: CocoDataset
) -> None:
    few = make_scorecard(
        model, ScoredPhotos.of(data, "val", np.array([3, 5, 8])), Decoding(max_length=16), draws=0
    )
    assert few is not None and few.frequencies.num_photos == data.split("val").num_photos
    places = np.searchsorted(card.photos.rows, [3, 5, 8])
    for row in ("model", "human", "blind"):
        np.testing.assert_allclose(
            few.row(row).of_photos["cider_d"], card.row(row).of_photos["cider_d"][places], rtol=1e-12
        )


def test_the_same_seed_gives_the_same_table_and_nothing_else_is_touched(
    card: Scorecard, model: CaptioningRNN, data: CocoDataset
) -> None:
    np.random.seed(3)
    before = np.random.get_state(legacy=False)["state"]["key"].copy()
    values = {name: value.copy() for name, value in model.params.items()}
    again = make_scorecard(model, ScoredPhotos.of(data, "val"), Decoding(max_length=16), draws=300)
    assert again is not None
    for one, other in zip(card.rows, again.rows, strict=True):
        assert one.intervals == other.intervals and one.differences == other.differences
    np.testing.assert_array_equal(np.random.get_state(legacy=False)["state"]["key"], before)
    assert all((model.params[name] == value).all() for name, value in values.items())


def test_the_photos_of_the_worst_scores_come_first(card: Scorecard) -> None:
    row = card.row("model")
    for metric, falling in (("cider_d", False), ("nats_a_word", True)):
        values = row.of_photos[metric][row.worst(metric)]
        assert (np.diff(values) <= 0).all() if falling else (np.diff(values) >= 0).all()
    assert len(row.worst("cider_d", 3)) == 3


def test_the_matching_words_of_a_caption_are_named_with_their_places_and_weight(
    card: Scorecard, data: CocoDataset
) -> None:
    for name in ("model", "human"):
        for photo in range(10):
            said = card.row(name).captions.text(photo, data.vocabulary).split()
            told = card.references(photo)
            sentences = [told.text(i, data.vocabulary).split() for i in range(len(told))]
            found = card.matches(name, photo)
            for match in found:
                ngram = said[match.start : match.start + match.n]
                assert match.places and match.weight >= 0
                for number, start in match.places:
                    assert sentences[number][start : start + match.n] == ngram
                    assert not (name == "human" and number == 0)
            words = {match.start for match in found if match.n == 1}
            others = sentences[1:] if name == "human" else sentences
            assert words == {
                i for i, word in enumerate(said) if word != "<UNK>" and any(word in one for one in others)
            }


def test_a_table_says_how_it_was_made(card: Scorecard, data: CocoDataset) -> None:
    counts = data.split("val").captions_per_image
    range_of = f"{counts.min()} to {counts.max()}"
    for part in (
        f"{len(counts)} photos of val",
        f"all but one of a photo's {range_of} captions",
        f"weighted by all {len(counts)} photos",
        "greedy, 16 words at most",
        "95 % of 300 draws",
        "Papers' figures are made otherwise",
    ):
        assert part in card.made


def test_the_same_caption_for_nearly_every_photo_is_noticed(
    card: Scorecard, model: CaptioningRNN, data: CocoDataset
) -> None:
    assert card.few_distinct == (card.row("model").values["distinct"] < 0.1 * len(card.photos))
    silent = model.copy()
    silent.params["b_vocab"][data.vocabulary.end] = 1e3
    made = make_scorecard(silent, card.photos, rows=(), draws=0)
    assert made is not None and made.few_distinct
    assert made.row("model").values["bleu_4"] == 0 and made.row("model").values["mean_length"] == 0


def test_it_says_how_far_it_is_and_ends_whenever_it_is_told_to(card: Scorecard, model: CaptioningRNN) -> None:
    said: list[tuple[float, str]] = []
    asked, few = 0, ScoredPhotos.of(card.photos.dataset, "val", np.arange(6))

    def never() -> bool:
        nonlocal asked
        asked += 1
        return False

    def run(stop: Any, report: Any) -> Scorecard | None:
        return make_scorecard(model, few, draws=20, stop=stop, report=report)

    assert run(never, lambda share, step: said.append((share, step))) is not None
    shares = [share for share, _ in said]
    assert shares == sorted(shares) and shares[0] == 0 and shares[-1] == 1
    assert len({step for _, step in said}) > 5
    for last in range(asked):
        times = iter(range(asked))
        assert run(lambda: next(times) == last, lambda *_: None) is None  # noqa: B023


def test_the_table_as_csv_holds_every_number_and_how_it_was_made(card: Scorecard) -> None:
    lines = list(csv.reader(io.StringIO(scores_csv(card))))
    header = lines[0]
    assert len(lines) == 1 + 5 + 1 and lines[-1] == [card.made]
    for row, cells in zip(card.rows, lines[1:-1], strict=True):
        by_name = dict(zip(header, cells, strict=True))
        assert by_name["row"] == row.title
        for metric in METRICS:
            if np.isnan(row.values[metric.key]):
                assert by_name[metric.title] == ""
                continue
            assert float(by_name[metric.title]) == pytest.approx(row.values[metric.key], rel=1e-5)
            if metric.of_photos:
                low = row.intervals[metric.key].low
                assert float(by_name[f"{metric.title} low"]) == pytest.approx(low, rel=1e-5)
    photos = list(csv.reader(io.StringIO(photos_csv(card))))
    assert len(photos) == 1 + 5 * len(card.photos) and len(photos[0]) == 2 + len(OF_PHOTOS) + 1


def test_captions_are_written_as_coco_reads_them(card: Scorecard, data: CocoDataset) -> None:
    row = card.row("model")
    results = json.loads(coco_results(data, "val", card.photos.rows.tolist(), row.captions))
    assert len(results) == len(card.photos)
    for i, result in enumerate(results):
        record = data.split("val").record(int(card.photos.rows[i]))
        assert record.file_name is not None and f"{result['image_id']:012d}" in record.file_name
        assert result["caption"] == row.captions.text(i, data.vocabulary)
    assert len({result["image_id"] for result in results}) == len(results)


def test_a_photos_id_is_the_number_in_its_name_or_its_row_where_it_has_none(data: CocoDataset) -> None:
    from dataclasses import replace

    record = data.split("val").record(7)
    for name, number in (
        ("val2014/COCO_val2014_000000229358.jpg", 229358),
        ("val2014/STORYBOOK_val2014_000000000012.png", 12),
        (None, 7),
        ("val2014/somebody.jpg", 7),
    ):
        assert image_id(replace(record, file_name=name)) == number


def test_photos_with_fewer_than_two_captions_are_left_out_and_counted(tmp_path: Path) -> None:
    import h5py

    folder = write_coco_folder(tmp_path / "coco", photos=False)
    with h5py.File(folder / "coco2014_captions.h5", "r+") as file:
        owners = file["val_image_idxs"][:]
        owners[owners == 2] = 3
        owners[np.flatnonzero(owners == 4)[1:]] = 5
        file["val_image_idxs"][:] = owners
    with CocoDataset.open(folder) as opened:
        every = ScoredPhotos.of(opened, "val")
        assert every.left_out == 2 and not np.isin([2, 4], every.rows).any()
        model = CaptioningRNN(opened.vocabulary.word_to_idx, opened.feature_dim, 4, 5)
        made = make_scorecard(model, every, draws=10)
        assert made is not None and "(2 with fewer than two captions were left out)" in made.made
        with pytest.raises(NothingToScoreError, match="None of the 2 photos of val"):
            ScoredPhotos.of(opened, "val", np.array([2, 4]))
        with pytest.raises(IndexError):
            ScoredPhotos.of(opened, "val", np.array([opened.split("val").num_photos]))


def test_photos_are_drawn_by_a_seed(data: CocoDataset) -> None:
    some, same = ScoredPhotos.drawn(data, "val", 20, 3), ScoredPhotos.drawn(data, "val", 20, 3)
    assert some.rows.tolist() == same.rows.tolist() == sorted(set(some.rows.tolist())) and len(some) == 20
    assert ScoredPhotos.drawn(data, "val", 20, 4).rows.tolist() != some.rows.tolist()
    assert len(ScoredPhotos.drawn(data, "val", 10**6)) == len(ScoredPhotos.of(data, "val"))


def test_a_model_that_does_not_fit_the_data_is_refused(data: CocoDataset) -> None:
    other = CaptioningRNN(data.vocabulary.word_to_idx, data.feature_dim + 1, 4, 5)
    with pytest.raises(ValueError, match="features"):
        make_scorecard(other, ScoredPhotos.of(data, "val"))
