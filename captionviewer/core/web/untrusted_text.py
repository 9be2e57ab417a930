"""Words of strangers, fit to stand in a message and on a terminal."""


def quoted(text: str, limit: int = 200) -> str:
    """Return text from outside on one line, printable, and of at most `limit` signs and "…".

    Servers choose their status lines, redirects and pages, and makers of archives their names: none of it
    may move a terminal's cursor, turn the direction of writing, or fill a screen.
    """
    # cut first: a status line may have 64 kB, and white space counts where it is kept
    words = " ".join(text[: 4 * limit].split())
    printable = "".join(sign if sign.isprintable() else "?" for sign in words[: limit + 1])
    cut = len(printable) > limit or len(text) > 4 * limit
    return printable[:limit] + "…" if cut else printable
