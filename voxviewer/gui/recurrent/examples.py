"""The clips that a network is fitted to: open ones with a word each, sample waves, or files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QScrollArea, QVBoxLayout, QWidget

from voxviewer.gui import theme
from voxviewer.gui.asking import keep_folder, last_folder
from voxviewer.gui.bind import Wires
from voxviewer.gui.parts import Button, Label, Segment, side_by_side

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from voxviewer.data import Source
    from voxviewer.learning.gathering import Piece
    from voxviewer.session import Session

KINDS = (("open", "Open clips"), ("waves", "Waves"), ("files", "Files"))
NOTES = {
    "open": "Each open clip has a class: the same word, the same class. All are encoded as in "
    "Encode. Numbers with a point are amounts.",
    "waves": "60 seeded waves, made by the program: to the left, to the right, up, down, and "
    "still. A single frame does not tell them apart.",
    "files": "A folder with a folder for each class, or a CSV file with the columns file and "
    "target. All are encoded as in Encode.",
}
WAVE_SEEDS = 12
SHOWN = 5
"""Open clips that are seen without scrolling."""


def guessed_word(source: Source) -> str:
    """Return the class that a name suggests: "left_03.npy" is "left"."""
    stem = Path(source.name).stem or source.name
    return re.sub(r"[\s_\-.]*\d+$", "", stem) or stem


def target_of(word: str) -> str | float:
    """Return what a person typed: a number with a point is an amount, all else a class."""
    if re.fullmatch(r"[-+−]?\d*\.\d+", word):
        return float(word.replace("−", "-"))
    return word


class ExamplesBox(QWidget):
    """Which clips, and the target of each."""

    changed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._words: dict[int, str] = {}
        self.path = ""
        self.kind = Segment(KINDS, value="open", name="Fitted to")
        self.note = Label("", "caption", "text3", wrap=True)
        self.edits: list[QLineEdit] = []
        self._build()
        self.kind.changed.connect(self._show_kind)
        self._wires = Wires(self)
        self._wires.connect(session.events.sources, self._show_sources)
        self._show_sources()
        self._show_kind()

    def _build(self) -> None:
        self._list = QVBoxLayout()
        self._list.setContentsMargins(0, 0, 0, 0)
        self._list.setSpacing(3)
        inside = QWidget()
        inside.setLayout(self._list)
        self.area = QScrollArea()
        self.area.setFrameShape(QScrollArea.Shape.NoFrame)
        self.area.setWidgetResizable(True)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setWidget(inside)
        self.table = Button("CSV file …", "open")
        self.folder = Button("Folder …", "frames")
        self.table.clicked.connect(self._on_table)
        self.folder.clicked.connect(self._on_folder)
        self.where = Label("", "caption", "text2", elide=Qt.TextElideMode.ElideMiddle)
        self.files = QWidget()
        column = QVBoxLayout(self.files)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(side_by_side(self.table, self.folder))
        column.addWidget(self.where)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(6)
        for widget in (self.kind, self.area, self.files, self.note):
            whole.addWidget(widget)

    # what a person does

    def _on_table(self) -> None:
        tables = "CSV files (*.csv);;All files (*)"
        path, _ = QFileDialog.getOpenFileName(self, "Targets of clips", last_folder(), tables)
        self.take(path)

    def _on_folder(self) -> None:
        self.take(QFileDialog.getExistingDirectory(self, "A folder of classes", last_folder()))

    def take(self, path: str) -> None:
        """Fit to what a CSV file or a folder names."""
        if path:
            keep_folder(path)
            self.path = path
            self.where.setText(path)
            self.changed.emit()

    # what is shown

    def _show_kind(self, *_: Any) -> None:
        kind = str(self.kind.value)
        self.area.setVisible(kind == "open")
        self.files.setVisible(kind == "files")
        self.note.setText(NOTES[kind])
        self.changed.emit()

    def _show_sources(self, *_: Any) -> None:
        while self._list.count():
            item = self._list.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.deleteLater()
        self.edits = []
        for source in self._session.sources:
            self._list.addWidget(self._line(source))
        self._list.addStretch(1)
        lines = min(max(len(self.edits), 1), SHOWN)
        self.area.setFixedHeight(lines * (theme.height("field") + 3))
        self.changed.emit()

    def _line(self, source: Source) -> QWidget:
        """A source's name, and its class to be typed."""
        line = QWidget()
        row = QHBoxLayout(line)
        row.setContentsMargins(0, 0, 4, 0)
        row.setSpacing(8)
        name = Label(source.name, "body", "text2", elide=Qt.TextElideMode.ElideMiddle)
        edit = QLineEdit(self._words.setdefault(id(source), guessed_word(source)))
        edit.setAccessibleName(f"Class of {source.name}")
        edit.setFixedWidth(theme.width(110))
        edit.textChanged.connect(lambda word: self._on_word(source, word))
        row.addWidget(name, 1)
        row.addWidget(edit)
        self.edits.append(edit)
        return line

    def _on_word(self, source: Source, word: str) -> None:
        self._words[id(source)] = word.strip()
        self.changed.emit()

    # what is fitted to

    @property
    def targets(self) -> list[str | float]:
        """The targets of the open clips, in their order."""
        return [target_of(self._words[id(source)]) for source in self._session.sources]

    @property
    def count(self) -> int:
        """How many classes the head will tell apart; 0 for amounts, 2 where files say it later."""
        kind = self.kind.value
        if kind == "waves":
            return 5
        if kind == "files" or not self.targets:
            return 2
        numbers = all(isinstance(target, float) for target in self.targets)
        return 0 if numbers else max(len(set(map(str, self.targets))), 1)

    @property
    def shape(self) -> tuple[int, int, int, int] | None:
        """(T, H, W, C) of waves; None where clips are encoded as in Encode."""
        from voxviewer.learning.waves import SHAPE

        return (*SHAPE, 1) if self.kind.value == "waves" else None

    @property
    def problem(self) -> str:
        """Why there is nothing to fit to yet, and what to do; "" where there is."""
        kind, words = self.kind.value, self.targets
        if kind == "files" and not self.path:
            return "Choose a CSV file or a folder."
        if kind != "open":
            return ""
        if len(words) < 2:
            return "Open two clips at least."
        if "" in words:
            return "Give each clip a class."
        if len(set(map(str, words))) < 2:
            return "Give the clips two classes at least."
        return ""

    def gather(self) -> Callable[[], Sequence[Piece]]:
        """What lists the clips and their targets, for a job's thread."""
        from voxviewer.learning.gathering import Piece, gather
        from voxviewer.settings import TrainingSettings

        kind, path = self.kind.value, self.path
        pairs = list(zip(self._session.sources, self.targets, strict=True))
        if kind == "open":
            return lambda: [Piece(source, target) for source, target in pairs]
        if kind == "waves":
            return wave_pieces
        if Path(path).is_dir():
            return lambda: gather(path, TrainingSettings(task="classes"))
        return lambda: gather(None, TrainingSettings(task="targets", targets=path))


def wave_pieces() -> list[Piece]:
    """Sample waves of all five ways, by their seeds."""
    from voxviewer.learning.gathering import Piece
    from voxviewer.learning.waves import wave_clips

    return [Piece(clip, way) for way, clip in wave_clips(range(WAVE_SEEDS))]
