"""A picture that is wanted and one that was drawn, as frozen values; the work between. No Qt."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from voxviewer.gui.views.space_subject import HOMES, INK
from voxviewer.space.camera import fitted
from voxviewer.space.client import Drawn, draw
from voxviewer.space.looks import GRAY, Look

if TYPE_CHECKING:
    from collections.abc import Callable

    from voxviewer.data import Progress
    from voxviewer.gui.views.space_subject import Places, Subject
    from voxviewer.space.camera import Camera
    from voxviewer.space.client import SpaceEngine
    from voxviewer.space.looks import Colors, Span
    from voxviewer.space.scenes import Scene

MARGIN = 24
"""Pixels left free round a scene for its letters."""
NOTHING = Drawn(np.zeros((0, 0, 3), np.uint8))


@dataclass(frozen=True, eq=False)
class Wish:
    """A picture that is wanted: of what, from where, how, how large, how fine."""

    subject: Subject
    camera: Camera | None
    look: Look
    size: tuple[int, int]
    scale: float
    quality: str

    @property
    def logical(self) -> tuple[int, int]:
        """Width and height in the widget's own pixels."""
        return max(round(self.size[0] / self.scale), 1), max(round(self.size[1] / self.scale), 1)

    def same(self, other: Wish | None) -> bool:
        """Return True where the other one looks no different."""
        if other is None or self.subject.key != other.subject.key:
            return False
        mine = (self.camera, self.look, self.size, self.quality)
        return mine == (other.camera, other.look, other.size, other.quality)


@dataclass(frozen=True, eq=False)
class Result:
    """What a job brings home."""

    wish: Wish
    scene: Scene
    camera: Camera
    drawn: Drawn
    seconds: float

    @property
    def empty(self) -> bool:
        """True where only the scene was made: how it looks could not be known before."""
        return self.drawn.picture.size == 0


@dataclass(frozen=True)
class Ways:
    """How a person wants bodies shown: see `Look`; `opacity` None = as suits the content.

    `trails` : joints leave a trail behind them
    """

    mode: str
    opacity: str | None
    level: float
    depth: float
    box: tuple[Span, Span, Span]
    trails: bool = True


def look_of(
    scene: Scene, subject: Subject, ways: Ways, at: Places, colors: Colors, *, light: bool
) -> Look:
    """Return how a scene is drawn: as a person wants it, at the clock, in a theme's colors."""
    mode = "volume" if scene.is_points else ways.mode
    preset = scene.content
    if mode == "volume" and preset != "signed":
        preset = ways.opacity or preset
    ink = light and mode == "mip" and subject.palette == GRAY
    return Look(
        mode,
        preset,
        ways.level,
        ways.depth if scene.film else 1.0,
        at.slices,
        ways.box,
        at.mark,
        at.frame,
        Look.trail if ways.trails else 0,
        palette=INK if ink else subject.palette,
        colors=colors,
    )


def work_on(wish: Wish, scene: Scene | None, engine: SpaceEngine) -> Callable[[Progress], Result]:
    """Return what the lane runs, on a thread of its own: make the scene, or draw it."""

    def work(progress: Progress) -> Result:
        made = scene if scene is not None else wish.subject.make(progress)
        size = wish.logical
        home = HOMES[wish.subject.home]
        camera = wish.camera or fitted(home, made.half(wish.look.depth), size, MARGIN)
        if scene is None:
            return Result(wish, made, camera, NOTHING, 0.0)
        start = time.perf_counter()
        drawn = draw(
            engine, made, camera, wish.look, wish.size, wish.quality, width=wish.scale,
            progress=progress,
        )  # fmt: skip
        return Result(wish, made, camera, drawn, time.perf_counter() - start)

    return work


def described(result: Result, what: str) -> str:
    """Return what a picture shows, for people who cannot see it."""
    mode = "skeleton" if result.scene.is_points else result.wish.look.mode
    camera = result.camera
    return f"{what}, {mode}, turned by {camera.azimuth:.0f}°, {camera.elevation:.0f}°"
