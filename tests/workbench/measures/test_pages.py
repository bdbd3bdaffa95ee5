"""The therapist's pages of measures and alerts, and the library."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse
from django.utils import timezone

from securebase.measurement.catalogue import instruments
from securebase.workbench.check_ins.actions import record_check_in
from securebase.workbench.measures.actions import RecordingResult, type_in_administration
from workbench.browser import Browser
from workbench.cast import NOON, Cast, answers


def text(response) -> str:
    return " ".join(BeautifulSoup(response.content, "html.parser").find("main").text.split())


def phq9(cast: Cast, value: float, day: int, last: float = 0.0) -> RecordingResult:
    return type_in_administration(
        episode=cast.episode,
        by=cast.alma,
        instrument="phq9",
        responses=dict.fromkeys(range(1, 9), value) | {9: last},
        at=NOON + timedelta(days=day),
        submission=f"{value}{day}",
    )


def test_change_is_shown_against_measurement_error(cast: Cast, alma: Browser) -> None:
    phq9(cast, 2.0, 0)
    phq9(cast, 1.0, 7)
    page = text(alma.get(reverse("client-measures", args=[cast.carla.id])))
    assert "−8 (−50%) reliable improvement threshold 6" in page
    assert "mild" in page


def test_administration_set_aside_is_stored_but_not_counted(cast: Cast, alma: Browser) -> None:
    phq9(cast, 2.0, 0)
    mistake = phq9(cast, 0.0, 7).administration
    alma.post(reverse("administration-set-aside", args=[cast.carla.id, mistake.id]))
    page = text(alma.get(reverse("client-measures", args=[cast.carla.id])))
    assert "one score so far" in page
    assert "excluded" in page
    alma.post(reverse("administration-set-aside", args=[cast.carla.id, mistake.id]), {"take_back": "1"})
    assert "one score so far" not in text(alma.get(reverse("client-measures", args=[cast.carla.id])))


def typed_in_data(**more: str) -> dict[str, str]:
    data = {f"item_{n}": "1" for n in range(1, 10)}
    return data | {"date": "2026-09-03", "session": "", "moment": "before", "submission": "s"} | more


def test_questionnaire_is_typed_in_by_item_numbers(cast: Cast, alma: Browser) -> None:
    url = reverse("type-in", args=[cast.carla.id, "phq9"])
    page = alma.get(url)
    assert "short names; your clinic’s wording follows" in text(page)
    response = alma.post(url, typed_in_data(item_3=""), follow=True)
    assert "raised a safety alert" in text(response)
    stored = cast.episode.administrations.get()
    assert timezone.localtime(stored.at).date() == date(2026, 9, 3)
    assert stored.responses.get(item=3).value is None
    assert stored.scores.get(scale="total").value is None
    assert "item 3 unanswered" in text(response)
    assert alma.post(url, typed_in_data(item_3="")).status_code == 302
    assert cast.episode.administrations.count() == 1


@pytest.mark.parametrize(("instrument", "moment"), [("phq9", "before"), ("wai_sr", "after"), ("ecr_rs", "before")])
def test_form_proposes_the_moment_of_the_questionnaire(instrument: str, moment: str, cast: Cast, alma: Browser) -> None:
    page = BeautifulSoup(alma.get(reverse("type-in", args=[cast.carla.id, instrument])).content, "html.parser")
    assert page.find("select", attrs={"name": "moment"}).find("option", selected=True)["value"] == moment


def test_questionnaire_typed_in_for_a_session_has_its_moment(cast: Cast, alma: Browser) -> None:
    url = reverse("type-in", args=[cast.carla.id, "phq9"])
    alma.post(url, typed_in_data(date="2026-09-01", session=str(cast.session.id), moment="after"))
    stored = cast.episode.administrations.get()
    assert (stored.at, stored.therapy_session, stored.moment) == (NOON + timedelta(hours=1), cast.session, "after")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"item_2": "7"}, "The answer must be 0 to 3."),
        ({"item_2": "many"}, "Enter a number"),
        ({"date": "2031-01-01"}, "in the future"),
        ({"date": "2026-08-01"}, "The therapy began on"),
        ({f"item_{n}": "" for n in range(1, 11)}, "No item has an answer"),
    ],
    ids=str,
)
def test_invalid_value_is_reported_and_the_input_kept(
    cast: Cast, alma: Browser, wrong: dict[str, str], message: str
) -> None:
    response = alma.post(reverse("type-in", args=[cast.carla.id, "phq9"]), typed_in_data(moment="after") | wrong)
    assert response.status_code == 400
    assert message in text(response)
    soup = BeautifulSoup(response.content, "html.parser")
    assert soup.find("select", attrs={"name": "moment"}).find("option", selected=True)["value"] == "after"
    assert cast.episode.administrations.count() == 0


def test_session_sets_cannot_be_typed_in_separately(cast: Cast, alma: Browser) -> None:
    assert alma.get(reverse("type-in", args=[cast.carla.id, "session_before"])).status_code == 404
    assert alma.get(reverse("type-in", args=[cast.carla.id, "no-such"])).status_code == 404


def test_every_questionnaire_has_a_page_for_typing_in(cast: Cast, alma: Browser) -> None:
    page = BeautifulSoup(alma.get(reverse("client-measures", args=[cast.carla.id])).content, "html.parser")
    links = [a["href"] for a in page.find_all("a", href=True) if "/type-in/" in a["href"]]
    assert len(links) >= 7
    for link in links:
        soup = BeautifulSoup(alma.get(link).content, "html.parser")
        fields = soup.find("form", class_="card").find_all(attrs={"name": lambda n: n and n.startswith("item_")})
        assert len(fields) == len(instruments()[link.rstrip("/").split("/")[-1]].items)


def test_alert_is_acknowledged_with_a_note(cast: Cast, alma: Browser) -> None:
    check_in = cast.invite().check_in
    record_check_in(check_in=check_in, responses=answers("session_before", 5.0, 2.0), submission="s", at=NOON)
    alert = cast.episode.safety_alerts.get()
    url = reverse("alert", args=[cast.carla.id, alert.id])
    assert "Yes, often" in text(alma.get(url))
    assert alma.post(url, {"note": ""}).status_code == 400
    assert alma.post(url, {"note": "Called her at two."}).status_code == 302
    assert "Called her at two." in text(alma.get(url))
    second = alma.post(url, {"note": "Called her at three."})
    assert "already" in text(second)
    assert cast.episode.safety_alerts.get().note == "Called her at two."


def test_alert_of_a_questionnaire_names_item_and_range(cast: Cast, alma: Browser) -> None:
    phq9(cast, 1.0, 3, last=2.0)
    message = "PHQ-9 item 9 (self-harm): 2 of 3, 4 September 2026, 14:00"
    assert message in text(alma.get(reverse("client-sessions", args=[cast.carla.id])))
    page = text(alma.get(reverse("alert", args=[cast.carla.id, cast.episode.safety_alerts.get().id])))
    assert "2 of 3" in page
    assert "PHQ-9 item 9 (self-harm)" in page


def test_unanswered_safety_question_is_no_all_clear(cast: Cast, alma: Browser) -> None:
    check_in = cast.invite().check_in
    stored = record_check_in(check_in=check_in, responses=answers("session_before", 5.0, None), submission="s", at=NOON)
    page = text(alma.get(reverse("administration", args=[cast.carla.id, stored.administration.id])))
    assert "Don’t take this as an all-clear" in page
    assert "safety question unanswered" in text(alma.get(reverse("client-measures", args=[cast.carla.id])))


@pytest.mark.parametrize("instrument_id", sorted(instruments()))
def test_library_shows_every_instrument_and_marks_unverified_values(alma: Browser, instrument_id: str) -> None:
    instrument = instruments()[instrument_id]
    page = text(alma.get(reverse("library-instrument", args=[instrument_id])))
    assert instrument.name in page
    assert page.count("sources disagree") >= sum(bool(fact.conflict) for fact in instrument.unverified)
    assert ("not verified" in page) >= any(not fact.conflict for fact in instrument.unverified)
    for scale in instrument.scales:
        change = scale.reliable_change.basis if scale.reliable_change else ""
        assert all(basis in page for basis in (scale.bands_basis, scale.caseness_basis, change))
    assert all(f"but {fact.conflict}" in page for fact in instrument.unverified if fact.conflict)
    assert ("only reports the original publication" in page) == bool(instrument.provenance)
    assert ("not yet validated" in page) == (not instrument.validated)
    assert instrument.name in text(alma.get(reverse("library")))
    assert alma.get(reverse("library-instrument", args=["no-such"])).status_code == 404
