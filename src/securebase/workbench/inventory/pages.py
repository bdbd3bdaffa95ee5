"""Pages that add and change people of the inventory, and remove and restore versions of the circle."""

from __future__ import annotations

import uuid
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from securebase.workbench.clients.client_page import ClientPage, client_page
from securebase.workbench.inventory import actions, queries
from securebase.workbench.inventory.forms import RELATIONS, RelationshipForm
from securebase.workbench.ui.conflict import form_status, refusal_as_message, refusal_on


# ---- people ----------------------------------------------------------------------------------------------------------
@client_page("GET", "POST", tab="relationships")
def new_relationship(page: ClientPage) -> HttpResponse:
    episode, form = page.require_episode(), RelationshipForm(page.posted)
    if form.is_valid():
        with refusal_on(form):
            person = actions.add_relationship(episode=episode, by=page.account, at=page.now, **form.person)
            messages.success(page.request, f"{person.name_shown} added. Now place them on the circle.")
            return page.redirect("relationship-new" if "another" in page.request.POST else "relationships")
    context = {"form": form, "relations": RELATIONS, "person": None}
    return page.render("inventory/person.html", context, status=form_status(form))


@client_page("GET", "POST", tab="relationships")
def relationship(page: ClientPage, relationship_id: uuid.UUID) -> HttpResponse:
    """Show and change one person; the form carries the version that it was opened with."""
    person = queries.relationship_or_404(account=page.account, client=page.client, relationship_id=relationship_id)
    initial = {name: getattr(person, name) for name in RelationshipForm.base_fields}
    form = RelationshipForm(page.posted, initial=initial)
    if form.is_valid():
        with refusal_on(form, row=person):
            version = form.cleaned_data["version"] or 0
            actions.change_relationship(relationship=person, by=page.account, version=version, **form.person)
            messages.success(page.request, "Saved.")
            return page.redirect("relationships")
    context = {"form": form, "relations": RELATIONS, "person": person}
    return page.render("inventory/person.html", context, status=form_status(form))


@client_page("POST")
def remove_relationship(page: ClientPage, relationship_id: uuid.UUID) -> HttpResponse:
    person = queries.relationship_or_404(account=page.account, client=page.client, relationship_id=relationship_id)
    with refusal_as_message(page.request):
        actions.remove_relationship(relationship=person, by=page.account, at=page.now)
    return redirect_to_circle(page, out=str(person.id))


@client_page("POST")
def restore_relationship(page: ClientPage, relationship_id: uuid.UUID) -> HttpResponse:
    person = queries.relationship_or_404(account=page.account, client=page.client, relationship_id=relationship_id)
    with refusal_as_message(page.request):
        actions.restore_relationship(relationship=person, by=page.account)
        messages.success(page.request, f"{person.name_shown} is back in the inventory.")
    return page.redirect("relationships")


@client_page("POST")
def focus(page: ClientPage, relationship_id: uuid.UUID) -> HttpResponse:
    """Set (`on=1`) or unset a person as a focus of the work."""
    person = queries.relationship_or_404(account=page.account, client=page.client, relationship_id=relationship_id)
    actions.set_focus(relationship=person, by=page.account, is_focus=page.request.POST.get("on") == "1")
    now = "is now" if person.is_focus else "is no longer"
    messages.success(page.request, f"{person.name_shown} {now} a focus of the work.")
    return page.redirect("relationships")


# ---- the circle ------------------------------------------------------------------------------------------------------
@client_page("POST")
def remove_circle(page: ClientPage, circle_id: uuid.UUID) -> HttpResponse:
    circle = queries.circle_or_404(account=page.account, client=page.client, circle_id=circle_id)
    with refusal_as_message(page.request):
        actions.remove_circle(circle=circle, by=page.account, at=page.now)
    return redirect_to_circle(page, kind=circle.kind, out=str(circle.id))


@client_page("POST")
def restore_circle(page: ClientPage, circle_id: uuid.UUID) -> HttpResponse:
    circle = queries.circle_or_404(account=page.account, client=page.client, circle_id=circle_id)
    with refusal_as_message(page.request):
        actions.restore_circle(circle=circle, by=page.account)
        messages.success(page.request, "Version restored.")
    return redirect_to_circle(page, kind=circle.kind)


def redirect_to_circle(page: ClientPage, **query: str) -> HttpResponse:
    """Redirect to the circle; the query names the kind to show and the entry just removed, for its undo."""
    return redirect(f"{reverse('relationships', args=[page.client.id])}?{urlencode(query)}")
