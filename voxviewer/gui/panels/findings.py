"""What the data lint found, quietly under the source: each finding with its repair."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from voxviewer.gui import icons, theme
from voxviewer.gui.bind import Wires
from voxviewer.gui.parts import Label, LinkButton

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent

    from voxviewer.encoding.lint_findings import Finding
    from voxviewer.session import History, Session

CORRECTIONS = {"unit", "up"}
"""Repairs of an opening for which the file need not be read again."""


class Findings(QWidget):
    """One line a finding; a repair is one step of the history, and Undo takes it back."""

    def __init__(self, session: Session, history: History, pipeline: Any) -> None:
        super().__init__()
        self._session, self._history, self._pipeline = session, history, pipeline
        self._shown: tuple[tuple[Finding, bool], ...] = ()
        self.lines: list[FindingLine] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 5, 0, 0)
        self._column.setSpacing(4)
        self.setAccessibleName("Findings")
        self._wires = Wires(self)
        for name in ("findings", "encoding", "current"):
            self._wires.soon(getattr(session.events, name), self._show)
        self._show()

    def _show(self, *_: Any) -> None:
        session = self._session
        found = session.findings or ()
        if session.current is None or "findings" in session.stale:
            found = ()
        shown = tuple(
            (finding, finding.is_repaired(session.encoding, session.current.opening))
            for finding in found
            if session.current is not None
        )
        if shown != self._shown:
            self._shown = shown
            self._make_lines()
        self.setVisible(bool(shown))

    def _make_lines(self) -> None:
        for line in self.lines:
            self._column.removeWidget(line)
            line.hide()
            line.deleteLater()
        self.lines = [FindingLine(finding, repaired) for finding, repaired in self._shown]
        for line in self.lines:
            line.repair.clicked.connect(lambda _=False, line=line: self.repair(line.finding))
            self._column.addWidget(line)

    def repair(self, finding: Finding) -> None:
        """Choose what makes the fault good, as one step."""
        session = self._session
        if session.current is None:
            return
        if not finding.opening:
            session.encoding = finding.repaired(session.encoding)
            self._history.commit()
        elif {name for name, _ in finding.opening} <= CORRECTIONS:
            self._pipeline.correct(**dict(finding.opening))
        else:
            self._pipeline.open_one(finding.reopened(session.current.opening))


class FindingLine(QWidget):
    """What was seen, and the link that mends it; mended, a quiet word in its place."""

    def __init__(self, finding: Finding, repaired: bool) -> None:
        super().__init__()
        self.finding = finding
        self._icon = "ok" if repaired else "warning"
        self._role = "ok" if repaired else "warning"
        words = f"Repaired: {finding.label.lower()}." if repaired else finding.seen
        label = Label(words, "caption", "text3" if repaired else "text2", wrap=True)
        label.setToolTip(finding.seen)
        self.repair = LinkButton(finding.label)
        self.repair.setToolTip("One step: Undo takes it back")
        self.repair.setAccessibleName(f"Repair: {finding.label}")
        self.repair.setVisible(not repaired)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.icon_size(14) + 5, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(label)
        row = QHBoxLayout()
        row.addWidget(self.repair)
        row.addStretch(1)
        column.addLayout(row)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the icon beside the first line."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        side = theme.icon_size(13)
        top = (theme.line_height("caption") - side) / 2
        icons.paint(painter, self._icon, QRectF(0, top, side, side), self._role)
        painter.end()
