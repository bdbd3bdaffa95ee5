"""Read the Scores page: scales over time, both ratings of a session, and constructs that were never measured."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from django.utils import timezone
from django.utils.formats import date_format

from securebase.charts.sparkline import scores_sparkline
from securebase.measurement import change
from securebase.measurement.catalogue import instrument as get_instrument
from securebase.measurement.catalogue import instruments
from securebase.measurement.constructs import CONSTRUCTS, UNMEASURED_CONSTRUCTS
from securebase.measurement.instrument import Band, Instrument, Scale
from securebase.measurement.rotation import ROTATION
from securebase.measurement.schedule import SESSION_SETS, is_additional
from securebase.picture import ratings
from securebase.picture.outcomes import OutcomeChange, outcome_changes
from securebase.picture.slow_lines import answers_in_turn, pair_means
from securebase.records.episode import AdministrationRecord, ScoreRecord
from securebase.records.vocabulary import Respondent
from securebase.workbench.clients.models import Episode
from securebase.workbench.clinic_set import set_in_use
from securebase.workbench.measures.models import Administration


# ---- scales over time ------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class ScaleRow:
    """One scale over time: first and last score, the last one's severity band, the change and a sparkline.

    The curve of a scale whose questions are asked in turn shows means of both. `version_note` tells the therapist where
    the wording changed within the series, or that a new scale replaced it.
    """

    instrument: Instrument
    scale: Scale
    first: float
    last: float
    last_at: datetime
    n: int
    band: Band | None
    change: change.ScoreChange | None
    curve: str
    version_note: str = ""

    @property
    def band_basis(self) -> str:
        """Owner of the severity bands, where that limits them; empty without a band."""
        return self.scale.bands_basis if self.band else ""

    @property
    def threshold_basis(self) -> str:
        """Basis of the threshold of change, where it is not a 95% one; empty without a threshold."""
        reliable = self.scale.reliable_change
        return reliable.basis if self.change and reliable and reliable.level == 90 else ""


@dataclass(frozen=True, slots=True)
class ScaleGroup:
    """Scales under one heading of the page."""

    name: str
    rows: list[ScaleRow]

    @property
    def compact(self) -> bool:
        """True for additional questions: many short scales that get a small cell each."""
        return self.name == "Additional questions"


#: Headings of the page, in order.
_GROUP_NAMES = ("Check-in", "Additional questions", "Questionnaires", "Your ratings")


def scale_groups(episode: Episode) -> list[ScaleGroup]:
    """Return all scales with a score, grouped by source; the followed measure and its group come first."""
    series: dict[tuple[str, str], list[_VersionedScore]] = {}
    administrations = counted_administrations(episode)
    for administration in administrations:
        for score in administration.scores.all():
            if score.value is not None:
                point = _VersionedScore(administration.at, score.value, administration.instrument_as_asked)
                series.setdefault((administration.instrument, score.scale), []).append(point)
    records = administration_records(a for a in administrations if a.instrument == ROTATION)
    rows = [_scale_row(s, scores, records) for (_, s), scores in series.items()]
    symptom_measure = episode.symptom_instrument_and_scale
    ranks = {name: rank for rank, name in enumerate(SESSION_SETS.values())}

    def is_followed(row: ScaleRow) -> bool:
        return (row.instrument.id, row.scale.id) == symptom_measure

    rows.sort(key=lambda row: (not is_followed(row), ranks.get(row.instrument.id, len(ranks))))
    groups = [ScaleGroup(name, [row for row in rows if _group_name(row.instrument) == name]) for name in _GROUP_NAMES]
    return sorted((g for g in groups if g.rows), key=lambda g: not any(map(is_followed, g.rows)))


def threshold_bases(groups: list[ScaleGroup]) -> list[str]:
    """Return one sentence for each threshold or set of bands on the page whose basis limits it."""
    rows = [row for group in groups if not group.compact for row in group.rows]
    bands = [f"{row.scale.label}, severity: {row.band_basis}." for row in rows if row.band_basis]
    thresholds = [
        f"{row.scale.label}, threshold: {row.threshold_basis}. Thresholds that were computed are 95% ones."
        for row in rows
        if row.threshold_basis
    ]
    return bands + thresholds


def _group_name(instrument: Instrument) -> str:
    if instrument.id in SESSION_SETS.values():
        return "Check-in"
    if instrument.respondent == Respondent.THERAPIST.value:
        return "Your ratings"
    return "Additional questions" if is_additional(instrument) else "Questionnaires"


@dataclass(frozen=True, slots=True)
class _VersionedScore:
    """A score with the instrument in the version that was answered."""

    at: datetime
    value: float
    instrument: Instrument


def _scale_row(scale_id: str, scores: list[_VersionedScore], records: Sequence[AdministrationRecord]) -> ScaleRow:
    # a scale id stands for one meaning: where a version changed it, the scale has a new id and begins a new series
    instrument, first, last = scores[-1].instrument, scores[0].value, scores[-1].value
    scale = instrument.scale(scale_id)
    points = [((s.at - scores[0].at).total_seconds() / 86_400, s.value) for s in scores]
    if instrument.id == ROTATION and len(scale.items) > 1:
        # the two questions have different means, so a line through single answers would rise and fall by turns
        pairs = pair_means(answers_in_turn(records, scale.construct))
        points = [(pair.later.at, pair.value) for pair in pairs] if len(pairs) > 1 else []
    curve = scores_sparkline(scale.label, points, scale.minimum, scale.maximum, construct=scale.construct)
    moved = change.score_change(scale, first, last) if len(scores) > 1 else None
    band = change.severity_band(scale, last)
    note = _version_note(scale, scores)
    return ScaleRow(instrument, scale, first, last, scores[-1].at, len(scores), band, moved, curve, note)


def _version_note(scale: Scale, scores: list[_VersionedScore]) -> str:
    """Return a note on the wording of a scale: replaced by a new scale, begun after one, or changed on the way."""
    latest = get_instrument(scores[-1].instrument.id)
    if scale.id not in {s.id for s in latest.scales}:
        return f"earlier wording, last asked {_format_day(scores[-1].at)}; not comparable with the new scale"
    for before, after in pairwise(scores):
        if _wording(before.instrument, scale) != _wording(after.instrument, scale):
            return f"wording changed {_format_day(after.at)}; compare scores before and after with care"
    return ""


def _wording(instrument: Instrument, scale: Scale) -> list[tuple[str, str, str]]:
    return [(i.text, i.low_label, i.high_label) for i in map(instrument.item, scale.items)]


def _format_day(at: datetime) -> str:
    return date_format(timezone.localtime(at), "j F Y")


def counted_administrations(episode: Episode) -> list[Administration]:
    """Return all administrations except those set aside, in order of time, with their scores and responses."""
    rows = episode.administrations.filter(set_aside_at=None).prefetch_related("scores", "responses")
    return sorted(rows, key=lambda a: a.at)


def outcomes(episode: Episode, records: Sequence[AdministrationRecord]) -> tuple[OutcomeChange, ...]:
    """Return the outcomes of the course from its administrations, each with reliable change where it is known."""
    measure = episode.symptom_instrument_and_scale
    return outcome_changes(records, measure, set_in_use().parameter_set)


def administration_records(administrations: Iterable[Administration]) -> list[AdministrationRecord]:
    """Return administrations as plain records; days are counted from one fixed day."""
    return [
        AdministrationRecord(
            row.instrument,
            (day := row.at.timestamp() / 86400.0),
            respondent=Respondent(row.respondent),
            responses={r.item: r.value for r in row.responses.all()},
            scores=tuple(
                ScoreRecord(
                    score.construct,
                    score.value,
                    day,
                    instrument=row.instrument,
                    scale=score.scale,
                    respondent=Respondent(row.respondent),
                )
                for score in row.scores.all()
                if score.value is not None
            ),
            instrument_version=row.instrument_version,
        )
        for row in administrations
    ]


# ---- ratings by client and therapist ---------------------------------------------------------------------------------
def alliance_ratings(episode: Episode) -> ratings.RatingComparison:
    """Return the client's and the therapist's alliance ratings of each session."""
    rows = episode.administrations.filter(
        set_aside_at=None,
        instrument__in=(ratings.CLIENT_INSTRUMENT, ratings.THERAPIST_INSTRUMENT),
        therapy_session__isnull=False,
    ).select_related("therapy_session")
    by_session: dict[int, dict[str, Administration]] = {}
    for row in rows.prefetch_related("scores", "responses").order_by("at"):
        assert row.therapy_session is not None
        by_session.setdefault(row.therapy_session.number, {})[row.instrument] = row
    return ratings.compare_ratings(
        [
            ratings.RatedSession(
                session,
                _alliance(by.get(ratings.CLIENT_INSTRUMENT)),
                _alliance(by.get(ratings.THERAPIST_INSTRUMENT)),
                _items(by.get(ratings.CLIENT_INSTRUMENT)),
                _items(by.get(ratings.THERAPIST_INSTRUMENT)),
            )
            for session, by in by_session.items()
        ]
    )


def _alliance(administration: Administration | None) -> float | None:
    scores = administration.scores.all() if administration is not None else []
    return next((s.value for s in scores if s.scale == ratings.SCALE), None)


def _items(administration: Administration | None) -> dict[int, float | None]:
    return administration.scored_responses if administration is not None else {}


@dataclass(frozen=True, slots=True)
class UnmeasuredConstruct:
    """A construct of the theory that was never measured in this therapy, with the instruments that measure it."""

    label: str
    about: str
    instruments: list[Instrument]


def unmeasured_constructs(episode: Episode) -> list[UnmeasuredConstruct]:
    """Return constructs without any client rating, by label; those that no instrument measures are omitted."""
    administrations = [a for a in counted_administrations(episode) if a.respondent == Respondent.CLIENT]
    measured = {s.construct for a in administrations for s in a.scores.all()}
    by_construct: dict[str, list[Instrument]] = {}
    for instrument in instruments().values():
        if instrument.respondent == Respondent.CLIENT.value:
            for construct in {s.construct for s in instrument.scales}:
                by_construct.setdefault(construct, []).append(instrument)
    constructs = [
        UnmeasuredConstruct(c.label, c.about, sorted(by_construct[name], key=lambda i: (not is_additional(i), i.name)))
        for name, c in CONSTRUCTS.items()
        if name not in measured and name not in UNMEASURED_CONSTRUCTS and name in by_construct
    ]
    return sorted(constructs, key=lambda n: n.label)
