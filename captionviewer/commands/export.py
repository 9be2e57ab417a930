"""`captionviewer export`: a model for PyTorch, where training outgrows this machine."""

import argparse

from captionviewer import console
from captionviewer.commands import ExitCode
from captionviewer.commands.arguments import named_file, named_folder
from captionviewer.commands.models_and_data import add_data_arguments, open_data

DESCRIPTION = (
    "Write a model to a folder for PyTorch: parameters as safetensors, a short module, the vocabulary, and "
    "logits and captions to check it by. `captionviewer import-model` brings it back."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `captionviewer export`."""
    parser.add_argument("model", type=named_file, metavar="MODEL", help="a model saved by captionviewer")
    parser.add_argument("folder", type=named_folder, metavar="FOLDER", help="where the files go")
    add_data_arguments(parser)


def run(chosen: argparse.Namespace) -> int:
    """Export the model and return the exit code."""
    from captionviewer.core.saved.model_file import fits, open_model
    from captionviewer.core.saved.torch_export import export_for_torch

    saved = open_model(chosen.model)
    with open_data(chosen, saved) as dataset:
        of_data = fits(saved, dataset) is None
        if not of_data:
            console.tell(
                f"{dataset.folder} is not this model's data: the check values are of drawn features."
            )
        export_for_torch(saved, dataset if of_data else None, chosen.folder)
    console.tell(f"Exported to {chosen.folder}; check it with: python captioning_model.py")
    return ExitCode.DONE
