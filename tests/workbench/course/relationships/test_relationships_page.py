"""The page of a client's relationships: empty state, circle, ties and network measures."""

from __future__ import annotations

import json
import re

from django.urls import reverse

from securebase.workbench.clients import actions as clients
from workbench.browser import Browser
from workbench.cast import BEGAN, Cast
from workbench.course.course_cast import text as course_text
from workbench.inventory.network_cast import add_people, draw_course, rate_course


def page(browser: Browser, cast: Cast, query: str = "") -> str:
    response = browser.get(reverse("relationships", args=[cast.carla.id]) + query)
    assert response.status_code == 200
    return response.content.decode()


def read_script_data(text: str) -> dict:
    match = re.search(r'<script type="application/json">(.*?)</script>', text, re.DOTALL)
    assert match
    return json.loads(match[1])


def test_empty_inventory_explains_its_purpose(alma: Browser, cast: Cast) -> None:
    text = page(alma, cast)
    assert "Add the first person" in text
    assert "closeness circle" in text
    assert "data-circle" not in text


def test_client_without_a_therapy_has_a_page(alma: Browser, cast: Cast) -> None:
    cast.episode.therapy_sessions.all().delete()
    cast.episode.delete()
    assert "No course of therapy yet" in page(alma, cast)
    assert alma.get(reverse("circle-paper", args=[cast.carla.id])).status_code == 200


def test_every_person_is_placed_or_waiting(alma: Browser, cast: Cast) -> None:
    people = add_people(cast)
    draw_course(cast, people)
    script_data = read_script_data(page(alma, cast))
    assert {p["name"] for p in script_data["people"]} == set(people)
    assert [p["name"] for p in script_data["people"] if p["place"] is None] == ["Boss"]
    first, second, *_ = [v["text"] for v in script_data["versions"]]
    assert first.endswith("by the client. First version.")
    assert second.endswith("by the client. Choir: new on the circle, wider circle.")
    # the one who waits would begin in the wider circle, at an hour with no one near
    start = script_data["starts"][next(p["id"] for p in script_data["people"] if p["name"] == "Boss")]
    taken = [p["place"]["angle"] for p in script_data["people"] if p["place"]]
    assert start["radius"] == 5 / 6
    assert min(abs((angle - start["angle"] + 540) % 360 - 180) for angle in taken) >= 25


def test_first_and_last_version_are_compared_by_default(alma: Browser, cast: Cast) -> None:
    draw_course(cast, add_people(cast))
    text = page(alma, cast)
    assert "Husband: closer, from close ring to closest ring" in text
    assert "Boss: no longer on the circle, was outside the circle" in text
    second = cast.episode.circles.order_by("drawn_at")[1]
    first = cast.episode.circles.order_by("drawn_at")[0]
    comparison = page(alma, cast, f"?before={first.id}&after={second.id}")
    assert "<li>Husband: closer" in text
    assert "<li>Husband: closer" not in comparison
    assert "Same ring: " in comparison
    wished = cast.episode.circles.get(kind="wished")
    wish_comparison = page(alma, cast, f"?before={second.id}&after={wished.id}")
    assert "rings from where the client wants them" in wish_comparison


def test_wished_circle_begins_as_the_present_one(alma: Browser, cast: Cast) -> None:
    draw_course(cast, add_people(cast))
    cast.episode.circles.filter(kind="wished").delete()
    script_data = read_script_data(page(alma, cast, "?kind=wished"))
    assert script_data["versions"] == []
    assert sum(p["place"] is not None for p in script_data["people"]) == 7


def test_selected_person_is_shown_without_javascript(alma: Browser, cast: Cast) -> None:
    people = add_people(cast)
    draw_course(cast, people)
    text = page(alma, cast, f"?person={people['Husband'].id}")
    panel = re.search(
        rf'<article class="tie-panel" data-about="{people["Husband"].id}">(.*?)</article>', text, re.DOTALL
    )
    assert panel
    assert "closer: from close ring to closest ring" in panel[1]
    assert text.count('<article class="tie-panel"') - text.count(" hidden><h3>") == 1


def test_paper_circle_has_names_and_no_places(alma: Browser, cast: Cast) -> None:
    draw_course(cast, add_people(cast))
    text = alma.get(reverse("circle-paper", args=[cast.carla.id])).content.decode()
    assert "Lena (friend)" in text
    assert "data-person" not in text


def test_other_clients_are_never_shown(alma: Browser, cast: Cast) -> None:
    add_people(cast, "Lena")
    clients.create_client(therapist=cast.dario, name_shown="Dario's own", began_on=BEGAN)
    text = page(alma, cast)
    assert "Lena" in text
    assert "Dario" not in text


def test_names_are_escaped(alma: Browser, cast: Cast) -> None:
    alma.post(reverse("relationship-new", args=[cast.carla.id]), {"name_shown": "</script><b>x"})
    text = page(alma, cast)
    assert "<b>x" not in text
    assert read_script_data(text)["people"][0]["name"] == "</script><b>x"


def test_ratings_and_shares_are_shown_as_entered(alma: Browser, cast: Cast) -> None:
    people = add_people(cast)
    draw_course(cast, people)
    rate_course(cast, people)
    text = page(alma, cast, f"?person={people['Sister'].id}")
    assert "<dd>9 of 10, was 7</dd>" in text
    assert "more strain than support" in text
    assert "Therapist 35%, own network 65%." in course_text(alma, cast, "attachment")
    assert "Mean 3.8 of 10 over 4 relationships; highest with Sister (9)." in text
    assert reverse("worksheet-about", args=[cast.carla.id, "relationship", people["Sister"].id]) in text
    # in the first version strain was 7 and 5 over two ties; now it is 9, 3, 1 and 2
    assert "<small>6 → 3.8</small>" in text


def test_wished_circle_is_compared_with_the_present_one(alma: Browser, cast: Cast) -> None:
    draw_course(cast, add_people(cast))
    text = page(alma, cast, "?kind=wished")
    assert "<li>Choir: closer, from close ring to closest ring</li>" in text
    assert "rings from where the client wants them" in text
