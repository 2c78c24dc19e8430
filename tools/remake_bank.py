"""Train the shipped bank again and hold it against the one in `resources/`: `make bank`.

Ends with 1 where the kernels differ by more than 1e-5 though threads and versions are the same,
where the loss differs by more than 1 %, or where fewer than 95 % of the waves that were held out
are told apart. `make bank KEEP=1` puts the new bank into `resources/`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

from voxviewer.flow import model_filters
from voxviewer.learning import train
from voxviewer.learning.shipped import SETTINGS
from voxviewer.learning.waves import WAVES

BANK = Path(__file__).resolve().parents[1] / "resources" / "trained" / "waves.keras"
KERNELS, LOSS, ACCURACY = 1e-5, 0.01, 0.95


def main(keep: bool) -> int:
    record = json.loads(BANK.with_name("waves.keras.json").read_text())
    made = train(WAVES, SETTINGS, news=lambda news: print(news.words, flush=True))
    last, theirs = made.history[-1], record["history"][-1]
    apart = float(np.abs(made.bank.kernels - model_filters(str(BANK), made.layer).kernels).max())
    loss = abs((last.loss or 0) / theirs["loss"] - 1)
    same = made.learned.made_with == record["made_with"]
    print(f"{made.learned.seconds:.1f} s; made with the same: {same}")
    print(f"kernels differ by {apart:.1e}, the loss by {100 * loss:.3f} %")
    print(f"{100 * (last.val_metric or 0):.1f} % of the waves held out are told apart")
    if keep:
        made.save(BANK)
    good = (apart <= KERNELS or not same) and loss <= LOSS
    return 0 if good and (last.val_metric or 0) >= ACCURACY else 1


if __name__ == "__main__":
    sys.exit(main("--keep" in sys.argv))
