"""One small file of every family, written by the test."""

from __future__ import annotations

import gzip
import zlib
from typing import TYPE_CHECKING

import nibabel as nib
import numpy as np
import pytest
from dicom_writers import dicom_files
from media_writers import media_files
from PIL import Image
from skeleton_writers import skeleton_files

if TYPE_CHECKING:
    from pathlib import Path


def gradient(height: int = 12, width: int = 18, shift: int = 0) -> np.ndarray:
    """(height, width, 3) uint8 without symmetry."""
    y, x = np.mgrid[:height, :width]
    channels = [(7 * y + shift) % 256, (11 * x + 3 * shift) % 256, (5 * y + 9 * x) % 256]
    return np.stack(channels, axis=-1).astype(np.uint8)


def _gif(path: Path) -> None:
    frames = [Image.fromarray(gradient(shift=40 * index)).quantize(64) for index in range(4)]
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=[50, 80, 120, 40])


def _text_headers(found: dict[str, Path], scan: np.ndarray) -> None:
    """A scan as NRRD and as MetaImage, raw and packed."""
    stored = scan.tobytes(order="F")
    for encoding, data in (("raw", stored), ("gzip", gzip.compress(stored))):
        header = (
            f"NRRD0004\ntype: int16\ndimension: 3\nsizes: 9 7 5\nencoding: {encoding}\n"
            "endian: little\nspace: left-posterior-superior\nkinds: domain domain domain\n"
            "space directions: (2,0,0) (0,3,0) (0,0,4)\nspace origin: (5,6,7)\n\n"
        )
        family = "NRRD" if encoding == "raw" else "NRRD, gzip"
        found[family].write_bytes(header.encode() + data)
    for compressed, data in (("False", stored), ("True", zlib.compress(stored))):
        header = (
            "ObjectType = Image\nNDims = 3\nDimSize = 9 7 5\nElementSpacing = 2 3 4\n"
            f"ElementType = MET_SHORT\nCompressedData = {compressed}\n"
            "TransformMatrix = 1 0 0 0 1 0 0 0 1\nElementDataFile = LOCAL\n"
        )
        family = "MetaImage" if compressed == "False" else "MetaImage, compressed"
        found[family].write_bytes(header.encode() + data)


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """Family -> a file of it (a folder for "folder of images" and "folder of poses")."""
    return write_files(tmp_path)


def write_files(tmp_path: Path) -> dict[str, Path]:
    """Write one file of every family into a folder; `make fuzz` damages them too."""
    random = np.random.default_rng(0)
    scan = random.integers(-500, 2000, (9, 7, 5, 3)).astype(np.int16)
    found = {
        "NIfTI": tmp_path / "scan.nii",
        "NIfTI, gzip": tmp_path / "packed.nii.gz",
        "Analyze": tmp_path / "old.hdr",
        "MGH": tmp_path / "brain.mgh",
        "MGH, gzip": tmp_path / "brain.mgz",
        "NRRD": tmp_path / "scan.nrrd",
        "NRRD, gzip": tmp_path / "packed.nrrd",
        "MetaImage": tmp_path / "scan.mha",
        "MetaImage, compressed": tmp_path / "packed.mha",
        "NumPy array": tmp_path / "volume.npy",
        "NumPy archive": tmp_path / "archive.npz",
        "GIF": tmp_path / "film.gif",
        "picture": tmp_path / "picture.png",
        "photograph": tmp_path / "photograph.jpg",
        "folder of images": tmp_path / "frames",
    }
    affine = np.diag([2.0, 3.0, 4.0, 1.0])
    nib.save(nib.Nifti1Image(scan, affine), found["NIfTI"])
    nib.save(nib.Nifti2Image(scan, affine), found["NIfTI, gzip"])
    nib.save(nib.AnalyzeImage(scan, affine), tmp_path / "old.img")
    (tmp_path / "old.mat").unlink(missing_ok=True)
    nib.save(nib.MGHImage(scan, affine), found["MGH"])
    nib.save(nib.MGHImage(scan[..., 0], affine), found["MGH, gzip"])
    _text_headers(found, scan[..., 0])
    np.save(found["NumPy array"], random.random((9, 7, 5)).astype(np.float32))
    np.savez_compressed(found["NumPy archive"], scan=scan[..., 0], label=scan[:4, ..., 0] > 0)
    _gif(found["GIF"])
    Image.fromarray(gradient(60, 80)).save(found["picture"])
    Image.fromarray(gradient(60, 80)).save(found["photograph"])
    found["folder of images"].mkdir()
    for number in (1, 2, 10):
        Image.fromarray(gradient(shift=number)).save(
            found["folder of images"] / f"frame{number}.png"
        )
    found |= skeleton_files(tmp_path) | media_files(tmp_path) | dicom_files(tmp_path)
    return found
