"""Forces words on the sample that is shown, and keeps what was forced.

A thread takes longer to be had than one caption of a network of a usual size: such a one is written at once.
"""

from PySide6.QtCore import QObject, Signal

from captionviewer.core.coco.dataset import PhotoRecord
from captionviewer.core.decoding.branches import ForcedCaption, Prefix, forced_caption, prefix_of
from captionviewer.ui.sampling.branches.kept_branches import MOST, Kept, KeptBranches
from captionviewer.ui.sampling.caption_sample import CaptionSample
from captionviewer.ui.sampling.latest_work import LatestWork, turn_between_steps
from captionviewer.ui.sampling.sampler import Forced, Sampler
from captionviewer.ui.session.session import Session
from captionviewer.ui.worker import Cancelled

# What is written in the GUI thread: captions of so many words, by networks that read so many bytes for each
# (the notebook's LSTM of 512 reads 8.3 million). On a bad hour that is a third of a millisecond a word.
MOST_WORDS, MOST_BYTES = 40, 10_000_000


class Branches(QObject):
    """The captions with forced words of the sampler's photo.

    They are of the sampler's model and way of writing always: its next sample comes with all of them.
    """

    moved = Signal(int)  # so many words are to be shown as chosen

    def __init__(self, session: Session, sampler: Sampler, parent: QObject) -> None:
        super().__init__(parent)
        self._session, self._sampler = session, sampler
        self._kept = KeptBranches()
        self._carried: tuple[PhotoRecord, Prefix] | None = None  # what was shown last of a photo
        self._work: LatestWork[list[ForcedCaption]] = LatestWork(
            session, "writing on after a forced word", between_steps=True
        )
        self._carries = False
        sampler.forced_of = self._forced_of
        sampler.sample_changed.connect(self._fill)
        session.dataset_changed.connect(self._forget)

    # ---- what the user asks --------------------------------------------------------------------

    def force(self, timestep: int, word: int) -> None:
        """Have a word, by its id, said at a timestep of the caption that is shown."""
        sample = self._sampler.sample
        if sample is None or not 0 <= timestep < len(sample.timesteps):
            return
        if word == sample.timesteps[timestep].word:  # it is said already
            self.moved.emit(timestep + 1)
            return
        if not self._kept.add(sample.record, prefix_of(sample.branch, timestep, word)):
            self._session.notice.emit(f"{MOST} branches are kept of a photo: delete one first.")
            return
        self._fill(timestep + 1)

    def show(self, row: int, position: int | None = None) -> None:
        """Show one of the sample's branches, at a timestep of it if `position` is given."""
        sample = self._sampler.sample
        if sample is None or not 0 <= row < len(sample.branches):
            return
        self._kept.show(sample.record, None if row == 0 else sample.forced[row - 1].prefix)
        self._fill(position)

    def delete(self) -> None:
        """Delete the branch that is shown."""
        sample = self._sampler.sample
        if sample is not None and sample.shown is not None:
            self._kept.delete(sample.record, sample.shown)
            self._carry_what_is_shown(sample.record)
            self._fill()

    def undo(self) -> None:
        """Take back what was forced or deleted last of this photo."""
        sample = self._sampler.sample
        if sample is not None:
            self._kept.undo(sample.record)
            self._carry_what_is_shown(sample.record)
            self._fill()

    def set_carries(self, carries: bool) -> None:
        """Force what is shown of this photo of those that are selected next, too."""
        self._carries = carries

    def _carry_what_is_shown(self, record: PhotoRecord) -> None:
        """What was deleted or undone is forced of no other photo any more."""
        shown = self._kept.of(record).shown
        self._carried = None if shown is None else (record, shown)

    @property
    def can_undo(self) -> bool:
        """Whether there is something to take back."""
        sample = self._sampler.sample
        return sample is not None and self._kept.can_undo(sample.record)

    # ---- what the sampler is told --------------------------------------------------------------

    def _forced_of(self, record: PhotoRecord) -> Forced:
        if self._carries and self._carried is not None and self._carried[0] != record:
            self._kept.add(record, self._carried[1])
        kept = self._kept.of(record)
        return kept.prefixes, kept.shown

    def _forget(self) -> None:
        self._kept.clear()
        self._carried = None
        self._work.drop()

    def _fill(self, position: int | None = None) -> None:
        """Give the sample the captions of all that is kept, once those that it lacks are written."""
        sample = self._sampler.sample
        if sample is None:
            self._work.drop()
            return
        kept = self._kept.of(sample.record)
        known = {each.prefix: each for each in sample.forced}
        wanted = [each for each in kept.prefixes if len(each.words) <= sample.decoding.max_length]
        missing = [each for each in wanted if each not in known]
        if not missing:
            self._show(sample, [known[each] for each in wanted], kept, position)
            return

        def work(cancelled: Cancelled) -> list[ForcedCaption]:
            model, features, how = sample.current.model, sample.features, sample.decoding
            known, written = list(sample.branches), list[ForcedCaption]()
            for each in missing:
                if not cancelled():
                    written.append(forced_caption(model, features, how, each, known))
                    known.append(written[-1].branch)
            return written

        def done(found: list[ForcedCaption]) -> None:
            now = self._sampler.sample
            if now is None or not now.is_of_the_same(sample) or now.decoding != sample.decoding:
                return  # a newer sample was taken, with all of them
            both = {each.prefix: each for each in (*now.forced, *found)}
            kept = self._kept.of(now.record)
            self._show(now, [both[each] for each in kept.prefixes if each in both], kept, position)

        def failed(error: Exception) -> None:
            self._session.problem.emit(f"The caption could not be written on after a forced word: {error}")

        if len(missing) == 1 and self._is_quick(sample):
            self._work.drop()
            try:
                with turn_between_steps(None):
                    found = work(lambda: False)
            except (ValueError, MemoryError) as error:
                failed(error)
            else:
                done(found)
        else:
            self._work.ask(work, done, failed)

    def _is_quick(self, sample: CaptionSample) -> bool:
        """Whether a caption is written before a frame is over: no run to wait for, and nothing is large."""
        params = sample.current.model.params
        bytes_a_word = sum(params[name].nbytes for name in ("Wx", "Wh", "W_vocab"))
        is_short = sample.decoding.max_length <= MOST_WORDS and bytes_a_word <= MOST_BYTES
        return is_short and not self._session.runs.is_training

    def _show(
        self, sample: CaptionSample, forced: list[ForcedCaption], kept: Kept, position: int | None
    ) -> None:
        if kept.shown is not None:
            self._carried = sample.record, kept.shown
        shown = kept.shown if any(each.prefix == kept.shown for each in forced) else None
        if [each.prefix for each in forced] != [each.prefix for each in sample.forced] or (
            shown != sample.shown
        ):
            self._sampler.show(sample.showing(forced, shown), position)
        elif position is not None:
            self.moved.emit(position)
