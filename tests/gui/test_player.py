"""The clock: rate, range, loop, and who may move the frame meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from made_views import make_clip, make_volume

from voxviewer.gui import theme
from voxviewer.gui.player import Player
from voxviewer.session import Session


@dataclass
class Clock:
    """Time that passes when a test says so."""

    seconds: float = 100.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def session(themed: Any) -> Session:
    session = Session()
    session.clip = make_clip(10)
    session.change("export", rate=10.0)
    return session


@pytest.fixture
def player(session: Session, clock: Clock) -> Player:
    return Player(session, autoplay=False, now=clock)


def watch(player: Player, clock: Clock, seconds: float, step: float = 0.02) -> list[int]:
    """The frames that are seen while time passes and the clock is looked at every `step`."""
    seen = []
    for _ in range(round(seconds / step)):
        clock.seconds += step
        player.tick()
        seen.append(player._session.frame)
    return seen


def test_frames_follow_the_elapsed_time_at_the_chosen_rate(player, session, clock) -> None:
    player.toggle()
    assert watch(player, clock, 0.7)[-1] == 7


def test_late_frames_are_skipped_and_the_rate_is_kept(player, session, clock) -> None:
    player.toggle()
    clock.seconds += 0.51  # one long painting
    player.tick()
    assert session.frame == 5
    clock.seconds += 0.1
    player.tick()
    assert session.frame == 6


def test_a_loop_goes_round_without_losing_time(player, session, clock) -> None:
    player.toggle()
    watch(player, clock, 2.3, 0.1)
    assert session.frame == 3
    assert session.playing


def test_without_loop_it_stops_at_the_last_frame(player, session, clock) -> None:
    session.loop = False
    player.toggle()
    watch(player, clock, 3.0)
    assert (session.frame, session.playing) == (9, False)


def test_playing_again_from_the_end_begins_at_the_start(player, session, clock) -> None:
    session.loop, session.frame = False, 9
    player.toggle()
    assert (session.frame, session.playing) == (0, True)


def test_only_the_range_is_played(player, session, clock) -> None:
    session.change("export", range=(3, 6))
    player.toggle()
    assert session.frame == 3
    assert set(watch(player, clock, 2.0)) == {3, 4, 5, 6}


def test_a_frame_beyond_the_range_is_followed_by_its_first(player, session, clock) -> None:
    session.change("export", range=(3, 6))
    player.toggle()
    session.frame = 8  # a person scrubs while it plays
    clock.seconds += 0.1
    player.tick()
    assert session.frame == 3


def test_a_range_larger_than_the_clip_is_drawn_into_it(player, session) -> None:
    session.change("export", range=(4, 400))
    assert player.range == (4, 9)


def test_scrubbing_while_it_plays_goes_on_from_there(player, session, clock) -> None:
    player.toggle()
    watch(player, clock, 0.25)
    session.frame = 6
    clock.seconds += 0.1
    player.tick()
    assert session.frame == 7


def test_another_rate_counts_from_the_frame_that_is_shown(player, session, clock) -> None:
    player.toggle()
    watch(player, clock, 0.4)
    at = session.frame
    session.change("export", rate=50.0)
    clock.seconds += 0.05
    player.tick()
    assert session.frame == at + 2


def test_steps_pause_and_wrap_where_it_loops(player, session) -> None:
    session.playing = True
    player.step(-1)
    assert (session.frame, session.playing) == (9, False)
    player.step(1)
    assert session.frame == 0
    session.loop = False
    player.step(-1)
    assert session.frame == 0
    player.step(10)
    assert session.frame == 9


def test_first_and_last(player, session) -> None:
    player.last()
    assert session.frame == 9
    player.first()
    assert session.frame == 0


def test_a_shorter_clip_keeps_the_frame_valid(player, session) -> None:
    session.frame = 9
    session.clip = make_clip(4)
    assert session.frame == 3


def test_a_still_cannot_play(player, session) -> None:
    session.clip = make_clip(1)
    player.toggle()
    assert not session.playing


def test_nothing_happens_without_a_clip(themed: Any) -> None:
    session = Session()
    player = Player(session, autoplay=False)
    for act in (player.toggle, player.first, player.last, player.tick, lambda: player.step(1)):
        act()
    assert (session.frame, session.playing) == (0, False)


@pytest.mark.parametrize("still", [False, True])
def test_a_new_source_opens_moving_unless_less_motion_is_asked_for(themed: Any, still) -> None:
    theme.set_reduced_motion(still)
    try:
        session = Session()
        player = Player(session)
        session.current = make_volume()
        session.clip = make_clip()
        assert session.playing is not still
        assert player.count == 20
    finally:
        theme.set_reduced_motion(None)


def test_encoding_the_same_source_anew_does_not_start_it(themed: Any) -> None:
    theme.set_reduced_motion(False)
    try:
        session = Session()
        player = Player(session)
        session.current = make_volume()
        session.clip = make_clip()
        player.stop()
        session.clip = make_clip(12)
        assert not session.playing
    finally:
        theme.set_reduced_motion(None)


def test_the_timer_really_moves_the_frame(qtbot, themed: Any) -> None:
    session = Session()
    session.clip = make_clip(1000)
    session.change("export", rate=100.0)
    player = Player(session, autoplay=False)
    player.toggle()
    qtbot.waitUntil(lambda: session.frame >= 5, timeout=5000)
    player.stop()
    at = session.frame
    qtbot.waitUntil(lambda: not player._timer.isActive())
    assert session.frame == at


def test_the_rate_is_true_over_half_a_second(qtbot, themed: Any) -> None:
    """Against the wall clock: what has been shown is what the elapsed time says, to two frames."""
    import time

    session = Session()
    session.clip = make_clip(1000)
    session.change("export", rate=50.0)
    player = Player(session, autoplay=False)
    start = time.perf_counter()
    player.toggle()
    qtbot.waitUntil(lambda: session.frame >= 25, timeout=10_000)
    frame, seconds = session.frame, time.perf_counter() - start
    player.stop()
    assert frame <= seconds * 50 + 1e-6
    assert seconds >= 0.5


# backward, faster, to and fro


def changes(seen: list[int]) -> list[int]:
    """The frames without their repetitions in a row."""
    return [now for before, now in zip([None, *seen], seen, strict=False) if now != before]


def test_to_and_fro_shows_neither_end_twice(player, session, clock) -> None:
    session.change("export", range=(2, 5))
    session.ping_pong = True
    session.frame = 2
    player.toggle()
    assert changes(watch(player, clock, 1.3))[:14] == [2, 3, 4, 5, 4, 3, 2, 3, 4, 5, 4, 3, 2, 3]


def test_on_the_way_back_another_rate_does_not_turn_it_round(player, session, clock) -> None:
    session.ping_pong = True
    session.frame = 8
    player.toggle()
    assert watch(player, clock, 0.35)[-1] == 7
    session.change("export", rate=20.0)
    assert watch(player, clock, 0.11)[-1] == 5


def test_j_plays_backward_and_k_stops(player, session, clock) -> None:
    session.frame = 5
    player.shuttle(-1)
    assert changes(watch(player, clock, 0.85)) == [5, 4, 3, 2, 1, 0, 9, 8, 7]
    player.shuttle(0)
    assert not session.playing
    assert session.speed == 1


def test_l_again_is_twice_as_fast_up_to_a_limit(player, session, clock) -> None:
    player.shuttle(1)
    player.shuttle(1)
    assert session.speed == 2
    assert watch(player, clock, 0.32)[-1] == 6
    for _ in range(9):
        player.shuttle(1)
    assert session.speed == 16
    player.shuttle(-1)
    assert session.speed == -1


def test_backward_without_loop_ends_at_the_first_frame(player, session, clock) -> None:
    session.loop = False
    session.frame = 2
    player.shuttle(-1)
    assert changes(watch(player, clock, 1.0)) == [2, 1, 0]
    assert not session.playing
    player.play()
    assert session.frame == 9


def test_speed_keys_leave_the_rate_of_exports_alone(player, session, clock) -> None:
    player.pace(2)
    player.pace(2)
    player.toggle()
    assert watch(player, clock, 0.21)[-1] == 8
    player.pace(0.125)
    assert (session.speed, session.export.rate) == (0.5, 10.0)


def test_a_frame_that_the_clip_has_not_becomes_the_nearest_one(player, session) -> None:
    session.frame = 12
    assert session.frame == 9
    session.frame = -3
    assert session.frame == 0
