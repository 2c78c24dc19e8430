"""Memory of maps that are gone is used again, and never while anybody holds a view of it."""

from __future__ import annotations

import gc
import threading

import numpy as np

from voxviewer.convolution import conv3d, pool, random_filters
from voxviewer.convolution.engine import run
from voxviewer.convolution.pool import Pool
from voxviewer.data import Clip
from voxviewer.settings import ConvolutionSettings, EncodingSettings

SHAPE = (8, 64, 64, 16)  # 2 MiB


def address(array):
    return array.__array_interface__["data"][0]


def make_clip(seed):
    data = np.random.default_rng(seed).random((16, 64, 64, 1), np.float32)
    return Clip(data, np.ones(16, bool), np.arange(16), ("gray",), "noise", EncodingSettings())


def test_memory_comes_back_when_the_last_view_is_gone():
    store = Pool()
    array = store.take(SHAPE)
    assert array.shape == SHAPE and array.dtype == np.float32 and array.flags.c_contiguous
    where, view = address(array), array[1:, ::2].T
    del array
    gc.collect()
    assert store.waiting == 0
    other = store.take(SHAPE)
    assert address(other) != where
    view[...] = 7
    del view
    gc.collect()
    assert store.waiting > 0
    assert address(store.take(SHAPE)) == where


def test_a_block_twice_too_large_is_not_used():
    store = Pool()
    store.take((16, 64, 64, 16))
    waiting = store.waiting
    small = store.take((7, 64, 64, 16))
    assert store.waiting == waiting == 4 << 20
    del small


def test_no_more_waits_than_the_limit():
    store = Pool(limit=5 << 20)
    many = [store.take(SHAPE) for _ in range(5)]
    del many
    gc.collect()
    assert 0 < store.waiting <= 5 << 20
    store.take((8, 64, 64, 64))
    assert store.waiting <= 5 << 20
    store.clear()
    assert store.waiting == 0


def test_small_arrays_are_ordinary_ones():
    store = Pool()
    store.take((4, 4))
    assert store.waiting == 0


def test_a_view_that_dies_while_the_pool_is_busy_is_let_go():
    store = Pool()
    array = store.take(SHAPE)
    with store._lock:
        del array
        gc.collect()
    assert store.waiting == 0


def test_threads_never_share_memory():
    store = Pool()
    wrong: list[float] = []

    def work(mark: float) -> None:
        for _ in range(30):
            array = store.take(SHAPE)
            array[...] = mark
            if not (array == mark).all():
                wrong.append(mark)
            del array

    threads = [threading.Thread(target=work, args=(float(mark),)) for mark in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_maps_that_are_gone_leave_their_memory_to_the_next_ones_with_the_same_bytes():
    pool.RESULTS.clear()
    bank = random_filters(8, seed=3)
    first = run(make_clip(0), bank, ConvolutionSettings())
    expected, where = first.data.copy(), address(first.data)
    kept = run(make_clip(1), bank, ConvolutionSettings())
    assert address(kept.data) != where
    del first
    gc.collect()
    again = run(make_clip(0), bank, ConvolutionSettings())
    assert address(again.data) == where
    np.testing.assert_array_equal(again.data, expected)
    pool.RESULTS.clear()


def test_results_of_conv3d_take_the_memory_of_those_that_nobody_holds():
    rng = np.random.default_rng(4)
    x, kernels = rng.standard_normal((8, 64, 64, 1)), rng.standard_normal((3, 3, 3, 1, 16))
    pool.RESULTS.clear()
    first = conv3d(x, kernels, padding="same")
    expected, where = first.copy(), address(first)
    second = conv3d(x, 2 * kernels, padding="same")
    corner = first[0, 0]  # a view holds it as well
    del first
    third = conv3d(x, 3 * kernels, padding="same")
    assert len({where, address(second), address(third)}) == 3
    np.testing.assert_array_equal(corner, expected[0, 0])
    del corner
    gc.collect()
    again = conv3d(x, kernels, padding="same")
    assert address(again) == where
    np.testing.assert_array_equal(again, expected)
    pool.RESULTS.clear()
