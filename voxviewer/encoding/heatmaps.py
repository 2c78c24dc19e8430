"""Joints become pictures: a Gaussian around each, peak 1, merged into channels.

A Gaussian is separable, exp(-(dx^2 + dy^2) / 2 s^2) = gy * gx, so the sum over joints of a frame is
one matrix product (H, J) x (J, W). A maximum has no such product: a compiled loop over the pixels
that each joint reaches (`loops`), or NumPy over the same pixels; both give the same bits. Bones are
strips (`limbs`). Persons merge as joints do, or by a rule of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from voxviewer.data import Float32, Float64, Progress, no_progress
from voxviewer.encoding import compiled, limbs
from voxviewer.encoding.resampling import ONE_THREAD
from voxviewer.settings import CENTERS, COMBINES, PERSONS, SIGMA_UNITS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

Gaussians: TypeAlias = tuple[Float32, Float32]
"""Along rows (T, N, H) and along columns (T, N, W)."""

Bones: TypeAlias = tuple[tuple[int, int], ...]

REACH = 7.0
"""Sigmas beyond which nothing is drawn: exp(-24.5) = 2e-11."""

CACHE = 1 << 20
"""Bytes of Gaussians, and of pictures while joints are merged, that stay in a core's cache."""


@dataclass(frozen=True)
class Style:
    """How joints are drawn; see `joint_heatmaps`. `sigma` in pixels, `bones` for limbs."""

    sigma: float
    combine: str = "sum"
    center: str = "subpixel"
    persons: str = "auto"
    cutoff: float | None = None
    bones: Bones = ()

    @property
    def channels(self) -> str:
        """What has a channel of its own: "joints", "bones" or "all"."""
        return {"joints": "joints", "limbs": "bones"}.get(self.combine, "all")

    def count(self, joints: int) -> int:
        """C: how many channels."""
        return {"joints": joints, "bones": len(self.bones), "all": 1}[self.channels]

    @property
    def alike(self) -> bool:
        """Whether persons merge just as joints do, so that they are merely more joints."""
        return self.channels == "all" and self.persons in ("auto", self._rule)

    @property
    def by_sum(self) -> bool:
        """Whether persons that are drawn one after the other are added."""
        return self.persons == "sum" or (self.persons == "auto" and self.combine == "sum")

    @property
    def reach(self) -> float:
        """Pixels beyond which nothing is drawn, along rows and columns.

        A pixel that lies on the cut is drawn on both sides, whatever rounding made of it.
        """
        sigmas = REACH if self.cutoff is None else min(self.cutoff, REACH)
        return self.sigma * sigmas * (1 + 1e-6)

    @property
    def _rule(self) -> str:
        return "sum" if self.combine == "sum" else "max"


def pixel_sigma(sigma: float, unit: str, height: int) -> float:
    """Sigma in pixels; "percent" is of the picture's height."""
    return sigma * height / 100 if unit == "percent" else sigma


def joint_heatmaps(
    joints: ArrayLike,
    height: int = 64,
    width: int = 64,
    sigma: float = 5.0,
    combine: str = "sum",
    center: str = "subpixel",
    *,
    sigma_unit: str = "px",
    cutoff: float | None = None,
    score: ArrayLike | None = None,
    bones: Sequence[tuple[int, int]] = (),
) -> Float32:
    """Draw a Gaussian of peak 1 around every joint of every frame, or a strip along every bone.

    Parameters
    ----------
    joints : (T, J, 2 or 3), x to the right, y down, -1 and 1 the picture's edges; a third
        coordinate is not drawn. NaN: the joint was not seen and adds nothing.
    height, width : pixels
    sigma : the Gaussian's width in `sigma_unit`
    combine : "sum" and "max" merge the joints into one channel, "joints" gives each its own;
        "limbs" gives each of `bones` a channel, a strip whose profile is the Gaussian (as
        PoseConv3D's), "limbs-max" merges them into one
    center : "subpixel": x = u lies at index (u + 1) / 2 * width - 0.5, joints outside leave their
        tails; "pixel": joints snap to the pixel floor((u + 1) / 2 * width), those outside add
        nothing

    Returns
    -------
    (T, height, width, 1) or (T, height, width, J) float32

    Raises
    ------
    ValueError
        for other shapes, sizes below 1, a sigma that is not above 0, and unknown options

    Example
    -------
    >>> h = joint_heatmaps([[[0.0, 0.0]]], height=5, width=7, sigma=1.0)
    >>> h.shape, h[0, 2, 3, 0]
    ((1, 5, 7, 1), 1.0)
    """
    points = np.asarray(joints)
    if points.ndim != 3 or points.shape[2] not in (2, 3) or points.dtype.kind not in "buif":
        raise ValueError(f"joints must be numbers (T, J, 2) or (T, J, 3), not {points.shape}")
    for name, value, known in (
        ("combine", combine, COMBINES),
        ("center", center, CENTERS),
        ("sigma_unit", sigma_unit, SIGMA_UNITS),
    ):
        if value not in known:
            raise ValueError(f"{name} {value!r} is not known; use one of: {', '.join(known)}")
    if int(height) != height or int(width) != width or min(height, width) < 1:
        raise ValueError(f"a heatmap needs at least 1 x 1 pixels, not {height} x {width}")
    for name, number in (("sigma", sigma), ("cutoff", 1 if cutoff is None else cutoff)):
        if not 0 < number < np.inf:
            raise ValueError(f"{name} must be a number above 0, not {number!r}")
    pairs = _pairs(bones, points.shape[1], combine)
    size = (int(height), int(width))
    style = Style(
        pixel_sigma(sigma, sigma_unit, size[0]), combine, center, cutoff=cutoff, bones=pairs
    )
    sure = None if score is None else _scores(score, points.shape[:2])
    return person_heatmaps(points[:, None, :, :2], size, style, sure)


