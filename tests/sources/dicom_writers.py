"""Small DICOM files, written by the tests with pydicom."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

AXIAL = [1.0, 0, 0, 0, 1.0, 0]
SERIES = generate_uid(entropy_srcs=["series"])


def slice_of(pixels: np.ndarray, **elements: Any) -> FileDataset:
    """A CT slice (rows, columns), or frames or colors; elements replace what it would have."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = CTImageStorage
    meta.MediaStorageSOPInstanceUID = generate_uid()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds = FileDataset("", {}, file_meta=meta, preamble=bytes(128))
    ds.SOPClassUID, ds.SOPInstanceUID = CTImageStorage, meta.MediaStorageSOPInstanceUID
    ds.Modality, ds.SeriesInstanceUID, ds.SeriesNumber = "CT", SERIES, 1
    ds.ImagePositionPatient, ds.ImageOrientationPatient = [-10.0, -20.0, 30.0], AXIAL
    ds.PixelSpacing, ds.SliceThickness, ds.InstanceNumber = [0.5, 0.75], 9.0, 1
    ds.Rows, ds.Columns = pixels.shape[:2]
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated = ds.BitsStored = 8 * pixels.dtype.itemsize
    ds.HighBit, ds.PixelRepresentation = ds.BitsStored - 1, int(pixels.dtype.kind == "i")
    ds.PixelData = pixels.tobytes()
    ds["PixelData"].VR = "OW" if pixels.dtype.itemsize > 1 else "OB"
    for name, value in elements.items():
        if value is None:
            delattr(ds, name)
        else:
            setattr(ds, name, value)
    return ds


def saved(path: Path, ds: Dataset) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    ds.save_as(path, enforce_file_format=True)
    return path


def stack(seed: int = 0, count: int = 4, shape: tuple[int, int] = (6, 5)) -> np.ndarray:
    """(count, rows, columns) int16 without symmetry."""
    return np.random.default_rng(seed).integers(-900, 900, (count, *shape)).astype(np.int16)


def write_series(
    folder: Path, pixels: np.ndarray, places: Sequence[float], name: str = "im", **elements: Any
) -> Path:
    """One file a slice, at these places along z; names and instance numbers run the other way."""
    count = len(pixels)
    for index, (plane, place) in enumerate(zip(pixels, places, strict=True)):
        ds = slice_of(
            plane,
            ImagePositionPatient=[-10.0, -20.0, float(place)],
            InstanceNumber=count - index,
            **elements,
        )
        saved(folder / f"{name}{count - index}", ds)
    return folder


def dicom_files(folder: Path) -> dict[str, Path]:
    """Family -> a file of it, or a folder."""
    pixels = stack(shape=(24, 20))
    film = slice_of(pixels[0], NumberOfFrames=4, PixelData=pixels.tobytes(), FrameTime=40.0)
    return {
        "DICOM": saved(folder / "slice.dcm", slice_of(pixels[0])),
        "DICOM, frames": saved(folder / "frames.dcm", film),
        "folder of DICOM files": write_series(folder / "series", pixels, [0, 2, 4, 6]),
    }
