"""Pages of emotional work and of ruptures followed to their repair."""

from __future__ import annotations

import re
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse

from securebase.charts.retellings import retellings_svg, text_alternative
from securebase.ipt.retellings import CAVEAT, retelling_series
from securebase.picture.retellings import BASIS
from securebase.workbench.course.queries import record_of
from workbench.browser import Browser
from workbench.cast import NOON, Cast
from workbench.course.emotion_cast import create_emotional_work, save_worksheet


def soup(browser: Browser, name: str, cast: Cast) -> BeautifulSoup:
    response = browser.get(reverse(name, args=[cast.carla.id]))
    assert response.status_code == 200
    return BeautifulSoup(response.content, "html.parser")


def words(tag: Any) -> str:
    return " ".join(tag.get_text(" ").split())


def test_empty_pages_say_how_to_begin(cast: Cast, alma: Browser) -> None:
    page = soup(alma, "emotional-work", cast)
    assert "No retellings yet" in words(page)
    begin_paths = {str(a["href"]).split("?")[0] for a in page.select("main a.button")}
    for name in ("telling", "story_card", "corrective_experience", "emotional_range"):
        assert reverse("worksheet-begin", args=[cast.carla.id, name]) in begin_paths
    assert "No ruptures marked" in words(soup(alma, "ruptures", cast))


@pytest.mark.usefixtures("validated_charts")
def test_stories_show_their_caveat_and_prefill_the_next_retelling(cast: Cast, alma: Browser) -> None:
    create_emotional_work(cast)
    page = soup(alma, "emotional-work", cast)
    assert CAVEAT in words(page)
    father = next(a for a in page.select("article.story") if "father" in a.get_text())
    assert "Peak distress 90 at the first retelling, 60 at the last of 3." in words(father)
    assert "Within a retelling, distress fell by 25 on average." in words(father)
    assert "Between retellings, distress rebounded by 8 on average" in words(father)
    assert "Expected peaks (90% interval)" in father.select_one("svg desc").get_text()  # type: ignore[union-attr]
    next_link = father.select_one("a.solid")
    assert next_link is not None
    sheet = BeautifulSoup(alma.get(str(next_link["href"]), follow=True).content, "html.parser")
    assert sheet.select_one("input[name=story]")["value"] == "The day father left"  # type: ignore[index]
    assert sheet.select_one("input[name=peak]")["value"] == ""  # type: ignore[index]
    card_link = father.select_one("a[href*=story_card]")
    sheet = BeautifulSoup(alma.get(str(card_link["href"]), follow=True).content, "html.parser")  # type: ignore[index]
    assert sheet.select_one("input[name=story]")["value"] == "The day father left"  # type: ignore[index]


def test_a_story_has_a_band_from_the_third_retelling_and_the_page_names_its_basis(cast: Cast, alma: Browser) -> None:
    create_emotional_work(cast)
    page = soup(alma, "emotional-work", cast)
    father, accident = (
        next(a for a in page.select("article.story") if w in a.get_text()) for w in ("father", "accident")
    )
    assert "Estimated fall within a retelling: " in words(father)
    assert father.select_one(".key-band") is not None
    assert "Estimated" not in words(accident)
    assert accident.select_one(".key-band") is None
    assert BASIS in words(page)


def test_the_client_page_has_one_line_about_the_story_retold_last(cast: Cast, alma: Browser) -> None:
    assert "peak distress" not in words(soup(alma, "client", cast))
    create_emotional_work(cast)
    page = soup(alma, "client", cast)
    line = next(d for d in page.select("dd") if "peak distress" in d.get_text())
    assert words(line) == "“The day father left”, 3 times: peak distress 90 the first time, 60 the last."
    label = line.find_previous_sibling("dt")
    assert label.a["href"] == reverse("emotional-work", args=[cast.carla.id])  # type: ignore[union-attr, index]


