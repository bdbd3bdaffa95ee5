"""Input survives conflicts: two tabs, full lists, removed people, fields that have left the shelf."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse
from django.utils import timezone

from securebase.ipt.parsing import parse_values
from securebase.ipt.shelf import worksheet, worksheets
from securebase.ipt.worksheet import MAX_ROWS, Field, FieldKind
from securebase.workbench.audit.models import Entry
from securebase.workbench.inventory.actions import add_relationship, remove_relationship
from securebase.workbench.worksheets.actions import save_artefact
from securebase.workbench.worksheets.models import Artefact
from workbench.browser import Browser
from workbench.cast import Cast

AUTOSAVE = {"X-Autosave": "1"}


def address(cast: Cast, name: str, artefact_id: uuid.UUID) -> str:
    return reverse("worksheet", args=[cast.carla.id, name, artefact_id])


def saved_artefact(cast: Cast) -> Artefact:
    return Artefact.objects.visible_to(cast.alma).get()


def new_incident(cast: Cast, text: str = "She hung up") -> Artefact:
    spec = worksheet("incident")
    return save_artefact(
        id=uuid.uuid4(),
        episode=cast.episode,
        worksheet=spec.id,
        by=cast.alma,
        filled=parse_values(spec, {"what_happened": text}),
        revision=0,
        at=timezone.now(),
    )


def filled(field: Field) -> Any:
    """Return content for a field as a browser sends it, with every option of a multiple choice."""
    if field.kind is FieldKind.CHOICES:
        return [o.value for o in field.options]
    if field.options:
        return field.options[0].value
    return {FieldKind.DATE: "2026-03-09", FieldKind.YES_NO: "yes"}.get(field.kind, "1")


@pytest.mark.parametrize("name", [w.id for w in worksheets().values() if any(f.columns for f in w.fields)])
def test_a_worksheet_with_every_list_full_is_saved(cast: Cast, alma: Browser, name: str) -> None:
    data: dict[str, Any] = {"revision": "0", "session": "", "about": "", "next": "", "csrfmiddlewaretoken": "x" * 64}
    for field in worksheet(name).fields:
        if field.columns:
            data |= {f"{field.id}.{n}.{c.id}": filled(c) for n in range(MAX_ROWS) for c in field.columns}
        else:
            data[field.id] = filled(field)
    answer = alma.post(address(cast, name, uuid.uuid4()), data, headers=AUTOSAVE)
    assert answer.status_code == 200
    rows_field = next(f for f in worksheet(name).fields if f.columns)
    assert len(saved_artefact(cast).values[rows_field.id]) == MAX_ROWS


def test_a_refusal_distinguishes_empty_input(cast: Cast, alma: Browser) -> None:
    url = address(cast, "incident", uuid.uuid4())
    assert alma.post(url, {"revision": "0"}, headers=AUTOSAVE).json()["empty"] is True
    unknown_person = {"revision": "0", "what_happened": "x", "about": str(uuid.uuid4())}
    refused = alma.post(url, unknown_person, headers=AUTOSAVE)
    assert refused.status_code == 400
    assert refused.json()["empty"] is False


def test_text_of_another_tab_stays_in_the_history(cast: Cast, alma: Browser) -> None:
    url = address(cast, "incident", new_incident(cast).id)
    alma.post(url, {"revision": "1", "what_happened": "A long text from the first tab"}, headers=AUTOSAVE)
    refused = alma.post(url, {"revision": "1", "what_happened": "The second tab"})
    form = BeautifulSoup(refused.content, "html.parser").find("form", {"data-autosave": True})
    assert form is not None
    data = {i["name"]: i["value"] for i in form.select("input[type=hidden]") if i["name"] != "csrfmiddlewaretoken"}
    alma.post(url, data | {"what_happened": "The second tab"})
    texts = [v.values["what_happened"] for v in saved_artefact(cast).versions.order_by("number")]
    assert texts == ["A long text from the first tab", "The second tab"]
    # further input belongs to the same sitting again
    alma.post(
        url, {"revision": str(saved_artefact(cast).revision), "what_happened": "The second tab, more"}, headers=AUTOSAVE
    )
    assert saved_artefact(cast).versions.count() == 2


def test_a_field_that_has_left_the_shelf_keeps_its_value(cast: Cast, alma: Browser) -> None:
    artefact = new_incident(cast)
    Artefact.objects.visible_to(cast.alma).update(values={"what_happened": "x", "asked_in_1.0": "an old answer"})
    alma.post(address(cast, "incident", artefact.id), {"revision": "1", "what_happened": "y"}, headers=AUTOSAVE)
    assert saved_artefact(cast).values == {"what_happened": "y", "asked_in_1.0": "an old answer"}


def test_a_worksheet_still_names_a_removed_person(cast: Cast, alma: Browser) -> None:
    lena = add_relationship(episode=cast.episode, by=cast.alma, name_shown="Lena", at=timezone.now())
    url = address(cast, "incident", uuid.uuid4())
    alma.post(url, {"revision": "0", "what_happened": "x", "about": str(lena.id)})
    remove_relationship(relationship=lena, by=cast.alma, at=timezone.now())
    option = BeautifulSoup(alma.get(url).content, "html.parser").select_one("#about option[selected]")
    assert option is not None
    assert option["value"] == str(lena.id)


def test_typing_into_a_removed_worksheet_restores_it_and_is_audited(cast: Cast, alma: Browser) -> None:
    artefact = new_incident(cast)
    alma.post(reverse("worksheet-remove", args=[cast.carla.id, "incident", artefact.id]))
    revision = str(saved_artefact(cast).revision)
    alma.post(address(cast, "incident", artefact.id), {"revision": revision, "what_happened": "more"}, headers=AUTOSAVE)
    assert saved_artefact(cast).removed_at is None
    assert Entry.objects.latest("sequence").action == "artefact.put_back"


def test_moving_a_worksheet_to_another_session_is_audited(cast: Cast, alma: Browser) -> None:
    artefact = new_incident(cast)
    data = {"revision": "1", "what_happened": "She hung up", "session": str(cast.session.id)}
    alma.post(address(cast, "incident", artefact.id), data, headers=AUTOSAVE)
    assert saved_artefact(cast).therapy_session == cast.session
    assert Entry.objects.latest("sequence").action == "artefact.moved"


def test_a_note_opened_from_the_list_of_tools_belongs_to_the_last_session(cast: Cast, alma: Browser) -> None:
    cast.hold_at(timezone.now() - timedelta(minutes=10))
    url = address(cast, "session_note", uuid.uuid4())
    alma.post(url, {"revision": "0", "event": "x", "session": str(cast.session.id)})
    begun = alma.get(reverse("worksheet-begin", args=[cast.carla.id, "session_note"]))
    assert begun.headers["Location"] == url


def test_choosing_three_areas_loses_no_text(cast: Cast, alma: Browser) -> None:
    data = {
        "artefact": str(uuid.uuid4()),
        "revision": "0",
        "chosen": ["grief", "role_dispute", "role_transition"],
        "evidence.0.area": "grief",
        "evidence.0.speaks_for": "Her mother’s house",
    }
    page = alma.post(reverse("area-choose", args=[cast.carla.id]), data, follow=True).content.decode()
    assert "Saved, but the focus was not changed." in page
    assert "Her mother’s house" in page
    assert cast.episode.problem_areas == ["role_dispute"]


def test_a_second_tap_does_not_end_the_new_course(cast: Cast, alma: Browser) -> None:
    page = BeautifulSoup(alma.get(reverse("ending", args=[cast.carla.id])).content, "html.parser")
    url = reverse("ending-finish", args=[cast.carla.id])
    form = page.find("form", {"action": url})
    assert form is not None
    data = {i["name"]: i["value"] for i in form.select("input[name=episode]")} | {"maintenance": "1"}
    alma.post(url, data)
    assert "Nothing was changed" in alma.post(url, data, follow=True).content.decode()
    courses = cast.carla.episodes.order_by("created_at")
    assert [(c.phase, c.ended_on is None) for c in courses] == [("initial", False), ("maintenance", True)]


def test_a_course_ends_once(cast: Cast, alma: Browser) -> None:
    url = reverse("ending-finish", args=[cast.carla.id])
    alma.post(url, {"end": "1"})
    cast.carla.episodes.update(ended_on=cast.episode.began_on)
    assert "The course has already ended." in alma.post(url, {"end": "1"}, follow=True).content.decode()
    assert cast.carla.episodes.get().ended_on == cast.carla.episodes.get().began_on


def test_a_long_stretch_of_autosaves_yields_several_versions(cast: Cast) -> None:
    artefact, spec = new_incident(cast, "Two pages"), worksheet("incident")
    for n in range(1, 5):
        artefact = save_artefact(
            id=artefact.id,
            episode=cast.episode,
            worksheet=spec.id,
            by=cast.alma,
            filled=parse_values(spec, {"what_happened": f"Two pages, {n}"}),
            revision=artefact.revision,
            at=artefact.begun_at + timedelta(minutes=20 * n),
        )
    texts = [v.values["what_happened"] for v in artefact.versions.order_by("number")]
    assert texts == ["Two pages, 1", "Two pages, 3", "Two pages, 4"]
    assert Entry.objects.filter(action="artefact.changed").count() == 2
