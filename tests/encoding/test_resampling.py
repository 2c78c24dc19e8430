"""`resample` against `scipy.ndimage`, which defines it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

import voxviewer as vv
from voxviewer.encoding import compiled
from voxviewer.encoding.exact_cubic import _rounds_as_scipy
from voxviewer.encoding.operators import coordinates, gather, operator, scipy_zoom
from voxviewer.files import TooLargeError

SIZES = st.tuples(*[st.integers(1, 60)] * 3)
MODES = {"edges": {"grid_mode": True, "mode": "nearest"}, "centers": {}}


def by_scipy(x, shape, order, grid, antialias=False):
    """SciPy's answer in float64; and where it lost the last sample (a mask)."""
    x = np.asarray(x, np.float64)
    if antialias and order:
        sigma = [max(n / m - 1, 0) / 2 for n, m in zip(x.shape, shape, strict=True)]
        x = ndimage.gaussian_filter(x, sigma, mode="nearest", truncate=4)
    factors = [m / n for n, m in zip(x.shape, shape, strict=True)]
    found = ndimage.zoom(x, factors, order=order, **MODES[grid])
    lost = ndimage.zoom(np.ones_like(x), factors, order=0, **MODES[grid]) == 0
    return found, lost


def noise(shape, seed=0):
    return np.random.default_rng(seed).uniform(-3, 7, shape).astype(np.float32)


@settings(max_examples=60, deadline=None)
@given(SIZES, SIZES, st.integers(0, 5), st.sampled_from(["edges", "centers"]), st.booleans())
def test_any_shape_gives_the_numbers_of_scipy(before, after, order, grid, antialias):
    x = noise(before)
    found = vv.resample(x, after, order=order, grid=grid, antialias=antialias)
    expected, lost = by_scipy(x, after, order, grid, antialias)
    assert found.shape == after and found.dtype == np.float32
    assert np.abs(found - expected)[~lost].max(initial=0) <= 1e-5 * 10
    if order == 0:
        assert np.array_equal(found[~lost], expected[~lost].astype(np.float32))


@pytest.mark.parametrize(
    ("shape", "target", "order"),
    [
        ((32, 64, 64, 3), (48, 96, 96), 1),
        ((64, 128, 128), (96, 192, 192), 3),
        ((128, 128, 128), (129, 127, 127), 0),
    ],
)
def test_the_articles_shapes_equal_scipy_channel_by_channel(shape, target, order):
    x = noise(shape)
    found = vv.resample(x, target, order=order, grid="centers", antialias=False)
    planes = np.moveaxis(x, -1, 0) if x.ndim == 4 else [x]
    results = np.moveaxis(found, -1, 0) if x.ndim == 4 else [found]
    for plane, result in zip(planes, results, strict=True):
        factors = [m / n for n, m in zip(plane.shape, target, strict=True)]
        expected = ndimage.zoom(plane, factors, order=order)
        assert np.abs(result - expected).max() <= 1e-5 * 10


@pytest.mark.parametrize(("n", "m"), [(32, 16), (64, 24), (256, 32)])
@pytest.mark.parametrize("order", [0, 1, 3])
def test_the_sample_that_scipy_loses_is_held(n, m, order):
    x = np.linspace(1, 2, n).reshape(1, 1, n)
    assert ndimage.zoom(x, (1, 1, m / n), order=order)[0, 0, -1] == 0, "SciPy has changed"
    found = vv.resample(x, (1, 1, m), order=order, grid="centers", antialias=False)
    assert found[0, 0, -1] == pytest.approx(2, abs=1e-5)
    assert found[0, 0, 0] == pytest.approx(1, abs=1e-5)


def test_orders_0_and_1_place_samples_where_scipy_does_for_all_small_sizes():
    for n in range(1, 40):
        ramp = np.arange(n, dtype=np.float64)
        for m in range(1, 40):
            for grid, modes in MODES.items():
                nearest = ndimage.zoom(ramp, m / n, order=0, **modes)
                linear = ndimage.zoom(ramp, m / n, order=1, **modes)
                held = 1 if grid == "centers" and nearest[-1] == 0 and n > 1 and m > 1 else 0
                end = m - held
                assert np.array_equal(gather(n, m, grid)[:end], nearest[:end])
                assert np.allclose(coordinates(n, m, grid)[:end], linear[:end], atol=1e-9)


