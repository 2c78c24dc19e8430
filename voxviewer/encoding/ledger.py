"""The shape ledger: each step from the file to the tensor, with the line of Python that does it.

The lines run one after the other with `import numpy as np` and `import voxviewer as vv`. A step in
the middle that makes values is the encoding that stops there, so that every line stays one line.
"""

from __future__ import annotations

import math
from dataclasses import fields, replace
from typing import TYPE_CHECKING

import numpy as np

from voxviewer.data import Clip, Skeleton, Source, Step, Volume
from voxviewer.encoding.arranging import arranged, arranging_line, arranging_words
from voxviewer.encoding.colors import channel_names
from voxviewer.encoding.lengths import Picked, Timeline, length_text
from voxviewer.encoding.mending import repair_words
from voxviewer.encoding.normalization import title

if TYPE_CHECKING:
    from voxviewer.encoding.roles import Roles
    from voxviewer.settings import EncodingSettings, Opening

ORDERS = {0: "nearest", 1: "linear", 3: "cubic"}

SWEEP_CODE = {
    "depth": "x = source.voxels[{time}]",
    "height": "x = np.moveaxis(source.voxels[{time}], 0, 2)",
    "width": "x = np.swapaxes(source.voxels[{time}], 0, 2)",
}

SWEEP_NOTES = {
    "depth": "  # np.moveaxis(array, 2, 0) of the stored (H, W, D)",
    "height": "  # the stored (H, W, D): H is in front",
    "width": "  # np.moveaxis(array, 1, 0)",
}
"""What the lines are to the array of a file that stores (H, W, D)."""

ClipShape = tuple[int, int, int, int]


def encode_line(settings: EncodingSettings, relevant: frozenset[str]) -> str:
    """The call that makes the clip, with the settings that matter and are not the defaults."""
    chosen = [
        f"{item.name}={getattr(settings, item.name)!r}"
        for item in fields(settings)
        if item.name in relevant and getattr(settings, item.name) != item.default
    ]
    options = f", vv.EncodingSettings({', '.join(chosen)})" if chosen else ""
    return f"vv.encode(source{options})"


def open_line(opening: Opening) -> str:
    """The call that opens the source as it was opened."""
    options = [
        f"{item.name}={getattr(opening, item.name)!r}"
        for item in fields(opening)
        if item.name != "path" and getattr(opening, item.name) != item.default
    ]
    return f"source = vv.open({', '.join([repr(opening.path), *options])})"


def batch_step(clip: Clip, count: int = 1) -> Step:
    """The step after the clip: `count` views of it as Keras' batch, which take no memory."""
    listed = "[clip]" if count == 1 else f"[clip] * {count}"
    shape = (count, *clip.data.shape)
    changed = (True, False, False, False, False)
    return Step("batch", "NTHWC", shape, "float32", 0, changed, f"batch = vv.batch({listed})")


def _source_step(source: Source, axes: str) -> Step:
    """The file as it lies on disk; the noun's shape and `axes` where the reader named no others."""
    facts = source.facts
    shape, letters = facts.stored_shape, facts.stored_axes
    if len(shape) != len(letters):
        shape, letters = source.shape, axes
    changed = (False,) * len(shape)
    code = open_line(source.opening)
    return Step("", letters, shape, facts.stored_dtype, facts.nbytes, changed, code)


def _next(
    previous: Step, operation: str, axes: str, shape: tuple[int, ...], dtype: str, code: str,
    *, view: bool = False, moved: str = "",
) -> Step:  # fmt: skip
    """The next step. An axis changed where its letter is new, its size is, or it was `moved`."""
    sizes = dict(zip(previous.axes, previous.shape, strict=True))
    changed = tuple(
        sizes.get(axis) != size or axis in moved for axis, size in zip(axes, shape, strict=True)
    )
    nbytes = 0 if view else math.prod(shape) * np.dtype(dtype).itemsize
    return Step(operation, axes, shape, dtype, nbytes, changed, code)


def volume_steps(
    stored: Volume, chosen: EncodingSettings, roles: Roles, shape: ClipShape, picked: Picked,
    relevant: frozenset[str], line: Timeline | None,
) -> tuple[tuple[Step, ...], int]:  # fmt: skip
    """Steps from a volume's file to its clip, and which of them makes the values."""
    steps = [_source_step(stored, "TDHWC")]
    source, settings = arranged(stored, chosen)
    if chosen.roles is not None:
        steps.append(_roles_step(steps[-1], stored, source, chosen.roles, roles))
    elif roles.kind == "sweep":
        steps.append(_sweep_step(steps[-1], source, settings, roles))
    elif source.shape[1] > 1:
        steps.append(_plane_step(steps[-1], source, roles))
    text, made = "", shape[0]
    if roles.kind == "still":
        text, made = _still_text(settings, shape[0]), 1
    elif line is not None:
        moved = chosen.roles is not None
        text, made = _time_steps(steps, source, chosen, picked, line, moved=moved)
    resized = (shape[0] if roles.kind == "sweep" else roles.size[0], *shape[1:3]) != roles.size
    words = _value_words(source, settings, resized, relevant)
    stop = replace(chosen, frames=None, length="sample")
    if roles.kind == "still":
        stop = replace(chosen, frames=1, pseudo_depth="replicate")
    return _finish(steps, words, (made, *shape[1:]), shape, text, chosen, stop, relevant)


