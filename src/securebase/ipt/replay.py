"""Worksheets of the hour read as what they are about: a dialogue, options weighed, a movement from before to after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from securebase.ipt.shelf import worksheet
from securebase.records.artefact import Row, Value

#: Who speaks, as the worksheet names them; a line of nobody is the client's.
SPEAKERS = ("client", "other", "silence")


@dataclass(frozen=True, slots=True)
class Turn:
    """One line of an exchange. `faults`: what went astray, in words."""

    speaker: str
    said: str
    meant: str = ""
    felt: str = ""
    heard: str = ""
    faults: tuple[str, ...] = ()
    better: str = ""


def dialogue(values: Mapping[str, Value]) -> tuple[Turn, ...]:
    """The lines of a communication analysis in order."""
    lines = worksheet("communication_analysis").field("lines")
    labels = {o.value: o.label for c in (lines.columns if lines else ()) if c.id == "faults" for o in c.options}
    return tuple(_turn(row, labels) for row in _rows(values, "lines"))


def _turn(row: Row, labels: Mapping[str, str]) -> Turn:
    faults = row.get("faults")
    speaker = str(row.get("speaker") or SPEAKERS[0])
    return Turn(
        speaker=speaker if speaker in SPEAKERS else SPEAKERS[0],
        faults=tuple(labels.get(f, f) for f in faults) if isinstance(faults, tuple) else (),
        **{name: _text(row, name) for name in ("said", "meant", "felt", "heard", "better")},
    )


@dataclass(frozen=True, slots=True)
class WeighedOption:
    """One option of a decision; rating 0 to 10, None where nobody rated it. chosen: it is the one to try first."""

    option: str
    likely: str
    good: str
    hard: str
    rating: float | None
    chosen: bool


def weighed_options(values: Mapping[str, Value]) -> tuple[WeighedOption, ...]:
    """The options of a decision analysis in the order in which they were named."""
    chosen = _key(values.get("chosen"))
    return tuple(
        WeighedOption(
            option=_text(row, "option"),
            likely=_text(row, "likely"),
            good=_text(row, "good"),
            hard=_text(row, "hard"),
            rating=_number(row.get("rating")),
            chosen=bool(chosen) and _key(row.get("option")) == chosen,
        )
        for row in _rows(values, "options")
    )


@dataclass(frozen=True, slots=True)
class RatingShift:
    """A rating on 0 to 10 before and after something, and the words of the two in a row."""

    before: float | None
    after: float | None

    @property
    def words(self) -> str:
        return " → ".join("?" if v is None else f"{v:g}" for v in (self.before, self.after))


def rating_shift(values: Mapping[str, Value], before: str, after: str) -> RatingShift | None:
    """The movement between two fields; None where neither says anything."""
    found = RatingShift(_number(values.get(before)), _number(values.get(after)))
    return None if found.before is None and found.after is None else found


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
