from __future__ import annotations

import math

import numpy as np
import pytest

from voxviewer.export import timing

# The rates that whole hundredths of a second can give, as CONVENTIONS names them.
EXACT = {1, 2, 4, 5, 10, 12.5, 16.7, 20, 25, 33.3, 50}


@pytest.mark.parametrize("rate", range(1, 51))
def test_every_rate_gets_the_delay_that_comes_nearest(rate):
    clock = timing(rate)
    nearest = min(range(2, 201), key=lambda delay: abs(100 / delay - rate))
    assert abs(clock.rate - rate) == pytest.approx(abs(100 / nearest - rate))
    assert clock.exact == (rate in EXACT)
    assert bool(clock.sentence) != clock.exact


@pytest.mark.parametrize("rate", sorted(EXACT))
def test_exact_rates_are_known(rate):
    assert timing(rate).exact
    assert timing(rate).delay == round(100 / rate)


def test_a_rate_that_cannot_be_exact_is_said():
    clock = timing(12)
    assert (clock.delay, clock.rate, clock.exact) == (8, 12.5, False)
    assert clock.text == "8 cs a frame = 12.5"
    assert clock.sentence == (
        "12 frames per second became 12.5: a GIF counts in hundredths of a second."
    )


def test_two_frames_per_second_stay_500_milliseconds():
    assert timing(2).delay == 50 and timing(2).seconds == 0.5
    assert timing(np.float32(2)).delay == 50


def test_rates_that_viewers_do_not_play_become_50():
    assert timing(60).delay == timing(1e6).delay == 2
    assert "no frame shorter than 2 hundredths" in timing(60).sentence


def test_the_slowest_rate_fits_the_file():
    assert timing(100 / 65_535).delay == 65_535
    with pytest.raises(ValueError, match=r"at least 0\.0015"):
        timing(0.001)


@pytest.mark.parametrize("rate", [0, -1, math.nan, math.inf, "10", None, True])
def test_what_is_no_rate_is_refused(rate):
    with pytest.raises(ValueError, match="rate must be a number above 0"):
        timing(rate)
