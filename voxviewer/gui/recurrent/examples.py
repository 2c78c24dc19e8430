"""The clips that a network is fitted to: open ones with a word each, sample waves, or files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QScrollArea, QVBoxLayout, QWidget

from voxviewer.gui import theme
from voxviewer.gui.asking import keep_folder, last_folder
from voxviewer.gui.bind import Wires, bind
from voxviewer.gui.parts import Button, Label, Segment, side_by_side
from voxviewer.learning.fitted_to import target_of, word_of

if TYPE_CHECKING:
    from voxviewer.data import Source
    from voxviewer.session import History, Session

KINDS = (("open", "Open clips"), ("waves", "Waves"), ("files", "Files"))
NOTES = {
    "open": "Each open clip has a class: the same word, the same class. All are encoded as in "
    "Encode. Numbers with a point are amounts.",
    "waves": "60 seeded waves, made by the program: to the left, to the right, up, down, and "
    "still. A single frame does not tell them apart.",
    "files": "A folder with a folder for each class, or a CSV file with the columns file and "
    "target. All are encoded as in Encode.",
}
SHOWN = 5
"""Open clips that are seen without scrolling."""


class ExamplesBox(QWidget):
    """Which clips, and the target of each: what `session.examples` says."""

    changed = Signal()

    def __init__(self, session: Session, history: History) -> None:
        super().__init__()
        self._session, self._history = session, history
        self.kind = Segment(KINDS, value="open", name="Fitted to")
        self.note = Label("", "caption", "text3", wrap=True)
        self.edits: list[QLineEdit] = []
        self._build()
        bind(self.kind, session, "examples.recurrent", history)
        self._wires = Wires(self)
        self._wires.connect(session.events.sources, self._show_sources)
        self._wires.connect(session.events.examples, self._show_examples)
        self._show_sources()
        self._show_examples()

    def _build(self) -> None:
        self._list = QVBoxLayout()
        self._list.setContentsMargins(0, 0, 0, 0)
        self._list.setSpacing(3)
        inside = QWidget()
        inside.setLayout(self._list)
        self.area = QScrollArea()
        self.area.setAccessibleName("Open clips and their classes")
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
            self._session.change("examples", path=path)
            self._history.commit()

    # what is shown

    def _show_examples(self, *_: Any) -> None:
        """What was chosen, and the words of the open clips, as they are now."""
        examples = self._session.examples
        self.area.setVisible(examples.recurrent == "open")
        self.files.setVisible(examples.recurrent == "files")
        self.note.setText(NOTES[examples.recurrent])
        self.where.setText(examples.path)
        for edit, word in zip(self.edits, self._words(), strict=False):
            if edit.text().strip() != word:
                edit.setText(word)
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
        edit = QLineEdit(word_of(source, self._session.examples))
        edit.setAccessibleName(f"Class of {source.name}")
        edit.setFixedWidth(theme.width(110))
        edit.textChanged.connect(lambda word: self._on_word(source, word.strip()))
        edit.editingFinished.connect(self._history.commit)
        row.addWidget(name, 1)
        row.addWidget(edit)
        self.edits.append(edit)
        return line

    def _on_word(self, source: Source, word: str) -> None:
        if word != word_of(source, self._session.examples):
            self._session.examples = self._session.examples.with_class(source.opening, word)

    # what is fitted to

    def _words(self) -> list[str]:
        return [word_of(source, self._session.examples) for source in self._session.sources]

    @property
    def count(self) -> int:
        """How many classes the head will tell apart; 0 for amounts, 2 where files say it later."""
        kind = self._session.examples.recurrent
        if kind == "waves":
            return 5
        targets = [target_of(word) for word in self._words()]
        if kind == "files" or not targets:
            return 2
        numbers = all(isinstance(target, float) for target in targets)
        return 0 if numbers else max(len(set(map(str, targets))), 1)

    @property
    def shape(self) -> tuple[int, int, int, int] | None:
        """(T, H, W, C) of waves; None where clips are encoded as in Encode."""
        from voxviewer.learning.waves import SHAPE

        return (*SHAPE, 1) if self._session.examples.recurrent == "waves" else None

    @property
    def problem(self) -> str:
        """Why there is nothing to fit to yet, and what to do; "" where there is."""
        examples, words = self._session.examples, self._words()
        if examples.recurrent == "files" and not examples.path:
            return "Choose a CSV file or a folder."
        if examples.recurrent != "open":
            return ""
        if len(words) < 2:
            return "Open two clips at least."
        if "" in words:
            return "Give each clip a class."
        if len(set(words)) < 2:
            return "Give the clips two classes at least."
        return ""
