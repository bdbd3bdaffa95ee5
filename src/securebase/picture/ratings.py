"""Alliance ratings of client and therapist for the same sessions, and sentences on their differences.

Neither rating counts as the right one, and therapists are not compared with each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import atanh, sqrt, tanh
from statistics import fmean, pstdev

from securebase.measurement.catalogue import instrument
from securebase.model.distributions import t_quantile
from securebase.picture import phrases

#: Instruments of client and therapist with their shared 0 to 10 scale and items.
CLIENT_INSTRUMENT, THERAPIST_INSTRUMENT, SCALE = "session_after", "therapist_after", "alliance"
SHARED_ITEMS = (1, 2, 3, 4)
#: Sessions rated by both from which the mean difference is given.
MIN_SESSIONS_FOR_MEAN = 3
#: Difference in points from which an item is named.
MIN_NOTABLE_GAP = 2.0


#: Sessions rated by both that a figure of agreement needs.
MIN_SESSIONS_FOR_AGREEMENT = 6


@dataclass(frozen=True, slots=True)
class RatedSession:
    """Ratings of one session by client and therapist: the alliance, and items 1 to 4 by number; None if missing."""

    session: int
    client: float | None = None
    therapist: float | None = None
    client_items: Mapping[int, float | None] | None = None
    therapist_items: Mapping[int, float | None] | None = None

    @property
    def is_rated_by_both(self) -> bool:
        return self.client is not None and self.therapist is not None

    @property
    def difference(self) -> float:
        """The therapist's rating less the client's, both as displayed; 0 if either is missing."""
        if self.client is None or self.therapist is None:
            return 0.0
        return phrases.shown_difference(self.client, self.therapist)


@dataclass(frozen=True, slots=True)
class RatingComparison:
    """Sessions with the alliance ratings of client and therapist, on a scale from `minimum` to `maximum`."""

    sessions: tuple[RatedSession, ...]
    minimum: float = 0.0
    maximum: float = 10.0

    @property
    def rated_by_both(self) -> tuple[RatedSession, ...]:
        return tuple(s for s in self.sessions if s.is_rated_by_both)

    @property
    def rated_by_therapist(self) -> tuple[RatedSession, ...]:
        return tuple(s for s in self.sessions if s.therapist is not None)


@dataclass(frozen=True, slots=True)
class Concordance:
    """Concordance of two raters over sessions (1: the same rating every time) with its 90% interval."""

    value: float
    low: float
    high: float


def concordance(pairs: Sequence[tuple[float, float]]) -> Concordance | None:
    """Return the concordance correlation of Lin (1989) with the interval of its Fisher transform.

        c = 2 cov / (s₁² + s₂² + (m₁ − m₂)²),   u² = (m₁ − m₂)² / (s₁ s₂),   b = c / r,
        var z = {(1 − r²) b² / (1 − c²) + 2 c² b (1 − c) u² / (1 − c²)² − c² b² u⁴ / [2 (1 − c²)²]} / (n − 2)

    It counts both a difference in level and movements that do not agree. The interval assumes that sessions are
    independent, and takes the quantile of t with n − 2 degrees of freedom: the normal one is too narrow for a course.
    None with fewer than six sessions, or where one rater never changed.
    """
    n = len(pairs)
    if n < MIN_SESSIONS_FOR_AGREEMENT:
        return None
    first, second = zip(*pairs, strict=True)
    m1, m2, s1, s2 = fmean(first), fmean(second), pstdev(first), pstdev(second)
    if s1 == 0.0 or s2 == 0.0:
        return None
    r = fmean((a - m1) * (b - m2) for a, b in pairs) / (s1 * s2)
    u2 = (m1 - m2) ** 2 / (s1 * s2)
    bias = 2.0 / (s1 / s2 + s2 / s1 + u2)
    c = r * bias
    if abs(c) >= 1.0 - 1e-9:
        return Concordance(c, c, c)
    rest = 1.0 - c**2
    terms = (1 - r**2) * bias**2 / rest + 2 * c**2 * bias * (1 - c) * u2 / rest**2 - (c * bias * u2 / rest) ** 2 / 2
    half = t_quantile(0.95, n - 2) * sqrt(max(terms, 0.0) / (n - 2))
    return Concordance(c, tanh(atanh(c) - half), tanh(atanh(c) + half))


def compare_ratings(sessions: Sequence[RatedSession]) -> RatingComparison:
    """Return the sessions with at least one rating, in order."""
    scale = instrument(CLIENT_INSTRUMENT).scale(SCALE)
    rated = [s for s in sessions if s.client is not None or s.therapist is not None]
    return RatingComparison(tuple(sorted(rated, key=lambda s: s.session)), scale.minimum, scale.maximum)


def comparison_sentences(part: RatingComparison) -> tuple[str, ...]:
    """Return sentences on the last session rated by both, its largest item difference, and the mean difference."""
    rated_sessions = part.rated_by_both
    if not rated_sessions:
        return ()
    last = rated_sessions[-1]
    sentences = [_last_session_sentence(last)]
    if sentence := _largest_gap_sentence(last):
        sentences.append(sentence)
    if len(rated_sessions) >= MIN_SESSIONS_FOR_MEAN:
        sentences.append(_mean_sentence(rated_sessions))
    if sentence := agreement_sentence(part):
        sentences.append(sentence)
    return tuple(sentences)


def agreement_sentence(part: RatingComparison) -> str:
    """Return the agreement of both ratings over the sessions with its interval; empty without one."""
    result = concordance([(s.client or 0.0, s.therapist or 0.0) for s in part.rated_by_both])
    if result is None:
        return ""
    low, high = phrases.number(result.low, 2), phrases.number(result.high, 2)
    return (
        f"Agreement over these sessions: {phrases.number(result.value, 2)} (90% interval {low} to {high}; 1: identical "
        "ratings every time, 0: no agreement)."
    )


def _last_session_sentence(last: RatedSession) -> str:
    start = (
        f"Session {last.session}: the client rated the alliance {phrases.number(last.client or 0.0)}, "
        f"you {phrases.number(last.therapist or 0.0)}"
    )
    if last.difference == 0:
        return f"{start}, the same."
    direction = "higher" if last.difference > 0 else "lower"
    return f"{start}, {phrases.number(abs(last.difference))} {direction}."


def _largest_gap_sentence(last: RatedSession) -> str:
    """Name the item with the largest difference, if that is at least MIN_NOTABLE_GAP."""
    client, therapist = last.client_items or {}, last.therapist_items or {}
    gaps = {
        number: (c, t)
        for number in SHARED_ITEMS
        if (c := client.get(number)) is not None and (t := therapist.get(number)) is not None
    }
    if not gaps:
        return ""
    number = max(gaps, key=lambda n: abs(gaps[n][1] - gaps[n][0]))
    c, t = gaps[number]
    if abs(t - c) < MIN_NOTABLE_GAP:
        return ""
    label = instrument(CLIENT_INSTRUMENT).item(number).label
    return f"Largest difference: “{label}” (client {phrases.number(c)}, you {phrases.number(t)})."


def _mean_sentence(rated_sessions: Sequence[RatedSession]) -> str:
    mean = fmean(s.difference for s in rated_sessions)
    comparison = "about the same as the client on average" if abs(mean) < 0.05 else ""
    if not comparison:
        comparison = f"{phrases.number(abs(mean))} {'higher' if mean > 0 else 'lower'} than the client on average"
    return f"Across {phrases.count(len(rated_sessions), 'session')} rated by both, you rated {comparison}."
