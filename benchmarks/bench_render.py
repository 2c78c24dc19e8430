"""Films and walls against their peers, in one run: `python benchmarks/bench_render.py`.

GIF: this project's writer against Pillow's with RGB frames (its usual way) and with 'P' frames.
They take turns; medians of the rounds are shown. Wall: composing all tiles of one frame.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

import voxviewer as vv
from voxviewer.data import Clip, FeatureMaps
from voxviewer.render.colormaps import lut
from voxviewer.render.limits import clip_scale, map_scales
from voxviewer.render.pixels import enlarge, map_indices
from voxviewer.render.wall import compose_wall, layout_wall
from voxviewer.settings import ConvolutionSettings, EncodingSettings, RenderSettings

ROUNDS = 7


def main() -> int:
    print(f"GIF, medians of {ROUNDS} rounds in ms; ratio = Pillow with RGB frames / this")
    with tempfile.TemporaryDirectory() as folder:
        for name, maps, scale in _films():
            _gif(name, maps, scale, Path(folder))
    print(f"\nWall, medians of {ROUNDS * 5} frames in ms")
    for shape, zoom in [((16, 64, 8), 3), ((16, 64, 32), 1), ((16, 64, 32), 2), ((8, 128, 64), 1)]:
        _wall(*shape, zoom)
    return 0


def _films() -> list[tuple[str, FeatureMaps, int]]:
    rng = np.random.default_rng(0)
    small = rng.standard_normal((30, 64, 64, 1))
    t, y, x = np.meshgrid(*(np.linspace(0, 6, n) for n in (30, 512, 512)), indexing="ij")
    smooth = (np.sin(x + t) * np.cos(y - t))[..., None]
    noise = rng.standard_normal((30, 512, 512, 1))
    return [
        ("30 x 64 x 64, enlarged 8 times", _maps(small), 8),
        ("30 x 512 x 512, smooth", _maps(smooth), 1),
        ("30 x 512 x 512, noise", _maps(noise), 1),
    ]


def _maps(data: np.ndarray) -> FeatureMaps:
    T, H, W, F = data.shape
    data = data.astype(np.float32)
    clip = Clip(
        np.random.default_rng(1).random((T, H, W, 1), np.float32), np.ones(T, bool), np.arange(T),
        ("gray",), "bench", EncodingSettings(),
    )  # fmt: skip
    return FeatureMaps(
        data, clip, None, ConvolutionSettings(), "handwritten", 0.0, (3, 3, 3), (1, 1, 1),
        (0.0, 0.0, 0.0), np.abs(data).max(axis=(0, 1, 2)),
        np.zeros((T, F), np.float32), np.zeros(F, np.float32),
    )  # fmt: skip


def _gif(name: str, maps: FeatureMaps, scale: int, folder: Path) -> None:
    scales = map_scales(maps, RenderSettings())
    indices = [enlarge(map_indices(maps, u, scales)[0], scale) for u in range(len(maps.data))]
    colors = [Image.fromarray(lut("night")[index]) for index in indices]

    def ours() -> None:
        vv.save_gif(maps, folder / "ours.gif", rate=10, scale=scale)

    def pillow_rgb() -> None:
        _pillow(colors, folder / "rgb.gif")

    def pillow_palette() -> None:
        frames = [Image.fromarray(index) for index in indices]
        for frame in frames:
            frame.putpalette(lut("night").tobytes())
        _pillow(frames, folder / "p.gif")

    times = _in_turn([ours, pillow_rgb, pillow_palette])
    print(name)
    for label, file, seconds in zip(
        ("voxviewer, scaling included", "Pillow, RGB frames", "Pillow, P frames"),
        ("ours.gif", "rgb.gif", "p.gif"), times, strict=True,
    ):  # fmt: skip
        path = folder / file
        with Image.open(path) as film:
            frames = film.n_frames
        size = path.stat().st_size / 1e6
        ratio = times[1] / seconds
        print(f"  {label:28} {seconds * 1e3:8.1f}  {ratio:5.1f}x  {size:6.2f} MB  {frames} frames")


def _pillow(frames: list[Image.Image], path: Path) -> None:
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=100, loop=0)


def _wall(T: int, side: int, F: int, zoom: int) -> None:
    maps = _maps(np.random.default_rng(2).standard_normal((T, side, side, F)))
    settings = RenderSettings()
    scales, own = map_scales(maps, settings), clip_scale(maps.clip, settings)
    columns = int(np.ceil(np.sqrt(F + 1)))
    layout = layout_wall(
        (side, side), range(F), 4000, 4000, input_size=(side, side), zoom=zoom, columns=columns
    )
    out = compose_wall(maps, 0, layout, scales, own)
    frames = iter(range(10_000))

    def compose() -> None:
        compose_wall(maps, next(frames) % T, layout, scales, own, out=out)

    (seconds,) = _in_turn([compose], ROUNDS * 5)
    place = f"{layout.width} x {layout.height}"
    print(f"  {F} maps of {side} x {side} at {zoom}x ({place}): {seconds * 1e3:6.2f}")


def _in_turn(calls: list[Callable[[], None]], rounds: int = ROUNDS) -> list[float]:
    """The median seconds of each call; they take turns, after one unmeasured round."""
    seconds: list[list[float]] = [[] for _ in calls]
    for call in calls:
        call()
    for _ in range(rounds):
        for call, times in zip(calls, seconds, strict=True):
            start = time.perf_counter()
            call()
            times.append(time.perf_counter() - start)
    return [statistics.median(times) for times in seconds]


if __name__ == "__main__":
    sys.exit(main())
