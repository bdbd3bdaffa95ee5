"""One table, append-only: who did or saw what, each row sealed with the one before it.

No foreign keys: a row must outlive what it speaks of. No content: it says that an answer was read, never which.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from django.db import models

from securebase.errors import NotPermittedError


class Entry(models.Model):
    """One thing that happened. `sequence` counts without gaps; `hash` seals this row and, through it, all before."""

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
        """Adds the row. A row that is there is never changed."""
        if not self._state.adding:
            raise NotPermittedError("the audit trail is only added to", where=f"audit row {self.sequence}")
        super().save(*args, force_insert=True)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise NotPermittedError("the audit trail is only added to", where=f"audit row {self.sequence}")

    def seal(self) -> str:
        """SHA-256 over every field of the row and the previous row's hash."""
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
        text = json.dumps(fields, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()