def _pairs(bones: Sequence[tuple[int, int]], joints: int, combine: str) -> Bones:
    """The bones as pairs of joints that are there."""
    pairs = tuple((int(first), int(second)) for first, second in bones)
    if combine.startswith("limbs") and not pairs:
        raise ValueError(f"combine {combine!r} needs bones, pairs of joints")
    for pair in pairs:
        if not 0 <= min(pair) <= max(pair) < joints:
            raise ValueError(
                f"bone {pair} names a joint that is not there; joints are 0 to {joints - 1}"
            )
    return pairs


def _scores(score: ArrayLike, shape: tuple[int, ...]) -> Float64:
    """Scores (T, J) as (T, 1, J)."""
    sure = np.asarray(score, np.float64)
    if sure.shape != shape:
        raise ValueError(f"score must be (T, J) = {shape}, as the joints are, not {sure.shape}")
    return sure[:, None]


def person_heatmaps(
    points: NDArray[Any],
    size: tuple[int, int],
    style: Style,
    score: NDArray[Any] | None = None,
    progress: Progress = no_progress,
) -> Float32:
    """Draw joints (T, P, J, 2) as `joint_heatmaps` does, (T, H, W, C) float32.

    Persons merge by the same rule as joints; by maximum where each joint has its own channel; or as
    the style says. `score` (T, P, J) or None.
    """
    if style.persons not in PERSONS:
        raise ValueError(f"persons {style.persons!r} is not known; use: {', '.join(PERSONS)}")
    T, P, J = points.shape[:3]
    out = np.zeros((T, *size, style.count(J)), np.float32)
    if not (P and J):
        return out
    peak = None if score is None else np.nan_to_num(np.asarray(score, np.float64), nan=1.0)
    step = frames_at_a_time((T, P, J), size, style)
    for first in range(0, T, step):
        progress(first / T, f"drawing frame {first} of {T}")
        part = slice(first, first + step)
        _draw(points[part], None if peak is None else peak[part], style, out[part])
    return out


