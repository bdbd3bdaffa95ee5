"""The lines of an exchange as a dialogue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from securebase.ipt.behaviour import Behaviour
from securebase.ipt.shelf import worksheet
from securebase.records.artefact import Row, Value, cell_text

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
    rows = values.get("lines")
    return tuple(_turn(row, labels) for row in (rows if isinstance(rows, tuple) else ()) if isinstance(row, Mapping))


def _turn(row: Row, labels: Mapping[str, str]) -> Turn:
    faults = row.get("faults")
    speaker = str(row.get("speaker") or SPEAKERS[0])
    return Turn(
        speaker=speaker if speaker in SPEAKERS else SPEAKERS[0],
        faults=tuple(labels.get(f, f) for f in faults) if isinstance(faults, tuple) else (),
        utterance=cell_text(row, "said"),
        **{name: cell_text(row, name) for name in ("meant", "felt", "heard", "better")},
    )


def above(values: Mapping[str, Value]) -> dict[str, Any]:
    return {"turns": dialogue(values)}


BEHAVIOUR = Behaviour(above=above)
