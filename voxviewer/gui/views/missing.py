"""What stands where a picture would be: why it is not there, and what to do. Knows no Qt."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from voxviewer.session import Session

NOTHING_OPEN = "Nothing open yet. Drop a file here, or choose a sample."


def no_clip(session: Session) -> str:
    """Return why there is no clip."""
    if session.current is None:
        return NOTHING_OPEN
    problem = session.problem("encode")
    return f"No clip. {_sentence(problem)}" if problem else "Encoding …"


def no_maps(session: Session, *, busy: bool = False) -> str:
    """Return why there are no maps; `busy` where the work on them is under way."""
    if session.clip is None:
        return "No clip, no maps." if session.problem("encode") else "No maps yet."
    for place in ("bank", "convolve"):
        problem = session.problem(place)
        if problem:
            return f"No maps. {_sentence(problem)}"
    if busy:
        return "Convolving …"
    return "No maps yet. Press Run." if session.live else "No maps yet. Run, or switch on Live."


def _sentence(text: str) -> str:
    return text if text[-1] in ".!?" else f"{text}."
