"""Everything that changes a client or an episode."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.db import transaction
from django.db.models import F

from securebase.errors import InputError, NotPermittedError
from securebase.records.vocabulary import Phase, ProblemArea
from securebase.workbench.accounts.models import Account
from securebase.workbench.audit.actions import record
from securebase.workbench.clients.models import Client, Episode, SymptomMeasure

CHANGED_MEANWHILE = "somebody else changed this while you were writing"


@transaction.atomic
def create_client(
    *,
    therapist: Account,
    name_shown: str,
    pronouns: str = "",
    began_on: date,
    planned_sessions: int = 16,
    problem_areas: Sequence[ProblemArea] = (),
    phase: Phase = Phase.INITIAL,
    symptom_measure: SymptomMeasure = SymptomMeasure.SESSION_SET,
    simulated: bool = False,
) -> Client:
    """A client of this therapist with the episode that begins."""
    if not therapist.is_therapist:
        raise NotPermittedError("only a therapist takes on clients")
    client = Client.objects.create(
        clinic=therapist.clinic, therapist=therapist, name_shown=name_shown, pronouns=pronouns, simulated=simulated
    )
    episode = Episode.objects.create(
        client=client,
        began_on=began_on,
        planned_sessions=planned_sessions,
        problem_areas=[ProblemArea(a).value for a in problem_areas],
        phase=Phase(phase).value,
        symptom_measure=symptom_measure,
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


@transaction.atomic
def change_client(*, client: Client, by: Account, version: int, name_shown: str, pronouns: str) -> Client:
    """`version` is the one the form was opened with; raises InputError where the client was changed since."""
    ensure_own(client, by)
    rows = Client.objects.visible_to(by).filter(id=client.id, version=version)
    if not rows.update(name_shown=name_shown, pronouns=pronouns, version=F("version") + 1):
        raise InputError(CHANGED_MEANWHILE, advice="Compare with what is saved now, then save again.")
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
) -> Episode:
    """`version` is the one the form was opened with; raises InputError where the episode was changed since."""
    ensure_own(episode.client, by)
    if ended_on is not None and ended_on < began_on:
        raise InputError("the therapy cannot end before it began", where="Ended on")
    rows = Episode.objects.visible_to(by).filter(id=episode.id, version=version)
    if not rows.update(
        began_on=began_on,
        planned_sessions=planned_sessions,
        problem_areas=[ProblemArea(a).value for a in problem_areas],
        phase=Phase(phase).value,
        symptom_measure=SymptomMeasure(symptom_measure).value,
        ended_on=ended_on,
        version=F("version") + 1,
        record_version=F("record_version") + 1,
    ):
        raise InputError(CHANGED_MEANWHILE, advice="Compare with what is saved now, then save again.")
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
def begin_episode(*, client: Client, by: Account, began_on: date, planned_sessions: int = 16) -> Episode:
    """A new course of therapy for a client whose last one has ended."""
    ensure_own(client, by)
    last = client.episode
    if last is not None and last.ended_on is None:
        raise InputError("the present therapy has not ended", advice="Enter its end first.")
    episode = Episode.objects.create(client=client, began_on=began_on, planned_sessions=planned_sessions)
    record(actor=by, action="episode.begun", object_type="episode", object_id=episode.id, client=client.id)
    return episode


def raise_record_version(episode: Episode) -> None:
    """Called in the transaction of every write that touches the episode's record, so that whoever looks next knows,
    without reading the record, that what was derived of it may no longer hold."""
    rows = Episode.objects.for_the_workbench(because="the episode of the row that is being written")
    rows.filter(id=episode.id).update(record_version=F("record_version") + 1)


def ensure_own(client: Client, account: Account) -> None:
    """Raises NotPermittedError unless the client is this active therapist's own."""
    if not account.is_therapist or client.therapist_id != account.id:
        raise NotPermittedError("this client is not yours")
