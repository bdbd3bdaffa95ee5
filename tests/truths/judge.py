"""Judge what an analysis concludes about a cohort whose truth is known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from .truth import Occasion, Truth

Outcome = Literal["wrong", "warned", "right", "withheld"]
#: rungs that say which of two columns comes first
DIRECTED = frozenset({"leads", "leads_adjusted", "randomised"})
UNDIRECTED = frozenset({"refused", "together", "contradicted", "inconclusive"})


@dataclass(frozen=True, slots=True)
class Conclusion:
    """Conclusion about an ordered pair of columns; also about a pair that was asked and left open.

    sign: that of the effect, 0 if the rung has no direction. attenuates: the association is said to weaken without
    trends. warned: the conclusion names the earlier hidden cause that would explain it. occasion: of the target's
    rating; it decides only whether a link that holds is said to attenuate, since a direction holds at either.
    """

    source: str
    target: str
    rung: str
    sign: int = 0
    attenuates: bool = False
    warned: bool = False
    occasion: Occasion | None = None

    def __post_init__(self) -> None:
        if self.rung not in DIRECTED | UNDIRECTED:
            raise ValueError(f"unknown rung: {self.rung}")
        if (self.sign in (-1, 1)) is not (self.rung in DIRECTED):
            raise ValueError(f"a directed rung needs the sign -1 or 1, any other 0 (got {self.sign} for {self.rung})")


@dataclass(frozen=True, slots=True)
class Judgement:
    """Outcome of a cohort, and of each pair that was asked.

    wrong: a link concluded that does not hold or has the other sign, or a link that holds said to attenuate. warned: an
    earlier confounder taken for a link, with the warning, and nothing worse. right: every link concluded that holds,
    was asked and can be told. withheld: everything else, which is the best outcome where no link holds.
    """

    outcome: Outcome
    pairs: dict[tuple[str, str], Outcome]


def judge(truth: Truth, conclusions: Iterable[Conclusion]) -> Judgement:
    """Judge the conclusions about all pairs that were asked."""
    pairs = {(c.source, c.target): _judge_pair(truth, c) for c in conclusions}
    tellable = {(link.source, link.target) for link in truth.links if link.tellable} & pairs.keys()
    outcomes = set(pairs.values())
    if "wrong" in outcomes:
        return Judgement("wrong", pairs)
    if "warned" in outcomes:
        return Judgement("warned", pairs)
    complete = bool(tellable) and all(pairs[pair] == "right" for pair in tellable)
    return Judgement("right" if complete else "withheld", pairs)


def _judge_pair(truth: Truth, conclusion: Conclusion) -> Outcome:
    pair = (conclusion.source, conclusion.target)
    links = [link for link in truth.links if (link.source, link.target) == pair]
    if conclusion.attenuates and any(conclusion.occasion in (None, link.occasion) for link in links):
        return "wrong"
    if conclusion.rung not in DIRECTED:
        return "withheld"
    if not {*truth.refused} & {*pair} and conclusion.sign in {link.sign for link in links}:
        return "right"
    # adjustment for what was measured cannot excuse it: the confounder reaches the source first
    return "warned" if pair in truth.unseen and conclusion.rung == "leads" and conclusion.warned else "wrong"
