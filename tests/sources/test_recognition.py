"""Which reader a path gets: by content, held against the name; and paths that are no files."""

from __future__ import annotations

import gzip
import os
import shutil
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from PIL import Image

import voxviewer as vv


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One small file of each family, in the current folder."""
    monkeypatch.chdir(tmp_path)
    np.save("a.npy", np.zeros((4, 5, 6), np.float32))
    np.savez("a.npz", a=np.zeros((4, 5, 6), np.float32))
    nib.save(nib.Nifti1Image(np.zeros((4, 5, 6), np.float32), np.eye(4)), "a.nii.gz")
    for ending in ("png", "jpg", "gif"):
        Image.new("L", (6, 5), 9).save(f"a.{ending}")
    return tmp_path


@pytest.mark.parametrize(
    ("kept", "named"),
    [
        ("a.png", "b.nii.gz"), ("a.png", "b.npy"), ("a.npy", "b.nii"), ("a.npy", "b.jpg"),
        ("a.nii.gz", "b.npz"), ("a.nii.gz", "b.png"), ("a.jpg", "b.bvh"), ("a.npz", "b.csv"),
    ],
)  # fmt: skip
def test_a_name_of_another_family_is_a_mistake(files: Path, kept: str, named: str) -> None:
    shutil.copy(kept, named)
    with pytest.raises(vv.SourceError, match=rf"^{named}: has the name of a .* but holds .* data"):
        vv.open(named)


@pytest.mark.parametrize(
    ("kept", "named"),
    [
        ("a.png", "b.jpg"), ("a.png", "b.gif"), ("a.gif", "b.png"), ("a.npz", "b.npy"),
        ("a.npy", "noending"), ("a.nii.gz", "b.dat"), ("a.nii.gz", "b.nii"), ("a.jpg", "B.JPEG"),
    ],
)  # fmt: skip
def test_content_decides_within_a_family_and_without_a_known_ending(
    files: Path, kept: str, named: str
) -> None:
    shutil.copy(kept, named)
    assert vv.open(named).shape == vv.open(kept).shape


def test_a_scan_that_begins_like_a_picture_is_none(files: Path) -> None:
    """DICOM files may carry a TIFF's beginning in the 128 bytes that their standard leaves free."""
    Path("b.dcm").write_bytes(b"II*\0".ljust(128, b"\0") + b"DICM" + bytes(999))
    with pytest.raises(vv.SourceError, match=r"^b\.dcm: (?!is not a picture)"):
        vv.open("b.dcm")


def test_text_that_was_packed_is_no_scan(files: Path) -> None:
    Path("b.nii.gz").write_bytes(gzip.compress(b"hello " * 400))
    with pytest.raises(vv.SourceError, match=r"^b\.nii\.gz: does not begin as a NIfTI file"):
        vv.open("b.nii.gz")


def test_every_kind_of_path_is_taken(files: Path) -> None:
    shape = vv.open("a.npy").shape
    for path in (Path("a.npy"), "./a.npy", str(files / "a.npy"), os.fsencode("a.npy")):
        source = vv.open(path)  # type: ignore[arg-type]
        assert source.shape == shape
        assert source.path == os.fsdecode(path)
    for name in ("na me.npy", "手 ünï.npy", "new\nline.npy", "-dash.npy", "%s{x};.npy"):
        shutil.copy("a.npy", name)
        assert vv.open(name).shape == shape


@pytest.mark.parametrize("path", ["", "gone.npy", "a.npy/", "a\0b.npy", "x" * 5000])
def test_paths_that_lead_nowhere_are_one_sentence(files: Path, path: str) -> None:
    with pytest.raises(vv.SourceError, match=r"^[^\n]+$") as caught:
        vv.open(path)
    assert not str(caught.value).startswith(":")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes with names are Unix's")
def test_pipes_and_devices_are_not_read(files: Path) -> None:
    os.mkfifo("pipe.npy")
    for path in ("pipe.npy", os.devnull):
        with pytest.raises(vv.SourceError, match="is not a file"):
            vv.open(path)


def test_axes_that_are_no_text_are_a_value_error(files: Path) -> None:
    with pytest.raises(ValueError, match="axes must be a text"):
        vv.open("a.npy", axes=("H", "W", "D"))  # type: ignore[arg-type]
