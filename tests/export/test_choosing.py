"""Some of the maps, in some of their frames: what is written is what NumPy would cut out."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

import voxviewer as vv
from voxviewer.data import FilterBank
from voxviewer.export.choosing import select_maps


@pytest.fixture
def maps(make_maps, make_clip, rng):
    """Windows of 3 frames, 2 apart, over a clip of 9: centered on 1, 3, 5 and 7."""
    data = rng.standard_normal((4, 3, 5, 6))
    kernels = rng.random((3, 3, 3, 1, 6), np.float32)
    bank = FilterBank(kernels, rng.random(6, np.float32), "linear", "random", ("left", "right"))
    made = make_maps(data, make_clip(np.zeros((9, 3, 5, 1))), stride=2, offset=1.0)
    return replace(made, bank=bank)


def test_chosen_maps_keep_their_names_kernels_and_order(maps):
    some = select_maps(maps, [4, 1])
    assert np.array_equal(some.data, maps.data[..., [4, 1]])
    assert np.array_equal(some.bank.kernels, maps.bank.kernels[..., [4, 1]])
    assert np.array_equal(some.bank.bias, maps.bank.bias[[4, 1]])
    assert [some.name(0), some.name(1)] == ["filter 4", "right"]
    assert some.bank.names == ("filter 4", "right")
    assert not some.data.flags.writeable and some.data.flags.c_contiguous


def test_chosen_frames_lie_where_they_lay(maps):
    some = select_maps(maps, within=(2, 5))
    assert np.array_equal(some.data, maps.data[1:3])
    assert [some.clip_frame(0), some.clip_frame(1)] == [3, 5]
    assert [some.map_frame(frame) for frame in (1, 3, 5, 7)] == [None, 0, 1, None]
    assert np.array_equal(some.limits, np.abs(maps.data[1:3]).max(axis=(0, 1, 2)))


def test_maps_that_no_bank_made_keep_their_names(maps):
    some = select_maps(replace(maps, bank=None), [2])
    assert some.bank is None and some.name(0) == "filter 2"


def test_without_a_choice_all_are_chosen(maps):
    assert select_maps(maps) is maps


@pytest.mark.parametrize(
    ("chosen", "within", "words"),
    [
        ([6], None, "there is no map 6; the maps are 0 to 5"),
        ([], None, "at least one map"),
        (None, (2, 2), "no map frame lies in clip frames 2 to 2"),
        (None, (2, 9), "the clip has 0 to 8"),
    ],
)
def test_what_is_not_there_is_refused(maps, chosen, within, words):
    with pytest.raises(ValueError, match=words):
        select_maps(maps, chosen, within)


def test_a_choice_that_does_not_fit_in_memory_is_refused(maps, monkeypatch):
    monkeypatch.setattr("voxviewer.files.available_memory", lambda: 1000)
    with pytest.raises(vv.SourceError, match="copying the chosen maps"):
        select_maps(maps, [0] * 1000)


def test_a_tensor_holds_the_maps_a_film_would_show(maps, tmp_path):
    path = vv.save_tensor(maps, tmp_path / "some.npz", maps=[5, 0], range=(3, 7)).path
    with np.load(path) as archive:
        assert np.array_equal(archive["data"], maps.data[1:, :, :, [5, 0]])
        assert np.array_equal(archive["kernels"], maps.bank.kernels[..., [5, 0]])
        assert archive["clip_frames"].tolist() == [3, 5, 7]
    told = json.loads((tmp_path / "some.npz.json").read_text())
    assert told["names"] == ["filter 5", "left"] and told["offset"][0] == 3.0
    assert told["arrays"]["data"]["shape"] == [3, 3, 5, 2]


def test_a_clip_has_no_maps_to_choose(maps, tmp_path):
    with pytest.raises(ValueError, match="only feature maps"):
        vv.save_tensor(maps.clip, tmp_path / "clip.npy", maps=[0])
