"""A video file through PyAV: its container, its packets looked over, its frames decoded.

The file is handed to FFmpeg as an open file and with its container named, so that nothing in it can
name another file, an address or a protocol to be opened. Packets are looked over without decoding
(`survey`): how many frames there will be, when, and where decoding can begin.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from voxviewer.files import SourceError
from voxviewer.sources.boundary import DAMAGED

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from voxviewer.data import Progress

MOST_PIXELS = 1 << 27
"""Of one frame: 16 384 x 8 192. FFmpeg is told, because a stream can change its size."""

MOST_FRAMES = 10_000_000
ATOMS = (b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"uuid")
STILLS = (b"heic", b"heix", b"mif1", b"msf1", b"avif", b"avis", b"crx ")
"""Brands of pictures that have the container of a film."""


def container_of(start: bytes) -> str | None:
    """FFmpeg's name of the container that begins like this, or None."""
    if start[:4] == b"\x1aE\xdf\xa3":
        return "matroska"
    if start[:4] == b"RIFF" and start[8:12] in (b"AVI ", b"AVIX"):
        return "avi"
    if start[4:8] in ATOMS and start[8:12] not in STILLS:
        return "mov"
    return None


def film_kind(path: Path) -> str:
    """What people call the file, by its first bytes."""
    with open(path, "rb") as file:
        start = file.read(64)
    if start[8:12] == b"qt  ":
        return "QuickTime"
    if b"webm" in start:
        return "WebM"
    names = {"mov": "MP4", "matroska": "Matroska", "avi": "AVI"}
    return names.get(container_of(start) or "", "unknown")


def is_video(start: bytes) -> bool:
    """True where the first bytes are those of an MP4, MOV, MKV, WebM or AVI file."""
    return container_of(start) is not None


@contextmanager
def opened_film(path: Path) -> Iterator[tuple[Any, Any]]:
    """Yield (container, its video stream); both are closed at the end of the block."""
    container = open_container(path)
    try:
        yield container, video_stream(path, container)
    finally:
        close_container(container)


def open_container(path: Path) -> Any:
    """The container, opened; `close_container` closes it and its file."""
    import av

    file = open(path, "rb", buffering=0)
    try:
        kind = container_of(file.read(16))
        if kind is None:
            raise SourceError(path, "does not begin as an MP4, MOV, MKV, WebM or AVI does", DAMAGED)
        file.seek(0)
        return _Owned(av.open(file, format=kind, metadata_errors="replace"), file)
    except BaseException as error:
        file.close()
        if isinstance(error, av.error.FFmpegError):
            raise SourceError(
                path, f"cannot be read as {kind}: {_words(error)}", DAMAGED
            ) from error
        raise


class _Owned:
    """A container together with the file that it reads."""

    def __init__(self, container: Any, file: Any) -> None:
        self.container, self.file = container, file

    def __getattr__(self, name: str) -> Any:
        return getattr(self.container, name)


def close_container(owned: Any) -> None:
    """Close what `open_container` opened."""
    owned.container.close()
    owned.file.close()


def _words(error: Exception) -> str:
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(text).split(":")[0].lower()[:80]


def video_stream(path: Path, container: Any) -> Any:
    """The first stream that is a film (a cover picture is none), ready to be decoded."""
    from av.stream import Disposition

    films = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
    if not films:
        what = "holds sound but no pictures" if container.streams.audio else "holds no pictures"
        raise SourceError(path, what, "Open a file with a video stream")
    stream = max(films, key=lambda s: (s.width or 0) * (s.height or 0))
    context = stream.codec_context
    if context is None:
        raise SourceError(
            path, "is packed by a codec that is not known here", "Convert it to H.264"
        )
    if (context.width or 0) * (context.height or 0) > MOST_PIXELS:
        raise SourceError(
            path, f"declares frames of {context.width} x {context.height} pixels", DAMAGED
        )
    context.options = {**context.options, "max_pixels": str(MOST_PIXELS)}
    stream.thread_type = "AUTO"
    return stream


@dataclass(frozen=True)
class Survey:
    """What the packets say: one entry a frame, in the order of showing where times are known.

    Attributes
    ----------
    stamps : (T,) int64 time stamps in units of the stream, or None where some are missing or equal
    keys : (T,) bool, where decoding can begin; None with `stamps`
    count : frames to be expected
    """

    count: int
    stamps: NDArray[np.int64] | None
    keys: NDArray[np.bool_] | None


def survey(path: Path, container: Any, stream: Any, progress: Progress) -> Survey:
    """Look over all packets of the stream without decoding any."""
    size = max(path.stat().st_size, 1)
    found: list[tuple[int | None, bool]] = []
    for number, packet in enumerate(packets(container, stream)):
        if number % 16 == 0:
            # Places in a file go to and fro: the share is only ever raised.
            progress(0.1 * min(1.0, (packet.pos or 0) / size), f"Looking through {path.name}")
        if packet.size and not packet.is_discard:
            found.append((packet.pts, bool(packet.is_keyframe)))
        if len(found) > MOST_FRAMES:
            raise SourceError(path, f"has more than {MOST_FRAMES:,} frames", "Split it")
    stamps = [stamp for stamp, _ in found]
    known = [stamp for stamp in stamps if stamp is not None]
    if len(set(known)) < len(found) or not found:
        return Survey(len(found), None, None)
    order = np.argsort(known, kind="stable")
    keys = np.array([key for _, key in found])[order]
    return Survey(len(found), np.array(known, np.int64)[order], keys)


def packets(container: Any, stream: Any) -> Iterator[Any]:
    """The packets of a stream up to the end, or to where the container is damaged."""
    import av

    demuxed = container.demux(stream)
    while True:
        try:
            packet = next(demuxed)
        except StopIteration:
            return
        except av.error.FFmpegError:
            return
        yield packet


def rewind(container: Any, stream: Any) -> None:
    """Go back to the first packet."""
    container.seek(stream.start_time or 0, stream=stream, backward=True)


@dataclass
class Damage:
    """What could not be decoded, counted while the film is: `packets` lost, `frames` harmed."""

    packets: int = 0
    frames: int = 0
    sizes: set[tuple[int, int]] = field(default_factory=set)


def decoded_frames(container: Any, stream: Any, damage: Damage) -> Iterator[Any]:
    """Every frame that can be decoded from here on; what cannot is counted."""
    import av

    for packet in packets(container, stream):
        try:
            frames = packet.decode()
        except av.error.EOFError:
            return
        except av.error.FFmpegError:
            damage.packets += 1
            continue
        for frame in frames:
            damage.frames += bool(frame.is_corrupt)
            damage.sizes.add((frame.width, frame.height))
            yield frame
