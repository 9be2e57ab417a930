"""What the pages for readers say of the code's places is so."""

import re
import tomllib
from pathlib import Path

import pytest

from captionviewer.commands import COMMANDS

PROJECT = Path(__file__).parents[1]
PAGES = ("README.md", "CONTRIBUTING.md", "docs/architecture.md", "docs/performance.md")
ARCHITECTURE = (PROJECT / "docs" / "architecture.md").read_text(encoding="utf-8")
CONTRACTS = {
    contract["id"]: contract
    for contract in tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["tool"][
        "importlinter"
    ]["contracts"]
}


@pytest.mark.parametrize("page", PAGES)
def test_every_place_that_a_page_names_is_there(page: str) -> None:
    text = (PROJECT / page).read_text(encoding="utf-8")
    linked = [link for link in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in link]
    missing = [link for link in linked if not ((PROJECT / page).parent / link).exists()]
    # What has a slash, and the ending of a file of ours or of a folder, is a place in the checkout
    named = re.findall(r"(?<![\w./~-])((?:[\w.-]+/)+(?:[\w-]+\.(?:py|md|toml|txt|png|yaml))?)(?![\w/])", text)
    ours = [name for name in named if (PROJECT / name.partition("/")[0]).exists()]
    missing += [name for name in ours if not (PROJECT / name).exists()]
    assert missing == []


def table_under(heading: str) -> list[list[str]]:
    """The names in backticks in the first cell of each row of the table that begins with a heading."""
    rows = ARCHITECTURE.partition(f"| {heading} |")[2].partition("\n\n")[0].splitlines()[2:]
    return [re.findall(r"`(\w+)`", row.split("|")[1]) for row in rows]


@pytest.mark.parametrize(
    ("heading", "contract"),
    [("core", "floors-of-the-core"), ("window (`captionviewer/ui/`)", "floors-of-the-window")],
)
def test_the_floors_in_words_are_those_of_the_contract(heading: str, contract: str) -> None:
    floors = [re.findall(r"\w+", layer) for layer in CONTRACTS[contract]["layers"]]
    floor_of = {room: floor for floor, rooms in enumerate(floors) for room in rooms}
    drawn = [room for row in table_under(heading) for room in row]
    assert sorted(drawn) == sorted(floor_of), "a line for each room, and no other"
    assert [floor_of[room] for room in drawn] == sorted(floor_of[room] for room in drawn)


def test_every_benchmark_is_described() -> None:
    page = (PROJECT / "docs" / "performance.md").read_text(encoding="utf-8")
    scripts = [path.name for path in (PROJECT / "benchmarks").glob("*.py")]
    assert [name for name in scripts if f"benchmarks/{name}" not in page] == []


def test_every_command_stands_in_the_readme() -> None:
    page = (PROJECT / "README.md").read_text(encoding="utf-8")
    assert [name for name in COMMANDS if not re.search(rf"[` ]{name}[` ]", page)] == []


def test_every_library_that_is_needed_has_its_reason() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    table = ARCHITECTURE.partition("## Libraries")[2]
    for requirement in project["dependencies"]:
        name = re.match(r"[\w-]+", requirement)
        assert name is not None and re.search(rf"^\| {name[0]}\b", table, flags=re.MULTILINE), requirement
