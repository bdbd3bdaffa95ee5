"""Further questions of `securebase study`: how often each answer states an effect, in tables with and without it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from benchmarks.page import Part, table
from benchmarks.stored import as_text, replications
from question_truths import AREAS, draw_areas, draw_factors, draw_gains, draw_persons, draw_ratings
from securebase.study.questions.agreement import RatingAgreement
from securebase.study.questions.areas import Areas
from securebase.study.questions.every_person import EveryPerson
from securebase.study.questions.factors import FactorComparison
from securebase.study.questions.gain import GainModeration

REPLICATIONS, REPLICATIONS_WITHOUT_DIFFERENCE = 400, 1200
FACTORS = ("x0", "x1", "x2", "x3")
#: effects of the traits of four factors, the last three alike
MORE = (1.2, 0.1)
#: largest share of tables without the effect that may state it
LARGEST = 0.05


@dataclass(frozen=True, slots=True)
class QuestionCell:
    """Tables of one truth. has_effect: whether the answer should state it; states: whether it does, by seed."""

    option: str
    truth: str
    has_effect: bool
    states: Callable[[int], bool]
    replications: int = REPLICATIONS


def agreement(seed: int, **truth: float) -> bool:
    return RatingAgreement("x", "z").answer(draw_ratings(seed, **truth)).supported  # type: ignore[arg-type]


def every_person(seed: int, **truth: float) -> bool:
    return EveryPerson("x").answer(draw_persons(seed, **truth)).contradicted  # type: ignore[arg-type]


def gain(seed: int, **truth: float) -> bool:
    return GainModeration("x").answer(draw_gains(seed, **truth)).sign != 0  # type: ignore[arg-type]


def areas(seed: int, **truth: float) -> bool:
    answer = Areas(AREAS).answer(draw_areas(seed, **truth))  # type: ignore[arg-type]
    return any(comparison.p_adjusted < 0.05 for comparison in answer.comparisons)


def factors(seed: int, **truth: Any) -> bool:
    return bool(FactorComparison(FACTORS).answer(draw_factors(seed, **truth)).larger)


CELLS = (
    QuestionCell("--agreement", "neither rating acts", False, agreement),
    QuestionCell(
        "--agreement", "the difference of the ratings acts, not their agreement", False, partial(agreement, slope=0.3)
    ),
    QuestionCell("--agreement", "the same, one rating an SD lower", False, partial(agreement, slope=0.3, shift=1.0)),
    QuestionCell("--agreement", "disagreement acts: .15 SD per squared SD", True, partial(agreement, curve=0.15)),
    QuestionCell("--every", "the same association in every person (−.37)", False, every_person),
    QuestionCell(
        "--every", "different associations, nearly all of one sign", False, partial(every_person, spread=0.15)
    ),
    QuestionCell(
        "--every", "a fifth of persons have the opposite association", True, partial(every_person, opposite=0.2)
    ),
    QuestionCell("--every", "three tenths have it", True, partial(every_person, opposite=0.3)),
    QuestionCell(
        "--every",
        "a quarter of 80 persons have it, 40 sessions",
        True,
        partial(every_person, opposite=0.25, n=80, sessions=40),
    ),
    QuestionCell("--gain", "all improve alike, first ratings go with the moderator (.5)", False, gain),
    QuestionCell("--gain", "the same, with large errors of measurement", False, partial(gain, error=1.0)),
    QuestionCell("--gain", "improvement in proportion to the first state", False, partial(gain, proportional=0.5)),
    QuestionCell("--gain", "half an SD more improvement per SD of the moderator", True, partial(gain, gain=0.5)),
    QuestionCell("--area", "the same relief, on scales with threefold SDs", False, partial(areas, spread=3.0)),
    QuestionCell("--area", "one SD more relief in one of two areas of 40 persons", True, partial(areas, dispute=3.0)),
    QuestionCell("--factor", "four factors are related alike", False, factors, REPLICATIONS_WITHOUT_DIFFERENCE),
    QuestionCell("--factor", "the same, 240 persons", False, partial(factors, n=240), REPLICATIONS_WITHOUT_DIFFERENCE),
    QuestionCell(
        "--factor", "one related more between persons, 240 persons", True, partial(factors, n=240, between=MORE)
    ),
    QuestionCell("--factor", "one related more within persons", True, partial(factors, within=(0.4, 0.05))),
)


@dataclass(frozen=True, slots=True)
class QuestionRate:
    """Share of tables in which the answer states an effect. has_effect: whether there is one."""

    option: str
    truth: str
    has_effect: bool
    replications: int
    stated: float


def _state(position: int, replication: int) -> dict[str, Any]:
    return {"stated": CELLS[position].states(replication)}


def measure() -> list[QuestionRate]:
    rates = []
    for position, cell in enumerate(CELLS):
        results = replications(
            "questions",
            partial(_state, position),
            cell.replications,
            depends_on=as_text({"option": cell.option, "truth": cell.truth, "position": position}),
            modules=("benchmarks.questions",),
        )
        stated = float(np.mean([r["stated"] for r in results]))
        rates.append(QuestionRate(cell.option, cell.truth, cell.has_effect, cell.replications, stated))
    return rates


def section(results: list[QuestionRate]) -> list[str]:
    return [
        "## Further questions of a study",
        "",
        f"How often `securebase study` states an effect, in {REPLICATIONS} simulated tables of each truth, of 60 "
        "persons and 16 sessions unless stated (`--gain`: 80 persons). For `--every` the effect is that “every” is "
        "contradicted; for `--factor`, that some relation is larger than another "
        f"({REPLICATIONS_WITHOUT_DIFFERENCE:,} tables without an effect). "
        "Repeat with `python -m benchmarks questions`.",
        "",
        *table(
            ["option", "truth", "effect", "stated"],
            [(f"`{r.option}`", r.truth, "yes" if r.has_effect else "no", f"{r.stated:.1%}") for r in results],
            "lll",
        ),
        "",
    ]


def limit(result: QuestionRate) -> float:
    """Return the share that chance alone exceeds in one of forty cells if the true one is `LARGEST`."""
    return LARGEST + 1.96 * float(np.sqrt(LARGEST * (1 - LARGEST) / result.replications))


def highlights(results: list[QuestionRate]) -> list[str]:
    without: Mapping[str, float] = {r.truth: r.stated for r in results if not r.has_effect}
    above = sum(not r.has_effect and r.stated > limit(r) for r in results)
    met = "met" if not above else f"**not met** in {above} of {len(without)} rows"
    return [
        f"**Further questions of a study.** Without an effect, at most {max(without.values()):.1%} of tables state "
        f"one; the target is {LARGEST:.0%}, apart from chance: {met}."
    ]


PART = Part("questions", QuestionRate, measure, section, highlights=highlights)
