"""Pages of the instrument library."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from securebase.errors import InstrumentError
from securebase.measurement.catalogue import instrument as get_instrument
from securebase.measurement.catalogue import instruments
from securebase.measurement.constructs import CONSTRUCTS
from securebase.workbench.accounts.access import current_account
from securebase.workbench.accounts.models import Role
from securebase.workbench.measures.sentences import describe_answers, describe_bands, describe_free_use, describe_method
from securebase.workbench.wordings import languages, versions


@require_GET
def library(request: HttpRequest) -> HttpResponse:
    shelf = sorted(instruments().values(), key=lambda i: (not i.own_wording, i.name.lower()))
    rows = [(i, sorted({_label(s.construct) for s in i.scales}), languages(i.id)) for i in shelf]
    return render(request, "measures/library.html", {"rows": rows, "section": "library"})


@require_GET
def library_instrument(request: HttpRequest, instrument_id: str) -> HttpResponse:
    try:
        instrument = get_instrument(instrument_id)
    except InstrumentError:
        raise Http404 from None
    context = {
        "instrument": instrument,
        "items": [(item, describe_answers(item)) for item in instrument.items],
        "scales": [(s, _label(s.construct), describe_method(s), describe_bands(s)) for s in instrument.scales],
        "needs_wording": not instrument.own_wording and instrument.respondent == "client",
        "wordings": versions(instrument.id),
        "free_use": describe_free_use(instrument),
        "may_withdraw": current_account(request).has_role(Role.ADMINISTRATOR),
        "section": "library",
    }
    return render(request, "measures/library_instrument.html", context)


def _label(construct: str) -> str:
    return CONSTRUCTS[construct].label if construct in CONSTRUCTS else construct
