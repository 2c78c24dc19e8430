"""The side that asks Keras: no TensorFlow here, and none needed for the rest of the program.

engine = KerasEngine()
engine.start()                          # after the first paint; returns at once
engine.state, engine.text               # "ready", "Keras 3.15 ready"
maps, seconds = engine.convolve(clip, bank, settings, progress=progress)   # in a job's thread
engine.cancel(); engine.stop()
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np

from voxviewer.data import no_progress
from voxviewer.files import SourceError, require_memory
from voxviewer.workers import Pair, Worker, WorkerError, WorkerMissing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from voxviewer.data import Clip, FilterBank, Float32, Progress
    from voxviewer.networks.passage import Passage, Placed
    from voxviewer.settings import ConvolutionSettings
    from voxviewer.workers import Answer

ACTIVATIONS = (
    "linear", "relu", "relu6", "leaky_relu", "elu", "selu", "sigmoid", "hard_sigmoid",
    "log_sigmoid", "tanh", "hard_tanh", "softplus", "softsign", "silu", "swish", "hard_silu",
    "hard_swish", "gelu", "mish", "exponential", "softmax", "log_softmax",
)  # fmt: skip
"""The names Keras knows by itself; nothing else is handed to it."""

DOING = {
    "train": "trains filters",
    "recurrent_fit": "fits a recurrent network",
    "recurrent_states": "runs a recurrent network",
    "run_network": "runs a model",
    "occlusion": "explains an answer",
}
"""What a request does, for whoever has to wait for it."""
LONG = ("train", "recurrent_fit", "recurrent_states")
"""Requests that others shall not wait for; states are looked at between two of fitting."""
WORKSPACE = 16 << 20
"""Bytes that TensorFlow takes beside arrays."""


class EngineError(WorkerError):
    """Keras could not do it; one sentence."""


class KerasMissing(EngineError):
    """TensorFlow or Keras is not installed; one sentence."""


def missing() -> str:
    """Why Keras cannot run here, in one sentence, or ""; nothing is imported to find out."""
    absent = [name for name in ("TensorFlow", "Keras") if find_spec(name.lower()) is None]
    if not absent:
        return ""
    return (
        f"{' and '.join(absent)} {'are' if len(absent) > 1 else 'is'} not installed; the "
        "handwritten engine does everything, comparing needs `pip install tensorflow keras`."
    )


@dataclass(frozen=True, eq=False)
class NetworkRun:
    """What a run up to a layer gave: maps (T', H', W', F) float32, where they lie, by what."""

    way: Passage
    at: Placed
    maps: Float32
    seconds: float
    made_with: dict[str, Any]


class KerasEngine:
    """A Conv3D layer of Keras, in a process of its own. Every method may be called in any thread.

    Parameters
    ----------
    worker : the process; tests hand in their own
    """

    def __init__(self, worker: Worker | None = None) -> None:
        self._worker = worker or Worker(
            "voxviewer.networks.worker", title="Keras", missing=lambda: missing()
        )
        self._pair = Pair(self._worker)

    @property
    def state(self) -> str:
        """One of "off", "starting", "ready", "dead", "missing"."""
        return self._worker.state

    @property
    def text(self) -> str:
        """The state in one sentence: "Keras 3.15 ready"."""
        return self._worker.text

    @property
    def version(self) -> str:
        """Keras' version, "" before it is ready."""
        return str(self._worker.values.get("keras", ""))

    @property
    def versions(self) -> dict[str, Any]:
        """`keras`, `tensorflow`, `onednn` (is it on), `threads`; empty before it is ready."""
        return {name: value for name, value in self._worker.values.items() if name != "text"}

    def watch(self, callback: Callable[[str, str], None]) -> None:
        """Call back with (state, text) on every change, in the thread that made it."""
        self._worker.observe(callback)

    def on_death(self, callback: Callable[[str], None]) -> None:
        """Call back with one sentence when the process died by itself."""
        self._pair.on_death(callback)

    def start(self) -> None:
        """Start in the background; returns at once."""
        self._worker.start()

    def stand_by(self) -> bool:
        """See that a second, warm process can take the place of one that ends; see `Worker`."""
        return self._worker.stand_by()

    def cancel(self) -> None:
        """Stop what runs: its process ends, a fresh one gets ready."""
        self._pair.cancel()

    def stop(self) -> None:
        """End the processes."""
        self._pair.stop()

    def convolve(
        self,
        clip: Clip,
        bank: FilterBank,
        settings: ConvolutionSettings,
        *,
        progress: Progress = no_progress,
        allow_large: bool = False,
    ) -> tuple[Float32, float]:
        """Run a real `keras.layers.Conv3D` over a clip; blocks, for a job's thread.

        Parameters
        ----------
        clip, bank : (T, H, W, C) and kernels (kT, kH, kW, C, F)
        settings : padding, strides, dilation, mode; its engine is not looked at
        progress : called at least every 50 ms; may raise to stop, which ends the process
        allow_large : go on where more than half of the free memory is needed

        Returns
        -------
        maps : (T', H', W', F) float32, after bias and activation
        seconds : what the compiled layer took; without start-up, tracing, warm-up and transport

        Raises
        ------
        ValueError
            where channels differ, the kernels do not fit, or Keras refuses the combination
        TooLargeError
            where it does not fit in memory
        KerasMissing, EngineError
            where Keras is not installed, or failed
        Cancelled
            after `cancel()`
        """
        shape = output_shape(clip, bank, settings)
        require_memory(
            _peak_bytes(clip, bank, shape, settings),
            clip.name,
            "convolving with Keras",
            allow_large=allow_large,
        )
        values = {
            "activation": bank.activation,
            "padding": settings.padding,
            "strides": settings.strides,
            "dilation": settings.dilation,
            "flip": settings.mode == "convolution",
        }
        arrays = {"clip": clip.data, "kernels": bank.kernels, "bias": bank.bias}
        answer = self.ask("conv3d", values, arrays, {"maps": (shape, "<f4")}, progress)
        return answer.arrays["maps"], float(answer.values["seconds"])

    def run_network(
        self,
        clip: Clip,
        model: str,
        layer: str,
        *,
        masked: bool = False,
        progress: Progress = no_progress,
        allow_large: bool = False,
    ) -> NetworkRun:
        """Run a clip up to a layer of a model file; blocks, for a job's thread.

        Parameters
        ----------
        clip : (T, H, W, C), of the size that the model takes
        model, layer : path of a `.keras` or `.h5` file, and the layer's name in it
        masked : padded frames are masked for recurrent layers

        Raises
        ------
        SourceError
            where the file must not or cannot be run, or the clip is not what it takes
        ValueError
            where Keras refuses it
        TooLargeError, KerasMissing, EngineError, Cancelled
            as `convolve`
        """
        from voxviewer.networks.passage import passage

        way = passage(model, layer, clip.data.shape)
        require_memory(
            way.held + WORKSPACE,
            clip.name,
            f"running it up to {way.layer}",
            allow_large=allow_large,
        )
        at = self.places(way, clip.data.shape, progress)
        values: dict[str, Any] = {"path": way.path, "stamp": list(way.stamp), "layer": way.layer}
        values |= {"first": way.first, "order": list(at.order)}
        maps = {"maps": (at.shape, "<f4")}
        arrays = {"clip": clip.data}
        if masked and not clip.real.all():
            arrays["real"] = clip.real.astype(np.uint8)
        answer = self.ask("run_network", values, arrays, maps, progress)
        made_with = {**self.versions, "seed": answer.values["seed"], "written_by": way.version}
        seconds = float(answer.values["seconds"])
        return NetworkRun(way, at, answer.arrays["maps"], seconds, made_with)

    def places(self, way: Passage, clip: Sequence[int], progress: Progress) -> Placed:
        """Where a layer's values lie in a clip (T, H, W, C), by the shape that Keras says.

        Raises
        ------
        SourceError
            where Keras cannot run the model up to it
        """
        from voxviewer.networks.passage import placed

        shape = [clip[-1], *clip[:-1]] if way.first else list(clip)
        values = {"path": way.path, "stamp": list(way.stamp), "layer": way.layer, "shape": shape}
        try:
            asked = self.ask("network_shape", values, {}, {}, progress)
        except ValueError as error:
            raise self.refused(way, error) from error
        return placed(way, asked.values["shape"], clip)

    def refused(self, way: Passage, error: ValueError) -> SourceError:
        """What Keras said of a model, as a sentence about its file."""
        return SourceError(way.path, *_failure(str(error), way.version, self.version))

    def ask(
        self,
        request: str,
        values: dict[str, Any],
        arrays: dict[str, Any],
        outputs: dict[str, Any],
        progress: Progress,
        news: Callable[[Answer], None] | None = None,
        stop: Callable[[], bool] | None = None,
    ) -> Answer:
        """Ask the process, as `Worker.ask`; its errors become this module's.

        What is long is done by the process that stands by, where one does.
        """
        what = DOING.get(request, "")
        try:
            with self._pair.worker_for(long=request in LONG) as worker:
                return worker.ask(
                    request, values, arrays, outputs, progress, news=news, stop=stop, what=what
                )
        except WorkerMissing as error:
            raise KerasMissing(str(error)) from error
        except WorkerError as error:
            raise EngineError(str(error), error.kind) from error


@cache
def keras_engine() -> KerasEngine:
    """Return this program's one Keras process, started on its first use."""
    return KerasEngine()


def _failure(text: str, wrote: str, installed: str) -> tuple[str, str]:
    """Why a model could not be run, as what follows its name, and what to do."""
    problem = f"cannot be run: {text.rstrip('.')}"
    if not wrote:
        return problem, "Save it again with the Keras that is installed"
    problem = f"{problem} (Keras {wrote} wrote it, {installed or 'none'} is installed)"
    newer = _version(wrote) > _version(installed)
    remedy = "pip install -U keras" if newer else "Save it again with the Keras that is installed"
    return problem, remedy


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".")[:2] if part.isdigit())


