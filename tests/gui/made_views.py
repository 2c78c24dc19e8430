"""Small clips, maps and windows for the tests of painted views."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any

import numpy as np
from direct import Direct
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from voxviewer.data import Clip, Facts, FeatureMaps, FilterBank, Step, Volume, frozen
from voxviewer.jobs import JobRunner
from voxviewer.settings import ConvolutionSettings, EncodingSettings, Opening


class Held(Executor):
    """Runs nothing until `release` is called: what a slow disk looks like from the window."""

    def __init__(self) -> None:
        self.waiting: list[Callable[[], Any]] = []

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.waiting.append(lambda: function(*args, **kwargs))
        return Future()

    def release(self) -> None:
        while self.waiting:
            self.waiting.pop(0)()


def runner(executor: Executor | None = None) -> JobRunner:
    """A job runner whose results come home at once."""
    return JobRunner(executor or Direct(), lambda function: function())


def make_clip(
    T: int = 20, H: int = 16, W: int = 12, C: int = 1, padded: int = 0, name: str = "clip"
) -> Clip:
    rng = np.random.default_rng(3)
    data = rng.random((T, H, W, C), dtype=np.float32)
    real = np.arange(T) < T - padded
    data[~real] = 0
    channels = {1: ("gray",), 3: ("red", "green", "blue")}.get(
        C, tuple(f"channel {c}" for c in range(C))
    )
    settings = EncodingSettings(frames=T, length="pad-zero" if padded else "sample")
    steps = (
        Step("", "THWC", (T - padded, 32, 24, C), "uint8", T * 32 * 24, (False,) * 4, "source = 1"),
        Step(
            "gray, resize linear", "THWC", (T - padded, H, W, C), "float32", T * H * W * C * 4,
            (False, True, True, False), "x = vv.encode(source).data",
        ),
        Step(
            f"pad {padded} after", "THWC", (T, H, W, C), "float32", T * H * W * C * 4,
            (True, False, False, False), f"clip = vv.encode(source, frames={T})",
        ),
    )  # fmt: skip
    frames = np.where(real, np.arange(T), -1)
    return Clip(frozen(data), real, frames, channels, name, settings, None, steps)


def make_maps(clip: Clip, F: int = 5, names: tuple[str, ...] = (), valid: bool = False) -> Any:
    rng = np.random.default_rng(5)
    T, H, W, C = clip.shape
    less = 2 if valid else 0
    data = rng.standard_normal((T - less, H - less, W - less, F)).astype(np.float32)
    data[..., F - 1] = 0
    bank = FilterBank(
        np.zeros((3, 3, 3, C, F), np.float32), np.zeros(F, np.float32), "linear", "random", names
    )
    return FeatureMaps(
        frozen(data), clip, bank, ConvolutionSettings(padding="valid" if valid else "same"),
        "handwritten", 0.1, (3, 3, 3), (1, 1, 1), (1.0, 1.0, 1.0) if valid else (0.0, 0.0, 0.0),
        np.abs(data).max(axis=(0, 1, 2)), (data**2).mean(axis=(1, 2)),
        (data == 0).mean(axis=(0, 1, 2), dtype=np.float32),
    )  # fmt: skip


def make_volume(
    shape: tuple[int, int, int, int, int] = (6, 1, 32, 24, 3),
    axes: str = "THWC",
    affine: Any = None,
    name: str = "clip",
    voxels: Any = None,
) -> Volume:
    rng = np.random.default_rng(7)
    data = rng.integers(0, 255, shape).astype(np.uint8) if voxels is None else voxels
    stored = tuple(n for n in shape if n > 1)
    facts = Facts("test", "test", stored, axes, "uint8", int(np.prod(shape)))
    return Volume(data, facts, Opening(f"{name}.npy"), name, affine, (2.0, 1.0, 1.0))


def pixels(widget: QWidget) -> np.ndarray[Any, np.dtype[np.uint32]]:
    """What a widget shows, (H, W) uint32 0xFFRRGGBB."""
    return _pixels_of(widget.grab().toImage())


def pixels_on_screen(window: QWidget) -> np.ndarray[Any, np.dtype[np.uint32]]:
    """What a window has on the screen, (H, W): nothing is painted for it, as `pixels` does."""
    store = window.backingStore().paintDevice()
    assert isinstance(store, QImage)
    return _pixels_of(store)[: window.height(), : window.width()]


def _pixels_of(picture: QImage) -> np.ndarray[Any, np.dtype[np.uint32]]:
    image = picture.convertToFormat(QImage.Format.Format_RGB32)
    view = np.frombuffer(image.constBits(), np.uint32)
    return view.reshape(image.height(), image.bytesPerLine() // 4)[:, : image.width()].copy()


def move(widget: QWidget, x: float, y: float, buttons: Any = Qt.MouseButton.NoButton) -> None:
    """Move the pointer over a widget; sent to it, so that no other window can lie in between."""
    place = QPointF(round(x), round(y))
    event = QMouseEvent(
        QEvent.Type.MouseMove, place, widget.mapToGlobal(place), Qt.MouseButton.NoButton, buttons,
        Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    QApplication.sendEvent(widget, event)


def drag(widget: QWidget, points: list[tuple[float, float]]) -> None:
    """Press at the first point, move through the others, release at the last."""
    places = [QPoint(round(x), round(y)) for x, y in points]
    QTest.mousePress(widget, Qt.MouseButton.LeftButton, pos=places[0])
    for place in places[1:]:
        move(widget, place.x(), place.y(), Qt.MouseButton.LeftButton)
    QTest.mouseRelease(widget, Qt.MouseButton.LeftButton, pos=places[-1])


def shown(qtbot: Any, widget: Any, size: tuple[int, int]) -> Any:
    qtbot.addWidget(widget)
    widget.resize(*size)
    widget.show()
    return widget


def press(widget: Any, x: float, y: float) -> None:
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton, pos=QPoint(round(x), round(y)))


def wheel(widget: Any, turn: int, modifiers: Any = Qt.KeyboardModifier.NoModifier) -> None:
    place = QPointF(widget.rect().center())
    event = QWheelEvent(
        place, widget.mapToGlobal(place), QPoint(), QPoint(0, turn), Qt.MouseButton.NoButton,
        modifiers, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(widget, event)


def cut(picture: Any, box: Any) -> Any:
    return picture[box.y() : box.y() + box.height(), box.x() : box.x() + box.width()]
