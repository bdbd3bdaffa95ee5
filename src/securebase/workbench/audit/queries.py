"""Verification of the audit trail."""

from __future__ import annotations

from dataclasses import dataclass

from securebase.workbench.audit.actions import GENESIS_HASH
from securebase.workbench.audit.models import Entry


@dataclass(frozen=True, slots=True)
class ChainVerification:
    """Result of `verify_chain`. `first_bad` is the number of the first row that does not verify; None if all do."""

    rows: int
    first_bad: int | None = None
    reason: str = ""
    last_hash: str = GENESIS_HASH

    @property
    def intact(self) -> bool:
        return self.first_bad is None


def verify_chain() -> ChainVerification:
    """Check every row: numbers without gaps, its own hash, and the link to the previous row.

    Rows cut off at the end leave an intact chain. Keep the number of rows and the last hash elsewhere to detect that.
    """
    previous, count = GENESIS_HASH, 0
    for entry in Entry.objects.order_by("sequence").iterator(chunk_size=2000):
        if entry.sequence != count + 1:
            return ChainVerification(count, count + 1, "a row is missing", previous)
        if entry.previous_hash != previous:
            return ChainVerification(count, entry.sequence, "the row is not linked to the previous row", previous)
        if entry.hash != entry.seal():
            return ChainVerification(count, entry.sequence, "the row was changed after it was written", previous)
        previous, count = entry.hash, entry.sequence
    return ChainVerification(count, last_hash=previous)
