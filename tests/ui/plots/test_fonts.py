"""Words that Matplotlib's own font lacks are drawn in a font of the system that has them."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager
from PIL import Image
from PySide6.QtWidgets import QApplication

from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.ui.data.data_plots import caption_statistics, draw_words
from captionviewer.ui.look.theme import LIGHT
from captionviewer.ui.plots import fonts
from captionviewer.ui.plots.fonts import NO_GLYPH, drawable, extra_families, give_fonts
from captionviewer.ui.plots.plot_export import PICTURE_DPI, write_plot
from tests.coco_folder_writer import write_coco_folder

DOG, UNHEARD_OF = "\U000f0a01", "\U000f0aff"  # of Unicode's private planes: no font of a system has them
BLOCK = 1000


def write_font(path: Path, letters: str, family: str) -> None:
    """Write a font whose letters are black squares."""
    pen = TTGlyphPen(None)
    for place, move in (
        ((0, 0), pen.moveTo),
        ((0, BLOCK), pen.lineTo),
        ((BLOCK, BLOCK), pen.lineTo),
        ((BLOCK, 0), pen.lineTo),
    ):
        move(place)
    pen.closePath()
    square = pen.glyph()
    names = [".notdef", *(f"u{ord(letter):X}" for letter in letters)]
    builder = FontBuilder(BLOCK, isTTF=True)
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap({ord(letter): f"u{ord(letter):X}" for letter in letters})
    builder.setupGlyf(dict.fromkeys(names, square))
    builder.setupHorizontalMetrics(dict.fromkeys(names, (BLOCK, 0)))
    builder.setupHorizontalHeader(ascent=BLOCK, descent=0)
    builder.setupNameTable({"familyName": family, "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    builder.save(path)


@pytest.fixture
def installed(tmp_path: Path, qapp: QApplication) -> Iterator[str]:
    """A font of the system that Matplotlib's own lacks a letter of; returns its family."""
    path = tmp_path / "squares.ttf"
    write_font(path, DOG, "Squares of a Test")
    before = list(fontManager.ttflist)
    fonts._fonts_for.cache_clear()
    fontManager.addfont(path)
    yield "Squares of a Test"
    fontManager.ttflist[:] = before
    fonts._fonts_for.cache_clear()


def test_words_in_latin_letters_need_no_other_font() -> None:
    assert extra_families("a dog on a surfboard, naïve, Ελληνικά") == []


def test_a_letter_that_matplotlib_lacks_gets_a_font_that_has_it(installed: str) -> None:
    assert extra_families(f"a {DOG}") == [installed]
    assert drawable(f"a {DOG}") == f"a {DOG}"


def test_a_letter_that_no_font_has_is_a_box_and_no_warning(installed: str, tmp_path: Path) -> None:
    assert drawable(f"x{UNHEARD_OF}{DOG}") == f"x{NO_GLYPH}{DOG}"
    figure = Figure()
    figure.suptitle(drawable(UNHEARD_OF))
    write_plot(tmp_path / "plot.png", figure, lambda: [])  # a warning would fail the test


def dark_pixels(figure: Figure, path: Path) -> int:
    write_plot(path, figure, lambda: [])
    with Image.open(path) as picture:
        return int((np.asarray(picture.convert("L")) < 60).sum())


@pytest.mark.parametrize("size", [(3.0, 6.0), (9.0, 3.0)])
def test_frequent_words_are_drawn_and_exported_in_the_font_that_has_their_letters(
    installed: str, tmp_path: Path, size: tuple[float, float]
) -> None:
    figure = Figure(figsize=size, layout="constrained")
    dark = []
    with CocoDataset.open(write_coco_folder(tmp_path / "coco")) as dataset:
        counted = caption_statistics(dataset)
        for word in ("", DOG):
            statistics = replace(counted, words=(word, *counted.words[1:]))
            draw_words(figure, statistics, dataset.vocabulary, LIGHT, 10.0)
            dark.append(dark_pixels(figure, tmp_path / "words.png"))
    axes = figure.axes[0]
    labels = axes.get_xticklabels() if size[0] > size[1] else axes.get_yticklabels()
    assert labels[0].get_text() == DOG and installed in labels[0].get_fontfamily()
    assert installed not in labels[1].get_fontfamily()
    side = 0.9 * 10 * PICTURE_DPI / 72
    assert dark[1] - dark[0] > 0.7 * side * side, "the letter is not filled as the font fills it"


def test_a_figure_that_was_never_on_the_screen_is_exported_in_that_font_too(
    installed: str, tmp_path: Path
) -> None:
    figure = Figure()
    title = figure.suptitle(DOG)
    write_plot(tmp_path / "tree.png", figure, lambda: [])  # a warning would fail the test
    assert installed in title.get_fontfamily()


def test_words_get_their_font_once_however_often_a_plot_is_exported(installed: str) -> None:
    figure = Figure()
    title = figure.suptitle(DOG)
    for _ in range(3):
        give_fonts(figure)
    assert title.get_fontfamily().count(installed) == 1
