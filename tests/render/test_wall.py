from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voxviewer.render.limits import clip_scale, map_scales
from voxviewer.render.pixels import clip_picture, enlarge, paint
from voxviewer.render.wall import (
    CANVAS,
    INPUT,
    Rect,
    WallLayout,
    Zoom,
    compose_indices,
    compose_map_frame,
    compose_wall,
    layout_wall,
)
from voxviewer.settings import RenderSettings

SETTINGS = RenderSettings()


def part(buffer: np.ndarray, place: Rect) -> np.ndarray:
    return buffer[place.y : place.y + place.height, place.x : place.x + place.width]


def apart(first: Rect, second: Rect) -> bool:
    return (
        first.x + first.width <= second.x
        or second.x + second.width <= first.x
        or first.y + first.height <= second.y
        or second.y + second.height <= first.y
    )


def assert_sound(layout: WallLayout) -> None:
    places = [tile.image for tile in layout.tiles] + [tile.caption for tile in layout.tiles]
    for first, second in itertools.combinations([place for place in places if place.height], 2):
        assert apart(first, second), (first, second)
    for place in places:
        assert place.x >= 0 and place.y >= 0
        assert place.x + place.width <= layout.width
        assert place.y + place.height <= layout.height


@settings(max_examples=60, deadline=None)
@given(
    size=st.tuples(st.integers(1, 200), st.integers(1, 200)),
    coarser=st.integers(1, 5),
    extra=st.integers(0, 6),
    count=st.integers(1, 20),
    room=st.tuples(st.integers(1, 1500), st.integers(1, 1500)),
    with_input=st.booleans(),
    gap=st.integers(0, 12),
    caption=st.integers(0, 20),
)
def test_tiles_never_overlap_and_pixels_are_squares(
    size, coarser, extra, count, room, with_input, gap, caption
):
    given_input = (size[0] * coarser + extra, size[1] * coarser + extra) if with_input else None
    layout = layout_wall(
        size, range(count), *room, input_size=given_input, gap=gap, caption=caption, margin=2
    )
    assert_sound(layout)
    assert [tile.index for tile in layout.tiles] == [INPUT] * with_input + list(range(count))
    for tile in layout.tiles:
        H, W = given_input if tile.index == INPUT and given_input is not None else size
        assert (tile.image.width, tile.image.height) == (tile.zoom.pixels(W), tile.zoom.pixels(H))
        assert min(tile.zoom.grow, tile.zoom.shrink) == 1


def test_the_zoom_is_the_biggest_whole_number_that_fits():
    nine = layout_wall((64, 64), range(8), 640, 640, input_size=(64, 64), gap=8, caption=16)
    assert (nine.zoom.text, nine.columns, nine.rows) == ("3×", 3, 3)
    assert nine.width <= 640 and nine.height <= 640
    # At four times, three columns would take 3 x 256 + 2 x 8 = 784 pixels.
    assert layout_wall((64, 64), range(8), 784, 900, input_size=(64, 64), caption=16).zoom.grow == 4


def test_rows_are_filled_evenly():
    assert layout_wall((10, 10), range(5), 46, 24, gap=2).columns == 3


def test_a_wall_that_does_not_fit_is_shrunk_by_whole_numbers():
    layout = layout_wall((256, 256), range(8), 640, 600, input_size=(256, 256), gap=8, caption=16)
    assert layout.zoom == Zoom(1, 2) and layout.zoom.text == "1/2×"
    assert layout.width <= 640 and layout.height <= 600


def test_what_cannot_fit_scrolls_instead_of_becoming_invisible():
    layout = layout_wall((64, 64), range(256), 300, 200, gap=4)
    assert layout.width <= 300 < layout.height
    assert layout.zoom.text == "1×"
    assert_sound(layout)


def test_zoom_and_columns_that_were_asked_for_are_taken():
    layout = layout_wall((8, 8), range(6), 10, 10, zoom=5, columns=2, gap=1)
    assert (layout.zoom.grow, layout.columns, layout.rows) == (5, 2, 3)
    assert (layout.width, layout.height) == (81, 122)


@pytest.mark.parametrize("zoom", [0, -1, 2.5, "big", True])
def test_a_zoom_that_is_no_whole_number_is_refused(zoom):
    with pytest.raises(ValueError, match="zoom must be"):
        layout_wall((8, 8), range(2), 100, 100, zoom=zoom)


