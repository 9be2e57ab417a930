"""All actions of the program in one table: words, keys, icon, tip. Who makes one says what it does.

The table stands on this floor because every panel makes its own actions and no panel may know the window's
rooms. A key is taken by one action only, and F1 lists what stands here.

Not here are entries of menus that say what the data or the user's own folders say (Open Recent, conditions
that found no room), and keys of a widget that has the keyboard and does what its kind does: arrows, Home and
End on a list or on the loss, Enter on what is chosen, Escape, which closes or leaves what is in front.

(Past 400 lines: it is the table.)
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence

from captionviewer.core.coco.feature_kinds import FEATURES, FeatureKind
from captionviewer.ui.look.icons import icon

Shortcut = QKeySequence | QKeySequence.StandardKey | str


class Place(Enum):
    """The part of the program that an action belongs to, as F1 heads it."""

    WINDOW = "Anywhere"
    DATA = "Data"
    TRAINING = "Training"
    LOSS = "On the loss plot"
    RUNS = "In the list of runs"
    SAMPLING = "Sampling"
    SAMPLING_FOCUSED = "Sampling, while the keyboard is there"
    TREE = "In Sampling's tree"
    SCENE = "In Data's view Scene"
    SEARCH = "In the search field"
    CAPTIONS = "On a list of captions"
    PHOTO = "On the photo"


@dataclass(frozen=True)
class ActionWords:
    """What an action says of itself.

    Attributes
    ----------
    text
        In menus, with its mnemonic.
    tip
        A sentence without a full stop; the key is added.
    shortcuts
        Its keys; the first is the one that is told.
    icon
        A name of `icons`, or "".
    short
        On a button, where `text` is too long for it.
    place
        Where it works; the keys of `LOSS`, `RUNS`, `SAMPLING_FOCUSED`, `TREE`, `SCENE`, `SEARCH`, `CAPTIONS`
        and `PHOTO` hold only there.
    alternate
        Whether an action says this only at times, in place of its usual words; F1 has no line for it.
    """

    text: str
    tip: str
    shortcuts: tuple[Shortcut, ...] = ()
    icon: str = ""
    checkable: bool = False
    short: str = ""
    place: Place = Place.WINDOW
    alternate: bool = False


# ---- the window ------------------------------------------------------------------------------------------

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
CAPTION_PHOTOS = ActionWords(
    "&Caption Your Photos…",
    "Caption pictures of your own, by the encoder of the open data",
    ("Ctrl+Shift+P",),
)
CAPTION_FOLDER = ActionWords("Caption a Fol&der of Photos…", "Caption all pictures of a folder of your own")
PASTE_PHOTO = ActionWords(
    "Caption the Copied P&hoto", "Caption the picture that was copied elsewhere", ("Ctrl+Shift+V",)
)
OPEN_MODEL = ActionWords("Open &Model…", "Open a model that was saved as .npz", ("Ctrl+Shift+O",), "model")
SAVE_MODEL = ActionWords(
    "&Save Model", "Save the trained model as one .npz file", (QKeySequence.StandardKey.Save,), "save"
)
SAVE_MODEL_AS = ActionWords("Save Model &As…", "Save the trained model under another name", ("Ctrl+Shift+S",))
SAVE_BEST_MODEL = ActionWords(
    "Save &Best Model…",
    "Save the model as it was when the validation loss of its run was lowest",
    ("Ctrl+Alt+S",),
)
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
# A letter of each menu entry that no other entry of the Data menu has; a kind that is not listed has none.
_FEATURE_MNEMONICS: Mapping[str, str] = {"PCA Features": "PCA F&eatures", "Raw Features": "Ra&w Features"}


def _with_mnemonic(text: str) -> str:
    for plain, marked in _FEATURE_MNEMONICS.items():
        text = text.replace(plain, marked)
    return text


FEATURE_KINDS: Mapping[FeatureKind, ActionWords] = {
    kind: ActionWords(_with_mnemonic(form.menu_text), form.explanation, checkable=True)
    for kind, form in FEATURES.items()
}
COMPUTE_FEATURES = ActionWords(
    "Compute Lite&0 Features…", "Compute features of the data's photos, on which models caption any photo"
)
IN_CHARACTERS = ActionWords(
    "Captions in C&haracters",
    "Open the data anew with its captions spelled: train, sample and score character by character",
    checkable=True,
)
GO_DATA = ActionWords("Go to &Data", "Move the keyboard to the Data panel", ("Ctrl+1",))
GO_TRAINING = ActionWords("Go to &Training", "Move the keyboard to the Training panel", ("Ctrl+2",))
GO_SAMPLING = ActionWords("Go to Sam&pling", "Move the keyboard to the Sampling panel", ("Ctrl+3",))
WELCOME = ActionWords("&Welcome", "Show the card of the first start again: what this is, and ways to begin")
SHORTCUTS = ActionWords(
    "&Keyboard Shortcuts", "Show the keys that do things", (QKeySequence.StandardKey.HelpContents,)
)
ABOUT_COCO = ActionWords("How to &Get COCO…", "What the data is and where it comes from")
CHECKS = ActionWords(
    "Notebook &Checks…", "Every check of the notebooks, with bugs on purpose and for your own layers"
)
CHARACTERS = ActionWords(
    "Words or Cha&racters…", "Train a network on words and one on characters, and see what each costs"
)
SHOW_LOG = ActionWords("Show the &Log", "What happened lately, for a report of a fault")
ABOUT = ActionWords("&About captionviewer", "Version and licence")

# ---- Data ------------------------------------------------------------------------------------------------

TRAIN = ActionWords(
    "&Train Photos",
    "The photos that a model can be trained on",
    ("Ctrl+T",),
    checkable=True,
    short="Train",
    place=Place.DATA,
)
VAL = ActionWords(
    "&Val Photos",
    "Photos for validation: no model trains on them",
    ("Ctrl+Shift+T",),
    checkable=True,
    short="Val",
    place=Place.DATA,
)
PREVIOUS = ActionWords("&Previous Minibatch", "Previous minibatch", ("PgUp",), "previous", place=Place.DATA)
NEXT = ActionWords("&Next Minibatch", "Next minibatch", ("PgDown",), "next", place=Place.DATA)
# the same while captions stand in an order: what is drawn is a minibatch, what stands is a page
PREVIOUS_PAGE = replace(PREVIOUS, text="&Previous Page", tip="Previous page", alternate=True)
NEXT_PAGE = replace(NEXT, text="&Next Page", tip="Next page", alternate=True)
RESHUFFLE = ActionWords(
    "&Reshuffle",
    "Draw minibatches in another random order",
    ("Ctrl+R",),
    "shuffle",
    short="Reshuffle",
    place=Place.DATA,
)
FIND = ActionWords(
    "&Find a Word…",
    "Search all captions of the split for a word or phrase",
    (QKeySequence.StandardKey.Find,),
    "search",
    place=Place.DATA,
)
ADD_CONDITION = ActionWords(
    "Add as Condition",
    "Keep what was typed as a condition, and search for something else besides",
    ("Shift+Return",),
    short="Add",
    place=Place.SEARCH,
)
FILTER = ActionWords(
    "F&ilter",
    "Show captions of some length, number of <UNK> and so on",
    ("Ctrl+Shift+F",),
    "filter",
    checkable=True,
    short="Filter",
    place=Place.DATA,
)
SORT = ActionWords(
    "Choose the &Order", "Choose in which order captions are shown", ("Ctrl+Shift+R",), place=Place.DATA
)
PREVIOUS_PHOTO = ActionWords(
    "&Back to the Photo Before",
    "Back to the photo that was selected before",
    ("Alt+Left",),
    "arrow_back",
    place=Place.DATA,
)
NEXT_PHOTO = ActionWords(
    "Forwar&d Again",
    "Forward to the photo that was gone back from",
    ("Alt+Right",),
    "arrow_forward",
    place=Place.DATA,
)
CLEAR_CONDITIONS = ActionWords(
    "&Clear Conditions",
    "Show all captions again (Escape)",
    (),
    "close",
    short="Clear all",
    place=Place.DATA,
)
COPY_SEED = ActionWords(
    "Copy the Seed",
    "Copy the seed, to see the same minibatches again elsewhere",
    (),
    "copy",
    place=Place.DATA,
)
COPY_CAPTION = ActionWords(
    "&Copy Caption",
    "Copy the caption that is chosen",
    (QKeySequence.StandardKey.Copy,),
    "copy",
    place=Place.CAPTIONS,
)
COPY_CAPTIONS = ActionWords(
    "Copy &All Captions", "Copy all captions of the photo", (), "copy", place=Place.DATA
)
COPY_URL = ActionWords(
    "Copy Photo &URL", "Copy the photo's address", (), "copy", short="Copy", place=Place.DATA
)
OPEN_URL = ActionWords(
    "&Open URL in the Browser", "Open the photo's address", (), "export", short="Open", place=Place.DATA
)
COPY_PHOTO = ActionWords("Copy P&hoto", "Copy the photo as a picture", (), "photo", place=Place.DATA)
COPY_IDS = ActionWords("Copy &Ids", "Copy the ids of the caption's words", place=Place.DATA)
COPY_WORDS = ActionWords("Copy &Words", "Copy the caption's words", place=Place.DATA)
SHOW_LENGTHS = ActionWords("Lengths", "Show the plot: lengths", checkable=True, place=Place.DATA)
SHOW_WORDS = ActionWords("Words", "Show the plot: words", checkable=True, place=Place.DATA)
SHOW_CAPTIONS_A_PHOTO = ActionWords(
    "Captions a Photo", "Show the plot: captions a photo", checkable=True, place=Place.DATA
)

UNDO_SCENE = ActionWords(
    "&Undo",
    "Take back the last change of the scene",
    (QKeySequence.StandardKey.Undo,),
    place=Place.SCENE,
)

# ---- a photo, a plot -------------------------------------------------------------------------------------

PHOTO_COPY = ActionWords(
    "&Copy Photo", "Copy the photo as a picture", (QKeySequence.StandardKey.Copy,), place=Place.PHOTO
)
PHOTO_COPY_URL = ActionWords("Copy &URL", "Copy the photo's address", place=Place.PHOTO)
PHOTO_OPEN_URL = ActionWords("&Open URL in Browser", "Open the photo's address", place=Place.PHOTO)
PHOTO_RETRY = ActionWords("&Retry", "Ask for the photo again", place=Place.PHOTO)
EXPORT_PICTURE = ActionWords("Export as &PNG…", "Save the plot as a picture")
EXPORT_DRAWING = ActionWords("Export as &SVG…", "Save the plot as a drawing")
EXPORT_PDF = ActionWords("Export as P&DF…", "Save the plot as a drawing for a paper")
EXPORT_TABLE = ActionWords("Export Numbers as &CSV…", "Save the plot's numbers as a table")

# ---- Training --------------------------------------------------------------------------------------------

TRAINING_FORM = ActionWords(
    "S&ettings",
    "Show the settings of a run, or fold them away",
    ("F4",),
    "settings",
    checkable=True,
    place=Place.TRAINING,
)
START = ActionWords("&Start", "Start training with these settings", ("F5",), "play", place=Place.TRAINING)
PAUSE = ActionWords(
    "&Pause", "Let the run wait after the step under way", ("F6",), "pause", place=Place.TRAINING
)
CONTINUE = ActionWords(
    "&Continue",
    "Go on with the run that waits",
    ("F6", "F5"),
    "go_on",
    place=Place.TRAINING,
    alternate=True,
)
CHANGE_RATE = ActionWords(
    "Chan&ge",
    "Show what can be changed while a run goes on: its learning rate, and the norm gradients are clipped at",
    (),
    "dial",
    checkable=True,
    place=Place.TRAINING,
)
LAST_GOOD = ActionWords(
    "&Back to the Last Good Model",
    "Start again from the last good model, with a tenth of the learning rate",
    ("Shift+F5",),
    "restart",
    place=Place.TRAINING,
)
CONTINUE_ENDED = ActionWords(
    "Contin&ue",
    "Go on with the run that was stopped, to the numbers it would have come to; one that finished goes on for"
    " as many epochs again",
    ("Ctrl+F5",),
    "go_on",
    place=Place.TRAINING,
)
TRAINING_STEP = ActionWords(
    "S&tep", "Make one update with one minibatch, then wait", ("F7",), "step", place=Place.TRAINING
)
FIRST_STEP = ActionWords(
    "S&tep",
    "Start a new run with these settings, and wait after its first update; the last run is kept",
    ("F7",),
    "step",
    place=Place.TRAINING,
    alternate=True,
)
STOP = ActionWords("St&op", "End the run and keep what it has learned", ("F8",), "stop", place=Place.TRAINING)
LOSS_PER_CAPTION = ActionWords(
    "Caption",
    "Show the loss summed over the words of a caption, as the notebook does",
    checkable=True,
    place=Place.TRAINING,
)
LOSS_PER_WORD = ActionWords(
    "Word",
    "Show the loss divided by the number of words: e to this is the perplexity",
    checkable=True,
    place=Place.TRAINING,
)
EXPORT_LOSS = ActionWords(
    "Export Loss Plot…",
    "Save the plot as PNG or SVG, or its numbers as CSV",
    (),
    "export",
    place=Place.TRAINING,
)

PLAY_SAID: Mapping[int, ActionWords] = {
    speed: ActionWords(
        f"Play at {speed}×",
        f"Play what was said as the network learned, {2 * speed} stops a second",
        (str(speed),),
        checkable=True,
        short=f"{speed}×",
        place=Place.LOSS,
    )
    for speed in (2, 8)
}

RUN_CONTINUE = ActionWords(
    "&Continue",
    "Go on with this run, to the numbers it would have come to; one that finished goes on for as many epochs"
    " again",
    ("Return",),
    "go_on",
    place=Place.RUNS,
)
RUN_WEIGHTS = ActionWords(
    "Start from These &Weights",
    "Start a new run from this run's model, with the settings in the form; cell and sizes are the model's",
    place=Place.RUNS,
)
RUN_REPEAT = ActionWords(
    "&Repeat with One Change",
    "Fill the form with this run's settings, to change one and start",
    place=Place.RUNS,
)
RUN_SEEDS = ActionWords(
    "&3 More Seeds",
    "Train three runs, one after the other, that differ from this one in the seed alone: they are drawn as a"
    " band",
    place=Place.RUNS,
)
RUN_SHOW = ActionWords("&Show Its Model", "Show this run's model in Sampling", place=Place.RUNS)
RUN_RENAME = ActionWords("Re&name…", "Give this run a name of your own", ("F2",), place=Place.RUNS)
RUN_PIN = ActionWords(
    "&Pin", "Keep this run and its model whatever the limits say", checkable=True, place=Place.RUNS
)
RUN_DELETE = ActionWords("&Delete…", "Delete the selected runs", ("Del",), place=Place.RUNS)
RUN_EXPORT = ActionWords(
    "&Export Run File…", "Save this run as one file, which opens on another machine", place=Place.RUNS
)
RUN_OPEN = ActionWords("&Open Run Files…", "Put runs from files on the shelf", place=Place.RUNS)
RUN_EMPTY = ActionWords("Empt&y the Shelf…", "Delete all runs that are not pinned", place=Place.RUNS)
EXPORT_COMPARISON = ActionWords(
    "Export Curves…",
    "Save the curves as PNG, SVG or PDF, or their numbers as CSV",
    (),
    "export",
    place=Place.TRAINING,
)

# ---- Sampling --------------------------------------------------------------------------------------------

RESTART = ActionWords(
    "&Restart",
    "Back to <START>, with no word chosen",
    ("Home",),
    "restart",
    place=Place.SAMPLING_FOCUSED,
)
BACK = ActionWords("Step &Back", "Take the last word back", ("Left",), "back", place=Place.SAMPLING_FOCUSED)
NEXT_WORD = ActionWords("&Step", "Choose the next word", ("Right",), "step", place=Place.SAMPLING_FOCUSED)
PLAY = ActionWords(
    "&Play",
    "Choose word after word",
    ("Space",),
    "play",
    checkable=True,
    place=Place.SAMPLING_FOCUSED,
)
HOLD = replace(PLAY, text="&Pause", tip="Choose no more words for now", icon="pause", alternate=True)
TO_END = ActionWords(
    "To the &End", "Choose all words to <END>", ("End",), "to_end", place=Place.SAMPLING_FOCUSED
)
ANOTHER_WORD = ActionWords(
    "Another &Word…",
    "Type another word for this timestep, and see what follows; a click on a bar does the same",
    ("F2",),
    place=Place.SAMPLING_FOCUSED,
)
UNDO_WORD = ActionWords(
    "&Undo Another Word",
    "Take back the word that was said, or the branch that was deleted, last",
    ("Ctrl+Z",),
    short="Undo",
    place=Place.SAMPLING_FOCUSED,
)
DELETE_BRANCH = ActionWords(
    "&Delete Branch",
    "Delete the branch that is shown",
    ("Delete",),
    short="Delete",
    place=Place.SAMPLING_FOCUSED,
)
BRANCH_ABOVE = ActionWords(
    "Branch &Above", "Show the branch in the row above", ("Alt+Up",), place=Place.SAMPLING_FOCUSED
)
BRANCH_BELOW = ActionWords(
    "Branch Be&low", "Show the branch in the row below", ("Alt+Down",), place=Place.SAMPLING_FOCUSED
)
COPY_GENERATED = ActionWords(
    "Copy &Generated Caption",
    "Copy the generated caption as far as it is shown",
    ("Ctrl+Shift+G",),
    "copy",
    place=Place.SAMPLING,
)
SHOW_COMING = ActionWords(
    "Show the Caption to Co&me",
    "Show the words after this timestep faintly; off for who wants to guess first",
    (),
    checkable=True,
    place=Place.SAMPLING,
)
FOLLOW = ActionWords(
    "&Follow Training",
    "Show each newer snapshot of the model while it trains",
    (),
    "follow",
    checkable=True,
    short=" Follow training",
    place=Place.SAMPLING,
)
SHOW_UNTRAINED = ActionWords(
    "Un&trained Network",
    "Show the network as it is before any training, or again the one that comes with captionviewer",
    (),
    checkable=True,
    short="Untrained",
    place=Place.SAMPLING,
)
EXPORT_PROBABILITIES = ActionWords(
    "E&xport Word Probabilities…",
    "Save these bars as PNG or SVG, or those of all timesteps as CSV",
    (),
    "export",
    place=Place.SAMPLING,
)
TREE_LARGER = ActionWords("Larger Tree", "Draw the tree larger", ("+",), place=Place.TREE)
TREE_SMALLER = ActionWords("Smaller Tree", "Draw the tree smaller", ("-",), place=Place.TREE)
TREE_FIT = ActionWords("Fit the Tree", "Show the whole tree at once", ("F",), place=Place.TREE)
TREE_LEFT = ActionWords(
    "Earlier Timesteps", "Move over the tree to the left", ("Shift+Left",), place=Place.TREE
)
TREE_RIGHT = ActionWords(
    "Later Timesteps", "Move over the tree to the right", ("Shift+Right",), place=Place.TREE
)
TREE_UP = ActionWords("Upper Nodes", "Move over the tree upwards", ("Shift+Up",), place=Place.TREE)
TREE_DOWN = ActionWords("Lower Nodes", "Move over the tree downwards", ("Shift+Down",), place=Place.TREE)
COPY_TRUTH = ActionWords("Copy This &Caption", "Copy this caption of the photo", place=Place.SAMPLING)

_FOCUSED = {
    Place.LOSS: Qt.ShortcutContext.WidgetWithChildrenShortcut,
    Place.RUNS: Qt.ShortcutContext.WidgetWithChildrenShortcut,
    Place.SAMPLING_FOCUSED: Qt.ShortcutContext.WidgetWithChildrenShortcut,
    Place.TREE: Qt.ShortcutContext.WidgetWithChildrenShortcut,
    Place.SCENE: Qt.ShortcutContext.WidgetWithChildrenShortcut,
    Place.SEARCH: Qt.ShortcutContext.WidgetShortcut,
    Place.CAPTIONS: Qt.ShortcutContext.WidgetShortcut,
    Place.PHOTO: Qt.ShortcutContext.WidgetShortcut,
}


def make(words: ActionWords, owner: QObject, call: Callable[[], object] | None = None) -> QAction:
    """Make an action that belongs to `owner` and makes `call` when triggered.

    Its keys hold in the whole window, once a widget has the action, or where its place says.
    """
    action = QAction(owner)
    if call is not None:
        action.triggered.connect(lambda _checked=False: call())
    action.setCheckable(words.checkable)
    action.setShortcutContext(_FOCUSED.get(words.place, Qt.ShortcutContext.WindowShortcut))
    dress(action, words)
    return action


def dress(action: QAction, words: ActionWords) -> None:
    """Let an action say something else of itself, as Pause does while a run is paused."""
    action.setText(words.text)
    if words.short:
        action.setIconText(words.short)
    if words.icon:
        action.setIcon(icon(words.icon))
    action.setShortcuts([QKeySequence(key) for key in words.shortcuts])
    key = key_words(words)
    # an element, so that Qt takes it for HTML: a tip that names <UNK> would lose it
    tip = words.tip.replace("&", "&amp;").replace("<", "&lt;")
    action.setToolTip(f"<span>{tip} ({key})</span>" if key else f"<span>{tip}</span>")
    action.setStatusTip(words.tip)


def key_words(words: ActionWords) -> str:
    """Return the key that is told of an action, as this system writes it; "" for none."""
    if not words.shortcuts:
        return ""
    return QKeySequence(words.shortcuts[0]).toString(QKeySequence.SequenceFormat.NativeText)


def table() -> Iterator[ActionWords]:
    """Yield all actions that there are."""
    yield from (words for words in globals().values() if isinstance(words, ActionWords))
    yield from PLAY_SAID.values()
