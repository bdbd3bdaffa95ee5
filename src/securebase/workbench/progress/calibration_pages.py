"""The page of the clinic's calibration."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from securebase.charts.calibration_intervals import HEIGHT, coverage_chart, text_alternative
from securebase.charts.client_chart import PAGE_WIDTH
from securebase.charts.render import image, svg
from securebase.charts.style import PHONE_WIDTH
from securebase.picture import calibration_phrases as words
from securebase.picture.calibration import ClinicShare
from securebase.picture.verification import Verification
from securebase.workbench.accounts.access import current_account, require_role
from securebase.workbench.accounts.models import Role
from securebase.workbench.clinic_set import set_in_use
from securebase.workbench.progress.calibration import ClinicCalibration, calibration

#: Size in pixels of the chart, on a wide page and on a phone.
_SIZES = {"wide": (PAGE_WIDTH, HEIGHT), "phone": (PHONE_WIDTH, HEIGHT)}


@require_role(Role.ADMINISTRATOR, Role.RESEARCHER)
@require_GET
def clinic_calibration(request: HttpRequest) -> HttpResponse:
    """Show how often forecasts and signals held in this clinic, and how often hypotheses matched."""
    result = calibration(current_account(request).clinic, timezone.now())
    own = (words.OWN_SET,) if set_in_use().is_own else ()
    in_90 = result.shares[Verification.IN_90]
    context = {
        "result": result,
        "charts": {} if in_90.missing else _drawings(result.shares),
        "so_far": words.interval_sentence(result.shares[Verification.IN_50], in_90),
        "verdict": words.verdict(in_90),
        "counted": words.counted(result.courses, result.waiting),
        "basis": " ".join((f"{words.basis(in_90, 'forecast')}.", words.RECOMPUTED, *own)),
        "chart_words": ". ".join(text_alternative(result.shares)),
        "sizes": _SIZES,
        "signals": _signal_rows(result),
        "matches": [
            (words.RESPONDENTS[r], *words.matches(rate)) for r, rate in result.matches.items() if rate.leading.clients
        ],
        "words": words,
        "section": "clinic",
    }
    return render(request, "progress/calibration.html", context)


def _drawings(shares: Mapping[Verification, ClinicShare]) -> dict[str, str]:
    """Return the chart in both widths as data URLs: it holds no data of a client, and needs no route of its own."""
    charts = {name: (coverage_chart(shares, width=size[0]), size) for name, size in _SIZES.items()}
    return {name: f"data:image/svg+xml,{quote(image(svg(chart), size))}" for name, (chart, size) in charts.items()}


def _signal_rows(result: ClinicCalibration) -> list[tuple[str, str, str, str, str]]:
    """Return name, false alarms with their basis, and misses with theirs, of each signal."""
    rows = []
    for signal in words.SIGNALS:
        false, missed = result.shares[signal.false], result.shares[signal.missed]
        rows.append(
            (
                signal.name,
                words.share(false),
                words.basis(false, signal.raised),
                words.share(missed),
                words.basis(missed, signal.cases),
            )
        )
    return rows
