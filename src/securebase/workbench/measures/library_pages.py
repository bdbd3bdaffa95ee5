"""Pages of the instrument library."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from securebase.errors import InstrumentError
from securebase.measurement.catalogue import instrument as get_instrument
from securebase.measurement.catalogue import instruments
from securebase.measurement.constructs import CONSTRUCTS


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
    scales = [(s, _label(s.construct)) for s in instrument.scales]
    context = {"instrument": instrument, "scales": scales, "section": "library"}
    return render(request, "measures/library_instrument.html", context)


def _label(construct: str) -> str:
    return CONSTRUCTS[construct].label if construct in CONSTRUCTS else construct
