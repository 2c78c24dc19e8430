"""Keep libtiff quiet: it prints what it thinks of a damaged file straight to standard error.

That would be a second line beside the program's own sentence. Pillow offers no way to switch it
off, so the error handler is taken away in the library itself, wherever the wheel or the system put
it; where Pillow has libtiff built in (Windows) nothing is found, and libtiff may print.
"""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from pathlib import Path


@cache
def silence_libtiff() -> None:
    """Take libtiff's error handler away, for this process; later calls do nothing."""
    import ctypes

    for library in _libraries():
        with suppress(OSError, AttributeError):
            handler = ctypes.CDLL(library).TIFFSetErrorHandler
            handler.argtypes, handler.restype = [ctypes.c_void_p], ctypes.c_void_p
            handler(None)


def _libraries() -> list[str]:
    """Where the libtiff that Pillow uses may lie: it is one that is loaded already."""
    import PIL.Image  # loads it

    package = Path(PIL.__file__).parent
    found = {*package.parent.glob("pillow.libs/libtiff*"), *package.glob(".dylibs/libtiff*")}
    with suppress(OSError):  # there is such a list on Linux alone
        maps = Path("/proc/self/maps").read_text(errors="replace").splitlines()
        found |= {Path(line.split(maxsplit=5)[5]) for line in maps if "/libtiff" in line}
    return sorted(str(path) for path in found)
