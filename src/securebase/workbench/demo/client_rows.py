"""Rows of one simulated client: sessions, check-ins, answers, scores, alerts, ruptures.

Rows are inserted in bulk but equal those that the workbench's own actions write: responses, scores and alerts together,
one transaction, audit rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from django.utils import timezone

from securebase.measurement.catalogue import instrument as get_instrument
from securebase.measurement.schedule import CourseContext, PastCheckIn
from securebase.measurement.scoring import ScoringResult, score
from securebase.records import episode as records
from securebase.records.vocabulary import Moment, Respondent, RuptureKind
from securebase.workbench.accounts.models import Account
from securebase.workbench.check_ins.actions import invite_check_in
from securebase.workbench.check_ins.models import CheckIn, CheckInMode, CheckInState
from securebase.workbench.clients.actions import create_client
from securebase.workbench.clients.models import Client, Episode, SymptomMeasure
from securebase.workbench.demo.additional_measures import (
    TrueCourse,
    score_additional_measures,
    symptom_level,
    therapist_rating,
)
from securebase.workbench.demo.courses import load_course_files, write_course
from securebase.workbench.demo.roster import PHQ9, Person
from securebase.workbench.demo.simulated_work import CONTRACT_SESSION, contract, write_entries
from securebase.workbench.measures.actions import acknowledge_alert
from securebase.workbench.measures.models import Administration, Response, SafetyAlert, Score
from securebase.workbench.therapy_sessions.models import Rupture, TherapySession

_REASON = "building the simulated demo clinic"
#: Times of the answers to the two check-ins, relative to the start of the session.
_BEFORE, _AFTER = timedelta(minutes=-40), timedelta(minutes=65)


# ---- dates -----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class CourseCalendar:
    """Times of the sessions held, by number, and of the next session."""

    start_times: dict[int, datetime]
    next_at: datetime


def _build_calendar(person: Person, course: records.EpisodeRecord, position: int, now: datetime) -> CourseCalendar:
    """Shift the simulated dates so that the next session is `next_in` days ahead and the last one in the past."""
    local = timezone.localtime(now)
    hour = (9, 10, 11, 13, 14, 15, 16)[position % 7]
    next_at = local.replace(hour=hour, minute=0, second=0, microsecond=0) + timedelta(days=person.next_in)
    if next_at <= local + timedelta(hours=1):
        soon = local.replace(minute=0, second=0, microsecond=0) + timedelta(hours=2)
        next_at = soon if soon.date() == local.date() and soon.hour <= 19 else next_at + timedelta(days=1)
    days = {s.number: s.at for s in course.sessions if s.number <= person.sessions_held}
    if not days:
        return CourseCalendar({}, next_at)
    last = next_at - timedelta(days=7)
    end = days[person.sessions_held]
    return CourseCalendar({number: last - timedelta(days=end - day) for number, day in days.items()}, next_at)


# ---- rows ------------------------------------------------------------------------------------------------------------
def write_client(
    person: Person,
    course: records.EpisodeRecord,
    true: TrueCourse,
    *,
    therapist: Account,
    now: datetime,
    position: int = 0,
) -> Client:
    """Write one client with everything recorded so far.

    `true` has the values behind the simulated course. `position` on the roster sets the hour of the sessions.
    """
    calendar = _build_calendar(person, course, position, now)
    began = min(calendar.start_times.values(), default=calendar.next_at)
    client = create_client(
        therapist=therapist,
        name_shown=person.name,
        pronouns=person.pronouns,
        began_on=timezone.localdate(began),
        planned_sessions=person.planned,
        problem_areas=[person.area] if person.area else [],
        phase=person.present_phase,
        symptom_measure=SymptomMeasure(person.measure),
        simulated=True,
    )
    episode = client.episodes.get()
    sessions = _create_sessions(person, episode, calendar)
    included = [a for a in course.administrations if _is_included(person, a)]
    _create_administrations(episode, sessions, included, calendar, true)
    _create_ruptures(person, sessions, calendar)
    if person.alarm is None or person.acknowledged:
        _acknowledge_alerts(episode, therapist)
    if person.ended:
        Episode.objects.visible_to(therapist).filter(id=episode.id).update(
            ended_on=timezone.localdate(calendar.start_times[person.sessions_held])
        )
    elif person.waiting:
        invite_check_in(
            session=sessions[person.sessions_held + 1],
            by=therapist,
            moment=Moment.BEFORE,
            mode=CheckInMode.DEVICE,
            at=now,
            simulated=True,
        )
    if person.name in load_course_files():
        write_course(
            load_course_files()[person.name],
            episode=episode,
            therapist=therapist,
            sessions=sessions,
            start_times=calendar.start_times,
        )
    elif person.sessions_held >= CONTRACT_SESSION:
        write_entries([contract(person)], episode=episode, therapist=therapist, start_times=calendar.start_times)
    return client


def _is_included(person: Person, administration: records.AdministrationRecord) -> bool:
    """Return True if the roster says that this simulated check-in has been answered so far."""
    session = administration.session or 0
    if session > person.sessions_held or session in person.unanswered:
        return False
    if person.only_before and session == person.sessions_held and administration.moment is Moment.AFTER:
        return False
    return administration.instrument != "phq9" or person.measure == PHQ9


def _create_sessions(person: Person, episode: Episode, calendar: CourseCalendar) -> dict[int, TherapySession]:
    """Create the sessions held and, unless the course has ended, the next one."""
    moments = dict(calendar.start_times)
    if not person.ended and person.sessions_held < person.planned:
        moments[person.sessions_held + 1] = calendar.next_at
    rows = TherapySession.objects.unscoped(reason=_REASON).bulk_create(
        TherapySession(
            episode=episode,
            number=number,
            held_at=at,
            phase=(person.present_phase if number >= person.sessions_held else person.phase_at(number)).value,
        )
        for number, at in moments.items()
    )
    return {session.number: session for session in rows}


def _create_administrations(
    episode: Episode,
    sessions: dict[int, TherapySession],
    simulated: Sequence[records.AdministrationRecord],
    calendar: CourseCalendar,
    true: TrueCourse,
) -> None:
    """Create check-ins, administrations, responses, scores and alerts, with the scoring used for every client."""
    check_ins, administrations, results = [], [], []
    # a separate random stream for additional measures leaves the simulated course unchanged
    rng = np.random.default_rng([len(simulated), episode.planned_sessions])
    course = CourseContext(episode.planned_sessions, tuple(episode.problem_areas), client=episode.rotation_offset)
    history: list[PastCheckIn] = []
    severity = 5.0
    for answers in sorted(simulated, key=lambda a: (a.session or 0, a.moment is Moment.AFTER)):
        number = answers.session or 0
        at = calendar.start_times[number] + (_AFTER if answers.moment is Moment.AFTER else _BEFORE)
        check_in = None
        if answers.instrument != "phq9":
            check_in = CheckIn(
                episode=episode,
                therapy_session=sessions[number],
                moment=answers.moment.value,
                mode=CheckInMode.LINK,
                state=CheckInState.ANSWERED,
                invited_at=at - timedelta(hours=3),
                opened_at=at - timedelta(minutes=1),
                answered_at=at,
                simulated=True,
            )
            check_ins.append(check_in)
        instrument = get_instrument(answers.instrument)
        administrations.append(
            Administration(
                episode=episode,
                therapy_session=sessions[number],
                check_in=check_in,
                instrument=instrument.id,
                instrument_version=instrument.version,
                # two instruments before one session get different times
                at=at - timedelta(minutes=4) if check_in is None else at,
                moment=answers.moment.value,
                simulated=True,
            )
        )
        results.append(score(instrument, answers.responses))
        if check_in is None:
            continue
        severity = symptom_level(simulated, number, severity)
        for part, extra in score_additional_measures(
            answers, course=course, history=history, true=true, severity=severity, rng=rng
        ):
            check_in.extras.append(str(part))
            administrations.append(_additional_administration(extra, administrations[-1], check_in=check_in, at=at))
            results.append(extra)
        if answers.moment is Moment.AFTER and (rating := therapist_rating(answers, rng)) is not None:
            rated_at = at + timedelta(minutes=20)
            administrations.append(_additional_administration(rating, administrations[-1], check_in=None, at=rated_at))
            results.append(rating)
    CheckIn.objects.unscoped(reason=_REASON).bulk_create(check_ins)
    Administration.objects.unscoped(reason=_REASON).bulk_create(administrations)
    _create_results(episode, list(zip(administrations, results, strict=True)))


def _additional_administration(
    result: ScoringResult, session_set: Administration, *, check_in: CheckIn | None, at: datetime
) -> Administration:
    """Return an administration besides the session set; one without a check-in is the therapist's."""
    return Administration(
        episode=session_set.episode,
        therapy_session=session_set.therapy_session,
        check_in=check_in,
        instrument=result.instrument,
        instrument_version=get_instrument(result.instrument).version,
        at=at,
        moment=session_set.moment,
        respondent=(Respondent.CLIENT if check_in is not None else Respondent.THERAPIST).value,
        simulated=True,
    )


