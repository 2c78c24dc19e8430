"""What will happen, before anything is read: shape, names, frames, ledger and peak bytes of a clip.

`plan` is a pure function of shapes and settings; `encode` executes it. The window asks it on every
change, so it must stay cheap.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from voxviewer.data import Skeleton, Source, Step, Volume
from voxviewer.encoding.arranging import arranged
from voxviewer.encoding.colors import channel_names
from voxviewer.encoding.footprint import mending_bytes, skeleton_bytes, volume_bytes
from voxviewer.encoding.ledger import skeleton_steps, volume_steps
from voxviewer.encoding.lengths import (
    Picked,
    Timeline,
    as_sampled,
    pick_frames,
    pick_slices,
    timeline,
)
from voxviewer.encoding.mending import volume_repairs
from voxviewer.encoding.normalization import require_window
from voxviewer.encoding.pseudo_depth import STILL_FRAMES
from voxviewer.encoding.roles import (
    Roles,
    skeleton_relevant,
    volume_kind,
    volume_relevant,
    volume_roles,
)
from voxviewer.encoding.sizes import skeleton_size, volume_size

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from voxviewer.settings import EncodingSettings


@dataclass(frozen=True, eq=False)
class Plan:
    """How a source becomes a clip.

    Attributes
    ----------
    kind : "sweep" (an axis of space becomes time), "time" (real time), "still", "skeleton"
    shape : (T, H, W, C) of the clip
    channels : a name for each channel
    picked : which source frame (or slice, the nearest) each clip frame is; which are real
    shrink : the largest factor by which a resampled axis shrinks, 1.0 where none does
    smooths : True where it is smoothed first
    relevant : names of the settings that can change this clip; the others are foreign to the source
    steps : the shape ledger, from the source to the clip
    values_step : index of the step that makes the values (the clip's own step, unless padding
        follows)
    nbytes : estimated peak bytes while encoding, beside the source itself
    roles : of a volume's axes; None for skeletons
    line : the frames that the length picks from, of real time and skeletons; else None
    """

    kind: str
    shape: tuple[int, int, int, int]
    channels: tuple[str, ...]
    picked: Picked
    shrink: float
    smooths: bool
    relevant: frozenset[str]
    steps: tuple[Step, ...]
    values_step: int
    nbytes: int
    roles: Roles | None = field(default=None)
    line: Timeline | None = field(default=None)

    @property
    def dropped(self) -> NDArray[np.int64]:
        """Source frames of the timeline that the clip does not show, rising."""
        if self.line is None:
            return np.zeros(0, np.int64)
        return np.setdiff1d(self.line.frames, self.picked.frames)

    @property
    def antialias_text(self) -> str:
        """What anti-aliasing does to this source: "shrinks 4×, smooths"."""
        if self.shrink <= 1:
            return "nothing shrinks"
        return f"shrinks {self.shrink:.3g}×, {'smooths' if self.smooths else 'aliases'}"


def plan(source: Source, settings: EncodingSettings) -> Plan:
    """Plan how a source becomes a clip; reads no voxel.

    Raises
    ------
    ValueError
        where the source is empty, `depth`, `time_index` or `roles` name what is not there, or a
        window is wanted and none is known
    """
    if 0 in source.shape:
        raise ValueError(f"{source.name} is empty: its shape is {source.shape}")
    require_window(settings, source.facts.window)
    if isinstance(source, Skeleton):
        return _skeleton_plan(source, settings)
    return _volume_plan(source, settings)


def estimate(source: Source, settings: EncodingSettings) -> int:
    """Peak bytes that encoding takes, beside the source itself."""
    return plan(source, settings).nbytes


def relevant(source: Source, settings: EncodingSettings) -> frozenset[str]:
    """Names of the settings that can change this source's clip; never raises."""
    names = {"clip_rate"} if source.times is not None else set()
    if isinstance(source, Skeleton):
        return skeleton_relevant(settings, source.shape[1]) | names
    if volume_kind(source.shape, settings) != "time":
        names = set()
    if volume_repairs(source):
        names.add("repairs")
    useful = volume_relevant(source.shape, settings) | names
    return useful if source.spacing is not None else useful - {"spacing"}


