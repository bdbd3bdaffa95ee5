"""The course page: the plan with its sessions, one-tap corrections and the overview."""

from __future__ import annotations

from datetime import date

from django.urls import reverse
from django.utils import timezone

from securebase.records.vocabulary import Phase
from securebase.workbench.audit.models import Entry
from securebase.workbench.course.plan.queries import course_overview
from securebase.workbench.course.queries import beads, record_of
from workbench.browser import Browser
from workbench.cast import NOON, Cast
from workbench.course.course_cast import create_full_course, create_sessions, save_worksheet, send, text


def test_plan_has_a_bead_for_every_session(cast: Cast) -> None:
    create_sessions(cast, 4)
    plan = beads(cast.episode, NOON)
    assert [b.number for b in plan] == list(range(1, 17))
    assert [b.state for b in plan[:5]] == ["today", "booked", "booked", "booked", "planned"]
    assert plan[-1].day == date(2026, 9, 22) + (plan[3].day - plan[2].day) * 12
    assert [b.phase for b in plan[4:]] == [Phase.MIDDLE] * 9 + [Phase.ENDING] * 3


def test_sessions_beyond_the_plan_are_shown(cast: Cast) -> None:
    create_sessions(cast, 3)
    episode = cast.episode
    episode.planned_sessions, episode.initial_sessions, episode.ending_sessions = 2, 1, 1
    assert [b.state for b in beads(episode, timezone.now())] == ["held", "held", "beyond"]


def test_differing_contract_is_adopted_in_one_tap(alma: Browser, cast: Cast) -> None:
    save_worksheet(cast, "contract", goals=[{"goal": "x"}], sessions="5", days_between="14")
    assert "Contract and course differ" in text(alma, cast, "course")
    assert "Contract and course differ" not in send(alma, cast, "contract-take")
    episode = cast.episode.__class__.objects.visible_to(cast.alma).get(client=cast.carla)
    assert (episode.planned_sessions, episode.days_between) == (5, 14)
    assert episode.initial_sessions + episode.ending_sessions <= 5
    assert Entry.objects.filter(action="episode.numbers_set").exists()
    assert "already match" in send(alma, cast, "contract-take")


def test_planned_phase_is_entered_in_one_tap(alma: Browser, cast: Cast) -> None:
    create_sessions(cast, 3)
    assert "Start it now" in text(alma, cast, "course")
    assert "Start it now" not in send(alma, cast, "phase-take", phase="middle")
    assert "Choose a phase" in send(alma, cast, "phase-take", phase="nonsense")


def test_new_session_proposes_the_planned_phase(alma: Browser, cast: Cast) -> None:
    create_sessions(cast, 3)
    form = alma.get(reverse("session-new", args=[cast.carla.id])).context["form"]
    assert (form.initial["number"], form.initial["phase"]) == (4, "middle")


def test_overview_summarises_the_record(cast: Cast) -> None:
    create_full_course(cast)
    overview = course_overview(record_of(cast.episode, timezone.now()))
    lines = {g.label: tuple(words for words, _ in g.lines) for g in overview}
    assert lines["Diagnosis"] == ("Depressive episode, moderate, since 10 May 2026",)
    assert lines["Medication"] == ("Sertraline 50 mg",)
    assert lines["Earlier episodes"] == ("1 earlier, from 2009",)
    assert lines["Goals"] == ("Talk with Ben about the flat",)
    assert lines["Boundaries"] == ("15 September 2026: contact outside sessions (breach)",)
    assert [g.label for g in overview if g.warns] == ["Boundaries"]


def test_course_page_draws_scores_and_events_on_one_axis(cast: Cast, alma: Browser) -> None:
    assert "Scores and events over time" not in text(alma, cast, "course")
    create_full_course(cast)
    html = text(alma, cast, "course")
    assert html.count('class="course-axis"') == 2
    card = html[html.index("Scores and events over time") : html.index("All events")]
    assert "life events: 1; medication: 1" in card
    assert "First choir evening" in html[html.index("All events") :]
