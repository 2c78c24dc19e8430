"""PYSKL pickles: read as data, whatever they try."""

from __future__ import annotations

import io
import os
import pickle
import struct
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
from skeleton_writers import annotation, figure, write_pickle

import voxviewer.sources as sources
from voxviewer.data import Skeleton
from voxviewer.files import SourceError


def opened(path: Path, **options: object) -> Skeleton:
    source = sources.open(path, **options)  # type: ignore[arg-type]
    assert isinstance(source, Skeleton)
    return source


def keypoint(frames: int = 8, persons: int = 2, seed: int = 0) -> np.ndarray:
    """(M, T, 17, 2) float16 pixels."""
    values = 200 + 100 * figure(frames, 17, persons, seed)[..., :2]
    return np.moveaxis(values, 0, 1).astype(np.float16)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_every_protocol_is_read(tmp_path: Path, protocol: int) -> None:
    points = keypoint()
    path = write_pickle(tmp_path / "a.pkl", [annotation("wave", points)], protocol)
    skeleton = opened(path)
    np.testing.assert_array_equal(skeleton.joints[..., :2], np.moveaxis(points, 0, 1))
    assert skeleton.topology.names[0] == "nose"
    assert (skeleton.unit, skeleton.frame_size) == ("px", (480, 640))
    assert (skeleton.score == 0.5).all()


