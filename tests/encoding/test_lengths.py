"""Which frames a clip shows: lengths, sides, an even clock, a chosen order; and their marks."""

from __future__ import annotations

import numpy as np
import pytest
from encoding_sources import film, noise, skeleton
from hypothesis import given, settings
from hypothesis import strategies as st

import voxviewer as vv
from voxviewer.encoding import plan
from voxviewer.encoding.lengths import Picked, even_places, length_text, pick
from voxviewer.encoding.time_change import padded_reach, seams, time_change

S = vv.EncodingSettings
PADS = {"pad-edge": "edge", "pad-loop": "wrap", "pad-reflect": "reflect"}


@given(
    count=st.integers(2, 30),
    more=st.integers(1, 40),
    length=st.sampled_from([*PADS, "pad-zero"]),
    side=st.sampled_from(["after", "before", "both"]),
)
@settings(max_examples=150, deadline=None)
def test_padding_on_any_side_is_that_of_numpy(count, more, length, side):
    picked = pick(count, count + more, length, side)
    widths = {"after": (0, more), "before": (more, 0), "both": (more // 2, more - more // 2)}
    if length == "pad-zero":
        expected = np.pad(np.arange(count), widths[side], constant_values=-1)
    else:
        expected = np.pad(np.arange(count), widths[side], mode=PADS[length])
    assert picked.frames.tolist() == expected.tolist()
    mask = np.pad(np.ones(count, bool), widths[side], constant_values=False)
    assert picked.real.tolist() == mask.tolist()


@given(st.lists(st.integers(-1, 40), min_size=1, max_size=60))
def test_used_frames_are_those_that_numpy_calls_unique(frames):
    whole = np.array(frames)
    picked = Picked(whole, whole >= 0, np.arange(len(frames)))
    used, uses = np.unique(whole[whole >= 0], return_inverse=True)
    assert picked.used.tolist() == used.tolist()
    assert picked.uses.tolist() == uses.tolist()


@pytest.mark.parametrize(("side", "kept"), [("after", 0), ("before", 4), ("both", 2)])
def test_too_many_frames_are_left_away_on_the_side_that_is_padded(side, kept):
    picked = pick(10, 6, "pad-zero", side)
    assert picked.frames.tolist() == list(range(kept, kept + 6)) and picked.real.all()


@given(count=st.integers(1, 60), wanted=st.integers(1, 60), seed=st.integers(0, 99))
@settings(max_examples=150, deadline=None)
def test_random_takes_one_frame_of_each_even_part(count, wanted, seed):
    frames = pick(count, wanted, "random", seed=seed).frames
    assert frames.tolist() == pick(count, wanted, "random", seed=seed).frames.tolist()
    assert ((frames >= 0) & (frames < count)).all() and (np.diff(frames) >= 0).all()
    i = np.arange(wanted)
    if wanted != count:
        assert (frames >= np.floor(i * count / wanted)).all()
        assert (frames <= np.ceil((i + 1) * count / wanted)).all()


def test_another_seed_takes_other_frames():
    found = {tuple(pick(100, 8, "random", seed=seed).frames.tolist()) for seed in range(20)}
    assert len(found) == 20


def test_a_window_begins_at_its_start_and_is_padded_beyond_the_end():
    source = film(noise(10, 4, 5, 1))
    clip = vv.encode(source, S(length="window", start=3, frames=4))
    assert clip.frames.tolist() == [3, 4, 5, 6] and clip.real.all()
    assert np.array_equal(clip.data, np.asarray(source.voxels)[3:7, 0])
    assert vv.encode(source, S(length="window", start=7)).frames.tolist() == [7, 8, 9]
    over = vv.encode(source, S(length="window", start=8, frames=4))
    assert over.frames.tolist() == [8, 9, -1, -1] and over.real.tolist() == [True] * 2 + [False] * 2
    with pytest.raises(ValueError, match="start 10 is not there: frames are 0 to 9"):
        vv.encode(source, S(length="window", start=10))


def test_an_even_clock_takes_the_nearest_frame_at_each_instant():
    times = np.array([0.0, 0.04, 0.08, 0.3, 0.34, 0.5])
    source = film(noise(6, 3, 4, 1), times=times)
    clip = vv.encode(source, S(clip_rate=20.0))
    expected = [int(np.abs(times - k / 20).argmin()) for k in range(11)]
    assert clip.frames.tolist() == expected and clip.real.all()
    assert np.allclose(clip.times, np.arange(11) / 20)
    longer = vv.encode(source, S(clip_rate=20.0, frames=13, length="pad-edge"))
    assert np.allclose(longer.times, np.arange(13) / 20)


@given(count=st.integers(1, 40), rate=st.floats(0.5, 60))
@settings(max_examples=100, deadline=None)
def test_an_even_recording_at_its_own_rate_stays_as_it_is(count, rate):
    times = np.round(np.arange(count) / rate, 6)
    assert even_places(times, rate).tolist() == list(range(count))


def test_times_that_cannot_be_made_even_are_refused_and_none_are_ignored():
    frames = noise(4, 3, 4, 1)
    falling = film(frames, times=np.array([0.0, 2.0, 1.0, 3.0]))
    with pytest.raises(ValueError, match="times that rise"):
        vv.encode(falling, S(clip_rate=5.0))
    with pytest.raises(ValueError, match="use a lower rate"):
        vv.encode(film(frames, times=np.arange(4) * 1e4), S(clip_rate=1000.0))
    assert "clip_rate" not in plan(film(frames), S()).relevant
    assert vv.encode(film(frames), S(clip_rate=5.0)).frames.tolist() == [0, 1, 2, 3]


def test_a_chosen_order_comes_before_everything_else():
    source = film(noise(6, 3, 4, 1), times=np.arange(6) / 10)
    clip = vv.encode(source, S(frame_order=(5, 3, 1), frames=5, length="pad-loop"))
    assert clip.frames.tolist() == [5, 3, 1, 5, 3]
    assert np.array_equal(clip.data[0], np.asarray(source.voxels)[5, 0])
    assert np.allclose(clip.times, [0.1, 0.3, 0.5, 0.7, 0.9])
    with pytest.raises(ValueError, match="frame 6: there are 0 to 5"):
        vv.encode(source, S(frame_order=(0, 6)))


def test_the_plan_names_the_frames_that_are_dropped():
    source = film(noise(10, 3, 4, 1))
    assert plan(source, S(frames=4)).dropped.tolist() == [0, 2, 4, 5, 7, 9]
    assert plan(source, S(frames=7, length="center")).dropped.tolist() == [0, 8, 9]
    assert plan(source, S(frame_order=(1, 2, 3), frames=2, length="window")).dropped.tolist() == [3]
    assert plan(source, S(frames=14, length="pad-zero")).dropped.tolist() == []
    assert plan(skeleton(noise(10, 3, 2)), S(frames=9, length="center")).dropped.tolist() == [9]


def test_what_was_done_is_said_in_a_few_words():
    said = [
        length_text(16, pick(16, *rest))
        for rest in (
            (16, "sample"), (8, "sample"), (20, "pad-zero"), (20, "pad-zero", "before"),
            (21, "pad-loop", "both"), (8, "center"), (6, "window", "after", 12),
        )
    ]  # fmt: skip
    assert said == [
        "", "sample 8 of 16", "pad 4 after", "pad 4 before", "pad 2 before, 3 after",
        "keep 8 of 16", "keep 4 of 16, pad 2 after",
    ]  # fmt: skip


# --- marks ------------------------------------------------------------------------------------


def test_replicas_give_a_filter_that_sums_to_zero_nothing_away_from_the_ends():
    picture = film(noise(1, 8, 9, 1))
    change = time_change(vv.encode(picture, S(frames=7)).data)
    assert change.inside == 0.0
    assert change.ends == pytest.approx(0.5)  # half of the frame itself, against zeros
    moved = time_change(vv.encode(picture, S(frames=7, pseudo_depth="transforms")).data)
    assert moved.inside > 0.1


def test_the_change_is_the_answer_of_the_convolution():
    from voxviewer import conv3d

    data = noise(6, 5, 4, 2)
    kernel = np.zeros((3, 1, 1, 2, 2), np.float32)
    for c in range(2):
        kernel[:, 0, 0, c, c] = (-0.5, 0, 0.5)
    answer = conv3d(data, kernel, padding="same")
    strength = np.sqrt(np.mean(data.astype(float) ** 2))
    change = time_change(data)
    assert change.inside == pytest.approx(np.sqrt(np.mean(answer[1:-1] ** 2)) / strength, rel=1e-5)
    assert change.ends == pytest.approx(np.sqrt(np.mean(answer[[0, -1]] ** 2)) / strength, rel=1e-5)
    assert np.isnan(time_change(np.zeros((3, 2, 2, 1), np.float32)).inside)
    assert time_change(data[:1]).ends == 0.0


def test_a_loop_has_a_seam_and_a_reflection_has_none():
    ramp = np.broadcast_to(np.arange(8.0)[:, None, None, None], (8, 3, 4, 1)).astype(np.float32)
    loop = seams(vv.encode(film(ramp), S(frames=20, length="pad-loop")))
    assert [(seam.at, seam.jump) for seam in loop] == [(8, 7.0), (16, 7.0)]
    assert [seam.at for seam in seams(vv.encode(film(ramp), S(
        frames=12, length="pad-loop", pad_side="before")))] == [4]  # fmt: skip
    for length in ("pad-reflect", "pad-edge", "pad-zero", "sample"):
        assert seams(vv.encode(film(ramp), S(frames=20, length=length))) == ()


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize(
    ("kernel", "stride", "dilation"), [(3, 1, 1), (5, 2, 1), (4, 1, 1), (3, 1, 2)]
)
def test_the_reach_of_padding_is_what_a_convolution_of_the_mask_says(
    padding, kernel, stride, dilation
):
    real = np.array([0, 1, 1, 1, 1, 1, 1, 0, 0], bool)
    chosen = vv.ConvolutionSettings(
        padding=padding, strides=(stride, 1, 1), dilation=(dilation, 1, 1)
    )
    ones = np.ones((kernel, 1, 1, 1, 1), np.float32)
    mask = real.astype(np.float32)[:, None, None, None]
    counted = vv.conv3d(mask, ones, None, (stride, 1, 1), padding, (dilation, 1, 1))[:, 0, 0, 0]
    assert np.allclose(padded_reach(real, kernel, chosen), 1 - counted / kernel, atol=1e-6)


def test_a_kernel_longer_than_the_clip_reaches_nothing():
    chosen = vv.ConvolutionSettings(padding="valid")
    assert padded_reach(np.ones(3, bool), 5, chosen).tolist() == []
