"""The steps of the shape ledger: from the file to the maps, each with its key. Knows no Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from voxviewer.data import Step

if TYPE_CHECKING:
    from voxviewer.session import Session

NAMES = {
    "N": "batch",
    "T": "time",
    "D": "depth",
    "H": "rows",
    "W": "columns",
    "C": "channels",
    "P": "persons",
    "J": "joints",
}


@dataclass(frozen=True)
class Entry:
    """One step of the ledger: `key` is what `session.step` holds where it is chosen."""

    key: str
    step: Step


def entries(session: Session) -> list[Entry]:
    """Return the ledger of the clip, its batch and its maps; empty without a clip.

    Keys: "source" (the file), "step 1" ... between, "clip", "batch", "maps".
    """
    clip = session.clip
    if clip is None or not clip.steps:
        return []
    last = len(clip.steps) - 1
    keys = ["source", *(f"step {n}" for n in range(1, last)), "clip"]
    if last == 0:
        keys = ["clip"]
    made = [Entry(key, step) for key, step in zip(keys, clip.steps, strict=True)]
    made.append(Entry("batch", session_batch_step(session) or batch_step(clip.shape)))
    maps = session.features
    if maps is not None:
        made.append(Entry("maps", maps_step(session)))
    return made


def chosen_key(session: Session, made: list[Entry]) -> str:
    """Return the key of the chosen entry, one that is there."""
    keys = [entry.key for entry in made]
    if session.step in keys:
        return session.step
    return "clip" if "clip" in keys else ""


def session_batch_step(session: Session) -> Step | None:
    """Return the step of the batch a person put together, as long as it is of this clip's kind."""
    clip, made = session.clip, session.batch
    if clip is None or made is None or made.clips[0].settings != clip.settings:
        return None
    shape = made.batch.data.shape
    if shape[1:] != clip.shape:
        return None
    nbytes = 0 if made.is_view else made.batch.data.nbytes
    changed = (True, False, False, False, False)
    return Step("batch", "NTHWC", shape, "float32", nbytes, changed, made.code)


def batch_step(shape: tuple[int, int, int, int]) -> Step:
    """Return the step that gives a clip its batch axis; it copies nothing."""
    changed = (True, False, False, False, False)
    return Step("batch", "NTHWC", (1, *shape), "float32", 0, changed, "batch = vv.batch([clip])")


def maps_step(session: Session) -> Step:
    """Return the step of the layer: Conv3D of these filters over the batch."""
    maps = session.features
    if maps is None:
        raise ValueError("there are no maps to write a step about")
    before = maps.clip.shape
    changed = tuple(a != b for a, b in zip(maps.shape, before, strict=True))
    size = maps.bank.size if maps.bank is not None else maps.receptive_field
    words = f"Conv3D {maps.shape[3]} × {kernel_words(size)} {maps.settings.padding}"
    return Step(
        words, "NTHWC", (1, *maps.shape), "float32", maps.data.nbytes, (False, *changed),
        _maps_line(session),
    )  # fmt: skip


def _maps_line(session: Session) -> str:
    """The line of the script that "Copy as Python" gives."""
    from dataclasses import replace

    from voxviewer.recipe import to_python

    choices = session.choices
    if session.features is not None:
        choices = replace(choices, convolution=session.features.settings)
    lines = to_python(choices).splitlines()
    return next((line for line in lines if line.startswith("maps = ")), "")


def kernel_words(size: tuple[int, int, int]) -> str:
    """Return "3³" for a cube, "1 × 3 × 3" for others."""
    if len(set(size)) == 1:
        return f"{size[0]}³"
    return "×".join(map(str, size))


def size_words(nbytes: int) -> str:
    """Return bytes for people: "0 B", "328 kB", "2.6 MB"."""
    if nbytes < 1000:
        return f"{nbytes} B"
    for unit, size in (("kB", 1e3), ("MB", 1e6), ("GB", 1e9)):
        value = nbytes / size
        if value < 999.5:
            return f"{value:.1f} {unit}" if value < 9.95 and unit != "kB" else f"{value:.0f} {unit}"
    return f"{nbytes / 1e12:.1f} TB"


def dtype_words(step: Step) -> str:
    """Return the dtype; "view" where the step takes no memory of its own."""
    return "view" if step.nbytes == 0 else step.dtype


def letters(step: Step) -> str:
    """Return one letter per axis; the file's digits for coordinates ("3") as c."""
    return "".join(letter if letter.isalpha() else "c" for letter in step.axes)


def full_words(entry: Entry) -> str:
    """Return a step in full, for tooltips and for those who listen to the window."""
    step = entry.step
    axes = ", ".join(
        f"{NAMES.get(letter, letter)} {size}{' (changed)' if changed else ''}"
        for letter, size, changed in zip(letters(step), step.shape, step.changed, strict=True)
    )
    what = f"{step.operation}: " if step.operation else ""
    memory = "a view, no memory" if step.nbytes == 0 else size_words(step.nbytes)
    return f"{what}{axes}; {step.dtype}, {memory}"
