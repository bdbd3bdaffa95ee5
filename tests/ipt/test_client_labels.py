"""Worksheets as clients see them: words that address the client, and no instructions for the therapist."""

from __future__ import annotations

from collections.abc import Iterator

from each import each
from securebase.ipt.client_labels import CLIENT_LABELS, CLIENT_OPTIONS, relabel_for_client
from securebase.ipt.shelf import worksheets
from securebase.ipt.worksheet import Audience, Field, Worksheet
from securebase.reports.selection import restrict_to_report

CLIENT_SHEETS = [spec for spec in worksheets().values() if spec.for_client]


def field_texts(field: Field) -> Iterator[str]:
    yield from (field.label, field.help, field.section, field.low_label, field.high_label, field.unit)
    for option in field.options:
        yield from (option.label, option.help)
    for column in field.columns:
        yield from field_texts(column)


@each(CLIENT_SHEETS, lambda spec: spec.id)
def test_a_worksheet_addresses_the_client(spec: Worksheet) -> None:
    shown = relabel_for_client(spec)
    texts = [shown.name, shown.about]
    for field in shown.fields:
        if Audience.CLIENT in field.reports:
            texts += field_texts(field)
    assert [text for text in texts if "the client" in text.lower() or "therapist" in text.lower()] == []


@each(worksheets().values(), lambda spec: spec.id)
def test_every_field_of_a_client_report_addresses_the_client(spec: Worksheet) -> None:
    report = restrict_to_report(Audience.CLIENT, spec)
    labels = [x.label for field in report.fields for x in (field, *field.columns)] if report else []
    assert [text for text in labels if "the client" in text.lower() or "between them" in text.lower()] == []


@each(CLIENT_SHEETS, lambda spec: spec.id)
def test_a_worksheet_carries_no_instructions_for_the_therapist(spec: Worksheet) -> None:
    shown = relabel_for_client(spec)
    assert spec.teaches
    assert shown.teaches == ""
    if not spec.client_fills:
        assert not any(f.help or any(c.help for c in f.columns) for f in shown.fields)


def test_every_label_belongs_to_the_shelf() -> None:
    shelf = worksheets()
    assert set(CLIENT_OPTIONS) <= {o.label for spec in shelf.values() for f in spec.fields for o in f.options}
    labels = {x.label for spec in shelf.values() for f in spec.fields for x in (f, *f.columns)}
    assert set(CLIENT_LABELS) - labels == set()
