"""Orders of axes to choose from: likely ones first, each what NumPy makes of the stored array."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from encoding_sources import film, noise, scan, volume

import voxviewer as vv
from voxviewer import sources
from voxviewer.encoding.candidates import (
    Candidate,
    candidates,
    chosen,
    doubtful,
    effective_roles,
    settings_for,
    with_role,
)

S = vv.EncodingSettings


def opened(array, tmp_path, axes=None):
    np.save(tmp_path / "a.npy", array)
    return sources.open(tmp_path / "a.npy", axes=axes)


@pytest.mark.parametrize(
    ("shape", "order"),
    [
        ((3, 20, 32, 32), "C D H W"),
        ((20, 32, 32, 3), "T H W C"),
        ((32, 32, 20, 2), "H W D C"),
        ((3, 40, 40), "C H W"),
        ((30, 40, 40), "D H W"),
        ((5, 3, 6, 16, 16), "T C D H W"),
        ((1, 6, 16, 16, 3), "T D H W C"),
        ((20, 30), "H W"),
    ],
)
def test_the_likely_order_is_among_the_first_three(shape, order, tmp_path):
    found = candidates(opened(noise(*shape), tmp_path), free=True)
    assert order in [item.label for item in found[:3]]
    assert len(found) <= 6
    assert sum(item.axes is None for item in found) == 1


@pytest.mark.parametrize("shape", [(3, 9, 12, 10), (7, 8, 9), (6, 5, 4, 3), (2, 3, 6, 5, 4)])
def test_a_candidates_picture_is_what_opening_with_its_axes_gives(shape, tmp_path):
    source = opened(noise(*shape), tmp_path)
    for item in candidates(source, free=True):
        shown = vv.encode(source, S(roles=item.roles))
        again = sources.open(tmp_path / "a.npy", axes=item.label.replace(" ", ""))
        assert np.array_equal(shown.data, vv.encode(again).data), item.label


@pytest.mark.parametrize(
    ("shape", "dtype", "doubt"),
    [
        ((64, 64, 30), np.float32, False),
        ((30, 64, 64), np.float32, True),
        ((32, 32, 32), np.float32, True),
        ((16, 60, 80, 3), np.uint8, False),
        ((3, 20, 32, 32), np.float32, True),
        ((20, 30), np.float32, False),
    ],
)
def test_doubt_is_where_another_plane_fits_as_well(shape, dtype, doubt, tmp_path):
    source = opened(np.zeros(shape, dtype), tmp_path)
    found = candidates(source, free=True)
    assert doubtful(found, chosen(found, source, S())) == doubt
    sweeps = candidates(source, free=False)
    assert not sweeps or not doubtful(sweeps, chosen(sweeps, source, S()))


def test_axes_that_are_known_are_not_renamed():
    found = candidates(scan(noise(9, 8, 7)), free=False)
    assert [item.label for item in found] == ["time: D", "time: H", "time: W"]
    assert all(item.axes is None for item in found)
    assert candidates(film(noise(1, 8, 9, 3)), free=False) == ()
    series = candidates(volume(noise(4, 5, 6, 7, 1)), free=False)
    assert [item.label for item in series] == [
        "time: T", "time: D", "time: H", "time: W", "time: T, mean D",
    ]  # fmt: skip


@pytest.mark.parametrize("axis", ["depth", "height", "width"])
def test_sweeping_an_axis_by_roles_is_the_time_axis_setting(axis):
    source = scan(noise(9, 8, 7))
    found = {item.label[-1]: item for item in candidates(source, free=False)}
    item = found[axis[0].upper()]
    way = S(time_axis=axis)
    assert np.array_equal(
        vv.encode(source, settings_for(item, S())).data, vv.encode(source, way).data
    )
    assert chosen(tuple(found.values()), source, way) == item


@pytest.mark.parametrize(
    "settings",
    [
        S(), S(depth="mean"), S(depth=2), S(time_axis="depth", time_index=1),
        S(time_axis="height"), S(time_axis="width", time_index=3),
        S(roles=(1, 2, "width", "height", 0)),
    ],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("channels", [1, 2])
def test_effective_roles_say_what_is_done_already(settings, channels):
    source = volume(noise(4, 5, 6, 7, channels))
    roles = effective_roles(source, settings)
    assert np.array_equal(vv.encode(source, S(roles=roles)).data, vv.encode(source, settings).data)


def test_an_index_of_another_source_does_not_stop_the_window():
    assert effective_roles(scan(noise(4, 5, 6)), S(depth=99))[1] == "time"
    assert effective_roles(volume(noise(4, 5, 6, 7, 1)), S(depth=99))[1] == 2


def test_giving_a_role_swaps_it_with_who_had_it():
    roles = (0, "time", "height", "width", "channel")
    shape = (1, 9, 8, 7, 1)
    assert with_role(shape, roles, 1, "width") == (0, "width", "height", "time", "channel")
    assert with_role(shape, roles, 1, 4) == (0, 4, "height", "width", "channel")
    assert with_role(shape, roles, 2, "mean")[1:4] == ("time", "mean", "width")


def test_any_role_can_be_given_to_any_axis():
    shape = (2, 3, 4, 5, 2)
    source = volume(noise(*shape))
    start = [effective_roles(source, S()), effective_roles(source, S(depth="channels"))]
    for roles, axis, role in product(
        start, range(5), ("time", "height", "width", "channel", "mean", 1)
    ):
        made = with_role(shape, roles, axis, role)
        assert made[axis] == role
        vv.encode(source, S(roles=made, frames=2))


def test_a_candidate_is_chosen_whatever_axes_of_one_entry_are_called():
    source = scan(noise(9, 8, 7))
    found = candidates(source, free=True)
    first = chosen(found, source, S())
    assert isinstance(first, Candidate) and first.label == "H W D"
    assert chosen(found, source, S(roles=(0, "time", "height", "width", 0))) == first
    assert chosen(found, source, S(roles=(0, 3, "width", "height", 0))) is None
