"""Films: MP4, MOV, MKV, WebM and AVI, every frame at its own time.

A film that fits easily is decoded whole, so that scrubbing is a look into memory. A longer one
stays on disk and its frames are decoded as they are asked for, from the nearest key frame on. Times
are those of the file, shifted to begin at 0: a variable rate stays one.
"""

from __future__ import annotations

import itertools
import math
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from voxviewer.data import Facts, Volume, frozen
from voxviewer.files import SourceError, TooLargeError, available_memory, require_memory
from voxviewer.sources.boundary import DAMAGED, Watched, reading
from voxviewer.sources.film_file import (
    Damage,
    Survey,
    close_container,
    decoded_frames,
    film_kind,
    open_container,
    opened_film,
    rewind,
    survey,
    video_stream,
)
from voxviewer.sources.film_times import end_sentences, film_times
from voxviewer.sources.framewise import FramewiseVoxels
from voxviewer.sources.layout import describe_volume

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from voxviewer.data import Float64
    from voxviewer.sources.boundary import Request

WHOLE = 768 << 20
"""Bytes up to which a film is decoded whole, memory permitting."""

TOO_LARGE = "Make a smaller copy of it, with fewer or smaller frames, or close programs"

ON_DISK = (
    "too long to be held: frames are decoded as they are shown; "
    "one that cannot be decoded repeats the one before it"
)


