"""Entry point to the three reports on paper."""

from __future__ import annotations

from collections.abc import Collection

from securebase.ipt.worksheet import Audience
from securebase.reports import for_client, for_referrer, for_supervisor
from securebase.reports.document import Document
from securebase.reports.part import Case, ReportPart

#: title and purpose of each report
TITLES = {
    Audience.CLIENT: (
        "For the client",
        "In plain words, to take home: what you shared with them, and what they wrote or drew.",
    ),
    Audience.REFERRER: (
        "For the referrer",
        "Course, diagnosis, focus, symptom change with its limits, and your own comments.",
    ),
    Audience.SUPERVISOR: ("For a supervisor", "A case portfolio from your routine work, under a pseudonym."),
}


def parts(report: Audience, case: Case) -> tuple[ReportPart, ...]:
    """Return all parts of this report, in order."""
    match report:
        case Audience.CLIENT:
            return for_client.parts(case)
        case Audience.REFERRER:
            return for_referrer.parts(case)
        case Audience.SUPERVISOR:
            return for_supervisor.parts(case)


def document(report: Audience, case: Case, ticked: Collection[str] | None = None) -> Document:
    """Return the report with the ticked parts, or with the default parts if `ticked` is None."""
    match report:
        case Audience.CLIENT:
            return for_client.document(case, ticked)
        case Audience.REFERRER:
            return for_referrer.document(case, ticked)
        case Audience.SUPERVISOR:
            return for_supervisor.document(case, ticked)
