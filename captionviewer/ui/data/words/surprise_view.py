"""The view Surprise: how a model is surprised at words that it was trained on often and seldom."""

from collections.abc import Collection

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from captionviewer.core.inspection.word_frequency import (
    FrequencyBand,
    SurpriseByFrequency,
    read_by_frequency,
)
from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.ui.data.words.surprise_plot import SurprisePlot
from captionviewer.ui.data.words.val_pass import Asked, ValPass
from captionviewer.ui.look.numbers import counted
from captionviewer.ui.session.corpus_job import Progress
from captionviewer.ui.session.session import Session
from captionviewer.ui.widgets.control_parts import lay_out_plot, words_label

INVITATION = (
    "Press Read val: people's captions are read to the model word by word, with their photos. Then a dot for"
    " each word says how much it surprises the model, and how often it was trained on."
)


class SurpriseView(QWidget):
    """Reads val on request; what is shown names its model."""

    word_chosen = Signal(str)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.reading = ValPass(
            session,
            "reading val for surprise at its words",
            "Read val",
            "Reads people's captions of val to the model that Sampling shows",
            _read,
        )
        self.reading.setParent(self)
        self._shown: object = None
        self.plot = SurprisePlot(session)
        self.plot.word_chosen.connect(self.word_chosen)
        self.words = words_label("surprise_words")
        lay_out_plot(self, self.reading.row, self.plot, self.words)
        self.reading.changed.connect(self._refresh)
        self._refresh()

    def show_chosen(self, words: Collection[str]) -> None:
        """Mark the words that photos are filtered by."""
        self.plot.show_chosen(words)

    def _refresh(self) -> None:
        answer = self.reading.answer
        self.plot.set_old(self.reading.is_old)
        if answer is None:
            said = self.reading.trouble or INVITATION
        else:
            old = " Sampling shows another model now." if self.reading.is_old else ""
            said = self.reading.trouble or f"{surprise_words(answer.found)} {answer.asked.words}{old}"
        if answer is not self._shown or answer is None:
            self._shown = answer
            vocabulary = None if answer is None else answer.asked.dataset.vocabulary
            self.plot.show_words(
                None if answer is None else answer.found,
                () if vocabulary is None else vocabulary.idx_to_word,
                -1 if vocabulary is None else vocabulary.unk,
                said,
            )
        self.words.setText(said)
        self.plot.setVisible(answer is not None)


def _read(model: CaptioningRNN, asked: Asked, progress: Progress) -> SurpriseByFrequency | None:
    vocabulary = asked.dataset.vocabulary
    return read_by_frequency(model, asked.corpus, asked.trained_on, vocabulary, progress)


def surprise_words(found: SurpriseByFrequency) -> str:
    """What the dots say: the mean surprise by frequency, and how many words their frequency explains."""
    bands = found.bands()
    if not bands:
        return "Val has no words."
    by_band = "; ".join(
        f"{_times(band)} {band.nats:.1f} ({counted(band.num_words, 'word')})" for band in bands
    )
    below, heard = found.below_frequency
    return (
        f"Mean nats of words trained on {by_band}. {below:,} of the {counted(heard, 'word')} trained on"
        " surprise less than their frequency alone would."
    )


def _times(band: FrequencyBand) -> str:
    if not band.most:
        return "0 times"
    return f"{band.least:,} to {band.most:,} times"
