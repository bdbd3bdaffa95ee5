"""The table of a clinic: which clients are in it, which are not and why, and earlier tables."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from django.db import transaction
from django.db.models import Prefetch, QuerySet
from django.utils import timezone
from django.utils.crypto import salted_hmac

from securebase.exchange.clinic_table.course_rows import CourseRows, lay_out
from securebase.exchange.clinic_table.table import ClinicTable, build_clinic_table
from securebase.exchange.data_dictionary import DataDictionary, parse_dictionary
from securebase.ipt.consent import ConsentState, ResearchConsent, research_consent
from securebase.ipt.shelf import ids_with
from securebase.ipt.worksheet import WorksheetRole
from securebase.schema import to_plain
from securebase.workbench.accounts.models import Account, Clinic
from securebase.workbench.audit.actions import record
from securebase.workbench.casefile import artefact_versions, began_at, course_record, prefetch_course_record
from securebase.workbench.clients.models import Client, Episode
from securebase.workbench.exports.models import ResearchTable
from securebase.workbench.exports.queries import pseudonym
from securebase.workbench.therapy_sessions.models import TherapySession
from securebase.workbench.worksheets.models import Artefact, ArtefactVersion

_REASON = "the clinic’s research table holds every client who consents"


@dataclass(frozen=True, slots=True)
class ClientConsent:
    """A client with the state of their consent to research: that of the contract of their last course with one.

    on: day on which it was given or withdrawn. sessions: number of sessions held in all courses.
    """

    client: Client
    courses: tuple[Episode, ...]
    state: ConsentState
    on: date | None
    sessions: int

    @property
    def included(self) -> bool:
        return self.state is ConsentState.GIVEN and self.sessions > 0


@dataclass(frozen=True, slots=True)
class EarlierTable:
    """An earlier table. withdrawn: number of its clients who no longer consent."""

    made_at: datetime
    fingerprint: str
    rows: int
    clients: int
    withdrawn: int


def consents(clinic: Clinic, as_of: datetime) -> list[ClientConsent]:
    """Return every client of a clinic with their consent to research as recorded at `as_of`."""
    rows = Episode.objects.unscoped(reason=_REASON).filter(client__clinic=clinic)
    episodes = _with_contracts(rows).order_by("client_id", "began_on", "created_at")
    without = Client.objects.unscoped(reason=_REASON).filter(clinic=clinic, episodes=None)
    return [
        *(_consent(tuple(courses), as_of) for _, courses in groupby(episodes, key=lambda e: e.client_id)),
        *(ClientConsent(client, (), ConsentState.NO_CONTRACT, None, 0) for client in without),
    ]


def consent_of(episodes: Sequence[Episode], as_of: datetime) -> tuple[ConsentState, date | None]:
    """Return the consent to research in the last course that has a contract, and its day."""
    for episode in reversed(episodes):
        consent = research_consent(artefact_versions(episode, as_of))
        if consent.state is not ConsentState.NO_CONTRACT:
            return consent.state, _date(episode, consent)
    return ConsentState.NO_CONTRACT, None


def left_out(clients: Sequence[ClientConsent]) -> Counter[str]:
    """Return why clients are not in the table: reason → number of clients."""
    outside = (c for c in clients if not c.included)
    return Counter("No session held yet" if c.state is ConsentState.GIVEN else c.state.label for c in outside)


def make_clinic_table(
    *, clinic: Clinic, clients: Sequence[ClientConsent], by: Account | None, at: datetime
) -> ClinicTable:
    """Return the table of the `clients` who consent, and record that it was made, with the clients in it.

    `by` is None on the command line. Raises InputError if the table would be empty.
    """
    # building takes seconds, so it runs outside the transaction, where it holds no database lock
    table = build_table(clients, at)
    dictionary = table.dictionary
    with transaction.atomic():
        row = ResearchTable.objects.create(
            clinic=clinic,
            made_at=at,
            made_by=by.id if by else None,
            fingerprint=dictionary.fingerprint,
            rows=dictionary.rows,
            dictionary=to_plain(dictionary),
            clients=[str(c.client.id) for c in clients if c.included],
        )
        record(
            actor=by,
            action="research_table.made",
            object_type="research_table",
            object_id=row.id,
            detail={"clients": dictionary.clients, "rows": row.rows, "fingerprint": row.fingerprint},
        )
    return table


def build_table(clients: Sequence[ClientConsent], as_of: datetime) -> ClinicTable:
    """Return the table of the `clients` who consent. Raises InputError if it would be empty."""
    return build_clinic_table(_courses(clients, as_of), made_on=timezone.localdate(as_of))


def earlier_tables(clinic: Clinic, clients: Sequence[ClientConsent]) -> list[EarlierTable]:
    """Return earlier tables, the newest first, with how many of their clients no longer consent."""
    consenting = {str(c.client.id) for c in clients if c.state is ConsentState.GIVEN}
    return [
        EarlierTable(t.made_at, t.fingerprint, t.rows, len(t.clients), len({*t.clients} - consenting))
        for t in clinic.research_tables.all()
    ]


def last_dictionary(clinic: Clinic) -> DataDictionary | None:
    """Return the data dictionary of the last table that was made, or None."""
    row = clinic.research_tables.first()
    return None if row is None else parse_dictionary(row.dictionary, "the data dictionary of the last table")


@dataclass(frozen=True, slots=True)
class ClientResearch:
    """One client's consent to research, its day, and the days of the tables that already hold the client."""

    state: ConsentState
    on: date | None
    tables: tuple[date, ...]


