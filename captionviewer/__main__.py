"""`python -m captionviewer` is the same as the `captionviewer` command."""

import sys

from captionviewer.cli import main

if __name__ == "__main__":
    sys.exit(main())
