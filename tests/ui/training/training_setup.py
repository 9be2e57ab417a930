"""What the tests of the Training panel share: a session with data, a panel, short runs."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from pytestqt.qtbot import QtBot

from captionviewer.core.training.settings import TrainingSettings
from captionviewer.ui.session.session import Session
from captionviewer.ui.settings import Settings
from captionviewer.ui.training.training_panel import TrainingPanel

QUICK = TrainingSettings(hidden_dim=24, wordvec_dim=16, num_captions=20, batch_size=5, num_epochs=10, seed=3)
ENDLESS = replace(QUICK, num_epochs=100_000)
SOON = 20_000  # ms that nothing here takes


def import_matplotlib(session: Session) -> None:
    """What the application does in a thread after the first paint."""
    import matplotlib.backends.backend_qtagg
    import matplotlib.figure  # noqa: F401  # it is the import that is wanted

    session.plots_can_be_made()


def open_data(qtbot: QtBot, session: Session, folder: Path) -> None:
    """Open a data folder and wait for it."""
    before = session.data.dataset
    session.data.open_folder(folder)
    qtbot.waitUntil(lambda: session.data.dataset is not before, timeout=SOON)


@contextmanager
def training_panel(qtbot: QtBot, folder: Path | None, plots: bool = True) -> Iterator[TrainingPanel]:
    """A shown panel on a session of its own, with data if a folder is given; all ends with the block."""
    session = Session(Settings())
    panel = TrainingPanel(session)
    qtbot.addWidget(panel)
    if plots:
        import_matplotlib(session)
    if folder is not None:
        open_data(qtbot, session, folder)
    panel.resize(760, 480)
    panel.show()
    qtbot.waitExposed(panel)
    try:
        yield panel
    finally:
        assert panel.stop_and_wait(20)
        assert session.shut_down()
        panel.hide()
        session.deleteLater()


def wait(condition: Callable[[], bool], qtbot: QtBot) -> None:
    """Run the event loop until something holds."""
    qtbot.waitUntil(condition, timeout=SOON)


def pause_for(qtbot: QtBot, seconds: float) -> None:
    """Run the event loop for a while."""
    end = time.monotonic() + seconds
    qtbot.waitUntil(lambda: time.monotonic() > end, timeout=SOON)
