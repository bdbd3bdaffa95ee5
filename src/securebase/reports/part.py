"""Parts of a report. Each describes its content and is built only if it is chosen."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from securebase.ipt.lineage import DEFAULT_LINEAGE, Lineage
from securebase.ipt.worksheet import Audience
from securebase.picture import serialisation
from securebase.picture.client import ClientPicture
from securebase.records.artefact import ArtefactRecord
from securebase.records.episode import EpisodeRecord
from securebase.reports.document import Block, Document


@dataclass(frozen=True, slots=True)
class Case:
    """One client as a report shows them: record, picture, and the names and texts given by the caller.

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

    def when(self, artefact: ArtefactRecord, report: Audience) -> str:
        """Return the time of an artefact in words, without a calendar day in pseudonymous reports."""
        if report is not Audience.SUPERVISOR:
            return self.day(artefact.at)
        return f"session {artefact.session}" if artefact.session is not None else self.week(artefact.at)


@dataclass(frozen=True, slots=True)
class ReportPart:
    """One optional part of a report.

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
    """Return the ids of the parts that are included by default."""
    return frozenset(p.id for p in parts if p.ready and p.wanted)


def together(parts: Sequence[ReportPart], ids: Collection[str]) -> tuple[Block, ...]:
    """Return the blocks of the chosen parts in the order of the report, without missing parts."""
    return tuple(block for part in parts if part.id in ids and part.ready for block in part.make())


def bound(
    case: Case, report: Audience, *, title: str, kicker: str, subtitle: str, blocks: tuple[Block, ...]
) -> Document:
    """Return the report with its title page and footer."""
    picture = case.picture
    made_on = f" · made on {case.made_on.day} {case.made_on:%B %Y}" if case.made_on else ""
    as_of = case.week(picture.as_of) if report is Audience.SUPERVISOR else case.day(picture.as_of)
    simulated = " · simulated client, no real person" if case.record.simulated else ""
    return Document(
        title=title,
        kicker=f"{kicker}{made_on}{simulated}",
        subtitle=subtitle,
        blocks=blocks,
        foot=(
            f"Made from the record as of {as_of} with Securebase {picture.versions.product}; "
            f"data {serialisation.fingerprint(case.record)}. No medical device, no diagnosis."
        ),
        made_on=case.made_on.isoformat() if case.made_on else "",
    )
