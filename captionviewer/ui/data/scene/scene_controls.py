"""The fields that say what a scene is made of, and change it."""

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QGridLayout, QLabel, QSlider, QSpinBox, QWidget

from captionviewer.core.storybook import scene_edits
from captionviewer.core.storybook.kinds import KINDS
from captionviewer.core.storybook.look import COLOURS
from captionviewer.core.storybook.places import SETTINGS
from captionviewer.core.storybook.scenes import Scene

SceneEdit = Callable[[Scene], Scene]  # raises ValueError where that can't be done
_PERCENT = 100


class SceneControls(QWidget):
    """Shows a scene, one of whose things is the chosen one; tells of what the user changes."""

    edit_asked = Signal(object)  # SceneEdit
    thing_chosen = Signal(int)
    size_dragged = Signal()  # the edits that follow are of one drag
    size_dropped = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._filling = False
        self._which = 0
        self.setting = self._choice(
            "Place", tuple(SETTINGS), lambda words: self._ask(lambda s: scene_edits.with_setting(s, words))
        )
        self.time = self._choice(
            "Time of day", (), lambda words: self._ask(lambda s: scene_edits.with_time(s, words))
        )
        self.thing = _box("Thing that is changed", ())
        self.thing.currentIndexChanged.connect(self._choose_thing)
        self.kind = self._choice(
            "Kind of the thing",
            tuple(KINDS),
            lambda words: self._ask(lambda s: scene_edits.with_kind(s, self._which, words)),
        )
        self.colour = self._choice(
            "Colour of the thing",
            tuple(COLOURS),
            lambda words: self._ask(lambda s: scene_edits.with_colour(s, self._which, words)),
        )
        self.size_slider = QSlider(Qt.Orientation.Horizontal)
        self.size_slider.setRange(*(round(_PERCENT * size) for size in scene_edits.SIZES))
        self.size_slider.setAccessibleName("Size of the thing")
        self.size_slider.setToolTip("Height of the thing, in hundredths of the picture's")
        self.size_slider.valueChanged.connect(self._set_size)
        self.size_slider.sliderReleased.connect(self.size_dropped)
        self.count = QSpinBox()
        self.count.setRange(1, scene_edits.MOST_ALIKE)
        self.count.setAccessibleName("How many of the main thing")
        self.count.valueChanged.connect(
            lambda count: self._ask(lambda scene: scene_edits.with_count(scene, count))
        )
        self._make_layout()

    def _make_layout(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
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

    def show_scene(self, scene: Scene, which: int) -> None:
        """Say what the scene is; thing `which` is the chosen one."""
        things = scene_edits.things_of(scene)
        thing = things[which]
        self._which = which
        self._filling = True
        self.setting.setCurrentText(scene.setting)
        self.time.clear()
        self.time.addItems(scene_edits.times_of(scene.setting))
        self.time.setCurrentText(scene.time)
        self.thing.clear()
        self.thing.addItems([f"{number}  {one.colour} {one.kind}" for number, one in enumerate(things, 1)])
        self.thing.setCurrentIndex(which)
        self.kind.setCurrentText(thing.kind)
        self.colour.setCurrentText(thing.colour)
        self.size_slider.setValue(round(_PERCENT * thing.height))
        self.count.setMaximum(scene_edits.MOST_ALIKE if KINDS[scene.kind].groups else 1)
        self.count.setValue(len(scene.main))
        self._filling = False

    def _choice(self, name: str, words: tuple[str, ...], then: Callable[[str], None]) -> QComboBox:
        box = _box(name, words)
        box.currentTextChanged.connect(lambda text: then(text) if text else None)
        return box

    def _ask(self, edit: SceneEdit) -> None:
        if not self._filling:
            self.edit_asked.emit(edit)

    def _choose_thing(self, which: int) -> None:
        if not self._filling:
            self.thing_chosen.emit(which)

    def _set_size(self, hundredths: int) -> None:
        if not self._filling and self.size_slider.isSliderDown():
            self.size_dragged.emit()
        self._ask(lambda scene: scene_edits.with_height(scene, self._which, hundredths / _PERCENT))


def _box(name: str, words: tuple[str, ...]) -> QComboBox:
    box = QComboBox()
    box.addItems(words)
    box.setAccessibleName(name)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(6)  # it grows with its column, and is not cut where that is narrow
    return box
