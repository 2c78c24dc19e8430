"""Three recurrent forms of a clip: what one time step is, and what the network then costs.

Flattened frames into an LSTM, a CNN for each frame (flattened or averaged) into an LSTM, and
ConvLSTM2D. Shapes, weights and multiply-adds are worked out here, without Keras; the lines of
Python run as they stand, with `import keras`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from voxviewer.settings import RecurrentSettings

if TYPE_CHECKING:
    from collections.abc import Sequence

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Part:
    """One layer that has weights.

    Attributes
    ----------
    name, class_name : "lstm", "LSTM"
    weights : the shapes of its arrays, in Keras' order
    work : multiply-adds of one time step
    """

    name: str
    class_name: str
    weights: tuple[Shape, ...]
    work: int

    @property
    def parameters(self) -> int:
        """How many numbers it learns."""
        return sum(math.prod(shape) for shape in self.weights)


@dataclass(frozen=True)
class RecurrentForm:
    """One way from a batch (N, T, H, W, C) to a recurrent layer, and from there to classes.

    Attributes
    ----------
    key, title : "flat", "Flattened frames → LSTM"
    step : what one time step is, in a sentence
    clip : (T, H, W, C)
    shape, axes : what the recurrent layer is fed, N included
    state : the shape of what the recurrent layer hands from step to step, (units,) or (H, W, F)
    parts : the layers with weights, in order; the last one is the head
    code : lines of Python that build the model
    note : what to know about padding and masks
    problem : why it cannot be built, else ""
    """

    key: str
    title: str
    step: str
    clip: tuple[int, int, int, int]
    shape: Shape
    axes: str
    state: Shape
    parts: tuple[Part, ...]
    code: str
    note: str
    problem: str = ""

    @property
    def parameters(self) -> int:
        """What Keras' `count_params` says."""
        return sum(part.parameters for part in self.parts)

    @property
    def work(self) -> int:
        """Multiply-adds of one clip: the head once, all before it at each time step."""
        *each, head = self.parts
        return head.work + self.clip[0] * sum(part.work for part in each)


MASKED = (
    "An LSTM heeds a mask (N, T) where it is called, lstm(x, mask=batch.real); Reshape drops it."
)
UNMASKED = "The CNN sees padded frames too; a mask given to the LSTM leaves them out of its state."
MASKED_MAPS = "ConvLSTM2D heeds a mask (N, T) where it is called: layer(x, mask=batch.real)."


def recurrent_forms(
    shape: Sequence[int],
    count: int = 1,
    settings: RecurrentSettings | None = None,
    classes: int = 2,
    numbers: int = 1,
) -> tuple[RecurrentForm, ...]:
    """Return the forms for clips (T, H, W, C), `count` of them in a batch.

    `Flatten` before `LSTM` does not build: it would flatten time as well. A reshape keeps T.

    Parameters
    ----------
    shape : T, H, W, C
    settings : units, filters and kernel; its `form` is not looked at
    classes : how many the head tells apart; 0: it gives `numbers` in their place

    Example
    -------
    >>> forms = recurrent_forms((20, 64, 64, 1), 8)
    >>> [form.shape for form in forms]
    [(8, 20, 4096), (8, 20, 30752), (8, 20, 8), (8, 20, 64, 64, 1)]
    >>> [form.parameters for form in forms]
    [528578, 3940626, 5394, 2642]
    """
    T, H, W, C = (int(size) for size in shape)
    plan = _Plan((T, H, W, C), count, settings or RecurrentSettings(), classes, numbers)
    return _flat(plan), _cnn(plan, flatten=True), _cnn(plan, flatten=False), _convlstm(plan)


def recurrent_form(
    shape: Sequence[int], settings: RecurrentSettings, classes: int, numbers: int = 1
) -> RecurrentForm:
    """Return the form that the settings name."""
    forms = recurrent_forms(shape, 1, settings, classes, numbers)
    return next(form for form in forms if form.key == settings.form)


