"""Pictures of the 3D process a second, as the window gets them: `python benchmarks/bench_space.py`.

A soft body with structure is turned by 7 degrees a picture, in a view of 640 x 480; transport from
the process is counted. Preview is what is drawn while the mouse turns, full what follows. Beside it
stands the NumPy projection that draws where there is no OpenGL. The goal: 10 pictures a second at
preview for 256^3 in software.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from voxviewer.space.camera import Camera
from voxviewer.space.client import SpaceEngine, SpaceMissing
from voxviewer.space.coding import coded
from voxviewer.space.looks import MODES, Look
from voxviewer.space.projection import project
from voxviewer.space.scenes import Axis, Scene

SIZE = (640, 480)
SIDES = (64, 128, 256)
ROUNDS = 9
GOAL = 10.0


def main() -> int:
    engine = SpaceEngine()
    try:
        _bench(engine)
    except SpaceMissing as error:
        print(f"{error}: nothing to measure")
    finally:
        engine.stop()
    return 0


def _bench(engine: SpaceEngine) -> None:
    met = True
    print(f"{SIZE[0]} x {SIZE[1]}, medians of {ROUNDS} pictures, in pictures per second")
    print(f"{'':20}{'first (ms)':>12}{'preview':>10}{'full':>10}{'NumPy, preview':>16}")
    for side in SIDES:
        scene = _scene(side)
        for mode in MODES:
            look = Look(mode, "mr", 0.35, mark=(0, 0.5))
            first = _seconds(lambda c, s=scene, k=look: engine.render(s, c, k, SIZE), 1)
            rates = []
            for quality in ("preview", "full"):
                draw = _drawing(engine, scene, look, quality)
                rates.append(1 / _seconds(draw, ROUNDS))
            numpy = 1 / _seconds(lambda c, s=scene, k=look: project(s, c, k, SIZE, "preview"), 3)
            name = f"{side}^3 {mode}"
            print(
                f"{name:20}{1e3 * first:12.0f}{rates[0]:10.1f}{rates[1]:10.1f}{numpy:16.1f}",
                flush=True,
            )
            met = met and rates[0] >= GOAL
    print(engine.text + f" ({engine.versions.get('renderer')})")
    print(f"at least {GOAL:.0f} at preview: {'yes' if met else 'NO'}")


def _drawing(
    engine: SpaceEngine, scene: Scene, look: Look, quality: str
) -> Callable[[Camera], object]:
    return lambda camera: engine.render(scene, camera, look, SIZE, quality)


def _scene(side: int) -> Scene:
    """A ball with waves in it, (side, side, side)."""
    at = np.linspace(-1, 1, side, dtype=np.float32)
    distance = np.sqrt(at[:, None, None] ** 2 + 1.4 * at[:, None] ** 2 + 1.2 * at**2)
    waves = np.sin(9 * at)[:, None, None] * np.cos(8 * at)[:, None] * np.sin(7 * at)
    values = np.clip((1 - distance) * 2, 0, 1) * (0.75 + 0.25 * waves)
    axes = tuple(Axis(letter, side, name=letter) for letter in "DHW")
    return Scene(coded(values, (0.0, 1.0)), axes=axes)


def _seconds(draw: Callable[[Camera], object], rounds: int) -> float:
    """The median seconds of a picture while the scene turns."""
    camera, seconds = Camera(20, 15, 1.2), []
    for _ in range(rounds):
        camera = replace(camera, azimuth=camera.azimuth + 7)
        start = time.perf_counter()
        draw(camera)
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


if __name__ == "__main__":
    sys.exit(main())
