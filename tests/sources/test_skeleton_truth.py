"""Every real skeleton file against its ground truth, and up to the clip."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from skeleton_writers import figure, skeleton_files, write_ntu

import voxviewer as vv
import voxviewer.sources as sources
from voxviewer.data import Skeleton
from voxviewer.files import TooLargeError
from voxviewer.sources.describe import describe
from voxviewer.sources.skeletons.topologies import known, topology

FILES = (
    "bvh/bvh_test1.bvh", "bvh/cmu_12_01_walk.bvh", "bvh/test_freebvh.bvh", "bvh/wave_hello.bvh",
    "ntu/S001C001P001R001A023.skeleton", "ntu/handeffgcn_26joints_3fields.skeleton",
    "openpose/treadmill_32", "coco/test_coco.json", "coco/test_posetrack18_val.json",
    "mediapipe/point_history.csv", "mediapipe/sign_hands.csv", "mediapipe/sign_hands.json",
    "kinect_csv/Ges01_wavehand.csv", "c3d/Sample_Static.c3d", "pyskl/wavehand_pyskl.pkl",
    "skeleton_npy/bicep_good_1.npy", "skeleton_npy/frontraise_bad_1.npy",
    "skeleton_npy/wavehand.npz", "skeleton_npy/wavehand_T_25_3.npy",
)  # fmt: skip


def opened(path: Path, **options: str) -> Skeleton:
    source = sources.open(path, **options)  # type: ignore[arg-type]
    assert isinstance(source, Skeleton)
    return source


@pytest.fixture
def truth(shared_data: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((shared_data / "truth.json").read_text())
    return found


@pytest.mark.parametrize("name", [name for name in FILES if name.startswith("bvh")])
def test_bvh_positions_agree_to_a_thousandth_of_the_figure(shared_data: Path, name: str) -> None:
    stored = json.loads((shared_data / "_truth" / "bvh_positions.json").read_text())
    expected = stored[Path(name).name]
    skeleton = opened(shared_data / name)
    assert skeleton.shape[:2] == (expected["frames"], 1)
    assert list(skeleton.topology.names) == expected["names"]
    parents = [-1] * len(expected["names"])
    for parent, child in skeleton.topology.bones:
        parents[child] = parent
    assert parents == expected["parents"]
    for frame, places in expected["positions"].items():
        places = np.array(places)
        size = np.ptp(places, axis=0).max()
        got = skeleton.joints[int(frame), 0]
        assert np.abs(got - places).max() < 1e-3 * size
    facts = describe(skeleton, name)
    assert facts["rate"] == pytest.approx(1 / expected["frame_time"], rel=1e-3)
    assert facts["missing"] == 0


def test_ntu_recording_is_the_kinect_recording(shared_data: Path, truth: dict) -> None:
    name = "ntu/S001C001P001R001A023.skeleton"
    skeleton = opened(shared_data / name)
    assert skeleton.shape == (truth[name]["frames"], 1, 25, 3)
    np.testing.assert_allclose(
        skeleton.joints.min(axis=(0, 1, 2)), truth[name]["xyz_min"], atol=1e-5
    )
    np.testing.assert_allclose(
        skeleton.joints.max(axis=(0, 1, 2)), truth[name]["xyz_max"], atol=1e-5
    )
    other = opened(shared_data / "kinect_csv" / "Ges01_wavehand.csv")
    np.testing.assert_allclose(skeleton.joints, other.joints, atol=1e-5)
    array = np.load(shared_data / "skeleton_npy" / "wavehand_T_25_3.npy")
    np.testing.assert_allclose(other.joints[:, 0], array, atol=1e-6)
    facts = describe(other, name)
    assert (facts["unit"], facts["up"]) == ("m", "y+")
    assert facts["rate"] == pytest.approx(29.6, abs=0.1)


def test_hands_of_26_and_27_joints(shared_data: Path, truth: dict) -> None:
    name = "ntu/handeffgcn_26joints_3fields.skeleton"
    skeleton = opened(shared_data / name)
    assert skeleton.shape == (truth[name]["frames"], 2, max(truth[name]["joints"]), 3)
    seen = np.isfinite(skeleton.joints[..., 0])
    assert seen[:, 0, :26].all()
    assert not seen[:, 0, 26].any()
    assert seen[:, 1, 1:].all()


def test_openpose_folder(shared_data: Path, truth: dict) -> None:
    expected = truth["openpose/treadmill_32"]
    skeleton = opened(shared_data / "openpose" / "treadmill_32")
    assert skeleton.shape == (expected["files"], 2, expected["pose_keypoints"][0], 3)
    seen = np.isfinite(skeleton.joints[..., 0])
    assert seen.sum() == expected["of"] - expected["missing_keypoints(conf 0)"]
    people = seen.any(axis=2).sum(axis=1)
    assert {str(n): int((people == n).sum()) for n in (1, 2)} == expected["people_per_frame"]
    assert np.nanmax(skeleton.joints) == pytest.approx(expected["max_coordinate"], abs=0.05)
    first = json.loads((shared_data / "openpose" / "treadmill_32" / "000.json").read_text())
    flat = np.array(first["people"][0]["pose_keypoints_2d"]).reshape(25, 3)
    found = flat[:, 2] > 0
    np.testing.assert_allclose(skeleton.joints[0, 0, found, :2], flat[found, :2], rtol=1e-6)
    np.testing.assert_allclose(skeleton.score[0, 0], flat[:, 2], rtol=1e-6)
    steps = np.linalg.norm(np.diff(np.nanmean(skeleton.joints[:, 0], axis=1), axis=0), axis=-1)
    assert steps.max() < 60, "the runner is one person throughout"


def test_coco_files(shared_data: Path, truth: dict) -> None:
    for name in ("coco/test_coco.json", "coco/test_posetrack18_val.json"):
        expected = truth[name]
        stored = json.loads((shared_data / name).read_text())
        skeleton = opened(shared_data / name)
        persons = expected["people_per_image_max"]
        assert skeleton.shape == (expected["images"], persons, 17, 3)
        assert list(skeleton.topology.names) == stored["categories"][0]["keypoints"]
        labeled = sum(sum(v > 0 for v in a["keypoints"][2::3]) for a in stored["annotations"])
        assert np.isfinite(skeleton.joints[..., 0]).sum() == labeled
        assert any("no sequence" in warning for warning in skeleton.facts.warnings)


def test_mediapipe_files(shared_data: Path, truth: dict) -> None:
    expected = truth["mediapipe/sign_hands.json"]
    skeleton = opened(shared_data / "mediapipe" / "sign_hands.json")
    assert skeleton.shape == (expected["frames"], 1, 42, 3)
    seen = np.isfinite(skeleton.joints[:, 0, :, 0])
    assert (~seen[:, :21].any(axis=1)).sum() == expected["no_left"]
    assert (~seen[:, 21:].any(axis=1)).sum() == expected["no_right"]
    assert describe(skeleton, "")["rate"] == expected["fps"]
    assert skeleton.frame_size == tuple(expected["size"])
    table = opened(shared_data / "mediapipe" / "sign_hands.csv")
    np.testing.assert_allclose(table.joints, skeleton.joints, atol=1e-6)
    assert table.topology == skeleton.topology
    history = opened(shared_data / "mediapipe" / "point_history.csv")
    assert history.shape == (truth["mediapipe/point_history.csv"]["rows"], 1, 16, 3)


def test_pyskl_list(shared_data: Path, truth: dict) -> None:
    expected = truth["pyskl/wavehand_pyskl.pkl"]
    skeleton = opened(shared_data / "pyskl" / "wavehand_pyskl.pkl")
    M, T, V, _ = expected["keypoint"][0]
    assert skeleton.shape == (T, M, V, 3)
    assert not np.isnan(skeleton.joints).any()


@pytest.mark.parametrize("name", FILES)
def test_every_real_file_becomes_a_moving_upright_heatmap_at_once(
    shared_data: Path, name: str
) -> None:
    vv.encode(opened(shared_data / name))  # compiles its loops, once for all times
    began = time.thread_time()  # of this thread: other programs may keep the machine busy
    skeleton = opened(shared_data / name)
    clip = vv.encode(skeleton)
    seconds = time.thread_time() - began
    assert clip.data.max() > 0.5
    assert np.abs(np.diff(clip.data, axis=0)).max() > 1e-3
    assert seconds < 1.0
    names = [joint.lower() for joint in skeleton.topology.names]
    head = [i for i, joint in enumerate(names) if joint in ("head", "nose", "lfhd")]
    feet = [i for i, joint in enumerate(names) if "ankle" in joint or "foot" in joint]
    if head and feet and "coco.json" not in name and "posetrack" not in name:
        settings = vv.EncodingSettings(combine="joints", sigma=2, frames=24)
        each = vv.encode(skeleton, settings).data
        rows = np.arange(each.shape[1])[:, None, None, None]
        total = each.sum(axis=(0, 1, 2))
        height = (np.moveaxis(each, 0, -1).transpose(0, 1, 3, 2) * rows).sum(axis=(0, 1, 2))
        height = height / np.maximum(total, 1e-9)
        shown = [foot for foot in feet if total[foot] > 0]
        assert all(height[head[0]] < height[foot] for foot in shown)


def test_drop_to_heatmap_takes_a_moment_for_300_frames(tmp_path: Path) -> None:
    joints = figure(300, persons=2)
    frames = [[("1", each[0]), ("2", each[1])] for each in joints]
    files = {**skeleton_files(tmp_path), "long": write_ntu(tmp_path / "long.skeleton", frames)}
    for path in files.values():
        sources.open(path)  # imports are another matter
        began = time.perf_counter()
        vv.encode(sources.open(path), vv.EncodingSettings())
        assert time.perf_counter() - began < 1.0


@pytest.mark.parametrize(
    ("key", "count"),
    [
        ("ntu-25", 25), ("kinect-25", 25), ("coco-17", 17), ("coco-18", 18), ("body-25", 25),
        ("hand-21", 21), ("openpose-hand-21", 21), ("openpose-face-70", 70), ("mediapipe-33", 33),
        ("sample-hand", 20),
    ],
)  # fmt: skip
def test_known_layouts_name_every_joint_once_and_join_most(key: str, count: int) -> None:
    title, layout = known(key)
    assert title
    assert topology(key) is layout
    assert len(set(layout.names)) == len(layout.names) == count
    assert all(0 <= a < count and 0 <= b < count and a != b for a, b in layout.bones)
    assert len({frozenset(bone) for bone in layout.bones}) == len(layout.bones)
    joined = {joint for bone in layout.bones for joint in bone}
    assert len(joined) >= count - 2


@pytest.mark.parametrize(
    "family", ["BVH", "C3D", "NTU skeleton", "pose JSON", "joints CSV", "PYSKL pickle"]
)
def test_memory_is_asked_for_before_anything_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, family: str
) -> None:
    path = skeleton_files(tmp_path)[family]
    monkeypatch.setattr("voxviewer.files.available_memory", lambda: 2000)
    with pytest.raises(TooLargeError, match="memory"):
        sources.open(path)


def test_readers_import_nothing_heavy() -> None:
    code = (
        "import sys, voxviewer.sources; "
        "print(sorted({'scipy', 'nibabel', 'PIL', 'numba', 'psutil'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
