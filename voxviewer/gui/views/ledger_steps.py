"""The steps of the shape ledger: from the file to the maps, each with its key. Knows no Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from voxviewer.data import Step
from voxviewer.gui.views.ledger_forecast import maps_step

if TYPE_CHECKING:
    from voxviewer.session import Session

EMPTY = "The shape ledger: each step from the file to the tensor. Open a file to see it."

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
    """One step of the ledger: `key` is what `session.step` holds where it is chosen.

    `refusal` says why a step cannot be taken; it has no shape then.
    """

    key: str
    step: Step
    refusal: str = ""


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
    layer, refusal = maps_step(session)
    if layer is not None:
        made.append(Entry("maps", layer, refusal))
    return made


def empty_words(session: Session) -> str:
    """Return why there are no steps: what is wrong with the encoding, or that nothing is open."""
    return session.problem("encode") or EMPTY


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
    if entry.refusal:
        return f"{step.operation} cannot be done: {entry.refusal.rstrip('.')}."
    axes = ", ".join(
        f"{NAMES.get(letter, letter)} {size}{' (changed)' if changed else ''}"
        for letter, size, changed in zip(letters(step), step.shape, step.changed, strict=True)
    )
    what = f"{step.operation}: " if step.operation else ""
    memory = "a view, no memory" if step.nbytes == 0 else size_words(step.nbytes)
    return f"{what}{axes}; {step.dtype}, {memory}"
