"""Where the nodes of a beam search stand: a column a timestep, beginnings that are shared drawn once."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from captionviewer.core.decoding.beam_search import BeamNode, BeamStep

MOST_PRUNED = 4  # of those that fell at a timestep: enough to see by how little, few enough to read

Kind = Literal["kept", "found", "pruned", "lost"]


@dataclass(frozen=True)
class TreeNode:
    """A node in its place.

    Attributes
    ----------
    column, row
        its place; column 0 is the first word's. Rows count from 0, at the top.
    word
        id of its word.
    log_probability
        ln p of the beginning that ends with it.
    share
        its probability over that of the likeliest node of its column, at most 1.
    rank
        its place by ln p among all continuations of its timestep, from 0; None where that is not known.
    kind
        "kept", "found" or "pruned" as in the search; "lost" for a word of the greedy caption that the beam
        no longer holds, drawn so that greedy can be followed to its end.
    greedy
        whether the greedy caption begins so.
    parent
        the number of the node before it, in the list that holds both; None in the first column.
    node
        the search's own; None for a lost one.
    """

    column: int
    row: int
    word: int
    log_probability: float
    share: float
    rank: int | None
    kind: Kind
    greedy: bool
    parent: int | None
    node: BeamNode | None


def lay_out(steps: Sequence[BeamStep], greedy: Sequence[BeamNode]) -> list[TreeNode]:
    """Place all nodes of a search, column after column; a later step moves nothing that stands.

    Within a column nodes stand in the order of their parents and then by ln p, so that no two lines
    cross. `greedy` are the nodes of a beam of 1, first word first.
    """
    placed: list[TreeNode] = []
    number_of: dict[int, int] = {}  # by the id() of a search's node, which `steps` keep alive
    lost: int | None = None  # the last node of greedy that the beam no longer holds
    for column, step in enumerate(steps):
        found = step.found[len(steps[column - 1].found) if column else 0 :]
        kinds: dict[int, Kind] = {id(node): "kept" for node in step.kept}
        kinds |= {id(node): "found" for node in found}
        places = [
            (None if node.parent is None else number_of[id(node.parent)], node)
            for node in (*step.kept, *found, *step.pruned[:MOST_PRUNED])
        ]
        places.sort(key=lambda place: (0 if place[0] is None else placed[place[0]].row, place[1].rank))
        wanted = greedy[column] if column < len(greedy) else None
        candidates = [node for _, node in places] + ([wanted] if wanted is not None else [])
        best = max((node.log_probability for node in candidates), default=0.0)
        met = False
        for row, (parent, node) in enumerate(places):
            here = wanted is not None and lost is None and node.word == wanted.word
            here = here and (parent is None or placed[parent].greedy)
            met = met or here
            number_of[id(node)] = len(placed)
            lp, kind = node.log_probability, kinds.get(id(node), "pruned")
            share = math.exp(lp - best)
            placed.append(TreeNode(column, row, node.word, lp, share, node.rank, kind, here, parent, node))
        if wanted is not None and not met:
            parent = _greedy_in(placed, column - 1) if lost is None else lost
            lost, lp = len(placed), wanted.log_probability
            row, share = len(places), math.exp(lp - best)
            placed.append(TreeNode(column, row, wanted.word, lp, share, None, "lost", True, parent, None))
    return placed


def _greedy_in(placed: Sequence[TreeNode], column: int) -> int | None:
    return next((i for i, node in enumerate(placed) if node.column == column and node.greedy), None)


def path_of(placed: Sequence[TreeNode], number: int) -> frozenset[int]:
    """The numbers of a node and of all nodes before it."""
    path: set[int] = set()
    at: int | None = number
    while at is not None:
        path.add(at)
        at = placed[at].parent
    return frozenset(path)


def size_of(placed: Sequence[TreeNode]) -> tuple[int, int]:
    """How many columns and rows the nodes need."""
    return (
        max((node.column + 1 for node in placed), default=0),
        max((node.row + 1 for node in placed), default=0),
    )
