"""OpenPose folders and files: persons followed, parts, gaps, empty frames."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from skeleton_writers import figure, person, write_openpose

import voxviewer.sources as sources
from voxviewer.data import Skeleton, no_progress
from voxviewer.files import SourceError
from voxviewer.sources.skeletons.tracking import followed


def opened(path: Path, **options: object) -> Skeleton:
    source = sources.open(path, **options)  # type: ignore[arg-type]
    assert isinstance(source, Skeleton)
    return source


def pixels(frames: int = 12, joints: int = 25, persons: int = 1) -> np.ndarray:
    """(T, P, J, 2) in pixels, persons 100 apart."""
    return 300 + 100 * figure(frames, joints, persons)[..., :2]


def test_persons_are_followed_though_their_order_changes(tmp_path: Path) -> None:
    joints = pixels(30, persons=3)
    joints[:, 2] += np.linspace(0, -150, 30)[:, None, None]  # walks through the others
    order = np.random.default_rng(1)
    frames = [[person(each[p]) for p in order.permutation(3)] for each in joints]
    skeleton = opened(write_openpose(tmp_path / "poses", frames))
    assert skeleton.shape == (30, 3, 25, 3)
    for p in range(3):
        matches = [
            q for q in range(3) if np.abs(skeleton.joints[:, q, :, :2] - joints[:, p]).max() < 1e-3
        ]
        assert len(matches) == 1
    assert (skeleton.unit, skeleton.up) == ("px", "y-")
    assert skeleton.topology.names[8] == "MidHip"
    assert len(skeleton.topology.bones) == 24


def test_missing_joints_stay_missing_and_scores_are_kept(tmp_path: Path) -> None:
    joints = pixels(4)
    joints[1, 0, 7] = np.nan
    joints[2, 0] = np.nan
    frames = [[person(each[0], score=0.4)] for each in joints]
    skeleton = opened(write_openpose(tmp_path / "poses", frames))
    assert np.isnan(skeleton.joints[1, 0, 7]).all()
    assert np.isnan(skeleton.joints[2]).all()
    assert skeleton.score[1, 0, 7] == 0
    assert skeleton.score[0, 0, 0] == pytest.approx(0.4)
    assert np.nanmin(skeleton.joints[..., :2]) > 100


def test_empty_frames_are_empty_and_missing_numbers_are_told(tmp_path: Path) -> None:
    joints = pixels(6)
    frames = [[] if index == 2 else [person(joints[index, 0])] for index in range(6)]
    path = write_openpose(tmp_path / "poses", frames, numbers=[0, 1, 2, 5, 6, 9])
    skeleton = opened(path)
    assert np.flatnonzero(np.isnan(skeleton.joints).all(axis=(1, 2, 3))).tolist() == [2]
    assert any("3 to 4, 7 to 8" in warning for warning in skeleton.facts.warnings)
    assert "frames in which nobody is: 1" in skeleton.facts.decisions


def test_someone_who_comes_back_is_the_same_person(tmp_path: Path) -> None:
    joints = pixels(10, persons=2)
    frames = [
        [person(each[1])] if 3 <= index < 6 else [person(each[0]), person(each[1])]
        for index, each in enumerate(joints)
    ]
    skeleton = opened(write_openpose(tmp_path / "poses", frames))
    assert skeleton.shape[1] == 2
    np.testing.assert_allclose(skeleton.joints[:, 1, :, :2], joints[:, 1], atol=1e-3)
    assert any("person 0 in 7 of 10" in warning for warning in skeleton.facts.warnings)


def test_body_is_shown_and_other_parts_when_asked_for(tmp_path: Path) -> None:
    body, hand, face = pixels(3), pixels(3, 21), pixels(3, 70)
    frames = [
        [person(body[t, 0]) | person(hand[t, 0], "hand_left") | person(face[t, 0], "face")]
        for t in range(3)
    ]
    path = write_openpose(tmp_path / "poses", frames)
    skeleton = opened(path)
    assert skeleton.shape[2] == 25
    assert any("hand_left (21), face (70)" in warning for warning in skeleton.facts.warnings)
    everything = opened(path, array="all")
    assert everything.shape[2] == 25 + 21 + 70
    assert everything.topology.names[25] == "left_hand_wrist"
    np.testing.assert_allclose(everything.joints[:, 0, 46:, :2], face[:, 0], atol=1e-3)
    assert opened(path, array="hand_left").shape[2] == 21
    with pytest.raises(SourceError, match="It has pose, hand_left, face, all"):
        sources.open(path, array="feet")


def test_hands_alone_are_shown_together(tmp_path: Path) -> None:
    hand = pixels(3, 21)
    frames = [[person(each[0], "hand_left") | person(each[0] + 9, "hand_right")] for each in hand]
    assert opened(write_openpose(tmp_path / "poses", frames)).shape[2] == 42


def test_old_keys_and_18_joints_are_read(tmp_path: Path) -> None:
    joints = pixels(3, 18)
    frames = []
    for each in joints:
        found = person(each[0])
        frames.append([{"pose_keypoints": found["pose_keypoints_2d"], "person_id": [-1]}])
    skeleton = opened(write_openpose(tmp_path / "poses", frames))
    assert skeleton.topology.names[14] == "REye"
    np.testing.assert_allclose(skeleton.joints[:, 0, :, :2], joints[:, 0], atol=1e-3)


def test_scaled_coordinates_are_shares_of_the_picture(tmp_path: Path) -> None:
    joints = pixels(3) / 1000
    path = write_openpose(tmp_path / "poses", [[person(each[0])] for each in joints])
    assert opened(path).unit == "normalized"


def test_three_dimensions_are_read(tmp_path: Path) -> None:
    joints = 300 + 100 * figure(3)[:, 0]
    flat = [np.column_stack([each, np.ones(25)]).ravel().tolist() for each in joints]
    frames = [[{"pose_keypoints_3d": each}] for each in flat]
    skeleton = opened(write_openpose(tmp_path / "poses", frames))
    np.testing.assert_allclose(skeleton.joints[:, 0], joints, rtol=1e-6)


def test_longest_of_several_recordings_is_shown_and_the_others_listed(tmp_path: Path) -> None:
    joints = pixels(7)
    folder = write_openpose(tmp_path / "poses", [[person(each[0])] for each in joints])
    for number in range(3):
        data = {"people": [person(joints[number, 0] + 50)]}
        (folder / f"run_{number:03d}.json").write_text(json.dumps(data))
    skeleton = opened(folder)
    assert skeleton.shape[0] == 7
    assert "series 1 (run_000.json, 3 frames)" in skeleton.facts.warnings[0]
    assert opened(folder, series=1).shape[0] == 3
    with pytest.raises(SourceError, match="has no series 2"):
        sources.open(folder, series=2)


def test_natural_order_of_frames(tmp_path: Path) -> None:
    folder = tmp_path / "poses"
    folder.mkdir()
    joints = pixels(12)
    for number in range(12):
        (folder / f"{number}.json").write_text(json.dumps({"people": [person(joints[number, 0])]}))
    np.testing.assert_allclose(opened(folder).joints[:, 0, :, :2], joints[:, 0], atol=1e-3)


def test_single_file_is_one_frame(tmp_path: Path) -> None:
    folder = write_openpose(tmp_path / "poses", [[person(pixels(1)[0, 0])]])
    (file,) = folder.iterdir()
    skeleton = opened(file)
    assert skeleton.shape == (1, 1, 25, 3)
    assert any("open its folder" in warning for warning in skeleton.facts.warnings)


def test_dropped_files_become_one_skeleton(tmp_path: Path) -> None:
    folder = write_openpose(tmp_path / "poses", [[person(each[0])] for each in pixels(5)])
    files = [str(file) for file in folder.iterdir()]
    assert sources.invitation([str(folder)]) == "Open poses/ (5 pose files) as one skeleton"
    assert sources.invitation(files[:3]) == "Open 3 pose files as one skeleton"
    (opening,) = sources.plan_drop(files[:3])
    assert sources.same_opening(opening).shape[0] == 3
    (whole,) = sources.plan_drop(files)
    assert whole.array is None


def test_folder_of_images_with_other_json_stays_a_folder_of_images(files: dict[str, Path]) -> None:
    (files["folder of images"] / "frame1.json").write_text('{"shapes": []}')
    assert sources.recognized(str(files["folder of images"])).name == "folder of images"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"people": [{"pose_keypoints_2d": [1, 2]}]}', r"frame 1 a list pose_keypoints"),
        ('{"people": [{"pose_keypoints_2d": [1, 2, "x"]}]}', r"not 3 numbers a joint"),
        ('{"people": [{"pose_keypoints_2d": [[1], [2, 3]]}]}', r"not 3 numbers a joint"),
        ('{"people": [{"pose_keypoints_2d": [1, 2, 1]}]}', r"1 joints of pose in frame 1 .* 25"),
        ('{"people": [7]}', r"has no person where one should be, frame 1"),
        ('{"persons": []}', r"is frame 1 but has no list of people"),
        ('{"people": [', r"is not whole JSON: line 1"),
        ('{"people": ' + "[" * 5000 + "]" * 5000 + "}", r"nests 5001 deep"),
        ('{"people": [' + "{}," * 300 + "{}]}", r"has 301 people in one frame"),
        ("", r"is empty"),
    ],
)
def test_broken_frame_is_refused_by_its_name(tmp_path: Path, text: str, words: str) -> None:
    folder = write_openpose(tmp_path / "poses", [[person(each[0])] for each in pixels(3)])
    (folder / "walk_000000000001_keypoints.json").write_text(text)
    with pytest.raises(SourceError, match=words) as caught:
        sources.open(folder)
    assert "\n" not in str(caught.value)


def test_folder_without_anybody_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="has nobody in 3 frames"):
        sources.open(write_openpose(tmp_path / "poses", [[], [], []]))


def test_infinite_and_huge_numbers_are_missing(tmp_path: Path) -> None:
    folder = write_openpose(tmp_path / "poses", [[person(each[0])] for each in pixels(2)])
    path = folder / "walk_000000000000_keypoints.json"
    flat = json.loads(path.read_text())["people"][0]["pose_keypoints_2d"]
    flat[0], flat[3] = "HUGE", "DIGITS"
    text = json.dumps({"people": [{"pose_keypoints_2d": flat}]})
    path.write_text(text.replace('"HUGE"', "1e999").replace('"DIGITS"', "9" * 5000))
    skeleton = opened(folder)
    assert np.isnan(skeleton.joints[0, 0, :2]).all()
    assert not np.isnan(skeleton.joints[0, 0, 2:]).any()


def test_pairs_of_the_shortest_distances_together_are_taken() -> None:
    """By hand: b moves to 1 from where a was (1 + 11), both moved on by 5 (5 + 5)."""
    a, b = np.array([[0.0, 0, 0], [0, 40, 0]]), np.array([[-6.0, 0, 0], [-6, 40, 0]])
    step = np.array([5.0, 0, 0])
    tracks = followed(
        [np.stack([a, b]), np.stack([b + step, a + step]), np.empty((0, 2, 3)), a[None] + step],
        no_progress,
    )
    assert tracks == [[0, 1], [1, 0], [], [0]]


def test_far_away_is_someone_new_and_nobody_has_no_track() -> None:
    one = np.array([[[0.0, 0, 0], [0, 10, 0]]])
    nobody = np.full((1, 2, 3), np.nan)
    assert followed([one, one + 500, nobody, one], no_progress) == [[0], [1], [-1], [0]]


def test_other_parts_of_the_figure_can_be_chosen(tmp_path: Path) -> None:
    body, hand = [1.0, 2, 1] * 25, [3.0, 4, 1] * 21
    person = {"pose_keypoints_2d": body, "hand_left_keypoints_2d": hand}
    for frame in range(3):
        text = json.dumps({"people": [person]})
        (tmp_path / f"a_{frame:012d}_keypoints.json").write_text(text)
    found = opened(tmp_path).facts.alternatives
    assert [(item.label, item.detail, item.shown) for item in found] == [
        ("pose", "25 joints", True),
        ("hand left", "21 joints", False),
        ("all parts", "46 joints", False),
    ]
    for item, count in zip(found, (25, 21, 46), strict=True):
        source = sources.same_opening(item.opening)
        assert isinstance(source, Skeleton) and source.shape[2] == count
        assert [other.label for other in source.facts.alternatives if other.shown] == [item.label]
