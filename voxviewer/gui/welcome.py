"""The first screen: a place to drop files, samples with pictures, and the files opened lately."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QEnterEvent, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from voxviewer.gui import theme
from voxviewer.gui.icons import pixmap
from voxviewer.gui.parts import Button, Key, Label, LinkButton
from voxviewer.gui.recent import forget_all, recent
from voxviewer.gui.recent_list import RecentList
from voxviewer.jobs import Job

if TYPE_CHECKING:
    from PySide6.QtCore import QEvent

    from voxviewer.data import Progress
    from voxviewer.gui.program import Program
    from voxviewer.sources.samples import Sample

log = logging.getLogger(__name__)

CROP = 1.15
"""How much a sample's picture may be cropped to fill its card."""
FORMATS = (
    "NIfTI, DICOM, NRRD, TIFF, NumPy  ·  GIF, MP4, folders of images  ·  "
    "OpenPose, COCO, MediaPipe, NTU, BVH, C3D"
)


class DropZone(QFrame):
    """A dashed field that says where files go, with two buttons for those who do not drag."""

    def __init__(self) -> None:
        super().__init__()
        self.file = Button("Open file", "open", primary=True)
        self.folder = Button("Open folder", "frames")
        self.file.setToolTip("Open scans, pictures, frames or skeletons (Ctrl+O)")
        self.folder.setToolTip("Open a folder of images as one clip (Ctrl+Shift+O)")
        self._mark = Label("")
        self._mark.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(8)
        column.addWidget(self._mark)
        for label in (Label("Drop files or a folder here", "lead"), Label(FORMATS, role="text3")):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            column.addWidget(label)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.file)
        buttons.addWidget(self.folder)
        buttons.addStretch(1)
        column.addSpacing(4)
        column.addLayout(buttons)
        theme.changed.connect(self._show_mark)
        self._show_mark()

    def _show_mark(self) -> None:
        self._mark.setPixmap(pixmap("drop", theme.icon_size(32), "text2", self.devicePixelRatioF()))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Fill, and a dashed edge."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(theme.color("panel"))
        painter.setPen(QPen(theme.color("edge"), 1, Qt.PenStyle.DashLine))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)


