"""Samples: the same in every run, without symmetry, and what their cards say."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

import voxviewer.sources as sources
from voxviewer.data import Skeleton, Volume
from voxviewer.files import SourceError
from voxviewer.sources import hand_cache as kept
from voxviewer.sources.hand import waving_hand
from voxviewer.sources.phantom import phantom
from voxviewer.sources.samples import SAMPLES


def volume(path: str) -> Volume:
    source = sources.open(path)
    assert isinstance(source, Volume)
    return source


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.key)
def test_sample_opens_again_as_the_same(sample) -> None:  # type: ignore[no-untyped-def]
    first, again = sources.open(sample.path), sources.open(sample.path)
    assert first.name == sample.key
    assert first.opening.path == sample.path
    for source in (first, again):
        array = source.joints if isinstance(source, Skeleton) else source.voxels[...]
        assert not array.flags.writeable
    assert first.facts == again.facts
    assert sample.title
    assert sample.caption


def test_samples_are_the_same_in_another_process() -> None:
    code = (
        "import hashlib, voxviewer.sources as s;"
        "from voxviewer.sources.hand import waving_hand as w;"
        "print(hashlib.sha256(w(2, 64, 64).tobytes() + s.open('sample:phantom').voxels.tobytes()"
        "+ s.open('sample:waving-skeleton').joints.tobytes()).hexdigest())"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", code], check=True, capture_output=True, text=True
        ).stdout
        for _ in range(2)
    }
    assert len(runs) == 1


def test_waving_hand_is_16_frames_at_12_per_second() -> None:
    hand = volume("sample:waving-hand")
    assert hand.shape == (16, 1, 256, 256, 3)
    assert hand.voxels.dtype == np.uint8
    assert hand.times is not None
    np.testing.assert_allclose(np.diff(hand.times), 1 / 12)


def test_wave_loops_without_a_jump() -> None:
    frames = waving_hand().astype(float)
    steps = [np.abs(frames[index] - frames[index - 1]).mean() for index in range(16)]
    assert steps[0] <= 1.05 * max(steps[1:])
    assert min(steps) > 0.5


def test_hand_swings_to_both_sides_of_its_wrist() -> None:
    gray = waving_hand().astype(float).mean(axis=-1)
    skin = gray[:, :150] > 80
    columns = np.arange(256)
    middles = [(part * columns).sum() / part.sum() for part in skin]
    assert max(middles) - min(middles) > 40
    assert np.argmax(middles) != np.argmin(middles)


def test_five_fingers_are_seen_above_the_palm() -> None:
    """A row through the four fingers crosses the outline of the hand four times."""
    frame = waving_hand()[0].astype(float).mean(axis=-1) > 70
    crossings = [int((np.diff(row.astype(int)) == 1).sum()) for row in frame]
    assert max(crossings) == 4
    thumb_rows = [row for row in frame[120:160] if (np.diff(row.astype(int)) == 1).sum() >= 2]
    assert thumb_rows


def test_hand_can_be_painted_at_any_size() -> None:
    assert waving_hand(3, 48, 64).shape == (3, 48, 64, 3)
    assert waving_hand(2, 64, 40).shape == (2, 64, 40, 3)
    small = waving_hand(16, 128, 128)[5].astype(float)
    large = waving_hand()[5].reshape(128, 2, 128, 2, 3).mean(axis=(1, 3))
    assert np.abs(small - large).mean() < 4


def test_waving_skeleton_is_a_hand_of_named_joints() -> None:
    skeleton = sources.open("sample:waving-skeleton")
    assert isinstance(skeleton, Skeleton)
    assert skeleton.shape == (30, 1, 20, 3)
    assert len(set(skeleton.topology.names)) == 20
    assert skeleton.topology.names[:2] == ("wrist", "thumb knuckle")
    assert np.abs(skeleton.joints).max() <= 1
    assert (np.ptp(skeleton.joints[..., 2], axis=0) > 0.005).any()
    reached = {0} | {b for _, b in skeleton.topology.bones}
    assert reached == set(range(20))
    assert (skeleton.unit, skeleton.up) == ("unit", "y-")


def test_skeleton_lies_on_the_painted_hand() -> None:
    skeleton = sources.open("sample:waving-skeleton")
    assert isinstance(skeleton, Skeleton)
    gray = waving_hand(30, 256, 256).astype(float).mean(axis=-1)
    for frame in (0, 7, 22):
        x, y = ((skeleton.joints[frame, 0, :, :2] + 1) / 2 * 256).astype(int).T
        assert (gray[frame, y, x] > 70).all()


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_phantom_has_no_symmetry(axis: int) -> None:
    array = phantom()
    assert array.shape == (64, 64, 30)
    assert array.dtype == np.float32
    assert np.abs(array - np.flip(array, axis)).max() > 0.3
    assert np.abs(np.take(array, 0, axis) - np.take(array, -1, axis)).max() > 0.3
    assert not np.array_equal(array, array.swapaxes(0, 1))


def test_every_end_of_every_axis_of_the_phantom_differs() -> None:
    ends = {
        (side.max(), int((side == side.max()).sum()))
        for axis in range(3)
        for side in (np.take(phantom(), 0, axis), np.take(phantom(), -1, axis))
    }
    assert len(ends) == 6


def test_phantom_slices_are_depth() -> None:
    voxels = volume("sample:phantom").voxels
    assert voxels.shape == (1, 30, 64, 64, 1)
    np.testing.assert_array_equal(voxels[0, 11, ..., 0], phantom()[:, :, 11])


def test_brain_is_the_first_time_of_nibabels_scan() -> None:
    from nibabel.testing import data_path

    brain = volume("sample:brain")
    image = nib.load(f"{data_path}/example4d.nii.gz")
    truth = np.asanyarray(image.dataobj)[..., 0]
    np.testing.assert_array_equal(brain.voxels[0, ..., 0], np.moveaxis(truth, -1, 0))
    assert brain.affine is not None
    np.testing.assert_allclose(brain.affine, image.affine)


def test_missing_scan_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr("voxviewer.sources.samples._scan_path", lambda: tmp_path / "gone.nii.gz")
    with pytest.raises(SourceError, match="nibabel"):
        sources.open("sample:brain")


def test_unknown_sample_is_refused_with_the_known_ones() -> None:
    with pytest.raises(SourceError, match="sample:waving-hand, sample:waving-skeleton"):
        sources.open("sample:cat")
    with pytest.raises(SourceError, match="sample"):
        sources.open("sample:phantom", axes="HWD")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A cache folder of its own, and a hand that nobody remembers."""
    monkeypatch.setattr(kept, "cache_folder", lambda: tmp_path)
    monkeypatch.setattr(kept, "SHAPE", (2, 20, 24, 3))
    kept.kept_hand.cache_clear()
    yield tmp_path
    kept.kept_hand.cache_clear()


