"""Numbers as the window writes them: one way, that of its English words, whatever the system's language.

Thousands are set apart by commas and the sign of decimals is a point, in labels and in fields alike. A
field that followed the system's language would show other digits than the label beside it.
"""

from PySide6.QtCore import QLocale


def write_numbers_alike() -> None:
    """Let all fields made from now on write and read numbers as the labels do."""
    QLocale.setDefault(QLocale.c())


def counted(count: int, unit: str, units: str = "") -> str:
    """Return "1 caption", "2,146 captions"; `units` is a plural that is not made with an s."""
    return f"{count:,} {unit if count == 1 else units or f'{unit}s'}"