class SampleCard(QWidget):
    """A picture, a title and a caption; click or Enter opens the sample."""

    chosen = Signal(str)

    def __init__(self, sample: Sample) -> None:
        super().__init__()
        self._sample = sample
        self._image: QImage | None = None
        self._hover = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(f"Sample: {sample.title}, {sample.caption}")
        self.setToolTip(f"Open the sample {sample.title.lower()}, {sample.caption}")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def drawn(self) -> bool:
        """True once it has its picture."""
        return self._image is not None

    def set_picture(self, pixels: np.ndarray) -> None:
        """Show (H, W) uint32 pixels; the card keeps them."""
        height, width = pixels.shape
        held = np.ascontiguousarray(pixels)
        image = QImage(held.data, width, height, 4 * width, QImage.Format.Format_RGB32)
        self._image = image.copy()
        self.update()

    def sizeHint(self) -> QSize:
        """Return a picture of 3 to 4, and two lines."""
        return QSize(theme.width(190), theme.width(172) + self._words_height())

    def minimumSizeHint(self) -> QSize:
        """Return the narrowest card whose words still fit."""
        return QSize(theme.width(150), self.sizeHint().height())

    def _words_height(self) -> int:
        return theme.height("fact") * 2 + 12

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the card; the ring says hover or focus."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        frame = QRectF(self.rect()).adjusted(2.5, 2.5, -2.5, -2.5)
        painter.setBrush(theme.color("hover" if self._hover else "head"))
        painter.setPen(theme.color("line"))
        painter.drawRoundedRect(frame, 5, 5)
        picture = QRect(3, 3, self.width() - 6, self.height() - 6 - self._words_height())
        painter.fillRect(picture, theme.color("canvas"))
        if self._image is not None:
            self._paint_picture(painter, self._image, picture)
        self._paint_words(painter, picture.bottom() + 6)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme.color("accent"), 2))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 7, 7)

    @staticmethod
    def _paint_picture(painter: QPainter, image: QImage, place: QRect) -> None:
        """Fill the place: cropped where that costs little, else on the picture's own ground."""
        wide = place.width() * image.height() / max(place.height() * image.width(), 1)
        painter.save()
        painter.setClipRect(place)
        if max(wide, 1 / wide) <= CROP:
            ways = Qt.AspectRatioMode.KeepAspectRatioByExpanding
            painter.drawImage(_fitted(image.size(), place, ways), image)
        else:
            painter.fillRect(place, image.pixelColor(0, image.height() // 2))
            painter.drawImage(_fitted(image.size(), place), image)
        painter.restore()

    def _paint_words(self, painter: QPainter, top: int) -> None:
        height = theme.height("fact")
        rows = ((self._sample.title, "title", "text"), (self._sample.caption, "caption", "text3"))
        for row, (words, font, role) in enumerate(rows):
            painter.setFont(theme.font(font))
            painter.setPen(theme.color(role))
            place = QRect(12, top + row * height, self.width() - 24, height)
            text = painter.fontMetrics().elidedText(
                words, Qt.TextElideMode.ElideRight, place.width()
            )
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, text)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Open on a click that ends on the card."""
        if self.rect().contains(event.position().toPoint()):
            self.chosen.emit(self._sample.path)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Open on Enter and Space."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.chosen.emit(self._sample.path)
        else:
            super().keyPressEvent(event)

    def enterEvent(self, event: QEnterEvent) -> None:
        """Light up."""
        self._hover = True
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """Go back to rest."""
        self._hover = False
        self.update()


def _fitted(
    size: QSize,
    place: QRect,
    ways: Qt.AspectRatioMode = Qt.AspectRatioMode.KeepAspectRatio,
) -> QRect:
    scaled = size.scaled(place.size(), ways)
    left = place.x() + (place.width() - scaled.width()) // 2
    return QRect(
        left, place.y() + (place.height() - scaled.height()) // 2, scaled.width(), scaled.height()
    )


class Welcome(QScrollArea):
    """The whole first screen."""

    opened = Signal(list)

    def __init__(self, program: Program) -> None:
        super().__init__()
        self._program = program
        self._seen = False
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # its cards and buttons have the keyboard
        self.zone = DropZone()
        self.cards: dict[str, SampleCard] = {}
        self.recents = RecentList()
        self._clear = LinkButton("Clear")
        self._clear.clicked.connect(self._forget)
        self.recents.chosen.connect(lambda path: self.opened.emit([path]))
        self.setWidget(self._page())
        self._refresh()

    def load_pictures(self) -> None:
        """Draw the samples' pictures in the background; called after the first paint."""
        self.leave_pictures()
        for path, card in self.cards.items():
            if card.drawn:
                continue
            self._program.jobs.submit(
                Job(
                    "preview",
                    "Drawing the samples",
                    partial(_draw, path),
                    card.set_picture,
                    lambda error: log.warning("no picture of a sample", exc_info=error),
                )
            )

    def leave_pictures(self) -> None:
        """Draw nothing that nobody sees: readers would be imported beside the first file's."""
        self._program.jobs.cancel("preview")

    def showEvent(self, event: object) -> None:
        """Read the recent files again whenever the screen comes back, and draw what is missing."""
        self._refresh()
        if self._seen:  # not before the first paint
            self.load_pictures()
        self._seen = True

    def _page(self) -> QWidget:
        page = QWidget()
        page.setProperty("area", "window")
        outer = QHBoxLayout(page)
        outer.setContentsMargins(24, 24, 24, 24)
        column = QVBoxLayout()
        column.setSpacing(12)
        column.addStretch(2)
        column.addWidget(Label("See what Conv3D sees", "headline"))
        words = "Drop a scan, frames, a picture or a skeleton recording."
        column.addWidget(Label(f"{words} Watch it become a tensor, and filter it.", "sub", "text2"))
        column.addSpacing(12)
        column.addWidget(self.zone)
        column.addSpacing(12)
        column.addLayout(self._heading("Samples", Label("no network needed", "caption", "text3")))
        column.addLayout(self._samples())
        column.addSpacing(12)
        self._recent_head = QWidget()
        self._recent_head.setLayout(self._heading("Recent", self._clear))
        column.addWidget(self._recent_head)
        column.addWidget(self.recents)
        column.addLayout(self._hint())
        column.addStretch(3)
        inner = QWidget()
        inner.setLayout(column)
        inner.setMaximumWidth(theme.width(1000))
        outer.addStretch(1)
        outer.addWidget(inner, 20)
        outer.addStretch(1)
        return page

    def _heading(self, title: str, right: QWidget) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(Label(title, "title"))
        row.addStretch(1)
        row.addWidget(right)
        return row

    def _samples(self) -> QGridLayout:
        from voxviewer.sources.samples import SAMPLES

        grid = QGridLayout()
        grid.setSpacing(12)
        for column, sample in enumerate(sample for sample in SAMPLES if sample.card):
            card = SampleCard(sample)
            card.chosen.connect(lambda path: self.opened.emit([path]))
            self.cards[sample.path] = card
            grid.addWidget(card, 0, column)
        return grid

    def _hint(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(Label("Everything works from the keyboard:", role="text2"))
        for key, words in (("?", "shows the keys,"), ("Ctrl+Shift+P", "finds a command.")):
            row.addWidget(Key(key))
            row.addWidget(Label(words, role="text2"))
        row.addStretch(1)
        return row

    def _forget(self) -> None:
        forget_all()
        self._refresh()

    def _refresh(self) -> None:
        self.recents.refresh()
        self._recent_head.setVisible(bool(recent()))


def _draw(path: str, _: Progress) -> np.ndarray:
    from voxviewer.gui.sample_pictures import sample_picture

    return sample_picture(path)
