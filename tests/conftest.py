"""What every test gets: settings and caches of its own, and the real files where they are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from voxviewer.workers import Worker

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture
def shared_data() -> Path:
    """Real files with ground truth; the tests that use them are skipped where they are absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip("the real files of ../shared/data are not here")
    return SHARED_DATA


@pytest.fixture
def toy() -> Iterator[Worker]:
    """A child process that answers a toy's requests; it ends with the test."""
    from toy_worker import make

    worker = make()
    yield worker
    worker.stop()
