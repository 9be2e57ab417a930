"""The view Scene: change one thing of a storybook scene, and see which words change."""

from functools import partial

import numpy as np
from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtGui import QFont, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from captionviewer.core.coco.dataset import CocoDataset, PhotoRecord
from captionviewer.core.storybook import scene_edits
from captionviewer.core.storybook.addresses import scene_at
from captionviewer.core.storybook.kinds import KINDS
from captionviewer.core.storybook.scene_pairs import PairKind, draw_pair
from captionviewer.core.storybook.scenes import Scene
from captionviewer.ui import actions
from captionviewer.ui.data.scene.captioned_scene import (
    CaptionedScene,
    DrawnScene,
    caption_scene,
    draw_scene,
    marked_caption,
)
from captionviewer.ui.data.scene.edit_strip import Edit, EditStrip, edit_rows, edits_figure
from captionviewer.ui.data.scene.pair_part import PairPart
from captionviewer.ui.data.scene.scene_canvas import SceneCanvas
from captionviewer.ui.data.scene.scene_controls import SceneControls, SceneEdit
from captionviewer.ui.look.theme import colors
from captionviewer.ui.photos.own_picture import OwnPicture, own_picture
from captionviewer.ui.plots.plot_export import export_figure
from captionviewer.ui.session.session import Session
from captionviewer.ui.widgets.control_parts import push_button, scrolling, words_label
from captionviewer.ui.widgets.flow_layout import FlowLayout
from captionviewer.ui.worker import Cancelled, Job

MOST_UNDONE = 200


