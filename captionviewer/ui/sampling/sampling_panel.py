"""The Sampling panel: a photo's caption one timestep at a time, beside the ground truth."""

from dataclasses import replace

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import (
    QAction,
    QCloseEvent,
    QFocusEvent,
    QGuiApplication,
    QHideEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from captionviewer.core.training.events import RunState
from captionviewer.ui import actions
from captionviewer.ui import settings as remembered
from captionviewer.ui.look import theme
from captionviewer.ui.plots.plot_export import export_figure
from captionviewer.ui.sampling.branches.branch_strip import BranchStrip
from captionviewer.ui.sampling.branches.branches import Branches
from captionviewer.ui.sampling.caption_player import SPEEDS, CaptionPlayer
from captionviewer.ui.sampling.caption_sample import CaptionSample
from captionviewer.ui.sampling.decoding_row import DecodingRow
from captionviewer.ui.sampling.player_bar import PlayerBar, SpaceKeeper
from captionviewer.ui.sampling.sampler import Sampler
from captionviewer.ui.sampling.sampling_head import SamplingHead
from captionviewer.ui.sampling.sampling_views import SamplingViews
from captionviewer.ui.sampling.words_view import WordsView
from captionviewer.ui.session.models import ModelOrigin
from captionviewer.ui.session.session import Session
from captionviewer.ui.widgets.empty_page import EmptyPage
from captionviewer.ui.widgets.outside_text import shortened

NO_DATA = ("No data is open", "Open a folder of COCO captions, then select a photo in Data.")
NO_PHOTO = ("No photo selected", "Select a photo in Data: the model captions it here, one word at a time.")


class SamplingPanel(QWidget):
    """Shows how the current model captions the selected photo.

    Attributes
    ----------
    restart_action, back_action, step_action, play_action, end_action : QAction
        Move through the caption; their keys hold while the panel has the keyboard's focus.
    copy_caption_action, follow_action, coming_action, export_action : QAction
        Copy the caption so far; follow the model in training; save the bars as a plot or a table.
    another_word_action, undo_word_action, delete_branch_action, branch_above_action, branch_below_action
        Force another word, and go through what was forced.
    sampler : Sampler
        Keeps the sample up to date.
    views : SamplingViews
        The views of Sampling; `words` is the first.
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Sampling")
        speed = self._remembered_speed()
        self._player = CaptionPlayer(self)
        self._player.set_speed(speed)
        self._words_track = self._player.track
        self.sampler = Sampler(session, session.settings.get(remembered.FOLLOW_TRAINING), self)
        self.restart_action, self.back_action = self._player.restart_action, self._player.back_action
        self.step_action, self.play_action = self._player.step_action, self._player.play_action
        self.end_action = self._player.end_action
        self.branches = Branches(session, self.sampler, self)
        self.words = WordsView(session.photos, self._player)
        self._make_actions()
        keeper = SpaceKeeper(self)
        self.words.set_coming(self.coming_action.isChecked())
        self._branch_strip = BranchStrip(self.undo_word_action, self.delete_branch_action)
        words_page = self._make_words_page()
        self.words.photo.retry_button.installEventFilter(keeper)
        self.decoding_row = DecodingRow(keeper)
        self.decoding_row.set_decoding(session.decoding.value)
        self.decoding_row.changed.connect(session.decoding.set)
        self.views = SamplingViews(session, self.sampler, self._player, words_page, self)
        self.views.view_changed.connect(self._view_changed)
        self.views.can_changed.connect(self._enable_actions)
        self._head = SamplingHead(self.decoding_row.opener, self.follow_action, keeper)
        self._empty = EmptyPage()
        self._pages = QStackedWidget()
        self._pages.addWidget(self._empty)
        self._pages.addWidget(self.views)
        self._bar = PlayerBar(self._player, speed, [self.copy_caption_action, self.export_action], keeper)
        self._bar.speed_chosen.connect(self._change_speed)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._head)
        layout.addWidget(self.decoding_row)
        layout.addWidget(self._pages, 1)
        layout.addWidget(self._bar)

        self._player.moved.connect(self._show_timestep)
        self.branches.moved.connect(self._player.go_to)
        self.words.word_wanted.connect(self.branches.force)
        self.words.word_forbidden.connect(self._forbid)
        for unknown in (self.words.word_unknown, self.decoding_row.word_unknown):
            unknown.connect(
                lambda word: session.notice.emit(f"“{shortened(word, 40)}” is no word of the vocabulary.")
            )
        self._branch_strip.rows.row_chosen.connect(self.branches.show)
        self._branch_strip.carry.toggled.connect(self.branches.set_carries)
        self.sampler.sample_changed.connect(self._sample_changed)
        self.sampler.model_changed.connect(self._model_changed)
        self.sampler.outdated_changed.connect(self._outdated_changed)
        session.subject_changed.connect(self._subject_changed)
        session.model_changed.connect(self._model_changed)
        session.decoding.changed.connect(self.decoding_row.set_decoding)
        session.matplotlib_ready.connect(self._enable_actions)
        self._subject_changed()
        self._model_changed()
        self._show_timestep()

    # ---- parts -----------------------------------------------------------------------------------

    def _remembered_speed(self) -> float:
        wanted = self._session.settings.get(remembered.PLAY_SPEED)
        return min(SPEEDS, key=lambda speed: abs(speed - wanted))

    def _make_actions(self) -> None:
        self.copy_caption_action = actions.make(actions.COPY_GENERATED, self, self._copy_caption)
        self.follow_action = actions.make(actions.FOLLOW, self)
        self.follow_action.setChecked(self.sampler.follows)
        self.follow_action.toggled.connect(self._follow)
        self.coming_action = actions.make(actions.SHOW_COMING, self)
        self.coming_action.setChecked(self._session.settings.get(remembered.SHOW_COMING))
        self.coming_action.toggled.connect(self._show_coming)
        self.export_action = actions.make(actions.EXPORT_PROBABILITIES, self, self._export)
        self.another_word_action = actions.make(actions.ANOTHER_WORD, self, self.words.edit_next_word)
        self.undo_word_action = actions.make(actions.UNDO_WORD, self, self.branches.undo)
        self.delete_branch_action = actions.make(actions.DELETE_BRANCH, self, self.branches.delete)
        self.branch_above_action = actions.make(actions.BRANCH_ABOVE, self, lambda: self._step_rows(-1))
        self.branch_below_action = actions.make(actions.BRANCH_BELOW, self, lambda: self._step_rows(1))
        self.addActions(self._branch_actions())

    def _branch_actions(self) -> list[QAction]:
        return [
            self.another_word_action,
            self.undo_word_action,
            self.delete_branch_action,
            self.branch_above_action,
            self.branch_below_action,
        ]

    def _make_words_page(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.words, 1)
        column.addWidget(self._branch_strip)
        return page

    def add_to_head(self, action: QAction) -> None:
        """Add a button that is seen only while its action can be used."""
        self._head.add_button(action)

    def _view_changed(self) -> None:
        self.views.show_sample(self.sample)
        self._enable_actions()

    # ---- what is shown ---------------------------------------------------------------------------

    @property
    def sample(self) -> CaptionSample | None:
        """The caption shown, with all its timesteps; None while there is none."""
        return self.sampler.sample

    @property
    def position(self) -> int:
        """How many words of it are chosen."""
        return self._player.position

    def _subject_changed(self) -> None:
        dataset, record = self._session.data.dataset, self._session.selection.subject
        self.words.show_photo(record)
        self._head.show_photo(record)
        self.decoding_row.set_vocabulary(dataset.vocabulary if dataset is not None else None)
        if dataset is None or record is None:
            self._empty.say(*(NO_DATA if dataset is None else NO_PHOTO))
            self._pages.setCurrentWidget(self._empty)
            return
        self._pages.setCurrentWidget(self.views)

    def _model_changed(self) -> None:
        """Name the model that what is shown was computed from, which may be older than the newest."""
        wanted, newest = self.sampler.model, self._session.models.current
        model = self.sample.current if self.sample is not None else wanted
        words = model.words if model is not None else "none"
        if newest is not wanted and newest is not None and newest.origin is ModelOrigin.TRAINING:
            words += " (not following)"
        self._head.show_model(words)

    def _outdated_changed(self) -> None:
        """Grey what a newer sample is about to replace."""
        outdated = self.sampler.is_outdated
        self.words.set_outdated(outdated)
        self._branch_strip.set_outdated(outdated)
        self.views.set_outdated(outdated)
        self._head.set_outdated(outdated)

    def _sample_changed(self) -> None:
        sample = self.sample
        self._model_changed()
        self.words.show_trouble(self.sampler.trouble)
        self._branch_strip.show_sample(sample)
        length = len(sample.timesteps) if sample is not None else 0
        if self._player.track is not self._words_track:
            self._words_track.replace(length)
        elif length == 0 or self._player.length == 0:
            self._player.start_caption(length)
        else:
            self._player.replace_caption(length, self.sampler.position)
        self.views.show_sample(self.sample)

    def _show_timestep(self) -> None:
        dataset, record = self._session.data.dataset, self._session.selection.subject
        self._enable_actions()
        if dataset is None or record is None:
            self._bar.show_timestep(None, 0)
        else:
            longest = self._session.decoding.value.max_length
            self._bar.show_timestep(self._player.position, longest)
            if self._player.track is self._words_track:
                run = self._session.runs.run
                trains = run is not None and run.state is RunState.RUNNING
                self.words.show_timestep(dataset, record, self.sample, spread=trains)
            self.views.show_sample(self.sample)
            self._enable_actions()

    def _enable_actions(self) -> None:
        can_copy = self._player.position > 0
        can_export = self.sample is not None and self._session.can_plot
        if (view := self.views.own) is not None:
            can_copy = bool(view.caption())
            can_export = can_export and (not view.val_button.isChecked() or bool(view.curve.scores))
        self.copy_caption_action.setEnabled(can_copy)
        sample, in_words = self.sample, self.views.words_are_seen
        self.another_word_action.setEnabled(in_words and sample is not None)
        self.undo_word_action.setEnabled(in_words and self.branches.can_undo)
        self.delete_branch_action.setEnabled(in_words and sample is not None and sample.shown is not None)
        for action in (self.branch_above_action, self.branch_below_action):
            action.setEnabled(in_words and sample is not None and bool(sample.forced))
        self.export_action.setEnabled(can_export)

    # ---- what the user asks ----------------------------------------------------------------------

    def _copy_caption(self) -> None:
        own = self.views.own
        text = own.caption() if own is not None else self.words.caption.text()
        if not text:
            return  # what was copied before stays
        QGuiApplication.clipboard().setText(text)
        self._session.notice.emit(f"Copied: {text}")

    def _step_rows(self, by: int) -> None:
        """Show the branch so many rows further down."""
        sample, rows = self.sample, self._branch_strip.rows.rows
        if sample is not None and sample.forced:
            line = next(n for n, row in enumerate(rows) if row.branch == sample.row) + by
            if 0 <= line < len(rows):
                self.branches.show(rows[line].branch)

    def _forbid(self, word: str) -> None:
        """Have a word never said, until the row that says how captions are written allows it again."""
        decoding = self._session.decoding.value
        self._session.decoding.set(replace(decoding, forbidden_words=(*decoding.forbidden_words, word)))
        said = f"“{shortened(word, 40)}” is never said from now on"
        self._session.notice.emit(f"{said}, until a click on “never …” in the row that says how.")

    def _follow(self, follows: bool) -> None:
        self._session.settings.set(remembered.FOLLOW_TRAINING, follows)
        self.sampler.set_follows(follows)
        self._model_changed()

    def _show_coming(self, shown: bool) -> None:
        self._session.settings.set(remembered.SHOW_COMING, shown)
        self.words.set_coming(shown)
        self._show_timestep()

    def _change_speed(self, words_per_second: float) -> None:
        self._session.settings.set(remembered.PLAY_SPEED, words_per_second)
        self._player.set_speed(words_per_second)

    def _export(self) -> None:
        sample = self.sample
        if sample is None or not self._session.can_plot:
            return
        if (view := self.views.own) is not None:
            view.export()
            return
        from matplotlib.figure import Figure

        from captionviewer.ui.sampling.sampling_plots import bar_rows, draw_bars

        timestep = min(self._player.position, len(sample.timesteps) - 1)
        figure = Figure(figsize=(7.0, 4.2), layout="constrained")
        draw_bars(figure, sample, timestep, theme.colors(), 10.0)
        name = f"{sample.record.name_for_files}-timestep-{timestep}"
        path = export_figure(self, figure, lambda: bar_rows(sample), name, self._session.settings)
        if path is not None:
            self._session.notice.emit(f"Word probabilities written to {path}")

    # ---- events ----------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what changed while nobody looked."""
        super().showEvent(event)
        self.sampler.set_awake(True)

    def hideEvent(self, event: QHideEvent) -> None:
        """Stop playing and sampling."""
        self._rest()
        super().hideEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Stop playing and sampling."""
        self._rest()
        super().closeEvent(event)

    def _rest(self) -> None:
        self._player.stop()
        self.sampler.set_awake(False)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show that the keys work here."""
        super().focusInEvent(event)
        self._bar.set_active(True)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Show that the keys work elsewhere."""
        super().focusOutEvent(event)
        self._bar.set_active(False)

    def sizeHint(self) -> QSize:
        return QSize(690, 400)
