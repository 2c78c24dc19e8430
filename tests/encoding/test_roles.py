"""Roles of a volume's axes: the same numbers as NumPy's moveaxis, take and mean give."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
from encoding_sources import Lazy, film, noise, scan, skeleton, volume

import voxviewer as vv
from voxviewer.encoding import plan

S = vv.EncodingSettings
NAMES = ("time", "height", "width", "channel")


def reference(voxels, roles):
    """(T, H, W, C) in float64, one axis after the other from the last to the first."""
    array = np.asarray(voxels, np.float64)
    left = list(range(5))
    for axis in range(4, -1, -1):
        if isinstance(roles[axis], int):
            array = np.take(array, roles[axis], axis=axis)
        elif roles[axis] == "mean":
            array = array.mean(axis=axis)
        else:
            continue
        left.remove(axis)
    for name in NAMES:
        if name not in roles:
            array, left = array[..., None], [*left, name]
    names = [axis if isinstance(axis, str) else roles[axis] for axis in left]
    for place, name in enumerate(NAMES):
        here = names.index(name)
        array = np.moveaxis(array, here, place)
        names.insert(place, names.pop(here))
    return array


@pytest.mark.parametrize("lazy", [False, True])
@pytest.mark.parametrize("roles", list(permutations((*NAMES, "mean"))), ids="-".join)
def test_every_order_of_axes_is_what_numpy_makes_of_it(roles, lazy):
    array = noise(2, 5, 6, 7, 8)
    source = volume(Lazy(array) if lazy else array)
    clip = vv.encode(source, S(roles=roles))
    np.testing.assert_allclose(clip.data, reference(array, roles), rtol=2e-7, atol=2e-7)
    assert len(clip.frames) == len(clip.data)


@pytest.mark.parametrize(
    "roles",
    [
        ("time", 2, "height", "width", "channel"),
        (1, "time", "height", "width", 4),
        (1, 2, "width", "height", "channel"),
        ("mean", "mean", "height", "width", "mean"),
        ("mean", "channel", "height", "width", 1),
        ("channel", "time", "height", "width", "mean"),
        (0, "height", "time", "width", 0),
        ("height", "width", 3, 2, 1),
    ],
    ids=str,
)
def test_fixed_and_averaged_axes_are_take_and_mean(roles):
    array = (noise(2, 5, 6, 7, 8) * 100).astype(np.int16)
    clip = vv.encode(volume(array), S(roles=roles, frames=1 if "time" not in roles else None))
    np.testing.assert_allclose(clip.data, reference(array, roles), rtol=2e-7)


def test_channels_first_becomes_channels_last():
    stored = noise(5, 12, 10, 9)
    misread = volume(np.transpose(stored, (3, 2, 0, 1))[..., None])  # as H, W, D, T
    clip = vv.encode(misread, S(roles=("width", "height", "channel", "time", 0)))
    assert np.array_equal(clip.data, np.moveaxis(stored, 0, -1))


def test_a_channel_axis_of_three_is_color_wherever_it_lay():
    frames = noise(6, 9, 8, 3)
    layers = volume(np.moveaxis(frames, 3, 1)[..., None])  # three slices
    roles = ("time", "channel", "height", "width", 0)
    same = vv.encode(film(frames))
    assert np.array_equal(vv.encode(layers, S(roles=roles)).data, same.data)
    assert vv.encode(layers, S(roles=roles, channels="rgb")).channels == ("red", "green", "blue")


def test_real_time_is_picked_and_other_axes_are_swept():
    array = noise(8, 6, 5, 4, 1)
    source = volume(array, times=np.arange(8) * 0.5)
    kept = vv.encode(source, S(roles=("time", 0, "height", "width", 0), frames=4))
    assert np.array_equal(kept.data[..., 0], array[1::2, 0, :, :, 0])
    assert kept.times is not None and kept.times.tolist() == [0.5, 1.5, 2.5, 3.5]
    swept = vv.encode(source, S(roles=(0, "time", "height", "width", 0), frames=11))
    assert swept.times is None
    np.testing.assert_allclose(
        swept.data[..., 0], vv.resample(array[0, ..., 0], (11, 5, 4)), rtol=1e-5, atol=1e-6
    )


def test_an_index_that_is_not_there_is_refused_in_one_sentence():
    source = scan(noise(6, 5, 4))
    with pytest.raises(ValueError, match="roles fix D at 4, which is not there: it has 0 to 3"):
        vv.encode(source, S(roles=("time", 4, "height", "width", 0)))


@pytest.mark.parametrize(
    ("roles", "words"),
    [
        (("time", "height", "width"), "five things"),
        ("THWCD", "five things"),
        (("time", "time", "height", "width", 0), "give time to 2 axes"),
        (("time", 0, "height", "channel", 0), "give width to no axis"),
        (("time", -1, "height", "width", 0), "from 0"),
        (("time", 1.5, "height", "width", 0), "1.5"),
        (("time", True, "height", "width", 0), "True"),
        (("time", "depth", "height", "width", 0), "'depth' is not known"),
    ],
)
def test_roles_that_cannot_be_are_refused(roles, words):
    with pytest.raises(ValueError, match=words):
        S(roles=roles)


def test_not_finite_values_of_an_average_are_counted_and_become_0():
    array = noise(1, 4, 5, 6, 1)
    array[0, 1, 2, 3, 0] = np.nan
    clip = vv.encode(volume(array), S(roles=(0, "mean", "height", "width", 0), frames=1))
    assert clip.data[0, 2, 3, 0] == 0 and "1 value was NaN" in clip.warnings[0]


def test_planning_reads_nothing_and_encoding_only_what_it_needs():
    voxels = Lazy(noise(10, 20, 9, 8, 2))
    settings = S(roles=(3, "time", "height", "width", 1))
    plan(volume(voxels), settings)
    assert voxels.read == []
    vv.encode(volume(voxels), settings)
    assert sum(voxels.read) == 20 * 9 * 8


def test_joints_have_no_such_roles_and_ignore_them():
    source = skeleton(noise(6, 4, 3))
    settings = S(roles=(0, "time", "height", "width", "channel"))
    assert np.array_equal(vv.encode(source, settings).data, vv.encode(source).data)
    assert "roles" not in plan(source, settings).relevant


@pytest.mark.parametrize(
    ("roles", "words"),
    [
        ((1, "time", "height", "width", 0), "D as time, T 1"),
        (("time", "mean", "height", "width", "channel"), "mean of 5 D"),
        (("time", 3, "height", "width", "channel"), "D 3"),
    ],
)
def test_the_ledger_says_what_roles_did(roles, words):
    assert plan(volume(noise(2, 5, 6, 7, 1)), S(roles=roles)).steps[1].operation == words


AFFINE = np.array([[-2, 0.1, 0, 5], [0, 1.5, 0.2, -7], [0.3, 0, 3, 11], [0, 0, 0, 1.0]])


@pytest.mark.parametrize(
    ("roles", "stored"),
    [
        ((0, "time", "height", "width", 0), lambda t, h, w: (h, w, t)),
        ((0, "height", "time", "width", 0), lambda t, h, w: (t, w, h)),
        ((0, "width", "height", "time", 0), lambda t, h, w: (h, t, w)),
        (("time", 3, "width", "height", 0), lambda t, h, w: (w, h, 3)),
        (("time", "width", "mean", "height", 0), lambda t, h, w: (2.5, h, w)),
    ],
)
def test_voxels_lie_in_the_world_where_they_lay(roles, stored):
    source = volume(noise(2, 5, 6, 7, 1), affine=AFFINE, spacing=(3.0, 2.0, 1.5))
    clip = vv.encode(source, S(roles=roles))
    assert clip.affine is not None and clip.spacing is not None
    for t, h, w in ((0, 0, 0), (1, 2, 3), (0, 3, 1)):
        frame = t if roles[0] != "time" else 0  # real time is nowhere in the world
        np.testing.assert_allclose(
            clip.affine @ [h, w, frame, 1], AFFINE @ [*stored(frame, h, w), 1], atol=1e-12
        )
    letters = dict(zip(roles, (None, 3.0, 2.0, 1.5), strict=False))
    assert clip.spacing[1:] == (letters["height"], letters["width"])


# --- windows ----------------------------------------------------------------------------------


def test_a_window_is_the_clip_of_its_ends():
    hounsfield = np.linspace(-1000, 1000, 7 * 6 * 5).reshape(7, 6, 5).astype(np.int16)
    clip = vv.encode(scan(hounsfield), S(normalize="window", window=(40, 80)))
    expected = np.clip((np.moveaxis(hounsfield, 2, 0).astype(np.float64) - 0) / 80, 0, 1)
    np.testing.assert_allclose(clip.data[..., 0], expected, rtol=1e-6, atol=1e-7)


def test_the_files_own_window_is_taken_where_none_is_given():
    source = scan(np.arange(60, dtype=np.float32).reshape(3, 4, 5))
    own = replace(source, facts=replace(source.facts, window=(30.0, 20.0)))
    clip = vv.encode(own, S(normalize="window"))
    given = vv.encode(source, S(normalize="window", window=(30, 20)))
    assert np.array_equal(clip.data, given.data)
    assert clip.steps[-1].operation == "window 30 / 20 as 0 to 1"
    other = vv.encode(own, S(normalize="window", window=(10, 20)))
    assert not np.array_equal(other.data, clip.data)


def test_a_window_that_nobody_gave_is_refused():
    with pytest.raises(ValueError, match="needs a window, and the file has none"):
        plan(scan(noise(3, 4, 5)), S(normalize="window"))


def test_padded_frames_stay_0_under_a_window():
    source = film(np.full((2, 4, 5, 1), 100, np.int16))
    settings = S(normalize="window", window=(100, 10), frames=4, length="pad-zero")
    clip = vv.encode(source, settings)
    assert clip.data[:2].min() == 0.5 == clip.data[:2].max() and not clip.data[2:].any()


@pytest.mark.parametrize("window", [(40,), (40, 0), (40, -1), ("a", 1), (float("nan"), 3), 40])
def test_windows_that_cannot_be_are_refused(window):
    with pytest.raises(ValueError, match="center and a width above 0"):
        S(window=window)
