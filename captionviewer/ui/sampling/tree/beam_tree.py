"""A whole beam search of one sample, with its tree laid out: computed at once, away from the window."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from captionviewer.core.decoding.beam_search import BeamNode, BeamSearch, BeamStep
from captionviewer.core.decoding.decoding import Decoding
from captionviewer.ui.sampling.caption_sample import CaptionSample
from captionviewer.ui.sampling.tree.tree_layout import TreeNode, lay_out


@dataclass(frozen=True, eq=False)
class BeamTree:
    """A search and its tree.

    Attributes
    ----------
    sample
        the photo, the model and its name.
    decoding
        width, and what may not be said.
    steps
        the search, timestep by timestep.
    greedy
        the greedy caption under the same rules: a beam of 1.
    nodes
        all of them in their places.
    """

    sample: CaptionSample = field(repr=False)
    decoding: Decoding
    steps: tuple[BeamStep, ...] = field(repr=False)
    greedy: tuple[BeamNode, ...] = field(repr=False)
    nodes: tuple[TreeNode, ...] = field(repr=False)

    @property
    def words(self) -> Sequence[str]:
        """The words of all ids."""
        return self.sample.vocabulary.idx_to_word

    def found(self, columns: int, alpha: float) -> list[BeamNode]:
        """The captions found within so many timesteps, the best first."""
        return self.steps[columns - 1].best(alpha) if columns else []

    def number_of(self, node: BeamNode) -> int:
        """The number of a node in `nodes`; -1 where it is not drawn."""
        return next((number for number, each in enumerate(self.nodes) if each.node is node), -1)

    def is_greedy(self, node: BeamNode) -> bool:
        """Whether a caption found is the greedy one."""
        return node.words == self.greedy[-1].words

    def text(self, words: Sequence[int]) -> str:
        """Ids as a caption for people, with `<END>` where it is said."""
        return self.sample.vocabulary.text(self.words[word] for word in words)

    def caption_of(self, node: BeamNode) -> str:
        """The caption that a node ends, for people, without the `<END>` of one that is finished."""
        finished = node.word == self.sample.vocabulary.end
        return self.text(node.words[:-1] if finished else node.words)


def grow_tree(sample: CaptionSample, decoding: Decoding, cancelled: Callable[[], bool]) -> BeamTree | None:
    """Search and lay out; None when cancelled.  ValueError for a forbidden word that the vocabulary lacks."""
    model = sample.current.model
    steps: list[BeamStep] = []
    for step in BeamSearch(model, decoding).steps(sample.features):
        if cancelled():
            return None
        steps.append(step)
    greedy = [
        _only(step) for step in BeamSearch(model, decoding, width=1).steps(sample.features) if not cancelled()
    ]
    if cancelled():
        return None
    return BeamTree(sample, decoding, tuple(steps), tuple(greedy), tuple(lay_out(steps, greedy)))


def _only(step: BeamStep) -> BeamNode:
    """The node of a beam of 1: the beginning that goes on, or the caption that ended here."""
    return step.found[0] if step.found else step.kept[0]


def tree_rows(tree: BeamTree) -> Iterator[Sequence[object]]:
    """Give all nodes as lines of a table, the header first."""
    yield "timestep", "rank", "word", "ln_p", "kind", "greedy", "caption_so_far", "decoding"
    how = tree.decoding.words()
    for node in tree.nodes:
        said: list[int] = []
        at: int | None = tree.nodes.index(node)
        while at is not None:
            said.append(tree.nodes[at].word)
            at = tree.nodes[at].parent
        rank = "" if node.rank is None else node.rank + 1
        so_far = tree.text(said[::-1])
        yield (
            node.column + 1,
            rank,
            tree.words[node.word],
            node.log_probability,
            node.kind,
            int(node.greedy),
            so_far,
            how,
        )
