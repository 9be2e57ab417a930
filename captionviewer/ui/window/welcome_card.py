"""The card over the window at first: what the program is, and the ways to get going."""

from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QIcon, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QAbstractButton,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from captionviewer.resources import resource
from captionviewer.ui.look.icons import icon
from captionviewer.ui.look.theme import colors, mixed, set_muted
from captionviewer.ui.session.session import Session
from captionviewer.ui.widgets.outside_text import as_menu_text, set_plain_tip

WIDTH = 600  # pixels at the system's text size
SHADOW = 22  # pixels around the card
RECENT_SHOWN = 3

ABOUT = "See how a recurrent network learns to caption photos: its data, its loss, each word as it is chosen."
STORYBOOK = "3,400 drawn scenes with five captions each. They come with the program: no data, no network."
FOLDER = "CS231n's coco_captioning, unpacked on this computer. Or drop the folder on the window."
DOWNLOAD = "123,287 photos of Flickr with their captions, as Stanford's course gives them: about 1 GB."


def what_coco_is() -> str:
    """Return rich text on what COCO is and how to get it."""
    from captionviewer.core.download.official import OFFICIAL_ADDRESS  # whose package takes a moment

    return (
        "<p><b>What COCO is.</b> Microsoft COCO holds 123,287 photos from Flickr with about five captions "
        "each, written by people. Stanford's CS231n course gives them as arrays: the captions as word "
        "ids, each photo as a vector of features, and the photos' addresses.</p>"
        "<p><b>How to get it.</b> <i>Get the COCO Data</i> in the File menu downloads "
        f'<a href="{OFFICIAL_ADDRESS}">{OFFICIAL_ADDRESS}</a> (about 1 GB), checks and unpacks it. If you '
        "have it, open the folder <i>coco_captioning</i>. The photos themselves are fetched one by one as "
        "you look at them; if you have COCO's <i>train2014</i> and <i>val2014</i> folders, <i>Choose Image "
        "Folder</i> in the File menu uses those instead.</p>"
    )


