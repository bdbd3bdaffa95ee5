"""Inventory pages: forms, and saving a circle by script and by plain form."""

from __future__ import annotations

import json

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse

from securebase.workbench.inventory.models import Circle, Relationship
from workbench.browser import Browser
from workbench.cast import Cast
from workbench.inventory.network_cast import add_people


def url(cast: Cast, name: str, *args: object) -> str:
    return reverse(name, args=[cast.carla.id, *args])


def save(browser: Browser, cast: Cast, places: object, **fields: str):
    data = {"kind": "present", "placements": json.dumps(places)} | fields
    return browser.post(url(cast, "circle-save"), data, headers={"X-Autosave": "1"})


def circles(cast: Cast) -> list[Circle]:
    return list(Circle.objects.visible_to(cast.alma).order_by("created_at"))


def test_a_person_is_added_and_changed_on_a_page(alma: Browser, cast: Cast) -> None:
    data = {"name_shown": "  Łukasz  ", "relation": "cousin", "online": "on"}
    response = alma.post(url(cast, "relationship-new"), data)
    assert response.headers["Location"] == url(cast, "relationships")
    assert alma.post(url(cast, "relationship-new"), data | {"another": "1"}).headers["Location"].endswith("/new/")
    person = Relationship.objects.visible_to(cast.alma).first()
    assert person
    assert (person.name_shown, person.relation, person.online, person.deceased) == ("Łukasz", "cousin", True, False)
    page = alma.get(url(cast, "relationship", person.id)).content.decode()
    assert 'value="Łukasz"' in page
    alma.post(url(cast, "relationship", person.id), data | {"name_shown": "Luk", "version": "1"})
    late = alma.post(url(cast, "relationship", person.id), data | {"name_shown": "Lukas", "version": "1"})
    assert late.status_code == 409
    assert "someone else changed this" in late.content.decode().lower()
    assert 'value="Lukas"' in late.content.decode()
    person.refresh_from_db()
    assert person.name_shown == "Luk"
    assert alma.post(url(cast, "relationship-new"), {"name_shown": " "}).status_code == 400


def test_removing_a_person_offers_undo_at_once_and_later(alma: Browser, cast: Cast) -> None:
    lena = add_people(cast, "Lena", "Omar")["Lena"]
    page = alma.post(url(cast, "relationship-take-out", lena.id), follow=True).content.decode()
    assert "Lena removed" in page
    undo = url(cast, "relationship-put-back", lena.id)
    assert page.count(f'action="{undo}"') == 2
    later = alma.get(url(cast, "relationships")).content.decode()
    assert "Lena removed" not in later
    assert later.count(f'action="{undo}"') == 1
    alma.post(undo)
    assert f'action="{undo}"' not in alma.get(url(cast, "relationships")).content.decode()


def test_the_focus_is_set_and_unset(alma: Browser, cast: Cast) -> None:
    lena = add_people(cast, "Lena")["Lena"]
    for on in ("1", "0"):
        alma.post(url(cast, "relationship-focus", lena.id), {"on": on})
        lena.refresh_from_db()
        assert lena.is_focus is (on == "1")


def test_the_script_saves_moves_into_one_version(alma: Browser, cast: Cast) -> None:
    lena = add_people(cast, "Lena")["Lena"]
    placement = {"relationship": str(lena.id), "radius": 0.4, "angle": 30.5, "gives": True, "tension": False}
    first = save(alma, cast, [placement], revision=" 0").json()
    second = save(alma, cast, [placement | {"radius": 0.6}], revision=first["revision"], session="1").json()
    third = save(alma, cast, [placement | {"radius": 0.7}], revision=second["revision"], session="1").json()
    ids = [reply["revision"].split()[0] for reply in (first, second, third)]
    assert ids[0] != ids[1] == ids[2]  # the session begins another version
    fourth = save(alma, cast, [], revision=third["revision"], session="1", new_version="1").json()
    assert fourth["revision"].split()[0] != ids[2]
    # the answer holds what the page shows after the save
    assert [len(v["places"]) for v in fourth["circle"]["versions"]] == [1, 1, 0]
    assert set(fourth["parts"]) == {"circle-ties", "circle-figures"}
    assert [[p["radius"] for p in c.placements] for c in circles(cast)] == [[0.4], [0.7], []]
    circle = circles(cast)[1]
    placement = circle.placement_values[0]
    assert (placement.gives, placement.receives, placement.angle) == (True, False, 30.5)
    assert circle.respondent == "client"
    assert circle.therapy_session_id == cast.session.id


@pytest.mark.parametrize(
    "places",
    ["not json", 7, [7], [{}], [{"relationship": "x", "radius": "near", "angle": 1}], [{"relationship": "x"}], None],
)
def test_malformed_placements_are_refused(alma: Browser, cast: Cast, places: object) -> None:
    data = {"kind": "present"} | ({"placements": places} if isinstance(places, str) else {})
    response = (
        save(alma, cast, places)
        if not isinstance(places, str)
        else alma.post(url(cast, "circle-save"), data, headers={"X-Autosave": "1"})
    )
    assert response.status_code == 400
    assert response.json()["error"]
    assert circles(cast) == []


