"""Filters made for other channels than the clip has: what can be done about it, in words and deeds.

A bank of a color model meets a gray clip, one of a gray model a color clip. Nothing is adapted
unless a person asks; each remedy says what it does.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from voxviewer.data import FilterBank, frozen

if TYPE_CHECKING:
    from voxviewer.data import Float32, Float64


@dataclass(frozen=True)
class Remedy:
    """One way to make a bank fit: `how` for `adapted` and the settings, `words` for a person."""

    how: str
    words: str


def remedies(bank: FilterBank, channels: int) -> tuple[Remedy, ...]:
    """What can be done so that the bank takes clips of so many channels; empty where it does.

    "pick" is offered where one side has a single channel, once for each of the other's.
    """
    return _remedies(int(bank.kernels.shape[3]), channels)


def _remedies(taken: int, given: int) -> tuple[Remedy, ...]:
    if taken == given:
        return ()
    if given == 1:
        first = Remedy(
            "sum",
            f"Add up each filter's {taken} channels, as if the gray clip stood in every one",
        )
    elif taken == 1:
        first = Remedy(
            "repeat",
            f"Repeat each filter over the clip's {given} channels and divide by {given}, so that "
            "it sees their mean",
        )
    else:
        return (
            Remedy(
                "repeat",
                f"Add up each filter's {taken} channels, repeat that over the clip's {given} and "
                f"divide by {given}",
            ),
        )
    whose = "of the filters" if given == 1 else "of the clip"
    picks = (
        Remedy(f"pick:{index}", f"Use channel {index} {whose} alone")
        for index in range(max(taken, given))
    )
    return first, *picks


def mismatch(taken: int, given: int) -> str:
    """The sentences for filters of `taken` channels that meet a clip of `given`."""
    ways = [remedy.how for remedy in _remedies(taken, given)]
    several = ways if len(ways) <= 3 else [ways[0], f"{ways[1]} to {ways[-1]}"]
    return (
        f"The filters take {_channels(taken)}, the clip has {given}. "
        f"Choose filters for {_channels(given)}, encode the clip with {_channels(taken)}, or "
        f"adapt the filters by {' or '.join(several)}"
    )


def adapted(bank: FilterBank, channels: int, how: str) -> FilterBank:
    """Make a bank take clips of so many channels; one that does already is given back.

    Parameters
    ----------
    bank : kernels (kT, kH, kW, C, F)
    channels : of the clip
    how : "sum": kernels added over their channels, for a gray clip; "repeat": their sum over all
        channels of the clip, divided by their number; "pick:i": of many kernel channels the i-th,
        or the one channel at the clip's i-th and zeros elsewhere

    Returns
    -------
    FilterBank with kernels (kT, kH, kW, channels, F); bias, activation and names stay

    Raises
    ------
    ValueError
        where this way does not lead from these channels to those

    Example
    -------
    >>> adapted(vv.random_filters(channels=3), 1, "sum").kernels.shape
    (3, 3, 3, 1, 8)
    """
    if channels < 1:
        raise ValueError(f"channels must be at least 1, not {channels}")
    taken = int(bank.kernels.shape[3])
    if taken == channels:
        return bank
    offered = _remedies(taken, channels)
    if how not in {remedy.how for remedy in offered}:
        ways = ", ".join(remedy.how for remedy in offered[:4]) + ("" if len(offered) < 5 else ", …")
        raise ValueError(
            f"Filters of {_channels(taken)} cannot meet a clip of {channels} by {how!r}. Use {ways}"
        )
    taps = bank.kernels.astype(np.float64)
    kernels = (
        _picked(taps, channels, int(how[5:])) if how[:4] == "pick" else _spread(taps, channels)
    )
    return replace(
        bank,
        kernels=frozen(np.ascontiguousarray(kernels, np.float32)),
        origin=f"{bank.origin}, channels by {how}",
    )


def _spread(taps: Float64, channels: int) -> Float64:
    """The sum over channels, shared out among so many."""
    total = taps.sum(axis=3, keepdims=True) / channels
    return np.repeat(total, channels, axis=3)


def _picked(taps: Float64, channels: int, index: int) -> Float64 | Float32:
    if channels == 1:
        one: Float64 = taps[:, :, :, index : index + 1]
        return one
    wide = np.zeros((*taps.shape[:3], channels, taps.shape[4]))
    wide[:, :, :, index] = taps[:, :, :, 0]
    return wide


def _channels(count: int) -> str:
    return "1 channel" if count == 1 else f"{count} channels"
