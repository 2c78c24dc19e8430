"""Random filters, drawn by the rules of Keras' initializers, and the bank of any choice.

Same names, same distributions (fan computation, truncation, correction) as `keras.initializers`
of Keras 3, computed in NumPy: the drawn numbers are not those of TensorFlow's generators. A filter
bank that was drawn is a plain value; randomness ends here.
"""

from __future__ import annotations

import math

import numpy as np

from voxviewer.convolution.editing import from_settings
from voxviewer.convolution.presets import preset_for, require_fit
from voxviewer.data import FilterBank, Float32, Float64, frozen
from voxviewer.settings import FilterSettings

VARIANCE_SCALING = {
    "glorot_uniform": (1.0, "average", "uniform"),
    "glorot_normal": (1.0, "average", "normal"),
    "he_uniform": (2.0, "in", "uniform"),
    "he_normal": (2.0, "in", "normal"),
    "lecun_uniform": (1.0, "in", "uniform"),
    "lecun_normal": (1.0, "in", "normal"),
}
"""Scale, which fan and which distribution, as in `keras.initializers.VarianceScaling`."""

TRUNCATED_STDDEV = 0.87962566103423978
"""Standard deviation of a unit normal distribution cut off at -2 and 2, Keras' constant."""


def random_filters(
    count: int = 8,
    kernel: tuple[int, int, int] = (3, 3, 3),
    channels: int = 1,
    seed: int = 0,
    initializer: str = "glorot_uniform",
    stddev: float = 0.05,
) -> FilterBank:
    """Draw a bank of filters: zero bias, linear activation.

    Parameters
    ----------
    count : F, number of filters
    kernel : taps along T, H, W
    channels : C of the clips they are for
    seed : the same seed gives the same bank
    initializer : "glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_uniform",
        "lecun_normal", "random_uniform", "random_normal", "truncated_normal", "orthogonal" as in
        Keras, or "legacy_normal": `stddev * numpy.random.RandomState(seed).randn(kT, kH, kW, C)`,
        filter by filter from one generator
    stddev : of "random_normal", "truncated_normal" and "legacy_normal"; of "random_uniform" half
        the width

    Returns
    -------
    FilterBank with `kernels` (kT, kH, kW, C, F) float32

    Raises
    ------
    ValueError
        for an unknown initializer or numbers out of range
    TooLargeError
        where they do not fit in memory
    """
    settings = FilterSettings(
        count=count, kernel=kernel, seed=seed, initializer=initializer, stddev=stddev
    )
    return bank_for(settings, channels)


def bank_for(settings: FilterSettings, channels: int) -> FilterBank:
    """The random, preset or edited bank of these settings; edited ones keep their channels."""
    if settings.source == "preset":
        return preset_for(settings, channels)
    if settings.source == "edited":
        if settings.kernels is None:
            raise ValueError("No filter is edited yet. Change a tap, or choose other filters.")
        return from_settings(settings.kernels)
    if settings.source != "random":
        raise ValueError(f"filters {settings.source!r} are not drawn at random; read them instead")
    if channels < 1:
        raise ValueError(f"channels must be at least 1, not {channels}")
    shape = (*settings.kernel, channels, settings.count)
    require_fit(shape, "Random filters", "drawing them")
    kernels = _draw(settings, shape)
    return FilterBank(
        kernels=frozen(np.ascontiguousarray(kernels, np.float32)),
        bias=frozen(np.zeros(settings.count, np.float32)),
        activation="linear",
        origin=f"random, {settings.initializer}, seed {settings.seed}",
    )


def fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """Inputs and outputs that one weight of shape (kT, kH, kW, C, F) connects, as Keras counts."""
    taps = math.prod(shape[:-2])
    return taps * shape[-2], taps * shape[-1]


def _draw(settings: FilterSettings, shape: tuple[int, ...]) -> Float64 | Float32:
    name, stddev = settings.initializer, settings.stddev
    if name == "legacy_normal":
        return _legacy_normal(shape, stddev, settings.seed)
    generator = np.random.default_rng(settings.seed)
    if name == "orthogonal":
        return _orthogonal(generator, shape)
    if name == "random_uniform":
        return generator.uniform(-stddev, stddev, shape)
    if name == "random_normal":
        return generator.normal(0.0, stddev, shape)
    if name == "truncated_normal":
        return stddev * _truncated_normal(generator, shape)
    scale, fan, distribution = VARIANCE_SCALING[name]
    fan_in, fan_out = fans(shape)
    variance = scale / max(1.0, fan_in if fan == "in" else (fan_in + fan_out) / 2)
    if distribution == "uniform":
        limit = math.sqrt(3 * variance)
        return generator.uniform(-limit, limit, shape)
    return math.sqrt(variance) / TRUNCATED_STDDEV * _truncated_normal(generator, shape)


def _orthogonal(generator: np.random.Generator, shape: tuple[int, ...]) -> Float64:
    """Filters at right angles, each of length 1; where there are more than weights, the weights."""
    taps, count = math.prod(shape[:-1]), shape[-1]
    drawn = generator.standard_normal((max(taps, count), min(taps, count)))
    q, r = np.linalg.qr(drawn)
    q *= np.sign(np.diag(r))  # so that every rotation is equally likely, as in Keras
    found: Float64 = (q if taps >= count else q.T).reshape(shape)
    return found


def _legacy_normal(shape: tuple[int, ...], stddev: float, seed: int) -> Float64:
    """The draw of the article this project comes from; filter by filter, (kT, kH, kW, C) each."""
    generator = np.random.RandomState(seed)
    return np.stack([stddev * generator.randn(*shape[:-1]) for _ in range(shape[-1])], axis=-1)


def _truncated_normal(generator: np.random.Generator, shape: tuple[int, ...]) -> Float64:
    """A unit normal distribution in which values beyond -2 and 2 are drawn again."""
    values = generator.standard_normal(math.prod(shape))
    while len(outside := np.flatnonzero(np.abs(values) > 2)):
        values[outside] = generator.standard_normal(len(outside))
    return values.reshape(shape)
