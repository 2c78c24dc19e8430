"""Batches of sources with their masks and their cost."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from encoding_sources import film, noise

import voxviewer as vv
from voxviewer.encoding.batching import batch_bytes, batch_sources

S = vv.EncodingSettings


def test_sources_are_encoded_alike_and_keep_their_masks():
    sources = [film(noise(3, 6, 7, 1)), film(noise(9, 6, 7, 1, seed=1))]
    made, clips = batch_sources(sources, S(frames=5, length="pad-zero"))
    assert made.data.shape == (2, 5, 6, 7, 1)
    assert made.real.tolist() == [[True] * 3 + [False] * 2, [True] * 5]
    assert np.array_equal(made.data[1], clips[1].data)
    with pytest.raises(ValueError, match=r"item 1 .* same frames, height and width"):
        batch_sources(sources, S())
    with pytest.raises(ValueError, match="one source alone"):
        batch_sources(sources, S(frames=5), views=3)


def test_views_of_one_source_take_no_memory():
    made, clips = batch_sources([film(noise(4, 6, 7, 1))], S(), views=1000)
    assert made.data.shape == (1000, 4, 6, 7, 1) and made.data.strides[0] == 0
    assert all(clip is clips[0] for clip in clips)


def test_the_cost_of_a_batch_is_said_and_never_below_the_truth():
    sources = [film(noise(20, 100, 120, 1, seed=seed)) for seed in range(3)]
    batch_sources(sources, S())
    tracemalloc.start()
    batch_sources(sources, S())
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak_bytes <= batch_bytes(sources, S()) <= 1.5 * peak_bytes + 1_000_000
