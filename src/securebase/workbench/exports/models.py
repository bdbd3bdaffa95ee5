"""Research tables that left the clinic with the clients in each, and estimates of the theory from such a table."""

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


class TheoryRun(models.Model):
    """One estimation of the edges of the theory from the research table, and the graphs drawn from it.

    It is unfinished without `finished_at`. `stamp` is the fingerprint of what its result depends on, `clients` the ids
    of the clients in its table. The newest finished run of a clinic is kept until a newer one finishes.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="theory_runs")
    started_at = models.DateTimeField()
    started_by = models.UUIDField()
    stamp = models.CharField(max_length=64)
    clients = models.JSONField(default=list)
    #: edges estimated so far, and all of them; 0 of 0 while the table is built
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)
    #: why the run ended without a result
    problem = models.TextField(blank=True)
    #: number of results by reading, in words
    summary = models.TextField(blank=True)
    #: “pillar” or “mechanism” → HTML of the graph
    graphs = models.JSONField(default=dict)

    class Meta:
        ordering = ("-started_at",)

    def __str__(self) -> str:
        return f"{self.started_at:%Y-%m-%d} {self.done} of {self.total}"

    @property
    def share(self) -> float:
        """Share of the edges that are estimated."""
        return self.done / self.total if self.total else 0.0
