"""Windows of computed tomography: which Hounsfield units are shown between black and white.

Center and width as radiologists write them ("W 80 L 40" is (40, 80) here), of the list "Typical
window width and level values" in https://radiopaedia.org/articles/windowing-ct: the first where it
gives two, the middle where it gives a range (subdural: W 130 to 300, L 50 to 100), for soft tissue
that of the abdomen. Tools for deep learning clip to the same: `center - width / 2` to
`center + width / 2`.
"""

from __future__ import annotations

Window = tuple[float, float]

CT_WINDOWS: dict[str, Window] = {
    "brain": (40.0, 80.0),
    "subdural": (75.0, 215.0),
    "stroke": (32.0, 8.0),
    "temporal-bone": (600.0, 2800.0),
    "lung": (-600.0, 1500.0),
    "mediastinum": (50.0, 350.0),
    "soft-tissue": (50.0, 400.0),
    "liver": (30.0, 150.0),
    "spine": (50.0, 250.0),
    "bone": (400.0, 1800.0),
}
"""Center and width in Hounsfield units, by name."""


def window_limits(window: Window) -> tuple[float, float]:
    """The lowest and highest value of a window: those that become 0 and 1.

    Example
    -------
    >>> window_limits(CT_WINDOWS["brain"])
    (0.0, 80.0)
    """
    center, width = window
    return center - width / 2, center + width / 2


def window_of_limits(limits: tuple[float, float]) -> Window:
    """The window between two values."""
    low, high = limits
    return (low + high) / 2, high - low


def window_named(window: Window | None) -> str | None:
    """The name of a window, None where it has none."""
    return next((name for name, found in CT_WINDOWS.items() if found == window), None)