@pytest.mark.parametrize("dtype", ["<f4", ">f8", "<i2", ">u2"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_arrays_of_every_kind_come_whole(tmp_path: Path, dtype: str, order: str) -> None:
    points = np.asarray(keypoint().astype(dtype), order=order)  # type: ignore[call-overload]
    path = write_pickle(tmp_path / "a.pkl", [annotation("wave", points, score=False)])
    np.testing.assert_allclose(opened(path).joints[..., :2], np.moveaxis(points, 0, 1))


def test_plain_containers_of_all_kinds_are_read(tmp_path: Path) -> None:
    found = OrderedDict(annotation("wave", keypoint()))
    found["more"] = [{1, 2}, frozenset("a"), (None, True, 2.5, 10**30), b"x", {"a": np.float32(1)}]
    assert opened(write_pickle(tmp_path / "a.pkl", [found])).shape == (8, 2, 17, 3)


def test_lists_and_single_annotations_are_read_too(tmp_path: Path) -> None:
    for data in ([annotation("a", keypoint())], annotation("a", keypoint()[0], score=False)):
        (tmp_path / "a.pkl").write_bytes(pickle.dumps(data))
        assert opened(tmp_path / "a.pkl").shape[0] == 8


def test_longest_recording_is_shown_and_the_others_listed(tmp_path: Path) -> None:
    found = [annotation(f"clip{n}", keypoint(n + 3, 1)) for n in (1, 5, 2)]
    path = write_pickle(tmp_path / "a.pkl", found)
    skeleton = opened(path)
    assert skeleton.shape[0] == 8
    assert "'clip5' is shown; also: series 1: clip2 (5 frames)" in skeleton.facts.warnings[0]
    assert opened(path, series=2).shape[0] == 4
    assert opened(path, array="clip2").shape[0] == 5
    with pytest.raises(SourceError, match=r"'clip9'.*It has 'clip5', 'clip2', 'clip1'"):
        sources.open(path, array="clip9")
    with pytest.raises(SourceError, match="has no series 3"):
        sources.open(path, series=3)


def test_padding_and_joints_without_score_are_missing(tmp_path: Path) -> None:
    points, scores = keypoint().copy(), np.ones((2, 8, 17))
    points[1, 4:] = 0
    scores[0, 2, 3] = 0
    found = annotation("wave", points) | {"keypoint_score": scores}
    joints = opened(write_pickle(tmp_path / "a.pkl", [found])).joints
    assert np.isnan(joints[4:, 1]).all()
    assert np.isnan(joints[2, 0, 3]).all()
    assert np.isnan(joints).any(axis=-1).sum() == 4 * 17 + 1


def test_three_dimensions_stand_upright_in_meters(tmp_path: Path) -> None:
    points = np.moveaxis(figure(8), 0, 1)
    path = write_pickle(tmp_path / "a.pkl", [annotation("wave", points, score=False)])
    skeleton = opened(path)
    assert (skeleton.unit, skeleton.up) == ("m", "y+")
    assert skeleton.topology.names[3] == "head"


# --- what must never happen -------------------------------------------------------------------


class Trap:
    """Touches a file when it is unpickled."""

    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (f"touch '{self.canary}'",)


def canaries(canary: Path) -> list[bytes]:
    """Ways to run something, by every instruction that can."""
    name = str(canary).encode()
    touch = b"cos\nsystem\n"
    command = b"touch " + name
    text = b"X" + struct.pack("<I", len(command)) + command
    return [
        *(pickle.dumps([Trap(canary)], protocol=p) for p in range(2, 6)),
        b"\x80\x02" + touch + b"(" + text + b"tR.",
        b"\x80\x02(" + touch + text + b"o.",
        b"\x80\x02(" + text + b"ios\nsystem\n.",
        b"\x80\x02" + touch + text + b"\x85\x81.",
        b"\x80\x04\x8c\x02os\x8c\x06system\x93" + text + b"\x85R.",
        b"\x80\x02cbuiltins\neval\n" + text + b"\x85R.",
        b"\x80\x02cnumpy\nload\n" + text + b"\x85R.",
        b"\x80\x02cnumpy.core.multiarray\n_reconstruct\n}b.",
        b"\x80\x02ccollections\nOrderedDict\n}X\x01\x00\x00\x00aX\x01\x00\x00\x00bsb.",
        b"\x80\x02\x82\x01.",
        b"\x80\x02X\x01\x00\x00\x00aQ.",
    ]


@pytest.mark.parametrize("index", range(15))
def test_nothing_is_ever_run(tmp_path: Path, index: int) -> None:
    canary = tmp_path / "canary"
    (tmp_path / "trap.pkl").write_bytes(canaries(canary)[index])
    with pytest.raises(SourceError, match=r"only arrays and plain lists") as caught:
        sources.open(tmp_path / "trap.pkl")
    assert "\n" not in str(caught.value)
    assert not canary.exists()


def test_the_traps_are_real(tmp_path: Path) -> None:
    """These bytes do run in Python's own unpickler: the test above cannot pass for nothing."""
    canary = tmp_path / "canary"
    for index in (0, 1, 2, 3, 4, 5, 6, 8):
        pickle.loads(canaries(canary)[index])
        assert canary.exists()
        canary.unlink()


def test_nothing_of_ours_is_changed_by_a_file(tmp_path: Path) -> None:
    from voxviewer.sources.skeletons import unpickling

    before = dict(vars(unpickling.ArrayState))
    body = b"cnumpy.core.multiarray\n_reconstruct\n)RN}X\x04\x00\x00\x00fillNs\x86b."
    (tmp_path / "a.pkl").write_bytes(b"\x80\x02" + body)
    with pytest.raises(SourceError):
        sources.open(tmp_path / "a.pkl")
    assert dict(vars(unpickling.ArrayState)) == before


def raw(*parts: bytes) -> bytes:
    return b"\x80\x04" + b"".join(parts) + b"."


@pytest.mark.parametrize(
    "data",
    [
        raw(b"r\xff\xff\xff\x7f"),
        raw(b"]r\xff\xff\xff\x7f"),
        raw(b"\x8d" + struct.pack("<Q", 1 << 60)),
        raw(b"\x96" + struct.pack("<Q", 1 << 60)),
        raw(b"B\xff\xff\xff\x7f"),
        raw(b"\x8b\xff\xff\xff\x7f"),
        raw(b"}" + b")" + b"\x85" * 200_000 + b"Ns"),
        raw(b"\x8f(" + b")" + b"\x85" * 200_000 + b"\x90"),
        raw(b"]" * 100_000 + b"a" * 99_999),
        raw(b"K\x01" * 10),
        raw(b"("),
        raw(b"I" + b"9" * 6000 + b"\n"),
        raw(),
        b"\x80\x05",
        b"\x80\x02}q\x00h\x07.",
    ],
)
def test_claims_without_content_are_refused_at_once(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.pkl").write_bytes(data)
    with pytest.raises(SourceError) as caught:
        sources.open(tmp_path / "a.pkl")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "value",
    [
        np.array([{"a": 1}], dtype=object),
        np.zeros(3, [("x", "f4")]),
        np.array(["text"]),
        np.zeros(2, "datetime64[s]"),
    ],
)
def test_arrays_of_other_things_are_refused(tmp_path: Path, value: np.ndarray) -> None:
    path = write_pickle(tmp_path / "a.pkl", [annotation("wave", keypoint()) | {"more": value}])
    with pytest.raises(SourceError):
        sources.open(path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"keypoint": [1, 2, 3]}, "annotation 0 keypoints that are not"),
        ({"keypoint": np.zeros((2, 8, 17, 5))}, "annotation 0 keypoints that are not"),
        ({"keypoint": np.zeros((2, 0, 17, 2))}, "annotation 0 keypoints that are not"),
        ({"keypoint_score": np.ones((2, 9, 17))}, "annotation 0 other scores"),
    ],
)
def test_annotations_that_do_not_fit_are_refused(tmp_path: Path, change: dict, words: str) -> None:
    path = write_pickle(tmp_path / "a.pkl", [annotation("wave", keypoint()) | change])
    with pytest.raises(SourceError, match=words):
        sources.open(path)


def test_lists_without_keypoints_are_told(tmp_path: Path) -> None:
    found = annotation("wave", keypoint())
    del found["keypoint"]
    with pytest.raises(SourceError, match="1 annotations without keypoints"):
        sources.open(write_pickle(tmp_path / "a.pkl", [found]))
    stream = io.BytesIO()
    pickle.dump("just a text", stream)
    (tmp_path / "b.pkl").write_bytes(stream.getvalue())
    with pytest.raises(SourceError, match="no list of annotations"):
        sources.open(tmp_path / "b.pkl")


def test_reading_can_be_stopped(tmp_path: Path) -> None:
    found = [annotation(f"clip {n}", keypoint(3, 1)) for n in range(500)]
    path = write_pickle(tmp_path / "a.pkl", found)

    class Stop(Exception):
        pass

    def stop(fraction: float, text: str) -> None:
        raise Stop

    with pytest.raises(Stop):
        sources.open(path, progress=stop)
