"""The append-only audit trail: who did or read what, each row chained to the previous one by its hash.

No foreign keys, because a row must outlive the object it names. No content: a row records that an answer was read,
never the answer.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from django.db import models

from securebase.errors import NotPermittedError


class Entry(models.Model):
    """One event. `sequence` has no gaps; `hash` covers this row and, through `previous_hash`, all earlier ones."""

    sequence = models.PositiveBigIntegerField(primary_key=True)
    at = models.DateTimeField()
    actor = models.CharField(max_length=64, blank=True)
    actor_name = models.CharField(max_length=150, blank=True)
    action = models.CharField(max_length=64)
    object_type = models.CharField(max_length=64, blank=True)
    object_id = models.CharField(max_length=64, blank=True)
    client = models.CharField(max_length=64, blank=True, db_index=True)
    detail = models.JSONField(default=dict)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ("sequence",)

    def __str__(self) -> str:
        return f"{self.sequence} {self.action}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert the row; an existing row cannot be changed. A database trigger (migration 0002) enforces the same."""
        if not self._state.adding:
            raise NotPermittedError("the audit trail is append-only", where=f"audit row {self.sequence}")
        super().save(*args, force_insert=True)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise NotPermittedError("the audit trail is append-only", where=f"audit row {self.sequence}")

    def seal(self) -> str:
        """Return the SHA-256 digest of all fields and the previous row's hash.

        Unkeyed: it reveals edits made around the workbench, not a rewrite of the whole chain. Compare the last hash
        with a copy kept elsewhere.
        """
        fields: list[Any] = [
            self.sequence,
            self.at.isoformat(timespec="microseconds"),
            self.actor,
            self.actor_name,
            self.action,
            self.object_type,
            self.object_id,
            self.client,
            self.detail,
            self.previous_hash,
        ]
        # canonical JSON (sorted keys, ASCII, no spaces): the same row must always give the same bytes
        text = json.dumps(fields, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()
