"""NIfTI against nibabel, on written and on real files."""

from __future__ import annotations

import gzip
import json
import struct
from typing import TYPE_CHECKING

import nibabel as nib
import numpy as np
import pytest

import voxviewer.sources as sources
from voxviewer.data import Volume
from voxviewer.files import SourceError
from voxviewer.sources.layout import orientation

if TYPE_CHECKING:
    from pathlib import Path

AFFINE = np.array([[0, 0, 3.0, 5], [-2.0, 0, 0, 6], [0, 1.5, 0, 7], [0, 0, 0, 1]])


def opened(path: Path, **how: object) -> Volume:
    source = sources.open(path, **how)  # type: ignore[arg-type]
    assert isinstance(source, Volume)
    return source


def saved(path: Path, array: np.ndarray, **header: float) -> Path:
    image = nib.Nifti1Image(array, AFFINE)
    for name, value in header.items():
        image.header[name] = value
    nib.save(image, path)
    return path


@pytest.mark.parametrize("ending", [".nii", ".nii.gz", ".img"])
@pytest.mark.parametrize("shape", [(4, 5), (4, 5, 6), (4, 5, 6, 3), (4, 5, 1, 3)])
def test_array_axes_i_j_k_are_h_w_d(tmp_path: Path, ending: str, shape: tuple[int, ...]) -> None:
    array = np.random.default_rng(0).integers(0, 900, shape).astype(np.int16)
    path = tmp_path / f"scan{ending}"
    kind = nib.Nifti1Pair if ending == ".img" else nib.Nifti1Image
    nib.save(kind(array, AFFINE), path)
    volume = opened(path)
    full = array.reshape(shape + (1,) * (4 - len(shape)))
    np.testing.assert_array_equal(volume.voxels[..., 0], np.moveaxis(full, (3, 2), (0, 1)))
    assert volume.voxels.dtype == np.int16
    assert volume.facts.lazy == (ending != ".nii.gz")


def test_affine_spacing_and_orientation_are_of_the_stored_axes(tmp_path: Path) -> None:
    volume = opened(saved(tmp_path / "scan.nii", np.zeros((4, 5, 6), np.int16)))
    assert volume.affine is not None
    np.testing.assert_allclose(volume.affine, AFFINE)
    assert volume.spacing == (3.0, 2.0, 1.5)
    assert orientation(volume) == "".join(nib.aff2axcodes(AFFINE)) == "PSR"


@pytest.mark.parametrize(
    ("slope", "intercept", "dtype", "expected"),
    [
        (0, 9, "int16", "int16"), (np.nan, 9, "int16", "int16"), (1, 0, "int16", "int16"),
        (0.5, -3, "int16", "float32"), (2, 0, "uint8", "float32"), (2, 1, "float64", "float64"),
        (2, 1, "float32", "float32"), (1, 5, "int32", "float32"),
    ],
)  # fmt: skip
def test_slope_and_intercept(
    tmp_path: Path, slope: float, intercept: float, dtype: str, expected: str
) -> None:
    array = np.arange(60).reshape(3, 4, 5).astype(dtype)
    path = tmp_path / "scan.nii"
    nib.save(nib.Nifti1Image(array, AFFINE), path)
    raw = bytearray(path.read_bytes())
    raw[112:120] = np.array([slope, intercept], "<f4").tobytes()
    path.write_bytes(raw)
    volume = opened(path)
    assert volume.voxels.dtype == expected
    truth = np.asanyarray(nib.load(path).dataobj)
    np.testing.assert_allclose(volume.voxels[0, ..., 0], np.moveaxis(truth, -1, 0), rtol=1e-6)


def test_complex_values_become_their_magnitude(tmp_path: Path) -> None:
    array = (np.arange(24) - 12j).reshape(2, 3, 4).astype(np.complex64)
    volume = opened(saved(tmp_path / "scan.nii", array))
    assert volume.voxels.dtype == np.float32
    np.testing.assert_allclose(volume.voxels[0, ..., 0], np.moveaxis(np.abs(array), -1, 0))


