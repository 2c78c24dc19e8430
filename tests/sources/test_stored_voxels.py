"""Lazy voxels against NumPy's own indexing of the same array."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voxviewer.data import Voxels
from voxviewer.files import SourceError
from voxviewer.sources.stored import Conversion, FileBytes, HeldBytes, StoredVoxels

if TYPE_CHECKING:
    from pathlib import Path

SHAPE = (4, 3, 5, 6, 2)  # T, D, H, W, C
VALUES = np.arange(np.prod(SHAPE), dtype=np.int32).reshape(SHAPE)


def stored(
    values: np.ndarray, axes: str = "CWHDT", conversion: Conversion | None = None
) -> StoredVoxels:
    """The array (T, D, H, W, C), stored with `axes`, the fastest first."""
    order = ["TDHWC".index(letter) for letter in axes]
    data = np.frombuffer(values.transpose(order).tobytes(order="F"), np.uint8)
    shape = tuple(values.shape[axis] for axis in order)
    return StoredVoxels(HeldBytes(data), 0, shape, axes, conversion or Conversion(values.dtype))


def entries(length: int) -> st.SearchStrategy[object]:
    whole = st.integers(-length, length - 1)
    return st.one_of(whole, st.slices(length), st.just(slice(None, None, -1)))


@settings(max_examples=150, deadline=None)
@given(
    axes=st.permutations("TDHWC").map("".join),
    index=st.tuples(*(entries(length) for length in SHAPE)),
    named=st.integers(0, 5),
    block=st.sampled_from([1, 40, 200, 1 << 20]),
)
def test_indexing_is_that_of_numpy(
    axes: str, index: tuple[object, ...], named: int, block: int
) -> None:
    voxels = stored(VALUES, axes)
    voxels.BLOCK = block  # type: ignore[misc]
    for picked in (index[:named], (*index[:named], ...), (..., *index[named:])):
        np.testing.assert_array_equal(voxels[picked], VALUES[picked])


def test_keeps_the_protocol() -> None:
    voxels = stored(VALUES)
    assert isinstance(voxels, Voxels)
    assert voxels.shape == SHAPE
    np.testing.assert_array_equal(np.asarray(voxels), VALUES)


@pytest.mark.parametrize("index", [9, -5, (0, 0, 0, 0, 0, 0), [0, 1], "a", (..., ...), None, 1.0])
def test_other_indices_are_index_errors(index: object) -> None:
    with pytest.raises(IndexError):
        stored(VALUES)[index]


@pytest.mark.parametrize(
    ("dtype", "slope", "expected"),
    [
        (">i2", 1.0, "int16"), (">i2", 0.5, "float32"), ("<u4", 0.5, "float32"),
        (">f8", 2.0, "float64"), ("<f2", 1.0, "float16"), ("<f2", 2.0, "float32"),
        (">f4", 1.0, "float32"), ("<c8", 1.0, "float32"), (">c16", 2.0, "float64"),
        ("?", 1.0, "uint8"), ("<u8", 1.0, "uint64"),
    ],
)  # fmt: skip
def test_values_are_scaled_and_native(dtype: str, slope: float, expected: str) -> None:
    raw = (VALUES % 2 if dtype == "?" else VALUES).astype(dtype)
    if raw.dtype.kind == "c":
        raw = (raw + 1j * raw[::-1]).astype(dtype)
    voxels = stored(raw, conversion=Conversion(raw.dtype, slope, 3.0 if slope != 1 else 0.0))
    exact = raw.astype(np.complex128) * slope + (3.0 if slope != 1 else 0.0)
    exact = np.abs(exact) if raw.dtype.kind == "c" else exact.real
    got = voxels[...]
    assert got.dtype == voxels.dtype == expected
    assert got.dtype.isnative
    np.testing.assert_allclose(got, exact, rtol=2e-7)


def test_long_doubles_become_float64() -> None:
    raw = VALUES.astype(np.longdouble)
    assert stored(raw)[...].dtype == np.float64


@pytest.fixture
def on_disk(tmp_path: Path) -> tuple[StoredVoxels, np.ndarray, Path]:
    path = tmp_path / "values.bin"
    values = np.random.default_rng(1).integers(0, 99, (6, 5, 40, 30, 1)).astype(">i2")
    path.write_bytes(b"head" + values.tobytes())
    voxels = StoredVoxels(
        FileBytes.of(path), 4, values.shape[::-1], "CWHDT", Conversion(values.dtype)
    )
    return voxels, values, path


def test_many_threads_read_one_file(on_disk: tuple[StoredVoxels, np.ndarray, Path]) -> None:
    voxels, values, _ = on_disk

    def read(index: int) -> bool:
        t, d = index % 6, index % 5
        return bool(
            (voxels[t, d] == values[t, d]).all() and (voxels[:, :, d] == values[:, :, d]).all()
        )

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(read, range(120)))


def test_file_changed_after_opening_is_told(
    on_disk: tuple[StoredVoxels, np.ndarray, Path],
) -> None:
    voxels, _, path = on_disk
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(SourceError, match="changed on disk"):
        voxels[0]


def test_file_gone_after_opening_is_told(on_disk: tuple[StoredVoxels, np.ndarray, Path]) -> None:
    voxels, _, path = on_disk
    path.unlink()
    with pytest.raises(SourceError, match="cannot be read"):
        voxels[0]


def test_one_slice_does_not_read_the_file(on_disk: tuple[StoredVoxels, np.ndarray, Path]) -> None:
    voxels, values, _ = on_disk
    voxels.BLOCK = 40 * 30 * 2  # type: ignore[misc]
    asked: list[int] = []
    source = voxels._source
    assert isinstance(source, FileBytes)

    class Counting:
        def reader(self):
            from contextlib import contextmanager

            @contextmanager
            def counted():
                with source.reader() as fetch:
                    yield lambda start, count: asked.append(count) or fetch(start, count)

            return counted()

    voxels._source = Counting()  # type: ignore[assignment]
    np.testing.assert_array_equal(voxels[2, 3], values[2, 3])
    assert sum(asked) == 40 * 30 * 2
