"""What the suite cannot wait for: ten thousand convolutions, twenty thousand files a family.

    python benchmarks/fuzz.py [conv3d] [readers] [--cases 10000] [--mutants 20000] [--seed N]
                              [--families GIF ...]

- conv3d: the laws of `tests/convolution/conv3d_laws.py`, on random cases, and where Keras is
  installed its layer on a tenth as many more
- readers: the mutants of `tests/sources/test_sources_fuzz.py`. Each family runs in a child process
  that may take `MEMORY` bytes, `SECONDS` of work for a mutant and `GROWTH` of memory for all of
  them: a crash, a hang or a reader that unpacks without end is a finding, not the end of the run.
  The mutant stays beside this sentence in the output, as a file.

Seeds are printed; the same seed tries the same. The exit status is 1 where something was found.
"""

from __future__ import annotations

import argparse
import os
import random
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "out" / "fuzz"
SECTIONS = ("conv3d", "readers")

MEMORY = 3 << 30
"""Address space of a child."""

SECONDS = 2
"""Of work (processor time) for one mutant; opening the undamaged file takes milliseconds."""

PATIENCE = 30
"""Seconds by the clock for one mutant: for what waits instead of working."""

GROWTH = 250.0
"""MB that a family's mutants may add to what the process holds: 200, and a noun of up to 50."""


# conv3d


