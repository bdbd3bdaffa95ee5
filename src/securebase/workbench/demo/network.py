"""Simulated people of a client's inventory: ratings of each relationship, and one closeness circle."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import numpy as np

from securebase.ipt.shelf import worksheet_with
from securebase.ipt.worksheet import FieldKind, WorksheetRole
from securebase.records.vocabulary import SupportKind
from securebase.workbench.accounts.models import Account
from securebase.workbench.clients.models import Episode
from securebase.workbench.inventory.models import Circle, Relationship
from securebase.workbench.worksheets.models import Artefact, ArtefactVersion

_REASON = "building the simulated demo clinic"
_RELATIONS = ("partner", "mother", "sister", "friend", "colleague", "neighbour")
#: The session in which the inventory is taken, and the time after its start at which it is saved.
_SESSION, _SAVED_AFTER = 2, timedelta(minutes=20)


def write_network(
    *, episode: Episode, therapist: Account, start_times: Mapping[int, datetime], rng: np.random.Generator
) -> None:
    """Write two to six people with a rating of each relationship and a circle; none before the second session."""
    if _SESSION not in start_times:
        return
    at = start_times[_SESSION] + _SAVED_AFTER
    relations = rng.permutation(_RELATIONS)[: int(rng.integers(2, len(_RELATIONS) + 1))]
    people = Relationship.objects.unscoped(reason=_REASON).bulk_create(
        Relationship(episode=episode, name_shown=f"Their {relation}", relation=str(relation), added_at=at)
        for relation in relations
    )
    spec = worksheet_with(WorksheetRole.TIE)
    scales = [field.id for field in spec.fields if field.kind is FieldKind.SCALE]
    ratings = []
    for person in people:
        kinds = [kind.value for kind in SupportKind if rng.random() < 0.4]
        values = {name: float(rng.integers(0, 11)) for name in scales} | {"receives": kinds, "gives": kinds[:1]}
        ratings.append(
            Artefact(
                episode=episode,
                worksheet=spec.id,
                about=person.id,
                values=values,
                simulated=True,
                begun_at=at,
                changed_at=at,
            )
        )
    Artefact.objects.unscoped(reason=_REASON).bulk_create(ratings)
    ArtefactVersion.objects.unscoped(reason=_REASON).bulk_create(
        ArtefactVersion(artefact=row, number=1, values=row.values, saved_at=at, saved_by=therapist.id)
        for row in ratings
    )
    Circle.objects.unscoped(reason=_REASON).create(
        episode=episode,
        drawn_at=at,
        drawn_by=therapist.id,
        therapy_session=episode.therapy_sessions.get(number=_SESSION),
        placements=[
            {
                "relationship": str(person.id),
                "radius": round(float(rng.uniform(0.1, 1.2)), 3),
                "angle": round(360.0 * n / len(people), 1),
                "gives": bool(rng.random() < 0.5),
                "receives": False,
                "tension": False,
            }
            for n, person in enumerate(people)
        ],
    )
