"""`captionviewer caption`: what a saved model says of photos of a data set, or of one's own."""

import argparse
import json

from captionviewer import console
from captionviewer.commands import ExitCode
from captionviewer.commands.arguments import SPLITS, file_to_write, named_file, same_file
from captionviewer.commands.decoding_arguments import add_decoding_arguments, open_to_decode
from captionviewer.commands.models_and_data import add_data_arguments, photo_place

DESCRIPTION = (
    "Caption photos with a saved model: those of a data set, or files of your own. --out writes COCO's result"
    " format, which other programs evaluate; of your own files it names the file in place of an id."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `captionviewer caption`."""
    parser.add_argument("model", type=named_file, metavar="MODEL", help="a model saved by captionviewer")
    parser.add_argument(  # not in the group below: there it could not stand after an option
        "own",
        nargs="*",
        default=[],
        type=named_file,
        metavar="FILE",
        help="pictures of your own, or folders of them",
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--array",
        type=named_file,
        metavar="FILE",
        help="features of your own instead (.npy), one row a photo, as wide as the data's",
    )
    which.add_argument(
        "--photo",
        action="append",
        type=photo_place,
        metavar="SPLIT:ROW",
        dest="photos",
        help="a photo by its row, as in val:12; may be repeated",
    )
    which.add_argument("--split", choices=SPLITS, help="all photos of a split")
    parser.add_argument(
        "--out", type=file_to_write, metavar="FILE", help="write the captions as JSON instead of telling them"
    )
    add_decoding_arguments(parser)
    add_data_arguments(parser)


def run(chosen: argparse.Namespace) -> int:
    """Caption the photos and return the exit code."""
    complaint = _complaint(chosen)
    if complaint:
        console.complain(complaint)
        return ExitCode.BAD_ARGUMENT
    import numpy as np

    from captionviewer.commands.own_photos import caption_own_photos
    from captionviewer.core.atomic_file import write_atomically
    from captionviewer.core.coco.vocabulary import caption_text
    from captionviewer.core.decoding.caption_photos import caption_photos
    from captionviewer.core.evaluation.results import image_id

    opened = open_to_decode(chosen)
    if opened is None:
        return ExitCode.BAD_ARGUMENT
    saved, dataset, decoding = opened
    if chosen.own or chosen.array is not None:
        with dataset:
            return caption_own_photos(chosen, saved, dataset, decoding)
    with dataset:
        photos = chosen.photos or [
            (chosen.split, row) for row in range(dataset.split(chosen.split).num_photos)
        ]
        for split, row in photos:
            if row >= dataset.split(split).num_photos:
                console.complain(
                    f"{split}:{row} is not there: {split} has {dataset.split(split).num_photos:,} photos"
                )
                return ExitCode.BAD_ARGUMENT
        if chosen.split:
            features = dataset.split(chosen.split).features.rows(np.arange(len(photos)))
        else:
            features = np.concatenate(
                [dataset.split(split).features.rows(np.array([row])) for split, row in photos]
            )
        captions: list[dict[str, object]] = []
        said = caption_photos(saved.model, features, decoding)
        assert said is not None  # nobody stops it but Ctrl+C, which is an exception here
        for (split, row), ids in zip(photos, said, strict=True):
            words = caption_text(ids, dataset.vocabulary)
            if chosen.out is None:
                console.tell(f"{split}:{row}\t{words}")
            captions.append({"image_id": image_id(dataset.split(split).record(row)), "caption": words})
    console.complain_as_is(f"captions: {decoding.words()}\n")  # not among the captions, which others read
    if chosen.out is not None:
        write_atomically(chosen.out, json.dumps(captions, ensure_ascii=False).encode("utf-8"), durable=True)
        console.tell(f"{len(captions):,} captions written to {chosen.out}")
    return ExitCode.DONE


def _complaint(chosen: argparse.Namespace) -> str:
    """What is wrong with the arguments taken together; "" where they will do."""
    others = [name for name in ("array", "photos", "split") if getattr(chosen, name) is not None]
    if not chosen.own and not others:
        return "which photos? Name files of your own, or give --array, --photo or --split"
    if chosen.own and others:
        return f"files of your own and --{others[0].rstrip('s')} can't be captioned at once: give one of them"
    read = [path for path in (chosen.model, chosen.array, *chosen.own) if path is not None]
    if chosen.out is not None and any(same_file(chosen.out, path) for path in read):
        return f"{chosen.out} is read: the captions would take its place. Give --out another name"
    return ""
