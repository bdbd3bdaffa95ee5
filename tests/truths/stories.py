"""Stories retold several times, with a known fall, return and learning; shares nothing with the package.

One story a client, three to six retellings, pauses of one week (three in five), two or three weeks. Ratings are whole
numbers and end at 0 and 100, which the model does not know.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp
from typing import NamedTuple

from .truth import Rng


class ToldStory(NamedTuple):
    """Days, peaks and ends of one story."""

    days: list[float]
    peaks: list[float]
    ends: list[float]


@dataclass(frozen=True, slots=True)
class Stories:
    """A truth of retellings.

    within: share of the peak lost within a retelling. returns: share of that fall that comes back after a long pause.
    learned: factor on the return after each retelling. differs: SD of both logits between stories. gaps: weeks, drawn
    with equal chances. wobble: SD by which each peak moves for other reasons.
    """

    within: float = 0.35
    returns: float = 0.6
    learned: float = 0.8
    differs: float = 0.4
    error: float = 4.0
    gaps: tuple[int, ...] = (1, 1, 1, 2, 3)
    wobble: float = 0.0

    def draw(self, stories: int, rng: Rng) -> list[ToldStory]:
        return [self._draw_one(rng) for _ in range(stories)]

    def _draw_one(self, rng: Rng) -> ToldStory:
        within = _moved(self.within, self.differs * rng.standard_normal())
        returns = _moved(self.returns, self.differs * rng.standard_normal())
        story = ToldStory([], [], [])
        day, peak = 0.0, 80.0 + 10.0 * rng.standard_normal()
        for k in range(int(rng.integers(3, 7))):
            start = peak + self.wobble * rng.standard_normal()
            end = start - within * start
            story.days.append(day)
            story.peaks.append(self._rate(start, rng))
            story.ends.append(self._rate(end, rng))
            weeks = int(rng.choice(self.gaps))
            peak = end + returns * self.learned**k * (start - end) * (1.0 - exp(-weeks))
            day += 7.0 * weeks
        return story

    def _rate(self, distress: float, rng: Rng) -> float:
        return min(max(float(round(distress + self.error * rng.standard_normal())), 0.0), 100.0)


def _moved(share: float, by: float) -> float:
    """Move a share on the logit scale."""
    odds = share / (1.0 - share) * exp(by)
    return odds / (1.0 + odds)
