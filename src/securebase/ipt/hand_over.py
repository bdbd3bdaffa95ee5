"""The hand-over of support: how much of a client's support the therapist still carries late in a course (S85, S86).

Therapy may supply support at first; the client's own people should supply it before therapy ends. Clients may name the
therapist even where little extra support came from therapy, so half of the value at the start is subtracted.
`docs/hand-over.md` has the hits and false alarms of the rule, and the assumptions they rest on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from statistics import fmean

from securebase.ipt.network import support_share_history
from securebase.records.episode import EpisodeRecord

#: Sessions whose ratings show a client's usual answer, and the first that counts for the support carried now.
FIRST_SESSIONS = (1, 2)
LATE_FROM = 7
#: Ratings of the share since session 7 below which nothing is said.
MIN_RATINGS = 3
#: Weight of the value at the first sessions.
_USUAL = 0.5
#: share of the course at which the rule looks → points of support above which the therapist carries much of it.
#: The cuts fall because three looks at one would raise too many false alarms; chosen on simulated courses.
CUTS: Mapping[Fraction, float] = {Fraction(2, 3): 2.3, Fraction(13, 16): 2.1, Fraction(15, 16): 1.9}
#: What the cuts rest on, shown with every look.
BASIS = "This limit was set on simulated clients and has not been tested with real ones."


@dataclass(frozen=True, slots=True)
class HandOverLook:
    """One look at the hand-over, after a session.

    carried: points of the 0 to 10 support rating that the therapist carries, less half of those at the first sessions.
    cut: the value above which this is a signal.
    """

    session: int
    carried: float
    cut: float

    @property
    def is_signal(self) -> bool:
        return self.carried > self.cut


def hand_over_looks(
    shares: Mapping[int, float], support: Mapping[int, float], *, planned: int, latest: int
) -> tuple[HandOverLook, ...]:
    """Return every look up to session `latest` that has enough ratings.

        carried = s(7…) / 10 · u(7…) − ½ · s(1, 2) / 10 · u(1, 2)

    with means s of the share that came from the therapist (0 to 10) and u of support (0 to 10), by session number.
    planned: number of sessions of the course. A look needs three ratings of the share since session 7, one at session
    1 or 2, and support in both periods.
    """
    looks = []
    for part, cut in CUTS.items():
        session = ceil(part * planned)
        if session <= latest and (carried := points_carried(shares, support, session)) is not None:
            looks.append(HandOverLook(session, carried, cut))
    return tuple(looks)


def looks_of(record: EpisodeRecord, support: Mapping[int, float] | None = None) -> tuple[HandOverLook, ...]:
    """Return the looks at a recorded course: its shares of support, with `support` or else that of its check-ins."""
    shares = {s.session: s.therapist / 10.0 for s in support_share_history(record) if s.session is not None}
    if support is None:
        support = {s.session: s.value for s in record.scores("social_support") if s.session is not None}
    latest = max((session.number for session in record.sessions), default=0)
    return hand_over_looks(shares, support, planned=record.planned_sessions or 0, latest=latest)


def look_in_words(looks: Sequence[HandOverLook]) -> str:
    """Return sentences on the last look and on what its limit rests on; empty without one."""
    if not looks:
        return ""
    last = looks[-1]
    first, second = FIRST_SESSIONS
    carried = (
        f"In sessions {LATE_FROM} to {last.session} you carried {max(last.carried, 0.0):.1f} of 10 points of the "
        f"client’s support, minus half of the points at sessions {first} and {second}. "
    )
    signal = f"More than {last.cut:g} points are a signal"
    advice = ": discuss with the client who else could provide this support." if last.is_signal else "."
    return f"{carried}{signal}{advice} {BASIS}"


def points_carried(shares: Mapping[int, float], support: Mapping[int, float], session: int) -> float | None:
    """Return the points carried after a session, or None with too few ratings."""
    late = range(LATE_FROM, session + 1)
    if sum(number in shares for number in late) < MIN_RATINGS:
        return None
    now, usual = _points(shares, support, late), _points(shares, support, FIRST_SESSIONS)
    return None if now is None or usual is None else now - _USUAL * usual


def _points(shares: Mapping[int, float], support: Mapping[int, float], sessions: Sequence[int]) -> float | None:
    """Return mean share times mean support, in points; None if either was never rated."""
    rated = [[ratings[n] for n in sessions if n in ratings] for ratings in (shares, support)]
    return fmean(rated[0]) / 10.0 * fmean(rated[1]) if all(rated) else None
