"""Make the demo clinic: one therapist and a roster of invented clients whose answers come from the simulator.

The same seed gives the same clinic; only its dates move with the day it is made. Rows are written in bulk, and as the
workbench's own actions would write them: responses, scores and alerts together, one transaction, audit rows.
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
from securebase.measurement.catalogue import instrument as instrument_called
from securebase.measurement.schedule import CourseContext
from securebase.measurement.scoring import ScoringResult, score
from securebase.model.simulate import simulate
from securebase.records import episode as records
from securebase.records.vocabulary import Moment, Respondent, RuptureKind
from securebase.workbench.accounts.actions import create_account, create_clinic
from securebase.workbench.accounts.models import Account, Role
from securebase.workbench.audit.actions import record
from securebase.workbench.clients.actions import create_client
from securebase.workbench.clients.models import Client, Episode, SymptomMeasure
from securebase.workbench.demo.additional_measures import asked_besides, how_low, own_rating
from securebase.workbench.demo.courses import lived, write
from securebase.workbench.demo.others import OPEN_CLIENT, add_supervisor, open_own_page, share
from securebase.workbench.demo.roster import PHQ9, ROSTER, Person
from securebase.workbench.progress.queries import current_picture
from securebase.workbench.therapy_sessions.actions import acknowledge_alert, invite_check_in
from securebase.workbench.therapy_sessions.models import (
    Administration,
    CheckIn,
    CheckInMode,
    CheckInState,
    Response,
    Rupture,
    SafetyAlert,
    Score,
    TherapySession,
)

USER_NAME, PASSWORD = "demo", "simulated-clinic"
CLINIC, THERAPIST = "Harbour Street Clinic (simulated)", "Dr M. Okafor"
#: Chosen so that what each story promises can be seen (a test looks).
SEED = 27
_BECAUSE = "building the simulated demo clinic"
#: Minutes from the hour of a session at which its two check-ins were answered.
_BEFORE, _AFTER = timedelta(minutes=-40), timedelta(minutes=65)

Progress = Callable[[str, int, int], None]


def _quiet(what: str, done: int, of: int) -> None:
    """Tells nobody."""


def build_clinic(*, now: datetime, seed: int = SEED, progress: Progress = _quiet) -> Account:
    """The demo clinic in an empty database, as of `now`, with every picture made. Returns its therapist.

    Raises NotPermittedError outside demo mode or where an account exists: real clients never meet invented ones.
    """
    if not settings.DEMO:
        raise NotPermittedError("the demo clinic is only made in demo mode")
    if Account.objects.exists():
        raise NotPermittedError("there is a clinic here already", advice="Choose another data directory.")
    with transaction.atomic():
        therapist = _therapist()
        courses = _courses(seed)
        for done, (person, course) in enumerate(zip(ROSTER, courses, strict=True)):
            progress("Inventing clients", done, len(ROSTER))
            _write(person, course, therapist=therapist, now=now)
        _let_in(therapist, now)
        record(actor=None, action="demo.built", detail={"clients": len(ROSTER), "seed": seed})
    make_pictures(therapist=therapist, now=now, progress=progress)
    return therapist


def _let_in(therapist: Account, now: datetime) -> None:
    """The supervisor, and the client with a page of their own, where that client is in the roster."""
    supervisor = add_supervisor(therapist=therapist, password=PASSWORD)
    for episode in Episode.objects.visible_to(therapist).filter(client__name_shown=OPEN_CLIENT):
        share(episode=episode, therapist=therapist, supervisor=supervisor, now=now)
        open_own_page(episode=episode, therapist=therapist, now=now)


def make_pictures(*, therapist: Account, now: datetime, progress: Progress = _quiet) -> None:
    """Every picture made and stored, so that the first page opens at once."""
    episodes = list(Episode.objects.visible_to(therapist))
    for done, episode in enumerate(episodes):
        progress("Making pictures", done, len(episodes))
        current_picture(episode=episode, as_of=now)
    progress("Making pictures", len(episodes), len(episodes))


def _therapist() -> Account:
    return create_account(
        clinic=create_clinic(name=CLINIC),
        user_name=USER_NAME,
        name_shown=THERAPIST,
        password=PASSWORD,
        roles=(Role.THERAPIST, Role.ADMINISTRATOR),
    )


def _courses(seed: int) -> Sequence[records.EpisodeRecord]:
    """One simulated course for each person of the roster, longer than what was held so far."""
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


# ---- when ------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class _Calendar:
    """Moments of the sessions held, by number, and of the next one."""

    held: dict[int, datetime]
    next_at: datetime


def _calendar(person: Person, course: records.EpisodeRecord, position: int, now: datetime) -> _Calendar:
    """The course's own days, moved so that the next session lies `next_in` days ahead and the last one before now."""
    local = timezone.localtime(now)
    hour = (9, 10, 11, 13, 14, 15, 16)[position % 7]
    next_at = local.replace(hour=hour, minute=0, second=0, microsecond=0) + timedelta(days=person.next_in)
    if next_at <= local + timedelta(hours=1):
        soon = local.replace(minute=0, second=0, microsecond=0) + timedelta(hours=2)
        next_at = soon if soon.date() == local.date() and soon.hour <= 19 else next_at + timedelta(days=1)
    days = {s.number: s.at for s in course.sessions if s.number <= person.held}
    if not days:
        return _Calendar({}, next_at)
    last = next_at - timedelta(days=7)
    end = days[person.held]
    return _Calendar({number: last - timedelta(days=end - day) for number, day in days.items()}, next_at)