@pytest.mark.parametrize("order", range(6))
@pytest.mark.parametrize("dtype", [np.float32, np.int16, np.uint8])
def test_an_unchanged_shape_keeps_every_bit(order, dtype):
    x = (noise((4, 5, 6)) * 10).astype(dtype)
    found = vv.resample(x, (4, 5, 6), order=order)
    assert found.dtype == (dtype if order == 0 else np.float32)
    assert np.array_equal(found, x) and not np.shares_memory(found, x)


@pytest.mark.parametrize(
    "dtype", ["u1", "i2", "u2", "i4", "i8", "u8", "f2", "f4", "f8", "?", ">i2"]
)
@pytest.mark.parametrize("order", [0, 1, 3])
def test_every_real_dtype_is_taken(dtype, order):
    x = (noise((6, 7, 8)) * 5 + 20).astype(dtype)
    found = vv.resample(x, (9, 5, 8), order=order, antialias=False)
    assert found.dtype == (x.dtype if order == 0 else np.float32)
    expected, _ = by_scipy(x, (9, 5, 8), order, "edges")
    assert np.abs(found - expected).max() <= 1e-5 * max(np.ptp(x.astype(float)), 1)


@pytest.mark.parametrize("offset", [3e4, -1e6])
def test_small_differences_far_from_zero_survive(offset):
    x = noise((12, 13, 14)).astype(np.float64) + offset
    found = vv.resample(x, (20, 21, 6), order=3)
    expected, _ = by_scipy(x, (20, 21, 6), 3, "edges", antialias=True)
    ulp = np.spacing(np.float32(abs(offset) + 10))
    assert np.abs(found - expected).max() <= ulp


@pytest.mark.parametrize("order", [1, 2, 3, 4, 5])
def test_constants_stay_constant(order):
    found = vv.resample(np.full((5, 6, 7), 4.25), (9, 3, 15), order=order)
    assert np.allclose(found, 4.25, rtol=1e-6)


@pytest.mark.parametrize("antialias", [True, False])
def test_rows_of_every_operator_sum_to_one(antialias):
    for order in range(1, 6):
        for n, m in [(1, 9), (9, 1), (7, 300), (300, 7), (200, 201)]:
            for grid in MODES:
                for block in operator(n, m, order, grid, antialias):
                    assert np.allclose(block.weights.sum(axis=1), 1, atol=3e-6)


def test_a_ramp_doubled_with_edges_steps_by_half_inside():
    ramp = np.arange(32.0).reshape(1, 1, 32)
    found = vv.resample(ramp, (1, 1, 64))[0, 0]
    assert np.allclose(np.diff(found)[1:-1], 0.5, atol=1e-6)
    assert found[0] == 0 and found[-1] == 31


def test_smoothing_first_removes_what_a_small_grid_cannot_show():
    stripes = np.tile([0.0, 1.0], 64).reshape(1, 1, 128)
    smooth = vv.resample(stripes, (1, 1, 32))
    rough = vv.resample(stripes + 0.0, (1, 1, 33), antialias=False)
    assert np.ptp(smooth[0, 0, 4:-4]) < 0.05 < np.ptp(rough)


def test_order_0_never_smooths_and_makes_no_new_labels():
    labels = np.random.default_rng(1).integers(0, 5, (20, 21, 22)) * 7
    found = vv.resample(labels, (7, 30, 9), order=0)
    assert set(np.unique(found)) <= set(np.unique(labels))


def test_channels_first_and_last_agree():
    x = noise((8, 9, 10, 3))
    last = vv.resample(x, (5, 12, 10), order=3)
    first = vv.resample(np.moveaxis(x, -1, 0), (5, 12, 10), order=3, channels="first")
    assert first.shape == (3, 5, 12, 10) and np.array_equal(np.moveaxis(first, 0, -1), last)


