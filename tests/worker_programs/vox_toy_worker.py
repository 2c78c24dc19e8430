"""A child for the tests of `voxviewer.workers`: it prints, echoes, computes, crashes, hangs."""

from __future__ import annotations

import os
import sys
import threading
import time

import numpy as np

print("printed before serve() could take the pipes aside", flush=True)

from voxviewer.workers.child import serve  # noqa: E402


def echo(call):
    print("printed by a request")
    os.write(1, b"written to file descriptor 1\n")
    return {
        "values": call.values,
        "writable": [a.flags.writeable for a in call.arrays.values()],
    } | {f"{name} again": array.copy() for name, array in call.arrays.items()}


def double(call):
    call.progress(0.5, "half way")
    call.outputs["twice"][...] = 2 * call.arrays["once"]
    return {}


def crash(call):
    os.kill(os.getpid(), 9) if os.name == "posix" else os._exit(9)


def crash_once(call):
    if not os.path.exists(call.values["marker"]):
        open(call.values["marker"], "w").close()
        os._exit(7)
    return {"process": os.getpid()}


def hang(call):
    call.progress(0.25, "hanging")
    threading.Event().wait()


def tell_and_hang(call):
    """Tell what there is so far, and come to no end."""
    call.tell({"so far": 3, "row": np.arange(3.0)})
    hang(call)


def tell_until_stopped(call):
    """Come to an end where it is asked for."""
    call.tell({"so far": 1})
    while not call.stopping():
        time.sleep(0.001)
    return {"process": os.getpid()}


def double_in_time(call):
    """Wait to be killed the first time, `double` the second."""
    if not os.path.exists(call.values["marker"]):
        open(call.values["marker"], "w").close()
        hang(call)
    return double(call)


def fail(call):
    raise {"value": ValueError, "memory": MemoryError, "exit": SystemExit}[call.values["how"]]("no")


def keep(call):
    """Keep looking at an input and an output after the request, as TensorFlow may."""
    kept.extend([*call.arrays.values(), *call.outputs.values()])
    return {}


def about(call):
    return {"path": sys.path, "process": os.getpid(), "cwd": os.getcwd()}


def priorities(call):
    """How far the thread that prepared stood back, and how far one that a request starts."""
    thread = threading.Thread(target=lambda: nices.append(os.nice(0)))
    thread.start()
    thread.join()
    return {"prepared": nices[0], "asked": nices[1]}


def prepare():
    if "VOX_TOY_MISSING" in os.environ:
        raise ImportError("No module named 'toys'")
    if "VOX_TOY_STILLBORN" in os.environ:
        os._exit(5)
    nices.append(os.nice(0) if hasattr(os, "nice") else 0)
    time.sleep(float(os.environ.get("VOX_TOY_SLOW", "0")))
    return {"text": "Toy 1.0 ready", "version": "1.0"}


kept: list = []
nices: list = []
REQUESTS = {
    f.__name__: f
    for f in (
        echo,
        double,
        double_in_time,
        crash,
        crash_once,
        hang,
        fail,
        keep,
        about,
        priorities,
        tell_and_hang,
        tell_until_stopped,
    )
}

if __name__ == "__main__":
    serve(REQUESTS, prepare)