def _still_text(settings: EncodingSettings, wanted: int) -> str:
    """How a picture becomes several frames; "" where it stays one as it is."""
    if settings.pseudo_depth == "transforms":
        return f"transforms, {wanted} frames, seed {settings.seed}"
    return f"replicate, {wanted} frames" if wanted > 1 else ""


def _time_steps(
    steps: list[Step], source: Source, settings: EncodingSettings, picked: Picked, line: Timeline,
    *, moved: bool = False,
) -> tuple[str, int]:  # fmt: skip
    """Add what is done to frames before their values are made; `moved` where roles made x already.

    Returns what is done after that, "pad 4 after" or "", and how many frames there are until then.
    """
    count = len(line.frames)
    moved = moved or (not isinstance(source, Skeleton) and source.shape[1] > 1)
    whole = "source.joints" if isinstance(source, Skeleton) else "source.voxels[:, 0]"
    whole = "x" if moved else whole
    if line.words:
        names = ("clip_rate", "frame_order", "roles")
        only = replace(type(settings)(), **{name: getattr(settings, name) for name in names})
        chosen = _picked_code(only, frozenset(names))
        code = f"{whole}[{chosen}]"
        steps.append(_frames_step(steps[-1], source, line.words, count, code, moved=moved))
        whole = "x"
    text = length_text(count, picked)
    if not text or not picked.real.all():
        return text, count
    code = f"{whole}[{_pick_index(picked, settings, count)}]"
    view = settings.length not in ("sample", "random")
    wanted = len(picked.frames)
    steps.append(_frames_step(steps[-1], source, text, wanted, code, view=view, moved=moved))
    return "", wanted


def _picked_code(settings: EncodingSettings, relevant: frozenset[str]) -> str:
    """The call that says which source frames a clip shows."""
    return encode_line(settings, relevant).replace("vv.encode(", "vv.picked_frames(", 1)


def _finish(
    steps: list[Step], words: str, full: ClipShape, shape: ClipShape, text: str,
    settings: EncodingSettings, stop: EncodingSettings, relevant: frozenset[str],
) -> tuple[tuple[Step, ...], int]:  # fmt: skip
    """Add the step that makes the values, `full`; and the clip's, where frames are added to it."""
    line = encode_line(settings, relevant)
    if not text:
        steps.append(_next(steps[-1], words, "THWC", shape, "float32", f"clip = {line}"))
        return tuple(steps), len(steps) - 1
    before = f"x = {encode_line(stop, relevant)}.data"
    steps.append(_next(steps[-1], words, "THWC", full, "float32", before))
    steps.append(_next(steps[-1], text, "THWC", shape, "float32", f"clip = {line}"))
    return tuple(steps), len(steps) - 2


def _roles_step(
    previous: Step, stored: Volume, made: Volume, given: tuple[str | int, ...], roles: Roles
) -> Step:
    """Axes in the roles that a person gave them."""
    T, D, H, W, C = made.shape
    shape = (max(T, D), H, W, C)
    code, words = arranging_line(given), arranging_words(stored.shape, given)
    view = "mean" not in given
    return _next(
        previous, words, "THWC", shape, str(made.voxels.dtype), code, view=view, moved="THW"
    )


def _sweep_step(previous: Step, source: Volume, settings: EncodingSettings, roles: Roles) -> Step:
    """An axis of space becomes time: moved where it is not in front already, never reshaped."""
    axis = ("depth", "height", "width")[roles.axes[0]]
    stored = "".join(letter for letter in source.facts.stored_axes if letter in "DHW")
    words = "D as time" if axis == "depth" and stored != "HWD" else "moveaxis"
    text = f"time {roles.time}, {words}" if source.shape[0] > 1 else words
    shape = (*roles.size, source.shape[4])
    moved = {"depth": "T", "height": "THW", "width": "TW"}[axis]
    code = SWEEP_CODE[axis].format(time=roles.time) + (SWEEP_NOTES[axis] if stored == "HWD" else "")
    dtype = str(source.voxels.dtype)
    return _next(previous, text, "THWC", shape, dtype, code, view=True, moved=moved)


