"""A program of its own that computes the features of photos for `encoding`, on one core, at a low priority.

{"path": "/photos/one.jpg"}    {"bytes": 5120}, then the features, 1,280 float32
                            or {"refused": why the photo has none}
"""

import json
import signal
import sys
from pathlib import Path

from captionviewer.core.child_program import READY, give_way
from captionviewer.core.encoders.efficientnet_lite0 import EfficientNetLite0
from captionviewer.core.own_photos.lite0_features import features_of_file
from captionviewer.core.photos.problem import PhotoUnavailable


def main() -> None:
    """Answer requests until there are no more."""
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the parent, which then ends this
    give_way()
    encoder = EfficientNetLite0.load()
    answers.write(READY + b"\n")
    answers.flush()
    for line in requests:
        said: dict[str, object]
        try:
            content = features_of_file(encoder, Path(json.loads(line)["path"])).tobytes()
            said = {"bytes": len(content)}
        except PhotoUnavailable as problem:
            said, content = {"refused": str(problem)}, b""
        answers.write(json.dumps(said).encode() + b"\n" + content)
        answers.flush()


if __name__ == "__main__":
    main()
