"""What Numba is told before it is imported: where its cache lies, and that its threads wait."""

from __future__ import annotations

import os
import sys

from voxviewer.files import cache_folder


def prepare_numba() -> None:
    """Set what Numba reads when it is imported: its cache in the user's folder, patient threads.

    Settings that the person made stay. libgomp's threads busy-wait unless told otherwise, and a
    0.3 ms call then takes 8 ms beside another busy thread.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    if "NUMBA_CACHE_DIR" in os.environ:
        return
    try:
        folder = str(cache_folder() / "numba")
    except OSError:
        return
    os.environ["NUMBA_CACHE_DIR"] = folder
    numba = sys.modules.get("numba")
    if numba is not None and not numba.config.CACHE_DIR:
        numba.config.CACHE_DIR = folder
