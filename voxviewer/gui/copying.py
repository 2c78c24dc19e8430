"""What goes onto the clipboard: pictures as they are shown, a value in words, all as Python."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtGui import QGuiApplication, QImage

from voxviewer.gui import theme
from voxviewer.session import Notice

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from voxviewer.data import Clip, FeatureMaps
    from voxviewer.gui.center import Center
    from voxviewer.gui.panels import MicroscopePanel
    from voxviewer.session import Session


class Copying:
    """Copies what is shown, in the pixels of the screen.

    Parameters
    ----------
    session, center : the state, and the views, whose zoom is taken over
    microscope : says the chosen voxel in words
    """

    def __init__(self, session: Session, center: Center, microscope: MicroscopePanel) -> None:
        self._session = session
        self._center = center
        self._microscope = microscope

    def python(self) -> None:
        """Copy a script that makes the same tensors."""
        from voxviewer.recipe import to_python

        text = to_python(self._session.choices, export="maps.gif")
        QGuiApplication.clipboard().setText(text)
        self._session.notice = Notice("ok", "Copied as Python.", "", "copy")

    def value(self) -> None:
        """Copy place and value under the pointer; else the chosen voxel's, as the microscope does.

        Where there are no maps, what the source or the clip says of the crosshair.
        """
        shown = (self._center.clip.readout.words, self._center.source.readout.words)
        found = (self.read_out(), self._microscope.words(), *shown)
        text = next((words for words in found if words), "")
        if text:
            QGuiApplication.clipboard().setText(text)

    def read_out(self) -> str:
        """Return what stands under the view that the pointer is over; "" over none."""
        center = self._center
        for view in (center.source, center.clip, center.wall, center.space):
            if view.isVisible() and view.underMouse() and view.readout.words:
                return view.readout.words
        return ""

    def frame(self) -> None:
        """Copy the clip's frame of now."""
        session, zoom = self._session, int(self._center.clip.canvas.zoom)
        if session.clip is not None:
            frame = min(max(session.frame, 0), session.clip.shape[0] - 1)
            self._copy(session.clip, f"Frame {frame} copied", frame, zoom)

    def map(self) -> None:
        """Copy the chosen map's frame of now."""
        session, maps = self._session, self._session.features
        if maps is None:
            return
        index = min(session.map, maps.shape[3] - 1)
        if maps.map_frame(session.frame) is None:
            text = f"Map {index} has no frame at clip frame {session.frame}."
            session.notice = Notice("info", text, "Nothing was copied.", "copy")
            return
        zoom = self._center.wall.tiles.grown
        self._copy(maps, f"Map {index} copied", session.frame, zoom, maps=(index,))

    def view(self) -> None:
        """Copy what the source view shows: the picture, the montage, the slices or 3D."""
        center = self._center
        shown = center.space.canvas if center.in_space else center.source.pages
        image = shown.grab().toImage()
        QGuiApplication.clipboard().setImage(image)
        self._tell("View copied", image.width(), image.height())

    def _copy(
        self, what: Clip | FeatureMaps, words: str, frame: int, zoom: int, **more: Any
    ) -> None:
        from voxviewer.export.stills import still

        session = self._session
        coat = "night" if theme.is_dark() else "day"
        scale = max(session.export.scale, zoom)
        pixels = still(what, frame, settings=session.render, scale=scale, coat=coat, **more)
        QGuiApplication.clipboard().setImage(image_of(pixels))
        self._tell(words, pixels.shape[1], pixels.shape[0])

    def _tell(self, words: str, width: int, height: int) -> None:
        self._session.notice = Notice("ok", f"{words}, {width} × {height} px.", "", "copy")


def image_of(pixels: NDArray[np.uint8]) -> QImage:
    """Return pixels (H, W, 3) as an image that owns them."""
    held = np.ascontiguousarray(pixels)
    height, width, _ = held.shape
    made = QImage(held.data, width, height, 3 * width, QImage.Format.Format_RGB888)
    return made.copy()
