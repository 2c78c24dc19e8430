"""Data lint: faults of a source that training would swallow silently, and one repair for each.

Each check is one row of a table; it says what was seen, never more. A repair is a choice like any
other, made and taken back as one step: of the encoding, or of how the file was opened. Checks are
meant to stay silent where they are not sure: a false alarm costs more trust than a fault missed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from voxviewer.data import Skeleton, Source, no_progress
from voxviewer.encoding.lint_findings import Finding
from voxviewer.encoding.lint_frames import look_at_frames, look_bytes
from voxviewer.encoding.lint_joints import JOINT_CHECKS
from voxviewer.encoding.lint_pictures import FRAME_CHECKS
from voxviewer.files import require_memory

if TYPE_CHECKING:
    from voxviewer.data import Progress

__all__ = ["Finding", "lint", "lint_bytes"]


def lint_bytes(source: Source) -> int:
    """Peak bytes of looking through a source, beside the source itself."""
    if isinstance(source, Skeleton):
        return (1 << 20) + 6 * 8 * source.joints.size
    return look_bytes(source)


def lint(source: Source, *, progress: Progress = no_progress) -> tuple[Finding, ...]:
    """Return the faults that are found in a source; none where all seems well.

    Of a film the first 512 frames are looked at. Nothing is changed.

    Parameters
    ----------
    source : what `vv.open` gives
    progress : called with (share done, words); may raise to stop

    Raises
    ------
    TooLargeError
        where one frame of it does not fit in memory

    Example
    -------
    >>> [finding.key for finding in vv.lint(frames_sorted_as_text)]
    ['shuffled']
    """
    require_memory(lint_bytes(source), source.opening.path, "looking through it")
    if 0 in source.shape:
        return ()
    if isinstance(source, Skeleton):
        found = [check(source) for check in JOINT_CHECKS]
    else:
        look = look_at_frames(source, progress)
        found = [check(source, look) for check in FRAME_CHECKS]
    progress(1.0, "looked through")
    return tuple(finding for finding in found if finding is not None)
