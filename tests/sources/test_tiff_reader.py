"""TIFF: axes, spacing and times of ImageJ and OME, number formats, packings, several series."""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile
from PIL import Image

import voxviewer as vv
from voxviewer.data import Volume
from voxviewer.files import SourceError
from voxviewer.sources.describe import describe
from voxviewer.sources.tiff import meaning

if TYPE_CHECKING:
    from pathlib import Path

RANDOM = np.random.default_rng(4)
STACK = RANDOM.integers(0, 60_000, (3, 4, 9, 8)).astype(np.uint16)


def opened(path: Path, **how: Any) -> Volume:
    source = vv.open(path, **how)
    assert isinstance(source, Volume)
    return source


def test_imagej_axes_spacing_and_times(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    words = {"axes": "TZYX", "spacing": 2.5, "unit": "um", "finterval": 0.25}
    tifffile.imwrite(path, STACK, imagej=True, resolution=(1 / 0.5, 1 / 0.4), metadata=words)
    volume = opened(path)
    assert volume.facts.lazy
    assert volume.shape == (3, 4, 9, 8, 1)
    np.testing.assert_array_equal(volume.voxels[..., 0], STACK)
    assert volume.spacing == pytest.approx((2.5e-3, 0.4e-3, 0.5e-3))
    np.testing.assert_allclose(volume.times, [0, 0.25, 0.5])
    assert describe(volume, "a")["rate"] == pytest.approx(4)


def test_imagej_hyperstack_with_channels(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    data = RANDOM.integers(0, 255, (2, 3, 2, 7, 6)).astype(np.uint8)
    tifffile.imwrite(path, data, imagej=True, metadata={"axes": "TZCYX"})
    volume = opened(path)
    np.testing.assert_array_equal(volume.voxels[...], np.moveaxis(data, 2, -1))
    assert volume.spacing is None


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("big", [False, True])
def test_ome_axes_and_spacing(tmp_path: Path, order: Any, big: bool) -> None:
    path = tmp_path / "a.ome.tif"
    words = {
        "axes": "CZYX", "PhysicalSizeX": 0.1, "PhysicalSizeY": 200, "PhysicalSizeYUnit": "nm",
        "PhysicalSizeZ": 0.3,
    }  # fmt: skip
    tifffile.imwrite(path, STACK, byteorder=order, bigtiff=big, ome=True, metadata=words)
    volume = opened(path)
    np.testing.assert_array_equal(volume.voxels[0], np.moveaxis(STACK, 0, -1))
    assert volume.spacing == pytest.approx((0.3e-3, 0.2e-3, 0.1e-3))
    assert volume.facts.format == f"OME {'BigTIFF' if big else 'TIFF'}, 12 pages"


@pytest.mark.parametrize(
    "dtype",
    ["uint8", "int8", "uint16", "int16", "uint32", "int32", "float16", "float32", "float64"],
)
@pytest.mark.parametrize("packing", [None, "zlib"])
def test_number_formats_come_out_as_they_went_in(
    tmp_path: Path, dtype: str, packing: str | None
) -> None:
    path = tmp_path / "a.tif"
    data = (RANDOM.random((5, 9, 8)) * 100).astype(dtype)
    tifffile.imwrite(path, data, compression=packing, photometric="minisblack")
    volume = opened(path)
    assert volume.voxels.dtype == dtype
    np.testing.assert_array_equal(volume.voxels[0, ..., 0], data)
    assert volume.facts.lazy is (packing is None)


@pytest.mark.parametrize(
    "packing", ["tiff_lzw", "jpeg", "group4", "raw", "packbits", "tiff_adobe_deflate"]
)
def test_pages_that_pillow_packed(tmp_path: Path, packing: str) -> None:
    path = tmp_path / "a.tif"
    frames = RANDOM.integers(0, 2, (4, 16, 24)).astype(np.uint8) * 255
    mode = "1" if packing == "group4" else "L"
    first, *rest = [Image.fromarray(frame).convert(mode) for frame in frames]
    first.save(path, save_all=True, append_images=rest, compression=packing)
    volume = opened(path)
    assert volume.shape == (1, 4, 16, 24, 1)
    most = 60 if packing == "jpeg" else 0
    assert np.abs(volume.voxels[0, ..., 0].astype(int) - frames).max() <= most


def test_color_pages_are_frames_and_gray_ones_slices(tmp_path: Path) -> None:
    colors = RANDOM.integers(0, 255, (4, 9, 8, 3)).astype(np.uint8)
    tifffile.imwrite(tmp_path / "c.tif", colors, photometric="rgb", metadata=None)
    gray = colors[:, :, :8, 0]
    tifffile.imwrite(tmp_path / "g.tif", gray, photometric="minisblack", metadata=None)
    tifffile.imwrite(tmp_path / "j.tif", gray[..., :3], photometric="minisblack", metadata=None)
    np.testing.assert_array_equal(opened(tmp_path / "c.tif").voxels[:, 0], colors)
    assert opened(tmp_path / "g.tif").shape == (1, 4, 9, 8, 1)
    assert opened(tmp_path / "g.tif", axes="THW").shape == (4, 1, 9, 8, 1)
    with pytest.raises(SourceError, match="name 2 axes"):
        opened(tmp_path / "g.tif", axes="HW")
    with pytest.raises(SourceError, match="not joints"):
        opened(tmp_path / "j.tif", axes="TJX")


def test_palette_pages_become_their_colors(tmp_path: Path) -> None:
    frames = [Image.fromarray(RANDOM.integers(0, 255, (9, 8, 3)).astype(np.uint8)) for _ in "abc"]
    first, *rest = [frame.quantize(16) for frame in frames]
    first.save(tmp_path / "a.tif", save_all=True, append_images=rest)
    volume = opened(tmp_path / "a.tif")
    wanted = [np.asarray(frame.convert("RGB")) for frame in (first, *rest)]
    np.testing.assert_array_equal(volume.voxels[0], wanted)


def test_planes_of_colors_and_sixteen_bits(tmp_path: Path) -> None:
    data = RANDOM.integers(0, 60_000, (3, 9, 8)).astype(np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", data, photometric="rgb", planarconfig="separate")
    np.testing.assert_array_equal(opened(tmp_path / "a.tif").voxels[0, 0], np.moveaxis(data, 0, -1))


def test_white_is_zero_is_turned_round_and_said(tmp_path: Path) -> None:
    data = RANDOM.integers(0, 255, (3, 9, 8)).astype(np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", data, photometric="miniswhite")
    volume = opened(tmp_path / "a.tif")
    np.testing.assert_array_equal(volume.voxels[0, ..., 0], 255 - data)
    assert "stored with white as 0: inverted" in volume.facts.decisions


def test_largest_series_is_shown_and_the_others_are_offered(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    small, large = STACK[0, :2, :5], STACK[1]
    with tifffile.TiffWriter(path) as file:
        file.write(small, photometric="minisblack", metadata={"axes": "ZYX"})
        file.write(large, photometric="minisblack", metadata={"axes": "ZYX"})
    volume = opened(path)
    np.testing.assert_array_equal(volume.voxels[0, ..., 0], large)
    assert volume.facts.warnings == (
        "the largest series is shown; also in the file: series 1 (2, 5, 8)",
    )
    shown, other = volume.facts.alternatives
    assert (shown.shown, other.shown, other.shape) == (True, False, (2, 5, 8))
    np.testing.assert_array_equal(opened(path, series=1).voxels[0, ..., 0], small)
    with pytest.raises(SourceError, match="has no series 2"):
        opened(path, series=2)


@pytest.mark.parametrize(
    ("letters", "ours"),
    [
        ("YX", "HW"), ("ZYX", "DHW"), ("TZCYX", "TDCHW"), ("IYX", "DHW"), ("IYXS", "THWC"),
        ("QQYX", "DTHW"), ("TIYX", "TDHW"), ("RTZCYXS", "TTDCHWC"),
    ],
)  # fmt: skip
def test_axes_that_are_not_ours_find_a_place(letters: str, ours: str) -> None:
    assert meaning(letters, ()) == ours


def test_axes_of_one_letter_run_together(tmp_path: Path) -> None:
    data = RANDOM.integers(0, 255, (2, 3, 9, 8, 3)).astype(np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", data, photometric="rgb", metadata={"axes": "TCYXS"})
    volume = opened(tmp_path / "a.tif")
    assert volume.shape == (2, 1, 9, 8, 9)
    np.testing.assert_array_equal(volume.voxels[1, 0, ..., 3:6], data[1, 1])
    assert "run together" in volume.facts.decisions[0]


def chain(*places: int) -> bytes:
    """A TIFF whose pages have one tag each and name the next at `places`."""
    head = struct.pack("<2sHI", b"II", 42, 8)
    pages = [struct.pack("<HHHII I", 1, 256, 4, 1, 5, place) for place in places]
    return head + b"".join(pages)


def test_pages_that_run_in_a_circle_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_bytes(chain(26, 8) + bytes(50))
    with pytest.raises(SourceError, match="runs in a circle"):
        opened(tmp_path / "a.tif")


def test_claim_that_no_packing_can_meet_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.zeros((64, 64), np.float64), compression="zlib", rowsperstrip=64)
    data = bytearray(path.read_bytes())
    with tifffile.TiffFile(path) as file:
        place = file.pages[0].tags["ImageLength"].valueoffset
    struct.pack_into("<H", data, place, 60_000)
    path.write_bytes(data)
    with pytest.raises(SourceError, match="more than its"):
        opened(path)


def test_strip_that_unpacks_without_end_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import zlib

    monkeypatch.setattr("voxviewer.sources.tiff_pages.HARMLESS", 1 << 16)
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.ones((2, 40, 40), np.float64), compression="zlib", metadata=None)
    with tifffile.TiffFile(path) as file:
        tags = file.pages[0].tags
        places = tags["StripOffsets"].valueoffset, tags["StripByteCounts"].valueoffset
    bomb = zlib.compress(bytes(20_000_000))
    data = bytearray(path.read_bytes())
    struct.pack_into("<I", data, places[0], len(data))
    struct.pack_into("<H" if len(bomb) < 65_536 else "<I", data, places[1], len(bomb))
    path.write_bytes(bytes(data) + bomb)
    with pytest.raises(SourceError, match="far more than it claims"):
        opened(path)


def test_names_of_other_files_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    tifffile.imwrite(tmp_path / "b.ome.tif", STACK[0], ome=True, metadata={"axes": "ZYX"})
    tifffile.imwrite(tmp_path / "in/a.ome.tif", STACK[0], ome=True, metadata={"axes": "ZYX"})
    with tifffile.TiffFile(tmp_path / "in/a.ome.tif") as file:
        words = file.ome_metadata
    assert words is not None
    lead = words.replace(
        "<TiffData ",
        '<TiffData FirstZ="3" FirstC="0" FirstT="0" IFD="3">'
        '<UUID FileName="../b.ome.tif">urn:uuid:1</UUID></TiffData><TiffData ',
    )
    tifffile.tiffcomment(tmp_path / "in/a.ome.tif", lead.encode())
    (tmp_path / "b.ome.tif").unlink()  # were it followed, this would be an error
    assert opened(tmp_path / "in/a.ome.tif").shape[2:] == (9, 8, 1)


@pytest.mark.parametrize(
    "name",
    ["_blobs_3d_fiji_skeleton.tif", "flair_stack.tif", "multipage.tif", "multipage_rgb.tif"],
)
def test_real_stacks_agree_with_their_truth(shared_data: Path, name: str) -> None:
    truth = json.loads((shared_data / "truth.json").read_text())[f"tiff/{name}"]
    volume = opened(shared_data / "tiff" / name)
    (shape, dtype, _axes), *_ = truth["series"]
    values = np.asarray(volume.voxels)
    assert list(volume.facts.stored_shape) == shape
    assert str(values.dtype) == dtype
    found = [values.min(), values.max(), values.mean()]
    np.testing.assert_allclose(found, [truth["min"], truth["max"], truth["mean"]], rtol=1e-5)
    with tifffile.TiffFile(shared_data / "tiff" / name) as file:
        plain = file.series[0].asarray()
    if name == "multipage_rgb.tif":
        np.testing.assert_array_equal(values[:, 0], np.moveaxis(plain, 1, -1))
    else:
        np.testing.assert_array_equal(values[0, ..., 0], plain)


def test_real_file_of_two_series_offers_both(shared_data: Path) -> None:
    volume = opened(shared_data / "tiff" / "pillow_multipage.tiff")
    assert [item.shape for item in volume.facts.alternatives] == [(20, 20), (2, 10, 10)]
