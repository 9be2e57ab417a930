"""Arguments that say how captions are written, and the opening of what then writes them."""

import argparse
from typing import TYPE_CHECKING

from captionviewer import console
from captionviewer.commands.models_and_data import open_model_and_data

if TYPE_CHECKING:
    from captionviewer.core.coco.dataset import CocoDataset
    from captionviewer.core.decoding.decoding import Decoding
    from captionviewer.core.saved.model_file import SavedModel


def add_decoding_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `Decoding`."""
    parser.add_argument(
        "--temperature",
        type=float,
        metavar="T",
        help="draw each word by its probability, the logits divided by T first (default: the likeliest word)",
    )
    parser.add_argument("--top-k", type=int, metavar="K", help="draw among the K likeliest words only")
    parser.add_argument(
        "--top-p", type=float, default=1.0, metavar="P", help="draw among the fewest words of share P"
    )
    parser.add_argument("--beam", type=int, metavar="WIDTH", help="carry on WIDTH beginnings side by side")
    parser.add_argument(
        "--exact", action="store_true", help="search for the likeliest caption of all (2 s a photo at most)"
    )
    parser.add_argument("--alpha", type=float, default=0.0, help="a beam's length normalisation, 0 to 1")
    parser.add_argument(
        "--never", action="append", default=[], metavar="WORD", help="a word that is never said, as <UNK>"
    )
    parser.add_argument(
        "--no-repeat", type=int, default=0, metavar="N", help="say no N words in a row twice in a caption"
    )
    parser.add_argument(
        "--max-length",
        type=int,
        metavar="N",
        help="words at most, <END> included (default: 30, or 160 characters)",
    )
    parser.add_argument("--seed", type=int, default=0, help="of the draws")


def decoding_of(chosen: argparse.Namespace) -> "Decoding":
    """The decoding that the arguments ask for.  ValueError, for people, where they make none."""
    from captionviewer.core.coco.vocabulary import LONGEST_IN_WORDS
    from captionviewer.core.decoding.decoding import Decoding

    sampled = chosen.temperature is not None or chosen.top_k is not None or chosen.top_p != 1.0
    if sum((sampled, chosen.beam is not None, chosen.exact)) > 1:
        raise ValueError("Captions are drawn, searched with a beam or searched exactly: one of the three.")
    beam = {"method": "beam", "beam_width": chosen.beam, "alpha": chosen.alpha}
    drawn = {"method": "sample", "temperature": 1.0 if chosen.temperature is None else chosen.temperature}
    drawn |= {"k": chosen.top_k, "p": chosen.top_p}
    exact = {"method": "exact"} if chosen.exact else {}
    how = drawn if sampled else beam if chosen.beam is not None else exact
    return Decoding(
        **how,
        forbidden_words=tuple(chosen.never),
        ngram_block=chosen.no_repeat,
        max_length=LONGEST_IN_WORDS if chosen.max_length is None else chosen.max_length,
        seed=chosen.seed,
    )


def open_to_decode(chosen: argparse.Namespace) -> "tuple[SavedModel, CocoDataset, Decoding] | None":
    """Open the model and the data that the arguments name, with the decoding that they ask for.

    None, once it was said why, where they make no decoding, or forbid a word that the model does not know.

    Raises
    ------
    ModelFileError
        The model can't be opened, or does not fit the data.
    DataError
        The data can't be opened.
    """
    try:
        decoding = decoding_of(chosen)
    except ValueError as error:
        console.complain(error)
        return None
    saved, dataset = open_model_and_data(chosen)
    try:
        decoding.forbidden_ids(saved.model.word_to_idx)
    except ValueError as error:
        dataset.close()
        console.complain(error)
        return None
    return saved, dataset, decoding if chosen.max_length else decoding.for_vocabulary(dataset.vocabulary)
