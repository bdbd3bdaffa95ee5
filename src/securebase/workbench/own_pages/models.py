"""The client's own page: its link and code, and what of the record is shown there beside the shared worksheets."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import ClassVar

from django.db import models

from securebase.workbench.clients.models import Client
from securebase.workbench.clients.scoping import ScopedModel


class EndedBy(models.TextChoices):
    """Who or what ended a link before its time."""

    THERAPIST = "therapist", "You closed it"
    CLIENT = "client", "The client closed it"
    ATTEMPTS = "attempts", "Too many wrong codes"


class OwnPage(ScopedModel):
    """One client's own page. The link is known to its holder only (a digest is kept); the code, said in person, is
    hashed as passwords are. `link_number` counts the links made: a visit that began with another one has ended.
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
    #: wrong codes in a row, and since the link was made
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
        """Whether its link and code lead to it at this moment."""
        return self.ended_at is None and self.expires_at is not None and now < self.expires_at
