"""C3D of motion capture: markers in a laboratory, four numbers a point and frame.

The fourth is the residual: below 0 the marker was not seen. Angles, forces and other results of a
model are stored as if they were points; they are no places and are left out, as are unnamed points
("*111"), unless `array="all"`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from voxviewer.data import Topology
from voxviewer.files import SourceError, require_memory, size_text
from voxviewer.sources.skeletons.anatomy import placed
from voxviewer.sources.skeletons.c3d_parameters import (
    BLOCK,
    SGI,
    Header,
    Parameters,
    floats,
    read_header,
)
from voxviewer.sources.skeletons.recording import (
    Recording,
    even_times,
    listed,
    require_room,
    skeleton,
    zeros_missing,
)
from voxviewer.sources.skeletons.topologies import distinct

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from voxviewer.data import Skeleton
    from voxviewer.sources.boundary import Request

RESULTS = ("ANGLES", "FORCES", "MOMENTS", "POWERS", "SCALARS", "REACTIONS", "ENERGIES")
RESULT = re.compile(
    r"(Angles?|Forces?|Moments?|Powers?|GRF|GRM|CentreOfMass|CenterOfMass|CoM|CoMFloor)$"
)
UNITS = {"mm": "mm", "m": "m", "cm": "cm", "millimeters": "mm", "meters": "m"}
SCREENS = {"+Y": "y+", "-Y": "y-", "+Z": "z+"}
PIECE = 256
"""Frames that are converted together, between two looks at the progress."""


def read_c3d(request: Request) -> Skeleton:
    """Open a C3D file; reader of the table `READERS`."""
    size = request.path.stat().st_size
    require_memory(6 * size, request.path, "reading it", allow_large=request.allow_large)
    request.progress(0.0, f"Reading {request.path.name}")
    data = request.path.read_bytes()
    header, parameters = read_header(data, request.path)
    frames = _frames(request, data, header, parameters)
    names = _names(header, parameters)
    kept, left_out = _kept(request, names, parameters)
    require_room(request, frames, 1, header.points)
    start = _start(header, parameters)
    joints = _joints(request, data[start:], header, frames)[:, None, kept]
    zeros = zeros_missing(joints)
    rate = parameters.number("POINT:RATE", header.rate)
    recording = Recording(
        joints=joints,
        topology=Topology(distinct([names[index] for index in kept], "marker")),
        format="C3D",
        stored_shape=(frames, header.points, 4),
        stored_axes="TJX",
        stored_dtype="float32" if header.floats else "int16",
        times=even_times(frames, rate),
    )
    _place(recording, parameters)
    recording.decisions += left_out
    recording.decisions.append("a residual below 0 is a missing marker")
    if header.first > 1:
        recording.decisions.append(f"the first frame is number {header.first}")
    if zeros:
        recording.warnings.append(f"{zeros} points at exactly (0, 0, 0) count as missing")
    if recording.times is None:
        recording.warnings.append("no frame rate in the file")
    return skeleton(recording, request)


# --- frames -----------------------------------------------------------------------------------


def _frames(request: Request, data: bytes, header: Header, parameters: Parameters) -> int:
    """How many frames there are; a file that is too short for them is refused.

    The header counts to 65535; longer recordings have their length in TRIAL or POINT.
    """
    if not header.points:
        raise SourceError(
            request.path, "has no marker in it", "Open a file with points, not analog data alone"
        )
    claims = [header.last - header.first + 1 if header.last >= header.first else 0]
    begin, end = (_long(parameters, f"TRIAL:ACTUAL_{word}_FIELD") for word in ("START", "END"))
    if begin is not None and end is not None:
        claims.append(end - begin + 1)
    claims.append(int(min(parameters.number("POINT:LONG_FRAMES"), 1e9)))
    if claims[0] <= 0:
        claims.append(int(parameters.number("POINT:FRAMES")))
    there = (len(data) - _start(header, parameters)) // max(header.frame_bytes, 1)
    # Of several claims the longest that the file can hold: short counters wrap round.
    possible = [claim for claim in claims if 0 < claim <= there]
    if possible:
        return max(possible)
    needed = max(claims)
    if needed <= 0:
        raise SourceError(request.path, "has no frame in it", "Export it again")
    whole = _start(header, parameters) + needed * header.frame_bytes
    raise SourceError(
        request.path,
        f"ends in frame {max(there, 0)} of {needed}, after {size_text(len(data))} of "
        f"{size_text(whole)}",
        "Copy it again",
    )


def _long(parameters: Parameters, name: str) -> int | None:
    """A number of two 16-bit words, the low one first."""
    words = parameters.values.get(name)
    if not isinstance(words, np.ndarray) or words.size < 2 or words.dtype.kind != "u":
        return None
    return int(words[0]) + 65536 * int(words[1])


def _start(header: Header, parameters: Parameters) -> int:
    block = header.start or int(parameters.number("POINT:DATA_START"))
    return BLOCK * max(block - 1, 1)


def _joints(request: Request, data: bytes, header: Header, frames: int) -> NDArray[np.float64]:
    """(T, points, 3) of these bytes, in the file's unit; NaN where the residual is below 0."""
    joints = np.empty((frames, header.points, 3))
    step = header.frame_bytes
    for first in range(0, frames, PIECE):
        request.progress(first / frames, f"Reading frame {first}")
        count = min(PIECE, frames - first)
        raw = data[first * step : (first + count) * step]
        table = _numbers(raw, header).reshape(count, -1)[:, : 4 * header.points]
        with np.errstate(invalid="ignore"):  # NaN of every kind
            points = table.reshape(count, header.points, 4).astype(np.float64)
        if not header.floats:
            points[..., :3] *= header.scale
        # NaN as a residual is no proof that the marker was seen.
        joints[first : first + count] = np.where(points[..., 3:] >= 0, points[..., :3], np.nan)
    return joints


