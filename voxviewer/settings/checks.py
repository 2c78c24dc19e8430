"""What every settings class asks of its values: plain ones, and within their limits."""

from __future__ import annotations

import math
import os
from dataclasses import fields
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence


def make_plain(settings: Any) -> None:
    """Turn what scripts hand in, lists, NumPy's numbers, paths, into Python's own plain values.

    Else equal choices would not be equal, and a recipe could not hold them.
    """
    kind: Any = type(settings)
    for name in _field_names(kind):
        value = getattr(settings, name)
        plain = _plain(value)
        if plain is not value:
            object.__setattr__(settings, name, plain)


@cache
def _field_names(kind: type) -> tuple[str, ...]:
    return tuple(item.name for item in fields(kind))


_PLAIN = frozenset((str, int, float, bool, type(None)))


def _plain(value: Any) -> Any:
    if type(value) in _PLAIN or (type(value) is tuple and _PLAIN.issuperset(map(type, value))):
        return value  # nearly always: choices are made anew many times while a slider is dragged
    if isinstance(value, str):
        return value if type(value) is str else str(value)
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if hasattr(value, "tolist"):
        value = value.tolist()
    return tuple(_plain(item) for item in value) if isinstance(value, (list, tuple)) else value


def pair_of(name: str, value: Any) -> tuple[Any, Any]:
    """Return two things, of what should be two numbers."""
    if not isinstance(value, tuple) or len(value) != 2:
        raise ValueError(f"{name} must be two numbers, the lower first, not {value!r}")
    return value[0], value[1]


def require_choice(name: str, value: Any, built: Sequence[Any]) -> None:
    """Refuse a value that is not one of the built ones, in one sentence."""
    if value not in built:
        options = ", ".join(str(item) for item in built)
        raise ValueError(f"{name} {value!r} is not known; use one of: {options}")


def require_count(name: str, value: Any, low: int = 1, high: int = 1_000_000) -> None:
    """Refuse what is not a whole number in low..high."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    if not whole or not low <= value <= high:
        raise ValueError(f"{name} must be a whole number from {low} to {high}, not {value!r}")


def triple_of(name: str, value: Any) -> tuple[int, int, int]:
    """Return three whole numbers of at least 1, for T, H, W."""
    try:
        items = tuple(value)
    except TypeError:
        raise ValueError(f"{name} needs three whole numbers for T, H, W, not {value!r}") from None
    if len(items) != 3:
        raise ValueError(f"{name} needs three whole numbers for T, H, W, not {value!r}")
    for item in items:
        require_count(name, item)
    return items


def require_number(name: str, value: Any, low: float, high: float = math.inf) -> None:
    """Refuse what is not a finite number in low..high."""
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not number or not math.isfinite(value) or not low <= value <= high:
        words = f" of at least {low:g}" if high == math.inf else f" from {low:g} to {high:g}"
        words = "" if low == -math.inf else words
        raise ValueError(f"{name} must be a number{words}, not {value!r}")


def require_range(name: str, value: Any, low: float, high: float = math.inf) -> None:
    """Refuse what is not two finite numbers in low..high, the lower first or both equal."""
    first, last = pair_of(name, value)
    for number in (first, last):
        require_number(name, number, low, high)
    if first > last:
        raise ValueError(f"{name} must be two numbers, the lower first, not {value!r}")


def require_positive(name: str, value: Any) -> None:
    """Refuse what is not a finite number above 0."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(f"{name} must be a number above 0, not {value!r}")
    if not math.isfinite(value) or value <= 0:
        raise ValueError(f"{name} must be a number above 0, not {value!r}")


def require_degrees(name: str, value: Any, most: float) -> None:
    """Refuse what is not an angle from -most to most."""
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not number or not -most <= value <= most:
        raise ValueError(f"{name} must be degrees from -{most} to {most}, not {value!r}")
