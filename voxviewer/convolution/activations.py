"""What follows the sum in a layer: Keras' activations by name, with the defaults of Keras 3.

Each keeps the dtype it is given (float32 maps, float64 in the referee) and the shape; "softmax" and
"log_softmax" run over the last axis, the filters. Formulas: `keras.activations`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable

Array = NDArray[Any]

_SELU_SCALE, _SELU_ALPHA = 1.05070098735548049342, 1.67326324235437728482


def activation(name: str) -> Callable[[Array], Array]:
    """The function of this name; `ValueError` where there is none."""
    try:
        return ACTIVATIONS[name]
    except (KeyError, TypeError):  # a list or a dictionary is no key at all
        known = ", ".join(sorted(ACTIVATIONS))
        raise ValueError(f"activation {name!r} is not known; use one of: {known}") from None


def activate(name: str, maps: Array) -> Array:
    """Apply an activation in place, frame by frame of (T', H', W', F), and return the maps."""
    function = activation(name)
    if name != "linear":
        with np.errstate(all="ignore"):
            for frame in maps:
                frame[...] = function(frame)
    return maps


def _linear(x: Array) -> Array:
    return x


def _relu(x: Array) -> Array:
    result: Array = np.maximum(x, 0)
    return result


def _relu6(x: Array) -> Array:
    return np.clip(x, 0, 6)


def _leaky_relu(x: Array) -> Array:
    return np.where(x > 0, x, x.dtype.type(0.2) * x)


def _elu(x: Array) -> Array:
    result: Array = np.where(x > 0, x, np.expm1(np.minimum(x, 0)))
    return result


def _selu(x: Array) -> Array:
    scale, alpha = x.dtype.type(_SELU_SCALE), x.dtype.type(_SELU_SCALE * _SELU_ALPHA)
    result: Array = np.where(x > 0, scale * x, alpha * np.expm1(np.minimum(x, 0)))
    return result


def _sigmoid(x: Array) -> Array:
    # exp of -|x| cannot overflow
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1 / (1 + small), small / (1 + small))


def _softplus(x: Array) -> Array:
    result: Array = np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))
    return result


def _softsign(x: Array) -> Array:
    result: Array = x / (1 + np.abs(x))
    return result


def _silu(x: Array) -> Array:
    return x * _sigmoid(x)


def _gelu(x: Array) -> Array:
    from scipy.special import erf

    result: Array = x * (erf(x / x.dtype.type(np.sqrt(2))) + 1) / 2
    return result


def _hard_sigmoid(x: Array) -> Array:
    return _relu6(x + 3) / 6


def _hard_silu(x: Array) -> Array:
    return x * _hard_sigmoid(x)


def _hard_tanh(x: Array) -> Array:
    return np.clip(x, -1, 1)


def _mish(x: Array) -> Array:
    return x * np.tanh(_softplus(x))


def _log_sigmoid(x: Array) -> Array:
    return -_softplus(-x)


def _softmax(x: Array) -> Array:
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    result: Array = powers / powers.sum(axis=-1, keepdims=True)
    return result


def _log_softmax(x: Array) -> Array:
    shifted = x - x.max(axis=-1, keepdims=True)
    result: Array = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return result


ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "linear": _linear,
    "relu": _relu,
    "relu6": _relu6,
    "leaky_relu": _leaky_relu,
    "elu": _elu,
    "selu": _selu,
    "sigmoid": _sigmoid,
    "tanh": np.tanh,
    "softplus": _softplus,
    "softsign": _softsign,
    "silu": _silu,
    "swish": _silu,
    "gelu": _gelu,
    "hard_sigmoid": _hard_sigmoid,
    "hard_silu": _hard_silu,
    "hard_swish": _hard_silu,
    "hard_tanh": _hard_tanh,
    "mish": _mish,
    "log_sigmoid": _log_sigmoid,
    "exponential": np.exp,
    "softmax": _softmax,
    "log_softmax": _log_softmax,
}
