"""The color tokens of the two themes, dark and light, and the palette made of them.

Grays are pure (red = green = blue): the data are the only colorful thing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette


@dataclass(frozen=True)
class Colors:
    """The tokens of one theme, each "#rrggbb"."""

    canvas: str  # around images
    window: str  # menu, ledger, status, welcome
    panel: str  # docks, tool bar, timeline
    head: str  # panel titles, tooltips
    raised: str  # buttons
    chosen: str  # the chosen option of a segment
    hover: str  # under the pointer
    field: str  # inputs, histogram
    line: str  # separators
    edge: str  # borders of controls
    text: str
    text2: str  # labels, tabs, icons at rest
    text3: str  # captions, units, help
    off: str  # disabled
    accent: str  # where you are
    onaccent: str
    soft: str  # toggled on, chosen step, drop target
    ok: str
    okfill: str
    warning: str
    warningfill: str
    error: str
    errorfill: str
    padded: str  # padded time only
    paddedfill: str
    mark: str  # on images, over a black line, in both themes


DARK = Colors(
    canvas="#121212", window="#1b1b1b", panel="#222222", head="#282828", raised="#313131",
    chosen="#313131", hover="#3b3b3b", field="#171717", line="#343434", edge="#575757",
    text="#ebebeb", text2="#bcbcbc", text3="#9a9a9a", off="#6c6c6c",
    accent="#4fc1b3", onaccent="#04211d", soft="#1e3b37",
    ok="#7ecb88", okfill="#1d3021", warning="#e6b450", warningfill="#3a2e14",
    error="#f28b82", errorfill="#3d1f1d", padded="#b6a1e0", paddedfill="#2b2638",
    mark="#4fc1b3",
)  # fmt: skip
LIGHT = Colors(
    canvas="#d9d9d9", window="#ebebeb", panel="#f5f5f5", head="#ececec", raised="#ffffff",
    chosen="#e0e0e0", hover="#e4e4e4", field="#ffffff", line="#d6d6d6", edge="#a3a3a3",
    text="#1a1a1a", text2="#444444", text3="#5a5a5a", off="#9b9b9b",
    accent="#08695f", onaccent="#ffffff", soft="#d2e9e6",
    ok="#23682b", okfill="#dcefdd", warning="#7d5000", warningfill="#f8ebcd",
    error="#b3261e", errorfill="#f9dfdc", padded="#644ba3", paddedfill="#e8e2f5",
    mark="#4fc1b3",
)  # fmt: skip

# Which token stands in which role of the palette, for widgets that Qt draws.
ROLES = {
    "Shadow": "canvas", "Dark": "window", "Window": "panel", "AlternateBase": "head",
    "ToolTipBase": "head", "Button": "raised", "Light": "hover", "Base": "field",
    "Midlight": "line", "Mid": "edge", "WindowText": "text", "Text": "text", "ButtonText": "text",
    "ToolTipText": "text", "PlaceholderText": "text3", "Highlight": "accent", "Accent": "accent",
    "Link": "accent", "HighlightedText": "onaccent", "BrightText": "error", "LinkVisited": "padded",
}  # fmt: skip


def palette(tokens: Colors) -> QPalette:
    """The palette of a theme, disabled group included."""
    made = QPalette()
    for role, token in ROLES.items():
        made.setColor(QPalette.ColorRole[role], QColor(getattr(tokens, token)))
    for role in ("WindowText", "Text", "ButtonText"):
        made.setColor(QPalette.ColorGroup.Disabled, QPalette.ColorRole[role], QColor(tokens.off))
    for role in ("Highlight", "Accent"):
        made.setColor(QPalette.ColorGroup.Disabled, QPalette.ColorRole[role], QColor(tokens.edge))
    return made


def wanted(choice: str, scheme: Qt.ColorScheme, high_contrast: bool) -> Colors:
    """The tokens for a choice on a desktop; where the desktop does not say, dark.

    High contrast draws the quiet borders of controls as strong as captions.
    """
    light = choice == "light" or (choice == "system" and scheme == Qt.ColorScheme.Light)
    found = LIGHT if light else DARK
    return replace(found, edge=found.text3) if high_contrast else found
