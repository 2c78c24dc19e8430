"""The street walked once, without state: files and choices in, arrays and files out.

What the command line, scripts, batch runs and most tests call, and what the pipeline calls step by
step while a person keeps changing things. No Qt, no session.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from voxviewer.data import no_progress
from voxviewer.networks.client import keras_engine
from voxviewer.settings import ConvolutionSettings, FilterSettings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from voxviewer.data import Clip, Comparison, FeatureMaps, FilterBank, Progress
    from voxviewer.networks.client import KerasEngine
    from voxviewer.settings import EncodingSettings, Opening


def make_bank(settings: FilterSettings, channels: int) -> FilterBank:
    """Return the chosen filters: random ones and presets for a clip's channels, others their own.

    Those of a model and edited ones keep their channels, unless `settings.adapt` says how they
    shall meet the clip's.

    Parameters
    ----------
    channels : C of the clip; 0 where it is not known, which adapts nothing

    Raises
    ------
    ValueError
        where a model is wanted and no file or layer is named, where a preset does not fit its
        kernel, or filters cannot be adapted as chosen
    SourceError
        where the model file cannot be read
    """
    if settings.source in ("random", "preset"):
        from voxviewer.convolution.filters import bank_for

        return bank_for(settings, channels)
    bank = _own_bank(settings)
    if settings.adapt is None or channels == 0:
        return bank
    from voxviewer.convolution.channels import adapted

    return adapted(bank, channels, settings.adapt)


def _own_bank(settings: FilterSettings) -> FilterBank:
    """The filters of a model's layer or edited ones, with the channels that they have."""
    if settings.source == "edited":
        from voxviewer.convolution.filters import bank_for

        return bank_for(settings, 1)
    if settings.model is None:
        raise ValueError("No model file is chosen. Choose a .keras or .h5 file.")
    if settings.layer is None:
        raise ValueError("No layer is chosen. Choose a Conv3D layer of the model.")
    from voxviewer.networks.model_files import read_bank

    return read_bank(settings.model, settings.layer)[0]


def model_filters(model: str, layer: str) -> FilterBank:
    """Return the filters of a Conv3D layer of a `.keras` or `.h5` file.

    Read with h5py and JSON alone: no TensorFlow is needed and nothing in the file is executed.

    Parameters
    ----------
    model, layer : path of the file, and the layer's name in it

    Returns
    -------
    FilterBank
        kernels (kT, kH, kW, C, F), bias and activation as the layer has them; `model_settings`
        says how the layer runs them

    Raises
    ------
    SourceError
        where the file or the layer cannot be read
    """
    return make_bank(FilterSettings(source="model", model=model, layer=layer), 0)


def model_settings(model: str, layer: str) -> ConvolutionSettings:
    """Return how a Conv3D layer runs its filters: its padding, strides and dilation.

    Parameters, and what is raised, are those of `model_filters`. Together they make the layer:

    >>> maps = convolve(clip, model_filters(path, "conv1"), model_settings(path, "conv1"))
    """
    from voxviewer.networks.model_files import read_bank

    return read_bank(model, layer)[1]


def convolve(
    clip: Clip,
    bank: FilterBank,
    settings: ConvolutionSettings | None = None,
    *,
    progress: Progress = no_progress,
    allow_large: bool = False,
    keras: KerasEngine | None = None,
) -> FeatureMaps:
    """Run a bank of filters over a clip.

    Parameters
    ----------
    clip : (T, H, W, C) float32
    bank : (kT, kH, kW, C, F) float32, of the same C
    settings : engine, padding, strides, dilation, mode; the handwritten engine by default. "both"
        runs Keras too and warns where the two differ; `compare` returns both results.
    progress : called with (share done, words); may raise to stop
    allow_large : go on where more than half of the free memory is needed
    keras : the Keras process to use; this program's own by default

    Returns
    -------
    FeatureMaps
        (T', H', W', F) float32; shape by padding and strides as Keras has them

    Raises
    ------
    ValueError
        where channels differ, the kernel does not fit, or Keras cannot do it
    TooLargeError
        where it does not fit in memory

    Example
    -------
    >>> maps = vv.convolve(clip, vv.random_filters(count=8, seed=7))
    >>> maps.data.shape
    (16, 64, 64, 8)
    """
    settings = settings or ConvolutionSettings()
    if settings.engine == "both":
        return _checked(compare(clip, bank, settings, progress=progress, allow_large=allow_large))
    if settings.engine == "keras":
        return _by_keras(clip, bank, settings, progress, allow_large, keras)
    from voxviewer.convolution.engine import run

    return run(clip, bank, settings, progress=progress, allow_large=allow_large)


