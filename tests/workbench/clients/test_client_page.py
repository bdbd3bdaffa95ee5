"""The decorator of a client's pages: roles, methods, visibility and audit, in this order.

`tests/workbench/test_routes.py` holds the same for every page; these tests name what a single page may choose.
"""

from __future__ import annotations

import uuid
from types import SimpleNamespace
from typing import Any

import pytest
from django.http import Http404, HttpResponse
from django.test import RequestFactory

from securebase.errors import NotPermittedError
from securebase.workbench.accounts.models import Account
from securebase.workbench.audit.models import Entry
from securebase.workbench.clients.client_page import ClientPage, client_page
from workbench.cast import Cast


def open_page(view: Any, account: Account, client_id: uuid.UUID, method: str = "GET") -> HttpResponse:
    request = RequestFactory().generic(method, "/")
    request.user = account
    request.resolver_match = SimpleNamespace(url_name="the-page")
    response: HttpResponse = view(request, client_id=client_id)
    return response


def count_reads(cast: Cast) -> int:
    return Entry.objects.filter(action="client.read", object_id="the-page", client=str(cast.carla.id)).count()


def tell(page: ClientPage) -> HttpResponse:
    return HttpResponse(f"{page.client.name_shown} {page.account.name_shown} {page.episode == page.require_episode()}")


def test_the_view_receives_the_client_and_the_read_is_audited(cast: Cast) -> None:
    assert open_page(client_page("GET")(tell), cast.alma, cast.carla.id).content == b"Carla C. Alma True"
    assert count_reads(cast) == 1


def test_only_therapists_open_it_and_the_role_is_checked_first(cast: Cast) -> None:
    view = client_page("POST")(tell)
    for account in (cast.bruno, cast.rosa, cast.adam):
        with pytest.raises(NotPermittedError):
            open_page(view, account, cast.carla.id)
    assert open_page(view, cast.dario, cast.carla.id).status_code == 405
    assert count_reads(cast) == 0


def test_another_therapists_client_is_missing_and_the_attempt_recorded(cast: Cast) -> None:
    with pytest.raises(Http404):
        open_page(client_page("GET")(tell), cast.dario, cast.carla.id)
    denied = Entry.objects.filter(action="denied", client=str(cast.carla.id)).latest("sequence")
    assert (denied.actor_name, denied.object_id) == ("Dario", "the-page")
    assert count_reads(cast) == 0


def test_methods_that_are_not_audited_leave_no_entry_of_their_own(cast: Cast) -> None:
    view = client_page("GET", "POST", audited=("GET",))(tell)
    assert open_page(view, cast.alma, cast.carla.id, "POST").status_code == 200
    assert count_reads(cast) == 0


def test_a_page_that_needs_a_course_is_missing_without_one(cast: Cast) -> None:
    cast.episode.therapy_sessions.all().delete()
    cast.episode.delete()
    with pytest.raises(Http404):
        open_page(client_page("GET")(tell), cast.alma, cast.carla.id)


def test_a_page_that_only_takes_forms_is_no_target_of_a_redirect() -> None:
    assert client_page("POST")(tell).post_only  # type: ignore[attr-defined]
    assert not hasattr(client_page("GET", "POST")(tell), "post_only")
