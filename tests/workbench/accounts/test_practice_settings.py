"""Settings of a practice: lineage of IPT, course formats, and the therapists' training."""

from __future__ import annotations

import pytest
from django.urls import reverse

from securebase.errors import InputError, NotPermittedError
from securebase.ipt.course_format import default_formats
from securebase.ipt.lineage import (
    DEFAULT_LINEAGE,
    KLERMAN_WEISSMAN,
    PRESETS,
    STUART_ROBERTSON,
    describe_changes,
    load_lineage,
)
from securebase.schema import to_plain
from securebase.workbench.accounts import actions
from securebase.workbench.accounts.models import Clinic
from securebase.workbench.accounts.queries import course_formats_of, lineage_of
from securebase.workbench.audit.models import Entry
from securebase.workbench.clients.models import Client
from workbench.browser import Browser
from workbench.cast import Cast


def clinic_of(cast: Cast) -> Clinic:
    return Clinic.objects.get(id=cast.alma.clinic_id)


def form_data(lineage: object, version: int, **more: str) -> dict[str, object]:
    values = to_plain(lineage)
    if not values["sick_role"]:
        del values["sick_role"]
    return values | {"version": version} | more


def test_changes_are_shown_before_they_are_saved(alma: Browser, cast: Cast) -> None:
    page = alma.post(reverse("clinic-lineage"), form_data(STUART_ROBERTSON, 1, ask="1")).content.decode()
    assert "can no longer be chosen" in page
    assert "conclusion of the acute treatment" in page
    assert lineage_of(clinic_of(cast)) == DEFAULT_LINEAGE
    alma.post(reverse("clinic-lineage"), form_data(STUART_ROBERTSON, 1, save="1"))
    assert lineage_of(clinic_of(cast)) == STUART_ROBERTSON
    assert Entry.objects.filter(action="clinic.lineage_changed").exists()


def test_a_preset_is_shown_but_not_saved(alma: Browser, cast: Cast) -> None:
    page = alma.get(reverse("clinic-lineage") + "?as=klerman").content.decode()
    assert "Nothing is saved yet" in page
    assert lineage_of(clinic_of(cast)) == DEFAULT_LINEAGE
    assert alma.get(reverse("clinic-lineage") + "?as=nobody").status_code == 200


def test_an_edit_conflict_is_reported(alma: Browser, cast: Cast) -> None:
    actions.change_lineage(clinic=clinic_of(cast), by=cast.adam, lineage=KLERMAN_WEISSMAN, version=1)
    page = alma.post(reverse("clinic-lineage"), form_data(STUART_ROBERTSON, 1, save="1"))
    assert page.status_code == 409
    assert "someone else changed this" in page.content.decode().lower()
    assert lineage_of(clinic_of(cast)) == KLERMAN_WEISSMAN


@pytest.mark.parametrize("before", [p for _, p in PRESETS.values()])
@pytest.mark.parametrize("after", [p for _, p in PRESETS.values()])
def test_changes_are_described_only_if_something_changes(before, after) -> None:
    assert bool(describe_changes(before, after)) is (before != after)
    assert load_lineage(to_plain(after)) == after


def test_only_an_administrator_changes_practice_settings(cast: Cast) -> None:
    clinic = clinic_of(cast)
    for by in (cast.dario, cast.bruno, cast.rosa):
        with pytest.raises(NotPermittedError):
            actions.change_lineage(clinic=clinic, by=by, lineage=DEFAULT_LINEAGE, version=1)
        with pytest.raises(NotPermittedError):
            actions.change_course_formats(clinic=clinic, by=by, formats=[], version=1)


def rows(*forms: tuple[str, str, str, str, str, str]) -> dict[str, str]:
    data = {"save": "1", "form-TOTAL_FORMS": str(len(forms)), "form-INITIAL_FORMS": "0"}
    names = ("id", "name", "sessions", "initial_sessions", "ending_sessions", "days_between")
    for n, form in enumerate(forms):
        data |= {f"form-{n}-{name}": value for name, value in zip(names, form, strict=True)}
    return data


