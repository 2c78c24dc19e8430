"""Numbers and names as the panels write them: a true minus, units after a space, no jargon."""

from __future__ import annotations

import math

INITIALIZER_NAMES = {
    "glorot_uniform": "Glorot uniform",
    "glorot_normal": "Glorot normal",
    "he_uniform": "He uniform",
    "he_normal": "He normal",
    "lecun_uniform": "LeCun uniform",
    "lecun_normal": "LeCun normal",
    "random_uniform": "Uniform",
    "random_normal": "Normal",
    "truncated_normal": "Truncated normal",
    "orthogonal": "Orthogonal",
    "legacy_normal": "Normal, legacy seed",
}
"""Keras' names for people; the keys are `settings.INITIALIZERS`."""

SPREAD_USED = ("random_uniform", "random_normal", "truncated_normal", "legacy_normal")
"""The initializers that have a spread of their own to choose."""

TIMES = "×"

SMALL, LONG = 0.05, 999.5
"""Outside of these a number of `cell` has too few digits."""


def cell(value: float) -> str:
    """Return a number in four signs: ".31", "−.04", "1.2", "214", "3e5"; exact zero is "0"."""
    if value == 0:
        return "0"
    if not math.isfinite(value):
        return "?" if math.isnan(value) else "∞" if value > 0 else "−∞"
    size = abs(value)
    if size < 0.995:
        digits = f"{size:.2f}"[1:]
    elif size < 9.95:
        digits = f"{size:.1f}"
    elif size < 999.5:
        digits = f"{size:.0f}"
    else:
        digits = exponent(size, 0)
    return f"−{digits}" if value < 0 else digits


def units(largest: float) -> float:
    """Return what numbers up to `largest` are written times, so that `cell` tells them apart.

    1 from 0.05 to 999; below, so that the largest has one digit before its point (weights of 0.012
    as 1.2); above, so that it has three (−3024 of a CT as −302).
    """
    if SMALL <= largest < LONG or not 1e-300 < largest < math.inf:
        return 1.0
    power = math.floor(math.log10(largest))
    return float(10.0 ** (-power if largest < SMALL else 2 - power))


def power(factor: float) -> str:
    """Return what numbers are meant times: "×10", "×.01", "×1e28"; "" for 1."""
    if factor == 1:
        return ""
    return f"{TIMES}{factor:.3g}".replace("e+", "e").replace("e-0", "e-").replace("0.", ".")


def total(value: float, signed: bool = False) -> str:
    """Return a sum in full: "−0.3067", "12.40", "3.1e-5"; with its plus where `signed`."""
    if value == 0 or not math.isfinite(value):
        return cell(value)
    size = abs(value)
    if 1e-3 <= size < 1e4:
        decimals = 4 if size < 10 else 3 if size < 100 else 2 if size < 1000 else 1
        digits = f"{size:.{decimals}f}"
    else:
        digits = exponent(size, 2)
    return ("−" if value < 0 else "+" if signed else "") + digits


def exponent(value: float, decimals: int = 1) -> str:
    """Return "3.1e-7": no plus, no leading zero in the exponent; "0" for exact zero."""
    if value == 0:
        return "0"
    if not math.isfinite(value):
        return cell(value)
    digits, power = f"{value:.{decimals}e}".split("e")
    return f"{digits}e{int(power)}"


def duration(seconds: float) -> str:
    """Return "0.4 ms", "9.4 ms", "120 ms", "1.3 s", "2 min"."""
    if seconds < 0.0995:
        return f"{seconds * 1000:.1f} ms"
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    return f"{seconds:.1f} s" if seconds < 99.5 else f"{seconds / 60:.0f} min"


def count(number: int, word: str, words: str | None = None) -> str:
    """Return "1 frame", "4 frames"."""
    return f"{number} {word}" if number == 1 else f"{number} {words or word + 's'}"


def sentence(text: str) -> str:
    """Return the text with its full stop; nothing stays nothing."""
    return f"{text}." if text and text[-1] not in ".!?" else text


def kernel(size: tuple[int, ...]) -> str:
    """Return "3×3×3"."""
    return TIMES.join(str(n) for n in size)


def factor(shrink: float) -> str:
    """Return "4×", "1.5×"."""
    return f"{shrink:.3g}{TIMES}" if shrink < 100 else f"{shrink:.0f}{TIMES}"


def millimeters(lengths: tuple[float, ...] | list[float]) -> str:
    """Return "2.0 × 2.0 × 2.2 mm"; whole ones where they are large."""
    digits = 0 if min(lengths) >= 10 else 1 if min(lengths) >= 0.95 else 3
    return f" {TIMES} ".join(f"{length:.{digits}f}" for length in lengths) + " mm"


def ascii_row(values: list[float]) -> str:
    """Return numbers for the clipboard, one line, tabs between them."""
    return "\t".join(f"{value + 0.0:.6g}" for value in values)  # -0.0 + 0.0 is 0.0
