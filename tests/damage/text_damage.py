"""Damages to the vocabulary and to the files of lines, and things that are no files at all."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.damage.kinds import (
    FILES,
    NAMES,
    SAME,
    URLS,
    VOCABULARY,
    Damage,
    Do,
    OpensOrRefused,
    edited,
    opens_but,
    put,
    refused,
    vocabulary,
)

SPECIAL = ("<NULL>", "<START>", "<END>", "<UNK>")
MILLIONS = 10_000_000


def vocabularies() -> Iterator[Damage]:
    """Vocabularies broken, contradicting themselves, or of ten million words."""
    no = refused(VOCABULARY)
    for half in ("idx_to_word", "word_to_idx"):
        for name, value in (
            *(("missing", ...), ("null", None), ("a number", 7), ("text", "words"), ("a truth", True)),
            *(
                ("an empty list", []),
                ("an empty object", {}),
                ("a list of lists", [[]]),
                ("a list of ids", [0, 1]),
            ),
        ):
            yield Damage(f"{half} is {name}", vocabulary(_set(half, value)), no)
    words: tuple[Any, ...] = (
        6,
        None,
        True,
        [],
        {},
        "",
        " \n",
        "a\x00b",
        "\ud800",
        "\x1b[31m",
        "w" * 101,
        1.5,
    )
    for word in words:
        yield Damage(f"a word is {str(word)[:9]!r}", vocabulary(_word(6, word)), no)
    ids: tuple[Any, ...] = ("6", 6.0, True, None, [], -1, 7, 10**30, 10**400, float("nan"), float("inf"))
    for index in ids:
        yield Damage(f"an id is {index!r:.50}", vocabulary(_id_of(6, index)), no)
    for special in SPECIAL:
        yield Damage(f"{special} renamed", vocabulary(_renamed(special, "other")), no)
        yield Damage(f"{special} in small letters", vocabulary(_renamed(special, special.lower())), no)
    yield Damage("two words changed places", vocabulary(lambda v: _swap(v["idx_to_word"])), no)
    yield Damage("a word too many", vocabulary(lambda v: v["idx_to_word"].append("zebra")), no)
    yield Damage("an id too many", vocabulary(lambda v: v["word_to_idx"].update(zebra=49)), no)
    yield Damage("one word in two places", vocabulary(lambda v: v["idx_to_word"].append("the")), no)
    yield Damage("words left out at the end", vocabulary(_shorter), refused("coco2014_captions.h5"))
    yield Damage("an object for the list", vocabulary(_objects), SAME)
    yield Damage("no object", vocabulary(lambda v: [v]), no)
    yield Damage("a key twice", edited(VOCABULARY, lambda c: c[:-1] + b', "idx_to_word": 3}'), no)
    yield Damage("a comma at the end", edited(VOCABULARY, lambda c: c[:-1] + b",}"), no)
    yield Damage("two objects", edited(VOCABULARY, lambda c: c + c), no)
    yield Damage("single quotes", edited(VOCABULARY, lambda c: c.replace(b'"', b"'")), no)
    for encoding in ("utf-16", "utf-32", "utf-16-le"):
        yield Damage(f"in {encoding}", edited(VOCABULARY, lambda c, e=encoding: c.decode().encode(e)), no)
    yield Damage("not UTF-8", edited(VOCABULARY, lambda c: c.replace(b"the", b"th\xe9")), no)
    yield Damage("a NUL byte", edited(VOCABULARY, lambda c: c + b"\0"), no)
    yield Damage("a byte order mark", edited(VOCABULARY, lambda c: b"\xef\xbb\xbf" + c), SAME)
    yield Damage(
        "spread over lines", edited(VOCABULARY, lambda c: json.dumps(json.loads(c), indent=3).encode()), SAME
    )
    yield Damage("more keys", vocabulary(lambda v: v.update(note="mine", date=[2014])), SAME)
    yield Damage("a number of many digits", put(VOCABULARY, b"7" * 9000), no)
    yield from _huge_vocabularies()


def _huge_vocabularies() -> Iterator[Damage]:
    large = refused(VOCABULARY, words="larger than")
    head = b'{"idx_to_word": ['
    yield Damage("ten million words", put(VOCABULARY, head + b'"a",' * MILLIONS + b'"a"]}'), large)
    yield Damage("ten million lines", put(VOCABULARY, head + b'"a",\n' * MILLIONS + b'"a"]}'), large)
    yield Damage(
        "ten million ids", put(VOCABULARY, b'{"word_to_idx": {' + b'"a":0,' * MILLIONS + b"}}"), large
    )
    yield Damage("a terabyte of nothing", lambda folder: os.truncate(folder / VOCABULARY, 2**40), large)
    many = refused(VOCABULARY, words="at most 65,536")
    room = 4 * 2**20
    for count in (65_537, 100_000, 400_000):
        content = json.dumps({"idx_to_word": [f"{i}" for i in range(count)], "word_to_idx": {}}).encode()
        yield Damage(
            f"{count:,} words",
            put(VOCABULARY, content[: room - 1]),
            many if len(content) < room else refused(VOCABULARY),
        )
    for name, piece in {
        "lists": b"[],",
        "objects": b"{},",
        "numbers": b"1e9,",
        "short words": b'"b",',
    }.items():
        filled = head + piece * ((room - 100) // len(piece)) + b'0], "word_to_idx": {}}'
        yield Damage(f"as many {name} as fit", put(VOCABULARY, filled), many)
    keys = ",".join(f'"{i}":{i}' for i in range(300_000)).encode()[: room - 100].rpartition(b",")[0]
    yield Damage(
        "as many ids as fit",
        put(VOCABULARY, b'{"idx_to_word": [], "word_to_idx": {' + keys + b"}}"),
        refused(VOCABULARY),
    )
    yield Damage(
        "one endless word", put(VOCABULARY, head + b'"' + b"w" * (room - 100) + b'"]}'), refused(VOCABULARY)
    )


def _set(half: str, value: object) -> Callable[[dict[str, Any]], None]:
    def change(content: dict[str, Any]) -> None:
        if value is ...:
            del content[half]
        else:
            content[half] = value

    return change


def _word(index: int, word: object) -> Callable[[dict[str, Any]], None]:
    """Another word in both halves, so that nothing but the word itself is wrong."""

    def change(content: dict[str, Any]) -> None:
        old = content["idx_to_word"][index]
        content["idx_to_word"][index] = word
        if isinstance(word, str):
            content["word_to_idx"][word] = content["word_to_idx"].pop(old)

    return change


def _id_of(index: int, value: object) -> Callable[[dict[str, Any]], None]:
    return lambda v: v["word_to_idx"].update({v["idx_to_word"][index]: value})


def _renamed(old: str, new: str) -> Callable[[dict[str, Any]], None]:
    return lambda v: _word(v["idx_to_word"].index(old), new)(v)


def _swap(words: list[str]) -> None:
    words[8], words[9] = words[9], words[8]


def _shorter(content: dict[str, Any]) -> None:
    for word in content["idx_to_word"][30:]:
        del content["word_to_idx"][word]
    del content["idx_to_word"][30:]


def _objects(content: dict[str, Any]) -> None:
    content["idx_to_word"] = dict(enumerate(content["idx_to_word"]))


def nested() -> Iterator[Damage]:
    """JSON within JSON within JSON."""
    for depth in (100, 1_000, 10_000, 100_000, 1_000_000):
        for name, opening, closing in (
            ("lists", b"[", b"]"),
            ("objects", b'{"a":', b"}"),
            ("both", b'[{"a":', b"}]"),
        ):
            if depth * len(opening + closing) > 4_000_000:
                depth = 4_000_000 // len(opening + closing)
            deep = opening * depth + b"0" + closing * depth
            places = {
                "alone": deep,
                "not closed": opening * depth,
                "for the words": b'{"idx_to_word": ' + deep + b', "word_to_idx": {}}',
                "for an id": b'{"idx_to_word": ["a"], "word_to_idx": {"a": ' + deep + b"}}",
                "for a word": b'{"idx_to_word": [' + deep + b'], "word_to_idx": {}}',
            }
            for place, content in places.items():
                yield Damage(f"{depth:,} {name} {place}", put(VOCABULARY, content), refused(VOCABULARY))
            # Whether Python's reader goes as deep depends on its version; where it does, nothing is wrong.
            yield Damage(
                f"{depth:,} {name} beside the words",
                edited(VOCABULARY, lambda c, d=deep: c[:-1] + b', "more": ' + d + b"}"),
                SAME if depth == 100 else OpensOrRefused(VOCABULARY),
            )


def lines() -> Iterator[Damage]:
    """Line ends, encodings, lengths and odd signs in the files of lines."""
    for file in (*URLS, *NAMES):
        split = file[: -len("2014_urls.txt")] if file in URLS else file[: -len("2014_images.txt")]
        part = opens_but(f"{split}_urls" if file in URLS else f"{split}_names")
        no = refused(file)
        odd: dict[str, tuple[Callable[[bytes], bytes], Any]] = {
            "line ends of Windows": (lambda c: c.replace(b"\n", b"\r\n"), SAME),
            "line ends of old Macs": (lambda c: c.replace(b"\n", b"\r"), no),
            "a byte order mark": (lambda c: b"\xef\xbb\xbf" + c, SAME),
            "cut in the last line": (lambda c: c[:-9], part),  # nothing tells a short address from a cut one
            "no last line end": (lambda c: c.rstrip(b"\n"), SAME),
            "blank lines at the end": (lambda c: c + b"\n\n \n", SAME),
            "spaces around": (lambda c: c.replace(b"\n", b"  \n\t "), SAME),
            "a blank line before": (lambda c: b"\n" + c, no),
            "UTF-16": (lambda c: c.decode().encode("utf-16"), no),
            "not UTF-8": (lambda c: c[:30] + b"\xe9" + c[30:], no),
            "half a sign": (lambda c: c[:-1] + b"\xf0\x9f\n", no),
            "bytes of a surrogate": (lambda c: c[:9] + b"\xed\xa0\x80" + c[9:], no),
            "a NUL byte": (lambda c: c[:30] + b"\0" + c[31:], part),
            "signs of other scripts": (lambda c: c[:30] + "猫".encode() + c[30:], part),
            "separators that are no line ends": (lambda c: c[:30] + "\u2028\x85\x0c".encode() + c[30:], part),
            "a line of 1,900 bytes": (lambda c: b"u" * 1900 + c[c.index(b"\n") :], part),
            "a line of 3,000 bytes": (lambda c: b"u" * 3000 + c[c.index(b"\n") :], no),
            "a line of 4 MB": (lambda c: c + b"u" * 4_000_000, no),
            "a million line ends": (lambda c: c + b"\n" * 1_000_000, no),
            "thirty thousand blank lines": (lambda c: b"\n" * 30_000, no),
            "all zeros": (lambda c: bytes(len(c)), no),
        }
        for name, (edit, then) in odd.items():
            yield Damage(f"{file}: {name}", edited(file, edit), then)
        yield Damage(f"{file}: a terabyte", lambda folder, f=file: os.truncate(folder / f, 2**40), no)


def no_files() -> Iterator[Damage]:
    """Folders, pipes, devices and links where files should be."""
    for file in FILES:
        nothing = (
            opens_but(f"{file.removesuffix('2014_images.txt')}_names") if file in NAMES else refused(file)
        )
        odd: dict[str, tuple[Do, Any]] = {
            "missing": (_missing, nothing),
            "a folder": (_folder, refused(file, words="folder where a file should be")),
            "a pipe": (os.mkfifo, refused(file, words="device where a file should be")),
            "a link to a device": (
                lambda path: path.symlink_to("/dev/zero"),
                refused(file, words="device where a file should be"),
            ),
            "a link to a device of nothing": (lambda path: path.symlink_to("/dev/null"), refused(file)),
            "a link to itself": (lambda path: path.symlink_to(path.name), nothing),
            "a link to nothing": (lambda path: path.symlink_to("nowhere"), nothing),
            "a link to its folder": (lambda path: path.symlink_to("."), refused(file)),
            "a link to its content": (lambda path: path.symlink_to(f"{path.name}.moved"), SAME),
            "a hard link to its content": (
                lambda path: os.link(path.with_name(f"{path.name}.moved"), path),
                SAME,
            ),
        }
        if (
            file == "coco2014_captions.h5"
        ):  # where the vocabulary is there, the folder is known as one of data
            assert isinstance(odd["missing"][1], type(refused(file)))
        for name, (make, then) in odd.items():
            yield Damage(f"{file}: {name}", _replaced(file, make), then)


def _replaced(file: str, make: Do) -> Do:
    def do(folder: Path) -> None:
        (folder / file).rename(folder / f"{file}.moved")
        make(folder / file)

    return do


def _missing(path: Path) -> None:
    assert not path.exists()


def _folder(path: Path) -> None:
    path.mkdir()
    (path / "file").write_text("x")
