"""How fast a clip plays until somebody chooses a rate: as fast as what it shows really went.

Scripts have one rate whatever the file, `ExportSettings.rate`. In the window that is where a clip
without a clock begins; one with a clock of its own brings its rate along, as long as the rate in
the timeline is the one that the clip before it brought: a rate that a person chose stays.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from voxviewer.settings import ExportSettings

if TYPE_CHECKING:
    from voxviewer.data import Clip
    from voxviewer.session import History, Session

SLOWEST, FASTEST = 2.0, 200.0
"""Frames a second. Below, a clip's own clock is no rate to look at it: a scan of the brain takes
seconds a frame. Motion capture is played at its own 120; a GIF, which cannot, says so."""


def own_rate(clip: Clip | None) -> float:
    """Return a clip's frames per second by its own clock, the usual rate where it has none.

    Parameters
    ----------
    clip : its `times` in seconds; of padded frames there are none
    """
    usual = ExportSettings().rate
    if clip is None or clip.times is None:
        return usual
    times = clip.times[clip.real & np.isfinite(clip.times)]
    span = float(times[-1] - times[0]) if len(times) > 1 else 0.0
    if not span > 0:
        return usual
    rate = round((len(times) - 1) / span, 2)
    return min(rate, FASTEST) if rate >= SLOWEST else usual


class Pace:
    """Follows the session's clips: sets `export.rate` where no person has.

    It is part of the step that brought the clip, no step of its own.
    """

    def __init__(self, session: Session, history: History) -> None:
        self._session, self._history = session, history
        self._brought = own_rate(session.clip)
        session.events.clip.connect(self._on_clip)

    def _on_clip(self, clip: Clip | None) -> None:
        if clip is None:
            return
        session, before, now = self._session, self._brought, own_rate(clip)
        self._brought = now
        if session.export.rate == before != now:
            session.export = replace(session.export, rate=now)
            self._history.bring_rate(before)
