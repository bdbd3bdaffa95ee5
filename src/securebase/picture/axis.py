"""The time axis of a picture: sessions held, then those still planned."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import inf
from statistics import median

from securebase.picture.parts import Session
from securebase.records.episode import EpisodeRecord

#: Days between sessions where the record has fewer than two.
DEFAULT_GAP = 7.0
#: Future sessions on the axis where no number was planned.
DEFAULT_SESSIONS_AHEAD = 4


def time_axis(record: EpisodeRecord, as_of: float) -> tuple[Session, ...]:
    """Return the sessions held, then those still planned.

    Planned sessions follow at this client's median spacing, from the last session or from now, whichever is later.
    """
    sessions = [Session(s.number, s.at, True) for s in sorted(record.sessions, key=lambda s: s.at)]
    if record.ended_at is not None:
        return tuple(sessions)
    gaps = [b.at - a.at for a, b in pairwise(sessions)]
    gap = max(median(gaps), 1.0) if gaps else DEFAULT_GAP
    number, last_at = (sessions[-1].number, sessions[-1].at) if sessions else (0, -gap)
    n_planned = DEFAULT_SESSIONS_AHEAD if record.planned_sessions is None else record.planned_sessions - number
    start = max(last_at + gap, as_of)
    return tuple(sessions + [Session(number + k, start + (k - 1) * gap, False) for k in range(1, n_planned + 1)])


def latest_session(axis: Sequence[Session], at: float = inf) -> int | None:
    """Return the highest number among the sessions held by this time, None before the first."""
    return max((s.number for s in axis if s.held and s.at <= at), default=None)
