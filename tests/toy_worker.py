"""A worker that does small things, for tests of what every worker does."""

from __future__ import annotations

from pathlib import Path

from voxviewer.workers import Worker

PROGRAMS = str(Path(__file__).parent / "worker_programs")
PATIENCE = 30.0


def make(**options) -> Worker:
    """A worker of a child process in `worker_programs`, which starts when it is asked."""
    return Worker("vox_toy_worker", title="Toy", path=(PROGRAMS,), **options)