def output_shape(
    clip: Clip, bank: FilterBank, settings: ConvolutionSettings
) -> tuple[int, int, int, int]:
    """(T', H', W', F) of a Conv3D layer; `ValueError` where Keras would refuse, and what to do."""
    if bank.kernels.shape[3] != clip.data.shape[3]:
        raise ValueError(
            f"The filters take {bank.kernels.shape[3]} channels, the clip has "
            f"{clip.data.shape[3]}; choose other filters, or encode the clip with as many channels."
        )
    if bank.activation not in ACTIVATIONS:
        raise ValueError(
            f"Keras knows no activation {bank.activation!r}; use one of: {', '.join(ACTIVATIONS)}"
        )
    if max(settings.strides) > 1 and max(settings.dilation) > 1:
        raise ValueError(
            f"Keras refuses strides {settings.strides} together with dilation {settings.dilation}; "
            "use the handwritten engine, or set one of them to 1."
        )
    T, H, W = (
        _extent(*row, settings.padding)
        for row in zip(
            clip.data.shape[:3], bank.size, settings.strides, settings.dilation, strict=True
        )
    )
    if min(T, H, W) < 1:
        window = tuple((k - 1) * d + 1 for k, d in zip(bank.size, settings.dilation, strict=True))
        raise ValueError(
            f"The kernels cover {window} voxels (T, H, W), the clip has {clip.data.shape[:3]}; use "
            'padding "same", smaller kernels or a larger clip.'
        )
    return T, H, W, bank.count


