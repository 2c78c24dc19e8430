"""The order of the wall, its duplicates and how much maps move."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from voxviewer.convolution.measures import measure
from voxviewer.render.order import change_over_time, duplicates, map_order


def maps_of(data: np.ndarray) -> SimpleNamespace:
    limits, energy, sparsity = measure(data.astype(np.float32))
    return SimpleNamespace(
        data=data.astype(np.float32), shape=data.shape, limits=limits, energy=energy,
        sparsity=sparsity,
    )  # fmt: skip


@pytest.fixture
def maps() -> SimpleNamespace:
    """Still and weak, strong, flickering, half zero, dead; the sixth is the second again."""
    rng = np.random.default_rng(0)
    plane = rng.random((6, 5)) + 0.5
    signs = np.array([1, -1, 1, -1])[:, None, None]
    half = rng.random((4, 6, 5)) * (np.arange(5) < 2)
    strong = np.stack([plane * 9, plane * 9.1, plane * 9, plane * 9.1])
    still = np.repeat(plane[None] * 0.1, 4, axis=0)
    dead = np.zeros((4, 6, 5))
    return maps_of(np.stack([still, strong, plane * signs, half, dead, strong], axis=-1))


def test_the_strongest_come_first_and_equals_stay_in_the_banks_order(maps) -> None:
    assert map_order(maps, "energy")[:2] == (1, 5)
    assert map_order(maps, "energy")[-1] == 4
    assert map_order(maps, "filter") == (0, 1, 2, 3, 4, 5)


def test_the_emptiest_come_first_by_zeros(maps) -> None:
    assert map_order(maps, "sparsity")[:2] == (4, 3)


def test_change_is_that_of_a_float64_loop(maps) -> None:
    data = maps.data.astype(np.float64)
    expected = [
        np.abs(np.diff(data[..., f], axis=0)).mean() / np.abs(data[..., f]).mean()
        if data[..., f].any()
        else 0
        for f in range(6)
    ]
    np.testing.assert_allclose(change_over_time(maps), expected, rtol=1e-6)
    assert map_order(maps, "change")[0] == 2
    assert change_over_time(maps)[2] == pytest.approx(2)
    assert change_over_time(maps)[0] == 0


def test_one_frame_and_broken_values_change_nothing() -> None:
    data = np.full((1, 3, 3, 2), np.nan)
    assert change_over_time(maps_of(data)).tolist() == [0, 0]


def test_twins_are_found_and_dead_maps_are_none(maps) -> None:
    assert duplicates(maps) == {5: 1}


def test_maps_that_only_weigh_the_same_are_no_twins() -> None:
    rng = np.random.default_rng(1)
    plane = rng.random((1, 6, 5))
    data = np.stack([plane, -plane], axis=-1)
    assert duplicates(maps_of(data)) == {}
