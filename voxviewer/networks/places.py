"""Where the values of a layer lie in the clip: receptive field, stride and offset, axis by axis.

Each axis of a layer's output is an `Along`: how many places it has, which axis of the clip it runs
along, and where its places lie there. Output u of an axis is centered on clip position
`offset + u * stride` and sees `reach` clip voxels around it. The sums are those of "Computing
Receptive Fields of Convolutional Neural Networks" (Araujo, Norris, Sim; Distill 2019), with
TensorFlow's "same": the odd voxel of padding goes to the end.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

AXES = "THW"


@dataclass(frozen=True)
class Along:
    """One axis of a layer's output, the batch left out.

    Attributes
    ----------
    size : places along it; None where that is not known
    axis : "T", "H" or "W": it runs along that axis of the clip; "C" channels, maps; "" neither
    reach : the receptive field, clip voxels from the first that is seen to the last
    stride, offset : place u is centered on clip position `offset + u * stride`
    """

    size: int | None
    axis: str = ""
    reach: float = 1
    stride: float = 1
    offset: float = 0


Places = tuple[Along, ...]


class Unknown(Exception):
    """It is not known here what a layer makes of its input; Keras may know."""


def window(along: Along, taps: int, stride: int, dilation: int, padding: str) -> Along:
    """The axis after a window slid over it: a convolution, a pooling.

    Raises
    ------
    ValueError
        where the window does not fit
    """
    reach, size = (taps - 1) * dilation + 1, along.size
    before, count = 0, None
    if padding == "causal":
        before = reach - 1
    if padding == "valid":
        if size is not None and reach > size:
            raise ValueError(f"its window of {reach} does not fit {size} along {_name(along)}")
        count = None if size is None else (size - reach) // stride + 1
    elif size is not None:
        count = -(-size // stride)
    if padding == "same":
        if size is None and stride > 1:
            raise Unknown
        total = reach - 1 if size is None or count is None else (count - 1) * stride + reach - size
        before = int(total / 2)  # towards 0: TensorFlow leaves voxels out where it is negative
    center = (reach - 1) / 2 - before
    return Along(
        count,
        along.axis,
        along.reach + (reach - 1) * along.stride,
        along.stride * stride,
        along.offset + center * along.stride,
    )


def transposed(along: Along, taps: int, stride: int, padding: str) -> Along:
    """The axis after a transposed convolution: place u is made of the inputs around u / stride."""
    size = along.size
    before = max(taps - stride, 0) // 2 if padding == "same" else 0
    count = None if size is None else size * stride
    if count is not None and padding == "valid":
        count += max(taps - stride, 0)
    center = (before - (taps - 1) / 2) / stride
    return Along(
        count,
        along.axis,
        along.reach + (-(-taps // stride) - 1) * along.stride,
        along.stride / stride,
        along.offset + center * along.stride,
    )


def repeated(along: Along, times: int) -> Along:
    """The axis after upsampling: each voxel becomes `times` of its own size, edges stay."""
    return replace(
        along,
        size=None if along.size is None else along.size * times,
        stride=along.stride / times,
        offset=along.offset + (0.5 / times - 0.5) * along.stride,
    )


def shifted(along: Along, before: int, after: int) -> Along:
    """The axis with voxels put before and after it; negative where they are cut off.

    Raises
    ------
    ValueError
        where nothing is left
    """
    size = None if along.size is None else along.size + before + after
    if size is not None and size < 1:
        raise ValueError(f"it cuts off all of {along.size} along {_name(along)}")
    return replace(along, size=size, offset=along.offset - before * along.stride)


def joined(parts: list[Along]) -> Along:
    """An axis that several inputs share: a place sees what any of them sees.

    Raises
    ------
    Unknown
        where they step differently, or run along different axes
    """
    first = parts[0]
    if any((part.axis, part.stride) != (first.axis, first.stride) for part in parts):
        raise Unknown
    sizes = {part.size for part in parts if part.size not in (None, 1)}
    if len(sizes) > 1:
        raise Unknown
    low = min(part.offset - (part.reach - 1) / 2 for part in parts)
    high = max(part.offset + (part.reach - 1) / 2 for part in parts)
    size = next(iter(sizes), first.size)
    return Along(size, first.axis, high - low + 1, first.stride, (low + high) / 2)


def _name(along: Along) -> str:
    return along.axis or "an axis"
