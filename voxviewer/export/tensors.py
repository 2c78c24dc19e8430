"""Clips, batches and feature maps as NumPy files, each with a JSON file that says what it holds.

An `.npy` holds the values alone. An `.npz` holds them as `data`, and beside them `real`, `frames`
and `times`; of feature maps also the kernels that made them. The JSON file `OUT.json` holds what
was chosen, what the axes mean, and which file with which SHA-256 it came from.
"""

from __future__ import annotations

from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from voxviewer.data import Batch, Clip, FeatureMaps, Progress, Source, no_progress
from voxviewer.export.choosing import select_maps
from voxviewer.export.outputs import FILMS, TENSORS, Saved, require_suffix
from voxviewer.export.side_file import describe, side_path, to_json
from voxviewer.files import replace_file, require_place, size_text

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from voxviewer.settings import FilterSettings, Opening

Tensor = Clip | Batch | FeatureMaps

_PIECE = 1 << 24


def save_tensor(
    what: Tensor,
    path: str | os.PathLike[str],
    *,
    sources: Sequence[Source | Opening] = (),
    clips: Sequence[Clip | FeatureMaps] = (),
    filters: FilterSettings | None = None,
    maps: Sequence[int] | None = None,
    range: tuple[int, int] | None = None,
    progress: Progress = no_progress,
) -> Saved:
    """Write a tensor as `.npy` or `.npz`, and `OUT.json` beside it.

    Parameters
    ----------
    what : a clip (T, H, W, C), a batch (N, T, H, W, C) or feature maps (T', H', W', F)
    path : a name that ends in .npy or .npz; old files stay until the new ones are complete
    sources : what it was made of, for the JSON file: paths, and the SHA-256 of those that are files
    clips : of a batch, the clips or feature maps in it, whose frames and times then stand in the
        .npz
    filters : the choice that made the bank of feature maps
    maps, range : of feature maps which, in order, and the (first, last) clip frames in which their
        windows are centered, both included, as `save_gif` has them; None = all
    progress : called while writing; may raise to cancel

    Returns
    -------
    Saved
        `side` is the JSON file

    Raises
    ------
    ValueError
        for another kind of file, clips that are not those of the batch, and maps or frames that
        are not there
    SourceError
        where a file cannot be written

    Notes
    -----
    In an `.npz`, `real` is (T,) bool, False = padding; `frames` (T,) int64, the source frame of
    each, -1 = none or not known; `times` (T,) float64 seconds, NaN = not known; of a batch all
    (N, T). Of feature maps they are those of the clip frame at the center of each map's window.
    """
    suffix = check_output(path)
    require_place(path)
    what = _chosen(what, maps, range)
    arrays = _arrays(what, clips)
    facts = describe(what, arrays, sources, filters, _part(progress, 0.0, 0.3))
    beside = side_path(path)
    with replace_file(path) as part, replace_file(beside) as side:
        with open(part, "wb") as file:
            write = _write_npy if suffix == ".npy" else _write_npz
            write(file, arrays, _part(progress, 0.3, 1.0))
        side.write_text(to_json(facts, Path(path).name), encoding="utf-8")
        nbytes = part.stat().st_size
    progress(1.0, "Tensor saved")
    shape = " × ".join(str(n) for n in arrays["data"].shape)
    sentences = (f"{shape} {arrays['data'].dtype}, {size_text(nbytes)}.", f"With {beside.name}.")
    frames = what.data.shape[1 if isinstance(what, Batch) else 0]
    return Saved(Path(path), nbytes, frames, sentences, side=beside)


def check_output(path: str | os.PathLike[str], what: str = "tensors") -> str:
    """Return the ending of a tensor file's name; ask before the work.

    `what` is for the sentence: "clips", "feature maps" (which can be films as well).

    Raises
    ------
    ValueError
        one sentence, for an ending that is planned or not known
    """
    return require_suffix(path, TENSORS, (*FILMS, *TENSORS) if what == "feature maps" else None)


