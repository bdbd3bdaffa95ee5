"""The page of outcomes: of the whole clinic, or of a therapist's own clients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import quote

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from securebase.charts.client_chart import PAGE_WIDTH
from securebase.charts.outcome_bars import Shares, bars_size, describe_bars, outcome_bars
from securebase.charts.render import image, svg
from securebase.charts.style import PHONE_WIDTH
from securebase.ipt.course_format import CourseFormat
from securebase.measurement.catalogue import find_scale, instrument
from securebase.records.vocabulary import ProblemArea
from securebase.study.outcomes.groups import GroupOutcomes
from securebase.study.outcomes.phrases import (
    NO_COMPARISON,
    percent_share,
    start_sentence,
    statement_label,
    threshold_sentences,
)
from securebase.workbench.accounts.access import current_account, require_role
from securebase.workbench.accounts.models import Role
from securebase.workbench.accounts.queries import course_formats_of
from securebase.workbench.progress.outcomes import (
    MIN_SHARES,
    MIN_SHOWN,
    ClinicOutcomes,
    CourseEnd,
    OutcomeFilter,
    ScaleKey,
    clinic_outcomes,
)

_WIDTHS = {"wide": PAGE_WIDTH, "phone": PHONE_WIDTH}


class OutcomeFilterForm(forms.Form):
    """Choice of scale, course format and problem area, read from the query of the address."""

    scale = forms.ChoiceField(label="Scale")
    course_format = forms.ChoiceField(label="Course format")
    area = forms.ChoiceField(label="Problem area")

    def offer(self, result: ClinicOutcomes, formats: Sequence[CourseFormat]) -> None:
        """Offer what the courses in sight have."""
        names = {own.id: own.name for own in formats}
        self.fields["scale"].choices = [(":".join(key), _scale_name(key)) for key in result.scales]  # type: ignore[attr-defined]
        self.fields["course_format"].choices = [  # type: ignore[attr-defined]
            ("", "All formats"),
            *((name, names.get(name, name.capitalize())) for name in result.formats),
        ]
        self.fields["area"].choices = [  # type: ignore[attr-defined]
            ("", "All problem areas"),
            *((area, ProblemArea(area).label) for area in result.areas),
        ]


@require_role(Role.THERAPIST, Role.ADMINISTRATOR, Role.RESEARCHER)
@require_GET
def clinic_outcomes_page(request: HttpRequest) -> HttpResponse:
    """Show the outcomes of ended courses, how they ended, and the running courses so far."""
    account = current_account(request)
    chosen = OutcomeFilter(*(request.GET.get(name, "") for name in ("course_format", "area", "scale")))
    result = clinic_outcomes(account, chosen, timezone.now())
    initial = {"scale": ":".join(result.scale or ()), "course_format": chosen.course_format, "area": chosen.area}
    form = OutcomeFilterForm(initial=initial)
    form.offer(result, course_formats_of(account.clinic))
    shares = {"": result.ended.outcomes.shares}
    context = {
        "result": result,
        "form": form,
        "scale": _scale_name(result.scale) if result.scale else "",
        "charts": _drawings(shares) if result.ended.has_shares else {},
        "sizes": _sizes(shares),
        "chart_words": describe_bars(shares),
        "counts": _counts(result.ended.outcomes),
        "head": ("", "Last score as observed", "All who began"),
        "numbers": _numbers(result.ended.outcomes),
        "start": start_sentence(result.ended.outcomes, result.rules, "clients"),
        "thresholds": " ".join(threshold_sentences(result.rules)),
        "ends": _ends(result.ended.ends),
        "running_counts": _counts(result.running.outcomes),
        "min_shares": MIN_SHARES,
        "min_shown": MIN_SHOWN,
        "no_comparison": NO_COMPARISON,
        "section": "caseload" if result.own else "clinic",
    }
    return render(request, "progress/outcomes.html", context)


def _scale_name(key: ScaleKey) -> str:
    chosen, scale = instrument(key[0]), find_scale(*key)
    label = scale.label if scale is not None else key[1]
    return f"{label} ({chosen.name.lower()})" if chosen.own_wording else chosen.name


def _drawings(groups: Mapping[str, Shares]) -> dict[str, str]:
    """Return the bars in both widths as data URLs: they hold no data of a single client."""
    charts = {name: outcome_bars(groups, width=width, noun="clients") for name, width in _WIDTHS.items()}
    sizes = _sizes(groups)
    return {name: f"data:image/svg+xml,{quote(image(svg(chart), sizes[name]))}" for name, chart in charts.items()}


def _sizes(groups: Mapping[str, Shares]) -> dict[str, tuple[int, int]]:
    return {name: bars_size(groups, width=width) for name, width in _WIDTHS.items()}


def _counts(group: GroupOutcomes) -> list[tuple[str, str]]:
    return [(statement_label(s), f"{share.count:,} of {share.total:,}") for s, share in group.shares.items()]


def _numbers(group: GroupOutcomes) -> list[tuple[str, str, str]]:
    """Return statement, share as observed, and share of all who began."""
    return [
        (
            statement_label(statement),
            percent_share(share),
            percent_share(group.worst[statement]) if statement in group.worst else "–",
        )
        for statement, share in group.shares.items()
    ]


def _ends(ends: Mapping[CourseEnd, int]) -> list[tuple[str, str]]:
    total = sum(ends.values())
    return [
        (end.value, f"{count:,} of {total:,}" + (f", {count / total:.0%}" if total >= MIN_SHARES else ""))
        for end in CourseEnd
        if (count := ends.get(end, 0)) or end is not CourseEnd.EARLIER
    ]
