"""Results of the checks of a fitted model: the numbers, and the sentences computed from them."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Any

from securebase.schema import plain_fields

#: consequence of skewed residuals or heavy tails
NORMALITY = "Standard errors from the observed information assume normal residuals; robust standard errors do not."

#: moments of residuals beyond this |z| are reported: two-sided 1%
_MAX_Z = 2.58


@dataclass(frozen=True, slots=True)
class ResidualCheck:
    """Standardised one-step-ahead residuals of one column, over `n` scores and `n_pairs` successive ones of one person.

    Where the model holds: mean 0, SD 1, no autocorrelation (at lag 1), skewness and excess kurtosis 0. `beyond` is the
    share outside ±3.
    """

    score: str
    n: int
    n_pairs: int
    mean: float
    sd: float
    autocorrelation: float | None
    skewness: float
    kurtosis: float
    beyond: float

    @property
    def sentence(self) -> str:
        """Deviations that exceed chance; empty where none does."""
        return self._sentence(self._dependence() + self._tails())

    @property
    def shape(self) -> str:
        """Skewness and kurtosis that exceed chance; empty where neither does."""
        return self._sentence(self._tails())

    def to_json(self) -> dict[str, Any]:
        names = ("score", "n", "mean", "sd", "autocorrelation", "skewness", "kurtosis", "beyond", "sentence", "shape")
        return plain_fields(self, *names)

    def _sentence(self, parts: list[str]) -> str:
        return f"{self.score}: {'; '.join(parts)}." if parts else ""

    def _dependence(self) -> list[str]:
        # under normality SE ≈ 1/√n
        if self.autocorrelation is None or abs(self.autocorrelation) * sqrt(self.n_pairs) <= _MAX_Z:
            return []
        sign = "positive" if self.autocorrelation > 0 else "negative"
        return [f"{sign} residual autocorrelation at lag 1 ({_signed_number(self.autocorrelation)})"]

    def _tails(self) -> list[str]:
        # under normality SE ≈ √(6/n) (skewness), √(24/n) (kurtosis)
        parts = []
        if abs(self.skewness) > _MAX_Z * sqrt(6.0 / self.n):
            side = "right" if self.skewness > 0 else "left"
            parts.append(f"residuals skewed to the {side} (skewness {_signed_number(self.skewness)})")
        if abs(self.kurtosis) > _MAX_Z * sqrt(24.0 / self.n):
            weight = "heavy" if self.kurtosis > 0 else "light"
            parts.append(f"{weight} tails (excess kurtosis {_signed_number(self.kurtosis)})")
        return parts


@dataclass(frozen=True, slots=True)
class PredictiveCheck:
    """One statistic of the data beside the median and the central 95% of replicated tables; p is two-sided.

    `measure` is the statistic without the names of its `columns`.
    """

    statistic: str
    observed: float
    median: float
    lower: float
    upper: float
    p: float
    measure: str
    columns: tuple[str, ...]
    is_share: bool

    @property
    def is_reproduced(self) -> bool:
        return self.lower <= self.observed <= self.upper

    @property
    def sentence(self) -> str:
        value, low, high = (
            f"{v:.1%}" if self.is_share else f"{v:.3g}" for v in (self.observed, self.lower, self.upper)
        )
        return (
            f"{self.statistic}: {value} in the data, {low} to {high} in 95% of simulated tables"
            f"{'' if self.is_reproduced else '; the model does not reproduce it'}."
        )

    def to_json(self) -> dict[str, Any]:
        numbers = ("statistic", "observed", "median", "lower", "upper", "p", "is_reproduced", "sentence")
        return plain_fields(self, *numbers, "measure", "columns", "is_share")


@dataclass(frozen=True, slots=True)
class PersonFit:
    """An outlying person: squared Mahalanobis distance of all scores, its degrees of freedom and p.

    p is below .05 after Bonferroni correction for the number of persons.
    """

    person: str
    distance: float
    df: int
    p: float


@dataclass(frozen=True, slots=True)
class ModelChecks:
    """All checks of one fit over `n_persons` persons and as many `replicates` of their table."""

    residuals: tuple[ResidualCheck, ...]
    predictive: tuple[PredictiveCheck, ...]
    persons: tuple[PersonFit, ...]
    replicates: int
    n_persons: int

    @property
    def shapes(self) -> tuple[str, ...]:
        """Sentences on skewed residuals and heavy tails, and on their consequence."""
        sentences = tuple(check.shape for check in self.residuals if check.shape)
        return (*sentences, NORMALITY) if sentences else ()

    @property
    def count(self) -> str:
        """Number of statistics that the model does not reproduce, and that chance would give."""
        n_outside = sum(not check.is_reproduced for check in self.predictive)
        return (
            f"Of {len(self.predictive)} statistics of the data, {n_outside} {'lies' if n_outside == 1 else 'lie'} "
            f"outside the central 95% of tables simulated from the model; about {0.05 * len(self.predictive):.1g} "
            "would by chance."
        )

    @property
    def outlying(self) -> tuple[str, ...]:
        """A sentence on outlying persons; nothing if there are none."""
        if not self.persons:
            return ()
        names = ", ".join(f"“{person.person}”" for person in self.persons[:5])
        suffix = f" and {len(self.persons) - 5} more" if len(self.persons) > 5 else ""
        verb = "fits" if len(self.persons) == 1 else "fit"
        return (
            f"{len(self.persons)} of {self.n_persons} persons {verb} the model worse than chance would explain: "
            f"{names}{suffix}.",
        )

    @property
    def summary(self) -> tuple[str, ...]:
        """Sentences on what the model does not reproduce."""
        return (
            *(check.sentence for check in self.residuals if check.sentence),
            *self.shapes[-1:],
            self.count,
            *(check.sentence for check in self.predictive if not check.is_reproduced),
            *self.outlying,
        )

    def to_json(self) -> dict[str, Any]:
        """Return numbers and sentences as plain values."""
        return {
            "residuals": [check.to_json() for check in self.residuals],
            "predictive": [check.to_json() for check in self.predictive],
            **plain_fields(self, "persons", "replicates", "summary"),
        }


def _signed_number(x: float) -> str:
    """Format with two decimals and a proper minus sign."""
    return f"{x:.2f}".replace("-", "−")
