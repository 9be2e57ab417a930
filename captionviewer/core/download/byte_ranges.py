"""Which bytes of a file are there, or wanted: sorted spans that do not touch."""

from collections.abc import Iterable, Iterator

Span = tuple[int, int]  # from the first byte to the one after the last


class ByteRanges:
    """A set of byte positions, kept as spans (start, end) with end exclusive."""

    def __init__(self, spans: Iterable[Span] = ()) -> None:
        self._spans: list[Span] = []
        for start, end in spans:
            self.add(start, end)

    def __iter__(self) -> Iterator[Span]:
        return iter(self._spans)

    def __bool__(self) -> bool:
        return bool(self._spans)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ByteRanges) and self._spans == other._spans

    __hash__ = None  # type: ignore[assignment]  # it changes

    def __repr__(self) -> str:
        return f"ByteRanges({self._spans})"

    @property
    def size(self) -> int:
        """How many bytes they are."""
        return sum(end - start for start, end in self._spans)

    @property
    def end(self) -> int:
        """The position after the last byte; 0 when there is none."""
        return self._spans[-1][1] if self._spans else 0

    def add(self, start: int, end: int) -> None:
        """Take a span in."""
        if end <= start:
            return
        kept: list[Span] = []
        for a, b in self._spans:
            if b < start or a > end:
                kept.append((a, b))
            else:
                start, end = min(a, start), max(b, end)
        kept.append((start, end))
        self._spans = sorted(kept)

    def without(self, other: "ByteRanges") -> "ByteRanges":
        """Return what is here and not there."""
        left = self._spans
        for start, end in other:
            cut: list[Span] = []
            for a, b in left:
                if b <= start or a >= end:
                    cut.append((a, b))
                    continue
                if a < start:
                    cut.append((a, start))
                if b > end:
                    cut.append((end, b))
            left = cut
        return ByteRanges(left)

    def covers(self, start: int, end: int) -> bool:
        """Tell whether all of a span is here."""
        return end <= start or any(a <= start and end <= b for a, b in self._spans)

    def clipped(self, end: int) -> "ByteRanges":
        """Return what is before a position."""
        return ByteRanges((a, min(b, end)) for a, b in self._spans if a < end)

    def joined(self, gap: int) -> "ByteRanges":
        """Return the same with gaps of at most `gap` bytes filled: fewer requests for a few bytes more."""
        spans: list[Span] = []
        for a, b in self._spans:
            if spans and a - spans[-1][1] <= gap:
                spans[-1] = (spans[-1][0], b)
            else:
                spans.append((a, b))
        return ByteRanges(spans)
