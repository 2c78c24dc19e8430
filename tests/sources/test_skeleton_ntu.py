"""NTU RGB+D: bodies by id, ghosts, variants, and what is refused where."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from skeleton_writers import figure, write_ntu

import voxviewer.sources as sources
from voxviewer.data import Skeleton
from voxviewer.files import SourceError


def opened(path: Path, **options: str) -> Skeleton:
    source = sources.open(path, **options)  # type: ignore[arg-type]
    assert isinstance(source, Skeleton)
    return source


def test_joints_names_unit_and_rate_are_those_of_the_kinect(tmp_path: Path) -> None:
    joints = figure(12)
    path = write_ntu(tmp_path / "a.skeleton", [[("7", each[0])] for each in joints])
    skeleton = opened(path)
    np.testing.assert_allclose(skeleton.joints, joints, atol=1e-6)
    assert skeleton.topology.names[3] == "head"
    assert len(skeleton.topology.bones) == 24
    assert (skeleton.unit, skeleton.up) == ("m", "y+")
    np.testing.assert_allclose(skeleton.times, np.arange(12) / 30)


def test_swapped_bodies_are_matched_by_id(tmp_path: Path) -> None:
    one, two = figure(20, persons=2).swapaxes(0, 1)
    frames = []
    for index in range(20):
        pair = [("one", one[index]), ("two", two[index])]
        frames.append(pair[::-1] if index % 3 == 1 else pair)
    skeleton = opened(write_ntu(tmp_path / "a.skeleton", frames))
    np.testing.assert_allclose(skeleton.joints[:, 0], one, atol=1e-6)
    np.testing.assert_allclose(skeleton.joints[:, 1], two, atol=1e-6)


def test_three_persons_stay_three(tmp_path: Path) -> None:
    joints = figure(15, persons=3)
    frames = [[(f"id{p}", each[p]) for p in range(3)] for each in joints]
    skeleton = opened(write_ntu(tmp_path / "a.skeleton", frames))
    assert skeleton.shape == (15, 3, 25, 3)
    assert not np.isnan(skeleton.joints).any()


def test_empty_frames_are_empty(tmp_path: Path) -> None:
    joints = figure(10)[:, 0]
    frames = [[] if index in (0, 1, 5) else [("a", joints[index])] for index in range(10)]
    skeleton = opened(write_ntu(tmp_path / "a.skeleton", frames))
    empty = np.isnan(skeleton.joints).all(axis=(1, 2, 3))
    np.testing.assert_array_equal(np.flatnonzero(empty), [0, 1, 5])
    assert (skeleton.score[empty] == 0).all()


def test_a_body_of_a_moment_is_a_ghost_unless_all_are_asked_for(tmp_path: Path) -> None:
    joints = figure(40, persons=2)
    frames = [
        [("real", each[0]), *([("ghost", each[1])] if 10 <= index < 14 else [])]
        for index, each in enumerate(joints)
    ]
    path = write_ntu(tmp_path / "a.skeleton", frames)
    skeleton = opened(path)
    assert skeleton.shape == (40, 1, 25, 3)
    assert any("ghost (4 frames)" in told for told in skeleton.facts.decisions)
    assert any("1 of 2 bodies" in warning for warning in skeleton.facts.warnings)
    assert opened(path, array="all").shape == (40, 2, 25, 3)
    with pytest.raises(SourceError, match="'all'"):
        sources.open(path, array="left")


def test_a_body_wider_than_tall_is_furniture(tmp_path: Path) -> None:
    joints = figure(30, persons=2)
    joints[:, 1] = joints[:, 1, :, ::-1][..., [1, 2, 0]]  # lies down
    frames = [[("sofa", each[1]), ("real", each[0])] for each in joints]
    skeleton = opened(write_ntu(tmp_path / "a.skeleton", frames))
    np.testing.assert_allclose(skeleton.joints[:, 0], joints[:, 0], atol=1e-6)


def test_the_only_body_is_never_a_ghost(tmp_path: Path) -> None:
    lying = figure(30)[:, 0][..., [1, 0, 2]]
    skeleton = opened(write_ntu(tmp_path / "a.skeleton", [[("a", each)] for each in lying]))
    assert skeleton.shape[1] == 1


def test_line_ends_of_windows_and_blank_lines_do_not_matter(tmp_path: Path) -> None:
    frames = [[("7", each)] for each in figure(6)[:, 0]]
    unix = opened(write_ntu(tmp_path / "a.skeleton", frames))
    other = write_ntu(tmp_path / "b.skeleton", frames, newline="\r\n\r\n")
    np.testing.assert_array_equal(opened(other).joints, unix.joints)


def test_variant_of_three_fields_and_unequal_bodies_is_filled_with_nan(tmp_path: Path) -> None:
    one, two = figure(8, 26)[:, 0], figure(8, 27, seed=1)[:, 0]
    two[:, 0] = 0
    frames = [[("1", one[t]), ("2", two[t])] for t in range(8)]
    skeleton = opened(write_ntu(tmp_path / "a.skeleton", frames, fields=3))
    assert skeleton.shape == (8, 2, 27, 3)
    assert np.isnan(skeleton.joints[:, 0, 26]).all()
    assert np.isnan(skeleton.joints[:, 1, 0]).all(), "(0, 0, 0) is no place"
    np.testing.assert_allclose(skeleton.joints[:, 1, 1:], two[:, 1:], atol=1e-6)
    assert skeleton.times is None


def test_joints_of_tracking_state_0_are_missing_and_inferred_ones_half_sure(tmp_path: Path) -> None:
    frames = [[("7", each)] for each in figure(4)[:, 0]]
    none = opened(write_ntu(tmp_path / "a.skeleton", frames, state=0))
    assert np.isnan(none.joints).all()
    assert any("no joint is seen" in warning for warning in none.facts.warnings)
    half = opened(write_ntu(tmp_path / "b.skeleton", frames, state=1))
    assert (half.score == 0.5).all()


def test_nan_and_infinite_coordinates_are_missing(tmp_path: Path) -> None:
    joints = figure(5)[:, 0]
    joints[2, 4] = np.nan
    path = write_ntu(tmp_path / "a.skeleton", [[("7", each)] for each in joints])
    text = path.read_text().replace("\n0.", "\n1e999 ", 1)
    path.write_text(text)
    skeleton = opened(path)
    assert np.isnan(skeleton.joints[2, 0, 4]).all()
    assert np.isnan(skeleton.joints).any(axis=-1).sum() == 2
    assert any("infinite" in warning for warning in skeleton.facts.warnings)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda lines: ["1000000000", *lines[1:]], r"ends after line \d+, .*frame 3 of 1000000000"),
        (lambda lines: lines[:60], r"ends after line 60, before joint \d+ of frame 2"),
        (lambda lines: [*lines[:6], "0.1 0.2", *lines[7:]], r"line 7 has 2 numbers"),
        (lambda lines: [*lines[:6], "0.1 x 0.2", *lines[7:]], r"line 7 has '0.1 x 0.2'"),
        (lambda lines: [*lines[:3], "99999999", *lines[4:]], r"line 4 says 99999999"),
        (lambda lines: [*lines[:1], "1 2", *lines[2:]], r"line 2 has '1 2'"),
        (lambda lines: ["2", "0", "0"], r"has nobody in 2 frames"),
    ],
)
def test_broken_file_is_refused_with_its_line(tmp_path: Path, change: object, words: str) -> None:
    path = write_ntu(tmp_path / "a.skeleton", [[("7", each)] for each in figure(3)[:, 0]])
    lines = change(path.read_text().splitlines())  # type: ignore[operator]
    path.write_text("\n".join(lines))
    with pytest.raises(SourceError, match=words) as caught:
        sources.open(path)
    assert str(caught.value).startswith("a.skeleton: ")
