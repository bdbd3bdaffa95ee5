"""Research tables that left the clinic, and the clients in each: a client who withdraws later can be told which."""

from __future__ import annotations

import uuid

from django.db import models

from securebase.workbench.accounts.models import Clinic


class ResearchTable(models.Model):
    """One table that was made: the ids of the clients in it and its data dictionary, none of its values."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="research_tables")
    made_at = models.DateTimeField()
    #: the account that made it; None on the command line
    made_by = models.UUIDField(null=True, blank=True)
    #: SHA-256 of the table, as in its data dictionary
    fingerprint = models.CharField(max_length=64)
    rows = models.PositiveIntegerField()
    dictionary = models.JSONField(default=dict)
    clients = models.JSONField(default=list)

    class Meta:
        ordering = ("-made_at",)

    def __str__(self) -> str:
        return f"{self.made_at:%Y-%m-%d} {self.fingerprint[:8]}"
