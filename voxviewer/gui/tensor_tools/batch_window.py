"""The batch: any open sources side by side as (N, T, H, W, C), with what of them is real."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from voxviewer.failures import sentences
from voxviewer.files import size_text
from voxviewer.gui import theme
from voxviewer.gui.asking import ask_where
from voxviewer.gui.bind import Wires
from voxviewer.gui.parts import Button, Check, FormRow, Label, NumberField, drawing
from voxviewer.gui.views import marks
from voxviewer.jobs import Job
from voxviewer.session import BatchMade

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent

    from voxviewer.data import Progress, Source
    from voxviewer.pipeline import Pipeline
    from voxviewer.session import History, Session

NOTE = (
    "The mask (N, T) is saved with the tensor. Conv3D does not heed masks: it sees padded frames "
    "as they are."
)


class BatchWindow(QDialog):
    """Check boxes of the open sources, N views where one is chosen, and what comes out."""

    def __init__(
        self, session: Session, history: History, pipeline: Pipeline, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._session, self._history, self._pipeline = session, history, pipeline
        self._left_out: set[int] = set()  # ids of sources that are not in the batch
        self._closed = False
        self.setWindowTitle("Batch")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.checks: list[Check] = []
        self.views = NumberField(1, 1, 65_536, 1, 0, prefix="N", name="Views of one clip")
        self.views_row = FormRow("Views", self.views, "one clip N times takes no memory")
        self.shape = Label("", "mono", "text")
        self.memory = Label("", "caption", "text3", wrap=True)
        self.strips = BatchStrips()
        self.same = Button("Use the first one's size")
        self.copy = Button("Copy Python", "python")
        self.save = Button("Save batch …", "drop", primary=True)
        self._build()
        self._wires = Wires(self)
        for name in ("sources", "encoding"):
            self._wires.connect(getattr(session.events, name), self._show_sources)
        self._show_sources()

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(8)
        column.addWidget(Label("Open sources, all encoded as in Encode", "caption", "text3"))
        self._list = QVBoxLayout()
        self._list.setSpacing(2)
        column.addLayout(self._list)
        column.addWidget(self.views_row)
        for widget in (self.shape, self.memory, self.same):
            column.addWidget(widget)
        column.addWidget(self.strips, 1)
        column.addWidget(Label(NOTE, "caption", "text3", wrap=True))
        foot = QHBoxLayout()
        foot.addStretch(1)
        for button in (self.copy, self.save):
            button.setAutoDefault(False)
            foot.addWidget(button)
        column.addLayout(foot)
        self.views.changed.connect(lambda _: self._make())
        self.same.clicked.connect(self._on_same)
        self.copy.clicked.connect(self._on_copy)
        self.save.clicked.connect(self.ask_where)
        self.setMinimumWidth(theme.width(460))

    @property
    def chosen(self) -> tuple[Source, ...]:
        """The sources that are in the batch, in the order of the list."""
        return tuple(one for one in self._session.sources if id(one) not in self._left_out)

    def _show_sources(self, *_: Any) -> None:
        for check in self.checks:
            self._list.removeWidget(check)
            check.deleteLater()
        self.checks = []
        for source in self._session.sources:
            check = Check(source.name, id(source) not in self._left_out, source.name)
            check.changed.connect(lambda on, source=source: self._on_check(source, bool(on)))
            self._list.addWidget(check)
            self.checks.append(check)
        self._make()

    def _on_check(self, source: Source, on: bool) -> None:
        (self._left_out.discard if on else self._left_out.add)(id(source))
        self._make()

    # making it

    def _make(self) -> None:
        """Ask for the batch of what is checked; the newest question wins."""
        sources, settings = self.chosen, self._session.encoding
        self.views_row.setVisible(len(sources) == 1)
        views = int(self.views.value or 1) if len(sources) == 1 else 1
        if not sources:
            self._fails("Check at least one source.")
            return

        def work(progress: Progress) -> BatchMade:
            from voxviewer.encoding.batching import batch_sources

            made, clips = batch_sources(sources, settings, views, progress=progress)
            return BatchMade(made, clips, tuple(source.opening for source in sources))

        self.save.setEnabled(False)
        self._pipeline.jobs.submit(Job("batch", "Making the batch", work, self._has, self._failed))

    def _has(self, made: BatchMade) -> None:
        if self._closed:
            return
        self._session.batch = made
        self.shape.setText(f"{made.batch.data.shape}   N, T, H, W, C")
        first = made.clips[0].data.nbytes
        whole = (
            "a view: no memory of its own" if made.is_view else size_text(len(made.clips) * first)
        )
        self.memory.set_role("text3")
        self.memory.setText(f"float32, {whole}; one clip has {size_text(first)}.")
        self.same.hide()
        self.strips.show_made(made)
        self.save.setEnabled(True)
        self.copy.setEnabled(True)

    def _failed(self, error: BaseException) -> None:
        if not self._closed:
            self._fails(" ".join(sentences(error)).strip())

    def _fails(self, words: str) -> None:
        """Say why there is no batch; unequal sizes have a remedy."""
        self._session.batch = None
        self.shape.setText("")
        self.memory.set_role("error")
        self.memory.setText(words)
        self.same.setVisible("same frames" in words)
        self.strips.show_made(None)
        self.save.setEnabled(False)
        self.copy.setEnabled(False)

    # what a person does

    def _on_same(self) -> None:
        """Encode all as large as the first is now: one step."""
        from voxviewer.encoding import plan

        T, H, W, _ = plan(self.chosen[0], self._session.encoding).shape
        self._session.change("encoding", frames=T, height=H, width=W)
        self._history.commit()

    def _on_copy(self) -> None:
        from PySide6.QtGui import QGuiApplication

        if self._session.batch is not None:
            lines = ["import voxviewer as vv", "", self._session.batch.code]
            QGuiApplication.clipboard().setText("\n".join(lines) + "\n")

    def ask_where(self) -> None:
        """Ask for a file, and save the batch."""
        kinds = "NumPy archive with mask and frames (*.npz);;NumPy array (*.npy)"
        path, _ = ask_where(self, "Save batch", "batch.npz", kinds)
        if path:
            self.save_to(path if Path(path).suffix else path + ".npz")

    def save_to(self, path: str) -> None:
        """Save the batch with its mask, the frames of every clip, and a side file."""
        made = self._session.batch
        if made is None:
            return

        def work(progress: Progress) -> Any:
            from voxviewer.export import save_tensor

            return save_tensor(
                made.batch, path, sources=made.openings, clips=made.clips, progress=progress
            )

        self._pipeline.export_by(path, work)

    def done(self, result: int) -> None:
        """What is still made is not wanted any more."""
        self._closed = True
        self._pipeline.jobs.cancel("batch")
        super().done(result)


class BatchStrips(QWidget):
    """One strip an item: its name, and which of its frames are real and which padded."""

    def __init__(self) -> None:
        super().__init__()
        self._made: BatchMade | None = None
        self.setAccessibleName("Frames of every item")

    def show_made(self, made: BatchMade | None) -> None:
        """Show a batch's strips."""
        self._made = made
        words = ""
        if made is not None:
            words = "; ".join(
                f"{clip.name}: {int(clip.real.sum())} real, {int((~clip.real).sum())} padded"
                for clip in made.clips[:16]
            )
        self.setAccessibleDescription(words)
        self.setToolTip(words.replace("; ", "\n"))
        self.update()

    def sizeHint(self) -> QSize:
        """Room for a few items."""
        return QSize(theme.width(420), theme.height("fact") * 8)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the strips; those that find no room are counted."""
        if self._made is None:
            return
        painter = QPainter(self)
        tall, names = theme.height("fact"), theme.width(110)
        clips = self._made.clips
        room = max(self.height() // tall, 1)
        shown = len(clips) if len(clips) <= room else room - 1
        for row, clip in enumerate(clips[:shown]):
            box = QRectF(0, row * tall, names - 8, tall)
            drawing.text(painter, box, f"{row}  {clip.name}", theme.font("caption"), "text2")
            cell = (self.width() - names) / len(clip.real)
            for t, real in enumerate(clip.real.tolist()):
                wide = max(cell - (1 if cell > 3 else 0), 0.5)
                part = QRectF(names + t * cell, row * tall + 3, wide, tall - 6)
                if real:
                    painter.fillRect(part, theme.color("text3"))
                else:
                    marks.paint_hatch(painter, part)
        if shown < len(clips):
            box = QRectF(0, shown * tall, self.width(), tall)
            words = f"and {len(clips) - shown} more"
            drawing.text(painter, box, words, theme.font("caption"), "text3")
