"""The page of the work in a problem area."""

from __future__ import annotations

from workbench.browser import Browser
from workbench.cast import Cast
from workbench.course.course_cast import create_full_course, text


def test_area_page_without_a_focus_leads_to_choosing_one(alma: Browser, cast: Cast) -> None:
    episode = cast.episode
    episode.problem_areas = []
    episode.save()
    assert "No problem area chosen yet" in text(alma, cast, "area-work")


def test_dispute_is_drawn_and_its_next_entry_prefilled(alma: Browser, cast: Cast) -> None:
    create_full_course(cast)
    page = text(alma, cast, "area-work", "?add=role_dispute")
    assert "stage impasse, then renegotiation" in page
    assert 'value="Who decides about the flat"' in page
    assert "What to do at this stage" in page
