"""Answers about mediation: one class for each kind, with its rule, and the sentences and tables that they share."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from math import sqrt
from typing import ClassVar

from securebase.study.labels import lower_labels
from securebase.study.mediation.between import ARM
from securebase.study.mediation.confounding import Confounding
from securebase.study.mediation.joint import JointEstimate
from securebase.study.mediation.paths import PathEstimate, Route, Stages, routes_of
from securebase.study.phrases import number
from securebase.study.questions.question import Answer, AnswerInterval, AnswerTable

Labels = Mapping[str, str]

_HIDDEN_CAUSE = (
    "An unmeasured common cause of mediator and outcome gives the same pattern. Sensitivity is the correlation ρ of "
    "the errors of mediator and outcome at which the estimate would be zero (Imai, Keele & Yamamoto 2010)."
)


class EdgeGrade(StrEnum):
    """Basis of an edge of the path diagram. open: its interval includes zero."""

    ASSIGNED = "assigned"
    EARLIER = "earlier"
    TOGETHER = "together"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class GradedEdge:
    """An edge of the path diagram. earlier and later: names of variables."""

    earlier: str
    later: str
    effect: AnswerInterval
    grade: EdgeGrade


@dataclass(frozen=True, slots=True)
class MediationAnswer(Answer):
    """Answer about one cause. stages: the cause, its mediators, the outcome."""

    grade: ClassVar[EdgeGrade]
    #: of figures; products of two lags are small
    decimals: ClassVar[int] = 2

    question: str
    stages: Stages

    @property
    @abstractmethod
    def main(self) -> PathEstimate:
        """The estimate that tables and diagram show."""

    @property
    def supported(self) -> tuple[tuple[str, ...], ...]:
        """Mediators of each route whose indirect effect differs from zero in every reading, with one sign."""
        return tuple(route.through for route in self.main.routes if self._sign(route) != 0)

    @property
    def edges(self) -> tuple[GradedEdge, ...]:
        """Steps of the path model, then the direct effect."""
        direct = (self.stages[0][0], self.stages[-1][0], self.main.direct)
        steps = [(p.earlier, p.later, p.effect) for p in self.main.paths]
        return tuple(GradedEdge(a, b, effect, self._grade(a, effect)) for a, b, effect in (*steps, direct))

    def name(self, variable: str, labels: Labels) -> str:
        """Return the label of a variable; controls are earlier values of variables."""
        plain, _, earlier = variable.partition(", ")
        return f"{'earlier ' if earlier else ''}{labels.get(plain, plain)}"

    def text(self, interval: AnswerInterval) -> str:
        """Return an estimate with its interval."""
        estimate, lower, upper = (number(x, self.decimals) for x in (interval.estimate, interval.lower, interval.upper))
        return f"{estimate} ({lower} to {upper})"

    def in_words(self, labels: Labels) -> str:
        """Return whether the paths are consistent with mediation, without figures."""
        cause, outcome = self.name(self.stages[0][0], labels), self.name(self.stages[-1][0], labels)
        if not self.supported:
            through = " or ".join(self._through(through, labels) for through in routes_of(self.stages))
            return f"{cause} → {outcome} through {through}: inconclusive."
        by = " and ".join(self._through(through, labels) for through in self.supported)
        last = " or ".join(self.name(through[-1], labels) for through in self.supported)
        return (
            f"{cause} → {outcome}: consistent with mediation by {by}, and with an unmeasured common cause of {last} "
            f"and {outcome}{self._reverse()}."
        )

    def figures_in_words(self, labels: Labels) -> str:
        """Return the strength of a hidden cause and the smallest effect that would be detected."""
        sentences = [self._sensitivity(c, labels) for c in self.main.confounding if self._is_supported(c.mediator)]
        smallest = min(route.smallest for route in self.main.routes)
        power = (
            f"Smallest indirect effect detectable with 80% power: about {number(smallest, 3)} SDs "
            f"({self.main.n_persons:,} persons)."
        )
        return " ".join([*sentences, power])

    def tables(self, labels: Labels) -> tuple[AnswerTable, ...]:
        """Return the steps, indirect, direct and total effects, and their sensitivity."""
        return (self._table(labels),)

    def _table(self, labels: Labels) -> AnswerTable:
        outcome, n = self.name(self.stages[-1][0], labels), len(self.stages) - 1
        steps = ("a", *(("d",) if n == 3 else (f"d{k}" for k in range(1, n - 1))), "b")
        columns = ("", *steps, "effect (95% interval)", "ρ at zero effect")
        rows = [
            self._route_row(route, c, labels) for route, c in zip(self.main.routes, self.main.confounding, strict=True)
        ]
        rest = [
            *([("all mediators", self.main.indirect)] if len(self.main.routes) > 1 else []),
            ("direct", self.main.direct),
            ("total", self.main.total),
        ]
        blank = ("–",) * len(steps)
        rows += [(name, *blank, self.text(effect), "–") for name, effect in rest]
        caption = f"Effects of {self.name(self.stages[0][0], labels)} on {outcome}, {self._unit()}"
        return AnswerTable(lower_labels(caption, labels), columns, tuple(rows))

    def _route_row(self, route: Route, sensitivity: Confounding, labels: Labels) -> tuple[str, ...]:
        chain = (self.stages[0][0], *route.through, self.stages[-1][0])
        steps = (self.text(self.main.path(*edge).effect) for edge in pairwise(chain))
        through = f"through {self._through(route.through, labels)}"
        return (through, *steps, self.text(route.effect), number(sensitivity.to_zero))

    def _reverse(self) -> str:
        """Return that the reverse order fits as well; empty where the design orders the variables."""
        return ""

    def _unit(self) -> str:
        return "in SDs"

    def _through(self, through: tuple[str, ...], labels: Labels) -> str:
        return " → ".join(self.name(name, labels) for name in through)

    def _is_supported(self, mediator: str) -> bool:
        return any(through[-1] == mediator for through in self.supported)

    def _sign(self, route: Route) -> int:
        """Return the sign of an indirect effect on which all readings agree, else 0."""
        return route.effect.sign

    def _grade(self, _earlier: str, effect: AnswerInterval) -> EdgeGrade:
        return self.grade if effect.sign else EdgeGrade.OPEN

    def _sensitivity(self, c: Confounding, labels: Labels) -> str:
        mediator, outcome = self.name(c.mediator, labels), self.name(self.stages[-1][0], labels)
        significant = number(sqrt(abs(c.to_insignificance)))
        words = (
            f"{mediator} → {outcome}: a hidden cause that correlates {number(sqrt(abs(c.to_zero)))} with the errors of "
            f"both (ρ = {number(c.to_zero)}) would bring the estimate to zero; a correlation of {significant} would "
            "make it inconclusive."
        )
        same = {name: rho for name, rho in c.measured.items() if rho * c.to_zero > 0}
        if not same:
            return words
        strongest = max(same, key=lambda name: abs(same[name]))
        cause = self.name(strongest, labels)
        return f"{words} The strongest measured common cause is {cause} (ρ = {number(same[strongest])})."


@dataclass(frozen=True, slots=True)
class WithinMediation(MediationAnswer):
    """Paths within persons under two adjustments. offsets: row of each stage, counted from that of the process."""

    heading: ClassVar[str] = "Mediation within persons"
    rule: ClassVar[str] = (
        "The mediator is rated after the process, and the outcome after the mediator. Each regression adjusts for all "
        "columns of the study at the time of its predictors, earlier values of its outcome included. A path is "
        "reported if its 95% Monte Carlo interval excludes zero with the same sign, both centred and detrended; "
        "intervals are not corrected for the number of mediators. A mediator that moves with the process gives the "
        "same pattern if both are measured with error. Steps are averages over persons: where persons differ in both, "
        "the mean indirect effect is a · b plus the covariance of a and b between persons, which is not estimated. "
        f"{_HIDDEN_CAUSE}"
    )
    grade: ClassVar[EdgeGrade] = EdgeGrade.EARLIER
    decimals: ClassVar[int] = 3

    offsets: tuple[int, ...]
    centred: PathEstimate
    detrended: PathEstimate

    @property
    def main(self) -> PathEstimate:
        return self.detrended

    def figures_in_words(self, labels: Labels) -> str:
        """Return the centred indirect effects too."""
        centred = ", ".join(
            f"through {self._through(r.through, labels)} {self.text(r.effect)}" for r in self.centred.routes
        )
        figures = MediationAnswer.figures_in_words(self, labels)
        return f"Centred, not detrended: {centred}; direct {self.text(self.centred.direct)}. {figures}"

    def _unit(self) -> str:
        return "in SDs, adjusted for the common time course and detrended within persons"

    def _sign(self, route: Route) -> int:
        centred = next(r for r in self.centred.routes if r.through == route.through)
        return route.effect.sign if route.effect.sign == centred.effect.sign else 0


@dataclass(frozen=True, slots=True)
class ChangeMediation(MediationAnswer):
    """Paths between changes from first to last rating."""

    heading: ClassVar[str] = "Mediation of change between persons"
    rule: ClassVar[str] = (
        "Changes from first to last rating are regressed on each other, over persons. A path is reported if its 95% "
        "Monte Carlo interval excludes zero. The changes happen at the same time: their order is assumed, and the "
        f"reverse order gives the same pattern. Change scores are unreliable, so power is low. {_HIDDEN_CAUSE}"
    )
    grade: ClassVar[EdgeGrade] = EdgeGrade.TOGETHER

    estimate: PathEstimate

    @property
    def main(self) -> PathEstimate:
        return self.estimate

    def _reverse(self) -> str:
        return ", and with the reverse order, because the changes are simultaneous"

    def _unit(self) -> str:
        return "in SDs of change"


@dataclass(frozen=True, slots=True)
class LevelMediation(MediationAnswer):
    """Paths between levels in successive parts of the course."""

    heading: ClassVar[str] = "Mediation of levels between persons"
    rule: ClassVar[str] = (
        "The cause is the mean rating at the start of the course, each mediator that of a later part, the outcome that "
        "of the last part, over persons. A path is reported if its 95% Monte Carlo interval excludes zero. Levels are "
        "stable, so their order is weak evidence, and everything that differs between persons is a possible common "
        f"cause. {_HIDDEN_CAUSE}"
    )
    grade: ClassVar[EdgeGrade] = EdgeGrade.TOGETHER

    estimate: PathEstimate

    @property
    def main(self) -> PathEstimate:
        return self.estimate

    def _unit(self) -> str:
        return "in SDs between persons"


@dataclass(frozen=True, slots=True)
class TrialMediation(MediationAnswer):
    """Paths from the arm to the outcome. joint: of the continuous-time model; None for a chain of mediators.

    given_outcome: of a chain, adjusted for the outcome when each mediator was rated.
    """

    heading: ClassVar[str] = "Mediation of the treatment effect"
    rule: ClassVar[str] = (
        "Random assignment of the arm does not protect the path from mediator to outcome. Mediators are rated in the "
        "middle of the course and the outcome at its end, both adjusted for their ratings at the start. A path is "
        "reported if its 95% Monte Carlo interval excludes zero here and in the joint model. The joint model separates "
        "measurement error and follows the mediator over the whole course. Its proportion mediated is the part of the "
        "effect on the error-free outcome at the end that would vanish if the mediator did not act on the outcome. "
        "Proportions of several mediators need not add up, and none is given if the total effect may be zero. A chain "
        "of mediators has no joint model: it is reported if the interval also excludes zero after adjustment for the "
        "outcome when each mediator was rated. All paths assume that a mediator acts alike in both arms, and intervals "
        f"are not corrected for the number of mediators. {_HIDDEN_CAUSE}"
    )
    grade: ClassVar[EdgeGrade] = EdgeGrade.EARLIER

    treated: str
    reference: str
    estimate: PathEstimate
    joint: JointEstimate | None
    given_outcome: PathEstimate | None = None

    @property
    def on_first_page(self) -> bool:
        return True

    @property
    def main(self) -> PathEstimate:
        return self.estimate

    def name(self, variable: str, labels: Labels) -> str:
        """Return the label of a variable, and for the cause both arms."""
        if variable == ARM:
            return f"{self.treated} versus {self.reference}"
        return MediationAnswer.name(self, variable, labels)

    def in_words(self, labels: Labels) -> str:
        """Return whether the treatment effect is consistent with mediation, without figures."""
        words = MediationAnswer.in_words(self, labels)
        if self.supported:
            return f"{words.removesuffix('.')}, which random assignment of the arm does not exclude."
        if not self.estimate.total.sign:
            return f"{words} The data do not show a difference between the arms."
        return words

    def figures_in_words(self, labels: Labels) -> str:
        """Return the proportion mediated in both analyses."""
        figures = MediationAnswer.figures_in_words(self, labels)
        if self.joint is not None and self.joint.reason:
            return f"The joint model could not be fitted. {self.joint.reason} {figures}"
        if self.joint is None:
            return " ".join([*self._chain_in_words(), figures])
        if self.joint.share is None:
            return figures
        regression = f", regression {self.estimate.share}" if self.estimate.share else ""
        opposite = (
            ""
            if 0 <= self.joint.share.estimate <= 1
            else " A proportion below 0 or above 1: the estimates of direct and indirect effect have opposite signs."
        )
        return f"Proportion mediated: joint model {self.joint.share}{regression}.{opposite} {figures}"

    def _chain_in_words(self) -> list[str]:
        """Return why a chain that differs from zero by regression is not reported."""
        if self.supported or not self.estimate.routes[0].effect.sign:
            return []
        reason = (
            "the outcome has too few ratings when the mediators were rated, so that its action on them is not excluded"
            if self.given_outcome is None
            else "it is not shown given the outcome when each mediator was rated: the outcome may act on the mediators"
        )
        return [f"By regression alone the chain differs from zero, but {reason}."]

    def tables(self, labels: Labels) -> tuple[AnswerTable, ...]:
        """Return the regressions, then the joint model."""
        if self.joint is None or self.joint.total is None or self.joint.indirect is None:
            return (self._table(labels),)
        rows = [
            (f"through {self.name(m.mediator, labels)}", str(m.indirect), _or_dash(m.share))
            for m in self.joint.mediators
        ]
        if len(rows) > 1:
            rows.append(("all mediators", str(self.joint.indirect), _or_dash(self.joint.share)))
        rows.append(("total", str(self.joint.total), "–"))
        caption = f"Joint model: effects on {self.name(self.stages[-1][0], labels)} at the end of the course, in points"
        return AnswerTable(
            lower_labels(caption, labels),
            ("", "effect (95% interval)", "proportion mediated (95% interval)"),
            tuple(rows),
        ), self._table(labels)

    def _unit(self) -> str:
        return "in SDs of first ratings, by regression"

    def _sign(self, route: Route) -> int:
        if self.joint is None:
            # without a joint model, an outcome that acts on the mediators would give the chain
            given = self.given_outcome.routes[0].effect.sign if self.given_outcome else 0
            return route.effect.sign if given == route.effect.sign else 0
        joint = next((m for m in self.joint.mediators if (m.mediator,) == route.through), None)
        return route.effect.sign if joint is not None and joint.indirect.sign == route.effect.sign else 0

    def _grade(self, earlier: str, effect: AnswerInterval) -> EdgeGrade:
        if not effect.sign:
            return EdgeGrade.OPEN
        return EdgeGrade.ASSIGNED if earlier == ARM else EdgeGrade.EARLIER


def _or_dash(interval: AnswerInterval | None) -> str:
    return "–" if interval is None else str(interval)