def test_nothing_to_show_is_refused():
    with pytest.raises(ValueError, match="at least one map"):
        layout_wall((8, 8), (), 100, 100)
    with pytest.raises(ValueError, match="columns"):
        layout_wall((8, 8), (0,), 100, 100, columns=0)


def test_maps_of_a_strided_convolution_are_drawn_at_the_extent_of_the_input():
    layout = layout_wall((32, 32), range(3), 280, 280, input_size=(64, 64))
    sizes = {(tile.image.width, tile.image.height) for tile in layout.tiles}
    assert sizes == {(128, 128)}
    assert [tile.zoom.grow for tile in layout.tiles] == [2, 4, 4, 4]


def test_a_point_finds_its_tile_and_its_voxel():
    layout = layout_wall((4, 5), (7, 3), 200, 60, zoom=10, columns=2, gap=8, caption=12)
    second = layout.tiles[1].image
    assert layout.voxel_at(second.x + 31, second.y + 29) == (3, 2, 3)
    assert layout.voxel_at(second.x - 1, second.y) is None
    assert layout.tile_at(second.x, second.y + 45) is layout.tiles[1]
    assert layout.voxel_at(second.x, second.y + 45) is None
    shrunk = layout_wall((256, 256), range(4), 260, 260, gap=2)
    assert shrunk.voxel_at(5, 6) == (0, 12, 10)


@pytest.mark.parametrize("zoom", [1, 3])
def test_the_wall_is_every_tile_painted_by_itself(make_clip, make_maps, rng, zoom):
    clip = make_clip(rng.random((6, 10, 12, 1)))
    maps = make_maps(rng.standard_normal((4, 8, 10, 5)), clip, offset=1.0)
    scales, own = map_scales(maps, SETTINGS), clip_scale(clip, SETTINGS)
    layout = layout_wall((8, 10), (4, 0, 2), 500, 500, input_size=(10, 12), zoom=zoom, caption=9)
    buffer = compose_wall(maps, 3, layout, scales, own, background=0x102030)
    assert buffer.shape == (layout.height, layout.width) and buffer.dtype == np.uint32
    expected = np.full(buffer.shape, 0xFF102030, np.uint32)
    part(expected, layout.tiles[0].image)[...] = enlarge(clip_picture(clip, 3, own), zoom)
    for tile in layout.tiles[1:]:
        picture = paint(maps.data[2, :, :, tile.index], scales[tile.index])
        part(expected, tile.image)[...] = enlarge(picture, zoom)
    assert np.array_equal(buffer, expected)


def test_maps_without_a_frame_there_are_left_empty(make_clip, make_maps, rng):
    clip = make_clip(rng.random((6, 8, 8, 1)))
    maps = make_maps(rng.standard_normal((4, 8, 8, 2)), clip, offset=1.0)
    layout = layout_wall((8, 8), range(2), 100, 100, input_size=(8, 8))
    own = clip_scale(clip, SETTINGS)
    buffer = compose_wall(maps, 0, layout, map_scales(maps, SETTINGS), own, empty=0x400000)
    assert np.array_equal(
        part(buffer, layout.tiles[0].image), enlarge(clip_picture(clip, 0, own), layout.zoom.grow)
    )
    for tile in layout.tiles[1:]:
        assert (part(buffer, tile.image) == 0xFF400000).all()
    beyond = compose_wall(maps, 99, layout, map_scales(maps, SETTINGS), own)
    assert (beyond == 0xFF000000 | CANVAS).all()


def test_a_film_frame_shows_the_input_at_the_center_of_its_window(make_clip, make_maps, rng):
    clip = make_clip(rng.random((7, 8, 8, 1)))
    maps = make_maps(rng.standard_normal((3, 4, 4, 2)), clip, stride=2, offset=1.0)
    layout = layout_wall((4, 4), range(2), 100, 100, input_size=(8, 8))
    scales, own = map_scales(maps, SETTINGS), clip_scale(clip, SETTINGS)
    for frame in range(3):
        film = compose_map_frame(maps, frame, layout, scales, own)
        assert np.array_equal(film, compose_wall(maps, 1 + 2 * frame, layout, scales, own))


@pytest.mark.parametrize("coat", ["night", "day"])
def test_indices_of_the_wall_are_the_pixels_of_the_wall(make_maps, rng, coat):
    from voxviewer.render.colormaps import RULE, lut32

    maps = make_maps(rng.standard_normal((3, 6, 5, 7)))
    scales = map_scales(maps, SETTINGS, coat)
    layout = layout_wall((6, 5), range(7), 0, 0, zoom=2, columns=3, gap=1)
    line = int(lut32(coat)[RULE]) & 0xFFFFFF
    for frame in range(3):
        pixels = compose_map_frame(maps, frame, layout, scales, background=line)
        assert np.array_equal(
            lut32(coat)[compose_indices(maps, frame, layout, scales, RULE)], pixels
        )


