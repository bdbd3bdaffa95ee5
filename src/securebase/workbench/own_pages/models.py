"""The client's own page: its link and code, and its contents besides the shared worksheets."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import ClassVar

from django.db import models

from securebase.workbench.clients.models import Client
from securebase.workbench.clients.scoping import ScopedModel


class EndedBy(models.TextChoices):
    """Cause of the early end of a link."""

    THERAPIST = "therapist", "You closed it"
    CLIENT = "client", "The client closed it"
    ATTEMPTS = "attempts", "Too many wrong codes"


class OwnPage(ScopedModel):
    """One client's own page.

    The database stores a digest of the link and a password hash of the code, which the therapist says in person.
    `link_number` counts the links: a visit that began with an earlier one has ended.
    """

    THERAPIST_PATH: ClassVar[str] = "client__therapist"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    client = models.OneToOneField(Client, on_delete=models.PROTECT, related_name="own_page")
    token_digest = models.CharField(max_length=64, unique=True, null=True, blank=True)
    code_hash = models.CharField(max_length=200, blank=True)
    link_number = models.PositiveIntegerField(default=0)
    made_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(max_length=10, choices=EndedBy.choices, blank=True)
    #: wrong codes in a row, and since the link was created
    failures = models.PositiveIntegerField(default=0)
    failures_of_link = models.PositiveIntegerField(default=0)
    locked_until = models.DateTimeField(null=True, blank=True)
    #: last opened by the client
    opened_at = models.DateTimeField(null=True, blank=True)
    shows_graph = models.BooleanField(default=False)
    shows_circle = models.BooleanField(default=True)

    def __str__(self) -> str:
        return f"link {self.link_number}"

    def is_open(self, now: datetime) -> bool:
        """Return whether link and code open the page at this moment."""
        return self.ended_at is None and self.expires_at is not None and now < self.expires_at
