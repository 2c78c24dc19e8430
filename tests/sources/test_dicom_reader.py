"""DICOM against pydicom, SimpleITK and other converters, on written and on real files."""

from __future__ import annotations

import io
import json
import zlib
from typing import TYPE_CHECKING, Any

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk
from dicom_writers import AXIAL, saved, slice_of, stack, write_series
from PIL import Image
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence
from pydicom.uid import UID, DeflatedExplicitVRLittleEndian, RLELossless, generate_uid

import voxviewer.sources as sources
from voxviewer.data import Volume
from voxviewer.files import SourceError
from voxviewer.sources.layout import orientation

if TYPE_CHECKING:
    from pathlib import Path

PIXELS = stack()


def opened(path: Path, **how: object) -> Volume:
    source = sources.open(path, **how)  # type: ignore[arg-type]
    assert isinstance(source, Volume)
    return source


def warned(volume: Volume, *words: str) -> bool:
    return any(all(word in warning for word in words) for warning in volume.facts.warnings)


def said(volume: Volume, *words: str) -> bool:
    return any(all(word in text for word in words) for text in volume.facts.decisions)


# A series


def test_slices_are_sorted_by_position_whatever_names_and_numbers_say(tmp_path: Path) -> None:
    volume = opened(write_series(tmp_path / "ct", PIXELS, [5, 7.5, 10, 12.5]))
    np.testing.assert_array_equal(volume.voxels[0, ..., 0], PIXELS)
    assert volume.voxels.dtype == np.int16
    assert volume.spacing == (2.5, 0.5, 0.75)  # not the 9 mm of SliceThickness
    assert volume.facts.warnings == ()
    assert said(volume, "sorted by position")


@pytest.mark.parametrize("angle", [0.0, 0.4])
def test_place_in_the_world_is_that_of_itk(tmp_path: Path, angle: float) -> None:
    turned = [np.cos(angle), np.sin(angle), 0, 0, 0, -1.0]
    normal = np.cross(turned[:3], turned[3:])
    names = []
    for index, plane in enumerate(PIXELS):
        place = np.array([3.0, 4, 5]) + 2.5 * index * normal
        ds = slice_of(plane, ImageOrientationPatient=turned, ImagePositionPatient=list(place))
        names.append(str(saved(tmp_path / "mr" / f"{index}.dcm", ds)))
    volume = opened(tmp_path / "mr")
    image = sitk.ReadImage(names)
    np.testing.assert_array_equal(volume.voxels[0, ..., 0], sitk.GetArrayFromImage(image))
    assert volume.affine is not None
    for i, j, k in ((0, 0, 0), (1, 2, 3), (4, 3, 1)):
        world = np.array(image.TransformIndexToPhysicalPoint((i, j, k))) * [-1, -1, 1]
        np.testing.assert_allclose((volume.affine @ [j, i, k, 1])[:3], world, atol=1e-4)
    assert orientation(volume) == "".join(nib.aff2axcodes(volume.affine))


def test_slope_and_intercept_are_each_slices_own(tmp_path: Path) -> None:
    for index, plane in enumerate(PIXELS):
        ds = slice_of(plane, ImagePositionPatient=[0, 0, index], RescaleSlope=1 + index / 8,
                      RescaleIntercept=-index)  # fmt: skip
        saved(tmp_path / "pet" / f"{index}", ds)
    volume = opened(tmp_path / "pet")
    slopes, lows = 1 + np.arange(4) / 8, -np.arange(4)
    expected = PIXELS * slopes[:, None, None] + lows[:, None, None]
    np.testing.assert_allclose(volume.voxels[0, ..., 0], expected, rtol=1e-6)
    assert volume.voxels.dtype == np.float32
    assert said(volume, "slice by slice")


def test_missing_slices_are_counted_and_placed(tmp_path: Path) -> None:
    volume = opened(write_series(tmp_path / "ct", PIXELS, [20, 22, 28, 30]))
    assert warned(volume, "2 slices missing near z = 25 mm", "spacing is taken as 2 mm")
    assert volume.spacing == (2.0, 0.5, 0.75)


