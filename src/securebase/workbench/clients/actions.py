"""Writes of clients and episodes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db import models, transaction
from django.db.models import F

from securebase.errors import ConflictError, InputError, NotPermittedError
from securebase.ipt.course_format import MAX_DAYS_BETWEEN, MAX_SESSIONS, CourseFormat, check_format
from securebase.records.vocabulary import Phase, ProblemArea
from securebase.workbench.accounts.models import Account
from securebase.workbench.audit.actions import record
from securebase.workbench.clients.followed import check_followed
from securebase.workbench.clients.models import Client, Episode, SymptomMeasure

#: IPT works on one problem area, at most two
MAX_AREAS = 2


@transaction.atomic
def create_client(
    *,
    therapist: Account,
    name_shown: str,
    pronouns: str = "",
    mail: str = "",
    language: str = "",
    began_on: date,
    planned_sessions: int | None = None,
    problem_areas: Sequence[ProblemArea] = (),
    phase: Phase = Phase.INITIAL,
    symptom_measure: str = SymptomMeasure.SESSION_SET.value,
    simulated: bool = False,
    course_format: CourseFormat | None = None,
) -> Client:
    """Create a client of this therapist and the first episode.

    The episode copies the numbers of `course_format`. `planned_sessions` alone gives a course of that length with
    default phases.
    """
    if not therapist.is_therapist:
        raise NotPermittedError("only a therapist can add clients")
    client = Client.objects.create(
        clinic=therapist.clinic,
        therapist=therapist,
        name_shown=name_shown,
        pronouns=pronouns,
        mail=mail,
        language=language,
        simulated=simulated,
    )
    episode = Episode.objects.create(
        client=client,
        began_on=began_on,
        problem_areas=[ProblemArea(a).value for a in problem_areas],
        phase=Phase(phase).value,
        symptom_measure=check_followed(symptom_measure),
        rotation_offset=_next_offset(),
        **_numbers(course_format, planned_sessions),
    )
    record(
        actor=therapist,
        action="client.created",
        object_type="client",
        object_id=client.id,
        client=client.id,
        detail={"episode": str(episode.id), "simulated": simulated},
    )
    return client


def _next_offset() -> int:
    """Return where the rotating questions of the next course start: courses in a row start at different places."""
    return Episode.objects.unscoped(reason="counts all courses, reads none").count()


def _numbers(course_format: CourseFormat | None, planned_sessions: int | None) -> dict[str, Any]:
    """Return the numbers that an episode copies from a course format; later edits of the format change no course."""
    if course_format is None:
        return {} if planned_sessions is None else {"planned_sessions": planned_sessions}
    check_format(course_format)
    return {
        "course_form": course_format.id,
        "planned_sessions": course_format.sessions,
        "initial_sessions": course_format.initial,
        "ending_sessions": course_format.ending,
        "days_between": course_format.days_between,
    }


@transaction.atomic
def change_client(
    *,
    client: Client,
    by: Account,
    version: int,
    name_shown: str,
    pronouns: str,
    mail: str | None = None,
    language: str | None = None,
) -> Client:
    """Change a client; None keeps a value. Raises ConflictError if the client changed since the form read `version`."""
    ensure_own(client, by)
    rows = Client.objects.visible_to(by).filter(id=client.id, version=version)
    values = {
        "mail": client.mail if mail is None else mail,
        "language": client.language if language is None else language,
    }
    if not rows.update(name_shown=name_shown, pronouns=pronouns, **values, version=F("version") + 1):
        raise ConflictError
    record(actor=by, action="client.changed", object_type="client", object_id=client.id, client=client.id)
    client.refresh_from_db()
    return client


@transaction.atomic
def change_episode(
    *,
    episode: Episode,
    by: Account,
    version: int,
    began_on: date,
    planned_sessions: int,
    problem_areas: Sequence[ProblemArea],
    phase: Phase,
    symptom_measure: str,
    ended_on: date | None,
    course_format: CourseFormat | None = None,
) -> Episode:
    """Change an episode. Raises ConflictError if the episode changed since the form read `version`.

    course_format: the numbers of the course, `planned_sessions` included. None changes the planned sessions only.
    """
    ensure_own(episode.client, by)
    if ended_on is not None and ended_on < began_on:
        raise InputError("the end date must not be before the start date", where="Ended on")
    rows = Episode.objects.visible_to(by).filter(id=episode.id, version=version)
    if not rows.update(
        began_on=began_on,
        problem_areas=[ProblemArea(a).value for a in problem_areas],
        phase=Phase(phase).value,
        symptom_measure=check_followed(symptom_measure),
        ended_on=ended_on,
        **_numbers(course_format, planned_sessions),
        version=F("version") + 1,
        record_version=F("record_version") + 1,
    ):
        raise ConflictError
    record(
        actor=by,
        action="episode.changed",
        object_type="episode",
        object_id=episode.id,
        client=episode.client_id,
        detail={"phase": Phase(phase).value, "ended": ended_on is not None},
    )
    episode.refresh_from_db()
    return episode


@transaction.atomic
def begin_episode(
    *,
    client: Client,
    by: Account,
    began_on: date,
    planned_sessions: int | None = None,
    course_format: CourseFormat | None = None,
) -> Episode:
    """Begin a new course of therapy for a client whose last one has ended.

    A maintenance course keeps the problem areas and the symptom measure of the last one.
    """
    ensure_own(client, by)
    last = client.episode
    if last is not None and last.ended_on is None:
        raise InputError("the current course has not ended", advice="Enter its end date first.")
    carried_over: dict[str, Any] = {}
    if course_format is not None and course_format.maintenance:
        carried_over = {"phase": Phase.MAINTENANCE.value}
        if last is not None:
            carried_over |= {"problem_areas": last.problem_areas, "symptom_measure": last.symptom_measure}
    episode = Episode.objects.create(
        client=client,
        began_on=began_on,
        rotation_offset=_next_offset(),
        **carried_over,
        **_numbers(course_format, planned_sessions),
    )
    record(actor=by, action="episode.begun", object_type="episode", object_id=episode.id, client=client.id)
    return episode


@transaction.atomic
def set_focus(*, episode: Episode, by: Account, areas: Sequence[ProblemArea]) -> Episode:
    """Set the problem areas of the course."""
    values = [ProblemArea(a).value for a in areas]
    if len(values) > MAX_AREAS:
        raise InputError(f"at most {MAX_AREAS} problem areas are allowed (got {len(values)})", advice="Choose fewer.")
    _write(episode, by, "episode.focus_set", {"problem_areas": values})
    return episode


@transaction.atomic
def set_phase(*, episode: Episode, by: Account, phase: Phase) -> Episode:
    """Set the present phase of the course."""
    _write(episode, by, "episode.phase_set", {"phase": Phase(phase).value})
    return episode


@transaction.atomic
def set_numbers(*, episode: Episode, by: Account, planned_sessions: int, days_between: int) -> Episode:
    """Set the number of sessions and the days between them, as agreed with the client.

    The first and the last phase are shortened if the course is too short for them.
    """
    if not 1 <= planned_sessions <= MAX_SESSIONS:
        raise InputError(f"sessions must be 1 to {MAX_SESSIONS} (got {planned_sessions})")
    if not 1 <= days_between <= MAX_DAYS_BETWEEN:
        raise InputError(f"days between sessions must be 1 to {MAX_DAYS_BETWEEN} (got {days_between})")
    initial = min(episode.initial_sessions, planned_sessions)
    values = {
        "planned_sessions": planned_sessions,
        "days_between": days_between,
        "initial_sessions": initial,
        "ending_sessions": min(episode.ending_sessions, planned_sessions - initial),
    }
    _write(episode, by, "episode.numbers_set", values)
    return episode


@transaction.atomic
def end_episode(*, episode: Episode, by: Account, ended_on: date) -> Episode:
    """End the course on this day."""
    if ended_on < episode.began_on:
        raise InputError("the end date must not be before the start date")
    _write(episode, by, "episode.ended", {"ended_on": ended_on})
    return episode


def _write(episode: Episode, by: Account, action: str, values: dict[str, Any]) -> None:
    """Write and audit one change, in the caller's transaction. The new version makes forms open elsewhere conflict."""
    ensure_own(episode.client, by)
    rows = Episode.objects.visible_to(by).filter(id=episode.id)
    rows.update(**values, version=F("version") + 1, record_version=F("record_version") + 1)
    detail = {name: value if not isinstance(value, date) else value.isoformat() for name, value in values.items()}
    record(
        actor=by,
        action=action,
        object_type="episode",
        object_id=episode.id,
        client=episode.client_id,
        detail=detail,
    )
    episode.refresh_from_db()


def raise_record_version(episode: Episode) -> None:
    """Mark everything derived from the episode's record as outdated.

    Every write that touches the record calls this in its transaction; readers compare the number, not the record.
    """
    rows = Episode.objects.unscoped(reason="the episode of the row that is being written")
    rows.filter(id=episode.id).update(record_version=F("record_version") + 1)


def record_write(by: Account | None, action: str, row: models.Model, episode: Episode, **detail: object) -> None:
    """Raise the record version and add the audit row; every write of an episode's rows ends with this."""
    raise_record_version(episode)
    record(
        actor=by,
        action=action,
        object_type=action.split(".", maxsplit=1)[0],
        object_id=row.pk,
        client=episode.client_id,
        detail=detail,
    )


def ensure_own(client: Client, account: Account) -> None:
    """Raise NotPermittedError unless the client belongs to this active therapist."""
    if not account.is_therapist or client.therapist_id != account.id:
        raise NotPermittedError("this client is not in your caseload")