def test_memory_order_does_not_matter():
    x = noise((8, 9, 10))
    assert np.array_equal(
        vv.resample(np.asfortranarray(x), (5, 12, 11)), vv.resample(x, (5, 12, 11))
    )
    assert np.array_equal(vv.resample(x[:, ::-1], (8, 9, 12)), vv.resample(x, (8, 9, 12))[:, ::-1])


def test_a_nan_reaches_no_further_than_in_scipy():
    x = noise((9, 9, 9))
    x[4, 4, 4] = np.nan
    found = vv.resample(x, (12, 12, 12))
    expected, _ = by_scipy(x, (12, 12, 12), 1, "edges")
    assert np.array_equal(np.isnan(found), np.isnan(expected))
    assert 0 < np.isnan(found).sum() < 100


def test_values_beyond_float32_become_infinite_and_nothing_warns():
    x = np.zeros((4, 4, 4))
    x[0, 0, 0] = 1e300
    assert np.isinf(vv.resample(x, (4, 4, 5))).any()


@pytest.mark.parametrize(
    ("x", "shape", "options", "word"),
    [
        (np.zeros((2, 2)), (2, 2, 2), {}, "needs"),
        (np.zeros((2, 0, 2)), (2, 2, 2), {}, "needs"),
        (np.zeros((2, 2, 2), complex), (2, 2, 2), {}, "real"),
        (np.full((2, 2, 2), "a"), (2, 2, 2), {}, "real"),
        (np.zeros((2, 2, 2)), (2, 2), {}, "three"),
        (np.zeros((2, 2, 2)), (2, 2, 0), {}, "three"),
        (np.zeros((2, 2, 2)), (2, 2, 2.5), {}, "three"),
        (np.zeros((2, 2, 2)), 5, {}, "three"),
        (np.zeros((2, 2, 2)), (2, 2, 2), {"order": 6}, "order"),
        (np.zeros((2, 2, 2)), (2, 2, 2), {"grid": "corners"}, "grid"),
        (np.zeros((2, 2, 2, 1)), (2, 2, 2), {"channels": "middle"}, "channels"),
    ],
)
def test_what_cannot_be_resampled_is_refused_in_one_sentence(x, shape, options, word):
    with pytest.raises(ValueError, match=word):
        vv.resample(x, shape, **options)


def test_a_result_that_fits_in_no_memory_is_refused_in_one_sentence():
    for exact in (False, True):
        with pytest.raises(TooLargeError, match=r"resampling to 100000 x 99999 x 3 takes .* TB of"):
            vv.resample(np.zeros((3, 3, 3, 100)), (100_000, 99_999, 3), order=3, exact=exact)


# --- exact, and the compiled loops ------------------------------------------------------------


@pytest.mark.parametrize("grid", MODES)
@pytest.mark.parametrize("order", range(6))
@pytest.mark.parametrize("dtype", ["f4", "u1", "i2", "f8", "i8"])
def test_exact_is_scipy_to_the_bit_and_linear_to_one_unit_in_the_last_place(dtype, order, grid):
    x = (noise((13, 17, 11), seed=3) * 30 + 40).astype(dtype)
    target = (19, 9, 23)
    found = vv.resample(x, target, order=order, grid=grid, antialias=False, exact=True)
    factors = [m / n for n, m in zip(x.shape, target, strict=True)]
    wide = dtype in ("f8", "i8")
    source = x.astype("f8" if wide else "f4") if order else x
    expected = ndimage.zoom(
        source, factors, order=order, output=np.float32 if order else x.dtype, **MODES[grid]
    )
    if order != 1:
        assert np.array_equal(found, expected)
    else:
        assert np.abs(found - expected).max() <= np.spacing(np.abs(expected).max())
        assert np.mean(found != expected) < 0.002


