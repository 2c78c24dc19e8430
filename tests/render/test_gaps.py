"""Gaps are measured where a joint should be, and drawn through only where they are short."""

from __future__ import annotations

import numpy as np

from voxviewer.data import Facts, Skeleton, Topology
from voxviewer.render.gaps import bridged, missing_share
from voxviewer.settings import Opening


def recording(joints: np.ndarray) -> Skeleton:
    facts = Facts("made", "skeleton", joints.shape, "TPJX", "float32", joints.nbytes)
    score = np.isfinite(joints).all(axis=-1).astype(np.float32)
    names = tuple(f"j{index}" for index in range(joints.shape[2]))
    return Skeleton(joints.astype(np.float32), score, Topology(names), facts, Opening("m"), "m")


def test_short_gaps_are_straight_lines_as_numpy_interpolates_them(
    rng: np.random.Generator,
) -> None:
    joints = rng.normal(size=(40, 2, 5, 3))
    lost = rng.random((40, 2, 5)) < 0.3
    lost[[0, -1]] = False
    joints[lost] = np.nan
    filled, made = bridged(joints, longest=40)
    np.testing.assert_array_equal(made, lost)
    frames = np.arange(40)
    for person in range(2):
        for joint in range(5):
            known = ~lost[:, person, joint]
            for axis in range(3):
                expected = np.interp(frames, frames[known], joints[known, person, joint, axis])
                np.testing.assert_allclose(filled[:, person, joint, axis], expected, atol=1e-12)


def test_long_gaps_and_both_ends_stay_open() -> None:
    joints = np.ones((12, 1, 1, 3))
    joints[[0, 2, 3, 4, 6, 11]] = np.nan
    filled, made = bridged(joints, longest=2)
    assert np.flatnonzero(made[:, 0, 0]).tolist() == [6]
    assert np.flatnonzero(np.isnan(filled[:, 0, 0, 0])).tolist() == [0, 2, 3, 4, 11]


def test_the_recording_itself_is_left_as_it_is() -> None:
    joints = np.ones((3, 1, 1, 3))
    joints[1] = np.nan
    bridged(joints)
    assert np.isnan(joints[1]).all()


def test_a_joint_is_missed_only_where_its_person_is() -> None:
    joints = np.ones((6, 2, 2, 3))
    joints[0] = np.nan  # nobody yet
    joints[:, 0, 1] = np.nan  # a joint that is never seen is no gap
    joints[[1, 4, 5], 1] = np.nan  # the second person comes later and leaves earlier
    joints[3, 1, 0] = np.nan
    joints[4, 0] = np.nan
    np.testing.assert_allclose(missing_share(recording(joints)), [1, 0, 0, 1 / 3, 1, 0])


def test_nobody_at_all_is_missing_everywhere() -> None:
    assert missing_share(recording(np.full((3, 1, 2, 3), np.nan))).tolist() == [1, 1, 1]