def test_uneven_gaps_are_told(tmp_path: Path) -> None:
    volume = opened(write_series(tmp_path / "ct", PIXELS, [20, 22, 24, 25.3]))
    assert warned(volume, "gaps between slices are uneven, 1.3 to 2 mm")


def test_gantry_tilt_is_told_and_stands_in_the_affine(tmp_path: Path) -> None:
    for index, plane in enumerate(PIXELS):
        ds = slice_of(plane, ImagePositionPatient=[0, index, 4 * index])
        saved(tmp_path / "ct" / f"{index}", ds)
    volume = opened(tmp_path / "ct")
    assert warned(volume, "tilted", f"{np.degrees(np.arctan(1 / 4)):.1f} degrees")
    assert volume.affine is not None
    np.testing.assert_allclose(volume.affine[:3, 2], [0, -1, 4])
    assert volume.spacing == (4.0, 0.5, 0.75)


def test_several_series_are_told_and_chosen_from(tmp_path: Path) -> None:
    small, large = stack(1, 3), stack(2, 5)
    write_series(tmp_path / "study", small, range(3), "a", SeriesInstanceUID=generate_uid(),
                 SeriesNumber=2, SeriesDescription="T1 axial")  # fmt: skip
    write_series(tmp_path / "study", large, range(5), "b", SeriesNumber=7)
    volume = opened(tmp_path / "study")
    np.testing.assert_array_equal(volume.voxels[0, ..., 0], large)
    assert warned(volume, "1: series 2, T1 axial (CT, 3 slices)")
    assert [(a.label, a.shape, a.shown) for a in volume.facts.alternatives] == [
        ("series 7", (5, 6, 5), True),
        ("series 2, T1 axial", (3, 6, 5), False),
    ]
    other = sources.same_opening(volume.facts.alternatives[1].opening)
    assert isinstance(other, Volume)
    np.testing.assert_array_equal(other.voxels[0, ..., 0], small)
    with pytest.raises(SourceError, match="has no series 2, only 2 series"):
        opened(tmp_path / "study", series=2)


def test_series_in_folders_of_a_folder_are_found(tmp_path: Path) -> None:
    write_series(tmp_path / "study" / "one" / "two", PIXELS, range(4))
    assert opened(tmp_path / "study").shape == (1, 4, 6, 5, 1)


def test_localizer_is_told(tmp_path: Path) -> None:
    write_series(tmp_path / "scout", PIXELS, range(4))
    sagittal = slice_of(PIXELS[0], ImageOrientationPatient=[0, 1, 0, 0, 0, -1.0])
    saved(tmp_path / "scout" / "sagittal", sagittal)
    volume = opened(tmp_path / "scout")
    assert volume.shape == (1, 4, 6, 5, 1)
    assert warned(volume, "2 directions", "localizer")


@pytest.mark.parametrize(
    ("element", "values", "name"),
    [
        ("TemporalPositionIdentifier", [1, 2, 3], "temporal position"),
        ("AcquisitionTime", ["120000.0", "120002.5", "120005.0"], "time of acquisition"),
        ("EchoTime", [10, 20, 30], "echo time"),
        ("InstanceNumber", [1, 20, 300], "instance number"),
    ],
)
def test_planes_at_one_place_are_times(
    tmp_path: Path, element: str, values: list[Any], name: str
) -> None:
    pixels = stack(3, 12).reshape(3, 4, 6, 5)
    for time in (2, 0, 1):
        for place in (3, 1, 0, 2):
            ds = slice_of(pixels[time, place], ImagePositionPatient=[0, 0, 2.0 * place])
            setattr(ds, element, values[time])
            saved(tmp_path / "epi" / f"{place}-{2 - time}", ds)
    volume = opened(tmp_path / "epi")
    np.testing.assert_array_equal(volume.voxels[..., 0], pixels)
    assert said(volume, "3 planes at each place", name)
    assert volume.facts.description == "4D series"
    if name == "time of acquisition":
        np.testing.assert_allclose(volume.times, [0, 2.5, 5])


