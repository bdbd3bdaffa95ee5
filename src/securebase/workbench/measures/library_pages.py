"""Pages of the instrument library."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from securebase.errors import InstrumentError
from securebase.measurement.catalogue import instrument as get_instrument
from securebase.measurement.catalogue import instruments
from securebase.measurement.constructs import CONSTRUCTS
from securebase.workbench.measures.sentences import describe_answers, describe_bands, describe_method


@require_GET
def library(request: HttpRequest) -> HttpResponse:
    shelf = sorted(instruments().values(), key=lambda i: (not i.own_wording, i.name.lower()))
    rows = [(i, sorted({_label(s.construct) for s in i.scales})) for i in shelf]
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
        "section": "library",
    }
    return render(request, "measures/library_instrument.html", context)


def _label(construct: str) -> str:
    return CONSTRUCTS[construct].label if construct in CONSTRUCTS else construct
