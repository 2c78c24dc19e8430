"""Choices travel as JSON and as Python, and come back equal."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from voxviewer.convolution.editing import to_settings, with_tap
from voxviewer.flow import make_bank
from voxviewer.recipe import from_json, to_json, to_python
from voxviewer.settings import (
    Choices,
    ConvolutionSettings,
    EncodingSettings,
    ExamplesSettings,
    ExportSettings,
    FilterSettings,
    Opening,
    RecurrentSettings,
    RenderSettings,
    TrainingSettings,
)

CHOSEN = Choices(
    opening=Opening("scan.nii.gz", axes="HWD"),
    encoding=EncodingSettings(
        frames=20,
        height=64,
        width=48,
        order=3,
        depth=4,
        sigma=2.5,
        roles=("mean", "time", 3, "height", "width"),
        normalize="window",
        window=(40, 80),
    ),
    filters=FilterSettings(count=4, kernel=(5, 3, 1), seed=7, initializer="he_normal"),
    convolution=ConvolutionSettings(engine="both", strides=(1, 2, 2), padding="valid"),
    render=RenderSettings(limits=(0.0, 2.0), scaling="global"),
    export=ExportSettings(rate=12.5, maps=(0, 2), range=(2, 13)),
    training=TrainingSettings(task="classes", kernel=(5, 3, 3), span=6, targets="targets.csv"),
    recurrence=RecurrentSettings(form="cnn", units=16, validation=0.25, rescale=False),
    examples=ExamplesSettings(folder="all", recurrent="files", classes=(("a.npy", "wave"),)),
)


def edited(**wrong: Any) -> dict[str, Any]:
    """Edited kernels in a recipe: one filter of zeros, and what is wrong about it."""
    right = {"shape": [3, 3, 3, 1, 1], "kernels": "A" * 144, "bias": "AAAAAA=="}
    return {**right, **wrong}


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
        ({"voxviewer": 1, "filters": {"kernels": edited(kernels="AAAA")}}, "need 108 bytes"),
        ({"voxviewer": 1, "filters": {"kernels": edited(shape=[3, 3, 3, 1])}}, "kT, kH, kW, C, F"),
        ({"voxviewer": 1, "filters": {"kernels": edited(names=["a", "b"])}}, "as many names"),
        ({"voxviewer": 1, "filters": {"preset": "hedges"}}, "use one of: motion-and-edges, "),
        ({"voxviewer": 1, "filters": {"color": "gray"}}, "luminance, channels"),
        ({"voxviewer": 1, "filters": {"adapt": "pick"}}, "sum, repeat or pick:0"),
        ({"voxviewer": 1, "recurrence": {"form": "gru"}}, "form 'gru' is not known"),
        ({"voxviewer": 1, "examples": {"classes": ["a"]}}, "pairs of a clip and its word"),
        ({"voxviewer": 1, "filters": {"source": "hand"}}, "random, preset, model, edited"),
    ],
)
def test_what_is_no_recipe_is_refused_in_one_sentence(data: object, words: str) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        from_json(data)
    assert "\n" not in str(caught.value)


def test_the_script_writes_out_what_was_chosen_and_no_more() -> None:
    script = to_python(CHOSEN, export="maps.gif")
    assert "vv.open('scan.nii.gz', axes='HWD')" in script
    assert "frames=20, height=64, width=48, order=3, depth=4, roles=('mean', 'time', 3, " in script
    assert "grid" not in script
    compile(script, "recipe", "exec")


def run(choices: Choices, tmp_path: Path) -> dict[str, Any]:
    """Run the script of these choices on a small color clip."""
    frames = np.random.default_rng(0).integers(0, 255, (5, 8, 9, 3), np.uint8)
    np.save(tmp_path / "clip.npy", frames)
    opening = Opening(str(tmp_path / "clip.npy"), axes="THWC")
    names: dict[str, Any] = {}
    exec(to_python(replace(choices, opening=opening)), names)
    return names


def test_a_script_with_a_preset_makes_the_same_bank(tmp_path: Path) -> None:
    filters = FilterSettings(source="preset", preset="edges", kernel=(3, 5, 5), color="channels")
    rgb = EncodingSettings(channels="rgb")
    made = run(Choices(filters=filters, encoding=rgb), tmp_path)
    expected = make_bank(filters, 3)
    assert made["maps"].data.shape == (5, 8, 9, 12)
    np.testing.assert_array_equal(made["bank"].kernels, expected.kernels)
    assert made["bank"].names == expected.names


@pytest.mark.parametrize("names", [True, False])
def test_edited_filters_come_back_bit_by_bit_from_recipe_and_script(
    tmp_path: Path, names: bool
) -> None:
    bank = make_bank(FilterSettings(source="preset", preset="edges"), 3)
    if not names:
        bank = replace(bank, names=(), activation="relu")
    kernels = with_tap(to_settings(bank), (0, 1, 2, 1, 3), 1 / 3)
    filters = FilterSettings(source="edited", kernels=kernels, adapt="sum")
    choices = Choices(filters=filters)
    assert from_json(json.loads(json.dumps(to_json(choices)))) == choices
    made = run(choices, tmp_path)
    expected = make_bank(filters, 1)
    assert made["bank"].kernels.tobytes() == expected.kernels.tobytes()
    assert made["bank"].names == bank.names
    assert made["bank"].activation == bank.activation
    assert made["maps"].data.shape == (5, 8, 9, 4)


def test_settings_are_hashable_values() -> None:
    assert hash(CHOSEN) == hash(from_json(to_json(CHOSEN)))
    assert {CHOSEN: 1}[from_json(to_json(CHOSEN))] == 1


def test_corrections_of_a_skeleton_are_in_the_recipe_and_in_the_script() -> None:
    opening = Opening("walk.bvh", person=1, unit="cm", up="z+", rate=120.0)
    choices = Choices(opening=opening)
    assert from_json(json.loads(json.dumps(to_json(choices)))).opening == opening
    assert "vv.open('walk.bvh', person=1, unit='cm', up='z+', rate=120.0)" in to_python(choices)
    with pytest.raises(ValueError, match="unit"):
        from_json({"voxviewer": 1, "opening": {"path": "walk.bvh", "unit": "furlong"}})
