"""What the encoding will do, asked by several panels at every change: planned once for all."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from voxviewer.encoding.planning import plan

if TYPE_CHECKING:
    from voxviewer.data import Source
    from voxviewer.encoding import Plan
    from voxviewer.settings import EncodingSettings

MOST = 8
"""Plans kept for a source: those of the choices, of the source's own size, and of the last ones."""

_PLANS: WeakKeyDictionary[Source, dict[EncodingSettings, Plan]] = WeakKeyDictionary()


def planned(source: Source, settings: EncodingSettings) -> Plan:
    """Return the plan, as `encoding.planning.plan` makes it; for the GUI thread.

    Raises
    ------
    ValueError
        where there is none
    """
    kept = _PLANS.setdefault(source, {})
    if settings not in kept:
        made = plan(source, settings)
        while len(kept) >= MOST:
            del kept[next(iter(kept))]
        kept[settings] = made
    return kept[settings]
