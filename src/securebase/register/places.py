"""Probes of measures and tools: the column that a place fills, what it leaves in the record, and its page."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from functools import cache

import django
from django.conf import settings
from django.urls import get_resolver

from securebase.exchange.clinic_table.worksheet_columns import field_columns, presence_column
from securebase.ipt.claim_locations import ClaimLocation, ClaimNeed, locations_of
from securebase.ipt.parsing import has_value, parse_values
from securebase.ipt.shelf import worksheets
from securebase.measurement.catalogue import instruments
from securebase.register.columns import Asked, asked_columns
from securebase.register.specimen import sample

#: Page that asks a questionnaire at a check-in, page to enter one from paper, and page that begins a worksheet.
_CHECK_IN, _PAPER, _WORKSHEET = "check-in", "type-in", "worksheet-begin"


@cache
def routes() -> frozenset[str]:
    """Return the names of all pages of the workbench."""
    if not settings.configured:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "securebase.workbench.settings")
        django.setup()
    return frozenset(name for name in get_resolver().reverse_dict if isinstance(name, str))


def measures_of(claim: str, pages: Collection[str] | None = None) -> Iterator[str]:
    """Yield every place that measures a claim: scale or field, how often, and its column in the table of a clinic."""
    known = routes() if pages is None else pages
    for place in locations_of(claim, ClaimNeed.MEASURE):
        columns = list(_columns_of(place))
        if columns and _page_of(place) in known:
            yield f"{_name(place)}: {columns[0].in_words} (`{columns[0].column.name}`)"


def tools_of(claim: str, pages: Collection[str] | None = None) -> Iterator[str]:
    """Yield every place that is a tool for a claim: its page, and what its use leaves in the record."""
    known = routes() if pages is None else pages
    for place in locations_of(claim, ClaimNeed.TOOL):
        left = _left_by(place)
        if left and _page_of(place) in known:
            yield f"{_name(place)}: leaves {left}"


def _columns_of(place: ClaimLocation) -> Iterator[Asked]:
    columns = asked_columns()
    if place.instrument:
        own = (c for c in columns.values() if c.column.instrument == place.instrument)
        yield from (c for c in own if c.column.scale == place.scale and not c.column.name.startswith("intake_"))
    elif place.worksheet:
        spec = worksheets()[place.worksheet]
        readers = [r for r in field_columns(spec) if place.field in {"", r.field.id}]
        names = [reader.column.name for reader in readers] + [presence_column(spec).name] * (not place.field)
        yield from (columns[name] for name in names if name in columns)
    elif place.leaves in columns:
        yield columns[place.leaves]


def _left_by(place: ClaimLocation) -> str:
    """Return what the use of a tool leaves: a column of the table, else the fields of the record that it fills."""
    columns = list(_columns_of(place))
    if columns:
        return f"`{columns[0].column.name}`"
    if not place.worksheet:
        return ""
    spec = worksheets()[place.worksheet]
    fields = [field for field in spec.fields if place.field in {"", field.id}]
    values = parse_values(spec, {field.id: sample(field) for field in fields}).values
    return "words in the record" if any(has_value(value) for value in values.values()) else ""


def _page_of(place: ClaimLocation) -> str:
    if place.instrument:
        instrument = instruments()[place.instrument]
        return _CHECK_IN if instrument.own_wording else _PAPER
    return _WORKSHEET if place.worksheet else place.page


def _name(place: ClaimLocation) -> str:
    if place.instrument:
        instrument = instruments()[place.instrument]
        return f"“{instrument.name}”, {instrument.scale(place.scale).label}"
    if place.worksheet:
        spec = worksheets()[place.worksheet]
        field = spec.field(place.field)
        return f"worksheet “{spec.name}”" + (f", “{field.label.rstrip('.')}”" if field else "")
    return f"page `{place.page}`"
