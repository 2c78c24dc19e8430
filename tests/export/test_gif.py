"""Films decoded by Pillow, which is not ours, and compared with what the screen would show."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import voxviewer as vv
from voxviewer.data import Batch, Cancelled
from voxviewer.export.gif import image_block, lift_image
from voxviewer.files import SourceError, TooLargeError
from voxviewer.render.colormaps import RULE, lut32
from voxviewer.render.limits import clip_scale, map_scales
from voxviewer.render.pixels import clip_picture, enlarge, paint
from voxviewer.render.wall import compose_map_frame, layout_wall
from voxviewer.settings import RenderSettings

SETTINGS = RenderSettings()


def decode(path: Path) -> tuple[list[np.ndarray], list[int]]:
    """Frames as (H, W) uint32 0xFFRRGGBB, and their times in milliseconds."""
    frames, times = [], []
    with Image.open(path) as film:
        for frame in range(film.n_frames):
            film.seek(frame)
            red, green, blue = np.moveaxis(np.asarray(film.convert("RGB"), np.uint32), 2, 0)
            frames.append(0xFF000000 | red << 16 | green << 8 | blue)
            times.append(film.info["duration"])
    return frames, times


def left_behind(folder: Path) -> list[str]:
    return [name for name in os.listdir(folder) if ".part" in name]


def test_the_article_film_has_12_frames_of_500_milliseconds(make_maps, rng, tmp_path):
    maps = make_maps(rng.standard_normal((12, 252, 252, 1)))
    saved = vv.save_gif(maps, tmp_path / "wave.gif", rate=2)
    frames, times = decode(saved.path)
    assert times == [500] * 12
    assert [frame.shape for frame in frames] == [(252, 252)] * 12
    scale = map_scales(maps, SETTINGS)[0]
    for u, frame in enumerate(frames):
        assert np.array_equal(frame, paint(maps.data[u, :, :, 0], scale))
    assert saved.lossless and saved.frames == 12 and saved.delay == 50
    assert saved.nbytes == saved.path.stat().st_size
    assert saved.sentences[0].startswith("12 frames at 50 cs, ")
    assert saved.sentences[1].startswith("The same pixels as on screen.")


@pytest.mark.parametrize("colormap", [None, "viridis", "night"])
def test_a_gray_clip_is_saved_without_loss(make_clip, rng, tmp_path, colormap):
    clip = make_clip(rng.random((5, 17, 23, 1)))
    settings = RenderSettings(colormap=colormap)
    saved = vv.save_gif(clip, tmp_path / "clip.gif", rate=12, settings=settings)
    frames, times = decode(saved.path)
    assert times == [80] * 5
    scale = clip_scale(clip, settings)
    for t, frame in enumerate(frames):
        assert np.array_equal(frame, clip_picture(clip, t, scale))
    assert "12 frames per second became 12.5" in saved.text


def test_a_clip_per_frame_is_saved_as_it_is_shown(make_clip, rng, tmp_path):
    clip = make_clip(np.linspace(1, 3, 4)[:, None, None, None] * rng.random((4, 9, 8, 1)))
    settings = RenderSettings(clip_scaling="frame")
    saved = vv.save_gif(clip, tmp_path / "a.gif", settings=settings)
    assert "contrast per frame" in saved.text
    with Image.open(tmp_path / "a.gif") as film:
        for frame in range(4):
            film.seek(frame)
            shown = np.asarray(film.convert("RGB"))[..., 0]
            assert shown.min() == 0 and shown.max() == 255, "each from black to white"


def test_equal_frames_stay_frames_with_their_own_time(make_clip, tmp_path):
    data = np.zeros((9, 8, 8, 1))
    data[4] = 1
    saved = vv.save_gif(make_clip(data), tmp_path / "still.gif", rate=20)
    frames, times = decode(saved.path)
    assert times == [50] * 9
    assert [int(frame[0, 0]) & 255 for frame in frames] == [0] * 4 + [255] + [0] * 4


@pytest.mark.parametrize("coat", ["night", "day"])
@pytest.mark.parametrize("scaling", ["map", "global", "symmetric", "frame"])
def test_a_wall_of_maps_is_the_pixels_of_the_screen(make_maps, rng, tmp_path, coat, scaling):
    maps = make_maps(rng.standard_normal((3, 9, 11, 5)) * [1, 2, 3, 4, 5])
    settings = RenderSettings(scaling=scaling)
    saved = vv.save_gif(maps, tmp_path / "wall.gif", settings=settings, coat=coat)
    assert saved.lossless
    layout = layout_wall((9, 11), range(5), 0, 0, zoom=1, columns=3, gap=1)
    line = int(lut32(coat)[RULE]) & 0xFFFFFF
    for u, frame in enumerate(decode(saved.path)[0]):
        scales = map_scales(maps, settings, coat, u)
        wall = compose_map_frame(maps, u, layout, scales, background=line)
        assert np.array_equal(frame, wall)


def test_unsigned_maps_are_saved_without_loss_too(make_maps, rng, tmp_path):
    maps = make_maps(rng.random((2, 16, 16, 4)))
    saved = vv.save_gif(maps, tmp_path / "wall.gif")
    assert saved.lossless and "viridis" in saved.text
    frame = decode(saved.path)[0][1]
    scales = map_scales(maps, SETTINGS)
    assert np.array_equal(frame[17:33, 17:33], paint(maps.data[1, :, :, 3], scales[3]))


def test_chosen_maps_are_shown_in_their_order(make_maps, rng, tmp_path):
    maps = make_maps(rng.standard_normal((2, 6, 6, 5)))
    scales = map_scales(maps, SETTINGS)
    one = vv.save_gif(maps, tmp_path / "one.gif", maps=(3,))
    assert np.array_equal(decode(one.path)[0][1], paint(maps.data[1, :, :, 3], scales[3]))
    two = vv.save_gif(maps, tmp_path / "two.gif", maps=(4, 0), columns=2)
    frame = decode(two.path)[0][0]
    assert frame.shape == (6, 13)
    assert np.array_equal(frame[:, :6], paint(maps.data[0, :, :, 4], scales[4]))
    assert np.array_equal(frame[:, 7:], paint(maps.data[0, :, :, 0], scales[0]))


def test_a_range_counts_clip_frames_and_includes_both_ends(make_clip, make_maps, rng, tmp_path):
    clip = make_clip(rng.random((8, 5, 5, 1)))
    frames, _ = decode(vv.save_gif(clip, tmp_path / "clip.gif", range=(2, 4)).path)
    assert len(frames) == 3
    assert np.array_equal(frames[0], clip_picture(clip, 2, clip_scale(clip, SETTINGS)))
    maps = make_maps(rng.standard_normal((6, 3, 3, 1)), clip, offset=1.0)
    frames, _ = decode(vv.save_gif(maps, tmp_path / "maps.gif", range=(0, 3)).path)
    assert len(frames) == 3
    scale = map_scales(maps, SETTINGS)[0]
    assert np.array_equal(frames[2], paint(maps.data[2, :, :, 0], scale))
    with pytest.raises(ValueError, match="no map frame lies in clip frames 0 to 0"):
        vv.save_gif(maps, tmp_path / "maps.gif", range=(0, 0))


def test_a_scaled_film_repeats_its_pixels(make_maps, rng, tmp_path):
    maps = make_maps(rng.standard_normal((2, 5, 6, 4)))
    small = decode(vv.save_gif(maps, tmp_path / "small.gif").path)[0]
    saved = vv.save_gif(maps, tmp_path / "large.gif", scale=3)
    assert (saved.width, saved.height) == (39, 33)
    for one, three in zip(small, decode(saved.path)[0], strict=True):
        assert np.array_equal(three, enlarge(one, 3))


def test_few_colors_are_kept_as_they_are(make_clip, rng, tmp_path):
    data = rng.integers(0, 6, (4, 20, 20, 3)) * 51.0
    clip = make_clip(data, ("red", "green", "blue"))
    saved = vv.save_gif(clip, tmp_path / "few.gif")
    assert saved.lossless
    for t, frame in enumerate(decode(saved.path)[0]):
        assert np.array_equal(frame, clip_picture(clip, t, clip_scale(clip, SETTINGS)))


def test_many_colors_are_reduced_once_for_all_frames_and_that_is_said(make_clip, tmp_path):
    y, x = np.mgrid[0:64, 0:64] / 63.0
    data = np.stack([np.stack([x, y, np.full_like(x, t / 5)], axis=2) for t in range(6)])
    clip = make_clip(data, ("red", "green", "blue"))
    saved = vv.save_gif(clip, tmp_path / "many.gif")
    assert not saved.lossless
    assert "colors became one palette of 256, the same for all frames" in saved.text
    frames, _ = decode(saved.path)
    shown = np.concatenate([frame.ravel() for frame in frames])
    assert len(np.unique(shown)) <= 256
    truth = np.concatenate(
        [clip_picture(clip, t, clip_scale(clip, SETTINGS)).ravel() for t in range(6)]
    )
    for shift in (16, 8, 0):
        error = (shown >> shift & 255).astype(int) - (truth >> shift & 255).astype(int)
        assert np.abs(error).mean() < 14
    # One rule for all frames: the same color never becomes two.
    pairs = np.unique(np.stack([truth, shown], axis=1), axis=0)
    assert len(pairs) == len(np.unique(truth))
    with open(saved.path, "rb") as file:
        assert file.read(13)[10] == 0xF7
        assert saved.path.read_bytes().count(b"NETSCAPE2.0") == 1


def test_more_colors_than_fit_a_list_are_reduced_alike(make_clip, rng, tmp_path):
    clip = make_clip(rng.random((2, 200, 200, 3)), ("red", "green", "blue"))
    saved = vv.save_gif(clip, tmp_path / "noise.gif")
    shown, truth = decode(saved.path)[0][1], clip_picture(clip, 1, clip_scale(clip, SETTINGS))
    error = (shown >> 8 & 255).astype(int) - (truth >> 8 & 255).astype(int)
    assert np.abs(error).mean() < 20


def test_the_input_tile_shows_the_center_of_the_window(make_clip, make_maps, rng, tmp_path):
    clip = make_clip(np.round(rng.random((6, 8, 8, 1)) * 20) / 20)
    maps = make_maps(np.round(rng.standard_normal((4, 6, 6, 3)) * 5) / 5, clip, offset=1.0)
    saved = vv.save_gif(maps, tmp_path / "both.gif", input_tile=True, columns=2)
    assert saved.lossless
    own = clip_scale(clip, SETTINGS)
    for u, frame in enumerate(decode(saved.path)[0]):
        assert np.array_equal(frame[:8, :8], clip_picture(clip, u + 1, own))
    assert "input gray" in saved.text and "maps signed" in saved.text


@pytest.mark.parametrize("sign", [1, -1])
def test_a_wall_with_its_input_is_off_by_a_level_where_colors_are_too_many(
    make_clip, make_maps, tmp_path, sign
):
    ramp = np.linspace(0, 1, 256).reshape(1, 16, 16, 1)
    maps = make_maps(ramp - 0.5 * (sign < 0), make_clip(ramp))
    saved = vv.save_gif(maps, tmp_path / "both.gif", input_tile=True, columns=2)
    assert not saved.lossless and "became one palette of 256" in saved.text
    layout = layout_wall((16, 16), (0,), 0, 0, input_size=(16, 16), zoom=1, columns=2, gap=1)
    scales, own = map_scales(maps, SETTINGS), clip_scale(maps.clip, SETTINGS)
    line = int(lut32("night")[RULE]) & 0xFFFFFF
    truth = compose_map_frame(maps, 0, layout, scales, own, background=line)
    shown = decode(saved.path)[0][0]
    for shift in (16, 8, 0):
        error = (shown >> shift & 255).astype(int) - (truth >> shift & 255).astype(int)
        assert np.abs(error).max() <= 3
    assert np.array_equal(shown[:, 16], truth[:, 16])


def test_one_channel_of_many_is_shown_and_named(make_clip, rng, tmp_path):
    clip = make_clip(rng.random((2, 6, 6, 3)), ("nose", "neck", "hip"), axes="TPJX")
    saved = vv.save_gif(clip, tmp_path / "neck.gif", channel=1)
    assert "channel neck of 3" in saved.text
    scale = clip_scale(clip, SETTINGS)
    assert np.array_equal(decode(saved.path)[0][0], paint(clip.data[0, :, :, 1], scale))


def test_a_film_loops_for_ever_and_says_its_scaling_inside(make_maps, rng, tmp_path):
    saved = vv.save_gif(make_maps(rng.standard_normal((2, 4, 4, 2))), tmp_path / "wall.gif")
    with Image.open(saved.path) as film:
        assert film.info["loop"] == 0
        assert b"signed, centered on 0, fixed over time" in film.info["comment"]


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (300, 1), (15, 16), (257, 255)])
@pytest.mark.parametrize("levels", [1, 2, 256])
def test_a_frame_of_any_size_is_lifted_whole(rng, tmp_path, size, levels):
    picture = rng.integers(0, levels, size, np.uint8)
    palette = bytes(range(256)) * 3
    height, width = size
    head = b"GIF89a" + bytes([width & 255, width >> 8, height & 255, height >> 8, 0xF7, 0, 0])
    (tmp_path / "one.gif").write_bytes(head + palette + image_block(picture) + b";")
    with Image.open(tmp_path / "one.gif") as film:
        assert np.array_equal(np.asarray(film), picture)


def test_a_frame_with_its_own_colors_is_not_lifted():
    from io import BytesIO

    file = BytesIO()
    frames = [Image.new("RGB", (4, 4), color) for color in ("red", "blue")]
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])
    data = file.getvalue()
    local = data[:13] + data[data.index(b"\x2c", 13) :]
    broken = bytearray(local)
    broken[10] = 0
    broken[13 + 9] |= 0x80
    with pytest.raises(ValueError, match="cannot be lifted"):
        lift_image(bytes(broken))


def test_a_cancelled_film_leaves_the_old_one_and_nothing_else(make_maps, rng, tmp_path):
    path = tmp_path / "wall.gif"
    path.write_bytes(b"old")
    seen = []

    def stop(share, text):
        seen.append(share)
        if len(seen) == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        vv.save_gif(make_maps(rng.standard_normal((5, 4, 4, 2))), path, progress=stop)
    assert path.read_bytes() == b"old" and os.listdir(tmp_path) == ["wall.gif"]


def test_progress_only_grows_and_ends_at_one(make_clip, rng, tmp_path):
    seen = []
    clip = make_clip(rng.random((4, 20, 20, 3)), ("red", "green", "blue"))
    vv.save_gif(clip, tmp_path / "a.gif", progress=lambda share, text: seen.append((share, text)))
    shares = [share for share, _ in seen]
    assert shares == sorted(shares) and shares[0] == 0 and shares[-1] == 1
    assert ("Frame 3 of 4") in [text for _, text in seen]


def test_a_film_that_fails_leaves_the_old_one(make_maps, rng, tmp_path, monkeypatch):
    path = tmp_path / "wall.gif"
    path.write_bytes(b"old")

    def broken(picture):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("voxviewer.export.gif.image_block", broken)
    with pytest.raises(SourceError, match=r"wall.gif: cannot be written: No space left"):
        vv.save_gif(make_maps(rng.standard_normal((2, 4, 4, 2))), path)
    assert path.read_bytes() == b"old" and not left_behind(tmp_path)


KILLED = """
import os, sys
sys.path[:0] = {path!r}
import numpy as np
import voxviewer as vv
from voxviewer.data import Clip
from voxviewer.settings import EncodingSettings
T = 5
clip = Clip(np.zeros((T, 8, 8, 1), np.float32), np.ones(T, bool), np.arange(T), ("gray",), "c",
            EncodingSettings())