def test_copies_of_a_slice_are_taken_once(tmp_path: Path) -> None:
    folder = write_series(tmp_path / "ct", PIXELS, range(4))
    (folder / "copy").write_bytes((folder / "im1").read_bytes())
    volume = opened(folder)
    np.testing.assert_array_equal(volume.voxels[0, ..., 0], PIXELS)
    assert warned(volume, "there twice")


def test_one_slice_too_many_at_a_place_is_left_out(tmp_path: Path) -> None:
    folder = write_series(tmp_path / "ct", PIXELS, range(4))
    saved(folder / "again", slice_of(PIXELS[0], ImagePositionPatient=[-10, -20, 0],
                                     InstanceNumber=99))  # fmt: skip
    volume = opened(folder)
    np.testing.assert_array_equal(volume.voxels[0, ..., 0], PIXELS)
    assert warned(volume, "left out")


def test_other_files_and_damaged_ones_are_left_out_and_told(tmp_path: Path) -> None:
    folder = write_series(tmp_path / "ct", PIXELS, range(4))
    (folder / "notes.txt").write_text("nothing")
    (folder / "DICOMDIR").write_bytes((folder / "im1").read_bytes())
    (folder / "broken").write_bytes((folder / "im1").read_bytes()[:300])
    structure = slice_of(PIXELS[0], Modality="RTSTRUCT", Rows=None, Columns=None, PixelData=None)
    saved(folder / "plan", structure)
    volume = opened(folder)
    assert volume.shape == (1, 4, 6, 5, 1)
    assert warned(volume, "without an image", "RTSTRUCT")


def test_short_slice_is_named_with_its_folder(tmp_path: Path) -> None:
    folder = write_series(tmp_path / "ct", PIXELS, range(4))
    (folder / "im2").write_bytes((folder / "im2").read_bytes()[:-20])
    with pytest.raises(SourceError, match=r"^ct: im2 .*"):
        opened(folder)


def test_links_out_of_the_folder_are_not_followed(tmp_path: Path) -> None:
    write_series(tmp_path / "elsewhere", stack(1, 9), range(9))
    folder = write_series(tmp_path / "ct", PIXELS, range(4))
    (folder / "more").symlink_to(tmp_path / "elsewhere" / "im9")
    (folder / "all").symlink_to(tmp_path / "elsewhere")
    (folder / "round").symlink_to(folder)
    assert opened(folder).shape == (1, 4, 6, 5, 1)


def test_folder_of_images_with_one_dicom_file_stays_one_of_images(
    files: dict[str, Path], tmp_path: Path
) -> None:
    saved(files["folder of images"] / "odd", slice_of(PIXELS[0]))
    assert sources.recognized(str(files["folder of images"])).name == "folder of images"


# Values


def one(tmp_path: Path, pixels: np.ndarray, **elements: Any) -> Volume:
    return opened(saved(tmp_path / "one.dcm", slice_of(pixels, **elements)))


def test_low_values_that_are_meant_to_be_bright_are_kept_and_told(tmp_path: Path) -> None:
    volume = one(tmp_path, PIXELS[0], PhotometricInterpretation="MONOCHROME1")
    np.testing.assert_array_equal(volume.voxels[0, 0, ..., 0], PIXELS[0])
    assert said(volume, "MONOCHROME1")


def test_palette_becomes_rgb(tmp_path: Path) -> None:
    indices = np.arange(30, dtype=np.uint8).reshape(6, 5)
    colors = np.random.default_rng(0).integers(0, 256, (3, 256)).astype(np.uint8)
    tables = {}
    for name, table in zip(("Red", "Green", "Blue"), colors, strict=True):
        tables[f"{name}PaletteColorLookupTableDescriptor"] = [256, 0, 8]
        tables[f"{name}PaletteColorLookupTableData"] = table.tobytes()
    volume = one(tmp_path, indices, PhotometricInterpretation="PALETTE COLOR", **tables)
    np.testing.assert_array_equal(volume.voxels[0, 0], colors.T[indices])
    assert said(volume, "palette")


