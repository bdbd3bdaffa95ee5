"""Names that a reader has no need of: in texts for a colleague, people of the inventory become their relation."""

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
#: days, and what so many of them are called: the first of which there are two is used
_SPANS = ((365.25, "year"), (30.44, "month"), (float(_WEEK), "week"))
_WORDED = {FieldKind.LINE, FieldKind.TEXT}
#: Begins of names that tell nobody who it is, and begin sentences that speak of something else: “The choir”, “Mr Sand”.
_NO_NAMES = frozenset({"a", "an", "the", "my", "our", "his", "her", "their", "mr", "mrs", "ms", "miss", "dr", "prof"})


def replace_names(
    worksheet: Worksheet,
    artefact: ArtefactRecord,
    record: EpisodeRecord,
    names: Mapping[str, str],
    hidden: Sequence[str] = (),
) -> ArtefactRecord:
    """The artefact with every known name in its texts replaced. `names`: relationship → what the reader calls it;
    `hidden`: the client's own names. A name that the record does not hold cannot be found, and stays.
    """
    hide = name_replacer(record, names, hidden)
    values = {of.id: _hidden(of, artefact.values[of.id], hide) for of in worksheet.fields if of.id in artefact.values}
    return replace(artefact, values=values)


def name_replacer(record: EpisodeRecord, names: Mapping[str, str], hidden: Sequence[str] = ()) -> Callable[[str], str]:
    """Text → the same text with whole names, and each word of a name, replaced: “Jo Example” by “[partner]”."""
    known = {word: f"[{names[r.id]}]" for r in record.relationships if r.id in names for word in _words(r.name)}
    known |= {word: CLIENT for name in hidden for word in _words(name)}
    if not known:
        return lambda text: text
    known |= {word.upper(): shown for word, shown in known.items() if word.upper() not in known}
    longest_first = sorted(known, key=len, reverse=True)
    pattern = re.compile("|".join(_found_as(w) for w in longest_first))
    return lambda text: pattern.sub(lambda found: known[found[0]], text)


def replace_dates(worksheet: Worksheet, artefact: ArtefactRecord, began_on: date | None) -> ArtefactRecord:
    """The artefact with weeks of the therapy, or a time before it, instead of calendar days; without `began_on`
    nothing can be said of a day, and it is left out.
    """

    def told(of: Field, value: Any) -> Any:
        if of.kind is FieldKind.DATE and isinstance(value, str):
            return _from_begin(value, began_on)
        if of.kind is FieldKind.ROWS and isinstance(value, tuple):
            columns = {c.id: c for c in of.columns}
            return tuple({k: told(columns[k], v) if k in columns else v for k, v in row.items()} for row in value)
        return value

    values = {of.id: told(of, artefact.values[of.id]) for of in worksheet.fields if of.id in artefact.values}
    return replace(artefact, values=values)


def _from_begin(day: str, began_on: date | None) -> str | None:
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
    return f"about {count} {name}{'' if count == 1 else 's'} before the therapy"


def _found_as(word: str) -> str:
    """A pattern for the word by itself. Scripts without capitals often write words without a gap between them, or with
    a particle joined on: there it is found inside a word too.
    """
    return re.escape(word) if word.upper() == word.lower() else rf"(?<!\w){re.escape(word)}(?!\w)"


def _words(name: str) -> list[str]:
    """The whole name, however it is written, and each word of it that is one (an initial is none, nor is a word in
    small letters, such as “my” in “my boss”, nor an article or a title).
    """
    whole = " ".join(name.split())
    parts = [part for p in whole.split() if (part := p.strip(".,")).lower() not in _NO_NAMES]
    return [w for w in dict.fromkeys((whole, *parts)) if len(w) > 1 and (w == whole or not w[:1].islower())]


def _hidden(of: Field, value: Any, hide: Callable[[str], str]) -> Any:
    if of.kind in _WORDED and isinstance(value, str):
        return hide(value)
    if of.kind is FieldKind.ROWS and isinstance(value, tuple):
        columns = {c.id: c for c in of.columns}
        return tuple({k: _hidden(columns[k], v, hide) if k in columns else v for k, v in row.items()} for row in value)
    return value
