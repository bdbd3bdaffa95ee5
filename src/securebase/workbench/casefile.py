"""One-way conversion of database rows to an `EpisodeRecord`; no other module does this.

Times become days since local midnight of the day on which the episode began.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import Prefetch, QuerySet
from django.utils import timezone

from securebase.ipt.typed_records import add_typed_records
from securebase.picture.fingerprints import worksheets_read
from securebase.records import artefact as work
from securebase.records import episode as records
from securebase.records.dates import EARLIEST
from securebase.records.vocabulary import Agreement, CircleKind, Moment, Phase, ProblemArea, Respondent, RuptureKind
from securebase.workbench.clients.models import Episode
from securebase.workbench.inventory.models import Circle, Relationship
from securebase.workbench.measures.models import Administration, Response, SafetyAlert, Score
from securebase.workbench.therapy_sessions.models import Rupture, TherapySession
from securebase.workbench.worksheets.models import Artefact, ArtefactVersion
from securebase.workbench.worksheets.queries import values_of

_SECONDS_A_DAY = 86_400.0
_REASON = "rows of episodes that were already in scope"


def prefetch_record(episodes: QuerySet[Episode]) -> QuerySet[Episode]:
    """Prefetch everything that `episode_record` reads, in a handful of queries. The episodes keep their scope."""

    def all_rows(model: type) -> QuerySet[Administration]:
        return model.objects.unscoped(reason=_REASON)  # type: ignore[attr-defined, no-any-return]

    administrations = all_rows(Administration).select_related("therapy_session")
    return episodes.select_related("client").prefetch_related(
        Prefetch("administrations", administrations),
        Prefetch("administrations__responses", all_rows(Response)),
        Prefetch("administrations__scores", all_rows(Score)),
        Prefetch("safety_alerts", all_rows(SafetyAlert)),
        Prefetch("therapy_sessions", all_rows(TherapySession)),
        Prefetch("therapy_sessions__ruptures", all_rows(Rupture)),
    )


def prefetch_picture_record(episodes: QuerySet[Episode]) -> QuerySet[Episode]:
    """Prefetch the worksheets that a picture reads as well, for `picture_record`."""
    return _prefetch_artefacts(prefetch_record(episodes), worksheet__in=worksheets_read())


def prefetch_course_record(episodes: QuerySet[Episode]) -> QuerySet[Episode]:
    """Prefetch all worksheets, relationships and circles as well, for `course_record`."""
    return _prefetch_artefacts(prefetch_record(episodes)).prefetch_related(
        Prefetch("relationships", Relationship.objects.unscoped(reason=_REASON)),
        Prefetch("circles", Circle.objects.unscoped(reason=_REASON)),
    )


def _prefetch_artefacts(episodes: QuerySet[Episode], **only: object) -> QuerySet[Episode]:
    return episodes.prefetch_related(
        Prefetch("artefacts", Artefact.objects.unscoped(reason=_REASON).filter(**only)),
        Prefetch("artefacts__versions", ArtefactVersion.objects.unscoped(reason=_REASON)),
    )


def episode_record(episode: Episode, as_of: datetime) -> records.EpisodeRecord:
    """Return the record of the episode as known at `as_of`.

    Later rows and administrations that were set aside are left out; safety alerts never are.
    """

    def day(moment: datetime) -> float:
        return day_at(episode, moment)

    def is_known(moment: datetime | None) -> bool:
        return moment is not None and moment <= as_of

    def day_if_known(moment: datetime | None) -> float | None:
        return day(moment) if moment is not None and is_known(moment) else None

    sessions = sorted((s for s in episode.therapy_sessions.all() if is_known(s.held_at)), key=lambda s: s.number)
    administrations = [a for a in episode.administrations.all() if is_known(a.at) and not is_known(a.set_aside_at)]
    # Alerts are not filtered by time: a clock that was set back must not hide one.
    alerts = list(episode.safety_alerts.all())
    ruptures = [(s, r) for s in episode.therapy_sessions.all() for r in s.ruptures.all() if is_known(r.marked_at)]
    return records.EpisodeRecord(
        person=str(episode.client_id),
        administrations=tuple(_administration(a, day(a.at)) for a in sorted(administrations, key=lambda a: a.at)),
        sessions=tuple(records.TherapySessionRecord(s.number, day(s.held_at), Phase(s.phase)) for s in sessions),
        ruptures=tuple(
            records.RuptureRecord(day(r.marked_at), s.number, RuptureKind(r.kind), day_if_known(r.repaired_at))
            for s, r in ruptures
        ),
        safety_alerts=tuple(
            records.SafetyAlertRecord(
                day(a.raised_at), _instrument_of(a, administrations), a.item, a.value, day_if_known(a.acknowledged_at)
            )
            for a in sorted(alerts, key=lambda a: a.raised_at)
        ),
        problem_areas=tuple(ProblemArea(a) for a in episode.problem_areas),
        phase=Phase(episode.phase),
        planned_sessions=episode.planned_sessions,
        initial_sessions=episode.initial_sessions,
        ending_sessions=episode.ending_sessions,
        days_between=episode.days_between,
        course_format=episode.course_form,
        ended_at=_end_day(episode, as_of),
        symptom_measure=episode.symptom_instrument_and_scale,
        began_on=_first_day(episode),
        simulated=episode.client.simulated,
    )


def picture_record(episode: Episode, as_of: datetime) -> records.EpisodeRecord:
    """Return the record together with the worksheets that a picture reads."""
    read = set(worksheets_read())
    artefacts = tuple(a for a in _artefacts(episode, as_of) if a.worksheet in read)
    return replace(episode_record(episode, as_of), artefacts=artefacts)


def course_record(episode: Episode, as_of: datetime) -> records.EpisodeRecord:
    """Return the record together with all worksheets, relationships and circles; pictures need `picture_record`.

    Its typed parts (life events, retellings, inputs) are read from the worksheets.
    """
    return add_typed_records(
        replace(
            episode_record(episode, as_of),
            artefacts=tuple(_artefacts(episode, as_of)),
            relationships=tuple(_relationships(episode, as_of)),
            circles=tuple(_circles(episode, as_of)),
        )
    )


def _end_day(episode: Episode, as_of: datetime) -> float | None:
    """Return the day on which the episode ended; None while it runs, even if a later end date is set."""
    if episode.ended_on is None or episode.ended_on > timezone.localdate(as_of):
        return None
    return float((episode.ended_on - _first_day(episode)).days)


def day_at(episode: Episode, moment: datetime) -> float:
    """Return the day of the record at a moment; days have 24 hours, also across daylight saving changes."""
    return (moment - began_at(episode)).total_seconds() / _SECONDS_A_DAY


def _artefacts(episode: Episode, as_of: datetime) -> Iterator[work.ArtefactRecord]:
    """Yield each artefact in its last version at `as_of`, without those removed by then."""
    for row, versions in _saved_versions(episode, as_of):
        yield _artefact(episode, row, max(versions, key=lambda v: v.number))


def artefact_versions(episode: Episode, as_of: datetime) -> Iterator[work.ArtefactRecord]:
    """Yield every version of each artefact saved by `as_of`, without artefacts removed by then."""
    for row, versions in _saved_versions(episode, as_of):
        for version in sorted(versions, key=lambda v: v.number):
            yield _artefact(episode, row, version)


def _saved_versions(episode: Episode, as_of: datetime) -> Iterator[tuple[Artefact, list[ArtefactVersion]]]:
    """Yield each artefact not removed by `as_of`, with its versions saved by then."""
    for row in sorted(episode.artefacts.all(), key=lambda r: r.begun_at):
        versions = [v for v in row.versions.all() if v.saved_at <= as_of]
        if versions and not (row.removed_at is not None and row.removed_at <= as_of):
            yield row, versions


def _artefact(episode: Episode, row: Artefact, version: ArtefactVersion) -> work.ArtefactRecord:
    sessions = episode.therapy_sessions.all()
    return work.ArtefactRecord(
        id=str(row.id),
        worksheet=row.worksheet,
        values=values_of(version),
        at=day_at(episode, version.saved_at),
        begun_at=day_at(episode, row.begun_at),
        version=version.number,
        session=next((s.number for s in sessions if s.id == row.therapy_session_id), None),
        about=str(row.about or ""),
        respondent=Respondent(version.respondent),
        agreement=Agreement(version.agreement),
        for_client=row.for_client,
    )


def _relationships(episode: Episode, as_of: datetime) -> Iterator[work.RelationshipRecord]:
    """Yield everyone added by `as_of`; someone who left later still counts as present."""
    for row in episode.relationships.all():
        if row.added_at > as_of:
            continue
        left_at = row.left_at if row.left_at is not None and row.left_at <= as_of else None
        yield work.RelationshipRecord(
            id=str(row.id),
            name=row.name_shown,
            relation=row.relation,
            deceased=row.deceased,
            online=row.online,
            professional=row.professional,
            is_focus=row.is_focus,
            at=day_at(episode, row.added_at),
            left_at=day_at(episode, left_at) if left_at is not None else None,
        )


def _circles(episode: Episode, as_of: datetime) -> Iterator[work.ClosenessCircle]:
    """Yield every circle drawn and not removed by `as_of`, in chronological order."""
    numbers = {s.id: s.number for s in episode.therapy_sessions.all()}
    for row in sorted(episode.circles.all(), key=lambda c: c.drawn_at):
        if row.drawn_at > as_of or (row.removed_at is not None and row.removed_at <= as_of):
            continue
        yield work.ClosenessCircle(
            id=str(row.id),
            at=day_at(episode, row.drawn_at),
            kind=CircleKind(row.kind),
            respondent=Respondent(row.respondent),
            session=numbers.get(row.therapy_session_id) if row.therapy_session_id else None,
            placements=row.placement_values,
        )


def next_change(episode: Episode, as_of: datetime) -> datetime:
    """Return the first time after `as_of` at which the record changes without a write.

    A planned session begins, an entry with a later time becomes known, or a day of the episode ends.
    """
    began = began_at(episode).astimezone(UTC)  # days of the record have 24 hours, also across daylight saving changes
    changes = [began + timedelta(days=(as_of - began) // timedelta(days=1) + 1)]
    for session in episode.therapy_sessions.all():
        changes.append(session.held_at)
        for rupture in session.ruptures.all():
            changes += [rupture.marked_at, rupture.repaired_at or as_of]
    for administration in episode.administrations.all():
        changes += [administration.at, administration.set_aside_at or as_of]
    changes += [alert.acknowledged_at or as_of for alert in episode.safety_alerts.all()]
    return min(moment for moment in changes if moment > as_of)


def began_at(episode: Episode) -> datetime:
    """Return time 0 of the episode's record."""
    return timezone.make_aware(datetime.combine(_first_day(episode), time()))


def _first_day(episode: Episode) -> date:
    """Return the day the episode began. Earlier versions stored a mistyped year 1, which no time zone can convert."""
    return max(episode.began_on, EARLIEST)


def _administration(row: Administration, at: float) -> records.AdministrationRecord:
    session = row.therapy_session.number if row.therapy_session else None
    moment, respondent = Moment(row.moment), Respondent(row.respondent)
    return records.AdministrationRecord(
        instrument=row.instrument,
        at=at,
        moment=moment,
        session=session,
        respondent=respondent,
        responses={r.item: r.value for r in row.responses.all()},
        scores=tuple(
            records.ScoreRecord(s.construct, s.value, at, moment, session, row.instrument, s.scale, respondent)
            for s in row.scores.all()
            if s.value is not None
        ),
        instrument_version=row.instrument_version,
    )


def _instrument_of(alert: SafetyAlert, administrations: Iterable[Administration]) -> str:
    names = {a.id: a.instrument for a in administrations}
    return names.get(alert.administration_id) or alert.administration.instrument
