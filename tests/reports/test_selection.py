"""What goes into which report: nothing unshared to the client, nothing not agreed to a referrer, no name to others."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path
from shutil import which

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import paper_cases as cases
from paper_cases import CLIENT, REFERRER, SUPERVISOR
from securebase.ipt.shelf import worksheets
from securebase.ipt.worksheet import Audience, FieldKind
from securebase.records.artefact import ArtefactRecord
from securebase.records.vocabulary import Agreement
from securebase.reports import for_client, for_referrer, for_supervisor
from securebase.reports.document import texts
from securebase.reports.selection import chosen, first_and_last_circle, for_report, people

MADE_BY = {CLIENT: for_client, REFERRER: for_referrer, SUPERVISOR: for_supervisor}
SHELF = cases.shelf()
#: parts that hold no text of an artefact, and take longest
DRAWN = {"symptoms", "change"}


def whole(report: Audience, case: object = None) -> str:
    """All that a report can say with everything ticked."""
    result = MADE_BY[report]
    given_case = cases.case() if case is None else case
    ids = {p.id for p in result.parts(given_case, SHELF)}
    return "\n".join(texts(result.document(given_case, ids, SHELF)))


@pytest.mark.parametrize("report", list(Audience))
def test_nothing_marked_as_a_note_or_not_meant_for_it_is_told(report: Audience) -> None:
    text = whole(report)
    for word in ("UNSHARED note", "UNSHARED aside", "UNSHARED thought"):
        assert word not in text


def test_the_client_reads_what_was_shared_and_no_more() -> None:
    text = whole(CLIENT)
    assert "It was all my fault." in text
    assert "I stop answering Mara." in text
    assert "UNSHARED" not in text
    assert "Encouragement of affect" not in text
    assert "Thoughts of suicide" not in text


def test_a_referrer_reads_only_what_the_client_agreed_to() -> None:
    assert "Since the move" in whole(REFERRER)
    for answer in (Agreement.OPEN, Agreement.DECLINED):
        record = cases.record()
        asked = tuple(replace(a, agreement=answer) if a.worksheet == "formulation" else a for a in record.artefacts)
        assert "Since the move" not in whole(REFERRER, cases.case(record=replace(record, artefacts=asked)))


def test_risk_goes_to_a_referrer_only_by_a_tick() -> None:
    parts = {p.id: p for p in for_referrer.parts(cases.case(), SHELF)}
    assert parts["sheet-risk_review"].wanted is False
    assert parts["sheet-risk_review"].ask
    assert "Thoughts of suicide" not in "\n".join(texts(for_referrer.document(cases.case(), None, SHELF)))
    assert "Thoughts of suicide" in whole(REFERRER)


def test_own_answers_go_to_the_client_only_by_a_tick() -> None:
    unasked = "\n".join(texts(for_client.document(cases.case(), None, SHELF)))
    assert "Each dot is one of your answers" not in unasked
    assert "Each dot is one of your answers" in whole(CLIENT)


@pytest.mark.parametrize("report", [REFERRER, SUPERVISOR])
def test_people_are_called_by_their_relation(report: Audience) -> None:
    text = whole(report, cases.case(hidden=("Carla Cruz",), closing_words="ended well"))
    for name in ("Jo Example", "Mara", "Granny Ada", "Example"):
        assert name not in text
    assert "and [partner] and I stopped talking" in text
    assert people(report, cases.record()) == {
        "r1": "partner",
        "r2": "friend 1",
        "r3": "friend 2",
        "r4": "grandmother",
    }


def test_a_supervisor_reads_no_calendar_day() -> None:
    text = whole(SUPERVISOR, cases.case(made_on=None))
    assert "2026" not in text
    assert "week 13" in text


def test_the_client_sees_only_circles_that_the_client_drew() -> None:
    record = replace(cases.record(), circles=(cases.DRAWN_BY_THERAPIST, *cases.CIRCLES))
    assert [c.id for c in first_and_last_circle(CLIENT, record)] == ["c1", "c3"]
    assert [c.id for c in first_and_last_circle(SUPERVISOR, record)] == ["c0", "c3"]
    assert first_and_last_circle(CLIENT, replace(record, circles=(cases.DRAWN_BY_THERAPIST,))) == ()


def test_a_worksheet_that_left_the_shelf_is_left_out() -> None:
    gone = ArtefactRecord("g", "gone", {"x": "UNSHARED"}, 1.0, 1.0, for_client=True)
    record = replace(cases.record(), artefacts=(gone,))
    assert all(chosen(report, record, SHELF) == () for report in Audience)


def test_no_field_of_the_real_shelf_is_a_note_and_in_a_report() -> None:
    for worksheet in worksheets().values():
        for report in Audience:
            cut = for_report(report, worksheet)
            assert cut is None or not any(f.note or any(c.note for c in f.columns) for f in cut.fields)


def test_the_parts_a_report_hopes_for_are_on_the_real_shelf() -> None:
    for result in MADE_BY.values():
        assert set(result.HOPED_FOR) <= set(worksheets())
    assert set(for_client.HEADINGS) <= set(worksheets())


def test_the_client_is_spoken_to_and_not_about() -> None:
    labels = [
        label
        for worksheet in worksheets().values()
        if (cut := for_report(CLIENT, worksheet)) is not None
        for owner in cut.fields
        for label in (owner.label, *(c.label for c in owner.columns))
    ]
    assert len(labels) > 100
    assert [label for label in labels if "client" in label.lower()] == []


# ------------------------------------------------------------------ any record at all


@st.composite
def any_artefacts(draw: st.DrawFn) -> tuple[ArtefactRecord, ...]:
    """Sheets of the real shelf with a text of its own in every text field, some shared and some not."""
    result = []
    shelf = worksheets()
    for n, name in enumerate(draw(st.lists(st.sampled_from(sorted(shelf)), min_size=1, max_size=8))):
        shared = draw(st.booleans())
        mark = f"{'SHARED' if shared else 'KEPT'}{n}"
        values: dict[str, object] = {}
        for owner in shelf[name].fields:
            if owner.kind in {FieldKind.LINE, FieldKind.TEXT}:
                values[owner.id] = f"{mark}{'NOTE' if owner.note else ''} text"
            elif owner.kind is FieldKind.ROWS:
                words = {
                    c.id: f"{mark}{'NOTE' if owner.note or c.note else ''} cell"
                    for c in owner.columns
                    if c.kind is FieldKind.LINE
                }
                values[owner.id] = (words,) if words else ()
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


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(any_artefacts())
def test_whatever_was_recorded_nothing_unshared_reaches_the_client(artefacts: tuple[ArtefactRecord, ...]) -> None:
    case = cases.case(record=replace(cases.record(), artefacts=artefacts))
    ids = {p.id for p in for_client.parts(case)} - DRAWN
    text = "\n".join(texts(for_client.document(case, ids)))
    assert "KEPT" not in text
    assert "NOTE" not in text
    shelf = worksheets()
    for artefact in artefacts:  # and what was shared and is meant for the client does arrive
        cut = for_report(CLIENT, shelf[artefact.worksheet])
        if artefact.for_client and shelf[artefact.worksheet].for_client and cut is not None:
            mark = str(next((v for f in cut.fields if isinstance(v := artefact.values.get(f.id), str)), ""))
            assert mark in text
    for report in (REFERRER, SUPERVISOR):
        result = MADE_BY[report]
        assert "NOTE" not in "\n".join(texts(result.document(case, {p.id for p in result.parts(case)} - DRAWN)))


@pytest.mark.skipif(which("pdftotext") is None, reason="pdftotext is not installed")
def test_the_file_itself_holds_nothing_unshared(tmp_path: Path) -> None:
    pdf = pytest.importorskip("securebase.reports.pdf")
    pytest.importorskip("typst", reason="typst is not installed")
    ids = {p.id for p in for_client.parts(cases.case(), SHELF)}
    file = tmp_path / "report.pdf"
    file.write_bytes(pdf.pdf(for_client.document(cases.case(), ids, SHELF)))
    words = subprocess.run(["pdftotext", str(file), "-"], capture_output=True, text=True, check=True).stdout
    assert "It was all my fault." in words
    assert "UNSHARED" not in words
