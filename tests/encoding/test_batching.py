"""Batches of feature maps, and what the default path imports."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from encoding_sources import film, noise

import voxviewer as vv
from voxviewer.data import FeatureMaps
from voxviewer.encoding.batching import batch_maps


def maps_of(clip, data, offset=1.0):
    count = data.shape[-1]
    return FeatureMaps(
        data, clip, None, vv.ConvolutionSettings(), "handwritten", 0.0, (3, 1, 1), (1, 1, 1),
        (offset, 0.0, 0.0), np.ones(count, np.float32), np.ones((len(data), count), np.float32),
        np.zeros(count, np.float32),
    )  # fmt: skip


def test_maps_stack_and_keep_which_of_their_frames_are_real():
    clip = vv.encode(film(noise(4, 5, 6, 1)), vv.EncodingSettings(frames=6, length="pad-zero"))
    data = noise(4, 5, 6, 2)  # a valid kernel of 3 frames leaves 4, centered on frames 1 to 4
    batch = batch_maps([maps_of(clip, data), maps_of(clip, data * 2)])
    assert batch.data.shape == (2, 4, 5, 6, 2) and np.array_equal(batch.data[1], data * 2)
    assert batch.real.tolist() == [[True, True, True, False]] * 2
    with pytest.raises(ValueError, match="item 1"):
        batch_maps([maps_of(clip, data), maps_of(clip, data[:2])])


def test_the_default_encodings_import_nothing_heavy():
    code = (
        "import sys, numpy as np, voxviewer as vv\n"
        "vv.resample(np.ones((4, 4, 4)), (2, 8, 4))\n"
        "vv.joint_heatmaps(np.zeros((2, 3, 2)))\n"
        "print([m for m in ('scipy', 'numba', 'PySide6', 'nibabel') if m in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
