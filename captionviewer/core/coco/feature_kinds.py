"""The kinds of features that a data folder may hold, each declared once.

A further kind is one more name in `FeatureKind` and one more row in `FEATURES`: files, menus, messages and
saved models follow this table. The command line names the kinds once more, in `commands/arguments.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

FeatureKind = Literal["pca", "raw", "lite0"]


@dataclass(frozen=True)
class FeatureForm:
    """One kind of features: its files, and how people are told of it.

    Attributes
    ----------
    stem : str
        What its files' names hold between the split and ".h5".
    name : str
        Its name within a sentence: "the PCA features".
    layer : str
        What of which network it is, in a few signs: "fc7 by PCA".
    menu_text, explanation : str
        Its entry in a menu, and the line that explains it.
    official : bool
        Whether it comes with coco_captioning.zip.
    neighbours_by : FeatureKind
        The kind by which photos are compared where the folder has it: a smaller one that keeps nearly all
        of what this one tells apart, or this one itself.
    """

    stem: str
    name: str
    layer: str
    menu_text: str
    explanation: str
    official: bool
    neighbours_by: FeatureKind


FEATURES: Mapping[FeatureKind, FeatureForm] = {
    "pca": FeatureForm(
        stem="vgg16_fc7_pca",
        name="PCA",
        layer="fc7 by PCA",
        menu_text="PCA Features (512-d)",
        explanation="The photos' features reduced by PCA, as the notebook uses",
        official=True,
        neighbours_by="pca",
    ),
    "raw": FeatureForm(
        stem="vgg16_fc7",
        name="raw",
        layer="fc7",
        menu_text="Raw Features",
        explanation="The features as the network gave them",
        official=True,
        neighbours_by="pca",
    ),
    "lite0": FeatureForm(
        stem="lite0_pca",
        name="lite0",
        layer="EfficientNet-Lite0 by PCA",
        menu_text="Lite0 Features (512-d)",
        explanation="Computed here from the photos by captionviewer encode",
        official=False,
        neighbours_by="lite0",
    ),
}


def feature_kind_named(name: object) -> FeatureKind | None:
    """The kind of features of that name, or None: for what a file, a setting or a command line says."""
    return next((kind for kind in FEATURES if kind == name), None)
