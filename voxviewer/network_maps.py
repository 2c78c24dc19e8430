"""Feature maps that no bank of filters made: a network's layers, recurrent states, heat."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from voxviewer.data import FeatureMaps, Network, frozen
from voxviewer.settings import ConvolutionSettings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from voxviewer.data import Clip, Float32
    from voxviewer.networks.heat import Heat
    from voxviewer.networks.passage import Placed
    from voxviewer.networks.recurrent_nouns import HiddenStates


def recurrent_maps(hidden: HiddenStates) -> FeatureMaps:
    """Return the states of a ConvLSTM2D as feature maps, one a filter, moving with the clip.

    Raises
    ------
    ValueError
        where the network is another one: the state of an LSTM has no places

    Example
    -------
    >>> (hidden,) = vv.hidden_states(fit, [clip])
    >>> vv.save_gif(vv.recurrent_maps(hidden), "states.gif")
    """
    from voxviewer.networks.recurrent import state_places

    at = state_places(hidden)
    part = hidden.fit.form.parts[0]
    network = Network("", part.name, part.class_name)
    made_with = dict(hidden.fit.made_with)
    return network_maps(hidden.states, hidden.clip, at, network, hidden.seconds, made_with)


def heat_maps(heat: Heat) -> FeatureMaps:
    """Return heat as one map on the clip's own grid, to be laid over it, exported or saved.

    Example
    -------
    >>> heat = vv.grad_cam(clip, "net.keras")
    >>> vv.save_gif(vv.heat_maps(heat), "heat.gif")
    """
    from voxviewer.networks.passage import Placed

    at = Placed((0, 1, 2, 3), (*heat.data.shape, 1), (1, 1, 1), (1, 1, 1), (0, 0, 0))
    network = Network(heat.model, heat.layer, f"{heat.method}, class {heat.target}")
    made_with = {**heat.made_with, "how": heat.words}
    return network_maps(heat.data[..., None], heat.clip, at, network, heat.seconds, made_with)


def network_maps(
    data: Float32,
    clip: Clip,
    at: Placed,
    network: Network,
    seconds: float,
    made_with: Mapping[str, Any],
) -> FeatureMaps:
    """Return maps that no bank made.

    Parameters
    ----------
    data : (T', H', W', F) float32
    clip, at : what they were made of, and where they lie in it
    network, seconds, made_with : by which network, and how
    """
    from voxviewer.convolution.measures import measure

    limits, energy, sparsity = measure(data)
    return FeatureMaps(
        data=frozen(data),
        clip=clip,
        bank=None,
        settings=ConvolutionSettings(engine="keras"),
        engine="keras",
        seconds=seconds,
        receptive_field=at.receptive_field,
        stride=at.stride,
        offset=at.offset,
        limits=frozen(limits),
        energy=frozen(energy),
        sparsity=frozen(sparsity),
        network=network,
        made_with=made_with,
    )
