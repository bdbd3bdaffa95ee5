"""Summaries of pictures for rows of the caseload, computed once and stored with the picture."""

from __future__ import annotations

from dataclasses import dataclass

from securebase.charts.sparkline import alliance_sparkline, symptoms_sparkline
from securebase.errors import InputError
from securebase.picture import phrases, sentences
from securebase.picture.client import ClientPicture
from securebase.picture.parts import Signal, SignalKind
from securebase.schema import Place, from_plain, to_plain

#: Format number of stored summaries; increase it when their shape or meaning changes.
FORMAT = 1
#: Maximum number of signals in one row of the caseload.
_MAX_NOTES = 2


@dataclass(frozen=True, slots=True)
class Note:
    """One line in the column “What to know”."""

    tone: str
    text: str


@dataclass(frozen=True, slots=True)
class Summary:
    """One picture as a row of the caseload.

    `urgency` is the rank of its most urgent kind of signal (0 first), `gravest` the highest safety answer, and
    `symptoms` and `alliance` are sparklines as SVG.
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
        stored: dict[str, object] = to_plain(self)
        return stored

    @classmethod
    def from_stored(cls, data: object) -> Summary:
        """Parse a stored summary. Raises InputError if another version of the format stored it."""
        return from_plain(data, cls, Place("the stored summary", InputError), complete=True)


def summarise(picture: ClientPicture) -> Summary:
    ranks = [list(SignalKind).index(s.kind) for s in picture.signals if _calls_for_attention(s)]
    unsafe = [s for s in picture.signals if s.kind is SignalKind.SAFETY]
    return Summary(
        held=picture.header.sessions_held,
        symptoms=symptoms_sparkline(picture),
        symptoms_last=_format_score(picture.symptoms.reported[-1].value if picture.symptoms.reported else None),
        alliance=alliance_sparkline(picture),
        alliance_last=_format_score(picture.alliance.reported[-1].value if picture.alliance.reported else None),
        notes=_notes(picture),
        more=max(0, len(picture.signals) - _MAX_NOTES),
        answered=picture.answered,
        calls=sentences.needs_attention(picture),
        unsafe=bool(unsafe),
        urgency=min(ranks, default=len(SignalKind)),
        gravest=max((e.value for s in unsafe for e in s.evidence), default=0.0),
    )


def _calls_for_attention(signal: Signal) -> bool:
    return signal.tone.value in {"alert", "warn"}


def _notes(picture: ClientPicture) -> tuple[Note, ...]:
    if not picture.signals:
        return (Note("quiet", sentences.symptom_status(picture)),)
    return tuple(Note(s.tone.value, s.brief) for s in picture.signals[:_MAX_NOTES])


def _format_score(value: float | None) -> str:
    return phrases.number(value) if value is not None else ""


def placeholder_summary(text: str, *, grave: bool) -> Summary:
    """Return a summary with one note only, for a client without a picture."""
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
