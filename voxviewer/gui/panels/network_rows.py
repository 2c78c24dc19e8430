"""What the Filters panel says and asks of a model's layers: kernels alone, or the whole network."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from voxviewer.gui.bind import Wires, bind
from voxviewer.gui.panels.filter_rows import Indented
from voxviewer.gui.panels.words import kernel
from voxviewer.gui.parts import Check, FormRow, LinkButton

if TYPE_CHECKING:
    from collections.abc import Sequence

    from voxviewer.data import Clip, FeatureMaps
    from voxviewer.networks.layer_info import LayerInfo
    from voxviewer.session import History, Session
    from voxviewer.settings import EncodingSettings, FilterSettings

RUNS = ((False, "kernels"), (True, "network"))
RUN_TIP = (
    "kernels: the layer's filters meet the clip itself.\n"
    "network: Keras runs the clip through the model up to this layer."
)
MASK_TIP = (
    "Recurrent layers are told which frames are padded, and leave their state as it is there.\n"
    "Other layers see padded frames as any."
)


class MaskRow(FormRow):
    """Whether a network's recurrent layers heed which frames are padded."""

    def __init__(self, session: Session, history: History) -> None:
        self.masked = Check("mask padded frames", name="Mask padded frames")
        super().__init__("Padding", self.masked)
        self.setToolTip(MASK_TIP)
        bind(self.masked, session, "filters.masked", history)

    @staticmethod
    def asked(filters: FilterSettings, clip: Clip | None) -> bool:
        """Whether there is anything to mask."""
        return filters.whole and clip is not None and not clip.real.all()


class FitLine(Indented):
    """A button under the layer that cannot take the clip: encode it so that the layer can."""

    def __init__(self, session: Session, history: History) -> None:
        self.button = LinkButton("Resize clip to fit")
        super().__init__(self.button)
        self._session, self._history = session, history
        self.button.clicked.connect(self.fit)
        self._wires = Wires(self)
        self._wires.connect(session.events.fit, self._show_fit)
        self._show_fit()

    def _show_fit(self, *_: Any) -> None:
        fit = self._session.fit
        self.setVisible(fit is not None)
        if fit is not None:
            changed = changes(self._session.encoding, fit)
            self.button.setToolTip(f"Encode it with {changed}, as the model wants it")

    def fit(self) -> None:
        """Encode the clip so: one step, which can be undone."""
        if self._session.fit is not None:
            self._session.encoding = self._session.fit
            self._history.commit()


def changes(before: EncodingSettings, after: EncodingSettings) -> str:
    """Return which choices differ: "frames 16, height 32"."""
    names = [field.name for field in fields(after)]
    return ", ".join(
        f"{name} {getattr(after, name)}"
        for name in names
        if getattr(after, name) != getattr(before, name)
    )


def shown_layers(layers: Sequence[LayerInfo], whole: bool = False) -> list[LayerInfo]:
    """Return the layers to choose from: convolutions, or all that a clip can be run up to."""
    if whole:
        return [layer for layer in layers if layer.class_name != "InputLayer"]
    return [layer for layer in layers if layer.readable or "Conv" in layer.class_name]


def layer_words(layer: LayerInfo, whole: bool = False) -> str:
    """Return "conv3d_1, 3×3×3, 1 → 8"; the class where the shape is not known."""
    if layer.kernel is None:
        return f"{layer.name}, {layer.class_name}" if whole else layer.name
    *size, channels, filters = layer.kernel
    return f"{layer.name}, {kernel(tuple(size))}, {channels * layer.groups} → {filters}"


def layer_help(layer: LayerInfo) -> str:
    """Return what the layer does after its sum, and what one should know of it."""
    words = [f"activation {layer.activation}"] if layer.activation not in ("", "linear") else []
    words += [layer.note] if layer.note else []
    return _sentence("; ".join(words))


def network_help(filters: FilterSettings, maps: FeatureMaps | None) -> str:
    """Return what each value of the maps sees: "Sees 5 × 6 × 8 voxels, every 1 × 2 × 2."."""
    network = maps.network if maps is not None else None
    if maps is None or network is None or network.layer.split("/")[-1] != _short(filters):
        return ""
    if network.note:
        return network.note
    return f"Sees {_sizes(maps.receptive_field)} voxels (T, H, W), every {_sizes(maps.stride)}."


def _short(filters: FilterSettings) -> str:
    return (filters.layer or "").split("/")[-1]


def _sizes(values: Sequence[Any]) -> str:
    return " × ".join(f"{value:g}" for value in values)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}." if text else ""
