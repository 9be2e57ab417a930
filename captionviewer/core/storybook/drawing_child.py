"""A program of its own that draws the storybook's pictures for `photos/storybook_drawer`, at a low priority.

{"address": "storybook:train/000123"}   {"shape": [360, 480, 3], "bytes"}, then the pixels, uint8 RGB
or {"refused": why there is no such picture}
"""

import json
import signal
import sys

from captionviewer.core.child_program import READY, give_way
from captionviewer.core.storybook.addresses import picture_of


def main() -> None:
    """Answer requests until there are no more."""
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the parent, which then ends this
    give_way()
    answers.write(READY + b"\n")
    answers.flush()
    for line in requests:
        said: dict[str, object]
        try:
            picture = picture_of(json.loads(line)["address"])
        except ValueError as problem:
            said, pixels = {"refused": str(problem)}, b""
        else:
            pixels = picture.tobytes()
            said = {"shape": picture.shape, "bytes": len(pixels)}
        answers.write(json.dumps(said).encode() + b"\n" + pixels)
        answers.flush()


if __name__ == "__main__":
    main()
