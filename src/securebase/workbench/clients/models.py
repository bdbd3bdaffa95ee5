"""The client and the episode of care."""

from __future__ import annotations

import uuid
from enum import StrEnum
from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from securebase.ipt.course_format import CourseFormat
from securebase.records.vocabulary import Phase, ProblemArea
from securebase.workbench.accounts.models import Clinic
from securebase.workbench.clients.scoping import ScopedModel

PHASES = [(p.value, p.label) for p in Phase]
PROBLEM_AREAS = [(a.value, a.label) for a in ProblemArea]


class SymptomMeasure(StrEnum):
    """Two of the scales that a course can follow (`measures.followed`); any other is stored alike, as “id:scale”."""

    SESSION_SET = "session_before:symptoms"
    PHQ9 = "phq9:total"


class Client(ScopedModel):
    """A person in therapy. A first name and an initial are enough for the name shown (data minimisation)."""

    THERAPIST_PATH: ClassVar[str] = "therapist"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    therapist = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    name_shown = models.CharField(max_length=80)
    pronouns = models.CharField(max_length=40, blank=True)
    #: address for requests to answer; blank if none may be sent
    mail = models.EmailField(blank=True)
    #: language of what the client reads; blank for the workbench's own
    language = models.CharField(max_length=10, choices=settings.LANGUAGES, blank=True)
    simulated = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("name_shown",)

    def __str__(self) -> str:
        return self.name_shown

    @property
    def episode(self) -> Episode | None:
        """The running course of therapy, or else the last one."""
        return max(self.episodes.all(), key=lambda e: (e.ended_on is None, e.began_on), default=None)


class Episode(ScopedModel):
    """One course of therapy of one client."""

    THERAPIST_PATH: ClassVar[str] = "client__therapist"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="episodes")
    began_on = models.DateField()
    ended_on = models.DateField(null=True, blank=True)
    planned_sessions = models.PositiveSmallIntegerField(
        default=16, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    #: plan of the course: sessions of its first and last phase, and days from one session to the next
    initial_sessions = models.PositiveSmallIntegerField(default=3, validators=[MaxValueValidator(20)])
    ending_sessions = models.PositiveSmallIntegerField(default=3, validators=[MaxValueValidator(20)])
    days_between = models.PositiveSmallIntegerField(default=7, validators=[MinValueValidator(1), MaxValueValidator(92)])
    course_form = models.CharField(max_length=40, default="standard")
    problem_areas = models.JSONField(default=list)
    phase = models.CharField(max_length=20, choices=PHASES, default=Phase.INITIAL.value)
    symptom_measure = models.CharField(max_length=60, default=SymptomMeasure.SESSION_SET.value)
    #: where the rotating questions of check-ins start; consecutive courses of a clinic start at different places
    rotation_offset = models.PositiveIntegerField(default=0)
    #: first session whose check-in asks rotating questions; above 1 if the course began under the earlier plan
    rotation_from = models.PositiveSmallIntegerField(default=1)
    version = models.PositiveIntegerField(default=1)
    #: raised by every write to the episode's record; results derived at the same number are still valid
    record_version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("began_on",)

    def __str__(self) -> str:
        return f"{self.began_on:%Y-%m-%d}"

    @property
    def symptom_instrument_and_scale(self) -> tuple[str, str]:
        instrument, scale = self.symptom_measure.split(":")
        return instrument, scale

    @property
    def problem_area_labels(self) -> list[str]:
        return [ProblemArea(a).label for a in self.problem_areas]

    @property
    def own_format(self) -> CourseFormat:
        """The format of this course as copied when it began, regardless of later edits."""
        return CourseFormat(
            id=self.course_form,
            name=self.course_form,
            sessions=self.planned_sessions,
            initial=self.initial_sessions,
            ending=self.ending_sessions,
            days_between=self.days_between,
            maintenance=self.phase == Phase.MAINTENANCE.value,
        )

    @property
    def phase_label(self) -> str:
        return Phase(self.phase).label
