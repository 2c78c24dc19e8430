"""Films: every frame at its own time, upright; what is damaged is counted, sound alone refused."""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest
from media_writers import contents, film_bytes, moving_square, sound_bytes

import voxviewer as vv
import voxviewer.sources.video as video
from voxviewer.data import Cancelled, Volume
from voxviewer.files import SourceError
from voxviewer.sources.describe import describe
from voxviewer.sources.film_times import film_times

if TYPE_CHECKING:
    from pathlib import Path

FRAMES = moving_square(30, 48, 64)


def opened(path: Path, **how: object) -> Volume:
    source = vv.open(path, **how)  # type: ignore[arg-type]
    assert isinstance(source, Volume)
    return source


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def decoded_by_av(path: Path) -> np.ndarray:
    """(T, H, W, 3) the plain way."""
    with av.open(str(path)) as container:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])


@pytest.mark.parametrize(
    ("name", "container", "codec"),
    [
        ("a.mp4", "mp4", "mpeg4"),
        ("a.mov", "mov", "mpeg4"),
        ("a.mkv", "matroska", "mpeg4"),
        ("a.webm", "webm", "libvpx"),
        ("a.avi", "avi", "mpeg4"),
    ],
)
def test_each_container_gives_every_frame_at_its_time(
    tmp_path: Path, name: str, container: str, codec: str
) -> None:
    path = written(tmp_path / name, film_bytes(FRAMES, container, codec))
    volume = opened(path)
    assert volume.shape == (30, 1, 48, 64, 3)
    np.testing.assert_array_equal(volume.voxels[:, 0], decoded_by_av(path))
    assert volume.times is not None
    np.testing.assert_allclose(volume.times, np.arange(30) / 25, atol=6e-4)
    found = describe(volume, name)
    assert found["rate"] == pytest.approx(25, rel=1e-3)
    assert found["duration"] == pytest.approx(1.2, rel=1e-3)
    assert found["warnings"] == []


def test_variable_rate_stays_one_and_is_said(tmp_path: Path) -> None:
    stamps = [0, 1, 2, 10, 11, 30]
    data = film_bytes(FRAMES[:6], "matroska", rate=25, stamps=stamps)
    volume = opened(written(tmp_path / "a.mkv", data))
    assert volume.times is not None
    np.testing.assert_allclose(volume.times, np.array(stamps) / 25, atol=1e-3)
    assert any("rate varies: from 40 to 760 ms" in told for told in volume.facts.warnings)


def test_times_begin_at_zero_whatever_the_file_begins_with(tmp_path: Path) -> None:
    data = film_bytes(FRAMES[:4], "matroska", stamps=[100, 101, 102, 103])
    volume = opened(written(tmp_path / "a.mkv", data))
    assert volume.times is not None
    np.testing.assert_allclose(volume.times, np.arange(4) / 25, atol=1e-3)


def turned(data: bytes, matrix: tuple[int, int, int, int]) -> bytes:
    """The MP4 with another display matrix (a, b, c, d) in its track header, 16.16 each."""
    place = data.index(b"tkhd") + 4 + 4 + 4 * 5 + 16
    a, b, c, d = (value << 16 for value in matrix)
    return data[:place] + struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30) + data[place + 36 :]


@pytest.mark.parametrize(
    ("matrix", "turns", "degrees"),
    [((0, 1, -1, 0), -1, 90), ((-1, 0, 0, -1), 2, 180), ((0, -1, 1, 0), 1, 270)],
)
def test_film_of_a_turned_phone_is_upright(
    tmp_path: Path, matrix: tuple[int, int, int, int], turns: int, degrees: int
) -> None:
    """A matrix (0, 1, -1, 0) turns clockwise: ISO 14496-12, 8.3.2."""
    plain = film_bytes(FRAMES[:3])
    upright = opened(written(tmp_path / "a.mp4", plain)).voxels[:, 0]
    volume = opened(written(tmp_path / "b.mp4", turned(plain, matrix)))
    np.testing.assert_array_equal(volume.voxels[:, 0], np.rot90(upright, turns, axes=(1, 2)))
    assert any(f"turned by {degrees} degrees" in said for said in volume.facts.decisions)


