"""A gzip file is unpacked as far as it is looked at, and what is wrong with it is told."""

from __future__ import annotations

import gzip
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import nibabel as nib
import numpy as np
import pytest

import voxviewer.sources as sources
from voxviewer.data import Volume
from voxviewer.files import SourceError
from voxviewer.sources.compressed import PIECE
from voxviewer.sources.growing import GrowingBytes, trailer_agrees

if TYPE_CHECKING:
    from pathlib import Path

CONTENT = np.random.default_rng(0).integers(0, 12, 5 * PIECE + 333, dtype=np.uint8)


@pytest.fixture
def packed(tmp_path: Path) -> Path:
    path = tmp_path / "content.gz"
    path.write_bytes(gzip.compress(CONTENT.tobytes(), 1))
    return path


def growing(path: Path) -> GrowingBytes:
    return GrowingBytes(path, 0, 100, len(CONTENT) - 100)


def test_any_part_is_what_gzip_unpacks(packed: Path) -> None:
    source = growing(packed)
    with source.reader() as fetch:
        for start, count in ((0, 10), (3 * PIECE, 5000), (20, PIECE), (len(CONTENT) - 110, 10)):
            expected = CONTENT[100 + start : 100 + start + count]
            np.testing.assert_array_equal(np.asarray(fetch(start, count)), expected)


def test_the_beginning_does_not_unpack_the_end(packed: Path) -> None:
    source = growing(packed)
    with source.reader() as fetch:
        fetch(0, 10)
    assert source._done == 10


def test_many_threads_unpack_one_file_once(packed: Path) -> None:
    source = growing(packed)

    def part(number: int) -> bool:
        start = (number * 7919 * 61) % (len(CONTENT) - 2000)
        with source.reader() as fetch:
            got = np.asarray(fetch(start, 1000))
        return bool((got == CONTENT[100 + start : 1100 + start]).all())

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(part, range(60)))


def test_isal_is_not_needed(packed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "isal", None)
    monkeypatch.setitem(__import__("sys").modules, "isal.igzip", None)
    with growing(packed).reader() as fetch:
        np.testing.assert_array_equal(np.asarray(fetch(PIECE, 99)), CONTENT[PIECE + 100 :][:99])


@pytest.mark.parametrize("place", [-6, len(CONTENT) // 8])
def test_damage_is_told_whenever_one_asks(packed: Path, place: int) -> None:
    content = bytearray(packed.read_bytes())
    content[place] ^= 0x55  # the checksum; the middle
    packed.write_bytes(content)
    source = growing(packed)
    for _ in range(2):
        with pytest.raises(SourceError, match=r"^content\.gz: "), source.reader() as fetch:
            fetch(0, len(CONTENT) - 100)


def test_file_changed_after_opening_is_told(packed: Path) -> None:
    source = growing(packed)
    with source.reader() as fetch:
        fetch(0, 10)
    packed.write_bytes(b"something else")
    with pytest.raises(SourceError, match="changed on disk"), source.reader() as fetch:
        fetch(0, len(CONTENT) - 100)


def test_trailer_tells_whether_the_file_is_whole(packed: Path) -> None:
    assert trailer_agrees(packed, len(CONTENT))
    assert trailer_agrees(packed, len(CONTENT) - 20)  # some formats end with a footer
    assert not trailer_agrees(packed, len(CONTENT) + 1)
    packed.write_bytes(packed.read_bytes()[:-1000])
    assert not trailer_agrees(packed, len(CONTENT))


@pytest.fixture
def scan(tmp_path: Path) -> Path:
    array = np.random.default_rng(0).integers(0, 50, (96, 96, 200), np.int16)
    nib.save(nib.Nifti1Image(array, np.eye(4)), tmp_path / "scan.nii.gz")
    return tmp_path / "scan.nii.gz"


def test_gzipped_scan_shows_its_first_slice_before_the_rest_is_unpacked(scan: Path) -> None:
    volume = sources.open(scan)
    assert isinstance(volume, Volume)
    first = volume.voxels[0, 0]
    source = volume.voxels._source  # type: ignore[attr-defined]
    assert source._done <= PIECE < source._claimed
    truth = np.asanyarray(nib.load(scan).dataobj)
    np.testing.assert_array_equal(first[..., 0], truth[..., 0])
    np.testing.assert_array_equal(volume.voxels[0, ..., 0], np.moveaxis(truth, -1, 0))


def test_whole_scan_is_not_copied(scan: Path) -> None:
    volume = sources.open(scan)
    assert isinstance(volume, Volume)
    everything = volume.voxels[...]
    assert np.shares_memory(everything, volume.voxels[0, 5])
    assert not everything.flags.writeable


def test_several_gzip_members_are_one_file(scan: Path) -> None:
    content = gzip.decompress(scan.read_bytes())
    parts = (content[:100_000], content[100_000:])
    members = scan.with_name("members.nii.gz")
    members.write_bytes(b"".join(gzip.compress(part, 1) for part in parts))
    first, second = sources.open(scan), sources.open(members)
    assert isinstance(first, Volume)
    assert isinstance(second, Volume)
    np.testing.assert_array_equal(first.voxels[...], second.voxels[...])


@pytest.mark.parametrize("rest", [b"garbage!", b"\0" * 40 + b"x" * 100_000])
def test_other_bytes_after_the_packed_ones_are_left_out_and_told(scan: Path, rest: bytes) -> None:
    """As `gzip -d`, nibabel and ITK do; the checksum is still held against what was unpacked."""
    content, whole = scan.read_bytes(), np.asarray(sources.open(scan).voxels[...])  # type: ignore[union-attr]
    scan.write_bytes(content + rest)
    volume = sources.open(scan)
    assert isinstance(volume, Volume)
    assert np.array_equal(volume.voxels[...], whole)
    assert volume.facts.warnings == ("bytes that are not gzip follow the packed data: left out",)
    scan.write_bytes(content[:-5] + bytes([content[-5] ^ 1]) + content[-4:] + rest)
    with pytest.raises(SourceError, match=r"^scan\.nii\.gz: "):
        sources.open(scan)


def test_stopping_takes_less_than_a_fifth_of_a_second(tmp_path: Path) -> None:
    """Many members, so that opening unpacks everything; the person stops it in the middle."""

    class Stop(Exception):
        passes_boundary = True

    content = np.zeros((256, 256, 512), np.int16)
    nib.save(nib.Nifti1Image(content, np.eye(4)), tmp_path / "a.nii")
    raw = (tmp_path / "a.nii").read_bytes()
    path = tmp_path / "a.nii.gz"
    path.write_bytes(gzip.compress(raw[:-8], 1) + gzip.compress(raw[-8:]))
    told: list[float] = []

    def stop(fraction: float, text: str) -> None:
        told.append(time.perf_counter())
        if fraction > 0.3:
            raise Stop

    with pytest.raises(Stop):
        sources.open(path, progress=stop)
    assert max(np.diff([*told, time.perf_counter()])) < 0.2
