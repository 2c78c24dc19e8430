"""How much memory an encoding takes at its peak, from shapes alone.

Never below the truth by design: each sum below follows the arrays that `encoder` holds at once.
`SLAB` is what it works on at a time, so that large sources cost little more than their clip.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

from voxviewer.encoding.arranging import Arranged
from voxviewer.encoding.colors import channel_names
from voxviewer.encoding.heatmaps import Style
from voxviewer.encoding.heatmaps import frames_at_a_time as heatmaps_at_a_time
from voxviewer.encoding.mending import volume_repairs
from voxviewer.encoding.resampling import passes
from voxviewer.encoding.roles import WHOLE, Roles

if TYPE_CHECKING:
    from voxviewer.data import Volume
    from voxviewer.encoding.lengths import Picked
    from voxviewer.settings import EncodingSettings

SLAB = 1 << 24
"""Bytes of float32 that are read and resized at a time: Cancel waits for no more than that."""

SLABS = 16
"""At most this many reads along a swept axis: a compressed file may start anew for each."""

FLOAT = 4
FIXED = 1 << 20
HEAP = 24 << 20
"""The allocator keeps slabs that were freed: an eighth of a job, and at most this."""

ClipShape = tuple[int, int, int, int]


def volume_bytes(
    source: Volume, settings: EncodingSettings, roles: Roles, shape: ClipShape, picked: Picked
) -> int:
    """Peak bytes of encoding a volume, beside the volume itself."""
    out = math.prod(shape) * FLOAT
    after = out + (out if settings.normalize == "percentile" else 0)
    if roles.kind == "sweep":
        sweeping = _sweep_bytes(source, settings, roles, shape)
        return _with_heap(max(after, sweeping + _mean_bytes(source, roles, 1)))
    used = len(picked.used)
    compact = out // shape[0] * used
    spread = 0 if picked.in_order else compact
    if roles.kind == "still" and settings.pseudo_depth == "transforms":
        spread = compact + _transform_bytes(shape, settings.order)
    slab = _frame_slab_bytes(source, settings, roles, shape, used) + _mean_bytes(
        source, roles, used
    )
    return _with_heap(max(after, out + spread, compact + slab))


def _with_heap(needed: int) -> int:
    """What a process grows by while so many bytes are held at the peak."""
    return FIXED + needed + min(needed // 8, HEAP)


def _transform_bytes(shape: ClipShape, order: int) -> int:
    """One channel being moved and blurred; a spline's coefficients are float64."""
    return shape[1] * shape[2] * (4 * FLOAT + (8 if order > 1 else 0) * 2)


def mending_bytes(source: Volume, settings: EncodingSettings, roles: Roles) -> int:
    """What repairs of the stored volume hold beside a slab as it is read; `mending` has them."""
    T, D, H, W, C = source.shape
    chosen = [name for name in volume_repairs(source) if name in settings.repairs]
    planes = D if roles.plane in WHOLE else 1
    slab = min(T, frames_at_a_time(source, roles)) * planes * H * W * C
    if settings.roles is not None:
        slab = T * D * H * W * C  # averages read along any axis: no less than all of it is safe
    elif roles.kind == "sweep":
        # Mended voxels are read along depth, whatever lies furthest apart in memory.
        slab = min(D, slices_at_a_time(D, H * W)) * H * W * C
    each = {"bgr": 2 * source.voxels.dtype.itemsize, "unwrap": 24, "levels": 24}
    frame = 24 * D * H * W * C if "levels" in chosen else 0  # read whole, once, for its level
    return max([frame, *(slab * each[name] for name in chosen)])


