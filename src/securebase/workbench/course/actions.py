"""What the pages of a course change that touches more than one app."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from securebase.ipt.course_form import CourseForm
from securebase.ipt.parsing import Filled
from securebase.records.artefact import Value
from securebase.workbench.accounts.models import Account
from securebase.workbench.clients.actions import begin_episode, end_episode
from securebase.workbench.clients.models import Client, Episode
from securebase.workbench.inventory.actions import add_relationship
from securebase.workbench.worksheets.actions import save_artefact, share_artefact
from securebase.workbench.worksheets.queries import present_one, values_of

#: What a maintenance course begins with, from the acute one: each in its last version.
CARRIED_OVER = ("diagnosis", "maintenance_contract", "relapse_plan")


@transaction.atomic
def begin_maintenance(*, episode: Episode, by: Account, form: CourseForm, at: datetime) -> Episode:
    """End the acute course, if it has not ended, and begin one of maintenance.

    The people who are in the inventory come along, and so do diagnosis, contract and plan; the acute course keeps its
    own of all of them. What is said of each person, and the circles, stay with the acute course.
    """
    today = timezone.localdate(at)
    if episode.ended_on is None:
        end_episode(episode=episode, by=by, on=today)
    # the courses that were read before have changed meanwhile
    client = Client.objects.visible_to(by).get(id=episode.client_id)
    begun = begin_episode(client=client, by=by, began_on=today, form=form)
    anew: dict[str, str] = {}
    for person in episode.relationships.filter(left_at=None):
        added = add_relationship(
            episode=begun,
            by=by,
            name_shown=person.name_shown,
            at=at,
            relation=person.relation,
            deceased=person.deceased,
            online=person.online,
            professional=person.professional,
        )
        anew[str(person.id)] = str(added.id)
    for name in CARRIED_OVER:
        found = present_one(episode, name)
        if found is not None and found.values:
            carried = save_artefact(
                id=uuid.uuid4(),
                episode=begun,
                worksheet=name,
                by=by,
                filled=Filled({k: _with_ids(v, anew) for k, v in values_of(found).items()}),
                revision=0,
                at=at,
                simulated=found.simulated,
            )
            if found.for_client:
                # what the client has to keep stays on their own page
                share_artefact(artefact=carried, by=by, client=True)
    return begun


def _with_ids(value: Value, anew: Mapping[str, str]) -> Value:
    """A value with the ids of people as the new course has them."""
    if isinstance(value, str):
        return anew.get(value, value)
    if isinstance(value, tuple) and value and isinstance(value[0], Mapping):
        return tuple(
            {k: anew.get(v, v) if isinstance(v, str) else v for k, v in row.items()}
            for row in value
            if isinstance(row, Mapping)
        )
    return value
