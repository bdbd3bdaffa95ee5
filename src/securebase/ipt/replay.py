"""Session worksheets as structured content: a dialogue, weighed options, ratings before and after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from securebase.ipt.shelf import worksheet
from securebase.records.artefact import Row, Value

#: Speakers as the worksheet names them; a line without a speaker is the client's.
SPEAKERS = ("client", "other", "silence")


@dataclass(frozen=True, slots=True)
class Turn:
    """One line of an exchange. faults: labels of the communication problems in it."""

    speaker: str
    utterance: str
    meant: str = ""
    felt: str = ""
    heard: str = ""
    faults: tuple[str, ...] = ()
    better: str = ""


def dialogue(values: Mapping[str, Value]) -> tuple[Turn, ...]:
    """Return the lines of a communication analysis in order."""
    lines = worksheet("communication_analysis").field("lines")
    labels = {o.value: o.label for c in (lines.columns if lines else ()) if c.id == "faults" for o in c.options}
    return tuple(_turn(row, labels) for row in _rows(values, "lines"))


def _turn(row: Row, labels: Mapping[str, str]) -> Turn:
    faults = row.get("faults")
    speaker = str(row.get("speaker") or SPEAKERS[0])
    return Turn(
        speaker=speaker if speaker in SPEAKERS else SPEAKERS[0],
        faults=tuple(labels.get(f, f) for f in faults) if isinstance(faults, tuple) else (),
        utterance=_text(row, "said"),
        **{name: _text(row, name) for name in ("meant", "felt", "heard", "better")},
    )


@dataclass(frozen=True, slots=True)
class WeighedOption:
    """One option of a decision. rating: 0 to 10, None if not rated. chosen: the option to try first."""

    option: str
    likely: str
    good: str
    hard: str
    rating: float | None
    chosen: bool


def weighed_options(values: Mapping[str, Value]) -> tuple[WeighedOption, ...]:
    """Return the options of a decision analysis in the order of the worksheet."""
    first_choice = _key(values.get("chosen"))
    return tuple(
        WeighedOption(
            option=_text(row, "option"),
            likely=_text(row, "likely"),
            good=_text(row, "good"),
            hard=_text(row, "hard"),
            rating=_number(row.get("rating")),
            chosen=bool(first_choice) and _key(row.get("option")) == first_choice,
        )
        for row in _rows(values, "options")
    )


@dataclass(frozen=True, slots=True)
class RatingShift:
    """A rating from 0 to 10 before and after something."""

    before: float | None
    after: float | None

    @property
    def words(self) -> str:
        """Both ratings in a row, such as “3 → 7”."""
        return " → ".join("?" if v is None else f"{v:g}" for v in (self.before, self.after))


def rating_shift(values: Mapping[str, Value], before: str, after: str) -> RatingShift | None:
    """Return the ratings of two fields, or None if both are open."""
    shift = RatingShift(_number(values.get(before)), _number(values.get(after)))
    return None if shift.before is None and shift.after is None else shift


def _rows(values: Mapping[str, Value], name: str) -> tuple[Row, ...]:
    value = values.get(name)
    return tuple(v for v in value if isinstance(v, Mapping)) if isinstance(value, tuple) else ()


def _text(row: Row, name: str) -> str:
    value = row.get(name)
    return value.strip() if isinstance(value, str) else ""


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _key(value: object) -> str:
    return " ".join(value.split()).casefold() if isinstance(value, str) else ""
