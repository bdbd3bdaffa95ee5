"""An answer that counts as missing (CARE: “does not apply”), from the form to the score and the exported record."""

from __future__ import annotations

import json
from collections.abc import Iterator
from types import MappingProxyType

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse
from django.utils import timezone
from msgspec import structs

from securebase.exchange.record_json import parse_record
from securebase.measurement import catalogue
from securebase.measurement.instrument import Instrument, ResponseOption
from securebase.records.vocabulary import Moment
from securebase.workbench.measures.forms import AnswersForm
from workbench.browser import Browser
from workbench.cast import Cast

#: CARE with item 3 “does not apply” and item 10 left out; the eight others have a mean of 4
CARE_ANSWERS = {f"item_{n}": "4" for n in range(1, 10)} | {"item_1": "5", "item_2": "3", "item_3": "6", "item_10": ""}
FORM = {"date": "2026-09-03", "session": "", "moment": "after", "submission": "s"}


def soup(response) -> BeautifulSoup:
    return BeautifulSoup(response.content, "html.parser")


def text(response) -> str:
    return " ".join(soup(response).find("main").text.split())


def test_does_not_apply_is_typed_in_scored_shown_and_exported(cast: Cast, alma: Browser) -> None:
    address = reverse("type-in", args=[cast.carla.id, "care"])
    answers = soup(alma.get(address)).find("select", id="item_3").find_all("option")
    assert [option["value"] for option in answers] == ["", "1", "2", "3", "4", "5", "6"]
    assert " ".join(answers[-1].text.split()) == "6 · does not apply"
    page = text(alma.post(address, CARE_ANSWERS | FORM, follow=True))
    assert "item 3 “does not apply”, item 10 unanswered; prorated from the other 8" in page
    assert "item 3does not apply" in page  # two cells of one row

    stored = cast.episode.administrations.get()
    assert (stored.instrument_version, stored.responses.get(item=3).value) == ("2", 6.0)
    assert stored.responses.get(item=10).value is None
    assert [stored.scored_responses[n] for n in (1, 3, 10)] == [5.0, None, None]
    total = stored.scores.get(scale="total")
    assert (total.value, total.n_missing) == (40.0, 2)

    exported = alma.post(reverse("client-record", args=[cast.carla.id])).content.decode()
    (administration,) = parse_record(exported).administrations
    assert administration.responses[3] == 6.0
    assert administration.responses[10] is None
    assert json.loads(exported)["notes"]["answers"] == "care: 6 means “does not apply” and counts as missing."


def test_a_refused_form_keeps_does_not_apply(cast: Cast, alma: Browser) -> None:
    address = reverse("type-in", args=[cast.carla.id, "care"])
    response = alma.post(address, CARE_ANSWERS | FORM | {"item_4": "7"})
    assert response.status_code == 400
    assert soup(response).find("select", id="item_3").find("option", selected=True)["value"] == "6"
    assert "Choose one of the listed answers (7 is not one of them)." in text(response)


def test_a_record_without_such_an_answer_has_no_note(cast: Cast, alma: Browser) -> None:
    alma.post(reverse("type-in", args=[cast.carla.id, "care"]), CARE_ANSWERS | FORM | {"item_3": "4"})
    exported = alma.post(reverse("client-record", args=[cast.carla.id])).content.decode()
    assert "answers" not in json.loads(exported)["notes"]


def with_missing_answers(instrument: Instrument) -> Instrument:
    """Return the check-in with “does not apply” beside item 8 and among the answers to the safety question."""
    added = {8: (11.0, "does not apply"), 11: (9.0, "I’d rather say it myself")}
    items = [
        structs.replace(i, options=(*i.options, ResponseOption(*added[i.number], missing=True)))
        if i.number in added
        else i
        for i in instrument.items
    ]
    return structs.replace(instrument, items=tuple(items))


@pytest.fixture
def check_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[Instrument]:
    shelf = catalogue.instruments()
    changed = with_missing_answers(shelf["session_before"])
    monkeypatch.setattr(catalogue, "_load_shelf", lambda: MappingProxyType(shelf | {changed.id: changed}))
    return changed


def test_phone_and_paper_offer_it_beside_the_scale(cast: Cast, alma: Browser, check_in: Instrument) -> None:
    phone = soup(Browser().get(cast.invite(Moment.BEFORE, at=timezone.now()).path)).find("fieldset", id="item_8")
    assert [i["value"] for i in phone.find(class_="rating-keys").find_all("input")] == [str(n) for n in range(11)]
    (other,) = phone.find(class_="besides").find_all("label")
    assert (other.text.strip(), other.find("input")["value"]) == ("does not apply", "11")
    paper = soup(alma.get(reverse("check-in-paper", args=[cast.carla.id, cast.session.id, "before"])))
    assert "☐ does not apply" in paper.find(class_="sheet").text


def test_it_neither_raises_nor_clears_the_safety_question(check_in: Instrument) -> None:
    form = AnswersForm({"submission": "x", "item_8": "11", "item_11": "9"}, instrument=check_in)
    assert form.is_valid()
    assert form.responses()[11] == 9
    assert form.any_answer
    assert not form.raises_an_alert
    (question,) = [q for q in form.questions if q.safety]
    assert [(float(c.option.value), c.alerting) for c in question.choices] == [
        (0, False), (1, True), (2, True), (3, True), (9, False)
    ]  # fmt: skip


def test_it_is_no_all_clear_on_the_page_of_the_answers(cast: Cast, alma: Browser, check_in: Instrument) -> None:
    link = cast.invite(Moment.BEFORE, at=timezone.now()).path
    Browser().post(link, {"submission": "x", "item_11": "9", "as_it_is": "1"})
    page = text(alma.get(reverse("administration", args=[cast.carla.id, cast.episode.administrations.get().id])))
    assert "Don’t take this as an all-clear" in page
