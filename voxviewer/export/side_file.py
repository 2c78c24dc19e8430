"""The JSON file beside a tensor: what it holds, what was chosen, and what it came from."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import platform
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import voxviewer
from voxviewer.data import Batch, Clip, FeatureMaps, Progress, Source, no_progress
from voxviewer.settings import FilterSettings, Opening

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from numpy.typing import NDArray

HASHED = 4 << 30
"""Bytes up to which a source's SHA-256 is taken; larger files would take minutes."""

AXES = {"clip": "THWC", "batch": "NTHWC", "maps": "THWF"}

_MEANING = {
    "real": "(T,) bool, False = padding",
    "frames": "(T,) source frame of each, -1 = none or not known",
    "times": "(T,) seconds, NaN = not known",
    "clip_frames": "(T,) clip frame at the center of each window",
    "kernels": "(kT, kH, kW, C, F), Keras' layout; applied as cross-correlation",
    "bias": "(F,)",
}


def side_path(path: str | os.PathLike[str]) -> Path:
    """Return the path of the JSON file: the whole name, and ".json"."""
    target = Path(path)
    return target.with_name(target.name + ".json")


def describe(
    what: Clip | Batch | FeatureMaps,
    arrays: dict[str, NDArray[Any]],
    sources: Sequence[Source | Opening],
    filters: FilterSettings | None = None,
    progress: Progress = no_progress,
) -> dict[str, Any]:
    """Return what the side file says, as plain values.

    Parameters
    ----------
    what, arrays : the noun, and the arrays of it by name; "data" is the tensor
    sources : what it was made of; files are read once for their SHA-256
    filters : the choice that made the bank
    progress : called while files are read
    """
    kind = _kind(what)
    facts: dict[str, Any] = {
        "kind": kind,
        "axes": AXES[kind],
        "arrays": {name: _array(name, array) for name, array in arrays.items()},
        "range": _range(arrays["data"]),
        "sources": [_source(source, progress) for source in sources],
    }
    facts |= _batch(what) if isinstance(what, Batch) else _clip(_clip_of(what))
    if isinstance(what, FeatureMaps):
        facts |= _maps(what, filters)
    versions = {"voxviewer": voxviewer.__version__, "numpy": np.__version__}
    return facts | {"versions": versions | {"python": platform.python_version()}}


def to_json(facts: dict[str, Any], name: str) -> str:
    """Return the facts as strict JSON; numbers that JSON has no word for are null."""
    return json.dumps(_plain({"file": name, **facts}), indent=2, allow_nan=False) + "\n"


def _kind(what: Clip | Batch | FeatureMaps) -> str:
    if isinstance(what, Batch):
        return "batch"
    return "clip" if isinstance(what, Clip) else "maps"


def _clip_of(what: Clip | FeatureMaps) -> Clip:
    return what if isinstance(what, Clip) else what.clip


def _array(name: str, array: NDArray[Any]) -> dict[str, Any]:
    facts = {"shape": list(array.shape), "dtype": str(array.dtype)}
    return facts | ({"meaning": _MEANING[name]} if name in _MEANING else {})


def _range(data: NDArray[Any]) -> list[float] | None:
    """The lowest and highest finite value; None where there is none."""
    low, high = math.inf, -math.inf
    for row in data:  # one at a time: a mask of all would be large
        finite = row[np.isfinite(row)] if row.size else row
        if finite.size:
            low, high = min(low, float(finite.min())), max(high, float(finite.max()))
    return [low, high] if low <= high else None


def _clip(clip: Clip) -> dict[str, Any]:
    return {
        "name": clip.name,
        "channels": list(clip.channels),
        "encoding": asdict(clip.settings),
        "steps": [asdict(step) for step in clip.steps],
        "warnings": list(clip.warnings),
        "affine": None if clip.affine is None else clip.affine.tolist(),
        "spacing": clip.spacing,
    }


def _batch(batch: Batch) -> dict[str, Any]:
    return {"names": list(batch.names)}


def _maps(maps: FeatureMaps, filters: FilterSettings | None) -> dict[str, Any]:
    bank = maps.bank
    return {
        "convolution": asdict(maps.settings),
        "engine": maps.engine,
        "seconds": maps.seconds,
        "filters": asdict(filters) if filters is not None else None,
        "network": asdict(maps.network) if maps.network is not None else None,
        "made_with": dict(maps.made_with),
        "origin": bank.origin if bank is not None else None,
        "activation": bank.activation if bank is not None else None,
        "names": [maps.name(index) for index in range(maps.data.shape[3])],
        "receptive_field": list(maps.receptive_field),
        "stride": list(maps.stride),
        "offset": list(maps.offset),
    }


def _source(source: Source | Opening, progress: Progress) -> dict[str, Any]:
    """Path, how it was opened, and the SHA-256 where it is a file of no more than `HASHED`."""
    opening = source if isinstance(source, Opening) else source.opening
    path = Path(opening.path)
    facts = asdict(opening) | {"sha256": None, "bytes": None}
    with suppress(OSError, ValueError):  # gone since, or no path at all ("sample:waving-hand")
        if path.is_file():
            facts |= {"path": str(path.resolve()), "bytes": path.stat().st_size}
            if path.stat().st_size <= HASHED:
                facts["sha256"] = _sha256(path, progress)
    if opening.stack is not None:  # the files that follow, each with its own checksum
        kept = ("path", "sha256", "bytes")
        others = (_source(Opening(other), progress) for other in opening.stack)
        facts["stack"] = [{name: other[name] for name in kept} for other in others]
    return facts


def _sha256(path: Path, progress: Progress) -> str:
    digest = hashlib.sha256()
    size = max(path.stat().st_size, 1)
    with open(path, "rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
            progress(min(file.tell() / size, 1.0), f"Reading {path.name} for its checksum")
    return digest.hexdigest()


def _plain(value: Any) -> Any:
    """Values that JSON has: bytes as base64, NaN and infinity as null, NumPy's numbers as ours."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
