"""Every row of READERS keeps the same promises."""

from __future__ import annotations

import json
import os
import shutil
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

import voxviewer.sources as sources
from voxviewer.data import Cancelled, Skeleton, Volume
from voxviewer.files import SourceError
from voxviewer.sources.describe import describe

if TYPE_CHECKING:
    from pathlib import Path

FAMILIES = (
    "NIfTI", "NIfTI, gzip", "Analyze", "MGH", "MGH, gzip", "NRRD", "NRRD, gzip",
    "MetaImage", "MetaImage, compressed", "DICOM", "DICOM, frames", "NumPy array", "NumPy archive",
    "GIF", "picture", "photograph", "picture, animated", "TIFF", "TIFF, deflate", "TIFF, LZW",
    "HDF5", "PLY", "PLY, binary", "XYZ", "video",
    "BVH", "C3D", "NTU skeleton", "pose JSON", "joints CSV", "PYSKL pickle",
    "folder of images", "folder of poses", "folder of DICOM files",
)  # fmt: skip
SINGLE_FILES = FAMILIES[:-3]
ENDLESS = ("XYZ",)
"""They say nowhere how long they are: a part of one is one."""

PAIRS = ("Analyze",)
"""Their voxels are found by the header's name."""


def values_of(source: Volume | Skeleton) -> np.ndarray:
    return source.joints if isinstance(source, Skeleton) else source.voxels[...]


def one_sentence(error: SourceError, name: str) -> bool:
    text = str(error)
    return text.startswith(f"{name}: ") and "\n" not in text and text.endswith(".")


def test_every_reader_has_a_family_here() -> None:
    names = {family.split(",")[0].replace("photograph", "picture") for family in FAMILIES}
    assert {reader.name for reader in sources.READERS} == names


@pytest.mark.parametrize("reader", sources.READERS, ids=lambda reader: reader.name)
def test_row_has_name_words_and_own_suffixes(reader: sources.Reader) -> None:
    assert reader.name
    assert reader.words
    family = next((names for names in sources.FAMILIES if reader.name in names), (reader.name,))
    others = [row for row in sources.READERS if row.name not in family]
    assert not set(reader.suffixes) & {suffix for row in others for suffix in row.suffixes}


@pytest.mark.parametrize("family", FAMILIES)
def test_opens_as_a_noun_with_its_own_name(files: dict[str, Path], family: str) -> None:
    source = sources.open(files[family])
    assert isinstance(source, Volume | Skeleton)
    assert source.name == files[family].name
    assert source.opening.path == str(files[family])
    assert source.facts.format
    assert source.facts.description


@pytest.mark.parametrize("family", FAMILIES)
def test_arrays_are_read_only(files: dict[str, Path], family: str) -> None:
    source = sources.open(files[family])
    with pytest.raises(ValueError, match="read-only"):
        values_of(source)[(0,) * len(source.shape)] = 1
    beside = (source.score,) if isinstance(source, Skeleton) else (source.affine,)
    for array in (*beside, source.times):
        assert array is None or not array.flags.writeable


@pytest.mark.parametrize("family", FAMILIES)
def test_same_opening_gives_the_same_noun(files: dict[str, Path], family: str) -> None:
    first = sources.open(files[family])
    again = sources.same_opening(first.opening)
    assert again.opening == first.opening
    assert again.facts == first.facts
    np.testing.assert_array_equal(values_of(first), values_of(again))


@pytest.mark.parametrize("family", FAMILIES)
def test_facts_tell_the_bytes_in_memory(files: dict[str, Path], family: str) -> None:
    source = sources.open(files[family])
    assert source.facts.nbytes == values_of(source).nbytes
    assert len(source.facts.stored_axes) == len(source.facts.stored_shape)


@pytest.mark.parametrize("family", [one for one in SINGLE_FILES if one not in ENDLESS])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.9])
def test_cut_off_file_is_refused_in_one_sentence(
    files: dict[str, Path], family: str, share: float
) -> None:
    data = files[family].read_bytes()
    files[family].write_bytes(data[: max(3, int(len(data) * share))])
    with pytest.raises(SourceError) as caught:
        sources.open(files[family])
    assert one_sentence(caught.value, files[family].name)


@pytest.mark.parametrize("family", FAMILIES)
def test_description_is_strict_json(files: dict[str, Path], family: str) -> None:
    source = sources.open(files[family])
    told = json.loads(json.dumps(describe(source, str(files[family])), allow_nan=False))
    assert tuple(told["shape"]) == source.shape
    values = values_of(source)
    finite = values[np.isfinite(values)]
    assert told["range"] == [float(finite.min()), float(finite.max())]
    if isinstance(source, Volume):
        assert told["spacing"] == (None if source.spacing is None else list(source.spacing))
        assert (told["affine"] is None) == (source.affine is None)


@pytest.mark.parametrize("family", SINGLE_FILES)
def test_empty_file_is_refused(files: dict[str, Path], family: str) -> None:
    files[family].write_bytes(b"")
    with pytest.raises(SourceError, match=r"is empty"):
        sources.open(files[family])


@pytest.mark.parametrize("family", SINGLE_FILES)
def test_foreign_content_is_refused(files: dict[str, Path], family: str) -> None:
    files[family].write_bytes(b"Dear diary, today nothing happened. " * 40)
    with pytest.raises(SourceError) as caught:
        sources.open(files[family])
    assert one_sentence(caught.value, files[family].name)


