"""The handwritten convolution against a Keras `Conv3D` layer inside `tf.function`.

    python benchmarks/conv3d.py [--rounds 7] [--threads 1 2] [--only k5] [--json FILE]
                                [--cases main | grid | few] [--alone] [--best] [--processor]

How it is measured: float32, padding "same", the bias included. Keras runs twice, each time in a
process of its own: as installed, which is what its users get, and with oneDNN switched on
(TF_ENABLE_ONEDNN_OPTS=1), which TensorFlow does by itself on some processors only. torch runs too
where it is installed. All have as many threads as we use, and are pinned to one processor where one
thread is measured. Rounds are interleaved (ours without `out=`, where the memory of earlier results
is the pool's to give, ours with it, the others), each measured call comes after two that are not
(after one, where a call takes a second), and the medians are shown, or with `--best` the quickest:
on a computer that others use too, that says more. There `--processor` helps too: it counts the
seconds of all threads on the processors instead of the clock's, which is what one thread would take
alone. Our padding copy is inside, compiling and tracing are outside on all sides. A ratio is the
other's time divided by ours with a reused result: above 1 we are faster. SciPy
(`ndimage.correlate`, one thread, for each filter and channel) is timed once, for the first filter,
and multiplied by the filters. `--alone` leaves SciPy, torch and Keras as installed out.

`--cases grid` is where we may never be slower than Keras as installed; `few` are banks of few
filters and maps narrower than a block of the inner loop. The default is the table of the documents.

Look at the processor before quoting a ratio: much of it is how well TensorFlow uses that one.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

ONEDNN = "TF_ENABLE_ONEDNN_OPTS"
"""What switches oneDNN on, or off, before TensorFlow is imported."""

PROCESSOR = "CONV3D_PROCESSOR_TIME"
"""Set for our own children: count the processor's seconds, not the clock's."""

ROOT = Path(__file__).resolve().parent.parent

MAIN = [
    # clip (T, H, W, C), filters, kernel
    ((16, 64, 64, 1), 8, 3),
    ((30, 64, 64, 1), 8, 3),
    ((64, 128, 128, 1), 8, 3),
    ((128, 128, 128, 1), 16, 3),
    ((64, 128, 128, 1), 8, 5),
    ((64, 128, 128, 1), 8, 7),
    ((16, 112, 112, 3), 64, 3),
    ((32, 64, 64, 8), 16, 3),
]
GRID = [
    ((t, n, n, c), filters, k)
    for t in (8, 32)
    for n in (32, 112)
    for c in (1, 3, 8)
    for filters in (4, 16, 64)
    for k in (3, 5)
]
FEW = [
    *(((32, 64, 64, channels), filters, 3) for channels in (1, 8) for filters in (1, 2, 3, 6)),
    *(((32, 64, width, 4), filters, 3) for width in (1, 4, 7, 9) for filters in (8, 32)),
]
SETS = {"main": MAIN, "grid": GRID, "few": FEW}
CASES = [case for cases in SETS.values() for case in cases]


def inputs(case):
    """Seeded, so that both processes convolve the same numbers."""
    shape, filters, k = case
    rng = np.random.default_rng(0)
    x = rng.standard_normal(shape, dtype=np.float32)
    scale = np.float32(np.sqrt(2 / (k**3 * shape[-1])))
    kernels = rng.standard_normal((k, k, k, shape[-1], filters), dtype=np.float32) * scale
    return x, kernels, rng.standard_normal(filters, dtype=np.float32)


def timed(call) -> float:
    """Seconds of the third call of three; of the second, where a call takes a second."""
    clock = time.process_time if os.environ.get(PROCESSOR) else time.perf_counter
    seconds = 0.0
    for _ in range(3):
        before, start = seconds, clock()
        call()
        seconds = clock() - start
        if before > 1:
            break
    return seconds


def keras_child(threads: int) -> None:
    """Answer each line "time INDEX" or "error INDEX" with a number, until the input ends."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # TensorFlow may print
    import keras
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    print(f"TensorFlow {tf.__version__}, Keras {keras.__version__}", file=answers)
    calls = {}
    for line in sys.stdin:
        what, index = line.split()
        if index not in calls:
            calls.clear()
            calls[index] = keras_call(keras, tf, CASES[int(index)])
        call = calls[index]
        answer = timed(call) if what == "time" else error(CASES[int(index)], call().numpy()[0])
        print(answer, file=answers)


