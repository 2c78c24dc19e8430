"""NRRD and MetaImage against pynrrd and SimpleITK, on written and on real files."""

from __future__ import annotations

import bz2
import gzip
import zlib
from typing import TYPE_CHECKING

import nrrd
import numpy as np
import pytest
import SimpleITK as sitk

import voxviewer.sources as sources
from voxviewer.data import Volume
from voxviewer.files import SourceError
from voxviewer.sources.layout import orientation

if TYPE_CHECKING:
    from pathlib import Path

SCAN = np.random.default_rng(0).integers(-400, 900, (4, 5, 6)).astype(np.int16)
DIRECTIONS = np.array([[0, -2.0, 0], [0, 0, 1.5], [3.0, 0, 0.2]])
ORIGIN = np.array([5.0, 6.0, 7.0])


def opened(path: Path, **how: object) -> Volume:
    source = sources.open(path, **how)  # type: ignore[arg-type]
    assert isinstance(source, Volume)
    return source


def swept(array: np.ndarray) -> np.ndarray:
    """(H, W, D) -> (1, D, H, W, 1)."""
    return np.moveaxis(array, -1, 0)[None, ..., None]


def agrees_with_itk(path: Path) -> Volume:
    """Values, and the place of a voxel in the world, are SimpleITK's."""
    volume, image = opened(path), sitk.ReadImage(str(path))
    array = sitk.GetArrayFromImage(image)
    size = image.GetSize()
    if image.GetNumberOfComponentsPerPixel() == 1:
        array = array[..., None]
    array = array.reshape(*([1] * (5 - array.ndim)), *array.shape)
    np.testing.assert_allclose(volume.voxels[...], np.swapaxes(array, 2, 3))
    if len(size) == 3:
        index = [length // 2 for length in size]
        world = image.TransformIndexToPhysicalPoint(index)
        assert volume.affine is not None
        np.testing.assert_allclose(
            (volume.affine @ [*index, 1])[:3], np.array(world) * [-1, -1, 1], atol=1e-4
        )
        assert volume.spacing == pytest.approx((*image.GetSpacing()[2:], *image.GetSpacing()[:2]))
    return volume


# NRRD


def written(path: Path, array: np.ndarray, **header: object) -> Path:
    space = {"space": "left-posterior-superior", "space directions": DIRECTIONS,
             "space origin": ORIGIN, "kinds": ["domain"] * 3}  # fmt: skip
    nrrd.write(str(path), array, {**space, **{k.replace("_", " "): v for k, v in header.items()}})
    return path


@pytest.mark.parametrize("encoding", ["raw", "gzip", "bzip2", "ascii"])
@pytest.mark.parametrize("ending", [".nrrd", ".nhdr"])
@pytest.mark.parametrize("dtype", ["int16", "float64", ">i4"])
def test_nrrd_agrees_with_itk(tmp_path: Path, encoding: str, ending: str, dtype: str) -> None:
    array = (SCAN % 100).astype(dtype)
    path = written(tmp_path / f"scan{ending}", array, encoding=encoding)
    if encoding == "bzip2":  # which SimpleITK lacks
        volume = opened(path)
        np.testing.assert_array_equal(volume.voxels[...], swept(nrrd.read(str(path))[0]))
    else:
        volume = agrees_with_itk(path)
    assert volume.facts.lazy == (encoding == "raw")
    assert orientation(volume) == "ASL"


@pytest.mark.parametrize(
    ("space", "signs"),
    [("RAS", (1, 1, 1)), ("left-anterior-superior", (-1, 1, 1)), ("LPS", (-1, -1, 1))],
)
def test_every_named_world_becomes_ras(
    tmp_path: Path, space: str, signs: tuple[int, int, int]
) -> None:
    volume = opened(written(tmp_path / "a.nrrd", SCAN, space=space))
    assert volume.affine is not None
    np.testing.assert_allclose(volume.affine[:3, :3], np.diag(signs) @ DIRECTIONS.T)
    np.testing.assert_allclose(volume.affine[:3, 3], signs * ORIGIN)


def test_world_without_a_left_gives_spacing_and_a_warning(tmp_path: Path) -> None:
    volume = opened(written(tmp_path / "a.nrrd", SCAN, space="scanner-xyz"))
    assert volume.affine is None
    assert volume.spacing == pytest.approx((np.hypot(3, 0.2), 2, 1.5))
    assert any("left from right" in warning for warning in volume.facts.warnings)


@pytest.mark.parametrize(
    ("kind", "place", "letter"),
    [
        ("vector", 0, "C"), ("RGB-color", 0, "C"), ("3-vector", 3, "C"), ("list", 0, "T"),
        ("list", 3, "T"),
    ],
)  # fmt: skip
def test_kinds_tell_channels_and_time(tmp_path: Path, kind: str, place: int, letter: str) -> None:
    array = np.random.default_rng(1).integers(0, 99, (4, 5, 6, 3)).astype(np.uint8)
    kinds = ["domain", "domain", "domain"]
    kinds.insert(place, kind)
    directions = np.insert(DIRECTIONS, place, np.nan, axis=0)
    stored = np.moveaxis(array, -1, place)
    volume = opened(written(tmp_path / "a.nrrd", stored, kinds=kinds, space_directions=directions))
    order = (2, 0, 1, 3) if letter == "C" else (3, 2, 0, 1)
    expected = array.transpose(order)
    expected = expected[None] if letter == "C" else expected[..., None]
    np.testing.assert_array_equal(volume.voxels[...], expected)
    assert volume.affine is not None
    assert any(kind.lower() in said.lower() or "list" in said for said in volume.facts.decisions)


def test_complex_pairs_become_their_magnitude(tmp_path: Path) -> None:
    pairs = np.random.default_rng(2).normal(size=(2, 4, 5, 6)).astype(np.float32)
    kinds = ["complex", "domain", "domain", "domain"]
    directions = np.insert(DIRECTIONS, 0, np.nan, axis=0)
    path = written(tmp_path / "a.nrrd", pairs, kinds=kinds, space_directions=directions)
    volume = opened(path)
    np.testing.assert_allclose(volume.voxels[...], swept(np.hypot(*pairs)), rtol=1e-6)
    assert "complex values shown as their magnitude" in volume.facts.decisions


def header_of(**fields: str) -> bytes:
    known = {"type": "int16", "dimension": "3", "sizes": "4 5 6", "encoding": "raw",
             "endian": "little"}  # fmt: skip
    lines = [f"{key.replace('_', ' ')}: {value}" for key, value in {**known, **fields}.items()]
    return ("NRRD0004\n" + "\n".join(lines) + "\n").encode()


STORED = SCAN.tobytes(order="F")


@pytest.mark.parametrize(
    ("fields", "content"),
    [
        ({"data_file": "x.raw"}, STORED),
        ({"data_file": "x.raw", "byte_skip": "7"}, b"1234567" + STORED),
        ({"data_file": "x.raw", "byte_skip": "-1"}, b"whatever" + STORED),
        ({"data_file": "x.raw", "line_skip": "2"}, b"one\ntwo\n" + STORED),
        ({"data_file": "x.raw", "encoding": "gzip"}, gzip.compress(STORED)),
        ({"data_file": "x.raw", "encoding": "gz", "byte_skip": "1"}, gzip.compress(b"1" + STORED)),
        ({"data_file": "x.raw", "encoding": "bz2"}, bz2.compress(STORED)),
        ({"data_file": "x.raw", "encoding": "hex"}, STORED.hex(" ", 8).encode()),
        ({"datafile": "x.raw", "endian": "big"}, SCAN.astype(">i2").tobytes(order="F")),
    ],
)  # fmt: skip
def test_detached_data(tmp_path: Path, fields: dict[str, str], content: bytes) -> None:
    (tmp_path / "a.nhdr").write_bytes(header_of(**fields))
    (tmp_path / "x.raw").write_bytes(content)
    np.testing.assert_array_equal(opened(tmp_path / "a.nhdr").voxels[...], swept(SCAN))


SLICES = "\n".join(f"slice{number:02}.raw" for number in range(3, 9))


@pytest.mark.parametrize("words", ["slice%02d.raw 3 8 1", f"LIST\n{SLICES}"])
def test_data_in_many_files(tmp_path: Path, words: str) -> None:
    (tmp_path / "a.nhdr").write_bytes(header_of(data_file=words))
    for index in range(6):
        part = SCAN[..., index].tobytes(order="F")
        (tmp_path / f"slice{index + 3:02}.raw").write_bytes(part)
    np.testing.assert_array_equal(opened(tmp_path / "a.nhdr").voxels[...], swept(SCAN))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"data_file": "../x.raw"}, "outside its folder"),
        ({"data_file": "/etc/passwd"}, "outside its folder"),
        ({"data_file": "gone.raw"}, "not beside it"),
        ({"data_file": "x%d.raw 0 999999999 1"}, "claims"),
        ({"sizes": "4 5 -6"}, "no voxels"),
        ({"sizes": "40000 50000 60000"}, "ends"),
        ({"sizes": "4 5"}, "3 axes and 2 sizes"),
        ({"type": "block"}, "type 'block'"),
        ({"encoding": "zip"}, "encoded as 'zip'"),
        ({"kinds": "vector vector domain"}, "cannot be shown"),
    ],
)
def test_headers_that_cannot_be_meant_are_refused(
    tmp_path: Path, fields: dict[str, str], words: str
) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "x.raw").write_bytes(STORED)
    path = tmp_path / "inner" / "a.nhdr"
    path.write_bytes(header_of(**fields) + b"\n" + STORED)
    with pytest.raises(SourceError, match=words):
        opened(path)


