"""Calibration of a clinic: what happened after its forecasts and signals, counted per client and stored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, QuerySet

from securebase.picture.calibration import ClinicShare, MatchRate, clinic_share, match_rate
from securebase.picture.calibration_phrases import interval_sentence
from securebase.picture.verification import Tally, Verification, verify_course
from securebase.records.episode import EpisodeRecord
from securebase.records.vocabulary import Respondent
from securebase.workbench.accounts.models import Clinic
from securebase.workbench.casefile import day_at, episode_record, prefetch_record
from securebase.workbench.clients.models import Episode
from securebase.workbench.clinic_set import set_in_use
from securebase.workbench.progress.matches import RESPONDENTS, as_match
from securebase.workbench.progress.models import HypothesisAnswers, StoredTallies
from securebase.workbench.progress.stamp import version_stamp

#: Courses counted in one request, 40 to 60 ms each with their records; the others wait for the next one.
COURSES_AT_ONCE = 20
_REASON = "the calibration of the clinic counts every client and shows no single one"


@dataclass(frozen=True, slots=True)
class ClinicCalibration:
    """Shares of forecasts and signals, and of hypotheses that matched.

    `courses` were counted; `waiting` are not counted yet, or changed since.
    """

    courses: int
    waiting: int
    shares: Mapping[Verification, ClinicShare]
    matches: Mapping[Respondent, MatchRate]


def calibration(clinic: Clinic, now: datetime) -> ClinicCalibration:
    """Count courses that are new or have changed, at most COURSES_AT_ONCE, and return the calibration."""
    courses = Episode.objects.unscoped(reason=_REASON).filter(client__clinic=clinic)
    counted = courses.filter(
        stored_tallies__made_with=version_stamp(), stored_tallies__record_version=F("record_version")
    )
    due = courses.exclude(id__in=counted.values("id")).order_by("id").values_list("id", flat=True)
    batch, waiting = list(due[:COURSES_AT_ONCE]), due.count()
    for episode in prefetch_record(courses.filter(id__in=batch)):
        day = day_at(episode, now)
        count_course(episode, episode_record(episode, now), day)
    return ClinicCalibration(
        counted.count(), waiting - len(batch), clinic_shares(clinic), {r: _matches(courses, r) for r in RESPONDENTS}
    )


def count_course(episode: Episode, record: EpisodeRecord, day: float) -> None:
    """Count and store what happened after the forecasts and signals of an episode with this record by this day."""
    tallies = verify_course(record, as_of=day, parameter_set=set_in_use().parameter_set)
    columns = {
        "tallies": {what.value: (tally.happened, tally.of) for what, tally in tallies.items()},
        "record_version": episode.record_version,
        "made_with": version_stamp(),
    }
    StoredTallies.objects.unscoped(reason=_REASON).update_or_create(episode=episode, defaults=columns)


def interval_calibration(clinic: Clinic) -> str:
    """Return the sentence on how often forecasts held, from what was counted last."""
    shares = clinic_shares(clinic, (Verification.IN_50, Verification.IN_90))
    return interval_sentence(shares[Verification.IN_50], shares[Verification.IN_90])


def clinic_shares(
    clinic: Clinic, subjects: Iterable[Verification] = tuple(Verification)
) -> dict[Verification, ClinicShare]:
    """Pool the stored tallies; several courses of one client are one cluster."""
    rows = StoredTallies.objects.unscoped(reason=_REASON).filter(
        episode__client__clinic=clinic, made_with=version_stamp()
    )
    clients: dict[object, list[Mapping[str, tuple[int, int]]]] = defaultdict(list)
    for client, tallies in rows.values_list("episode__client_id", "tallies"):
        clients[client].append(tallies)
    return {what: clinic_share([_sum(courses, what) for courses in clients.values()]) for what in subjects}


def _sum(courses: Iterable[Mapping[str, tuple[int, int]]], what: Verification) -> Tally:
    pairs = [tallies.get(what.value, (0, 0)) for tallies in courses]
    return Tally(sum(happened for happened, _ in pairs), sum(of for _, of in pairs))


def _matches(courses: QuerySet[Episode], respondent: Respondent) -> MatchRate:
    """Pool the answers of one respondent, those of the last course of each client."""
    rows = HypothesisAnswers.objects.unscoped(reason=_REASON).filter(episode__in=courses, respondent=respondent.value)
    rows = rows.select_related("episode").order_by("episode__began_on", "episode__created_at")
    return match_rate({row.episode.client_id: as_match(row) for row in rows}.values())