@pytest.mark.parametrize("planar", [0, 1])
def test_colors_are_channels(tmp_path: Path, planar: int) -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (6, 5, 3)).astype(np.uint8)
    stored = np.moveaxis(rgb, -1, 0) if planar else rgb
    volume = one(tmp_path, rgb, SamplesPerPixel=3, PhotometricInterpretation="RGB",
                 PlanarConfiguration=planar, PixelData=stored.tobytes())  # fmt: skip
    np.testing.assert_array_equal(volume.voxels[0, 0], rgb)


def test_modality_table_gives_the_values(tmp_path: Path) -> None:
    table = Dataset()
    table.LUTDescriptor, table.LUTData = [16, 0, 16], [100 * n * n for n in range(16)]
    table.ModalityLUTType = "US"
    table["LUTDescriptor"].VR = table["LUTData"].VR = "US"
    indices = (np.arange(30, dtype=np.uint8) % 16).reshape(6, 5)
    volume = one(tmp_path, indices, ModalityLUTSequence=Sequence([table]))
    np.testing.assert_allclose(volume.voxels[0, 0, ..., 0], 100.0 * indices.astype(float) ** 2)
    assert said(volume, "modality table")


@pytest.mark.parametrize(
    ("name", "kind"), [("FloatPixelData", "f4"), ("DoubleFloatPixelData", "f8")]
)
def test_float_pixels_are_read(tmp_path: Path, name: str, kind: str) -> None:
    values = np.random.default_rng(0).normal(size=(6, 5)).astype(kind)
    elements = {name: values.tobytes(), "PixelData": None, "PixelRepresentation": None}
    volume = one(tmp_path, values, **elements)
    np.testing.assert_array_equal(volume.voxels[0, 0, ..., 0], values)


def test_bits_above_the_stored_ones_are_no_values(tmp_path: Path) -> None:
    values = np.arange(30, dtype=np.uint16).reshape(6, 5)
    volume = one(tmp_path, values | 0xF000, BitsStored=12, HighBit=11)
    np.testing.assert_array_equal(volume.voxels[0, 0, ..., 0], values)


def test_window_of_the_file_is_kept(tmp_path: Path) -> None:
    volume = one(tmp_path, PIXELS[0], WindowCenter=[40, 500], WindowWidth=[80, 2000])
    assert volume.facts.window == (40.0, 80.0)


def test_run_lengths_are_decoded_and_named(tmp_path: Path) -> None:
    ds = slice_of(PIXELS[0])
    ds.compress(RLELossless)
    volume = opened(saved(tmp_path / "one.dcm", ds))
    np.testing.assert_array_equal(volume.voxels[0, 0, ..., 0], PIXELS[0])
    assert "RLE Lossless" in volume.facts.format


def packed(tmp_path: Path, uid: str, frames: list[bytes], **elements: Any) -> Path:
    """A file with these compressed frames of (24, 20) uint8."""
    ds = slice_of(np.zeros((24, 20), np.uint8), NumberOfFrames=len(frames), **elements)
    ds.file_meta.TransferSyntaxUID = UID(uid)
    ds.PixelData = encapsulate(frames)
    ds["PixelData"].is_undefined_length = True
    return saved(tmp_path / "one.dcm", ds)


@pytest.mark.parametrize(
    ("uid", "how", "tolerance"),
    [
        ("1.2.840.10008.1.2.4.90", {"format": "JPEG2000", "no_jp2": True}, 0),
        ("1.2.840.10008.1.2.4.50", {"format": "JPEG", "quality": 98}, 4),
    ],
)  # fmt: skip
def test_compressed_frames_are_decoded(
    tmp_path: Path, uid: str, how: dict[str, Any], tolerance: int
) -> None:
    y, x = np.mgrid[:24, :20]
    pictures = [(5 * y + 3 * x + 9 * index).astype(np.uint8) for index in range(3)]
    frames = []
    for picture in pictures:
        buffer = io.BytesIO()
        Image.fromarray(picture).save(buffer, **how)
        frames.append(buffer.getvalue())
    path = packed(tmp_path, uid, frames, Modality="US", ImagePositionPatient=None)
    volume = opened(path)
    got = volume.voxels[:, 0, ..., 0].astype(int)
    np.testing.assert_allclose(got, np.stack(pictures), atol=tolerance)


