"""The Source panel: what was opened, what the reader found, and what it decided."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import ref

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QPainter, QPainterPath
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from voxviewer.data import Skeleton
from voxviewer.gui import icons, theme
from voxviewer.gui.bind import Wires
from voxviewer.gui.panels.affine_lines import AffineLines
from voxviewer.gui.panels.alternatives import AlternativesRow
from voxviewer.gui.panels.cloud_row import CloudRow
from voxviewer.gui.panels.facts import facts, subtitle
from voxviewer.gui.panels.findings import Findings
from voxviewer.gui.panels.import_card import ImportCard
from voxviewer.gui.panels.source_list import SourceList
from voxviewer.gui.parts import EmptyState, FactList, FoldPanel, Label

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from PySide6.QtGui import QPaintEvent

    from voxviewer.data import Clip, Source, Volume
    from voxviewer.session import History, Session
    from voxviewer.settings import Opening

EMPTY = "No file yet. Open one, or drop it anywhere in the window."
SIDE = 34
"""Side of the small picture, in pixels of the mock-up."""


class SourcePanel(FoldPanel):
    """The current source; `open_wanted` where there is none and a person asks for one.

    `later`: see `FoldPanel.make`.
    """

    open_wanted = Signal()

    def __init__(
        self, session: Session, history: History, pipeline: Any, *, later: bool = False
    ) -> None:
        super().__init__("Source")
        self._session = session
        self._history = history
        self._pipeline = pipeline
        self._pictured: ref[Source] | None = None  # whose picture no clip can change
        self._listed: tuple[Source, ...] = ()
        self.make(self._pieces(session), later=later)

    def _pieces(self, session: Session) -> Iterator[None]:
        yield from self._add_parts()
        self._wires = Wires(self)
        parts = self._show_source, self._show_facts, self._show_choices, self._show_remarks
        for show in (*parts, self._show_clip):
            for event in ("current", "sources"):
                self._wires.soon(getattr(session.events, event), show)
            show()
        self._wires.soon(session.events.figures, self._show_facts)
        self._wires.soon(session.events.clip, self._show_clip)

    def _add_parts(self) -> Iterator[None]:
        self.empty = EmptyState(EMPTY, "Open …")
        self.empty.clicked.connect(self.open_wanted)
        self.list = SourceList()
        self.list.chosen.connect(self._on_chosen)
        self.list.closed.connect(self._on_close)
        self.alternatives = AlternativesRow()
        self.alternatives.wanted.connect(self._on_alternative)
        self.cloud = CloudRow()
        self.cloud.wanted.connect(self._on_alternative)
        self.affine = AffineLines()
        yield
        self.head = self._make_head()
        self.facts = FactList()
        self.card = ImportCard(self._session, self._pipeline)
        yield
        self.remarks = Remarks()
        self.findings = Findings(self._session, self._history, self._pipeline)
        for widget in (
            self.list, self.empty, self.head, self.alternatives, self.cloud, self.facts,
            self.affine, self.card, self.findings, self.remarks,
        ):  # fmt: skip
            self.add(widget)

    def _make_head(self) -> QWidget:
        """The small picture, the name, and where it comes from."""
        self.picture = SmallPicture()
        self.name = Label(font="strong", elide=Qt.TextElideMode.ElideMiddle)
        self.subtitle = Label(font="caption", role="text3", elide=Qt.TextElideMode.ElideMiddle)
        head = QWidget()
        row = QHBoxLayout(head)
        row.setContentsMargins(0, 0, 0, 5)
        row.setSpacing(8)
        row.addWidget(self.picture)
        words = QVBoxLayout()
        words.setSpacing(1)
        words.addWidget(self.name)
        words.addWidget(self.subtitle)
        row.addLayout(words, 1)
        return head

    # what the session says

    def _show_source(self) -> None:
        source = self._session.current
        self.empty.setVisible(source is None)
        for widget in (self.head, self.facts):
            widget.setVisible(source is not None)
        self._show_list()
        self.set_summary(source.name if source is not None else "")
        if source is not None:
            self.name.setText(source.name)
            self.subtitle.setText(subtitle(source))
            self.head.setToolTip("" if _is_sample(source) else source.opening.path)

    def _show_choices(self) -> None:
        """What else the file holds, and how its grid lies in the world."""
        for part in (self.alternatives, self.cloud, self.affine):
            part.show_source(self._session.current)

    def _show_remarks(self) -> None:
        self.remarks.show_source(self._session.current)

    def _show_list(self) -> None:
        """All open sources, where there are several."""
        sources = self._listed = tuple(self._session.sources)
        self.list.setVisible(len(sources) > 1)
        self.list.show_sources(sources, self._session.current)
        self.set_fact(f"{len(sources)} open" if len(sources) > 1 else "")

    def _show_facts(self) -> None:
        source = self._session.current
        if source is not None:
            self.facts.set_facts(facts(source, self._session.figures))

    def _show_clip(self) -> None:
        """The picture of a file on disk comes from the clip: nothing is read for it."""
        source = self._session.current
        if self._pictured is not None and self._pictured() is source:
            return
        self.picture.show_pixels(small_picture(source, self._session.clip))
        self._pictured = ref(source) if source is not None and shows_itself(source) else None

    # what a person does

    def _on_chosen(self, index: int) -> None:
        source = self._listed[index]
        if source is not self._session.current and self._is_open(source):
            self._pipeline.show(source)

    def _on_close(self, index: int) -> None:
        if self._is_open(self._listed[index]):
            self._pipeline.close(self._listed[index])

    def _is_open(self, source: Source) -> bool:
        """Whether a source of the list is one still: its turn to follow may be yet to come."""
        return any(item is source for item in self._session.sources)

    def _on_alternative(self, opening: Opening) -> None:
        now = self._session.current
        if now is not None and now.opening.path == opening.path:
            self._pipeline.choose(opening)


class Remarks(QWidget):
    """What the reader decided, and what it warns of: one quiet caption each."""

    def __init__(self) -> None:
        super().__init__()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 5, 0, 0)
        self._column.setSpacing(3)
        self._lines: list[_Remark] = []
        self._said: tuple[tuple[str, str], ...] = ()
        self.hide()

    @property
    def said(self) -> tuple[tuple[str, str], ...]:
        """(kind, sentence) of each line; kinds are "warning" and "info"."""
        return self._said

    def show_source(self, source: Source | None) -> None:
        """Show a source's warnings first, then its decisions."""
        found = source.facts if source is not None else None
        said = [("warning", text) for text in found.warnings] if found else []
        said += [("info", text) for text in found.decisions] if found else []
        if tuple(said) == self._said:
            return
        self._said = tuple(said)
        for line in self._lines:
            self._column.removeWidget(line)
            line.hide()
            line.deleteLater()
        self._lines = [_Remark(kind, text) for kind, text in said]
        for line in self._lines:
            self._column.addWidget(line)
        self.setVisible(bool(said))


