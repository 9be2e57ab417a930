"""What a launch leaves behind."""

import os
import subprocess
import sys

LAUNCHING = """
import gc, sys
from captionviewer import cli
from captionviewer.ui import application
make = application.make_window
def noted(*arguments):
    window = make(*arguments)
    print(gc.isenabled(), flush=True)
    window.session.matplotlib_ready.connect(lambda: print(gc.isenabled(), gc.get_freeze_count(), flush=True))
    window.session.matplotlib_ready.connect(window.close)
    return window
application.make_window = noted
sys.exit(cli.main([]))
"""


def test_python_itself_looks_for_no_garbage_and_the_window_not_among_what_was_imported() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", LAUNCHING],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    before, after = ended.stdout.splitlines()
    is_enabled, frozen = after.split()
    assert before == is_enabled == "False"
    assert int(frozen) > 50_000
