"""Several files as one source over time: against NumPy's concatenation, lazy and in memory."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import nibabel
import numpy as np
import pytest
from PIL import Image

import voxviewer as vv
from voxviewer import cli, sources
from voxviewer.files import SourceError, TooLargeError
from voxviewer.recipe import from_json, to_json, to_python
from voxviewer.settings import Choices, Opening
from voxviewer.sources import stacking

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def scans(tmp_path: Path) -> list[str]:
    """Three scans of one size, each with its own numbers."""
    rng = np.random.default_rng(3)
    paths = []
    for number in (1, 2, 10):
        voxels = rng.integers(-900, 900, (6, 5, 4)).astype(np.int16)
        path = tmp_path / f"scan{number}.nii"
        nibabel.save(nibabel.Nifti1Image(voxels, np.diag([2.0, 2, 3, 1])), path)
        paths.append(str(path))
    return paths


def test_scans_become_one_series_over_time(scans: list[str]) -> None:
    volume = vv.open(scans, stack=True)
    wanted = np.stack([nibabel.load(path).get_fdata() for path in scans])
    assert volume.shape == (3, 4, 6, 5, 1)
    np.testing.assert_array_equal(np.asarray(volume.voxels)[..., 0], np.moveaxis(wanted, -1, 1))
    assert volume.facts.description == "4D series"
    assert volume.spacing == vv.open(scans[0]).spacing
    assert volume.name == "scan1.nii and 2 more"


def test_what_lies_on_disk_stays_there_and_is_indexed_like_an_array(scans: list[str]) -> None:
    volume = vv.open(scans, stack=True)
    assert isinstance(volume.voxels, stacking.StackedVoxels)
    whole = np.asarray(volume.voxels)
    for index in (
        1, -1, (slice(None, None, -2), 1), (..., 0), (2, slice(3, None, -1), 2), slice(0, 0),
        (slice(1, 3), slice(None), 4),
    ):  # fmt: skip
        np.testing.assert_array_equal(volume.voxels[index], whole[index])
    with pytest.raises(IndexError):
        volume.voxels[3]


def test_pictures_of_several_folders_are_put_into_one_array(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    pixels = rng.integers(0, 256, (2, 4, 5), dtype=np.uint8)
    paths = [tmp_path / "a.png", tmp_path / "b.png"]
    for path, picture in zip(paths, pixels, strict=True):
        Image.fromarray(picture).save(path)
    volume = vv.open(paths, stack=True)
    np.testing.assert_array_equal(np.asarray(volume.voxels)[:, 0, :, :, 0], pixels)
    assert volume.facts.description == "gray video"


def test_the_first_file_of_another_size_is_named(scans: list[str], tmp_path: Path) -> None:
    odd = tmp_path / "odd.nii"
    nibabel.save(nibabel.Nifti1Image(np.zeros((6, 5, 3), np.int16), np.eye(4)), odd)
    with pytest.raises(SourceError) as caught:
        vv.open([*scans, odd, scans[0]], stack=True)
    assert str(caught.value) == (
        "odd.nii: is (D, H, W, C) = (3, 6, 5, 1), but scan1.nii is (4, 6, 5, 1)."
        " Only files of one size stack over time."
    )


def test_a_skeleton_is_not_stacked(scans: list[str]) -> None:
    with pytest.raises(SourceError, match=r"is a skeleton.*Open it on its own"):
        vv.open([scans[0], "sample:waving-skeleton"], stack=True)


def test_memory_is_asked_for_all_files_before_the_second_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [tmp_path / f"{name}.png" for name in "ab"]
    Image.new("L", (50, 40)).save(paths[0])
    paths[1].write_bytes(b"not read")
    monkeypatch.setattr("voxviewer.files.available_memory", lambda: 60_000)
    with pytest.raises(TooLargeError, match="stacking 30 files like it"):
        vv.open([paths[0], *[paths[1]] * 29], stack=True)


def test_several_paths_without_stack_are_refused(scans: list[str]) -> None:
    with pytest.raises(ValueError, match="stack=True"):
        vv.open(scans)
    with pytest.raises(ValueError, match="no path"):
        vv.open([], stack=True)
    assert vv.open(scans[:1]).shape == (1, 4, 6, 5, 1)


def test_films_follow_each_other_by_their_own_clocks(tmp_path: Path) -> None:
    film = [Image.new("L", (5, 4), value) for value in (0, 90)]
    for name in "ab":
        path = tmp_path / f"{name}.gif"
        film[0].save(path, save_all=True, append_images=film[1:], duration=200)
    volume = vv.open([tmp_path / "a.gif", tmp_path / "b.gif"], stack=True)
    assert volume.times is not None
    np.testing.assert_allclose(volume.times, [0, 0.2, 0.4, 0.6])
    again = vv.open([tmp_path / "a.gif", tmp_path / "b.gif"], stack=True, rate=2.0)
    assert again.times is not None
    np.testing.assert_allclose(again.times, [0, 0.5, 1.0, 1.5])


def test_another_place_is_a_warning(scans: list[str], tmp_path: Path) -> None:
    moved = tmp_path / "moved.nii"
    nibabel.save(nibabel.Nifti1Image(np.zeros((6, 5, 4), np.int16), np.eye(4)), moved)
    volume = vv.open([*scans, moved], stack=True)
    assert "another place or voxel size than scan1.nii has moved.nii" in volume.facts.warnings


def test_recipe_and_python_open_the_stack_again(scans: list[str], tmp_path: Path) -> None:
    opening = vv.open(scans, stack=True).opening
    choices = Choices(opening=opening)
    assert from_json(json.loads(json.dumps(to_json(choices)))) == choices
    script = to_python(choices)
    found: dict[str, vv.Volume] = {}
    exec(script.split("clip = ")[0], found)
    assert found["source"].opening == opening


def test_the_terminal_stacks(scans: list[str], tmp_path: Path) -> None:
    out = tmp_path / "out.npy"
    words = ["encode", *scans, "--stack", "-o", str(out), "--depth", "2", "--normalize", "none"]
    assert cli.main(words) == 0
    first = np.moveaxis(nibabel.load(scans[0]).get_fdata(), -1, 0)[2]
    saved = np.load(out)
    assert saved.shape == (3, 6, 5, 1)
    np.testing.assert_allclose(saved[0, :, :, 0], first)
    side = json.loads((tmp_path / "out.npy.json").read_text())
    assert [len(one["sha256"]) for one in side["sources"][0]["stack"]] == [64, 64]


def test_a_drop_stacks_in_natural_order_without_the_headers_partners(scans: list[str]) -> None:
    mixed = [scans[2], scans[0], scans[1]]
    (opening,) = sources.plan_stack(mixed)
    assert opening == Opening(scans[0], stack=(scans[1], scans[2]))
    assert sources.invitation(mixed, stack=True) == "Stack 3 files over time"
    pairs = ["b.hdr", "b.img", "a.hdr", "a.img"]
    assert sources.plan_stack(pairs) == (Opening("a.hdr", stack=("b.hdr",)),)
    assert sources.invitation(scans[:1], stack=True) == "Open scan1.nii"
    assert sources.plan_stack(scans[:1]) == (Opening(scans[0]),)


@pytest.mark.parametrize("wrong", [(), ("a", 3), "a"])
def test_a_stack_of_no_paths_is_refused(wrong: object) -> None:
    with pytest.raises(ValueError, match="stack must be"):
        Opening("a.nii", stack=wrong)  # type: ignore[arg-type]
