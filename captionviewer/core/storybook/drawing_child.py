"""A program of its own that draws the storybook's pictures for `photos/storybook_drawer`.

{"address": "storybook:train/000123"}   {"shape": [360, 480, 3], "bytes"}, then the pixels, uint8 RGB
or {"refused": why there is no such picture}. With "give_way" in a request it takes, from then on, what others
leave of the processor.
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
    answers.write(READY + b"\n")
    answers.flush()
    for line in requests:
        said: dict[str, object]
        request = json.loads(line)
        if request.get("give_way"):
            give_way()
        try:
            picture = picture_of(request["address"])
        except ValueError as problem:
            said, pixels = {"refused": str(problem)}, b""
        else:
            pixels = picture.tobytes()
            said = {"shape": picture.shape, "bytes": len(pixels)}
        answers.write(json.dumps(said).encode() + b"\n" + pixels)
        answers.flush()


if __name__ == "__main__":
    main()
