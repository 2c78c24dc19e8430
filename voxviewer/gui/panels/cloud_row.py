"""How fine the grid is that a cloud of points falls onto, as a row of the Source panel."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal

from voxviewer.data import Volume
from voxviewer.gui.parts import FormRow, NumberField

if TYPE_CHECKING:
    from voxviewer.data import Source


class CloudRow(FormRow):
    """Shown while the source is a point cloud; `wanted` says how to open it on another grid."""

    wanted = Signal(object)

    def __init__(self) -> None:
        self.number = NumberField(
            None, 2, 2048, 8, 0, unit="voxels", optional=True, name="Voxels along the longest side"
        )
        super().__init__("Grid", self.number)
        self.setToolTip("Voxels along the longest side of the box round all points")
        self._source: Source | None = None
        self.number.committed.connect(self._on_committed)
        self.hide()

    def show_source(self, source: Source | None) -> None:
        """Show the grid of this source; only a point cloud has one."""
        cloud = isinstance(source, Volume) and source.is_cloud
        self._source = source if cloud else None
        self.setVisible(cloud)
        if source is not None and cloud:
            self.number.spin.set_hint(str(max(source.shape[1:4])))
            self.number.value = source.opening.voxels

    def _on_committed(self, voxels: int | None) -> None:
        if self._source is not None and voxels != self._source.opening.voxels:
            self.wanted.emit(replace(self._source.opening, voxels=voxels))