def test_colors_are_three_channels(tmp_path: Path) -> None:
    colors = np.random.default_rng(0).integers(0, 255, (3, 4, 5, 3)).astype(np.uint8)
    rgb = colors.copy().view(np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1")]))[..., 0]
    volume = opened(saved(tmp_path / "scan.nii.gz", rgb))
    np.testing.assert_array_equal(volume.voxels[0], np.moveaxis(colors, 2, 0))


def test_vectors_are_channels(tmp_path: Path) -> None:
    field = np.random.default_rng(0).random((3, 4, 5, 1, 3)).astype(np.float32)
    volume = opened(saved(tmp_path / "warp.nii", field, intent_code=1007))
    np.testing.assert_array_equal(volume.voxels[0], np.moveaxis(field[:, :, :, 0], 2, 0))


@pytest.mark.parametrize(
    ("shape", "shown"),
    [
        ((4, 5, 6, 2, 1, 3), (2, 6, 4, 5, 3)),
        ((4, 5, 6, 1, 1, 1, 2), (1, 6, 4, 5, 2)),
        ((4, 5, 6, 3, 1, 1, 1), (3, 6, 4, 5, 1)),
    ],
)
def test_axes_of_one_entry_beyond_time_say_nothing(
    tmp_path: Path, shape: tuple[int, ...], shown: tuple[int, ...]
) -> None:
    array = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    volume = opened(saved(tmp_path / "scan.nii", array))
    plain = np.moveaxis(array.reshape(4, 5, 6, shown[0], shown[4]), (3, 2), (0, 1))
    np.testing.assert_array_equal(volume.voxels[:], plain)


def test_times_are_seconds_whatever_the_unit(tmp_path: Path) -> None:
    image = nib.Nifti1Image(np.zeros((3, 3, 3, 4), np.int16), AFFINE)
    image.header.set_zooms((1, 1, 1, 2500))
    image.header.set_xyzt_units("mm", "msec")
    nib.save(image, tmp_path / "scan.nii")
    volume = opened(tmp_path / "scan.nii")
    assert volume.times is not None
    np.testing.assert_allclose(volume.times, [0, 2.5, 5, 7.5])


def test_axes_override_the_meaning(tmp_path: Path) -> None:
    array = np.arange(60, dtype=np.int16).reshape(3, 4, 5)
    volume = opened(saved(tmp_path / "scan.nii", array), axes="HWT")
    np.testing.assert_array_equal(volume.voxels[:, 0, :, :, 0], np.moveaxis(array, -1, 0))
    assert volume.affine is None
    with pytest.raises(SourceError, match="axes"):
        opened(tmp_path / "scan.nii", axes="HW")
    with pytest.raises(SourceError, match="axes"):
        opened(tmp_path / "scan.nii", axes="TJX")


def test_no_orientation_is_a_warning(tmp_path: Path) -> None:
    path = saved(tmp_path / "scan.nii", np.zeros((3, 3, 3), np.int16))
    raw = bytearray(path.read_bytes())
    raw[252:256] = bytes(4)
    path.write_bytes(raw)
    assert any("left" in warning for warning in opened(path).facts.warnings)


def test_orientation_that_contradicts_itself_is_left_out(tmp_path: Path) -> None:
    path = saved(tmp_path / "scan.nii", np.zeros((4, 5, 6), np.int16))
    content = bytearray(path.read_bytes())
    struct.pack_into("<hh3f", content, 252, 1, 0, 5, 5, 5)  # a quaternion must have length 1
    path.write_bytes(content)
    volume = opened(path)
    assert volume.affine is None
    assert volume.facts.warnings == (
        "the orientation in the header makes no sense and is left out",
    )


@pytest.mark.parametrize("offset", [np.nan, np.inf, -500.0, 1e30])
def test_voxels_that_begin_nowhere_are_refused(tmp_path: Path, offset: float) -> None:
    path = saved(tmp_path / "scan.nii", np.zeros((4, 5, 6), np.int16))
    content = bytearray(path.read_bytes())
    struct.pack_into("<f", content, 108, offset)
    path.write_bytes(content)
    with pytest.raises(SourceError, match=r"^scan\.nii: has a header that makes no sense\."):
        opened(path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<html>404</html>", "does not begin as a NIfTI file does"),
        (b"<html>404</html>" * 99, "does not begin as a NIfTI file does"),
        (b"\x5c", "ends inside its header"),
        (b"\x5c\x01\0\0" + bytes(96), "ends inside its header"),
        (b"\0\0\x02\x1c" + bytes(96), "ends inside its header"),
        (b"\x5c\x01\0\0" + bytes(396), "does not begin as a NIfTI file does"),
        (b"\x5c\x01\0\0" + bytes(36) + b"\4\0" + bytes(358), "begins as the header of an Analyze"),
    ],
)
def test_what_is_no_nifti_is_not_called_a_short_one(
    tmp_path: Path, content: bytes, words: str
) -> None:
    (tmp_path / "scan.nii").write_bytes(content)
    with pytest.raises(SourceError, match=rf"^scan\.nii: {words}"):
        opened(tmp_path / "scan.nii")


