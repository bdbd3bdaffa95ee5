"""Parts of a report. Each describes its content and is built only if it is selected."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from securebase.ipt.lineage import DEFAULT_LINEAGE, Lineage
from securebase.ipt.worksheet import Audience
from securebase.picture.client import ClientPicture
from securebase.records.artefact import ArtefactRecord
from securebase.records.episode import EpisodeRecord
from securebase.reports.document import Block, Document
from securebase.schema import value_fingerprint


@dataclass(frozen=True, slots=True)
class Case:
    """Content for the reports of one client: record, picture, and the names and texts given by the caller.

    name: the client's name for this reader (a pseudonym for a supervisor). hidden: names that must not appear in any
    text for a reader other than the client. made_on: printed on the first page only. help_now: the clinic's own text on
    where to find help at once.
    """

    record: EpisodeRecord
    picture: ClientPicture
    name: str
    hidden: tuple[str, ...] = ()
    therapist: str = ""
    clinic: str = ""
    reader: str = ""
    made_on: date | None = None
    help_now: str = ""
    closing_words: str = ""
    recommendations: str = ""
    lineage: Lineage = DEFAULT_LINEAGE

    def day(self, at: float) -> str:
        """Return the calendar day of a time if it is known, else the week of the therapy."""
        began = self.record.began_on
        if began is None:
            return self.week(at)
        day = began + timedelta(days=int(at // 1))
        return f"{day.day} {day:%B %Y}"

    def week(self, at: float) -> str:
        """Return the week of the therapy, counted from 1."""
        return f"week {int(at // 7) + 1}"

    def time_label(self, artefact: ArtefactRecord, report: Audience) -> str:
        """Return the time of an artefact in words, without a calendar day in pseudonymous reports."""
        if report is not Audience.SUPERVISOR:
            return self.day(artefact.at)
        return f"session {artefact.session}" if artefact.session is not None else self.week(artefact.at)


@dataclass(frozen=True, slots=True)
class ReportPart:
    """One optional part of a report.

    preview: its content in words. missing: why it has no content and what to do; empty if it can be built. by_default:
    included unless deselected. caution: what to consider before including it.
    """

    id: str
    label: str
    preview: str
    build: Callable[[], tuple[Block, ...]] = field(repr=False, compare=False)
    by_default: bool = True
    missing: str = ""
    caution: str = ""

    @property
    def ready(self) -> bool:
        return not self.missing


def default_parts(parts: Sequence[ReportPart]) -> frozenset[str]:
    """Return the ids of the parts that are included by default."""
    return frozenset(p.id for p in parts if p.ready and p.by_default)


def build_blocks(parts: Sequence[ReportPart], ids: Collection[str]) -> tuple[Block, ...]:
    """Return the blocks of the selected parts in the order of the report, without missing parts."""
    return tuple(block for part in parts if part.id in ids and part.ready for block in part.build())


def assemble_document(
    case: Case, report: Audience, *, title: str, kicker: str, subtitle: str, blocks: tuple[Block, ...]
) -> Document:
    """Return the report with its title page and footer."""
    picture = case.picture
    made_on = f" · {case.made_on.day} {case.made_on:%B %Y}" if case.made_on else ""
    as_of = case.week(picture.as_of) if report is Audience.SUPERVISOR else case.day(picture.as_of)
    simulated = " · simulated client, not a real person" if case.record.simulated else ""
    return Document(
        title=title,
        kicker=f"{kicker}{made_on}{simulated}",
        subtitle=subtitle,
        blocks=blocks,
        foot=(
            f"Record as of {as_of} · Securebase {picture.versions.product} · "
            f"data {value_fingerprint(case.record)} · not a medical device, not a diagnosis"
        ),
        made_on=case.made_on.isoformat() if case.made_on else "",
    )
