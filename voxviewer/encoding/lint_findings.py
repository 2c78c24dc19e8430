"""What a check of the data found, and the choice that makes it good."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from voxviewer.settings import EncodingSettings, Opening


@dataclass(frozen=True)
class Finding:
    """One fault.

    Attributes
    ----------
    key : which fault: "shuffled", "bgr" ...
    seen : one sentence: what was seen in these data
    label : what the repair does, in a few words
    repair : a word for `EncodingSettings.repairs`, or ""
    order : frames of real time in the order they should have
    drop : frames of real time that should be left away
    count : frames of real time that there are, for these two
    opening : choices of the opening that the repair makes
    """

    key: str
    seen: str
    label: str
    repair: str = ""
    order: tuple[int, ...] = ()
    drop: tuple[int, ...] = ()
    count: int = 0
    opening: tuple[tuple[str, Any], ...] = ()

    def repaired(self, settings: EncodingSettings) -> EncodingSettings:
        """Return the settings with the repair; the same where it is chosen already."""
        if self.order or self.drop:
            there = settings.frame_order or tuple(range(self.count))
            dropped, kept = set(self.drop), set(there)
            order = [frame for frame in self.order or there if frame in kept - dropped]
            settings = replace(settings, frame_order=tuple(order))
        if self.repair and self.repair not in settings.repairs:
            settings = replace(settings, repairs=(*settings.repairs, self.repair))
        return settings

    def reopened(self, opening: Opening) -> Opening:
        """Return the opening with the repair; the same where it says nothing of it."""
        return replace(opening, **dict(self.opening))

    def is_repaired(self, settings: EncodingSettings, opening: Opening) -> bool:
        """Whether these choices hold the repair."""
        return self.repaired(settings) == settings and self.reopened(opening) == opening
