"""Pixels and arrays become files, moved into place when complete.

- `gif`: a clip, one feature map or the wall as an animated GIF with exact timing
- `film`: what a film shows: its frames as palette indices, and one palette for all of them
- `choosing`: which maps and frames an export holds
- `stills`: one frame of it as a PNG, or as pixels to be copied
- `timing`: which rates a GIF can have
- `tensors`: clips, batches and feature maps as `.npy` and `.npz`, with a JSON side file
- `outputs`: which kinds of file are built, and the report `Saved` that every export gives back
"""

from voxviewer.export.gif import save_gif
from voxviewer.export.outputs import Saved
from voxviewer.export.tensors import save_tensor
from voxviewer.export.timing import Timing, timing

__all__ = ["Saved", "Timing", "save_gif", "save_tensor", "timing"]
