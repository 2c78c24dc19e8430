"""HDF5: which data set, where it lies, what beside it is understood, and what is never followed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
import pytest

import voxviewer as vv
import voxviewer.sources.hdf5 as hdf5
from voxviewer.data import Skeleton, Volume
from voxviewer.files import SourceError

if TYPE_CHECKING:
    from pathlib import Path

SCAN = np.random.default_rng(6).integers(-99, 900, (12, 10, 8)).astype(np.int16)


def opened(path: Path, **how: Any) -> Volume:
    source = vv.open(path, **how)
    assert isinstance(source, Volume)
    return source


def test_largest_set_is_shown_and_the_others_are_offered(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file["group/small"] = SCAN[:3]
        file["large"] = SCAN
        file["words"] = ["a", "b"]
        file["one"] = 3.0
    volume = opened(path)
    np.testing.assert_array_equal(volume.voxels[0, ..., 0], np.moveaxis(SCAN, -1, 0))
    told = {item.label: (item.shown, item.problem) for item in volume.facts.alternatives}
    assert told["group/small"] == (False, "")
    assert told["large"] == (True, "")
    assert "not numbers" in told["words"][1]
    assert "one" not in told
    assert "'large' is the largest data set; also in the file: group/small (3, 10, 8)" in str(
        volume.facts.warnings
    )
    for name in ("group/small", "/group/small"):
        assert opened(path, array=name).shape == (1, 8, 3, 10, 1)
    with pytest.raises(SourceError, match=r"has no data set 'gone'\. It has large"):
        opened(path, array="gone")


@pytest.mark.parametrize("dtype", ["bool", "uint8", ">i2", "<u4", "float16", ">f8", "complex64"])
@pytest.mark.parametrize("chunked", [False, True])
def test_number_formats_come_out_as_they_went_in(tmp_path: Path, dtype: str, chunked: bool) -> None:
    data = (SCAN / 7).astype(dtype)
    how: dict[str, Any] = {"chunks": (5, 4, 8), "compression": "gzip", "shuffle": True}
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("x", data=data, **(how if chunked else {}))
    volume = opened(tmp_path / "a.h5", axes="DHW")
    values = np.asarray(volume.voxels)[0, ..., 0]
    np.testing.assert_array_equal(values, np.abs(data) if dtype == "complex64" else data)
    assert volume.facts.lazy is not chunked


def test_set_in_one_piece_after_a_block_of_the_users_own(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.mat", "w", userblock_size=512) as file:
        file["x"] = SCAN
    data = bytearray((tmp_path / "a.mat").read_bytes())
    data[:12] = b"MATLAB 7.3 M"
    (tmp_path / "a.mat").write_bytes(data)
    volume = opened(tmp_path / "a.mat", axes="DHW")
    np.testing.assert_array_equal(volume.voxels[0, ..., 0], SCAN)


def test_large_set_in_chunks_stays_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hdf5, "WHOLE", 100)
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("x", data=SCAN, chunks=(5, 4, 8), compression="gzip")
    volume = opened(path, axes="TWH")
    wanted = np.moveaxis(SCAN, 1, 2)[:, None, :, :, None]
    assert volume.facts.lazy
    for index in (
        np.s_[...], np.s_[3], np.s_[-1, 0], np.s_[::-2, :, 1:7:3, ::-1], np.s_[2, 0, 3, 4, 0],
        np.s_[5:5], np.s_[:, ::-1],
    ):  # fmt: skip
        np.testing.assert_array_equal(volume.voxels[index], wanted[index])
    with h5py.File(path, "a") as file:
        file["y"] = 1
    with pytest.raises(SourceError, match="changed on disk"):
        volume.voxels[0]


def test_labels_spacing_and_rate_of_the_file_are_used(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        made = file.create_dataset("x", data=SCAN)
        for place, label in enumerate("tyx"):
            made.dims[place].label = label
        made.attrs["fps"] = 10.0
        made.attrs["element_size_um"] = [3.0, 2.0, 1.0]
    volume = opened(tmp_path / "a.h5")
    assert volume.shape == (12, 1, 10, 8, 1)
    assert volume.spacing == pytest.approx((3e-3, 2e-3, 1e-3))
    np.testing.assert_allclose(volume.times, np.arange(12) / 10)
    assert "axes T, H, W as the file labels them" in volume.facts.decisions


def test_joints_become_a_skeleton_as_from_an_array_file(tmp_path: Path) -> None:
    joints = np.cumsum(np.random.default_rng(0).normal(size=(30, 17, 3)), axis=0) + 100
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("joints", data=joints.astype(np.float32), chunks=True)
    assert isinstance(vv.open(tmp_path / "a.h5"), Skeleton)


def test_nothing_outside_the_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "raw.bin").write_bytes(bytes(96))
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["x"] = SCAN
    layout = h5py.VirtualLayout((12, 10, 8), "i2")
    layout[:] = h5py.VirtualSource(str(tmp_path / "other.h5"), "x", (12, 10, 8))
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["link"] = h5py.ExternalLink("other.h5", "/x")
        file.create_virtual_dataset("virtual", layout)
        file.create_dataset("outside", (4, 6), "f4", external=[("raw.bin", 0, 96)])
        file["loop"] = h5py.SoftLink("/")
    for name in ("link", "virtual", "outside"):
        with pytest.raises(SourceError, match="lies in another file, which is not opened"):
            opened(tmp_path / "a.h5", array=name)
    with pytest.raises(SourceError, match="lies in another file"):
        opened(tmp_path / "a.h5")


def test_groups_that_hold_each_other_are_entered_once(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["inner/x"] = SCAN
        file["inner/again"] = file["/"]
    assert opened(tmp_path / "a.h5").facts.alternatives == ()


def test_chunk_beyond_memory_is_refused_before_anything_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("voxviewer.files.available_memory", lambda: 1 << 30)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("x", (10**6, 10**6, 100), "f8", chunks=(2**14, 2**14, 1))
    with pytest.raises(SourceError, match="free memory"):
        opened(tmp_path / "a.h5")


def test_chunk_that_unpacks_without_end_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import zlib

    monkeypatch.setattr(hdf5, "HARMLESS", 1 << 20)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        made = file.create_dataset("x", data=SCAN, chunks=(12, 10, 8), compression="gzip")
        made.id.write_direct_chunk((0, 0, 0), zlib.compress(bytes(20_000_000)))
    with pytest.raises(SourceError, match="far more than it claims"):
        opened(tmp_path / "a.h5")


def test_model_is_sent_to_the_filters(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.attrs["model_config"] = "{}"
        file["model_weights/conv3d/kernel"] = np.zeros((3, 3, 3, 1, 2))
    with pytest.raises(SourceError, match=r"is a model, not data\. Choose it under Filters"):
        opened(tmp_path / "a.h5")


def test_real_models_are_sent_to_the_filters(shared_data: Path) -> None:
    for path in sorted((shared_data / "keras").glob("*.h5")):
        with pytest.raises(SourceError, match="is a model"):
            vv.open(path)