def keras_call(keras, tf, case):
    x, kernels, bias = inputs(case)
    layer = keras.layers.Conv3D(case[1], case[2], padding="same")
    layer.build((1, *x.shape))
    layer.set_weights([kernels, bias])
    function = tf.function(lambda clip: layer(clip))
    clip = tf.constant(x[None])
    return lambda: function(clip)


def onednn_child(threads: int) -> None:
    """Keras with oneDNN, as our own worker runs it."""
    os.environ[ONEDNN] = "1"
    keras_child(threads)


def torch_child(threads: int) -> None:
    """Answer each line "time INDEX" with the seconds of `torch.nn.functional.conv3d`."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    import torch

    torch.set_num_threads(threads)
    print(f"torch {torch.__version__}", file=answers)
    for line in sys.stdin:
        with torch.no_grad():
            print(timed(torch_call(torch, CASES[int(line.split()[1])])), file=answers)


def torch_call(torch, case):
    x, kernels, bias = inputs(case)
    clip = torch.from_numpy(np.ascontiguousarray(x.transpose(3, 0, 1, 2)[None]))
    weights = torch.from_numpy(np.ascontiguousarray(kernels.transpose(4, 3, 0, 1, 2)))
    bias = torch.from_numpy(bias)
    return lambda: torch.nn.functional.conv3d(clip, weights, bias, padding=case[2] // 2)


def scipy_seconds(case) -> float:
    """Seconds of `ndimage.correlate` for all channels of one filter, times the filters."""
    from scipy.ndimage import correlate

    x, kernels, _ = inputs(case)
    start = time.perf_counter()
    for channel in range(x.shape[3]):
        correlate(x[..., channel], kernels[..., channel, 0], mode="constant")
    return (time.perf_counter() - start) * kernels.shape[4]


def error(case, maps) -> float:
    """The largest error at 3000 voxels against float64, over the largest sum |x||w| among them."""
    from voxviewer.convolution.reference import exact_at

    x, kernels, bias = inputs(case)
    places = np.random.default_rng(1).integers(0, maps.shape, (3000, 4))
    choices = ((1, 1, 1), "same", (1, 1, 1))
    exact = exact_at(x, kernels, bias, *choices, places)
    sums = exact_at(np.abs(x), np.abs(kernels), np.abs(bias), *choices, places)
    return float(np.abs(maps[tuple(places.T)] - exact).max() / sums.max())


class Peer:
    """Another side, by its name in `CHILDREN`, in its own process."""

    def __init__(self, name: str, threads: int) -> None:
        path = (str(ROOT), os.environ.get("PYTHONPATH"))
        plain = {name: value for name, value in os.environ.items() if name != ONEDNN}
        self.child = subprocess.Popen(
            [sys.executable, __file__, "--child", name, "--threads", str(threads)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**plain, "PYTHONPATH": os.pathsep.join(filter(None, path))},
            text=True,
        )
        self.version = self.child.stdout.readline().strip()

    def ask(self, what: str, index: int) -> float:
        """Let the child answer `what` ("time" or "error") for a case."""
        self.child.stdin.write(f"{what} {index}\n")
        self.child.stdin.flush()
        return float(self.child.stdout.readline())

    def close(self) -> None:
        """End the child."""
        self.child.stdin.close()
        self.child.wait()


def pin(threads: int) -> None:
    """Keep this process, and the child it starts, on so many processors (Linux)."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(ALL_PROCESSORS)[-threads:])


ALL_PROCESSORS = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else {0}


def measure(index: int, rounds: int, peers: dict[str, Peer], others: bool, typical) -> dict:
    """Seconds of one case by side, `typical` of the rounds; "scipy" only where it is asked for."""
    from voxviewer.convolution import conv3d

    case = CASES[index]
    x, kernels, bias = inputs(case)
    out = conv3d(x, kernels, bias, padding="same")
    times: dict[str, list[float]] = {name: [] for name in ("fresh", "reused", *peers)}
    for _ in range(rounds):
        times["fresh"].append(timed(lambda: conv3d(x, kernels, bias, padding="same")))
        times["reused"].append(timed(lambda: conv3d(x, kernels, bias, padding="same", out=out)))
        for name, peer in peers.items():
            times[name].append(peer.ask("time", index))
    if others:
        times["scipy"] = [scipy_seconds(case)]
    seconds = {name: typical(values) for name, values in times.items()}
    work = 2.0 * out.size * kernels[..., 0].size
    return {
        **seconds,
        "gflops": work / seconds["reused"] / 1e9,
        "error": error(case, out),
        "keras_error": peers["onednn"].ask("error", index),
    }


