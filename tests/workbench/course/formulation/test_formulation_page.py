"""The page of focus and formulation: areas are chosen with their evidence, the story is written from its parts."""

from __future__ import annotations

import uuid

from django.utils import timezone

from securebase.workbench.accounts.actions import change_lineage
from securebase.workbench.accounts.queries import lineage_of
from securebase.workbench.worksheets.models import Artefact
from workbench.browser import Browser
from workbench.cast import Cast
from workbench.course.course_cast import reload_episode, save_worksheet, send, submitted_fields, text


def test_conflicting_focus_is_reported_and_resolved(alma: Browser, cast: Cast) -> None:
    save_worksheet(cast, "problem_area", chosen=["grief"])
    assert "Worksheet and course have different focuses" in text(alma, cast, "course")
    assert "Worksheet and course have different focuses" not in send(alma, cast, "focus-take")
    assert reload_episode(cast).problem_areas == ["grief"]


def submission_data(**fields: object) -> dict[str, object]:
    return {"artefact": str(uuid.uuid4()), "revision": "0", **fields}


def test_choosing_areas_saves_worksheet_and_focus(alma: Browser, cast: Cast) -> None:
    typed = {"evidence.2.area": "role_transition", "evidence.2.speaks_for": "<b>The move</b>"}
    page = send(alma, cast, "area-choose", **submission_data(chosen=["role_transition", "grief"], **typed))
    assert "The focus of the course is" in page
    assert set(reload_episode(cast).problem_areas) == {"role_transition", "grief"}
    assert "&lt;b&gt;The move&lt;/b&gt;" in page
    assert "<b>The move</b>" not in page


def test_three_areas_are_refused_as_focus_and_the_input_saved(alma: Browser, cast: Cast) -> None:
    areas = ["role_transition", "grief", "role_dispute"]
    typed = {"evidence.2.area": "role_transition", "evidence.2.speaks_for": "The move"}
    assert "At most 2 problem areas" in send(alma, cast, "area-choose", **submission_data(chosen=areas, **typed))
    artefact = Artefact.objects.visible_to(cast.alma).get(worksheet="problem_area")
    assert artefact.values["evidence"][0]["speaks_for"] == "The move"
    assert reload_episode(cast).problem_areas == ["role_dispute"]


def test_unused_area_stays_only_where_it_was_chosen(alma: Browser, cast: Cast) -> None:
    save_worksheet(cast, "problem_area", chosen=["interpersonal_deficits"])
    lineage = lineage_of(cast.alma.clinic)
    three_areas = lineage.__class__(areas=lineage.areas[:3])
    change_lineage(clinic=cast.alma.clinic, by=cast.adam, lineage=three_areas, version=cast.alma.clinic.version)
    assert 'value="interpersonal_deficits" checked' in text(alma, cast, "formulation")
    Artefact.objects.visible_to(cast.alma).update(removed_at=timezone.now())
    assert "interpersonal_deficits" not in text(alma, cast, "formulation")


def test_formulation_is_written_below_existing_text(alma: Browser, cast: Cast) -> None:
    artefact = save_worksheet(cast, "formulation", narrative="As I said it.", stressor="we moved")
    data = submission_data(stressor="we moved", symptoms="no sleep", narrative="As I said it.") | {
        "artefact": str(artefact.id),
        "revision": "1",
    }
    page = send(alma, cast, "formulation-write", **data)
    assert "below the existing text" in page
    artefact.refresh_from_db()
    assert artefact.values["narrative"] == "As I said it.\n\nWe moved. Since then: no sleep."
    assert "The fields are empty" in send(alma, cast, "formulation-write", **submission_data())


def test_outdated_page_overwrites_nothing(alma: Browser, cast: Cast) -> None:
    artefact = save_worksheet(cast, "formulation", stressor="now")
    data = submission_data(stressor="then") | {"artefact": str(artefact.id), "revision": "0"}
    page = send(alma, cast, "formulation-write", status=409, **data)
    artefact.refresh_from_db()
    assert artefact.values == {"stressor": "now"}
    # what was typed is shown again, and saving it once more keeps the other text in the history
    sent = submitted_fields(page, "picture")
    assert (sent["stressor"], sent["revision"], sent["anew"]) == ("then", "1", "1")
    assert "Draft added" in send(alma, cast, "formulation-write", **sent)
    artefact.refresh_from_db()
    assert artefact.values["stressor"] == "then"
    assert [v.values["stressor"] for v in artefact.versions.order_by("number")] == ["now", "then"]


def test_submission_without_its_worksheet_is_shown_again(alma: Browser, cast: Cast) -> None:
    page = send(alma, cast, "formulation-write", status=400, stressor="x")
    assert "The form is incomplete" in page
    assert submitted_fields(page, "picture")["stressor"] == "x"


def test_refused_choice_of_areas_keeps_the_evidence(alma: Browser, cast: Cast) -> None:
    artefact = save_worksheet(cast, "problem_area", chosen=["grief"])
    typed = {"evidence.2.area": "role_transition", "evidence.2.speaks_for": "The move", "artefact": str(artefact.id)}
    data = submission_data(chosen=["role_transition"]) | typed
    page = send(alma, cast, "area-choose", status=409, **data)
    assert ">The move</textarea>" in page
    assert 'value="role_transition" checked' in page
    assert 'value="grief" checked' not in page
    assert reload_episode(cast).problem_areas == ["role_dispute"]
