"""NRRD: .nrrd with its voxels, .nhdr with them beside it.

What an axis is, is told by its kind: of space, of time, a list, colors, vectors. Axes of space are
H, W, D in the order in which they are stored. The world (LPS, LAS or RAS) is turned to RAS+.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from voxviewer.data import Facts, Float64, Volume
from voxviewer.files import SourceError
from voxviewer.sources.boundary import DAMAGED
from voxviewer.sources.detached import Payload, listed, numbered, payload_voxels
from voxviewer.sources.grids import beside, edges_of, require_shape, usable
from voxviewer.sources.layout import Layout, chosen_layout, describe_volume
from voxviewer.sources.nrrd_header import NrrdHeader, nrrd_header
from voxviewer.sources.stored import Conversion

if TYPE_CHECKING:
    from pathlib import Path

    from voxviewer.sources.boundary import Request

SPATIAL = ("domain", "space")
TIMELIKE = ("time", "list")
SINGLE = ("stub", "scalar")
UNTOLD = ("none", "???", "")

WORLDS = {
    "right-anterior-superior": (1, 1, 1), "ras": (1, 1, 1),
    "left-anterior-superior": (-1, 1, 1), "las": (-1, 1, 1),
    "left-posterior-superior": (-1, -1, 1), "lps": (-1, -1, 1),
}  # fmt: skip
"""Signs that turn a space to RAS."""

MILLIMETERS = {"mm": 1.0, "millimeter": 1.0, "cm": 10.0, "m": 1000.0, "um": 1e-3, "µm": 1e-3,
               "microns": 1e-3, "micron": 1e-3, "nm": 1e-6}  # fmt: skip
SECONDS = {"s": 1.0, "sec": 1.0, "ms": 1e-3, "msec": 1e-3, "us": 1e-6}


def is_nrrd(start: bytes) -> bool:
    """True where the first bytes are "NRRD" and a version."""
    return start.startswith(b"NRRD0") and start[5:8].isdigit()


def read_nrrd(request: Request) -> Volume:
    """Open a .nrrd or .nhdr file; reader of the table `READERS`."""
    header = nrrd_header(request.path)
    require_shape(request.path, header.sizes)
    complex_values = _is_complex(header)
    roles = _Roles.of(request, header, complex_values)
    dtype = np.dtype(header.dtype.str.replace("f4", "c8").replace("f8", "c16"))
    conversion = Conversion(dtype if complex_values else header.dtype)
    voxels, more = payload_voxels(
        request, _payload(request, header), roles.sizes, roles.letters, conversion
    )
    place = _place(header, roles)
    times = _times(header, roles, voxels.shape[0])
    facts = Facts(
        format="NRRD" + (f", {header.encoding}" if header.encoding else ""),
        description=describe_volume(voxels.shape),
        stored_shape=header.sizes,
        stored_axes=roles.all_letters,
        stored_dtype=str(conversion.stored.newbyteorder("=")),
        nbytes=math.prod(voxels.shape) * voxels.dtype.itemsize,
        lazy=voxels.lazy,
        decisions=(roles.decision, *roles.said, *place.decisions),
        warnings=(*place.warnings, *more),
    )
    return Volume(
        voxels, facts, request.opening, request.path.name, place.affine, place.spacing, times
    )


def _payload(request: Request, header: NrrdHeader) -> Payload:
    """The file or files with the voxels, and what is to be left out of them."""
    name = header.fields.get("datafile")
    path = request.path
    start = header.end
    paths: tuple[Path, ...] = (path,)
    if name is not None:
        start = 0
        if name.split()[:1] == ["LIST"]:
            paths = listed(path, header.lines)
        else:
            paths = numbered(path, name) or (beside(path, name),)
    lines, skip = header.number("lineskip"), header.number("byteskip")
    if lines < 0 or skip < -1 or (skip == -1 and header.encoding):
        raise SourceError(path, "skips bytes in a way that makes no sense", DAMAGED)
    if skip == -1:
        return Payload(paths, None, encoding=header.encoding)
    if lines:
        with open(paths[0], "rb") as file:
            file.seek(start)
            for _ in range(lines):
                if not file.readline():
                    break
            start = file.tell()
    return Payload(paths, start, skip, header.encoding)


# --- what the axes are ------------------------------------------------------------------------


def _is_complex(header: NrrdHeader) -> bool:
    """True where the fastest axis is the real and the imaginary part of floats."""
    kinds = header.words("kinds")
    pair = bool(kinds) and kinds[0].lower() == "complex" and header.sizes[0] == 2
    return pair and header.dtype.kind == "f" and header.encoding != "ascii"


@dataclass(frozen=True)
class _Roles:
    """`sizes`, `letters` of the bytes, the fastest first; `all_letters` as stored, and sentences.

    `space` are the places of H, W, D among the stored axes, `time` that of T.
    """

    sizes: tuple[int, ...]
    letters: str
    all_letters: str
    space: tuple[int, ...]
    time: int | None
    decision: str
    said: tuple[str, ...]

    @classmethod
    def of(cls, request: Request, header: NrrdHeader, complex_values: bool) -> _Roles:
        """From the kinds of the axes, or the letters a person gave."""
        layout, said = _layout(request, header, complex_values)
        kept = [
            (letter, size)
            for place, (letter, size) in enumerate(zip(layout.axes, header.sizes, strict=True))
            if letter != "." and not (complex_values and place == 0)
        ]
        letters = "".join(letter for letter, _ in kept)
        return cls(
            tuple(size for _, size in kept),
            letters,
            # Facts have a letter for every stored axis; one that is left out is a channel.
            layout.axes.replace(".", "C"),
            tuple(layout.axes.index(letter) for letter in "HWD" if letter in letters),
            layout.axes.index("T") if "T" in letters else None,
            layout.decision,
            said,
        )


def _layout(
    request: Request, header: NrrdHeader, complex_values: bool
) -> tuple[Layout, tuple[str, ...]]:
    """A letter for each stored axis ("." for one that is left out), and what was made of them."""
    path, sizes = str(request.path), header.sizes
    if request.opening.axes is not None:
        layout = chosen_layout(request.opening.axes, sizes, path)
        if layout.is_skeleton or complex_values:
            raise SourceError(path, f"cannot be opened with axes {layout.axes!r}", "Leave out axes")
        return layout, ()
    letters = _letters(header, complex_values)
    if letters is None or letters.count("H") + letters.count("W") < 2:
        kinds = header.fields.get("kinds", "no kinds")
        raise SourceError(
            path,
            f"has axes {sizes} with {kinds}, which cannot be shown",
            "Give their letters in axes",
        )
    decision = f"stored axes are {', '.join(letter for letter in letters if letter != '.')}"
    return Layout(letters, decision), _said(header, letters, complex_values)


def _letters(header: NrrdHeader, complex_values: bool) -> str | None:
    """The letters by the axes' kinds; None where two axes would have the same one."""
    kinds = [kind.lower() for kind in header.words("kinds")] or [""] * len(header.sizes)
    vectors = header.vectors("spacedirections")
    directed = vectors if len(vectors) == len(kinds) else []
    space, letters = iter("HWDT"), ""
    for place, (kind, size) in enumerate(zip(kinds, header.sizes, strict=True)):
        if complex_values and place == 0:
            letters += "."
        elif kind in SINGLE or (size == 1 and kind not in SPATIAL and len(kinds) > 3):
            letters += "."
        elif kind in TIMELIKE:
            letters += "T" if "T" not in letters else "C"
        elif kind in SPATIAL or (kind in UNTOLD and (not directed or directed[place])):
            letters += next(space, "C")
        else:
            letters += "C"
    known = letters.replace(".", "")
    return letters if len(set(known)) == len(known) else None