def test_decoder_that_gives_up_is_told_with_the_syntax(tmp_path: Path) -> None:
    path = packed(tmp_path, "1.2.840.10008.1.2.4.51", [b"\xff\xd8 no picture \xff\xd9"])
    with pytest.raises(SourceError, match=r"cannot be decoded, compressed as JPEG Extended"):
        opened(path)


# Frames


def enhanced(pixels: np.ndarray, places: list[float], **elements: Any) -> Dataset:
    """A multi-frame file with functional groups."""
    ds = slice_of(pixels[0], NumberOfFrames=len(pixels), PixelData=pixels.tobytes(), **elements)
    for name in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing"):
        delattr(ds, name)
    shared, plane, measures = Dataset(), Dataset(), Dataset()
    plane.ImageOrientationPatient, measures.PixelSpacing = AXIAL, [0.5, 0.75]
    shared.PlaneOrientationSequence = Sequence([plane])
    shared.PixelMeasuresSequence = Sequence([measures])
    ds.SharedFunctionalGroupsSequence = Sequence([shared])
    ds.PerFrameFunctionalGroupsSequence = Sequence([])
    for index, place in enumerate(places):
        group, position, values = Dataset(), Dataset(), Dataset()
        position.ImagePositionPatient = [1.0, 2.0, place]
        values.RescaleSlope, values.RescaleIntercept = 2.0, float(index)
        group.PlanePositionSequence = Sequence([position])
        group.PixelValueTransformationSequence = Sequence([values])
        ds.PerFrameFunctionalGroupsSequence.append(group)
    return ds


def test_enhanced_frames_are_sorted_and_scaled_each_by_its_own_groups(tmp_path: Path) -> None:
    path = saved(tmp_path / "mr.dcm", enhanced(PIXELS, [6.0, 0.0, 4.0, 2.0]))
    volume = opened(path)
    order = [1, 3, 2, 0]
    expected = 2.0 * PIXELS[order] + np.array(order)[:, None, None]
    np.testing.assert_allclose(volume.voxels[0, ..., 0], expected)
    assert volume.spacing == (2.0, 0.5, 0.75)


def test_enhanced_frames_at_one_place_are_times(tmp_path: Path) -> None:
    path = saved(tmp_path / "mr.dcm", enhanced(PIXELS, [0.0, 2.0, 0.0, 2.0]))
    assert opened(path).shape == (2, 2, 6, 5, 1)


@pytest.mark.parametrize(
    ("elements", "times"),
    [
        ({"FrameTime": 40.0}, [0, 0.04, 0.08, 0.12]),
        ({"FrameTimeVector": [0, 10, 20, 30]}, [0, 0.01, 0.03, 0.06]),
        ({"CineRate": 20}, [0, 0.05, 0.1, 0.15]),
        ({}, None),
    ],
)
def test_frames_without_places_are_a_film(
    tmp_path: Path, elements: dict[str, Any], times: list[float] | None
) -> None:
    ds = slice_of(PIXELS[0], NumberOfFrames=4, PixelData=PIXELS.tobytes(), Modality="US",
                  ImagePositionPatient=None, ImageOrientationPatient=None, **elements)  # fmt: skip
    volume = opened(saved(tmp_path / "us.dcm", ds))
    np.testing.assert_array_equal(volume.voxels[:, 0, ..., 0], PIXELS)
    assert volume.affine is None
    if times is None:
        assert volume.times is None
    else:
        np.testing.assert_allclose(volume.times, times)


def test_dose_has_its_factor_and_its_offsets(tmp_path: Path) -> None:
    dose = np.abs(PIXELS).astype(np.uint32)
    ds = slice_of(dose[0], NumberOfFrames=4, PixelData=dose.tobytes(), Modality="RTDOSE",
                  DoseGridScaling=0.001, GridFrameOffsetVector=[0, 5, 10, 15])  # fmt: skip
    volume = opened(saved(tmp_path / "dose.dcm", ds))
    np.testing.assert_allclose(volume.voxels[0, ..., 0], dose * 0.001, rtol=1e-6)
    assert volume.spacing == (5.0, 0.5, 0.75)