@pytest.mark.parametrize("packing", ["gzip", "bz2"])
def test_bomb_is_refused_before_it_goes_off(
    tmp_path: Path, packing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("voxviewer.files.available_memory", lambda: 4 << 30)
    pack = {"gzip": gzip.compress, "bz2": bz2.compress}[packing]
    (tmp_path / "a.nrrd").write_bytes(
        header_of(sizes="1200 1200 1000", encoding=packing) + b"\n" + pack(bytes(10_000_000))
    )
    with pytest.raises(SourceError, match=r"memory|unpack"):
        opened(tmp_path / "a.nrrd")


def test_times_come_with_their_unit(tmp_path: Path) -> None:
    fields = {"dimension": "4", "sizes": "4 5 6 1", "kinds": "domain domain domain time",
              "spacings": "1 1 1 250", "units": '"mm" "mm" "mm" "ms"'}  # fmt: skip
    fields["sizes"], content = "4 5 3 2", STORED
    (tmp_path / "a.nrrd").write_bytes(header_of(**fields) + b"\n" + content)
    np.testing.assert_allclose(opened(tmp_path / "a.nrrd").times, [0, 0.25])


# MetaImage


def image_of(array: np.ndarray, vector: bool = False) -> sitk.Image:
    image = sitk.GetImageFromArray(array, isVector=vector)
    if image.GetDimension() == 3:
        image.SetSpacing((2.0, 3.0, 4.0))
        image.SetOrigin((5.0, 6.0, 7.0))
        image.SetDirection((0, 0, 1, -1, 0, 0, 0, 1, 0))
    return image


@pytest.mark.parametrize("ending", [".mha", ".mhd"])
@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("dtype", ["int16", "uint8", "float64"])
def test_metaimage_agrees_with_itk(
    tmp_path: Path, ending: str, compressed: bool, dtype: str
) -> None:
    path = tmp_path / f"scan{ending}"
    sitk.WriteImage(image_of((SCAN % 100).astype(dtype)), str(path), compressed)
    volume = agrees_with_itk(path)
    assert volume.voxels.dtype == dtype
    assert volume.facts.lazy == (not compressed)


def test_metaimage_vectors_are_channels(tmp_path: Path) -> None:
    field = np.random.default_rng(0).random((6, 5, 4, 3)).astype(np.float32)
    sitk.WriteImage(image_of(field, vector=True), str(tmp_path / "field.mha"))
    volume = agrees_with_itk(tmp_path / "field.mha")
    assert "the 3 values of a voxel are the channels" in volume.facts.decisions


def test_metaimage_series_and_picture(tmp_path: Path) -> None:
    series = np.random.default_rng(0).integers(0, 99, (2, 6, 5, 4)).astype(np.uint8)
    image = sitk.GetImageFromArray(series, isVector=False)
    sitk.WriteImage(image, str(tmp_path / "series.mha"))
    assert agrees_with_itk(tmp_path / "series.mha").shape == (2, 6, 4, 5, 1)
    sitk.WriteImage(sitk.GetImageFromArray(series[0, 0]), str(tmp_path / "picture.mha"))
    assert agrees_with_itk(tmp_path / "picture.mha").spacing == (1.0, 1.0, 1.0)


def meta(**entries: str) -> bytes:
    known = {"ObjectType": "Image", "NDims": "3", "DimSize": "4 5 6", "ElementType": "MET_SHORT",
             "ElementDataFile": "LOCAL"}  # fmt: skip
    last = {**known, **entries}
    last["ElementDataFile"] = last.pop("ElementDataFile")
    return "".join(f"{key} = {value}\n" for key, value in last.items()).encode()


@pytest.mark.parametrize(
    ("entries", "content"),
    [
        ({"BinaryDataByteOrderMSB": "True"}, SCAN.astype(">i2").tobytes(order="F")),
        ({"CompressedData": "True"}, zlib.compress(STORED)),
        ({"CompressedData": "True"}, gzip.compress(STORED)),
        ({"BinaryData": "False"}, " ".join(map(str, SCAN.ravel(order="F"))).encode()),
        ({"ElementDataFile": "Local"}, STORED),
    ],
)
def test_metaimage_data_in_the_same_file(
    tmp_path: Path, entries: dict[str, str], content: bytes
) -> None:
    (tmp_path / "a.mha").write_bytes(meta(**entries) + content)
    np.testing.assert_array_equal(opened(tmp_path / "a.mha").voxels[...], swept(SCAN))


@pytest.mark.parametrize(
    "entries",
    [
        {"ElementDataFile": "x.raw", "HeaderSize": "-1"},
        {"ElementDataFile": "s%d.raw 1 6 1"},
        {"ElementDataFile": "LIST 2\n" + "\n".join(f"s{i}.raw" for i in range(1, 7))},
    ],
)
def test_metaimage_data_in_other_files(tmp_path: Path, entries: dict[str, str]) -> None:
    (tmp_path / "a.mhd").write_bytes(meta(**entries))
    (tmp_path / "x.raw").write_bytes(b"some header" + STORED)
    for index in range(6):
        (tmp_path / f"s{index + 1}.raw").write_bytes(SCAN[..., index].tobytes(order="F"))
    np.testing.assert_array_equal(opened(tmp_path / "a.mhd").voxels[...], swept(SCAN))


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ({"ElementDataFile": "../x.raw"}, "outside its folder"),
        ({"ElementType": "MET_STRING"}, "MET_STRING"),
        ({"ObjectType": "Tube"}, "holds a Tube"),
        ({"NDims": "2"}, "2 axes and 3 sizes"),
        ({"DimSize": "4 5 x"}, "no number"),
        ({"DimSize": "4 5 60000"}, "ends"),
        ({"DimSize": "4 5 60000", "CompressedData": "True"}, "can unpack to"),
        ({"DimSize": "4 5 200", "CompressedData": "True"}, "ends"),
    ],
)
def test_metaimage_headers_that_cannot_be_meant_are_refused(
    tmp_path: Path, entries: dict[str, str], words: str
) -> None:
    (tmp_path / "x.raw").write_bytes(STORED)
    (tmp_path / "inner").mkdir()
    content = zlib.compress(bytes(4000)) if "CompressedData" in entries else STORED
    (tmp_path / "inner" / "a.mha").write_bytes(meta(**entries) + content)
    with pytest.raises(SourceError, match=words):
        opened(tmp_path / "inner" / "a.mha")


def test_link_to_data_outside_is_refused(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "x.raw").write_bytes(STORED)
    (tmp_path / "inner" / "x.raw").symlink_to(tmp_path / "x.raw")
    (tmp_path / "inner" / "a.mhd").write_bytes(meta(ElementDataFile="x.raw"))
    with pytest.raises(SourceError, match="outside its folder"):
        opened(tmp_path / "inner" / "a.mhd")


REAL = (
    "nrrd/BallBinary30x30x30.nhdr", "nrrd/BallBinary30x30x30.nrrd", "nrrd/FLAIR.nrrd",
    "nrrd/BallBinary30x30x30_gz.nrrd", "nrrd/test2d_ascii.nrrd", "mha/fixed.mhd", "mha/mha.mha",
    "mha/3DCT_lung_baseline_small.mha",
)  # fmt: skip


@pytest.mark.parametrize("name", REAL)
def test_real_files_agree_with_itk(shared_data: Path, name: str) -> None:
    agrees_with_itk(shared_data / name)