def _said(header: NrrdHeader, letters: str, complex_values: bool) -> tuple[str, ...]:
    said = []
    kinds = header.words("kinds")
    if complex_values:
        said.append("complex values shown as their magnitude")
    if kinds and "C" in letters:
        said.append(f"the axis of kind {kinds[letters.index('C')]} is the channels")
    if kinds and "T" in letters and kinds[letters.index("T")].lower() == "list":
        said.append(f"a list of {header.sizes[letters.index('T')]} is shown as time")
    return tuple(said)


# --- where they lie in space and time ---------------------------------------------------------


@dataclass(frozen=True)
class _Place:
    """Affine, spacing (D, H, W) in millimeters, and what was decided and doubted about them."""

    affine: Float64 | None = None
    spacing: tuple[float, float, float] | None = None
    decisions: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


NONSENSE = "the orientation in the header makes no sense and is left out"


def _place(header: NrrdHeader, roles: _Roles) -> _Place:
    """The world of the voxels: from directions and space, else the bare spacings."""
    vectors = header.vectors("spacedirections")
    if len(vectors) != len(header.sizes):
        return _bare(header, roles)
    columns = [vectors[place] for place in roles.space]
    if len(columns) < 2 or any(column is None for column in columns):
        return _Place()
    directions = np.array([(column or [])[:3] for column in columns], np.float64).T
    directions *= _unit(header)
    if directions.shape[0] == 2:
        return _flat(directions)
    if directions.shape[1] == 2:
        directions = np.column_stack([directions, _normal(directions)])
    return _in_world(header, directions)


