"""With Numba, without it, with a damaged cache: the same maps, and nothing stops."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from voxviewer.convolution import (
    conv3d,
    ends,
    machine_code,
    plain,
    reading,
    slabs,
    tuning,
)
from voxviewer.convolution.handwritten import make_plan
from voxviewer.convolution.tuning import Block
from voxviewer.settings import ConvolutionSettings

ROOT = Path(__file__).resolve().parents[2]

CHILD = """
import sys
{before}
import numpy as np
from voxviewer.convolution import conv3d, tuning
from voxviewer.convolution.handwritten import make_plan
from voxviewer.convolution.tuning import Block
from voxviewer.settings import ConvolutionSettings
x = np.arange(120, dtype=np.float32).reshape(4, 5, 6, 1) / 120
kernels = np.arange(54, dtype=np.float32).reshape(3, 3, 3, 1, 2) / 54
result = conv3d(x, kernels, padding="same")
print(result.sum(dtype=np.float64).round(3), tuning.kernel_for(2) is not None)
"""


def child(before: str = "", **variables: str) -> list[str]:
    """The sum of the maps in a fresh interpreter, and whether Numba is used there."""
    return printed(CHILD.format(before=before), **variables).split()


def printed(code: str, **variables: str) -> str:
    """What a fresh interpreter prints; its standard error must stay empty of tracebacks."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


CASES = [
    ((6, 9, 11, 1), (3, 3, 3), 8, (1, 1, 1), (1, 1, 1)),
    ((6, 9, 11, 3), (2, 3, 4), 5, (2, 1, 3), (1, 1, 1)),
    ((6, 9, 11, 2), (2, 3, 2), 17, (2, 1, 2), (1, 2, 3)),
    ((2, 70, 300, 4), (1, 5, 5), 1, (1, 1, 1), (1, 1, 1)),
]


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize(("shape", "kernel", "filters", "strides", "dilation"), CASES)
def test_plain_numpy_gives_the_same_maps(
    shape, kernel, filters, strides, dilation, padding, monkeypatch
):
    rng = np.random.default_rng(0)
    x = rng.standard_normal(shape).astype(np.float32)
    kernels = rng.standard_normal((*kernel, shape[-1], filters)).astype(np.float32)
    bias = rng.standard_normal(filters).astype(np.float32)
    compiled = conv3d(x, kernels, bias, strides, padding, dilation)
    scale = conv3d(np.abs(x), np.abs(kernels), np.abs(bias), strides, padding, dilation).max()
    monkeypatch.setattr(tuning, "_missing", True)
    monkeypatch.setattr(tuning, "_kernels", {})
    slow = conv3d(x, kernels, bias, strides, padding, dilation)
    assert np.abs(slow - compiled).max() <= 1e-6 * scale
    np.testing.assert_array_equal(slow, conv3d(x, kernels, bias, strides, padding, dilation))


SUMS = """
import hashlib
import numpy as np
from voxviewer.convolution import conv3d
rng = np.random.default_rng(0)
for shape, kernel, groups in (
    ((5, 33, 70, 8), (2, 5, 3, 4, 14), 2),
    ((4, 40, 90, 3), (3, 5, 5, 3, 1), 1),
    ((3, 20, 20, 40), (1, 11, 11, 40, 17), 1),
):
    x, kernels = rng.standard_normal(shape), rng.standard_normal(kernel)
    maps = conv3d(x, kernels, groups=groups, dtype="float64")
    print(hashlib.sha256(maps.tobytes()).hexdigest())
"""


def test_float64_gives_the_same_bytes_with_any_number_of_blas_threads():
    """OpenBLAS shares large products out among its threads, and sums in another order then."""
    names = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
    said = [printed(SUMS, **dict.fromkeys(names, threads)) for threads in ("1", "2", "5")]
    assert len(said[0].split()) == 3
    assert said == [said[0]] * 3


@pytest.mark.parametrize(
    ("rows", "taps", "filters"),
    [(1, 5, 1), (1, 9, 3), (7, 1, 1), (301, 27, 17), (3, 4097, 2), (5, 8193, 33), (2731, 3, 16)],
)
def test_cut_products_are_those_of_whole_matrices(rows, taps, filters):
    rng = np.random.default_rng(1)
    a, b = rng.integers(-9, 9, (rows, taps)), rng.integers(-9, 9, (taps, filters))
    np.testing.assert_array_equal(plain._product(a.astype(float), b.astype(float)), a @ b)