@dataclass(frozen=True)
class Look:
    """How frames become arrays: the same for every frame of a film.

    Attributes
    ----------
    width, height : of a stored frame, before it is turned
    layout : FFmpeg's name of what pixels are turned into: "rgb24", "gray", "gray16le"
    turns : quarter turns, against the clock, that bring it upright
    """

    width: int
    height: int
    layout: str
    turns: int

    @property
    def shape(self) -> tuple[int, int, int]:
        """(H, W, C) of a frame, upright."""
        C = 3 if self.layout == "rgb24" else 1
        upright = (self.height, self.width) if self.turns % 2 == 0 else (self.width, self.height)
        return (*upright, C)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the values."""
        return np.dtype(np.uint16 if self.layout == "gray16le" else np.uint8)

    def pixels(self, frame: Any) -> NDArray[Any]:
        """(H, W, C) of one decoded frame; one of another size is fitted to the first."""
        array = frame.to_ndarray(width=self.width, height=self.height, format=self.layout)
        array = array.reshape(self.height, self.width, -1)
        return np.ascontiguousarray(np.rot90(array, self.turns))


def read_video(request: Request) -> Volume:
    """Open a film; reader of the table `READERS`."""
    with opened_film(request.path) as (container, stream):
        found = survey(request.path, container, stream, request.progress)
        rewind(container, stream)
        damage = Damage()
        first = next(decoded_frames(container, stream, damage), None)
        if first is None or found.count == 0:
            raise SourceError(request.path, "holds no frame that can be decoded", DAMAGED)
        look, said = _look(first), _sayings(container, stream, first)
        rewind(container, stream)
        nbytes = found.count * math.prod(look.shape) * look.dtype.itemsize
        if found.stamps is not None and nbytes > min(WHOLE, available_memory() // 4):
            return _on_disk(request, stream, found, look, said)
        _require_room(request, found.count, look)
        return _whole(request, container, stream, found.count, look, said)


def _require_room(request: Request, count: int, look: Look) -> None:
    frame = math.prod(look.shape) * look.dtype.itemsize
    needed = (count + 24) * frame
    try:
        require_memory(
            needed,
            request.path,
            "decoding it",
            allow_large=request.allow_large,
            stored=request.path.stat().st_size,
        )
    except TooLargeError as error:
        if error.askable:
            raise
        raise TooLargeError(request.path, error.problem, TOO_LARGE) from error


def _look(frame: Any) -> Look:
    """How the frames of a film that begins with this one become arrays."""
    gray = frame.format.name.startswith("gray")
    deep = gray and frame.format.components[0].bits > 8
    layout = ("gray16le" if deep else "gray") if gray else "rgb24"
    return Look(frame.width, frame.height, layout, round((frame.rotation or 0) / 90) % 4)


def _sayings(container: Any, stream: Any, frame: Any) -> list[str]:
    """What was decided about the frames of this film."""
    said = []
    turn = round((frame.rotation or 0) / 90) % 4
    if turn:
        said.append(f"turned by {(-90 * turn) % 360} degrees clockwise, as the file says")
    bits = max(part.bits for part in frame.format.components)
    if bits > 8 and not frame.format.name.startswith("gray"):
        said.append(f"{bits} bits a color were read as 8")
    ratio = stream.sample_aspect_ratio
    if ratio and ratio != 1:
        said.append(f"pixels are {ratio.numerator}:{ratio.denominator} wide, shown as squares")
    others = len(container.streams.video) - 1
    if others:
        said.append(f"the largest of {others + 1} video streams")
    if container.streams.audio:
        said.append("sound left out")
    return said


# --- decoded whole ----------------------------------------------------------------------------


def _whole(
    request: Request, container: Any, stream: Any, count: int, look: Look, said: list[str]
) -> Volume:
    """Decode every frame; times are those of the frames themselves."""
    damage, stamps = Damage(), []
    frames = np.empty((count, 1, *look.shape), look.dtype)
    for index, frame in enumerate(decoded_frames(container, stream, damage)):
        request.progress(
            0.1 + 0.9 * min(index / count, 1.0), f"Decoding frame {index + 1} of {count}"
        )
        if index >= len(frames):
            frames = _longer(request, frames)
        frames[index, 0] = look.pixels(frame)
        stamps.append(frame.pts)
    if not stamps:
        raise SourceError(request.path, "holds no frame that can be decoded", DAMAGED)
    frames = frames[: len(stamps)]
    raw = np.array([math.nan if stamp is None else stamp for stamp in stamps], np.float64)
    if np.isfinite(raw).all() and (np.diff(raw) < 0).any():
        order = np.argsort(raw, kind="stable")
        said = [*said, "frames put in the order of their time stamps"]
        frames, raw = frames[order], raw[order]
    times, warned = film_times(raw, stream)
    warnings = [
        *_damage_sentences(damage, count, len(stamps), look),
        *end_sentences(times, container, stream),
        *warned,
    ]
    return _volume(request, stream, frozen(frames), times, said, warnings)


def _longer(request: Request, frames: NDArray[Any]) -> NDArray[Any]:
    """Room for more frames than there are packets, which old AVI files have."""
    more = max(16, len(frames) // 4)
    require_memory(2 * frames.nbytes, request.path, "decoding it", allow_large=request.allow_large)
    return np.concatenate([frames, np.empty((more, *frames.shape[1:]), frames.dtype)])


def _damage_sentences(damage: Damage, expected: int, got: int, look: Look) -> list[str]:
    told = []
    if damage.packets:
        told.append(f"packets that cannot be decoded, left out: {damage.packets}")
    if damage.frames:
        told.append(f"frames with damaged parts: {damage.frames}")
    if got < expected and not damage.packets:
        told.append(f"{expected - got} of {expected} frames could not be decoded")
    others = damage.sizes - {(look.width, look.height)}
    if others:
        told.append(f"frames of another size were fitted to {look.width} x {look.height}")
    return told


# --- left on disk -----------------------------------------------------------------------------


def _on_disk(request: Request, stream: Any, found: Survey, look: Look, said: list[str]) -> Volume:
    """A film whose frames are decoded as they are asked for."""
    assert found.stamps is not None and found.keys is not None
    H, W, C = look.shape
    film = FilmOnDisk(request.path, look, found.stamps, found.keys)
    voxels = FramewiseVoxels((found.count, 1, H, W, C), look.dtype, film.frame)
    times, warned = film_times(found.stamps.astype(np.float64), stream)
    said = [*said, ON_DISK]
    return _volume(request, stream, voxels, times, said, warned)


class FilmOnDisk:
    """Frames of a film by number, decoded from the nearest key frame on; one thread at a time."""

    def __init__(
        self,
        path: Path,
        look: Look,
        stamps: NDArray[np.int64],
        keys: NDArray[np.bool_],
    ) -> None:
        self._path, self._look, self._stamps = path, look, stamps
        self._starts = np.flatnonzero(keys) if keys.any() else np.array([0])
        stat = path.stat()
        self._stat = (stat.st_size, stat.st_mtime_ns)
        self._container: Any = None
        self._frames: Any = iter(())
        self._last: tuple[int, Any] | None = None
        self._next: tuple[int, Any] | None = None

    def __del__(self) -> None:
        self._close()

    def frame(self, number: int) -> NDArray[Any]:
        """(1, H, W, C) of one frame; where it cannot be decoded, the one shown before it."""
        with reading(str(self._path), Watched(lambda share, text: None)):
            self._require_unchanged()
            start = int(
                self._starts[max(int(np.searchsorted(self._starts, number, "right")) - 1, 0)]
            )
            at = self._last[0] if self._last is not None else -1
            if not start <= at <= number:
                self._go_to(start)
            return self._look.pixels(self._decoded(number))[None]

    def _decoded(self, number: int) -> Any:
        """The frame of this number, decoding on from where the film stands."""
        while self._last is None or self._last[0] < number:
            if self._next is None:
                self._next = self._decode_one()
            if self._next is None or (self._last is not None and self._next[0] > number):
                break  # the one that is wanted is lost: the one before it stays
            self._last, self._next = self._next, None
        if self._last is None:
            raise SourceError(self._path, f"frame {number} cannot be decoded", DAMAGED)
        return self._last[1]

    def _decode_one(self) -> tuple[int, Any] | None:
        """The next frame that can be decoded, with its number; None at the end."""
        for frame in self._frames:
            if frame.pts is not None:
                place = int(np.searchsorted(self._stamps, frame.pts))
                return min(place, len(self._stamps) - 1), frame
        return None

    def _go_to(self, start: int) -> None:
        """Stand before the key frame `start`."""
        if self._container is None:
            self._container = open_container(self._path)
            self._stream = video_stream(self._path, self._container)
        if start == 0:
            rewind(self._container, self._stream)
        else:
            stamp = int(self._stamps[start])
            self._container.seek(stamp, stream=self._stream, backward=True)
        self._frames = decoded_frames(self._container, self._stream, Damage())
        self._last = self._next = None

    def _require_unchanged(self) -> None:
        stat = os.stat(self._path)
        if (stat.st_size, stat.st_mtime_ns) != self._stat:
            raise SourceError(self._path, "changed on disk after it was opened", "Open it again")

    def _close(self) -> None:
        if self._container is not None:
            close_container(self._container)
            self._container = None


# --- facts --------------------------------------------------------------------------------------


def _volume(
    request: Request,
    stream: Any,
    voxels: Any,
    times: Float64 | None,
    said: list[str],
    warnings: list[str],
) -> Volume:
    T, _, H, W, C = voxels.shape
    kind = film_kind(request.path)
    facts = Facts(
        format=f"{kind} video, {stream.codec_context.name}",
        description=describe_volume((T, 1, H, W, C)),
        stored_shape=(T, H, W, C),
        stored_axes="THWC",
        stored_dtype=voxels.dtype.name,
        nbytes=math.prod(voxels.shape) * voxels.dtype.itemsize,
        lazy=isinstance(voxels, FramewiseVoxels),
        decisions=tuple(
            itertools.chain(["times are the file's own"] if times is not None else [], said)
        ),
        warnings=tuple(warnings),
    )
    return Volume(voxels, facts, request.opening, request.path.name, times=times)
