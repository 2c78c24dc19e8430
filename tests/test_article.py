"""The run this project comes from: sixteen pictures of a waving hand, one random 5 x 5 x 5 filter.

And the encodings its articles show. Shapes, order, values and timing, through the terminal.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

import voxviewer as vv
from voxviewer.cli import main

WORDS = (
    "--height 256 --width 256 --channels rgb --kernel 5 5 5 --count 1 --initializer legacy_normal "
    "--stddev 0.5 --seed 5 --padding valid --rate 2"
).split()


@pytest.fixture(scope="module")
def frames(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`frame1.jpg ... frame16.jpg`, 640 x 480 RGB: the program's own hand, as a camera has it.

    A white square walks along the foot of the picture, so that any other order would be noticed.
    """
    from voxviewer.sources.hand import waving_hand

    folder = tmp_path_factory.mktemp("article") / "frames"
    folder.mkdir()
    for number, picture in enumerate(waving_hand(16, 480, 640)):
        marked = picture.copy()
        marked[440:480, 40 * number : 40 * number + 40] = 255
        Image.fromarray(marked).save(folder / f"frame{number + 1}.jpg", quality=95)
    return folder


def triple_loop(clip: NDArray[np.float32], kernel: NDArray[np.float64]) -> NDArray[np.float64]:
    """The article's loop over output voxels; its inner product vectorized over the picture."""
    kT, kH, kW = kernel.shape[:3]
    T, H, W = (n - k + 1 for n, k in zip(clip.shape, (kT, kH, kW), strict=False))
    out = np.zeros((T, H, W))
    for t in range(T):
        for a, b, c in np.ndindex(kT, kH, kW):
            window = clip[t + a, b : b + H, c : c + W].astype(np.float64)
            out[t] += window @ kernel[a, b, c]
    return out


def test_the_article_s_run_comes_out_of_the_terminal(frames: Path, tmp_path: Path) -> None:
    assert main(["convolve", str(frames), "-o", str(tmp_path / "wave.npy"), *WORDS]) == 0
    assert main(["convolve", str(frames), "-o", str(tmp_path / "wave.gif"), *WORDS]) == 0
    maps = np.load(tmp_path / "wave.npy")
    assert maps.shape == (12, 252, 252, 1)

    settings = vv.EncodingSettings(height=256, width=256, channels="rgb")
    clip = vv.encode(vv.open(str(frames)), settings)
    assert clip.data.shape == (16, 256, 256, 3)
    kernel = 0.5 * np.random.RandomState(5).randn(5, 5, 5, 3)
    expected = triple_loop(clip.data, kernel)
    assert np.abs(maps[..., 0] - expected).max() <= 1e-4 * np.abs(expected).max()

    with Image.open(tmp_path / "wave.gif") as film:
        durations = []
        for frame in range(film.n_frames):  # type: ignore[attr-defined]
            film.seek(frame)
            durations.append(film.info["duration"])
        assert film.size == (252, 252)
    assert durations == [500] * 12


def test_frames_come_in_their_true_order(frames: Path) -> None:
    clip = vv.encode(vv.open(str(frames)), vv.EncodingSettings(height=480, width=640))
    square = clip.data[:, 445:475, :, 0].mean(axis=1)
    places = [int(np.argmax(np.convolve(row, np.ones(40), "valid"))) // 40 for row in square]
    assert places == sorted(places)
    assert len(set(places)) == 16


def test_a_skeleton_of_30_frames_and_20_joints_becomes_a_clip(tmp_path: Path) -> None:
    joints = np.random.default_rng(1).uniform(-0.9, 0.9, (30, 20, 3)).astype(np.float32)
    np.save(tmp_path / "joints.npy", joints)
    clip = vv.encode(vv.open(str(tmp_path / "joints.npy")))
    assert clip.data.shape == (30, 64, 64, 1)


def test_slices_of_a_volume_become_frames_and_nothing_is_scrambled(tmp_path: Path) -> None:
    volume = np.arange(64 * 64 * 30, dtype=np.float32).reshape(64, 64, 30)
    np.save(tmp_path / "volume.npy", volume)
    clip = vv.encode(vv.open(str(tmp_path / "volume.npy")))
    assert clip.data.shape == (30, 64, 64, 1)
    for t in range(30):
        np.testing.assert_array_equal(clip.data[t, :, :, 0], volume[:, :, t])
    reshaped = volume.reshape(30, 64, 64, 1)
    assert (reshaped != clip.data).any(), "the article's reshape has the shape and not the content"


def test_eight_in_a_batch_take_no_memory(tmp_path: Path) -> None:
    np.save(tmp_path / "volume.npy", np.random.default_rng(0).random((64, 64, 30), np.float32))
    clip = vv.encode(vv.open(str(tmp_path / "volume.npy")))
    batch = vv.batch([clip] * 8)
    assert batch.data.shape == (8, 30, 64, 64, 1)
    assert np.shares_memory(batch.data, clip.data)
    assert batch.data.strides[0] == 0


@pytest.mark.parametrize(
    ("shape", "target", "order"),
    [
        ((32, 64, 64, 3), (48, 96, 96), 1),
        ((64, 128, 128, 1), (96, 192, 192), 3),
        ((128, 128, 128, 1), (129, 127, 127), 0),
    ],
)
def test_the_articles_resamplings_equal_scipy(
    shape: tuple[int, ...], target: tuple[int, int, int], order: int
) -> None:
    x = np.random.default_rng(2).random(shape, dtype=np.float32)
    ours = vv.resample(x, target, order=order, grid="centers", antialias=False)
    factors = [m / n for m, n in zip(target, shape[:3], strict=True)]
    assert ours.shape == (*target, shape[3])
    for channel in range(shape[3]):
        theirs = ndimage.zoom(x[..., channel], factors, order=order)
        np.testing.assert_allclose(ours[..., channel], theirs, atol=1e-5)