@pytest.mark.parametrize(
    "block",
    [
        Block(12, 1, 8), Block(6, 2, 8), Block(12, 1, 16), Block(12, 1, 8, True),
        Block(6, 2, 8, True), Block(4, 3, 8, True), Block(3, 4, 8, True), Block(12, 1, 16, True),
        Block(3, 4, 16, True),
    ],
)  # fmt: skip
@pytest.mark.parametrize("groups", [1, 3])
def test_the_blocks_of_all_processors_give_the_same_bytes(block, groups, monkeypatch):
    """Only the time may depend on the register block; AVX-512's is checked everywhere."""
    rng = np.random.default_rng(1)
    x = rng.standard_normal((4, 6, 13, 6)).astype(np.float32)
    kernels = rng.standard_normal((3, 3, 3, 6 // groups, 21)).astype(np.float32)
    bias = rng.standard_normal(21).astype(np.float32)
    expected = [conv3d(x, kernels, bias, padding=way, groups=groups) for way in ("same", "valid")]
    kernel = compiled(block)
    monkeypatch.setattr(tuning, "kernel_for", lambda filters, strips: kernel)
    for way, maps in zip(("same", "valid"), expected, strict=True):
        np.testing.assert_array_equal(conv3d(x, kernels, bias, padding=way, groups=groups), maps)


@cache
def compiled(block):
    return tuning._compile(block)


def test_taps_beyond_the_clip_are_left_out():
    """Of 3 x 3 taps of frames and rows, the first row of the first frame sees 2 x 2."""
    settings = ConvolutionSettings(padding="same")
    plan = make_plan((5, 6, 7, 2), np.ones((3, 3, 3, 2, 8)), None, settings)
    table = plan.table
    first, after, _ = table.segments.reshape(-1, 3).T

    def summed(t, h):
        cell = table.frames[t] + table.rows[h]
        some = slice(table.cells[cell], table.cells[cell + table.parts])
        return (after[some] - first[some]).sum()

    places = [(0, 0), (0, 3), (2, 5), (2, 3)]
    assert [summed(*place) for place in places] == [4 * 6, 6 * 6, 6 * 6, 9 * 6]


@pytest.mark.parametrize("size", [(12, 11, 8), (6, 5, 4)])
def test_blocks_make_up_a_row_with_little_overlap(size):
    block = Block(size[0], 1, 8)
    assert block.sizes == size
    for width in range(1, 200):
        counts = block.cut(width)
        used = [voxels for voxels, count in zip(size, counts, strict=True) if count]
        made = sum(voxels * count for voxels, count in zip(size, counts, strict=True))
        assert not used or max(used) <= width <= made < width + size[2]
        assert bool(used) == (width >= size[2])
        assert width < 6 * size[2] or made == width


WAYS = [
    # clip, kernel, groups, strides, dilation
    ((7, 9, 24, 3), (3, 3, 3), 1, (1, 1, 1), (1, 1, 1)),
    ((7, 9, 33, 4), (2, 5, 4), 2, (1, 1, 1), (1, 1, 1)),
    ((9, 8, 48, 2), (3, 3, 5), 1, (2, 3, 2), (1, 1, 1)),
    ((6, 9, 32, 2), (3, 3, 3), 1, (1, 1, 1), (2, 3, 2)),
    ((5, 4, 11, 1), (3, 7, 3), 1, (1, 1, 1), (1, 1, 1)),
]


@pytest.mark.parametrize("filters", [8, 16, 2])
@pytest.mark.parametrize(("shape", "kernel", "groups", "strides", "dilation"), WAYS)
def test_all_ways_to_read_a_clip_give_the_same_bytes(
    shape, kernel, groups, strides, dilation, filters, monkeypatch
):
    """In place but for the ends of its rows, from a copy of all of it, or of a slab at a time."""
    rng = np.random.default_rng(4)
    x = rng.standard_normal((2, *shape)).astype(np.float32)
    kernels = rng.standard_normal((*kernel, shape[3] // groups, filters)).astype(np.float32)
    made = []
    for in_place, kept, per_slab in [(0, 0, 1), (1 << 40, 1 << 40, 1e12), (1 << 40, 1 << 40, 1)]:
        monkeypatch.setattr(ends, "LARGE", in_place)
        monkeypatch.setattr(reading, "KEPT", kept)
        monkeypatch.setattr(slabs, "PER_SLAB", per_slab)
        made.append(conv3d(x, kernels, None, strides, "same", dilation, groups=groups))
    monkeypatch.setattr(reading, "KEPT", 0)
    made.append(conv3d(x, kernels, None, strides, "same", dilation, groups=groups))
    for maps in made[1:]:
        np.testing.assert_array_equal(maps, made[0])


def test_a_large_clip_is_read_in_place_but_for_the_ends_of_its_rows():
    def way(shape, filters=8, **choices):
        settings = ConvolutionSettings(padding="same", **choices)
        plan = make_plan(shape, np.ones((3, 3, 3, shape[3], filters)), None, settings)
        return reading.reader(plan, np.zeros((1, *shape), np.float32), 2)

    large = (32, 112, 112, 8)
    assert way(large).aside is not None
    assert isinstance(way(large, filters=2), reading.Padded)
    assert isinstance(way((8, 32, 32, 8)), reading.Padded)
    assert isinstance(way((32, 112, 112, 8), dilation=(1, 1, 30)), reading.Padded)


def test_two_threads_take_slabs_from_both_sides_and_none_twice():
    slab = [reading.Slab(0, number, 1) for number in range(5)]
    queue = slabs._Queue(slab, lambda share, text: None)
    front, back = queue.taken(0), queue.taken(1)
    taken = [next(way) for way in (front, back, front, back, back)]
    assert taken == [slab[0], slab[4], slab[1], slab[3], slab[2]]
    assert not list(front)
    assert not list(back)


def test_few_filters_have_a_loop_of_their_own():
    def plan(filters, strides=(1, 1, 1)):
        settings = ConvolutionSettings(strides=strides)
        return make_plan((5, 9, 64, 2), np.ones((3, 3, 3, 2, filters)), None, settings)

    assert plan(1).strips and plan(tuning.FEW).strips
    assert not plan(tuning.FEW + 1).strips
    assert not plan(3, (1, 1, 2)).strips


@pytest.mark.parametrize("width", [1, 2, 3, 5, 6, 7, 13])
@pytest.mark.parametrize("filters", [8, 20])
def test_short_rows_give_the_bytes_of_long_ones(width, filters):
    rng = np.random.default_rng(2)
    x = rng.standard_normal((4, 5, 40, 3)).astype(np.float32)
    kernels = rng.standard_normal((3, 3, 3, 3, filters)).astype(np.float32)
    whole = conv3d(x, kernels)
    short = conv3d(np.ascontiguousarray(x[:, :, : width + 2]), kernels)
    np.testing.assert_array_equal(short, whole[:, :, :width])


def test_a_computer_without_numba_convolves_all_the_same():
    assert child()[1] == "True"
    missing = child("sys.modules['numba'] = None")
    assert missing == [child()[0], "False"]
    assert child(NUMBA_DISABLE_JIT="1") == missing


def test_a_damaged_or_unwritable_cache_is_passed_over(tmp_path):
    expected = child(NUMBA_CACHE_DIR=str(tmp_path))
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    for path in files:
        path.write_bytes(path.read_bytes()[:20])
    assert child(NUMBA_CACHE_DIR=str(tmp_path)) == expected
    (tmp_path / "file").touch()
    assert child(NUMBA_CACHE_DIR=str(tmp_path / "file")) == expected


LATER_START = """
import sys
import numpy as np
from voxviewer.convolution import conv3d, tuning
x = np.random.default_rng(0).standard_normal((4, 9, 30, 2)).astype(np.float32)
kernels = np.random.default_rng(1).standard_normal((3, 3, 3, 2, 8)).astype(np.float32)
print(conv3d(x, kernels, padding="same").tobytes().hex())
print("numba" in sys.modules, {type(one.function).__name__ for one in tuning._kernels.values()})
"""


def test_a_later_start_convolves_without_importing_numba(tmp_path):
    """And gives the bytes of the start that compiled, and of Numba's own functions."""
    own = {"NUMBA_CACHE_DIR": str(tmp_path)}
    *first, how_first = printed(LATER_START, **own).splitlines()
    *later, how_later = printed(LATER_START, **own).splitlines()
    assert how_first == "True {'Loop'}"
    assert how_later == "False {'Loop'}"
    assert later == first
    cut = "import voxviewer.convolution.machine_code as m\ndel m.loop\n"
    *numba, how = printed(cut + LATER_START, **own).splitlines()
    assert how == "True {'CPUDispatcher'}"
    assert numba == first


def test_a_damaged_file_of_machine_code_counts_as_none(tmp_path):
    file = tmp_path / "deep" / "loop.o"
    machine_code._write(file, b"code" * 9)
    assert machine_code._read(file) == b"code" * 9
    held = bytearray(file.read_bytes())
    held[-3] ^= 1
    file.write_bytes(held)
    assert machine_code._read(file) is None
    assert machine_code._read(tmp_path / "missing.o") is None


def test_code_that_needs_more_than_it_has_is_refused():
    """What calls Numba or Python cannot be called without them: Numba's own function serves."""
    code = """
from numba import njit, types
from voxviewer.convolution import machine_code

@njit
def prints(x):
    print(x.sum())

prints.compile(types.void(types.Array(types.float32, 1, "C")))
try:
    machine_code._object_of(prints)
except ImportError as error:
    print("refused" if "needs" in str(error) else error)
"""
    assert printed(code).strip() == "refused"


def test_importing_the_room_does_not_import_numba_or_scipy():
    code = (
        "import sys, voxviewer.convolution.engine, voxviewer.convolution.proof, "
        "voxviewer.convolution.microscope, voxviewer.convolution.tuning; "
        "print([name for name in ('numba', 'scipy', 'llvmlite') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"


def test_warming_up_loads_everything_and_can_be_stopped(monkeypatch):
    told: list[float] = []
    tuning.warm_up(lambda share, text: told.append(share))
    assert told[0] == 0
    assert told[-1] == 1
    wanted = {tuning.block_for(count) for count in (7, 8, 9, 64)}
    wanted |= {tuning.block_for(count, strips=True) for count in range(1, tuning.FEW + 1)}
    assert wanted <= set(tuning._kernels)

    class Stop(Exception):
        pass

    def stop(share: float, text: str) -> None:
        raise Stop

    with pytest.raises(Stop):
        tuning.warm_up(stop)


def test_threads_are_those_this_process_may_use():
    assert 1 <= tuning.threads() <= (os.cpu_count() or 1)
    with tuning.limited_to(3):
        assert tuning.threads() == 3


@pytest.mark.skipif(platform.machine().lower() not in ("x86_64", "amd64"), reason="not an x86")
def test_the_loops_for_avx512_use_its_vectors_and_keep_their_sums_in_registers():
    """Compiled for such a processor, without running it: none may be at hand."""
    code = """
import re
from voxviewer.convolution import kernels
rows = kernels.compiled_rows(12, 1, 16, cache=False)
for made in (rows, kernels.compiled_strips(3, 4, 16, cache=False)):
    text = next(iter(made.inspect_asm().values()))
    parts = re.split(r"\\n(?=\\.LBB)", text)
    loop = max(parts, key=lambda part: part.count("vfmadd"))
    print(loop.count("vfmadd"), "zmm" in loop, "(%rsp)" in loop)
"""
    told = printed(code, NUMBA_CPU_NAME="skylake-avx512", NUMBA_CPU_FEATURES="")
    # Three taps of a row at a time for 12 x 1 sums, and one tap for 3 x 4 sums.
    assert told.split() == ["36", "True", "False", "12", "True", "False"]


@pytest.mark.skipif(platform.machine().lower() not in ("x86_64", "amd64"), reason="not an x86")
def test_a_processor_without_wide_vectors_gives_the_same_maps(tmp_path):
    """Vectors of 8 are then cut into smaller ones by the compiler; nothing is asked that is not."""
    poor = {"NUMBA_CPU_NAME": "x86-64", "NUMBA_CPU_FEATURES": "", "NUMBA_CACHE_DIR": str(tmp_path)}
    assert child(**poor) == child()
