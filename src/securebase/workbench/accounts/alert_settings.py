"""The page of the clinic that says who is told of a safety alert."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from securebase.workbench.accounts import actions, queries
from securebase.workbench.accounts.access import current_account, require_role
from securebase.workbench.accounts.forms import AlertsForm
from securebase.workbench.accounts.models import Role
from securebase.workbench.ui.conflict import form_status, refusal_on


@require_role(Role.ADMINISTRATOR)
@require_http_methods(["GET", "POST"])
def alerts(request: HttpRequest) -> HttpResponse:
    """Choose the duty clinician, and show who has an email address for alerts."""
    account = current_account(request)
    clinic, clinicians = account.clinic, queries.clinicians_of(account.clinic)
    start = {"duty_clinician": clinic.duty_clinician, "duty_after_minutes": clinic.duty_after_minutes}
    form = AlertsForm(request.POST or None, initial=start | {"version": clinic.version}, clinicians=clinicians)
    if form.is_valid():
        with refusal_on(form, row=clinic):
            actions.change_alerts(clinic=clinic, by=account, **form.cleaned_data)
            messages.success(request, "Saved.")
            return redirect("clinic-alerts")
    context = {"form": form, "clinic": clinic, "clinicians": clinicians, "section": "clinic"}
    return render(request, "accounts/alerts.html", context, status=form_status(form))
