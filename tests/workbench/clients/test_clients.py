"""Adding and changing clients; refused forms keep their input."""

from __future__ import annotations

from datetime import date

import pytest
from django.urls import reverse

from securebase.errors import InputError, NotPermittedError
from securebase.records.vocabulary import Phase, ProblemArea
from securebase.workbench.audit.models import Entry
from securebase.workbench.clients import actions
from securebase.workbench.clients.models import Client, SymptomMeasure
from workbench.browser import Browser
from workbench.cast import BEGAN, Cast

TYPED = {
    "name_shown": "Ñandú 李 O’Neil",
    "pronouns": "they/them",
    "began_on": "2026-09-01",
    "planned_sessions": "12",
    "problem_areas": ["grief", "role_transition"],
    "symptom_measure": "phq9:total",
    "phase": "initial",
}
EPISODE = {
    "began_on": "2026-09-01",
    "planned_sessions": "16",
    "problem_areas": ["grief"],
    "phase": "middle",
    "symptom_measure": "session_before:symptoms",
    "ended_on": "",
    "version": "1",
    "save_episode": "1",
}


def test_a_new_client_belongs_to_the_therapist(cast: Cast, alma: Browser) -> None:
    answer = alma.post(reverse("client-new"), TYPED)
    client = Client.objects.visible_to(cast.alma).get(name_shown="Ñandú 李 O’Neil")
    assert answer.headers["Location"] == reverse("client-sessions", args=[client.id])
    episode = client.episode
    assert episode is not None
    assert (episode.began_on, episode.planned_sessions) == (date(2026, 9, 1), 12)
    assert episode.problem_areas == [ProblemArea.GRIEF, ProblemArea.ROLE_TRANSITION]
    assert episode.symptom_instrument_and_scale == ("phq9", "total")
    assert not Client.objects.visible_to(cast.dario).exists()
    assert "Ñandú 李 O’Neil" in alma.get(answer.headers["Location"]).content.decode()


@pytest.mark.parametrize(
    "wrong",
    [
        {"name_shown": ""},
        {"name_shown": "x" * 81},
        {"began_on": "yesterday"},
        {"planned_sessions": "0"},
        {"planned_sessions": "a dozen"},
        {"problem_areas": ["grief", "role_dispute", "role_transition"]},
        {"problem_areas": ["sorcery"]},
        {"symptom_measure": "other"},
        {"phase": "the end"},
    ],
    ids=str,
)
def test_a_refused_form_marks_errors_and_keeps_the_input(cast: Cast, alma: Browser, wrong: dict[str, object]) -> None:
    answer = alma.post(reverse("client-new"), TYPED | wrong)
    page = answer.content.decode()
    assert answer.status_code == 400
    assert "errorlist" in page
    assert "Not saved yet" in page
    assert 'value="they/them"' in page
    assert Client.objects.visible_to(cast.alma).count() == 1


def test_names_are_escaped(cast: Cast, alma: Browser) -> None:
    alma.post(reverse("client-new"), TYPED | {"name_shown": "<script>alert(1)</script>"})
    client = Client.objects.visible_to(cast.alma).get(name_shown__contains="script")
    page = alma.get(reverse("client-edit", args=[client.id])).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_an_edit_conflict_of_a_client_is_reported_and_keeps_the_input(cast: Cast, alma: Browser) -> None:
    url = reverse("client-edit", args=[cast.carla.id])
    first = {"name_shown": "Carla D.", "pronouns": "", "version": "1", "save_client": "1"}
    assert alma.post(url, first).status_code == 302
    answer = alma.post(url, first | {"name_shown": "Carla E."})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Someone else changed this" in page
    assert 'value="Carla E."' in page
    assert "Saved version: <b>Carla D.</b>" in page
    assert Client.objects.visible_to(cast.alma).get().name_shown == "Carla D."
    assert alma.post(url, first | {"name_shown": "Carla E.", "version": "2"}).status_code == 302


def test_an_edit_conflict_of_an_episode_is_reported(cast: Cast, alma: Browser) -> None:
    url = reverse("client-edit", args=[cast.carla.id])
    assert alma.post(url, EPISODE).status_code == 302
    answer = alma.post(url, EPISODE | {"planned_sessions": "8"})
    assert answer.status_code == 409
    assert "Saved version: began" in answer.content.decode()
    episode = cast.carla.episodes.get()
    assert (episode.phase, episode.planned_sessions, episode.version) == ("middle", 16, 2)


def test_a_therapy_cannot_end_before_it_began(cast: Cast, alma: Browser) -> None:
    url = reverse("client-edit", args=[cast.carla.id])
    assert alma.post(url, EPISODE | {"ended_on": "2026-08-01"}).status_code == 400
    with pytest.raises(InputError, match="must not be before the start date"):
        actions.change_episode(
            episode=cast.episode,
            by=cast.alma,
            version=1,
            began_on=BEGAN,
            planned_sessions=16,
            problem_areas=[],
            phase=Phase.ENDING,
            symptom_measure=SymptomMeasure.SESSION_SET,
            ended_on=date(2026, 8, 1),
        )


def test_a_new_course_begins_only_after_the_last_one_has_ended(cast: Cast, alma: Browser) -> None:
    url = reverse("client-edit", args=[cast.carla.id])
    alma.post(url, {"begin_episode": "1"})
    assert cast.carla.episodes.count() == 1
    alma.post(url, EPISODE | {"ended_on": "2026-10-01"})
    alma.post(url, {"begin_episode": "1"})
    assert cast.carla.episodes.count() == 2
    carla = Client.objects.visible_to(cast.alma).get()
    assert carla.episode is not None
    assert carla.episode.ended_on is None


@pytest.mark.parametrize("user_name", ["bruno", "rosa", "adam"])
def test_only_therapists_add_clients(cast: Cast, user_name: str) -> None:
    with pytest.raises(NotPermittedError):
        actions.create_client(therapist=getattr(cast, user_name), name_shown="x", began_on=BEGAN)


@pytest.mark.parametrize("user_name", ["dario", "bruno", "rosa", "adam"])
def test_nobody_else_changes_a_client(cast: Cast, user_name: str) -> None:
    with pytest.raises(NotPermittedError):
        actions.change_client(client=cast.carla, by=getattr(cast, user_name), version=1, name_shown="x", pronouns="")
    with pytest.raises(NotPermittedError):
        actions.begin_episode(client=cast.carla, by=getattr(cast, user_name), began_on=BEGAN)


def test_a_change_and_its_audit_row_share_a_transaction(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: object) -> None:
        raise ZeroDivisionError

    rows = Entry.objects.count()
    monkeypatch.setattr("securebase.workbench.clients.actions.record", fail)
    with pytest.raises(ZeroDivisionError):
        actions.change_client(client=cast.carla, by=cast.alma, version=1, name_shown="Other", pronouns="")
    assert Client.objects.visible_to(cast.alma).get().name_shown == "Carla C."
    assert Entry.objects.count() == rows
