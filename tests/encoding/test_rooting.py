"""Root centering and one scale for all axes, against a float64 loop that reads as the rule does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import voxviewer as vv
from voxviewer.data import Facts, Float64, Skeleton, Topology
from voxviewer.encoding.fitting import place_joints
from voxviewer.encoding.rooting import root_joints
from voxviewer.settings import Opening

NAMES = ("nose", "left_hip", "right_hip", "left_wrist")


def recording(joints: Float64, names: tuple[str, ...] = NAMES, **fields: Any) -> Skeleton:
    """A recording (T, P, J, 3) of these joints, in meters."""
    facts = Facts("made", "skeleton", joints.shape, "TPJX", "float32", joints.nbytes)
    seen = np.isfinite(joints).all(axis=-1).astype(np.float32)
    return Skeleton(
        joints.astype(np.float32), seen, Topology(names), facts, Opening("made"), "made",
        **({"unit": "m"} | fields),
    )  # fmt: skip


@pytest.fixture
def walking() -> Float64:
    """Two persons of four joints who walk through a room for 12 frames, with gaps."""
    rng = np.random.default_rng(5)
    body = rng.normal(size=(1, 2, 4, 3)) * (0.3, 0.9, 0.2)
    way = np.cumsum(rng.normal(0.4, 0.1, (12, 2, 1, 3)), axis=0)
    joints = np.asarray(body + way + rng.normal(0, 0.02, (12, 2, 4, 3)))
    joints[3, 0, 1] = np.nan  # one hip of the first person, who is seen longest
    joints[7, 0] = np.nan
    joints[0, 1] = joints[11, 1] = np.nan
    return np.asarray(joints.astype(np.float32), np.float64)


def root_by_hand(person: Float64) -> list[Float64]:
    """The middle of the hips, frame by frame; straight lines where they are not both seen."""
    known = {
        t: (frame[1] + frame[2]) / 2
        for t, frame in enumerate(person)
        if np.isfinite(frame[1:3]).all()
    }
    roots = []
    for t in range(len(person)):
        before = max((k for k in known if k <= t), default=min(known))
        after = min((k for k in known if k >= t), default=max(known))
        share = (t - before) / (after - before) if after > before else 0.0
        roots.append(known[before] + share * (known[after] - known[before]))
    return roots


def placed_by_hand(joints: Float64, size: tuple[int, int], axes: tuple[int, int]) -> Float64:
    """Subtract the first person's root, then one scale for x, y and z over the whole recording."""
    T, P, J, _ = joints.shape
    roots = root_by_hand(joints[:, 0])
    moved = np.full(joints.shape, np.nan)
    for t in range(T):
        for p in range(P):
            for j in range(J):
                moved[t, p, j] = joints[t, p, j] - roots[t]
    spans = [(np.nanmin(moved[..., axis]), np.nanmax(moved[..., axis])) for axis in range(3)]
    scale = max(high - low for low, high in spans) / 2
    result = np.full((T, P, J, 2), np.nan)
    for k, axis in enumerate(axes):
        low, high = spans[axis]
        shorter = min(size) / (size[1], size[0])[k]
        result[..., k] = (moved[..., axis] - (low + high) / 2) / scale * shorter
    return result


@pytest.mark.parametrize("size", [(64, 64), (32, 48)])
@pytest.mark.parametrize("plane", ["xy", "xz", "yz"])
def test_root_and_cube_are_those_of_a_float64_loop(
    walking: Float64, size: tuple[int, int], plane: str
) -> None:
    settings = vv.EncodingSettings(plane=plane, fit="cube", root_center=True)
    found, fit = place_joints(recording(walking), settings, size, np.arange(len(walking)))
    axes = ("xyz".index(plane[0]), "xyz".index(plane[1]))
    assert fit == "cube"
    np.testing.assert_allclose(found, placed_by_hand(walking, size, axes), atol=1e-12)


