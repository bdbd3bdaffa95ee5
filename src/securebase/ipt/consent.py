"""The client's consent to sharing, as the contract records it."""

from __future__ import annotations

from securebase.ipt.shelf import entries_with
from securebase.ipt.worksheet import Audience, WorksheetRole
from securebase.records.episode import EpisodeRecord


def consents_to_sharing(record: EpisodeRecord, reader: Audience) -> bool:
    """Return whether a contract records the client's consent to sharing with this reader."""
    contracts = entries_with(record, WorksheetRole.CONTRACT)
    return any(reader.value in a.choices("sharing_consent") for a in contracts)
