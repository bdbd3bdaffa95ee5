"""What the caseload shows of one picture: worked out once, stored with the picture, read with the row."""

from __future__ import annotations

from dataclasses import dataclass

from securebase.charts.sparkline import alliance_sparkline, symptoms_sparkline
from securebase.picture import phrases, sentences, serialisation
from securebase.picture.client import ClientPicture
from securebase.picture.parts import Signal, SignalKind

#: Raised when the shape or meaning of a stored summary changes.
FORMAT = 1
#: Signals in one row of the caseload.
_IN_A_ROW = 2


@dataclass(frozen=True, slots=True)
class Note:
    """One line of what to know."""

    tone: str
    text: str


@dataclass(frozen=True, slots=True)
class Summary:
    """One picture in a row. `urgency` is the place of its gravest kind of signal, `gravest` its gravest safety answer;
    curves are SVG.
    """

    held: int
    symptoms: str
    symptoms_last: str
    alliance: str
    alliance_last: str
    notes: tuple[Note, ...]
    more: int
    answered: int
    calls: bool
    unsafe: bool
    urgency: int
    gravest: float

    def to_stored(self) -> dict[str, object]:
        stored: dict[str, object] = serialisation.to_plain(self)
        return stored

    @classmethod
    def from_stored(cls, data: object) -> Summary:
        """Raises InputError for what another version stored."""
        return serialisation.from_plain(cls, data)


def summary(picture: ClientPicture) -> Summary:
    urgency = [list(SignalKind).index(s.kind) for s in picture.signals if _loud(s)]
    unsafe = [s for s in picture.signals if s.kind is SignalKind.SAFETY]
    return Summary(
        held=picture.header.sessions_held,
        symptoms=symptoms_sparkline(picture),
        symptoms_last=_last(picture.symptoms.reported[-1].value if picture.symptoms.reported else None),
        alliance=alliance_sparkline(picture),
        alliance_last=_last(picture.alliance.reported[-1].value if picture.alliance.reported else None),
        notes=_notes(picture),
        more=max(0, len(picture.signals) - _IN_A_ROW),
        answered=picture.answered,
        calls=sentences.needs_attention(picture),
        unsafe=bool(unsafe),
        urgency=min(urgency, default=len(SignalKind)),
        gravest=max((e.value for s in unsafe for e in s.evidence), default=0.0),
    )


def _loud(signal: Signal) -> bool:
    return signal.tone.value in {"alert", "warn"}


def _notes(picture: ClientPicture) -> tuple[Note, ...]:
    if not picture.signals:
        return (Note("quiet", sentences.symptom_status(picture)),)
    return tuple(Note(s.tone.value, s.brief) for s in picture.signals[:_IN_A_ROW])


def _last(value: float | None) -> str:
    return phrases.number(value) if value is not None else ""


def without(text: str, *, grave: bool) -> Summary:
    """The row of a client of whom nothing can be drawn."""
    return Summary(
        held=0,
        symptoms="",
        symptoms_last="",
        alliance="",
        alliance_last="",
        notes=(Note("warn" if grave else "quiet", text),),
        more=0,
        answered=0,
        calls=grave,
        unsafe=False,
        urgency=0 if grave else len(SignalKind),
        gravest=0.0,
    )
