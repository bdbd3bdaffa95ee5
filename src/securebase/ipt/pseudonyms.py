"""Pseudonyms in texts for a colleague: names of people become their relation to the client, dates become weeks."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from securebase.ipt.worksheet import Field, FieldKind, Worksheet
from securebase.records.artefact import ArtefactRecord
from securebase.records.episode import EpisodeRecord

CLIENT = "[the client]"
_WEEK = 7
#: Units of time (days, name), longest first; the first unit that fits at least twice is used.
_SPANS = ((365.25, "year"), (30.44, "month"), (float(_WEEK), "week"))
_TEXT_KINDS = {FieldKind.LINE, FieldKind.TEXT}
#: First words of names, such as “The choir” or “Mr Sand”, that identify nobody and also start other sentences.
_COMMON_WORDS = frozenset(
    {"a", "an", "the", "my", "our", "his", "her", "their", "mr", "mrs", "ms", "miss", "dr", "prof"}
)


def replace_names(
    worksheet: Worksheet,
    artefact: ArtefactRecord,
    record: EpisodeRecord,
    names: Mapping[str, str],
    hidden: Sequence[str] = (),
) -> ArtefactRecord:
    """Return the artefact with every known name in its texts replaced.

    names: relationship id → pseudonym; hidden: the client's own names. Names that the record does not hold remain.
    """
    hide = name_replacer(record, names, hidden)
    fields = [f for f in worksheet.fields if f.id in artefact.values]
    values = {f.id: _replace_in_value(f, artefact.values[f.id], hide) for f in fields}
    return replace(artefact, values=values)


def name_replacer(record: EpisodeRecord, names: Mapping[str, str], hidden: Sequence[str] = ()) -> Callable[[str], str]:
    """Return a function that replaces names and each word of a name: “Jo Example” and “Jo” by “[partner]”."""
    pseudonyms = {
        word: f"[{names[r.id]}]"
        for r in record.relationships
        if r.id in names
        for word in _name_words(r.name)
        if word.casefold() != names[r.id].casefold()
    }
    pseudonyms |= {word: CLIENT for name in hidden for word in _name_words(name)}
    if not pseudonyms:
        return lambda text: text
    pseudonyms |= {word.upper(): pseudonym for word, pseudonym in pseudonyms.items() if word.upper() not in pseudonyms}
    longest_first = sorted(pseudonyms, key=len, reverse=True)
    pattern = re.compile("|".join(_word_pattern(w) for w in longest_first))
    return lambda text: pattern.sub(lambda match: pseudonyms[match[0]], text)


def replace_dates(worksheet: Worksheet, artefact: ArtefactRecord, began_on: date | None) -> ArtefactRecord:
    """Return the artefact with weeks of the therapy, or a time before it, instead of calendar days.

    Without `began_on`, days are left out.
    """

    def replace_in_value(field: Field, value: Any) -> Any:
        if field.kind is FieldKind.DATE and isinstance(value, str):
            return _relative_time(value, began_on)
        if field.kind is FieldKind.ROWS and isinstance(value, tuple):
            columns = {c.id: c for c in field.columns}
            return tuple(
                {k: replace_in_value(columns[k], v) if k in columns else v for k, v in row.items()} for row in value
            )
        return value

    values = {f.id: replace_in_value(f, artefact.values[f.id]) for f in worksheet.fields if f.id in artefact.values}
    return replace(artefact, values=values)


def _relative_time(day: str, began_on: date | None) -> str | None:
    try:
        days = (date.fromisoformat(day) - began_on).days if began_on is not None else None
    except ValueError:
        return None
    if days is None:
        return None
    if days >= 0:
        return f"week {days // _WEEK + 1}"
    length, name = next((span for span in _SPANS if -days >= 2 * span[0]), _SPANS[-1])
    count = max(1, round(-days / length))
    return f"about {count} {name}{'' if count == 1 else 's'} before therapy"


def _word_pattern(word: str) -> str:
    """Return a pattern for the word on its own.

    Scripts without capitals often write words without spaces, or attach a particle. There the pattern also matches
    inside a word.
    """
    return re.escape(word) if word.upper() == word.lower() else rf"(?<!\w){re.escape(word)}(?!\w)"


def _name_words(name: str) -> list[str]:
    """Return the whole name, even in lower case, and each word of it that identifies the person.

    Initials, lower-case words such as “my” in “my boss”, articles and titles do not.
    """
    full_name = " ".join(name.split())
    parts = [part for p in full_name.split() if (part := p.strip(".,")).lower() not in _COMMON_WORDS]
    return [w for w in dict.fromkeys((full_name, *parts)) if len(w) > 1 and (w == full_name or not w[:1].islower())]


def _replace_in_value(field: Field, value: Any, hide: Callable[[str], str]) -> Any:
    if field.kind in _TEXT_KINDS and isinstance(value, str):
        return hide(value)
    if field.kind is FieldKind.ROWS and isinstance(value, tuple):
        columns = {c.id: c for c in field.columns}
        return tuple(
            {k: _replace_in_value(columns[k], v, hide) if k in columns else v for k, v in row.items()} for row in value
        )
    return value
