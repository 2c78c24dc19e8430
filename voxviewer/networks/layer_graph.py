"""A model's configuration walked from its input to its layers, without Keras: shapes and places.

A `Sequential` is a chain, a functional model a graph, either may hold models as layers. What one
layer makes of its input stands in `layer_rules`; here is which layer gets what.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeGuard

from voxviewer.networks.layer_rules import output_of, weights_of
from voxviewer.networks.layer_table import rows_of
from voxviewer.networks.places import Along, Places, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Tensor = Places | None
"""What a layer puts out; None where it is not known."""
Key = tuple[str, int]
DEPTH = 30
CALLS = 50_000
"""Calls of layers that are looked at in one model: shared models within shared ones grow fast."""


@dataclass(frozen=True)
class Step:
    """One layer as its first call uses it.

    Attributes
    ----------
    name, class_name : as in `layer_table.Entry`
    output : axes of what it puts out, the batch left out; None where not known
    asks : weights that its configuration asks for, a lower bound
    problem : why it cannot take its input, else ""
    activation : of the layer itself, as its configuration names it
    dilated : its taps lie apart
    """

    name: str
    class_name: str
    output: Tensor
    asks: int = 0
    problem: str = ""
    activation: str = "linear"
    dilated: bool = False


def input_shapes(model: dict[str, Any]) -> list[tuple[int | None, ...] | None]:
    """The shapes of a model's inputs, the batch left out; None where one is not said."""
    rows = rows_of(model)
    config = model.get("config")
    listed = config.get("input_layers") if isinstance(config, dict) else None
    if listed is None:
        found = _declared(rows[0]) if rows else None
        built = config.get("build_input_shape") if isinstance(config, dict) else None
        return [found or _without_batch(built)]
    by_name = {_name(row): row for row in rows}
    return [_declared(by_name[key[0]]) if key[0] in by_name else None for key in _keys(listed)]


def output_names(model: dict[str, Any]) -> list[str]:
    """The layers whose outputs a model puts out."""
    rows = rows_of(model)
    config = model.get("config")
    listed = config.get("output_layers") if isinstance(config, dict) else None
    if listed is None:
        return [_name(rows[-1])] if rows else []
    return [key[0] for key in _keys(listed)]


def walk(model: dict[str, Any], inputs: Sequence[Tensor]) -> dict[str, Step]:
    """Every layer's step by name, in the order in which they are reached."""
    steps: dict[str, Step] = {}
    _Walk(steps).model(model, list(inputs), "", 0)
    return steps


class _Walk:
    """One walk through a model and the models in it."""

    def __init__(self, steps: dict[str, Step]) -> None:
        self._steps = steps
        self._calls = 0

    def model(
        self, model: dict[str, Any], inputs: list[Tensor], around: str, depth: int
    ) -> list[Tensor]:
        """The outputs of a model for its inputs; its layers are noted on the way."""
        if depth > DEPTH:
            raise RecursionError
        config = model["config"]
        if isinstance(config, dict) and "input_layers" in config:
            return self._graph(model, inputs, around, depth)
        for row in rows_of(model):
            inputs = self._call(row, inputs[:1], around, depth)
        return inputs

    def _graph(
        self, model: dict[str, Any], inputs: list[Tensor], around: str, depth: int
    ) -> list[Tensor]:
        """A functional model: every call of a layer once its inputs are there."""
        config = model["config"]
        made: dict[Key, list[Tensor]] = {}
        for key, entering in zip(_keys(config["input_layers"]), inputs, strict=False):
            made[key[:2]] = [entering]
            self._note(Step(f"{around}{key[0]}", "InputLayer", entering))
        waiting = [
            (row, number, list(_histories(node)))
            for row in rows_of(model)
            for number, node in enumerate(row.get("inbound_nodes") or [])
            if (_name(row), number) not in made
        ]
        while waiting:
            self._count(len(waiting))
            later = []
            for row, number, needs in waiting:
                if not all(need[:2] in made for need in needs):
                    later.append((row, number, needs))
                    continue
                given = [_output(made[need[:2]], need[2]) for need in needs]
                made[_name(row), number] = self._call(row, given, around, depth)
            if len(later) == len(waiting):
                break  # a circle, or parts that hang in the air: unknown
            waiting = later
        ends = _keys(config.get("output_layers") or [])
        return [_output(made.get(key[:2], [None]), key[2]) for key in ends]

    def _call(
        self, row: dict[str, Any], given: list[Tensor], around: str, depth: int
    ) -> list[Tensor]:
        """What a layer, or a model that is one, makes of its input."""
        self._count(1)
        name, class_name = f"{around}{_name(row)}", str(row.get("class_name", ""))
        config = row.get("config")
        if rows_of(row):
            made = self.model(row, given, f"{name}/", depth + 1)
            self._note(Step(name, class_name, made[0] if made else None))
            return made
        if not isinstance(config, dict):
            return [None]
        if class_name == "InputLayer":
            self._note(Step(name, class_name, given[0] if given else None))
            return given[:1]
        if class_name == "TimeDistributed" and isinstance(config.get("layer"), dict):
            return self._each_frame(name, config["layer"], given, depth)
        if class_name == "Bidirectional" and isinstance(config.get("layer"), dict):
            return self._both_ways(name, config, given)
        return [self._plain(name, class_name, config, given), *_states(class_name, config, given)]

    def _plain(
        self, name: str, class_name: str, config: dict[str, Any], given: list[Tensor]
    ) -> Tensor:
        output, problem = None, ""
        known = [places for places in given if places is not None]
        try:
            if len(known) == len(given):
                output = output_of(class_name, config, known)
        except Unknown:
            pass
        except ValueError as error:
            problem = str(error)
        asks = weights_of(class_name, config, given)
        activation = str(config.get("activation") or "linear")
        dilated = _is_dilated(config.get("dilation_rate"))
        self._note(Step(name, class_name, output, asks, problem, activation, dilated))
        return output

    def _each_frame(
        self, name: str, inner: dict[str, Any], given: list[Tensor], depth: int
    ) -> list[Tensor]:
        """`TimeDistributed`: the layer inside sees one frame."""
        places = given[0] if given else None
        frame = places[1:] if places else None
        made = self._call(inner, [frame], f"{name}/", depth)[0]
        whole = (places[0], *made) if places and made is not None else None
        self._note(Step(name, "TimeDistributed", whole))
        return [whole]

    def _both_ways(self, name: str, config: dict[str, Any], given: list[Tensor]) -> list[Tensor]:
        """`Bidirectional`: a layer and its twin, their outputs side by side as a rule."""
        inner = config["layer"]
        inner_config = inner.get("config")
        if not isinstance(inner_config, dict):
            return [None]
        class_name = str(inner.get("class_name", ""))
        one = self._plain(f"{name}/{_name(inner)}", class_name, inner_config, given)
        asks = self._steps[f"{name}/{_name(inner)}"].asks
        whole = one
        if one is not None and config.get("merge_mode", "concat") == "concat":
            size = one[-1].size
            whole = (*one[:-1], Along(None if size is None else 2 * size, "C"))
        self._note(Step(name, "Bidirectional", whole, asks))
        return [whole]

    def _count(self, calls: int) -> None:
        self._calls += calls
        if self._calls > CALLS:
            raise RecursionError

    def _note(self, step: Step) -> None:
        """Keep the first call of a layer."""
        self._steps.setdefault(step.name, step)


