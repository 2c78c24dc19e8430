"""The chosen voxel stays at the same place of the picture while the clip changes its size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from voxviewer.session import Session


class VoxelCarrier:
    """Takes the voxel along from one clip to the next.

    Made before the views, so that they never see a voxel of the clip before. Where the slices cross
    in the voxel, the new one is worked out of that place, which is finer than a small clip's
    voxels: making a clip small and large again leads back to where one was.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._size: tuple[int, int] | None = None
        session.events.clip.connect(self._on_clip)

    def _on_clip(self, clip: Any) -> None:
        if clip is None:
            return
        before, self._size = self._size, clip.shape[1:3]
        voxel = self._session.voxel
        if voxel is None or before is None or before == self._size:
            return
        self._session.voxel = self._crossing(before, voxel) or carried(voxel, before, self._size)

    def _crossing(self, before: tuple[int, int], voxel: tuple[int, int]) -> tuple[int, int] | None:
        """The voxel at the place where the slices cross; None where it lies elsewhere."""
        from voxviewer.gui.views import cross

        if self._size is None or cross.voxel_at(self._session, before) != voxel:
            return None
        return cross.voxel_at(self._session, self._size)


def carried(
    voxel: tuple[int, int], before: tuple[int, int], now: tuple[int, int]
) -> tuple[int, int]:
    """Return the voxel of a picture of size `now` at the middle of one of size `before`.

    >>> carried((136, 255), (256, 256), (64, 64))
    (34, 63)
    """
    row, column = (
        min(int((at + 0.5) * new / old), new - 1)
        for at, old, new in zip(voxel, before, now, strict=True)
    )
    return row, column
