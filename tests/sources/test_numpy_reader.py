"""Array files: the guessing rules, the refusals, archives and skeletons."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

import numpy as np
import pytest

import voxviewer.sources as sources
from voxviewer.data import Skeleton, Volume
from voxviewer.files import SourceError

if TYPE_CHECKING:
    from pathlib import Path


def saved(folder: Path, array: np.ndarray) -> Path:
    np.save(folder / "a.npy", array)
    return folder / "a.npy"


def values(shape: tuple[int, ...], dtype: str, scale: float = 100.0) -> np.ndarray:
    return (np.random.default_rng(0).random(shape) * scale).astype(dtype)


@pytest.mark.parametrize(
    ("shape", "dtype", "scale", "noun"),
    [
        ((20, 30), "float32", 9, (1, 1, 20, 30, 1)),
        ((20, 30, 3), "uint8", 200, (1, 1, 20, 30, 3)),
        ((20, 30, 4), "uint8", 200, (1, 1, 20, 30, 4)),
        ((20, 151, 3), "float32", 1, (1, 1, 20, 151, 3)),
        ((20, 150, 3), "float32", 1, (20, 1, 150, 3)),
        ((20, 151, 3), "float32", 9, (20, 1, 151, 3)),
        ((20, 151, 4), "float32", 9, (1, 4, 20, 151, 1)),
        ((30, 20, 2), "float64", 1, (30, 1, 20, 3)),
        ((30, 20, 3), "int16", 90, (1, 3, 30, 20, 1)),
        ((20, 12, 16, 3), "uint8", 200, (20, 1, 12, 16, 3)),
        ((20, 12, 16, 4), "float32", 9, (20, 1, 12, 16, 4)),
        ((6, 32, 32, 3), "float32", 255, (6, 1, 32, 32, 3)),
        ((2, 20, 33, 3), "float64", 9, (2, 1, 20, 33, 3)),
        ((60, 4, 25, 3), "float32", 9, (60, 1, 4, 25, 3)),
        ((64, 48, 30), "float32", 9, (1, 30, 64, 48, 1)),
        ((12, 14, 5, 6), "int16", 9, (6, 5, 12, 14, 1)),
        ((2, 3, 4, 5, 6), "float16", 9, (2, 3, 4, 5, 6)),
    ],
)
def test_shape_and_dtype_decide_the_axes(
    tmp_path: Path, shape: tuple[int, ...], dtype: str, scale: float, noun: tuple[int, ...]
) -> None:
    source = sources.open(saved(tmp_path, values(shape, dtype, scale)))
    assert source.shape == noun
    assert isinstance(source, Skeleton if len(noun) == 4 else Volume)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", ["<f4", ">f4", ">i2", "<f2", "?", "<c8", "<u8"])
def test_every_number_is_read_as_it_is(tmp_path: Path, order: str, dtype: str) -> None:
    array = np.asarray(values((6, 7, 5), "float64", 3).astype(dtype), order=order)  # type: ignore[call-overload]
    volume = sources.open(saved(tmp_path, array))
    assert isinstance(volume, Volume)
    expected = np.abs(array) if array.dtype.kind == "c" else array
    np.testing.assert_array_equal(volume.voxels[0, ..., 0], np.moveaxis(expected, -1, 0))
    assert volume.voxels.dtype.isnative
    assert volume.facts.lazy


@pytest.mark.parametrize(
    ("axes", "noun"),
    [
        ("HWD", (1, 6, 4, 5, 1)), ("DHW", (1, 4, 5, 6, 1)), ("THW", (4, 1, 5, 6, 1)),
        ("HWC", (1, 1, 4, 5, 6)), ("whd", (1, 6, 5, 4, 1)), ("CHW", (1, 1, 5, 6, 4)),
    ],
)  # fmt: skip
def test_axes_override_the_guess(tmp_path: Path, axes: str, noun: tuple[int, ...]) -> None:
    array = values((4, 5, 6), "int16", 900)
    volume = sources.open(saved(tmp_path, array), axes=axes)
    assert isinstance(volume, Volume)
    assert volume.shape == noun
    full = np.einsum(f"{axes.lower()}->{''.join(a for a in 'tdhwc' if a in axes.lower())}", array)
    np.testing.assert_array_equal(volume.voxels[...].reshape(-1), full.reshape(-1))


def test_axes_make_skeletons_of_several_persons(tmp_path: Path) -> None:
    array = values((8, 2, 5, 3), "float32", 300)
    skeleton = sources.open(saved(tmp_path, array), axes="TPJX")
    assert isinstance(skeleton, Skeleton)
    np.testing.assert_array_equal(skeleton.joints, array)
    turned = sources.open(saved(tmp_path, np.moveaxis(array, -1, 0)), axes="XTPJ")
    assert isinstance(turned, Skeleton)
    np.testing.assert_array_equal(turned.joints, array)


def test_axes_that_do_not_fit_the_array_are_refused(tmp_path: Path) -> None:
    path = saved(tmp_path, values((4, 5, 6), "float32"))
    with pytest.raises(SourceError, match="4 axes"):
        sources.open(path, axes="HWDT")
    with pytest.raises(SourceError, match="X"):
        sources.open(path, axes="TJX")


def test_missing_joints_stay_missing(tmp_path: Path) -> None:
    array = values((10, 4, 2), "float64", 1.0)
    array[3, 1, 0], array[4, 2] = np.nan, np.inf
    skeleton = sources.open(saved(tmp_path, array))
    assert isinstance(skeleton, Skeleton)
    seen = np.isfinite(array).all(axis=-1)
    np.testing.assert_array_equal(np.isfinite(skeleton.joints[:, 0]).all(axis=-1), seen)
    np.testing.assert_array_equal(skeleton.score[:, 0], seen.astype(np.float32))
    assert (skeleton.joints[:, 0][seen][:, 2] == 0).all()
    assert (skeleton.unit, skeleton.up) == ("unit", "y-")
    assert any("5.0%" in warning for warning in skeleton.facts.warnings)


def test_joints_outside_the_unit_square_are_pixels(tmp_path: Path) -> None:
    skeleton = sources.open(saved(tmp_path, values((10, 4, 3), "float32", 400)))
    assert isinstance(skeleton, Skeleton)
    assert skeleton.unit == "px"


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.array([{"a": 1}, None], dtype=object), "Python objects"),
        (np.array([["a", "b"]]), "not numbers"),
        (np.zeros((2, 2), "datetime64[s]"), "not numbers"),
        (np.zeros((3, 3), [("x", "f4"), ("y", "f4")]), "not numbers"),
        (np.zeros(5), "1 axes"),
        (np.float64(3.0), "0 axes"),
        (np.zeros((2,) * 6), "6 axes"),
        (np.zeros((4, 0, 3)), "no values"),
    ],
)
def test_what_has_no_picture_is_refused(tmp_path: Path, array: np.ndarray, words: str) -> None:
    with pytest.raises(SourceError, match=words):
        sources.open(saved(tmp_path, array))


def test_values_are_not_looked_through_where_the_array_cannot_fit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = saved(tmp_path, np.zeros((300, 151, 3), np.float32))
    monkeypatch.setattr("voxviewer.files.available_memory", lambda: 400_000)
    with pytest.raises(SourceError, match="memory"):
        sources.open(path)


def test_objects_are_never_unpickled(tmp_path: Path) -> None:
    canary = tmp_path / "canary"

    class Trap:
        def __reduce__(self) -> tuple[object, tuple[str, ...]]:
            return (type(canary).touch, (canary,))  # type: ignore[return-value]

    trap = np.empty((2, 2), object)
    trap[...] = Trap()
    np.save(tmp_path / "trap.npy", trap)
    np.savez(tmp_path / "trap.npz", trap=trap)
    for name in ("trap.npy", "trap.npz"):
        with pytest.raises(SourceError, match="never loaded"):
            sources.open(tmp_path / name)
    assert not canary.exists()


def with_header(path: Path, header: str, body: bytes = b"") -> Path:
    text = header.encode().ljust(118) + b"\n"
    path.write_bytes(b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + body)
    return path


@pytest.mark.parametrize(
    "header",
    [
        "{'descr': '<f8', 'fortran_order': False, 'shape': (100000, 100000, 100000)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (-1, 5)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (2.5, 5)}",
        "{'descr': 'nonsense', 'fortran_order': False, 'shape': (5, 5)}",
        "{'descr': '<f8', 'shape': (5, 5)}",
        "__import__('os').system('true')",
        "((((((((((((((((((((",
        "-" * 60_000 + "1",
        "1**" * 20_000 + "1",
        "{'descr': '\\d', 'fortran_order': 1 is 1, 'shape': (5, 5)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999, 99999999999)}",
        f"{{'descr': '<f8', 'fortran_order': False, 'shape': (2, {'9' * 3000})}}",
    ],
)
def test_lying_header_is_refused(tmp_path: Path, header: str) -> None:
    with pytest.raises(SourceError, match=r"^a\.npy: (ends|has a NumPy header|declares)"):
        sources.open(with_header(tmp_path / "a.npy", header, bytes(100)))


def test_header_of_python_2_is_read(tmp_path: Path) -> None:
    header = "{'descr': '<i2', 'fortran_order': False, 'shape': (2L, 3L), }"
    body = np.arange(6, dtype="<i2").tobytes()
    assert sources.open(with_header(tmp_path / "a.npy", header, body)).shape == (1, 1, 2, 3, 1)


def test_archive_shows_the_largest_array_and_lists_the_others(tmp_path: Path) -> None:
    small, large = values((4, 5, 6), "float32"), values((5, 6, 7), "float32")
    np.savez(tmp_path / "a.npz", small=small, large=large, words=np.array(["x"] * 999))
    source = sources.open(tmp_path / "a.npz")
    assert isinstance(source, Volume)
    np.testing.assert_array_equal(source.voxels[0, ..., 0], np.moveaxis(large, -1, 0))
    assert "small (4, 5, 6)" in source.facts.warnings[0]
    assert sources.open(tmp_path / "a.npz", array="small").shape == (1, 6, 4, 5, 1)
    with pytest.raises(SourceError, match="'small', 'large', 'words'"):
        sources.open(tmp_path / "a.npz", array="none")


def test_an_array_that_cannot_be_read_does_not_hide_the_others(tmp_path: Path) -> None:
    good = io.BytesIO()
    np.save(good, values((4, 5, 6), "float32"))
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("junk.npy", b"junk")
        archive.writestr("good.npy", good.getvalue())
    source = sources.open(tmp_path / "a.npz")
    assert source.shape == (1, 6, 4, 5, 1)
    assert "junk, which cannot be read" in source.facts.warnings[0]
    with pytest.raises(SourceError, match=r"^a\.npz: does not begin"):
        sources.open(tmp_path / "a.npz", array="junk")


def test_archive_says_how_each_of_its_arrays_can_be_opened(tmp_path: Path) -> None:
    stored = {"small": values((4, 5, 6), "int16"), "large": values((5, 6, 7), ">f4")}
    np.savez(tmp_path / "a.npz", **stored, words=np.array(["x"] * 9))
    small, large, words = sources.open(tmp_path / "a.npz").facts.alternatives
    assert [item.shown for item in (small, large, words)] == [False, True, False]
    assert (small.label, small.shape, small.detail, small.problem) == (
        "small",
        (4, 5, 6),
        "int16",
        "",
    )
    assert large.detail == "float32"
    assert "not numbers" in words.problem
    source = sources.same_opening(small.opening)
    np.testing.assert_array_equal(
        source.voxels[0, ..., 0],  # type: ignore[union-attr]
        np.moveaxis(stored["small"], -1, 0),
    )
    assert [item.shown for item in source.facts.alternatives] == [True, False, False]


def test_one_array_has_no_alternatives(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", values((4, 5, 6), "int16"))
    assert sources.open(tmp_path / "a.npz").facts.alternatives == ()


@pytest.mark.parametrize("packing", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_packings_that_know_no_limit_are_refused(tmp_path: Path, packing: int) -> None:
    content = io.BytesIO()
    np.save(content, np.zeros((64, 64, 64)))
    with zipfile.ZipFile(tmp_path / "a.npz", "w", packing) as archive:
        archive.writestr("a.npy", content.getvalue())
    with pytest.raises(SourceError, match="packed as NumPy never does"):
        sources.open(tmp_path / "a.npz")


def test_an_encrypted_array_is_said_to_be_one(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", a=np.zeros((4, 5)))
    content = bytearray((tmp_path / "a.npz").read_bytes())
    content[content.find(b"PK\1\2") + 8] |= 1
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(SourceError, match=r"^a\.npz: array 'a' is encrypted\. Save it"):
        sources.open(tmp_path / "a.npz")


def test_first_of_equal_arrays_is_shown(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "a.npz", vol=np.ones((4, 5, 6)), seg=np.zeros((4, 5, 6)))
    source = sources.open(tmp_path / "a.npz")
    assert isinstance(source, Volume)
    assert source.voxels[...].min() == 1


def test_rate_of_an_archive_gives_times(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", joints=values((10, 5, 3), "float32", 1), fps=np.float32(25))
    times = sources.open(tmp_path / "a.npz").times
    assert times is not None
    np.testing.assert_allclose(times, np.arange(10) / 25)


def test_own_clip_comes_back_as_a_clip(tmp_path: Path) -> None:
    data = values((6, 8, 9, 1), "float32")
    np.savez(tmp_path / "a.npz", data=data, real=np.ones(6, bool), frames=np.arange(6))
    source = sources.open(tmp_path / "a.npz")
    assert isinstance(source, Volume)
    np.testing.assert_array_equal(source.voxels[:, 0], data)


def test_claims_of_an_archive_are_held_against_its_directory(tmp_path: Path) -> None:
    lie = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        lie, {"descr": "<f8", "fortran_order": False, "shape": (9999, 9999, 99)}
    )
    with zipfile.ZipFile(tmp_path / "lie.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.npy", lie.getvalue() + bytes(1000))
    with pytest.raises(SourceError, match="ends after"):
        sources.open(tmp_path / "lie.npz")


def test_archive_that_unpacks_too_far_is_refused_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    np.savez_compressed(tmp_path / "bomb.npz", a=np.zeros((128, 128, 64)))
    monkeypatch.setattr("voxviewer.files.available_memory", lambda: 4_000_000)
    with pytest.raises(SourceError, match="memory"):
        sources.open(tmp_path / "bomb.npz")


def test_real_arrays_agree_with_numpy(shared_data: Path) -> None:
    for name in ("asl_thanks_thwc_u8.npy", "lfw_subset.npy"):
        path = shared_data / "npy" / name
        source, array = sources.open(path), np.load(path)
        assert isinstance(source, Volume)
        got = (
            source.voxels[:, 0] if array.ndim == 4 else np.moveaxis(source.voxels[0, ..., 0], 0, -1)
        )
        np.testing.assert_array_equal(got, array)
    stent = sources.open(shared_data / "npy" / "stent.npz")
    assert isinstance(stent, Volume)
    assert stent.voxels[...].mean() == pytest.approx(35.3982, abs=1e-3)


def test_real_skeletons_agree_with_numpy(shared_data: Path) -> None:
    for path in sorted((shared_data / "skeleton_npy").glob("*.npy")):
        skeleton = sources.open(path)
        assert isinstance(skeleton, Skeleton)
        array = np.load(path)
        if array.shape[1] == 18:  # x, y and a confidence, 0 where nothing was found
            array[array[..., 2] == 0] = np.nan
            np.testing.assert_allclose(skeleton.score[:, 0], np.nan_to_num(array[..., 2]))
            array[..., 2] *= 0
        np.testing.assert_allclose(skeleton.joints[:, 0], array, rtol=1e-6)
    wave = sources.open(shared_data / "skeleton_npy" / "wavehand.npz")
    assert wave.shape == (154, 1, 25, 3)
    assert wave.times is not None
    assert wave.times[1] == pytest.approx(1 / 30)
