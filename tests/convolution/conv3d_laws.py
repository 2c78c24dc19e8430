"""What must hold of every convolution, as functions of a random case.

The suite tries some hundred cases, `make fuzz` ten thousand. A law that is broken fails an
assertion; hypothesis then looks for the smallest case. The oracle is SciPy's, in float64.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from hypothesis import strategies as st
from scipy import signal

from voxviewer.convolution import conv3d
from voxviewer.data import Clip, FilterBank
from voxviewer.settings import ConvolutionSettings, EncodingSettings

TOLERANCE = 1e-6
"""Of the largest sum |x||w|: rounding is a few 1e-7 of it, an error is not."""


# the oracle


def pad_as_tensorflow(x, axis, k, stride, dilation):
    """The SAME rule; a stride larger than the window needs no padding."""
    n = x.shape[axis]
    total = (-(-n // stride) - 1) * stride + (k - 1) * dilation + 1 - n
    total = max(total, 0)
    sizes = [(0, 0)] * x.ndim
    sizes[axis] = total // 2, total - total // 2
    return np.pad(x, sizes)


def by_scipy(x, kernels, bias, strides, padding, dilation):
    """float64: pad, spread the kernel by its dilation, correlate fully, keep every stride-th."""
    x = x.astype(np.float64)
    if padding == "same":
        for axis in range(3):
            size = kernels.shape[axis], strides[axis], dilation[axis]
            x = pad_as_tensorflow(x, axis, *size)
    spread = [(k - 1) * d + 1 for k, d in zip(kernels.shape, dilation, strict=False)]
    wide = np.zeros((*spread, *kernels.shape[3:]))
    wide[:: dilation[0], :: dilation[1], :: dilation[2]] = kernels
    maps = [
        signal.correlate(x, wide[..., f], mode="valid", method="direct")[..., 0]
        for f in range(kernels.shape[-1])
    ]
    s, h, w = strides
    return np.stack(maps, axis=-1)[::s, ::h, ::w] + (0 if bias is None else bias)


def by_groups(x, kernels, bias, groups, *choices):
    """float64: each part of the channels by itself, as Keras' documentation says it."""
    seen, made = x.shape[-1] // groups, kernels.shape[-1] // groups
    parts = [
        by_scipy(
            x[..., g * seen : (g + 1) * seen],
            kernels[..., g * made : (g + 1) * made],
            bias[g * made : (g + 1) * made],
            *choices,
        )
        for g in range(groups)
    ]
    return np.concatenate(parts, axis=-1)


# cases


