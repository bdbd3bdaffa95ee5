"""The three reports on paper behind one door."""

from __future__ import annotations

from collections.abc import Collection

from securebase.ipt.worksheet import Report
from securebase.reports import for_client, for_referrer, for_supervisor
from securebase.reports.document import Document
from securebase.reports.part import Case, ReportPart

#: What each is called, and what it is for.
TITLES = {
    Report.CLIENT: ("For the client", "In plain words, to take home: of what they shared, drew or were given."),
    Report.REFERRER: ("For whoever referred", "Course, diagnosis, focus, change with its limits, and what you add."),
    Report.SUPERVISOR: ("For a supervisor", "A portfolio of the case from routine work, under a pseudonym."),
}


def parts(report: Report, case: Case) -> tuple[ReportPart, ...]:
    """What could go into this report, in its order, each with what it would hold or why there is nothing."""
    match report:
        case Report.CLIENT:
            return for_client.parts(case)
        case Report.REFERRER:
            return for_referrer.parts(case)
        case Report.SUPERVISOR:
            return for_supervisor.parts(case)


def document(report: Report, case: Case, ticked: Collection[str] | None = None) -> Document:
    """The report with the parts that were ticked; with those that go in as a rule where nobody was asked."""
    match report:
        case Report.CLIENT:
            return for_client.document(case, ticked)
        case Report.REFERRER:
            return for_referrer.document(case, ticked)
        case Report.SUPERVISOR:
            return for_supervisor.document(case, ticked)
