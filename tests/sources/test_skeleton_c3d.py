"""C3D of all three processors, floats and whole numbers, and what is missing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from skeleton_writers import c3d_bytes, figure

import voxviewer.sources as sources
from voxviewer.data import Skeleton
from voxviewer.files import SourceError

LABELS = ["LFHD", "LTOE", "RTOE", "C7", "STRN"]


def points(frames: int = 12) -> np.ndarray:
    """(T, 5, 3) millimeters, z up, the head high above the toes."""
    found = 300 * figure(frames, 5)[:, 0][..., [0, 2, 1]]
    found[:, 0, 2] += 1700
    return found


def opened(folder: Path, data: bytes, **options: str) -> Skeleton:
    path = folder / "trial.c3d"
    path.write_bytes(data)
    source = sources.open(path, **options)  # type: ignore[arg-type]
    assert isinstance(source, Skeleton)
    return source


@pytest.mark.parametrize("processor", [84, 85, 86])
@pytest.mark.parametrize("floats", [True, False])
@pytest.mark.parametrize("analog", [0, 6])
def test_every_processor_and_number_is_read(
    tmp_path: Path, processor: int, floats: bool, analog: int
) -> None:
    data = c3d_bytes(points(), LABELS, processor=processor, floats=floats, analog=analog)
    skeleton = opened(tmp_path, data)
    error = 1e-3 if floats else 0.051  # half a step of the scale
    np.testing.assert_allclose(skeleton.joints[:, 0], points(), atol=error)
    assert skeleton.topology.names == tuple(LABELS)
    assert (skeleton.unit, skeleton.up) == ("mm", "z+")
    np.testing.assert_allclose(skeleton.times, np.arange(12) / 50)


def test_residual_below_0_and_the_origin_are_missing(tmp_path: Path) -> None:
    found = points()
    found[3, 1] = np.nan
    found[5, 2] = 0
    skeleton = opened(tmp_path, c3d_bytes(found, LABELS))
    missing = np.argwhere(np.isnan(skeleton.joints[:, 0]).any(axis=-1))
    assert missing.tolist() == [[3, 1], [5, 2]]
    assert skeleton.score[3, 0, 1] == 0


def test_results_of_a_model_are_no_places(tmp_path: Path) -> None:
    labels = ["LFHD", "LKneeAngles", "*17", "Odd", "STRN"]
    extra = [("POINT", "POWERS", ["Odd"])]
    data = c3d_bytes(points(), labels, extra=extra)
    skeleton = opened(tmp_path, data)
    assert skeleton.topology.names == ("LFHD", "STRN")
    np.testing.assert_allclose(skeleton.joints[:, 0, 1], points()[:, 4], atol=1e-3)
    assert opened(tmp_path, data, array="all").shape[2] == 5
    with pytest.raises(SourceError, match="'all'"):
        opened(tmp_path, data, array="legs")


def test_labels_may_be_fewer_and_continue(tmp_path: Path) -> None:
    data = c3d_bytes(points(), ["A"], extra=[("POINT", "LABELS2", ["B", "B"])])
    names = opened(tmp_path, data).topology.names
    assert names == ("A", "B", "B (2)", "marker 3", "marker 4")


def test_first_frame_and_screen_are_told(tmp_path: Path) -> None:
    data = c3d_bytes(points(), LABELS, first=23, extra=[("POINT", "Y_SCREEN", ["+Y"])])
    skeleton = opened(tmp_path, data)
    assert skeleton.up == "y+"
    assert "the first frame is number 23" in skeleton.facts.decisions


def test_recording_longer_than_its_counter_is_whole(tmp_path: Path) -> None:
    long = np.tile(points(7000)[:, :1], (10, 1, 1))
    extra = [
        ("TRIAL", "ACTUAL_START_FIELD", (1, 0)),
        ("TRIAL", "ACTUAL_END_FIELD", (70_000 - 65_536, 1)),
    ]
    data = c3d_bytes(long, ["A"], extra=extra, last=65_535)
    assert opened(tmp_path, data).shape[0] == 70_000


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (c3d_bytes(points(), LABELS)[:-900], r"ends in frame \d+ of 12"),
        (c3d_bytes(points(), LABELS, last=60_000), r"ends in frame 12 of 60000"),
        (c3d_bytes(points()[:, :0], []), r"has no marker in it"),
        (c3d_bytes(points(), LABELS)[:700], r"does not begin as a C3D"),
        (b"\x02\x50" + bytes(5000), r"has no C3D parameters"),
    ],
)
def test_broken_file_is_refused(tmp_path: Path, data: bytes, words: str) -> None:
    with pytest.raises(SourceError, match=words):
        opened(tmp_path, data)


def test_our_reading_agrees_with_another_reader(shared_data: Path) -> None:
    """The real file's range, mean and labels were read by ezc3d."""
    skeleton = sources.open(shared_data / "c3d" / "Sample_Static.c3d", array="all")
    assert isinstance(skeleton, Skeleton)
    assert skeleton.shape == (275, 1, 141, 3)
    assert skeleton.topology.names[:4] == ("LFHD", "RFHD", "LBHD", "RBHD")
    joints = skeleton.joints
    assert joints.min() == pytest.approx(-495.785, abs=1e-3)
    assert joints.max() == pytest.approx(1847.96, abs=1e-2)
    assert joints.mean(dtype=float) == pytest.approx(395.099, abs=1e-3)
    markers = sources.open(shared_data / "c3d" / "Sample_Static.c3d")
    assert markers.shape == (275, 1, 111, 3)
