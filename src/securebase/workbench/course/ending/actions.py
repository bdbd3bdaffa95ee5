"""The change from an acute course to a maintenance course, which touches several apps."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from securebase.ipt.course_format import CourseFormat
from securebase.ipt.parsing import ParsedValues
from securebase.ipt.shelf import worksheets
from securebase.records.artefact import Value
from securebase.workbench.accounts.models import Account
from securebase.workbench.clients.actions import begin_episode, end_episode
from securebase.workbench.clients.models import Client, Episode
from securebase.workbench.inventory.actions import add_relationship
from securebase.workbench.worksheets.actions import save_artefact, share_artefact
from securebase.workbench.worksheets.queries import current_artefact, values_of


@transaction.atomic
def begin_maintenance(*, episode: Episode, by: Account, course_format: CourseFormat, at: datetime) -> Episode:
    """End the acute course if it has not ended, and begin a maintenance course.

    The new course copies the people of the inventory, the diagnosis, the contract and the relapse plan. The acute
    course keeps its own of all of these, and also the worksheets about each person and the circles.
    """
    today = timezone.localdate(at)
    if episode.ended_on is None:
        end_episode(episode=episode, by=by, ended_on=today)
    # read the client again: an instance read before the course ended holds outdated episodes
    client = Client.objects.visible_to(by).get(id=episode.client_id)
    maintenance = begin_episode(client=client, by=by, began_on=today, course_format=course_format)
    new_ids: dict[str, str] = {}
    for person in episode.relationships.filter(left_at=None):
        relationship = add_relationship(
            episode=maintenance,
            by=by,
            name_shown=person.name_shown,
            at=at,
            relation=person.relation,
            deceased=person.deceased,
            online=person.online,
            professional=person.professional,
        )
        new_ids[str(person.id)] = str(relationship.id)
    for name in (spec.id for spec in worksheets().values() if spec.carried_over):
        artefact = current_artefact(episode, name)
        if artefact is not None and artefact.values:
            copy = save_artefact(
                id=uuid.uuid4(),
                episode=maintenance,
                worksheet=name,
                by=by,
                filled=ParsedValues({k: _replace_ids(v, new_ids) for k, v in values_of(artefact).items()}),
                revision=0,
                at=at,
                simulated=artefact.simulated,
            )
            if artefact.for_client:
                # what the client was given to keep must not vanish from their own page
                share_artefact(artefact=copy, by=by, client=True)
    return maintenance


def _replace_ids(value: Value, new_ids: Mapping[str, str]) -> Value:
    """Replace ids of people in the old course by their ids in the new one."""
    if isinstance(value, str):
        return new_ids.get(value, value)
    if isinstance(value, tuple) and value and isinstance(value[0], Mapping):
        return tuple(
            {k: new_ids.get(v, v) if isinstance(v, str) else v for k, v in row.items()}
            for row in value
            if isinstance(row, Mapping)
        )
    return value
