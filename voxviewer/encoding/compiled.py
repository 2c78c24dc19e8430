"""Which inner loops are compiled by now: work that cannot wait for a compiler runs in NumPy.

`warm_up` compiles them in the background, or loads them from the user's cache folder. Until then,
and where Numba is missing or fails, `loop` gives None, and the caller's NumPy twin makes the same
bits. A script without a window loads them as soon as it has enough to do.
"""

from __future__ import annotations

import importlib
import logging
import threading
from typing import Any

import numpy as np

from voxviewer.compiling import prepare_numba

log = logging.getLogger(__name__)

ENOUGH = 4_000_000
"""Values after which importing Numba (half a second) is worth it where nobody warmed up."""

_loading = threading.Lock()
_loops: dict[str, Any] = {}
_missing = False
_worked = 0


def loop(name: str, values: int = 0) -> Any | None:
    """The compiled loop of this name, or None: then NumPy does the work.

    Never waits while another thread compiles.

    Parameters
    ----------
    values : how many values the work makes and reads
    """
    global _worked
    if name in _loops:
        return _loops[name]
    _worked += values
    if _missing or _worked < ENOUGH or not _loading.acquire(blocking=False):
        return None
    try:
        _load()
    finally:
        _loading.release()
    return _loops.get(name)


def warm_up() -> None:
    """Load or compile the loops; for a background thread."""
    with _loading:
        _load()


def _load() -> None:
    """Compile each loop for float32, or find it in the cache; with `_loading` held."""
    global _missing
    if _missing or _loops:
        return
    try:
        prepare_numba()
        import numba

        if numba.config.DISABLE_JIT:
            raise ImportError("NUMBA_DISABLE_JIT is set")
        loops = importlib.import_module("voxviewer.encoding.loops")
        for name, arguments in _examples():
            function = getattr(loops, name)
            function(*arguments)
            _loops[name] = function
    except Exception as error:
        # Whatever goes wrong in a compiler on a strange machine, the work must go on.
        log.warning("Numba cannot be used, encoding runs in plain NumPy: %s", error)
        _missing = True
        _loops.clear()


def _examples() -> list[tuple[str, tuple[Any, ...]]]:
    """Arguments of the types that encoding calls each loop with."""
    x, out = np.zeros((2, 2, 2), np.float32), np.zeros((2, 2, 2), np.float32)
    wide = x.astype(np.float64)
    at, share = np.zeros(2, np.intp), np.zeros(2)
    taps = np.zeros((2, 4), np.intp)
    axes = at, share, at, share, at, share
    return [
        ("linear_wide", (x, *axes, np.ones(2, np.bool_), out)),
        ("linear_narrow", (x, *axes, out)),
        ("linear_wide", (wide, *axes, np.ones(2, np.bool_), out)),
        ("linear_narrow", (wide, *axes, out)),
        ("draw_max", (x, x, out)),
        ("draw_lines", (np.zeros(2, np.int64), *[share] * 4, 0.5, 1.0, out[0])),
        ("draw_strips", (at, *[np.zeros((2, 2))] * 2, share, 1.0, 1.0, out)),
        ("draw_strips", (at, *[np.zeros((2, 2))] * 2, share, 1.0, 1.0, out[..., :1])),
        ("gather", (x.view(np.uint32), at, at, at, out.view(np.uint32))),
        ("spline_filter", (wide.copy(), -0.25, 1.0, 0.0, True)),
        ("spline_filter", (wide.copy().transpose(0, 2, 1), -0.25, 1.0, 0.0, True)),
        ("spline_sum", (wide, *[taps, np.zeros((2, 4))] * 3, 0.0, out)),
    ]
