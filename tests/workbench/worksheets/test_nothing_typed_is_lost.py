"""Texts that stood in the way of each other: two tabs, full lists, people who left, fields that left the shelf."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from securebase.ipt.parsing import parse_values
from securebase.ipt.shelf import worksheet, worksheets
from securebase.ipt.worksheet import MAX_ROWS, Field, FieldKind
from securebase.workbench.audit.models import Entry
from securebase.workbench.inventory.actions import add_relationship, remove_relationship
from securebase.workbench.worksheets.actions import save_artefact
from securebase.workbench.worksheets.models import Artefact
from workbench.cast import Cast

QUIETLY = {"X-Autosave": "1"}


def address(cast: Cast, name: str, artefact_id: uuid.UUID) -> str:
    return reverse("worksheet", args=[cast.carla.id, name, artefact_id])


def only(cast: Cast) -> Artefact:
    return Artefact.objects.visible_to(cast.alma).get()


def written(cast: Cast, text: str = "She hung up") -> Artefact:
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


def cell(of: Field) -> Any:
    """Something in a field, as much of it as a browser would send."""
    if of.kind is FieldKind.CHOICES:
        return [o.value for o in of.options]
    return (
        of.options[0].value if of.options else {FieldKind.DATE: "2026-03-09", FieldKind.YES_NO: "yes"}.get(of.kind, "1")
    )


@pytest.mark.parametrize("name", [w.id for w in worksheets().values() if any(f.columns for f in w.fields)])
def test_a_worksheet_with_every_list_full_is_saved(cast: Cast, alma: Browser, name: str) -> None:
    sent: dict[str, Any] = {"revision": "0", "session": "", "about": "", "next": "", "csrfmiddlewaretoken": "x" * 64}
    for of in worksheet(name).fields:
        if of.columns:
            sent |= {f"{of.id}.{n}.{c.id}": cell(c) for n in range(MAX_ROWS) for c in of.columns}
        else:
            sent[of.id] = cell(of)
    answer = alma.post(address(cast, name, uuid.uuid4()), sent, headers=QUIETLY)
    assert answer.status_code == 200
    of = next(f for f in worksheet(name).fields if f.columns)
    assert len(only(cast).values[of.id]) == MAX_ROWS


def test_a_refusal_says_whether_anything_was_lost_by_it(cast: Cast, alma: Browser) -> None:
    url = address(cast, "incident", uuid.uuid4())
    assert alma.post(url, {"revision": "0"}, headers=QUIETLY).json()["empty"] is True
    stranger = {"revision": "0", "what_happened": "x", "about": str(uuid.uuid4())}
    refused = alma.post(url, stranger, headers=QUIETLY)
    assert refused.status_code == 400
    assert refused.json()["empty"] is False


def test_what_another_tab_wrote_stays_in_the_history(cast: Cast, alma: Browser) -> None:
    url = address(cast, "incident", written(cast).id)
    alma.post(url, {"revision": "1", "what_happened": "A long text from the first tab"}, headers=QUIETLY)
    refused = alma.post(url, {"revision": "1", "what_happened": "The second tab"})
    form = BeautifulSoup(refused.content, "html.parser").find("form", {"data-autosave": True})
    assert form is not None
    sent = {i["name"]: i["value"] for i in form.select("input[type=hidden]") if i["name"] != "csrfmiddlewaretoken"}
    alma.post(url, sent | {"what_happened": "The second tab"})
    texts = [v.values["what_happened"] for v in only(cast).versions.order_by("number")]
    assert texts == ["A long text from the first tab", "The second tab"]
    # from then on the sitting goes on as before
    alma.post(url, {"revision": str(only(cast).revision), "what_happened": "The second tab, more"}, headers=QUIETLY)
    assert only(cast).versions.count() == 2


def test_a_field_that_left_the_shelf_keeps_what_it_held(cast: Cast, alma: Browser) -> None:
    made = written(cast)
    Artefact.objects.visible_to(cast.alma).update(values={"what_happened": "x", "asked_in_1.0": "an old answer"})
    alma.post(address(cast, "incident", made.id), {"revision": "1", "what_happened": "y"}, headers=QUIETLY)
    assert only(cast).values == {"what_happened": "y", "asked_in_1.0": "an old answer"}


def test_a_worksheet_goes_on_speaking_of_somebody_who_left(cast: Cast, alma: Browser) -> None:
    lena = add_relationship(episode=cast.episode, by=cast.alma, name_shown="Lena", at=timezone.now())
    url = address(cast, "incident", uuid.uuid4())
    alma.post(url, {"revision": "0", "what_happened": "x", "about": str(lena.id)})
    remove_relationship(relationship=lena, by=cast.alma, at=timezone.now())
    chosen = BeautifulSoup(alma.get(url).content, "html.parser").select_one("#about option[selected]")
    assert chosen is not None
    assert chosen["value"] == str(lena.id)


def test_typing_into_a_removed_worksheet_puts_it_back_and_is_written_down(cast: Cast, alma: Browser) -> None:
    made = written(cast)
    alma.post(reverse("worksheet-remove", args=[cast.carla.id, "incident", made.id]))
    revision = str(only(cast).revision)
    alma.post(address(cast, "incident", made.id), {"revision": revision, "what_happened": "more"}, headers=QUIETLY)
    assert only(cast).removed_at is None
    assert Entry.objects.latest("sequence").action == "artefact.put_back"


def test_another_session_for_a_worksheet_is_written_down(cast: Cast, alma: Browser) -> None:
    made = written(cast)
    sent = {"revision": "1", "what_happened": "She hung up", "session": str(cast.session.id)}
    alma.post(address(cast, "incident", made.id), sent, headers=QUIETLY)
    assert only(cast).therapy_session == cast.session
    assert Entry.objects.latest("sequence").action == "artefact.moved"


def test_a_note_begun_from_the_list_of_tools_is_the_one_of_the_last_session(cast: Cast, alma: Browser) -> None:
    cast.hold_at(timezone.now() - timedelta(minutes=10))
    url = address(cast, "session_note", uuid.uuid4())
    alma.post(url, {"revision": "0", "event": "x", "session": str(cast.session.id)})
    begun = alma.get(reverse("worksheet-begin", args=[cast.carla.id, "session_note"]))
    assert begun.headers["Location"] == url


def test_more_areas_than_two_lose_no_word(cast: Cast, alma: Browser) -> None:
    sent = {
        "artefact": str(uuid.uuid4()),
        "revision": "0",
        "chosen": ["grief", "role_dispute", "role_transition"],
        "evidence.0.area": "grief",
        "evidence.0.speaks_for": "Her mother’s house",
    }
    page = alma.post(reverse("area-choose", args=[cast.carla.id]), sent, follow=True).content.decode()
    assert "Saved, but the focus of the course stays as it was" in page
    assert "Her mother’s house" in page
    assert cast.episode.problem_areas == ["role_dispute"]


def test_a_second_tap_does_not_end_the_course_that_has_just_begun(cast: Cast, alma: Browser) -> None:
    page = BeautifulSoup(alma.get(reverse("ending", args=[cast.carla.id])).content, "html.parser")
    url = reverse("ending-finish", args=[cast.carla.id])
    form = page.find("form", {"action": url})
    assert form is not None
    sent = {i["name"]: i["value"] for i in form.select("input[name=episode]")} | {"maintenance": "1"}
    alma.post(url, sent)
    assert "Nothing was changed" in alma.post(url, sent, follow=True).content.decode()
    courses = cast.carla.episodes.order_by("created_at")
    assert [(c.phase, c.ended_on is None) for c in courses] == [("initial", False), ("maintenance", True)]


def test_a_course_ends_once(cast: Cast, alma: Browser) -> None:
    url = reverse("ending-finish", args=[cast.carla.id])
    alma.post(url, {"end": "1"})
    cast.carla.episodes.update(ended_on=cast.episode.began_on)
    assert "had ended already" in alma.post(url, {"end": "1"}, follow=True).content.decode()
    assert cast.carla.episodes.get().ended_on == cast.carla.episodes.get().began_on


def test_an_afternoon_of_pauses_is_more_than_one_version(cast: Cast) -> None:
    made, spec = written(cast, "Two pages"), worksheet("incident")
    for n in range(1, 5):
        made = save_artefact(
            id=made.id,
            episode=cast.episode,
            worksheet=spec.id,
            by=cast.alma,
            filled=parse_values(spec, {"what_happened": f"Two pages, {n}"}),
            revision=made.revision,
            at=made.begun_at + timedelta(minutes=20 * n),
        )
    texts = [v.values["what_happened"] for v in made.versions.order_by("number")]
    assert texts == ["Two pages, 1", "Two pages, 3", "Two pages, 4"]
    assert Entry.objects.filter(action="artefact.changed").count() == 2
