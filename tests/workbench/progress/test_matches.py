"""Answers to hypotheses: the form on the client page, what is stored, and what leaves with the record."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

import pictures
from securebase.errors import InputError, NotPermittedError
from securebase.exchange.record_json import parse_record
from securebase.records.vocabulary import Match, Respondent
from securebase.workbench.audit.models import Entry
from securebase.workbench.exports.actions import download_record
from securebase.workbench.progress import match_pages, queries
from securebase.workbench.progress.matches import matches_of, record_matches
from securebase.workbench.progress.models import HypothesisAnswers
from workbench.browser import Browser
from workbench.cast import NOON, Cast

SHOWN = ["alliance", "social_support", "interpersonal_stress", "emotional_processing", "interpersonal_skills"]


def typed(**answers: str) -> dict[str, object]:
    """Return a sent form; `therapist_alliance` stands for the field “therapist-alliance”."""
    fields = {name.replace("_", "-", 1): answer for name, answer in answers.items()}
    return {"leading": "interpersonal_skills", "shown": SHOWN, **fields}


def stored(cast: Cast) -> dict[str, HypothesisAnswers]:
    return {row.respondent: row for row in HypothesisAnswers.objects.visible_to(cast.alma)}


@pytest.fixture
def pictured(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Cast:
    """Give Carla a picture with hypotheses, of which the last has the largest contribution."""
    for module in (queries, match_pages):
        monkeypatch.setattr(module, "current_picture", lambda **_: replace(pictures.full(), answered=13))
    return cast


def open_page(browser: Browser, name: str, cast: Cast) -> BeautifulSoup:
    return BeautifulSoup(browser.get(reverse(name, args=[cast.carla.id])).content.decode(), "html.parser")


def chosen(page: BeautifulSoup, field: str) -> str:
    option = page.select_one(f'select[name="{field}"] option[selected]')
    return option.text if option else ""


def test_answers_of_both_are_saved_shown_again_and_audited(pictured: Cast, alma: Browser) -> None:
    cast = pictured
    link = open_page(alma, "client", cast).find("a", string="Did it match?")
    assert link is not None
    assert link["href"] == reverse("client-matches", args=[cast.carla.id])  # type: ignore[index]
    page = open_page(alma, "client-matches", cast)
    assert [i["value"] for i in page.select('.matches [name="shown"]')] == SHOWN
    assert "When the way you deal with people changed" in page.text
    assert page.select_one('.matches [name="leading"]')["value"] == "interpersonal_skills"  # type: ignore[index]
    assert len(page.select(".matches select")) == 2 * len(SHOWN)
    sent = typed(therapist_alliance="yes", therapist_interpersonal_skills="no", client_alliance="not_discussed")
    response = alma.post(reverse("client-matches", args=[cast.carla.id]), sent)
    assert response.headers["Location"] == reverse("client", args=[cast.carla.id])
    rows = stored(cast)
    assert rows["therapist"].answers == {"alliance": "yes", "interpersonal_skills": "no"}
    assert rows["client"].answers == {"alliance": "not_discussed"}
    page = open_page(alma, "client-matches", cast)
    assert chosen(page, "therapist-alliance") == "Yes"
    assert chosen(page, "client-alliance") == "Not discussed"
    assert chosen(page, "client-social_support") == "–"
    day = date_format(timezone.localdate(), "j F Y")
    assert f"You: {day}. The client: {day}." in open_page(alma, "client", cast).text
    entries = Entry.objects.filter(action="hypothesis_answers.saved")
    assert [e.detail for e in entries] == [
        {"respondent": "therapist", "answered": 2},
        {"respondent": "client", "answered": 1},
    ]
    assert {e.client for e in entries} == {str(cast.carla.id)}


def save(cast: Cast, days: int = 0, respondent: Respondent = Respondent.THERAPIST, **answers: Match) -> None:
    record_matches(
        episode=cast.episode,
        by=cast.alma,
        respondent=respondent,
        leading="alliance",
        answers=answers,
        at=NOON + timedelta(days=days),
    )


def test_a_changed_answer_keeps_the_earlier_one_and_an_unchanged_one_writes_nothing(cast: Cast) -> None:
    save(cast, alliance=Match.YES)
    version = cast.episode.record_version
    save(cast, 1, alliance=Match.YES)
    cast.episode.refresh_from_db()
    assert (stored(cast)["therapist"].at, Entry.objects.filter(action="hypothesis_answers.saved").count()) == (NOON, 1)
    save(cast, 2, alliance=Match.NO)
    row = stored(cast)["therapist"]
    assert (row.answers, row.at) == ({"alliance": "no"}, NOON + timedelta(days=2))
    assert row.earlier == [{"answers": {"alliance": "yes"}, "leading": "alliance", "until": row.at.isoformat()}]
    save(cast, 3)  # all answers were taken back
    assert stored(cast)["therapist"].answers == {}
    cast.episode.refresh_from_db()
    assert cast.episode.record_version > version


def test_the_record_leaves_with_the_answers(cast: Cast) -> None:
    save(cast, 2, **{"alliance+social_support": Match.PARTLY, "interpersonal_stress": Match.YES})
    save(cast, 3, Respondent.CLIENT, alliance=Match.NO)
    content = download_record(episode=cast.episode, by=cast.alma, texts=False, at=NOON + timedelta(days=9))
    record = parse_record(content.decode())
    assert record.hypothesis_matches == matches_of(cast.episode)
    client, therapist = record.hypothesis_matches
    assert (client.respondent, client.answers) == (Respondent.CLIENT, {"alliance": Match.NO})
    assert therapist.answers["alliance+social_support"] is Match.PARTLY
    assert therapist.at == pytest.approx(client.at - 1)


def test_what_no_picture_shows_and_other_therapists_are_refused(cast: Cast) -> None:
    with pytest.raises(InputError, match="weather"):
        save(cast, weather=Match.YES)
    with pytest.raises(NotPermittedError):
        record_matches(
            episode=cast.episode, by=cast.dario, respondent=Respondent.CLIENT, leading="alliance", answers={}, at=NOON
        )


def test_a_form_that_cannot_be_read_saves_nothing(pictured: Cast, alma: Browser) -> None:
    url = reverse("client-matches", args=[pictured.carla.id])
    for sent in (typed(therapist_alliance="perhaps"), {**typed(client_alliance="yes"), "leading": "weather"}):
        response = alma.post(url, sent)
        assert response.status_code == 400
        assert BeautifulSoup(response.content.decode(), "html.parser").select_one("[role=alert]")
    assert stored(pictured) == {}


def test_without_hypotheses_the_page_leads_back(cast: Cast, alma: Browser) -> None:
    response = alma.get(reverse("client-matches", args=[cast.carla.id]))
    assert response.headers["Location"] == reverse("client", args=[cast.carla.id])