@dataclass(frozen=True)
class Case:
    """Sizes and choices; the numbers follow from `seed`."""

    size: tuple[int, int, int]
    channels: int
    kernel: tuple[int, int, int]
    filters: int
    groups: int
    strides: tuple[int, int, int]
    dilation: tuple[int, int, int]
    padding: str
    seed: int

    @property
    def choices(self):
        return self.strides, self.padding, self.dilation

    def numbers(self):
        """A generator, x (T, H, W, C), kernels and bias."""
        rng = np.random.default_rng(self.seed)
        x = rng.standard_normal((*self.size, self.channels)).astype(np.float32)
        kernels = rng.standard_normal((*self.kernel, self.channels // self.groups, self.filters))
        bias = rng.standard_normal(self.filters).astype(np.float32)
        return rng, x, kernels.astype(np.float32), bias


@st.composite
def cases(draw):
    """Small ones: 1 to about 20 voxels a side, every loop of the engine is met."""
    small, three = st.integers(1, 3), st.tuples
    padding = draw(st.sampled_from(["same", "valid"]))
    kernel = draw(three(*[st.integers(1, 4)] * 3))
    dilation = draw(three(*[small] * 3))
    more = draw(three(st.integers(0, 6), st.integers(0, 8), st.integers(0, 16)))
    reach = [
        (k - 1) * d + 1 if padding == "valid" else 1 for k, d in zip(kernel, dilation, strict=True)
    ]
    groups = draw(st.sampled_from([1, 1, 1, 2, 3]))
    return Case(
        size=tuple(r + m for r, m in zip(reach, more, strict=True)),
        channels=groups * draw(small),
        kernel=kernel,
        filters=groups * draw(st.integers(1, 18)),
        groups=groups,
        strides=draw(three(*[small] * 3)),
        dilation=dilation,
        padding=padding,
        seed=draw(st.integers(0, 2**32 - 1)),
    )


def scale(case, x, kernels, bias):
    """The largest sum |x||w| + |b| over all windows: what rounding is measured in."""
    sums = by_groups(np.abs(x), np.abs(kernels), np.abs(bias), case.groups, *case.choices)
    return sums.max()


def close(case, a, b, x, kernels, bias, times=1.0):
    assert a.shape == b.shape
    assert np.abs(a - b).max() <= times * TOLERANCE * scale(case, x, kernels, bias)


def large_enough(case, x):
    """The clip, with zeros behind it where the kernel would not fit a valid one."""
    reach = [(k - 1) * d + 1 for k, d in zip(case.kernel, case.dilation, strict=True)]
    return np.pad(x, [(0, max(0, r - n)) for r, n in zip(reach, case.size, strict=True)] + [(0, 0)])


# the laws


def equals_float64(case):
    """It is what SciPy computes in float64, up to rounding."""
    _, x, kernels, bias = case.numbers()
    maps = conv3d(x, kernels, bias, *case.choices, groups=case.groups)
    assert maps.dtype == np.float32
    close(case, maps, by_groups(x, kernels, bias, case.groups, *case.choices), x, kernels, bias)


def equals_keras(case, engine):
    """A Keras layer gives the same maps; it takes no strides beside dilation."""
    dilation = case.dilation if max(case.strides) == 1 else (1, 1, 1)
    case = replace(case, groups=1, dilation=dilation)
    _, x, kernels, bias = case.numbers()
    names = tuple(f"channel {index}" for index in range(case.channels))
    frames = np.arange(len(x))
    clip = Clip(x, frames >= 0, frames, names, "noise", EncodingSettings())
    bank = FilterBank(kernels, bias, "linear", "noise")
    choices = ConvolutionSettings(
        padding=case.padding, strides=case.strides, dilation=case.dilation
    )
    theirs, _ = engine.convolve(clip, bank, choices)
    close(case, conv3d(x, kernels, bias, *case.choices), theirs, x, kernels, bias)


def is_linear(case):
    """Of a sum of clips it is the sum, of a multiple the multiple."""
    rng, x, kernels, _ = case.numbers()
    y = rng.standard_normal(x.shape).astype(np.float32)
    nothing = np.zeros(case.filters, np.float32)

    def maps(clip):
        return conv3d(clip, kernels, None, *case.choices, groups=case.groups)

    both = np.abs(x) + 2 * np.abs(y)
    close(case, maps(x - 2 * y), maps(x) - 2 * maps(y), both, kernels, nothing, times=3)


def moves_with_the_clip(case):
    """A clip that begins some strides later gives the maps that begin as many voxels later."""
    rng, x, kernels, bias = case.numbers()
    x = large_enough(case, x)
    strides, dilation = case.strides, case.dilation
    maps = conv3d(x, kernels, bias, strides, "valid", dilation, groups=case.groups)
    steps = [int(rng.integers(0, n)) for n in maps.shape[:3]]
    t, h, w = (n * s for n, s in zip(steps, strides, strict=True))
    later = conv3d(x[t:, h:, w:], kernels, bias, strides, "valid", dilation, groups=case.groups)
    np.testing.assert_array_equal(later, maps[steps[0] :, steps[1] :, steps[2] :])


def gives_the_clip_back_through_a_single_one(case):
    """A kernel of zeros and a one picks the clip's voxels, bit by bit."""
    rng, x, kernels, _ = case.numbers()
    kernels = np.zeros_like(kernels)
    places = [int(rng.integers(0, n)) for n in kernels.shape[:4]]
    kernels[tuple(places)] = 1
    maps = conv3d(x, kernels, None, *case.choices, groups=case.groups)
    padded = x
    if case.padding == "same":
        for axis in range(3):
            size = case.kernel[axis], case.strides[axis], case.dilation[axis]
            padded = pad_as_tensorflow(padded, axis, *size)
    cut = tuple(
        slice(place * d, place * d + (n - 1) * s + 1, s)
        for place, d, s, n in zip(places, case.dilation, case.strides, maps.shape, strict=False)
    )
    seen = kernels.shape[3]
    for f in range(case.filters):
        group = f // (case.filters // case.groups)
        channel = padded[(*cut, group * seen + places[3])]
        np.testing.assert_array_equal(maps[..., f], channel)


def takes_every_stride_th_voxel(case):
    """Without padding, strides pick from the maps of stride 1, bit by bit."""
    _, x, kernels, bias = case.numbers()
    x = large_enough(case, x)
    whole = conv3d(x, kernels, bias, 1, "valid", case.dilation, groups=case.groups)
    strided = conv3d(x, kernels, bias, case.strides, "valid", case.dilation, groups=case.groups)
    t, h, w = case.strides
    np.testing.assert_array_equal(strided, whole[::t, ::h, ::w])


def keeps_groups_apart(case):
    """Each part of the channels and filters is a convolution of its own, bit by bit."""
    _, x, kernels, bias = case.numbers()
    whole = conv3d(x, kernels, bias, *case.choices, groups=case.groups)
    seen, made = case.channels // case.groups, case.filters // case.groups
    for g in range(case.groups):
        filters = slice(g * made, (g + 1) * made)
        part = x[..., g * seen : (g + 1) * seen]
        maps = conv3d(part, kernels[..., filters], bias[filters], *case.choices)
        np.testing.assert_array_equal(whole[..., filters], maps)


def takes_a_batch_clip_by_clip(case):
    """A batch is its clips, bit by bit, into fresh memory or given memory."""
    rng, x, kernels, bias = case.numbers()
    clips = np.stack([x, rng.standard_normal(x.shape).astype(np.float32), x[::-1]])
    maps = conv3d(clips, kernels, bias, *case.choices, groups=case.groups)
    out = np.full_like(maps, np.nan)
    conv3d(clips, kernels, bias, *case.choices, groups=case.groups, out=out)
    np.testing.assert_array_equal(out, maps)
    for clip, alone in zip(clips, maps, strict=True):
        one = conv3d(clip, kernels, bias, *case.choices, groups=case.groups)
        np.testing.assert_array_equal(alone, one)


LAWS = (
    equals_float64,
    is_linear,
    moves_with_the_clip,
    gives_the_clip_back_through_a_single_one,
    takes_every_stride_th_voxel,
    keeps_groups_apart,
    takes_a_batch_clip_by_clip,
)