def test_the_half_of_a_pair_that_was_named_stands_in_the_sentence(tmp_path: Path) -> None:
    (tmp_path / "a.hdr").write_bytes(b"junk" * 100)
    (tmp_path / "a.img").write_bytes(b"junk" * 100)
    with pytest.raises(SourceError, match=r"^a\.img: has a header, a\.hdr, that does not begin"):
        opened(tmp_path / "a.img")
    with pytest.raises(SourceError, match=r"^a\.hdr: does not begin"):
        opened(tmp_path / "a.hdr")


def test_claim_beyond_deflate_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    raw = bytearray(saved(tmp_path / "a.nii", np.zeros((3, 3, 3), np.int16)).read_bytes())
    raw[42:48] = np.array([20000, 20000, 20000], "<i2").tobytes()
    (tmp_path / "bomb.nii.gz").write_bytes(gzip.compress(bytes(raw)))
    with pytest.raises(SourceError, match="more than its"):
        opened(tmp_path / "bomb.nii.gz")


def test_what_does_not_fit_in_memory_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = saved(tmp_path / "scan.nii.gz", np.zeros((64, 64, 64), np.int16))
    monkeypatch.setattr("voxviewer.files.available_memory", lambda: 700_000)
    with pytest.raises(SourceError, match="memory") as caught:
        opened(path)
    assert caught.value.askable  # type: ignore[attr-defined]
    opened(path, allow_large=True)
    monkeypatch.setattr("voxviewer.files.available_memory", lambda: 1000)
    with pytest.raises(SourceError, match="memory"):
        opened(path, allow_large=True)


@pytest.mark.parametrize("dims", [(0, 3, 3), (-4, 3, 3)])
def test_impossible_dimensions_are_refused(tmp_path: Path, dims: tuple[int, ...]) -> None:
    path = saved(tmp_path / "scan.nii", np.zeros((3, 3, 3), np.int16))
    raw = bytearray(path.read_bytes())
    raw[42:48] = np.array(dims, "<i2").tobytes()
    path.write_bytes(raw)
    with pytest.raises(SourceError, match=r"scan\.nii"):
        opened(path)


def test_half_of_a_pair_is_refused(tmp_path: Path) -> None:
    nib.save(nib.Nifti1Pair(np.zeros((3, 3, 3), np.int16), AFFINE), tmp_path / "scan.img")
    assert opened(tmp_path / "scan.hdr").shape == (1, 3, 3, 3, 1)
    (tmp_path / "scan.img").unlink()
    with pytest.raises(SourceError, match=r"scan\.img"):
        opened(tmp_path / "scan.hdr")


def test_real_files_agree_with_nibabel_and_the_notes(shared_data: Path) -> None:
    truth = json.loads((shared_data / "truth.json").read_text())
    names = [path for path in sorted((shared_data / "nifti").iterdir()) if ".nii" in path.name]
    assert len(names) > 10
    for path in names:
        volume, image = opened(path), nib.load(path)
        array = np.asanyarray(image.dataobj)
        array = array.reshape(array.shape + (1,) * (4 - array.ndim))
        expected = np.moveaxis(array, (3, 2), (0, 1))
        np.testing.assert_allclose(volume.voxels[..., 0], expected, rtol=1e-5, err_msg=path.name)
        assert volume.affine is not None
        np.testing.assert_allclose(volume.affine, image.affine, atol=1e-6)
        assert orientation(volume) == "".join(nib.aff2axcodes(image.affine))
    assert truth


def test_display_range_of_the_header_is_the_files_own_window(tmp_path: Path) -> None:
    array = np.zeros((4, 5, 6), np.int16)
    assert opened(saved(tmp_path / "a.nii", array)).facts.window is None
    path = saved(tmp_path / "b.nii", array, cal_min=-100, cal_max=300)
    assert opened(path).facts.window == (100.0, 400.0)


def test_colors_vectors_and_complex_values_are_said(tmp_path: Path) -> None:
    rgba = np.zeros((3, 4, 5), np.dtype([(letter, "u1") for letter in "RGBA"]))
    field = np.zeros((3, 4, 5, 1, 3), np.float32)
    cases = {
        "RGBA colors are the channels": rgba,
        "the 3 values of a voxel are the channels": field,
        "complex values shown as their magnitude": np.zeros((3, 4, 5), np.complex64),
    }
    for words, array in cases.items():
        assert words in opened(saved(tmp_path / "a.nii", array)).facts.decisions


def test_cifti_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "a.nii"
    image = nib.Nifti2Image(np.zeros((1, 1, 1, 1, 4, 5), np.float32), None)
    image.header["intent_code"] = 3006
    nib.save(image, path)
    with pytest.raises(SourceError, match="is a CIFTI-2 matrix, which has no voxels"):
        opened(path)
