"""A map over its clip: an impulse's answer comes back to the impulse."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

import voxviewer as vv
from voxviewer.render.limits import Scale
from voxviewer.render.overlay import map_rows, overlaid


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize(
    ("kernel", "stride", "dilation"), [(3, 1, 1), (3, 2, 1), (5, 1, 1), (3, 1, 2)]
)
def test_an_impulse_answers_where_it_is(padding, kernel, stride, dilation, make_clip) -> None:
    data = np.zeros((9, 24, 20, 1), np.float32)
    data[4, 13, 11] = 1
    bank = vv.random_filters(1, (kernel,) * 3, 1, seed=0)
    taps = np.zeros_like(bank.kernels)
    taps[(kernel // 2,) * 3] = 1
    bank = vv.FilterBank(taps, np.zeros(1, np.float32), "linear", "impulse")
    settings = vv.ConvolutionSettings(
        padding=padding, strides=(1, stride, stride), dilation=(1, dilation, dilation)
    )
    maps = vv.convolve(make_clip(data), bank, settings)
    frame = maps.map_frame(4)
    rows, columns = map_rows(maps, 1), map_rows(maps, 2)
    assert maps.data[frame, rows[13], columns[11], 0] == 1
    black = np.full((24, 20), 0xFF000000, np.uint32)
    found = overlaid(black, maps, frame, 0, Scale(0, 1, "viridis"))
    lit = np.argwhere(found != 0xFF000000)
    assert [13, 11] in lit.tolist()
    assert len(lit) == stride**2


def test_rows_that_no_window_is_centered_on_are_left_alone() -> None:
    maps = SimpleNamespace(
        clip=SimpleNamespace(shape=(5, 8, 8, 1)), shape=(3, 3, 6, 1), offset=(1.0, 1.5, 1.0),
        stride=(1, 2, 1),
    )  # fmt: skip
    assert map_rows(maps, 1).tolist() == [-1, 0, 0, 1, 1, 2, 2, -1]
    assert map_rows(maps, 2).tolist() == [-1, 0, 1, 2, 3, 4, 5, -1]


def test_colors_are_mixed_by_strength() -> None:
    data = np.array([[[[-1.0], [0.0], [0.5], [np.nan]]]], np.float32)
    maps = SimpleNamespace(
        data=data, clip=SimpleNamespace(shape=(1, 1, 4, 1)), shape=(1, 1, 4, 1),
        offset=(0.0, 0.0, 0.0), stride=(1, 1, 1),
    )  # fmt: skip
    white = np.full((1, 4), 0xFFFFFFFF, np.uint32)
    found = overlaid(white, maps, 0, 0, Scale(-1, 1, "night", signed=True))[0]
    assert found[1] == found[3] == 0xFFFFFFFF
    red = found[0] >> 16 & 255
    assert red == round(255 + 0.9 * (0x62 - 255))
    assert found[2] != 0xFFFFFFFF
