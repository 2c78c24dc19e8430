"""Plain arrays of joints: what their values tell, and what lies beside them in an archive."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from skeleton_writers import figure

import voxviewer.sources as sources
from voxviewer.data import Skeleton, Volume
from voxviewer.sources.skeletons.guessing import is_confidence, padding


def saved(folder: Path, array: np.ndarray) -> Path:
    np.save(folder / "a.npy", array)
    return folder / "a.npy"


def opened(path: Path, **options: str) -> Skeleton:
    source = sources.open(path, **options)  # type: ignore[arg-type]
    assert isinstance(source, Skeleton)
    return source


def test_joints_first_is_told_by_what_is_smooth(tmp_path: Path) -> None:
    joints = figure(90)[:, 0]
    first = opened(saved(tmp_path, joints.transpose(1, 0, 2)))
    np.testing.assert_allclose(first.joints[:, 0], joints, rtol=1e-6)
    assert any("J, T, X" in told and "values" in told for told in first.facts.decisions)
    noise = np.random.default_rng(0).random((25, 90, 3)) * 9
    assert opened(saved(tmp_path, noise)).shape == (25, 1, 90, 3)


@pytest.mark.parametrize(
    ("axes", "shape"),
    [((0, 1, 2, 3), "TPJX"), ((1, 0, 2, 3), "PTJX"), ((3, 0, 2, 1), "XTJP")],
)
def test_persons_are_found_in_every_order(
    tmp_path: Path, axes: tuple[int, ...], shape: str
) -> None:
    joints = figure(30, persons=2)
    skeleton = opened(saved(tmp_path, joints.transpose(axes)))
    np.testing.assert_allclose(skeleton.joints, joints, rtol=1e-6)
    assert skeleton.facts.stored_axes == shape


def test_small_videos_stay_videos(tmp_path: Path) -> None:
    video = np.random.default_rng(0).random((20, 2, 25, 3), dtype=np.float32)
    assert isinstance(sources.open(saved(tmp_path, video)), Volume)
    whole = (video * 255).astype(np.uint8)
    assert isinstance(sources.open(saved(tmp_path, whole)), Volume)


def test_third_column_of_pixels_is_a_confidence(tmp_path: Path) -> None:
    table = np.random.default_rng(0).uniform(0.1, 1, (20, 18, 3)) * [640, 480, 0.9]
    table[3, 4] = 0
    skeleton = opened(saved(tmp_path, table))
    assert np.isnan(skeleton.joints).all(axis=-1).sum() == 1
    assert np.isnan(skeleton.joints[3, 0, 4]).all()
    np.testing.assert_allclose(skeleton.score[:, 0], table[..., 2], rtol=1e-6)
    assert np.nanmax(np.abs(skeleton.joints[..., 2])) == 0
    assert skeleton.topology.names[2] == "RShoulder"


def test_depth_is_no_confidence() -> None:
    random = np.random.default_rng(0)
    assert not is_confidence(random.uniform(-1, 1, (9, 1, 25, 3)))
    assert not is_confidence(random.uniform(0, 1, (9, 1, 25, 3)))
    assert not is_confidence(random.uniform(0, 900, (9, 1, 25, 3)))
    assert not is_confidence(random.uniform(0, 900, (9, 1, 25, 3)) * [1, 1, 0])
    assert not is_confidence(np.full((9, 1, 25, 3), np.nan))
    assert is_confidence(random.uniform(0.1, 900, (9, 1, 25, 3)) / [1, 1, 900])


def test_zeros_are_missing_where_no_joint_can_be() -> None:
    pixels = np.random.default_rng(0).uniform(5, 90, (6, 1, 4, 2))
    pixels[2, 0, 1] = 0
    assert np.argwhere(padding(pixels, flat=True)).tolist() == [[2, 0, 1]]
    rooted = np.random.default_rng(0).uniform(-9, 9, (6, 2, 4, 3))
    rooted[:, :, 0] = 0
    rooted[3, 1] = 0
    rooted[5, 0, 2] = 0
    found = padding(rooted, flat=False)
    assert found.sum() == 5
    assert found[3, 1].all()
    assert found[5, 0, 2]


def test_a_joint_in_the_middle_of_the_unit_square_is_there(tmp_path: Path) -> None:
    skeleton = opened(saved(tmp_path, np.zeros((3, 1, 2))))
    assert (skeleton.joints == 0).all()


def test_figure_of_25_joints_stands_upright_in_meters(tmp_path: Path) -> None:
    skeleton = opened(saved(tmp_path, figure(20)[:, 0]))
    assert (skeleton.unit, skeleton.up) == ("m", "y+")
    assert skeleton.topology.names[3] == "head"
    assert any("guessed by their number" in told for told in skeleton.facts.decisions)
    noise = np.random.default_rng(0).uniform(-9, 9, (20, 25, 3))
    unclear = opened(saved(tmp_path, noise))
    assert (unclear.unit, unclear.up) == ("unknown", "y-")


def test_scores_names_and_bones_beside_the_joints_are_used(tmp_path: Path) -> None:
    joints = figure(12, 5)[:, 0] * 9
    states = np.full((12, 5), 2, np.uint8)
    states[4, 1], states[5, 2] = 0, 1
    np.savez(
        tmp_path / "a.npz",
        joints=joints,
        tracking_state=states,
        names=np.array(["hips", "neck", "head", "left", "right"]),
        bones=np.array([[0, 1], [1, 2], [1, 3], [1, 4]]),
        fps=25,
    )
    skeleton = opened(tmp_path / "a.npz")
    assert skeleton.topology.names == ("hips", "neck", "head", "left", "right")
    assert skeleton.topology.bones == ((0, 1), (1, 2), (1, 3), (1, 4))
    assert np.isnan(skeleton.joints[4, 0, 1]).all()
    assert skeleton.score[5, 0, 2] == 0.5


@pytest.mark.parametrize("axes", ["TPJX", "XTPJ", "JTPX"])
def test_scores_follow_the_order_of_axes(tmp_path: Path, axes: str) -> None:
    joints = figure(7, 5, 2) * 9
    score = np.random.default_rng(0).uniform(0.1, 1, (7, 2, 5))
    order = ["TPJX".index(letter) for letter in axes]
    bare = ["TPJ".index(letter) for letter in axes.replace("X", "")]
    np.savez(tmp_path / "a.npz", joints=joints.transpose(order), confidence=score.transpose(bare))
    skeleton = opened(tmp_path / "a.npz", axes=axes, array="joints")
    np.testing.assert_allclose(skeleton.joints, joints, rtol=1e-6)
    np.testing.assert_allclose(skeleton.score, score, rtol=1e-6)


def test_what_does_not_fit_beside_the_joints_is_left_alone(tmp_path: Path) -> None:
    np.savez(
        tmp_path / "a.npz",
        joints=figure(12, 5)[:, 0] * 9,
        confidence=np.ones((12, 4)),
        names=np.arange(5),
        bones=np.array([[0, 99]]),
    )
    skeleton = opened(tmp_path / "a.npz")
    assert skeleton.topology.names[0] == "joint 0"
    assert (skeleton.score == 1).all()


def test_a_fourth_column_is_the_confidence(tmp_path: Path) -> None:
    joints = figure(20)[:, 0]
    sure = np.linspace(0, 1, 20)[:, None, None] * np.ones((1, joints.shape[1], 1))
    skeleton = opened(saved(tmp_path, np.concatenate([joints, sure], axis=-1)))
    assert skeleton.shape == (20, 1, 25, 3)
    np.testing.assert_allclose(skeleton.score[:, 0], sure[..., 0], atol=1e-6)
    assert np.isnan(skeleton.joints[0]).all(), "confidence 0 is missing"
    np.testing.assert_allclose(skeleton.joints[5, 0], joints[5], atol=1e-6)
    picture = np.random.default_rng(0).uniform(0, 1, (20, 25, 4))
    assert isinstance(sources.open(saved(tmp_path, picture)), Volume), "all in [0, 1]: voxels"