# Refusals


@pytest.mark.parametrize(
    ("uid", "words"),
    [
        ("1.2.840.10008.1.2.4.102", r"compressed as MPEG-4 AVC/H\.264 High Profile"),
        ("1.2.840.10008.1.2.4.94", "JPIP Referenced"),
        ("1.2.840.10008.1.2.4.201", "High-Throughput JPEG 2000"),
        ("1.2.3.4.5", r"the unknown syntax 1\.2\.3\.4\.5"),
        ("1.2\n3", r"the unknown syntax 1\.2\\x0a3"),
    ],
)
def test_what_cannot_be_decoded_is_refused_by_name(tmp_path: Path, uid: str, words: str) -> None:
    path = saved(tmp_path / "film.dcm", slice_of(PIXELS[0]))
    ds = dcmread(path)
    ds.file_meta.TransferSyntaxUID = UID(uid)
    ds.PixelData = encapsulate([bytes(60)])
    ds["PixelData"].is_undefined_length = True
    ds.save_as(path, enforce_file_format=False, implicit_vr=False, little_endian=True)
    with pytest.raises(SourceError, match=rf"^film\.dcm: is compressed as .*{words.split()[-1]}"):
        opened(path)


def test_what_has_no_image_is_refused_with_its_modality(tmp_path: Path) -> None:
    ds = slice_of(PIXELS[0], Modality="RTSTRUCT", Rows=None, Columns=None, PixelData=None)
    with pytest.raises(SourceError, match=r"holds no image: .* modality RTSTRUCT"):
        opened(saved(tmp_path / "plan.dcm", ds))
    with pytest.raises(SourceError, match=r"without an image \(RTSTRUCT\)"):
        opened(saved(tmp_path / "plans" / "a", ds).parent)


def test_short_file_is_told_with_both_sizes(tmp_path: Path) -> None:
    path = saved(tmp_path / "one.dcm", slice_of(np.zeros((200, 300), np.int16)))
    path.write_bytes(path.read_bytes()[:60_000])
    with pytest.raises(SourceError, match=r"ends after 60\.0 kB of 120 kB"):
        opened(path)


def test_impossible_frames_are_refused_before_anything_is_allocated(tmp_path: Path) -> None:
    for frames in (999_999, 2_000_000_000):
        path = saved(tmp_path / "one.dcm", slice_of(PIXELS[0], NumberOfFrames=frames))
        with pytest.raises(SourceError, match=r"frames|ends after"):
            opened(path)


def test_file_without_preamble_is_read(tmp_path: Path) -> None:
    path = saved(tmp_path / "one.dcm", slice_of(PIXELS[0]))
    ds = dcmread(path)
    bare = tmp_path / "bare"
    del ds.file_meta
    ds.preamble = None
    ds.save_as(bare, enforce_file_format=False, implicit_vr=True, little_endian=True)
    assert bare.read_bytes()[:2] == b"\x08\x00"
    np.testing.assert_array_equal(opened(bare).voxels[0, 0, ..., 0], PIXELS[0])


def test_deflated_file_is_read_and_a_bomb_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ds = slice_of(PIXELS[0])
    ds.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    path = saved(tmp_path / "one.dcm", ds)
    np.testing.assert_array_equal(opened(path).voxels[0, 0, ..., 0], PIXELS[0])
    content = path.read_bytes()
    end = 144 + int.from_bytes(content[140:144], "little")
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = packer.compress(bytes(70_000_000)) + packer.flush()
    monkeypatch.setattr("voxviewer.files.available_memory", lambda: 100_000_000)
    element = content[132:140]
    for meta, words in (
        (element + content[140:144], "memory"),
        (element + bytes(4), "memory"),  # a length that is wrong
        (b"", "memory"),  # and none
        (element[:4] + b"OB\0\0" + b"\xff" * 4, "does not say where"),
    ):
        path.write_bytes(content[:132] + meta + content[144:end] + bomb)
        with pytest.raises(SourceError, match=words):
            opened(path)


