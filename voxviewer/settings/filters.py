"""Which filters, and the kernels that a person edited."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from voxviewer.settings.checks import (
    make_plain,
    require_choice,
    require_count,
    require_positive,
    triple_of,
)

INITIALIZERS = (
    "glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_uniform", "lecun_normal",
    "random_uniform", "random_normal", "truncated_normal", "orthogonal", "legacy_normal",
)  # fmt: skip
SOURCES = ("random", "preset", "model", "edited")
PRESET_NAMES = (
    "motion-and-edges", "motion-directions", "motion-energy", "motion-energy-slow",
    "motion-energy-fast", "motion-speeds", "edges", "temporal-difference", "sobel-x", "sobel-y",
    "sobel-t", "laplacian", "gaussian-blur",
)  # fmt: skip
COLORS = ("luminance", "channels")


@dataclass(frozen=True)
class Kernels:
    """Kernels that a person edited or trained: float32 little-endian bytes, so a plain value.

    `shape` (kT, kH, kW, C, F); `kernels` and `bias` in C order; `names` of the filters, or none;
    `origin` in words: "edited", "trained, next-frame, 20 epochs, loss 0.012, seed 0".
    """

    shape: tuple[int, int, int, int, int]
    kernels: bytes
    bias: bytes
    activation: str = "linear"
    names: tuple[str, ...] = ()
    origin: str = "edited"

    def __post_init__(self) -> None:
        shape = self.shape
        if not isinstance(shape, tuple) or len(shape) != 5:
            raise ValueError(f"edited kernels need the shape (kT, kH, kW, C, F), not {shape!r}")
        for size in shape:
            require_count("each size of edited kernels", size)
        for name, count in (("kernels", math.prod(shape)), ("bias", shape[4])):
            value = getattr(self, name)
            if not isinstance(value, bytes) or len(value) != 4 * count:
                raise ValueError(f"{name} of shape {shape} need {4 * count} bytes of float32")
        names = self.names
        if not isinstance(names, tuple) or not all(isinstance(name, str) for name in names):
            raise ValueError(f"names of edited kernels must be texts, not {names!r}")
        if not isinstance(self.origin, str):
            raise ValueError(f"the origin of edited kernels must be a text, not {self.origin!r}")
        if len(names) not in (0, shape[4]):
            raise ValueError(f"{shape[4]} edited filters need as many names, not {len(names)}")


@dataclass(frozen=True)
class FilterSettings:
    """Which filters: random ones, a preset, those of a Conv3D layer in a model file, edited ones.

    Attributes
    ----------
    source : "random", "preset", "model" or "edited"
    count, kernel, initializer, stddev, seed : of random filters; `stddev` is used by
        "random_normal", "truncated_normal" and "legacy_normal", and is the half-width of
        "random_uniform". `kernel` is the size of a preset's too.
    preset : a key of `convolution.presets.PRESETS`
    model, layer : path of a `.keras` or `.h5` file, and the layer's name in it
    kernels : what a person edited
    color : presets look at the clip's "luminance", or at each of its "channels" for itself
    adapt : for filters of a model or edited ones whose channels are not the clip's: "sum", "repeat"
        or "pick:0" (see `convolution.channels`); None adapts nothing
    edited_from : what edited filters began as: "random", "preset" or "model"; None: not known
    through : of a model: run the clip through the network up to the layer, by Keras; else the
        layer's kernels alone meet the clip
    masked : of a network: recurrent layers are told which frames are padded, and leave their state
        as it is there
    """

    source: str = "random"
    count: int = 8
    kernel: tuple[int, int, int] = (3, 3, 3)
    initializer: str = "glorot_uniform"
    stddev: float = 0.05
    seed: int = 0
    preset: str | None = None
    model: str | None = None
    layer: str | None = None
    kernels: Kernels | None = None
    color: str = "luminance"
    adapt: str | None = None
    edited_from: str | None = None
    through: bool = False
    masked: bool = False

    def __post_init__(self) -> None:
        make_plain(self)
        require_choice("filters", self.source, SOURCES)
        require_count("count", self.count, 1, 4096)
        object.__setattr__(self, "kernel", triple_of("kernel", self.kernel))
        require_choice("initializer", self.initializer, INITIALIZERS)
        require_positive("stddev", self.stddev)
        require_count("seed", self.seed, 0, 2**32 - 1)
        if self.preset is not None:
            require_choice("preset", self.preset, PRESET_NAMES)
        if self.kernels is not None and not isinstance(self.kernels, Kernels):
            raise ValueError(f"kernels must be edited Kernels, not {type(self.kernels).__name__}")
        require_choice("color", self.color, COLORS)
        if self.adapt is not None and not re.fullmatch(r"sum|repeat|pick:\d{1,6}", str(self.adapt)):
            raise ValueError(f"adapt {self.adapt!r} is not known; use sum, repeat or pick:0")
        if self.edited_from is not None:
            require_choice("edited_from", self.edited_from, SOURCES[:3])
        for name in ("through", "masked"):
            if not isinstance(getattr(self, name), bool):
                raise ValueError(f"{name} must be True or False, not {getattr(self, name)!r}")

    @property
    def whole(self) -> bool:
        """The whole network up to a layer, and not filters."""
        return self.source == "model" and self.through