def test_a_buffer_is_used_again_and_holds_nothing_old(make_maps, rng):
    maps = make_maps(rng.standard_normal((3, 6, 5, 4)))
    scales = map_scales(maps, SETTINGS)
    layout = layout_wall((6, 5), range(4), 60, 60)
    buffer = compose_wall(maps, 0, layout, scales)
    again = compose_wall(maps, 1, layout, scales, out=buffer)
    assert again is buffer
    assert np.array_equal(again, compose_wall(maps, 1, layout, scales))
    assert compose_wall(maps, 1, layout, scales, out=np.zeros((2, 2), np.uint32)) is not buffer


def test_on_the_ground_of_an_earlier_moment_only_tiles_are_painted(make_maps, rng):
    maps = make_maps(rng.standard_normal((3, 6, 5, 4)))
    scales = map_scales(maps, SETTINGS)
    layout = layout_wall((6, 5), range(4), 60, 60)
    buffer = compose_wall(maps, 0, layout, scales)
    for frame in (1, 7, 2):  # there is no frame 7: its tiles are empty
        now = compose_wall(maps, frame, layout, scales, out=buffer, grounded=True)
        assert now is buffer
        assert np.array_equal(now, compose_wall(maps, frame, layout, scales))
    other = compose_wall(maps, 1, layout, scales, out=np.zeros((2, 2), np.uint32), grounded=True)
    assert np.array_equal(other, compose_wall(maps, 1, layout, scales))


@pytest.mark.parametrize("side", [6, 260], ids=["grown", "shrunk"])
def test_a_part_of_a_wall_shows_what_the_whole_wall_shows_there(make_maps, rng, side):
    maps = make_maps(rng.standard_normal((1, side, side, 9)))
    scales = map_scales(maps, SETTINGS)
    layout = layout_wall((side, side), (4, 0, 8, 2, 1, 3, 5, 7, 6), 400, 200)
    whole = compose_wall(maps, 0, layout, scales)
    some = replace(layout, tiles=layout.tiles[1:4])
    seen = compose_wall(maps, 0, some, scales)
    assert len(some.tiles) == 3
    for tile in some.tiles:
        assert np.array_equal(part(seen, tile.image), part(whole, tile.image))


def test_a_shrunk_tile_shows_means(make_maps):
    data = np.arange(192 * 193, dtype=np.float32).reshape(1, 192, 193, 1)
    maps = make_maps(data)
    scales = map_scales(maps, SETTINGS)
    layout = layout_wall((192, 193), (0,), 120, 120)
    assert layout.zoom == Zoom(1, 2)
    means = data[0, :, :192, 0].reshape(96, 2, 96, 2).mean(axis=(1, 3))
    buffer = compose_wall(maps, 0, layout, scales)
    assert np.array_equal(part(buffer, layout.tiles[0].image), paint(means, scales[0]))


def test_a_wall_of_256_maps_and_one_of_one_are_painted(make_maps, rng):
    for F in (1, 256):
        maps = make_maps(rng.standard_normal((1, 16, 16, F)))
        layout = layout_wall((16, 16), range(F), 600, 600, input_size=(16, 16), gap=2)
        buffer = compose_wall(
            maps, 0, layout, map_scales(maps, SETTINGS), clip_scale(maps.clip, SETTINGS)
        )
        last = layout.tiles[-1]
        expected = paint(maps.data[0, :, :, F - 1], map_scales(maps, SETTINGS)[F - 1])
        assert np.array_equal(part(buffer, last.image), enlarge(expected, layout.zoom.grow))


@pytest.mark.parametrize("kernel", [1, 2, 3, 4])
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_every_clip_frame_at_a_window_center_shows_its_maps(make_clip, make_maps, kernel, stride):
    """Even windows are centered between two frames; the wall must not stay empty for them."""
    clip = make_clip(np.zeros((12, 2, 2, 1)))
    count = (12 - kernel) // stride + 1
    maps = make_maps(np.zeros((count, 2, 2, 1)), clip, stride=stride, offset=(kernel - 1) / 2)
    for frame in range(count):
        assert maps.map_frame(maps.clip_frame(frame)) == frame
