"""Carla's people on the circle, for the tests of the inventory and its pages."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from securebase.ipt.parsing import ParsedValues
from securebase.records.artefact import Placement
from securebase.records.vocabulary import CircleKind, Respondent
from securebase.workbench.inventory import actions
from securebase.workbench.inventory.models import Relationship
from securebase.workbench.worksheets.actions import save_artefact
from workbench.cast import NOON, Cast

#: name → further fields of the person
PEOPLE = {
    "Sister": {"relation": "sister", "is_focus": True},
    "Lena": {"relation": "friend"},
    "Husband": {"relation": "husband"},
    "Mother": {"relation": "mother", "deceased": True},
    "Omar": {"relation": "friend", "online": True},
    "Dr Vos": {"relation": "doctor", "professional": True},
    "Choir": {"relation": "group"},
    "Boss": {"relation": "boss"},
}


def add_people(cast: Cast, *names: str, at: datetime = NOON) -> dict[str, Relationship]:
    """Add the people with these names, or all, and return them by name."""
    return {
        name: actions.add_relationship(episode=cast.episode, by=cast.alma, name_shown=name, at=at, **PEOPLE[name])
        for name in names or PEOPLE
    }


def place(person: Relationship, radius: float, angle: float, *marks: str) -> Placement:
    return Placement(str(person.id), radius, angle, **dict.fromkeys(marks, True))


def draw_course(cast: Cast, people: dict[str, Relationship], start: datetime = NOON) -> None:
    """Draw three versions of the present circle, three weeks apart, and a wished-for circle."""
    p = people

    def draw(days: float, kind: CircleKind, *places: Placement) -> None:
        actions.draw_circle(
            episode=cast.episode,
            by=cast.alma,
            kind=kind,
            respondent=Respondent.CLIENT,
            placements=places,
            at=start + timedelta(days=days),
        )

    first = (
        place(p["Sister"], 0.28, 50, "tension", "receives"),
        place(p["Husband"], 0.5, 300, "gives"),
        place(p["Mother"], 0.6, 340),
        place(p["Omar"], 0.9, 75),
        place(p["Dr Vos"], 0.8, 130, "gives"),
        place(p["Boss"], 1.1, 250),
    )
    draw(0, CircleKind.PRESENT, *first)
    draw(21, CircleKind.PRESENT, *first, place(p["Choir"], 0.9, 195))
    last = (
        place(p["Sister"], 0.3, 50, "tension", "receives", "gives"),
        place(p["Husband"], 0.3, 300, "gives", "receives"),
        place(p["Mother"], 0.6, 340),
        place(p["Omar"], 0.6, 75, "gives", "receives"),
        place(p["Dr Vos"], 0.95, 130, "gives"),
        place(p["Choir"], 0.55, 195, "gives"),
        place(p["Lena"], 0.28, 150, "gives", "receives"),
    )
    draw(42, CircleKind.PRESENT, *last)
    draw(42, CircleKind.WISHED, *last[:-2], place(p["Choir"], 0.3, 195), place(p["Lena"], 0.25, 150))


def rate(cast: Cast, person: Relationship, at: datetime, **values: Any) -> None:
    """Save one rating of a relationship in its worksheet."""
    save_artefact(
        id=uuid.uuid4(),
        episode=cast.episode,
        worksheet="relationship",
        by=cast.alma,
        filled=ParsedValues(values),
        revision=0,
        at=at,
        about=person.id,
    )


def rate_course(cast: Cast, people: dict[str, Relationship], start: datetime = NOON) -> None:
    """Rate every relationship at the beginning or later, the sister twice, and the sources of support three times."""
    p, later = people, start + timedelta(days=40)
    support: dict[str, Any] = {"gives": ("emotional",), "receives": ("emotional", "companionship")}
    rate(cast, p["Sister"], start, contact="weekly", gives=("practical",), strain=7, support_felt=2)
    rate(cast, p["Sister"], later, contact="weekly", gives=("practical",), strain=9, support_felt=2, hard="Who cares?")
    rate(cast, p["Husband"], start, receives=("practical",), strain=5, support_felt=5)
    rate(cast, p["Husband"], later, contact="daily", **support, strain=3, support_felt=6, satisfaction=6)
    rate(cast, p["Lena"], later, contact="weekly", **support, strain=1, support_felt=8)
    rate(cast, p["Omar"], later, contact="monthly", receives=("information",), strain=2, support_felt=5)
    for day, share in ((0, 60), (21, 50), (42, 35)):
        save_artefact(
            id=uuid.uuid4(),
            episode=cast.episode,
            worksheet="support_ledger",
            by=cast.alma,
            filled=ParsedValues({"therapist_share": share}),
            revision=0,
            at=start + timedelta(days=day),
        )
