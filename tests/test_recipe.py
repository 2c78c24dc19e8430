"""Choices travel as JSON and as Python, and come back equal."""

from __future__ import annotations

import json

import pytest

from voxviewer.recipe import from_json, to_json, to_python
from voxviewer.settings import (
    Choices,
    ConvolutionSettings,
    EncodingSettings,
    ExportSettings,
    FilterSettings,
    Opening,
    RenderSettings,
)

CHOSEN = Choices(
    opening=Opening("scan.nii.gz", axes="HWD"),
    encoding=EncodingSettings(frames=20, height=64, width=48, order=3, depth=4, sigma=2.5),
    filters=FilterSettings(count=4, kernel=(5, 3, 1), seed=7, initializer="he_normal"),
    convolution=ConvolutionSettings(engine="both", strides=(1, 2, 2), padding="valid"),
    render=RenderSettings(limits=(0.0, 2.0), scaling="global"),
    export=ExportSettings(rate=12.5, maps=(0, 2), range=(2, 13)),
)


@pytest.mark.parametrize("choices", [Choices(), CHOSEN], ids=["defaults", "chosen"])
def test_a_recipe_comes_back_equal_through_a_file(choices: Choices) -> None:
    assert from_json(json.loads(json.dumps(to_json(choices)))) == choices


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ([], "not a voxviewer recipe"),
        ({"voxviewer": 2}, "version 2"),
        ({"voxviewer": 1, "speed": {}}, "unknown parts: speed"),
        ({"voxviewer": 1, "encoding": 3}, "must be an object"),
        ({"voxviewer": 1, "encoding": {"sigmas": 3}}, "has no sigmas"),
        ({"voxviewer": 1, "encoding": {"sigma": -3}}, "sigma must be a number above 0"),
        ({"voxviewer": 1, "filters": {"kernel": [3, 3]}}, "three whole numbers"),
        ({"voxviewer": 1, "filters": {"kernels": {"shape": 3}}}, "edited kernels"),
    ],
)
def test_what_is_no_recipe_is_refused_in_one_sentence(data: object, words: str) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        from_json(data)
    assert "\n" not in str(caught.value)


def test_the_script_writes_out_what_was_chosen_and_no_more() -> None:
    script = to_python(CHOSEN, export="maps.gif")
    assert "vv.open('scan.nii.gz', axes='HWD')" in script
    assert "frames=20, height=64, width=48, order=3, depth=4, sigma=2.5)" in script
    assert "grid" not in script
    compile(script, "recipe", "exec")


def test_settings_are_hashable_values() -> None:
    assert hash(CHOSEN) == hash(from_json(to_json(CHOSEN)))
    assert {CHOSEN: 1}[from_json(to_json(CHOSEN))] == 1