def _chosen(what: Tensor, maps: Sequence[int] | None, within: tuple[int, int] | None) -> Tensor:
    if isinstance(what, FeatureMaps):
        return select_maps(what, maps, within)
    if maps is not None or within is not None:
        raise ValueError("only feature maps have some to choose; leave out maps and range")
    return what


def _part(progress: Progress, start: float, end: float) -> Progress:
    return lambda share, text: progress(start + share * (end - start), text)


def _arrays(what: Tensor | object, clips: Sequence[Clip | FeatureMaps]) -> dict[str, NDArray[Any]]:
    """What an `.npz` holds, by name."""
    if isinstance(what, Clip):
        return {"data": what.data, **_timeline(what)}
    if isinstance(what, FeatureMaps):
        return _map_arrays(what)
    if isinstance(what, Batch):
        return _batch_arrays(what, clips)
    kind = type(what).__name__
    raise ValueError(f"a tensor file is made of a clip, a batch or feature maps, not of a {kind}")


def _timeline(what: Clip | FeatureMaps) -> dict[str, NDArray[Any]]:
    if isinstance(what, FeatureMaps):
        centers = _centers(what)
        return {name: array[centers] for name, array in _timeline(what.clip).items()}
    times = what.times if what.times is not None else np.full(len(what.data), np.nan)
    return {"real": what.real, "frames": what.frames, "times": times}


def _centers(maps: FeatureMaps) -> NDArray[np.int64]:
    """The clip frame at the center of each map frame's window."""
    return np.array([maps.clip_frame(frame) for frame in range(len(maps.data))], np.int64)


def _map_arrays(maps: FeatureMaps) -> dict[str, NDArray[Any]]:
    arrays = {"data": maps.data, **_timeline(maps), "clip_frames": _centers(maps)}
    if maps.bank is not None:
        arrays |= {"kernels": maps.bank.kernels, "bias": maps.bank.bias}
    return arrays


def _batch_arrays(batch: Batch, clips: Sequence[Clip | FeatureMaps]) -> dict[str, NDArray[Any]]:
    arrays = {"data": batch.data, "real": batch.real}
    N, T = batch.data.shape[:2]
    if not clips:
        return arrays | {"frames": np.full((N, T), -1), "times": np.full((N, T), np.nan)}
    if len(clips) != N or any(len(clip.data) != T for clip in clips):
        raise ValueError(f"clips must be the {N} of {T} frames that are in the batch")
    lines = [_timeline(clip) for clip in clips]
    return arrays | {name: np.stack([line[name] for line in lines]) for name in ("frames", "times")}


def _write_npy(file: IO[bytes], arrays: dict[str, NDArray[Any]], progress: Progress) -> None:
    progress(0.0, "Writing the values")
    _write_array(file, arrays["data"], progress)


def _write_npz(file: IO[bytes], arrays: dict[str, NDArray[Any]], progress: Progress) -> None:
    """One member an array, as `numpy.savez` writes them, not compressed."""
    import zipfile

    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        for name, array in arrays.items():
            progress(0.0, f"Writing {name}")
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                _write_array(member, array, progress)


def _write_array(file: IO[bytes], array: NDArray[Any], progress: Progress) -> None:
    """The `.npy` format in pieces, so that it can be cancelled, and a broadcast view takes none.

    Format: numpy.lib.format, version 1.0.
    """
    header = {
        "descr": np.lib.format.dtype_to_descr(array.dtype),
        "fortran_order": False,
        "shape": array.shape,
    }
    np.lib.format.write_array_header_1_0(file, header)
    if array.nbytes <= _PIECE:
        file.write(array.tobytes())
        return
    done, total = 0, array.nbytes
    for row in array:
        flat = np.ascontiguousarray(row).reshape(-1)
        step = _PIECE // flat.itemsize
        for start in range(0, flat.size, step):
            piece = flat[start : start + step]
            file.write(piece.data.cast("B"))
            done += piece.nbytes
            progress(done / total, f"{size_text(done)} of {size_text(total)}")
