"""The view *Tree*: the beam's tree, the captions found, the likeliest proved, and width against quality."""

from dataclasses import replace

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QAction, QPalette, QResizeEvent
from PySide6.QtWidgets import (
    QLabel,
    QPushButton,
    QSizePolicy,
    QSlider,
    QSpinBox,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from captionviewer.core.coco.dataset import PhotoRecord
from captionviewer.core.decoding.beam_search import BeamNode
from captionviewer.core.decoding.decoding import WIDEST_BEAM, Decoding
from captionviewer.core.evaluation.decoding_scores import beam_decodings
from captionviewer.ui import actions
from captionviewer.ui.look import theme
from captionviewer.ui.plots.plot_export import export_figure
from captionviewer.ui.sampling.caption_player import CaptionPlayer, Track
from captionviewer.ui.sampling.caption_sample import CaptionSample
from captionviewer.ui.sampling.latest_work import LatestWork
from captionviewer.ui.sampling.tree.beam_tree import BeamTree, grow_tree, tree_rows
from captionviewer.ui.sampling.tree.found_captions import FoundCaptions
from captionviewer.ui.sampling.tree.proof import Proof
from captionviewer.ui.sampling.tree.tree_canvas import STEP, TreeCanvas
from captionviewer.ui.sampling.tree.tree_figure import draw_widths, tree_figure, width_words
from captionviewer.ui.sampling.val_curve import ValCurve
from captionviewer.ui.session.session import Session
from captionviewer.ui.widgets.control_parts import SliderKeys, labelled, scrolling, words_label
from captionviewer.ui.widgets.flow_layout import FlowLayout
from captionviewer.ui.widgets.halves import Halves
from captionviewer.ui.worker import Cancelled

LEGEND = (
    "Solid: kept. Faint: fell, with its rank. Green: finished. Dashed: greedy. Bar: p beside the likeliest of"
    " its column."
)
ABOUT_WIDTHS = "Mean ln p, CIDEr-D and length of val captions, for each width of the beam."
_NARROW = 71  # letters of average width, below which the list stands under the tree
_ALPHAS = 20  # steps of the slider from 0 to 1


class TreeView(QWidget):
    """One photo's beam search at one timestep; it searches anew only when somebody looks."""

    decoding_wanted = Signal(object)  # the Decoding that the user chose here

    def __init__(self, session: Session, player: CaptionPlayer, decoding: Decoding) -> None:
        super().__init__()
        self._session, self._player = session, player
        self._decoding = decoding
        self.track = Track()
        self._sample: CaptionSample | None = None
        self._photo: PhotoRecord | None = None  # of the sample that was shown last
        self.tree: BeamTree | None = None
        self.proof = Proof(session, self)
        self._growing: LatestWork[BeamTree | None] = LatestWork(
            session, "searching for captions", between_steps=True
        )
        self.canvas = TreeCanvas()
        self.canvas.node_chosen.connect(self._node_chosen)
        self.found = FoundCaptions()
        self.found.node_chosen.connect(self._caption_chosen)
        self._make_parts()
        self._make_actions()
        self._show_decoding()
        self._show_tree()

    # ---- parts ---------------------------------------------------------------------------------

    def _make_parts(self) -> None:
        self.width_box = QSpinBox()
        self.width_box.setRange(1, WIDEST_BEAM)
        self.width_box.setObjectName("beam_width")
        self.width_box.setAccessibleName("Width of the beam")
        self.width_box.setToolTip("Beginnings that are carried on side by side; 1 is greedy")
        self.width_box.valueChanged.connect(
            lambda width: self._want(replace(self._decoding, beam_width=width))
        )
        self.alpha_slider = QSlider(Qt.Orientation.Horizontal)
        self.alpha_slider.setRange(0, _ALPHAS)
        self.alpha_slider.setObjectName("beam_alpha")
        self.alpha_slider.setAccessibleName("Alpha")
        self.alpha_slider.setToolTip(
            "Captions stand in the order of ln p over length to the power alpha. It only puts them in order:"
            " the search itself goes by ln p"
        )
        self.alpha_slider.valueChanged.connect(
            lambda step: self._want(replace(self._decoding, alpha=step / _ALPHAS))
        )
        self.alpha_slider.setFixedWidth(120)
        self.alpha_slider.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.alpha_slider.installEventFilter(SliderKeys(self))
        self._alpha = QLabel()
        self.val_button = QPushButton("Width over val")
        self.val_button.setObjectName("width_over_val")
        self.val_button.setCheckable(True)
        self.val_button.setToolTip(ABOUT_WIDTHS)
        self.val_button.toggled.connect(self._show_val)
        controls = QWidget()
        flow = FlowLayout(controls, gap=8)
        flow.setContentsMargins(0, 0, 0, 0)
        flow.addWidget(labelled("Width", self.width_box))
        flow.addWidget(labelled("Alpha", self.alpha_slider, self._alpha))
        flow.addWidget(self.proof.button)
        flow.addWidget(self.val_button)
        self._state = words_label("tree_state")
        self._legend = words_label("tree_legend")
        self._legend.setText(LEGEND)
        self.curve = ValCurve(self._session, "Beam width", ABOUT_WIDTHS, draw_widths, width_words)
        self.curve.decodings = lambda: beam_decodings(self._decoding)
        drawn = QWidget()
        left = QVBoxLayout(drawn)
        left.setContentsMargins(0, 0, 0, 0)
        left.setSpacing(4)
        left.addWidget(self.canvas, 1)
        left.addWidget(self._legend)
        self._stage = QStackedWidget()
        self._stage.addWidget(drawn)
        self._stage.addWidget(scrolling(self.curve))
        self._stage.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        said = QWidget()
        beside = QVBoxLayout(said)
        beside.setContentsMargins(0, 0, 0, 0)
        beside.setSpacing(4)
        beside.addWidget(self._state)
        beside.addWidget(self.proof.words)  # over the list, which may need to be scrolled to
        beside.addWidget(self.found, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 8, 10, 8)
        column.setSpacing(6)
        column.addWidget(controls)
        column.addWidget(Halves(self._stage, scrolling(said), _NARROW, gap=10, shares=(3, 2)), 1)
        self.setAutoFillBackground(True)
        self.setBackgroundRole(QPalette.ColorRole.Base)

    def _make_actions(self) -> None:
        canvas = self.canvas
        self.canvas_actions: list[QAction] = []  # for who has the keyboard's focus
        for words, call in (
            (actions.TREE_LARGER, lambda: canvas.zoom(STEP)),
            (actions.TREE_SMALLER, lambda: canvas.zoom(1 / STEP)),
            (actions.TREE_FIT, canvas.fit),
            (actions.TREE_LEFT, lambda: canvas.pan_by_key(-1, 0)),
            (actions.TREE_RIGHT, lambda: canvas.pan_by_key(1, 0)),
            (actions.TREE_UP, lambda: canvas.pan_by_key(0, -1)),
            (actions.TREE_DOWN, lambda: canvas.pan_by_key(0, 1)),
        ):
            self.canvas_actions.append(actions.make(words, self, call))

    # ---- what is searched ----------------------------------------------------------------------

    @property
    def decoding(self) -> Decoding:
        """How captions are searched for."""
        return self._decoding

    def set_decoding(self, decoding: Decoding) -> None:
        """Search in another way; another alpha only puts what was found in another order."""
        before = self._search_decoding()
        self._decoding = decoding
        self._show_decoding()
        if self._search_decoding() != before:
            self._grow()
        else:
            self._show_found()

    def _want(self, decoding: Decoding) -> None:
        if decoding != self._decoding:
            self.set_decoding(decoding)
            self.decoding_wanted.emit(decoding)

    def show_sample(self, sample: CaptionSample | None) -> None:
        """Search for captions of another photo, or with another model; None while there is none."""
        if sample is self._sample or (sample is not None and sample.is_of_the_same(self._sample)):
            self._sample = sample  # another caption in Words changes no tree
            return
        same_photo = sample is not None and sample.record == self._photo
        self._sample, self._photo = sample, sample.record if sample is not None else None
        if not same_photo:
            self.tree = None
            self.track.begin(0)
            self._show_tree()
        self._grow()

    def let_go(self, now: CaptionSample | None) -> None:
        """Hold no tree of a model that gave way to that of `now`: nobody looks at this view.

        The timestep stays, for the tree that the photo will have when somebody looks again.
        """
        if self._sample is not None and not self._sample.is_of_the_same(now):
            self._sample = self.tree = None
            self._growing.drop()
            self._show_tree()

    def set_outdated(self, outdated: bool) -> None:
        """Grey the tree while a newer model is being asked."""
        self.canvas.set_outdated(outdated)

    def _grow(self) -> None:
        sample, decoding = self._sample, self._search_decoding()
        if sample is None:
            self._growing.drop()
            self._show_tree()
            return

        def work(cancelled: Cancelled) -> BeamTree | None:
            return grow_tree(sample, decoding, cancelled)

        def done(tree: BeamTree | None) -> None:
            if tree is not None:
                self.tree = tree
                self._resume()

        def failed(error: Exception) -> None:
            self.tree = None
            self._show_tree()
            known = isinstance(error, ValueError | MemoryError)
            self._state.setText(
                f"No captions could be searched for: {error}"
                if known
                else f"A fault of captionviewer: {error!r}"
            )

        self._growing.ask(work, done, failed)

    def _search_decoding(self) -> Decoding:
        """The decoding without what changes no search, so that an answer can be known again."""
        given = self._decoding
        return Decoding(
            "beam",
            beam_width=given.beam_width,
            forbidden_words=given.forbidden_words,
            ngram_block=given.ngram_block,
            max_length=given.max_length,
        )

    def _resume(self) -> None:
        """Show a tree that has come; the timestep stays, and the end stays the end."""
        assert self.tree is not None
        self._show_tree()
        length = len(self.tree.steps)
        if self._player.track is self.track:
            self._player.replace_caption(length)
        else:
            self.track.replace(length)
        self.show_timestep()

    # ---- what is shown -------------------------------------------------------------------------

    def _show_decoding(self) -> None:
        for widget, value in (
            (self.width_box, self._decoding.beam_width),
            (self.alpha_slider, round(_ALPHAS * self._decoding.alpha)),
        ):
            blocked = widget.blockSignals(True)
            widget.setValue(value)
            widget.blockSignals(blocked)
        self._alpha.setText(f"{self._decoding.alpha:.2f}")

    def _show_tree(self) -> None:
        tree = self.tree
        self.canvas.show_tree(tree.nodes if tree is not None else (), tree.words if tree is not None else ())
        self.proof.show_tree(tree)
        self.show_timestep()

    def show_timestep(self) -> None:
        """Show as many columns as the player has come to."""
        columns = min(self.track.position, len(self.tree.steps)) if self.tree is not None else 0
        self.canvas.show_columns(columns)
        self._show_found()
        if self.tree is None:
            self._state.setText("" if self._sample is None else "Searching…")
        elif not columns:
            self._state.setText("Step to see the beam grow, one timestep at a time.")
        else:
            step = self.tree.steps[columns - 1]
            ended = f" The search ends: {step.ended}." if step.ended else ""
            self._state.setText(
                f"Timestep {columns}: {len(step.kept)} kept, {len(step.found)} finished.{ended}"
            )

    def _show_found(self) -> None:
        self.found.show_found(self.tree, self.canvas.columns, self._decoding.alpha)

    def _caption_chosen(self, node: BeamNode) -> None:
        if self.tree is not None:
            self.canvas.mark(self.tree.number_of(node))

    def _node_chosen(self, number: int) -> None:
        """Choose the caption in the list whose last node was clicked on."""
        is_one = self.tree is not None and number >= 0
        self.found.choose(self.tree.nodes[number].node if self.tree is not None and is_one else None)

    def _show_val(self, shown: bool) -> None:
        self._stage.setCurrentIndex(1 if shown else 0)

    # ---- what the panel asks -------------------------------------------------------------------

    def caption(self) -> str:
        """The caption to copy: the one chosen, else the best found so far; "" while none is."""
        tree, node = self.tree, self.found.chosen()
        if tree is None:
            return ""
        if node is None:
            node = next(iter(tree.found(self.canvas.columns, self._decoding.alpha)), None)
        return "" if node is None else tree.caption_of(node)

    def export(self) -> None:
        """Ask where to save the tree as far as it is shown, and save it."""
        tree = self.tree
        if self.val_button.isChecked():
            self.curve.plot.export()
            return
        if tree is None or not self._session.can_plot:
            return
        columns = self.canvas.columns or len(tree.steps)
        figure = tree_figure(tree, columns, theme.colors())
        name = f"{tree.sample.record.name_for_files}-beam-{tree.decoding.beam_width}"
        path = export_figure(self, figure, lambda: tree_rows(tree), name, self._session.settings)
        if path is not None:
            self._session.notice.emit(f"Tree written to {path}")

    # ---- room ----------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave the legend out where it is low."""
        super().resizeEvent(event)
        self._share_room()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._share_room()

    def _share_room(self) -> None:
        self._legend.setVisible(self.height() > 20 * self.fontMetrics().height())
