"""Questions to a person that need a dialog: which file, where to. The last folder is remembered."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QFileDialog

from voxviewer.gui.recent import settings

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from voxviewer.gui.export_dialog import ExportRequest
    from voxviewer.pipeline import Pipeline
    from voxviewer.session import Session

_KEY = "folder/v1"


class Asking:
    """Asks, and hands the answer to the pipeline; a cancelled dialog changes nothing.

    Parameters
    ----------
    window : the dialogs' parent
    session, pipeline : what is asked about, and who does what was answered
    """

    def __init__(self, window: QWidget, session: Session, pipeline: Pipeline) -> None:
        self._window = window
        self._session = session
        self._pipeline = pipeline

    def files(self) -> None:
        """Ask for files and open them."""
        from voxviewer.sources import dialog_filters

        kinds = ";;".join(dialog_filters())
        paths, _ = QFileDialog.getOpenFileNames(self._window, "Open", last_folder(), kinds)
        if paths:
            keep_folder(paths[0])
            self._pipeline.open(paths)

    def folder(self) -> None:
        """Ask for a folder of images and open it as one clip."""
        title = "Open folder of images"
        path = QFileDialog.getExistingDirectory(self._window, title, last_folder())
        if path:
            keep_folder(path)
            self._pipeline.open([path])

    def export(self) -> None:
        """Ask what to export and where to; the work is a job."""
        from voxviewer.gui.export_dialog import ExportDialog

        request = ExportDialog.ask(self._session, self._window)
        if request is not None:
            self._pipeline.history.commit()  # its rate and scale are a step of their own
            self.do_export(request)

    def do_export(self, request: ExportRequest) -> None:
        """Export what was asked for."""
        self._pipeline.export_gif(request.what, request.path, **request.options)

    def tensor(self) -> None:
        """Ask where to save the clip."""
        clip = self._session.clip
        if clip is not None:
            self._save(clip, f"{clip.name}-clip.npy")

    def maps(self) -> None:
        """Ask where to save the feature maps."""
        maps = self._session.features
        if maps is not None:
            self._save(maps, f"{maps.clip.name}-maps.npy")

    def _save(self, what: Any, name: str) -> None:
        kinds = "NumPy array (*.npy);;NumPy archive with mask and frames (*.npz)"
        path, _ = ask_where(self._window, "Save tensor", name, kinds)
        if path:
            self._pipeline.export_tensor(what, path if Path(path).suffix else path + ".npy")

    def model(self) -> None:
        """Ask for a model file and take its first layer's filters."""
        path = ask_model_file(self._window)
        if path:
            self._pipeline.choose_model(path)


def ask_where(parent: QWidget, title: str, name: str, kinds: str) -> tuple[str, str]:
    """Ask where to save a file, in the folder that was used last; path and kind, "" for none."""
    start = str(Path(last_folder()) / name)
    path, kind = QFileDialog.getSaveFileName(parent, title, start, kinds)
    if path:
        keep_folder(path)
    return path, kind


def ask_model_file(parent: QWidget) -> str:
    """Ask a person for a model file; empty where they think better of it."""
    kinds = "Keras models (*.keras *.h5 *.hdf5);;All files (*)"
    title = "Filters of a model"
    path, _ = QFileDialog.getOpenFileName(parent, title, last_folder(), kinds)
    if path:
        keep_folder(path)
    return path


def last_folder() -> str:
    """Return the folder that was used last, "" where it is gone or was never kept."""
    stored = settings().value(_KEY, "")
    return stored if isinstance(stored, str) and Path(stored).is_dir() else ""


def keep_folder(path: str) -> None:
    """Remember the folder of a file, or a folder's own parent, for the next dialog."""
    settings().setValue(_KEY, str(Path(path).absolute().parent))
