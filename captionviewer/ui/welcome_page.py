"""What the window shows before any data is open: what this is, and the ways to get going."""

from pathlib import Path

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QFont, QIcon, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from captionviewer.resources import resource
from captionviewer.ui.icons import icon
from captionviewer.ui.session import Session
from captionviewer.ui.theme import colors

DATA_ADDRESS = "http://cs231n.stanford.edu/coco_captioning.zip"
WIDEST = 880  # pixels at the system's text size; longer lines are hard to read

ABOUT = "See how a recurrent network learns to caption photos: its data, its loss, each word as it is chosen."
PANELS = (
    ("photo", "Data", "Photos with their captions, the word ids behind them, and a search over all of them."),
    ("model", "Training", "A vanilla RNN or an LSTM in plain NumPy, its loss plotted live, step by step."),
    ("step", "Sampling", "Which word comes next, and how likely: beside what people wrote."),
)
WHAT_COCO_IS = (
    "<p><b>What COCO is.</b> Microsoft COCO holds 123,287 photos from Flickr with about five captions "
    "each, written by people. Stanford's CS231n course gives them as arrays: the captions as word "
    "ids, each photo as a vector of features, and the photos' addresses.</p>"
    "<p><b>How to get it.</b> Download "
    f'<a href="{DATA_ADDRESS}">{DATA_ADDRESS}</a> (about 1 GB), unpack it, and open the folder '
    "<i>coco_captioning</i> here. The photos themselves are fetched one by one as you look at them; "
    "if you have COCO's <i>train2014</i> and <i>val2014</i> folders, <i>Choose Image Folder</i> in the "
    "File menu uses those instead.</p>"
)


class _Card(QWidget):
    """A rounded ground; dashed where something can be dropped."""

    def __init__(self, dashed: bool) -> None:
        super().__init__()
        self._line = Qt.PenStyle.DashLine if dashed else Qt.PenStyle.SolidLine

    def paintEvent(self, event: QPaintEvent) -> None:
        c = colors()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(c.surface)
        painter.setPen(QPen(c.border, 1.5, self._line))
        painter.drawRoundedRect(self.rect().adjusted(1, 1, -2, -2), 10, 10)
        painter.end()


class _SizedLabel(QLabel):
    """A label whose text stays `scale` times as large as the text around."""

    def __init__(self, words: str, scale: float, bold: bool = False) -> None:
        super().__init__(words)
        self._scale, self._bold = scale, bold
        self.setWordWrap(True)
        self._size()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.ApplicationFontChange:
            self._size()

    def _size(self) -> None:
        font = QFont(QLabel().font())
        font.setPointSizeF(font.pointSizeF() * self._scale)
        font.setWeight(QFont.Weight.DemiBold if self._bold else QFont.Weight.Normal)
        if font != self.font():
            self.setFont(font)