def _mean_bytes(source: Volume, roles: Roles, used: int) -> int:
    """What averaging takes beside its result: sums in float64, and a slab of what is read."""
    voxels = source.voxels
    if not isinstance(voxels, Arranged) or not voxels.averaged:
        return 0
    _, D, H, W, C = source.shape
    if roles.kind == "sweep":
        largest = max(slices_at_a_time(n, D * H * W // n) * (D * H * W // n) for n in (D, H, W))
        values = min(largest, D * H * W) * C
    else:
        values = min(used, frames_at_a_time(source, roles)) * D * H * W * C
    return 2 * 8 * values + voxels.slab_bytes(values)


def frames_at_a_time(source: Volume, roles: Roles) -> int:
    """How many source frames are read and resized at once; of real time and stills."""
    _, D, H, W, C = source.shape
    frame = (D if roles.plane in WHOLE else 1) * H * W * C * FLOAT
    return max(1, SLAB // frame)


def slices_at_a_time(count: int, slice_values: int) -> int:
    """How many slices of `slice_values` numbers are read at once; of a sweep."""
    return max(1, SLAB // (slice_values * FLOAT), -(-count // SLABS))


def _frame_slab_bytes(
    source: Volume, settings: EncodingSettings, roles: Roles, shape: ClipShape, used: int
) -> int:
    """One slab of frames: read, its channels made, resized."""
    _, D, H, W, _C = source.shape
    k = min(used, frames_at_a_time(source, roles))
    planes = D if roles.plane in WHOLE else 1
    one = k * planes * H * W * FLOAT
    C_out = max(1, shape[3] // planes) if roles.plane == "channels" else shape[3]
    reading = _reading_bytes(one, source, C_out)
    kept = one * C_out + (one // planes * C_out * 2 if roles.plane == "mean" else 0)
    if roles.plane == "channels":
        kept *= 2
    resizing = kept + _chain_bytes((k, H, W), (k, shape[1], shape[2]), settings)
    return max(reading, resizing)


def _reading_bytes(one: int, source: Volume, C_out: int) -> int:
    """A slab in the file's dtype beside the float32 made of it; `one`: a float32 channel of it."""
    C = source.shape[4]
    raw = one // FLOAT * source.voxels.dtype.itemsize * C
    extra = 2 if C in (3, 4) else 0  # the channel at hand, and alpha
    return raw + one * (C_out + extra) + one * C_out // 2


def _chain_bytes(
    size: tuple[int, int, int],
    target: tuple[int, int, int],
    settings: EncodingSettings,
    *,
    copied: bool = True,
) -> int:
    """The passes over one channel: two neighbors live at once; the first is its copy, if any.

    Nearest and linear have one pass, and linear three planes of float64 beside it.
    """
    sizes = [math.prod(size) if copied else 0]
    shrinks = any(m < n for n, m in zip(size, target, strict=True))
    if settings.order == 0 or (settings.order == 1 and not (settings.antialias and shrinks)):
        planes = 3 * 8 * max(size[1], target[1]) * max(size[2], target[2])
        return FLOAT * (sizes[0] + math.prod(target)) + planes * 3
    current = list(size)
    for axis in passes(size, target):
        current[axis] = target[axis]
        sizes.append(math.prod(current))
    return FLOAT * max([sizes[0], *(a + b for a, b in pairwise(sizes))])


def _sweep_bytes(source: Volume, settings: EncodingSettings, roles: Roles, shape: ClipShape) -> int:
    """The float32 volume, a slab of it being read, then the passes over each channel."""
    _, D, H, W, C = source.shape
    C_out = len(channel_names(C, settings.channels))
    one = D * H * W * FLOAT
    largest = max(slices_at_a_time(n, D * H * W // n) * (D * H * W // n) for n in (D, H, W))
    slab = _reading_bytes(min(largest * FLOAT, one), source, C_out)
    T, H2, W2, _ = shape
    same = roles.size == (T, H2, W2)  # then it is the clip as it was read
    resizing = 0 if same else _chain_bytes(roles.size, (T, H2, W2), settings, copied=False)
    out = math.prod(shape) * FLOAT if C_out > 1 else 0
    return one * C_out + max(slab, out + resizing)


def skeleton_bytes(
    joints: tuple[int, int, int], settings: EncodingSettings, shape: ClipShape, picked: Picked
) -> int:
    """Peak bytes of drawing a skeleton (T, P, J), beside the skeleton itself."""
    T, P, J = joints
    out = math.prod(shape) * FLOAT
    after = out + (out if settings.normalize == "percentile" else 0)
    used = len(picked.used)
    compact = out // shape[0] * used
    spread = 0 if picked.in_order else compact
    bones = tuple((0, 0) for _ in range(shape[3])) if settings.combine == "limbs" else ()
    style = Style(1.0, settings.combine, persons=settings.persons, bones=bones)
    k = min(used, heatmaps_at_a_time(joints, shape[1:3], style))
    gaussians = k * P * J * (shape[1] + shape[2]) * 24
    person = 2 * compact // used * k
    points = T * P * J * (2 * 8 * 4 + 3 * FLOAT * 2 * bool(settings.repairs))
    if settings.plane == "turntable":
        points += T * P * J * 3 * 8 * 6
    return _with_heap(max(after, out + spread, compact + gaussians + person + points))