def test_deflated_file_needs_no_length_of_its_group(tmp_path: Path) -> None:
    ds = slice_of(PIXELS[0])
    ds.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    path = saved(tmp_path / "one.dcm", ds)
    content = path.read_bytes()
    path.write_bytes(content[:132] + content[144:])
    np.testing.assert_array_equal(opened(path).voxels[0, 0, ..., 0], PIXELS[0])


def test_sequences_nested_without_end_are_refused(tmp_path: Path) -> None:
    path = saved(tmp_path / "one.dcm", slice_of(PIXELS[0]))
    content = path.read_bytes()
    begin = b"\x99\x00\x10\x10SQ\0\0" + b"\xff" * 4 + b"\xfe\xff\x00\xe0" + b"\xff" * 4
    place = content.rindex(b"\xe0\x7f\x10\x00")
    path.write_bytes(content[:place] + begin * 5000 + content[place:])
    with pytest.raises(SourceError, match="nested too deeply"):
        opened(path)


# Real files


def test_real_single_files_agree_with_the_notes(shared_data: Path) -> None:
    truth = json.loads((shared_data / "truth.json").read_text())
    for path in sorted((shared_data / "dicom" / "single").iterdir()):
        known, volume = truth[f"dicom/single/{path.name}"], opened(path)
        shape = [size for size in volume.shape if size > 1]
        assert shape == [size for size in known["pixel_array"][0] if size > 1], path.name
        if "slope" not in known and known["modality"] != "RTDOSE":
            values = volume.voxels[...]
            assert str(values.dtype) == known["pixel_array"][1]
            assert [values.min(), values.max()] == [known["min"], known["max"]]
            assert values.mean() == pytest.approx(known["mean"], rel=1e-4)
        if "ipp" in known and volume.affine is not None:
            np.testing.assert_allclose(volume.affine[:3, 3] * [-1, -1, 1], known["ipp"], rtol=1e-5)


@pytest.mark.parametrize(
    "name",
    [
        "d2n_generic_anatomical_001",
        "d2n_generic_anatomical_002_non_isotropic",
        "d2n_generic_compressed_jpeg_001",
    ],
)
def test_real_series_agree_with_another_converter_voxel_by_voxel(
    shared_data: Path, name: str
) -> None:
    volume = opened(shared_data / "dicom" / name)
    truth = nib.load(shared_data / "dicom" / "_truth" / f"{name}.nii.gz")
    ours = np.moveaxis(volume.voxels[0, ..., 0], 0, -1)
    index = np.indices(ours.shape).reshape(3, -1)
    matrix = np.linalg.inv(truth.affine) @ volume.affine
    place = matrix[:3, :3] @ index + matrix[:3, 3:]
    assert np.abs(place - np.rint(place)).max() < 1e-3
    there = np.asanyarray(truth.dataobj)[tuple(np.rint(place).astype(int))]
    np.testing.assert_allclose(ours.ravel(), there, rtol=1e-6)


def test_real_folders_agree_with_the_notes(shared_data: Path) -> None:
    truth = json.loads((shared_data / "truth.json").read_text())
    for folder in ("series_ct3", "series_ct5n"):
        (known,) = truth[f"dicom/{folder}"]["detail"]
        volume = opened(shared_data / "dicom" / folder)
        assert volume.shape[1] == known["slices"]
        assert list(volume.shape[2:4]) == known["rows_cols"][0]
        assert volume.spacing == pytest.approx((known["gaps"][0], *known["spacing"]), rel=1e-5)
        heights = known["order_by_ipp_dot_normal"]
        for depth, name in enumerate(heights):
            ds = dcmread(shared_data / "dicom" / folder / name)
            expected = ds.pixel_array * float(ds.RescaleSlope) + float(ds.RescaleIntercept)
            np.testing.assert_allclose(volume.voxels[0, depth, ..., 0], expected)
