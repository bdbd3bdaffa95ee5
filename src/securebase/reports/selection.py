"""Selection of fields and artefacts for each report; no other module decides this.

A report never shows the whole record. It shows the fields that the shelf marks for it, from worksheets that were shared
or agreed to where that is required, and never a narrative note.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from msgspec.structs import replace

from securebase.ipt.client_labels import relabel_for_client
from securebase.ipt.consent import consents_to_sharing
from securebase.ipt.shelf import worksheets
from securebase.ipt.worksheet import Audience, Field, Worksheet
from securebase.records.artefact import ArtefactRecord, ClosenessCircle
from securebase.records.episode import EpisodeRecord
from securebase.records.vocabulary import Agreement, CircleKind, Respondent

_AGREED = frozenset({Agreement.AGREED, Agreement.EDITED})


@dataclass(frozen=True, slots=True)
class SelectedArtefacts:
    """The artefacts of one worksheet that may appear in a report, in the order in which they were begun."""

    worksheet: Worksheet
    artefacts: tuple[ArtefactRecord, ...]

    @property
    def about_risk(self) -> bool:
        """True if a referrer gets them only if the therapist ticks them."""
        return self.worksheet.about_risk


def select_artefacts(
    report: Audience, record: EpisodeRecord, shelf: Mapping[str, Worksheet] | None = None
) -> tuple[SelectedArtefacts, ...]:
    """Return the artefacts for this report, by worksheet in the order of the shelf.

    Artefacts without a field for the report are left out, and so are those of worksheets no longer on the shelf.
    """
    selected = []
    for worksheet in (worksheets() if shelf is None else shelf).values():
        restricted = restrict_to_report(report, worksheet)
        if restricted is None:
            continue
        field_ids = {f.id for f in restricted.fields}
        artefacts = tuple(
            a
            for a in record.artefacts_of(worksheet.id)
            if may_appear(report, worksheet, a) and field_ids & set(a.values)
        )
        if artefacts:
            selected.append(SelectedArtefacts(restricted, artefacts))
    return tuple(selected)


def may_appear(report: Audience, worksheet: Worksheet, artefact: ArtefactRecord) -> bool:
    """Return whether this artefact may appear in this report.

    The client sees what was shared with them. A referrer sees what the client agreed to, if the worksheet asks for
    agreement.
    """
    if report is Audience.CLIENT:
        return worksheet.for_client and artefact.for_client
    if report is Audience.REFERRER and worksheet.agreement:
        return artefact.agreement in _AGREED
    return True


def restrict_to_report(report: Audience, worksheet: Worksheet) -> Worksheet | None:
    """Return the worksheet with the fields that this report may show; None if there are none."""
    shown = worksheet if report is not Audience.CLIENT else relabel_for_client(worksheet)
    fields = tuple(
        replace(f, columns=tuple(c for c in f.columns if _column(report, c)))
        for f in shown.fields
        if is_shown(report, f)
    )
    return replace(worksheet, fields=fields) if fields else None


def _column(report: Audience, field: Field) -> bool:
    return not field.note and (not field.reports or report in field.reports)


def is_shown(report: Audience, field: Field) -> bool:
    """Return whether a field belongs to the report. Narrative notes belong to none."""
    return report in field.reports and not field.note


def names_for_reader(report: Audience, record: EpisodeRecord) -> dict[str, str]:
    """Return by relationship what the report calls the person: the name for the client, the relation for others.

    People with the same relation are numbered. People who left the inventory keep their number.
    """
    if report is Audience.CLIENT:
        return {r.id: r.name for r in record.relationships}
    relations = [r.relation.strip() or "someone" for r in record.relationships]
    names, counts = {}, dict.fromkeys(relations, 0)
    for person, relation in zip(record.relationships, relations, strict=True):
        counts[relation] += 1
        names[person.id] = relation if relations.count(relation) == 1 else f"{relation} {counts[relation]}"
    return names


def first_and_last_circle(report: Audience, record: EpisodeRecord) -> tuple[ClosenessCircle, ...]:
    """Return the first and last circle of present relationships; the client sees only circles that they drew."""
    circles = [
        c
        for c in record.circles
        if c.kind is CircleKind.PRESENT and (report is not Audience.CLIENT or c.respondent is Respondent.CLIENT)
    ]
    circles.sort(key=lambda c: c.at)
    return tuple(circles[:1] + circles[1:][-1:])


def missing_consent(report: Audience, record: EpisodeRecord) -> str:
    """Return a warning unless the contract records the client's consent to this reader; empty otherwise."""
    if report is Audience.CLIENT:
        return ""
    reader = {Audience.REFERRER: "the referrer", Audience.SUPERVISOR: "a supervisor"}[report]
    if consents_to_sharing(record, report):
        return ""
    return (
        f"The contract does not record the client’s consent to sharing with {reader}. Ask before you share this report."
    )
