"""COCO, MediaPipe and tables: shapes seen in the wild, and limits of JSON and text."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from skeleton_writers import figure, keypoints, write_coco, write_csv

import voxviewer.sources as sources
from voxviewer.data import Skeleton
from voxviewer.files import SourceError
from voxviewer.sources.skeletons.columns import by_names


def opened(path: Path, **options: object) -> Skeleton:
    source = sources.open(path, **options)  # type: ignore[arg-type]
    assert isinstance(source, Skeleton)
    return source


def pixels(frames: int = 6, joints: int = 17, persons: int = 1) -> np.ndarray:
    return 300 + 100 * figure(frames, joints, persons)[..., :2]


def images(count: int, **more: object) -> list[dict]:
    return [
        {"id": 100 + i, "file_name": f"{i:06d}.jpg", "width": 640, "height": 480} | more
        for i in range(count)
    ]


# --- COCO -------------------------------------------------------------------------------------


def test_tracks_are_followed_and_images_sorted(tmp_path: Path) -> None:
    joints = pixels(6, persons=2)
    notes = [
        {"image_id": 100 + t, "track_id": 40 + p, "keypoints": keypoints(joints[t, p])}
        for t in range(6)
        for p in ((0, 1) if t % 2 else (1, 0))
    ]
    path = write_coco(tmp_path / "a.json", notes[::-1], images(6)[::-1])
    skeleton = opened(path)
    assert skeleton.shape == (6, 2, 17, 3)
    for p in range(2):
        person = [skeleton.joints[:, q, :, :2] for q in range(2)]
        assert min(np.abs(each - joints[:, p]).max() for each in person) < 1e-3
    assert (skeleton.unit, skeleton.up, skeleton.frame_size) == ("px", "y-", (480, 640))
    assert skeleton.topology.names[0] == "nose"


def test_categories_give_names_and_bones_from_1(tmp_path: Path) -> None:
    notes = [{"image_id": 100, "track_id": 1, "keypoints": keypoints(pixels(1, 3)[0, 0])}]
    category = {"keypoints": ["a", "b", "b"], "skeleton": [[1, 2], [3, 1], [0, 9], ["x"]]}
    skeleton = opened(write_coco(tmp_path / "a.json", notes, images(1), categories=[category]))
    assert skeleton.topology.names == ("a", "b", "b (2)")
    assert skeleton.topology.bones == ((0, 1), (2, 0))


def test_unlabeled_joints_are_missing_and_hidden_ones_half_sure(tmp_path: Path) -> None:
    joints = pixels(1)[0, 0]
    joints[3] = 0
    v = np.full(17, 2.0)
    v[3], v[4] = 0, 1
    notes = [{"image_id": 100, "track_id": 1, "keypoints": keypoints(joints, v)}]
    skeleton = opened(write_coco(tmp_path / "a.json", notes, images(1)))
    assert np.isnan(skeleton.joints[0, 0, 3]).all()
    assert skeleton.score[0, 0, 2:6].tolist() == [1, 0, 0.5, 1]


def test_pictures_are_said_to_be_no_sequence(tmp_path: Path) -> None:
    joints = pixels(3, persons=2)
    notes = [{"image_id": 100 + t, "keypoints": keypoints(joints[t, 0])} for t in range(3)]
    notes += [{"image_id": 101, "bbox": [1, 2, 3, 4]}]
    pictures = images(3)
    for picture, name in zip(pictures, ("000785.jpg", "004083.jpg", "196141.jpg"), strict=True):
        picture["file_name"] = name
    skeleton = opened(write_coco(tmp_path / "a.json", notes, pictures))
    assert skeleton.shape == (3, 1, 17, 3)
    assert any("no sequence" in warning for warning in skeleton.facts.warnings)
    assert "annotations without keypoints left out: 1" in skeleton.facts.decisions


def test_numbered_images_of_a_video_are_followed(tmp_path: Path) -> None:
    joints = pixels(5, persons=2)
    notes = [
        {"image_id": 100 + t, "keypoints": keypoints(joints[t, p])}
        for t in range(5)
        for p in ((0, 1), (1, 0))[t % 2]
    ]
    skeleton = opened(write_coco(tmp_path / "a.json", notes, images(5)))
    np.testing.assert_allclose(skeleton.joints[:, 0, :, :2], joints[:, 0], atol=1e-3)


def test_list_of_detections_is_followed_by_distance(tmp_path: Path) -> None:
    joints = pixels(12, persons=3)
    found = [
        {"image_id": f"{t}.jpg", "keypoints": keypoints(joints[t, p], 0.8), "score": 2.5}
        for t in range(12)
        for p in np.roll(range(3), t)
    ]
    (tmp_path / "a.json").write_text(json.dumps(found))
    skeleton = opened(tmp_path / "a.json")
    assert skeleton.shape == (12, 3, 17, 3)
    np.testing.assert_allclose(skeleton.joints[:, 0, :, :2], joints[:, 0], atol=1e-3)
    assert skeleton.score[0, 0, 0] == pytest.approx(0.8)


def test_longest_of_several_videos_is_shown(tmp_path: Path) -> None:
    pictures = images(4, vid_id="long") + [
        {"id": 300 + i, "vid_id": "short", "frame_id": i} for i in range(2)
    ]
    notes = [
        {"image_id": image["id"], "track_id": 0, "keypoints": keypoints(pixels(1)[0, 0])}
        for image in pictures
    ]
    path = write_coco(tmp_path / "a.json", notes, pictures)
    skeleton = opened(path)
    assert skeleton.shape[0] == 4
    assert "long is shown" in skeleton.facts.warnings[0]
    assert opened(path, series=1).shape[0] == 2
    with pytest.raises(SourceError, match="has no series 2"):
        sources.open(path, series=2)


@pytest.mark.parametrize(
    ("notes", "words"),
    [
        ([{"image_id": 1, "keypoints": [1, 2]}], "annotation 0 keypoints that are not 3"),
        ([{"image_id": 1, "keypoints": ["a"] * 51}], "annotation 0 keypoints that are not 3"),
        ([{"keypoints": [1, 2, 2]}], "no image_id in annotation 0"),
        ([{"image_id": [1], "keypoints": [1, 2, 2]}], "no image_id in annotation 0"),
        ([{"image_id": 1, "bbox": [1, 2, 3, 4]}], "annotations but no keypoints"),
        ([], "annotations but no keypoints"),
        ([{"image_id": 1, "keypoints": [0, 0, 0] * 17}], "no joint that is labeled"),
        (
            [{"image_id": 1, "keypoints": [1, 2, 2]}, {"image_id": 1, "keypoints": [1, 2, 2] * 2}],
            "2 keypoints in annotation 1, 1 before",
        ),
    ],
)
def test_broken_annotations_are_refused(tmp_path: Path, notes: list, words: str) -> None:
    with pytest.raises(SourceError, match=words):
        sources.open(write_coco(tmp_path / "a.json", notes, []))


# --- MMPose -----------------------------------------------------------------------------------


def predicted(joints: np.ndarray, score: float = 0.75, **more: object) -> dict:
    return {"keypoints": joints.tolist(), "keypoint_scores": [score] * len(joints)} | more


def test_predictions_of_a_film_are_followed_and_sorted(tmp_path: Path) -> None:
    joints = pixels(6, persons=2)
    frames = [
        {"frame_id": t, "instances": [predicted(joints[t, p]) for p in ((0, 1), (1, 0))[t % 2]]}
        for t in range(6)
    ]
    names = {str(j): f"joint {j}" for j in range(17)}
    meta = {"keypoint_id2name": names, "skeleton_links": [[0, 1], [1, 16], [1, 17], "x"]}
    path = tmp_path / "results_film.json"
    path.write_text(json.dumps({"meta_info": meta, "instance_info": frames[::-1]}))
    skeleton = opened(path)
    assert skeleton.shape == (6, 2, 17, 3)
    np.testing.assert_allclose(skeleton.joints[:, 0, :, :2], joints[:, 0], atol=1e-3)
    assert skeleton.score[3, 1, 4] == pytest.approx(0.75)
    assert skeleton.topology.names[16] == "joint 16"
    assert skeleton.topology.bones == ((0, 1), (1, 16))
    assert (skeleton.unit, skeleton.up) == ("px", "y-")


def test_predictions_keep_their_tracks_and_say_which_frames_are_missing(tmp_path: Path) -> None:
    joints = pixels(5, persons=2)
    kept = (0, 1, 4)
    frames = [
        {"frame_id": t, "instances": [predicted(joints[t, p], track_id=9 - p) for p in (0, 1)]}
        for t in kept
    ]
    frames[1]["instances"] = []
    (tmp_path / "a.json").write_text(json.dumps(frames))
    skeleton = opened(tmp_path / "a.json")
    assert skeleton.shape == (3, 2, 17, 3)
    assert np.isnan(skeleton.joints[1]).all()
    np.testing.assert_allclose(skeleton.joints[2, 1, :, :2], joints[4, 1], atol=1e-3)
    assert "2 frame numbers are missing" in skeleton.facts.warnings
    assert "persons found: 2, followed by track_id" in skeleton.facts.decisions
    assert skeleton.topology.names[0] == "nose"


def test_lifted_predictions_are_three_dimensional(tmp_path: Path) -> None:
    joints = figure(4, 17)[:, 0]
    frames = [{"frame_id": t, "instances": [predicted(joints[t])]} for t in range(4)]
    (tmp_path / "a.json").write_text(json.dumps({"instance_info": frames}))
    np.testing.assert_allclose(opened(tmp_path / "a.json").joints[:, 0], joints, atol=1e-5)


def test_people_of_one_picture_are_one_frame(tmp_path: Path) -> None:
    joints = pixels(1, persons=3)
    people = [predicted(joints[0, p]) for p in range(3)]
    (tmp_path / "a.json").write_text(json.dumps(people))
    assert opened(tmp_path / "a.json").shape == (1, 3, 17, 3)


@pytest.mark.parametrize(
    ("people", "words"),
    [
        ([{"keypoints": [[1, 2], [3]], "keypoint_scores": [1, 1]}], "without points of 2 or 3"),
        ([{"keypoints": [[1, 2]], "keypoint_scores": [1, 1]}], "without points of 2 or 3"),
        ([{"keypoints": {"a": 1}, "keypoint_scores": []}], "without points of 2 or 3"),
        ([], "has nobody in 1 frames"),
        ([predicted(np.ones((3, 2))), predicted(np.ones((4, 2)))], "of 3 and of 4 joints"),
        ([7], "without points of 2 or 3"),
    ],
)
def test_broken_predictions_are_refused_in_words(tmp_path: Path, people: list, words: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"instance_info": [{"frame_id": 0, "instances": people}]}))
    with pytest.raises(SourceError, match=words):
        opened(path)


# --- MediaPipe --------------------------------------------------------------------------------


def point(values: np.ndarray, **more: float) -> dict[str, float]:
    return dict(zip("xyz", values.tolist(), strict=False)) | more


HAND = 0.5 + 0.1 * figure(5, 21)[:, 0]


@pytest.mark.parametrize(
    "frames",
    [
        [{"hand_landmarks": [point(p) for p in each]} for each in HAND],
        [{"handLandmarks": [[point(p) for p in each]]} for each in HAND],
        [{"multi_hand_landmarks": [{"landmark": [point(p) for p in each]}]} for each in HAND],
        [{"landmarks": each.tolist()} for each in HAND],
        [each.tolist() for each in HAND],
        [[each.tolist()] for each in HAND],
        [{"keypoints": [point(p, score=0.5, name="x") for p in each]} for each in HAND],
    ],
)
def test_every_shape_seen_in_the_wild_is_read(tmp_path: Path, frames: list) -> None:
    for data in (frames, {"fps": 25, "frames": frames}):
        (tmp_path / "a.json").write_text(json.dumps(data))
        skeleton = opened(tmp_path / "a.json")
        np.testing.assert_allclose(skeleton.joints[:, 0], HAND, rtol=1e-6)
        assert skeleton.topology.names[4] == "thumb_tip"
        assert (skeleton.unit, skeleton.up) == ("normalized", "y-")


def test_parts_are_one_figure_and_unseen_ones_missing(tmp_path: Path) -> None:
    body = 0.5 + 0.1 * figure(4, 33)[:, 0]
    frames = [
        {
            "pose_landmarks": [point(p, visibility=0.25) for p in body[t]],
            "pose_world_landmarks": [point(p) for p in body[t]],
            "left_hand_landmarks": [] if t == 2 else [point(p) for p in HAND[t]],
            "right_hand_landmarks": None,
            "face_landmarks": [point(np.full(3, 0.5))] * 468,
        }
        for t in range(4)
    ]
    (tmp_path / "a.json").write_text(json.dumps({"frames": frames, "width": 640, "height": 480}))
    skeleton = opened(tmp_path / "a.json")
    assert skeleton.shape == (4, 1, 33 + 21 + 21, 3)
    assert skeleton.frame_size == (480, 640)
    assert (skeleton.score[:, 0, :33] == 0.25).all()
    assert np.isnan(skeleton.joints[2, 0, 33:54]).all()
    assert np.isnan(skeleton.joints[:, 0, 54:]).all()
    assert skeleton.topology.names[0] == "pose_nose"
    assert any("face (468)" in warning for warning in skeleton.facts.warnings)
    world = opened(tmp_path / "a.json", array="pose_world")
    assert (world.unit, world.topology.names[0]) == ("m", "nose")
    with pytest.raises(SourceError, match="has no part 'feet'"):
        sources.open(tmp_path / "a.json", array="feet")


def test_several_hands_are_followed(tmp_path: Path) -> None:
    frames = [
        {"hand_landmarks": [[point(p + shift) for p in each] for shift in shifts]}
        for each, shifts in zip(HAND, [(0, 0.4), (0.4, 0), (0.4,), (0.4, 0), (0, 0.4)], strict=True)
    ]
    (tmp_path / "a.json").write_text(json.dumps(frames))
    skeleton = opened(tmp_path / "a.json")
    assert skeleton.shape == (5, 2, 21, 3)
    np.testing.assert_allclose(skeleton.joints[:, 1], HAND + 0.4, rtol=1e-5)
    assert np.isnan(skeleton.joints[2, 0]).all()


def test_times_come_from_rate_and_numbers_or_stamps(tmp_path: Path) -> None:
    def times(frames: list[dict], **more: object) -> Skeleton:
        hands = [f | {"landmarks": HAND[i].tolist()} for i, f in enumerate(frames)]
        (tmp_path / "a.json").write_text(json.dumps({"frames": hands} | more))
        return opened(tmp_path / "a.json")

    numbered = times([{"frame": n} for n in (4, 5, 6, 9, 10)], fps=10)
    np.testing.assert_allclose(numbered.times, [0, 0.1, 0.2, 0.5, 0.6])
    assert "frame numbers are missing: 7 to 8" in numbered.facts.warnings
    stamped = times([{"timestamp_ms": t} for t in (40, 80, 120, 160, 200)])
    np.testing.assert_allclose(stamped.times, np.arange(5) * 0.04)
    assert times([{"timestamp_ms": 7}] * 5).times is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[" * 200 + "]" * 200, r"nests 200 deep"),
        ('{"landmarks": [', r"is not whole JSON: line 1"),
        ('{\n"landmarks": [}', r"line 2"),
        ('{"type": "FeatureCollection"}', r"without joints that are known: it has type"),
        ("[]", r"a list of 0"),
        ("[[]]", r"without joints"),
        ('{"frames": [{"hand_landmarks": []}]}', r"has no landmarks in 1 frames"),
        ('{"frames": {"hand_landmarks": 7}}', r"without joints"),
    ],
)
def test_json_without_poses_is_refused(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(SourceError, match=words) as caught:
        sources.open(tmp_path / "a.json")
    assert "\n" not in str(caught.value)


def test_brackets_inside_of_texts_do_not_count_as_depth(tmp_path: Path) -> None:
    data = {"note": "[" * 500 + '\\"{{{', "frames": [{"landmarks": HAND[0].tolist()}]}
    (tmp_path / "a.json").write_text(json.dumps(data))
    assert opened(tmp_path / "a.json").shape == (1, 1, 21, 3)


# --- tables -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "first"),
    [
        ([f"{a}{j}" for j in range(21) for a in "xyz"], "wrist"),
        ([f"hand_{j}_{a}" for j in range(21) for a in "xyz"], "wrist"),
        ([f"{j + 1}.{a.upper()}" for j in range(21) for a in "xyz"], "wrist"),
        ([f"finger{'abcdefghijklmnopqrstu'[j]} {a}" for j in range(21) for a in "xyz"], "fingera"),
    ],
)
@pytest.mark.parametrize("divider", [",", ";", "\t"])
def test_named_columns_of_any_spelling_are_read(
    tmp_path: Path, names: list[str], first: str, divider: str
) -> None:
    path = write_csv(tmp_path / "a.csv", HAND.reshape(5, -1), names, divider)
    skeleton = opened(path)
    np.testing.assert_allclose(skeleton.joints[:, 0], HAND, rtol=1e-5)
    assert skeleton.topology.names[0] == first


def test_two_hands_frame_numbers_and_empty_cells(tmp_path: Path) -> None:
    names = [f"{side}_{j}_{a}" for side in ("left", "right") for j in range(21) for a in "xy"]
    table = np.concatenate([HAND[..., :2], HAND[..., :2] + 0.2], axis=1).reshape(5, -1)
    table[1, :42] = np.nan
    frames = np.array([[0], [1], [2], [5], [6]])
    path = write_csv(tmp_path / "a.csv", np.hstack([frames, table]), ["frame", *names])
    skeleton = opened(path)
    assert skeleton.shape == (5, 1, 42, 3)
    assert skeleton.topology.names[21] == "right_hand_wrist"
    assert np.isnan(skeleton.joints[1, 0, :21]).all()
    assert not np.isnan(skeleton.joints[1, 0, 21:]).any()
    assert "frame numbers are missing: 3 to 4" in skeleton.facts.warnings


def test_visibility_is_the_score_and_time_the_time(tmp_path: Path) -> None:
    body = 0.5 + 0.1 * figure(4, 33)[:, 0]
    names = [f"{a}{j}" for j in range(33) for a in "xyzv"]
    table = np.concatenate([body, np.full((4, 33, 1), 0.7)], axis=2).reshape(4, -1)
    stamps = np.arange(4)[:, None] * 20.0
    path = write_csv(tmp_path / "a.csv", np.hstack([stamps, table]), ["timestamp_ms", *names])
    skeleton = opened(path)
    assert skeleton.score[0, 0, 0] == pytest.approx(0.7)
    np.testing.assert_allclose(skeleton.times, [0, 0.02, 0.04, 0.06])
    assert skeleton.topology.names[0] == "nose"


def test_kinect_rows_have_ticks_and_tracking_states(tmp_path: Path) -> None:
    joints = figure(6)[:, 0]
    states = np.full((6, 25, 1), 2.0)
    states[2, 4], states[3, 5] = 0, 1
    table = np.concatenate([joints, states], axis=2).reshape(6, -1)
    ticks = 89_810_000_000 + 333_333 * np.arange(6)
    lines = [
        f"{tick}," + ",".join(f"{x:g}" for x in row) + ","
        for tick, row in zip(ticks, table, strict=True)
    ]
    (tmp_path / "a.csv").write_bytes("\r\n".join(lines).encode())
    skeleton = opened(tmp_path / "a.csv")
    assert (skeleton.unit, skeleton.up) == ("m", "y+")
    assert skeleton.topology.names[3] == "Head"
    assert np.isnan(skeleton.joints[2, 0, 4]).all()
    assert skeleton.score[3, 0, 5] == 0.5
    np.testing.assert_allclose(skeleton.times, np.arange(6) / 30, rtol=1e-5)


def test_label_before_nameless_numbers_is_left_out(tmp_path: Path) -> None:
    table = np.hstack([np.full((5, 1), 3), HAND[..., :2].reshape(5, -1)])
    skeleton = opened(write_csv(tmp_path / "a.csv", table))
    np.testing.assert_allclose(skeleton.joints[:, 0, :, :2], HAND[..., :2], rtol=1e-5)
    words = "\n".join(["wave," + row.split(",", 1)[1] for row in
                       (tmp_path / "a.csv").read_text().splitlines()])  # fmt: skip
    (tmp_path / "a.csv").write_text(words)
    np.testing.assert_array_equal(opened(tmp_path / "a.csv").joints, skeleton.joints)


def test_relative_landmarks_are_told_from_shares_of_the_picture(tmp_path: Path) -> None:
    relative = (HAND - HAND[:, :1])[..., :2].reshape(5, -1)
    assert opened(write_csv(tmp_path / "a.csv", relative)).unit == "unit"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda rows: [*rows[:3], rows[3] + ",1", *rows[4:]], r"line 4 has 64 columns, the first"),
        (lambda rows: [*rows[:3], "oops" + rows[3][4:], *rows[4:]], r"line 4 has 'oops.* column 1"),
        (lambda rows: rows[:1], r"names of columns but no rows"),
        (lambda rows: ["a,b,c", "1,2,3"], r"has 3 columns that are not known as joints"),
        (lambda rows: ["1,2,3,4,5,6,7"], r"has 7 columns that are not known"),
    ],
)
def test_broken_table_is_refused_with_its_line(tmp_path: Path, change: object, words: str) -> None:
    names = [f"{a}{j}" for j in range(21) for a in "xyz"]
    path = write_csv(tmp_path / "a.csv", HAND.reshape(5, -1), names)
    path.write_text("\n".join(change(path.read_text().splitlines())))  # type: ignore[operator]
    with pytest.raises(SourceError, match=words):
        sources.open(path)


def test_names_that_only_end_in_a_letter_are_no_coordinates() -> None:
    assert by_names(["index", "matrix", "energy", "fuzz"]) is None


def test_json_lines_are_frames_and_a_broken_one_is_named(tmp_path: Path) -> None:
    values = np.random.default_rng(5).random((4, 33, 3))
    rows = [json.dumps({"pose_landmarks": [point(v) for v in frame]}) for frame in values]
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(rows) + "\n")
    np.testing.assert_allclose(opened(path).joints[:, 0], values, rtol=1e-6)
    path.write_text("\n".join([*rows[:2], rows[2][:-9], rows[3]]))
    with pytest.raises(SourceError, match="line 3"):
        sources.open(path)


def test_decimal_commas_of_spreadsheets_are_read(tmp_path: Path) -> None:
    values = np.random.default_rng(6).uniform(0.1, 9, (5, 8)).round(3)
    names = ";".join(f"{name}_{axis}" for name in ("nose", "hip", "knee", "foot") for axis in "xy")
    rows = [";".join(str(value).replace(".", ",") for value in row) for row in values]
    (tmp_path / "a.csv").write_text("\n".join([names, *rows]))
    joints = opened(tmp_path / "a.csv").joints[:, 0, :, :2]
    np.testing.assert_allclose(joints, values.reshape(5, 4, 2), rtol=1e-6)
