"""A clinic loads a wording in three steps, and a client answers the questionnaire in it."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from measurement.test_wording import ITEMS, LABELS, PASTES
from securebase.errors import InputError
from securebase.measurement.catalogue import instrument
from securebase.workbench import wordings
from securebase.workbench.audit.models import Entry
from securebase.workbench.check_ins.actions import invite_between
from securebase.workbench.check_ins.models import CheckInMode
from securebase.workbench.clients.models import Client
from securebase.workbench.measures.models import Administration
from workbench.browser import Browser
from workbench.cast import Cast

PAGE = "/library/phq9/wording/"


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Iterator[Path]:
    settings.WORDINGS = tmp_path / "wordings"
    return settings.WORDINGS


def fields_of(page: str) -> dict[str, str]:
    """Return the content of the form, as the browser would send it."""
    form = BeautifulSoup(page, "html.parser").select_one("form.wording")
    assert form is not None
    inputs = {i["name"]: i.get("value", "") for i in form.select("input[name]") if i.get("type") != "radio"}
    return inputs | {t["name"]: t.text.strip("\n") for t in form.select("textarea")}  # type: ignore[dict-item]


def load(browser: Browser, language: str = "en", **changes: str) -> Any:
    read = browser.post(PAGE, {"read": "1", "language": language, "pasted": PASTES["numbered"]})
    data = fields_of(read.content.decode()) | {"save": "1", "licence": "free"} | changes
    return browser.post(PAGE, data)


def test_pasted_lines_are_shown_beside_the_skeleton_and_stored(alma: Browser, cast: Cast, folder: Path) -> None:
    read = alma.post(PAGE, {"read": "1", "language": "en", "pasted": PASTES["numbered"]})
    page = read.content.decode()
    assert not folder.exists()
    assert all(text in page for text in (*ITEMS.values(), *LABELS, "concentration", "Think of the last days."))
    assert load(alma).status_code == 302
    (file,) = folder.glob("phq9/*.json")
    assert (file.name, stat.S_IMODE(file.stat().st_mode)) == ("en-1.json", 0o600)
    library = alma.get("/library/phq9/").content.decode()
    assert "en-1, loaded by Alma" in library
    assert "worded: en" in alma.get("/library/").content.decode()
    entry = Entry.objects.get(action="wording.loaded")
    assert entry.detail == {"version": "en-1", "licence": "free"}


def test_a_problem_stands_at_its_line_and_nothing_typed_is_lost(alma: Browser, cast: Cast, folder: Path) -> None:
    refused = load(alma, item_4="", item_5="My own correction")
    page = refused.content.decode()
    assert refused.status_code == 400
    assert "Item 4 (energy) has no text." in page
    assert "My own correction" in page
    assert not folder.exists()


def test_a_clinic_that_is_not_sure_of_the_licence_stores_nothing(alma: Browser, cast: Cast, folder: Path) -> None:
    refused = load(alma, licence="unsure")
    assert refused.status_code == 400
    assert "Ask the owner first" in refused.content.decode()
    assert not folder.exists()


def test_a_new_version_leaves_the_old_one(alma: Browser, cast: Cast, folder: Path) -> None:
    load(alma)
    load(alma, item_1="A better line")
    load(alma, "de-AT")
    assert sorted(p.name for p in folder.glob("phq9/*")) == ["de-AT-1.json", "en-1.json", "en-2.json"]
    assert wordings.load_in_words("phq9", "en")[0].item(1).text == "A better line"
    assert wordings.load_in_words("phq9", "es")[1] == "en-2"
    assert wordings.load_in_words("phq9", "de")[1] == "de-AT-1"
    skeleton = instrument("phq9")
    assert wordings.worded_as_answered(skeleton, "en-1").item(1).text == ITEMS[1]
    assert wordings.worded_as_answered(skeleton, "fr-9") is skeleton


def test_a_damaged_file_is_left_out(alma: Browser, cast: Cast, folder: Path, caplog: Any) -> None:
    load(alma)
    (folder / "phq9" / "en-2.json").write_text("{")
    assert wordings.load_in_words("phq9", "en")[1] == "en-1"
    assert "en-2.json" in caplog.text


def test_a_file_that_is_no_questionnaire_is_refused_in_words(alma: Browser, cast: Cast) -> None:
    file = SimpleUploadedFile("patient.json", b'{"resourceType": "Patient"}')
    refused = alma.post(PAGE, {"read": "1", "language": "en", "file": file})
    assert refused.status_code == 400
    assert "not a FHIR Questionnaire" in refused.content.decode()


@pytest.mark.parametrize("name", ["session_before", "hdrs17", "nothing"])
def test_only_questionnaires_of_others_for_clients_are_worded(alma: Browser, cast: Cast, name: str) -> None:
    assert alma.get(f"/library/{name}/wording/").status_code == 404


def test_a_client_answers_in_the_loaded_words_and_an_alert_is_raised(
    alma: Browser, browser: Browser, cast: Cast
) -> None:
    with pytest.raises(InputError, match="cannot answer PHQ-9 yet"):
        invite_between(
            episode=cast.episode, by=cast.alma, instruments=["phq9"], mode=CheckInMode.LINK, at=timezone.now()
        )
    load(alma)
    Client.objects.visible_to(cast.alma).update(language="de")
    invitation = invite_between(
        episode=cast.episode, by=cast.alma, instruments=["phq9"], mode=CheckInMode.LINK, at=timezone.now()
    )
    client = Browser()
    page = client.get(invitation.path).content.decode()
    assert all(text in page for text in (*ITEMS.values(), *LABELS, "Think of the last days."))
    assert "getting in the way" not in page
    answers = {f"item_{n}": "1" for n in ITEMS}
    sent = client.post(invitation.path, answers | {"submission": "abc"}, follow=True)
    assert "Holen Sie sich jetzt Hilfe" in sent.content.decode()
    administration = Administration.objects.visible_to(cast.alma).get()
    assert (administration.wording, administration.moment) == ("en-1", "between")
    assert administration.scores.get().value == 9
    assert administration.safety_alerts.count() == 1
    load(alma, item_1="Another line")
    shown = alma.get(reverse("administration", args=[cast.carla.id, administration.id])).content.decode()
    assert ITEMS[1] in shown
    assert "Another line" not in shown


def test_no_line_of_a_wording_reaches_trail_or_log(alma: Browser, cast: Cast, caplog: Any) -> None:
    load(alma)
    details = " ".join(str(detail) for detail in Entry.objects.values_list("detail", flat=True))
    assert not any(text in details + caplog.text for text in (*ITEMS.values(), *LABELS[1:]))


def test_an_administrator_withdraws_a_wording_and_its_answers_keep_their_words(
    alma: Browser, browser: Browser, cast: Cast, folder: Path
) -> None:
    load(alma)
    page = "/library/phq9/wording/en-1/withdraw/"
    browser.force_login(cast.dario)
    assert browser.post(page).status_code == 403
    assert "Withdraw en-1" not in browser.get("/library/phq9/").content.decode()
    browser.force_login(cast.adam)
    assert "Withdraw en-1" in browser.get("/library/phq9/").content.decode()
    assert browser.post(page).status_code == 302
    assert not wordings.can_be_asked("phq9")
    assert Entry.objects.get(action="wording.withdrawn").detail == {"version": "en-1"}
    assert wordings.worded_as_answered(instrument("phq9"), "en-1").item(1).text == ITEMS[1]
    assert browser.post(page).status_code == 302
    assert Entry.objects.filter(action="wording.withdrawn").count() == 1
    load(browser)
    assert [w.tag for w in wordings.versions("phq9")] == ["en-2"]


def test_no_text_of_a_wording_reaches_an_export_a_log_or_the_audit_trail(
    alma: Browser, cast: Cast, folder: Path, caplog: Any
) -> None:
    caplog.set_level("DEBUG")
    load(alma)
    invitation = invite_between(
        episode=cast.episode, by=cast.alma, instruments=["phq9"], mode=CheckInMode.LINK, at=timezone.now()
    )
    client = Browser()
    client.get(invitation.path)
    client.post(invitation.path, {f"item_{n}": "1" for n in ITEMS} | {"submission": "abc"})
    assert Administration.objects.visible_to(cast.alma).get().wording == "en-1"
    person = [cast.carla.id]
    exports = [
        alma.post(reverse("client-record", args=person), {"texts": "1"}),
        alma.get(reverse("client-scores", args=person)),
        alma.get(reverse("client-report", args=person)),
    ]
    assert [export.status_code for export in exports] == [200, 200, 200]
    assert "phq9" in exports[0].content.decode()
    stored = [str(entry.detail) for entry in Entry.objects.all()]
    for text in (*(e.content.decode() for e in exports), *stored, caplog.text):
        assert not any(words in text for words in (*ITEMS.values(), *LABELS[1:2], "Think of the last days"))


def test_the_preview_is_the_page_of_a_client_and_paper_forms_show_the_texts(alma: Browser, cast: Cast) -> None:
    preview, paper = "/library/phq9/wording/de-1/preview/", reverse("type-in", args=[cast.carla.id, "phq9"])
    assert alma.get(preview).status_code == 302
    assert ITEMS[4] not in alma.get(paper).content.decode()
    load(alma, "de")
    page = alma.get(preview).content.decode()
    assert all(text in page for text in (*ITEMS.values(), *LABELS, "Think of the last days."))
    assert "Sie müssen damit nicht allein bleiben" in page
    Client.objects.visible_to(cast.alma).update(language="de")
    typed = alma.get(paper).content.decode()
    assert f"energy: {ITEMS[4]}" in typed
    assert "getting in the way (not scored)" in typed
    assert LABELS[1] not in typed


def test_a_stored_file_can_be_loaded_by_another_clinic(alma: Browser, cast: Cast, folder: Path) -> None:
    load(alma)
    file = SimpleUploadedFile("en-1.json", (folder / "phq9" / "en-1.json").read_bytes())
    read = alma.post(PAGE, {"read": "1", "language": "de", "file": file})
    data = fields_of(read.content.decode()) | {"save": "1", "licence": "permission"}
    assert alma.post(PAGE, data).status_code == 302
    first, second = (wordings.worded_as_answered(instrument("phq9"), tag) for tag in ("en-1", "en-2"))
    assert first == second


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("phq9", "Its owner allows free use (developed by Spitzer, Williams and Kroenke with a grant from Pfizer)."),
        ("gad7", "Its owner allows free use. Source: HL7 US Core questionnaire"),
    ],
)
def test_the_page_says_whose_owner_allows_free_use(alma: Browser, cast: Cast, name: str, words: str) -> None:
    assert words in alma.get(f"/library/{name}/").content.decode()
    assert "allows free use" not in alma.get("/library/bdi2/").content.decode()
