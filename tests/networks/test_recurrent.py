"""Recurrent networks: what they cost, what they learn, and what they hold after each frame.

The references are Keras' own counts, and both kinds of cell written out in float64.
"""

from __future__ import annotations

import threading

import numpy as np
import pytest
from scipy import ndimage

import voxviewer as vv
from voxviewer.data import Clip
from voxviewer.jobs import Cancelled
from voxviewer.networks import recurrent
from voxviewer.networks.forms import recurrent_forms
from voxviewer.networks.recurrent_data import rescaling, split, stacked, targets_of
from voxviewer.settings import EncodingSettings, RecurrentSettings
from voxviewer.workers import Answer, Overdue

FORMS = ("flat", "cnn_flat", "cnn", "convlstm")
SMALL = RecurrentSettings(units=5, filters=3, epochs=2, batch_size=4)


def clip_of(data, real=None, name="noise") -> Clip:
    T, C = data.shape[0], data.shape[-1]
    real = np.ones(T, bool) if real is None else real
    names = tuple(f"channel {c}" for c in range(C))
    return Clip(data.astype(np.float32), real, np.arange(T), names, name, EncodingSettings())


def moving(way: int, seed: int, shape=(6, 8, 10)) -> Clip:
    """A soft spot that moves to the right (1) or to the left (-1), at a row of chance."""
    T, H, W = shape
    random = np.random.default_rng(seed)
    row, start = random.uniform(2, H - 3), random.uniform(0, W)
    y, x = np.mgrid[:H, :W]
    places = (start + way * 1.3 * np.arange(T)) % W
    frames = [
        np.exp(-((y - row) ** 2 + (np.abs(x - p) - W * (np.abs(x - p) > W / 2)) ** 2) / 3)
        for p in places
    ]
    return clip_of(100 + 50 * np.stack(frames)[..., None], name=f"{way} {seed}")


@pytest.fixture(scope="module")
def spots():
    """Twelve clips, six a way, and their words; two of them are padded."""
    clips = [moving(way, seed) for seed in range(6) for way in (1, -1)]
    for at in (3, 4):
        data, real = clips[at].data.copy(), np.array([True] * 4 + [False] * 2)
        data[~real] = 0
        clips[at] = clip_of(data, real)
    return clips, ["right", "left"] * 6


@pytest.fixture(scope="module")
def fits(keras_engine, spots):
    """One network of each form, barely fitted."""
    from dataclasses import replace

    clips, words = spots
    return {
        form: vv.fit_recurrent(clips, words, replace(SMALL, form=form), keras=keras_engine)
        for form in FORMS
    }


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softmax(x):
    shifted = np.exp(x - x.max(axis=-1, keepdims=True))
    return shifted / shifted.sum(axis=-1, keepdims=True)


def steps_by_hand(fit, clip):
    """What the recurrent layer is fed at each step, in float64."""
    scale, offset = fit.rescale
    x = clip.data.astype(np.float64) * scale + offset
    if fit.settings.form in ("flat", "convlstm"):
        return x.reshape(len(x), -1) if fit.settings.form == "flat" else x
    kernel, bias = fit.arrays()["frames"]
    k = len(kernel)
    windows = np.lib.stride_tricks.sliding_window_view(x, (k, k), axis=(1, 2))
    maps = np.maximum(np.einsum("thwcab,abcf->thwf", windows, kernel.astype(np.float64)) + bias, 0)
    return maps.reshape(len(x), -1) if fit.settings.form == "cnn_flat" else maps.mean(axis=(1, 2))


def states_by_hand(fit, clip):
    """The cell's own equations, step by step; a padded frame leaves the state as it is."""
    x = steps_by_hand(fit, clip)
    name = "convlstm" if fit.settings.form == "convlstm" else "lstm"
    kernel, recurrent, bias = (array.astype(np.float64) for array in fit.arrays()[name])
    h = c = np.zeros(fit.form.state)
    states = []
    for step, real in zip(x, clip.real, strict=True):
        if real:
            if name == "lstm":
                gates = step @ kernel + h @ recurrent + bias
            else:
                gates = same2d(step, kernel) + same2d(h, recurrent) + bias
            i, f, g, o = np.split(gates, 4, axis=-1)
            c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
            h = sigmoid(o) * np.tanh(c)
        states.append(h)
    return np.stack(states)


def same2d(picture, kernel):
    """A 2D convolution as Keras means it, by SciPy: (H, W, C) and (k, k, C, F)."""
    return np.stack(
        [
            sum(
                ndimage.correlate(picture[..., c], kernel[:, :, c, f], mode="constant")
                for c in range(picture.shape[-1])
            )
            for f in range(kernel.shape[-1])
        ],
        axis=-1,
    )


