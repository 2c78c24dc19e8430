"""The row under the 3D picture: what is shown, how opaque, from where, how deep, which part."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from voxviewer.gui.parts import Check, QuietChoice
from voxviewer.gui.views.space_bars import KnobBar
from voxviewer.gui.views.space_subject import WHATS

if TYPE_CHECKING:
    from voxviewer.space.looks import Span
    from voxviewer.space.scenes import Scene

OPACITIES = (
    (None, "Auto opacity"), ("ct", "Bone"), ("mr", "Tissue"), ("heatmap", "Glow"),
)  # fmt: skip
DEPTHS = ((0.25, "¼×"), (0.5, "½×"), (1.0, "1×"), (2.0, "2×"), (4.0, "4×"))


class SpaceControls(QWidget):
    """Shows what has an effect on the picture, and hides the rest."""

    chosen = Signal()
    moved = Signal()
    released = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("area", "panel")
        self.what = QuietChoice("", WHATS, "source", "What is shown in 3D")
        self.opacity = QuietChoice("", OPACITIES, None, "Opacity")
        self.deep = QuietChoice("Depth", DEPTHS, 1.0, "Depth of time")
        self.trails = Check("Trails", value=True, name="Trails")
        self.names = Check("Names", name="Names of joints")
        self.level = KnobBar("Level", "Level")
        self.crops = tuple(KnobBar("", f"Part along axis {n + 1}", pair=True) for n in range(3))
        self._part = QWidget()
        self._lay(self._part, *self.crops)
        row = QWidget()
        self._lay(
            row, self.what, self.opacity, self.trails, self.names, self.level, self.deep, None
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 1, 8, 1)
        column.setSpacing(0)
        column.addWidget(self._part)
        column.addWidget(row)
        for choice in (self.what, self.opacity, self.deep, self.trails, self.names):
            choice.changed.connect(self._on_chosen)
        for bar in (self.level, *self.crops):
            bar.committed.connect(self._on_released)
        for bar in self.crops:
            bar.changed.connect(self._on_moved)

    @staticmethod
    def _lay(widget: QWidget, *parts: QWidget | None) -> None:
        """Side by side; bars take the room there is, None takes what is left."""
        row = QHBoxLayout(widget)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        for part in parts:
            if part is None:
                row.addStretch(0)
            else:
                row.addWidget(part, int(isinstance(part, KnobBar)))

    @property
    def box(self) -> tuple[Span, Span, Span]:
        """The part that is shown, along the block's three axes."""
        first, second, third = (bar.value for bar in self.crops)
        return first, second, third

    @property
    def dragging(self) -> bool:
        """True while a knob is held."""
        return any(bar.dragging for bar in (self.level, *self.crops))

    def arrange(
        self, scene: Scene | None, mode: str, level: float, *, points: bool, crop: bool
    ) -> None:
        """Show what has an effect on this scene in this mode."""
        signed = scene is not None and scene.content == "signed"
        self.opacity.setVisible(mode == "volume" and not points and not signed)
        self.level.setVisible(mode in ("volume", "surface") and not points)
        self.deep.setVisible(scene is not None and scene.film)
        self._part.setVisible(crop and not points)
        for check in (self.trails, self.names):
            check.setVisible(points)
        if scene is None or points:
            return
        self.level.value = level
        for bar, axis in zip(self.crops, scene.axes, strict=True):
            bar.set_word(axis.name or "–".join(axis.ends))

    def _on_chosen(self) -> None:
        self.chosen.emit()

    def _on_moved(self) -> None:
        self.moved.emit()

    def _on_released(self) -> None:
        self.released.emit()
