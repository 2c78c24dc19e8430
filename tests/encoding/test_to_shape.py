"""A source is encoded so that it has the shape a network takes, where choices can do that."""

from __future__ import annotations

import numpy as np
import pytest

from tests.encoding.encoding_sources import film, scan, skeleton
from voxviewer.encoding import encode
from voxviewer.encoding.to_shape import encoding_for
from voxviewer.settings import EncodingSettings

SCAN = scan(np.zeros((10, 12, 7), np.float32))
COLOR = film(np.zeros((9, 10, 12, 3), np.uint8))
WALK = skeleton(np.zeros((9, 5, 2), np.float32), bones=((0, 1), (1, 2)))


@pytest.mark.parametrize(
    ("source", "shape", "changed"),
    [
        (SCAN, (16, 24, 8, 1), {"frames": 16, "height": 24, "width": 8}),
        (SCAN, (None, 24, None, None), {"height": 24}),
        (SCAN, (None, None, None, None), {}),
        (SCAN, (4, None, None, 3), {"frames": 4, "channels": "rgb"}),
        (COLOR, (4, 8, 8, 3), {"frames": 4, "height": 8, "width": 8, "channels": "rgb"}),
        (COLOR, (9, 10, 12, 1), {"frames": 9, "height": 10, "width": 12}),
        (WALK, (8, 32, 32, 5), {"frames": 8, "height": 32, "width": 32, "combine": "joints"}),
        (WALK, (8, 32, 32, 2), {"frames": 8, "height": 32, "width": 32, "combine": "limbs"}),
    ],
)
def test_the_fewest_choices_are_changed_and_the_clip_has_the_shape(source, shape, changed) -> None:
    fit = encoding_for(source, EncodingSettings(), shape)
    assert fit == EncodingSettings(**changed)
    made = encode(source, fit).shape
    assert all(size in (None, has) for size, has in zip(shape, made, strict=True))


def test_colors_become_gray_where_one_channel_is_wanted() -> None:
    fit = encoding_for(COLOR, EncodingSettings(channels="rgb"), (None, None, None, 1))
    assert fit == EncodingSettings(channels="gray")


def test_joints_become_one_heatmap_where_one_channel_is_wanted() -> None:
    fit = encoding_for(WALK, EncodingSettings(combine="joints"), (None, None, None, 1))
    assert fit == EncodingSettings(combine="sum")


@pytest.mark.parametrize("source", [SCAN, COLOR, WALK])
def test_what_no_choice_can_make_is_not_promised(source) -> None:
    assert encoding_for(source, EncodingSettings(), (8, 8, 8, 11)) is None
