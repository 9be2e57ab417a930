"""The journal of a download never promises a byte that is not in the part file."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from captionviewer.core.download.part_file import PART_NAME, PartFile, read_journal

ADDRESS = "http://example.org/a.zip"


@pytest.fixture
def part(tmp_path: Path) -> Iterator[PartFile]:
    file = PartFile(tmp_path, ADDRESS)
    yield file
    file.close()


def promised(folder: Path) -> list[tuple[int, int]]:
    journal = read_journal(folder)
    return [] if journal is None else list(journal.have)


def test_bytes_past_an_end_that_the_server_names_later_are_not_promised_when_the_file_grows_again(
    part: PartFile, tmp_path: Path
) -> None:
    part.write(0, b"a" * 5_000)
    part.save()
    part.settle(3_976, None)
    part.settle(6_000, None)  # as when another mirror answers: the file ends in zeros now
    content = (tmp_path / PART_NAME).read_bytes()
    assert len(content) == 6_000
    for have in (promised(tmp_path), list(part.have)):
        assert have and all(set(content[start:end]) == {ord("a")} for start, end in have)


@pytest.mark.parametrize("grown_again", [False, True])
def test_what_another_program_cut_from_the_part_file_is_not_promised(
    part: PartFile, tmp_path: Path, grown_again: bool
) -> None:
    part.settle(8_000, "mark")
    part.write(0, b"a" * 8_000)
    os.truncate(tmp_path / PART_NAME, 6_976)
    part.save()
    if grown_again:
        os.truncate(tmp_path / PART_NAME, 8_000)
    assert promised(tmp_path) == [(0, 6_976)] == list(part.have) and not part.is_whole


def test_each_instant_of_a_download_has_a_journal_that_is_true(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process may be killed between any two calls to the system: looked at after each of them."""
    seen = 0

    def look() -> None:
        nonlocal seen
        spans = promised(tmp_path)
        content = (tmp_path / PART_NAME).read_bytes() if spans else b""
        for start, end in spans:
            assert content[start:end] == bytes(position % 251 for position in range(start, end))
            seen += 1

    for name in ("write", "ftruncate", "fsync", "replace", "rename", "unlink"):
        real = getattr(os, name)

        def call(*arguments: object, real: object = real, **named: object) -> object:
            assert callable(real)
            result = real(*arguments, **named)
            look()
            return result

        monkeypatch.setattr(os, name, call)
    part = PartFile(tmp_path, ADDRESS)
    try:
        part.settle(4_096, "mark")
        for start in (1_024, 0, 3_072):
            part.write(start, bytes(position % 251 for position in range(start, start + 1_024)))
            part.save()
        part.forget(0, 512)
        part.settle(2_048, "mark")
        part.settle(4_096, "mark")
        part.start_over()
        part.settle(2_048, "other")
        part.write(0, bytes(position % 251 for position in range(1_024)))
        part.save()
    finally:
        part.close()
    assert seen > 20
    assert promised(tmp_path) == [(0, 1_024)]