@pytest.mark.parametrize("family", [name for name in SINGLE_FILES if name not in PAIRS])
def test_content_decides_before_the_name(
    files: dict[str, Path], family: str, tmp_path: Path
) -> None:
    renamed = tmp_path / "without_suffix"
    shutil.copy(files[family], renamed)
    # Alternatives name the path.
    first, second = (sources.open(path).facts for path in (files[family], renamed))
    assert replace(first, alternatives=()) == replace(second, alternatives=())
    assert [item.label for item in first.alternatives] == [
        item.label for item in second.alternatives
    ]


@pytest.mark.parametrize("family", FAMILIES)
def test_ways_of_opening_that_a_family_lacks_are_refused(
    files: dict[str, Path], family: str
) -> None:
    reader = sources.recognized(str(files[family]))
    with pytest.raises(SourceError, match="series"):
        sources.open(files[family], series=2)
    with pytest.raises(SourceError, match=r"series 7|one series"):
        sources.open(files[family], series=7)
    if not reader.sized:
        with pytest.raises(SourceError, match="axes"):
            sources.open(files[family], axes="HWD")
    if not reader.named:
        with pytest.raises(SourceError, match="array"):
            sources.open(files[family], array="x")
    if sources.open(files[family]).facts.description != "point cloud":
        with pytest.raises(SourceError, match="not a point cloud"):
            sources.open(files[family], voxels=16)


def test_missing_path_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"^gone.nii: is not there"):
        sources.open(tmp_path / "gone.nii")


def test_unknown_kind_is_refused_with_what_can_be_opened(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(SourceError, match=r"NIfTI, DICOM .* \.npz, HDF5, a GIF") as caught:
        sources.open(tmp_path / "notes.txt")
    assert one_sentence(caught.value, "notes.txt")


def test_model_file_is_sent_to_the_filters(tmp_path: Path) -> None:
    (tmp_path / "model.keras").write_bytes(b"PK\x03\x04 not an archive of arrays")
    with pytest.raises(SourceError, match="Filters"):
        sources.open(tmp_path / "model.keras")


@pytest.mark.skipif(sys.platform == "win32", reason="no pipes in folders there")
def test_pipe_is_refused_instead_of_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.nii")
    with pytest.raises(SourceError, match="is not a file"):
        sources.open(tmp_path / "pipe.nii")


@pytest.mark.skipif(sys.platform == "win32", reason="such names cannot be there")
def test_line_break_in_a_name_stays_in_one_line(tmp_path: Path) -> None:
    name = tmp_path / "two\nlines.npy"
    name.write_bytes(b"nothing of use")
    with pytest.raises(SourceError) as caught:
        sources.open(name)
    assert "\n" not in str(caught.value)


def test_path_with_a_zero_byte_is_refused() -> None:
    with pytest.raises(SourceError):
        sources.open("a\0b.npy")


@pytest.mark.parametrize("axes", ["HWQ", "HHW", "TDC", "TJ", "JX1", ""])
def test_impossible_axes_are_a_wrong_argument(files: dict[str, Path], axes: str) -> None:
    with pytest.raises(ValueError, match="axes"):
        sources.open(files["NumPy array"], axes=axes)


@pytest.mark.parametrize("error", [Cancelled(), KeyError("a caller's own"), KeyboardInterrupt()])
def test_what_progress_raises_passes_the_boundary(
    files: dict[str, Path], error: BaseException
) -> None:
    def stop(fraction: float, text: str) -> None:
        raise error

    with pytest.raises(type(error)) as caught:
        sources.open(files["NIfTI, gzip"], progress=stop)
    assert caught.value is error


@pytest.mark.parametrize(
    "family",
    [
        "NIfTI, gzip", "NumPy archive", "GIF", "BVH", "C3D", "NTU skeleton", "pose JSON",
        "joints CSV", "folder of images", "folder of poses", "folder of DICOM files",
        "DICOM, frames",
        "picture, animated", "TIFF, deflate",
        "TIFF, LZW", "HDF5", "PLY", "PLY, binary", "XYZ", "video", "video, AVI", "video, Matroska",
    ],
)  # fmt: skip
def test_progress_is_told_in_order(files: dict[str, Path], family: str) -> None:
    told: list[tuple[float, str]] = []
    sources.open(files[family], progress=lambda fraction, text: told.append((fraction, text)))
    shares = [fraction for fraction, _ in told]
    assert shares == sorted(shares)
    assert shares
    assert 0 <= shares[0] <= shares[-1] <= 1
    assert all(text for _, text in told)


@pytest.mark.parametrize("error", [MemoryError(), RecursionError("deep"), ZeroDivisionError()])
def test_any_exception_of_a_library_becomes_a_source_error(
    files: dict[str, Path], monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    from nibabel.nifti1 import Nifti1Header

    def fail(*args: object, **kwargs: object) -> None:
        raise error

    monkeypatch.setattr(Nifti1Header, "get_data_shape", fail)
    with pytest.raises(SourceError) as caught:
        sources.open(files["NIfTI"])
    assert one_sentence(caught.value, "scan.nii")