@settings(max_examples=40, deadline=None)
@given(SIZES, SIZES, st.sampled_from(["edges", "centers"]), st.sampled_from([1.0, 1e-3, 1e6]))
def test_exact_cubic_is_scipy_to_the_bit_between_float32_and_where_nothing_is(
    before, after, grid, scale
):
    """Values of a few digits lie halfway between two float32; masked ones hold only rounding."""
    compiled.warm_up()
    x = np.round(noise(before) * 8) / 8 * scale
    x[: before[0] // 2] = 0
    found = vv.resample(x, after, order=3, grid=grid, antialias=False, exact=True)
    expected = scipy_zoom(x, [m / n for n, m in zip(before, after, strict=True)], 3, grid)
    assert np.array_equal(found, expected.astype(np.float32))


def test_exact_cubic_is_compiled_here_and_scipy_itself_where_nothing_is():
    compiled.warm_up()
    assert _rounds_as_scipy()
    x = noise((9, 8, 7))
    fast = vv.resample(x, (5, 9, 11), order=3, exact=True, antialias=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compiled, "loop", lambda name, values=0: None)
        plain = vv.resample(x, (5, 9, 11), order=3, exact=True, antialias=False)
    assert np.array_equal(fast, plain)


@pytest.mark.parametrize("order", [1, 3])
def test_exact_smooths_as_scipy_does(order):
    x = noise((16, 15, 14))
    found = vv.resample(x, (8, 15, 20), order=order, exact=True)
    smooth = ndimage.gaussian_filter(x, (0.5, 0, 0), mode="nearest", truncate=4)
    expected = ndimage.zoom(smooth, (0.5, 1, 20 / 14), order=order, **MODES["edges"])
    assert np.abs(found - expected).max() <= (np.spacing(np.float32(8)) if order == 1 else 0)


@settings(max_examples=40, deadline=None)
@given(SIZES, SIZES, st.sampled_from([0, 1]), st.sampled_from(["edges", "centers"]))
def test_the_compiled_loops_make_the_bits_of_numpy(before, after, order, grid):
    x = noise(before)
    compiled.warm_up()
    assert compiled.loop("gather") is not None, "Numba is here, so it is used"
    fast = vv.resample(x, after, order=order, grid=grid, antialias=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compiled, "loop", lambda name, values=0: None)
        plain = vv.resample(x, after, order=order, grid=grid, antialias=False)
    assert np.array_equal(fast, plain)


@pytest.mark.parametrize("dtype", ["u1", "i2", "f2", "f4", "f8", "?", "i8", "f16"])
def test_nearest_moves_every_dtype_as_it_is(dtype):
    x = (noise((7, 8, 9)) * 9).astype(dtype)
    compiled.warm_up()
    found = vv.resample(x, (11, 8, 5), order=0)
    assert found.dtype == x.dtype
    assert np.array_equal(
        found,
        ndimage.zoom(x.astype("f8"), (11 / 7, 1, 5 / 9), order=0, **MODES["edges"]).astype(dtype),
    )


def test_work_is_never_kept_waiting_by_a_compiler(monkeypatch):
    """While another thread compiles, NumPy does the work."""
    monkeypatch.setattr(compiled, "_loops", {})
    monkeypatch.setattr(compiled, "_worked", compiled.ENOUGH)
    assert compiled._loading.acquire(timeout=60)
    try:
        assert compiled.loop("gather") is None
        assert vv.resample(noise((5, 6, 7)), (7, 6, 5)).shape == (7, 6, 5)
    finally:
        compiled._loading.release()


def test_where_numba_fails_numpy_goes_on_and_the_log_says_so(monkeypatch, caplog):
    monkeypatch.setattr(compiled, "_loops", {})
    monkeypatch.setattr(compiled, "_missing", False)
    monkeypatch.setattr(compiled, "_examples", lambda: [("no such loop", ())])
    compiled.warm_up()
    assert "plain NumPy" in caplog.text and compiled.loop("gather", 10**9) is None
    assert vv.resample(noise((5, 6, 7)), (7, 6, 5)).shape == (7, 6, 5)


def test_little_work_does_not_load_a_compiler_and_enough_does(monkeypatch):
    monkeypatch.setattr(compiled, "_loops", {})
    monkeypatch.setattr(compiled, "_worked", 0)
    assert compiled.loop("gather", 1000) is None
    assert compiled.loop("gather", compiled.ENOUGH) is not None
