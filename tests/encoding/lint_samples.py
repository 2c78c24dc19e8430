"""Seeded films, scans and recordings, clean or with one fault put in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from encoding_sources import film, scan, skeleton

from voxviewer.data import Source

NAMES = ("nose", "neck", "left hand", "right hand", "hip", "left ankle", "right ankle")
REST = np.array(
    [[0, -0.7], [0, -0.5], [-0.4, -0.2], [0.4, -0.2], [0, 0], [-0.15, 0.7], [0.15, 0.7]]
)


def blobs(seed: int, T: int = 20, H: int = 48, W: int = 56, speed: float = 1.5) -> Any:
    """(T, H, W) in 0..1: soft blobs that drift over a still, textured background."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:H, :W]
    phase = rng.uniform(0, 6, 4)
    still = 0.35 + 0.1 * np.sin(rows / 5 + phase[0]) * np.cos(columns / 7 + phase[1])
    result = np.repeat(still[None], T, axis=0)
    for _ in range(3):
        r, c, dr, dc = rng.uniform((8, 8, -1, -1), (H - 8, W - 8, 1, 1))
        for t in range(T):
            away = (rows - r - dr * speed * t) ** 2 + (columns - c - dc * speed * t) ** 2
            result[t] += 0.45 * np.exp(-away / 30)
    return np.clip(result, 0, 1)


