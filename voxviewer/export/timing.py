"""Which rates a GIF can have: its delays are whole hundredths of a second."""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Real

SHORTEST = 2
"""Many viewers show frames of under 2 hundredths at a speed of their own (imageio#919)."""
LONGEST = 65_535
"""A delay is an unsigned 16-bit number in the file."""


@dataclass(frozen=True)
class Timing:
    """One delay for all frames of a film.

    Attributes
    ----------
    asked : the rate that was asked for, frames per second
    delay : hundredths of a second
    exact : True where the delay gives the rate that was asked for, to three digits
    """

    asked: float
    delay: int
    exact: bool

    @property
    def rate(self) -> float:
        """Frames per second, as the file has them."""
        return 100 / self.delay

    @property
    def seconds(self) -> float:
        """Seconds that a frame stays."""
        return self.delay / 100

    @property
    def text(self) -> str:
        """The timing as a label: "8 cs a frame = 12.5"."""
        return f"{self.delay} cs a frame = {self.rate:.3g}"

    @property
    def sentence(self) -> str:
        """What a person should know: empty where the rate is exact."""
        if self.exact:
            return ""
        if self.asked > 100 / SHORTEST:
            reason = f"viewers play no frame shorter than {SHORTEST} hundredths of a second"
        else:
            reason = "a GIF counts in hundredths of a second"
        return f"{self.asked:.4g} frames per second became {self.rate:.3g}: {reason}."


def timing(rate: float) -> Timing:
    """Return the one delay whose rate is nearest to the one asked for.

    Parameters
    ----------
    rate : frames per second

    Raises
    ------
    ValueError
        where it is not a number above 0, or slower than a GIF can be

    Example
    -------
    >>> timing(12).text
    '8 cs a frame = 12.5'
    """
    if not _is_number(rate) or not math.isfinite(rate) or rate <= 0:
        raise ValueError(f"rate must be a number above 0, not {rate!r}")
    if 100 / rate > LONGEST:
        raise ValueError(f"rate must be at least {100 / LONGEST:.2g}, as a GIF allows, not {rate}")
    shorter = max(math.floor(100 / rate), SHORTEST)
    delay = min(shorter, shorter + 1, key=lambda delay: abs(100 / delay - rate))
    delay = min(delay, LONGEST)
    return Timing(float(rate), delay, f"{100 / delay:.3g}" == f"{rate:.3g}")


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)
