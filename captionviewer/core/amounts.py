"""Bytes, seconds and signed numbers as people read them."""

MINUS = "\N{MINUS SIGN}"  # as wide as a plus


def signed(value: float, digits: int = 2, *, plus: bool = False) -> str:
    """Write a number with a real minus, on request with a plus: "−0.41", "+2.5"; no zero is negative."""
    return (f"{value:+z.{digits}f}" if plus else f"{value:z.{digits}f}").replace("-", MINUS)


def format_bytes(count: float) -> str:
    """Write an amount of data: "812 bytes", "24 kB", "5.2 MB", "340 MB", "1.36 GB"."""
    if count < 1000:
        return f"{count:.0f} bytes"
    for unit, size in (("kB", 1e3), ("MB", 1e6), ("GB", 1e9)):
        value = count / size
        if value < 999.5 or unit == "GB":
            digits = 0 if value >= 99.5 else 1 if value >= 9.95 else 2 if unit == "GB" else 1
            return f"{value:,.{digits}f} {unit}"
    raise AssertionError  # the last unit always fits


def format_duration(seconds: float) -> str:
    """Write a time: "7 s", "3 min 20 s", "2 h 05 min", "4 days"; never "0 s"."""
    whole = max(round(seconds), 1)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    if whole < 48 * 3600:
        return f"{whole // 3600} h {whole % 3600 // 60:02} min"
    return f"{round(whole / 86400):,} days"
