"""The wording of questionnaires that the clinic has loaded: files in a folder of its own, one for each version.

A version is never changed or deleted: an administration names the one that was answered. One that is withdrawn is asked
no more.
"""

from __future__ import annotations

import json
import logging
import os
import re
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from msgspec.structs import replace

from securebase.errors import InputError, SecurebaseError
from securebase.measurement.catalogue import instrument, instruments
from securebase.measurement.instrument import Instrument
from securebase.measurement.schedule import AskedPart
from securebase.measurement.wording import Wording, apply_wording
from securebase.schema import Place, from_plain, to_json

_log = logging.getLogger(__name__)
_WITHDRAWN = ".withdrawn.json"
_FILE = re.compile(r"[A-Za-z0-9-]+-\d+(\.withdrawn)?\.json")


def save_wording(wording: Wording) -> Wording:
    """Store a wording as the next version of its language, and return it with its number."""
    folder = _folder(wording.instrument)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    place = Place("wording", InputError)
    for number in range(_last_number(wording) + 1, 10_000):
        numbered = replace(wording, number=number)
        try:
            descriptor = os.open(_path(numbered), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:  # somebody else stored a version at the same moment
            continue
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(to_json(numbered, place, indent=1) + "\n")
            file.flush()
            os.fsync(file.fileno())
        return numbered
    raise InputError(f"{wording.instrument} has too many versions in {wording.language}")


def _last_number(wording: Wording) -> int:
    return max((w.number for w in _all_versions(wording.instrument) if w.language == wording.language), default=0)


def withdraw_wording(instrument_id: str, tag: str) -> bool:
    """Ask a version no more. Its file stays for the answers that were given to it. Returns False without one."""
    wording = next((w for w in versions(instrument_id) if w.tag == tag), None)
    if wording is None:
        return False
    path = _path(wording)
    path.rename(path.with_suffix(_WITHDRAWN))
    return True


def versions(instrument_id: str) -> tuple[Wording, ...]:
    """Return every version of an instrument that can be asked, by language, the newest first."""
    return _all_versions(instrument_id, withdrawn=False)


def _all_versions(instrument_id: str, *, withdrawn: bool = True) -> tuple[Wording, ...]:
    """Return the versions, also those withdrawn. A damaged file is left out and logged."""
    folder, loaded = _folder(instrument_id), []
    for path in sorted(folder.glob("*.json")) if folder.is_dir() else ():
        if _FILE.fullmatch(path.name) and (withdrawn or not path.name.endswith(_WITHDRAWN)):
            wording = _read(path, path.stat().st_mtime_ns)
            loaded += [wording] if wording else []
    return tuple(sorted(loaded, key=lambda w: (w.language, -w.number)))


def languages(instrument_id: str) -> tuple[str, ...]:
    """Return the languages in which the clinic has loaded an instrument."""
    return tuple(dict.fromkeys(w.language for w in versions(instrument_id)))


def find_wording(instrument_id: str, language: str) -> Wording | None:
    """Return the newest wording for a client's language: that language, one of its region, or English.

    A link that was sent before the last wording was withdrawn still asks in its words.
    """
    newest: dict[str, Wording] = {}
    for wording in versions(instrument_id) or _all_versions(instrument_id):
        newest.setdefault(wording.language.lower(), wording)
    base = language.lower().partition("-")[0]
    regions = [w for name, w in newest.items() if name.partition("-")[0] == base]
    return newest.get(language.lower()) or newest.get(base) or next(iter(regions), None) or newest.get("en")


def load_in_words(instrument_id: str, language: str) -> tuple[Instrument, str]:
    """Return an instrument with the texts that a client reads, and the tag of their version.

    Our own questionnaires have texts themselves, and an instrument without a loaded wording is returned as it is; the
    tag is then empty.
    """
    skeleton = instrument(instrument_id)
    wording = None if skeleton.own_wording else find_wording(instrument_id, language)
    return (skeleton, "") if wording is None else (apply_wording(skeleton, wording), wording.tag)


def worded_part(part: AskedPart, language: str) -> tuple[Instrument, str]:
    """Return the asked items of an instrument with the texts that a client reads, and the tag of their version."""
    full, tag = load_in_words(part.instrument, language)
    items = tuple(item for item in full.items if item.number in part.items)
    return replace(full, items=items), tag


def worded_as_answered(skeleton: Instrument, tag: str) -> Instrument:
    """Return an instrument with the wording of this version, or without texts if its file is gone."""
    wording = next((w for w in _all_versions(skeleton.id) if w.tag == tag), None) if tag else None
    return skeleton if wording is None else apply_wording(skeleton, wording)


def label_with_texts(skeleton: Instrument, language: str) -> Instrument:
    """Return an instrument whose short labels are followed by the loaded texts, for a paper form that is typed in."""
    wording = None if skeleton.own_wording else find_wording(skeleton.id, language)
    if wording is None:
        return skeleton
    texts = {number: text.strip() for number, text in wording.items.items() if text.strip()}
    items = (replace(i, label=f"{i.label}: {texts[i.number]}") if i.number in texts else i for i in skeleton.items)
    return replace(skeleton, items=tuple(items))


def can_be_asked(instrument_id: str) -> bool:
    """Return True if a client can answer the instrument on a page: its texts are ours, or were loaded."""
    known = instruments().get(instrument_id)
    return known is not None and known.respondent == "client" and (known.own_wording or bool(versions(instrument_id)))


def _folder(instrument_id: str) -> Path:
    folder: Path = settings.WORDINGS
    return folder / instrument(instrument_id).id  # the id of the shelf: no path can be made up


def _path(wording: Wording) -> Path:
    return _folder(wording.instrument) / f"{wording.tag}.json"


@lru_cache(maxsize=500)
def _read(path: Path, changed: int) -> Wording | None:
    try:
        return from_plain(json.loads(path.read_text(encoding="utf-8")), Wording, Place(path.name, InputError))
    except (OSError, ValueError, SecurebaseError) as error:
        _log.error("Cannot read the wording %s/%s: %s", path.parent.name, path.name, type(error).__name__)
        return None
