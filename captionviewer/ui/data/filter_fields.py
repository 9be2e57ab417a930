"""The conditions that are set by numbers: a form that unfolds under the search field."""

from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QSpinBox, QWidget

from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.coco.folder_layout import SPLITS
from captionviewer.core.coco.vocabulary import UNK
from captionviewer.ui.data.minibatch_browser import MinibatchBrowser
from captionviewer.ui.session.session import Session
from captionviewer.ui.widgets.check_box import CheckBox
from captionviewer.ui.widgets.flow_layout import FlowLayout
from captionviewer.ui.widgets.outside_text import set_plain_tip

RANGES = (  # the field of CaptionConditions, what it counts, and the hint
    ("words", "&Words", "How long captions are, without <START> and <END>"),
    ("unknown", UNK, "How many words of a caption the vocabulary does not have"),
    ("captions_an_image", "Captions &a photo", "Photos with so many captions"),
)


class RangeFields(QWidget):
    """Two numbers, least and greatest; the whole range is no condition."""

    changed = Signal()

    def __init__(self, name: str, words: str, tip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.least, self.greatest = QSpinBox(), QSpinBox()
        label = QLabel(words)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setBuddy(self.least)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(6)
        line.addWidget(label)
        for field, end in ((self.least, "least"), (self.greatest, "greatest")):
            field.setObjectName(f"{name}_{end}")
            field.setAccessibleName(f"{words.replace('&', '')}: {end}")
            set_plain_tip(field, tip)
            field.setKeyboardTracking(False)
        line.addWidget(self.least)
        line.addWidget(QLabel("to"))
        line.addWidget(self.greatest)
        self.least.valueChanged.connect(self._least_changed)
        self.greatest.valueChanged.connect(self._greatest_changed)

    def limits(self) -> tuple[int, int] | None:
        """Return least and greatest, None for the whole range."""
        whole = (self.least.minimum(), self.greatest.maximum())
        chosen = (self.least.value(), self.greatest.value())
        return None if chosen == whole else chosen

    def show_limits(self, limits: tuple[int, int] | None, most: int) -> None:
        """Show a condition (None: none) on numbers from 0 to `most`."""
        for field, value in zip((self.least, self.greatest), limits or (0, most), strict=True):
            field.blockSignals(True)
            field.setRange(0, max(most, value))
            field.setValue(value)
            field.blockSignals(False)

    def _least_changed(self, value: int) -> None:
        if self.greatest.value() < value:
            self.greatest.blockSignals(True)
            self.greatest.setValue(value)
            self.greatest.blockSignals(False)
        self.changed.emit()

    def _greatest_changed(self, value: int) -> None:
        if self.least.value() > value:
            self.least.blockSignals(True)
            self.least.setValue(value)
            self.least.blockSignals(False)
        self.changed.emit()


class FilterFields(QWidget):
    """Shows and changes the conditions of a MinibatchBrowser, at once."""

    def __init__(self, session: Session, browser: MinibatchBrowser, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._browser = browser
        self._dataset: CocoDataset | None = None
        self._most: dict[str, int] = {}
        self.setObjectName("filter_fields")
        self.setAccessibleName("Filter")
        flow = FlowLayout(self, gap=14, line_gap=6)
        self.ranges: dict[str, RangeFields] = {}
        for name, words, tip in RANGES:
            self.ranges[name] = RangeFields(name, words, tip)
            self.ranges[name].changed.connect(self._apply)
            flow.addWidget(self.ranges[name])
        self.once = CheckBox("Each photo &once")
        self.once.setObjectName("each_photo_once")
        self.once.setToolTip("Of the captions found, only the first of each photo")
        self.trained = CheckBox("T&rained on")
        self.trained.setObjectName("only_trained")
        self.trained.setToolTip("Only captions that the current model was trained on")
        self.once.toggled.connect(self._apply)
        self.trained.toggled.connect(browser.show_only_trained)
        for box in (self.once, self.trained):
            flow.addWidget(box)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        browser.changed.connect(self.refresh)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    def refresh(self) -> None:
        """Show the browser's conditions, on the numbers that the data has."""
        dataset, query = self._session.data.dataset, self._browser.query
        if not self.isVisible() or dataset is None:
            return
        if dataset is not self._dataset:
            self._dataset = dataset
            self._most = {
                name: max(int(counts.max(initial=0)) for counts in both)
                for name, both in (
                    ("words", [dataset.split(split).caption_lengths for split in SPLITS]),
                    ("unknown", [dataset.split(split).unknown_counts for split in SPLITS]),
                    ("captions_an_image", [dataset.split(split).captions_per_image for split in SPLITS]),
                )
            }
        kept = query.kept
        self.ranges["words"].show_limits(kept.words, self._most["words"])
        self.ranges["unknown"].show_limits(kept.unknown, self._most["unknown"])
        self.ranges["captions_an_image"].show_limits(kept.captions_an_image, self._most["captions_an_image"])
        for box, checked in ((self.once, kept.one_an_image), (self.trained, query.only_trained)):
            box.blockSignals(True)
            box.setChecked(checked)
            box.blockSignals(False)

    def _apply(self) -> None:
        self._browser.set_conditions(
            replace(
                self._browser.query.kept,
                words=self.ranges["words"].limits(),
                unknown=self.ranges["unknown"].limits(),
                captions_an_image=self.ranges["captions_an_image"].limits(),
                one_an_image=self.once.isChecked(),
            )
        )
