"""The view Scene: change one thing of a storybook scene, and see which words change.

(Past 400 lines: a control for each thing that can be changed, one after the other.)
"""

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QFont, QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSlider,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from captionviewer.core.coco.dataset import CocoDataset, PhotoRecord
from captionviewer.core.storybook import scene_edits
from captionviewer.core.storybook.addresses import scene_at
from captionviewer.core.storybook.kinds import KINDS
from captionviewer.core.storybook.look import COLOURS
from captionviewer.core.storybook.places import SETTINGS
from captionviewer.core.storybook.scene_pairs import PAIR_KINDS, TITLES, PairKind, draw_pair
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
from captionviewer.ui.data.scene.pair_count import PAIRS, PairCounts, count_pairs
from captionviewer.ui.data.scene.scene_canvas import SceneCanvas
from captionviewer.ui.look.theme import colors
from captionviewer.ui.photos.own_picture import OwnPicture, own_picture
from captionviewer.ui.plots.plot_export import export_figure
from captionviewer.ui.session.models import CurrentModel
from captionviewer.ui.session.session import Session
from captionviewer.ui.widgets.control_parts import labelled, scrolling, words_label
from captionviewer.ui.widgets.flow_layout import FlowLayout
from captionviewer.ui.worker import Cancelled, Job, send

MOST_UNDONE = 200
_PERCENT = 100