def test_a_hand_is_painted_once_and_then_read_back(cache: Path) -> None:
    (cache / "waving-hand-0123abcd.npy").write_bytes(b"of another version")
    painted = waving_hand(2, 20, 24)
    np.testing.assert_array_equal(kept.kept_hand(), painted)
    (file,) = cache.iterdir()
    marked = painted.copy()
    marked[0, 0, 0] = 7, 8, 9
    np.save(file, marked)
    kept.kept_hand.cache_clear()
    np.testing.assert_array_equal(kept.kept_hand(), marked)
    assert not kept.kept_hand().flags.writeable


@pytest.mark.parametrize("content", [b"", b"\x93NUMPY\x01\x00", b"PK\x03\x04", b"\x80\x04K\x01."])
def test_a_damaged_cache_is_painted_over(cache: Path, content: bytes) -> None:
    kept.kept_hand()
    (file,) = cache.iterdir()
    file.write_bytes(content)
    kept.kept_hand.cache_clear()
    np.testing.assert_array_equal(kept.kept_hand(), waving_hand(2, 20, 24))
    assert np.load(file).shape == (2, 20, 24, 3)


def test_without_a_cache_the_hand_is_painted(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> Path:
        raise PermissionError("read-only home")

    monkeypatch.setattr(kept, "cache_folder", refuse)
    np.testing.assert_array_equal(kept.kept_hand(), waving_hand(2, 20, 24))
    monkeypatch.setattr(kept, "cache_folder", lambda: cache / "nowhere")
    kept.kept_hand.cache_clear()
    np.testing.assert_array_equal(kept.kept_hand(), waving_hand(2, 20, 24))


def test_the_kept_hand_is_the_one_that_is_painted() -> None:
    assert waving_hand().shape == kept.SHAPE
    np.testing.assert_array_equal(volume("sample:waving-hand").voxels[:, 0], waving_hand())


def test_two_walkers_have_gaps_of_every_kind() -> None:
    walk = sources.open("sample:two-walkers")
    assert isinstance(walk, Skeleton)
    assert walk.shape == (60, 2, 17, 3)
    assert (walk.unit, walk.up) == ("m", "y+")
    seen = np.isfinite(walk.joints).all(axis=-1)
    assert not seen[:9, 1].any() and not seen[52:, 1].any()  # comes later, leaves earlier
    assert not seen[20:25, 0, 9].any() and seen[19, 0, 9] and seen[25, 0, 9]
    assert not seen[30:45, 0, 16].any()
    assert any("person 1 in 43 of 60 frames" in text for text in walk.facts.warnings)


def test_walkers_walk_upright_past_each_other_on_whole_legs() -> None:
    walk = sources.open("sample:two-walkers")
    assert isinstance(walk, Skeleton)
    joints = walk.joints
    assert np.nanmin(joints[..., 0, 1] - joints[..., 15, 1]) > 0.8  # noses above ankles
    first, second = np.diff(joints[:, 0, 0, 0]), np.diff(joints[:, 1, 0, 0])
    assert np.nanmean(first) > 0.03
    assert np.nanmean(second) < -0.03
    shin = np.linalg.norm(joints[:, 0, 13] - joints[:, 0, 15], axis=-1)
    assert np.nanmax(np.abs(shin - 0.41)) < 0.03
    knees = joints[:, 0, 13, 0] - joints[:, 0, 14, 0]
    assert np.nanmax(knees) > 0.15 and np.nanmin(knees) < -0.15
