"""How fast a clip plays: its own clock, what a person chose, and no step of its own in undo."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from direct import Desk, Later
from PIL import Image

from voxviewer.pace import own_rate
from voxviewer.settings import ExportSettings, Opening

if TYPE_CHECKING:
    from pathlib import Path


def film(path: Path, milliseconds: int, frames: int = 4) -> str:
    pictures = [Image.fromarray(np.full((6, 5), (40 * n) % 256, np.uint8)) for n in range(frames)]
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=milliseconds)
    return str(path)


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def films(tmp_path: Path) -> tuple[str, str, str]:
    np.save(tmp_path / "still.npy", np.random.default_rng(0).random((7, 6, 5)))
    slow = film(tmp_path / "slow.gif", 2000)
    return film(tmp_path / "quick.gif", 40), slow, str(tmp_path / "still.npy")


def test_a_film_plays_and_exports_at_its_own_rate(desk: Desk, films: tuple[str, str, str]) -> None:
    quick, slow, array = films
    session = desk.session
    desk.pipeline.open([quick])
    assert session.export.rate == 25.0
    desk.pipeline.open([slow])  # nobody looks at half a frame a second
    assert session.export.rate == ExportSettings().rate == 10.0
    desk.pipeline.open([quick])
    desk.pipeline.open([array])
    assert session.export.rate == 10.0


def test_a_rate_that_a_person_chose_stays(desk: Desk, films: tuple[str, str, str]) -> None:
    quick, slow, _ = films
    session = desk.session
    desk.pipeline.open([quick])
    session.change("export", rate=8.0)
    desk.history.commit()
    desk.pipeline.open([slow])
    desk.pipeline.open([quick])
    assert session.export.rate == 8.0


def test_frames_that_are_left_out_slow_the_clip_down(desk: Desk, tmp_path: Path) -> None:
    desk.pipeline.open([film(tmp_path / "long.gif", 40, 21)])
    desk.session.change("encoding", frames=11)
    desk.history.commit()
    assert desk.session.export.rate == pytest.approx(12.5, abs=0.7)


def test_the_rate_is_part_of_the_step_that_brought_it(
    desk: Desk, films: tuple[str, str, str]
) -> None:
    quick, _, array = films
    session, history = desk.session, desk.history
    desk.pipeline.open([array])
    desk.pipeline.open([quick])
    assert session.export.rate == 25.0
    history.undo()
    assert session.current.name == "still.npy" and session.export.rate == 10.0
    history.redo()
    assert session.current.name == "quick.gif" and session.export.rate == 25.0
    session.change("encoding", height=4)
    history.commit()
    history.undo()
    assert session.export.rate == 25.0 and session.encoding.height is None


def test_a_clip_without_a_clock_has_the_usual_rate() -> None:
    assert own_rate(None) == 10.0


@pytest.mark.parametrize(("hertz", "rate"), [(119.88, 119.88), (1000.0, 200.0), (0.5, 10.0)])
def test_motion_capture_plays_in_true_time_as_far_as_a_window_can(
    desk: Desk, tmp_path: Path, hertz: float, rate: float
) -> None:
    joints = np.random.default_rng(0).random((240, 3, 3), np.float32)
    np.save(tmp_path / "walk.npy", joints)
    desk.pipeline.open_each([Opening(str(tmp_path / "walk.npy"), rate=hertz)])
    assert desk.session.export.rate == pytest.approx(rate, abs=0.01)


def test_a_rate_that_comes_after_its_step_makes_no_step_of_its_own(
    films: tuple[str, str, str],
) -> None:
    later = Later()
    desk = Desk(later)
    desk.pipeline.open([films[0]])
    later.run_all()
    assert desk.session.export.rate == 25.0
    desk.history.undo()
    assert not desk.history.can_undo and desk.session.current is None