def progress(share, text):
    if text.startswith("Frame 4"):
        os.kill(os.getpid(), 9)
vv.save_gif(clip, {target!r}, progress=progress)
"""


@pytest.mark.skipif(os.name != "posix", reason="kills with a signal")
def test_a_killed_program_leaves_the_old_film(tmp_path):
    path = tmp_path / "wall.gif"
    path.write_bytes(b"old")
    script = KILLED.format(path=sys.path, target=str(path))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, timeout=60)
    assert done.returncode == -9, done.stderr.decode()
    assert path.read_bytes() == b"old"


def test_what_makes_no_film_is_refused_before_any_work(make_clip, make_maps, rng, tmp_path):
    maps = make_maps(rng.standard_normal((3, 4, 4, 2)))
    clip = make_clip(rng.random((3, 4, 4, 1)))
    batch = Batch(clip.data[None], clip.real[None], ("clip",))
    path = tmp_path / "a.gif"
    for match, what, kwargs in [
        ("not of a Batch", batch, {}),
        ("not of a list", [clip], {}),
        ("there is no map 2; the maps are 0 to 1", maps, {"maps": (2,)}),
        ("there is no map -1", maps, {"maps": (-1,)}),
        ("at least one map", maps, {"maps": ()}),
        ("frames 1 to 3 are not all there; the clip has 0 to 2", clip, {"range": (1, 3)}),
        ("frames 2 to 1", clip, {"range": (2, 1)}),
        ("scale must be a whole number from 1 to 64", clip, {"scale": 0}),
        ("scale must be a whole number", clip, {"scale": 1.5}),
        ("no feature maps to choose", clip, {"maps": (0,)}),
        ("there is no channel 1", clip, {"channel": 1}),
        ("coat 'dusk'", maps, {"coat": "dusk"}),
        ("rate must be a number above 0", clip, {"rate": 0}),
        ("there is no frame", make_clip(np.zeros((0, 4, 4, 1))), {}),
        ("there is no frame", make_maps(np.zeros((0, 4, 4, 1)), clip), {}),
    ]:
        with pytest.raises(ValueError, match=match):
            vv.save_gif(what, path, **kwargs)
    assert not os.listdir(tmp_path)


@pytest.mark.parametrize(
    ("name", "match"),
    [
        ("film.mp4", r"film.mp4: .mp4 files are planned but not built yet; use .gif"),
        ("film.npy", r".npy is an array of values"),
        ("film.avi", r"files ending in .avi cannot be written; use .gif"),
        ("film", r"film: the name has no ending; use .gif"),
    ],
)
def test_other_kinds_of_film_are_refused(make_clip, tmp_path, name, match):
    with pytest.raises(ValueError, match=match):
        vv.save_gif(make_clip(np.zeros((1, 2, 2, 1))), tmp_path / name)


def test_a_film_too_large_for_the_format_or_the_memory_is_refused(make_clip, tmp_path, monkeypatch):
    wide = make_clip(np.zeros((1, 1, 2000, 1)))
    with pytest.raises(ValueError, match="128000 x 64 pixels and a GIF has room for 65535"):
        vv.save_gif(wide, tmp_path / "wide.gif", scale=64)
    monkeypatch.setattr("voxviewer.files.available_memory", lambda: 10_000)
    with pytest.raises(TooLargeError, match="writing the film"):
        vv.save_gif(make_clip(np.zeros((1, 64, 64, 1))), tmp_path / "a.gif")


def test_a_folder_that_is_not_there_is_one_sentence(make_clip, tmp_path):
    with pytest.raises(SourceError, match="is not there"):
        vv.save_gif(make_clip(np.zeros((1, 2, 2, 1))), tmp_path / "no" / "a.gif")


def test_maps_with_values_that_are_not_finite_are_shown(make_maps, rng, tmp_path):
    data = rng.standard_normal((2, 4, 4, 1))
    data[0, 0, 0, 0], data[0, 0, 1, 0] = np.nan, np.inf
    maps = make_maps(data)
    frame = decode(vv.save_gif(maps, tmp_path / "a.gif").path)[0][0]
    assert hex(frame[0, 0]) == "0xff171717" and hex(frame[0, 1]) == "0xffffc88b"


def test_a_wall_of_256_maps_is_one_film(make_maps, rng, tmp_path):
    saved = vv.save_gif(make_maps(rng.standard_normal((2, 8, 8, 256))), tmp_path / "many.gif")
    assert (saved.width, saved.height, saved.lossless) == (143, 143, True)
    assert len(decode(saved.path)[0]) == 2
