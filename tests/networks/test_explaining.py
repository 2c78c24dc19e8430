"""Grad-CAM and occlusion: the numbers of a plain tape and a plain loop, in the right place."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

import voxviewer as vv
from voxviewer.data import Clip
from voxviewer.files import SourceError
from voxviewer.jobs import Cancelled
from voxviewer.networks.explaining import box_count, boxes_of
from voxviewer.networks.heat import averaged, box_starts, spread
from voxviewer.networks.passage import Placed
from voxviewer.settings import EncodingSettings

CLIP = (8, 12, 12, 1)


@pytest.fixture(scope="module")
def heads(keras_worker, tmp_path_factory):
    """A folder of models that tell classes apart, and what is said of them part by part."""
    folder = tmp_path_factory.mktemp("heads")
    return folder, keras_worker.ask("make_heads", {"folder": str(folder)}).arrays


def clip_of(data) -> Clip:
    T, C = data.shape[0], data.shape[-1]
    names = tuple(f"channel {c}" for c in range(C))
    return Clip(data, np.ones(T, bool), np.arange(T), names, "noise", EncodingSettings())


def noise(shape=CLIP) -> Clip:
    """The clip of which Keras said what comes out: see `vox_keras_heads.clip_of`."""
    return clip_of(np.random.default_rng(4).normal(size=shape).astype(np.float32))


def softmax(scores):
    return np.exp(scores - scores.max()) / np.exp(scores - scores.max()).sum()


# -- Grad-CAM ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "layer", "name"),
    [
        ("softmax", "one", "one"),
        ("softmax", "pool", "pool"),
        ("softmax", None, "two"),
        ("apart", None, "one"),
        ("single", None, "one"),
        ("linear", None, "one"),
        ("first", None, "one"),
        ("nested", "inner/two", "two"),
        ("nested", None, "two"),
    ],
)
def test_grad_cam_is_that_of_a_plain_tape(keras_engine, heads, kind, layer, name):
    folder, said = heads
    maps, slopes = (said[f"{kind} {name} {what}"].astype(np.float64) for what in ("maps", "slopes"))
    if kind == "first":
        maps, slopes = (np.moveaxis(array, 0, -1) for array in (maps, slopes))
    expected = (maps * slopes.mean(axis=(0, 1, 2))).sum(axis=-1)
    heat = vv.grad_cam(noise(), folder / f"{kind}.keras", layer, keras=keras_engine)
    assert heat.layer.endswith(name)
    np.testing.assert_allclose(heat.raw, expected, atol=2e-6 * max(1, np.abs(expected).max()))
    assert heat.target == int(np.argmax(said[kind]))
    scores = {"linear": said[kind], "first": said[kind], "single": 1 / (1 + np.exp(-said[kind]))}
    np.testing.assert_allclose(heat.scores, scores.get(kind, softmax(said[kind])), atol=1e-6)
    assert ("before softmax" in heat.words) == (kind not in ("linear", "first"))
    assert heat.data.shape == CLIP[:3] and heat.data.min() >= 0


def test_grad_cam_of_a_linear_model_is_what_paper_says(keras_engine, heads):
    """The score is the weighted mean of the maps, so its slope is weight over count."""
    folder, said = heads
    kernel, bias, weights = (said[f"linear {name}"] for name in ("kernel", "bias", "weights"))
    x = noise().data[..., 0].astype(np.float64)
    maps = [ndimage.correlate(x, kernel[..., 0, f])[1:-1, 1:-1, 1:-1] + bias[f] for f in range(3)]
    for target in (0, 1):
        expected = sum(m * weights[f, target] for f, m in enumerate(maps)) / maps[0].size
        heat = vv.grad_cam(noise(), folder / "linear.keras", target=target, keras=keras_engine)
        assert heat.target == target
        np.testing.assert_allclose(heat.raw, expected, atol=1e-7)
        # windows of 3 without padding: map voxel u lies at clip voxel u + 1
        inside = heat.data[1:-1, 1:-1, 1:-1]
        np.testing.assert_allclose(inside, np.maximum(expected, 0), atol=1e-7)
        np.testing.assert_allclose(heat.data[0], heat.data[1], atol=1e-7)


@pytest.mark.parametrize(
    ("kind", "layer", "at"),
    [
        ("softmax", "two", (2, 3, 3)),
        ("softmax", "pool", (5, 8, 4)),
        ("single", "one", (4, 3, 8)),
        ("first", "one", (5, 8, 8)),
    ],
)
def test_what_stands_out_lights_up_at_its_own_place(keras_engine, heads, kind, layer, at):
    """A bright block on nothing: the heat's change is centered on the block."""
    folder, _ = heads
    data = np.zeros(CLIP, np.float32)
    path = folder / f"{kind}.keras"
    rest = vv.grad_cam(clip_of(data), path, layer, target=0, keras=keras_engine)
    data = data.copy()
    data[at] = 20.0
    heat = vv.grad_cam(clip_of(data), path, layer, target=0, keras=keras_engine)
    changed = np.abs(heat.raw - rest.raw) > 1e-5
    lit = spread(changed.astype(np.float32), _places(keras_engine, path, layer), CLIP) > 0.5
    middle = [(places.min() + places.max()) / 2 for places in np.nonzero(lit)]
    assert np.abs(np.array(middle) - at).max() <= 2.0, (middle, at)


