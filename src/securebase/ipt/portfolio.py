"""Case portfolio for certification in IPT: the required items, and how far routine work has provided them.

The list follows the published requirements of the IPT Institute (IPTI in `sources.toml`), which has not reviewed it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from securebase.ipt.fidelity import fidelity_over_sessions
from securebase.ipt.parsing import is_complete
from securebase.ipt.shelf import ids_with, worksheets_with
from securebase.ipt.worksheet import WorksheetRole
from securebase.records.episode import EpisodeRecord
from securebase.records.vocabulary import Agreement, Respondent

#: Number of sessions between two measurements.
SESSIONS_BETWEEN_MEASURES = 4
#: A measure belongs to a session if it was filled in within this many days of it.
MAX_DAYS_APART = 3.5


@dataclass(frozen=True, slots=True)
class PortfolioItem:
    """One item of a portfolio.

    done, required: number of parts present and required; `required` is 0 if they cannot be counted. words: the status
    in words. page: a worksheet's id, “people” or “measures”, or empty if the workbench cannot hold the item.
    """

    id: str
    name: str
    done: int
    required: int
    words: str
    page: str = ""

    @property
    def standing(self) -> str:
        if not self.required:
            return "kept elsewhere"
        if self.done >= self.required:
            return "complete"
        return "in progress" if self.done else "missing"


def portfolio(record: EpisodeRecord) -> tuple[PortfolioItem, ...]:
    """Return every item in the order of a portfolio."""
    return (
        *_case_report(record),
        _people(record),
        *_formulation(record),
        _measures(record),
        _fidelity(record),
        _agenda(record),
        PortfolioItem("recording", "One recorded session", 0, 0, "Securebase stores no recordings"),
        PortfolioItem("calls", "Consultation calls", 0, 0, "Securebase does not track calls"),
    )


def _case_report(record: EpisodeRecord) -> Iterator[PortfolioItem]:
    for spec in worksheets_with(WorksheetRole.CASE_REPORT):
        artefacts = record.artefacts_of(spec.id)
        complete = any(is_complete(spec, a.values) for a in artefacts)
        words = "written" if complete else "started; some required fields are blank" if artefacts else "not started"
        yield PortfolioItem(spec.id, spec.name, int(complete), 1, words, spec.id)


def _people(record: EpisodeRecord) -> PortfolioItem:
    people = sum(r.left_at is None for r in record.relationships)
    complete = (people > 0) + (len(record.circles) > 0)
    circles = len(record.circles)
    words = f"{people} {'person' if people == 1 else 'people'}, {circles} {'circle' if circles == 1 else 'circles'}"
    return PortfolioItem("people", "Inventory and closeness circle", complete, 2, words, "people")


def _formulation(record: EpisodeRecord) -> Iterator[PortfolioItem]:
    for spec in worksheets_with(WorksheetRole.FORMULATION):
        artefacts = record.artefacts_of(spec.id)
        agreed = any(a.agreement in {Agreement.AGREED, Agreement.EDITED} for a in artefacts)
        complete = any(is_complete(spec, a.values) for a in artefacts)
        words = "agreed with the client" if agreed else ("written, not yet agreed" if artefacts else "not started")
        yield PortfolioItem(spec.id, f"Agreed {spec.name.lower()}", int(complete) + int(agreed), 2, words, spec.id)


def _measures(record: EpisodeRecord) -> PortfolioItem:
    due = [s for s in record.sessions if s.number == 1 or s.number % SESSIONS_BETWEEN_MEASURES == 0]
    measured_at = [
        a.at
        for a in record.administrations
        if a.respondent is Respondent.CLIENT and a.instrument == record.symptom_measure[0] and a.scores
    ]
    measured = [s.number for s in due if any(abs(t - s.at) <= MAX_DAYS_APART for t in measured_at)]
    missing = [str(s.number) for s in due if s.number not in measured]
    words = f"symptom scores at sessions {', '.join(map(str, measured))}" if measured else "no symptom scores yet"
    if missing:
        words += f"; none around session {', '.join(missing)}"
    return PortfolioItem("measures", "Scores every fourth session", len(measured), max(len(due), 1), words, "measures")


def _fidelity(record: EpisodeRecord) -> PortfolioItem:
    n_sessions, rated = len(record.sessions), fidelity_over_sessions(record).rated
    words = f"rated for {rated} of {n_sessions} sessions"
    page = "".join(ids_with(WorksheetRole.ADHERENCE)[:1])
    return PortfolioItem("fidelity", "IPT adherence (self-rated)", rated, max(n_sessions, 1), words, page)


def _agenda(record: EpisodeRecord) -> PortfolioItem:
    fidelity = fidelity_over_sessions(record)
    with_agenda = sum(c is not None for c in fidelity.agenda)
    covered, marked = fidelity.agenda_totals
    n_sessions = len(record.sessions)
    words = f"{covered} of {marked} agenda items covered, rated for {with_agenda} of {n_sessions} sessions"
    words = words if marked else "no agenda items rated"
    page = "".join(ids_with(WorksheetRole.NOTE)[:1])
    return PortfolioItem("agenda", "Agenda covered", with_agenda, max(n_sessions, 1), words, page)
