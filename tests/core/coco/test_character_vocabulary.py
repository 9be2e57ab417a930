"""A data set in characters: nothing of a text is lost, and all that takes words takes them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from captionviewer.core.coco.characters import character_vocabulary, in_characters, spelled
from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.coco.folder_layout import SPLITS, features_file
from captionviewer.core.coco.vocabulary import SPECIAL_WORDS, UNK, Vocabulary, caption_text
from captionviewer.core.decoding.beam_search import beam_search
from captionviewer.core.decoding.caption_photos import caption_photos
from captionviewer.core.decoding.decoding import Decoding
from captionviewer.core.decoding.exact_search import exact_search
from captionviewer.core.decoding.surprise import surprise_of
from captionviewer.core.evaluation.scored_photos import ScoredPhotos
from captionviewer.core.evaluation.scoring import make_scorecard
from captionviewer.core.inspection.states import trace_states
from captionviewer.core.network import optim
from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.core.network.captioning_solver import CaptioningSolver
from captionviewer.core.network.layers import lstm_forward, rnn_forward, word_embedding_forward
from captionviewer.core.storybook.build import write_texts
from captionviewer.core.storybook.full_texts import full_texts_of, is_storybook
from captionviewer.core.storybook.shipped import features_content
from tests.coco_folder_writer import write_coco_folder
from tests.core.network.caption_cases import distance


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CocoDataset]:
    with CocoDataset.open(write_coco_folder(tmp_path_factory.mktemp("c") / "data", photos=False)) as dataset:
        yield dataset


@pytest.fixture(scope="module")
def characters(words: CocoDataset) -> CocoDataset:
    return in_characters(words)


@pytest.mark.parametrize("seed", range(20))
def test_text_to_characters_to_text_is_the_identity(seed: int) -> None:
    rng = np.random.default_rng(seed)
    alphabet = list("abcxyzé'-漢 1")
    some = ["".join(rng.choice(alphabet, size=rng.integers(1, 9))) for _ in range(30)]
    vocabulary = character_vocabulary(Vocabulary.from_words([*SPECIAL_WORDS, *dict.fromkeys(some)]))
    for _ in range(30):
        text = " ".join(rng.choice([*some, UNK], size=rng.integers(0, 12)))
        ids = spelled(text, vocabulary)
        row = np.array([vocabulary.start, *ids, vocabulary.end, vocabulary.null, vocabulary.null])
        assert caption_text(row, vocabulary) == text


def test_every_caption_reads_as_it_did_in_words(words: CocoDataset, characters: CocoDataset) -> None:
    for split in SPLITS:
        ours, theirs = words.split(split), characters.split(split)
        assert (theirs.image_idxs == ours.image_idxs).all()
        for row, ids in zip(ours.captions, theirs.captions, strict=True):
            assert caption_text(ids, characters.vocabulary) == caption_text(row, words.vocabulary)
            end = int(np.argmax(ids == characters.vocabulary.end))
            assert ids[0] == characters.vocabulary.start and end > 0
            assert (ids[end + 1 :] == characters.vocabulary.null).all()
            assert not (ids[:end] == characters.vocabulary.null).any()


def test_real_captions_read_as_they_did(coco_folder: Path) -> None:
    with CocoDataset.open(coco_folder) as dataset:
        face = in_characters(dataset)
        rows = zip(dataset.split("train").captions, face.split("train").captions, strict=True)
        for row, ids in rows:
            assert caption_text(ids, face.vocabulary) == caption_text(row, dataset.vocabulary)


def test_captions_are_as_long_as_the_longest_needs(words: CocoDataset, characters: CocoDataset) -> None:
    longest = max(
        len(spelled(caption_text(row, words.vocabulary), characters.vocabulary))
        for split in SPLITS
        for row in words.split(split).captions
    )
    assert characters.caption_length == longest + 2


def test_a_character_that_no_word_has_is_unknown() -> None:
    vocabulary = character_vocabulary(Vocabulary.from_words([*SPECIAL_WORDS, "cat"]))
    assert vocabulary.idx_to_word == (*SPECIAL_WORDS, "␣", "a", "c", "t")
    assert spelled("cut", vocabulary) == [6, vocabulary.unk, 7]


def test_the_sign_for_the_space_means_a_space_and_stands_for_itself_nowhere() -> None:
    vocabulary = character_vocabulary(Vocabulary.from_words([*SPECIAL_WORDS, "ab", "a␣b"]))
    assert vocabulary.idx_to_word == (*SPECIAL_WORDS, "␣", "a", "b") and vocabulary.is_of_characters
    row = np.array([vocabulary.start, *spelled("ab a␣b", vocabulary), vocabulary.end])
    assert caption_text(row, vocabulary) == f"ab a{UNK}b"
    assert not Vocabulary.from_words([*SPECIAL_WORDS, "␣", "ab"]).is_of_characters


@pytest.mark.parametrize("text", ["a", "a cat", " a  cat ", "", " "])
def test_words_are_read_in_characters_where_they_stand(text: str) -> None:
    vocabulary = character_vocabulary(Vocabulary.from_words([*SPECIAL_WORDS, "cat"]))
    written = ["␣" if each == " " else each for each in text]
    read = vocabulary.readable(written)
    assert [word for word, _ in read] == text.split()
    assert all("".join(text[place] for place in part) == word for word, part in read)


def test_a_search_in_characters_finds_what_a_search_in_words_finds(
    words: CocoDataset, characters: CocoDataset
) -> None:
    for split in SPLITS:
        ours, theirs = words.split(split), characters.split(split)
        plain = [word for word in words.vocabulary.idx_to_word if word not in SPECIAL_WORDS]
        pairs = [" ".join(caption_text(row, words.vocabulary).split()[1:3]) for row in ours.captions[:20]]
        for wanted in (*plain, *(pair for pair in pairs if UNK not in pair)):
            found = theirs.search(wanted)
            assert (found.caption_rows == ours.search(wanted).caption_rows).all(), wanted
    assert "“é” is not among the" in characters.split("val").search("é").note
    assert "characters of the vocabulary" in characters.split("val").search("é").note


def test_what_the_storybook_says_in_place_of_unknown_words_is_spelled_out(tmp_path: Path) -> None:
    counts = {"train": 30, "val": 8}
    write_texts(tmp_path, counts)  # type: ignore[arg-type]
    rng = np.random.default_rng(0)
    for split, count in counts.items():
        file = tmp_path / features_file(split, "pca")  # type: ignore[arg-type]
        file.write_bytes(features_content(rng.standard_normal((count, 4)).astype(np.float32)))
    with CocoDataset.open(tmp_path) as dataset:
        assert is_storybook(dataset)
        assert dataset.split("train").unknown_counts.any()
        face = in_characters(dataset, full_texts_of(dataset))
        assert not face.split("train").unknown_counts.any()
        known = set(dataset.vocabulary.word_to_idx)
        for row, ids in zip(dataset.split("train").captions, face.split("train").captions, strict=True):
            told = caption_text(ids, face.vocabulary).split()
            kept = [word if word in known else UNK for word in told]
            assert " ".join(kept) == caption_text(row, dataset.vocabulary)


def test_other_data_is_not_taken_for_the_storybook(words: CocoDataset) -> None:
    assert not is_storybook(words)


# ---- what takes words takes characters -------------------------------------------------------------


def small_model(face: CocoDataset, cell: Any, dtype: Any = np.float64) -> CaptioningRNN:
    rng = np.random.default_rng(3)
    return CaptioningRNN(face.vocabulary.word_to_idx, face.feature_dim, 6, 9, cell, dtype, rng=rng)


@pytest.mark.parametrize("cell", ["rnn", "lstm"])
def test_the_solver_ends_where_the_reference_layers_end(characters: CocoDataset, cell: Any) -> None:
    data = characters.training_data()
    model = small_model(characters, cell)
    reference = model.copy()
    config = {"learning_rate": 1e-2}
    rng = np.random.default_rng(8)
    solver = CaptioningSolver(model, data, "adam", config, batch_size=7, verbose=False, rng=rng)
    again = np.random.default_rng(8)
    configs: dict[str, optim.Config] = {name: dict(config) for name in reference.params}
    for _ in range(5):
        loss = solver.step()
        rows = again.integers(len(data["train_captions"]), size=7)
        features = data["train_features"][data["train_image_idxs"][rows]]
        right, grads = reference.reference_loss(features, data["train_captions"][rows])
        assert loss == pytest.approx(right, rel=1e-10)
        for name in reference.params:
            reference.params[name], _ = optim.adam(reference.params[name], grads[name], configs[name])
    for name, value in reference.params.items():
        assert distance(model.params[name], value) < 1e-9, name


def test_a_few_captions_are_learned_by_heart_and_given_back(characters: CocoDataset) -> None:
    train = characters.split("train")
    rows = np.unique(train.image_idxs, return_index=True)[1][:6]
    data = characters.training_data(rows)
    rng = np.random.default_rng(0)
    model = CaptioningRNN(characters.vocabulary.word_to_idx, characters.feature_dim, 16, 96, "lstm", rng=rng)
    solver = CaptioningSolver(
        model, data, "adam", {"learning_rate": 1e-2}, batch_size=6, verbose=False, rng=rng
    )
    for _ in range(220):
        solver.step()
    captions = train.captions[rows]
    said = model.sample(data["train_features"][train.image_idxs[rows]], captions.shape[1] - 1)
    texts = [caption_text(row, characters.vocabulary) for row in said]
    assert texts == [caption_text(row, characters.vocabulary) for row in captions]


@pytest.mark.parametrize("cell", ["rnn", "lstm"])
def test_every_way_of_writing_takes_characters(characters: CocoDataset, cell: Any) -> None:
    model = small_model(characters, cell)
    model.params["b_vocab"][characters.vocabulary.end] = 1.5  # so that captions end
    features = characters.split("val").features.rows(np.arange(3))
    greedy = caption_photos(model, features, Decoding(max_length=8))
    one = caption_photos(model, features, Decoding("beam", beam_width=1, max_length=8))
    drawn = caption_photos(model, features, Decoding("sample", temperature=0.0, max_length=8))
    assert greedy is not None and one is not None and drawn is not None
    np.testing.assert_array_equal(one, greedy)
    np.testing.assert_array_equal(drawn, greedy)
    wide = beam_search(model, features[0], Decoding("beam", beam_width=5, max_length=8)).best(0.0)[0]
    exact = exact_search(model, features[0], Decoding("exact", max_length=8))
    assert wide.log_probability <= exact.log_probability + 1e-9


@pytest.mark.parametrize("cell", ["rnn", "lstm"])
def test_states_are_those_of_the_reference_layers(characters: CocoDataset, cell: Any) -> None:
    model, val = small_model(characters, cell), characters.split("val")
    caption, features = val.captions[0], val.features.rows(val.image_idxs[:1])
    words = caption[: int(np.argmax(caption == characters.vocabulary.end))]
    p = model.params
    x, _ = word_embedding_forward(words[np.newaxis], p["W_embed"])
    h0 = features @ p["W_proj"] + p["b_proj"]
    forward = rnn_forward if cell == "rnn" else lstm_forward
    h, _ = forward(x, h0, p["Wx"], p["Wh"], p["b"])
    trace = trace_states(model, features[0], words)
    np.testing.assert_allclose(trace.values["h"], h[0], atol=1e-10)


def test_scores_and_surprises_count_characters(characters: CocoDataset) -> None:
    model, val = small_model(characters, "rnn"), characters.split("val")
    card = make_scorecard(model, ScoredPhotos.of(characters, "val"), Decoding(max_length=20), draws=0)
    assert card is not None
    features = val.features.rows(val.image_idxs)
    nats = np.concatenate(  # NaN where there is no word to say
        [surprise_of(model, *pair) for pair in zip(features, val.captions[:, np.newaxis], strict=True)]
    )
    per_symbol = np.nansum(nats) / (val.captions[:, 1:] != characters.vocabulary.null).sum()
    assert card.row("model").values["nats_a_word"] == pytest.approx(per_symbol)
    assert 0 < card.row("human").values["bleu_4"] <= 1
    assert "n-grams of characters" in card.made
    for photo in range(len(card.photos)):  # a match stands where the characters do
        said = card.row("human").captions.words_of(photo, characters.vocabulary)
        assert card.row("human").captions.text(photo, characters.vocabulary) == "".join(said).replace(
            "␣", " "
        )
        for match in card.matches("human", photo):
            assert len(said[match.start : match.start + match.n]) == match.n


def test_the_names_of_the_courses_classes_are_there_and_a_loss_of_ones_own_is_trained_on(
    characters: CocoDataset,
) -> None:
    class Mine(CaptioningRNN):
        calls = 0

        def loss(self, features: Any, captions: Any) -> Any:
            self.calls += 1
            return super().loss(features, captions)

    ids = characters.vocabulary.word_to_idx
    model = Mine(ids, characters.feature_dim, 6, 9, "rnn", rng=np.random.default_rng(0))
    assert (model._null, model._start, model._end) == (ids["<NULL>"], ids["<START>"], ids["<END>"])
    rng = np.random.default_rng(1)
    solver = CaptioningSolver(model, characters.training_data(), "adam", batch_size=4, verbose=False, rng=rng)
    solver._step()
    assert model.calls == len(solver.loss_history) == 1
    assert set(solver.optim_configs) == set(model.params) and solver.check_accuracy(None, None) == 0.0
