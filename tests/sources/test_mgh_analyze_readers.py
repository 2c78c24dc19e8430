"""FreeSurfer's volumes and Analyze pairs against nibabel, on written and on real files."""

from __future__ import annotations

import gzip
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


def agrees_with_nibabel(path: Path) -> Volume:
    volume, image = opened(path), nib.load(path)
    array = np.asanyarray(image.dataobj)
    array = array.reshape(array.shape + (1,) * (4 - array.ndim))
    np.testing.assert_array_equal(volume.voxels[..., 0], np.moveaxis(array, (3, 2), (0, 1)))
    assert volume.affine is not None
    np.testing.assert_allclose(volume.affine, image.affine, atol=1e-5)
    return volume


@pytest.mark.parametrize("ending", [".mgh", ".mgz", ".mgh.gz"])
@pytest.mark.parametrize("dtype", ["uint8", "int16", "int32", "float32"])
@pytest.mark.parametrize("frames", [1, 3])
def test_mgh_agrees_with_nibabel(tmp_path: Path, ending: str, dtype: str, frames: int) -> None:
    shape = (4, 5, 6) if frames == 1 else (4, 5, 6, frames)
    array = np.random.default_rng(0).integers(0, 200, shape).astype(dtype)
    path = tmp_path / "brain.mgh"
    nib.save(nib.MGHImage(array, AFFINE), path)
    if ending != ".mgh":
        path = tmp_path / f"brain{ending}"
        path.write_bytes(gzip.compress((tmp_path / "brain.mgh").read_bytes()))
    volume = opened(path)
    full = array.reshape((*array.shape[:3], frames))
    np.testing.assert_array_equal(volume.voxels[..., 0], np.moveaxis(full, (3, 2), (0, 1)))
    assert volume.voxels.dtype == dtype
    np.testing.assert_allclose(volume.affine, AFFINE, atol=1e-5)
    assert volume.spacing == pytest.approx((3.0, 2.0, 1.5))
    assert volume.facts.lazy == (ending == ".mgh")


@pytest.mark.parametrize("ending", [".mgh", ".mgz"])
def test_times_of_mgh_are_in_the_footer_in_milliseconds(tmp_path: Path, ending: str) -> None:
    image = nib.MGHImage(np.zeros((3, 3, 3, 4), np.float32), AFFINE)
    image.header.set_zooms((1, 1, 1, 2500))
    nib.save(image, tmp_path / f"epi{ending}")
    np.testing.assert_allclose(opened(tmp_path / f"epi{ending}").times, [0, 2.5, 5, 7.5])


def test_mgh_without_directions_is_coronal_and_said(tmp_path: Path) -> None:
    path = tmp_path / "brain.mgh"
    nib.save(nib.MGHImage(np.zeros((4, 5, 6), np.uint8), AFFINE), path)
    content = bytearray(path.read_bytes())
    content[28:30] = b"\0\0"
    path.write_bytes(content)
    volume = opened(path)
    # FreeSurfer's own default (mri.c); nibabel turns j and k the other way.
    assert orientation(volume) == "LIA"
    np.testing.assert_allclose(volume.affine @ [2, 2.5, 3, 1], [0, 0, 0, 1])  # type: ignore[operator]
    assert any("guess" in warning for warning in volume.facts.warnings)


def test_mgh_of_no_size_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "brain.mgh"
    nib.save(nib.MGHImage(np.zeros((4, 5, 6), np.uint8), AFFINE), path)
    content = bytearray(path.read_bytes())
    content[4:8] = (-4).to_bytes(4, "big", signed=True)
    path.write_bytes(content)
    with pytest.raises(SourceError, match="does not begin as an MGH file"):
        opened(path)


@pytest.mark.parametrize("kind", [nib.AnalyzeImage, nib.Spm99AnalyzeImage, nib.Spm2AnalyzeImage])
@pytest.mark.parametrize("named", ["scan.hdr", "scan.img"])
def test_analyze_agrees_with_nibabel_and_says_that_left_is_a_guess(
    tmp_path: Path, kind: type, named: str
) -> None:
    array = np.random.default_rng(0).integers(0, 900, (4, 5, 6, 2)).astype(np.int16)
    image = kind(array, None)
    image.header.set_zooms((2, 3, 4, 1))
    nib.save(image, tmp_path / "scan.img")
    (tmp_path / "scan.mat").unlink(missing_ok=True)
    volume = opened(tmp_path / named)
    truth = nib.load(tmp_path / "scan.img")
    expected = np.moveaxis(np.asanyarray(truth.dataobj), (3, 2), (0, 1))
    np.testing.assert_allclose(volume.voxels[..., 0], expected)
    np.testing.assert_allclose(volume.affine, truth.affine)
    assert volume.spacing == (4.0, 2.0, 3.0)
    assert volume.facts.format == "Analyze 7.5"
    assert any("left is a guess" in warning for warning in volume.facts.warnings)


def test_orientation_in_a_matlab_file_is_not_read_and_that_is_said(tmp_path: Path) -> None:
    nib.save(nib.AnalyzeImage(np.zeros((4, 5, 6), np.int16), None), tmp_path / "scan.img")
    (tmp_path / "scan.mat").write_bytes(b"MATLAB 5.0 MAT-file")
    assert any(
        "scan.mat is not read" in said for said in opened(tmp_path / "scan.img").facts.warnings
    )


def test_analyze_header_under_another_name_is_refused(tmp_path: Path) -> None:
    nib.save(nib.AnalyzeImage(np.zeros((4, 5, 6), np.int16), None), tmp_path / "scan.img")
    (tmp_path / "scan.hdr").rename(tmp_path / "scan")
    with pytest.raises(SourceError, match=r"^scan: begins as the header of an Analyze pair"):
        opened(tmp_path / "scan")


def test_voxels_behind_a_link_out_of_the_folder_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "dropped"
    folder.mkdir()
    nib.save(nib.AnalyzeImage(np.zeros((4, 5, 6), np.int16), None), folder / "scan.img")
    (folder / "scan.img").rename(tmp_path / "elsewhere.img")
    (folder / "scan.img").symlink_to(tmp_path / "elsewhere.img")
    with pytest.raises(SourceError, match="outside its folder"):
        opened(folder / "scan.hdr")


@pytest.mark.parametrize("name", ["test.mgz", "wm.mgz", "ras.img", "ras.hdr"])
def test_real_files_agree_with_nibabel(shared_data: Path, name: str) -> None:
    agrees_with_nibabel(shared_data / "nifti" / name)
