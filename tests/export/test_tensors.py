from __future__ import annotations

import hashlib
import json
import os
import re
from dataclasses import asdict, replace

import numpy as np
import pytest

import voxviewer as vv
from voxviewer.data import Batch, Cancelled, FilterBank
from voxviewer.encoding.batching import batch_maps
from voxviewer.export.outputs import suffix_of
from voxviewer.export.tensors import check_output
from voxviewer.settings import FilterSettings, Opening


@pytest.fixture
def clip(make_clip, rng):
    clip = make_clip(rng.random((4, 5, 6, 1)))
    real = np.array([True, True, True, False])
    return replace(clip, real=real, frames=np.array([0, 2, 4, -1]), times=np.arange(4) / 10)


@pytest.fixture
def maps(make_maps, clip, rng):
    bank = FilterBank(
        rng.random((3, 3, 3, 1, 2), np.float32), np.zeros(2, np.float32), "linear", "random, seed 7"
    )
    made = make_maps(rng.standard_normal((2, 3, 4, 2)), clip, offset=1.0)
    return replace(made, bank=bank)


def side(path):
    def strict(word):
        raise AssertionError(f"{word} is not JSON")

    return json.loads((path.parent / f"{path.name}.json").read_text(), parse_constant=strict)


def test_a_clip_as_npy_is_its_values(clip, tmp_path):
    saved = vv.save_tensor(clip, tmp_path / "clip.npy")
    loaded = np.load(saved.path, allow_pickle=False)
    assert np.array_equal(loaded, clip.data) and loaded.dtype == np.float32
    assert saved.path.read_bytes() == npy_bytes(clip.data)
    assert saved.text == "4 × 5 × 6 × 1 float32, 608 B. With clip.npy.json."
    assert saved.frames == 4 and saved.nbytes == 608


def npy_bytes(array) -> bytes:
    from io import BytesIO

    file = BytesIO()
    np.save(file, array)
    return file.getvalue()


def test_a_clip_as_npz_holds_its_timeline(clip, tmp_path):
    path = vv.save_tensor(clip, tmp_path / "clip.npz").path
    with np.load(path, allow_pickle=False) as archive:
        assert set(archive) == {"data", "real", "frames", "times"}
        for name in archive:
            assert np.array_equal(archive[name], getattr(clip, name))
            assert archive[name].dtype == getattr(clip, name).dtype


def test_times_that_are_not_known_are_nan(clip, tmp_path):
    path = vv.save_tensor(replace(clip, times=None), tmp_path / "clip.npz").path
    with np.load(path, allow_pickle=False) as archive:
        assert archive["times"].shape == (4,) and np.isnan(archive["times"]).all()


def test_maps_hold_the_timeline_of_their_window_centers_and_their_kernels(maps, tmp_path):
    path = vv.save_tensor(maps, tmp_path / "maps.npz").path
    with np.load(path, allow_pickle=False) as archive:
        assert np.array_equal(archive["data"], maps.data)
        assert archive["clip_frames"].tolist() == [1, 2]
        assert archive["frames"].tolist() == [2, 4]
        assert archive["times"].tolist() == [0.1, 0.2]
        assert archive["real"].tolist() == [True, True]
        assert np.array_equal(archive["kernels"], maps.bank.kernels)
        assert np.array_equal(archive["bias"], maps.bank.bias)


def test_a_batch_that_is_a_view_is_written_whole(clip, tmp_path):
    data = np.broadcast_to(clip.data, (8, *clip.data.shape))
    batch = Batch(data, np.broadcast_to(clip.real, (8, 4)), ("clip",) * 8)
    path = vv.save_tensor(batch, tmp_path / "batch.npy").path
    assert path.read_bytes() == npy_bytes(data)
    path = vv.save_tensor(batch, tmp_path / "batch.npz", clips=[clip] * 8).path
    with np.load(path, allow_pickle=False) as archive:
        assert archive["data"].shape == (8, 4, 5, 6, 1)
        assert np.array_equal(archive["real"], batch.real)
        assert archive["frames"].tolist() == [[0, 2, 4, -1]] * 8
        assert archive["times"].shape == (8, 4)
    with np.load(vv.save_tensor(batch, tmp_path / "b.npz").path) as archive:
        assert (archive["frames"] == -1).all() and np.isnan(archive["times"]).all()
    with pytest.raises(ValueError, match="clips must be the 8 of 4 frames"):
        vv.save_tensor(batch, tmp_path / "b.npz", clips=[clip])


def test_a_batch_of_maps_holds_the_timeline_of_their_window_centers(maps, tmp_path):
    """Without padding maps have fewer frames than their clips."""
    path = vv.save_tensor(batch_maps([maps, maps]), tmp_path / "b.npz", clips=[maps, maps]).path
    with np.load(path, allow_pickle=False) as archive:
        assert archive["data"].shape == (2, 2, 3, 4, 2)
        assert archive["frames"].tolist() == [[2, 4]] * 2
        assert archive["times"].tolist() == [[0.1, 0.2]] * 2
        assert archive["real"].all()


def test_large_arrays_are_written_in_pieces_that_join(make_clip, rng, tmp_path, monkeypatch):
    monkeypatch.setattr("voxviewer.export.tensors._PIECE", 256)
    clip = make_clip(rng.random((3, 9, 11, 2)), ("a", "b"))
    clip = replace(clip, data=clip.data.transpose(0, 2, 1, 3))
    path = vv.save_tensor(clip, tmp_path / "clip.npy").path
    assert np.array_equal(np.load(path), clip.data)
    with np.load(vv.save_tensor(clip, tmp_path / "clip.npz").path) as archive:
        assert np.array_equal(archive["data"], clip.data)


