"""One normalization for several sources, kept as numbers in the settings."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from encoding_sources import film, noise

import voxviewer as vv
from voxviewer.recipe import from_json, to_json
from voxviewer.settings import Choices

S = vv.EncodingSettings
SOURCES = [film(noise(3, 20, 30, 1) * 5 + 2), film(noise(9, 20, 30, 1, seed=1) - 7)]


def pooled():
    return np.concatenate([np.asarray(one.voxels).ravel() for one in SOURCES]).astype(float)


def test_extremes_mean_and_deviation_are_those_of_all_values_together():
    low, high = vv.with_shared_statistics(SOURCES, S(normalize="minmax")).statistics
    assert (low, high) == (pooled().min(), pooled().max())
    mean, deviation = vv.with_shared_statistics(SOURCES, S(normalize="zscore")).statistics
    assert mean == pytest.approx(pooled().mean()) and deviation == pytest.approx(pooled().std())


def test_percentiles_are_those_of_all_values_together_to_a_fraction_of_their_rank():
    chosen = S(normalize="percentile", percentiles=(2.0, 97.0))
    found = vv.with_shared_statistics(SOURCES, chosen).statistics
    ranks = [(pooled() <= value).mean() * 100 for value in found]
    assert ranks == pytest.approx([2.0, 97.0], abs=0.05)


def test_numbers_give_every_source_the_same_scale_and_travel_in_the_recipe():
    chosen = vv.with_shared_statistics(SOURCES, S(normalize="zscore"))
    clips = [vv.encode(one, chosen) for one in SOURCES]
    together = np.concatenate([clip.data.ravel() for clip in clips])
    assert together.mean() == pytest.approx(0, abs=1e-5)
    assert together.std() == pytest.approx(1, abs=1e-5)
    again = from_json(to_json(Choices(encoding=chosen))).encoding
    assert again == chosen
    assert np.array_equal(vv.encode(SOURCES[0], again).data, clips[0].data)


def test_padding_does_not_count_and_one_source_alone_has_the_clips_own_numbers():
    chosen = S(normalize="minmax", frames=5, length="pad-zero")
    source = film(noise(3, 4, 5, 1) + 9)
    shared = vv.with_shared_statistics([source], chosen)
    assert shared.statistics[0] > 4, "the zeros of the padding are no data"
    assert np.array_equal(vv.encode(source, shared).data, vv.encode(source, chosen).data)
    alone = vv.encode(source, replace(chosen, statistics="sources"))
    assert np.array_equal(alone.data, vv.encode(source, chosen).data)


def test_nothing_is_measured_where_nothing_is_normalized():
    assert vv.with_shared_statistics(SOURCES, S(statistics=(1, 2))).statistics == "clip"
    with pytest.raises(ValueError, match="at least one source"):
        vv.with_shared_statistics([], S(normalize="minmax"))


def test_given_percentiles_hold_what_lies_beyond_and_given_extremes_do_not():
    source = film(noise(3, 4, 5, 1))
    held = vv.encode(source, S(normalize="percentile", statistics=(-0.5, 0.5))).data
    assert held.min() == 0 and held.max() == 1
    free = vv.encode(source, S(normalize="minmax", statistics=(-0.5, 0.5))).data
    assert np.allclose(free, np.asarray(source.voxels)[:, 0] + 0.5, atol=1e-6)
