"""What stands under Words once a word was forced: the branches, what the word cost, and what can be done."""

import math

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QAction, QPalette, QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from captionviewer.ui.sampling.branches.branch_rows import BranchRows
from captionviewer.ui.sampling.caption_sample import CaptionSample
from captionviewer.ui.sampling.probability_words import nats
from captionviewer.ui.widgets.check_box import CheckBox
from captionviewer.ui.widgets.control_parts import words_label
from captionviewer.ui.widgets.flow_layout import FlowLayout
from captionviewer.ui.widgets.tool_buttons import ActionButton

_MOST_SHARE = 0.22  # of the height of Words, for the rows


class BranchStrip(QWidget):
    """Unseen while nothing is forced."""

    def __init__(self, undo: QAction, delete: QAction) -> None:
        super().__init__()
        self.rows = BranchRows()
        self.cost = words_label("forced_cost")
        self.carry = CheckBox("Same beginning for other photos")
        self.carry.setObjectName("carry_over")
        self.carry.setToolTip("Say this row's forced beginning of the next photos, too: what then follows?")
        self.carry.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        tools = QWidget()
        flow = FlowLayout(tools, gap=8)
        self.buttons = []
        for action, name in ((undo, "branch_undo"), (delete, "branch_delete")):
            button = ActionButton(action, name, Qt.ToolButtonStyle.ToolButtonTextOnly)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            flow.addWidget(button)
            self.buttons.append(button)
        flow.addWidget(self.carry)
        self._area = QScrollArea()
        self._area.setWidget(self.rows)
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 4, 10, 6)
        column.setSpacing(4)
        column.addWidget(self.cost)
        column.addWidget(self._area)
        column.addWidget(tools)
        for ground in (self, self._area, self._area.viewport(), self.rows):
            ground.setAutoFillBackground(True)
            ground.setBackgroundRole(QPalette.ColorRole.Base)
        self.hide()

    def show_sample(self, sample: CaptionSample | None) -> None:
        """Show the branches of a sample; while there are none, nothing."""
        if sample is None or not sample.forced:
            self.setVisible(False)
            return
        blind_guess = math.log(len(sample.vocabulary))
        self.rows.show_branches(sample.branches, sample.row, sample.vocabulary, blind_guess)
        self.cost.setText(cost_words(sample))
        self.share_room()
        self.setVisible(True)
        line = next(n for n, row in enumerate(self.rows.rows) if row.branch == sample.row)
        middle = self.rows.line(line).center().y()
        self._area.ensureVisible(0, middle, 0, self.rows.line_height())

    def set_outdated(self, outdated: bool) -> None:
        """Grey the rows while a newer model is being asked."""
        self.rows.set_outdated(outdated)

    def share_room(self) -> None:
        """Let the rows take what they need, within their share of the view's height."""
        page = self.parentWidget()
        most = round(_MOST_SHARE * page.height()) if page is not None else 10_000
        needed = self.rows.minimumHeight() + 2
        if self.rows.minimumWidth() > self.width() - 20:
            needed += self._area.horizontalScrollBar().sizeHint().height()
        self._area.setFixedHeight(min(needed, max(most, 3 * self.rows.line_height())))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.share_room()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.share_room()


def cost_words(sample: CaptionSample) -> str:
    """What the last forced word of the caption that is shown cost, and what the rest won back, for people."""
    if sample.shown is None:
        likelier = sum(each.log_probability > sample.branches[0].log_probability for each in sample.branches)
        said = "The first row is the model's own caption."
        if likelier:
            return f"{said} {likelier} with a forced word {'is' if likelier == 1 else 'are'} likelier."
        return said
    forced = next(each for each in sample.forced if each.prefix == sample.shown)
    words = sample.vocabulary.idx_to_word
    index = forced.prefix.forced[-1]
    word, instead = words[forced.prefix.words[-1]], words[forced.usual.words[index]]
    cost = forced.cost
    paid = f"{nats(abs(cost.word))} nats {'more' if cost.word >= 0 else 'less'}"
    rest = f"{'won back' if cost.won_back >= 0 else 'cost another'} {nats(abs(cost.won_back))}"
    whole = f"{nats(abs(cost.total))} {'less' if cost.total >= 0 else 'more'} likely"
    said = f"You said “{word}” for “{instead}”: it cost {paid}, the rest {rest}; in all {whole} (ln p)."
    if forced.branch.log_probability > sample.branches[0].log_probability:
        said += " It is likelier than the first row, which need not be the likeliest: the Tree proves that."
    if sample.decoding.method in ("beam", "exact"):
        said += " After a forced word the caption goes on greedily."
    return said