def fuzz_conv3d(cases: int, seed: int) -> int:
    """Try every law on its share of the cases; the number of laws that broke."""
    from conv3d_laws import LAWS

    each = -(-cases // len(LAWS))
    broken = sum(not holds(law, each, seed) for law in LAWS)
    return broken + fuzz_against_keras(-(-cases // 10), seed)


def fuzz_against_keras(cases: int, seed: int) -> int:
    """Compare with Keras' layer in its process, where it is installed; 1 if they differ."""
    from conv3d_laws import equals_keras

    from voxviewer.networks import client

    missing = client.missing()
    if missing:
        print(f"  {missing}")
        return 0
    engine = client.KerasEngine()

    def equals_the_layer_of_keras(case):
        equals_keras(case, engine)

    try:
        return int(not holds(equals_the_layer_of_keras, cases, seed))
    finally:
        engine.stop()


def holds(law, count: int, seed: int) -> bool:
    """Try a law on so many cases, and say how it went."""
    start = time.perf_counter()
    verdict, kept = "holds", True
    try:
        on_random_cases(law, count, seed)()
    except Exception as error:
        verdict, kept = f"BROKEN: {error}\n{' '.join(getattr(error, '__notes__', []))}", False
    seconds = time.perf_counter() - start
    name = law.__name__.replace("_", " ")
    print(f"  {name:<45}{count:>7} cases{seconds:>7.1f} s  {verdict}", flush=True)
    return kept


def on_random_cases(law, count: int, seed: int):
    """A test of one law; hypothesis looks for the smallest case that breaks it."""
    import hypothesis
    from conv3d_laws import cases

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=count,
        deadline=None,
        database=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(case=cases())
    def holds(case):
        law(case)

    return holds


# readers


def fuzz_readers(mutants: int, seed: int, families: list[str]) -> int:
    """Damage a file of every family again and again; the number of families with a finding."""
    from test_sources_fuzz import FAMILIES

    found = 0
    for family in families or FAMILIES:
        if family not in FAMILIES:
            raise SystemExit(f"{family!r} is no family; use some of: {', '.join(FAMILIES)}")
        found += not watch_family(family, mutants, seed)
    return found


def watch_family(family: str, mutants: int, seed: int) -> bool:
    """Run one family's mutants in a child; whether all of them were read or refused."""
    start = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        words = [family, str(mutants), str(seed), folder]
        child = subprocess.run(
            [sys.executable, __file__, "--child", *words], capture_output=True, text=True
        )
        seconds = time.perf_counter() - start
        told = child.stdout.strip().rpartition("\n")[2]
        if child.returncode == 0:
            print(f"  {family:<22}{told.partition(':')[2]}{seconds:>7.1f} s", flush=True)
            return True
        kept = keep(family, seed, Path(folder))
    print(f"  {family:<18}FOUND: {ending(child)}\n  {'':<18}the mutant: {kept}", flush=True)
    return False


def keep(family: str, seed: int, folder: Path) -> str:
    """Keep the file that the child was opening."""
    mutants = list(folder.glob("mutant-*"))
    if not mutants:
        return "none was made"
    OUT.mkdir(parents=True, exist_ok=True)
    target = OUT / f"{family.replace(' ', '-').replace(',', '')}-{seed}-{mutants[0].name}"
    shutil.copy(mutants[0], target)
    return str(target.relative_to(ROOT))


def ending(child: subprocess.CompletedProcess[str]) -> str:
    """Why a child ended, in a few words."""
    if -child.returncode in {getattr(signal, name, None) for name in ("SIGALRM", "SIGPROF")}:
        return f"it took more than {SECONDS} s of work or {PATIENCE} s of waiting"
    if child.returncode < 0:
        return f"the process ended by signal {-child.returncode}"
    return child.stderr.strip().rpartition("\n")[2]


def be_child(families: list[str], mutants: int, seed: int, folder: Path) -> None:
    """Open mutant after mutant; the first that is neither read nor refused ends the process.

    A line for each family that is done; what was being opened stays in the folder.
    """
    from conftest_of_sources import write_files

    warnings.simplefilter("ignore")
    files = write_files(folder)
    # After the imports: what they map is theirs.
    limit_memory()
    for family in families:
        before = peak()
        refused = try_mutants(family, files[family], mutants, seed)
        if peak() > before + GROWTH:
            raise SystemExit(f"{family}: held {peak() - before:.0f} MB more than before")
        share = refused / max(mutants, 1)
        print(f"{family}:{mutants:>7} mutants, {share:4.0%} refused, {peak():>5.0f} MB", flush=True)


def try_mutants(family: str, original: Path, mutants: int, seed: int) -> int:
    """How many mutants of this file were refused; the others were read."""
    from test_sources_fuzz import mutant, opens

    data, refused = original.read_bytes(), 0
    for number in range(mutants):
        dice = random.Random(f"{family} {seed} {number}")
        path = original.parent / f"mutant-{number}{''.join(original.suffixes)}"
        path.write_bytes(mutant(data, dice))
        allow(SECONDS, PATIENCE)
        refused += not opens(path)
        path.unlink()
    allow(0, 0)
    return refused


def allow(work: int, patience: int) -> None:
    """End this process after so many seconds; 0 lets it live.

    Nobody catches these signals: they end a loop inside a library too.
    """
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_PROF, work)
        signal.setitimer(signal.ITIMER_REAL, patience)


def limit_memory() -> None:
    """Let this process take `MEMORY` more bytes; systems without such limits go without."""
    try:
        import resource
    except ImportError:
        return
    import psutil

    most = psutil.Process().memory_info().vms + MEMORY
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard == resource.RLIM_INFINITY or hard > most:
        resource.setrlimit(resource.RLIMIT_AS, (most, hard))


def peak() -> float:
    """The most memory that this process held, MB; 0 where the system does not say."""
    try:
        import resource
    except ImportError:
        return 0.0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


# both


def find_tests() -> None:
    """Make the suite's own machinery importable; `conftest` is a name of many files."""
    import importlib.util

    for folder in ("", "tests/convolution", "tests/sources", "tests"):
        sys.path.insert(0, str(ROOT / folder))
    file = ROOT / "tests" / "sources" / "conftest.py"
    spec = importlib.util.spec_from_file_location("conftest_of_sources", file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["conftest_of_sources"] = module
    spec.loader.exec_module(module)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sections", nargs="*", metavar="conv3d | readers")
    parser.add_argument("--cases", type=int, default=10_000, help="of conv3d, over all laws")
    parser.add_argument("--mutants", type=int, default=20_000, help="of each family of files")
    parser.add_argument("--families", nargs="+", default=[], metavar="FAMILY")
    parser.add_argument("--seed", type=int, help="0 or more; drawn where none is given")
    parser.add_argument("--child", nargs=4, help=argparse.SUPPRESS)
    choices = parser.parse_args()
    if not set(choices.sections) <= set(SECTIONS):
        parser.error(f"sections are {', '.join(SECTIONS)}")
    find_tests()
    if choices.child:
        families, mutants, seed, folder = choices.child
        be_child(families.split("|"), int(mutants), int(seed), Path(folder))
        return 0
    seed = choices.seed if choices.seed is not None else secrets.randbelow(2**32)
    found = 0
    for section in choices.sections or SECTIONS:
        print(f"{section}, seed {seed}, process {os.getpid()}", flush=True)
        if section == "conv3d":
            found += fuzz_conv3d(choices.cases, seed)
        else:
            found += fuzz_readers(choices.mutants, seed, choices.families)
    print(f"found: {found or 'nothing'}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