def hand(seed: int, T: int = 16, size: int = 60) -> Any:
    """(T, H, W, 3) uint8: a waving, skin-colored shape before a dark wall."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:size, :size]
    frames = np.empty((T, size, size, 3))
    tone = np.array([205, 150, 120]) + rng.uniform(-15, 15, 3)
    for t in range(T):
        angle = 0.5 * np.sin(2 * np.pi * t / 8 + seed)
        away = (columns - size / 2 - (size - rows) * np.tan(angle) / 2) / 9
        mask = np.exp(-(away**4)) * (rows > 12)
        frames[t] = 25 + mask[..., None] * (tone - 25) * (0.8 + 0.2 * rows[..., None] / size)
    return (frames + rng.normal(0, 2, frames.shape)).clip(0, 255).astype(np.uint8)


def walker(seed: int, T: int = 40) -> Any:
    """(T, J, 2) in -1..1, y down: a figure that stands and waves."""
    rng = np.random.default_rng(seed)
    t = np.arange(T)[:, None]
    sway = 0.04 * np.sin(t / 5 + rng.uniform(0, 6, len(REST)))
    joints = np.repeat(REST[None], T, axis=0) + 0.02 + rng.uniform(-0.1, 0.1, 2)
    joints[..., 0] += sway
    joints[:, 3, 1] += 0.25 * np.sin(t[:, 0] / 3)
    return (joints * rng.uniform(0.8, 1.1)).astype(np.float32)


def person(joints: Any, **more: Any) -> Source:
    return skeleton(np.asarray(joints, np.float32), names=NAMES, **more)


def as_bytes(frames: Any) -> Any:
    return (frames[..., None] * 255).round().astype(np.uint8)


def shuffled(seed: int) -> Source:
    frames = as_bytes(blobs(seed))
    return film(frames[np.random.default_rng(seed).permutation(len(frames))])


def text_sorted(seed: int) -> Source:
    frames = as_bytes(blobs(seed))
    return film(frames[sorted(range(len(frames)), key=str)])


def duplicated(seed: int) -> Source:
    frames = as_bytes(blobs(seed))
    frames[[5, 6, 13]] = frames[[4, 4, 12]]
    return film(frames)


def dead(seed: int) -> Source:
    frames = as_bytes(blobs(seed))
    frames[[3, 11]] = 0
    return film(frames)


def swapped(seed: int) -> Source:
    return film(hand(seed)[..., ::-1])


def planar(seed: int) -> Source:
    """(T, C, H, W) as the reader guesses it: rows, columns, depth, time."""
    frames = np.moveaxis(hand(seed), -1, 1)
    made = scan(frames[..., 0])  # its own voxels do not matter here
    voxels = np.moveaxis(frames, (0, 1, 2, 3), (2, 3, 1, 0))[..., None]
    facts = replace(made.facts, stored_shape=frames.shape, stored_axes="HWDT")
    return replace(made, voxels=voxels, facts=facts)


def overflowed(seed: int) -> Source:
    return film((blobs(seed)[..., None] * 400).astype(np.int64).astype(np.uint8))


def per_frame(seed: int) -> Source:
    frames = blobs(seed).astype(np.float32)
    rng = np.random.default_rng(seed)
    for frame in frames:  # a passing light, then each frame to its own 0..1
        r, c = rng.integers(4, 44, 2)
        frame[r : r + 2, c : c + 2] += rng.uniform(0.3, 1.5)
        frame -= frame.min()
        frame /= frame.max()
    return film(frames[..., None])


def zero_joints(seed: int) -> Source:
    joints = (walker(seed) + 1.2) * 200
    joints[np.random.default_rng(seed).random(joints.shape[:2]) < 0.08] = 0
    return person(joints, unit="px", frame_size=(480, 480))


def gaps(seed: int) -> Source:
    joints = walker(seed)
    joints[8:13, 3] = np.nan
    return person(joints)


def upside_down(seed: int) -> Source:
    return person(walker(seed) * (1, -1), up="y-")


def shares(seed: int) -> Source:
    return person((walker(seed) + 1.2) / 2.4, unit="unit")


def pixels(seed: int) -> Source:
    return person((walker(seed) + 1.2) * 200, unit="normalized")


FAULTS: dict[str, tuple[str, Callable[[int], Source]]] = {
    "shuffled frames": ("shuffled", shuffled), "sorted as text": ("shuffled", text_sorted),
    "duplicate frames": ("duplicate", duplicated), "BGR": ("bgr", swapped),
    "(0, 0) joints": ("zeros", zero_joints), "NaN joints": ("gaps", gaps),
    "y pointing up": ("up", upside_down), "[0, 1] taken for [-1, 1]": ("unit", shares),
    "pixels taken for [0, 1]": ("unit", pixels), "channels first": ("channels-first", planar),
    "constant frames": ("constant", dead), "integer overflow": ("overflow", overflowed),
    "per-frame scaling": ("per-frame", per_frame),
}  # fmt: skip


def _noise(seed: int) -> Source:
    return film(np.random.default_rng(seed).integers(0, 256, (12, 20, 20, 1)).astype(np.uint8))


def _mask(seed: int) -> Source:
    return film((blobs(seed)[..., None] > 0.5).astype(np.uint8) * 255)


def _board(seed: int) -> Source:
    rows, columns = np.mgrid[:40, :40]
    frames = [((rows + t) // 3 + columns // 3) % 2 for t in range(12)]
    return film((np.array(frames)[..., None] * 235 + 10).astype(np.uint8))


def _fast_wave(seed: int) -> Source:
    rows, columns = np.mgrid[:32, :32]
    t = np.arange(18)[:, None, None]
    frames = np.exp(-((columns - 16 - 10 * np.sin(2 * np.pi * t / 5.3 + seed)) ** 2) / 8)
    return film(frames[..., None].astype(np.float32) + 0 * rows[None, ..., None])


def _sky(seed: int) -> Source:
    rows = np.linspace(0, 1, 50)[:, None, None]
    sky = np.array([110, 160, 235]) * (1 - rows) + np.array([60, 110, 40]) * rows
    frames = np.repeat(np.repeat(sky, 60, 1)[None], 9, 0)
    frames += np.random.default_rng(seed).normal(0, 4, frames.shape)
    return film(frames.clip(0, 255).astype(np.uint8))


def _dot(seed: int) -> Source:
    """Bright dots on black: every frame runs from 0 to 1, and nothing is wrong with that."""
    rng = np.random.default_rng(seed)
    joints = np.cumsum(rng.normal(0, 0.05, (15, 3, 2)), axis=0)
    from voxviewer.encoding import joint_heatmaps

    return film(joint_heatmaps(joints, 32, 32, 3.0, combine="max"))


def _volume(seed: int) -> Source:
    ct = np.moveaxis(blobs(seed, 14), 0, -1) * 2000 - 1000
    return scan(ct.round().astype(np.int16))


def _saturated(seed: int) -> Source:
    bright = blobs(seed) * 600 - 120
    return film(bright.clip(0, 255).astype(np.uint8)[..., None])


def _fade(seed: int) -> Source:
    gains = 0.4 + 0.6 * np.sin(np.linspace(0.2, 2.9, 20))
    return film((blobs(seed) * gains[:, None, None])[..., None].astype(np.float32))


def _ultrasound(seed: int) -> Source:
    """A beating picture under writing that stays: every frame runs from 0 to 220."""
    frames = blobs(seed) * 120
    frames *= 1 + 0.1 * np.sin(np.arange(len(frames)) * 1.7 + seed)[:, None, None]
    frames[:, 2:5, 3:9], frames[:, 0, 0] = 220, 0
    return film(frames.round().astype(np.uint8)[..., None])


CLEAN: tuple[Callable[[int], Source], ...] = (
    lambda seed: film(as_bytes(blobs(seed))), lambda seed: film(hand(seed)), _noise, _mask, _board,
    _fast_wave, _sky, _dot, _volume, _saturated, _fade, _ultrasound,
    lambda seed: person(walker(seed)),
    lambda seed: person(walker(seed) * (1, -1), up="y+"),
    lambda seed: person((walker(seed) + 1.2) * 200, unit="px", frame_size=(480, 480)),
    lambda seed: person((walker(seed) + 1.2) / 2.4, unit="normalized"),
    lambda seed: person(walker(seed) - walker(seed)[:, 4:5]),
    lambda seed: film(hand(seed, 1)),
)  # fmt: skip
