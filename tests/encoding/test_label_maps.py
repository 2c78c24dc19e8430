"""Labels are recognized, and what only looks a little like them is not."""

from __future__ import annotations

import numpy as np
import pytest
from encoding_sources import film, noise, scan, volume
from scipy import ndimage

import voxviewer as vv
from voxviewer.encoding.label_maps import label_values


def regions(count: int, seed: int = 0) -> np.ndarray:
    """Smooth noise cut into so many levels: regions like those of an atlas, (40, 48, 48)."""
    smooth = ndimage.gaussian_filter(np.random.default_rng(seed).random((40, 48, 48)), 8)
    ranks = np.argsort(np.argsort(smooth, axis=None)).reshape(smooth.shape)
    return (ranks * count // smooth.size).astype(np.int16)


@pytest.mark.parametrize("count", [2, 5, 12])
@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.float32])
def test_regions_of_few_whole_numbers_are_labels(count: int, dtype: type) -> None:
    assert label_values(scan(regions(count).astype(dtype))) == tuple(range(count))


def test_a_mask_is_labels_and_gaps_between_numbers_stay() -> None:
    mask = np.zeros((16, 16, 8), np.uint8)
    mask[4:10, 5:12, 2:6] = 1
    assert label_values(scan(mask)) == (0, 1)
    assert label_values(scan(mask.astype(np.int16) * 1017)) == (0, 1017)


@pytest.mark.parametrize(
    "voxels",
    [
        noise(1, 6, 12, 12, 1),  # fractions
        np.random.default_rng(0).integers(0, 5, (1, 6, 12, 12, 1)),  # few values, no regions
        np.random.default_rng(0).integers(0, 999, (1, 6, 12, 12, 1)),  # many values
        np.zeros((1, 6, 12, 12, 1), np.uint8),  # one value
        regions(5)[None, ..., None] - 900,  # air and bone of a scan
        np.where(regions(3)[None, ..., None] > 0, np.nan, 1.0),
        np.repeat(regions(3)[None, ..., None], 3, axis=-1),  # colors
    ],
)
def test_what_is_no_label_map_is_none(voxels: np.ndarray) -> None:
    assert label_values(volume(voxels)) is None


@pytest.mark.parametrize("name", ["brain", "phantom", "waving-hand"])
def test_pictures_and_scans_are_no_labels(name: str) -> None:
    assert label_values(vv.open(f"sample:{name}")) is None


def test_a_film_of_labels_is_recognized_too() -> None:
    assert label_values(film(regions(4)[..., None])) == (0, 1, 2, 3)


@pytest.mark.parametrize("first", [0, 4])
def test_a_series_of_label_maps_is_recognized_whenever_its_labels_come(first: int) -> None:
    labels = np.zeros((6, 10, 20, 20, 1), np.int16)
    labels[first:, :, 4:9, 4:9] = 1
    labels[first:, :, 10:15, 3:9] = 3
    assert label_values(volume(labels)) == (0, 1, 3)