class _Remark(QWidget):
    """An icon and a sentence that wraps."""

    def __init__(self, kind: str, text: str) -> None:
        super().__init__()
        self._icon = kind
        self._role = "warning" if kind == "warning" else "text3"
        sentence = text[:1].upper() + text[1:].rstrip(".") + "."
        label = Label(sentence, "caption", self._role, wrap=True)
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.icon_size(14) + 5, 0, 0, 0)
        row.addWidget(label)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the icon beside the first line."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        side = theme.icon_size(13)
        top = (theme.line_height("caption") - side) / 2
        icons.paint(painter, self._icon, QRectF(0, top, side, side), self._role)
        painter.end()


class SmallPicture(QWidget):
    """A square picture with round corners."""

    def __init__(self) -> None:
        super().__init__()
        self._image: QImage | None = None
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Picture of the source")

    def sizeHint(self) -> QSize:
        """Two lines of text high."""
        return QSize(theme.width(SIDE), theme.width(SIDE))

    def show_pixels(self, pixels: NDArray[np.uint32] | None) -> None:
        """Show (H, W) uint32 pixels, or the bare field."""
        self._image = None
        if pixels is not None:
            H, W = pixels.shape
            raw = np.ascontiguousarray(pixels).tobytes()
            self._image = QImage(raw, W, H, 4 * W, QImage.Format.Format_RGB32).copy()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the picture, clipped to round corners."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        box = QRectF(self.rect())
        path = QPainterPath()
        path.addRoundedRect(box, 3, 3)
        painter.setClipPath(path)
        painter.fillPath(path, theme.color("canvas"))
        if self._image is not None:
            painter.drawImage(box, self._image)
        painter.end()


def shows_itself(source: Source) -> bool:
    """Whether the small picture is the source's own, whatever clip is made of it."""
    return isinstance(source, Skeleton) or _frame_in_memory(source) is not None


def small_picture(source: Source | None, clip: Clip | None) -> NDArray[np.uint32] | None:
    """Return (68, 68) pixels of the middle of a source; None where it must be waited for.

    Frames in memory are shown as they are; files on disk, and scans, as the clip has them.
    """
    from voxviewer.render.limits import clip_scale
    from voxviewer.render.pixels import clip_picture
    from voxviewer.render.thumbnails import skeleton_picture, thumbnail
    from voxviewer.settings import RenderSettings

    side = 2 * SIDE
    if source is None:
        return None
    if isinstance(source, Skeleton):
        frame = source.joints[source.shape[0] // 2]
        return skeleton_picture(
            frame, source.topology, (side, side), plane=source.plane("auto"), up=source.up
        )
    plane = _frame_in_memory(source)
    if plane is not None:
        return thumbnail(plane, side, side)
    if clip is None:
        return None
    scale = clip_scale(clip, RenderSettings())
    return thumbnail(clip_picture(clip, clip.shape[0] // 2, scale), side, side)


def _frame_in_memory(source: Volume) -> NDArray[np.uint32] | None:
    """The middle frame of color frames that are an array of bytes already, as pixels."""
    T, D, _, _, C = source.shape
    voxels = source.voxels
    if D > 1 or C not in (3, 4) or not isinstance(voxels, np.ndarray) or voxels.dtype != np.uint8:
        return None
    red, green, blue = np.moveaxis(voxels[T // 2, 0, :, :, :3], -1, 0).astype(np.uint32)
    pixels: NDArray[np.uint32] = np.uint32(0xFF000000) | red << np.uint32(16)
    pixels |= green << np.uint32(8) | blue
    return pixels


def _is_sample(source: Source) -> bool:
    return source.opening.path.startswith("sample:")
