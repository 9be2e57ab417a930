"""The README's picture: the storybook, trained with its preset, and a caption half way: `make picture`."""

import os
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

SCREEN = Path(__file__).parent / "ui" / "screen.json"
os.environ.setdefault("QT_QPA_PLATFORM", f"offscreen:configfile={SCREEN}")


def let_run(milliseconds: int) -> None:
    """Let the window run for a while, and the training with it."""
    from PySide6.QtCore import QEventLoop, QTimer

    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def main(picture: Path) -> int:
    """Train for about a minute and save the picture."""
    with tempfile.TemporaryDirectory() as temporary:
        for kind in ("config", "cache", "data", "log"):  # not the user's own
            os.environ[f"CAPTIONVIEWER_{kind.upper()}_DIR"] = f"{temporary}/{kind}"
        from PySide6.QtWidgets import QApplication

        from captionviewer.ui.application import make_window, open_at_launch
        from captionviewer.ui.look.theme import ThemeChoice
        from captionviewer.ui.settings import Settings

        app = QApplication(["captionviewer"])
        window = make_window(app, Settings())
        window.theme.choose(ThemeChoice.LIGHT)
        window.resize(1280, 800)
        open_at_launch(window)
        window.show()
        while window.session.selection.record is None or not window.session.can_plot:
            let_run(50)
        window.welcome.close_by_user()
        window.training_panel.start_action.trigger()
        while window.training_panel.is_running():
            let_run(200)
        window.data_panel.val_action.trigger()
        let_run(3000)  # its pictures are drawn
        window.data_panel.grid.select_row(PHOTO)
        let_run(1000)
        for _ in range(4):
            window.sampling_panel.step_action.trigger()
        window.sampling_panel.setFocus()
        let_run(700)
        saved = window.grab().save(str(picture))
        model = window.session.models.current
        assert model is not None
        window.session.models.set(replace(model, unsaved=False))
        window.close()
    if not saved:
        raise OSError(f"{picture} could not be written")
    print(f"picture in {picture}")
    return 0


PHOTO = 3  # of the first val minibatch


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
