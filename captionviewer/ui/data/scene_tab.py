"""The place of the view Scene among the tabs; the view is made when it is first opened."""

from typing import TYPE_CHECKING

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from captionviewer.core.coco.dataset import CocoDataset, PhotoRecord
from captionviewer.ui.session.session import Session

if TYPE_CHECKING:  # imported when it is opened: a launch does not show it
    from captionviewer.ui.data.scene.scene_view import SceneView


class SceneTab(QWidget):
    """Tells the view which photo is selected, from when it is first seen on."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._dataset: CocoDataset | None = None
        self._record: PhotoRecord | None = None
        self.view: SceneView | None = None
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)

    def show_photo(self, dataset: CocoDataset | None, record: PhotoRecord | None) -> None:
        """Open the scene of another photo (None: of none)."""
        self._dataset, self._record = dataset, record
        if self.view is not None:
            self.view.show_photo(dataset, record)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self.view is None:
            from captionviewer.ui.data.scene.scene_view import SceneView

            self.view = SceneView(self._session)
            layout = self.layout()
            assert layout is not None
            layout.addWidget(self.view)
            self.view.show_photo(self._dataset, self._record)
