"""`captionviewer encode`: features of a data folder's photos, computed here."""

import argparse
from pathlib import Path

from captionviewer import console
from captionviewer.commands import ExitCode
from captionviewer.commands.arguments import existing_folder
from captionviewer.commands.encoding_work import add_process_argument, run_encoding

DESCRIPTION = (
    "Compute the features lite0 for a data folder whose photos are on this computer: EfficientNet-Lite0, then"
    " PCA to 512 numbers from the train photos. Models trained on them caption any photo. Broken off, the"
    " same command goes on."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `captionviewer encode`."""
    parser.add_argument(
        "folder", type=existing_folder, metavar="FOLDER", help="a data folder, as COCO's coco_captioning"
    )
    parser.add_argument(
        "--images",
        type=existing_folder,
        metavar="FOLDER",
        help="where its photos are, with train2014 and val2014 inside (default: images/ in the data folder)",
    )
    add_process_argument(parser)


def run(chosen: argparse.Namespace) -> int:
    """Compute the features and return the exit code."""
    from captionviewer.core.own_photos.encode_folder import FolderEncoding

    folder: Path = chosen.folder
    work = FolderEncoding(folder, chosen.images, chosen.processes)
    width = run_encoding(work.run, work.stop, work.progress)
    if width is None:
        console.complain("stopped; the same command goes on")
        return ExitCode.INTERRUPTED
    unreadable = len(work.progress.unreadable)
    if unreadable:
        console.tell(f"{unreadable:,} photos have no features and count as the average one: {work.lost_file}")
    console.tell(
        f"{work.progress.total - unreadable:,} photos have lite0 features, {width} numbers each, in"
        f" {work.folder}."
    )
    return ExitCode.DONE
