"""Make the README's pictures anew, from the real window: `make pictures`."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "pictures"
HAND = (
    "sample:waving-hand --engine both --height 64 --width 64 --frames 20 --length pad-zero "
    "--normalize minmax --filters preset:motion-and-edges"
)

PICTURES = (
    ("window-dark.png", f"{HAND} --theme dark --gif wave.gif --rate 12.5 --scale 2"),
    ("window-light.png", f"{HAND} --theme light"),
    ("window-small.png", f"{HAND} --theme dark --size 1366 768"),
    ("scan.png", "sample:brain --theme dark --height 96 --width 96 --frames 24"),
    ("skeleton.png", "sample:waving-skeleton --theme dark --sigma 2.0"),
    ("phantom.png", "sample:phantom --theme light --count 15 --padding valid"),
)


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as own:
        # The files that someone opened lately are nobody's business.
        _make(os.environ | {"XDG_CONFIG_HOME": own})


def _make(environment: dict[str, str]) -> None:
    for name, words in PICTURES:
        command = [sys.executable, "-m", "voxviewer", "open", *words.split()]
        subprocess.run([*command, "--screenshot", name], cwd=FOLDER, env=environment, check=True)
    welcome = [sys.executable, "-m", "voxviewer", "open", "--theme", "dark"]
    subprocess.run(
        [*welcome, "--screenshot", "welcome.png"], cwd=FOLDER, env=environment, check=True
    )


if __name__ == "__main__":
    main()
