"""A table of retellings as arrays: one row a retelling in, one story a column out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from securebase.errors import InputError, check_class
from securebase.model.parameters import Array

#: A pause of at least so many days separates what returns quickly from what returns in the end.
SPACED_DAYS = 14.0
#: Ratings run from 0 to 100; the model counts in tens, so that its numbers have a size of about 1.
UNIT = 10.0


@dataclass(frozen=True, slots=True)
class RetellingRow:
    """One retelling of a distressing story in a session.

    Parameters
    ----------
    story : str
        Name of the story. The same name with another client is another story.
    client : str
        Pseudonym of the client.
    day : float
        Time in days from any fixed day.
    peak : float
        Highest distress in the retelling, 0 to 100.
    end : float, optional
        Distress at its end, 0 to 100; None if it was not rated.

    References
    ----------
    Foa, E. B., & Kozak, M. J. (1986). Emotional processing of fear: Exposure to corrective information. Psychological
    Bulletin, 99, 20–35.

    Examples
    --------
    >>> import securebase
    >>> row = securebase.RetellingRow(story="the fire", client="c1", day=28.0, peak=80.0, end=55.0)
    >>> row.peak - row.end
    25.0
    """

    story: str
    client: str
    day: float
    peak: float
    end: float | None = None


@dataclass(frozen=True, eq=False)
class StoryTable:
    """n stories with up to K retellings, each story in order of time; padded with weight 0.

    stories: (client, story) of each. clients (n,): index of the client. days (K, n): of each retelling, from the first.
    peaks, ends (K, n): ratings in tens, 0 where not rated. has_peak, has_end (K, n): 1 where rated, else 0.
    lengths (n,): retellings of each story. spaced (n,): whether a story has a gap of two weeks or more.
    """

    stories: tuple[tuple[str, str], ...]
    clients: NDArray[np.int64]
    days: Array
    peaks: Array
    ends: Array
    has_peak: Array
    has_end: Array
    lengths: NDArray[np.int64]
    spaced: NDArray[np.bool_]

    @property
    def n(self) -> int:
        return len(self.stories)


def story_table(rows: Sequence[RetellingRow]) -> StoryTable:
    """Group retellings by client and story. Raises InputError for a rating outside 0 to 100, or two at one time."""
    groups: dict[tuple[str, str], list[RetellingRow]] = {}
    for number, row in enumerate(rows, start=1):
        check_class(row, RetellingRow, f"row {number}", advice="Pass a sequence of securebase.RetellingRow.")
        _check_row(row, number)
        groups.setdefault((row.client, row.story), []).append(row)
    sorted_stories = [sorted(group, key=lambda row: row.day) for group in groups.values()]
    for story in sorted_stories:
        _check_days(story)
    shape = (max(map(len, sorted_stories), default=0), len(sorted_stories))
    days, peaks, ends, has_peak, has_end = (np.zeros(shape) for _ in range(5))
    for i, story in enumerate(sorted_stories):
        for k, row in enumerate(story):
            days[k, i] = row.day - story[0].day
            peaks[k, i], has_peak[k, i] = row.peak / UNIT, 1.0
            if row.end is not None:
                ends[k, i], has_end[k, i] = row.end / UNIT, 1.0
        days[len(story) :, i] = days[len(story) - 1, i]
    names = list(dict.fromkeys(client for client, _ in groups))
    return StoryTable(
        stories=tuple(groups),
        clients=np.array([names.index(client) for client, _ in groups], dtype=np.int64),
        days=days,
        peaks=peaks,
        ends=ends,
        has_peak=has_peak,
        has_end=has_end,
        lengths=np.array([len(story) for story in sorted_stories], dtype=np.int64),
        spaced=np.array([_is_spaced(story) for story in sorted_stories], dtype=np.bool_),
    )


def _check_row(row: RetellingRow, number: int) -> None:
    for name, value in (("peak", row.peak), ("end", row.end)):
        if value is not None and not 0.0 <= value <= 100.0:
            raise InputError(
                f"{name} must be between 0 and 100 (got {value!r})",
                where=f"row {number}",
                advice="Rate distress from 0 to 100; leave an end that was not rated at None.",
            )
    if not np.isfinite(row.day):
        raise InputError(
            f"day must be a finite number (got {row.day!r})",
            where=f"row {number}",
            advice="Give days from any fixed day.",
        )


def _check_days(story: list[RetellingRow]) -> None:
    for before, after in pairwise(story):
        if before.day == after.day:
            raise InputError(
                f"two retellings on day {after.day:g}",
                where=f"client {after.client}, story “{after.story}”",
                advice="Give the second a later time, such as a fraction of a day.",
            )


def _is_spaced(story: list[RetellingRow]) -> bool:
    return any(after.day - before.day >= SPACED_DAYS for before, after in pairwise(story))
