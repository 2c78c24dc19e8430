"""A network's settings as a table of fields: which setting, what it is called, what shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from voxviewer.gui.parts import NumberField, side_by_side

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from PySide6.QtWidgets import QWidget

SEEDS = 2**32 - 1


@dataclass(frozen=True)
class Field:
    """One setting; those with the same label share a row. `seldom` ones are under More."""

    name: str
    label: str
    tip: str
    make: Callable[[], Any]
    seldom: bool = False


def whole(
    value: int | None, low: int, high: int, prefix: str = "", hint: str = ""
) -> Callable[[], NumberField]:
    """Return what makes a field for a whole number, which may be empty where there is a hint."""

    def make() -> NumberField:
        return NumberField(value, low, high, 1, 0, prefix=prefix, optional=bool(hint), hint=hint)

    return make


def labels(fields: Iterable[Field], *, seldom: bool = False) -> list[str]:
    """Return the rows' labels in order, each once."""
    return list(dict.fromkeys(field.label for field in fields if field.seldom == seldom))


def make_row(fields: Iterable[Field], label: str) -> tuple[dict[str, Any], QWidget]:
    """Return the made fields that share a label, by name, and the widget that shows them."""
    made: dict[str, Any] = {}
    for field in fields:
        if field.label == label:
            made[field.name] = field.make()
            made[field.name].setAccessibleName(field.name.replace("_", " ").capitalize())
            made[field.name].setToolTip(field.tip)
    parts = list(made.values())
    return made, parts[0] if len(parts) == 1 else side_by_side(*parts)
