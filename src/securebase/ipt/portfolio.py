"""What a portfolio of one case asks for, as certification in IPT knows it, and what of it routine work has left.

The list follows the published requirements of the IPT Institute (IPTI in `sources.toml`); it was not checked with them.
"""

from __future__ import annotations

from dataclasses import dataclass

from securebase.ipt.fidelity import fidelity_over_sessions
from securebase.ipt.parsing import is_complete
from securebase.ipt.shelf import worksheet
from securebase.records.episode import EpisodeRecord
from securebase.records.vocabulary import Agreement, Respondent

#: Sessions between two measurements.
SESSIONS_BETWEEN_MEASURES = 4
#: A measure belongs to a session when it was filled in so many days around it.
MAX_DAYS_APART = 3.5


@dataclass(frozen=True, slots=True)
class PortfolioItem:
    """One thing a portfolio asks for. `page`: where it is made: a worksheet's id, “people”, “measures”, or empty where
    the workbench cannot hold it. done, of: how much is there; `of` 0 where it cannot be counted.
    """

    id: str
    name: str
    done: int
    of: int
    says: str
    page: str = ""

    @property
    def standing(self) -> str:
        if not self.of:
            return "elsewhere"
        if self.done >= self.of:
            return "there"
        return "partly" if self.done else "missing"


def portfolio(record: EpisodeRecord) -> tuple[PortfolioItem, ...]:
    """Every item in the order of a portfolio."""
    return (
        _sheet(record, "case_report", "Case report", "one page in your own words"),
        _people(record),
        _formulation(record),
        _measures(record),
        _fidelity(record),
        _agenda(record),
        PortfolioItem("recording", "One recorded session", 0, 0, "not kept here: recordings have rules of their own"),
        PortfolioItem("calls", "Consultation calls", 0, 0, "not counted here: comments are no calls"),
    )


def _sheet(record: EpisodeRecord, name: str, label: str, says: str) -> PortfolioItem:
    found = record.artefacts_of(name)
    whole = any(is_complete(worksheet(name), a.values) for a in found)
    told = says if whole else ("begun; open fields are left" if found else "not begun")
    return PortfolioItem(name, label, int(whole), 1, told, name)


def _people(record: EpisodeRecord) -> PortfolioItem:
    people = sum(r.left_at is None for r in record.relationships)
    done = (people > 0) + (len(record.circles) > 0)
    circles = len(record.circles)
    says = f"{people} {'person' if people == 1 else 'people'}, {circles} {'circle' if circles == 1 else 'circles'}"
    return PortfolioItem("people", "Inventory and closeness circle", done, 2, says, "people")


def _formulation(record: EpisodeRecord) -> PortfolioItem:
    found = record.artefacts_of("formulation")
    agreed = any(a.agreement in {Agreement.AGREED, Agreement.EDITED} for a in found)
    whole = any(is_complete(worksheet("formulation"), a.values) for a in found)
    says = "agreed with the client" if agreed else ("written, not yet agreed" if found else "not begun")
    return PortfolioItem("formulation", "Formulation, agreed", int(whole) + int(agreed), 2, says, "formulation")


def _measures(record: EpisodeRecord) -> PortfolioItem:
    marks = [s for s in record.sessions if s.number == 1 or s.number % SESSIONS_BETWEEN_MEASURES == 0]
    at = [
        a.at
        for a in record.administrations
        if a.respondent is Respondent.CLIENT and a.instrument == record.symptom_measure[0] and a.scores
    ]
    met = [s.number for s in marks if any(abs(t - s.at) <= MAX_DAYS_APART for t in at)]
    lacking = [str(s.number) for s in marks if s.number not in met]
    says = f"symptom measure at sessions {', '.join(map(str, met))}" if met else "no symptom measure yet"
    if lacking:
        says += f"; none around session {', '.join(lacking)}"
    return PortfolioItem("measures", "Measures every fourth session", len(met), max(len(marks), 1), says, "measures")


def _fidelity(record: EpisodeRecord) -> PortfolioItem:
    held, rated = len(record.sessions), fidelity_over_sessions(record).rated
    says = f"rated after {rated} of {held} sessions"
    return PortfolioItem("fidelity", "Own fidelity, rated", rated, max(held, 1), says, "fidelity_checklist")


def _agenda(record: EpisodeRecord) -> PortfolioItem:
    found = fidelity_over_sessions(record)
    with_agenda = sum(c is not None for c in found.agenda)
    kept, marked = found.agenda_kept
    says = f"{kept} of {marked} topics kept" if marked else "no topic was marked as kept or not"
    return PortfolioItem("agenda", "Agenda kept", with_agenda, max(len(record.sessions), 1), says, "session_note")
