"""Which frame is shown, of how many, and when that is: painted at every step, never laid out.

Labels would be laid out anew for each other text, and with them every widget round them up to the
window: that costs more than all the pictures of a step together.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QFontMetricsF
from PySide6.QtWidgets import QSizePolicy, QWidget

from voxviewer.gui import theme
from voxviewer.gui.bind import Wires
from voxviewer.gui.parts import drawing

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent, QResizeEvent

    from voxviewer.data import Clip
    from voxviewer.session import Session

AXIS_NAMES = {"D": "k", "H": "i", "W": "j"}
"""What a file calls the axes of space."""

SPACE = 7
"""Pixels between the frame, how many there are, and when it is."""


class Position(QWidget):
    """The frame in large digits, the last one beside it; at the right when it is seen."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._shown = ("", "", "")
        self.setAccessibleName("Frame")
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._wires = Wires(self)
        for name in ("frame", "clip", "speed", "export"):
            self._wires.connect(getattr(session.events, name), self._show)
        theme.changed.connect(self._on_theme)
        self._show()

    @property
    def words(self) -> tuple[str, str, str]:
        """The frame, "/" and the last one (and the speed, where it is another), and when it is."""
        return self._shown

    def _show(self, *_: Any) -> None:
        shown = self._made()
        if shown != self._shown:
            self._shown = shown
            self.setAccessibleDescription(" ".join(filter(None, shown)))
            self._explain()
            self.update()

    def _explain(self) -> None:
        """Words that are cut off are said in a tooltip."""
        words = self._shown[2]
        self.setToolTip(words if drawing.wide("body", words) > self._room() else "")

    def _made(self) -> tuple[str, str, str]:
        clip, session = self._session.clip, self._session
        if clip is None:
            return "–", "", ""
        last = clip.shape[0] - 1
        speed = "" if session.speed == 1 else f"   {session.speed:g}×"
        total = f"/ {last}{speed}".replace("-", "−")
        words = time_words(clip, session.frame, session.export.rate)
        return str(min(max(session.frame, 0), last)), total, words

    def _on_theme(self) -> None:
        self.updateGeometry()
        self.update()

    def _room(self) -> int:
        """Pixels for the words at the right."""
        frame, total, _ = self._shown
        return self.width() - drawing.wide("frame", frame) - drawing.wide("body", total) - 2 * SPACE

    def sizeHint(self) -> QSize:
        """As high as its digits, wide enough for them and a word."""
        digits = drawing.wide("frame", "000") + drawing.wide("body", "/ 000") + 2 * SPACE
        tall = math.ceil(QFontMetricsF(theme.font("frame")).height())
        return QSize(digits + theme.width(24), tall)

    def minimumSizeHint(self) -> QSize:
        """The words at the right may be cut off, the digits not."""
        return self.sizeHint()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The words may fit now, or no longer."""
        self._explain()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Frame and last frame side by side, the words at the right end."""
        painter = drawing.painter_on(self)
        painter.fillRect(self.rect(), theme.color("panel"))
        frame, total, words = self._shown
        left = 0
        for text, font, role in ((frame, "frame", "text"), (total, "body", "text3")):
            box = QRect(left, 0, self.width() - left, self.height())
            painter.setFont(theme.font(font))
            painter.setPen(theme.color(role))
            painter.drawText(box, int(Qt.AlignmentFlag.AlignVCenter), text)
            left += drawing.wide(font, text) + SPACE
        if words:
            box = QRect(left, 0, self.width() - left, self.height())
            right, cut = Qt.AlignmentFlag.AlignRight, Qt.TextElideMode.ElideLeft
            drawing.text(painter, box, words, theme.font("body"), "text2", right, cut)


def time_words(clip: Clip, frame: int, rate: float) -> str:
    """Return when a frame is seen: seconds at the rate, or which slice plays the part of time."""
    frame = min(max(frame, 0), clip.shape[0] - 1)
    axis = swept_axis(clip)
    if axis:
        source = int(clip.frames[frame])
        return f"{axis} = {source}, slice as time" if source >= 0 else "padded, no slice"
    return f"{frame / rate:.2f} s of {clip.shape[0] / rate:.2f} s"


def swept_axis(clip: Clip) -> str:
    """Return the file's name of the axis of space that became time: i, j or k; "" for real time."""
    operations = [step.operation for step in clip.steps]
    if any("moveaxis" in operation for operation in operations):
        return {"height": "i", "width": "j"}.get(clip.settings.time_axis, "k")
    told = " ".join(operations)
    named = [name for axis, name in AXIS_NAMES.items() if f"{axis} as time" in told]
    return named[0] if named else ""
