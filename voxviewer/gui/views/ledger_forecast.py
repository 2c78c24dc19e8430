"""The last step of the shape ledger, told before it runs: what the layer will give, or why not.

Shapes alone decide it, so that the step follows every change at once, also while Live is off.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from voxviewer.data import Step

if TYPE_CHECKING:
    from voxviewer.data import Clip, FilterBank
    from voxviewer.session import Session


def maps_step(session: Session) -> tuple[Step | None, str]:
    """Return the step of the layer, and why it cannot be taken; (None, "") where nobody knows yet.

    A step that cannot be taken has no axes.
    """
    clip, bank = session.clip, session.bank
    maps = session.features
    if clip is None:
        return None, ""
    if session.filters.whole:
        return _network_step(session)
    if bank is None and session.problem("bank"):
        return _without_shape("Conv3D"), session.problem("bank")
    if bank is None and maps is not None:
        bank = maps.bank
    if bank is None:
        return (_done(session), "") if maps is not None else (None, "")
    words = f"Conv3D {bank.count} × {kernel_words(bank.size)} {session.convolution.padding}"
    try:
        shape = predicted_shape(session, clip, bank)
    except ValueError as error:
        return _without_shape(words), str(error)
    failed = session.problem("convolve")
    if failed and maps is None and "features" not in session.stale:
        return _without_shape(words), failed
    return _step(words, shape, clip, maps_line(session)), ""


def _network_step(session: Session) -> tuple[Step | None, str]:
    """The step through a whole network: only Keras knows its shape before it ran."""
    maps, words = session.features, f"network up to {session.filters.layer}"
    if maps is not None and maps.network is not None:
        return _step(words, maps.shape, maps.clip, maps_line(session)), ""
    problem = session.problem("convolve")
    return (_without_shape(words), problem) if problem else (None, "")


def predicted_shape(session: Session, clip: Clip, bank: FilterBank) -> tuple[int, int, int, int]:
    """Return (T', H', W', F) of the layer's maps, or `ValueError` in words for a person."""
    # Late: the first paint does not wait for the convolution's modules.
    from voxviewer.convolution.channels import mismatch
    from voxviewer.convolution.geometry import axes_of, output_shape

    taken, given = bank.kernels.shape[3], clip.shape[3]
    if taken != given:
        raise ValueError(mismatch(taken, given))
    chosen = session.convolution
    axes = axes_of(clip.shape, bank.kernels.shape, chosen.strides, chosen.dilation, chosen.padding)
    return (*output_shape(axes), bank.count)


def maps_line(session: Session) -> str:
    """Return the line of the script that "Copy as Python" gives."""
    from voxviewer.recipe import to_python

    lines = to_python(session.choices).splitlines()
    return next((line for line in lines if line.startswith("maps = ")), "")


def kernel_words(size: tuple[int, int, int]) -> str:
    """Return "3³" for a cube, "1×3×3" for others."""
    if len(set(size)) == 1:
        return f"{size[0]}³"
    return "×".join(map(str, size))


def _done(session: Session) -> Step:
    """The step of maps whose filters are not there: those of a deep layer."""
    maps = session.features
    assert maps is not None
    words = f"Conv3D {maps.shape[3]} × {kernel_words(maps.receptive_field)} {maps.settings.padding}"
    return _step(words, maps.shape, maps.clip, maps_line(session))


def _step(words: str, shape: tuple[int, int, int, int], clip: Clip, code: str) -> Step:
    changed = (False, *(a != b for a, b in zip(shape, clip.shape, strict=True)))
    nbytes = 4 * math.prod(shape)
    return Step(words, "NTHWC", (1, *shape), "float32", nbytes, changed, code)


def _without_shape(words: str) -> Step:
    return Step(words, "", (), "", 0, (), "")
