"""Which axis plays which role: what becomes T, which plane stays, which time is taken.

A pure decision from shapes and settings. Settings foreign to a source are ignored: a picture and a
film (D = 1) have one axis that can be time, a scan (T = 1) has no `time_index`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from voxviewer.encoding.pseudo_depth import TRANSFORM_SETTINGS

if TYPE_CHECKING:
    from voxviewer.settings import EncodingSettings

VolumeShape = tuple[int, int, int, int, int]

SWEEPS: dict[str, tuple[int, int, int]] = {
    "depth": (0, 1, 2), "height": (1, 2, 0), "width": (2, 1, 0),
}  # fmt: skip
"""Which of (D, H, W) become T, rows and columns: what `np.moveaxis(array, axis, 0)` leaves of the
stored (H, W, D)."""

AXES = "TDHWC"
"""Axes of a volume, in the order of its voxels and of `EncodingSettings.roles`."""

OVERRULED = ("time_axis", "depth", "time_index")
"""Settings that say less than roles do, and nothing beside them."""

WHOLE = ("mean", "channels")
"""Values of `depth` that need every plane."""


@dataclass(frozen=True)
class Roles:
    """Roles of a volume's axes.

    Attributes
    ----------
    kind : "still" (a picture, repeated), "time" (real time, never blended), "sweep" (an axis of
        space becomes time and is resampled)
    size : frames, rows and columns before any resampling
    axes : which of (D, H, W) become T, rows and columns; of a sweep
    time : the time that is taken; of a sweep
    plane : the index of the plane that stays, "mean" or "channels"; of real time and stills
    """

    kind: str
    size: tuple[int, int, int]
    axes: tuple[int, int, int] = (0, 1, 2)
    time: int = 0
    plane: int | str = 0


def volume_roles(shape: VolumeShape, settings: EncodingSettings) -> Roles:
    """Decide the roles of a volume's axes.

    Raises
    ------
    ValueError
        where `depth` or `time_index` names a plane or a time that is not there
    """
    shape, settings = plain_roles(shape, settings)
    T, D, H, W, _ = shape
    kind = volume_kind(shape, settings)
    if kind != "sweep":
        return Roles(kind, (T, H, W), plane=_plane(settings.depth, D) if D > 1 else 0)
    time = settings.time_index if T > 1 else 0
    if time >= T:
        raise ValueError(f"time_index {time} is not there: the series has times 0 to {T - 1}")
    axes = SWEEPS["depth" if settings.time_axis == "auto" else settings.time_axis]
    size = (D, H, W)
    return Roles("sweep", (size[axes[0]], size[axes[1]], size[axes[2]]), axes, time)


def plain_roles(
    shape: VolumeShape, settings: EncodingSettings
) -> tuple[VolumeShape, EncodingSettings]:
    """The volume as its roles arrange it, and settings without them; both as they are without.

    Raises
    ------
    ValueError
        where an axis is fixed at what is not there
    """
    if settings.roles is None:
        return shape, settings
    for letter, length, role in zip(AXES, shape, settings.roles, strict=True):
        if isinstance(role, int) and role >= length:
            raise ValueError(
                f"roles fix {letter} at {role}, which is not there: it has 0 to {length - 1}"
            )
    return arranged_shape(shape, settings.roles), without_roles(settings)


def without_roles(settings: EncodingSettings) -> EncodingSettings:
    """The settings for a volume whose axes are where they belong already."""
    return replace(settings, roles=None, time_axis="auto", depth="middle", time_index=0)


def arranged_shape(shape: VolumeShape, roles: tuple[str | int, ...]) -> VolumeShape:
    """(T, D, H, W, C) of a volume whose axes have found their roles.

    Real time stays T, and is picked; any other axis that becomes time is D, and is swept. Without
    a time it is a picture.
    """
    T, D, H, W, C = (1 if axis is None else shape[axis] for axis in arranged_axes(roles))
    return T, D, H, W, C


def arranged_axes(roles: tuple[str | int, ...]) -> tuple[int | None, ...]:
    """Which axis of the volume each axis of the arranged one is; None where it has one entry."""
    time, height, width, channel = (
        roles.index(role) if role in roles else None
        for role in ("time", "height", "width", "channel")
    )
    real, swept = (time, None) if time == 0 else (None, time)
    return real, swept, height, width, channel


def volume_kind(shape: VolumeShape, settings: EncodingSettings) -> str:
    """The `Roles.kind`: "still", "time" or "sweep"; never raises."""
    if settings.roles is not None:
        shape, settings = arranged_shape(shape, settings.roles), without_roles(settings)
    T, D = shape[:2]
    if D == 1:
        return "still" if T == 1 else "time"
    return "time" if T > 1 and settings.time_axis == "auto" else "sweep"


def _plane(depth: str | int, D: int) -> int | str:
    """The index of the plane that stays, or "mean" or "channels"."""
    if depth == "middle":
        return D // 2
    if isinstance(depth, int) and depth >= D:
        raise ValueError(f"depth {depth} is not there: the volume has planes 0 to {D - 1}")
    return depth


def volume_relevant(shape: VolumeShape, settings: EncodingSettings) -> frozenset[str]:
    """Names of the settings that can change the clip of such a volume."""
    kind = volume_kind(shape, settings)
    given = settings.roles is not None
    if settings.roles is not None:
        shape = arranged_shape(shape, settings.roles)
    T, D, _, _, C = shape
    names = {"frames", "height", "width", "spacing", "order", "grid", "normalize", "roles"}
    for name, matters in (
        ("aspect", (settings.height is None) != (settings.width is None)),
        ("antialias", settings.order > 0),
        ("clip_overshoot", settings.order > 1),
        ("time_axis", D > 1 and not given),
        ("depth", kind == "time" and D > 1 and not given),
        ("time_index", kind == "sweep" and T > 1 and not given),
        ("window", settings.normalize == "window"),
        ("channels", C in (1, 3, 4)),
        ("length", kind == "time"),
        ("pseudo_depth", kind == "still"),
    ):
        if matters:
            names.add(name)
    if kind == "time":
        names |= time_relevant(settings)
    if kind == "still" and settings.pseudo_depth == "transforms":
        names |= set(TRANSFORM_SETTINGS)
    return frozenset(names | value_relevant(settings))


def time_relevant(settings: EncodingSettings) -> set[str]:
    """Names of the settings that belong to the chosen length, and to the order of real time."""
    own = {"random": {"seed"}, "window": {"start"}}.get(settings.length, set())
    return own | {"frame_order"} | ({"pad_side"} if settings.length.startswith("pad-") else set())


def value_relevant(settings: EncodingSettings) -> set[str]:
    """Names of the settings that belong to the chosen `normalize`."""
    if settings.normalize in ("none", "window"):
        return set()
    return {"statistics"} | ({"percentiles"} if settings.normalize == "percentile" else set())


SKELETON_RELEVANT = frozenset(
    {
        "frames", "height", "width", "sigma", "sigma_unit", "cutoff", "combine", "confidence_peak",
        "root_center", "center", "plane", "fit", "length", "normalize", "repairs",
    }
)  # fmt: skip


def skeleton_relevant(settings: EncodingSettings, persons: int) -> frozenset[str]:
    """Names of the settings that can change the clip of a skeleton of so many persons."""
    names = time_relevant(settings) | value_relevant(settings)
    for name, matters in (
        ("window", settings.normalize == "window"),
        ("persons", persons > 1),
        ("aspect", (settings.height is None) != (settings.width is None)),
        ("azimuth", settings.plane == "turntable"),
        ("elevation", settings.plane == "turntable"),
    ):
        if matters:
            names.add(name)
    return SKELETON_RELEVANT | names
