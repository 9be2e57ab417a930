"""Arguments that name data, models and photos, and how subcommands open what they name."""

import argparse
from typing import TYPE_CHECKING

from captionviewer.commands.arguments import FEATURE_KINDS, SPLITS, existing_folder

if TYPE_CHECKING:
    from captionviewer.core.coco.dataset import CocoDataset
    from captionviewer.core.saved.model_file import SavedModel


def add_data_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that say which data set is meant."""
    parser.add_argument(
        "--data",
        type=existing_folder,
        metavar="FOLDER",
        help="the data folder (default: the one opened last in the window, else the storybook)",
    )
    parser.add_argument(
        "--features",
        choices=FEATURE_KINDS,
        help="the features to use (default: those that the model was trained on, else the first that"
        " the folder has)",
    )


def open_data(
    chosen: argparse.Namespace, saved: "SavedModel | None" = None, *, in_characters: bool = False
) -> "CocoDataset":
    """Open the data that the arguments name, with a model's kind of features where there is a model.

    A model that writes characters gets them, whether `in_characters` or not.

    Raises
    ------
    DataError
        The folder holds no data set, or it is damaged.
    """
    from captionviewer.core.coco.dataset import CocoDataset, FeatureKind, feature_kinds_in
    from captionviewer.core.coco.files import find_data_folder
    from captionviewer.core.coco.vocabulary import are_characters
    from captionviewer.core.notebook.data import chosen_folder
    from captionviewer.core.storybook.full_texts import in_characters_in_full

    folder = find_data_folder(chosen.data if chosen.data is not None else chosen_folder())
    kind: FeatureKind | None = chosen.features or (saved.feature_kind if saved is not None else None)
    if kind is None:
        there = feature_kinds_in(folder)
        kind = there[0] if there else "pca"
    dataset = CocoDataset.open(folder, kind)
    if not in_characters and (saved is None or not are_characters(saved.model.word_to_idx)):
        return dataset
    try:
        return in_characters_in_full(dataset)
    except BaseException:
        dataset.close()
        raise


def open_model_and_data(chosen: argparse.Namespace) -> "tuple[SavedModel, CocoDataset]":
    """Open the model `chosen.model` and the data that it is to be used on.

    Raises
    ------
    ModelFileError
        The model can't be opened, or does not fit the data.
    DataError
        The data can't be opened.
    """
    from captionviewer.core.saved.model_file import ModelFileError, fits, open_model

    saved = open_model(chosen.model)
    dataset = open_data(chosen, saved)
    problem = fits(saved, dataset)
    if problem is not None:
        dataset.close()
        raise ModelFileError(chosen.model, problem)
    return saved, dataset


def photo_place(text: str) -> tuple[str, int]:
    """A photo as SPLIT:ROW, such as val:12.  argparse.ArgumentTypeError for anything else."""
    split, colon, row = text.partition(":")
    if not colon or split not in SPLITS or not row.isascii() or not row.isdigit() or len(row) > 9:
        raise argparse.ArgumentTypeError(f"{text!r} is no photo: write train:ROW or val:ROW, as in val:12")
    return split, int(row)
