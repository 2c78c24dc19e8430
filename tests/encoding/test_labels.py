"""Labels are told from pictures, and blending them is not done silently."""

from __future__ import annotations

import numpy as np
import pytest
from encoding_sources import noise, scan
from hypothesis import given, settings
from hypothesis import strategies as st

import voxviewer as vv
from voxviewer.encoding.labels import looks_like_labels

S = vv.EncodingSettings


def blocks(count, dtype="i2"):
    """A map of so many regions, 4 x 4 x 8 voxels each, numbered at random up to 2035."""
    names = np.random.default_rng(0).choice(2035, count, replace=False)
    cells = np.random.default_rng(1).choice(names, (8, 8, 8))
    cells.reshape(-1)[:count] = names
    return np.kron(cells, np.ones((4, 4, 16))).astype(dtype)


@pytest.mark.parametrize("dtype", ["u1", "i2", "i4", "f4", "f8"])
def test_a_segmentation_is_labels_in_any_dtype(dtype):
    assert looks_like_labels((blocks(7) % 100).astype(dtype))


def test_masks_and_atlases_are_labels():
    assert looks_like_labels(noise(20, 20, 20) > 0)
    assert looks_like_labels(blocks(180))


def test_scans_pictures_and_ramps_are_none():
    rng = np.random.default_rng(2)
    assert not looks_like_labels(rng.integers(0, 256, (40, 50, 60)).astype(np.uint8))
    assert not looks_like_labels(noise(20, 20, 20))
    assert not looks_like_labels(np.zeros((9, 9)))
    assert not looks_like_labels(np.full((9, 9), np.nan))
    smooth = np.rint(200 * np.exp(-(np.linspace(-3, 3, 300)[None] ** 2)) * np.ones((300, 1)))
    assert not looks_like_labels(smooth.astype(np.uint8))
    assert not looks_like_labels(np.array(["a", "b"] * 9)) and not looks_like_labels(np.array(3))


def test_real_scans_are_no_labels(shared_data):
    names = [p for p in sorted(shared_data.rglob("*.nii.gz")) if "seg" not in p.name]
    for path in names[:3]:
        voxels = np.asarray(vv.open(path).voxels[0])
        if len(np.unique(voxels)) > 600:
            assert not looks_like_labels(voxels[..., 0]), path


def test_blending_labels_is_said_and_keeping_them_is_not():
    source = scan(np.moveaxis(blocks(5), 2, 0))
    said = vv.encode(source, S(height=50)).warnings
    assert any("labels" in line and "nearest" in line for line in said)
    for quiet in (S(height=50, order=0), S()):
        assert vv.encode(source, quiet).warnings == ()
    mask = scan(noise(20, 20, 9) > 0)
    assert any("labels" in line for line in vv.encode(mask, S(width=9, order=3)).warnings)


@settings(max_examples=30, deadline=None)
@given(
    st.tuples(*[st.integers(1, 30)] * 3), st.sampled_from(["edges", "centers"]), st.integers(0, 99)
)
def test_nearest_gains_no_label_and_changes_none(target, grid, seed):
    labels = np.random.default_rng(seed).choice([0, 3, 17, 2035], (9, 11, 13))
    found = vv.resample(labels, target, order=0, grid=grid)
    assert found.dtype == labels.dtype and set(np.unique(found)) <= {0, 3, 17, 2035}
