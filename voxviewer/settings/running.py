"""How filters run over a clip."""

from __future__ import annotations

from dataclasses import dataclass

from voxviewer.settings.checks import (
    make_plain,
    require_choice,
    triple_of,
)

ENGINES = ("handwritten", "keras", "both")
PADDINGS = ("same", "valid")
MODES = ("correlation", "convolution")


@dataclass(frozen=True)
class ConvolutionSettings:
    """How filters run over a clip: engine, padding, strides and dilation (T, H, W), mode."""

    engine: str = "handwritten"
    padding: str = "same"
    strides: tuple[int, int, int] = (1, 1, 1)
    dilation: tuple[int, int, int] = (1, 1, 1)
    mode: str = "correlation"

    def __post_init__(self) -> None:
        make_plain(self)
        require_choice("engine", self.engine, ENGINES)
        require_choice("padding", self.padding, PADDINGS)
        object.__setattr__(self, "strides", triple_of("strides", self.strides))
        object.__setattr__(self, "dilation", triple_of("dilation", self.dilation))
        require_choice("mode", self.mode, MODES)