class SceneView(QWidget):
    """Opens the selected photo's scene; draws, encodes and captions what becomes of it, the newest wish last.

    Attributes
    ----------
    scene
        As it is wanted now.
    answer
        What was drawn and said last, which may be of a moment before.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._dataset: CocoDataset | None = None
        self._record: PhotoRecord | None = None
        self.scene: Scene | None = None
        self.answer: CaptionedScene | None = None
        self._which = 0
        self._undo: list[Scene] = []
        self._kept: Scene | None = None  # the scene of the last entry of the strip
        self._said: tuple[str, ...] | None = None  # and its words
        self._kept_change = ""  # said in place of what differs, for a scene that was opened
        self._opened: Scene | None = None
        self._of: PhotoRecord | None = None  # the photo whose scene that is; None for one by chance
        self._told: DrawnScene | None = None  # what Sampling was last told of
        self._picture: OwnPicture | None = None  # and as what
        self._in_drag = False
        self._job: Job | None = None
        self._stale = False
        self._rng = np.random.default_rng()
        self._build()
        session.model_changed.connect(self._model_changed)
        session.matplotlib_ready.connect(self._enable)
        self._enable()

    # ---- parts ---------------------------------------------------------------------------------

    def _build(self) -> None:
        self.canvas = SceneCanvas()
        self.canvas.chosen.connect(self._choose)
        self.canvas.dragged.connect(self._drag)
        self.canvas.dropped.connect(self._drop)
        self.caption = QLabel()
        self.caption.setObjectName("scene_caption")
        self.caption.setTextFormat(Qt.TextFormat.RichText)
        self.caption.setWordWrap(True)
        self._enlarge_caption()
        self.model_line = words_label("scene_model")
        said = QWidget()
        left = QVBoxLayout(said)
        left.setContentsMargins(0, 0, 0, 0)
        left.setSpacing(4)
        left.addWidget(self.canvas, 1)
        left.addWidget(self.caption)
        left.addWidget(self.model_line)
        halves = QHBoxLayout(self)
        halves.setContentsMargins(0, 8, 0, 0)
        halves.setSpacing(12)
        halves.addWidget(scrolling(said, filled=False), 1)
        edits = scrolling(self._edits_part())
        # once it has been laid out: it stands below what is in sight
        bring_up = partial(edits.ensureWidgetVisible, self.pairs.table)
        self.pairs.counted.connect(lambda: QTimer.singleShot(0, self.pairs, bring_up))
        halves.addWidget(edits, 1)

    def _edits_part(self) -> QWidget:
        self.controls = SceneControls()
        self.controls.edit_asked.connect(self._edit)
        self.controls.thing_chosen.connect(self._choose)
        self.controls.size_dragged.connect(self._begin_drag)
        self.controls.size_dropped.connect(self._drop)
        self.undo_action = actions.make(actions.UNDO_SCENE, self, self.undo)
        self.addAction(self.undo_action)
        self.add_button = push_button("Add a Thing", "One more thing beside the others", self.add_companion)
        self.remove_button = push_button("Take Away", "Take the chosen thing away", self.remove)
        self.undo_button = push_button("Undo", "Take back the last change (Ctrl+Z)", self.undo)
        self.random_button = push_button("Random Scene", "Open a scene drawn by chance", self.open_random)
        self.export_button = push_button(
            "Export Edits…", "Save the strip of the last edits as a picture or a table", self.export
        )
        buttons = FlowLayout(gap=6, line_gap=4)
        for button in (
            self.add_button, self.remove_button, self.undo_button, self.random_button, self.export_button,
        ):  # fmt: skip
            buttons.addWidget(button)
        self.pairs = PairPart(self._session)
        self.pairs.pair_asked.connect(self.show_pair)
        self.strip = EditStrip()
        part = QWidget()
        column = QVBoxLayout(part)
        column.setContentsMargins(0, 0, 6, 0)
        column.setSpacing(8)
        column.addWidget(self.controls)
        column.addLayout(buttons)
        column.addWidget(self.pairs)
        column.addWidget(self.strip)
        column.addStretch(1)
        return part

    # ---- which scene ---------------------------------------------------------------------------

    def show_photo(self, dataset: CocoDataset | None, record: PhotoRecord | None) -> None:
        """Open the scene of another photo; None, or one of other data, is passed over."""
        if dataset is self._dataset and record == self._record:
            return
        self._dataset, self._record = dataset, record
        if dataset is None or record is None:
            return
        try:
            self.open_scene(scene_at(record.url), record.words, record)
        except ValueError:  # no scene's address
            return

    def open_scene(self, scene: Scene, name: str, of: PhotoRecord | None = None) -> None:
        """Begin with another scene, which is named so in the strip; it may be `of` a photo of the data."""
        self._undo.clear()
        self._opened, self._of = scene, of
        self._which, self._kept, self._said, self._kept_change = 0, None, None, name
        self._after_answer = None
        self._set_scene(scene)

    def open_random(self) -> None:
        """Open a scene drawn by chance."""
        self.open_scene(scene_edits.any_scene(self._rng), "a random scene")

    def show_pair(self, kind: PairKind) -> None:
        """Open the first of two scenes that differ in `kind` alone; when it is captioned, the second."""
        pair = draw_pair(kind, self._rng)
        self.open_scene(pair.before, "before")
        self._undo.append(pair.before)
        self._after_answer = pair.after

    _after_answer: Scene | None = None  # the second of a pair whose first is being drawn

    # ---- edits ---------------------------------------------------------------------------------

    def _edit(self, change: SceneEdit) -> None:
        """Change the scene; what can't be done is left undone."""
        if self.scene is None:
            return
        try:
            changed = change(self.scene)
        except ValueError as problem:
            self._session.notice.emit(f"That can't be changed: {problem}")
            self._fill()
            return
        if changed == self.scene:
            return
        if not self._in_drag:
            self._undo = [*self._undo, self.scene][-MOST_UNDONE:]
        self._after_answer = None
        self._set_scene(changed)

    def _set_scene(self, scene: Scene) -> None:
        self.scene = scene
        self._which = min(self._which, len(scene_edits.things_of(scene)) - 1)
        self._fill()
        self._ask()

    def undo(self) -> None:
        """Take back the last change."""
        if self._undo:
            self._after_answer = None
            self._set_scene(self._undo.pop())

    def add_companion(self) -> None:
        """Put one more thing beside the others: of a kind that the place has and the scene has not."""
        scene = self.scene
        if scene is None:
            return
        known = {thing.kind for thing in scene_edits.things_of(scene)}
        kinds = [
            kind for kind, facts in KINDS.items() if scene.setting in facts.settings and kind not in known
        ]
        kind = kinds[int(self._rng.integers(len(kinds)))]
        colour = KINDS[kind].colours[int(self._rng.integers(len(KINDS[kind].colours)))]
        self._edit(lambda one: scene_edits.with_companion(one, kind, colour, self._rng))
        if self.scene is not scene:
            self._choose(len(scene_edits.things_of(scene)))

    def remove(self) -> None:
        """Take the chosen thing away."""
        which = self._which
        self._edit(lambda scene: scene_edits.without(scene, which))

    def _choose(self, which: int) -> None:
        self._which = max(which, 0)
        self._fill()

    def _begin_drag(self) -> None:
        if not self._in_drag and self.scene is not None:
            self._undo = [*self._undo, self.scene][-MOST_UNDONE:]
            self._in_drag = True

    def _drag(self, which: int, x: float, y: float) -> None:
        self._begin_drag()
        self._edit(lambda scene: scene_edits.moved(scene, which, x, y))

    def _drop(self) -> None:
        if self._in_drag:
            self._in_drag = False
            self._ask()

    # ---- answers -------------------------------------------------------------------------------

    def _model_changed(self) -> None:
        self._ask()
        self._enable()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange:
            self._enlarge_caption()

    def _enlarge_caption(self) -> None:
        font = QFont(self.font())
        font.setPointSizeF(1.15 * font.pointSizeF())
        self.caption.setFont(font)

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what changed while nobody looked."""
        super().showEvent(event)
        if self._stale:
            self._ask()

    def _ask(self) -> None:
        """Have the scene drawn and captioned; while that is under way, the newest wish waits."""
        self._stale = True
        scene, dataset, model = self.scene, self._dataset, self._session.models.current
        opened = self._opened  # an answer to a scene that was left for another is not shown
        if scene is None or dataset is None or model is None or self._job is not None or not self.isVisible():
            return
        self._stale = False
        is_final = not self._in_drag
        known = self.answer.drawn if self.answer is not None else None

        def work(_cancelled: Cancelled) -> CaptionedScene:
            drawn = draw_scene(scene, dataset.feature_kind, known)
            return caption_scene(drawn, dataset.vocabulary, model.model, model.words)

        def done(answer: CaptionedScene) -> None:
            self._job = None
            is_of_this = dataset is self._dataset and opened is self._opened
            if is_of_this and model.model.input_dim == dataset.feature_dim:
                self._show(answer, is_final and scene is self.scene)
            if self._stale:
                self._ask()

        def failed(error: Exception) -> None:
            self._job = None
            if opened is self._opened:
                self._after_answer = None  # a pair's second scene says nothing without its first
            self.model_line.setText(f"The scene could not be captioned: {error}")
            if self._stale:
                self._ask()

        self._job = self._session.workers.start("captioning a scene", work, done, failed, brief=True)

    def _show(self, answer: CaptionedScene, is_final: bool) -> None:
        self.answer = answer
        self.canvas.show_image(answer.drawn.image)
        self.caption.setText(marked_caption(self._said, answer.words) or "<i>(no word)</i>")
        self.model_line.setText(f"{answer.model_words}, greedy, from the picture's pixels alone")
        if not is_final:
            return
        self._lend(answer.drawn)
        change = self._kept_change
        if self._kept is not None:
            change = scene_edits.what_changed(self._kept, answer.drawn.scene)
        if change:
            self.strip.add(Edit(change, answer, self._said if self._kept is not None else None))
        self._kept, self._said = answer.drawn.scene, answer.words
        following, self._after_answer = self._after_answer, None
        if following is not None:
            self._set_scene(following)
        self._enable()

    def _lend(self, drawn: DrawnScene) -> None:
        """Let Sampling show the scene as it is now; one that stands in the data as the photo it is of."""
        if drawn is self._told:
            return
        self._told = drawn
        if self._of is not None and drawn.scene == self._opened:
            if self._session.selection.subject is self._picture:
                self._session.selection.show_selected()
            return
        name = f"{self._of.words}, changed" if self._of is not None else "a scene of no data"
        self._picture = own_picture(name, drawn.features, drawn.image, self._of)
        self._session.selection.show_picture(self._picture)

    def _fill(self) -> None:
        """Let the controls say what the scene is."""
        scene = self.scene
        if scene is None:
            return
        self.controls.show_scene(scene, self._which)
        self.canvas.show_scene(scene, self._which)
        self._enable()

    def _enable(self) -> None:
        scene = self.scene
        there = scene is not None and self._dataset is not None
        self.random_button.setEnabled(there)
        self.add_button.setEnabled(
            there and scene is not None and len(scene.company) < scene_edits.MOST_COMPANIONS
        )
        can_remove = scene is not None and (self._which >= len(scene.main) or len(scene.main) > 1)
        self.remove_button.setEnabled(can_remove)
        self.undo_button.setEnabled(bool(self._undo))
        self.undo_action.setEnabled(bool(self._undo))
        self.export_button.setEnabled(bool(self.strip.edits) and self._session.can_plot)
        self.pairs.show_data(self._dataset, can_show=there)

    def export(self) -> None:
        """Save the strip as a picture or a table."""
        edits = list(self.strip.edits)
        if not edits or not self._session.can_plot:
            return
        figure = edits_figure(edits, colors())
        path = export_figure(self, figure, lambda: edit_rows(edits), "edits", self._session.settings)
        if path is not None:
            self._session.notice.emit(f"Edits written to {path}")
