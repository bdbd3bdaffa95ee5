"""Pages that add and change people of the inventory, and remove and restore versions of the circle."""

from __future__ import annotations

import uuid
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from securebase.errors import InputError
from securebase.workbench.accounts.access import current_account, require_role
from securebase.workbench.accounts.models import Role
from securebase.workbench.inventory import actions, queries
from securebase.workbench.inventory.forms import RELATIONS, RelationshipForm
from securebase.workbench.ui.conflict import form_status, keep_input, sentence
from securebase.workbench.ui.methods import post_only

_require_therapist = require_role(Role.THERAPIST)


# ---- people ----------------------------------------------------------------------------------------------------------
@_require_therapist
@require_http_methods(["GET", "POST"])
def new_relationship(request: HttpRequest, client_id: uuid.UUID) -> HttpResponse:
    context = queries.client_page(account=current_account(request), client_id=client_id, page="relationship-new")
    form = RelationshipForm(request.POST or None)
    if form.is_valid():
        try:
            person = actions.add_relationship(
                episode=context["episode"], by=current_account(request), at=timezone.now(), **form.person
            )
        except InputError as error:
            keep_input(form, error)
        else:
            messages.success(request, f"{person.name_shown} added. Now place them on the circle.")
            if "another" in request.POST:
                return redirect("relationship-new", client_id)
            return redirect("relationships", client_id)
    context |= {"form": form, "relations": RELATIONS, "person": None}
    return render(request, "inventory/person.html", context, status=form_status(form))


@_require_therapist
@require_http_methods(["GET", "POST"])
def relationship(request: HttpRequest, client_id: uuid.UUID, relationship_id: uuid.UUID) -> HttpResponse:
    """Show and change one person; the form carries the version that it was opened with."""
    account = current_account(request)
    context = queries.client_page(account=account, client_id=client_id, page="relationship")
    person = queries.relationship_or_404(account=account, client=context["client"], relationship_id=relationship_id)
    initial = {name: getattr(person, name) for name in RelationshipForm.base_fields}
    form = RelationshipForm(request.POST or None, initial=initial)
    if form.is_valid():
        version = form.cleaned_data["version"] or 0
        try:
            actions.change_relationship(relationship=person, by=account, version=version, **form.person)
        except InputError as error:
            person.refresh_from_db()
            keep_input(form, error, version=person.version)
        else:
            messages.success(request, "Saved.")
            return redirect("relationships", client_id)
    context |= {"form": form, "relations": RELATIONS, "person": person}
    return render(request, "inventory/person.html", context, status=form_status(form))


@_require_therapist
@post_only
def remove_relationship(request: HttpRequest, client_id: uuid.UUID, relationship_id: uuid.UUID) -> HttpResponse:
    account = current_account(request)
    context = queries.client_page(account=account, client_id=client_id, page="relationship-take-out")
    person = queries.relationship_or_404(account=account, client=context["client"], relationship_id=relationship_id)
    try:
        actions.remove_relationship(relationship=person, by=account, at=timezone.now())
    except InputError as error:
        messages.error(request, sentence(error))
    return redirect_to_circle(client_id, out=str(person.id))


@_require_therapist
@post_only
def restore_relationship(request: HttpRequest, client_id: uuid.UUID, relationship_id: uuid.UUID) -> HttpResponse:
    account = current_account(request)
    context = queries.client_page(account=account, client_id=client_id, page="relationship-put-back")
    person = queries.relationship_or_404(account=account, client=context["client"], relationship_id=relationship_id)
    try:
        actions.restore_relationship(relationship=person, by=account)
    except InputError as error:
        messages.error(request, sentence(error))
    else:
        messages.success(request, f"{person.name_shown} is back in the inventory.")
    return redirect("relationships", client_id)


@_require_therapist
@post_only
def focus(request: HttpRequest, client_id: uuid.UUID, relationship_id: uuid.UUID) -> HttpResponse:
    """Set (`on=1`) or unset a person as a focus of the work."""
    account = current_account(request)
    context = queries.client_page(account=account, client_id=client_id, page="relationship-focus")
    person = queries.relationship_or_404(account=account, client=context["client"], relationship_id=relationship_id)
    actions.set_focus(relationship=person, by=account, is_focus=request.POST.get("on") == "1")
    now = "is now" if person.is_focus else "is no longer"
    messages.success(request, f"{person.name_shown} {now} a focus of the work.")
    return redirect("relationships", client_id)


# ---- the circle ------------------------------------------------------------------------------------------------------
@_require_therapist
@post_only
def remove_circle(request: HttpRequest, client_id: uuid.UUID, circle_id: uuid.UUID) -> HttpResponse:
    account = current_account(request)
    context = queries.client_page(account=account, client_id=client_id, page="circle-remove")
    circle = queries.circle_or_404(account=account, client=context["client"], circle_id=circle_id)
    try:
        actions.remove_circle(circle=circle, by=account, at=timezone.now())
    except InputError as error:
        messages.error(request, sentence(error))
    return redirect_to_circle(client_id, kind=circle.kind, out=str(circle.id))


@_require_therapist
@post_only
def restore_circle(request: HttpRequest, client_id: uuid.UUID, circle_id: uuid.UUID) -> HttpResponse:
    account = current_account(request)
    context = queries.client_page(account=account, client_id=client_id, page="circle-restore")
    circle = queries.circle_or_404(account=account, client=context["client"], circle_id=circle_id)
    try:
        actions.restore_circle(circle=circle, by=account)
    except InputError as error:
        messages.error(request, sentence(error))
    else:
        messages.success(request, "Version restored.")
    return redirect_to_circle(client_id, kind=circle.kind)


def redirect_to_circle(client_id: uuid.UUID, **query: str) -> HttpResponse:
    """Redirect to the circle; the query names the kind to show and the entry just removed, for its undo."""
    return redirect(f"{reverse('relationships', args=[client_id])}?{urlencode(query)}")