def run_model(
    clip: Clip,
    model: str,
    layer: str,
    *,
    resize: bool = False,
    masked: bool = False,
    progress: Progress = no_progress,
    allow_large: bool = False,
    keras: KerasEngine | None = None,
) -> FeatureMaps:
    """Run a clip through a model of Keras up to one of its layers.

    The file is looked at before Keras sees it, and Keras runs in a process of its own: a `Lambda`
    or a class of somebody's own is refused, never executed.

    Parameters
    ----------
    clip : (T, H, W, C) float32
    model, layer : path of a `.keras` or `.h5` file, and the layer's name in it ("encoder/conv3d_1"
        for one in a model inside it)
    resize : resample a clip of another size to the model's fixed one, linearly; the maps' own
        `clip` is then the resampled one
    masked : tell recurrent layers which frames are padded (`clip.real`): they leave their state as
        it is there, as `layer(x, mask=...)` in Keras
    progress : called with (share done, words); may raise to stop
    allow_large : go on where more than half of the free memory is needed
    keras : the Keras process to use; this program's own by default

    Returns
    -------
    FeatureMaps
        (T', H', W', F) float32 with `bank` None and `network` set. Map voxel u is centered on clip
        position `offset + u * stride`; where a layer mixes all places of an axis (Flatten, global
        pooling) there is one window, as long as the clip, and `network.note` says so.

    Raises
    ------
    SourceError
        where the file must not or cannot be run, or the clip is not of the size it takes; the
        sentence says what to do
    ValueError
        where Keras refuses the model

    Example
    -------
    >>> maps = vv.run_model(clip, "net.keras", "conv3d_2")
    """
    from voxviewer.data import Network
    from voxviewer.network_maps import network_maps

    if resize:
        clip = _fitting(clip, model)
    engine = keras or keras_engine()
    run = engine.run_network(
        clip, model, layer, masked=masked, progress=progress, allow_large=allow_large
    )
    network = Network(run.way.path, run.way.layer, run.way.class_name, run.at.note)
    return network_maps(run.maps, clip, run.at, network, run.seconds, run.made_with)


def compare(
    clip: Clip,
    bank: FilterBank,
    settings: ConvolutionSettings | None = None,
    *,
    progress: Progress = no_progress,
    allow_large: bool = False,
    keras: KerasEngine | None = None,
    ours: FeatureMaps | None = None,
) -> Comparison:
    """Run both engines and say how far they differ, and by float64 samples which one errs.

    Both are timed alike: the least of three calls where they are short, the first not counted.
    Parameters as in `convolve`; `ours` are the handwritten maps where they are there already.
    """
    from voxviewer.convolution import proof
    from voxviewer.convolution.engine import run, timed_again

    settings = settings or ConvolutionSettings()
    if ours is None:
        chosen = replace(settings, engine="handwritten")
        ours = run(clip, bank, chosen, progress=progress, allow_large=allow_large)
    chosen = replace(settings, engine="keras")
    theirs = _by_keras(clip, bank, chosen, progress, allow_large, keras)
    return proof.compare(timed_again(ours), theirs, progress=progress)


def through(
    clip: Clip,
    filters: FilterSettings,
    *,
    progress: Progress = no_progress,
    allow_large: bool = False,
    keras: KerasEngine | None = None,
) -> FeatureMaps:
    """Run a clip as `run_model` does, up to the layer that was chosen."""
    if filters.model is None or filters.layer is None:
        raise ValueError("No model file or no layer is chosen. Choose both.")
    return run_model(
        clip,
        filters.model,
        filters.layer,
        masked=filters.masked,
        progress=progress,
        allow_large=allow_large,
        keras=keras,
    )