def test_a_clinic_edits_its_course_formats_and_can_restore_the_shelf(alma: Browser, cast: Cast) -> None:
    data = rows(
        ("standard", "Standard", "16", "3", "3", "7"),
        ("", "Ten", "10", "2", "2", "10"),
        ("brief", "", "8", "2", "2", "7"),
    )
    assert alma.post(reverse("course-forms"), data | {"version": "1"}).status_code == 302
    forms = course_formats_of(clinic_of(cast))
    assert [(f.id, f.name, f.sessions) for f in forms] == [("standard", "Standard", 16), ("ten", "Ten", 10)]
    assert forms[0].sources == default_formats()[0].sources
    assert forms[1].sources == ()
    alma.post(reverse("course-forms"), {"shelf": "1", "version": "2"})
    assert course_formats_of(clinic_of(cast)) == default_formats()


def test_an_invalid_course_format_keeps_the_input(alma: Browser, cast: Cast) -> None:
    answer = alma.post(reverse("course-forms"), rows(("", "Odd", "4", "3", "3", "7")) | {"version": "1"})
    assert answer.status_code == 400
    assert "more sessions than the course" in answer.content.decode()
    assert 'value="Odd"' in answer.content.decode()
    stale = alma.post(reverse("course-forms"), rows(("", "Ten", "10", "2", "2", "7")) | {"version": "9"})
    assert stale.status_code == 409
    with pytest.raises(InputError):
        actions.change_course_formats(
            clinic=clinic_of(cast), by=cast.adam, formats=[default_formats()[0]] * 13, version=1
        )


def test_a_course_keeps_its_numbers_when_its_format_is_edited_or_deleted(alma: Browser, cast: Cast) -> None:
    new = {"name_shown": "Nia", "began_on": "2026-09-01", "course_form": "brief", "phase": "initial"}
    alma.post(reverse("client-new"), new | {"symptom_measure": "session_before:symptoms", "days_between": "14"})
    episode = Client.objects.visible_to(cast.alma).get(name_shown="Nia").episode
    numbers = ("course_form", "planned_sessions", "initial_sessions", "ending_sessions", "days_between")
    assert [getattr(episode, n) for n in numbers] == ["brief", 8, 2, 2, 14]
    alma.post(reverse("course-forms"), rows(("", "Ten", "10", "2", "2", "10")) | {"version": "1"})
    episode.refresh_from_db()
    assert [getattr(episode, n) for n in numbers] == ["brief", 8, 2, 2, 14]
    page = alma.get(reverse("client-edit", args=[episode.client_id])).content.decode()
    assert "current format (no longer offered)" in page
    assert alma.get(reverse("course", args=[episode.client_id])).status_code == 200


def test_another_format_sets_its_numbers_except_those_typed_in(alma: Browser, cast: Cast) -> None:
    page = reverse("client-edit", args=[cast.carla.id])
    form = alma.get(page).context["episode_form"]
    data = {name: value for name, value in form.initial.items() if value is not None}
    data |= {"save_episode": "1", "course_form": "brief", "days_between": "5"}
    assert alma.post(page, data).status_code == 302
    episode = Client.objects.visible_to(cast.alma).get(id=cast.carla.id).episode
    assert (episode.planned_sessions, episode.initial_sessions, episode.days_between) == (8, 2, 5)


def test_a_therapist_enters_their_training_and_may_leave_it_empty(alma: Browser, cast: Cast) -> None:
    data = {"save_practice": "1", "training": "Psychologist", "years_of_experience": "12", "ipt_training": "course"}
    assert alma.post(reverse("profile"), data).status_code == 302
    cast.alma.refresh_from_db()
    assert (cast.alma.training, cast.alma.years_of_experience, cast.alma.ipt_training) == ("Psychologist", 12, "course")
    alma.post(reverse("profile"), {"save_practice": "1"})
    cast.alma.refresh_from_db()
    assert (cast.alma.training, cast.alma.years_of_experience) == ("", None)
    assert alma.post(reverse("profile"), {"save_practice": "1", "years_of_experience": "300"}).status_code == 400