def _is_dilated(rate: object) -> bool:
    """Whether a configuration's rate is more than 1 along any axis."""
    rates = rate if isinstance(rate, list | tuple) else [rate]
    return any(isinstance(n, int) and n > 1 for n in rates)


def _states(class_name: str, config: dict[str, Any], given: list[Tensor]) -> list[Tensor]:
    """What a recurrent layer puts out beside its sequence: its last state, of an LSTM both."""
    known = [places for places in given if places is not None]
    if not config.get("return_state") or len(known) != len(given):
        return []
    try:
        last = output_of(class_name, {**config, "return_sequences": False}, known)
    except (Unknown, ValueError):
        return []
    return [last] * (2 if "LSTM" in class_name else 1)


def _declared(row: dict[str, Any]) -> tuple[int | None, ...] | None:
    """The input shape that a layer, or the first one of a model, says itself."""
    config = row.get("config")
    if rows_of(row):
        return input_shapes(row)[0]
    if not isinstance(config, dict):
        return None
    return _without_batch(config.get("batch_shape") or config.get("batch_input_shape"))


def _without_batch(shape: Any) -> tuple[int | None, ...] | None:
    if not isinstance(shape, (list, tuple)) or len(shape) < 2:
        return None
    if not all(size is None or (isinstance(size, int) and size >= 0) for size in shape):
        return None
    return tuple(shape[1:])


def _name(row: dict[str, Any]) -> str:
    config = row.get("config")
    inner = config.get("name") if isinstance(config, dict) else None
    return str(inner or row.get("name") or row.get("class_name", ""))


def _keys(listed: Any) -> list[tuple[str, int, int]]:
    """["a", 0, 0], or a list or a dictionary of such."""
    if _is_key(listed):
        name, node, output = listed[:3]
        return [(name, node, output)]
    if isinstance(listed, dict):
        listed = list(listed.values())
    if not isinstance(listed, (list, tuple)):
        return []
    return [(key[0], key[1], key[2]) for key in listed if _is_key(key)]


def _is_key(value: Any) -> TypeGuard[list[Any]]:
    return (
        isinstance(value, (list, tuple))
        and len(value) >= 3
        and isinstance(value[0], str)
        and isinstance(value[1], int)
        and isinstance(value[2], int)
    )


def _histories(node: Any) -> Iterator[tuple[str, int, int]]:
    """Which outputs a call takes, in order: Keras 3 in its arguments, Keras 2 as a list of keys."""
    if isinstance(node, dict):
        history = node.get("keras_history")
        if _is_key(history):
            yield history[0], history[1], history[2]
            return
        for value in node.values():
            yield from _histories(value)
    elif _is_key(node):
        yield node[0], node[1], node[2]
        yield from _histories(node[3:])
    elif isinstance(node, (list, tuple)):
        for value in node:
            yield from _histories(value)


def _output(made: list[Tensor], number: int) -> Tensor:
    return made[number] if 0 <= number < len(made) else None
