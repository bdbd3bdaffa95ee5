"""Simulated entries of worksheets, people and circles, inserted in bulk: contracts, and the work of one course.

Retellings, corrective experiences and life events come from the simulator. Ratings that it does not cover are drawn.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.utils import timezone

from securebase.ipt.shelf import worksheet_with
from securebase.ipt.worksheet import FieldKind, WorksheetRole
from securebase.records.episode import EpisodeRecord
from securebase.workbench.accounts.models import Account
from securebase.workbench.clients.models import Episode
from securebase.workbench.demo.roster import Person
from securebase.workbench.worksheets.models import Artefact, ArtefactVersion

_REASON = "building the simulated demo clinic"
#: The session at the end of which the contract is agreed.
CONTRACT_SESSION = 3
_SAVED_AFTER = timedelta(minutes=48)
_SHARING, _RESEARCH = "sharing_consent", "research"


@dataclass(frozen=True, slots=True)
class WorkEntry:
    """One worksheet: its role, the session of each version, and the values of each version."""

    role: WorksheetRole
    versions: tuple[tuple[int, Mapping[str, Any]], ...]


def contract(person: Person) -> WorkEntry:
    """Return a client's contract with the consent to research, and its withdrawal where the roster has one."""
    values = {"goals": [{"goal": "One relationship that feels better", "now": 2.0, "wished": 7.0}]}
    consents = values | {"measures_consent": True, _SHARING: ["supervisor", _RESEARCH] if person.consents else []}
    later = ((person.withdrew, consents | {_SHARING: ["supervisor"]}),) if person.withdrew else ()
    return WorkEntry(WorksheetRole.CONTRACT, ((CONTRACT_SESSION, consents), *later))


def simulated_entries(
    record: EpisodeRecord, start_times: Mapping[int, datetime], rng: np.random.Generator
) -> Iterator[WorkEntry]:
    """Yield the work of one simulated course up to its last session held."""
    for telling in record.tellings:
        if telling.session in start_times:
            values = {"story": "The evening of the call", "peak": telling.peak, "end_distress": telling.end}
            ratings = {name: _rating(rng, 5.0) for name in ("positive", "negative", "aroused", "expressed", "depth")}
            yield WorkEntry(WorksheetRole.RETELLING, ((telling.session, values | ratings),))
    for experience in record.corrective_experiences:
        if experience.session in start_times:
            values = {"feared": "To be turned away", "happened": "Was listened to"}
            ratings = {name: _rating(rng, 6.0) for name in ("activated", "safe", "different")}
            yield WorkEntry(WorksheetRole.CORRECTIVE_EXPERIENCE, ((experience.session, values | ratings),))
    for event in record.life_events:
        if session := _session_after(record, event.at, start_times):
            day = timezone.localdate(start_times[session]) - timedelta(days=int(_days_to(record, session, event.at)))
            yield WorkEntry(
                WorksheetRole.EVENT,
                (
                    (
                        session,
                        {
                            "what": "Something that changed the week",
                            "happened_on": day.isoformat(),
                            "weight": float(np.clip(np.rint(5.0 * event.weight), 0, 10)),
                            "dependent": "dependent" if event.dependent else "independent",
                        },
                    ),
                ),
            )
    yield from _session_entries(start_times, rng)


def _session_entries(start_times: Mapping[int, datetime], rng: np.random.Generator) -> Iterator[WorkEntry]:
    """Yield a note of each session, and at every second session the share of support that therapy carried."""
    note = worksheet_with(WorksheetRole.NOTE)
    extents = [field for field in note.fields if field.kind is FieldKind.EXTENT]
    usual = {field.id: rng.uniform(0.0, 2.5) for field in extents}
    for session in sorted(start_times):
        values: dict[str, Any] = {name: float(np.clip(np.rint(rng.normal(m, 0.7)), 0, 3)) for name, m in usual.items()}
        yield WorkEntry(WorksheetRole.NOTE, ((session, values | {"focus_kept": bool(rng.random() < 0.85)}),))
        if session % 2 == 0:
            share = float(np.clip(np.rint(rng.normal(55.0 - 2.0 * session, 12.0)), 0, 100))
            yield WorkEntry(WorksheetRole.SUPPORT, ((session, {"therapist_share": share}),))


def write_entries(
    entries: Sequence[WorkEntry], *, episode: Episode, therapist: Account, start_times: Mapping[int, datetime]
) -> None:
    """Insert entries with their versions, dated by the sessions held; versions of later sessions are left out."""
    artefacts: list[Artefact] = []
    versions: list[ArtefactVersion] = []
    sessions = {s.number: s for s in episode.therapy_sessions.all()}
    for n, entry in enumerate(entries):
        spec = worksheet_with(entry.role)
        states = [
            (start_times[s] + _SAVED_AFTER + timedelta(seconds=n), v) for s, v in entry.versions if s in start_times
        ]
        artefact = Artefact(
            episode=episode,
            worksheet=spec.id,
            therapy_session=sessions[entry.versions[0][0]] if spec.in_session else None,
            values=states[-1][1],
            version=len(states),
            revision=len(states),
            simulated=True,
            begun_at=states[0][0],
            changed_at=states[-1][0],
        )
        artefacts.append(artefact)
        versions += [
            ArtefactVersion(artefact=artefact, number=number, values=values, saved_at=at, saved_by=therapist.id)
            for number, (at, values) in enumerate(states, start=1)
        ]
    Artefact.objects.unscoped(reason=_REASON).bulk_create(artefacts)
    ArtefactVersion.objects.unscoped(reason=_REASON).bulk_create(versions)


def _session_after(record: EpisodeRecord, day: float, start_times: Mapping[int, datetime]) -> int | None:
    """Return the first session held after a day of the record, or None."""
    return next((s.number for s in record.sessions if s.at >= day and s.number in start_times), None)


def _days_to(record: EpisodeRecord, session: int, day: float) -> float:
    return next(s.at for s in record.sessions if s.number == session) - day


def _rating(rng: np.random.Generator, mean: float) -> float:
    return float(np.clip(np.rint(rng.normal(mean, 2.0)), 0, 10))
