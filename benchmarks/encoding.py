"""Pictures of one's own: from an edit of a scene to its caption, and EfficientNet-Lite0's time for a photo.

    python benchmarks/encoding.py [--edits 30] [--photos 40] [--rounds 3]

Offscreen. Printed are

- from a change in the view Scene to the caption of the picture drawn anew, by the model that comes with the
  program, the median and the slowest, against 150 ms;
- of how many val scenes drawn anew that model writes the caption that it writes of the stored features,
  against 99 in a hundred;
- a photo's features by EfficientNet-Lite0, decoding left out, on one thread, against 100 ms;
- the photos a second of `captionviewer encode` with two processes over twice those with one, each without
  the time its processes take to start, against 0.8.

The photos are the storybook's pictures as JPEG files. Lite0 needs its weights (the extra "photos"); without
them the last two are left out.
"""

import argparse
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PIL import Image
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.decoding.decoding import Decoding
from captionviewer.core.decoding.greedy import greedy
from captionviewer.core.encoders.efficientnet_lite0 import EfficientNetLite0
from captionviewer.core.encoders.torch_weights import WeightsError
from captionviewer.core.network.library_threads import one_library_thread
from captionviewer.core.own_photos.encoding import Encoding
from captionviewer.core.own_photos.lite0_features import features_of_picture
from captionviewer.core.photos.picture_file import read_picture
from captionviewer.core.saved.model_file import SavedModel
from captionviewer.core.saved.run_file import model_of
from captionviewer.core.saved.shipped_run import shipped_run
from captionviewer.core.storybook import picture_of
from captionviewer.core.storybook.pixel_encoder import shipped_encoder
from captionviewer.core.storybook.shipped import storybook_folder
from captionviewer.ui.data.scene.scene_view import SceneView
from captionviewer.ui.session.models import CurrentModel, ModelOrigin
from captionviewer.ui.session.session import Session
from captionviewer.ui.settings import Settings

VAL_ROW = 32  # a scene of one thing that can be red or blue


def ms(seconds: list[float]) -> str:
    """The median and the slowest."""
    return f"{1000 * statistics.median(seconds):.0f} ms (at most {1000 * max(seconds):.0f})"


def wait_for(condition: Callable[[], bool]) -> None:
    """Let Qt run until something holds."""
    loop, timer = QEventLoop(), QTimer()
    timer.setInterval(1)
    timer.timeout.connect(lambda: loop.quit() if condition() else None)
    timer.start()
    loop.exec()
    timer.stop()


def edits(count: int) -> list[float]:
    """Seconds from a change of colour to the caption."""
    session = Session(Settings())
    session.data.open_storybook()
    wait_for(lambda: session.data.dataset is not None and not session.workers.running())
    dataset = session.data.dataset
    assert dataset is not None
    session.models.set(CurrentModel(shipped_model(), ModelOrigin.SAVED))
    view = SceneView(session)
    view.resize(560, 400)
    view.show()
    taken: list[float] = []
    view.show_photo(dataset, dataset.split("val").record(VAL_ROW))
    wait_for(lambda: view.answer is not None)
    for number in range(count):
        wanted = ("red", "blue")[number % 2]
        began = time.perf_counter()
        view.controls.colour.setCurrentText(wanted)
        scene = view.scene
        while view.answer is None or view.answer.drawn.scene is not scene:
            QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents, 5)
        taken.append(time.perf_counter() - began)
    view.close()
    session.shut_down()
    return taken


def same_captions() -> tuple[int, int]:
    """How many val scenes drawn anew have the greedy caption of the stored features, and of how many."""
    model, encoder = shipped_model().model, shipped_encoder()
    with CocoDataset.open(storybook_folder(), "pca") as dataset:
        val = dataset.split("val")
        rows = np.arange(val.num_photos)
        anew = np.stack([encoder.features(picture_of(val.record(row).url), "pca") for row in rows.tolist()])
        captions = [greedy(model, features, Decoding()) for features in (val.features.rows(rows), anew)]
    same = sum(one.tolist() == other.tolist() for one, other in zip(*captions, strict=True))
    return same, len(rows)


def shipped_model() -> SavedModel:
    """The model that comes with the program."""
    model = model_of(shipped_run())
    assert model is not None
    return model


def encoded(files: list[Path], processes: int) -> float:
    """Photos a second, from the first that is done to the last."""
    with tempfile.TemporaryDirectory() as folder:
        encoding = Encoding(files, Path(folder), processes)
        with encoding.alone():
            work = threading.Thread(target=encoding.run)
            work.start()
            while encoding.progress.done < 2 * processes and work.is_alive():  # their processes have started
                time.sleep(0.001)
            first, began = encoding.progress.done, time.perf_counter()
            work.join()
            return (len(files) - first) / (time.perf_counter() - began)


def main() -> None:
    """Print all of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--edits", type=int, default=30)
    parser.add_argument("--photos", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        os.environ["CAPTIONVIEWER_CONFIG_DIR"] = f"{temporary}/config"
        os.environ["CAPTIONVIEWER_CACHE_DIR"] = f"{temporary}/cache"
        _app = QApplication(["encoding"])
        print(f"from an edit to its caption: {ms(edits(arguments.edits))} (bound 150)")
        same, all_of_them = same_captions()
        print(f"drawn anew, the caption of the stored features: {same} of {all_of_them} (bound 99 %)")
        files = []
        for number in range(arguments.photos):
            files.append(Path(temporary) / f"{number}.jpg")
            Image.fromarray(picture_of(f"storybook:train/{number:06d}")).save(files[-1], quality=92)
        try:
            network = EfficientNetLite0.load()
        except WeightsError as problem:
            print(problem)
            return
        taken = []
        with one_library_thread():
            for file in files:
                picture = read_picture(file)
                began = time.perf_counter()
                features_of_picture(network, picture)
                taken.append(time.perf_counter() - began)
        print(f"a photo by EfficientNet-Lite0, one thread: {ms(taken)} (bound 100)")
        shares = []
        for _ in range(arguments.rounds):
            one, two = (encoded(files, processes) for processes in (1, 2))
            shares.append(two / one / 2)
        print(
            f"two processes over twice one: {statistics.median(shares):.2f} ({min(shares):.2f} to"
            f" {max(shares):.2f}; bound 0.8)"
        )


if __name__ == "__main__":
    main()
