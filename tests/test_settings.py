"""Choices are plain values whatever a script hands in, and wrong ones are refused in a sentence."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

import voxviewer as vv
from voxviewer.settings import Opening


class Text(str):
    """A text of a class of its own, as enumerations have."""

    __slots__ = ()


@pytest.mark.parametrize(
    ("given", "plain"),
    [
        (
            vv.EncodingSettings(
                frames=np.int64(3), height=np.uint8(4), order=np.int32(3), depth=np.int64(2),
                sigma=np.float32(2), antialias=np.bool_(False), grid=Text("edges"),
            ),
            vv.EncodingSettings(
                frames=3, height=4, order=3, depth=2, sigma=2.0, antialias=False, grid="edges"
            ),
        ),
        (
            vv.FilterSettings(count=np.int64(8), kernel=(np.int64(3), 5, 7), model=Path("a.keras")),
            vv.FilterSettings(count=8, kernel=(3, 5, 7), model="a.keras"),
        ),
        (
            vv.ConvolutionSettings(strides=[1, 2, 2], dilation=np.array([1, 1, 1])),
            vv.ConvolutionSettings(strides=(1, 2, 2)),
        ),
        (vv.RenderSettings(limits=np.array([0, 1])), vv.RenderSettings(limits=(0.0, 1.0))),
        (
            vv.ExportSettings(rate=np.float64(2), maps=np.arange(2), range=[0, np.int64(3)]),
            vv.ExportSettings(rate=2.0, maps=(0, 1), range=(0, 3)),
        ),
        (
            vv.TrainingSettings(count=np.int64(4), kernel=[3, 3, 3], targets=Path("t.csv")),
            vv.TrainingSettings(count=4, kernel=(3, 3, 3), targets="t.csv"),
        ),
        (Opening(Path("a.npy"), series=np.int64(1)), Opening("a.npy", series=1)),
    ],
)  # fmt: skip
def test_numbers_of_numpy_lists_and_paths_become_plain_values(given: object, plain: object) -> None:
    assert given == plain
    assert hash(given) == hash(plain)
    assert json.dumps(asdict(given)) == json.dumps(asdict(plain))  # type: ignore[call-overload]


@pytest.mark.parametrize(
    "make",
    [
        lambda: vv.EncodingSettings(frames=3.0),
        lambda: vv.EncodingSettings(frames=True),
        lambda: vv.EncodingSettings(sigma=np.float32("nan")),
        lambda: vv.EncodingSettings(order=6),
        lambda: vv.FilterSettings(kernel=3),
        lambda: vv.FilterSettings(kernel=(3, 3)),
        lambda: vv.RenderSettings(limits=5),
        lambda: vv.RenderSettings(limits=(0, 1, 2)),
        lambda: vv.RenderSettings(limits=("a", "b")),
        lambda: vv.RenderSettings(limits=(None, 1)),
        lambda: vv.ExportSettings(maps=3),
        lambda: vv.ExportSettings(maps=()),
        lambda: vv.ExportSettings(range=5),
        lambda: vv.ExportSettings(range=(3, 1)),
    ],
)
def test_wrong_values_are_refused_in_one_sentence(make: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match=r"^[^\n]+$"):
        make()


def test_random_filters_take_numbers_of_numpy() -> None:
    bank = vv.random_filters(np.int64(2), [3, np.int64(3), 3], np.int64(1), np.int64(7))
    assert np.array_equal(bank.kernels, vv.random_filters(2, (3, 3, 3), 1, 7).kernels)
