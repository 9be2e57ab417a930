import numpy as np
import pytest

from captionviewer.core.coco.vocabulary import Vocabulary, caption_text, caption_words, decode_captions

WORDS = ["<NULL>", "<START>", "<END>", "<UNK>", "a", "cat", "on", "mat"]
VOCABULARY = Vocabulary.from_words(WORDS)
ROW = np.array([1, 4, 5, 6, 3, 2, 0, 0], dtype=np.int32)


def test_one_caption_is_decoded_to_one_string_up_to_its_end() -> None:
    assert decode_captions(ROW, WORDS) == "<START> a cat on <UNK> <END>"


def test_many_captions_are_decoded_to_a_list() -> None:
    assert decode_captions(np.stack([ROW, ROW[::-1]]), WORDS) == ["<START> a cat on <UNK> <END>", "<END>"]


def test_padding_in_the_middle_is_left_out_and_words_after_the_end_are_not_read() -> None:
    assert decode_captions(np.array([4, 0, 5, 2, 7, 7]), WORDS) == "a cat <END>"


def test_captions_without_an_end_are_read_to_the_last_slot() -> None:
    assert decode_captions(np.array([[4, 5], [7, 0]]), dict(enumerate(WORDS))) == ["a cat", "mat"]


def test_no_captions_decode_to_an_empty_list() -> None:
    assert decode_captions(np.empty((0, 5), dtype=np.int32), WORDS) == []


@pytest.mark.parametrize("shape", [(), (2, 2, 2)])
def test_captions_of_another_rank_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"\(N, T\) or \(T,\)"):
        decode_captions(np.zeros(shape, dtype=np.int32), WORDS)


def test_caption_words_are_those_between_start_and_end() -> None:
    assert caption_words(ROW, VOCABULARY) == ["a", "cat", "on", "<UNK>"]
    assert caption_text(ROW, VOCABULARY) == "a cat on <UNK>"


def test_the_vocabulary_knows_its_special_words_and_its_size() -> None:
    assert len(VOCABULARY) == 8
    assert (VOCABULARY.null, VOCABULARY.start, VOCABULARY.end, VOCABULARY.unk) == (0, 1, 2, 3)


def test_a_vocabulary_without_a_special_word_says_which_when_it_is_asked_for() -> None:
    toy = Vocabulary.from_words(["<NULL>", "cat"])
    with pytest.raises(KeyError, match="<START>"):
        _ = toy.start


def test_a_word_that_occurs_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="'cat'"):
        Vocabulary.from_words(["cat", "dog", "cat"])


def test_a_negative_word_id_is_refused_instead_of_read_from_the_end_of_the_vocabulary() -> None:
    with pytest.raises(ValueError, match="not -1"):
        decode_captions(np.array([4, -1, 2]), WORDS)
