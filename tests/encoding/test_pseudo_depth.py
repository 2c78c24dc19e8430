"""A still as pseudo-depth: replicas, and seeded random transforms with the article's ranges."""

from __future__ import annotations

import math

import numpy as np
import pytest
from encoding_sources import film, noise
from PIL import Image

import voxviewer as vv
from voxviewer.encoding.pseudo_depth import Transform, draw, taps, transformed

S = vv.EncodingSettings
STILL = {"rotation": 0.0, "translation": 0.0, "zoom": (1.0, 1.0), "shear": 0.0, "blur_taps": 1}


def picture(H=21, W=27, C=1):
    rows, columns = np.mgrid[:H, :W]
    made = np.exp(-((rows - 8) ** 2 + (columns - 17) ** 2) / 20)[..., None] * (1 + np.arange(C))
    return made.astype(np.float32)


def moved(x, transform, order=1, count=1):
    out = np.empty_like(x)
    transformed(x, transform, order, count, out)
    return out


def test_transforms_that_do_nothing_are_replicas_bit_by_bit():
    source = film(noise(1, 9, 8, 3))
    plain = vv.encode(source, S(channels="rgb", order=3))
    still = vv.encode(source, S(channels="rgb", order=3, pseudo_depth="transforms", **STILL))
    assert np.array_equal(plain.data, still.data)
    assert still.frames.tolist() == [0] * 5 and still.real.all()


def test_a_seed_repeats_itself_and_a_longer_clip_begins_alike():
    source = film(noise(1, 20, 24, 1))
    first = vv.encode(source, S(pseudo_depth="transforms", seed=3)).data
    assert np.array_equal(first, vv.encode(source, S(pseudo_depth="transforms", seed=3)).data)
    longer = vv.encode(source, S(pseudo_depth="transforms", seed=3, frames=9)).data
    assert np.array_equal(longer[:5], first)
    assert not np.array_equal(first, vv.encode(source, S(pseudo_depth="transforms", seed=4)).data)
    assert all(not np.array_equal(first[t], first[t + 1]) for t in range(4))


def test_draws_fill_their_ranges_and_keep_to_them():
    drawn = [draw(S(seed=seed), t, (100, 200)) for seed in range(60) for t in range(10)]
    for values, low, high in (
        ([one.rotation for one in drawn], -15, 15), ([one.shift[0] for one in drawn], -10, 10),
        ([one.shift[1] for one in drawn], -20, 20), ([one.zoom for one in drawn], 0.9, 1.1),
        ([one.shear for one in drawn], -0.1, 0.1), ([one.sigma for one in drawn], 0.1, 1.0),
    ):  # fmt: skip
        span = high - low
        assert low <= min(values) < low + 0.05 * span and high - 0.05 * span < max(values) <= high


@pytest.mark.parametrize(
    "transform",
    [
        Transform(0, (3, -4), 1, 0, 1), Transform(90, (0, 0), 1, 0, 1),
        Transform(-12, (1.5, 2.25), 1.1, 0, 1), Transform(7, (0, 1), 0.9, 20, 1),
    ],
)  # fmt: skip
def test_a_place_goes_where_its_matrix_takes_it(transform):
    """The brightest point of a blob, followed by hand: shear, turn, scale, shift."""
    x = picture(41, 41)
    r, c = 8.0 - 20, 17.0 - 20
    r += math.tan(math.radians(transform.shear)) * 0
    r, c = r, c + 0
    slant, angle = math.tan(math.radians(transform.shear)), math.radians(transform.rotation)
    c += slant * r
    r, c = (
        math.cos(angle) * r - math.sin(angle) * c,
        math.sin(angle) * r + math.cos(angle) * c,
    )
    r, c = (
        transform.zoom * r + 20 + transform.shift[0],
        transform.zoom * c + 20 + transform.shift[1],
    )
    result = moved(x, transform, order=3)[..., 0].astype(float)
    rows, columns = np.mgrid[:41, :41]
    total = result.sum()
    assert (rows * result).sum() / total == pytest.approx(r, abs=0.15)
    assert (columns * result).sum() / total == pytest.approx(c, abs=0.15)


def test_moving_equals_pillows_affine_transform_inside():
    x, transform = picture(), Transform(10, (1.0, -2.0), 1.05, 3, 1)
    ours = moved(x, transform)[..., 0]
    from voxviewer.encoding.pseudo_depth import backward

    m, o = backward(transform, x.shape[:2])
    # Pillow's coordinates are x, y of corners: half a pixel from ours.
    data = (
        m[1, 1], m[1, 0], o[1] + 0.5 - 0.5 * (m[1, 1] + m[1, 0]),
        m[0, 1], m[0, 0], o[0] + 0.5 - 0.5 * (m[0, 1] + m[0, 0]),
    )  # fmt: skip
    image = Image.fromarray(x[..., 0])
    theirs = image.transform(image.size, Image.Transform.AFFINE, data, Image.Resampling.BILINEAR)
    assert np.allclose(ours[4:-4, 6:-6], np.asarray(theirs)[4:-4, 6:-6], atol=2e-5)


def test_the_blur_is_three_taps_of_a_gaussian_mirrored_at_the_ends():
    x = noise(7, 8, 1)
    result = moved(x, Transform(0, (0, 0), 1, 0, 0.8), count=3)[..., 0]
    weights = np.exp(-0.5 * (np.array([-1, 0, 1]) / 0.8) ** 2)
    weights /= weights.sum()
    wide = np.pad(x[..., 0].astype(float), 1, mode="reflect")
    expected = sum(
        weights[a] * weights[b] * wide[a : a + 7, b : b + 8] for a in range(3) for b in range(3)
    )
    assert np.allclose(result, expected, atol=1e-6)
    assert np.allclose(taps(0.8, 3), weights)
    assert taps(0.1, 3)[1] == pytest.approx(1.0)


def test_the_ledger_names_transforms_and_their_seed():
    steps = vv.encode(film(noise(1, 9, 8, 1)), S(pseudo_depth="transforms", seed=3)).steps
    assert steps[-1].operation == "transforms, 5 frames, seed 3"
    assert "pseudo_depth='transforms', seed=3" in steps[-1].code


@pytest.mark.parametrize(
    "wrong",
    [
        {"rotation": -1}, {"rotation": 200}, {"translation": 1.5}, {"zoom": (1.1, 0.9)},
        {"zoom": (0, 1)}, {"shear": float("nan")}, {"blur": 3}, {"blur_taps": 4}, {"blur": (0, 1)},
        {"start": -1}, {"pad_side": "left"}, {"clip_rate": 0}, {"clip_rate": True},
        {"frame_order": ()}, {"frame_order": (1, -2)}, {"percentiles": (99, 1)},
        {"percentiles": (5, 5)}, {"percentiles": (-1, 50)}, {"statistics": "mine"},
        {"statistics": (1, 2, 3)}, {"statistics": (2.0, 1.0), "normalize": "minmax"},
        {"statistics": (2.0, -1.0), "normalize": "zscore"}, {"repairs": ("magic",)},
        {"repairs": "bgr"},
    ],
)  # fmt: skip
def test_ranges_that_cannot_be_are_refused_in_one_sentence(wrong):
    with pytest.raises(ValueError, match=r"^[^\n]+$"):
        S(**wrong)
