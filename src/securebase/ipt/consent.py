"""The client's consent to sharing and to research, as the contract records it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from securebase.ipt.shelf import entries_with, ids_with
from securebase.ipt.worksheet import Audience, WorksheetRole
from securebase.records.artefact import ArtefactRecord
from securebase.records.episode import EpisodeRecord

#: The field of the contract, and its option for research.
_FIELD, _RESEARCH = "sharing_consent", "research"


def consents_to_sharing(record: EpisodeRecord, reader: Audience) -> bool:
    """Return whether a contract records the client's consent to sharing with this reader."""
    contracts = entries_with(record, WorksheetRole.CONTRACT)
    return any(reader.value in a.choices(_FIELD) for a in contracts)


class ConsentState(StrEnum):
    """State of a client's consent to the research use of the record."""

    GIVEN = "given"
    WITHDRAWN = "withdrawn"
    NOT_GIVEN = "not_given"
    NO_CONTRACT = "no_contract"

    @property
    def label(self) -> str:
        return {
            "given": "Consent given",
            "withdrawn": "Consent withdrawn",
            "not_given": "Contract without consent to research",
            "no_contract": "No contract yet",
        }[self.value]


@dataclass(frozen=True, slots=True)
class ResearchConsent:
    """Consent to research, and since when: day of the record; None unless it was given or withdrawn."""

    state: ConsentState
    since: float | None = None


def research_consent(versions: Iterable[ArtefactRecord]) -> ResearchConsent:
    """Return the state of the client's consent to research, from every version of the worksheets of one course.

    Only the contract begun last counts: what an earlier one says is no longer agreed. Consent is dated by the version
    that first records it without a later change, a withdrawal by the first version without it.
    """
    contracts = [version for version in versions if version.worksheet in ids_with(WorksheetRole.CONTRACT)]
    if not contracts:
        return ResearchConsent(ConsentState.NO_CONTRACT)
    last = max(contracts, key=lambda version: version.begun_at).id
    history = sorted((v for v in contracts if v.id == last), key=lambda version: version.version)
    agreed = [_RESEARCH in version.choices(_FIELD) for version in history]
    change = next((n for n in range(len(agreed) - 1, 0, -1) if agreed[n] != agreed[n - 1]), 0)
    if agreed[-1]:
        return ResearchConsent(ConsentState.GIVEN, history[change].at)
    if any(agreed):
        return ResearchConsent(ConsentState.WITHDRAWN, history[change].at)
    return ResearchConsent(ConsentState.NOT_GIVEN)