# ---- what is written -------------------------------------------------------------------------------------------------
def _write(person: Person, course: records.EpisodeRecord, *, therapist: Account, now: datetime) -> Client:
    calendar = _calendar(person, course, ROSTER.index(person), now)
    began = min(calendar.held.values(), default=calendar.next_at)
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
    sessions = _sessions(person, episode, calendar)
    kept = [a for a in course.administrations if _was_given(person, a)]
    _answers(episode, sessions, kept, calendar)
    _marks(person, sessions, calendar)
    if person.alarm is None or person.acknowledged:
        _acknowledge(episode, therapist)
    if person.ended:
        Episode.objects.visible_to(therapist).filter(id=episode.id).update(
            ended_on=timezone.localdate(calendar.held[person.held])
        )
    elif person.waiting:
        invite_check_in(
            session=sessions[person.held + 1],
            by=therapist,
            moment=Moment.BEFORE,
            mode=CheckInMode.DEVICE,
            at=now,
            simulated=True,
        )
    if person.name in lived():
        write(lived()[person.name], episode=episode, therapist=therapist, sessions=sessions, held=calendar.held)
    return client


def _was_given(person: Person, given: records.AdministrationRecord) -> bool:
    """Whether this simulated check-in belongs to what the roster says was answered so far."""
    session = given.session or 0
    if session > person.held or session in person.unanswered:
        return False
    if person.only_before and session == person.held and given.moment is Moment.AFTER:
        return False
    return given.instrument != "phq9" or person.measure == PHQ9


def _sessions(person: Person, episode: Episode, calendar: _Calendar) -> dict[int, TherapySession]:
    """Sessions held, and the next one unless the course has ended."""
    moments = dict(calendar.held)
    if not person.ended and person.held < person.planned:
        moments[person.held + 1] = calendar.next_at
    made = TherapySession.objects.unscoped(reason=_BECAUSE).bulk_create(
        TherapySession(
            episode=episode,
            number=number,
            held_at=at,
            phase=(person.present_phase if number >= person.held else person.phase_at(number)).value,
        )
        for number, at in moments.items()
    )
    return {session.number: session for session in made}


