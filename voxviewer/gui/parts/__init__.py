"""The window's vocabulary: thin widgets that every panel, view and dialog is built from.

They know no session and decide nothing. A value part has `value` (setting it is silent), `changed`
(every edit of a person, live) and `committed` (the edit is finished: one undo step). Colors and
measures are read from the theme when painting, so a change of theme needs no word to them.

    choices    one of a few, yes or no               Segment, Check
    combos     one of many                           Choice, QuietChoice
    fields     numbers                               AxisFields, NumberField
    buttons    things to press                       Button, ToolButton, IconButton, LinkButton, ...
    labels     words and marks                       Label, Badge, Key
    panels     titles that fold                      FoldPanel
    stack      panels under each other               PanelStack
    rows       what stands under them                FormRow, FactList, side_by_side
    views      what stands round a picture           ViewTitle, ReadOut, EmptyState
    notices    what happened                         NoticeStack, Notice
    overlays   how far work is, what a drop does     ProgressCard, DropOverlay
"""

from voxviewer.gui.parts.buttons import Button, IconButton, LinkButton, SearchField, ToolButton
from voxviewer.gui.parts.choices import Check, Segment
from voxviewer.gui.parts.combos import Choice, QuietChoice
from voxviewer.gui.parts.fields import AxisFields, NumberField
from voxviewer.gui.parts.labels import Badge, Key, Label
from voxviewer.gui.parts.notices import Notice, NoticeStack
from voxviewer.gui.parts.overlays import DropOverlay, ProgressCard
from voxviewer.gui.parts.panels import FoldPanel
from voxviewer.gui.parts.rows import FactList, FormRow, side_by_side
from voxviewer.gui.parts.stack import PanelStack
from voxviewer.gui.parts.views import EmptyState, ReadOut, ViewTitle

__all__ = [
    "AxisFields",
    "Badge",
    "Button",
    "Check",
    "Choice",
    "DropOverlay",
    "EmptyState",
    "FactList",
    "FoldPanel",
    "FormRow",
    "IconButton",
    "Key",
    "Label",
    "LinkButton",
    "Notice",
    "NoticeStack",
    "NumberField",
    "PanelStack",
    "ProgressCard",
    "QuietChoice",
    "ReadOut",
    "SearchField",
    "Segment",
    "ToolButton",
    "ViewTitle",
    "side_by_side",
]
