"""The page that acknowledges a safety alert."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from securebase.errors import InputError
from securebase.workbench.accounts.access import current_account, require_role
from securebase.workbench.accounts.models import Role
from securebase.workbench.measures import queries
from securebase.workbench.measures.actions import acknowledge_alert
from securebase.workbench.measures.forms import AlertNoteForm
from securebase.workbench.therapy_sessions.queries import client_page
from securebase.workbench.ui.conflict import form_status, keep_input


@require_role(Role.THERAPIST)
@require_http_methods(["GET", "POST"])
def alert(request: HttpRequest, client_id: uuid.UUID, alert_id: uuid.UUID) -> HttpResponse:
    account = current_account(request)
    context = client_page(account=account, client_id=client_id, page="alert", now=timezone.now())
    safety_alert = queries.get_alert(account=account, client=context["client"], alert_id=alert_id)
    form = AlertNoteForm(request.POST or None)
    if form.is_valid():
        try:
            acknowledge_alert(alert=safety_alert, by=account, note=form.cleaned_data["note"], at=timezone.now())
        except InputError as error:
            safety_alert.refresh_from_db()
            keep_input(form, error)
        else:
            messages.success(request, "Note saved. The alert is closed and stays on record.")
            return redirect("client", client_id)
    context |= {"tab": "", "alert": safety_alert, "answer": queries.open_alert(safety_alert), "form": form}
    return render(request, "measures/alert.html", context, status=form_status(form))
