"""The likeliest caption of all, searched for on request until it is proved, and what is said of it."""

from dataclasses import replace

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QPushButton

from captionviewer.core.decoding.decoding import Decoding
from captionviewer.core.decoding.exact_search import ExactResult, exact_search
from captionviewer.core.network.library_threads import one_library_thread
from captionviewer.ui.sampling.caption_sample import CaptionSample
from captionviewer.ui.sampling.latest_work import LatestWork
from captionviewer.ui.sampling.probability_words import nats, small_probability
from captionviewer.ui.sampling.tree.beam_tree import BeamTree
from captionviewer.ui.session.session import Session
from captionviewer.ui.widgets.control_parts import words_label
from captionviewer.ui.worker import Cancelled


class Proof(QObject):
    """Proves the likeliest caption under the rules of the tree that is shown.

    Attributes
    ----------
    button, words
        what asks for it and what says it; the view places them.
    exact
        the answer, while the tree that it was asked of is shown.
    """

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._tree: BeamTree | None = None
        self.exact: ExactResult | None = None
        self._exact_of: tuple[CaptionSample, Decoding] | None = None
        # not between steps: it may take seconds, which a run under way would have to wait
        self._proving: LatestWork[ExactResult] = LatestWork(session, "proving the likeliest caption")
        self.button = QPushButton("Prove the likeliest")
        self.button.setObjectName("prove")
        self.button.setToolTip(
            "Search for the likeliest caption of all until it is proved: 2 seconds or 20,000"
            " beginnings at most"
        )
        self.button.clicked.connect(self.prove)
        self.words = words_label("proof")

    def show_tree(self, tree: BeamTree | None) -> None:
        """Be about another tree; an answer that holds for it, too, stays."""
        self._tree = tree
        self.button.setEnabled(tree is not None)
        if self._exact_of is not None and (
            tree is None or self._exact_of != (tree.sample, _rules(tree.decoding))
        ):
            self._proving.drop()
            self.exact = self._exact_of = None
            self.words.setText("")

    def prove(self) -> None:
        """Search for the likeliest caption of all, in a thread."""
        tree = self._tree
        if tree is None:
            return
        rules = _rules(tree.decoding)

        def work(cancelled: Cancelled) -> ExactResult:
            of = tree.sample
            with one_library_thread():  # these products are too small to share
                return exact_search(
                    of.current.model, of.features, replace(rules, method="exact"), stop=cancelled
                )

        def done(result: ExactResult) -> None:
            self.button.setEnabled(self._tree is not None)
            self.exact, self._exact_of = result, (tree.sample, rules)
            self.words.setText(proof_words(tree, result))

        def failed(error: Exception) -> None:
            self.button.setEnabled(self._tree is not None)
            self.words.setText(f"The likeliest caption could not be searched for: {error}")

        self.button.setEnabled(False)
        self.words.setText("Searching for the likeliest caption…")
        self._exact_of = tree.sample, rules  # whose answer is awaited: another tree makes it void
        self._proving.ask(work, done, failed)


def proof_words(tree: BeamTree, result: ExactResult) -> str:
    """The likeliest caption, what proves it, and who found it, for people."""
    words = [word for word in result.words if word != tree.sample.vocabulary.end]
    by_beam = any(node.words == result.words for node in tree.steps[-1].found)
    greedy = tree.greedy[-1].words == result.words
    finders = [name for name, found in (("greedy", greedy), ("this beam", by_beam)) if found]
    found = (
        f"Found by {' and by '.join(finders)}." if finders else "Found neither by greedy nor by this beam."
    )
    named = "The likeliest caption" if result.proved else "The likeliest caption met"
    proof = result.proof[0].upper() + result.proof[1:]
    return (
        f"{named}: “{tree.text(words)}”, p = {small_probability(result.log_probability)}, ln p "
        f"{nats(result.log_probability)}. {proof}. {found} Likeliest is not most human: compare it with "
        "the ground truth in Words."
    )


def _rules(decoding: Decoding) -> Decoding:
    """What of a decoding concerns the likeliest caption: not the width of a beam."""
    return replace(decoding, beam_width=1, alpha=0.0)
