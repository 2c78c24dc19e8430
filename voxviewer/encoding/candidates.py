"""Which orders of axes a file may be meant in: what a person picks from, by the picture.

An array says nothing of its axes, so its reader guessed; a scan or film says, and what is left to
choose is which axis becomes time. Each candidate is told as roles of the volume as it was read, so
that its picture needs no second reading; `axes` opens the file anew, where the letters change.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from voxviewer.encoding.roles import AXES, SWEEPS, volume_roles, without_roles

if TYPE_CHECKING:
    from voxviewer.data import Volume
    from voxviewer.settings import EncodingSettings

Roles = tuple[str | int, ...]

LAYOUTS = {
    2: ("HW", "WH"),
    3: ("HWD", "DHW", "THW", "HWC", "CHW", "HDW"),
    4: ("HWDT", "THWC", "CDHW", "HWDC", "TDHW", "DHWC", "CTHW", "TCHW", "DTHW", "CHWD"),
    5: ("TDHWC", "CTDHW", "TCDHW", "HWDTC", "HWDCT", "CHWDT"),
}
"""Orders that programs write, by number of axes; the guess of a plain array first."""

MOST = 6
FEW_CHANNELS, MANY_CHANNELS = 4, 32


@dataclass(frozen=True)
class Candidate:
    """One way to take a volume.

    Attributes
    ----------
    label : letters of the stored axes, "D H W", or "time: H" where the letters stay
    roles : of the volume's axes T, D, H, W, C as it was read
    axes : letters to open the file with; None where it is opened already as it should be
    words : what becomes of it, in a sentence
    points : how well the shape fits it; to be compared with others of the same volume
    """

    label: str
    roles: Roles
    axes: str | None
    words: str
    points: int = 0


def candidates(volume: Volume, free: bool) -> tuple[Candidate, ...]:
    """Return the likely ways to take a volume, the better ones first; the present one is there.

    Parameters
    ----------
    free : True where the file does not say what its axes are, so that its letters can be chosen
    """
    stored, letters = volume.facts.stored_shape, volume.facts.stored_axes
    if free and len(stored) == len(letters) and set(letters) <= set(AXES):
        return _layouts(volume, stored, letters)
    return _sweeps(volume)


def _layouts(volume: Volume, stored: tuple[int, ...], letters: str) -> tuple[Candidate, ...]:
    """Orders of letters, by how well the shape fits them; equal ones stay as they are listed."""
    known = LAYOUTS.get(len(stored), ())
    orders = known if letters in known else (*known, letters)
    best = sorted(orders, key=lambda order: -_fitness(order, stored))[:MOST]
    if letters not in best:
        best[-1] = letters
    return tuple(
        Candidate(
            " ".join(order),
            _roles_of(order, stored, letters),
            order if order != letters else None,
            _layout_words(order, stored),
            _fitness(order, stored),
        )
        for order in best
    )


def _fitness(order: str, stored: tuple[int, ...]) -> int:
    """How well a shape fits an order: few channels, and pictures larger than what is stacked."""
    sizes = dict(zip(order, stored, strict=True))
    points = 0
    if "C" in sizes:
        few = sizes["C"] <= FEW_CHANNELS
        points += 4 if few else 1 if sizes["C"] <= MANY_CHANNELS else -4
        points -= 3 if sizes["C"] == 1 else 0
    smallest = min(sizes["H"], sizes["W"])
    points += 2 if sizes["H"] == sizes["W"] else 0
    points += 1 if smallest >= max(sizes.get("T", 1), sizes.get("D", 1)) else 0
    return points - (4 if smallest <= FEW_CHANNELS and max(stored) > 16 else 0)


def _roles_of(order: str, stored: tuple[int, ...], letters: str) -> Roles:
    """What an order says of the axes as they were read: those of `letters`."""
    roles: list[str | int] = [0] * 5
    time = "T" if "T" in order else "D"
    meaning = {"H": "height", "W": "width", "C": "channel", time: "time"}
    for read, letter, length in zip(letters, order, stored, strict=True):
        # Of what is neither shown nor time the middle stays, as without roles.
        roles[AXES.index(read)] = meaning.get(letter, length // 2)
    return tuple(roles)


def _layout_words(order: str, stored: tuple[int, ...]) -> str:
    names = {"T": "times", "D": "slices", "H": "rows", "W": "columns", "C": "channels"}
    parts = [f"{length} {names[letter]}" for letter, length in zip(order, stored, strict=True)]
    return f"The file holds {', '.join(parts)}, in this order."


def _sweeps(volume: Volume) -> tuple[Candidate, ...]:
    """Which axis becomes time, where all are known; a picture leaves nothing to choose."""
    T, D, H, W, _ = volume.shape
    found = []
    if T > 1:
        found.append(_sweep("T", ("time", D // 2, "height", "width", "channel"), T))
    if D > 1:
        moment = T // 2 if T > 1 else 0
        for name, letter, length in (("depth", "D", D), ("height", "H", H), ("width", "W", W)):
            time, rows, columns = SWEEPS[name]
            roles: list[str | int] = [moment, 0, 0, 0, "channel"]
            roles[1 + time], roles[1 + rows], roles[1 + columns] = "time", "height", "width"
            found.append(_sweep(letter, tuple(roles), length))
        if T > 1:
            found.append(
                Candidate(
                    "time: T, mean D",
                    ("time", "mean", "height", "width", "channel"),
                    None,
                    f"Time is kept; the {D} slices are averaged.",
                )
            )
    return tuple(found) if len(found) > 1 else ()


def _sweep(letter: str, roles: Roles, length: int) -> Candidate:
    kept = "Time is kept" if letter == "T" else f"{letter} becomes time"
    return Candidate(f"time: {letter}", roles, None, f"{kept}: {length} frames.")


# --- roles as they are now --------------------------------------------------------------------


def effective_roles(volume: Volume, settings: EncodingSettings) -> Roles:
    """Return what becomes of each axis T, D, H, W, C, whether roles say it or other settings do.

    Where depth becomes channels beside colors, both are "channel"; `EncodingSettings` has no such
    roles, because the two are merged.
    """
    if settings.roles is not None:
        return settings.roles
    try:
        found = volume_roles(volume.shape, settings)
    except ValueError:  # an index of another source: said beside its field
        found = volume_roles(volume.shape, without_roles(settings))
    if found.kind == "sweep":
        roles: list[str | int] = [found.time, 0, 0, 0, "channel"]
        for axis, role in zip(found.axes, ("time", "height", "width"), strict=True):
            roles[1 + axis] = role
        return tuple(roles)
    plane = "channel" if found.plane == "channels" else found.plane
    time: str | int = "time" if found.kind == "time" else 0
    return time, plane, "height", "width", "channel"


def with_role(shape: tuple[int, ...], roles: Roles, axis: int, role: str | int) -> Roles:
    """Return roles in which an axis has another one; who had it takes the axis's old one.

    Where the old role cannot be handed on, rows and columns go to the longest axis that is free.

    Parameters
    ----------
    shape : (T, D, H, W, C)
    axis : index into it
    """
    made, before = list(roles), roles[axis]
    made[axis] = role
    for other in range(5):
        if other != axis and isinstance(role, str) and role != "mean" and made[other] == role:
            made[other] = before if before not in made else shape[other] // 2
    for needed in ("height", "width"):
        if needed not in made:
            free = [n for n in range(5) if n != axis and (made[n] == "mean" or _fixed(made[n]))]
            free = free or [n for n in range(5) if n != axis and made[n] in ("channel", "time")]
            made[max(free, key=lambda n: shape[n])] = needed
    # Merged channels are no roles of their own: the first stays.
    channels = [n for n in range(5) if made[n] == "channel"]
    for other in channels[1:]:
        made[other] = 0
    return tuple(made)


def _fixed(role: str | int) -> bool:
    return isinstance(role, int)


def chosen(
    found: tuple[Candidate, ...], volume: Volume, settings: EncodingSettings
) -> Candidate | None:
    """Return the candidate that is in force; None where it is another way than any of them.

    Axes of one entry have no say, whatever role they are given.
    """
    now = _seen(volume.shape, effective_roles(volume, settings))
    return next((item for item in found if _seen(volume.shape, item.roles) == now), None)


def doubtful(found: tuple[Candidate, ...], now: Candidate | None) -> bool:
    """Whether the shape speaks as well, or better, for rows and columns that lie elsewhere."""
    if now is None:
        return bool(found)
    return any(
        other.points >= now.points and _plane(other) != _plane(now)
        for other in found
        if other.points
    )


def _plane(item: Candidate) -> frozenset[int]:
    """The two axes that are seen; which of them runs downwards is seldom in doubt."""
    return frozenset({item.roles.index("height"), item.roles.index("width")})


def _seen(shape: tuple[int, ...], roles: Roles) -> Roles:
    return tuple(role for length, role in zip(shape, roles, strict=True) if length > 1)


def settings_for(candidate: Candidate, settings: EncodingSettings) -> EncodingSettings:
    """Return the settings that take a volume so; plain ones where they say as much as roles do."""
    if candidate.axes is not None:
        return without_roles(settings)
    return replace(without_roles(settings), roles=candidate.roles)
