"""What a recurrent network is fitted to: open clips with a word each, sample waves, or files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from voxviewer.learning.gathering import Piece, gather
from voxviewer.learning.waves import wave_clips
from voxviewer.recipe import call_of, open_call
from voxviewer.settings import TrainingSettings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from voxviewer.data import Source
    from voxviewer.settings import Choices, ExamplesSettings

WAVE_SEEDS = 12


def guessed_word(source: Source) -> str:
    """Return the class that a name suggests: "left_03.npy" is "left"."""
    stem = Path(source.name).stem or source.name
    return re.sub(r"[\s_\-.]*\d+$", "", stem) or stem


def word_of(source: Source, examples: ExamplesSettings) -> str:
    """Return the class of an open clip: the word that was typed, else what its name suggests."""
    word = examples.class_of(source.opening)
    return guessed_word(source) if word is None else word


def target_of(word: str) -> str | float:
    """Return what a person typed: a number with a point is an amount, all else a class."""
    if re.fullmatch(r"[-+−]?\d*\.\d+", word):
        return float(word.replace("−", "-"))
    return word


def pieces_of(examples: ExamplesSettings, sources: Sequence[Source]) -> tuple[Piece, ...]:
    """List the clips and the target of each; of files nothing but names and the CSV file is read.

    Raises
    ------
    SourceError
        one sentence: what is missing or of no use, and what to do
    """
    if examples.recurrent == "waves":
        return tuple(Piece(clip, way) for way, clip in wave_clips(range(WAVE_SEEDS)))
    if examples.recurrent == "open":
        return tuple(Piece(one, target_of(word_of(one, examples))) for one in sources)
    if Path(examples.path).is_dir():
        return gather(examples.path, TrainingSettings(task="classes"))
    return gather(None, TrainingSettings(task="targets", targets=examples.path))


def fitting_script(choices: Choices, sources: Sequence[Source]) -> str:
    """Return the script that fits the network as chosen, and saves it."""
    examples = choices.examples
    lines = ["import voxviewer as vv"]
    if examples.recurrent == "waves":
        lines += [
            "from voxviewer.learning.waves import wave_clips",
            "",
            f"targets, clips = zip(*wave_clips(range({WAVE_SEEDS})))",
        ]
    elif examples.recurrent == "open":
        targets = [target_of(word_of(one, examples)) for one in sources]
        lines += [
            "",
            f"encoding = {call_of(choices.encoding)}",
            "clips = [",
            *(f"    vv.encode({open_call(one.opening)}, encoding)," for one in sources),
            "]",
            f"targets = {targets!r}",
        ]
    else:
        folder = Path(examples.path).is_dir()
        task = "task='classes'" if folder else f"task='targets', targets={examples.path!r}"
        first = repr(examples.path if folder else None)
        lines += [
            "from voxviewer.learning.gathering import gather",
            "",
            f"encoding = {call_of(choices.encoding)}",
            f"pieces = gather({first}, vv.TrainingSettings({task}))",
            "clips = [vv.encode(vv.open(piece.path), encoding) for piece in pieces]",
            "targets = [piece.target for piece in pieces]",
        ]
    lines += [
        f"fit = vv.fit_recurrent(clips, targets, {call_of(choices.recurrence)})",
        "vv.save_recurrent(fit, 'recurrent.keras')",
    ]
    return "\n".join(lines) + "\n"