def _places(engine, path, layer):
    from voxviewer.networks.passage import passage

    return engine.places(passage(path, layer, CLIP), CLIP, lambda *_: None)


@pytest.mark.parametrize(
    ("stride", "offset", "reach"),
    [
        ((1, 1, 1), (0, 0, 0), (3, 3, 3)),
        ((2, 2, 2), (0.5, 1.5, 2), (3, 4, 5)),
        ((0.5, 1, 3), (0, 1, 1), (1, 3, 3)),
    ],
)
def test_values_are_laid_out_as_scipy_reads_them_between_centers(stride, offset, reach):
    values = np.random.default_rng(0).normal(size=(4, 5, 3)).astype(np.float32)
    at = Placed((0, 1, 2, 3), (4, 5, 3, 1), reach, stride, offset)
    found = spread(values, at, (9, 11, 10))
    grid = np.mgrid[:9, :11, :10].astype(np.float64)
    steps = np.array(stride)[:, None, None, None]
    places = (grid - np.array(offset)[:, None, None, None]) / steps
    expected = ndimage.map_coordinates(values.astype(np.float64), places, order=1, mode="nearest")
    for axis, count in enumerate(values.shape):
        half = (reach[axis] - 1) / 2 / stride[axis]
        expected[(places[axis] < -half) | (places[axis] > count - 1 + half)] = 0
    np.testing.assert_allclose(found, expected, atol=1e-6)


# -- occlusion --------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "target"), [("softmax", None), ("single", 0), ("first", 1)])
def test_occlusion_is_that_of_a_plain_loop(keras_engine, heads, kind, target):
    folder, _ = heads
    clip, path = noise(), folder / f"{kind}.keras"
    box, stride, base = (3, 5, 6), (3, 4, 6), 0.25
    heat = vv.occlusion(
        clip, path, target, box=box, stride=stride, baseline=base, keras=keras_engine
    )
    last = "scores" if kind == "first" else "last"

    def scores(data):
        return vv.run_model(clip_of(data), path, last, keras=keras_engine).data.ravel()

    whole = scores(clip.data)
    np.testing.assert_allclose(heat.scores, whole, atol=1e-6)
    target = int(np.argmax(whole)) if target is None else target
    assert heat.target == target
    total, count = np.zeros(CLIP[:3]), np.zeros(CLIP[:3])
    for t in (0, 3, 5):
        for h in (0, 4, 7):
            for w in (0, 6):
                where = (slice(t, t + 3), slice(h, h + 5), slice(w, w + 6))
                data = clip.data.copy()
                data[where] = base
                total[where] += whole[target] - scores(data)[target]
                count[where] += 1
    assert heat.raw.shape == (3, 3, 2) and (count > 0).all()
    np.testing.assert_allclose(heat.data, total / count, atol=1e-6)
    assert heat.words.startswith("18 boxes of 3 × 5 × 6, every 3 × 4 × 6, filled with 0.25")


def test_a_model_that_looks_at_one_corner_lights_up_there_alone(keras_engine, heads):
    """It is cut down to frames 0 and 1, rows and columns 0 to 2; noise lies everywhere."""
    folder, _ = heads
    path = folder / "corner.keras"
    heat = vv.occlusion(noise(), path, box=(1, 1, 1), keras=keras_engine)
    looked = np.zeros(CLIP[:3], bool)
    looked[:2, :3, :3] = True
    assert np.abs(heat.data[looked]).min() > 1e-5
    assert np.abs(heat.data[~looked]).max() < 1e-7
    wide = vv.occlusion(noise(), path, box=(2, 3, 3), stride=(1, 1, 1), keras=keras_engine)
    near = np.zeros(CLIP[:3], bool)  # boxes that reach into the corner cover these
    near[:3, :5, :5] = True
    assert np.abs(wide.data[~near]).max() < 1e-7 < np.abs(wide.data[0, 0, 0])


