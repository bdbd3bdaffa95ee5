"""Reports, the whole record and the work as a table: contents, access and audit rows."""

from __future__ import annotations

import csv
import io
import json
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from securebase.errors import InputError, NotPermittedError
from securebase.exchange.record_json import parse_record
from securebase.ipt.parsing import parse_values
from securebase.ipt.shelf import worksheet
from securebase.ipt.worksheet import Audience
from securebase.workbench.audit.models import Entry
from securebase.workbench.clients import actions as clients
from securebase.workbench.exports import actions, pages
from securebase.workbench.exports.queries import pseudonym
from securebase.workbench.worksheets.actions import save_artefact, share_artefact
from securebase.workbench.worksheets.models import Artefact
from workbench.browser import Browser
from workbench.cast import NOON, Cast

LATER = NOON + timedelta(days=30)
needs_typst = pytest.mark.usefixtures("typst")


@pytest.fixture
def typst() -> None:
    pytest.importorskip("typst", reason="typst is not installed")


def save_sheet(
    cast: Cast, name: str, typed: dict[str, Any], *, shared: bool = False, later: dict[str, Any] | None = None
):
    spec, id_ = worksheet(name), uuid.uuid4()
    for n, values in enumerate((typed, later) if later else (typed,)):
        save_artefact(
            id=id_,
            episode=cast.episode,
            worksheet=name,
            by=cast.alma,
            filled=parse_values(spec, values),
            revision=n,
            at=NOON + timedelta(days=n + 1),
        )
    artefact = Artefact.objects.visible_to(cast.alma).get(id=id_)
    if shared:
        share_artefact(artefact=artefact, by=cast.alma, client=True, supervisor=False)
    return artefact


@pytest.fixture
def full(cast: Cast) -> Cast:
    goals = [{"goal": "=SUM(1) speak up at home", "now": "3", "wished": "8"}]
    save_sheet(
        cast, "contract", {"goals": goals, "sessions": "16"}, shared=True, later={"goals": goals, "sessions": "12"}
    )
    save_sheet(cast, "gains", {"gains": [{"gain": "I say what I need"}]}, shared=True)
    save_sheet(cast, "story_card", {"before": "UNSHARED words of Carla"})
    save_sheet(
        cast, "incident", {"what_happened": "A NOTE", "wanted": "To be heard by Carla", "happened_on": "2026-09-03"}
    )
    return cast


def choose(cast: Cast, browser: Browser, kind: str, **data: Any) -> Any:
    return browser.post(reverse("client-report-choose", args=[cast.carla.id, kind]), data)


@needs_typst
@pytest.mark.parametrize("kind", [r.value for r in Audience])
def test_report_is_downloaded_and_audited(full: Cast, alma: Browser, kind: str) -> None:
    answer = choose(full, alma, kind, part=["course", "goals"], name="C.")
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"] == f'attachment; filename="securebase-report-{kind}.pdf"'
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Cache-Control"] == "no-store, private"
    assert answer.content.startswith(b"%PDF")
    row = Entry.objects.get(action="report.downloaded")
    # the client has not agreed to the contract yet, so a referrer does not see its goals
    parts = ["course"] if kind == "referrer" else ["course", "goals"]
    assert row.detail == {"report": kind, "parts": parts, "bytes": len(answer.content)}
    assert row.client == str(full.carla.id)


def test_page_lists_ready_and_missing_parts(full: Cast, alma: Browser) -> None:
    page = alma.get(reverse("client-report-choose", args=[full.carla.id, "client"])).content.decode()
    assert "Goals from the contract" in page
    assert "My plan for staying well" in page  # named as missing
    assert reverse("worksheet-begin", args=[full.carla.id, "relapse_plan"]) in page
    assert "The client has not drawn a circle yet." in page
    assert "UNSHARED" not in page
    assert 'value="sheet-story_card"' not in page


def test_report_without_parts_keeps_the_input(full: Cast, alma: Browser) -> None:
    typed = {"name": "C. C.", "reader": "Dr Example"}
    answer = choose(full, alma, "referrer", **typed)
    page = answer.content.decode()
    assert answer.status_code == 400
    assert "Tick at least one section." in page
    for word in typed.values():
        assert f'value="{word}"' in page
    assert not Entry.objects.filter(action="report.downloaded").exists()


def test_overlong_text_is_refused_and_keeps_the_ticks(full: Cast, alma: Browser) -> None:
    answer = choose(full, alma, "referrer", part=["course"], recommendations="x" * 5001)
    page = answer.content.decode()
    assert answer.status_code == 400
    assert "x" * 5001 in page
    assert page.count(" checked") == 1