class SceneView(QWidget):
    """Opens the selected photo's scene; draws, encodes and captions what becomes of it, the newest wish last.

    Attributes
    ----------
    scene
        As it is wanted now.
    answer
        What was drawn and said last, which may be of a moment before.
    """

    _counted = Signal(float)  # from the thread that counts pairs

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
        self._count_job: Job | None = None
        self._rng = np.random.default_rng()
        self._filling = False
        self._build()
        self._counted.connect(lambda share: self.progress.setValue(round(1000 * share)))
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
        left = QVBoxLayout()
        left.setSpacing(4)
        left.addWidget(self.canvas, 1)
        left.addWidget(self.caption)
        left.addWidget(self.model_line)
        halves = QHBoxLayout(self)
        halves.setContentsMargins(0, 8, 0, 0)
        halves.setSpacing(12)
        halves.addLayout(left, 1)
        halves.addWidget(scrolling(self._controls()), 1)

    def _controls(self) -> QWidget:
        self.setting = self._choice("Place", tuple(SETTINGS), self._set_setting)
        self.time = self._choice("Time of day", (), self._set_time)
        self.thing = self._choice("Thing that is changed", (), None)
        self.thing.currentIndexChanged.connect(lambda which: None if self._filling else self._choose(which))
        self.kind = self._choice("Kind of the thing", tuple(KINDS), self._set_kind)
        self.colour = self._choice("Colour of the thing", tuple(COLOURS), self._set_colour)
        self.size_slider = QSlider(Qt.Orientation.Horizontal)
        self.size_slider.setRange(*(round(_PERCENT * size) for size in scene_edits.SIZES))
        self.size_slider.setAccessibleName("Size of the thing")
        self.size_slider.setToolTip("Height of the thing, in hundredths of the picture's")
        self.size_slider.valueChanged.connect(self._set_size)
        self.size_slider.sliderReleased.connect(self._drop)
        self.count = QSpinBox()
        self.count.setRange(1, scene_edits.MOST_ALIKE)
        self.count.setAccessibleName("How many of the main thing")
        self.count.valueChanged.connect(self._set_count)
        grid = QGridLayout()
        grid.setColumnStretch(1, 1)
        rows = (
            ("Thing", self.thing),
            ("Colour", self.colour),
            ("Kind", self.kind),
            ("Size", self.size_slider),
            ("Place", self.setting),
            ("Time", self.time),
            ("How many", self.count),
        )
        for row, (words, widget) in enumerate(rows):
            label = QLabel(words)
            label.setBuddy(widget)
            grid.addWidget(label, row, 0)
            grid.addWidget(widget, row, 1)
        self.undo_action = actions.make(actions.UNDO_SCENE, self, self.undo)
        self.addAction(self.undo_action)
        self.add_button = _button("Add a Thing", "One more thing beside the others", self.add_companion)
        self.remove_button = _button("Take Away", "Take the chosen thing away", self.remove)
        self.undo_button = _button("Undo", "Take back the last change (Ctrl+Z)", self.undo)
        self.random_button = _button("Random Scene", "Open a scene drawn by chance", self.open_random)
        self.export_button = _button(
            "Export Edits…", "Save the strip of the last edits as a picture or a table", self.export
        )
        buttons = FlowLayout(gap=6, line_gap=4)
        for button in (
            self.add_button, self.remove_button, self.undo_button, self.random_button, self.export_button,
        ):  # fmt: skip
            buttons.addWidget(button)
        self.pair_kind = QComboBox()
        for kind in PAIR_KINDS:
            self.pair_kind.addItem(TITLES[kind], kind)
        self.pair_kind.setAccessibleName("What differs between the two scenes of a pair")
        self.pair_button = _button("Show a Pair", "Two scenes that differ in this alone", self.show_pair)
        self.count_button = _button(
            f"Count {PAIRS} of Each", "How often the caption follows such a change", self.count_pairs
        )
        self.cancel_button = _button("Cancel", "Stop counting", self.cancel)
        self.progress = QProgressBar()
        self.progress.setRange(0, 1000)
        self.progress.setAccessibleName("Progress of counting pairs")
        pairs = FlowLayout(gap=6, line_gap=4)
        for widget in (
            labelled("Pairs", self.pair_kind), self.pair_button, self.count_button, self.progress,
            self.cancel_button,
        ):  # fmt: skip
            pairs.addWidget(widget)
        self.table = words_label("scene_pairs")
        part = QWidget()
        column = QVBoxLayout(part)
        column.setContentsMargins(0, 0, 6, 0)
        column.setSpacing(8)
        column.addLayout(grid)
        column.addLayout(buttons)
        column.addLayout(pairs)
        column.addWidget(self.table)
        self.strip = EditStrip()
        column.addWidget(self.strip)
        column.addStretch(1)
        return part

    def _choice(self, name: str, words: tuple[str, ...], then: Callable[[str], None] | None) -> QComboBox:
        box = QComboBox()
        box.addItems(words)
        box.setAccessibleName(name)
        if then is not None:
            box.currentTextChanged.connect(lambda text: then(text) if text and not self._filling else None)
        return box

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

    def show_pair(self) -> None:
        """Open the first of two scenes, and when its caption is there the second."""
        kind: PairKind = self.pair_kind.currentData()
        pair = draw_pair(kind, self._rng)
        self.open_scene(pair.before, "before")
        self._undo.append(pair.before)
        self._after_answer = pair.after

    _after_answer: Scene | None = None  # the second of a pair whose first is being drawn

    # ---- edits ---------------------------------------------------------------------------------

    def _edit(self, change: Callable[[Scene], Scene]) -> None:
        """Change the scene; what can't be done is left undone."""
        if self.scene is None or self._filling:
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

    def _set_setting(self, setting: str) -> None:
        self._edit(lambda scene: scene_edits.with_setting(scene, setting))

    def _set_time(self, time: str) -> None:
        self._edit(lambda scene: scene_edits.with_time(scene, time))

    def _set_kind(self, kind: str) -> None:
        self._edit(lambda scene: scene_edits.with_kind(scene, self._which, kind))

    def _set_colour(self, colour: str) -> None:
        self._edit(lambda scene: scene_edits.with_colour(scene, self._which, colour))

    def _set_count(self, count: int) -> None:
        self._edit(lambda scene: scene_edits.with_count(scene, count))

    def _set_size(self, hundredths: int) -> None:
        if not self._filling and self.size_slider.isSliderDown():
            self._begin_drag()
        self._edit(lambda scene: scene_edits.with_height(scene, self._which, hundredths / _PERCENT))

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
            if dataset is self._dataset and model.model.input_dim == dataset.feature_dim:
                self._show(answer, is_final and scene is self.scene)
            if self._stale:
                self._ask()

        def failed(error: Exception) -> None:
            self._job = None
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
        things = scene_edits.things_of(scene)
        thing = things[self._which]
        self._filling = True
        self.setting.setCurrentText(scene.setting)
        self.time.clear()
        self.time.addItems(scene_edits.times_of(scene.setting))
        self.time.setCurrentText(scene.time)
        self.thing.clear()
        self.thing.addItems([f"{number}  {one.colour} {one.kind}" for number, one in enumerate(things, 1)])
        self.thing.setCurrentIndex(self._which)
        self.kind.setCurrentText(thing.kind)
        self.colour.setCurrentText(thing.colour)
        self.size_slider.setValue(round(_PERCENT * thing.height))
        self.count.setMaximum(scene_edits.MOST_ALIKE if KINDS[scene.kind].groups else 1)
        self.count.setValue(len(scene.main))
        self._filling = False
        self.canvas.show_scene(scene, self._which)
        self._enable()

    def _enable(self) -> None:
        scene = self.scene
        there = scene is not None and self._dataset is not None
        for button in (self.random_button, self.pair_button):
            button.setEnabled(there)
        self.add_button.setEnabled(
            there and scene is not None and len(scene.company) < scene_edits.MOST_COMPANIONS
        )
        can_remove = scene is not None and (self._which >= len(scene.main) or len(scene.main) > 1)
        self.remove_button.setEnabled(can_remove)
        self.undo_button.setEnabled(bool(self._undo))
        self.undo_action.setEnabled(bool(self._undo))
        self.export_button.setEnabled(bool(self.strip.edits) and self._session.can_plot)
        is_counting = self._count_job is not None
        self.count_button.setVisible(not is_counting)
        self.count_button.setEnabled(there and self._session.models.current is not None)
        self.progress.setVisible(is_counting)
        self.cancel_button.setVisible(is_counting)

    # ---- pairs, export -------------------------------------------------------------------------

    def count_pairs(self) -> None:
        """Count over pairs of each kind how often the caption follows the change."""
        dataset, model = self._dataset, self._session.models.current
        if dataset is None or model is None or self._count_job is not None:
            return
        counted_by: CurrentModel = model

        def work(cancelled: Cancelled) -> PairCounts | None:
            return count_pairs(
                dataset,
                counted_by.model,
                counted_by.words,
                cancelled,
                lambda share: send(self._counted, share),
            )

        def done(counts: PairCounts | None) -> None:
            self._count_job = None
            if counts is not None:
                self.table.setText(
                    "The caption follows the change (a new word is said, and no word that held before):\n"
                    + "\n".join(counts.lines())
                    + f"\n{counts.model_words}, greedy; scenes drawn by seed, with one kind of thing in each."
                )
            self._enable()

        def failed(error: Exception) -> None:
            self._count_job = None
            self.table.setText(f"The pairs could not be counted: {error}")
            self._enable()

        self.progress.setValue(0)
        self._count_job = self._session.workers.start("counting pairs of scenes", work, done, failed)
        self._enable()

    def cancel(self) -> None:
        """Stop counting."""
        if self._count_job is not None:
            self._count_job.cancel()
            self._count_job = None
            self._enable()

    def export(self) -> None:
        """Save the strip as a picture or a table."""
        edits = list(self.strip.edits)
        if not edits or not self._session.can_plot:
            return
        figure = edits_figure(edits, colors())
        path = export_figure(self, figure, lambda: edit_rows(edits), "edits", self._session.settings)
        if path is not None:
            self._session.notice.emit(f"Edits written to {path}")


def _button(words: str, tip: str, then: Callable[[], None]) -> QPushButton:
    button = QPushButton(words)
    button.setToolTip(tip)
    button.setAutoDefault(False)
    button.clicked.connect(lambda _checked=False: then())
    return button
