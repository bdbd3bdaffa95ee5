"""The page that acknowledges a safety alert."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpResponse

from securebase.workbench.clients.client_page import ClientPage, client_page
from securebase.workbench.measures import queries
from securebase.workbench.measures.actions import acknowledge_alert
from securebase.workbench.measures.alert_mail import who_was_told
from securebase.workbench.measures.forms import AlertNoteForm
from securebase.workbench.ui.conflict import form_status, refusal_on


@client_page("GET", "POST")
def alert(page: ClientPage, alert_id: uuid.UUID) -> HttpResponse:
    safety_alert = queries.get_alert(account=page.account, client=page.client, alert_id=alert_id)
    form = AlertNoteForm(page.posted)
    if form.is_valid():
        with refusal_on(form):
            acknowledge_alert(alert=safety_alert, by=page.account, note=form.cleaned_data["note"], at=page.now)
            messages.success(page.request, "Note saved. The alert is closed and stays on record.")
            return page.redirect("client")
        safety_alert.refresh_from_db()
    context = {"alert": safety_alert, "answer": queries.open_alert(safety_alert), "form": form}
    context["told"] = who_was_told(safety_alert)
    return page.render("measures/alert.html", context, status=form_status(form))
