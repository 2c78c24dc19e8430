"""Files larger than memory show their first frame at once: 8 GB, of which the most is a hole."""

from __future__ import annotations

import time
import tracemalloc
from typing import TYPE_CHECKING

import nibabel as nib
import numpy as np
import pytest

import voxviewer.sources as sources
from voxviewer.data import Volume

if TYPE_CHECKING:
    from pathlib import Path

SHAPE = (256, 256, 128, 512)  # 8 GB of int16
NBYTES = 2 * 256 * 256 * 128 * 512


def with_hole(path: Path, header: bytes, first: np.ndarray) -> Path:
    """The header, a first frame, and nothing for the rest of 8 GB, which takes no disk."""
    with open(path, "wb") as file:
        file.write(header + first.tobytes())
        file.truncate(len(header) + NBYTES)
    if path.stat().st_blocks * 512 > NBYTES // 100:
        pytest.skip("this disk stores holes")
    return path


def nifti(path: Path) -> tuple[Path, np.ndarray]:
    header = nib.Nifti1Header()
    header.set_data_dtype(np.int16)
    header.set_data_shape(SHAPE)
    header["vox_offset"], header["magic"] = 352, b"n+1"
    first = np.random.default_rng(0).integers(0, 9, (128, 256, 256)).astype(np.int16)
    # Stored with i fastest: what is (D, W, H) here is (H, W, D) there.
    return with_hole(path, header.binaryblock + bytes(4), first), first.transpose(0, 2, 1)


def npy(path: Path) -> tuple[Path, np.ndarray]:
    import io

    start = io.BytesIO()
    whole = {"descr": "<i2", "fortran_order": False, "shape": (512, 128, 256, 256, 1)}
    np.lib.format.write_array_header_1_0(start, whole)
    first = np.random.default_rng(0).integers(0, 9, (128, 256, 256)).astype(np.int16)
    return with_hole(path, start.getvalue(), first), first


@pytest.mark.parametrize(("write", "name"), [(nifti, "series.nii"), (npy, "series.npy")])
def test_first_frame_comes_within_a_second_and_half_a_gigabyte(
    tmp_path: Path, write: object, name: str
) -> None:
    path, expected = write(tmp_path / name)  # type: ignore[operator]
    sources.open("sample:phantom")  # what is imported once is not the file's
    tracemalloc.start()
    try:
        start = time.perf_counter()
        volume = sources.open(path)
        assert isinstance(volume, Volume)
        frame = volume.voxels[0]
        seconds = time.perf_counter() - start
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert volume.shape == (512, 128, 256, 256, 1)
    assert volume.facts.lazy
    np.testing.assert_array_equal(frame[..., 0], expected)
    assert peak < 500e6
    assert seconds < 1
