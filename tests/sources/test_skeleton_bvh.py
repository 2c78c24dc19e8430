"""BVH against SciPy's rotations, and its oddities."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from skeleton_writers import BVH_CHANNELS, BVH_TREE, write_bvh

import voxviewer.sources as sources
from voxviewer.data import Skeleton
from voxviewer.files import SourceError


def opened(path: Path) -> Skeleton:
    source = sources.open(path)
    assert isinstance(source, Skeleton)
    return source


def rows(count: int = 9) -> np.ndarray:
    return np.random.default_rng(3).uniform(-170, 170, (count, BVH_CHANNELS)).round(6)


def test_forward_kinematics_agrees_with_scipy(tmp_path: Path) -> None:
    table = rows()
    skeleton = opened(write_bvh(tmp_path / "a.bvh", table))
    expected = np.empty((len(table), 6, 3))
    for frame, row in enumerate(table):
        hips = Rotation.from_euler("ZYX", row[3:6], degrees=True)
        spine = hips * Rotation.from_euler("ZYX", row[6:9], degrees=True)
        head = spine * Rotation.from_euler("XYZ", row[9:12], degrees=True)
        foot = hips * Rotation.from_euler("YXZ", row[12:15], degrees=True)
        root = row[:3]
        at_spine = root + hips.apply([0, 4, 0])
        at_head = at_spine + spine.apply([0, 3, 0])
        at_foot = root + hips.apply([1, -8, 0])
        expected[frame] = [
            root, at_spine, at_head, at_head + head.apply([0, 1, 0]),
            at_foot, at_foot + foot.apply([0, 0, 1]),
        ]  # fmt: skip
    np.testing.assert_allclose(skeleton.joints[:, 0], expected, rtol=1e-5, atol=1e-4)
    assert skeleton.topology.names == (
        "Hips", "Spine", "Head", "Head_End", "LeftFoot", "LeftFoot_End",
    )  # fmt: skip
    assert skeleton.topology.bones == ((0, 1), (1, 2), (2, 3), (0, 4), (4, 5))
    assert skeleton.times is not None
    assert skeleton.times[1] == pytest.approx(0.0333333)


def test_position_channels_replace_the_offset_wherever_they_stand(tmp_path: Path) -> None:
    tree = BVH_TREE.replace("OFFSET 0 0 0", "OFFSET 5 6 7").replace(
        "CHANNELS 3 Xrotation Yrotation Zrotation",
        "CHANNELS 6 Xrotation Yrotation Zrotation Zposition Xposition Yposition",
    )
    table = np.zeros((2, BVH_CHANNELS + 3))
    table[1, 9:15] = [90, 0, 0, 3, 1, 2]
    skeleton = opened(write_bvh(tmp_path / "a.bvh", table, tree))
    np.testing.assert_allclose(skeleton.joints[0, 0, 0], [0, 0, 0], atol=1e-6)
    np.testing.assert_allclose(skeleton.joints[1, 0, 2], [1, 6, 3], atol=1e-6)
    np.testing.assert_allclose(skeleton.joints[1, 0, 3], [1, 6, 4], atol=1e-6)


def test_order_of_channels_matters(tmp_path: Path) -> None:
    table = np.zeros((1, BVH_CHANNELS))
    table[0, 3:6] = [90, 0, 90]  # Z first, then X about the turned axis
    skeleton = opened(write_bvh(tmp_path / "a.bvh", table))
    np.testing.assert_allclose(skeleton.joints[0, 0, 1], [0, 0, 4], atol=1e-5)


def test_up_and_unit_come_from_the_figure(tmp_path: Path) -> None:
    still = opened(write_bvh(tmp_path / "a.bvh", np.zeros((3, BVH_CHANNELS))))
    assert (still.up, still.unit) == ("y+", "unknown")
    lifted = np.zeros((3, BVH_CHANNELS))
    lifted[:, 5] = 90  # turned about X: y becomes z
    tall = BVH_TREE.replace("OFFSET 1 -8 0", "OFFSET 1 -150 0")
    turned = opened(write_bvh(tmp_path / "b.bvh", lifted, tall))
    assert (turned.up, turned.unit) == ("z+", "cm")


def test_odd_spelling_is_read(tmp_path: Path) -> None:
    plain = write_bvh(tmp_path / "a.bvh", rows())
    text = plain.read_text()
    one_line = text.split("MOTION")[0].replace("\n", " ") + "\nMOTION" + text.split("MOTION")[1]
    odd = tmp_path / "b.bvh"
    odd.write_bytes(
        one_line.replace("ROOT Hips", "root  My Hips:root")
        .replace("CHANNELS", "channels")
        .replace("Frames: ", "Frames:\t")
        .replace("\n", "\r\n\r\n")
        .encode("utf-8-sig")
    )
    skeleton = opened(odd)
    np.testing.assert_array_equal(skeleton.joints, opened(plain).joints)
    assert skeleton.topology.names[0] == "My Hips:root"


def test_rows_that_are_there_are_taken_whatever_the_header_says(tmp_path: Path) -> None:
    head = "Frames: 1000000000\nFrame Time: 0\n"
    skeleton = opened(write_bvh(tmp_path / "a.bvh", rows(4), head=head))
    assert skeleton.shape[0] == 4
    assert skeleton.times is None
    assert any("1000000000 frames, the file has 4" in text for text in skeleton.facts.warnings)
    assert any("frame time is 0" in text for text in skeleton.facts.warnings)


def test_channel_without_a_number_leaves_only_what_hangs_on_it_missing(tmp_path: Path) -> None:
    path = write_bvh(tmp_path / "a.bvh", rows(4))
    lines = path.read_text().splitlines()
    words = lines[-1].split()
    words[6] = "1e999"
    path.write_text("\n".join([*lines[:-1], " ".join(words)]))
    seen = np.isfinite(opened(path).joints[..., 0])
    assert seen[:3].all()
    assert seen[3, 0].tolist() == [True, True, False, False, True, True]


def test_thousands_of_nested_joints_are_no_recursion(tmp_path: Path) -> None:
    depth = 4000
    tree = "HIERARCHY\nROOT a\n{\nOFFSET 0 0 0\nCHANNELS 3 Xrotation Yrotation Zrotation\n"
    tree += "JOINT b\n{\nOFFSET 0 1 0\nCHANNELS 1 Zrotation\n" * depth
    tree += "}\n" * (depth + 1)
    skeleton = opened(write_bvh(tmp_path / "a.bvh", np.zeros((2, 3 + depth)), tree))
    assert skeleton.shape == (2, 1, depth + 1, 3)
    assert skeleton.joints[1, 0, -1].tolist() == [0, depth, 0]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: text.split("MOTION")[0], r"ends at line \d+ without MOTION"),
        (lambda text: text.replace("}\n", "", 1), r"line \d+ begins MOTION with 1 braces still"),
        (lambda text: text.replace("MOTION", "}\nMOTION"), r"closes a brace that was never"),
        (lambda text: text.replace("Xposition", "Wposition"), r"line 5 names .*'Wposition'"),
        (lambda text: text.replace("CHANNELS 6", "CHANNELS 9"), r"line 5 has 6 words where 9"),
        (lambda text: text.replace("OFFSET 0 4 0", "OFFSET 0 4"), r"line 8 has 2 words where 3"),
        (lambda text: text.replace("OFFSET 0 4 0", "OFFSET 0 q 0"), r"line 8 has '0 q 0'"),
        (lambda text: text.rsplit(" ", 3)[0] + "\n", r"line \d+ has 12 numbers, frame 8 needs 15"),
        (lambda text: text.replace("Frame Time", "Frame Rate"), r"line \d+ has 'Frame Rate"),
        (lambda text: text.replace("Frames: 9", "Frames: many"), r"line \d+ has 'Frames: many'"),
        (lambda text: text.split("Frame Time")[0] + "Frame Time: 0.1\n", r"has no frame"),
        (lambda text: text.replace("JOINT Spine", "LIMB Spine"), r"line 6 has 'LIMB'"),
    ],
)
def test_broken_file_is_refused_with_its_line(tmp_path: Path, change: object, words: str) -> None:
    path = write_bvh(tmp_path / "a.bvh", rows())
    path.write_text(change(path.read_text()))  # type: ignore[operator]
    with pytest.raises(SourceError, match=words) as caught:
        sources.open(path)
    assert "\n" not in str(caught.value)