def _numbers(raw: bytes, header: Header) -> NDArray[Any]:
    if header.floats:
        return floats(raw, header.processor)
    return np.frombuffer(raw, ">i2" if header.processor == SGI else "<i2")


# --- points -----------------------------------------------------------------------------------


def _names(header: Header, parameters: Parameters) -> list[str]:
    """A name for each point: labels may be fewer."""
    labels = parameters.words("POINT:LABELS")[: header.points]
    return labels + [""] * (header.points - len(labels))


def _kept(
    request: Request, names: list[str], parameters: Parameters
) -> tuple[list[int], list[str]]:
    """The points that are markers, and what was left out."""
    asked = request.opening.array
    if asked not in (None, "all"):
        raise SourceError(request.path, f"has no points {asked!r}", "Leave out array, or 'all'")
    everything = list(range(len(names)))
    if asked == "all":
        return everything, []
    results = {word for group in RESULTS for word in parameters.words(f"POINT:{group}")}
    model = [i for i in everything if names[i] and (names[i] in results or RESULT.search(names[i]))]
    unnamed = [i for i in everything if "*" in names[i]]
    kept = [i for i in everything if i not in {*model, *unnamed}]
    if not kept:
        return everything, ["all points are results of a model"]
    told = []
    if model:
        told.append(
            f"{len(model)} results of a model left out: {listed([names[i] for i in model])}"
        )
    if unnamed:
        told.append(f"{len(unnamed)} unnamed points left out")
    if told:
        told[-1] += f"; array 'all' keeps all {len(names)} points"
    return kept, told


def _place(recording: Recording, parameters: Parameters) -> None:
    """Unit and up: as the file says, else as the figure tells."""
    stored = next(iter(parameters.words("POINT:UNITS")), "").lower()
    unit = UNITS.get(stored)
    screen = next(iter(parameters.words("POINT:Y_SCREEN")), "").upper()
    names = recording.topology.names
    recording.up, recording.unit, told = placed(names, recording.joints, "z+", unit)
    if screen in SCREENS:
        recording.up = SCREENS[screen]
        told = (f"up is {recording.up}, as POINT:Y_SCREEN says", *told[1:])
    recording.decisions += [f"unit {unit}, as POINT:UNITS says", *told] if unit else list(told)