HEADER = (
    f"{'clip -> filters, kernel':<30}{'fresh ms':>9}{'reused ms':>10}{'GFLOP/s':>8}  "
    f"{'Keras as installed':>19}{'with oneDNN':>16}{'torch':>7}{'SciPy':>7}{'error':>7}{'Keras':>7}"
)


def _against(row, name: str) -> str:
    """How many times as long another side takes, or a dash where it was not timed."""
    return f"{row[name] / row['reused']:.1f}x" if name in row else "-"


def _timed_against(row, name: str) -> str:
    return f"{1e3 * row[name]:.2f} ms {_against(row, name):>6}" if name in row else "-"


def line(case, row) -> str:
    shape, filters, k = case
    return (
        f"{f'{shape} -> {filters}, k{k}':<30}{1e3 * row['fresh']:>9.2f}{1e3 * row['reused']:>10.2f}"
        f"{row['gflops']:>8.0f}  {_timed_against(row, 'keras'):>19}"
        f"{_timed_against(row, 'onednn'):>16}{_against(row, 'torch'):>7}"
        f"{_against(row, 'scipy'):>7}{row['error']:>7.0e}{row['keras_error']:>7.0e}"
    )


CHILDREN = {"keras": keras_child, "onednn": onednn_child, "torch": torch_child}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--cases", choices=SETS, default="main")
    parser.add_argument("--only", default="", help="cases whose line contains this text")
    parser.add_argument("--json", type=Path, help="write the figures to this file too")
    parser.add_argument("--alone", action="store_true", help="only Keras with oneDNN beside us")
    parser.add_argument("--best", action="store_true", help="the quickest round, not the median")
    parser.add_argument(
        "--processor", action="store_true", help="seconds of processor time, over all threads"
    )
    parser.add_argument("--child", choices=CHILDREN, help=argparse.SUPPRESS)
    choices = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    if choices.child:
        CHILDREN[choices.child](choices.threads[0])
        return 0
    if choices.processor:
        os.environ[PROCESSOR] = "1"
    others = not choices.alone
    names = ["onednn"]
    if others:
        names += ["keras"] + (["torch"] if importlib.util.find_spec("torch") else [])
    typical = min if choices.best else statistics.median
    from voxviewer.convolution import tuning

    tuning.warm_up()
    figures = []
    for threads in choices.threads:
        pin(threads)
        peers = {name: Peer(name, threads) for name in names}
        wide = "with" if tuning.has_avx512() else "without"
        versions = "; ".join(dict.fromkeys(peer.version for peer in peers.values()))
        print(f"\n{threads} thread(s); {versions}; processor {wide} AVX-512\n{HEADER}")
        with tuning.limited_to(threads):
            for case in SETS[choices.cases]:
                if choices.only not in f"{case[0]} -> {case[1]}, k{case[2]}":
                    continue
                index = CASES.index(case)
                row = measure(index, choices.rounds, peers, others, typical)
                figures.append({"threads": threads, "case": case, **row})
                print(line(case, row), flush=True)
        for peer in peers.values():
            peer.close()
    if choices.json:
        choices.json.write_text(json.dumps(figures, indent=1))
    return 1 if verdict(figures) else 0


def verdict(figures: list[dict]) -> int:
    """Print the least ratios, and where our error was too large; how often we failed.

    Being slower than Keras as installed counts as a failure; oneDNN is the better rival, not the
    promise.
    """
    failed = 0
    for name, title in (("keras", "Keras as installed"), ("onednn", "Keras with oneDNN")):
        rows = sorted((row for row in figures if name in row), key=lambda row: _ratio(row, name))
        if not rows:
            continue
        slower = [row for row in rows if _ratio(row, name) < 1]
        least = _ratio(rows[0], name)
        print(f"\nslower than {title}: {len(slower) or 'never'}; the least ratio is {least:.2f}x")
        for row in slower:
            print(f"  {row['case']}, {row['threads']} thread(s): {_ratio(row, name):.2f}x")
        failed += len(slower) if name == "keras" else 0
    worse = [row for row in figures if row["error"] > 1.5 * row["keras_error"]]
    print(f"error above 1.5 times that of Keras: {len(worse) or 'never'}")
    for row in worse:
        print(f"  {row['case']}: error {row['error']:.1e}, that of Keras {row['keras_error']:.1e}")
    return failed + len(worse)


def _ratio(row: dict, name: str) -> float:
    return row[name] / row["reused"]


if __name__ == "__main__":
    sys.exit(main())
