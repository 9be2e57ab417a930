"""The list of captions that a beam has found, the best first."""

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtWidgets import QHeaderView, QTreeWidget, QTreeWidgetItem

from captionviewer.core.amounts import signed
from captionviewer.core.decoding.beam_search import BeamNode
from captionviewer.ui.sampling.probability_words import small_probability
from captionviewer.ui.sampling.tree.beam_tree import BeamTree
from captionviewer.ui.widgets.outside_text import plain_tip


class FoundCaptions(QTreeWidget):
    """A row a caption: its score where that is not ln p, ln p, and the words."""

    node_chosen = Signal(object)  # the BeamNode of the caption that was chosen

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("captions_found")
        self.setAccessibleName("Captions found, the best first")
        self.setHeaderLabels(["score", "ln p", "caption found"])
        self.setRootIsDecorated(False)
        self.setMinimumHeight(6 * self.fontMetrics().height())
        self.setUniformRowHeights(True)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        header = self.header()
        header.setStretchLastSection(True)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.currentItemChanged.connect(self._item_chosen)

    def show_found(self, tree: BeamTree | None, columns: int, alpha: float) -> None:
        """List what was found within so many timesteps; the chosen caption stays chosen."""
        chosen = self.chosen()
        self.blockSignals(True)
        self.clear()
        self.setColumnHidden(0, alpha == 0)
        for node in tree.found(min(columns, len(tree.steps)), alpha) if tree is not None else ():
            assert tree is not None
            text = tree.caption_of(node)
            if tree.is_greedy(node):
                text += "  (greedy)"
            item = QTreeWidgetItem([signed(node.score(alpha)), signed(node.log_probability), text])
            for column in range(3):
                item.setToolTip(column, plain_tip(f"{text}: p = {small_probability(node.log_probability)}"))
            item.setData(0, Qt.ItemDataRole.UserRole, node)
            self.addTopLevelItem(item)
            if node is chosen:
                self.setCurrentItem(item)
        self.blockSignals(False)

    def chosen(self) -> BeamNode | None:
        """The last node of the caption that is chosen."""
        item = self.currentItem()
        node = item.data(0, Qt.ItemDataRole.UserRole) if item is not None else None
        return node if isinstance(node, BeamNode) else None

    def choose(self, node: BeamNode | None) -> None:
        """Choose the caption that ends with a node, if one is listed; None for none."""
        if node is None:
            self.setCurrentIndex(QModelIndex())
            return
        for row in range(self.topLevelItemCount()):
            item = self.topLevelItem(row)
            if item is not None and item.data(0, Qt.ItemDataRole.UserRole) is node:
                self.setCurrentItem(item)

    def _item_chosen(self) -> None:
        node = self.chosen()
        if node is not None:
            self.node_chosen.emit(node)
