"""Attachment anxiety and avoidance of one client: each whole rating, and the change from the first to the last (S59).

No attachment style is derived from them: the two dimensions have no boundary at which one person differs in kind.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from securebase.measurement.catalogue import instrument
from securebase.measurement.instrument import Scale
from securebase.picture.fluctuation import (
    ASSUMED,
    ELLIPSE,
    LevelComparison,
    WeightedAnswer,
    compare_levels,
    fluctuation_sd,
)
from securebase.records.episode import AdministrationRecord, EpisodeRecord
from securebase.records.vocabulary import Respondent

#: The dimensions in the order of every pair here.
DIMENSIONS = ("attachment_anxiety", "attachment_avoidance")
#: The product's own short form, and the published questionnaires that replace it once they were scored twice.
OWN_FORM, PUBLISHED = "own_attachment", ("ecr_r", "ecr_rs")


class Withheld(StrEnum):
    """The reason why no change is described."""

    NOT_ASKED = "not_asked"
    UNANSWERED = "unanswered"
    ONE_RATING = "one_rating"
    OTHER_VERSION = "other_version"


@dataclass(frozen=True, slots=True)
class AttachmentRating:
    """One whole rating: both dimensions in points of the instrument."""

    at: float
    session: int | None
    anxiety: float
    avoidance: float


@dataclass(frozen=True, slots=True)
class AttachmentPlane:
    """The ratings on one version of an instrument, and what may be said of their change.

    spread: SD of a rating around the person's level, for anxiety and avoidance. changes: of both, empty where
    `withheld` says why. unanswered: sessions with a rating that is not whole. is_early: the first rating belongs to the
    initial phase.
    """

    instrument: str
    limits: tuple[float, float]
    ratings: tuple[AttachmentRating, ...]
    spread: tuple[float, ...]
    changes: tuple[LevelComparison, ...] = ()
    withheld: Withheld | None = None
    unanswered: tuple[int, ...] = ()
    is_early: bool = True
    has_ended: bool = False

    @property
    def radii(self) -> tuple[float, ...]:
        """Half axes of the ellipse of a rating, for anxiety and avoidance."""
        return tuple(ELLIPSE * sd for sd in self.spread)


def attachment_plane(record: EpisodeRecord) -> AttachmentPlane:
    """Return the plane of the published questionnaire that was scored twice, else of the own short form."""
    planes = [_plane(record, name) for name in PUBLISHED]
    return next((plane for plane in planes if plane.changes), None) or _plane(record, OWN_FORM)


def _plane(record: EpisodeRecord, name: str) -> AttachmentPlane:
    scales = [next(s for s in instrument(name).scales if s.construct == dimension) for dimension in DIMENSIONS]
    own = (a for a in record.administrations if a.instrument == name and a.respondent is Respondent.CLIENT)
    completed = sorted(own, key=lambda a: a.at)
    scores = {id(a): [_score(a, scale) for scale in scales] for a in completed}
    whole = [a for a in completed if None not in scores[id(a)]]
    # another wording may move the scores
    same = [a for a in whole if a.instrument_version == whole[-1].instrument_version]
    ratings = tuple(AttachmentRating(a.at, a.session, *scores[id(a)]) for a in same)  # type: ignore[arg-type]
    withheld = _withheld(len(completed), len(whole), len(same))
    return AttachmentPlane(
        name,
        (scales[0].minimum, scales[0].maximum),
        ratings,
        tuple(_sd(name, scale, [(0.0, 1.0)]) for scale in scales),
        () if withheld else tuple(_change(name, scale, same) for scale in scales),
        withheld,
        tuple(a.session for a in completed if None in scores[id(a)] and a.session is not None),
        is_early=not same or _session_of(same[0], record) <= record.initial_sessions,
        has_ended=record.ended_at is not None,
    )


def _session_of(administration: AdministrationRecord, record: EpisodeRecord) -> int:
    """Return the session that a rating belongs to; without one, the next after it."""
    return administration.session or 1 + sum(held.at < administration.at for held in record.sessions)


def _score(administration: AdministrationRecord, scale: Scale) -> float | None:
    """Return the score of a scale; None where one of its items was not answered."""
    responses = administration.responses
    if responses and any(responses.get(number) is None for number in scale.items):
        return None
    return next((s.value for s in administration.scores if s.scale == scale.id), None)


def _withheld(completed: int, whole: int, same: int) -> Withheld | None:
    if same > 1:
        return None
    if whole > 1:
        return Withheld.OTHER_VERSION
    if whole:
        return Withheld.ONE_RATING
    return Withheld.UNANSWERED if completed else Withheld.NOT_ASKED


def _change(name: str, scale: Scale, whole: Sequence[AdministrationRecord]) -> LevelComparison:
    sd = _sd(name, scale, [(whole[0].at, -1.0), (whole[-1].at, 1.0)])
    first, *_, last = [value for a in whole if (value := _score(a, scale)) is not None]
    limits = (scale.minimum, scale.maximum)
    return compare_levels(first, last, sd, comparisons=len(DIMENSIONS), limits=limits)


def _sd(name: str, scale: Scale, scores: Sequence[WeightedAnswer]) -> float:
    """Return the SD of a weighted sum of scores; the error of a short form is that of its few answers."""
    assumed = ASSUMED[name]
    answers = len(scale.items) if assumed.of_answers else 1
    weighted = [(day, weight / answers) for day, weight in scores for _ in range(answers)]
    return fluctuation_sd(scale.construct, assumed, weighted)