# -- sizes ------------------------------------------------------------------------------------


@pytest.mark.parametrize("clip", [(20, 64, 48, 3), (6, 8, 10, 1)])
def test_parameters_worked_out_without_keras_are_those_that_keras_counts(keras_worker, clip):
    settings = RecurrentSettings(units=7, filters=5, kernel=3)
    for form in recurrent_forms(clip, 8, settings, classes=4):
        said = keras_worker.ask("count_params", {"code": form.code}).values
        assert form.parameters == said["count"], form.key
        shapes = [list(shape) for part in form.parts for shape in part.weights]
        assert shapes == said["shapes"], form.key


def test_the_averaged_cnn_and_convlstm_do_not_grow_with_the_frame_as_the_others_do():
    small = {form.key: form for form in recurrent_forms((20, 32, 32, 1))}
    large = {form.key: form for form in recurrent_forms((20, 128, 128, 1))}
    assert large["flat"].parameters > 15 * small["flat"].parameters
    assert large["cnn_flat"].parameters > 15 * small["cnn_flat"].parameters
    for key in ("cnn", "convlstm"):
        assert large[key].parameters == small[key].parameters
    # a ConvLSTM2D pays in work what it saves in weights: every place, every step
    assert large["convlstm"].work > 15 * small["convlstm"].work


def test_forms_have_the_shapes_that_keras_documents():
    flat, cnn_flat, cnn, convolved = recurrent_forms((20, 64, 48, 3), 8)
    assert flat.shape == (8, 20, 64 * 48 * 3)
    assert cnn_flat.shape == (8, 20, 62 * 46 * 8) and cnn.shape == (8, 20, 8)
    assert convolved.shape == (8, 20, 64, 48, 3) and convolved.state == (64, 48, 8)
    assert "Reshape((20, 9216))" in flat.code
    assert "does not fit frames of 2 × 9" in recurrent_forms((4, 2, 9, 1))[2].problem


# -- states -----------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMS)
def test_states_are_those_of_the_cell_written_out_and_masks_are_heeded(
    keras_engine, fits, spots, form
):
    fit = fits[form]
    assert fit.form.parameters == len(fit.weights)
    clips = [spots[0][0], spots[0][3]]
    found = vv.hidden_states(fit, clips, keras=keras_engine)
    for hidden, clip in zip(found, clips, strict=True):
        expected = states_by_hand(fit, clip)
        assert hidden.states.shape == (6, *fit.form.state)
        np.testing.assert_allclose(hidden.states, expected, atol=2e-6)
        kernel, bias = fit.arrays()["classes"]
        features = expected.mean(axis=(1, 2)) if form == "convlstm" else expected
        np.testing.assert_allclose(hidden.strip, features, atol=2e-6)
        np.testing.assert_allclose(hidden.said, softmax(features @ kernel + bias), atol=2e-6)
    assert np.array_equal(found[1].states[3], found[1].states[5])  # padded from 4 on


@pytest.mark.parametrize("form", ["cnn", "convlstm"])
def test_a_saved_network_runs_up_to_its_recurrent_layer(keras_engine, fits, spots, tmp_path, form):
    path = vv.save_recurrent(fits[form], tmp_path / "net", keras=keras_engine)
    assert path.endswith("net.keras")
    clip = spots[0][0]
    (hidden,) = vv.hidden_states(fits[form], [clip], keras=keras_engine)
    layer = "convlstm" if form == "convlstm" else "lstm"
    maps = vv.run_model(clip, path, layer, keras=keras_engine)
    np.testing.assert_allclose(maps.data.reshape(hidden.states.shape), hidden.states, atol=1e-6)
    said = vv.run_model(clip, path, "classes", keras=keras_engine)
    np.testing.assert_allclose(said.data.ravel(), hidden.said[-1], atol=1e-6)
    if form == "convlstm":
        ours = vv.recurrent_maps(hidden)
        assert ours.bank is None and ours.network.class_name == "ConvLSTM2D"
        for name in ("receptive_field", "stride", "offset"):
            assert getattr(ours, name) == getattr(maps, name)
    else:
        with pytest.raises(ValueError, match="no maps; its state is a row of numbers"):
            vv.recurrent_maps(hidden)


