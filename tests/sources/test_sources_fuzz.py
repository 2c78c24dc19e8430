"""Damaged files: every outcome is a noun or one SourceError."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

import voxviewer.sources as sources
from voxviewer.data import Skeleton, Volume
from voxviewer.files import SourceError

if TYPE_CHECKING:
    from pathlib import Path

MUTANTS = 150
FAMILIES = (
    "NIfTI", "NIfTI, gzip", "Analyze", "MGH", "MGH, gzip", "NRRD", "NRRD, gzip",
    "MetaImage", "MetaImage, compressed", "DICOM", "DICOM, frames", "NumPy array", "NumPy archive",
    "GIF", "picture", "photograph", "picture, animated", "TIFF", "TIFF, deflate", "TIFF, LZW",
    "HDF5", "PLY", "PLY, binary", "XYZ", "video", "video, AVI", "video, Matroska",
    "BVH", "C3D", "NTU skeleton", "pose JSON", "joints CSV", "PYSKL pickle",
)  # fmt: skip


def mutant(data: bytes, dice: random.Random) -> bytes:
    """Flip, overwrite, cut, double or swap a few bytes, mostly near the beginning."""
    raw = bytearray(data)
    for _ in range(dice.choice([1, 1, 2, 5, 20])):
        place = min(int(dice.expovariate(6) * len(raw)), len(raw) - 1)
        match dice.randrange(5):
            case 0:
                raw[place] ^= 1 << dice.randrange(8)
            case 1:
                raw[place] = dice.choice([0, 1, 0x7F, 0x80, 0xFF])
            case 2:
                raw[place : place + 4] = dice.randbytes(4)
            case 3 if len(raw) > 40:
                del raw[place : place + dice.randrange(1, 30)]
            case _:
                raw[place:place] = raw[place : place + dice.randrange(1, 30)]
    return bytes(raw)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.filterwarnings("ignore")
def test_mutants_are_nouns_or_source_errors(files: dict[str, Path], family: str) -> None:
    data, dice = files[family].read_bytes(), random.Random(family)
    path = files[family]
    refused = 0
    for _ in range(MUTANTS):
        path.write_bytes(mutant(data, dice))
        refused += not opens(path)
    assert refused


def opens(path: Path) -> bool:
    """Whether it is a noun; a refusal must be one `SourceError` of one line, a noun whole."""
    try:
        source = sources.open(path)
        assert isinstance(source, Volume | Skeleton)
        if isinstance(source, Volume) and source.facts.nbytes < 50_000_000:
            assert source.voxels[...].shape == source.shape
    except SourceError as error:
        assert "\n" not in str(error)
        return False
    return True
