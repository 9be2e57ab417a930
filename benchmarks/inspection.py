"""The views inside the network against their bounds, on the storybook and at COCO's size.

    python benchmarks/inspection.py [FOLDER] [--rounds 3] [--only storybook coco]

| what | bound |
|---|---|
| a corpus pass for units: the storybook's val, 5,000 captions at COCO's size | 1 s, 10 s |
| a click on a unit: its highest and lowest places | 20 ms |
| the map of states, and the plots of words by rank and by surprise, painted anew | 16 ms |
| gradients through time of 60 captions; both cells after a knob was turned | 1 s, 300 ms |
| what the photo is worth over the storybook's val | 2 s |

The storybook's model is the one that comes with the program. At COCO's size it is an untrained LSTM of 512
units, on FOLDER or else on a stand-in of the official shapes. Times are medians of the clock and, beside it,
of the processor over all threads: where the machine is busy only the latter is to be believed.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from data_opening import write_stand_in
from PySide6.QtWidgets import QApplication, QWidget

from captionviewer.core import CaptioningRNN
from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.decoding.decoding import Decoding
from captionviewer.core.inspection.corpus import Corpus, draw_corpus
from captionviewer.core.inspection.gradient_study import draw_studied, gradient_norms, norms_of_each
from captionviewer.core.inspection.gradients import with_knobs
from captionviewer.core.inspection.photo_worth import photo_worth
from captionviewer.core.inspection.states import corpus_states, quantities_of, trace_states
from captionviewer.core.inspection.units import extreme_places
from captionviewer.core.inspection.word_frequency import read_by_frequency, words_said
from captionviewer.core.network.cells import CELLS
from captionviewer.core.network.library_threads import one_library_thread
from captionviewer.core.saved.shipped_run import shipped_run
from captionviewer.core.storybook import storybook_folder
from captionviewer.ui.data.words.rank_plot import RankPlot
from captionviewer.ui.data.words.surprise_plot import SurprisePlot
from captionviewer.ui.sampling.states.state_map import StateMap
from captionviewer.ui.session.session import Session
from captionviewer.ui.settings import Settings

SIZE = 760, 420  # of a view, in pixels
REPAINTS = 20


def tell(what: str, once: Callable[[], object], bound_s: float | None, rounds: int) -> None:
    """Time something, after a first time that only warms up, and say whether it keeps its bound."""
    once()
    clock, processor = [], []
    for _ in range(rounds):
        began, worked = time.perf_counter(), time.process_time()
        once()
        clock.append(time.perf_counter() - began)
        processor.append(time.process_time() - worked)
    took, worked = statistics.median(clock), statistics.median(processor)
    kept = (
        "" if bound_s is None else f"; bound {1e3 * bound_s:,.0f} ms{'' if took <= bound_s else ', MISSED'}"
    )
    print(f"  {what}: {1e3 * took:,.1f} ms ({1e3 * worked:,.1f} ms of processor){kept}")


def tell_units(
    model: CaptioningRNN, corpus: Corpus, dataset: CocoDataset, bound_s: float, rounds: int
) -> None:
    fed = corpus.fed(dataset.vocabulary)
    for quantity in ("h", "c"):
        with one_library_thread():  # as the view does
            tell(
                f"corpus pass, {len(corpus.captions):,} captions, {quantity}",
                lambda q=quantity: corpus_states(model, corpus.features, fed, q),  # type: ignore[misc]
                bound_s,
                rounds,
            )
    states = corpus_states(model, corpus.features, fed)
    assert states is not None
    units = iter(np.random.default_rng(0).permutation(model.hidden_dim).tolist())
    tell("click on a unit", lambda: extreme_places(states, next(units)), 0.020, rounds)


def tell_gradients(model: CaptioningRNN, dataset: CocoDataset, rounds: int) -> None:
    studied = draw_studied(dataset)
    cells = {
        cell: CaptioningRNN(
            model.word_to_idx,
            model.input_dim,
            model.wordvec_dim,
            model.hidden_dim,
            cell,
            rng=np.random.default_rng(231),
        )
        for cell in CELLS
    }
    with one_library_thread():  # as the view does
        tell("gradients of 60 captions", lambda: gradient_norms(model, studied), 1.0, rounds)
    turned: dict[str, CaptioningRNN] = {cell: with_knobs(each, 1.5, 1.0) for cell, each in cells.items()}
    tell("a knob, both cells", lambda: norms_of_each(turned, studied), 0.300, rounds)


def tell_words(model: CaptioningRNN, corpus: Corpus, dataset: CocoDataset, rounds: int) -> None:
    train, vocabulary = dataset.split("train").captions, dataset.vocabulary
    with one_library_thread():
        tell(
            "surprise by frequency",
            lambda: read_by_frequency(model, corpus, train, vocabulary),
            None,
            rounds,
        )
        tell("words said", lambda: words_said(model, corpus, Decoding(), train, vocabulary), None, 1)


def tell_painting(model: CaptioningRNN, corpus: Corpus, dataset: CocoDataset) -> None:
    application = QApplication.instance() or QApplication([])
    session = Session(Settings())
    widgets: list[tuple[str, QWidget, Callable[[], object]]] = []
    words = [int(word) for word in corpus.captions[0] if word != dataset.vocabulary.null][:-1]
    trace = trace_states(model, corpus.features[0], np.array(words))
    shown = StateMap()
    names = tuple(dataset.vocabulary.idx_to_word[word] for word in words)
    quantity = quantities_of(model)[0]
    values = trace.values[quantity]
    order = np.arange(model.hidden_dim)
    widgets.append(
        ("map of all states", shown, lambda: shown.show_states(values, quantity, order, names, True))
    )
    ranks = RankPlot(session)
    ranks.show_ranks(dataset.split("train").word_ranks, dataset.vocabulary)
    cuts = iter(range(1, 10_000))
    widgets.append(("line of the cut", ranks, lambda: ranks.show_cut(next(cuts))))
    dots = SurprisePlot(session)
    train, vocabulary = dataset.split("train").captions, dataset.vocabulary
    found = read_by_frequency(model, corpus, train, vocabulary)
    widgets.append(
        (
            "dots of surprise",
            dots,
            lambda: dots.show_words(found, vocabulary.idx_to_word, vocabulary.unk, ""),
        )
    )
    for what, widget, change in widgets:
        widget.resize(*SIZE)
        widget.show()
        application.processEvents()

        def paint(widget: QWidget = widget, change: Callable[[], object] = change) -> None:
            change()
            widget.repaint()

        tell(f"{what}, painted anew", paint, 0.016, REPAINTS)
        widget.close()
    session.shut_down()


def measure(name: str, model: CaptioningRNN, dataset: CocoDataset, pass_s: float, rounds: int) -> None:
    corpus = draw_corpus(dataset)
    cell = CELLS[model.cell_type].name
    print(f"{name}: {cell}, {model.hidden_dim} units, {len(model.word_to_idx):,} words")
    tell_units(model, corpus, dataset, pass_s, rounds)
    tell_gradients(model, dataset, rounds)
    is_small = name == "storybook"
    tell("the photo's worth over val", lambda: photo_worth(model, corpus), 2.0 if is_small else None, rounds)
    tell_words(model, corpus, dataset, rounds)
    tell_painting(model, corpus, dataset)


def main() -> None:
    parser = argparse.ArgumentParser(description="Time the views inside the network.")
    parser.add_argument("folder", nargs="?", type=Path, help="a data folder; without it, a stand-in")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="+", choices=("storybook", "coco"), default=("storybook", "coco"))
    args = parser.parse_args()
    if "storybook" in args.only:
        model = shipped_run().model
        assert model is not None
        with CocoDataset.open(storybook_folder()) as dataset:
            measure("storybook", model, dataset, 1.0, args.rounds)
    if "coco" not in args.only:
        return
    with tempfile.TemporaryDirectory() as made:
        if args.folder is None:
            write_stand_in(Path(made))
        with CocoDataset.open(args.folder or Path(made)) as dataset:
            words = dataset.vocabulary.word_to_idx
            untrained = CaptioningRNN(
                words, dataset.feature_dim, 256, 512, "lstm", rng=np.random.default_rng(0)
            )
            measure("COCO's size", untrained, dataset, 10.0, args.rounds)


if __name__ == "__main__":
    main()