def test_one_scale_serves_all_axes(walking: Float64) -> None:
    """A bone has one length, whichever plane shows it: the body is not deformed."""
    source, size, frames = recording(walking), (50, 50), np.arange(len(walking))
    seen = {
        plane: place_joints(source, vv.EncodingSettings(plane=plane, fit="cube"), size, frames)[0]
        for plane in ("xy", "xz", "yz")
    }
    x, y, z = seen["xy"][..., 0], seen["xy"][..., 1], seen["xz"][..., 1]
    bones = np.diff(np.stack([x, y, z], axis=-1), axis=2)
    ratio = np.linalg.norm(bones, axis=-1) / np.linalg.norm(np.diff(walking, axis=2), axis=-1)
    assert np.nanmax(ratio) - np.nanmin(ratio) < 1e-6
    both = np.stack([x, y, z])
    assert np.nanmax(np.abs(both)) == pytest.approx(1.0)


@pytest.mark.parametrize("fit", ["none", "box", "pixels"])
def test_the_root_stands_still_however_the_plane_is_fitted(walking: Float64, fit: str) -> None:
    fields = {"unit": "px", "frame_size": (100, 200)} if fit == "pixels" else {}
    source = recording(walking, **fields)
    settings = vv.EncodingSettings(fit=fit, root_center=True)
    placed, _ = place_joints(source, settings, (64, 64), np.arange(12))
    hips = placed[:, 0, 1:3].mean(axis=1)
    hips = hips[np.isfinite(hips).all(axis=-1)]
    np.testing.assert_allclose(hips, np.broadcast_to(hips[0], hips.shape), atol=1e-9)
    if fit != "box":
        np.testing.assert_allclose(hips[0], 0, atol=1e-9)


def test_persons_keep_their_distance(walking: Float64) -> None:
    settings = vv.EncodingSettings(fit="none", root_center=True)
    placed, _ = place_joints(recording(walking), settings, (64, 64), np.arange(12))
    np.testing.assert_allclose(
        placed[:, 1] - placed[:, 0], (walking[:, 1] - walking[:, 0])[..., :2], atol=1e-12
    )


def test_the_walk_leaves_the_heatmap(walking: Float64) -> None:
    """The figure fills more of the picture where its way through the room is taken out."""
    source = recording(walking[:, :1])
    moving = vv.encode(source, vv.EncodingSettings(fit="cube", sigma=1.0)).data
    still = vv.encode(source, vv.EncodingSettings(fit="cube", sigma=1.0, root_center=True)).data

    def spread(clip: np.ndarray[Any, Any]) -> float:
        rows = np.arange(64)[None, :, None, None]
        total = clip.sum(axis=(1, 2, 3)) + 1e-9
        return float(np.ptp((clip * rows).sum(axis=(1, 2, 3))[total > 1] / total[total > 1]))

    assert spread(still) < 0.5 * spread(moving)


@pytest.mark.parametrize(
    ("names", "root"),
    [
        (("nose", "left_hip", "right_hip"), (1, 2)),
        (("Nose", "MidHip", "LHip", "RHip"), (1,)),
        (("spine base", "spine mid", "left hip"), (0,)),
        (("mixamorig:Hips", "mixamorig:Spine"), (0,)),
        (("wrist", "thumb_tip"), (0,)),
        (("joint 0", "joint 1"), (0, 1)),
    ],
)
def test_roots_are_known_by_their_names(names: tuple[str, ...], root: tuple[int, ...]) -> None:
    assert root_joints(names) == root


def test_nobody_seen_is_no_failure() -> None:
    source = recording(np.full((4, 1, 4, 3), np.nan))
    clip = vv.encode(source, vv.EncodingSettings(fit="cube", root_center=True))
    assert not clip.data.any()


def test_a_figure_whose_up_is_z_stands_upright_by_itself() -> None:
    joints = np.zeros((2, 1, 2, 3))
    joints[:, :, 0] = (0.1, 0.3, 0.9)  # a head above
    joints[:, :, 1] = (0.1, 0.3, -0.9)  # its foot
    clip = vv.encode(recording(joints, ("head", "foot"), up="z+"), vv.EncodingSettings(sigma=1.0))
    rows = np.flatnonzero(clip.data[0, :, :, 0].max(axis=1) > 0.5)
    assert rows.min() < 8
    assert rows.max() > 56
    assert "plane xz" in [step.operation.split(",")[0] for step in clip.steps]