@needs_typst
def test_texts_for_a_referrer_need_no_tick(full: Cast, alma: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    documents = []
    original = actions.pdf
    monkeypatch.setattr(actions, "pdf", lambda document: documents.append(document) or original(document))
    choose(full, alma, "referrer", part=["course"], recommendations="#strong[A talk] in spring")
    assert "#strong[A talk] in spring" in str(documents[0].blocks)


def test_page_asks_for_consent_unless_the_contract_has_it(full: Cast, alma: Browser) -> None:
    address = reverse("client-report-choose", args=[full.carla.id, "referrer"])
    assert "Ask before you share this report" in alma.get(address).content.decode()
    goals = [{"goal": "speak up", "now": "3"}]
    save_sheet(full, "contract", {"goals": goals, "sharing_consent": ["referrer"]})
    assert "Ask before you share this report" not in alma.get(address).content.decode()


def test_unknown_report_is_not_found(full: Cast, alma: Browser) -> None:
    assert alma.get(reverse("client-report-choose", args=[full.carla.id, "press"])).status_code == 404


@pytest.mark.parametrize("texts", [False, True])
def test_whole_record_reads_back_and_names_nobody(full: Cast, alma: Browser, texts: bool) -> None:
    answer = alma.post(reverse("client-record", args=[full.carla.id]), {"texts": "1"} if texts else {})
    assert answer.headers["Content-Disposition"] == 'attachment; filename="securebase-record.json"'
    text = answer.content.decode()
    record = parse_record(text)
    assert record.person == pseudonym(full.episode)
    assert {a.worksheet for a in record.artefacts} == {"contract", "gains", "story_card", "incident"}
    for word in ("Carla", "Alma", "2026", str(full.carla.id), "A NOTE"):
        assert word not in text
    assert ("UNSHARED words of [the client]" in text) is texts
    assert ("To be heard by [the client]" in text) is texts
    assert json.loads(text)["notes"]["texts"] == (actions.WITH_TEXTS if texts else actions.WITHOUT_TEXTS)
    row = Entry.objects.get(action="record.downloaded")
    assert row.detail == {"texts": texts, "bytes": len(answer.content)}


def test_work_has_every_version_and_no_formula(full: Cast, alma: Browser) -> None:
    answer = alma.post(reverse("client-work", args=[full.carla.id]), {"texts": "1"})
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    planned = [(r["version"], r["value"]) for r in rows if r["field"] == "sessions"]
    assert planned == [("1", "16"), ("2", "12")]
    assert [r["value"] for r in rows if r["column"] == "goal"] == ["'=SUM(1) speak up at home"] * 2
    assert not any(cell.startswith(("=", "+", "@")) for r in rows for cell in r.values())
    assert "Carla" not in answer.content.decode()
    assert Entry.objects.get(action="work.downloaded").detail["texts"] is True


def test_work_without_texts_has_only_numbers_and_choices(full: Cast, alma: Browser) -> None:
    text = alma.post(reverse("client-work", args=[full.carla.id])).content.decode()
    assert "speak up" not in text
    assert ",now,3" in text


def test_empty_record_says_what_to_do(cast: Cast, alma: Browser) -> None:
    answer = alma.post(reverse("client-work", args=[cast.carla.id]), follow=True)
    assert "No worksheet has been completed yet. Open one under Course." in answer.content.decode()
    record = parse_record(alma.post(reverse("client-record", args=[cast.carla.id])).content.decode())
    assert record.artefacts == ()
    page = alma.get(reverse("client-report-choose", args=[cast.carla.id, "supervisor"])).content.decode()
    assert "Not available yet" in page


def test_client_without_a_therapy_can_be_opened(cast: Cast, alma: Browser) -> None:
    bare = clients.Client.objects.create(clinic=cast.alma.clinic, therapist=cast.alma, name_shown="New")
    assert "Enter a therapy" in alma.get(reverse("client-downloads", args=[bare.id])).content.decode()
    assert alma.post(reverse("client-record", args=[bare.id])).status_code == 404


def test_only_the_therapist_downloads(full: Cast) -> None:
    for account in (full.bruno, full.dario, full.rosa, full.adam):
        with pytest.raises(NotPermittedError):
            actions.download_record(episode=full.episode, by=account, texts=False, at=LATER)
        with pytest.raises(NotPermittedError):
            actions.download_work(episode=full.episode, by=account, texts=False, at=LATER)
        with pytest.raises(NotPermittedError):
            actions.download_report(
                episode=full.episode, by=account, report=Audience.CLIENT, ticked=["course"], words={}, at=LATER
            )
    assert not Entry.objects.filter(action__endswith=".downloaded").exists()


def test_page_reports_missing_typst(full: Cast, alma: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_: object) -> bytes:
        raise InputError("PDF files need the package typst, which is not installed", advice="Install it.")

    monkeypatch.setattr(actions, "pdf", missing)
    answer = choose(full, alma, "client", part=["course"])
    assert answer.status_code == 400
    assert "need the package typst" in answer.content.decode()


def test_every_report_has_a_card(full: Cast, alma: Browser) -> None:
    page = alma.get(reverse("client-downloads", args=[full.carla.id])).content.decode()
    for kind in Audience:
        assert reverse("client-report-choose", args=[full.carla.id, kind.value]) in page
        assert pages.TITLES[kind][0] in page


def test_record_describes_the_therapist_for_adjustment(full: Cast) -> None:
    alma = full.alma
    alma.years_of_experience, alma.ipt_training, alma.orientation = 12, "supervised", "humanistic, of Bern"
    alma.save()
    download = actions.download_record(episode=full.episode, by=alma, texts=False, at=LATER).decode()
    assert parse_record(download).covariates["therapist_years_of_experience"] == 12
    assert "supervised cases" in download
    assert "humanistic" not in download
    assert "humanistic" in actions.download_record(episode=full.episode, by=alma, texts=True, at=LATER).decode()
