"""What the filter bench measured, as numbers: JSON with everything, CSV with the moving bars."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from voxviewer.export.outputs import Saved
from voxviewer.files import replace_file, size_text

if TYPE_CHECKING:
    import os

    from voxviewer.convolution.bench import Tuning

ENDINGS = (".json", ".csv")


def save_tuning(tuning: Tuning, path: str | os.PathLike[str], origin: str = "") -> Saved:
    """Write the tuning curves of a bank.

    Parameters
    ----------
    tuning : what `measure_filters` gave
    path : ending in `.json` (all of it, strict JSON) or `.csv` (filter, direction, speed, response)
    origin : of the bank, kept in the JSON

    Returns
    -------
    Saved

    Raises
    ------
    ValueError
        for another ending
    SourceError
        where it cannot be written
    """
    target = Path(path)
    ending = target.suffix.lower()
    if ending not in ENDINGS:
        raise ValueError(f"{target.name}: numbers of the filter bench are .json or .csv")
    text = tuning.as_csv() if ending == ".csv" else _json(tuning, origin)
    with replace_file(target) as part:
        part.write_text(text, encoding="utf-8", newline="\n")
    size = target.stat().st_size
    words = f"{len(tuning.names)} filters, {size_text(size)}."
    known = "Responses to moving bars." if ending == ".csv" else "Bars, gratings, flicker, impulse."
    return Saved(target, size, 0, (words, known))


def _json(tuning: Tuning, origin: str) -> str:
    values = {"origin": origin, **tuning.as_dict()}
    return json.dumps(values, indent=1, allow_nan=False) + "\n"
