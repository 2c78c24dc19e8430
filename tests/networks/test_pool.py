"""What a run of a model holds, against what was seen of TensorFlow's allocator."""

from __future__ import annotations

import math

import pytest

from voxviewer.networks.client import WORKSPACE
from voxviewer.networks.layer_graph import walk
from voxviewer.networks.places import Along
from voxviewer.networks.pool import Pool, kept_bytes, pool_bytes

MB = 1_000_000


def test_a_freed_output_is_taken_again_by_one_that_it_holds() -> None:
    pool = Pool()
    first, second = pool.take(80 * MB), pool.take(80 * MB)
    pool.give(first)
    third = pool.take(70 * MB)
    assert third.region == first.region != second.region
    assert pool.written == 160 * MB


def test_what_fits_nowhere_takes_a_region_of_its_own_and_none_is_given_back() -> None:
    pool = Pool()
    pool.give(pool.take(100 * MB))
    pool.take(150 * MB)
    assert pool.written == 250 * MB


def test_free_neighbors_become_one() -> None:
    pool = Pool()
    pieces = [pool.take(32 << 20), pool.take(8 << 20), pool.take(8 << 20)]
    assert len({piece.region for piece in pieces[1:]}) == 1
    for piece in pieces[1:]:
        pool.give(piece)
    before = pool.written
    assert pool.take(16 << 20).region == pieces[1].region
    assert pool.written == before


def conv(filters, activation="relu", size=3, **more):
    config = {"kernel_size": size, "padding": "same", "filters": filters, "activation": activation}
    return "Conv3D", {**config, **more}


POOL = ("MaxPooling3D", {"pool_size": [1, 2, 2]})
HALF = ("MaxPooling3D", {"pool_size": 2})
NORM = ("BatchNormalization", {})
RELU = ("Activation", {"activation": "relu"})


def steps_of(layers, clip):
    """The steps of a Sequential of these rows, each a class and its configuration."""
    rows = [
        {"class_name": kind, "config": {"name": f"layer {index}", **config}}
        for index, (kind, config) in enumerate(layers)
    ]
    model = {"class_name": "Sequential", "config": {"layers": rows}}
    places = [Along(size, axis) for size, axis in zip(clip, "THWC", strict=True)]
    return list(walk(model, [tuple(places)]).values())


def said(layers, clip) -> float:
    steps = steps_of(layers, clip)
    last = 4 * math.prod(along.size for along in steps[-1].output)
    return (3 * 4 * math.prod(clip) + pool_bytes(steps) + last + WORKSPACE) / MB


VGG = [conv(8), conv(8), POOL, conv(16), conv(16), HALF, conv(32), conv(32)]
SEEN = {  # megabytes by which Keras' process grew, TensorFlow 2.21
    "two": ([conv(8)] * 2, (64, 200, 200, 1), 275),
    "rising": ([conv(8), conv(8), conv(16)], (64, 160, 160, 1), 336),
    "falling": ([conv(n) for n in (24, 16, 12, 8, 4)], (48, 160, 160, 1), 235),
    "six": ([conv(8)] * 6, (48, 200, 200, 1), 204),
    "vgg": (VGG, (64, 200, 200, 1), 224),
    "part of it": (VGG[:5], (64, 200, 200, 1), 255),
    "normalized": ([conv(8, "linear"), NORM, RELU] * 2, (48, 160, 160, 1), 132),
    "dilated": ([conv(8, dilation_rate=[2, 2, 2])] * 2, (64, 160, 160, 1), 188),
    "gelu": ([conv(16, "gelu")], (64, 160, 160, 1), 336),
}


@pytest.mark.parametrize("name", SEEN)
def test_the_estimate_is_what_was_seen_and_at_most_a_third_more(name) -> None:
    layers, clip, seen = SEEN[name]
    assert seen <= said(layers, clip) <= 1.3 * seen


SLOPES = {  # the same while Grad-CAM of the last convolution was asked for
    "two": ([conv(8)] * 2, 294),
    "six": ([conv(8)] * 6, 455),
    "rising": ([conv(8), conv(8), conv(16)], 572),
    "falling": ([conv(n) for n in (24, 16, 12, 8, 4)], 741),
    "vgg": (VGG, 284),
    "gelu": ([conv(8, "gelu")] * 2, 702),
    "silu": ([conv(8, "silu")] * 2, 494),
}


@pytest.mark.parametrize("name", SLOPES)
def test_what_slopes_need_is_what_was_seen_and_at_most_a_third_more(name) -> None:
    layers, seen = SLOPES[name]
    clip = (48, 160, 160, 1)
    steps = steps_of(layers, clip)
    last = 4 * math.prod(along.size for along in steps[-1].output)
    said = (3 * 4 * math.prod(clip) + kept_bytes(steps) + 3 * last + WORKSPACE) / MB
    assert seen <= said <= 1.3 * seen


BATCHES = {  # the same of six clips at once, as occlusion runs them
    "two": ([conv(8)] * 2, 575),
    "rising": ([conv(8), conv(8), conv(16)], 1052),
    "wide": ([conv(20)] * 2, 1315),
    "vgg": (VGG, 575),
}


@pytest.mark.parametrize("name", BATCHES)
def test_clips_that_run_at_once_take_as_much_more(name) -> None:
    layers, seen = BATCHES[name]
    clip = (48, 160, 160, 1)
    held = pool_bytes(steps_of(layers, clip), 6)
    said = ((1 + 4 * 6) * 4 * math.prod(clip) + held + WORKSPACE) / MB
    assert seen <= said <= 1.3 * seen


def graph(rows, clip):
    """The steps of a functional model: rows of name, class, configuration, what goes in."""
    layers = [{"class_name": "InputLayer", "config": {"name": "clip"}, "inbound_nodes": []}]
    layers[0]["name"] = "clip"
    for name, kind, config, sources in rows:
        tensors = [
            {"class_name": "__keras_tensor__", "config": {"keras_history": [source, 0, 0]}}
            for source in sources
        ]
        given = tensors if len(tensors) > 1 else tensors[0]
        node = {"args": [given], "kwargs": {}}
        config = {"name": name, **config}
        layers.append({"class_name": kind, "name": name, "config": config, "inbound_nodes": [node]})
    config = {
        "layers": layers,
        "input_layers": [["clip", 0, 0]],
        "output_layers": [[rows[-1][0], 0, 0]],
    }
    places = [Along(size, axis) for size, axis in zip(clip, "THWC", strict=True)]
    model = {"class_name": "Functional", "config": config}
    return list(walk(model, [tuple(places)]).values())


@pytest.mark.parametrize(("normalized", "seen"), [(False, 205), (True, 270)])
def test_what_is_added_later_is_held_unless_the_addition_is_part_of_a_convolution(
    normalized, seen
) -> None:
    rows, last, clip = [("c", *conv(8), ["clip"])], "c", (48, 200, 200, 1)
    for block in "123":
        rows += [(f"a{block}", *conv(8), [last]), (f"b{block}", *conv(8, "linear"), [f"a{block}"])]
        made = f"b{block}"
        if normalized:
            rows.append((f"n{block}", *NORM, [made]))
            made = f"n{block}"
        rows.append((f"s{block}", "Add", {}, [last, made]))
        last = f"s{block}"
    steps = graph(rows, clip)
    assert steps[-1].output is not None
    size = 4 * 8 * math.prod(clip)
    held = (3 * 4 * math.prod(clip) + pool_bytes(steps) + size + WORKSPACE) / MB
    assert seen <= held <= 1.3 * seen