def _unit(header: NrrdHeader) -> float:
    """Millimeters of one unit of the space; Teem and ITK take millimeters where none is told."""
    units = header.quoted("spaceunits")
    return MILLIMETERS.get(units[0].strip().lower(), 1.0) if units else 1.0


def _normal(directions: Float64) -> Float64:
    """1 mm across the plane of two directions (3, 2)."""
    across = np.cross(directions[:, 0], directions[:, 1])
    with np.errstate(all="ignore"):
        normal: Float64 = across / np.linalg.norm(across)
    return normal


def _flat(directions: Float64) -> _Place:
    """A picture in a plane of its own."""
    edges = np.sqrt((directions**2).sum(axis=0))
    if directions.shape[1] != 2 or not (np.isfinite(edges).all() and (edges > 0).all()):
        return _Place()
    return _Place(spacing=(1.0, float(edges[0]), float(edges[1])))


def _in_world(header: NrrdHeader, directions: Float64) -> _Place:
    """The affine of directions (3, 3), a column for each of H, W, D."""
    affine = np.eye(4)
    affine[:3, :3] = directions
    if not usable(affine):
        return _Place(warnings=(NONSENSE,))
    spacing = edges_of(affine)
    space = header.fields.get("space", "").lower().removesuffix("-time").removesuffix("t")
    if space not in WORLDS:
        known = f"the space {space!r}" if space else "no space is named, so it"
        return _Place(spacing=spacing, warnings=(f"{known} does not tell left from right",))
    origin = header.vectors("spaceorigin")
    if origin and origin[0] is not None and len(origin[0]) >= 3:
        affine[:3, 3] = np.array(origin[0][:3]) * _unit(header)
    affine = np.diag([*WORLDS[space], 1]) @ affine
    if not np.isfinite(affine).all():
        return _Place(spacing=spacing, warnings=(NONSENSE,))
    affine.flags.writeable = False
    return _Place(affine, spacing, (f"orientation from the space directions, {space}",))


def _bare(header: NrrdHeader, roles: _Roles) -> _Place:
    """Spacing alone, where the header has no directions."""
    words = header.words("spacings")
    steps = [abs(float(words[place])) for place in roles.space] if words else []
    if len(steps) < 2 or not all(math.isfinite(step) and step > 0 for step in steps):
        return _Place()
    H, W, D = (*steps, 1.0)[:3]
    said = "no orientation is stored: which side is left is not known"
    return _Place(spacing=(D, H, W), warnings=(said,) if len(steps) == 3 else ())


def _times(header: NrrdHeader, roles: _Roles, count: int) -> Float64 | None:
    """Seconds of each time point, where the axis is one of time and says its step and unit."""
    if roles.time is None or count < 2:
        return None
    words, units = header.words("spacings"), header.quoted("units")
    if not words or len(units) != len(header.sizes):
        return None
    step, scale = float(words[roles.time]), SECONDS.get(units[roles.time].strip().lower())
    if scale is None or not math.isfinite(step) or step <= 0:
        return None
    times: Float64 = np.arange(count, dtype=np.float64) * step * scale
    times.flags.writeable = False
    return times
