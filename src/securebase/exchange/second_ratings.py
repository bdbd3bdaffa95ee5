"""Constructs that are rated both before and after a session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from securebase.errors import InputError, TableError
from securebase.records.vocabulary import Moment


@dataclass(frozen=True, slots=True)
class RatedConstructs:
    """All constructs of a table with their moments and columns, second ratings last.

    The main rating of a construct keeps its name, and the second one is a construct named like its column, so that
    lags and models read one rating only. pairs: construct → constructs with the rating before and after.
    """

    moments: Mapping[str, Moment]
    indicators: Mapping[str, tuple[str, ...]]
    pairs: Mapping[str, tuple[str, str]]

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(column for name in self.moments for column in self.indicators.get(name) or (name,))


def add_second_ratings(
    file: str,
    moments: Mapping[str, Moment],
    indicators: Mapping[str, tuple[str, ...]],
    before_and_after: Mapping[str, Sequence[str]],
) -> RatedConstructs:
    """Add the second ratings to the outcome and processes. Raises TableError or InputError where they do not fit.

    moments: of the outcome and the processes; it decides which of two ratings is the main one.
    """
    all_moments, all_indicators = dict(moments), dict(indicators)
    pairs: dict[str, tuple[str, str]] = {}
    for name, columns in before_and_after.items():
        if name not in moments:
            raise TableError(
                f"ratings before and after the session are given for “{name}”, which is neither outcome nor process",
                file=file,
                advice="Name it as the outcome or as a process, too.",
            )
        if isinstance(columns, str) or len(columns) != 2 or not all(isinstance(column, str) for column in columns):
            raise InputError(
                f"before_and_after of “{name}” must name two columns (got {columns!r})",
                advice=f'Write {{"{name}": (column before the session, column after it)}}.',
            )
        if indicators.get(name):
            raise TableError(
                f"“{name}” has both indicators and ratings before and after the session",
                file=file,
                advice="Use one column for each rating.",
            )
        before, after = columns
        match moments[name]:
            case Moment.BEFORE:
                main, second, pairs[name] = before, after, (name, after)
            case Moment.AFTER:
                main, second, pairs[name] = after, before, (before, name)
            case Moment.BETWEEN:
                raise TableError(
                    f"“{name}” is measured between sessions, not before and after them",
                    file=file,
                    advice="Give it the moment of the rating that lags should use: before or after.",
                )
        if second == name:
            raise TableError(
                f"“{name}” is the name of both the construct and the column of its second rating",
                file=file,
                advice="Give the construct a name of its own.",
            )
        if second in all_moments:
            raise TableError("the column is used twice", file=file, column=second, advice="Use each column once.")
        all_moments[second] = Moment.AFTER if moments[name] is Moment.BEFORE else Moment.BEFORE
        if main != name:
            all_indicators[name] = (main,)
    return RatedConstructs(all_moments, all_indicators, pairs)
