"""How captions are written is held by the session and remembered."""

import pytest
from pytestqt.qtbot import QtBot

from captionviewer.core.decoding.decoding import Decoding
from captionviewer.ui import settings as remembered
from captionviewer.ui.session.decoding import ChosenDecoding
from captionviewer.ui.settings import Setting, Settings

EVERY_FIELD = Decoding("sample", 0.5, 7, 0.9, 4, 0.25, ("<UNK>", "a"), 2, 12, 3)


def test_the_chosen_decoding_is_told_once_and_remembered(qtbot: QtBot) -> None:
    settings = Settings()
    chosen = ChosenDecoding(settings)
    told: list[Decoding] = []
    chosen.changed.connect(told.append)
    assert chosen.value == Decoding()
    chosen.set(EVERY_FIELD)
    chosen.set(EVERY_FIELD)
    assert told == [EVERY_FIELD]
    assert settings.save()
    assert ChosenDecoding(Settings()).value == EVERY_FIELD


@pytest.mark.parametrize(
    "spoilt",
    [
        "greedy",
        {"method": "best"},
        {"temperature": "hot"},
        {"temperature": -1},
        {"k": True},
        {"seed": 1.5},
        {"max_length": 1_000_000},
        {"forbidden_words": "a"},
        {"forbidden_words": [1]},
        {"width": 3},
    ],
)
def test_a_remembered_decoding_that_can_be_none_is_greedy(spoilt: remembered.Json) -> None:
    setting: Setting[Decoding] = remembered.DECODING
    with pytest.raises(ValueError):
        setting.taken_from(spoilt)
