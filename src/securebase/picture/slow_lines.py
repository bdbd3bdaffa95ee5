"""Lines of constructs that change over many weeks, from questions that check-ins ask in turn (S60, S103).

A check-in asks one of a construct's two questions. The questions have different means, so only means of both are
compared: the first pair of answers with the last.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from securebase.measurement.catalogue import instrument
from securebase.measurement.instrument import Scale
from securebase.measurement.rotation import ROTATION
from securebase.picture.fluctuation import ASSUMED, BAR, LevelComparison, compare_levels, fluctuation_sd
from securebase.records.episode import AdministrationRecord, EpisodeRecord
from securebase.records.vocabulary import Respondent

#: Constructs with a line, in the order of the page.
SLOW_CONSTRUCTS = ("emotion_regulation", "connectedness", "self_appraisal")


@dataclass(frozen=True, slots=True)
class TurnAnswer:
    """The answer to one of the two questions of a construct."""

    at: float
    session: int | None
    item: int
    value: float


@dataclass(frozen=True, slots=True)
class PairMean:
    """The mean of an answer and the last one before it to the other question, dated by the answer itself."""

    earlier: TurnAnswer
    later: TurnAnswer

    @property
    def value(self) -> float:
        return (self.earlier.value + self.later.value) / 2.0

    def weights(self, sign: float) -> list[tuple[float, float]]:
        return [(self.earlier.at, sign / 2.0), (self.later.at, sign / 2.0)]


@dataclass(frozen=True, slots=True)
class SlowLine:
    """One line: pair means in order of time, with half the length of their bars.

    change: from the first to the last pair; None while it needs `needed` more answers.
    """

    construct: str
    label: str
    limits: tuple[float, float]
    pairs: tuple[PairMean, ...] = ()
    bars: tuple[float, ...] = ()
    change: LevelComparison | None = None
    needed: int = 0


def slow_lines(record: EpisodeRecord) -> tuple[SlowLine, ...]:
    """Return the line of each slow construct from the rotating questions of a course."""
    comparisons = len(SLOW_CONSTRUCTS)
    return tuple(slow_line(record.administrations, construct, comparisons=comparisons) for construct in SLOW_CONSTRUCTS)


def answers_in_turn(administrations: Iterable[AdministrationRecord], construct: str) -> tuple[TurnAnswer, ...]:
    """Return the client's answers to the questions of a construct, all of the wording that was asked last."""
    items = _scale(construct).items
    asked = [
        (a.instrument_version, TurnAnswer(a.at, a.session, item, value))
        for a in sorted(administrations, key=lambda a: a.at)
        if a.instrument == ROTATION and a.respondent is Respondent.CLIENT
        for item in items
        if (value := a.responses.get(item)) is not None
    ]
    return tuple(answer for version, answer in asked if version == asked[-1][0])


def pair_means(answers: Sequence[TurnAnswer]) -> tuple[PairMean, ...]:
    """Pair each answer with the last one before it to another question."""
    earlier = [next((o for o in reversed(answers[:i]) if o.item != a.item), None) for i, a in enumerate(answers)]
    return tuple(PairMean(o, a) for o, a in zip(earlier, answers, strict=True) if o is not None)


def slow_line(administrations: Iterable[AdministrationRecord], construct: str, *, comparisons: int = 1) -> SlowLine:
    """Return the line of a construct whose two questions are asked in turn.

    comparisons: number of changes that are claimed side by side.
    """
    answers = answers_in_turn(administrations, construct)
    scale = _scale(construct)
    limits, assumed = (scale.minimum, scale.maximum), ASSUMED[ROTATION]
    pairs = pair_means(answers)
    bars = tuple(BAR * fluctuation_sd(construct, assumed, pair.weights(1.0)) for pair in pairs)
    needed = _answers_needed(answers, pairs)
    change = None
    if not needed:
        first, last = pairs[0], pairs[-1]
        sd = fluctuation_sd(construct, assumed, first.weights(-1.0) + last.weights(1.0))
        change = compare_levels(first.value, last.value, sd, comparisons=comparisons, limits=limits)
    return SlowLine(construct, scale.label, limits, pairs, bars, change, needed)


def _answers_needed(answers: Sequence[TurnAnswer], pairs: Sequence[PairMean]) -> int:
    """Return how many more answers are needed until the last pair shares none with the first."""
    if not pairs:
        return 4 - bool(answers)
    first, last = pairs[0], pairs[-1]
    return sum(answer in (first.earlier, first.later) for answer in (last.earlier, last.later))


def _scale(construct: str) -> Scale:
    return next(s for s in instrument(ROTATION).scales if s.construct == construct)
