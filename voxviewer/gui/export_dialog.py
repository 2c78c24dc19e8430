"""What to export as a GIF: the wall, one map or the clip; how fast, how large, which frames."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from voxviewer.export.timing import timing
from voxviewer.gui import theme
from voxviewer.gui.asking import ask_where
from voxviewer.gui.parts import Button, Check, Choice, FormRow, Label, NumberField

if TYPE_CHECKING:
    from voxviewer.data import Clip, FeatureMaps
    from voxviewer.session import Session


@dataclass(frozen=True, eq=False)
class ExportRequest:
    """What `Pipeline.export_gif` needs: the noun, where to, and `save_gif`'s options."""

    what: Clip | FeatureMaps
    path: str
    options: dict[str, Any]


class ExportDialog(QDialog):
    """One column of fields, a line that says what comes out, and Export."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Export GIF")
        self._session = session
        # What is offered stays what it was, whatever jobs do while a person looks at the dialog.
        self._clip, self._maps = session.clip, session.features
        export = session.export
        self.what = Choice(self._choices(), "wall" if self._maps else "clip", "What")
        self.rate = NumberField(export.rate, 0.1, 100.0, 1.0, 2, "fps", name="Rate")
        self.scale = NumberField(export.scale, 1, 16, 1, 0, "×", name="Scale")
        self.only_range = Check("", export.range is not None, "Range")
        self.only_range.setEnabled(export.range is not None)
        self.input = Check("the clip as first tile", False, "Input")
        self.outcome = Label("", "caption", "text3", wrap=True)
        self.rate_row = FormRow("Rate", self.rate)
        self._lay_out()
        for field in (self.what, self.rate, self.scale, self.only_range, self.input):
            field.changed.connect(lambda _: self._show())
        self._show()

    @classmethod
    def ask(cls, session: Session, parent: QWidget) -> ExportRequest | None:
        """Show the dialog, then ask for the file; None where either was given up."""
        dialog = cls(session, parent)
        if dialog.exec() != QDialog.DialogCode.Accepted:
            return None
        name = f"{dialog._clip.name if dialog._clip else 'clip'}-{dialog.what.value}.gif"
        path, _ = ask_where(parent, "Export GIF", name, "GIF (*.gif)")
        if not path:
            return None
        return dialog.request(path if path.lower().endswith(".gif") else path + ".gif")

    def request(self, path: str) -> ExportRequest:
        """Return what the fields say, for a path; the rate and scale are remembered."""
        session = self._session
        session.change("export", rate=float(self.rate.value), scale=int(self.scale.value))
        what = self._clip if self.what.value == "clip" else self._maps
        assert what is not None, "the dialog offers only what is there"
        options = {
            "rate": session.export.rate,
            "scale": session.export.scale,
            "settings": session.render,
            **self._film_options(),
        }
        return ExportRequest(what, path, options)

    def _film_options(self) -> dict[str, Any]:
        """What of the fields decides which pixels come out."""
        options: dict[str, Any] = {
            "range": self._session.export.range if self.only_range.value else None,
            "coat": "night" if theme.is_dark() else "day",
        }
        if self.what.value == "map":
            options["maps"] = (self._session.map,)
        if self.what.value == "wall":
            options["input_tile"] = self.input.value
        return options

    def _choices(self) -> list[tuple[str, str]]:
        maps, clip = self._maps, self._clip
        choices = []
        if maps is not None:
            count = maps.data.shape[-1]
            choices.append(("wall", f"the wall, {count} map{'s' * (count != 1)}"))
            if self._session.map < count:
                choices.append(("map", f"map {self._session.map}, {maps.name(self._session.map)}"))
        if clip is not None:
            choices.append(("clip", "the clip"))
        return choices

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(8)
        for row in (
            FormRow("What", self.what),
            FormRow("Input", self.input),
            self.rate_row,
            FormRow("Scale", self.scale, "whole numbers: every voxel stays a square"),
            FormRow("Range", self.only_range),
        ):
            column.addWidget(row)
        column.addWidget(self.outcome)
        buttons = QHBoxLayout()
        cancel, go = Button("Cancel"), Button("Export", "export", primary=True)
        cancel.clicked.connect(self.reject)
        go.clicked.connect(self.accept)
        go.setDefault(True)
        buttons.addStretch(1)
        buttons.addWidget(cancel)
        buttons.addWidget(go)
        column.addLayout(buttons)
        self.setMinimumWidth(theme.width(420))

    def _show(self) -> None:
        self.input.setEnabled(self.what.value == "wall")
        chosen = self._session.export.range
        self.only_range.setText(
            f"only frames {chosen[0]} – {chosen[1]}" if chosen else "all frames (no A–B is set)"
        )
        clock = timing(float(self.rate.value))
        self.rate_row.set_help(clock.sentence or f"GIF: {clock.text}")
        self.outcome.setText(self._outcome())

    def _outcome(self) -> str:
        """Say how many frames come out, how large; or why none can."""
        from voxviewer.export.film import make_film

        noun = self._clip if self.what.value == "clip" else self._maps
        if noun is None:
            return ""
        try:
            film = make_film(noun, self._session.render, **self._film_options())
        except ValueError as error:
            words = str(error)
            return f"{words[:1].upper()}{words[1:]}."
        scale, count = int(self.scale.value), film.frames
        frames = f"{count} frame{'s' * (count != 1)}"
        size = f"{film.width * scale} × {film.height * scale} px"
        return f"{frames} of {size}, {film.words}. Pixels as on screen, one palette for all frames."
