"""Records with ratings of attachment and answers to rotating questions, for tests of what changes slowly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from securebase.measurement.catalogue import instrument
from securebase.measurement.scoring import score
from securebase.records.episode import AdministrationRecord, EpisodeRecord, ScoreRecord, TherapySessionRecord

#: Instrument → items of anxiety and of avoidance.
ITEMS = {"own_attachment": ((1, 2), (3, 4)), "ecr_rs": ((7, 8, 9), (1, 2, 3, 4, 5, 6))}


def filled(
    session: int, responses: Mapping[int, float | None], *, name: str = "own_attachment", version: str = "2"
) -> AdministrationRecord:
    """Return one administration, scored as the workbench scores it."""
    definition, at = instrument(name), 7.0 * session
    values = score(definition, responses).scores
    scores = tuple(
        ScoreRecord(s.construct, value, at, session=session, instrument=name, scale=s.id)
        for s in definition.scales
        if (value := values[s.id].value) is not None
    )
    return AdministrationRecord(
        name, at, session=session, responses=dict(responses), scores=scores, instrument_version=version
    )


def attachment(session: int, anxiety: float, avoidance: float, *, version: str = "2") -> AdministrationRecord:
    """Return a whole rating on the own short form, both items of a dimension alike."""
    return filled(session, {1: anxiety, 2: anxiety, 3: avoidance, 4: avoidance, 5: 0.0}, version=version)


def turns(item_pair: tuple[int, int], values: Mapping[int, float], *, version: str = "1") -> list[AdministrationRecord]:
    """Return answers by session to the two questions of a construct in turn."""
    return [
        filled(session, {item_pair[i % 2]: value}, name="rotation", version=version)
        for i, (session, value) in enumerate(values.items())
    ]


def course(*administrations: AdministrationRecord, ended: bool = False, held: int = 16) -> EpisodeRecord:
    return EpisodeRecord(
        "c",
        sessions=tuple(TherapySessionRecord(n, 7.0 * n) for n in range(1, held + 1)),
        planned_sessions=16,
        administrations=tuple(administrations),
        ended_at=110.0 if ended else None,
    )


def joined(*groups: Iterable[AdministrationRecord]) -> EpisodeRecord:
    return course(*(administration for group in groups for administration in group))
