from __future__ import annotations

import numpy as np
import pytest

from voxviewer.render.colormaps import (
    CENTER,
    COATS,
    RULE,
    choose,
    is_signed,
    levels,
    lut,
    lut32,
    to_oklab,
)

# What matplotlib 3.11 gives for these entries: `colormaps["viridis"](entries, bytes=True)`.
VIRIDIS = {
    0: (68, 1, 84), 32: (71, 44, 123), 63: (59, 81, 138), 97: (43, 115, 142), 128: (32, 144, 140),
    161: (41, 175, 127), 192: (94, 201, 97), 224: (173, 220, 48), 255: (253, 231, 36),
}  # fmt: skip

NINE = {
    "night": "a3e2ff 62a9fe 3973b7 274467 171717 5e381a a65b19 e98c42 ffc88b",
    "day": "123780 3563bc 6994e4 abc5f4 f7f7f7 efb5a2 d77759 ac401b 721700",
}


def test_gray_is_the_identity():
    assert np.array_equal(lut("gray"), np.repeat(np.arange(256)[:, None], 3, axis=1))


def test_viridis_is_within_two_levels_of_the_published_one():
    table = lut("viridis").astype(int)
    for entry, color in VIRIDIS.items():
        assert np.abs(table[entry] - color).max() <= 2, entry


def test_viridis_grows_lighter_with_every_entry():
    assert (np.diff(to_oklab(lut("viridis"))[:, 0]) > -1e-3).all()


@pytest.mark.parametrize("coat", COATS)
def test_a_signed_map_goes_through_its_nine_colors(coat):
    expected = [list(bytes.fromhex(word)) for word in NINE[coat].split()]
    for place, color in zip(np.linspace(0, 254, 9), expected, strict=True):
        if place == int(place):
            assert lut(coat)[int(place)].tolist() == color


@pytest.mark.parametrize("coat", COATS)
def test_zero_is_the_only_entry_with_the_color_of_paper(coat):
    same = (lut(coat) == lut(coat)[CENTER]).all(axis=1)
    assert np.flatnonzero(same).tolist() == [CENTER]


@pytest.mark.parametrize("coat", COATS)
def test_a_signed_map_is_as_light_above_zero_as_below(coat):
    lightness = to_oklab(lut(coat)[:255])[:, 0]
    assert np.abs(lightness - lightness[::-1]).max() < 0.02
    steps = np.diff(lightness[CENTER:])
    assert (steps > 0).all() if coat == "night" else (steps < 0).all()


@pytest.mark.parametrize("coat", COATS)
def test_blue_is_below_zero_and_red_above(coat):
    table = lut(coat).astype(int)
    assert (table[:120, 2] > table[:120, 0]).all()
    assert (table[135:255, 0] > table[135:255, 2]).all()


def test_lines_have_a_color_that_is_not_the_paper():
    for coat in COATS:
        assert np.abs(lut(coat)[RULE].astype(int) - lut(coat)[CENTER]).max() > 20


@pytest.mark.parametrize("name", ["gray", "viridis", "night", "day"])
def test_pixels_are_opaque_and_in_the_order_of_a_screen_image(name):
    red, green, blue = lut(name)[200].tolist()
    assert int(lut32(name)[200]) == 0xFF000000 | red << 16 | green << 8 | blue
    assert lut32(name).dtype == np.uint32
    with pytest.raises(ValueError, match="read-only"):
        lut(name)[0] = 1


def test_the_map_is_chosen_by_content_and_theme():
    assert choose("picture") == "gray"
    assert choose("heatmap") == "viridis"
    assert choose("signed", None, "night") == "night"
    assert choose("signed", None, "day") == "day"
    assert choose("picture", "signed", "day") == "day"
    assert choose("signed", "night", "day") == "night"
    assert is_signed("day") and not is_signed("gray")
    assert levels("night") == 255 and levels("viridis") == 256


def test_what_is_not_known_is_refused_with_what_is():
    with pytest.raises(ValueError, match="'jet' is not known; use one of: gray, viridis"):
        choose("picture", "jet")
    with pytest.raises(ValueError, match="use one of: night, day"):
        choose("picture", None, "dusk")
    with pytest.raises(ValueError, match="content 'sound'"):
        choose("sound")
    with pytest.raises(ValueError, match="'jet' is not known"):
        lut("jet")
