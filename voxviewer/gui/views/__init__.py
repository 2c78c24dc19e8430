"""The painted views: source, clip, wall of feature maps, film strip and shape ledger.

Each takes the session, listens to the fields it shows and writes the fields a person points at
(frame, map, voxel). Data are painted as one image over a kept buffer of pixels, which `render`
fills: what is seen is what is exported. Colors, fonts and measures are asked of `theme` as they
are painted.

- `marks`: pixel buffers, marks, hatching; `canvas`: an image with zoom, pan and crosshair
- `planes`: which plane of a source a clip frame shows, and how it is turned; knows no Qt
- `source_frames`: those planes, read off the GUI thread where they lie on disk
- `source_view`, `clip_view`, `wall_view`, `film_strip`, `ledger`: what a person sees

The classes load on first use: the window makes them one by one, in turns of the event loop.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from voxviewer.lazy import names_from

if TYPE_CHECKING:
    from voxviewer.gui.views.clip_view import ClipView
    from voxviewer.gui.views.film_strip import FilmStrip
    from voxviewer.gui.views.ledger import LedgerView
    from voxviewer.gui.views.source_view import SourceView
    from voxviewer.gui.views.space_view import SpaceView
    from voxviewer.gui.views.wall_view import WallView

_HOME = {
    "ClipView": "clip_view",
    "FilmStrip": "film_strip",
    "LedgerView": "ledger",
    "SourceView": "source_view",
    "SpaceView": "space_view",
    "WallView": "wall_view",
}

__all__ = [
    "ClipView",
    "FilmStrip",
    "LedgerView",
    "SourceView",
    "SpaceView",
    "WallView",
]

__getattr__ = names_from(__name__, _HOME)
