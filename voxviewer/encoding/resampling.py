"""Resampling on a grid: the numbers of `scipy.ndimage.zoom`, fast enough to follow a slider.

Orders 0 and 1 are loops of their own (`nearest_and_linear`), with SciPy's numbers. Otherwise, and
where a Gaussian smooths first, each axis is one small matrix (`operators`), applied as float32
matrix products in blocks that skip the zeros, the axis that shrinks most first; the result differs
from SciPy's by rounding alone, below 1e-5 of the data's range. On request (`exact`) the result is
SciPy's to the bit (`exact_cubic`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from voxviewer.encoding.exact_cubic import exact_cubic
from voxviewer.encoding.nearest_and_linear import Shape3, gathered, linear
from voxviewer.encoding.operators import (
    Block,
    operator,
    scipy_zoom,
    smoothing_sigma,
)
from voxviewer.files import require_memory
from voxviewer.settings import GRIDS, ORDERS

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from voxviewer.data import Float32

Tick: TypeAlias = Callable[[], None]
"""Called between blocks of work; raises to stop it."""


TILE = 1 << 22
"""Bytes that meet a whole operator before the next are touched: they stay in the cache."""

ONE_THREAD = 1 << 18
"""Multiplications up to which OpenBLAS keeps to one thread. Its threads wait for each other in a
busy loop: with another job on a core, a product of 0.02 ms takes a scheduler's slice, 8 ms."""

SMALL = 1 << 28
"""Bytes up to which nobody asks whether there is room."""

LARGEST = float(np.finfo(np.float32).max)


def no_tick() -> None:
    """The tick of work that nobody stops."""


def resample(
    x: ArrayLike,
    shape: Sequence[int],
    order: int = 1,
    grid: str = "edges",
    antialias: bool = True,
    channels: str = "last",
    *,
    exact: bool = False,
) -> NDArray[Any]:
    """Resample an array on a regular grid to another shape, channel by channel.

    Parameters
    ----------
    x : (D, H, W) or (D, H, W, C), or (C, D, H, W) with `channels="first"`; any real dtype. NaN and
        infinities spread as far as SciPy's filters carry them: a NaN is better filled before.
    shape : (D', H', W'), each at least 1
    order : spline order, 0 nearest, 1 linear, 3 cubic, up to 5. From 2 on, edges overshoot.
    grid : "edges" keeps the extent, equal to `scipy.ndimage.zoom(x, ..., grid_mode=True,
        mode="nearest")`; "centers" keeps the first and last voxel centers, SciPy's default (where
        SciPy loses the last sample to rounding, it is held here)
    antialias : for order >= 1 and axes that shrink, first `scipy.ndimage.gaussian_filter(x, sigma,
        mode="nearest", truncate=4)` with sigma (factor - 1) / 2 voxels
    channels : "last" or "first", for four axes
    exact : SciPy's numbers to the bit, as of `zoom(x, ..., output=np.float32)`; at order 1 to one
        unit in the last place. Orders 2, 4 and 5, and the Gaussian, are SciPy's own then, at its
        speed.

    Returns
    -------
    (D', H', W') with the channels where they were; float32, at order 0 the input's dtype. An
    unchanged shape gives the input's values bit for bit.

    Raises
    ------
    ValueError
        for anything but three or four axes, real numbers, three sizes of at least 1, and the
        options above
    TooLargeError
        where the result does not fit in memory

    Example
    -------
    >>> resample(np.arange(4.0).reshape(1, 1, 4), (1, 1, 8))[0, 0]
    array([0.  , 0.25, 0.75, 1.25, 1.75, 2.25, 2.75, 3.  ], dtype=float32)
    """
    array, target = _checked(x, shape, order, grid, channels)
    count = 1 if array.ndim == 3 else array.shape[0 if channels == "first" else 3]
    _require_room(array, target, count, exact)
    way = _exactly if exact else _resampled
    if array.ndim == 3:
        return way(array, target, order, grid, antialias)
    if channels == "first":
        out = np.empty((array.shape[0], *target), array.dtype if order == 0 else np.float32)
        for c in range(array.shape[0]):
            out[c] = way(array[c], target, order, grid, antialias)
        return out
    out = np.empty((*target, array.shape[3]), array.dtype if order == 0 else np.float32)
    for c in range(array.shape[3]):
        out[..., c] = way(array[..., c], target, order, grid, antialias)
    return out