@pytest.mark.parametrize("form", FORMS)
def test_a_saved_network_masks_padded_frames_where_it_is_asked_to(
    keras_engine, fits, spots, tmp_path, form
):
    path = vv.save_recurrent(fits[form], tmp_path / "net", keras=keras_engine)
    clip, layer = spots[0][3], "convlstm" if form == "convlstm" else "lstm"
    expected = states_by_hand(fits[form], clip)

    def states(masked):
        maps = vv.run_model(clip, path, layer, masked=masked, keras=keras_engine)
        return maps.data.reshape(expected.shape)

    np.testing.assert_allclose(states(True), expected, atol=2e-6)
    without = states(False)
    np.testing.assert_allclose(without[:4], expected[:4], atol=2e-6)  # padded from 4 on
    assert np.abs(without[4:] - expected[4:]).max() > 1e-3


# -- fitting ----------------------------------------------------------------------------------


def test_a_network_learns_which_way_spots_move_and_tells_it_of_clips_held_out(keras_engine):
    clips = [moving(way, seed) for seed in range(16) for way in (1, -1)]
    settings = RecurrentSettings(
        form="cnn_flat", units=8, filters=4, epochs=12, validation=0.25, seed=3
    )
    seen = []
    fit = vv.fit_recurrent(
        clips, ["right", "left"] * 16, settings, watch=seen.append, keras=keras_engine
    )
    assert fit.history.shape == (12, 4) and len(fit.held_out) == 8
    assert fit.history[-1, 0] < 0.3 * fit.history[0, 0]
    assert fit.history[-1, 1] == 1 and fit.history[-1, 3] >= 0.9
    assert seen[-1] is fit and [one.epochs for one in seen] == sorted({one.epochs for one in seen})
    strangers = [moving(1, 99), moving(-1, 98)]
    answers = [one.answer for one in vv.hidden_states(fit, strangers, keras=keras_engine)]
    assert answers[0].startswith("right") and answers[1].startswith("left")


def test_the_same_seed_learns_the_same_however_the_epochs_are_asked_for(keras_engine, spots, fits):
    """Stopped and gone on with, in a process that knows nothing of it: the same weights."""
    from dataclasses import replace

    clips, words = spots
    settings = replace(SMALL, form="flat")

    def forget(_):
        keras_engine.ask("recurrent_states", *other(fits["cnn"], clips[0]), lambda *_: None)

    again = vv.fit_recurrent(clips, words, settings, watch=forget, keras=keras_engine)
    np.testing.assert_allclose(again.weights, fits["flat"].weights, atol=1e-6)
    np.testing.assert_allclose(again.history, fits["flat"].history, atol=1e-5)


def other(fit, clip):
    """A request that puts another network in the place of the one that was built last."""
    data, real = stacked([clip])
    shape = (1, len(clip.data), *fit.form.state)
    arrays = {"clips": data, "real": real.astype(np.uint8), "weights": fit.weights}
    outputs = {"states": (shape, "<f4"), "said": ((1, len(clip.data), fit.numbers), "<f4")}
    return {"plan": fit.plan}, arrays, outputs


class StandIn:
    """Answers as the Keras process does, with one more in every weight after each epoch."""

    versions: dict[str, str] = {}

    def ask(self, request, values, arrays, outputs, progress, news, stop):
        progress(0.0, request)
        first, last = values["epochs"]
        made = {name: arrays[name] + (last - first) for name in ("weights", "moments")}
        made["history"] = np.zeros(outputs["history"][0], np.float32)
        steps = values["steps"] + 3 * (last - first)
        return Answer({"seconds": 1.0, "steps": steps, "epochs": last - first}, made)


def test_who_stops_keeps_what_was_learned(spots, monkeypatch):
    monkeypatch.setattr(recurrent, "NEWS", 1e9)  # however slow this computer is
    clips, words = spots
    kept = []
    settings = RecurrentSettings(form="flat", epochs=50_000)
    fit = vv.fit_recurrent(
        clips, words, settings, watch=kept.append, stop=lambda: len(kept) == 3, keras=StandIn()
    )
    # few epochs at first, then as many as the time between two news holds
    assert [one.epochs for one in kept] == [1, 5, 21]
    assert fit is kept[-1] and (fit.weights == 21).all() and len(fit.history) == 21
    with pytest.raises(Cancelled):  # before there is anything to keep
        vv.fit_recurrent(clips, words, settings, stop=lambda: True, keras=StandIn())


def test_the_process_ends_a_fitting_after_the_running_batch(keras_engine, spots):
    clips, words = spots
    asked = []
    settings = RecurrentSettings(form="flat", units=3, epochs=100_000, batch_size=2)
    fit = vv.fit_recurrent(
        clips, words, settings, watch=asked.append, stop=lambda: bool(asked), keras=keras_engine
    )
    assert 1 <= fit.epochs < 100_000 and np.isfinite(fit.weights).all()


