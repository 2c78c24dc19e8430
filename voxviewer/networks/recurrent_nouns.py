"""What fitting a recurrent network gives, and what the network holds after each frame of a clip."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from voxviewer.data import Clip, Float32
    from voxviewer.networks.forms import RecurrentForm
    from voxviewer.settings import RecurrentSettings


@dataclass(frozen=True, eq=False)
class RecurrentFit:
    """A recurrent network that was fitted.

    Attributes
    ----------
    form, settings : what was built, and how it was fitted
    classes : what the head tells apart; empty where it gives numbers
    weights : (P,) float32, all weights in a row, in Keras' order: `arrays` takes them apart
    history : (epochs, 4) float32: loss and accuracy of the clips that were learned from (running,
        as Keras shows them) and of those held out; NaN where there is none
    held_out : the clips that were held out, by their place
    rescale : scale and offset of the Rescaling layer in front, or None
    seconds : that the fitting took, without start-up
    made_with : "keras", "tensorflow", "onednn", "threads", "seed"
    """

    form: RecurrentForm
    settings: RecurrentSettings
    classes: tuple[str, ...]
    weights: Float32
    history: Float32
    held_out: tuple[int, ...]
    rescale: tuple[float, float] | None
    seconds: float
    made_with: Mapping[str, Any] = field(default_factory=dict)

    @property
    def epochs(self) -> int:
        """How many epochs are behind it."""
        return len(self.history)

    @property
    def numbers(self) -> int:
        """How many numbers the head gives, or how many classes it tells apart."""
        return self.form.parts[-1].weights[1][0]

    def arrays(self) -> dict[str, tuple[Float32, ...]]:
        """The weights of each layer by its name, in the shapes in which Keras holds them."""
        found, first = {}, 0
        for part in self.form.parts:
            made = []
            for shape in part.weights:
                last = first + math.prod(shape)
                made.append(self.weights[first:last].reshape(shape))
                first = last
            found[part.name] = tuple(made)
        return found

    @property
    def plan(self) -> dict[str, Any]:
        """What the Keras process builds it from."""
        scale, offset = self.rescale or (None, None)
        return {
            "form": self.settings.form,
            "clip": list(self.form.clip),
            "units": self.settings.units,
            "filters": self.settings.filters,
            "kernel": self.settings.kernel,
            "classes": len(self.classes),
            "numbers": self.numbers,
            "scale": scale,
            "offset": offset,
        }


@dataclass(frozen=True, eq=False)
class HiddenStates:
    """What a recurrent network holds after each frame of a clip.

    Attributes
    ----------
    fit, clip : what ran over what
    states : (T, units) of an LSTM, (T, H, W, F) of ConvLSTM2D. A padded frame leaves the state as
        it was
    said : (T, K) float32, what the head would say if the clip ended there: probabilities or numbers
    seconds : without start-up
    """

    fit: RecurrentFit
    clip: Clip
    states: Float32
    said: Float32
    seconds: float

    @property
    def strip(self) -> Float32:
        """The state as (T, units); of ConvLSTM2D its mean over places, which its head is fed."""
        if self.states.ndim == 2:
            return self.states
        strip: Float32 = self.states.mean(axis=(1, 2))
        return strip

    @property
    def answer(self) -> str:
        """What the network says of the whole clip: "left, 97 %", or its numbers."""
        last = self.said[-1]
        if not self.fit.classes:
            return ", ".join(f"{value:.3g}" for value in last)
        best = int(np.argmax(last))
        return f"{self.fit.classes[best]}, {100 * float(last[best]):.0f} %"