def _checked(
    x: ArrayLike, shape: Sequence[int], order: int, grid: str, channels: str
) -> tuple[NDArray[Any], Shape3]:
    """Refuse what cannot be resampled, in one sentence."""
    array = np.asarray(x)
    if array.ndim not in (3, 4) or 0 in array.shape:
        raise ValueError(
            f"resample needs (D, H, W) or (D, H, W, C), none of them 0; not {array.shape}"
        )
    if array.dtype.kind not in "buif":
        raise ValueError(f"resample needs real numbers, not {array.dtype}")
    try:
        sizes = tuple(int(size) for size in shape)
        whole = sizes == tuple(shape)
    except (TypeError, ValueError):
        sizes, whole = (), False
    if len(sizes) != 3 or not whole or min(sizes) < 1:
        raise ValueError(f"resample needs three sizes of at least 1, not {shape!r}")
    for name, value, known in (
        ("order", order, ORDERS),
        ("grid", grid, GRIDS),
        ("channels", channels, ("last", "first")),
    ):
        if value not in known:
            raise ValueError(
                f"{name} {value!r} is not known; use one of: {', '.join(map(str, known))}"
            )
    return array, (sizes[0], sizes[1], sizes[2])


def _require_room(x: NDArray[Any], target: Shape3, channels: int, exact: bool) -> None:
    """Refuse a result that does not fit in memory, in one sentence; small ones need no look."""
    needed = math.prod(target) * channels * 4 + (8 * x.size if exact else 0)
    if needed > SMALL:
        words = "resampling to {} x {} x {}".format(*target)
        require_memory(needed, "an array in memory", words, allow_large=True)


def _resampled(
    x: NDArray[Any], target: Shape3, order: int, grid: str, antialias: bool
) -> NDArray[Any]:
    """One channel (D, H, W) of any real dtype at another shape."""
    if order == 0:
        return gathered(x, target, grid)
    if x.shape == target:
        return _cast(x)
    if order == 1 and not _smooths(x.shape, target, antialias):
        return _linearly(x, target, grid)
    low, high = float(x.min()), float(x.max())
    if not (abs(low) <= LARGEST and abs(high) <= LARGEST):
        return _by_scipy(x, target, order, grid, antialias)
    # Far from zero a float32 product would round away what differs: work around the middle. Every
    # operator keeps constants, so the middle can be added again afterwards.
    middle = low / 2 + high / 2
    if abs(middle) <= high - low:
        return separable(_plain(x), target, order, grid, antialias)
    around = np.subtract(x, middle, dtype=np.float64)
    out = separable(_cast(around), target, order, grid, antialias)
    return np.add(out, middle, dtype=np.float64).astype(np.float32)


def _smooths(shape: Sequence[int], target: Shape3, antialias: bool) -> bool:
    """Whether any axis is smoothed first."""
    return antialias and any(m < n for n, m in zip(shape, target, strict=True))


def _plain(x: NDArray[Any]) -> Float32:
    """Contiguous float32, without a copy where it is that already."""
    return x if x.dtype == np.float32 and x.flags.c_contiguous else _cast(x)


def _exactly(
    x: NDArray[Any], target: Shape3, order: int, grid: str, antialias: bool
) -> NDArray[Any]:
    """One channel as SciPy makes it, bit by bit (order 1: to one unit in the last place)."""
    if order == 0 or x.shape == target:
        return gathered(x, target, grid) if order == 0 else _cast(x)
    source = _wide_enough(x)
    if not np.isfinite(source).all() or order in (2, 4, 5):
        return _by_scipy(source, target, order, grid, antialias)
    if _smooths(x.shape, target, antialias):
        source = _gaussian(source, target)
    with np.errstate(over="ignore"):
        if order == 1:
            return _linearly(source, target, grid)
        return exact_cubic(source, target, grid)


def _wide_enough(x: NDArray[Any]) -> NDArray[Any]:
    """Contiguous float32 where that holds every value, as of short integers, else float64."""
    narrow = x.dtype == np.float32 or x.dtype.itemsize <= 2
    return np.ascontiguousarray(x, np.float32 if narrow else np.float64)


def _linearly(x: NDArray[Any], target: Shape3, grid: str) -> Float32:
    """Order 1 without smoothing; where a value that is not finite was met, SciPy's answer."""
    with np.errstate(over="ignore", invalid="ignore"):
        out = linear(_wide_enough(x), target, grid, no_tick)
        if np.isfinite(out.sum()) or np.isfinite(out).all():
            return out
    return _by_scipy(x, target, 1, grid, False)


def _cast(x: NDArray[Any]) -> Float32:
    """A contiguous float32 copy; what is too large for float32 becomes infinite."""
    with np.errstate(over="ignore"):
        return np.array(x, dtype=np.float32, order="C")


def _by_scipy(x: NDArray[Any], target: Shape3, order: int, grid: str, antialias: bool) -> Float32:
    """SciPy itself, for values that are not finite: products with 0 would spread them all over."""
    source = x if x.dtype == np.float64 else _cast(x)
    with np.errstate(invalid="ignore", over="ignore"):
        if antialias:
            source = _gaussian(source, target)
        factors = [m / n for n, m in zip(x.shape, target, strict=True)]
        return np.asarray(scipy_zoom(source, factors, order, grid), dtype=np.float32)


