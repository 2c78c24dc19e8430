"""The affine of a scan: a line that says where it lies, and folded under it the matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QVBoxLayout, QWidget

from voxviewer.data import Volume
from voxviewer.gui.panels.fields import FoldLine
from voxviewer.gui.parts import Label

if TYPE_CHECKING:
    from voxviewer.data import Float64, Source


class AffineLines(QWidget):
    """Where voxel (0, 0, 0) lies, in millimeters; unfolded, the first three rows of the affine."""

    def __init__(self) -> None:
        super().__init__()
        self.line = FoldLine("Affine")
        self.matrix = Label("", "mono-small", "text2")
        self.matrix.setAccessibleName("Affine, index (H, W, D) to millimeters")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.line)
        column.addWidget(self.matrix)
        self.line.toggled.connect(self.matrix.setVisible)
        self.matrix.hide()
        self.hide()

    def show_source(self, source: Source | None) -> None:
        """Show a scan's affine; sources that lie nowhere have none."""
        affine = source.affine if isinstance(source, Volume) else None
        self.setVisible(affine is not None)
        if affine is not None:
            self.line.setText(f"Affine: origin {origin_words(affine)}")
            self.line.setToolTip("Index (H, W, D) to world millimeters, RAS+: right, front, up")
            self.matrix.setText(matrix_words(affine))


def origin_words(affine: Float64) -> str:
    """Return "−90, −126, −72 mm"."""
    return ", ".join(_number(value) for value in affine[:3, 3]) + " mm"


def matrix_words(affine: Float64) -> str:
    """Return three lines of four numbers, in even columns."""
    rows = [[_number(value) for value in row] for row in affine[:3]]
    wide = max(len(word) for row in rows for word in row)
    return "\n".join("  ".join(word.rjust(wide) for word in row) for row in rows)


def _number(value: float) -> str:
    return f"{value:.4g}".replace("-", "−") if abs(value) >= 1e-6 else "0"