def _create_results(episode: Episode, results: Sequence[tuple[Administration, ScoringResult]]) -> None:
    Response.objects.unscoped(reason=_REASON).bulk_create(
        Response(administration=row, item=item, value=value)
        for row, result in results
        for item, value in result.responses.items()
    )
    Score.objects.unscoped(reason=_REASON).bulk_create(
        Score(
            administration=row, scale=s.scale, construct=s.construct, value=s.value, n_missing=s.n_missing, note=s.note
        )
        for row, result in results
        for s in result.scores.values()
    )
    SafetyAlert.objects.unscoped(reason=_REASON).bulk_create(
        SafetyAlert(
            episode=episode, administration=row, item=a.item, value=a.value, concern=a.concern, raised_at=row.at
        )
        for row, result in results
        for a in result.alerts
    )


def _create_ruptures(person: Person, sessions: dict[int, TherapySession], calendar: CourseCalendar) -> None:
    """Create the ruptures that the therapist marked, with their repairs."""
    Rupture.objects.unscoped(reason=_REASON).bulk_create(
        Rupture(
            therapy_session=sessions[session],
            kind=RuptureKind(kind).value,
            marked_at=calendar.start_times[session] + timedelta(hours=2),
            repaired_in=sessions[repair_session] if repair_session else None,
            repaired_at=calendar.start_times[repair_session] + timedelta(hours=2) if repair_session else None,
        )
        for session, kind, repair_session in person.ruptures
    )


def _acknowledge_alerts(episode: Episode, therapist: Account) -> None:
    for alert in SafetyAlert.objects.visible_to(therapist).filter(episode=episode, acknowledged_at=None):
        acknowledge_alert(
            alert=alert,
            by=therapist,
            note="Asked about it at the start of the session: no plan, no intent. Reviewed the safety plan together.",
            at=alert.raised_at + timedelta(minutes=45),
        )
