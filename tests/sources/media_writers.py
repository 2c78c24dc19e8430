"""Films, stacks, data sets and clouds of points that the tests make, one small file of each."""

from __future__ import annotations

import io
from functools import cache
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
import tifffile
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def moving_square(count: int, height: int, width: int) -> np.ndarray:
    """(count, height, width, 3) uint8: a bright square goes to the right and down on a ramp."""
    frames = np.zeros((count, height, width, 3), np.uint8)
    frames[..., 1] = np.linspace(20, 200, width).astype(np.uint8)
    for index in range(count):
        place = 2 * index % (width - 12)
        frames[index, 4:12, place : place + 8] = (250, 120, 20)
    return frames


def film_bytes(
    frames: np.ndarray,
    container: str = "mp4",
    codec: str = "mpeg4",
    rate: int = 25,
    stamps: Sequence[int] | None = None,
    pixels: str = "yuv420p",
    options: dict[str, str] | None = None,
) -> bytes:
    """A film of these frames; `stamps` are their times in units of 1 / rate, else 0, 1, 2 ..."""
    from fractions import Fraction

    import av

    buffer = io.BytesIO()
    with av.open(buffer, "w", format=container) as output:
        stream: Any = output.add_stream(codec, rate=rate, options=options or {})
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = pixels
        stream.time_base = stream.codec_context.time_base = Fraction(1, rate)
        for index, pixels_of_frame in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels_of_frame), "rgb24")
            frame.pts = index if stamps is None else stamps[index]
            frame.time_base = Fraction(1, rate)
            for packet in stream.encode(frame):
                output.mux(packet)
        for packet in stream.encode():
            output.mux(packet)
    return buffer.getvalue()


def sound_bytes() -> bytes:
    """An MP4 that holds sound and no pictures."""
    import av

    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as output:
        stream: Any = output.add_stream("aac", rate=44100)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        frame.rate, frame.pts = 44100, 0
        for packet in [*stream.encode(frame), *stream.encode()]:
            output.mux(packet)
    return buffer.getvalue()


def ply_bytes(points: np.ndarray, order: str = "ascii", colors: np.ndarray | None = None) -> bytes:
    """A PLY with one triangle after its points."""
    kinds = [(name, "f4") for name in "xyz"]
    words = [f"property float {name}" for name in "xyz"]
    if colors is not None:
        kinds += [(name, "u1") for name in ("red", "green", "blue")]
        words += [f"property uchar {name}" for name in ("red", "green", "blue")]
    head = ["ply", f"format {order} 1.0", "comment made by a test", f"element vertex {len(points)}"]
    head += [*words, "element face 1", "property list uchar int vertex_indices", "end_header", ""]
    table = np.zeros(len(points), kinds)
    for place, name in enumerate("xyz"):
        table[name] = points[:, place]
    for place, name in enumerate(("red", "green", "blue") if colors is not None else ()):
        table[name] = colors[:, place]  # type: ignore[index]
    start = "\n".join(head).encode()
    if order == "ascii":
        rows = [" ".join(str(value) for value in row) for row in table.tolist()]
        return start + ("\n".join([*rows, "3 0 1 2"]) + "\n").encode()
    sign = "<" if "little" in order else ">"
    packed = table.astype([(name, sign + kind) for name, kind in kinds]).tobytes()
    face = np.array([3], "u1").tobytes() + np.array([0, 1, 2], sign + "i4").tobytes()
    return start + packed + face


def scattered(count: int = 200) -> np.ndarray:
    """(count, 3) float32 without symmetry, longer along y than along x and z."""
    random = np.random.default_rng(5)
    return (random.normal(size=(count, 3)) * [1.0, 2.0, 0.5] + [3, -1, 7]).astype(np.float32)


def _tiff(**options: Any) -> bytes:
    buffer = io.BytesIO()
    stack = np.random.default_rng(1).integers(0, 900, (3, 4, 9, 8)).astype(np.uint16)
    tifffile.imwrite(buffer, stack, **options)
    return buffer.getvalue()


def _pillow(frames: np.ndarray, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    first, *rest = [Image.fromarray(frame) for frame in frames]
    first.save(buffer, kind, save_all=True, append_images=rest, **options)
    return buffer.getvalue()


def _hdf5() -> bytes:
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        scan = np.random.default_rng(2).integers(-99, 900, (12, 10, 8)).astype(np.int16)
        file.create_dataset("scans/first", data=scan, chunks=(4, 5, 8), compression="gzip")
        file["mask"] = scan[:4] > 0
        file["name"] = "a text"
    return buffer.getvalue()


@cache
def contents() -> dict[str, tuple[str, bytes]]:
    """Family -> name of a file and what is in it; made once, because films take their time."""
    film = moving_square(8, 32, 48)
    colors = np.random.default_rng(3).integers(0, 255, (200, 3)).astype(np.uint8)
    rows = "\n".join(" ".join(f"{value:.6f}" for value in row) for row in scattered().tolist())
    return {
        "TIFF": ("stack.tif", _tiff(imagej=True, metadata={"axes": "TZYX", "finterval": 0.5})),
        "TIFF, deflate": (
            "deep.tif",
            _tiff(compression="zlib", bigtiff=True, photometric="minisblack"),
        ),
        "TIFF, LZW": ("film.tiff", _pillow(film, "TIFF", compression="tiff_lzw")),
        "HDF5": ("sets.h5", _hdf5()),
        "PLY": ("text.ply", ply_bytes(scattered())),
        "PLY, binary": ("cloud.ply", ply_bytes(scattered(), "binary_big_endian", colors)),
        "XYZ": ("points.xyz", rows.encode() + b"\n"),
        "picture, animated": ("film.apng", _pillow(film, "PNG", duration=[40, 80] * 4)),
        "video": ("film.mp4", film_bytes(film)),
        "video, AVI": ("film.avi", film_bytes(film, "avi", "mjpeg", pixels="yuvj420p")),
        "video, Matroska": ("film.mkv", film_bytes(film, "matroska")),
    }


def media_files(folder: Path) -> dict[str, Path]:
    """Write one file of each family."""
    found = {}
    for family, (name, data) in contents().items():
        found[family] = folder / name
        found[family].write_bytes(data)
    return found
