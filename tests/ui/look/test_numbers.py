"""Numbers are written in one way, whatever the system's language."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QLocale
from PySide6.QtWidgets import QApplication, QDoubleSpinBox, QSpinBox
from pytestqt.qtbot import QtBot

from captionviewer.ui.application import make_window
from captionviewer.ui.look.numbers import counted
from captionviewer.ui.settings import Settings


@pytest.fixture(params=["ar_EG", "de_DE", "hi_IN"])
def language(request: pytest.FixtureRequest) -> Iterator[None]:
    """A system whose digits, decimal sign or groups are others."""
    before = QLocale()
    QLocale.setDefault(QLocale(request.param))
    yield
    QLocale.setDefault(before)


def test_every_field_of_the_window_writes_digits_as_the_labels_do(
    qtbot: QtBot, qapp: QApplication, language: None
) -> None:
    palette = qapp.palette()
    window = make_window(qapp, Settings())
    try:
        fields: list[QSpinBox | QDoubleSpinBox] = list(window.findChildren(QSpinBox))
        fields += window.findChildren(QDoubleSpinBox)
        assert len(fields) > 8
        for field in fields:
            field.setEnabled(True)
            field.blockSignals(True)  # it is about digits: who listens need not take such a number
            field.setRange(0, 99_999)
            field.setValue(1234)
            field.blockSignals(False)
            digits = field.text().removeprefix(field.prefix()).removesuffix(field.suffix())
            assert digits.replace(",", "").split(".")[0] == "1234", field.objectName()
        window.data_panel.bar.size_field.setValue(24)
        assert window.data_panel.bar.size_field.text() == "24"
    finally:
        window.close()
        window.theme.deleteLater()
        window.deleteLater()
        qapp.setPalette(palette)


def test_one_is_told_from_many() -> None:
    assert counted(1, "caption") == "1 caption"
    assert counted(0, "photo") == "0 photos"
    assert counted(2146, "caption") == "2,146 captions"
    assert counted(2, "match", "matches") == "2 matches"
