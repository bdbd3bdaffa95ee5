"""Preview of a loaded wording: the page that a client gets, from which nothing is sent."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from securebase.errors import InstrumentError
from securebase.measurement.catalogue import instrument as get_instrument
from securebase.workbench.accounts.access import current_account, require_role
from securebase.workbench.accounts.models import Role
from securebase.workbench.accounts.queries import help_text_of
from securebase.workbench.clients.language import speak
from securebase.workbench.measures.forms import AnswersForm
from securebase.workbench.wordings import worded_as_answered


@require_role(Role.THERAPIST, Role.ADMINISTRATOR)
@require_GET
def preview(request: HttpRequest, instrument_id: str, tag: str) -> HttpResponse:
    """Show the questions of one version as on the client's phone, in its language."""
    try:
        skeleton = get_instrument(instrument_id)
    except InstrumentError:
        raise Http404 from None
    instrument = worded_as_answered(skeleton, tag)
    if instrument is skeleton:  # no such version
        return redirect("library-instrument", skeleton.id)
    account, form = current_account(request), AnswersForm(instrument=instrument)
    speak(request, tag.partition("-")[0])
    context = {
        "instrument": instrument,
        "tag": tag,
        "form": form,
        "therapist": account,
        "help_text": help_text_of(account.clinic),
        "draft": "",
    }
    return render(request, "check_ins/preview.html", context)
