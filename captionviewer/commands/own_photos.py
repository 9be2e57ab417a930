"""Captions of one's own photos at a terminal, and what is to be known of each."""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from captionviewer import console
from captionviewer.commands import ExitCode

if TYPE_CHECKING:
    from captionviewer.core.arrays import FloatArray
    from captionviewer.core.coco.dataset import CocoDataset
    from captionviewer.core.decoding.decoding import Decoding
    from captionviewer.core.saved.model_file import SavedModel


def caption_own_photos(
    chosen: argparse.Namespace, saved: "SavedModel", dataset: "CocoDataset", decoding: "Decoding"
) -> int:
    """Caption the files that `chosen` names; what can't be read is said, and the rest is captioned.

    Raises
    ------
    NoEncoder, WeightsError, DataError
        The data's encoder can't be run here.
    """
    from captionviewer.core.atomic_file import write_atomically
    from captionviewer.core.coco.vocabulary import caption_text
    from captionviewer.core.decoding.caption_photos import caption_photos
    from captionviewer.core.own_photos.feature_array import read_feature_array
    from captionviewer.core.own_photos.photo_encoder import encoder_of
    from captionviewer.core.own_photos.resemblance import resemblances
    from captionviewer.core.photos.picture_file import read_picture
    from captionviewer.core.photos.problem import PhotoUnavailable

    failed = 0
    named: list[tuple[str, FloatArray]] = []
    if chosen.array is not None:
        rows = read_feature_array(chosen.array, dataset)
        named = [(f"{chosen.array.name}:{number}", row) for number, row in enumerate(rows)]
    else:
        encoder = encoder_of(dataset)
        if encoder.remark:
            console.complain(encoder.remark)
        for path in _files_of(chosen.own):
            try:
                named.append((str(path), encoder.features(read_picture(path))))
            except PhotoUnavailable as problem:
                console.complain(problem)
                failed += 1
    captions: list[dict[str, object]] = []
    if named:
        features = np.stack([row for _, row in named])
        said = caption_photos(saved.model, features, decoding)
        assert said is not None  # nobody stops it but Ctrl+C, which is an exception here
        for (name, _), ids, like in zip(named, said, resemblances(dataset, features), strict=True):
            words = caption_text(ids, dataset.vocabulary)
            if chosen.out is None:
                console.tell(f"{name}\t{words}")
            if like.is_far:
                console.complain(f"{name}: {like.words()}")
            captions.append({"file_name": name, "caption": words, "percentile": round(like.percentile, 2)})
    if chosen.out is not None:
        write_atomically(chosen.out, json.dumps(captions, ensure_ascii=False).encode("utf-8"), durable=True)
        console.tell(f"{len(captions):,} captions written to {chosen.out}")
    return ExitCode.FAILED if failed or not named else ExitCode.DONE


def _files_of(named: list[Path]) -> list[Path]:
    """The pictures that are named, those in a folder in order."""
    from captionviewer.core.photos.picture_file import pictures_in
    from captionviewer.core.user_folders import is_folder

    files: list[Path] = []
    for path in named:
        found = pictures_in(path) if is_folder(path) else [path]
        if not found:
            console.complain(f"{path} holds no pictures")
        files += found
    return files
