"""What a drop will do; whole-array figures against NumPy; the object of `info --json`."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
import pytest
from dicom_writers import stack, write_series
from PIL import Image

import voxviewer.sources as sources
from voxviewer.data import Skeleton, Volume
from voxviewer.files import SourceError
from voxviewer.settings import Opening
from voxviewer.sources import figures as figures_module
from voxviewer.sources.describe import describe, describe_in_words, timing
from voxviewer.sources.figures import figures, value_range

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def images(tmp_path: Path) -> list[str]:
    folder = tmp_path / "frames"
    folder.mkdir()
    names = [folder / f"frame{number}.png" for number in (10, 2, 1, 3)]
    for path in names:
        Image.new("L", (5, 4)).save(path)
    return [str(path) for path in names]


def test_a_folders_images_are_one_clip(images: list[str], tmp_path: Path) -> None:
    assert sources.plan_drop(images) == (Opening(str(tmp_path / "frames")),)
    assert sources.invitation(images) == "Open 4 images as one clip"
    assert sources.invitation([str(tmp_path / "frames")]) == "Open frames/ (4 images) as one clip"


def test_some_images_of_a_folder_are_one_clip_in_natural_order(images: list[str]) -> None:
    (opening,) = sources.plan_drop(images[:3])
    assert opening.array == "frame1.png/frame2.png/frame10.png"
    assert sources.invitation(images[:3]) == "Open 3 images as one clip"
    assert sources.same_opening(opening).shape == (3, 1, 4, 5, 1)


def test_other_paths_are_opened_each_on_its_own(images: list[str], tmp_path: Path) -> None:
    others = [str(tmp_path / "b.nii.gz"), str(tmp_path / "a.npy")]
    plan = sources.plan_drop([others[0], images[0], others[1], images[1]])
    assert [opening.path for opening in plan] == [others[0], str(tmp_path / "frames"), others[1]]
    assert sources.invitation(others) == "Open 2 files"
    assert sources.invitation(others[:1]) == "Open b.nii.gz"
    assert sources.invitation(images[:1]) == "Open frame10.png"
    assert sources.invitation([*others, str(tmp_path / "frames")]) == "Open 3 files and clips"
    assert sources.invitation([]) == "Nothing to open"
    assert sources.plan_drop([]) == ()


def test_what_cannot_be_opened_is_said_before_it_is_dropped(
    images: list[str], tmp_path: Path
) -> None:
    good, bad, worse = (str(tmp_path / name) for name in ("a.npy", "notes.md", "letter.docx"))
    np.save(good, np.zeros((4, 5, 6), np.float32))
    for path in (bad, worse):
        with open(path, "w") as file:
            file.write("Dear voxel")
    assert sources.invitation([bad]) == "notes.md cannot be opened"
    assert sources.invitation([bad, worse]) == "None of 2 files can be opened"
    assert sources.invitation([good, bad]) == "Open 1 file; 1 cannot be opened"
    assert sources.invitation([good, *images, bad]) == "Open 2 files and clips; 1 cannot be opened"


def test_a_model_is_known_by_its_name_or_by_what_is_in_it(tmp_path: Path) -> None:
    model, data = str(tmp_path / "net.h5"), str(tmp_path / "data.h5")
    with h5py.File(model, "w") as file:
        file.attrs["keras_version"] = "3.0"
    with h5py.File(data, "w") as file:
        file["clip"] = np.zeros((3, 4, 5), np.float32)
    assert sources.model_among([model]) == model
    assert sources.model_among([str(tmp_path / "other.keras")]).endswith("other.keras")
    assert sources.model_among([data]) == sources.model_among([model, data]) == ""
    assert sources.model_among([str(tmp_path / "gone.h5")]) == ""
    assert sources.invitation([model]) == "Take the filters of net.h5"
    assert sources.invitation([data]) == "Open data.h5"


def test_images_of_two_folders_are_two_clips(images: list[str], tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    for number in (1, 2):
        Image.new("L", (5, 4)).save(other / f"{number}.png")
    paths = [*images, str(other / "1.png"), str(other / "2.png")]
    assert len(sources.plan_drop(paths)) == 2
    assert sources.invitation(paths) == "Open 2 clips"


def test_dicom_files_of_a_folder_are_one_scan(tmp_path: Path) -> None:
    folder = write_series(tmp_path / "ct", stack(), [0, 2, 4, 6])
    paths = [str(path) for path in folder.iterdir()]
    assert sources.plan_drop(paths) == (Opening(str(folder)),)
    assert sources.invitation(paths) == "Open 4 DICOM files as one scan"
    some = sources.plan_drop([str(folder / name) for name in ("im2", "im1", "im3")])
    assert some == (Opening(str(folder), array="im1/im2/im3"),)
    source = sources.same_opening(some[0])
    assert source.shape == (1, 3, 6, 5, 1)
    assert sources.invitation([str(folder)]) == "Open ct/ as a scan (DICOM)"


def test_links_out_of_a_dropped_folder_are_not_followed(images: list[str], tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "1.png").symlink_to(images[0])
    with pytest.raises(SourceError, match="holds links to images outside of it"):
        sources.open(inner)
    Image.new("L", (5, 4)).save(inner / "2.png")
    (inner / "3.png").symlink_to(inner / "2.png")
    assert sources.open(inner).shape[0] == 2


def test_empty_folder_says_so_before_it_is_dropped(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert sources.invitation([str(tmp_path / "empty")]) == "Open empty/ (no images in it)"


def volume_of(tmp_path: Path, array: np.ndarray, axes: str = "TDHWC") -> Volume:
    np.save(tmp_path / "a.npy", array)
    source = sources.open(tmp_path / "a.npy", axes=axes)
    assert isinstance(source, Volume)
    return source


@pytest.mark.parametrize("slab", [1, 500, 1 << 24])
@pytest.mark.parametrize("dtype", ["uint8", "int16", "float16", "float32", "float64"])
def test_figures_are_those_of_numpy(
    tmp_path: Path, dtype: str, slab: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures_module, "SLAB", slab)
    array = (np.random.default_rng(0).random((3, 4, 7, 6, 1)) * 200).astype(dtype)
    got = figures(volume_of(tmp_path, array))
    exact = array.astype(np.float64)
    assert (got.low, got.high, got.range) == (exact.min(), exact.max(), (exact.min(), exact.max()))
    assert got.mean == pytest.approx(exact.mean())
    assert (got.nan, got.inf, got.missing) == (0, 0, None)
    counts, edges = np.histogram(exact, 256)
    np.testing.assert_allclose(got.edges, edges)
    assert got.histogram.sum() == exact.size
    # A value on an edge may fall to either side of it by rounding.
    assert np.abs(np.cumsum(got.histogram) - np.cumsum(counts)).max() <= 0.02 * exact.size


def test_only_finite_values_count(tmp_path: Path) -> None:
    array = np.arange(60, dtype=np.float32).reshape(1, 3, 4, 5, 1).copy()
    array.flat[:3], array.flat[3:5] = np.nan, np.inf
    got = figures(volume_of(tmp_path, array))
    assert (got.nan, got.inf, got.low, got.high) == (3, 2, 5, 59)
    assert got.histogram.sum() == 55


@pytest.mark.parametrize("value", [0.0, 7.5, -1e300, 1e-300])
def test_constant_values_have_one_bin(tmp_path: Path, value: float) -> None:
    got = figures(volume_of(tmp_path, np.full((1, 2, 3, 4, 1), value)))
    assert got.range == (value, value)
    assert got.histogram.max() == 24
    assert (np.diff(got.edges) >= 0).all()


def test_nothing_finite_has_no_range(tmp_path: Path) -> None:
    source = volume_of(tmp_path, np.full((1, 2, 3, 4, 1), np.nan))
    got = figures(source)
    assert (got.low, got.high, got.mean, got.nan) == (None, None, None, 24)
    assert got.histogram.sum() == 0
    assert describe(source, "a.npy")["range"] is None


def test_values_near_the_end_of_float64_do_not_overflow(tmp_path: Path) -> None:
    array = (np.linspace(-1, 1, 24) * 1.7e308).reshape(1, 2, 3, 4, 1)
    got = figures(volume_of(tmp_path, array))
    assert got.histogram.sum() == 24
    assert np.isfinite(got.edges).all()


def test_missing_joints_are_counted_for_each_joint(tmp_path: Path) -> None:
    array = np.random.default_rng(0).random((10, 4, 3)).astype(np.float32)
    array[:3, 1] = np.nan
    np.save(tmp_path / "a.npy", array)
    got = figures(sources.open(tmp_path / "a.npy"))
    assert got.missing is not None
    np.testing.assert_allclose(got.missing, [0, 0.3, 0, 0])


def test_progress_rises_through_both_passes(tmp_path: Path) -> None:
    told: list[float] = []
    figures(volume_of(tmp_path, np.zeros((4, 2, 3, 4, 1))), lambda share, text: told.append(share))
    assert told == sorted(told)
    assert max(told) >= 0.5


def strict(value: dict[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(json.dumps(value, allow_nan=False))
    return result


def test_description_of_a_scan(files: dict[str, Path]) -> None:
    path = str(files["NIfTI"])
    source = sources.open(path)
    assert isinstance(source, Volume)
    told = strict(describe(source, path))
    assert list(told) == [
        "path", "format", "kind", "shape", "axes", "dtype", "range", "spacing", "orientation",
        "affine", "rate", "duration", "warnings",
    ]  # fmt: skip
    assert told["path"] == path
    assert told["format"] == "NIfTI-1"
    assert told["kind"] == "volume"
    assert told["shape"] == [3, 5, 9, 7, 1]
    assert told["axes"] == "TDHWC"
    assert told["dtype"] == "int16"
    values = source.voxels[...]
    assert told["range"] == [values.min(), values.max()]
    assert told["spacing"] == [4, 2, 3]
    assert told["orientation"] == "RAS"
    assert told["affine"] == np.diag([2.0, 3, 4, 1]).tolist()


def test_description_of_a_skeleton_adds_its_own_facts() -> None:
    told = strict(describe(sources.open("sample:waving-skeleton"), "sample:waving-skeleton"))
    assert told["kind"] == "skeleton"
    assert told["axes"] == "TPJ3"
    assert told["shape"] == [30, 1, 20, 3]
    assert len(told["names"]) == 20
    assert (told["missing"], told["unit"], told["up"]) == (0.0, "unit", "y-")
    assert (told["rate"], told["spacing"], told["affine"]) == (22.5, None, None)


def test_rate_and_duration_come_from_the_times() -> None:
    told = describe(sources.open("sample:waving-hand"), "sample:waving-hand")
    assert told["rate"] == pytest.approx(12)
    assert told["duration"] == pytest.approx(16 / 12)
    assert timing(None) == timing(np.zeros(1)) == timing(np.zeros(4)) == (None, None)


def test_range_is_the_one_of_the_figures() -> None:
    source = sources.open("sample:brain")
    assert value_range(source) == figures(source).range


def test_words_say_what_is_known() -> None:
    source = sources.open("sample:waving-skeleton")
    assert isinstance(source, Skeleton)
    source = replace(source, facts=replace(source.facts, warnings=("look twice",)))
    text = describe_in_words(describe(source, "wave.npy"))
    assert text.splitlines()[0] == "wave.npy"
    assert "(30, 1, 20, 3)" in text
    assert "22.5 Hz" in text
    assert "look twice" in text
    assert "spacing" not in text


def test_dialog_lists_every_ending_of_every_reader() -> None:
    everything, known, *families = sources.dialog_filters()
    assert everything == "All files (*)"
    for reader in sources.READERS:
        line = next((text for text in families if text.startswith(f"{reader.name} (")), "")
        assert bool(line) is bool(reader.suffixes)
        for suffix in reader.suffixes:
            assert f"*{suffix} " in f"{line[:-1]} "
            assert f"*{suffix.upper()} " in f"{known[:-1]} "
