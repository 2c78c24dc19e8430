"""Waves: the same by seed, and told apart by their motion alone."""

from __future__ import annotations

import numpy as np
import pytest

from voxviewer.learning import gather, make_lesson
from voxviewer.learning.waves import SEEDS, STEPS, WAVES, WAYS, wave_clip, wave_clips
from voxviewer.settings import TrainingSettings


@pytest.mark.parametrize("way", WAYS)
def test_a_wave_moves_its_way(way: str) -> None:
    """Of all small shifts from one frame to the next, the one that fits best is the wave's."""
    shifts = {name: [] for name in WAYS}
    for seed in range(6):
        data = wave_clip(way, seed, (16, 32, 32)).data[..., 0].astype(float)
        for name in WAYS:
            step = STEPS.get(name, (0, 0))
            moved = np.roll(data[:-1], step, axis=(1, 2))[:, 2:-2, 2:-2]
            shifts[name].append(np.abs(moved - data[1:, 2:-2, 2:-2]).mean())
    assert min(shifts, key=lambda name: np.mean(shifts[name])) == way


def test_a_seed_gives_one_wave_and_another_seed_another() -> None:
    first, again, other = wave_clip("left", 3), wave_clip("left", 3), wave_clip("left", 4)
    assert np.array_equal(first.data, again.data)
    assert np.abs(first.data - other.data).max() > 0.1
    assert first.data.dtype == np.float32
    assert 0 <= first.data.min() < first.data.max() <= 1


def test_one_frame_does_not_tell_left_from_right() -> None:
    """Over many seeds the mean frame and the mean spectrum of both are the same."""

    def spectrum(way: str) -> np.ndarray:
        frames = [wave_clip(way, seed).data[5, ..., 0] for seed in range(150)]
        return np.mean([np.abs(np.fft.fft2(f - f.mean())) for f in frames], axis=0)

    left, right = spectrum("left"), spectrum("right")
    assert np.abs(left - right).max() < 0.15 * left.max()


def test_another_way_is_refused() -> None:
    with pytest.raises(ValueError, match="a wave goes down, left, right, still, up"):
        wave_clip("sideways", 0)


def test_the_sample_is_a_set_of_classes() -> None:
    pieces = gather(WAVES, TrainingSettings(task="classes"))
    assert len(pieces) == len(wave_clips(range(2))) // 2 * SEEDS
    lesson, _ = make_lesson(WAVES, TrainingSettings(task="classes"))
    assert lesson.classes == WAYS
    assert lesson.held == SEEDS