def test_a_stale_page_is_refused(alma: Browser, cast: Cast) -> None:
    lena = add_people(cast, "Lena")["Lena"]
    placement = {"relationship": str(lena.id), "radius": 0.4, "angle": 0}
    save(alma, cast, [placement], revision=" 0")
    late = save(alma, cast, [], revision=" 0")
    assert late.status_code == 409
    assert "changed elsewhere" in late.json()["error"]
    assert circles(cast)[0].placement_values[0].radius == 0.4


def test_a_refused_plain_form_is_shown_again_with_its_input(alma: Browser, cast: Cast) -> None:
    people = add_people(cast, "Lena", "Omar")
    lena, omar = (people[name].id for name in ("Lena", "Omar"))
    save(alma, cast, [{"relationship": str(lena), "radius": 0.41, "angle": 62}], revision=" 0")
    data = {
        "typed": "1", "kind": "present", "revision": " 0", "drawn_on": "2026-09-02", "respondent": "therapist",
        f"ring_{lena}": "wider", f"hour_{lena}": "9", f"tension_{lena}": "on", f"ring_{omar}": "", f"hour_{omar}": "12",
    }  # fmt: skip
    for wrong, status, reason in (({}, 409, "changed elsewhere"), ({"drawn_on": "2026-01-01"}, 400, "Choose a date")):
        refused = alma.post(url(cast, "circle-save"), data | wrong)
        assert (refused.status_code, len(circles(cast))) == (status, 1)
        page = BeautifulSoup(refused.content, "html.parser")
        message = page.select_one(".messages").get_text()  # type: ignore[union-attr]
        assert reason in message
        assert "not saved yet" in message
        assert "Reload" not in message
        form = page.select_one("details[open] form[data-plain]")
        assert form is not None
        assert form.select_one(f"[name=ring_{lena}] [selected]")["value"] == "wider"  # type: ignore[index]
        assert form.select_one(f"[name=hour_{lena}] [selected]").get_text() == "9"  # type: ignore[union-attr]
        assert form.select_one(f"[name=tension_{lena}]").has_attr("checked")  # type: ignore[union-attr]
        assert form.select_one("[name=drawn_on]")["value"] == (data | wrong)["drawn_on"]  # type: ignore[index]
        assert page.select_one("[name=respondent] [selected]")["value"] == "therapist"  # type: ignore[index]
    # the page carries the revision that the next try replaces
    revision = str(form.select_one("[name=revision]")["value"])  # type: ignore[index]
    assert alma.post(url(cast, "circle-save"), data | {"revision": revision}).status_code == 302
    assert circles(cast)[-1].placement_values[0].ring.value == "wider"


def test_the_plain_form_keeps_exact_places(alma: Browser, cast: Cast) -> None:
    people = add_people(cast, "Lena", "Omar", "Boss")
    lena, omar, boss = (people[name].id for name in ("Lena", "Omar", "Boss"))
    save(alma, cast, [{"relationship": str(lena), "radius": 0.41, "angle": 62, "gives": True}], revision=" 0")
    data = {
        "typed": "1",
        "kind": "present",
        "new_version": "1",
        "drawn_on": "2026-09-02",
        f"ring_{lena}": "close",
        f"hour_{lena}": "2",
        f"tension_{lena}": "on",
        f"ring_{omar}": "wider",
        f"hour_{omar}": "9",
        f"ring_{boss}": "",
        f"hour_{boss}": "12",
    }
    assert alma.post(url(cast, "circle-save"), data).status_code == 302
    circle = circles(cast)[-1]
    assert f"{circle.drawn_at:%Y-%m-%d}" == "2026-09-02"
    first, second = sorted(circle.placement_values, key=lambda p: p.radius)
    assert (first.relationship, first.radius, first.angle) == (str(lena), 0.41, 62)
    assert (first.gives, first.tension) == (False, True)
    assert (second.relationship, second.ring.value, second.angle) == (str(omar), "wider", 270)
    for wrong in (
        {f"ring_{lena}": "moon"},
        {f"hour_{lena}": "x"},
        {"drawn_on": "2026-01-01"},
        {"drawn_on": "2999-01-01"},
    ):
        alma.post(url(cast, "circle-save"), data | wrong)
        assert len(circles(cast)) == 2, wrong


def test_a_version_is_removed_with_undo(alma: Browser, cast: Cast) -> None:
    lena = add_people(cast, "Lena")["Lena"]
    save(alma, cast, [{"relationship": str(lena.id), "radius": 0.4, "angle": 0}])
    circle = circles(cast)[0]
    page = alma.post(url(cast, "circle-remove", circle.id), follow=True).content.decode()
    assert "removed." in page
    assert url(cast, "circle-restore", circle.id) in page
    alma.post(url(cast, "circle-restore", circle.id))
    assert circles(cast)[0].removed_at is None
