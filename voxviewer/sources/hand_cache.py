"""The waving hand kept in the user's cache: painting it takes half a second, reading it back none.

The file bears a check sum of the code that paints, so that a hand of another version is not taken
for this one's. Where it is missing, damaged or cannot be written, the hand is painted.
"""

from __future__ import annotations

import logging
import zlib
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from voxviewer.data import frozen
from voxviewer.files import SourceError, cache_folder, replace_file
from voxviewer.sources import hand, hand_pose

if TYPE_CHECKING:
    from numpy.typing import NDArray

log = logging.getLogger(__name__)

SHAPE = (16, 256, 256, 3)


@lru_cache(maxsize=1)
def kept_hand() -> NDArray[np.uint8]:
    """Return `hand.waving_hand()`, read back where it was painted before."""
    path = _place()
    found = _read(path) if path is not None else None
    if found is not None:
        return found
    made = hand.waving_hand(*SHAPE[:3])
    if path is not None:
        _keep(path, made)
    return made


def _place() -> Path | None:
    """Where the hand lies; None where there is no cache, or no code to tell its version by."""
    try:
        files = [module.__file__ for module in (hand, hand_pose)]
        code = b"".join(Path(file).read_bytes() for file in files if file)
        return cache_folder() / f"waving-hand-{zlib.crc32(code):08x}.npy"
    except OSError:
        return None


def _read(path: Path) -> NDArray[np.uint8] | None:
    try:
        with path.open("rb") as file:
            found = np.load(file, allow_pickle=False)
    except Exception:  # whatever it is that lies there, it is not the hand
        return None
    if not isinstance(found, np.ndarray) or found.shape != SHAPE or found.dtype != np.uint8:
        return None
    return frozen(found)


def _keep(path: Path, made: NDArray[np.uint8]) -> None:
    """Write the hand; the painted ones of other versions go."""
    try:
        with replace_file(path) as part, part.open("wb") as file:
            np.save(file, made)
        for other in path.parent.glob("waving-hand-*.npy"):
            if other != path:
                other.unlink(missing_ok=True)
    except (OSError, SourceError) as error:
        log.info("the painted hand is not kept: %s", error)