class WelcomePage(QScrollArea):
    """Offers to open a folder, drop one or take a recent one, and says what COCO is."""

    open_asked = Signal()
    demo_asked = Signal()
    folder_chosen = Signal(object)  # Path

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setAccessibleName("Welcome")
        self._content = QWidget()
        column = QVBoxLayout(self._content)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(20)
        column.addStretch(1)
        column.addLayout(self._head())
        column.addWidget(self._opening_card())
        column.addLayout(self._panel_cards())
        column.addWidget(_Paragraph(WHAT_COCO_IS))
        column.addStretch(2)
        page = QWidget()
        across = QHBoxLayout(page)
        across.setContentsMargins(0, 0, 0, 0)
        across.addStretch(1)
        across.addWidget(self._content, 100)
        across.addStretch(1)
        self.setWidget(page)
        self._limit_width()
        self.refresh()
        session.opening_changed.connect(self.refresh)

    # ---- parts -----------------------------------------------------------------------------

    def _head(self) -> QHBoxLayout:
        picture = QLabel()
        picture.setPixmap(QIcon(str(resource("icon.svg"))).pixmap(72, 72))
        words = QVBoxLayout()
        words.setSpacing(4)
        words.addWidget(_SizedLabel("captionviewer", 2.2, bold=True))
        words.addWidget(_SizedLabel(ABOUT, 1.15))
        head = QHBoxLayout()
        head.setSpacing(18)
        head.addWidget(picture)
        head.addLayout(words, 1)
        return head

    def _opening_card(self) -> QWidget:
        self.open_button = QPushButton(icon("folder"), "Open data folder…")
        self.open_button.setObjectName("welcome_open")
        self.open_button.setIconSize(QSize(20, 20))
        self.open_button.setToolTip("Choose the folder that holds coco2014_captions.h5 (Ctrl+O)")
        self.open_button.setDefault(True)
        self.open_button.clicked.connect(self.open_asked)
        self.demo_button = QPushButton(icon("photo"), "Open the storybook")
        self.demo_button.setObjectName("welcome_storybook")
        self.demo_button.setIconSize(QSize(20, 20))
        self.demo_button.setToolTip(
            "Small drawn scenes with captions that come with captionviewer: no data needed"
        )
        self.demo_button.clicked.connect(self.demo_asked)
        self._status = _Paragraph("")
        self._status.setObjectName("welcome_status")
        card = _Card(dashed=True)
        inside = QVBoxLayout(card)
        inside.setContentsMargins(28, 24, 28, 24)
        inside.setSpacing(12)
        row = QHBoxLayout()
        row.setSpacing(14)
        row.addWidget(self.open_button)
        row.addWidget(self.demo_button)
        row.addWidget(_Paragraph("or drop a folder anywhere on this window"), 1)
        inside.addLayout(row)
        inside.addWidget(self._status)
        self._recent_title = _SizedLabel("Recent folders", 1.0, bold=True)
        self._recent = QVBoxLayout()
        self._recent.setSpacing(2)
        inside.addWidget(self._recent_title)
        inside.addLayout(self._recent)
        return card

    def _panel_cards(self) -> QGridLayout:
        cards = QGridLayout()
        cards.setSpacing(14)
        for place, (picture, title, words) in enumerate(PANELS):
            card = _Card(dashed=False)
            inside = QVBoxLayout(card)
            inside.setContentsMargins(18, 16, 18, 16)
            inside.setSpacing(6)
            head = QHBoxLayout()
            head.setSpacing(8)
            head.addWidget(_IconLabel(picture))
            head.addWidget(_SizedLabel(title, 1.1, bold=True), 1)
            inside.addLayout(head)
            inside.addWidget(_Paragraph(words))
            inside.addStretch(1)
            cards.addWidget(card, 0, place)
            cards.setColumnStretch(place, 1)
        return cards

    # ---- what is shown ---------------------------------------------------------------------

    def refresh(self) -> None:
        """Show what is being opened, and the folders opened before."""
        self._status.setText(self._session.opening)
        self._status.setVisible(bool(self._session.opening))
        for opener in (self.open_button, self.demo_button):
            opener.setEnabled(not self._session.opening)
        while (item := self._recent.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        folders = self._session.recent_folders()
        self._recent_title.setVisible(bool(folders))
        for folder in folders:
            button = QToolButton()
            button.setAutoRaise(True)
            button.setIcon(icon("folder"))
            button.setText(folder)
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            button.setToolTip(f"Open {folder}")
            button.clicked.connect(lambda _checked=False, path=Path(folder): self.folder_chosen.emit(path))
            self._recent.addWidget(button)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.ApplicationFontChange:
            self._limit_width()

    def _limit_width(self) -> None:
        self._content.setMaximumWidth(round(WIDEST * self.fontMetrics().averageCharWidth() / 7))


class _Paragraph(QLabel):
    """Text with links that can be followed."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.setWordWrap(True)
        self.setOpenExternalLinks(True)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextBrowserInteraction)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            words = self.text()  # links keep the colour they had when the text was set
            self.clear()
            self.setText(words)


class _IconLabel(QWidget):
    """An icon that follows the theme."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._icon = icon(name)
        self.setFixedSize(24, 24)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        self._icon.paint(painter, self.rect())
        painter.end()