def _fitting(clip: Clip, model: str) -> Clip:
    """The clip, resampled to a model's fixed input where it is of another size."""
    from voxviewer.encoding.clip_resampling import resampled_clip
    from voxviewer.networks.passage import fitting_shape

    T, H, W = fitting_shape(model, clip.data.shape)[:3]
    return resampled_clip(clip, (T, H, W), "for the model")


def _by_keras(
    clip: Clip,
    bank: FilterBank,
    settings: ConvolutionSettings,
    progress: Progress,
    allow_large: bool,
    keras: KerasEngine | None,
) -> FeatureMaps:
    from voxviewer.convolution.engine import finish

    engine = keras or keras_engine()
    data, seconds = engine.convolve(
        clip, bank, settings, progress=progress, allow_large=allow_large
    )
    maps = finish(data, clip, bank, settings, "keras", seconds)
    return replace(maps, made_with={**engine.versions, "seed": None})


def _checked(comparison: Comparison) -> FeatureMaps:
    if not comparison.agree:
        warnings.warn(
            f"The engines differ by {comparison.max_difference:.1e} at y{list(comparison.place)}; "
            f"by float64 samples the one that errs: {comparison.errs}.",
            RuntimeWarning,
            stacklevel=3,
        )
    return comparison.handwritten


@dataclass(frozen=True, eq=False)
class Walk:
    """One walk down the street: the clip, the maps, and both engines' results where asked for."""

    clip: Clip
    features: FeatureMaps
    comparison: Comparison | None = None


def encode_file(
    opening: Opening,
    settings: EncodingSettings,
    *,
    allow_large: bool = False,
    progress: Progress = no_progress,
) -> Clip:
    """Open one file and encode it."""
    from voxviewer.encoding import encode
    from voxviewer.sources import same_opening

    source = same_opening(opening, allow_large=allow_large, progress=progress)
    return encode(source, settings, progress=progress, allow_large=allow_large)


def walk(
    opening: Opening,
    encoding: EncodingSettings,
    filters: FilterSettings,
    convolution: ConvolutionSettings,
    *,
    allow_large: bool = False,
    progress: Progress = no_progress,
) -> Walk:
    """Walk from a file to its feature maps, by one engine or both."""
    clip = encode_file(opening, encoding, allow_large=allow_large, progress=progress)
    if filters.whole:
        maps = through(clip, filters, progress=progress, allow_large=allow_large)
        return Walk(maps.clip, maps)
    bank = make_bank(filters, clip.data.shape[-1])
    if convolution.engine != "both":
        maps = convolve(clip, bank, convolution, progress=progress, allow_large=allow_large)
        return Walk(clip, maps)
    comparison = compare(clip, bank, convolution, progress=progress, allow_large=allow_large)
    return Walk(clip, comparison.handwritten, comparison)


def with_common_statistics(
    openings: Sequence[Opening], settings: EncodingSettings, *, allow_large: bool = False
) -> EncodingSettings:
    """Put numbers in the place of `statistics="sources"`: those of all these files together.

    Files are opened one after the other; settings that ask for nothing of the kind come back as
    they are, and nothing is read.
    """
    if settings.statistics != "sources" or settings.normalize == "none":
        return settings
    from voxviewer.encoding import with_shared_statistics
    from voxviewer.sources import same_opening

    sources = (same_opening(opening, allow_large=allow_large) for opening in openings)
    return with_shared_statistics(sources, settings, allow_large=allow_large)


def batch_files(
    openings: Sequence[Opening],
    settings: EncodingSettings,
    *,
    allow_large: bool = False,
    progress: Progress = no_progress,
) -> list[Clip]:
    """Encode several files alike, in the order given."""
    clips = []
    settings = with_common_statistics(openings, settings, allow_large=allow_large)
    for number, opening in enumerate(openings):
        progress(number / len(openings), opening.path)
        clips.append(encode_file(opening, settings, allow_large=allow_large))
    return clips
