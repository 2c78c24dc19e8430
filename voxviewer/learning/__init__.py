"""Small networks are trained here on clips, so that their first layer's kernels become filters.

    clips | folders of classes | a CSV of targets --gather--> pieces --encode--> Lesson --> Training

- `gathering`: what there is to learn from, as a list of pieces: files, sources, clips, and for
  each its class or number (`targets` reads the CSV file)
- `examples`: clips become a `Lesson`: spans of frames, what is held out, what would be guessed
- `teaching`: the whole way, `train`, and its result, a `Training`
- `waves`, `shipped`: the clips and the settings of the bank that is shipped
- `trainer`: what the window does; `recurrences`: the same for recurrent networks
"""

from voxviewer.learning.gathering import Piece, gather
from voxviewer.learning.teaching import Training, make_lesson, train

__all__ = ["Piece", "Training", "gather", "make_lesson", "train"]
