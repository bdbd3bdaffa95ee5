"""Reports on paper: tagged, reproducible byte for byte, and without text read as markup."""

from __future__ import annotations

import re
import subprocess
import sys
import zlib
from dataclasses import replace
from pathlib import Path
from shutil import which

import pytest

import paper_cases as cases
from securebase.charts.render import svg
from securebase.charts.symptoms import symptoms_chart
from securebase.errors import InputError
from securebase.picture.outcomes import OutcomeChange, outcome_facts
from securebase.reports import for_client, for_referrer, for_supervisor
from securebase.reports import pdf as module
from securebase.reports.document import (
    Box,
    Bullets,
    Document,
    Facts,
    Heading,
    Paragraph,
    Picture,
    RatingScale,
    Table,
    TextTone,
)
from securebase.reports.pdf import pdf
from securebase.schema import value_fingerprint

pytest.importorskip("typst", reason="typst is not installed")
needs_poppler = pytest.mark.skipif(which("pdftotext") is None, reason="pdftotext is not installed")
SHELF = cases.shelf()
REPORTS = [for_client, for_referrer, for_supervisor]
HOSTILE = '#eval("1 + 1") *bold* $x^2$ = head @ref <label> \\u{41} #image("/etc/passwd") // gone /* gone */ `raw`'


def small(*blocks: object, **options: str) -> Document:
    return Document("A title", "A kicker", tuple(blocks), **options)  # type: ignore[arg-type]


def read(content: bytes, tmp_path: Path) -> str:
    file = tmp_path / "report.pdf"
    file.write_bytes(content)
    output = subprocess.run(["pdftotext", "-layout", str(file), "-"], capture_output=True, text=True, check=True)
    return output.stdout


def unpack(content: bytes) -> bytes:
    """Return the file with its decompressed streams appended, so that every object can be searched."""
    parts = [content]
    for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", content, flags=re.DOTALL):
        try:
            parts.append(zlib.decompress(stream))
        except zlib.error:
            continue
    return b"\n".join(parts)


@pytest.mark.parametrize("report", REPORTS)
def test_a_report_is_tagged_for_screen_readers(report: object) -> None:
    case = cases.case()
    ids = {p.id for p in report.parts(case, SHELF)}  # type: ignore[attr-defined]
    file = unpack(pdf(report.document(case, ids, SHELF)))  # type: ignore[attr-defined]
    for mark in (b"/StructTreeRoot", b"/MarkInfo", b"/Lang", b"pdfuaid:part", b"/Title", b"/TH", b"/H1"):
        assert mark in file
    pictures, text = len(re.findall(rb"/S\s*/Figure", file)), len(re.findall(rb"/Alt\s*[(<]", file))
    assert pictures >= 1
    assert text >= pictures


@pytest.mark.parametrize("report", REPORTS)
def test_the_same_case_gives_the_same_bytes(report: object) -> None:
    first, second = (pdf(report.document(cases.case(), None, SHELF)) for _ in range(2))  # type: ignore[attr-defined]
    assert first == second


@needs_poppler
def test_text_is_never_read_as_markup(tmp_path: Path) -> None:
    blocks = (
        Heading(HOSTILE),
        Paragraph(HOSTILE),
        Facts(((HOSTILE, HOSTILE),)),
        Bullets((HOSTILE,)),
        Table(HOSTILE, (HOSTILE, "b"), ((HOSTILE, "1"),)),
        RatingScale(HOSTILE, 3.0, low_label=HOSTILE, high_label="b"),
        Box(HOSTILE, (Paragraph(HOSTILE),), TextTone.ALERT),
    )
    result = pdf(Document(HOSTILE, HOSTILE, blocks, HOSTILE, HOSTILE))
    text = " ".join(read(result, tmp_path).split())
    for piece in ('#eval("1', "*bold*", "$x^2$", "@ref", "<label>", "\\u{41}", "/etc/passwd", "/*", "`raw`"):
        assert text.count(piece) >= 8, piece
    assert "root:" not in text


@needs_poppler
def test_a_rating_is_printed_with_its_ends(tmp_path: Path) -> None:
    scale = RatingScale("Feels close", 3.0, low_label="not at all", high_label="very close")
    text = " ".join(read(pdf(small(scale)), tmp_path).split())
    for part in ("Feels close", "3 of 10", "0: not at all · 10: very close"):
        assert part in text


@needs_poppler
def test_the_title_of_a_box_stays_with_its_text(tmp_path: Path) -> None:
    box = Box("If you need help now", (Paragraph("Call the emergency number."),), TextTone.ALERT)
    last = set()
    for lines in range(30, 50):  # the page ends before, within or after the box
        pages = read(pdf(small(*[Paragraph("A line.")] * lines, box)), tmp_path).split("\f")
        (page,) = [n for n, page in enumerate(pages) if box.title in page]
        assert "Call the emergency number." in pages[page], lines
        last.add(page)
    assert last == {0, 1}