@pytest.mark.parametrize("codec", ["mpeg4", "libx264"])
def test_film_on_disk_gives_the_same_frames_in_any_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, codec: str
) -> None:
    """A key frame every 7; H.264 also shows frames in another order than they are stored."""
    if codec not in av.codecs_available:
        pytest.skip(f"this FFmpeg has no {codec}")
    path = written(tmp_path / "a.mp4", film_bytes(FRAMES, codec=codec, options={"g": "7"}))
    whole = opened(path).voxels[...]
    monkeypatch.setattr(video, "WHOLE", 1000)
    monkeypatch.setattr("voxviewer.sources.framewise.KEPT_BYTES", 0)
    volume = opened(path)
    assert volume.facts.lazy
    assert volume.shape == (30, 1, 48, 64, 3)
    for index in (29, 0, 13, 14, 12, 6, 7, 8, 28, 1):
        np.testing.assert_array_equal(volume.voxels[index], whole[index])
    np.testing.assert_array_equal(
        volume.voxels[::-3, :, 5:40:7, ::-1], whole[::-3, :, 5:40:7, ::-1]
    )
    np.testing.assert_array_equal(np.asarray(volume.voxels), whole)
    assert volume.times is not None
    np.testing.assert_allclose(volume.times, np.arange(30) / 25)
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(SourceError, match="changed on disk"):
        volume.voxels[3]


def test_long_film_becomes_a_small_clip_without_being_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path / "a.mp4", film_bytes(FRAMES, options={"g": "7"}))
    settings = vv.EncodingSettings(frames=5, height=16, width=16, channels="rgb")
    whole = vv.encode(opened(path), settings)
    monkeypatch.setattr(video, "WHOLE", 1000)
    np.testing.assert_array_equal(vv.encode(opened(path), settings).data, whole.data)
    assert whole.data.shape == (5, 16, 16, 3)


def test_damaged_middle_is_counted_and_the_rest_is_shown(tmp_path: Path) -> None:
    """A film of pictures (MJPEG): each packet stands for itself."""
    data = bytearray(film_bytes(FRAMES, "avi", "mjpeg", pixels="yuvj420p"))
    start = data.index(b"movi")
    places = [at for at in range(start, len(data)) if data[at : at + 4] == b"00dc"]
    for place in places[5:8]:
        (size,) = struct.unpack_from("<I", data, place + 4)
        data[place + 8 : place + 8 + size] = bytes(size)
    volume = opened(written(tmp_path / "a.avi", bytes(data)))
    assert volume.shape[0] == 27
    assert volume.facts.warnings[0] == "packets that cannot be decoded, left out: 3"
    assert volume.times is not None
    np.testing.assert_allclose(volume.times[4:6], [4 / 25, 8 / 25])


