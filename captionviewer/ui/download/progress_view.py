"""How far a download is: a bar, its numbers, and what the user should know."""

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QFont, QPalette
from PySide6.QtWidgets import QLabel, QProgressBar, QVBoxLayout, QWidget

from captionviewer.core.download import DownloadProgress, Phase, format_bytes, format_duration
from captionviewer.ui.look.theme import colors, set_muted

_STEPS = 1000


class ProgressView(QWidget):
    """Shows one look at a download after another."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._phase = _label("download_phase", "What the download is doing")
        self._bar = QProgressBar()
        self._bar.setObjectName("download_bar")
        self._bar.setAccessibleName("Progress of the download")
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(14)
        self._numbers = _label("download_numbers", "Speed and time left")
        self._notices = _label("download_notices", "Notices")
        for label in (self._numbers, self._notices):
            set_muted(label)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        for part in (self._phase, self._bar, self._numbers, self._notices):
            column.addWidget(part)

    def show_progress(self, progress: DownloadProgress) -> None:
        """Show a look at a download that is going on."""
        self._phase.setText(_heading(progress))
        share = progress.share
        ended = progress.phase is Phase.DONE
        self._bar.setVisible(not ended)
        if share is None:
            moving = progress.phase not in (Phase.PAUSED, Phase.WAITING)
            self._bar.setRange(0, 0 if moving else _STEPS)
        else:
            self._bar.setRange(0, _STEPS)
            self._bar.setValue(round(_STEPS * share))
        self._numbers.setText(_numbers(progress))
        self._numbers.setVisible(not ended)
        self.show_notices(progress.notices)

    def show_notices(self, notices: tuple[str, ...]) -> None:
        """Show what the user should know."""
        self._notices.setText("\n".join(notices))
        self._notices.setVisible(bool(notices))


class FailureLabel(QLabel):
    """A message about what went wrong, in the colour of the theme for that."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._serious = False
        self.setObjectName(name)
        self.setAccessibleName("Why the download ended")
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.PlainText)  # addresses and names come from strangers
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )

    def show_message(self, words: str, serious: bool = True) -> None:
        """Show a message; nothing hides the label."""
        self._serious = serious
        self._color()
        self.setText(words)
        self.setVisible(bool(words))

    def _color(self) -> None:
        wanted = colors().bad if self._serious else colors().text
        palette = QPalette(self.palette())
        if palette.color(QPalette.ColorRole.WindowText) != wanted:
            palette.setColor(QPalette.ColorRole.WindowText, wanted)
            self.setPalette(palette)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange:
            self._color()


def _label(name: str, accessible: str) -> QLabel:
    label = QLabel()
    label.setObjectName(name)
    label.setAccessibleName(accessible)
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    if name == "download_phase":
        font = QFont(label.font())
        font.setBold(True)
        label.setFont(font)
    return label


def _heading(progress: DownloadProgress) -> str:
    heading = progress.phase.value
    if progress.phase in (Phase.ASKING, Phase.WAITING):
        return heading
    if progress.total:
        return f"{heading}: {format_bytes(progress.done)} of {format_bytes(progress.total)}"
    if progress.done:
        return f"{heading}: {format_bytes(progress.done)}"
    return heading


def _numbers(progress: DownloadProgress) -> str:
    parts = []
    if progress.speed:
        parts.append(f"{format_bytes(progress.speed)} a second")
    if progress.seconds_left is not None:
        parts.append(f"{format_duration(progress.seconds_left)} left")
    if progress.words:
        parts.append(progress.words)
    return " · ".join(parts) or " "