def _answers(
    episode: Episode,
    sessions: dict[int, TherapySession],
    given: Sequence[records.AdministrationRecord],
    calendar: _Calendar,
) -> None:
    """Check-ins, administrations, responses, scores and alerts, scored here as every client's answers are."""
    check_ins, administrations, scored_rows = [], [], []
    # what is asked besides has a stream of its own: the course itself stays as it was simulated
    rng = np.random.default_rng([len(given), episode.planned_sessions])
    course = CourseContext(episode.planned_sessions, tuple(episode.problem_areas))
    history: dict[str, set[int]] = {}
    low = 5.0
    for answers in sorted(given, key=lambda a: (a.session or 0, a.moment is Moment.AFTER)):
        number = answers.session or 0
        at = calendar.held[number] + (_AFTER if answers.moment is Moment.AFTER else _BEFORE)
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
        shelf = instrument_called(answers.instrument)
        administrations.append(
            Administration(
                episode=episode,
                therapy_session=sessions[number],
                check_in=check_in,
                instrument=shelf.id,
                instrument_version=shelf.version,
                # two instruments before one session are two moments
                at=at - timedelta(minutes=4) if check_in is None else at,
                moment=answers.moment.value,
                simulated=True,
            )
        )
        scored_rows.append(score(shelf, answers.responses))
        if check_in is None:
            continue
        low = how_low(given, number, low)
        for besides in asked_besides(answers, course=course, history=history, low=low, rng=rng):
            check_in.extras.append(besides.instrument)
            administrations.append(_besides(besides, administrations[-1], check_in=check_in, at=at))
            scored_rows.append(besides)
        if answers.moment is Moment.AFTER and (rating := own_rating(answers, rng)) is not None:
            administrations.append(_besides(rating, administrations[-1], check_in=None, at=at + timedelta(minutes=20)))
            scored_rows.append(rating)
    CheckIn.objects.unscoped(reason=_BECAUSE).bulk_create(check_ins)
    Administration.objects.unscoped(reason=_BECAUSE).bulk_create(administrations)
    _parts(episode, list(zip(administrations, scored_rows, strict=True)))


def _besides(scored: ScoringResult, like: Administration, *, check_in: CheckIn | None, at: datetime) -> Administration:
    """A form beside the session set of the same moment; without a check-in it is the therapist's own."""
    return Administration(
        episode=like.episode,
        therapy_session=like.therapy_session,
        check_in=check_in,
        instrument=scored.instrument,
        instrument_version=instrument_called(scored.instrument).version,
        at=at,
        moment=like.moment,
        respondent=(Respondent.CLIENT if check_in is not None else Respondent.THERAPIST).value,
        simulated=True,
    )


def _parts(episode: Episode, given: Sequence[tuple[Administration, ScoringResult]]) -> None:
    Response.objects.unscoped(reason=_BECAUSE).bulk_create(
        Response(administration=row, item=item, value=value)
        for row, scored in given
        for item, value in scored.responses.items()
    )
    Score.objects.unscoped(reason=_BECAUSE).bulk_create(
        Score(
            administration=row, scale=s.scale, construct=s.construct, value=s.value, n_missing=s.n_missing, note=s.note
        )
        for row, scored in given
        for s in scored.scores.values()
    )
    SafetyAlert.objects.unscoped(reason=_BECAUSE).bulk_create(
        SafetyAlert(
            episode=episode, administration=row, item=a.item, value=a.value, concern=a.concern, raised_at=row.at
        )
        for row, scored in given
        for a in scored.alerts
    )


def _marks(person: Person, sessions: dict[int, TherapySession], calendar: _Calendar) -> None:
    """The rupture that the therapist marked, and its repair."""
    if person.rupture is None:
        return
    session, kind, repaired = person.rupture
    Rupture.objects.unscoped(reason=_BECAUSE).bulk_create(
        [
            Rupture(
                therapy_session=sessions[session],
                kind=RuptureKind(kind).value,
                marked_at=calendar.held[session] + timedelta(hours=2),
                repaired_in=sessions[repaired] if repaired else None,
                repaired_at=calendar.held[repaired] + timedelta(hours=2) if repaired else None,
            )
        ]
    )


def _acknowledge(episode: Episode, therapist: Account) -> None:
    for alert in SafetyAlert.objects.visible_to(therapist).filter(episode=episode, acknowledged_at=None):
        acknowledge_alert(
            alert=alert,
            by=therapist,
            note="Asked about it at the start of the session: no plan, no intent. Safety plan gone through together.",
            at=alert.raised_at + timedelta(minutes=45),
        )
