"""A 3D process that dies: at its start, or of every picture, as VOX_DIES says."""

from __future__ import annotations

import os
import signal

from voxviewer.workers.child import serve


def die(call: object = None) -> dict[str, object]:
    os.kill(os.getpid(), signal.SIGKILL)
    return {}


def prepare() -> dict[str, object]:
    with open(os.environ["VOX_STARTS"], "a") as file:
        file.write("start\n")
    return die() if os.environ["VOX_DIES"] == "start" else {"vtk": "0"}


if __name__ == "__main__":
    serve({"scene": die, "render": die}, prepare)
