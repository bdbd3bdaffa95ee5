"""People and circles: only the client's therapist may write, every write is audited and can be undone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from securebase.errors import ConflictError, InputError, NotPermittedError
from securebase.records.artefact import Placement
from securebase.records.vocabulary import CircleKind, Respondent
from securebase.workbench.audit.models import Entry
from securebase.workbench.clients import actions as clients
from securebase.workbench.inventory import actions
from securebase.workbench.inventory.models import Circle, Relationship
from securebase.workbench.therapy_sessions.actions import create_session
from workbench.cast import BEGAN, NOON, Cast
from workbench.inventory.network_cast import add_people, place


def audit_count(cast: Cast, action: str) -> int:
    return Entry.objects.filter(action=action, client=str(cast.carla.id), actor=str(cast.alma.id)).count()


def record_version(cast: Cast) -> int:
    cast.episode.refresh_from_db()
    return cast.episode.record_version


def draw(cast: Cast, *places: Placement, minutes: float = 0.0, **options) -> Circle:
    at = NOON + timedelta(minutes=minutes)
    return actions.draw_circle(episode=cast.episode, by=cast.alma, placements=places, at=at, **options)


def versions(cast: Cast) -> list[Circle]:
    return list(Circle.objects.visible_to(cast.alma).order_by("drawn_at"))


# ---- people ----------------------------------------------------------------------------------------------------------
def test_a_person_is_added_changed_removed_and_restored(cast: Cast) -> None:
    lena = add_people(cast, "Lena")["Lena"]
    fields = {"deceased": False, "online": True, "professional": False, "is_focus": False}
    actions.change_relationship(
        relationship=lena, by=cast.alma, version=1, name_shown="Lena B.", relation="best friend", **fields
    )
    assert (lena.name_shown, lena.relation, lena.online, lena.version) == ("Lena B.", "best friend", True, 2)
    actions.set_focus(relationship=lena, by=cast.alma, is_focus=True)
    assert lena.is_focus
    actions.remove_relationship(relationship=lena, by=cast.alma, at=NOON + timedelta(days=2))
    assert lena.left_at == NOON + timedelta(days=2)
    with pytest.raises(InputError, match="already"):
        actions.remove_relationship(relationship=lena, by=cast.alma, at=NOON)
    actions.restore_relationship(relationship=lena, by=cast.alma)
    assert lena.left_at is None
    with pytest.raises(InputError):
        actions.restore_relationship(relationship=lena, by=cast.alma)
    for action in ("added", "changed", "focus", "taken_out", "put_back"):
        assert audit_count(cast, f"relationship.{action}") == 1, action


def test_two_simultaneous_edits_of_a_person_conflict(cast: Cast) -> None:
    lena = add_people(cast, "Lena")["Lena"]
    flags = dict.fromkeys(("deceased", "online", "professional", "is_focus"), False)
    actions.change_relationship(relationship=lena, by=cast.alma, version=1, name_shown="A", relation="", **flags)
    with pytest.raises(ConflictError, match="someone else"):
        actions.change_relationship(relationship=lena, by=cast.alma, version=1, name_shown="B", relation="", **flags)
    lena.refresh_from_db()
    assert lena.name_shown == "A"


def test_other_accounts_may_not_write(cast: Cast) -> None:
    lena = add_people(cast, "Lena")["Lena"]
    circle = draw(cast, place(lena, 0.3, 10))
    before = record_version(cast), Entry.objects.filter(action__startswith="circle").count()
    for account in (cast.dario, cast.bruno, cast.adam):
        for forbidden in (
            lambda by: actions.add_relationship(episode=cast.episode, by=by, name_shown="X", at=NOON),
            lambda by: actions.set_focus(relationship=lena, by=by, is_focus=True),
            lambda by: actions.remove_relationship(relationship=lena, by=by, at=NOON),
            lambda by: actions.restore_relationship(relationship=lena, by=by),
            lambda by: actions.draw_circle(episode=cast.episode, by=by, placements=(), at=NOON),
            lambda by: actions.remove_circle(circle=circle, by=by, at=NOON),
            lambda by: actions.restore_circle(circle=circle, by=by),
        ):
            with pytest.raises(NotPermittedError):
                forbidden(account)
    assert before == (record_version(cast), Entry.objects.filter(action__startswith="circle").count())


def test_only_the_clients_therapist_sees_the_rows(cast: Cast) -> None:
    lena = add_people(cast, "Lena")["Lena"]
    draw(cast, place(lena, 0.3, 10))
    for model in (Relationship, Circle):
        assert model.objects.visible_to(cast.alma).count() == 1
        assert model.objects.visible_to(cast.dario).count() == 0
        with pytest.raises(NotPermittedError):
            model.objects.count()


def test_every_write_raises_the_record_version(cast: Cast) -> None:
    start = record_version(cast)
    lena = add_people(cast, "Lena")["Lena"]
    circle = draw(cast, place(lena, 0.3, 10))
    draw(cast, place(lena, 0.5, 10), minutes=1)
    actions.remove_circle(circle=circle, by=cast.alma, at=NOON)
    assert record_version(cast) == start + 4


# ---- the circle ------------------------------------------------------------------------------------------------------
def test_saves_within_the_drawing_time_are_one_version(cast: Cast) -> None:
    lena = add_people(cast, "Lena")["Lena"]
    first = draw(cast, place(lena, 0.3, 10))
    again = draw(cast, place(lena, 0.7, 400, "tension"), minutes=29)
    assert again.id == first.id
    assert versions(cast)[0].placement_values == (Placement(str(lena.id), 0.7, 40.0, tension=True),)
    later = draw(cast, place(lena, 0.7, 40), minutes=29 + 31)
    assert later.id != first.id
    assert len(versions(cast)) == 2
    assert audit_count(cast, "circle.drawn") == 2
    assert audit_count(cast, "circle.drawn_on") == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"new_version": True},
        {"kind": CircleKind.WISHED},
        {"respondent": Respondent.THERAPIST},
        {"session_number": 1},
        {"minutes": -60},
    ],
)
def test_a_different_drawing_is_a_new_version(cast: Cast, changes: dict) -> None:
    lena = add_people(cast, "Lena")["Lena"]
    draw(cast, place(lena, 0.3, 10))
    draw(cast, place(lena, 0.4, 10), **{"minutes": 1} | changes)
    assert len(versions(cast)) == 2


def test_the_clients_drawing_is_a_version_of_its_own(cast: Cast) -> None:
    lena = add_people(cast, "Lena")["Lena"]
    draw(cast, place(lena, 0.3, 10))
    client_circle = actions.draw_circle(episode=cast.episode, by=None, placements=[place(lena, 0.9, 0)], at=NOON)
    assert client_circle.drawn_by is None
    assert len(versions(cast)) == 2
    assert Entry.objects.filter(action="circle.drawn", actor="").count() == 1


def test_a_stale_screen_overwrites_nothing(cast: Cast) -> None:
    lena = add_people(cast, "Lena")["Lena"]
    first = draw(cast, place(lena, 0.3, 10), expected=("", 0))
    draw(cast, place(lena, 0.4, 10), expected=(str(first.id), 1))
    for stale in (("", 0), (str(first.id), 1)):
        with pytest.raises(ConflictError, match="changed elsewhere"):
            draw(cast, place(lena, 1.0, 10), expected=stale)
    assert versions(cast)[0].placement_values[0].radius == 0.4


def test_invalid_places_are_refused(cast: Cast) -> None:
    lena = add_people(cast, "Lena")["Lena"]
    other_episode = clients.create_client(therapist=cast.alma, name_shown="Other", began_on=BEGAN).episode
    assert other_episode
    theirs = actions.add_relationship(episode=other_episode, by=cast.alma, name_shown="Theirs", at=NOON)
    for wrong in (
        [place(theirs, 0.3, 10)],
        [place(lena, 0.3, 10), place(lena, 0.4, 20)],
        [place(lena, 1.31, 10)],
        [place(lena, -0.1, 10)],
        [place(lena, float("nan"), 10)],
        [place(lena, 0.3, float("inf"))],
    ):
        with pytest.raises(InputError):
            draw(cast, *wrong)
    with pytest.raises(InputError, match="no session 7"):
        draw(cast, place(lena, 0.3, 10), session_number=7)
    assert versions(cast) == []


def test_a_version_is_removed_and_restored_and_its_predecessor_continues(cast: Cast) -> None:
    lena = add_people(cast, "Lena")["Lena"]
    create_session(episode=cast.episode, by=cast.alma, number=2, held_at=NOON + timedelta(days=7))
    first = draw(cast, place(lena, 0.3, 10))
    second = draw(cast, place(lena, 0.9, 10), minutes=60 * 24 * 7, session_number=2)
    assert second.therapy_session is not None
    actions.remove_circle(circle=second, by=cast.alma, at=NOON + timedelta(days=8))
    with pytest.raises(InputError):
        actions.remove_circle(circle=second, by=cast.alma, at=NOON)
    draw(cast, place(lena, 0.5, 10), minutes=20, expected=(str(first.id), 1))
    actions.restore_circle(circle=second, by=cast.alma)
    with pytest.raises(InputError):
        actions.restore_circle(circle=second, by=cast.alma)
    assert [c.placement_values[0].radius for c in versions(cast)] == [0.5, 0.9]
    assert audit_count(cast, "circle.removed") == audit_count(cast, "circle.restored") == 1


def test_the_audit_trail_contains_no_names(cast: Cast) -> None:
    lena = add_people(cast, "Lena")["Lena"]
    draw(cast, place(lena, 0.3, 10))
    for entry in Entry.objects.filter(object_type__in=("relationship", "circle")):
        assert "Lena" not in str(entry.detail)