def test_client_words_are_escaped_in_the_drawing(cast: Cast, alma: Browser) -> None:
    create_emotional_work(cast)
    series = retelling_series(record_of(cast.episode, NOON.replace(year=2027)))
    accident = next(s for s in series if "accident" in s.name)
    assert "<accident>" not in retellings_svg(accident)
    assert "&lt;accident&gt;" in retellings_svg(accident)
    assert text_alternative(accident)[1] == "Peak distress and distress at the end, 0 to 100. retelling 1: 40."


def test_before_and_after_are_shown_side_by_side(cast: Cast, alma: Browser) -> None:
    create_emotional_work(cast)
    page = soup(alma, "emotional-work", cast)
    side_texts = [words(s) for s in page.select(".side")]
    assert "How it used to be told I drove him away" in side_texts
    assert any(s.startswith("How it can be told now Not yet") for s in side_texts)
    assert "Feared She would shout" in side_texts
    assert "What happened She asked how I was" in side_texts
    assert "present: Her mother" in words(page)
    assert "Session 3 Anger, Joy 4 of 10" in words(page.select_one("table.stack"))


def test_rupture_is_followed_to_its_repair(cast: Cast, alma: Browser) -> None:
    sessions = create_emotional_work(cast)
    page = soup(alma, "ruptures", cast)
    assert "2 marked, 1 open" in words(page)
    open_card, repaired_card = page.select("article.strain")
    assert "Session 1" in words(repaired_card)
    assert "Named it; Acknowledged my part" in words(repaired_card)
    assert "session 2 · 1 session later" in words(repaired_card)
    assert "nothing recorded" in words(open_card)
    form = open_card.select_one("form.repair")
    assert form is not None
    data = {i["name"]: i["value"] for i in form.select("input[type=hidden]")}
    response = alma.post(str(form["action"]), data | {"session": str(sessions[2].id)}, follow=True)
    assert response.request["PATH_INFO"] == reverse("ruptures", args=[cast.carla.id])
    assert "in the same session" in response.content.decode()
    begin_link = repaired_card.find("a", string=re.compile("Record the work"))
    sheet = BeautifulSoup(alma.get(str(begin_link["href"]), follow=True).content, "html.parser")  # type: ignore[index]
    assert sheet.select_one("input[name=kind][value=withdrawal][checked]")


def test_rupture_work_without_a_mark_is_listed(cast: Cast, alma: Browser) -> None:
    save_worksheet(cast, "rupture_work", {"kind": "withdrawal"}, cast.session)
    page = soup(alma, "ruptures", cast)
    assert "Recorded without a mark Withdrawal session 1" in words(page)


def test_record_has_typed_parts(cast: Cast) -> None:
    create_emotional_work(cast)
    save_worksheet(cast, "session_note", {"role_play": "2"}, cast.session)
    typed = {"what": "Moved", "happened_on": "2026-08-30", "weight": "5", "dependent": "dependent"}
    save_worksheet(cast, "life_event", typed)
    record = record_of(cast.episode, NOON.replace(year=2027))
    assert [(t.session, t.peak, t.end) for t in record.tellings] == [(1, 90, 70), (2, 75, 50), (3, 60, 30)]
    assert [e.session for e in record.corrective_experiences] == [3]
    assert [(i.name, i.value) for i in record.inputs] == [("role_play", 2.0)]
    assert [(e.at, e.dependent, e.weight) for e in record.life_events] == [(-2.0, True, 1.0)]


def test_incidents_show_the_change_in_mood(cast: Cast, alma: Browser) -> None:
    first = save_worksheet(cast, "incident", {"what_happened": "She hung up", "mood_before": "7", "mood_after": "3"})
    save_worksheet(cast, "incident", {"what_happened": "He asked how I was", "mood_before": "4", "mood_after": "6"})
    url = reverse("worksheet", args=[cast.carla.id, "incident", first.id])
    page = BeautifulSoup(alma.get(url).content, "html.parser")
    assert "Mood before and after 7 → 3" in words(page.select_one(".shift"))
    assert "4 → 6 He asked how I was" in words(page.select_one(".moved"))
