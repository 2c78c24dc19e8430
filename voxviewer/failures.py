"""What went wrong, in the words of the window: a sentence, and what to do about it."""

from __future__ import annotations

import logging

from voxviewer.files import SourceError, TooLargeError

log = logging.getLogger(__name__)


def sentences(error: BaseException) -> tuple[str, str]:
    """An error as a bold first sentence and what to do about it."""
    if isinstance(error, TooLargeError) and error.askable:
        return f"{error.title}.", error.risk
    if isinstance(error, SourceError):
        text, _, detail = str(error).partition(". ")
        return text.rstrip(".") + ".", detail
    if isinstance(error, MemoryError):
        return "There is not enough memory for this.", "Use a smaller size, or fewer filters."
    text = str(error)
    if isinstance(error, (ValueError, RuntimeError)) and text:
        first, dot, rest = text.partition(". ")
        return (first + ".") if dot else text, rest
    log.error("unforeseen", exc_info=error)
    return f"Something unforeseen went wrong: {type(error).__name__}: {text}.", "See the log."
