"""Selection for each report: the client sees shared entries, referrers agreed ones, and only the client sees names."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path
from shutil import which

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import paper_cases as cases
from paper_cases import CLIENT, REFERRER, SUPERVISOR
from securebase.ipt.shelf import worksheets
from securebase.ipt.worksheet import Audience, FieldKind
from securebase.records.artefact import ArtefactRecord
from securebase.records.vocabulary import Agreement
from securebase.reports import for_client, for_referrer, for_supervisor
from securebase.reports.document import texts
from securebase.reports.selection import first_and_last_circle, names_for_reader, restrict_to_report, select_artefacts

REPORTS = {CLIENT: for_client, REFERRER: for_referrer, SUPERVISOR: for_supervisor}
SHELF = cases.shelf()
#: slow parts without text of an artefact
PICTURES = {"symptoms", "change"}


def whole(report: Audience, case: object = None) -> str:
    """Return all texts of a report with every part ticked."""
    module = REPORTS[report]
    given_case = cases.case() if case is None else case
    ids = {p.id for p in module.parts(given_case, SHELF)}
    return "\n".join(texts(module.document(given_case, ids, SHELF)))


@pytest.mark.parametrize("report", list(Audience))
def test_no_report_contains_notes_or_fields_meant_for_others(report: Audience) -> None:
    text = whole(report)
    for word in ("UNSHARED note", "UNSHARED aside", "UNSHARED thought"):
        assert word not in text


def test_the_client_sees_only_shared_entries() -> None:
    text = whole(CLIENT)
    assert "It was all my fault." in text
    assert "I stop answering Mara." in text
    assert "UNSHARED" not in text
    assert "Encouragement of affect" not in text
    assert "Thoughts of suicide" not in text


def test_a_referrer_sees_only_what_the_client_agreed_to() -> None:
    assert "Since the move" in whole(REFERRER)
    for answer in (Agreement.OPEN, Agreement.DECLINED):
        record = cases.record()
        artefacts = tuple(replace(a, agreement=answer) if a.worksheet == "formulation" else a for a in record.artefacts)
        assert "Since the move" not in whole(REFERRER, cases.case(record=replace(record, artefacts=artefacts)))


def test_risk_is_reported_to_a_referrer_only_if_ticked() -> None:
    parts = {p.id: p for p in for_referrer.parts(cases.case(), SHELF)}
    assert parts["sheet-risk_review"].by_default is False
    assert parts["sheet-risk_review"].caution
    assert "Thoughts of suicide" not in "\n".join(texts(for_referrer.document(cases.case(), None, SHELF)))
    assert "Thoughts of suicide" in whole(REFERRER)


def test_answers_over_time_are_reported_to_the_client_only_if_ticked() -> None:
    default = "\n".join(texts(for_client.document(cases.case(), None, SHELF)))
    assert "Each dot is one of your answers" not in default
    assert "Each dot is one of your answers" in whole(CLIENT)


@pytest.mark.parametrize("report", [REFERRER, SUPERVISOR])
def test_people_are_called_by_their_relation(report: Audience) -> None:
    text = whole(report, cases.case(hidden=("Carla Cruz",), closing_words="ended well"))
    for name in ("Jo Example", "Mara", "Granny Ada", "Example"):
        assert name not in text
    assert "and [partner] and I stopped talking" in text
    assert names_for_reader(report, cases.record()) == {
        "r1": "partner",
        "r2": "friend 1",
        "r3": "friend 2",
        "r4": "grandmother",
    }


def test_a_supervisor_sees_no_calendar_day() -> None:
    text = whole(SUPERVISOR, cases.case(made_on=None))
    assert "2026" not in text
    assert "week 13" in text


def test_the_client_sees_only_circles_that_the_client_drew() -> None:
    record = replace(cases.record(), circles=(cases.DRAWN_BY_THERAPIST, *cases.CIRCLES))
    assert [c.id for c in first_and_last_circle(CLIENT, record)] == ["c1", "c3"]
    assert [c.id for c in first_and_last_circle(SUPERVISOR, record)] == ["c0", "c3"]
    assert first_and_last_circle(CLIENT, replace(record, circles=(cases.DRAWN_BY_THERAPIST,))) == ()


def test_a_worksheet_that_is_no_longer_on_the_shelf_is_omitted() -> None:
    artefact = ArtefactRecord("g", "gone", {"x": "UNSHARED"}, 1.0, 1.0, for_client=True)
    record = replace(cases.record(), artefacts=(artefact,))
    assert all(select_artefacts(report, record, SHELF) == () for report in Audience)


def test_no_field_of_the_real_shelf_is_a_note_and_in_a_report() -> None:
    for worksheet in worksheets().values():
        for report in Audience:
            cut = restrict_to_report(report, worksheet)
            assert cut is None or not any(f.note or any(c.note for c in f.columns) for f in cut.fields)


def test_every_report_expects_worksheets_and_only_those_for_the_client_have_a_heading_there() -> None:
    shelf = worksheets().values()
    assert all(any(report in spec.expected_in for spec in shelf) for report in Audience)
    assert all(report in {r for f in spec.fields for r in f.reports} for spec in shelf for report in spec.expected_in)
    assert not [s.id for s in shelf if s.report_heading and not any(Audience.CLIENT in f.reports for f in s.fields)]


def test_labels_address_the_client() -> None:
    labels = [
        label
        for worksheet in worksheets().values()
        if (cut := restrict_to_report(CLIENT, worksheet)) is not None
        for field in cut.fields
        for label in (field.label, *(c.label for c in field.columns))
    ]
    assert len(labels) > 100
    assert [label for label in labels if "client" in label.lower()] == []


# ------------------------------------------------------------------ random records


@st.composite
def any_artefacts(draw: st.DrawFn) -> tuple[ArtefactRecord, ...]:
    """Draw worksheets of the real shelf with a unique text in every text field, some shared and some not."""
    result = []
    shelf = worksheets()
    for n, name in enumerate(draw(st.lists(st.sampled_from(sorted(shelf)), min_size=1, max_size=8))):
        shared = draw(st.booleans())
        mark = f"{'SHARED' if shared else 'WITHHELD'}{n}"
        values: dict[str, object] = {}
        for field in shelf[name].fields:
            if field.kind in {FieldKind.LINE, FieldKind.TEXT}:
                values[field.id] = f"{mark}{'NOTE' if field.note else ''} text"
            elif field.kind is FieldKind.ROWS:
                words = {
                    c.id: f"{mark}{'NOTE' if field.note or c.note else ''} cell"
                    for c in field.columns
                    if c.kind is FieldKind.LINE
                }
                values[field.id] = (words,) if words else ()
        result.append(
            ArtefactRecord(
                f"x{n}",
                name,
                values,  # type: ignore[arg-type]
                at=float(n),
                begun_at=float(n),
                session=draw(st.sampled_from([None, 1, 2, 3])),
                agreement=draw(st.sampled_from(list(Agreement))),
                for_client=shared,
            )
        )
    return tuple(result)


@settings(max_examples=25)
@given(any_artefacts())
def test_nothing_unshared_reaches_the_client(artefacts: tuple[ArtefactRecord, ...]) -> None:
    case = cases.case(record=replace(cases.record(), artefacts=artefacts))
    ids = {p.id for p in for_client.parts(case)} - PICTURES
    text = "\n".join(texts(for_client.document(case, ids)))
    assert "WITHHELD" not in text
    assert "NOTE" not in text
    shelf = worksheets()
    for artefact in artefacts:  # shared entries meant for the client do appear
        cut = restrict_to_report(CLIENT, shelf[artefact.worksheet])
        if artefact.for_client and shelf[artefact.worksheet].for_client and cut is not None:
            mark = str(next((v for f in cut.fields if isinstance(v := artefact.values.get(f.id), str)), ""))
            assert mark in text
    for report in (REFERRER, SUPERVISOR):
        module = REPORTS[report]
        assert "NOTE" not in "\n".join(texts(module.document(case, {p.id for p in module.parts(case)} - PICTURES)))


@pytest.mark.skipif(which("pdftotext") is None, reason="pdftotext is not installed")
def test_the_pdf_file_contains_nothing_unshared(tmp_path: Path) -> None:
    pdf = pytest.importorskip("securebase.reports.pdf")
    pytest.importorskip("typst", reason="typst is not installed")
    ids = {p.id for p in for_client.parts(cases.case(), SHELF)}
    file = tmp_path / "report.pdf"
    file.write_bytes(pdf.pdf(for_client.document(cases.case(), ids, SHELF)))
    words = subprocess.run(["pdftotext", str(file), "-"], capture_output=True, text=True, check=True).stdout
    assert "It was all my fault." in words
    assert "UNSHARED" not in words
