"""A report is put together from parts. Each says what it would hold, and is made only where it was chosen."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from securebase.ipt.lineage import BEGINNING, Lineage
from securebase.ipt.worksheet import Report
from securebase.picture import serialisation
from securebase.picture.client import ClientPicture
from securebase.records.artefact import ArtefactRecord
from securebase.records.episode import EpisodeRecord
from securebase.reports.document import Block, Document


@dataclass(frozen=True, slots=True)
class Case:
    """One client as a report sees them: the record, its picture, and the names and words that the caller gives.

    name: what the reader is to read as the client's name (a pseudonym for a supervisor). hidden: names that must not
    stand in any text for somebody else than the client. made_on: for the first page only. help_now: the clinic's own
    words on where to find help at once.
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
    lineage: Lineage = BEGINNING

    def day(self, at: float) -> str:
        """The calendar day of a time where it is known, else its week."""
        began = self.record.began_on
        if began is None:
            return self.week(at)
        day = began + timedelta(days=int(at // 1))
        return f"{day.day} {day:%B %Y}"

    def week(self, at: float) -> str:
        """The week of the therapy, the first being week 1."""
        return f"week {int(at // 7) + 1}"

    def when(self, artefact: ArtefactRecord, report: Report) -> str:
        """When something was filled in, without a calendar day where the reader must not know who it is."""
        if report is not Report.SUPERVISOR:
            return self.day(artefact.at)
        return f"session {artefact.session}" if artefact.session is not None else self.week(artefact.at)


@dataclass(frozen=True, slots=True)
class ReportPart:
    """One thing that may go into a report.

    says: what it would hold, in words. missing: why there is nothing, and what to do; empty where it can be made.
    wanted: whether it goes in unless somebody says otherwise. ask: what to think of before it goes in.
    """

    id: str
    label: str
    says: str
    make: Callable[[], tuple[Block, ...]] = field(repr=False, compare=False)
    wanted: bool = True
    missing: str = ""
    ask: str = ""

    @property
    def ready(self) -> bool:
        return not self.missing


def usual(parts: Sequence[ReportPart]) -> frozenset[str]:
    """The parts that go in unless somebody says otherwise."""
    return frozenset(p.id for p in parts if p.ready and p.wanted)


def together(parts: Sequence[ReportPart], ids: Collection[str]) -> tuple[Block, ...]:
    """The blocks of the parts that were chosen, in the order of the report. What is missing stays out."""
    return tuple(block for part in parts if part.id in ids and part.ready for block in part.make())


def bound(case: Case, report: Report, *, title: str, kicker: str, subtitle: str, blocks: tuple[Block, ...]) -> Document:
    """The report with what stands on its first page and at the foot of every page."""
    picture = case.picture
    made = f" · made on {case.made_on.day} {case.made_on:%B %Y}" if case.made_on else ""
    as_of = case.week(picture.as_of) if report is Report.SUPERVISOR else case.day(picture.as_of)
    simulated = " · simulated client, no real person" if case.record.simulated else ""
    return Document(
        title=title,
        kicker=f"{kicker}{made}{simulated}",
        subtitle=subtitle,
        blocks=blocks,
        foot=(
            f"Made from the record as of {as_of} with Securebase {picture.versions.product}; "
            f"data {serialisation.fingerprint(case.record)}. No medical device, no diagnosis."
        ),
        made_on=case.made_on.isoformat() if case.made_on else "",
    )