def test_the_side_file_says_what_how_and_from_where(maps, tmp_path):
    source = tmp_path / "scan.npy"
    source.write_bytes(b"bytes of a scan")
    path = tmp_path / "maps.npz"
    filters = FilterSettings(seed=7)
    openings = [Opening(str(source), axes="HWD"), Opening("sample:waving-hand")]
    vv.save_tensor(maps, path, sources=openings, filters=filters)
    facts = side(path)
    assert facts["file"] == "maps.npz" and facts["kind"] == "maps" and facts["axes"] == "THWF"
    assert facts["arrays"]["data"] == {"shape": [2, 3, 4, 2], "dtype": "float32"}
    assert facts["range"] == [float(maps.data.min()), float(maps.data.max())]
    assert facts["encoding"]["order"] == 1 and facts["convolution"]["padding"] == "same"
    assert facts["filters"]["seed"] == 7 and facts["origin"] == "random, seed 7"
    assert facts["versions"]["voxviewer"] == vv.__version__
    file, sample = facts["sources"]
    assert file["path"] == str(source) and file["axes"] == "HWD" and file["bytes"] == 15
    assert file["sha256"] == hashlib.sha256(b"bytes of a scan").hexdigest()
    assert sample == {
        **asdict(Opening("sample:waving-hand")), "sha256": None, "bytes": None,
    }  # fmt: skip


def test_the_side_file_is_strict_json_whatever_the_values(make_maps, make_clip, tmp_path):
    clip = replace(make_clip(np.zeros((2, 3, 3, 1))), warnings=("9 values were NaN.",))
    maps = make_maps(np.full((2, 3, 3, 1), np.nan), clip)
    maps = replace(maps, seconds=float("nan"))
    path = vv.save_tensor(maps, tmp_path / "nan.npy").path
    assert side(path)["range"] is None and side(path)["seconds"] is None
    assert side(path)["warnings"] == ["9 values were NaN."]
    half = make_clip(np.array([np.nan, 1, -2, np.inf]).reshape(1, 2, 2, 1))
    assert side(vv.save_tensor(half, tmp_path / "half.npy").path)["range"] == [-2, 1]


@pytest.mark.parametrize("name", ["clip.npy", "clip.npz"])
def test_a_cancelled_or_failed_save_leaves_the_old_files(clip, tmp_path, name):
    path = tmp_path / name
    path.write_bytes(b"old")
    (tmp_path / f"{name}.json").write_text("old")

    def stop(share, text):
        if text.startswith("Writing"):
            raise Cancelled

    with pytest.raises(Cancelled):
        vv.save_tensor(clip, path, progress=stop)
    assert path.read_bytes() == b"old"
    assert (tmp_path / f"{name}.json").read_text() == "old"
    assert sorted(os.listdir(tmp_path)) == [name, f"{name}.json"]


@pytest.mark.parametrize(
    ("name", "match"),
    [
        ("a.h5", r"a.h5: .h5 files are planned but not built yet; use .npy or .npz"),
        ("a.nii.gz", r".nii.gz files are planned"),
        ("a.tfrecord", "planned"),
        ("a.zarr", "planned"),
        ("a.mp4", "planned"),
        ("a.gif", r".gif is a film of pixels"),
        ("a.csv", r"files ending in .csv cannot be written; use .npy or .npz"),
        ("a", "the name has no ending"),
    ],
)
def test_other_kinds_of_file_are_refused_in_one_sentence(clip, tmp_path, name, match):
    with pytest.raises(ValueError, match=match):
        vv.save_tensor(clip, tmp_path / name)
    assert not os.listdir(tmp_path)


def test_feature_maps_are_offered_films_as_well():
    with pytest.raises(ValueError, match=r"use .gif, .npy or .npz"):
        check_output("maps.csv", "feature maps")
    assert check_output("Maps.NPZ") == ".npz"
    assert suffix_of("a/b.c/scan.NII.gz") == ".nii.gz" and suffix_of("scan.gz") == ".gz"


def test_what_is_no_tensor_is_refused(clip, tmp_path):
    with pytest.raises(ValueError, match="not of a list"):
        vv.save_tensor([clip], tmp_path / "a.npy")


def test_saving_twice_replaces_the_first(clip, tmp_path):
    path = tmp_path / "clip.npy"
    vv.save_tensor(clip, path)
    vv.save_tensor(replace(clip, data=clip.data + 1), path)
    assert np.array_equal(np.load(path), clip.data + 1)
    assert sorted(os.listdir(tmp_path)) == ["clip.npy", "clip.npy.json"]


def test_sources_too_large_to_read_for_a_checksum_have_none(clip, tmp_path, monkeypatch):
    """Hashing 240 GB took longer than all the rest, for a clip of five frames."""
    (tmp_path / "scan.nii").write_bytes(b"bytes of a scan")
    monkeypatch.setattr("voxviewer.export.side_file.HASHED", 4)
    opening = Opening(str(tmp_path / "scan.nii"))
    saved = vv.save_tensor(clip, tmp_path / "clip.npy", sources=[opening])
    (file,) = json.loads(saved.side.read_text())["sources"]
    assert (file["sha256"], file["bytes"]) == (None, 15)


def test_a_folder_that_is_not_there_is_told_before_the_work_under_the_files_own_name(
    clip, tmp_path
):
    for save, name in ((vv.save_tensor, "clip.npy"), (vv.save_gif, "clip.gif")):
        words = rf"^{re.escape(name)}: the folder .* is not there"
        with pytest.raises(vv.SourceError, match=words):
            save(clip, tmp_path / "nowhere" / name, progress=stopped)


def stopped(share, text):
    raise AssertionError("the work began")
