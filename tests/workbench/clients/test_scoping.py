"""Client data cannot be read without an account, and only by the client's own therapist."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.utils import timezone

from securebase.errors import NotPermittedError
from securebase.ipt.parsing import parse_values
from securebase.ipt.shelf import worksheet
from securebase.records.artefact import Placement
from securebase.workbench.accounts.models import Account
from securebase.workbench.check_ins.actions import record_check_in
from securebase.workbench.clients.models import Client, Episode
from securebase.workbench.clients.scoping import ScopedManager, ScopedModel
from securebase.workbench.inventory import actions as inventory
from securebase.workbench.measures.actions import choose_extra
from securebase.workbench.own_pages import actions as own_pages
from securebase.workbench.requests.actions import add_plan
from securebase.workbench.requests.models import MailChoice, PushSubscription
from securebase.workbench.requests.occasions import When
from securebase.workbench.supervision import actions as supervision
from securebase.workbench.supervision.models import SharedPart
from securebase.workbench.therapy_sessions.actions import mark_rupture
from securebase.workbench.worksheets import actions as worksheets
from workbench.cast import NOON, Cast, answers

MODELS = [m for m in apps.get_models() if m.__module__.startswith("securebase.workbench")]
SCOPED = [m for m in MODELS if issubclass(m, ScopedModel)]


@pytest.fixture
def full(cast: Cast) -> Cast:
    """Return the cast with a row for Carla in every table."""
    check_in = cast.invite().check_in
    record_check_in(check_in=check_in, responses=answers("session_before", 5.0, 1.0), submission="s", at=NOON)
    mark_rupture(session=cast.session, by=cast.alma, kind="withdrawal", at=NOON)
    choose_extra(episode=cast.episode, by=cast.alma, instrument="expectation", off=True)
    person = inventory.add_relationship(episode=cast.episode, by=cast.alma, name_shown="Lena", at=NOON)
    place = Placement(str(person.id), 0.2, 0.0)
    inventory.draw_circle(episode=cast.episode, by=cast.alma, placements=[place], at=NOON)
    worksheets.save_artefact(
        id=uuid.uuid4(),
        episode=cast.episode,
        worksheet="incident",
        by=cast.alma,
        filled=parse_values(worksheet("incident"), {"what_happened": "She hung up"}),
        revision=0,
        at=NOON,
    )
    share = supervision.share_course(
        episode=cast.episode,
        by=cast.alma,
        supervisor=cast.bruno,
        label="The sisters",
        until=timezone.now() + timedelta(days=90),
        parts=[SharedPart.COURSE],
        worksheets=[],
        at=timezone.now(),
        agreed=True,
    )
    supervision.comment(share=share, by=cast.alma, text="What do you hear?", at=timezone.now())
    own_pages.get_or_create_page(client=cast.carla, by=cast.alma)
    add_plan(episode=cast.episode, by=cast.alma, at_time=NOON, when=When.AFTER)
    MailChoice.objects.create(client=cast.carla, changed_at=NOON)
    PushSubscription.objects.create(client=cast.carla, endpoint_digest="a", created_at=NOON)
    return cast


def refers_to_client(model: type[models.Model], visited: tuple[type[models.Model], ...] = ()) -> bool:
    targets = [f.related_model for f in model._meta.get_fields() if f.many_to_one or (f.one_to_one and f.concrete)]
    return model is Client or any(
        t is not model and t not in visited and refers_to_client(t, (*visited, model)) for t in targets if t
    )


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.__name__)
def test_every_table_that_refers_to_a_client_is_scoped(model: type[models.Model]) -> None:
    if refers_to_client(model):
        assert issubclass(model, ScopedModel), f"{model.__name__} holds client data and has no scope"


@pytest.mark.parametrize("model", SCOPED, ids=lambda m: m.__name__)
def test_only_the_own_therapist_sees_the_rows(full: Cast, model: type[ScopedModel]) -> None:
    counts = {a.user_name: model.objects.visible_to(a).count() for a in Account.objects.all()}
    if model.__module__.startswith("securebase.workbench.progress"):
        assert set(counts.values()) == {0}  # pictures are computed on read
        return
    assert counts.pop("alma") > 0, f"the cast has no {model.__name__}: the test would check nothing"
    assert set(counts.values()) == {0}


READS: dict[str, Callable[[models.QuerySet], object]] = {
    "list": list,
    "count": lambda rows: rows.count(),
    "exists": lambda rows: rows.exists(),
    "first": lambda rows: rows.first(),
    "get": lambda rows: rows.get(pk="00000000-0000-0000-0000-000000000000"),
    "filter": lambda rows: list(rows.filter(pk__isnull=False)),
    "values": lambda rows: list(rows.values_list("pk", flat=True)),
    "iterator": lambda rows: list(rows.iterator()),
    "aggregate": lambda rows: rows.aggregate(models.Count("pk")),
    "slice": lambda rows: rows[0:2].count(),
    "bool": bool,
    "len": len,
    "in_bulk": lambda rows: rows.in_bulk(),
    "update": lambda rows: rows.update(name_shown="x"),
    "delete": lambda rows: rows.delete(),
}


@pytest.mark.parametrize("read", READS)
def test_a_query_without_an_account_raises(full: Cast, read: str) -> None:
    with pytest.raises(NotPermittedError, match="without a scope"):
        READS[read](Client.objects.all())
    assert Client.objects.visible_to(full.alma).get().name_shown == "Carla C."


@pytest.mark.parametrize("account", [None, AnonymousUser(), "alma"])
def test_a_scope_needs_an_account(db: None, account: object) -> None:
    with pytest.raises(NotPermittedError):
        Client.objects.visible_to(account)


def test_a_closed_account_has_no_scope(full: Cast) -> None:
    full.alma.is_active = False
    with pytest.raises(NotPermittedError):
        Client.objects.visible_to(full.alma)


def test_an_unscoped_query_needs_a_reason(full: Cast) -> None:
    assert Client.objects.unscoped(reason="a test").count() == 1
    with pytest.raises(NotPermittedError):
        Client.objects.unscoped(reason="")


def test_related_rows_of_a_row_in_scope_are_readable(full: Cast) -> None:
    carla = Client.objects.visible_to(full.alma).prefetch_related("episodes__therapy_sessions").get()
    assert [s.number for e in carla.episodes.all() for s in e.therapy_sessions.all()] == [1]
    assert Episode.objects.visible_to(full.alma).select_related("client").get().client == carla


def test_a_scope_survives_chaining(full: Cast) -> None:
    rows = Client.objects.visible_to(full.alma).exclude(name_shown="x").order_by("-created_at").distinct()
    assert rows.count() == 1


def test_every_scoped_model_has_a_therapist_path() -> None:
    for model in SCOPED:
        assert isinstance(model.objects, ScopedManager)
        assert model.THERAPIST_PATH.split("__")[-1] == "therapist"
