"""`captionviewer import-model`: a model that was exported for PyTorch, as it is now, back again."""

import argparse

from captionviewer import console
from captionviewer.commands import ExitCode
from captionviewer.commands.arguments import existing_folder, file_to_write

DESCRIPTION = (
    "Make a model file of a folder that `captionviewer export` wrote, with the parameters as they are now."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `captionviewer import-model`."""
    parser.add_argument("folder", type=existing_folder, metavar="FOLDER", help="the exported folder")
    parser.add_argument(
        "model", type=file_to_write, metavar="MODEL", help="where the model goes, as in model.npz"
    )


def run(chosen: argparse.Namespace) -> int:
    """Import the model and return the exit code."""
    from captionviewer.core.saved.model_file import save_model
    from captionviewer.core.saved.torch_export import import_from_torch

    save_model(chosen.model, import_from_torch(chosen.folder))
    console.tell(f"Saved to {chosen.model}")
    return ExitCode.DONE
