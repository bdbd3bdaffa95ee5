"""The timeline: every dated entry, each opened and added in place."""

from __future__ import annotations

import uuid

from django.urls import reverse

from securebase.workbench.worksheets.models import Artefact
from workbench.browser import Browser
from workbench.cast import Cast
from workbench.course.course_cast import create_full_course, text


def test_timeline_shows_and_opens_every_entry(alma: Browser, cast: Cast) -> None:
    create_full_course(cast)
    page = text(alma, cast, "timeline", "?zoom=life")
    assert "Father died" in page
    assert "An argument without a day" in page
    event = Artefact.objects.visible_to(cast.alma).filter(worksheet="life_event").first()
    assert f"open=life_event:{event.id}#panel" in page
    panel = text(alma, cast, "timeline", f"?open=life_event:{event.id}")
    assert f'value="{event.values["what"]}"' in panel
    assert "Save and go back" in panel


def test_event_is_added_on_a_day(alma: Browser, cast: Cast) -> None:
    assert 'value="2026-04-01"' in text(alma, cast, "timeline", "?add=life_event&on=2026-04-01")
    assert 'id="panel"' in text(alma, cast, "timeline", "?add=life_event&on=tomorrow")
    assert 'id="panel"' not in text(alma, cast, "timeline", "?add=session_note")
    assert 'id="panel"' not in text(alma, cast, "timeline", f"?open=life_event:{uuid.uuid4()}")
    assert 'id="panel"' not in text(alma, cast, "timeline", "?open=life_event:x")
    assert alma.get(reverse("timeline", args=[cast.carla.id]) + "?open=nothing:x").status_code == 404