@needs_poppler
def test_names_in_many_scripts_are_shown(tmp_path: Path) -> None:
    text = read(pdf(small(Paragraph("Zoë Ødegård, Łukasz, Ελένη, Дмитрий, Nguyễn"))), tmp_path)
    for name in ("Zoë", "Ødegård", "Łukasz", "Ελένη", "Дмитрий", "Nguyễn"):
        assert name in text


@needs_poppler
def test_a_character_without_a_font_removes_the_pdf_ua_claim_but_keeps_the_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    typst = pytest.importorskip("typst")
    monkeypatch.setattr(module, "_fonts", lambda: typst.Fonts(include_system_fonts=False))
    result = pdf(small(Paragraph("李小龍 came along")))
    assert "came along" in read(result, tmp_path)
    assert "no font" in read(result, tmp_path)
    assert b"/StructTreeRoot" in unpack(result)
    assert b"pdfuaid:part" not in unpack(result)


@needs_poppler
def test_no_system_font_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    typst = pytest.importorskip("typst")
    monkeypatch.setattr(module, "_fonts", lambda: typst.Fonts(include_system_fonts=False))
    result = pdf(for_client.document(cases.case(), {p.id for p in for_client.parts(cases.case(), SHELF)}, SHELF))
    assert b"pdfuaid:part" in unpack(result)
    assert "Your therapy, Carla" in read(result, tmp_path)


@needs_poppler
def test_very_long_texts_and_words_stay_on_the_page(tmp_path: Path) -> None:
    words = " ".join(f"word{n}" for n in range(4000))
    result = pdf(
        small(Paragraph(words), Facts((("Label", "x" * 900),)), Table("", ("a", "b"), (("y" * 400, words[:9000]),)))
    )
    texts = read(result, tmp_path)
    assert "word3999" in texts
    assert texts.count("x") >= 900
    assert texts.count("\f") > 4
    file = tmp_path / "report.pdf"
    boxes = subprocess.run(["pdftotext", "-bbox", str(file), "-"], capture_output=True, text=True, check=True).stdout
    edges = [float(x) for x in re.findall(r'xMax="([\d.]+)"', boxes)]
    assert max(edges) < 596


def test_control_characters_and_lone_surrogates_are_removed() -> None:
    assert b"%PDF" in pdf(small(Paragraph("a\x00b\x07c\ud800d\u202ee")))


def test_every_page_names_its_sources() -> None:
    case = cases.case()
    document = for_referrer.document(case, None, SHELF)
    assert "31 March 2026" in document.foot
    assert value_fingerprint(case.record) in document.foot
    assert "6 April 2026" in document.kicker


def test_a_referrer_reads_every_outcome_with_its_change() -> None:
    case = cases.case()
    blocks = for_referrer.document(case, {"outcomes"}, SHELF).blocks
    facts = [pair for block in blocks if isinstance(block, Facts) for pair in block.rows]
    assert tuple(facts) == outcome_facts(case.picture.outcomes)
    assert facts[0] == ("Symptoms", "17 → 7 (PHQ-9): reliable improvement, threshold 6 points")
    # the preview names every outcome that the letter will hold, the life situation among them
    picture = replace(case.picture, outcomes=(*case.picture.outcomes, OutcomeChange("Life situation")))
    part = next(p for p in for_referrer.parts(replace(case, picture=picture), SHELF) if p.id == "outcomes")
    assert part.preview.startswith("Symptoms, functioning and life situation, each with reliable change")


def test_a_picture_needs_a_text_alternative() -> None:
    with pytest.raises(ValueError, match="needs a text alternative"):
        Picture(svg(symptoms_chart(cases.case().picture)), " ", "A caption")


def test_without_typst_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(InputError, match="securebase\\[workbench\\]"):
        pdf(small())


@pytest.mark.parametrize("report", REPORTS)
def test_an_empty_record_gives_a_report_that_explains_what_is_missing(report: object) -> None:
    case = cases.empty()
    parts = report.parts(case, SHELF)  # type: ignore[attr-defined]
    missing = [p for p in parts if not p.ready]
    assert missing
    assert all(p.missing and not p.missing.endswith(" ") for p in missing)
    assert b"%PDF" in pdf(report.document(case, None, SHELF))  # type: ignore[attr-defined]


def test_an_empty_report_for_the_client_explains_itself() -> None:
    document = for_client.document(cases.empty(), None, SHELF)
    assert Paragraph(for_client.NOTHING_YET) in document.blocks


def test_measures_are_shown_at_every_fourth_session_and_the_last() -> None:
    table = for_supervisor.measures_every_fourth(cases.record())
    assert table.head == ("Scale", "1", "4", "8", "12", "13")
    assert len(table.rows) == 6
    assert all(len(row) == len(table.head) for row in table.rows)


def test_an_old_score_is_not_shown_at_a_later_session() -> None:
    record = cases.record()
    early = tuple(a for a in record.administrations if (a.session or 0) <= 2)
    table = for_supervisor.measures_every_fourth(replace(record, administrations=early))
    assert all(row[3:] == ("–", "–", "–") for row in table.rows)
