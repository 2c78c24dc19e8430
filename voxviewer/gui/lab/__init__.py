"""The resampling lab: every method on the same frame, side by side, with what each does to it.

- `pictures`: the work of its lane: a frame tried by every method, painted; knows no Qt
- `linked`: canvases that zoom, pan and point as one
- `tiles`: one method: its picture, its numbers, chosen by a click
- `view`: all of them in the middle of the window, and before, after, difference
"""

from voxviewer.gui.lab.view import LabView

__all__ = ["LabView"]
