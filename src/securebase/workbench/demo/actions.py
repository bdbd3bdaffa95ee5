"""Build the demo clinic: one therapist and a roster of invented clients whose answers come from the simulator.

The same seed gives the same clinic; only the dates move with the day on which it is built. Rows are inserted in bulk
but equal those that the workbench's own actions write: responses, scores and alerts together, one transaction, audit
rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from securebase.errors import NotPermittedError
from securebase.measurement.catalogue import instrument as get_instrument
from securebase.measurement.schedule import CourseContext
from securebase.measurement.scoring import ScoringResult, score
from securebase.model.simulate import simulate
from securebase.records import episode as records
from securebase.records.vocabulary import Moment, Respondent, RuptureKind
from securebase.workbench.accounts.actions import create_account, create_clinic
from securebase.workbench.accounts.models import Account, Role
from securebase.workbench.audit.actions import record
from securebase.workbench.check_ins.actions import invite_check_in
from securebase.workbench.check_ins.models import CheckIn, CheckInMode, CheckInState
from securebase.workbench.clients.actions import create_client
from securebase.workbench.clients.models import Client, Episode, SymptomMeasure
from securebase.workbench.demo.additional_measures import score_additional_measures, symptom_level, therapist_rating
from securebase.workbench.demo.courses import load_course_files, write_course
from securebase.workbench.demo.others import OPEN_CLIENT, add_supervisor, open_own_page, share_with_supervisor
from securebase.workbench.demo.roster import PHQ9, ROSTER, Person
from securebase.workbench.measures.actions import acknowledge_alert
from securebase.workbench.measures.models import Administration, Response, SafetyAlert, Score
from securebase.workbench.progress.queries import current_picture
from securebase.workbench.therapy_sessions.models import Rupture, TherapySession

USER_NAME, PASSWORD = "demo", "simulated-clinic"
CLINIC, THERAPIST = "Harbour Street Clinic (simulated)", "Dr M. Okafor"
#: Chosen so that every client shows what the roster's story says (checked by a test).
SEED = 27
_REASON = "building the simulated demo clinic"
#: Times of the answers to the two check-ins, relative to the start of the session.
_BEFORE, _AFTER = timedelta(minutes=-40), timedelta(minutes=65)

Progress = Callable[[str, int, int], None]


def _ignore_progress(label: str, done: int, total: int) -> None:
    pass


def build_clinic(*, now: datetime, seed: int = SEED, progress: Progress = _ignore_progress) -> Account:
    """Build the demo clinic with all pictures in an empty database, as of `now`, and return its therapist.

    Raises NotPermittedError outside demo mode or if an account exists: real and simulated clients are never mixed.
    """
    if not settings.DEMO:
        raise NotPermittedError("the demo clinic can only be built in demo mode")
    if Account.objects.exists():
        raise NotPermittedError("the database already holds a clinic", advice="Choose another data directory.")
    with transaction.atomic():
        therapist = _create_therapist()
        courses = simulate_courses(seed)
        for n_done, (person, course) in enumerate(zip(ROSTER, courses, strict=True)):
            progress("Simulating clients", n_done, len(ROSTER))
            write_client(person, course, therapist=therapist, now=now)
        _add_other_users(therapist, now)
        record(actor=None, action="demo.built", detail={"clients": len(ROSTER), "seed": seed})
    make_pictures(therapist=therapist, now=now, progress=progress)
    return therapist


def _add_other_users(therapist: Account, now: datetime) -> None:
    """Add the supervisor, and share the course and open the own page of OPEN_CLIENT if the roster has that client."""
    supervisor = add_supervisor(therapist=therapist, password=PASSWORD)
    for episode in Episode.objects.visible_to(therapist).filter(client__name_shown=OPEN_CLIENT):
        share_with_supervisor(episode=episode, therapist=therapist, supervisor=supervisor, now=now)
        open_own_page(episode=episode, therapist=therapist, now=now)


def make_pictures(*, therapist: Account, now: datetime, progress: Progress = _ignore_progress) -> None:
    """Compute and store every picture, so that the first page opens without delay."""
    episodes = list(Episode.objects.visible_to(therapist))
    for n_done, episode in enumerate(episodes):
        progress("Computing overviews", n_done, len(episodes))
        current_picture(episode=episode, as_of=now)
    progress("Computing overviews", len(episodes), len(episodes))


def _create_therapist() -> Account:
    return create_account(
        clinic=create_clinic(name=CLINIC),
        user_name=USER_NAME,
        name_shown=THERAPIST,
        password=PASSWORD,
        roles=(Role.THERAPIST, Role.ADMINISTRATOR),
    )


def simulate_courses(seed: int) -> Sequence[records.EpisodeRecord]:
    """Simulate one full course per person of the roster; sessions after those held are dropped later."""
    shocks = [shock for position, person in enumerate(ROSTER) for shock in person.shocks(position)]
    alerts = [(position, person.alarm) for position, person in enumerate(ROSTER) if person.alarm]
    return simulate(
        "one_pace",
        n_clients=len(ROSTER),
        rng=np.random.default_rng(seed),
        sessions=max(p.planned for p in ROSTER),
        missing=0.0,
        irregular=0.0,
        dropout=0.0,
        safety=0.0,
        inventory_every=1,
        shocks=shocks,
        alerts=alerts,
    ).episodes


# ---- dates -----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class _Calendar:
    """Times of the sessions held, by number, and of the next session."""

    start_times: dict[int, datetime]
    next_at: datetime


def _build_calendar(person: Person, course: records.EpisodeRecord, position: int, now: datetime) -> _Calendar:
    """Shift the simulated dates so that the next session is `next_in` days ahead and the last one in the past."""
    local = timezone.localtime(now)
    hour = (9, 10, 11, 13, 14, 15, 16)[position % 7]
    next_at = local.replace(hour=hour, minute=0, second=0, microsecond=0) + timedelta(days=person.next_in)
    if next_at <= local + timedelta(hours=1):
        soon = local.replace(minute=0, second=0, microsecond=0) + timedelta(hours=2)
        next_at = soon if soon.date() == local.date() and soon.hour <= 19 else next_at + timedelta(days=1)
    days = {s.number: s.at for s in course.sessions if s.number <= person.sessions_held}
    if not days:
        return _Calendar({}, next_at)
    last = next_at - timedelta(days=7)
    end = days[person.sessions_held]
    return _Calendar({number: last - timedelta(days=end - day) for number, day in days.items()}, next_at)


# ---- rows ------------------------------------------------------------------------------------------------------------
def write_client(person: Person, course: records.EpisodeRecord, *, therapist: Account, now: datetime) -> Client:
    calendar = _build_calendar(person, course, ROSTER.index(person), now)
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
    _create_administrations(episode, sessions, included, calendar)
    _create_rupture(person, sessions, calendar)
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
    return client


def _is_included(person: Person, administration: records.AdministrationRecord) -> bool:
    """Return True if the roster says that this simulated check-in has been answered so far."""
    session = administration.session or 0
    if session > person.sessions_held or session in person.unanswered:
        return False
    if person.only_before and session == person.sessions_held and administration.moment is Moment.AFTER:
        return False
    return administration.instrument != "phq9" or person.measure == PHQ9


def _create_sessions(person: Person, episode: Episode, calendar: _Calendar) -> dict[int, TherapySession]:
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
    calendar: _Calendar,
) -> None:
    """Create check-ins, administrations, responses, scores and alerts, with the scoring used for every client."""
    check_ins, administrations, results = [], [], []
    # a separate random stream for additional measures leaves the simulated course unchanged
    rng = np.random.default_rng([len(simulated), episode.planned_sessions])
    course = CourseContext(episode.planned_sessions, tuple(episode.problem_areas))
    history: dict[str, set[int]] = {}
    severity = 5.0
    for answers in sorted(simulated, key=lambda a: (a.session or 0, a.moment is Moment.AFTER)):
        number = answers.session or 0
        at = calendar.start_times[number] + (_AFTER if answers.moment is Moment.AFTER else _BEFORE)
        check_in = None
        if answers.instrument != "phq9":
            check_in = CheckIn(
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
        for extra in score_additional_measures(answers, course=course, history=history, severity=severity, rng=rng):
            check_in.extras.append(extra.instrument)
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


def _create_rupture(person: Person, sessions: dict[int, TherapySession], calendar: _Calendar) -> None:
    """Create the rupture that the therapist marked, with its repair."""
    if person.rupture is None:
        return
    session, kind, repair_session = person.rupture
    Rupture.objects.unscoped(reason=_REASON).bulk_create(
        [
            Rupture(
                therapy_session=sessions[session],
                kind=RuptureKind(kind).value,
                marked_at=calendar.start_times[session] + timedelta(hours=2),
                repaired_in=sessions[repair_session] if repair_session else None,
                repaired_at=calendar.start_times[repair_session] + timedelta(hours=2) if repair_session else None,
            )
        ]
    )


def _acknowledge_alerts(episode: Episode, therapist: Account) -> None:
    for alert in SafetyAlert.objects.visible_to(therapist).filter(episode=episode, acknowledged_at=None):
        acknowledge_alert(
            alert=alert,
            by=therapist,
            note="Asked about it at the start of the session: no plan, no intent. Reviewed the safety plan together.",
            at=alert.raised_at + timedelta(minutes=45),
        )
