"""Outcomes of the courses that an account may see: stored scores, classified by the thresholds of their instrument."""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from django.db.models import Max, Q, Value
from django.db.models.functions import Concat

from securebase.measurement.catalogue import find_scale
from securebase.measurement.change import ChangeRules, change_rules
from securebase.measurement.constructs import Direction
from securebase.records.vocabulary import Phase, Respondent
from securebase.study.outcomes.groups import GroupOutcomes, RatedCourse, summarise_courses
from securebase.workbench.accounts.models import Account, Role
from securebase.workbench.clients.models import Episode
from securebase.workbench.measures.models import Score

_REASON = "the outcomes of the clinic count every client and show no single one"
#: Clients below which a page for the whole clinic shows no outcome, because staff might recognise one.
MIN_SHOWN = 5
#: Clients below which counts are shown without percentages.
MIN_SHARES = 10
_LAST_PHASES = {Phase.ENDING.value, Phase.MAINTENANCE.value}

#: instrument and scale
ScaleKey = tuple[str, str]


class CourseEnd(StrEnum):
    """The end of a course, as far as its sessions and its phase tell."""

    PLANNED = "After all planned sessions"
    EARLIER = "Earlier, in the last phase"
    BEFORE_LAST_PHASE = "Earlier, before the last phase"


@dataclass(frozen=True, slots=True)
class OutcomeFilter:
    """Choice of courses and scale; empty values choose all courses, and the scale with most of them."""

    course_format: str = ""
    area: str = ""
    scale: str = ""


@dataclass(frozen=True, slots=True)
class ClinicCourse:
    """One course. held: number of its last session that was held."""

    id: uuid.UUID
    client_id: uuid.UUID
    ended_on: date | None
    course_format: str
    areas: tuple[str, ...]
    planned: int
    phase: str
    therapist_id: uuid.UUID
    held: int

    @property
    def end(self) -> CourseEnd:
        """Return the end of the course; it means nothing while the course is running."""
        if self.held >= self.planned:
            return CourseEnd.PLANNED
        return CourseEnd.EARLIER if self.phase in _LAST_PHASES else CourseEnd.BEFORE_LAST_PHASE

    def matches(self, chosen: OutcomeFilter) -> bool:
        """Return whether the course has the chosen format and problem area."""
        return chosen.course_format in {"", self.course_format} and (not chosen.area or chosen.area in self.areas)


@dataclass(frozen=True, slots=True)
class CourseGroup:
    """Courses, the last one of each client: how many, how they ended, and their outcomes on one scale.

    own: of the account's own clients, which it may see one by one.
    """

    courses: int
    ends: Mapping[CourseEnd, int]
    outcomes: GroupOutcomes
    own: bool

    @property
    def hides_ends(self) -> bool:
        """Return whether the courses are too few to show how they ended."""
        return not self.own and self.courses < MIN_SHOWN

    @property
    def hides_outcomes(self) -> bool:
        """Return whether the clients whose outcomes are counted are too few to show them."""
        return not self.own and 0 < self.outcomes.began_clinical < MIN_SHOWN

    @property
    def has_shares(self) -> bool:
        """Return whether they are enough for percentages."""
        return self.outcomes.began_clinical >= MIN_SHARES and bool(self.outcomes.shares)


@dataclass(frozen=True, slots=True)
class ClinicOutcomes:
    """Outcomes of ended courses, and of running ones so far, on one scale.

    own: only the account's own clients. scale: None without any score. scales, formats, areas: those to choose from.
    """

    own: bool
    scale: ScaleKey | None
    scales: tuple[ScaleKey, ...]
    formats: tuple[str, ...]
    areas: tuple[str, ...]
    rules: ChangeRules
    ended: CourseGroup
    running: CourseGroup