def picked_frames(source: Source, settings: EncodingSettings) -> NDArray[np.int64]:
    """Return which source frame (or nearest slice) each clip frame comes from; -1 = none.

    Example
    -------
    >>> picked_frames(video_of_16_frames, vv.EncodingSettings(frames=4))
    array([ 2,  6, 10, 14])
    """
    return plan(source, settings).picked.frames


def _volume_plan(stored: Volume, chosen: EncodingSettings) -> Plan:
    roles = volume_roles(stored.shape, chosen)
    source, settings = arranged(stored, chosen)
    names = volume_channels(source, settings, roles)
    line = timeline(roles.size[0], source.times, settings) if roles.kind == "time" else None
    size = volume_size(source, settings, roles)
    picked = _volume_frames(roles, settings, line, size[0])
    shape = (len(picked.frames), *size[1:], len(names))
    pairs = list(zip(roles.size, shape, strict=False))[0 if roles.kind == "sweep" else 1 :]
    shrink = max(1.0, *(before / after for before, after in pairs))
    useful = relevant(stored, chosen)
    steps, values_step = volume_steps(stored, chosen, roles, shape, picked, useful, line)
    return Plan(
        kind=roles.kind,
        shape=shape,
        channels=names,
        picked=picked,
        shrink=shrink,
        smooths=shrink > 1 and settings.antialias and settings.order > 0,
        relevant=useful,
        steps=steps,
        values_step=values_step,
        nbytes=volume_bytes(source, settings, roles, shape, picked)
        + mending_bytes(stored, chosen, roles),
        roles=roles,
        line=line,
    )


def volume_channels(source: Volume, settings: EncodingSettings, roles: Roles) -> tuple[str, ...]:
    """Names of a volume's channels in the clip; every plane's own where depth becomes channels."""
    names = channel_names(source.shape[4], settings.channels)
    if roles.plane != "channels":
        return names
    planes = range(source.shape[1])
    if len(names) == 1:
        return tuple(f"slice {d}" for d in planes)
    return tuple(f"slice {d} {name}" for d in planes for name in names)


def _volume_frames(
    roles: Roles, settings: EncodingSettings, line: Timeline | None, slices: int
) -> Picked:
    """Which frame, or nearest of slices, each clip frame comes from; a still's are the picture."""
    count = roles.size[0]
    if roles.kind == "still":
        return as_sampled(np.zeros(settings.frames or STILL_FRAMES, np.int64))
    if line is not None:
        return pick_frames(line, settings)
    return pick_slices(count, slices, settings.order, settings.grid)


def _skeleton_plan(source: Skeleton, settings: EncodingSettings) -> Plan:
    T, P, J, _ = source.shape
    line = timeline(T, source.times, settings)
    picked = pick_frames(line, settings)
    H, W = skeleton_size(source, settings)
    names = heatmap_names(source, settings.combine)
    shape = (len(picked.frames), H, W, len(names))
    useful = relevant(source, settings)
    steps, values_step = skeleton_steps(source, settings, shape, picked, useful, line)
    return Plan(
        kind="skeleton",
        shape=shape,
        channels=names,
        picked=picked,
        shrink=1.0,
        smooths=False,
        relevant=useful,
        steps=steps,
        values_step=values_step,
        nbytes=skeleton_bytes((T, P, J), settings, shape, picked),
        line=line,
    )


def heatmap_names(source: Skeleton, combine: str) -> tuple[str, ...]:
    """Names of a heatmap's channels: joints, bones by their ends, or the one of all.

    Raises
    ------
    ValueError
        for limbs of a recording whose bones are not known
    """
    if combine == "joints":
        return joint_names(source)
    if combine in ("sum", "max"):
        return ("heatmap",)
    bones = known_bones(source)
    if not bones:
        raise ValueError(
            f"combine {combine!r} needs bones, which {source.name} does not name: use joints"
        )
    if combine == "limbs-max":
        return ("limbs",)
    names = joint_names(source)
    return tuple(f"{names[first]} - {names[second]}" for first, second in bones)


def known_bones(source: Skeleton) -> tuple[tuple[int, int], ...]:
    """The topology's bones whose both joints the recording has."""
    J = source.shape[2]
    return tuple(pair for pair in source.topology.bones if 0 <= min(pair) and max(pair) < J)


def joint_names(source: Skeleton) -> tuple[str, ...]:
    """The topology's names, or "joint 3" where it has not one for each."""
    J = source.shape[2]
    names = source.topology.names
    return names if len(names) == J else tuple(f"joint {j}" for j in range(J))