def _plane_step(previous: Step, source: Volume, roles: Roles) -> Step:
    """Real time is kept: one plane, their mean, or all as channels."""
    T, D, H, W, C = source.shape
    dtype = str(source.voxels.dtype)
    if roles.plane == "mean":
        code = 'x = np.mean(source.voxels[:], axis=1, dtype="float32")'
        return _next(previous, f"mean of {D} slices", "THWC", (T, H, W, C), "float32", code)
    if roles.plane == "channels":
        code = "x = np.concatenate(np.moveaxis(source.voxels[:], 1, 0), axis=-1)"
        return _next(previous, "slices as channels", "THWC", (T, H, W, D * C), dtype, code)
    text, code = f"slice {roles.plane} of {D}", f"x = source.voxels[:, {roles.plane}]"
    return _next(previous, text, "THWC", (T, H, W, C), dtype, code, view=True)


def _frames_step(
    previous: Step,
    source: Source,
    text: str,
    wanted: int,
    code: str,
    *,
    view: bool = False,
    moved: bool = False,
) -> Step:
    """Some frames of real time: the first axis of what the step before made."""
    shape: tuple[int, ...] = previous.shape
    axes, dtype = previous.axes, previous.dtype
    if isinstance(source, Skeleton):
        shape, axes, dtype = source.shape, "TPJ3", "float32"
    elif not moved:
        T, _, H, W, C = source.shape
        shape, axes, dtype = (T, H, W, C), "THWC", str(source.voxels.dtype)
    return _next(previous, text, axes, (wanted, *shape[1:]), dtype, f"x = {code}", view=view)


def _pick_index(picked: Picked, settings: EncodingSettings, count: int) -> str:
    """Which of so many frames are real ones of the clip, in the words of NumPy."""
    wanted = len(picked.frames)
    if settings.length == "sample":
        return f"(2 * np.arange({wanted}) + 1) * {count} // {2 * wanted}"
    if settings.length == "random":
        part = f"np.random.default_rng({settings.seed}).random({wanted})"
        return f"((np.arange({wanted}) + {part}) * {count} / {wanted}).astype(int)"
    first = int(picked.places[0])
    return f"{first}:{first + wanted}"


def _value_words(
    source: Volume, settings: EncodingSettings, resized: bool, relevant: frozenset[str]
) -> str:
    """What makes the values, in a few words: "gray, resize linear"."""
    C = source.shape[4]
    names = channel_names(C, settings.channels)
    words = repair_words(settings.repairs) if "repairs" in relevant else []
    if len(names) < C:
        words.append("gray" if len(names) == 1 else "rgb over black")
    elif len(names) > C:
        words.append("repeat as rgb")
    if resized:
        words.append(f"resize {ORDERS.get(settings.order, f'order {settings.order}')}")
        if settings.clip_overshoot and settings.order > 1:
            words.append("held within range")
    if settings.normalize != "none":
        words.append(title(settings, source.facts.window))
    return ", ".join(words) or ("as it is" if source.voxels.dtype == np.float32 else "to float32")


def skeleton_steps(
    source: Skeleton, settings: EncodingSettings, shape: ClipShape, picked: Picked,
    relevant: frozenset[str], line: Timeline,
) -> tuple[tuple[Step, ...], int]:  # fmt: skip
    """Steps from a recording's file to its clip, and which of them makes the values."""
    _, P, J, _ = source.shape
    steps = [_source_step(source, "TPJ3")]
    text, kept = _time_steps(steps, source, settings, picked, line)
    whole = "x" if len(steps) > 1 else "source.joints"
    centered = ["root centered"] if settings.root_center else []
    if settings.plane != "turntable":  # which no single line of NumPy makes
        plane = source.plane(settings.plane)
        axes = ["xyz".index(letter) for letter in plane]
        flat, code = (kept, P, J, 2), f"x = {whole}[..., {axes}]"
        words = ", ".join([f"plane {plane}", *centered])
        steps.append(_next(steps[-1], words, "TPJ2", flat, "float32", code))
        centered = []
    words = ", ".join([*repair_words(settings.repairs), *centered, _heatmap_words(settings)])
    if settings.normalize != "none":
        words += f", {title(settings, source.facts.window)}"
    stop = replace(settings, frames=None, length="sample")
    return _finish(steps, words, (kept, *shape[1:]), shape, text, settings, stop, relevant)


MERGED = {"joints": "each joint", "limbs": "each limb", "limbs-max": "limbs, max"}


def _heatmap_words(settings: EncodingSettings) -> str:
    """What makes a heatmap's values: "heatmaps, sum, sigma 5"."""
    words = []
    if settings.plane == "turntable":
        words.append(f"turntable {settings.azimuth:g}°, {settings.elevation:g}°")
    words += ["heatmaps", MERGED.get(settings.combine, settings.combine)]
    words.append(f"sigma {settings.sigma:g}{' %' if settings.sigma_unit == 'percent' else ''}")
    if settings.cutoff is not None:
        words.append(f"cut at {settings.cutoff:g} sigma")
    if settings.confidence_peak:
        words.append("scores as peaks")
    return ", ".join(words)
