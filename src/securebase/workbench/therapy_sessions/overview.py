"""Reads of the Measures page: every scale over time, both ratings of a session, what is asked when, what never was."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from securebase.charts.sparkline import scores_sparkline
from securebase.measurement import change
from securebase.measurement.catalogue import instrument as instrument_called
from securebase.measurement.catalogue import instruments
from securebase.measurement.constructs import CONSTRUCTS, UNMEASURED_CONSTRUCTS
from securebase.measurement.instrument import Band, Instrument, Scale
from securebase.measurement.schedule import SESSION_SETS
from securebase.measurement.schedule import scheduled_instruments as all_extras
from securebase.picture import ratings
from securebase.records.vocabulary import Respondent
from securebase.workbench.clients.models import Episode
from securebase.workbench.therapy_sessions.extras import administered_sessions, course_context, scheduled_measures
from securebase.workbench.therapy_sessions.models import Administration


# ---- scales over time ------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class ScaleRow:
    """One scale over time: first and last score, the band of the last, the change between them, and a small curve."""

    instrument: Instrument
    scale: Scale
    first: float
    last: float
    last_at: datetime
    n: int
    band: Band | None
    change: change.ScoreChange | None
    curve: str


@dataclass(frozen=True, slots=True)
class ScaleGroup:
    """Scales that belong together on the page."""

    name: str
    rows: list[ScaleRow]

    @property
    def compact(self) -> bool:
        """Many short scales, asked seldom: a small cell each is enough."""
        return self.name == "Asked besides"


#: Headings in their order: the measure that is followed comes first within its own.
_GROUPS = ("Check-in", "Asked besides", "Questionnaires", "Your own rating")


def scale_groups(episode: Episode) -> list[ScaleGroup]:
    """Every scale that has a score, by where it comes from."""
    series: dict[tuple[str, str], list[tuple[datetime, float]]] = {}
    for administration in counted(episode):
        for score in administration.scores.all():
            if score.value is not None:
                series.setdefault((administration.instrument, score.scale), []).append((administration.at, score.value))
    rows = [_scale_row(instrument_called(i), s, given) for (i, s), given in series.items()]
    chief = episode.symptom_instrument_and_scale
    places = {name: place for place, name in enumerate(SESSION_SETS.values())}

    def followed(row: ScaleRow) -> bool:
        return (row.instrument.id, row.scale.id) == chief

    rows.sort(key=lambda row: (not followed(row), places.get(row.instrument.id, len(places))))
    groups = [ScaleGroup(name, [row for row in rows if _group_of(row.instrument) == name]) for name in _GROUPS]
    return sorted((g for g in groups if g.rows), key=lambda g: not any(map(followed, g.rows)))


def _group_of(instrument: Instrument) -> str:
    if instrument.id in SESSION_SETS.values():
        return "Check-in"
    if instrument.respondent == Respondent.THERAPIST:
        return "Your own rating"
    return "Asked besides" if instrument.schedule is not None else "Questionnaires"


def _scale_row(instrument: Instrument, scale_id: str, given: list[tuple[datetime, float]]) -> ScaleRow:
    scale, first, last = instrument.scale(scale_id), given[0][1], given[-1][1]
    points = [((at - given[0][0]).total_seconds() / 86_400, value) for at, value in given]
    curve = scores_sparkline(scale.label, points, scale.minimum, scale.maximum, construct=scale.construct)
    moved = change.score_change(scale, first, last) if len(given) > 1 else None
    return ScaleRow(
        instrument, scale, first, last, given[-1][0], len(given), change.severity_band(scale, last), moved, curve
    )


def counted(episode: Episode) -> list[Administration]:
    """What counts, in order of time, with its scores."""
    rows = episode.administrations.filter(set_aside_at=None).prefetch_related("scores")
    return sorted(rows, key=lambda a: a.at)


# ---- both ratings ----------------------------------------------------------------------------------------------------
def both_ratings(episode: Episode) -> ratings.RatingComparison:
    """The alliance of each session as the client and the therapist rated it."""
    rows = episode.administrations.filter(
        set_aside_at=None,
        instrument__in=(ratings.CLIENT_INSTRUMENT, ratings.THERAPIST_INSTRUMENT),
        therapy_session__isnull=False,
    ).select_related("therapy_session")
    by_session: dict[int, dict[str, Administration]] = {}
    for row in rows.prefetch_related("scores", "responses").order_by("at"):
        assert row.therapy_session is not None
        by_session.setdefault(row.therapy_session.number, {})[row.instrument] = row
    return ratings.compare_ratings(
        [
            ratings.RatedSession(
                session,
                _alliance(by.get(ratings.CLIENT_INSTRUMENT)),
                _alliance(by.get(ratings.THERAPIST_INSTRUMENT)),
                _items(by.get(ratings.CLIENT_INSTRUMENT)),
                _items(by.get(ratings.THERAPIST_INSTRUMENT)),
            )
            for session, by in by_session.items()
        ]
    )


def _alliance(given: Administration | None) -> float | None:
    scores = given.scores.all() if given is not None else []
    return next((s.value for s in scores if s.scale == ratings.SCALE), None)


def _items(given: Administration | None) -> dict[int, float | None]:
    return {r.item: r.value for r in given.responses.all()} if given is not None else {}


# ---- what is asked when ----------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class ExtraRow:
    """One extra: what it measures, the sessions at which it was asked, when it comes next in words, and whether the
    therapist switched it off or asked for it.
    """

    instrument: Instrument
    measures: str
    asked: list[int]
    next: str
    off: bool
    asked_for: bool
    #: whether it can come at all: what belongs to a problem area comes with that area
    fits: bool


def extra_rows(episode: Episode, held: int, now: datetime) -> list[ExtraRow]:
    """Every extra, those of every session first."""
    course, history = course_context(episode), administered_sessions(episode, now)
    coming: dict[str, int] = {}
    for due in scheduled_measures(episode, held, now):
        coming.setdefault(due.instrument.id, due.session)
    rows = []
    for instrument in all_extras():
        assert instrument.schedule is not None
        fits = not instrument.schedule.areas or bool(set(instrument.schedule.areas) & set(course.areas))
        labels = dict.fromkeys(CONSTRUCTS[s.construct].label.lower() for s in instrument.scales)
        off, by_hand = instrument.id in course.disabled, instrument.id in course.requested
        says = _when(instrument, coming.get(instrument.id), off=off, by_hand=by_hand, fits=fits)
        asked = sorted(n for n in history.get(instrument.id, ()) if n <= held)
        rows.append(ExtraRow(instrument, ", ".join(labels), asked, says, off, by_hand, fits))
    return rows


def _when(instrument: Instrument, session: int | None, *, off: bool, by_hand: bool, fits: bool) -> str:
    if off:
        return "switched off for this client"
    if by_hand:
        return f"with the next check-in {instrument.moment} a session"
    if instrument.schedule is not None and instrument.schedule.weekly:
        return "before every session" if fits else "comes with its problem area"
    return f"after session {session}" if session is not None else "not again in the planned sessions"


@dataclass(frozen=True, slots=True)
class NeverAsked:
    """A construct of the theory that was never measured in this therapy, and what on the shelf could measure it."""

    label: str
    about: str
    by: list[Instrument]


def never_asked(episode: Episode) -> list[NeverAsked]:
    """In alphabetical order; what the client answers only. Constructs that no instrument measures are left out."""
    known = {s.construct for a in counted(episode) if a.respondent == Respondent.CLIENT for s in a.scores.all()}
    by: dict[str, list[Instrument]] = {}
    for instrument in instruments().values():
        if instrument.respondent == Respondent.CLIENT:
            for construct in {s.construct for s in instrument.scales}:
                by.setdefault(construct, []).append(instrument)
    constructs = [
        NeverAsked(c.label, c.about, sorted(by[name], key=lambda i: (i.schedule is None, i.name)))
        for name, c in CONSTRUCTS.items()
        if name not in known and name not in UNMEASURED_CONSTRUCTS and name in by
    ]
    return sorted(constructs, key=lambda n: n.label)
