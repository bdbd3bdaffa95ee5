"""Downloads of one client's own data."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_GET

from securebase.errors import InputError
from securebase.workbench.accounts.gate import for_roles, signed_in
from securebase.workbench.accounts.models import Role
from securebase.workbench.clients.queries import client_in_view
from securebase.workbench.exports.actions import download_scores
from securebase.workbench.ui.conflict import sentence


@for_roles(Role.THERAPIST)
@require_GET
def scores(request: HttpRequest, client_id: uuid.UUID) -> HttpResponse:
    """The file's name says nothing of the person: it will lie in a folder of downloads."""
    account = signed_in(request)
    episode = client_in_view(account=account, client_id=client_id, page="client-scores").episode
    if episode is None:
        raise Http404
    try:
        text = download_scores(episode=episode, by=account, at=timezone.now())
    except InputError as error:
        messages.error(request, sentence(error))
        return redirect("client-measures", client_id)
    headers = {"Content-Disposition": 'attachment; filename="securebase-scores.csv"'}
    return HttpResponse(text, content_type="text/csv; charset=utf-8", headers=headers)
