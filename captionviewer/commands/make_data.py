"""`captionviewer make-data`: a data folder of one's own pictures and captions."""

import argparse
from typing import TYPE_CHECKING

from captionviewer import console
from captionviewer.commands import ExitCode
from captionviewer.commands.arguments import existing_folder, named_file, named_folder
from captionviewer.commands.encoding_work import add_process_argument, run_encoding

if TYPE_CHECKING:
    from captionviewer.core.own_photos.make_data import MadeData

DESCRIPTION = (
    "Make a data folder of a folder of pictures and a file of captions (COCO's JSON, a table of file and"
    " caption, or Flickr8k's text): vocabulary, captions, features lite0, and the pictures, linked or copied."
    " Then open it with: captionviewer --data FOLDER. Broken off, the same command goes on."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `captionviewer make-data`."""
    parser.add_argument("images", type=existing_folder, metavar="IMAGES", help="the folder of pictures")
    parser.add_argument("captions", type=named_file, metavar="CAPTIONS", help="the file of captions")
    parser.add_argument("folder", type=named_folder, metavar="FOLDER", help="the data folder to be made")
    parser.add_argument(
        "--min-count",
        type=int,
        default=5,
        metavar="N",
        help="words said less often in train are <UNK> (default: 5)",
    )
    parser.add_argument(
        "--columns",
        default="17",
        metavar="N",
        help="of the captions, with <START> and <END>; longer ones are left out; 'longest' keeps all"
        " (default: 17)",
    )
    parser.add_argument(
        "--val-share", type=float, default=0.1, metavar="S", help="share of the photos for val (default: 0.1)"
    )
    parser.add_argument(
        "--val-file", type=named_file, metavar="FILE", help="the names of val's photos instead, one a line"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the draw of val's photos")
    add_process_argument(parser)


def run(chosen: argparse.Namespace) -> int:
    """Make the folder and return the exit code."""
    from captionviewer.core.own_photos.make_data import DataMaking, DataWishes, MakeDataError

    if chosen.columns != "longest" and not (chosen.columns.isascii() and chosen.columns.isdigit()):
        console.complain(f"--columns: {chosen.columns!r} is neither a number nor 'longest'")
        return ExitCode.BAD_ARGUMENT
    try:
        wishes = DataWishes(
            chosen.min_count,
            None if chosen.columns == "longest" else int(chosen.columns),
            chosen.val_share,
            chosen.seed,
            chosen.val_file,
        )
    except MakeDataError as error:
        console.complain(error)
        return ExitCode.BAD_ARGUMENT
    work = DataMaking(chosen.images, chosen.captions, chosen.folder, wishes, chosen.processes)
    made = run_encoding(work.run, work.stop, work.progress)
    if made is None:
        console.complain("stopped; the same command goes on")
        return ExitCode.INTERRUPTED
    console.tell(_report(made))
    console.tell(f"The data is in {chosen.folder}; open it with: captionviewer --data {chosen.folder}")
    return ExitCode.DONE


def _report(made: "MadeData") -> str:
    lines = [f"Captions read as {made.form}."]
    lines += [
        f"{split}: {made.photos[split]:,} photos, {made.captions[split]:,} captions" for split in made.photos
    ]
    lines.append(
        f"{made.words:,} words, {made.columns} columns; {100 * made.unknown_share:.1f} % of the train"
        f" captions' words are <UNK>; {made.width} features a photo"
    )
    return "\n".join([*lines, *made.remarks])
