"""Features are looked through for NaN in the background, those of the open data alone."""

import threading
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from captionviewer.core.coco.feature_file import FeatureFile
from captionviewer.ui.session.session import Session
from captionviewer.ui.settings import Settings
from captionviewer.ui.worker import Cancelled
from tests.coco_folder_writer import write_coco_folder


def test_opening_other_data_ends_the_scan_of_the_features_before(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (write_coco_folder(tmp_path / name, photos=False) for name in ("first", "second"))
    begun, ended = threading.Event(), threading.Event()

    def scan(features: FeatureFile, cancelled: Cancelled) -> None:
        if features.path.parent == first:
            begun.set()
            while not cancelled() and not ended.wait(0.01):
                pass
            ended.set()

    monkeypatch.setattr(FeatureFile, "scan", scan)
    session = Session(Settings())
    try:
        session.data.open_folder(first)
        qtbot.waitUntil(begun.is_set)
        assert not ended.is_set()
        with qtbot.waitSignal(session.dataset_changed):
            session.data.open_folder(second)
        qtbot.waitUntil(ended.is_set)
    finally:
        ended.set()
        assert session.shut_down()
        session.deleteLater()
