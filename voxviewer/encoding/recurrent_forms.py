"""A clip as recurrent layers take it: what one time step is, the shape, and the lines of Keras.

The networks themselves are not here; the lines run as they stand, with `import keras`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class RecurrentForm:
    """One way from a batch (N, T, H, W, C) to a recurrent layer.

    Attributes
    ----------
    key, title : "flat", "Flattened frames"
    step : what one time step is, in a sentence
    shape, axes : what the recurrent layer is fed, N included
    code : lines of Python that build the model
    note : what to know about padding and masks
    """

    key: str
    title: str
    step: str
    shape: tuple[int, ...]
    axes: str
    code: str
    note: str


MASKED = (
    "An LSTM heeds a mask (N, T) where it is called, lstm(x, mask=batch.real); Reshape drops it."
)
UNMASKED = "The CNN sees padded frames too; a mask given to the LSTM leaves them out of its state."


def recurrent_forms(shape: Sequence[int], count: int = 1) -> tuple[RecurrentForm, ...]:
    """Return the three forms for clips (T, H, W, C), `count` of them in a batch.

    `Flatten` before `LSTM` does not build: it would flatten time as well. A reshape keeps T.

    Example
    -------
    >>> [form.shape for form in recurrent_forms((20, 64, 64, 1), 8)]
    [(8, 20, 4096), (8, 20, 8), (8, 20, 64, 64, 1)]
    """
    T, H, W, C = shape
    N, values = count, H * W * C
    return (
        RecurrentForm(
            "flat",
            "Flattened frames → LSTM",
            f"One time step is a frame as {values:,} numbers in a row: no neighbor is known.",
            (N, T, values),
            "N, T, H·W·C",
            _model(shape, [f"keras.layers.Reshape(({T}, {values}))", "keras.layers.LSTM(32)"]),
            MASKED,
        ),
        RecurrentForm(
            "cnn",
            "CNN for each frame → LSTM",
            "One time step is what a 2D network makes of a frame: 8 features, the same for each.",
            (N, T, 8),
            "N, T, features",
            _model(
                shape,
                [
                    'keras.layers.TimeDistributed(keras.layers.Conv2D(8, 3, activation="relu"))',
                    "keras.layers.TimeDistributed(keras.layers.GlobalAveragePooling2D())",
                    "keras.layers.LSTM(32)",
                ],
            ),
            UNMASKED,
        ),
        RecurrentForm(
            "convlstm",
            "ConvLSTM2D",
            "One time step is a picture, and the state is a picture: places stay places.",
            (N, T, H, W, C),
            "N, T, H, W, C",
            _model(
                shape,
                [
                    'keras.layers.ConvLSTM2D(8, 3, padding="same")',
                    "keras.layers.GlobalAveragePooling2D()",
                ],
            ),
            "ConvLSTM2D heeds a mask (N, T) where it is called: layer(x, mask=batch.real).",
        ),
    )


def _model(shape: Sequence[int], layers: Sequence[str]) -> str:
    inside = [f"keras.Input({tuple(shape)})", *layers, "keras.layers.Dense(2)"]
    return "\n".join(["model = keras.Sequential([", *(f"    {line}," for line in inside), "])"])