def frames_at_a_time(shape: tuple[int, int, int], size: tuple[int, int], style: Style) -> int:
    """How many frames are drawn between two looks at the progress: they stay in the cache."""
    _, P, J = shape
    lines = P * J * (size[0] + size[1])
    return max(1, CACHE // (4 * max(lines, size[0] * size[1] * style.count(J))))


def _draw(points: NDArray[Any], peak: Float64 | None, style: Style, out: Float32) -> None:
    """Draw some frames, all persons at once where they merge as joints do."""
    T, P, J, _ = points.shape
    if style.alike and not style.combine.startswith("limbs"):
        every = points.reshape(T, 1, P * J, 2), None if peak is None else peak.reshape(T, 1, P * J)
        _draw_person(every[0][:, 0], None if every[1] is None else every[1][:, 0], style, out)
        return
    for person in range(P):
        one = np.zeros_like(out) if person else out
        sure = None if peak is None else peak[:, person]
        _draw_person(points[:, person], sure, style, one)
        if person:
            (np.add if style.by_sum else np.maximum)(out, one, out=out)


def _draw_person(points: NDArray[Any], peak: Float64 | None, style: Style, out: Float32) -> None:
    """Draw joints (T, J, 2) into pictures (T, H, W, C) of zeros."""
    H, W = out.shape[1:3]
    places, seen = pixel_places(points, (H, W), style.center)
    if style.combine.startswith("limbs"):
        limbs.draw(places, seen, peak, style.sigma, style.cutoff, style.bones, out)
        return
    gaussians = (
        _gaussian(places[..., 1], H, style, seen, peak),
        _gaussian(places[..., 0], W, style, seen, None),
    )
    MERGE[style.combine](gaussians, out)


def pixel_places(
    points: NDArray[Any], size: tuple[int, int], center: str
) -> tuple[Float64, NDArray[np.bool_]]:
    """Where Gaussians are centered, (..., 2) in pixels, and which are drawn at all, (...)."""
    H, W = size
    u = (points.astype(np.float64, copy=False) + 1) / 2 * (W, H)
    seen: NDArray[np.bool_] = np.asarray(np.isfinite(u).all(axis=-1))
    if center == "pixel":
        seen &= ((u >= 0) & (u < (W, H))).all(axis=-1)
        places = np.floor(u)
    else:
        places = u - 0.5
    return np.where(seen[..., None], places, 0), seen


@np.errstate(over="ignore", under="ignore")  # joints far outside: their Gaussian is 0
def _gaussian(
    places: Float64, count: int, style: Style, seen: NDArray[np.bool_], peak: Float64 | None
) -> Float32:
    """Peak times exp(-(i - place)^2 / 2 sigma^2) for i in 0..count-1, (T, J, count).

    From the nearest pixel outwards each value is the one before times a ratio that itself shrinks
    by exp(-1 / sigma^2): two products a pixel instead of an exponential, in float64.
    """
    nearest = np.clip(np.floor(places + 0.5), 0, count - 1)
    distance, half = nearest - places, 0.5 / style.sigma / style.sigma
    value = np.exp(-half * distance * distance) * seen
    if peak is not None:
        value = value * peak
    right = np.exp(np.minimum(-half * (2 * distance + 1), 0.0))
    left = np.exp(np.minimum(half * (2 * distance - 1), 0.0))
    shrink = float(np.exp(-2 * half))
    reach = style.reach
    out = np.zeros((*places.shape, count), np.float32)
    loop = compiled.loop("draw_lines", out.size)
    draw: Any = loop if loop is not None else _lines
    flat = (nearest.astype(np.int64), distance, value, right, left)
    lines = [np.ascontiguousarray(array).reshape(-1) for array in flat]
    draw(*lines, shrink, reach, out.reshape(-1, count))
    return out


def _lines(
    nearest: NDArray[np.int64], distance: Float64, value: Float64, right: Float64, left: Float64,
    shrink: float, reach: float, out: Float32,
) -> None:  # fmt: skip
    """`loops.draw_lines`, step by step for all lines at once."""
    count = out.shape[1]
    for sign, ratio in ((1, right.copy()), (-1, left.copy())):
        high = value.copy()
        for k in range(count):
            pixel = nearest + sign * k
            inside = (pixel >= 0) & (pixel < count) & (np.abs(distance + sign * k) <= reach)
            if not inside.any():
                break  # those that start outside the reach only go further away
            out[inside, pixel[inside]] = high[inside]
            high *= ratio
            ratio *= shrink


def _sum(gaussians: Gaussians, out: Float32) -> None:
    """out[t, y, x, 0] = sum over joints of gy * gx."""
    rows, columns = gaussians
    step = max(1, ONE_THREAD // (columns.shape[1] * columns.shape[2]))
    for first in range(0, rows.shape[2], step):
        part = slice(first, first + step)
        np.matmul(rows[..., part].transpose(0, 2, 1), columns, out=out[:, part, :, 0])


def _max(gaussians: Gaussians, out: Float32) -> None:
    """out[t, y, x, 0] = the largest gy * gx of all joints."""
    rows, columns = gaussians
    loop = compiled.loop("draw_max")
    if loop is not None:
        loop(rows, columns, out[..., 0])
        return
    picture = out[..., 0]
    one = np.empty_like(picture)
    for joint in range(rows.shape[1]):
        np.multiply(rows[:, joint, :, None], columns[:, joint, None, :], out=one)
        np.maximum(picture, one, out=picture)


def _joints(gaussians: Gaussians, out: Float32) -> None:
    """out[t, y, x, j] = gy * gx of joint j."""
    rows, columns = (np.ascontiguousarray(np.moveaxis(g, 1, -1)) for g in gaussians)
    np.multiply(rows[:, :, None, :], columns[:, None, :, :], out=out)


MERGE = {"sum": _sum, "max": _max, "joints": _joints}
