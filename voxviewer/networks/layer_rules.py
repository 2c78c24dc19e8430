"""What each class of layer makes of its input: shape, places, and how many weights it asks for.

One row a class in `RULES` and, where it has weights, in `WEIGHTS`. Configurations come from files:
whatever is odd in one raises, and the layer's output then counts as unknown.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from voxviewer.networks.places import (
    Along,
    Places,
    Unknown,
    joined,
    repeated,
    shifted,
    transposed,
    window,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Config = dict[str, Any]
    Rule = Callable[[Config, Sequence[Places]], Places]

KEPT = """
    Activation ActivityRegularization AlphaDropout BatchNormalization Dropout ELU GaussianDropout
    GaussianNoise GroupNormalization Identity LayerNormalization LeakyReLU Masking Normalization
    PReLU RMSNormalization ReLU Rescaling Softmax SpatialDropout1D SpatialDropout2D SpatialDropout3D
    ThresholdedReLU UnitNormalization
""".split()
MERGED = "Add Average Maximum Minimum Multiply Subtract".split()


def output_of(class_name: str, config: Config, inputs: Sequence[Places]) -> Places:
    """The places of a layer's output.

    Raises
    ------
    Unknown
        where they cannot be told
    ValueError
        where the layer cannot take this input
    """
    rule = RULES.get(class_name)
    if rule is None or not inputs:
        raise Unknown
    try:
        return rule(config, inputs)
    except (KeyError, TypeError, IndexError, ZeroDivisionError, OverflowError) as error:
        raise Unknown from error


def weights_of(class_name: str, config: Config, inputs: Sequence[Places | None]) -> int:
    """How many numbers the layer asks for, at least; 0 where that is not known."""
    rule = WEIGHTS.get(class_name)
    places = inputs[0] if inputs else None
    if rule is None:
        return 0
    try:
        return max(int(rule(config, places or ())), 0)
    except (KeyError, TypeError, IndexError, ValueError, ZeroDivisionError, OverflowError):
        return 0


# -- outputs ----------------------------------------------------------------------------------


def _kept(config: Config, inputs: Sequence[Places]) -> Places:
    return inputs[0]


def sizes(value: Any, rank: int) -> tuple[int, ...]:
    """A number or a list of them, one for each axis."""
    if isinstance(value, (list, tuple)):
        found = tuple(int(size) for size in value)
        if len(found) != rank:
            raise Unknown
        return found
    return (int(value),) * rank


def _split(config: Config, places: Places, rank: int) -> tuple[Places, Along, bool]:
    """The axes of space and time, the channels, and whether the channels come first."""
    if len(places) != rank + 1:
        raise Unknown
    first = config.get("data_format") == "channels_first"
    return (places[1:], places[0], True) if first else (places[:-1], places[-1], False)


def _laid(around: Sequence[Along], channels: Along, first: bool) -> Places:
    return (channels, *around) if first else (*around, channels)


def _convolved(rank: int) -> Rule:
    def rule(config: Config, inputs: Sequence[Places]) -> Places:
        around, channels, first = _split(config, inputs[0], rank)
        rows = zip(
            around,
            sizes(config["kernel_size"], rank),
            sizes(config.get("strides", 1), rank),
            sizes(config.get("dilation_rate", 1), rank),
            strict=True,
        )
        padding = str(config.get("padding", "valid"))
        count = config.get("filters")
        if count is None:  # depthwise
            count = (channels.size or 0) * int(config.get("depth_multiplier", 1)) or None
        made = [window(*row, padding) for row in rows]
        return _laid(made, Along(None if count is None else int(count), "C"), first)

    return rule


def _unconvolved(rank: int) -> Rule:
    def rule(config: Config, inputs: Sequence[Places]) -> Places:
        around, _, first = _split(config, inputs[0], rank)
        dilation = sizes(config.get("dilation_rate") or 1, rank)
        if config.get("output_padding") is not None or max(dilation) > 1:
            raise Unknown
        rows = zip(
            around,
            sizes(config["kernel_size"], rank),
            sizes(config.get("strides", 1), rank),
            strict=True,
        )
        padding = str(config.get("padding", "valid"))
        made = [transposed(*row, padding) for row in rows]
        return _laid(made, Along(int(config["filters"]), "C"), first)

    return rule


def _pooled(rank: int) -> Rule:
    def rule(config: Config, inputs: Sequence[Places]) -> Places:
        around, channels, first = _split(config, inputs[0], rank)
        taps = sizes(config.get("pool_size", 2), rank)
        strides = config.get("strides")
        steps = taps if strides is None else sizes(strides, rank)
        padding = str(config.get("padding", "valid"))
        made = [
            window(along, k, s, 1, padding) for along, k, s in zip(around, taps, steps, strict=True)
        ]
        return _laid(made, channels, first)

    return rule


def _averaged(rank: int) -> Rule:
    """Global pooling: one value of everything."""

    def rule(config: Config, inputs: Sequence[Places]) -> Places:
        around, channels, first = _split(config, inputs[0], rank)
        if config.get("keepdims"):
            return _laid([_everything(along) for along in around], channels, first)
        return (channels,)

    return rule


def _everything(along: Along) -> Along:
    """One place that sees the whole axis: it lies nowhere along it."""
    return Along(1, "")


def _padded(rank: int, sign: int) -> Rule:
    name = "padding" if sign > 0 else "cropping"

    def rule(config: Config, inputs: Sequence[Places]) -> Places:
        around, channels, first = _split(config, inputs[0], rank)
        value = config[name]
        pairs = [value] if rank == 1 and not isinstance(value[0], list) else value
        made = [
            shifted(along, *(sign * n for n in sizes(pair, 2)))
            for along, pair in zip(around, pairs, strict=True)
        ]
        return _laid(made, channels, first)

    return rule


def _enlarged(rank: int) -> Rule:
    def rule(config: Config, inputs: Sequence[Places]) -> Places:
        around, channels, first = _split(config, inputs[0], rank)
        times = sizes(config.get("size", 2), rank)
        made = [repeated(along, n) for along, n in zip(around, times, strict=True)]
        return _laid(made, channels, first)

    return rule


def _dense(config: Config, inputs: Sequence[Places]) -> Places:
    return (*inputs[0][:-1], Along(int(config["units"]), "C"))


def _flat(config: Config, inputs: Sequence[Places]) -> Places:
    return (Along(_product(inputs[0])),)


def _reshaped(config: Config, inputs: Sequence[Places]) -> Places:
    """Axes of one place may come and go; everything else loses its places."""
    places = inputs[0]
    target = [int(size) for size in config["target_shape"]]
    if target.count(-1) == 1:
        total, known = _product(places), -math.prod(target)
        target[target.index(-1)] = -1 if total is None else total // max(known, 1)
    new = tuple(Along(size if size >= 0 else None) for size in target)
    old = [along for along in places if along.size != 1]
    if [along.size for along in old] != [along.size for along in new if along.size != 1]:
        return new
    kept = iter(old)
    return tuple(Along(1) if along.size == 1 else next(kept) for along in new)


def _permuted(config: Config, inputs: Sequence[Places]) -> Places:
    order = [int(axis) - 1 for axis in config["dims"]]
    if sorted(order) != list(range(len(inputs[0]))):
        raise Unknown
    return tuple(inputs[0][axis] for axis in order)


def _repeat(config: Config, inputs: Sequence[Places]) -> Places:
    return (Along(int(config["n"])), inputs[0][-1])


def _merged(config: Config, inputs: Sequence[Places]) -> Places:
    if len({len(places) for places in inputs}) != 1:
        raise Unknown
    return tuple(joined(list(parts)) for parts in zip(*inputs, strict=True))


def _concatenated(config: Config, inputs: Sequence[Places]) -> Places:
    rank = len(inputs[0])
    if any(len(places) != rank for places in inputs):
        raise Unknown
    axis = int(config.get("axis", -1))
    axis = axis - 1 if axis > 0 else rank + axis
    parts = [list(places) for places in inputs]
    along = [places.pop(axis) for places in parts]
    made = [joined(list(column)) for column in zip(*parts, strict=True)]
    counts = [a.size for a in along]
    total = None if None in counts else sum(size for size in counts if size is not None)
    kind = "C" if all(a.axis == "C" for a in along) else ""
    made.insert(axis, Along(total, kind))
    return tuple(made)


def _recurrent(config: Config, inputs: Sequence[Places]) -> Places:
    """A sequence (T, features): with or without what is said after each step."""
    time, _ = inputs[0]
    maps = Along(int(config["units"]), "C")
    return (_past(time), maps) if config.get("return_sequences") else (maps,)


def _past(time: Along) -> Along:
    """Each step knows all before it; it still belongs to its own frame."""
    if time.size is None or not time.axis:
        return time
    return replace(time, reach=time.reach + (time.size - 1) * time.stride)


def _conv_lstm(rank: int) -> Rule:
    spatial = _convolved(rank)

    def rule(config: Config, inputs: Sequence[Places]) -> Places:
        time, *frame = inputs[0]
        around = spatial(config, [tuple(frame)])
        again = sizes(config["kernel_size"], rank)
        steps = max((time.size or 1) - 1, 0)
        first = config.get("data_format") == "channels_first"
        found = [a for a in around if a.axis != "C"]
        made = [  # its own state goes once more through a window of the kernel's size each step
            replace(a, reach=a.reach + (k - 1) * a.stride * steps)
            for a, k in zip(found, again, strict=True)
        ]
        frame_places = _laid(made, next(a for a in around if a.axis == "C"), first)
        return (_past(time), *frame_places) if config.get("return_sequences") else frame_places

    return rule


def _product(places: Places) -> int | None:
    total = 1
    for along in places:
        if along.size is None:
            return None
        total *= along.size
    return total


RULES: dict[str, Rule] = {
    **dict.fromkeys(KEPT, _kept),
    **dict.fromkeys(MERGED, _merged),
    "Concatenate": _concatenated,
    "Dense": _dense,
    "Flatten": _flat,
    "Reshape": _reshaped,
    "Permute": _permuted,
    "RepeatVector": _repeat,
    "Convolution3D": _convolved(3),
    "DepthwiseConv1D": _convolved(1),
    "DepthwiseConv2D": _convolved(2),
    **dict.fromkeys(("LSTM", "GRU", "SimpleRNN"), _recurrent),
}
for _rank in (1, 2, 3):
    RULES |= {
        f"Conv{_rank}D": _convolved(_rank),
        f"SeparableConv{_rank}D": _convolved(_rank),
        f"Conv{_rank}DTranspose": _unconvolved(_rank),
        f"MaxPooling{_rank}D": _pooled(_rank),
        f"AveragePooling{_rank}D": _pooled(_rank),
        f"GlobalMaxPooling{_rank}D": _averaged(_rank),
        f"GlobalAveragePooling{_rank}D": _averaged(_rank),
        f"ZeroPadding{_rank}D": _padded(_rank, 1),
        f"Cropping{_rank}D": _padded(_rank, -1),
        f"UpSampling{_rank}D": _enlarged(_rank),
        f"ConvLSTM{_rank}D": _conv_lstm(_rank),
    }


# -- weights ----------------------------------------------------------------------------------


def _channels(config: Config, places: Places) -> int:
    """Input channels; 1 where they are not known: a lower bound."""
    first = config.get("data_format") == "channels_first"
    along = places[0 if first else -1] if places else Along(1)
    return along.size or 1


def _kernel(rank: int, *, depthwise: bool = False) -> Callable[[Config, Places], int]:
    def count(config: Config, places: Places) -> int:
        taps = math.prod(sizes(config["kernel_size"], rank))
        outputs = int(config["depth_multiplier" if depthwise else "filters"])
        return taps * _channels(config, places) * outputs // max(int(config.get("groups", 1)), 1)

    return count


def _conv_lstm_kernel(rank: int) -> Callable[[Config, Places], int]:
    def count(config: Config, places: Places) -> int:
        outputs = int(config["filters"])
        taps = math.prod(sizes(config["kernel_size"], rank))
        return 4 * taps * outputs * (_channels(config, places[1:]) + outputs)

    return count


def _gates(gates: int) -> Callable[[Config, Places], int]:
    def count(config: Config, places: Places) -> int:
        units = int(config["units"])
        features = (places[-1].size if places else 1) or 1
        return gates * units * (features + units)

    return count


def _dense_kernel(config: Config, places: Places) -> int:
    return int(config["units"]) * ((places[-1].size if places else 1) or 1)


def _slopes(config: Config, places: Places) -> int:
    shared = {int(axis) - 1 for axis in config.get("shared_axes") or ()}
    return math.prod((a.size or 1) for i, a in enumerate(places) if i not in shared)


WEIGHTS: dict[str, Callable[[Config, Places], int]] = {
    "Dense": _dense_kernel,
    "PReLU": _slopes,
    "Embedding": lambda config, _: int(config["input_dim"]) * int(config["output_dim"]),
    "LSTM": _gates(4),
    "GRU": _gates(3),
    "SimpleRNN": _gates(1),
    "Convolution3D": _kernel(3),
}
for _rank in (1, 2, 3):
    WEIGHTS |= {
        f"Conv{_rank}D": _kernel(_rank),
        f"Conv{_rank}DTranspose": _kernel(_rank),
        f"DepthwiseConv{_rank}D": _kernel(_rank, depthwise=True),
        f"ConvLSTM{_rank}D": _conv_lstm_kernel(_rank),
    }
