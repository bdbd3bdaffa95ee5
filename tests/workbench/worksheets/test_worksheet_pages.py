"""Worksheet pages, used with and without scripts."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse

from securebase.ipt.lineage import STUART_ROBERTSON
from securebase.ipt.shelf import worksheets
from securebase.records.vocabulary import Agreement
from securebase.schema import to_plain
from securebase.workbench.worksheets.models import Artefact
from workbench.browser import Browser
from workbench.cast import Cast


def address(cast: Cast, name: str = "incident", artefact_id: uuid.UUID | None = None) -> str:
    return reverse("worksheet", args=[cast.carla.id, name, artefact_id or uuid.uuid4()])


def saved_artefact(cast: Cast) -> Artefact:
    return Artefact.objects.visible_to(cast.alma).get()


@pytest.mark.parametrize("name", list(worksheets()))
def test_every_worksheet_opens_with_help_and_a_label_for_each_field(cast: Cast, alma: Browser, name: str) -> None:
    begun = alma.get(reverse("worksheet-begin", args=[cast.carla.id, name]))
    page = BeautifulSoup(alma.get(begun.headers["Location"]).content, "html.parser")
    assert worksheets()[name].teaches in page.get_text()
    form = page.find("form", {"data-autosave": True})
    assert form is not None
    ids = {i["id"] for i in form.select("[id]")}
    assert all(label["for"] in ids for label in form.select("label[for]"))
    assert all(fieldset.find("legend") for fieldset in form.select("fieldset"))
    paper = alma.get(reverse("worksheet-paper", args=[cast.carla.id, name]))
    assert cast.carla.name_shown not in paper.content.decode()


def test_saving_without_scripts(cast: Cast, alma: Browser) -> None:
    url = address(cast)
    data = {"revision": "0", "what_happened": "She hung up", "mood_before": "6", "session": str(cast.session.id)}
    assert alma.post(url, data).headers["Location"] == url
    assert saved_artefact(cast).therapy_session == cast.session
    html = alma.get(url).content.decode()
    assert "She hung up" in html
    assert re.search(r'value="6" checked', html)


def test_rows_keep_the_order_of_the_page_and_lose_their_gaps(cast: Cast, alma: Browser) -> None:
    data = {
        "about_what": "The call",
        "lines.10.said": "Fine.",
        "lines.2.said": "How are you?",
        "lines.2.faults": ["indirect", "silent"],
        "lines.5.said": "",
    }
    alma.post(address(cast, "communication_analysis"), data)
    assert [line["said"] for line in saved_artefact(cast).values["lines"]] == ["Fine.", "How are you?"]
    assert saved_artefact(cast).values["lines"][1]["faults"] == ["indirect", "silent"]


def test_autosave_replies_with_the_time(cast: Cast, alma: Browser) -> None:
    url = address(cast)
    data: dict[str, Any] = {"revision": "0", "what_happened": "She hung up", "mood_before": "eleven"}
    reply = alma.post(url, data, headers={"X-Autosave": "1"}).json()
    assert re.fullmatch(r"\d\d:\d\d", reply["saved"])
    assert reply["problems"] == {"mood_before": "Enter a number."}
    assert 'value="6" checked' not in alma.get(url).content.decode()
    assert saved_artefact(cast).unread["mood_before"][0] == "eleven"
    conflict = alma.post(url, data | {"what_happened": "Other"}, headers={"X-Autosave": "1"})
    assert conflict.status_code == 409
    assert conflict.json()["revision"] == 1


def test_a_stale_form_keeps_the_input(cast: Cast, alma: Browser) -> None:
    url = address(cast)
    alma.post(url, {"revision": "0", "what_happened": "First"})
    answer = alma.post(url, {"revision": "0", "what_happened": "Second"})
    html = answer.content.decode()
    assert answer.status_code == 409
    assert "Second" in html
    assert "Not saved." in html
    assert alma.post(url, {"revision": "1", "what_happened": "Second"}).status_code == 302


def test_an_empty_worksheet_is_not_saved(cast: Cast, alma: Browser) -> None:
    assert alma.post(address(cast), {}, headers={"X-Autosave": "1"}).status_code == 400
    assert "Nothing is filled in yet" in alma.post(address(cast), {}).content.decode()


def test_back_stays_within_the_workbench(cast: Cast, alma: Browser) -> None:
    back = reverse("course", args=[cast.carla.id])
    data = {"what_happened": "x"}
    assert alma.post(address(cast), data | {"next": back}).headers["Location"] == back
    for bad in ("https://elsewhere.example/", "//elsewhere.example/", "javascript:alert(1)"):
        assert "elsewhere" not in alma.post(address(cast), data | {"next": bad}).headers["Location"]
        assert "javascript" not in alma.post(address(cast), data | {"next": bad}).headers["Location"]


def test_a_worksheet_used_once_per_course_is_reopened(cast: Cast, alma: Browser) -> None:
    begin = reverse("worksheet-begin", args=[cast.carla.id, "contract"])
    first = alma.get(begin).headers["Location"]
    alma.post(first, {"sessions": "16"})
    assert alma.get(begin).headers["Location"] == first


def test_a_session_has_one_note(cast: Cast, alma: Browser) -> None:
    begin = reverse("worksheet-begin", args=[cast.carla.id, "session_note"]) + f"?session={cast.session.id}"
    first = alma.get(begin).headers["Location"]
    alma.post(first.split("?")[0], {"event": "The call", "session": str(cast.session.id)})
    assert alma.get(begin).headers["Location"].split("?")[0] == first.split("?")[0]


def test_removal_offers_undo(cast: Cast, alma: Browser) -> None:
    url = address(cast)
    alma.post(url, {"what_happened": "She hung up"})
    remove = reverse("worksheet-remove", args=[cast.carla.id, "incident", saved_artefact(cast).id])
    assert ">Undo</button>" in alma.post(remove, follow=True).content.decode()
    alma.post(remove, {"undo": "1"})
    assert saved_artefact(cast).removed_at is None


def test_the_clients_answer_is_recorded(cast: Cast, alma: Browser) -> None:
    url = address(cast, "formulation")
    alma.post(url, {"narrative": "It began with the move"})
    row = saved_artefact(cast)
    answer = reverse("worksheet-answer", args=[cast.carla.id, "formulation", row.id])
    alma.post(answer, {"version": "1", "agreement": "edited", "said": "But my sister mattered more"})
    html = alma.get(url).content.decode()
    assert "Agreed after changes" in html
    assert "But my sister mattered more" in html
    assert "Choose the client’s response" in alma.post(answer, {"version": "1"}, follow=True).content.decode()


@pytest.mark.parametrize(("posted", "status"), [({"agreement": "declined", "revision": "0"}, 409), ({}, 400)])
def test_a_refused_answer_is_shown_again(cast: Cast, alma: Browser, posted: dict[str, str], status: int) -> None:
    alma.post(address(cast, "formulation"), {"narrative": "It began with the move"})
    row = saved_artefact(cast)
    url = reverse("worksheet-answer", args=[cast.carla.id, "formulation", row.id])
    refused = alma.post(url, posted | {"version": "1", "said": "But my sister mattered more"})
    assert refused.status_code == status
    form = BeautifulSoup(refused.content, "html.parser").find("form", action=url)
    assert form is not None
    assert form.textarea.get_text() == "But my sister mattered more"
    assert [i["value"] for i in form.select("[name=agreement][checked]")] == [*filter(None, [posted.get("agreement")])]
    assert form.find("input", attrs={"name": "revision"})["value"] == str(row.revision)
    assert saved_artefact(cast).agreement == Agreement.OPEN


def test_text_is_escaped(cast: Cast, alma: Browser) -> None:
    url = address(cast)
    alma.post(url, {"what_happened": "<script>alert(1)</script> {{ 7|add:1 }}"})
    for page in (url, reverse("worksheet-history", args=[cast.carla.id, "incident", saved_artefact(cast).id])):
        html = alma.get(page).content.decode()
        assert "<script>alert" not in html
        assert "{{ 7|add:1 }}" in html


def test_an_unknown_worksheet_is_not_found(cast: Cast, alma: Browser) -> None:
    assert alma.get(reverse("worksheet-begin", args=[cast.carla.id, "horoscope"])).status_code == 404


def test_a_clinic_sees_its_areas_and_keeps_earlier_choices(cast: Cast, alma: Browser) -> None:
    url = address(cast, "problem_area")
    assert "Interpersonal deficits" in alma.get(url).content.decode()
    alma.post(url, {"chosen": "interpersonal_deficits", "onset_link": "x"})
    clinic = cast.alma.clinic
    clinic.lineage = to_plain(STUART_ROBERTSON)
    clinic.save()
    fresh = alma.get(address(cast, "problem_area")).content.decode()
    assert "Role dispute" in fresh
    assert 'value="interpersonal_deficits"' not in fresh
    assert re.search(r'value="interpersonal_deficits" checked', alma.get(url).content.decode())
