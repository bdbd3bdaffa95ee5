"""Writes docs/where-the-claims-live.md: every claim that asks for a measure or a tool, and where it has its place.

A test fails when the page and the files it is written from differ. Run: python docs/make_places.py
"""

from __future__ import annotations

from pathlib import Path

from securebase.ipt.claim_locations import ClaimLocation, ClaimNeed, claim_locations, locations_of
from securebase.ipt.shelf import worksheets
from securebase.measurement.catalogue import instruments
from securebase.measurement.instrument import AdministrationSchedule, Instrument
from securebase.measurement.schedule import SESSION_SETS
from securebase.model.theory import theory

PAGE = Path(__file__).parent / "where-the-claims-live.md"

HEAD = """# Where the claims live

Written by `docs/make_places.py`; a test fails when this page and the files it is written from differ, when a claim that
asks for a measure or a tool has no place, and when a place does not exist.

Of [the 98 claims](explanation/theory.md), {measures} ask for a measure and {tools} for a tool. A *measure* is a scale
of an [instrument](instruments.md) or a field of a [worksheet](ipt-content.md) that holds a number or a choice; a *tool*
is a worksheet or a page of the workbench. That something is measured says nothing about whether the claim is true.

When the instruments of our own are asked: the check-in before and the check-in after every session; beside them what is
due, never more than thirteen lines at once, the weight of the problem and the questions of the chosen area before every
session, and of all that is asked seldom one after a session at most. Whatever is switched off for a client is not
asked. What is not of our own wording is typed in from the sheet that the clinic may use.
"""

#: Pages of the workbench by name.
PAGES = {
    "session": "the session page: strain in the alliance marked, repairs followed",
    "relationships": "the page of relationships: people, closeness circle, who carries the support",
    "client-edit": "the client’s details: problem areas chosen",
}


def rhythm(one: Instrument) -> str:
    if one.id in SESSION_SETS.values():
        return f"{one.moment} every session"
    if one.respondent == "therapist":
        return "by the therapist, after every session"
    asked: AdministrationSchedule | None = one.schedule
    if asked is None:
        return "typed in"
    if asked.at:
        return f"{one.moment} a session, at the {', '.join(asked.at)}"
    area = " of the chosen area" if len(asked.areas) == 1 else " once an area is chosen" if asked.areas else ""
    return f"before every session{area}" if asked.weekly else f"after a session, about every {asked.every} sessions"


def where(place: ClaimLocation) -> str:
    if place.instrument:
        one = instruments()[place.instrument]
        return f"“{one.name}”, scale {one.scale(place.scale).label} (`{one.id}`; {rhythm(one)})"
    if place.worksheet:
        sheet = worksheets()[place.worksheet]
        field = sheet.field(place.field)
        named = f", “{field.label.rstrip('.')}”" if field is not None else ""
        return f"worksheet “{sheet.name}”{named} (`{'.'.join(filter(None, (sheet.id, place.field)))}`)"
    return PAGES[place.page]


def cell(found: tuple[ClaimLocation, ...]) -> str:
    return "<br>".join(where(p).replace("|", "\\|") for p in found)


def text() -> str:
    claims = theory().claims.values()
    asked = [c for c in claims if set(c.needs) & {n.value for n in ClaimNeed}]
    count = {need: sum(need.value in c.needs for c in asked) for need in ClaimNeed}
    head = HEAD.format(measures=count[ClaimNeed.MEASURE], tools=count[ClaimNeed.TOOL])
    rows = [
        f"| {c.id} | {c.says} | {cell(locations_of(c.id, ClaimNeed.MEASURE))} "
        f"| {cell(locations_of(c.id, ClaimNeed.TOOL))} |"
        for c in asked
    ]
    table = ["| Claim | It says | Measured by | Tool |", "| --- | --- | --- | --- |", *rows]
    return "\n".join([head, *table, "", f"{len(claim_locations())} places in all.", ""])


if __name__ == "__main__":
    PAGE.write_text(text(), encoding="utf-8")
    print(f"wrote {PAGE.name}")  # noqa: T201
