"""Tables with one row a joint or a person, and DeepLabCut's: every value lands in its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import voxviewer as vv
from voxviewer.data import Skeleton
from voxviewer.files import SourceError

NAMES = ("nose", "left_eye", "right_eye", "left_ear")


@pytest.fixture
def joints() -> np.ndarray[Any, Any]:
    """(6, 2, 4, 3) to two decimals, as text holds them."""
    rng = np.random.default_rng(8)
    return (rng.uniform(20, 400, (6, 2, 4, 3)).round(2)).astype(np.float32)


def opened(path: Path, rows: list[list[Any]], eol: str = "\n") -> Skeleton:
    path.write_bytes(eol.join(",".join(map(str, row)) for row in rows).encode())
    source = vv.open(path)
    assert isinstance(source, Skeleton)
    return source


@pytest.mark.parametrize("eol", ["\n", "\r\n"])
def test_one_row_a_joint_in_any_order(tmp_path: Path, joints: Any, eol: str) -> None:
    rows = [[t + 3, name, *joints[t, 0, j], 0.5] for t in range(6) for j, name in enumerate(NAMES)]
    del rows[2 * 4 + 1]  # frame 5 lacks the left eye
    np.random.default_rng(0).shuffle(rows)
    rows.insert(0, [3, "nose", *joints[0, 0, 0], 0.5])
    source = opened(
        tmp_path / "long.csv", [["frame", "joint", "x", "y", "z", "confidence"], *rows], eol
    )
    order = [NAMES.index(name) for name in source.topology.names]
    expected = joints[:, :1, order].copy()
    expected[2, 0, order.index(1)] = np.nan
    np.testing.assert_allclose(source.joints, expected, rtol=1e-6)
    assert source.score[0, 0, 0] == 0.5


def test_persons_times_and_missing_frames_of_long_tables(tmp_path: Path, joints: Any) -> None:
    rows = [
        [t, t * 0.04, f"p{p}", j, *joints[t, p, j, :2]]
        for t in (0, 1, 4, 5)
        for p in range(2)
        for j in range(4)
    ]
    source = opened(
        tmp_path / "long.csv", [["frame", "time", "person", "keypoint", "x", "y"], *rows]
    )
    assert source.shape == (4, 2, 4, 3)
    np.testing.assert_allclose(source.joints[..., :2], joints[[0, 1, 4, 5]][..., :2], rtol=1e-6)
    assert source.times is not None
    np.testing.assert_allclose(source.times, [0, 0.04, 0.16, 0.2])
    without = [[row[0], *row[2:]] for row in rows]
    again = opened(tmp_path / "b.csv", [["frame", "person", "keypoint", "x", "y"], *without])
    assert any("frame numbers are missing: 2 to 3" in text for text in again.facts.warnings)


def deeplabcut(joints: Any, people: list[str]) -> list[list[Any]]:
    """The table as DeepLabCut writes it: x, y, likelihood under three or four rows of names."""
    columns = [(p, j) for p in range(len(people)) for j in range(4)]
    rows: list[list[Any]] = [["scorer", *["DLC_resnet50_x"] * (3 * len(columns))]]
    if len(people) > 1:
        rows.append(["individuals", *[people[p] for p, _ in columns for _ in range(3)]])
    rows.append(["bodyparts", *[NAMES[j] for _, j in columns for _ in range(3)]])
    rows.append(["coords", *["x", "y", "likelihood"] * len(columns)])
    for t in range(6):
        values = [[*joints[t, p, j, :2], 0.25 * (j + 1)] for p, j in columns]
        rows.append([t, *[value for triple in values for value in triple]])
    return rows


@pytest.mark.parametrize("people", [["mouse"], ["mouse", "rat"]])
def test_deeplabcut_with_one_animal_and_with_several(
    tmp_path: Path, joints: Any, people: list[str]
) -> None:
    rows = deeplabcut(joints, people)
    rows[-1][1:3] = ["", ""]  # an empty cell is a missing joint
    source = opened(tmp_path / "dlc.csv", rows, "\r\n")
    assert source.topology.names == NAMES
    assert source.facts.format == "DeepLabCut CSV"
    expected = joints[:, : len(people), :, :2].copy()
    expected[5, 0, 0] = np.nan
    np.testing.assert_allclose(source.joints[..., :2], expected, rtol=1e-6)
    np.testing.assert_allclose(source.score[0, 0], [0.25, 0.5, 0.75, 1.0])
    assert (source.unit, source.up) == ("px", "y-")


def test_one_row_a_person_as_sleap_writes_it(tmp_path: Path, joints: Any) -> None:
    header = ["track", "frame_idx", "instance.score"]
    header += [f"{name}.{letter}" for name in NAMES for letter in ("x", "y", "score")]
    rows = [
        [f"track_{p}", t, 0.9, *[v for j in range(4) for v in (*joints[t, p, j, :2], 0.5)]]
        for t in range(6)
        for p in (1, 0)
        if (t, p) != (2, 1)
    ]
    source = opened(tmp_path / "tracks.csv", [header, *rows])
    expected = joints[:, ::-1, :, :2].copy()
    expected[2, 0] = np.nan
    np.testing.assert_allclose(source.joints[..., :2], expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("frame,joint,x,y\n0,nose,1,oops\n", "line 2 has 'oops' in column 4"),
        ("frame,joint,x,y\n,nose,1,2\n", "rows without a frame"),
        ("frame,joint,x,y\n", "no rows"),
        ("scorer,a,a\nbodyparts,nose,nose\ncoords,x,likelihood\n0,1,2\n", "without a frame"),
        ("scorer,a,a\nbodyparts,nose,nose\ncoords,x,y\n", "without a frame"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(text)
    with pytest.raises(SourceError, match=said):
        vv.open(path)


def test_a_table_that_would_fill_the_memory_is_refused(tmp_path: Path) -> None:
    """Every row another frame, person and joint: a small file, and a cube of their numbers."""
    rows = [f"{n},p{n},j{n},1,2" for n in range(40_000)]
    path = tmp_path / "wild.csv"
    path.write_text("frame,person,joint,x,y\n" + "\n".join(rows))
    with pytest.raises(SourceError, match="memory"):
        vv.open(path)


@pytest.mark.parametrize("kind", ["long", "deeplabcut"])
def test_damaged_tables_open_or_are_refused_in_one_sentence(
    tmp_path: Path, joints: Any, kind: str
) -> None:
    """Bytes changed, doubled and left out, 60 times each, the same in every run."""
    long = [["frame", "joint", "x", "y"]]
    long += [[t, NAMES[j], *joints[t, 0, j, :2]] for t in range(6) for j in range(4)]
    rows = long if kind == "long" else deeplabcut(joints, ["mouse", "rat"])
    whole = "\n".join(",".join(map(str, row)) for row in rows).encode()
    rng = np.random.default_rng(11)
    path = tmp_path / "damaged.csv"
    for _ in range(60):
        data = bytearray(whole)
        for _ in range(rng.integers(1, 6)):
            at = int(rng.integers(len(data)))
            change = rng.integers(3)
            if change == 0:
                data[at] = int(rng.integers(256))
            elif change == 1:
                data[at:at] = data[at : at + 20]
            else:
                del data[at : at + int(rng.integers(1, 30))]
        path.write_bytes(bytes(data))
        try:
            assert vv.open(path).shape
        except SourceError as error:
            assert "\n" not in str(error) and "damaged.csv" in str(error)
