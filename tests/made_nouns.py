"""Nouns made by hand: the tests of colors and files need no reader, no encoder and no engine."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from voxviewer.data import Clip, FeatureMaps, Step
from voxviewer.settings import ConvolutionSettings, EncodingSettings


@pytest.fixture
def make_clip() -> Callable[..., Clip]:
    def make(data, channels=("gray",), axes="TDHWC") -> Clip:
        data = np.asarray(data, np.float32)
        first = Step("", axes, data.shape, "float32", 0, (False,) * len(axes), "")
        T = len(data)
        return Clip(
            data,
            np.ones(T, bool),
            np.arange(T),
            channels,
            "clip",
            EncodingSettings(),
            None,
            (first,),
        )

    return make


@pytest.fixture
def make_maps(make_clip) -> Callable[..., FeatureMaps]:
    def make(data, clip=None, stride=1, offset=0.0) -> FeatureMaps:
        data = np.asarray(data, np.float32)
        T, H, W, F = data.shape
        clip = clip if clip is not None else make_clip(np.zeros((T, H, W, 1)))
        with np.errstate(invalid="ignore"):
            limits = np.abs(data).max(axis=(0, 1, 2), initial=0)
        return FeatureMaps(
            data, clip, None, ConvolutionSettings(), "handwritten", 0.0, (3, 3, 3),
            (stride,) * 3, (offset,) * 3, limits,
            np.zeros((T, F), np.float32), np.zeros(F, np.float32),
        )  # fmt: skip

    return make


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)