class WelcomeCard(QWidget):
    """Stands over the middle of a window that works on behind it; goes at Escape, at its buttons, or at a
    click beside it (which does what it would do without the card).
    """

    open_asked = Signal()
    download_asked = Signal()
    demo_asked = Signal()
    folder_chosen = Signal(object)  # Path
    closed = Signal()  # by the user

    def __init__(self, session: Session, window: QMainWindow) -> None:
        super().__init__(window)
        self._session, self._window = session, window
        self.setObjectName("welcome_card")
        self.setAccessibleName("Welcome")
        self._content = QWidget()
        column = QVBoxLayout(self._content)
        column.setContentsMargins(28, 22, 28, 24)
        column.setSpacing(10)
        column.addLayout(self._head())
        column.addSpacing(8)
        self.demo_button = _Choice("photo", "Look at the storybook", STORYBOOK, "welcome_storybook")
        self.open_button = _Choice("folder", "Open a COCO folder…", FOLDER, "welcome_open")
        self.download_button = _Choice("save", "Get the COCO data…", DOWNLOAD, "welcome_download")
        self.demo_button.setDefault(True)
        self.demo_button.clicked.connect(self.demo_asked)
        self.open_button.clicked.connect(self.open_asked)
        self.download_button.clicked.connect(self.download_asked)
        for choice in (self.demo_button, self.open_button, self.download_button):
            column.addWidget(choice)
        column.addLayout(self._progress_row())
        self._recent_title = _SizedLabel("Opened before", 1.0, bold=True)
        self._recent_title.hide()
        self._recent = QVBoxLayout()
        self._recent.setSpacing(0)
        column.addWidget(self._recent_title)
        column.addLayout(self._recent)
        self._scroll = QScrollArea(self)  # for text so large that the window is too small for it
        self._scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        self._scroll.setWidget(self._content)
        self._content.setAutoFillBackground(False)  # which the line before has set
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.viewport().setAutoFillBackground(False)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.hide()
        self.refresh()
        session.opening_changed.connect(self.refresh)
        session.opening_progressed.connect(self.refresh)
        window.installEventFilter(self)

    # ---- parts -----------------------------------------------------------------------------

    def _head(self) -> QHBoxLayout:
        picture = QLabel()
        picture.setPixmap(QIcon(str(resource("icon.svg"))).pixmap(QSize(60, 60), self.devicePixelRatioF()))
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(_SizedLabel("captionviewer", 2.0, bold=True))
        words.addWidget(_SizedLabel(ABOUT, 1.05))
        self.close_button = QToolButton()
        self.close_button.setObjectName("welcome_close")
        self.close_button.setAutoRaise(True)
        self.close_button.setIcon(icon("close"))
        self.close_button.setIconSize(QSize(18, 18))
        self.close_button.setAccessibleName("Close this card")
        self.close_button.setToolTip("Close this card (Esc); Help, Welcome shows it again")
        self.close_button.clicked.connect(self.close_by_user)
        head = QHBoxLayout()
        head.setSpacing(16)
        head.addWidget(picture, 0, Qt.AlignmentFlag.AlignTop)
        head.addLayout(words, 1)
        head.addWidget(self.close_button, 0, Qt.AlignmentFlag.AlignTop)
        return head

    def _progress_row(self) -> QHBoxLayout:
        self._status = QLabel()
        self._status.setObjectName("welcome_status")
        self._status.setTextFormat(Qt.TextFormat.PlainText)
        set_muted(self._status)
        self._bar = QProgressBar()
        self._bar.setObjectName("welcome_progress")
        self._bar.setAccessibleName("Progress of unpacking")
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(8)
        self._bar.setRange(0, 100)
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(self._status)
        row.addWidget(self._bar, 1)
        return row

    # ---- showing and closing ---------------------------------------------------------------

    def open(self) -> None:
        """Show the card, with the keyboard on its first button."""
        self.ensurePolished()
        self._follow_font()
        self.refresh()
        self._place()
        self.show()
        self.raise_()
        self.demo_button.setFocus(Qt.FocusReason.PopupFocusReason)

    def close_by_user(self) -> None:
        """Close the card for good; the Help menu shows it again."""
        if self.isVisible():
            self.hide()
            self.closed.emit()

    def refresh(self) -> None:
        """Show what is being opened, how far that is, and the folders opened before."""
        session = self._session
        share = session.data.opening_share
        self._status.setText(session.data.opening)
        self._status.setVisible(bool(session.data.opening))
        self._bar.setVisible(share is not None)
        self._bar.setValue(round(100 * (share or 0)))
        folders = session.data.recent_folders()[:RECENT_SHOWN]
        if folders != [button.text() for button in self._recent_buttons()]:
            self._show_recent(folders)
        if self.isVisible():
            self._place()

    def _recent_buttons(self) -> list[QAbstractButton]:
        items = [self._recent.itemAt(place) for place in range(self._recent.count())]
        widgets = [item.widget() for item in items if item is not None]
        return [widget for widget in widgets if isinstance(widget, QAbstractButton)]

    def _show_recent(self, folders: list[str]) -> None:
        for old in self._recent_buttons():
            self._recent.removeWidget(old)
            old.hide()
            old.deleteLater()
        self._recent_title.setVisible(bool(folders))
        for folder in folders:
            button = QToolButton()
            button.setAutoRaise(True)
            button.setIcon(icon("folder"))
            button.setText(as_menu_text(folder))
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            set_plain_tip(button, f"Open {folder}")
            button.clicked.connect(lambda _checked=False, path=Path(folder): self.folder_chosen.emit(path))
            self._recent.addWidget(button)

    def _place(self) -> None:
        """Stand in the middle of the window, below its bars, as large as the content asks for."""
        bars = self._window.menuWidget()
        top = bars.height() if bars is not None else 0
        room = self._window.rect().adjusted(0, top, 0, -self._window.statusBar().height())
        scale = self.fontMetrics().averageCharWidth() / 7
        width = min(round(WIDTH * max(scale, 0.8)), room.width() - 2 * SHADOW - 8)
        layout = self._content.layout()
        assert layout is not None
        layout.activate()
        inside, most = width, room.height() - 2 * SHADOW - 8
        if layout.totalHeightForWidth(width) > most:
            inside -= self._scroll.verticalScrollBar().sizeHint().width()
        content = layout.totalHeightForWidth(inside)
        height = min(content, most)
        self._content.resize(inside, content)
        self._scroll.setGeometry(SHADOW, SHADOW, width, height)
        self.resize(width + 2 * SHADOW, height + 2 * SHADOW)
        self.move(room.center() - QPoint(self.width() // 2, self.height() // 2))

    # ---- Qt --------------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the window's size; close at a click beside the card, which goes on to what it was for."""
        kind = event.type()
        if watched is self._window:
            handle = self._window.windowHandle()
            if kind == QEvent.Type.Show and handle is not None:
                # the window's own handle sees every press before the widgets do, and little else
                handle.removeEventFilter(self)
                handle.installEventFilter(self)
            elif kind == QEvent.Type.Resize and self.isVisible():
                self._place()
            elif kind == QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and self.isVisible():
                return self._is_closed_by(event)
        elif kind == QEvent.Type.MouseButtonPress and isinstance(event, QMouseEvent) and self.isVisible():
            where = self.mapFrom(self._window, event.position().toPoint())
            if not self.rect().adjusted(SHADOW, SHADOW, -SHADOW, -SHADOW).contains(where):
                self.close_by_user()
        return False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self._is_closed_by(event):
            super().keyPressEvent(event)

    def _is_closed_by(self, event: QKeyEvent) -> bool:
        if event.key() != Qt.Key.Key_Escape:
            return False
        self.close_by_user()
        return True

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and self.isVisible():
            self._follow_font()
            self._place()

    def _follow_font(self) -> None:
        for label in self.findChildren(_SizedLabel):
            label.follow(self.font())

    def event(self, event: QEvent) -> bool:
        handled = super().event(event)
        if event.type() == QEvent.Type.LayoutRequest and self.isVisible():
            self._place()
        return handled

    def paintEvent(self, event: QPaintEvent) -> None:
        c = colors()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        card = QRectF(self.rect()).adjusted(SHADOW, SHADOW, -SHADOW, -SHADOW)
        painter.setPen(Qt.PenStyle.NoPen)
        for reach in range(SHADOW, 0, -2):  # a soft shadow, a little lower than the card
            shade = QColor(c.text if not c.dark else c.window.darker(400))
            shade.setAlphaF((0.035 if not c.dark else 0.09) * (1 - reach / (SHADOW + 2)))
            painter.setBrush(shade)
            painter.drawRoundedRect(
                card.adjusted(-reach, 4 - reach, reach, min(4 + reach, SHADOW)), 14 + reach, 14 + reach
            )
        painter.setBrush(c.surface)
        painter.setPen(QPen(c.border, 1))
        painter.drawRoundedRect(card.adjusted(0.5, 0.5, -0.5, -0.5), 14, 14)
        painter.end()


class _Choice(QPushButton):
    """A wide button: a picture, what it does, and a line about it."""

    def __init__(self, picture: str, title: str, words: str, name: str) -> None:
        super().__init__()
        self._icon = icon(picture)
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.setAccessibleDescription(words)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        column = QVBoxLayout(self)
        column.setContentsMargins(58, 11, 16, 12)
        column.setSpacing(2)
        about = QLabel(words)
        about.setWordWrap(True)
        set_muted(about)
        for label in (_SizedLabel(title, 1.12, bold=True), about):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            column.addWidget(label)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        layout = self.layout()
        return layout.totalHeightForWidth(width) if layout is not None else super().heightForWidth(width)

    def sizeHint(self) -> QSize:
        layout = self.layout()
        return layout.totalSizeHint() if layout is not None else super().sizeHint()

    def minimumSizeHint(self) -> QSize:
        return QSize(120, self.heightForWidth(max(self.width(), 120)))

    def paintEvent(self, event: QPaintEvent) -> None:
        c = colors()
        ground = mixed(c.surface, c.accent, 0.1) if self.isDefault() else c.raised
        if self.isDown():
            ground = mixed(ground, c.accent, 0.2)
        elif self.underMouse():
            ground = mixed(ground, c.accent, 0.1)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(ground)
        edge = QPen(c.accent, 2) if self.hasFocus() else QPen(mixed(c.border, ground, 0.4), 1)
        painter.setPen(edge)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 9, 9)
        side = 26
        self._icon.paint(painter, 18, (self.height() - side) // 2, side, side)
        painter.end()


class _SizedLabel(QLabel):
    """A label whose text is `scale` times as large as the text around, once `follow` tells it the font."""

    def __init__(self, words: str, scale: float, bold: bool = False) -> None:
        super().__init__(words)
        self._scale, self._bold = scale, bold
        self.setWordWrap(True)
        self.follow(self.font())

    def follow(self, around: QFont) -> None:
        """Take another font of the text around."""
        font = QFont(around)
        font.setPointSizeF(font.pointSizeF() * self._scale)
        font.setWeight(QFont.Weight.DemiBold if self._bold else QFont.Weight.Normal)
        self.setFont(font)