def _gaussian(x: NDArray[Any], target: Shape3) -> NDArray[Any]:
    """What is smoothed before shrinking, by SciPy itself."""
    from scipy import ndimage  # half a second of import

    sigma = [smoothing_sigma(n, m) for n, m in zip(x.shape, target, strict=True)]
    smooth: Any = ndimage.gaussian_filter
    result: NDArray[Any] = smooth(x, sigma, mode="nearest", truncate=4)
    return result


def passes(shape: Shape3, target: Shape3) -> tuple[int, ...]:
    """The axes that change, in the order in which they are resampled: the most shrinking first.

    Of equal ones the first, whose rows are long, where they shrink; the last where they grow.
    """

    def rank(axis: int) -> tuple[float, int]:
        ratio = target[axis] / shape[axis]
        return ratio, axis if ratio < 1 else -axis

    changing = [axis for axis in range(3) if shape[axis] != target[axis]]
    return tuple(sorted(changing, key=rank))


def separable(
    x: Float32,
    target: Shape3,
    order: int,
    grid: str,
    antialias: bool,
    tick: Tick = no_tick,
) -> Float32:
    """One channel (D, H, W), contiguous and finite float32, at another shape by order 1 to 5."""
    if order == 1 and not _smooths(x.shape, target, antialias):
        return linear(x, target, grid, tick)
    out = x
    for axis in passes((x.shape[0], x.shape[1], x.shape[2]), target):
        blocks = operator(x.shape[axis], target[axis], order, grid, antialias)
        out = _along(out, axis, blocks, target[axis], tick)
    return out


@np.errstate(over="ignore", invalid="ignore")  # overshoot near float32's end is infinite
def _along(
    x: NDArray[Any], axis: int, blocks: Sequence[Block], size: int, tick: Tick
) -> NDArray[Any]:
    """Multiply one axis of (D, H, W) by an operator, tile by tile: every product suits BLAS."""
    D, H, W = x.shape
    shape = [D, H, W]
    shape[axis] = size
    out = np.empty(shape, x.dtype)
    if axis == 0:
        source, result = x.reshape(D, H * W), out.reshape(size, H * W)
        tiles: list[Any] = [np.index_exp[:, part] for part in _tiles(H * W, max(D, size), x)]
    else:
        source, result = x, out
        tiles = [np.index_exp[part] for part in _tiles(D, max(x.size, out.size) // D, x)]
    for tile in tiles:
        for block in blocks:
            tick()
            _multiply(source[tile], axis, block, result[tile])
    return out


def _tiles(count: int, each: int, x: NDArray[Any]) -> list[slice]:
    """Ranges of `count` things of `each` numbers that fill about `TILE` bytes."""
    step = max(1, TILE // (x.itemsize * each))
    return [slice(first, first + step) for first in range(0, count, step)]


def _multiply(x: NDArray[Any], axis: int, block: Block, out: NDArray[Any]) -> None:
    """Fill the block's rows of `out` along the axis; axis 0 comes as (D, H * W).

    Each product is small enough for BLAS to use one thread (`ONE_THREAD`); where many follow each
    other, NumPy runs through them as one stack.
    """
    rows, inputs = slice(block.first, block.last), slice(block.low, block.high)
    w = block.weights
    step = max(1, ONE_THREAD // w.size)
    if axis == 1:
        for first in range(0, x.shape[2], step):
            columns = slice(first, first + step)
            np.matmul(w, x[:, inputs, columns], out=out[:, rows, columns])
    elif axis == 0:
        x, out = x[inputs], out[rows]
        for part, many in _stacks(x.shape[1], step):
            np.matmul(w, _stack(x[:, part], many), out=_stack(out[:, part], many))
    else:
        x, out = x.reshape(-1, x.shape[2]), out.reshape(-1, out.shape[2])
        for part, many in _stacks(len(x), step):
            before, after = x[part].reshape(many, -1, x.shape[1]), out[part]
            after = after.reshape(many, -1, out.shape[1])
            np.matmul(before[..., inputs], w.T, out=after[..., rows])


def _stacks(count: int, step: int) -> Iterator[tuple[slice, int]]:
    """A range of `count` as many equal parts of `step`, and what remains as one part."""
    many = count // step
    if many:
        yield slice(0, many * step), many
    if count % step:
        yield slice(many * step, count), 1


def _stack(x: NDArray[Any], many: int) -> NDArray[Any]:
    """(rows, columns) as `many` matrices side by side, (many, rows, part): a view."""
    return x.reshape(x.shape[0], many, -1).transpose(1, 0, 2)
