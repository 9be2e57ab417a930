"""The window's own actions in one place: words, shortcut, icon, tip. Panels bring theirs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from captionviewer.core.coco.layout import FEATURES, FeatureKind
from captionviewer.ui.look.icons import icon

Shortcut = QKeySequence | QKeySequence.StandardKey | str


@dataclass(frozen=True)
class ActionWords:
    """What an action says of itself."""

    text: str
    tip: str
    shortcuts: tuple[Shortcut, ...] = ()
    icon: str = ""
    checkable: bool = False


OPEN_FOLDER = ActionWords(
    "&Open Data Folder…",
    "Open a folder in the layout of CS231n's coco_captioning",
    (QKeySequence.StandardKey.Open,),
    "folder",
)
STORYBOOK = ActionWords(
    "Open the S&torybook", "Open small drawn scenes with captions that come with captionviewer", (), "photo"
)
GET_COCO = ActionWords("&Get the COCO Data…", "Download the captioning data of CS231n", (), "save")
IMAGE_FOLDER = ActionWords(
    "Choose &Image Folder…", "Take photos from your own copy of COCO's train2014 and val2014 folders first"
)
NO_IMAGE_FOLDER = ActionWords("&Forget Image Folder", "Fetch photos from the network again")
OPEN_MODEL = ActionWords("Open &Model…", "Open a model that was saved as .npz", ("Ctrl+Shift+O",), "model")
SAVE_MODEL = ActionWords(
    "&Save Model", "Save the trained model as one .npz file", (QKeySequence.StandardKey.Save,), "save"
)
SAVE_MODEL_AS = ActionWords("Save Model &As…", "Save the trained model under another name", ("Ctrl+Shift+S",))
FORGET_RECENT = ActionWords("&Clear This List", "Forget the folders opened before")
QUIT = ActionWords("&Quit", "Close captionviewer", ("Ctrl+Q",))
PREFERENCES = ActionWords(
    "&Preferences…", "Where photos come from, their cache, theme and text size", ("Ctrl+,",)
)
LARGER = ActionWords("&Larger Text", "Enlarge all text, as for a projector", ("Ctrl++", "Ctrl+="), "larger")
SMALLER = ActionWords("&Smaller Text", "Make all text smaller", ("Ctrl+-",), "smaller")
NORMAL_SIZE = ActionWords("&Normal Text Size", "Show text in the system's size", ("Ctrl+0",))
FULL_SCREEN = ActionWords("&Full Screen", "Use the whole screen", ("F11",), checkable=True)
FILL_WINDOW = ActionWords(
    "Fill the &Window",
    "Let the panel that has the keyboard fill the window, or give the window back",
    ("F9",),
    "fill",
    checkable=True,
)
RESET_ARRANGEMENT = ActionWords("&Reset Arrangement", "Put the panels back where they were at first")
THEME_SYSTEM = ActionWords("As the &System", "Light or dark, as the system is", checkable=True)
THEME_LIGHT = ActionWords("&Light", "Always light", checkable=True)
THEME_DARK = ActionWords("&Dark", "Always dark", checkable=True)
FEATURE_KINDS: Mapping[FeatureKind, ActionWords] = {
    kind: ActionWords(f"&{form.menu_text}", form.explanation, checkable=True)
    for kind, form in FEATURES.items()
}
GO_DATA = ActionWords("Go to &Data", "Move the keyboard to the Data panel", ("Ctrl+1",))
GO_TRAINING = ActionWords("Go to &Training", "Move the keyboard to the Training panel", ("Ctrl+2",))
GO_SAMPLING = ActionWords("Go to &Sampling", "Move the keyboard to the Sampling panel", ("Ctrl+3",))
WELCOME = ActionWords("&Welcome", "Show the card of the first start again: what this is, and ways to begin")
SHORTCUTS = ActionWords(
    "&Keyboard Shortcuts", "Show the keys that do things", (QKeySequence.StandardKey.HelpContents,)
)
ABOUT_COCO = ActionWords("How to &Get COCO…", "What the data is and where it comes from")
ABOUT = ActionWords("&About captionviewer", "Version and licence")


def make(words: ActionWords, owner: QWidget, call: Callable[[], object] | None = None) -> QAction:
    """Make an action that belongs to `owner` and makes `call` when triggered."""
    action = QAction(words.text, owner)
    action.setToolTip(words.tip)
    action.setStatusTip(words.tip)
    action.setCheckable(words.checkable)
    if words.icon:
        action.setIcon(icon(words.icon))
    if words.shortcuts:
        action.setShortcuts([QKeySequence(key) for key in words.shortcuts])
        shown = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        action.setToolTip(f"{words.tip} ({shown})")
    if call is not None:
        action.triggered.connect(lambda _checked=False: call())
    return action