def clinic_outcomes(account: Account, chosen: OutcomeFilter, now: datetime) -> ClinicOutcomes:
    """Return the outcomes of the whole clinic for administrators and researchers, else of the account's own clients."""
    whole = account.has_role(Role.ADMINISTRATOR, Role.RESEARCHER)
    courses = _courses(account, whole=whole, now=now)
    # one therapist alone in a clinic sees all of its clients anyway
    own = all(course.therapist_id == account.pk for course in courses)
    scores = _scores(account, whole=whole)
    scales = tuple(sorted(scores, key=lambda key: (-len(scores[key]), key)))
    scale = next((key for key in scales if ":".join(key) == chosen.scale), scales[0] if scales else None)
    known = find_scale(*scale) if scale else None
    rules = ChangeRules(Direction.HIGHER_IS_WORSE) if known is None else change_rules(known)
    values = scores[scale] if scale else {}
    matching = [course for course in courses if course.matches(chosen)]

    def build_group(members: Iterable[ClinicCourse]) -> CourseGroup:
        last = list({course.client_id: course for course in members}.values())
        # nothing records why a course ended: a client who ends early may have dropped out, or feel well enough
        rated = [RatedCourse(tuple(values.get(c.id, ()))) for c in last]
        ends = Counter(course.end for course in last if course.ended_on)
        outcomes = summarise_courses(rated, rules)
        apart = outcomes.healthy_start
        if not own and apart is not None and apart.persons < MIN_SHOWN:
            outcomes = replace(outcomes, healthy_start=None)
        return CourseGroup(len(last), ends, outcomes, own=own)

    return ClinicOutcomes(
        own=own,
        scale=scale,
        scales=scales,
        formats=tuple(dict.fromkeys(course.course_format for course in courses)),
        areas=tuple(dict.fromkeys(area for course in courses for area in course.areas)),
        rules=rules,
        ended=build_group(course for course in matching if course.ended_on is not None),
        running=build_group(course for course in matching if course.ended_on is None),
    )


def _courses(account: Account, *, whole: bool, now: datetime) -> list[ClinicCourse]:
    """Return the courses in sight, in order of their beginning."""
    rows = (
        Episode.objects.unscoped(reason=_REASON).filter(client__clinic=account.clinic)
        if whole
        else Episode.objects.visible_to(account)
    )
    held = Max("therapy_sessions__number", filter=Q(therapy_sessions__held_at__lte=now), default=0)
    columns = (
        "id",
        "client_id",
        "ended_on",
        "course_form",
        "problem_areas",
        "planned_sessions",
        "phase",
        "client__therapist_id",
        "held",
    )
    return [
        ClinicCourse(id_, client, ended, course_format, tuple(areas), planned, phase, therapist, number)
        for id_, client, ended, course_format, areas, planned, phase, therapist, number in rows.annotate(held=held)
        .order_by("began_on", "created_at")
        .values_list(*columns)
    ]


def _scores(account: Account, *, whole: bool) -> dict[ScaleKey, dict[uuid.UUID, list[float]]]:
    """Return the clients' scores of symptoms, and of what their courses follow, by scale and course in order of time.

    Scales without thresholds are left out.

    One query: nothing is estimated.
    """
    rows = (
        Score.objects.unscoped(reason=_REASON).filter(administration__episode__client__clinic=account.clinic)
        if whole
        else Score.objects.visible_to(account)
    )
    measure = Concat("administration__instrument", Value(":"), "scale")
    rows = rows.filter(
        Q(construct="symptoms") | Q(administration__episode__symptom_measure=measure),
        value__isnull=False,
        administration__respondent=Respondent.CLIENT.value,
        administration__set_aside_at=None,
    )
    scores: dict[ScaleKey, dict[uuid.UUID, list[float]]] = defaultdict(lambda: defaultdict(list))
    columns = ("administration__instrument", "scale", "administration__episode_id", "value")
    for instrument, scale, course, value in rows.order_by("administration__at").values_list(*columns):
        scores[instrument, scale][course].append(value)
    return {key: dict(own) for key, own in scores.items() if _has_thresholds(key)}


def _has_thresholds(key: ScaleKey) -> bool:
    scale = find_scale(*key)
    return scale is not None and (scale.reliable_change is not None or scale.remission_below is not None)