def _extent(size: int, kernel: int, stride: int, dilation: int, padding: str) -> int:
    """Output voxels along one axis, as TensorFlow counts; below 1 where the kernel is too long."""
    if padding == "same":
        return math.ceil(size / stride)
    return (size - ((kernel - 1) * dilation + 1)) // stride + 1


def _peak_bytes(
    clip: Clip, bank: FilterBank, shape: tuple[int, ...], settings: ConvolutionSettings
) -> int:
    """The peak in both processes: the shared blocks, and what TensorFlow holds of a slab.

    Rounded up from what was seen of TensorFlow 2.21: the maps once, twice where an activation is
    not done in place or dilation moves them; the clip twice, four times where dilation copies it. A
    channel of zeros doubles the clip, once more outside TensorFlow.
    """
    maps = 4 * math.prod(shape)
    dilated = max(settings.dilation) > 1
    copies = 4 if dilated else 2
    if clip.data.shape[3] == 1 and max(settings.strides) > 1:
        copies = 7
    twice = dilated or bank.activation not in ("linear", "relu")
    held = copies * clip.data.nbytes + (2.1 if twice else 1.1) * maps
    share = _slab_share(clip.data.shape, bank.kernels.shape, shape, settings)
    return clip.data.nbytes + maps + int(share * held) + WORKSPACE + 4 * bank.kernels.nbytes


def _slab_share(
    clip: tuple[int, ...],
    kernels: tuple[int, ...],
    maps: tuple[int, ...],
    settings: ConvolutionSettings,
) -> float:
    """How much of the clip Keras is fed at once; see `keras_layer`."""
    from voxviewer.networks.keras_layer import slab_frames

    if settings.padding == "same" and settings.strides[0] > 1:
        return 1.0
    window = (kernels[0] - 1) * settings.dilation[0] + 1
    frames = slab_frames(clip, kernels, maps, window) + window
    return min(frames / maps[0], 1.0)


__all__ = [
    "ACTIVATIONS",
    "EngineError",
    "KerasEngine",
    "KerasMissing",
    "NetworkRun",
    "keras_engine",
    "missing",
    "output_shape",
]
