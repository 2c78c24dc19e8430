"""What nibabel's headers say of an array: shape, dtype, colors, scaling. Shared by readers."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from voxviewer.files import SourceError
from voxviewer.sources.grids import require_shape
from voxviewer.sources.layout import Layout, chosen_layout
from voxviewer.sources.stored import Conversion

if TYPE_CHECKING:
    from voxviewer.sources.boundary import Request


@dataclass(frozen=True)
class StoredArray:
    """Shape (i, j, k, ...), dtype of one number, and (3,) or (4,) where a voxel is a color."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    color: tuple[int, ...] = ()

    @classmethod
    def of(cls, header: Any) -> StoredArray:
        """The array that a header declares, without axes of one entry that say nothing.

        Those are the ones at its end, and beyond the fourth, time, all others.
        """
        shape = tuple(int(length) for length in header.get_data_shape())
        shape = shape[:4] + tuple(length for length in shape[4:] if length != 1)
        while len(shape) > 3 and shape[-1] == 1:
            shape = shape[:-1]
        dtype = header.get_data_dtype()
        if dtype.names:
            return cls(shape, np.dtype(np.uint8), (len(dtype.names),))
        return cls(shape, dtype)

    @property
    def name(self) -> str:
        """The file's own dtype, for people."""
        if self.color:
            return "RGB" if self.color == (3,) else "RGBA"
        return str(self.dtype.newbyteorder("="))

    def sizes(self, layout: Layout) -> tuple[tuple[int, ...], str]:
        """Shape and letters of the stored bytes, the fastest first: colors lie side by side."""
        return (*self.color, *self.shape), ("C" if self.color else "") + layout.axes


def layout_of(request: Request, stored: StoredArray) -> Layout:
    """The letters of the stored axes: H, W, D, T, C, or those a person gave."""
    path, shape = str(request.path), stored.shape
    require_shape(request.path, shape)
    if len(shape) == 1 or len(shape) > 5 - bool(stored.color):
        raise SourceError(path, f"has {len(shape)} axes, {shape}", "Two to five can be shown")
    if request.opening.axes is None:
        axes = "HWDTC"[: len(shape)]
        return Layout(axes, f"stored axes i, j, k are {', '.join(axes[:3])}")
    layout = chosen_layout(request.opening.axes, shape, path)
    if layout.is_skeleton or (stored.color and "C" in layout.axes):
        raise SourceError(path, f"cannot be opened with axes {layout.axes!r}", "Try 'HWD'")
    return layout


def conversion_of(header: Any, stored: StoredArray) -> Conversion:
    """Slope and intercept; a slope of 0 or NaN means none (nibabel returns None for it)."""
    slope, intercept = header.get_slope_inter()
    if slope is None or stored.color:
        return Conversion(stored.dtype)
    return Conversion(stored.dtype, float(slope), float(intercept or 0.0))


def value_sentences(stored: StoredArray, conversion: Conversion, layout: Layout) -> tuple[str, ...]:
    """What was done to the values, and what the channels are."""
    said = []
    if conversion.scales:
        said.append(
            f"slope {conversion.slope:.6g} and intercept {conversion.intercept:.6g} applied"
        )
    if conversion.stored.kind == "c":
        said.append("complex values shown as their magnitude")
    if stored.color:
        said.append(f"{stored.name} colors are the channels")
    elif "C" in layout.axes:
        count = stored.shape[layout.axes.index("C")]
        said.append(f"the {count} values of a voxel are the channels")
    return tuple(said)


def mended(header: Any) -> tuple[str, ...]:
    """Let nibabel check and mend the header; what it mended, as sentences."""
    listener = _Listener()
    # A logger of our own: nibabel's writes to standard error.
    logger = logging.Logger("voxviewer.headers", logging.WARNING)
    logger.addHandler(listener)
    header.check_fix(logger=logger, error_level=40)
    return tuple(listener.notes)


class _Listener(logging.Handler):
    """Keeps what it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.notes: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.notes.append(f"header: {record.getMessage()}")