def test_boxes_cover_everything_and_are_counted_before_they_run():
    assert box_starts(8, 3, 3).tolist() == [0, 3, 5] and box_starts(6, 3, 3).tolist() == [0, 3]
    for clip, box, stride in (
        ((8, 12, 12), (3, 5, 6), (3, 4, 6)),
        ((5, 5, 5), (5, 1, 2), (1, 1, 2)),
    ):
        starts = [box_starts(*row) for row in zip(clip, box, stride, strict=True)]
        assert box_count(clip, box, stride) == np.prod([len(rows) for rows in starts])
        ones = np.ones([len(rows) for rows in starts], np.float32)
        assert (averaged(ones, starts, box, clip) == 1).all()
    assert boxes_of((8, 12, 3, 1), None, None) == ([2, 3, 1], [1, 1, 1])
    for box, stride, words in (
        ((9, 1, 1), None, "does not fit a clip of 8 × 12 × 12"),
        ((2, 2, 2), (3, 1, 1), "leave voxels out"),
        ((1, 1, 1), (0, 1, 1), "whole number"),
        (5, None, "three whole numbers"),
    ):
        with pytest.raises(ValueError, match=words):
            boxes_of(CLIP, box, stride)
    with pytest.raises(ValueError, match=r"boxes take too long; use larger steps"):
        boxes_of((64, 128, 128), (2, 2, 2), (1, 1, 1))


def test_occlusion_says_how_far_it_is_and_can_be_stopped(keras_engine, heads):
    folder, _ = heads
    heard = []
    settings = {"box": (4, 6, 6), "stride": (2, 3, 3), "keras": keras_engine}

    def progress(fraction, text):
        heard.append((fraction, text))
        if "boxes" in text:
            raise Cancelled

    with pytest.raises(Cancelled):
        vv.occlusion(noise(), folder / "softmax.keras", progress=progress, **settings)
    assert heard[-1][1].endswith("of 27 boxes")


def test_the_trap_of_tensorflow_is_avoided_here_too(keras_engine, heads):
    """conv3d of one channel with steps along W alone: the scores are those of the handwritten."""
    folder, said = heads
    clip, path = noise((7, 11, 4, 1)), folder / "trap.keras"
    settings = vv.ConvolutionSettings(padding="valid", strides=(1, 1, 2))
    maps = vv.convolve(clip, vv.model_filters(path, "one"), settings).data
    scores = maps.ravel() @ said["trap weights"]
    for heat in (
        vv.grad_cam(clip, path, keras=keras_engine),
        vv.occlusion(clip, path, box=(7, 11, 4), keras=keras_engine),
    ):
        np.testing.assert_allclose(heat.scores, scores, atol=1e-5)
        assert np.isfinite(heat.raw).all()


# -- refused in words -------------------------------------------------------------------------


@pytest.mark.parametrize("explain", [vv.grad_cam, vv.occlusion])
@pytest.mark.parametrize(
    ("name", "words"),
    [
        (
            "headless",
            r"puts out \(4, 8, 8, 2\), no scores of classes\. .* one score for each",
        ),
        ("two_outputs", r"puts out 2 arrays \(scores, one\)"),
        ("each_frame", r"puts out \(8, 2\), no scores"),
    ],
)
def test_models_without_a_head_are_refused_in_words(heads, explain, name, words):
    folder, _ = heads
    with pytest.raises(SourceError, match=words):
        explain(noise(), folder / f"{name}.keras", keras=None)


def test_layers_without_a_place_and_classes_that_are_not_there_are_refused(keras_engine, heads):
    folder, _ = heads
    with pytest.raises(SourceError, match=r"'scores' \(Dense\) has no maps.*have: one, pool, two"):
        vv.grad_cam(noise(), folder / "softmax.keras", "scores", keras=keras_engine)
    with pytest.raises(SourceError, match=r"no layer with values along time.*Use occlusion"):
        vv.grad_cam(noise(), folder / "no_maps.keras", keras=keras_engine)
    with pytest.raises(ValueError, match="target must be a whole number from 0 to 2"):
        vv.grad_cam(noise(), folder / "softmax.keras", target=3, keras=keras_engine)
    with pytest.raises(SourceError, match=r"takes clips of 8 x 12 x 12 x 1"):
        vv.occlusion(noise((8, 12, 9, 1)), folder / "softmax.keras", keras=keras_engine)
    with pytest.raises(ValueError, match="finite"):
        vv.occlusion(noise(), folder / "softmax.keras", baseline=np.inf, keras=keras_engine)


@pytest.mark.parametrize("explain", [vv.grad_cam, vv.occlusion])
def test_what_does_not_fit_in_memory_is_refused_before_keras_is_asked(heads, explain, monkeypatch):
    folder, _ = heads
    monkeypatch.setattr("voxviewer.files.available_memory", lambda: 20_000_000)
    with pytest.raises(SourceError, match=r"takes 1\d\.\d MB of 20"):
        explain(noise(), folder / "softmax.keras", keras=Silent())


class Silent:
    """A Keras process that must not be asked."""
