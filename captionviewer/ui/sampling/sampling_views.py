"""The views of Sampling: how each is made, and what the one that is seen is given."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from captionviewer.core.decoding.decoding import Decoding
from captionviewer.ui import settings as remembered
from captionviewer.ui.sampling.caption_player import CaptionPlayer
from captionviewer.ui.sampling.caption_sample import CaptionSample
from captionviewer.ui.sampling.sampler import Sampler
from captionviewer.ui.session.session import Session
from captionviewer.ui.widgets.view_row import ViewRow

if TYPE_CHECKING:  # the views are imported when they are opened: the launch shows none but Words
    from captionviewer.ui.sampling.temperature.temperature_view import TemperatureView
    from captionviewer.ui.sampling.tree.tree_view import TreeView


class SamplingViews(ViewRow):
    """Words, and behind it the views that are made when they are first opened.

    Tree and Temperature write captions of their own: they are given the sample, copied from and exported by
    themselves, and may choose how captions are written. The others follow sampler and player. Another view
    is a widget in a file of its own, and a line in `_add_views`.
    """

    can_changed = Signal()  # what can be copied or exported of the view that is seen

    def __init__(
        self, session: Session, sampler: Sampler, player: CaptionPlayer, words: QWidget, panel: QWidget
    ) -> None:
        """`words` is the first view; `panel` gets the keys that other views have of their own."""
        super().__init__("Views of Sampling")
        self._session, self._sampler, self._player = session, sampler, player
        self._words, self._panel = words, panel
        self.tree: TreeView | None = None
        self._temperature: TemperatureView | None = None
        self._words_track = player.track
        self._add_views()
        self.open_later(session.settings.get(remembered.SAMPLING_VIEW))
        self.view_changed.connect(self._changed)
        session.decoding.changed.connect(self._set_decoding)

    def _add_views(self) -> None:
        about = "The caption word by word, with the likeliest next words"
        self.add("Words", about, lambda: self._words)
        about = "Captions drawn by chance, and what temperature, k and p change"
        self.add("Temperature", about, self._make_temperature)
        self.add("Tree", "Beam search timestep by timestep, as a tree", self._make_tree)
        self.add("Compare", "Another model on the same caption, word by word", self._make_compare)
        self.add("States", "What the network holds, word by word", self._make_states)
        self.add("Photo's worth", "What is said with other photos in its place", self._make_worth)
        self.add("Why this word", "What the photo and each word gave to it", self._make_why)

    # ---- how they are made -----------------------------------------------------------------------

    def _make_temperature(self) -> QWidget:
        from captionviewer.ui.sampling.temperature.temperature_view import TemperatureView

        self._temperature = TemperatureView(self._session, self._player, self._session.decoding.value)
        self._let_choose(self._temperature)
        return self._temperature

    def _make_tree(self) -> QWidget:
        from captionviewer.ui.sampling.tree.tree_view import TreeView

        self.tree = TreeView(self._session, self._player, self._session.decoding.value)
        self._let_choose(self.tree)
        self._panel.addActions(self.tree.canvas_actions)
        return self.tree

    def _let_choose(self, view: "TreeView | TemperatureView") -> None:
        view.decoding_wanted.connect(self._session.decoding.set)
        view.curve.shown.connect(self.can_changed)
        view.val_button.toggled.connect(self.can_changed)

    def _make_compare(self) -> QWidget:
        from captionviewer.ui.sampling.compare.compare_view import CompareView

        return CompareView(self._session, self._sampler, self._player)

    def _make_states(self) -> QWidget:
        from captionviewer.ui.sampling.states.states_view import StatesView

        return StatesView(self._session, self._sampler, self._player)

    def _make_worth(self) -> QWidget:
        from captionviewer.ui.sampling.photo_worth.photo_worth_view import PhotoWorthView

        return PhotoWorthView(self._session, self._sampler, self._player)

    def _make_why(self) -> QWidget:
        from captionviewer.ui.sampling.why_view import WhyView

        return WhyView(self._session, self._sampler, self._player)

    # ---- the one that is seen --------------------------------------------------------------------

    @property
    def own(self) -> "TreeView | TemperatureView | None":
        """The view that is seen, where it writes captions of its own."""
        own = (self.tree, self._temperature)
        return next((view for view in own if view is not None and view is self.view), None)

    @property
    def words_are_seen(self) -> bool:
        """Whether the first view is open."""
        return self.view is self._words

    def show_sample(self, sample: CaptionSample | None) -> None:
        """Give the view that is seen the sample and the timestep, unless it takes them by itself.

        A view that is not seen holds none of another model: each may be of 100 MB, with all of its run.
        """
        for other in (self.tree, self._temperature):
            if other is not None and other is not self.view:
                other.let_go(sample)
        if (view := self.own) is not None:
            view.show_sample(sample)
            view.set_outdated(self._sampler.is_outdated)
            view.show_timestep()

    def set_outdated(self, outdated: bool) -> None:
        """Grey what a newer sample is about to replace."""
        for view in (self.tree, self._temperature):
            if view is not None:
                view.set_outdated(outdated)

    def _changed(self, title: str) -> None:
        """Let the keys move through what is seen now; what nobody saw meanwhile catches up."""
        self._session.settings.set(remembered.SAMPLING_VIEW, title)
        tree, seen = self.tree, self.view
        if tree is not None:
            for action in tree.canvas_actions:
                action.setEnabled(seen is tree)
        self._player.put_on(tree.track if tree is not None and seen is tree else self._words_track)

    def _set_decoding(self, decoding: Decoding) -> None:
        """What one view chose holds in all."""
        for view in (self.tree, self._temperature):
            if view is not None and view.decoding != decoding:
                view.set_decoding(decoding)
