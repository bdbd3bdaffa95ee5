"""Selection of fields and artefacts for each report; no other module decides this.

A report never shows the whole record. It shows fields that the shelf marks for it, of worksheets that were shared or
agreed where that is asked, and nothing that is marked as narrative note.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from securebase.ipt.shelf import worksheets
from securebase.ipt.worksheet import Audience, Field, Worksheet
from securebase.records.artefact import ArtefactRecord, ClosenessCircle
from securebase.records.episode import EpisodeRecord
from securebase.records.vocabulary import Agreement, CircleKind, Respondent

#: Worksheets that speak of risk: a referrer is told of it only where somebody ticked it.
RISK = frozenset({"risk_review"})
_AGREED = frozenset({Agreement.AGREED, Agreement.EDITED})


#: Labels that speak of the client, as they are said to the client.
TO_THE_CLIENT = {
    "How the client says it": "How you say it",
    "In the client’s words": "In your words",
    "Made by the client first?": "Did you begin it?",
    "Said aloud to the client": "What I said to you",
    "Said that the hour is the client’s?": "Said that the hour is yours?",
    "What keeps the client going?": "What keeps you going?",
    "What the client can do now": "What you can do now",
    "What the client did for it": "What you did for it",
    "What the client does to get well": "What you do to get well",
    "What the client gets from them": "What you get from them",
    "What the client gives them": "What you give them",
    "What would the client like to change?": "What would you like to change?",
}


@dataclass(frozen=True, slots=True)
class Chosen:
    """The artefacts of one worksheet that may go into a report, in the order in which they were begun."""

    worksheet: Worksheet
    artefacts: tuple[ArtefactRecord, ...]

    @property
    def about_risk(self) -> bool:
        return self.worksheet.id in RISK


def chosen(report: Audience, record: EpisodeRecord, shelf: Mapping[str, Worksheet] | None = None) -> tuple[Chosen, ...]:
    """Return the artefacts for this report, by worksheet in the order of the shelf.

    Artefacts of a worksheet that is not on the shelf (any more) are left out, and so are those of which no field is
    meant for the report.
    """
    selected = []
    for worksheet in (worksheets() if shelf is None else shelf).values():
        cut = for_report(report, worksheet)
        if cut is None:
            continue
        known = {f.id for f in cut.fields}
        fitting = tuple(
            a for a in record.artefacts_of(worksheet.id) if may_go(report, worksheet, a) and known & set(a.values)
        )
        if fitting:
            selected.append(Chosen(cut, fitting))
    return tuple(selected)


def may_go(report: Audience, worksheet: Worksheet, artefact: ArtefactRecord) -> bool:
    """Return whether this artefact may appear in this report.

    To the client goes what was shared with the client. To a referrer goes what the client agreed to, where the client
    is asked at all.
    """
    if report is Audience.CLIENT:
        return worksheet.for_client and artefact.for_client
    if report is Audience.REFERRER and worksheet.agreement:
        return artefact.agreement in _AGREED
    return True


def for_report(report: Audience, worksheet: Worksheet) -> Worksheet | None:
    """Return the worksheet with the fields that this report may show; None without any."""
    fields = tuple(
        _relabel(report, replace(f, columns=tuple(_relabel(report, c) for c in f.columns if _column(report, c))))
        for f in worksheet.fields
        if shows(report, f)
    )
    return replace(worksheet, fields=fields) if fields else None


def _column(report: Audience, field: Field) -> bool:
    return not field.note and (not field.reports or report in field.reports)


def _relabel(report: Audience, field: Field) -> Field:
    """Return the field with the label for this reader."""
    return replace(field, label=TO_THE_CLIENT.get(field.label, field.label)) if report is Audience.CLIENT else field


def shows(report: Audience, field: Field) -> bool:
    """Return whether a field belongs to the report. Narrative notes belong to none."""
    return report in field.reports and not field.note


def people(report: Audience, record: EpisodeRecord) -> dict[str, str]:
    """Relationship → what the report calls the person: by name to the client, by relation to everybody else.

    Two of one relation are told apart by a number. Who left the inventory is still called the same.
    """
    if report is Audience.CLIENT:
        return {r.id: r.name for r in record.relationships}
    relations = [r.relation.strip() or "somebody" for r in record.relationships]
    names, counted = {}, dict.fromkeys(relations, 0)
    for person, relation in zip(record.relationships, relations, strict=True):
        counted[relation] += 1
        names[person.id] = relation if relations.count(relation) == 1 else f"{relation} {counted[relation]}"
    return names


def first_and_last_circle(report: Audience, record: EpisodeRecord) -> tuple[ClosenessCircle, ...]:
    """The client's own first and last circle as it is; one where there is one. The client sees only what they drew."""
    drawn = [
        c
        for c in record.circles
        if c.kind is CircleKind.PRESENT and (report is not Audience.CLIENT or c.respondent is Respondent.CLIENT)
    ]
    drawn.sort(key=lambda c: c.at)
    return tuple(drawn[:1] + drawn[1:][-1:])


def consent(report: Audience, record: EpisodeRecord) -> str:
    """A sentence to stop at where the contract does not say that the client agreed to this reader; else empty."""
    if report is Audience.CLIENT:
        return ""
    reader = {Audience.REFERRER: "the person who referred the client", Audience.SUPERVISOR: "a supervisor"}[report]
    if any(report.value in a.choices("sharing_consent") for a in record.artefacts_of("contract")):
        return ""
    return f"The contract does not say that the client agreed to sharing with {reader}. Ask before you hand this on."
