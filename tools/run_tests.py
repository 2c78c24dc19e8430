"""Run the whole suite: window tests and all others side by side, each on its own virtual screen.

    python tools/run_tests.py [TEST ...]

Then, on the machine that is quiet again, those marked `alone`, which look at a clock. With tests
named, or on a single processor, there is one run.

Each suite runs in a worker process that is replaced where it dies, so that a crash, or a wait
without end, is one failed test with a name. What failed beside the other suite is tried once more,
alone: the last lines say what failed then, and what failed the first time only.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SCREEN = ["sh", "tools/virtual_screen.sh", sys.executable, "-m", "pytest"]
FAILED = 1
"""What pytest returns where tests ran and some failed."""


@dataclass(frozen=True)
class Suite:
    """Some of the tests, and what pytest is told to run just these."""

    name: str
    options: tuple[str, ...]


WINDOWS = Suite("windows", ("-n", "1", "-m", "not alone", "tests/gui"))
OTHERS = Suite("others", ("-n", "1", "-m", "not alone", "--ignore=tests/gui"))
ALONE = Suite("alone", ("-m", "alone", "tests/gui"))


class Run:
    """A suite that is running; `folder` gets what it prints, and which tests failed."""

    def __init__(self, suite: Suite, folder: Path, *more: str) -> None:
        self.suite = suite
        command = [*SCREEN, "-o", f"cache_dir={folder / suite.name}", *suite.options, *more]
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        self.printed = b""

    def follow(self, *, show: bool) -> int:
        """Wait for its end, and return what pytest returned; `show` prints as it comes."""
        assert self._process.stdout is not None
        while chunk := os.read(self._process.stdout.fileno(), 65536):
            self.printed += chunk
            if show:
                _print(chunk)
        return self._process.wait()

    def failures(self) -> list[str]:
        """The lines of the summary that name what failed."""
        text = self.printed.decode(errors="replace")
        return sorted(set(re.findall(r"^(?:FAILED|ERROR) (.*)$", text, re.MULTILINE)))


def main(named: list[str]) -> int:
    if named or (os.cpu_count() or 1) < 2:
        return subprocess.call([*SCREEN, *named], cwd=ROOT)
    with tempfile.TemporaryDirectory() as name:
        return _whole(Path(name))


def _whole(folder: Path) -> int:
    others, windows = Run(OTHERS, folder), Run(WINDOWS, folder)
    # Read both: a suite whose pipe is full would stand still.
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        beside = pool.submit(others.follow, show=False)
        codes = [(windows, windows.follow(show=True)), (others, beside.result())]
    _print(others.printed)
    quiet = Run(ALONE, folder)
    codes.append((quiet, quiet.follow(show=True)))
    verdicts = [_verdict(run, code, folder) for run, code in codes]
    print("\n" + "\n".join(words for _, words in verdicts), flush=True)
    return 0 if all(good for good, _ in verdicts) else 1


def _verdict(run: Run, code: int, folder: Path) -> tuple[bool, str]:
    """Return whether a suite passed, and the lines that say so; tries once more what failed."""
    name = run.suite.name
    if code == 0:
        return True, f"{name}: passed"
    if code != FAILED:
        return False, f"{name}: pytest ended with {code}"
    again = Run(run.suite, folder, "--last-failed", "--last-failed-no-failures=none")
    good = again.follow(show=True) == 0
    first = "\n".join(f"  {line[:160]}" for line in run.failures())
    if good:
        return True, f"{name}: passed at the second try; at the first failed\n{first}"
    left = "\n".join(f"  {line[:160]}" for line in again.failures())
    return False, f"{name}: FAILED twice\n{left}\nat the first try\n{first}"


def _print(chunk: bytes) -> None:
    sys.stdout.buffer.write(chunk)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