@dataclass(frozen=True)
class _Plan:
    """What all forms are made from."""

    clip: tuple[int, int, int, int]
    count: int
    settings: RecurrentSettings
    classes: int
    numbers: int

    def head(self, features: int) -> Part:
        outputs = self.classes or self.numbers
        name = "classes" if self.classes else "numbers"
        return Part(name, "Dense", ((features, outputs), (outputs,)), features * outputs)

    def lstm(self, features: int) -> Part:
        units = self.settings.units
        arrays = ((features, 4 * units), (units, 4 * units), (4 * units,))
        return Part("lstm", "LSTM", arrays, 4 * units * (features + units))

    def code(self, *layers: str) -> str:
        """The model as lines of Python."""
        head = f'{self.classes}, activation="softmax"' if self.classes else str(self.numbers)
        lines = [f"keras.Input({self.clip})", *(f"keras.layers.{line}" for line in layers)]
        lines.append(f"keras.layers.Dense({head})")
        return "\n".join(["model = keras.Sequential([", *(f"    {line}," for line in lines), "])"])


def _flat(plan: _Plan) -> RecurrentForm:
    T, H, W, C = plan.clip
    values, units = H * W * C, plan.settings.units
    return RecurrentForm(
        "flat",
        "Flattened frames → LSTM",
        f"One time step is a frame as {values:,} numbers in a row: no neighbor is known.",
        plan.clip,
        (plan.count, T, values),
        "N, T, H·W·C",
        (units,),
        (plan.lstm(values), plan.head(units)),
        plan.code(f"Reshape(({T}, {values}))", f"LSTM({units})"),
        MASKED,
    )


def _cnn(plan: _Plan, *, flatten: bool) -> RecurrentForm:
    T, H, W, C = plan.clip
    F, k, units = plan.settings.filters, plan.settings.kernel, plan.settings.units
    high, wide = max(H - k + 1, 0), max(W - k + 1, 0)
    features = high * wide * F if flatten else F
    of_each = f"{features:,} features, the same weights for each"
    where = "each at its own place" if flatten else "averaged over all places"
    layer = "Flatten()" if flatten else "GlobalAveragePooling2D()"
    conv = Part("frames", "Conv2D", ((k, k, C, F), (F,)), high * wide * k * k * C * F)
    return RecurrentForm(
        "cnn_flat" if flatten else "cnn",
        f"CNN for each frame, {'flattened' if flatten else 'averaged'} → LSTM",
        f"One time step is what a 2D network makes of a frame: {of_each}, {where}.",
        plan.clip,
        (plan.count, T, features),
        f"N, T, {'H·W·F' if flatten else 'F'}",
        (units,),
        (conv, plan.lstm(features), plan.head(units)),
        plan.code(
            f'TimeDistributed(keras.layers.Conv2D({F}, {k}, activation="relu"))',
            f"TimeDistributed(keras.layers.{layer})",
            f"LSTM({units})",
        ),
        UNMASKED,
        "" if min(high, wide) else f"A kernel of {k} does not fit frames of {H} × {W}.",
    )


def _convlstm(plan: _Plan) -> RecurrentForm:
    T, H, W, C = plan.clip
    F, k = plan.settings.filters, plan.settings.kernel
    arrays = ((k, k, C, 4 * F), (k, k, F, 4 * F), (4 * F,))
    return RecurrentForm(
        "convlstm",
        "ConvLSTM2D",
        "One time step is a picture, and the state is a picture: places stay places.",
        plan.clip,
        (plan.count, T, H, W, C),
        "N, T, H, W, C",
        (H, W, F),
        (
            Part("convlstm", "ConvLSTM2D", arrays, 4 * H * W * k * k * F * (C + F)),
            plan.head(F),
        ),
        plan.code(f'ConvLSTM2D({F}, {k}, padding="same")', "GlobalAveragePooling2D()"),
        MASKED_MAPS,
    )