def test_who_stops_in_the_middle_of_an_epoch_keeps_what_was_told_last(spots):
    enough = threading.Event()

    class Ended(StandIn):
        """Tells of a running epoch, then is ended, the second time it is asked."""

        def ask(self, request, values, arrays, outputs, progress, news, stop):
            answer = super().ask(request, values, arrays, outputs, progress, news, stop)
            if not values["epochs"][0]:
                return answer
            told = {"weights": arrays["weights"] + 0.5, "rows": np.full((1, 4), 7, np.float32)}
            news(Answer({}, told))
            enough.set()
            raise Overdue

    clips, words = spots
    settings = RecurrentSettings(form="flat", epochs=9)
    fit = vv.fit_recurrent(clips, words, settings, stop=enough.is_set, keras=Ended())
    assert fit.epochs == 2 and (fit.weights == 1.5).all() and (fit.history[-1] == 7).all()


def test_numbers_are_targets_too(keras_engine):
    clips = [moving(1, seed) for seed in range(8)]
    level = [[float(clip.data.mean()) - 105.0, 1.0] for clip in clips]
    settings = RecurrentSettings(form="flat", units=4, epochs=2)
    fit = vv.fit_recurrent(clips, level, settings, keras=keras_engine)
    assert fit.classes == () and fit.numbers == 2
    assert np.isnan(fit.history[:, 1]).all() and np.isfinite(fit.history[:, 0]).all()
    (hidden,) = vv.hidden_states(fit, clips[:1], keras=keras_engine)
    assert hidden.said.shape == (6, 2)


# -- what goes in -----------------------------------------------------------------------------


def test_targets_are_classes_or_numbers_and_wrong_ones_are_one_sentence():
    assert targets_of(["b", "a", "b"], 3).classes == ("b", "a")
    assert targets_of([3, 1, 3], 3).values.tolist() == [0, 1, 0]
    assert targets_of([0.5, 1, 2], 3).values.shape == (3, 1)
    for targets, words in (
        (["a", "b"], "3 clips need as many targets, not 2"),
        (["a", "a", "a"], "at least two"),
        ([0.5, float("nan"), 1], "finite"),
        (["a", 0.5, None], "words, or numbers"),
    ):
        with pytest.raises(ValueError, match=words):
            targets_of(targets, 3)


def test_each_class_keeps_clips_to_learn_from():
    targets = targets_of(["a"] * 8 + ["b"] * 2, 10)
    learned, held = split(targets, 0.5, seed=1)
    assert sorted([*learned, *held]) == list(range(10))
    assert sum(held < 8) == 4 and sum(held >= 8) == 1
    assert split(targets, 0.9, seed=1)[0].size >= 2
    assert split(targets, 0.0, seed=1)[1].size == 0


def test_rescaling_heeds_real_frames_alone():
    data = np.random.default_rng(0).normal(7, 3, (4, 5, 6, 6, 1)).astype(np.float32)
    real = np.ones((4, 5), bool)
    real[:, 3:] = False
    data[:, 3:] = 1e6
    scale, offset = rescaling(data, real)
    values = data[real] * scale + offset
    assert abs(values.mean()) < 1e-4 and abs(values.std() - 1) < 1e-4
    assert rescaling(np.full_like(data, 3.0), real)[0] == 1.0
    with pytest.raises(ValueError, match="not finite"):
        rescaling(data * np.float32(np.nan), real)


def test_what_does_not_go_together_is_refused_before_keras_is_asked(fits, keras_engine):
    clips = [moving(1, 0), moving(-1, 1, (6, 8, 9))]
    with pytest.raises(ValueError, match=r"-1 1 is \(6, 8, 9, 1\), but 1 0 is \(6, 8, 10, 1\)"):
        vv.fit_recurrent(clips, ["a", "b"], keras=keras_engine)
    with pytest.raises(ValueError, match=r"cannot be built.*kernel of 9 does not fit"):
        settings = RecurrentSettings(form="cnn", kernel=9)
        vv.fit_recurrent([moving(1, 0)] * 2, ["a", "b"], settings, keras=keras_engine)
    with pytest.raises(ValueError, match=r"fitted to clips of \(6, 8, 10, 1\), this one"):
        vv.hidden_states(fits["flat"], clips[1:], keras=keras_engine)
    with pytest.raises(ValueError, match="no clips"):
        vv.fit_recurrent([], [], keras=keras_engine)
