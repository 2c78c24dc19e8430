"""Both engines are timed by one rule."""

from __future__ import annotations

from voxviewer import timing


def test_the_least_of_three_short_calls_counts():
    seconds = iter([0.004, 0.002, 0.003, 0.001])
    assert timing.least(lambda: next(seconds)) == 0.002


def test_a_long_call_is_made_once():
    seconds = iter([2.0])
    assert timing.least(lambda: next(seconds)) == 2.0