def test_frames_that_were_patched_up_are_counted(tmp_path: Path) -> None:
    if "libx264" not in av.codecs_available:
        pytest.skip("this FFmpeg has no libx264")
    data = bytearray(film_bytes(FRAMES, codec="libx264", options={"g": "7"}))
    data[len(data) // 2 : len(data) // 2 + 60] = b"\xaa" * 60
    volume = opened(written(tmp_path / "a.mp4", bytes(data)))
    assert volume.shape[0] == 30
    assert volume.facts.warnings == ("frames with damaged parts: 1",)


def test_film_that_is_cut_off_shows_what_is_there(tmp_path: Path) -> None:
    data = film_bytes(FRAMES, "avi", "mjpeg", pixels="yuvj420p")
    volume = opened(written(tmp_path / "a.avi", data[: len(data) // 2]))
    assert 10 <= volume.shape[0] < 20
    assert any("cut off" in told for told in volume.facts.warnings)


def test_sound_alone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"^a\.mp4: holds sound but no pictures"):
        opened(written(tmp_path / "a.mp4", sound_bytes()))


def test_gray_film_has_one_channel(tmp_path: Path) -> None:
    frames = np.repeat(FRAMES[..., 1:2], 3, axis=-1)
    path = written(tmp_path / "a.mkv", film_bytes(frames, "matroska", "ffv1", pixels="gray"))
    volume = opened(path)
    assert volume.shape == (30, 1, 48, 64, 1)
    assert np.abs(volume.voxels[:, 0].astype(int) - frames[..., :1]).max() <= 1


def test_ten_bits_a_color_are_said_to_be_eight(tmp_path: Path) -> None:
    path = written(
        tmp_path / "a.mkv", film_bytes(FRAMES[:3], "matroska", "ffv1", pixels="yuv420p10")
    )
    volume = opened(path)
    assert volume.voxels.dtype == np.uint8
    assert "10 bits a color were read as 8" in volume.facts.decisions


def test_picture_in_the_container_of_a_film_is_none(tmp_path: Path) -> None:
    path = written(tmp_path / "a.heic", b"\0\0\0\x18ftypheic" + bytes(200))
    with pytest.raises(SourceError, match="not a kind of file that can be opened"):
        opened(path)


def test_film_too_large_for_memory_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without time stamps a film cannot be left on disk; raw MPEG-4 in AVI has some missing."""
    path = written(tmp_path / "a.mp4", film_bytes(FRAMES))
    monkeypatch.setattr(video, "survey", lambda *_: video.Survey(30, None, None))
    monkeypatch.setattr("voxviewer.files.available_memory", lambda: 400_000)
    with pytest.raises(SourceError, match="free memory") as caught:
        opened(path)
    assert "smaller copy" in str(caught.value)


def test_decoding_stops_within_a_frame(tmp_path: Path) -> None:
    path = written(tmp_path / "a.mp4", film_bytes(FRAMES))
    told: list[str] = []

    def stop_at_ten(share: float, text: str) -> None:
        told.append(text)
        if text.startswith("Decoding frame 10 "):
            raise Cancelled

    with pytest.raises(Cancelled):
        opened(path, progress=stop_at_ten)
    assert told[-1] == "Decoding frame 10 of 30"


class Stream:
    """What `film_times` asks of a stream."""

    time_base = 0.04
    average_rate = 25
    guessed_rate = 25


@pytest.mark.parametrize(
    ("stamps", "times"),
    [
        ([0, np.nan, 2, 3], [0, 0.04, 0.08, 0.12]),
        ([np.nan, 1, 2, np.nan], [0, 0.04, 0.08, 0.12]),
        ([np.nan] * 3, [0, 0.04, 0.08]),
        ([5, 5, 7], [0, 0.04, 0.08]),
    ],
)
def test_missing_and_repeated_stamps_are_spaced_evenly_and_said(
    stamps: list[float], times: list[float]
) -> None:
    found, told = film_times(np.array(stamps, np.float64), Stream())
    assert found is not None
    np.testing.assert_allclose(found, times)
    assert "without a time of their own" in told[0]


@pytest.mark.parametrize(
    "name",
    [
        "carphone_pristine.mp4", "milk.mkv", "milk_320x240.mp4", "realshort.mp4", "thanks.mkv",
        "yes.mkv", "yes_mjpeg.avi",
    ],
)  # fmt: skip
def test_real_films_agree_with_their_truth(shared_data: Path, name: str) -> None:
    truth = json.loads((shared_data / "truth.json").read_text())[f"video/{name}"]
    volume = opened(shared_data / "video" / name)
    H, W, C = truth["frame_hwc"]
    assert volume.shape == (truth["decoded_frames"], 1, H, W, C)
    assert volume.times is not None
    gaps = np.diff(volume.times)
    np.testing.assert_allclose([gaps.min(), gaps.max()], truth["gap_s_min_max"], atol=2e-6)
    assert float(np.asarray(volume.voxels[0]).mean()) == pytest.approx(
        truth["first_frame_rgb_mean"], abs=0.5
    )


def test_color_film_is_encoded_and_convolved_in_color(shared_data: Path, tmp_path: Path) -> None:
    from voxviewer.cli import main

    film, out = str(shared_data / "video" / "realshort.mp4"), tmp_path / "maps.npy"
    sizes = ["--frames", "8", "--height", "24", "--width", "32", "--channels", "rgb"]
    assert main(["encode", film, "-o", str(tmp_path / "clip.npy"), *sizes]) == 0
    assert np.load(tmp_path / "clip.npy").shape[-4:] == (8, 24, 32, 3)
    assert main(["convolve", film, "-o", str(out), *sizes, "--count", "2"]) == 0
    assert np.load(out).shape[-4:] == (8, 24, 32, 2)


def test_made_films_are_small() -> None:
    """They are written for every test of the suite."""
    assert sum(len(data) for _, data in contents().values()) < 100_000
