"""Blocks that pictures are made of in the tests."""

from __future__ import annotations

import numpy as np

from voxviewer.space.looks import TOP
from voxviewer.space.scenes import Axis, Scene

LETTERS = (Axis("T", 9, ends=("0", "8"), name="T"), Axis("H", 9, name="H"), Axis("W", 9, name="W"))


def block(codes: np.ndarray, **more) -> Scene:
    return Scene(codes, axes=LETTERS, **more)


def ball(n: int = 48, radius: float = 0.7) -> np.ndarray:
    """A ball with a soft edge, (n, n, n); its surface at level 0.5 has the radius (half sides)."""
    at = (np.arange(n) + 0.5) / n * 2 - 1
    distance = np.sqrt(at[:, None, None] ** 2 + at[:, None] ** 2 + at**2)
    return np.rint(TOP * np.clip(0.5 + (radius - distance) * n / 8, 0, 1)).astype(np.uint16)