def client_research(client: Client, as_of: datetime) -> ClientResearch:
    """Return a client's consent to research, and the tables that already hold the client, the newest first."""
    rows = _with_contracts(Episode.objects.unscoped(reason="the caller has checked access to the client"))
    state, on = consent_of(list(rows.filter(client=client).order_by("began_on", "created_at")), as_of)
    tables = ResearchTable.objects.filter(clinic=client.clinic_id)
    days = (timezone.localdate(table.made_at) for table in tables if str(client.id) in table.clients)
    return ClientResearch(state, on, tuple(dict.fromkeys(days)))


def _with_contracts(episodes: QuerySet[Episode]) -> QuerySet[Episode]:
    """Prefetch what the consent needs: contracts with their versions, and the sessions."""
    contracts = Artefact.objects.unscoped(reason=_REASON).filter(worksheet__in=ids_with(WorksheetRole.CONTRACT))
    return episodes.select_related("client").prefetch_related(
        Prefetch("artefacts", contracts),
        Prefetch("artefacts__versions", ArtefactVersion.objects.unscoped(reason=_REASON)),
        Prefetch("therapy_sessions", TherapySession.objects.unscoped(reason=_REASON)),
    )


def _consent(courses: tuple[Episode, ...], as_of: datetime) -> ClientConsent:
    state, on = consent_of(courses, as_of)
    held = sum(session.held_at <= as_of for course in courses for session in course.therapy_sessions.all())
    return ClientConsent(courses[0].client, courses, state, on, held)


def _courses(clients: Sequence[ClientConsent], as_of: datetime) -> list[CourseRows]:
    """Return the courses of consenting clients, sorted by pseudonym, so that their order says nothing."""
    numbers = {e.id: n for client in clients if client.included for n, e in enumerate(client.courses, start=1)}
    rows = Episode.objects.unscoped(reason=_REASON).filter(id__in=numbers)
    courses = [
        lay_out(
            pseudonym(episode),
            numbers[episode.id],
            _therapist(episode.client.therapist_id),
            course_record(episode, as_of),
        )
        for episode in prefetch_course_record(rows)
    ]
    return sorted(courses, key=lambda course: (course.client, course.number))


def _therapist(therapist: uuid.UUID) -> str:
    """Return the therapist's stable pseudonym; only the clinic's key can link it to the account."""
    return f"therapist-{salted_hmac('securebase.exports.therapist', str(therapist)).hexdigest()[:10]}"


def _date(episode: Episode, consent: ResearchConsent) -> date | None:
    if consent.since is None:
        return None
    return timezone.localdate(began_at(episode) + timedelta(days=consent.since))
