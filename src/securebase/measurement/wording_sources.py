"""Sources of a wording: pasted lines, a FHIR Questionnaire, a TOML file. Nothing that was read is dropped.

What cannot be placed is returned in `leftover`, so that a person places it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import msgspec

from securebase.errors import InstrumentError
from securebase.measurement.instrument import Instrument
from securebase.measurement.wording import AnswerLabel, Wording, answer_values, needed_items
from securebase.schema import Place, convert, parse_toml

#: Largest file that is read, in bytes.
MAX_BYTES = 1_000_000
_NUMBERED = re.compile(r"\(?(?:item\s*)?(\d{1,3})\s*[.):–-]\s*(\S.*)|(\d{1,3})[\s\t]+(\S.*)", re.IGNORECASE)
_BULLET = re.compile(r"(?:[-•*–·◦▪]|\(?[a-z][.)])\s+(\S.*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Draft:
    """The content of a source: texts by item, words of answers by value, introduction, lines without a place."""

    items: Mapping[int, str] = field(default_factory=dict)
    answers: Mapping[float, str] = field(default_factory=dict)
    own_answers: Mapping[int, Mapping[float, str]] = field(default_factory=dict)
    introduction: str = ""
    low_label: str = ""
    high_label: str = ""
    language: str = ""
    leftover: tuple[str, ...] = ()

    def wording(self, instrument: Instrument, language: str) -> Wording:
        """Return the wording, checked by nobody yet; lines without text are left out."""
        return Wording(
            instrument=instrument.id,
            instrument_version=instrument.version,
            language=language,
            items={number: text for number, text in self.items.items() if text.strip()},
            introduction=self.introduction,
            answers=_as_answers(self.answers),
            own_answers={n: _as_answers(labels) for n, labels in self.own_answers.items() if labels},
            low_label=self.low_label,
            high_label=self.high_label,
        )


def _as_answers(labels: Mapping[float, str]) -> tuple[AnswerLabel, ...]:
    return tuple(AnswerLabel(value, label) for value, label in labels.items() if label.strip())


# ---- pasted lines ----------------------------------------------------------------------------------------------------
def parse_pasted_text(instrument: Instrument, text: str) -> Draft:
    """Read the lines of a questionnaire as they were copied from its sheet.

    Items are numbered, have bullets, or are the last lines of the text; a line that holds all answers, or one line for
    each answer, gives their words; lines before the first item are the introduction.
    """
    values = answer_values(instrument.items[0])
    lines = [re.sub(r"[ \u00a0]+", " ", line).strip() for line in text.replace("\r", "\n").split("\n")]
    lines = [_without_boxes(line, values) for line in lines if line]
    answers, lines = _take_answers(lines, values)
    numbers = [item.number for item in instrument.items]
    numbered = _numbered_lines(lines, len(numbers))
    if numbered:
        return _place_numbered(lines, numbered, numbers, answers)
    bullets = [match[1] if (match := _BULLET.fullmatch(line)) else None for line in lines]
    if sum(b is not None for b in bullets) >= 2:
        first = next(n for n, b in enumerate(bullets) if b is not None)
        entries = _join_wrapped(lines[first:], bullets[first:])
        return _place(entries, numbers, answers, lines[:first])
    count = len(needed_items(instrument))
    if len(lines) >= len(numbers) and not _begins_with_introduction(lines[-len(numbers) :]):
        count = len(numbers)
    head = max(len(lines) - count, 0)
    return _place(lines[head:], numbers, answers, lines[:head])


def _begins_with_introduction(lines: Sequence[str]) -> bool:
    """Return True if the first line ends like a sentence or a heading, and most others do not."""
    mark = lines[0][-1]
    return mark in ".:?" and sum(line.endswith(mark) for line in lines[1:]) < len(lines) / 2


def _without_boxes(line: str, values: Sequence[float]) -> str:
    """Return a line without the numbers or boxes to tick behind it."""
    line = re.sub(r"[\s\t]*[☐□❑○◯⃝_]{1,}(?:[\s\t]*[☐□❑○◯⃝_])*$", "", line).rstrip()
    ticks = r"[\s\t]+".join(f"{value:g}" for value in values)
    shorter = re.sub(rf"[\s\t]+{ticks}$", "", line) if len(values) > 1 else line
    return shorter.rstrip() or line


def _take_answers(lines: list[str], values: Sequence[float]) -> tuple[dict[float, str], list[str]]:
    """Return the words of the answers, and the lines without them."""
    if not values:
        return {}, lines
    for n, line in enumerate(lines):
        if labels := _answers_in_line(line, values):
            # the line may stand above every group of items
            return labels, [
                other for m, other in enumerate(lines) if m != n and _answers_in_line(other, values) != labels
            ]
    for n in range(len(lines) - len(values) + 1):
        block = [re.fullmatch(r"(\d+)\s*[=:–-]?\s*(\S.*)", line) for line in lines[n : n + len(values)]]
        if values[0] == 0 and all(m and float(m[1]) == value for m, value in zip(block, values, strict=True)):
            labels = {value: m[2] for m, value in zip(block, values, strict=True) if m}
            return labels, lines[:n] + lines[n + len(values) :]
    return _take_answers_above(lines, values)


def _take_answers_above(lines: list[str], values: Sequence[float]) -> tuple[dict[float, str], list[str]]:
    """Return short lines right above item 1 as answers, one each, as heads of columns come out of a PDF."""
    first = next((n for n, line in enumerate(lines) if (m := _NUMBERED.fullmatch(line)) and "1" in {m[1], m[3]}), 0)
    block = lines[max(first - len(values), 0) : first]
    if len(block) == len(values) > 2 and all(len(label) <= 40 and label[-1] not in ".:?!" for label in block):
        return dict(zip(values, block, strict=True)), lines[: first - len(values)] + lines[first:]
    return {}, lines


def _answers_in_line(line: str, values: Sequence[float]) -> dict[float, str]:
    """Return the words of all answers if this one line holds them."""
    names = [f"{value:g}" for value in values]
    before = re.findall(r"(?<![\w.])(\d+)(?:\s*[=:–-]\s*|\s+)([^\d\s][^\d]*?)[\s,;|/]*(?=\d|$)", line)
    after = re.findall(r"([^\d\s(][^\d(]*?)\s*(?:[(=:–-]\s*)?\(?(\d+)\)?[\s,;|/]*", line)
    pairs = (
        [(number, label) for number, label in before] if re.match(r"\d", line) else [(n, label) for label, n in after]
    )
    if [number for number, _ in pairs] == names and all(label.strip() for _, label in pairs):
        return {value: label.strip(" ,;|/\t") for value, (_, label) in zip(values, pairs, strict=True)}
    cells = [cell.strip() for cell in re.split(r"\t+| \| |\|", line) if cell.strip()]
    if len(cells) == len(values) > 2 and not any(re.search(r"\d", cell) for cell in cells):
        return dict(zip(values, cells, strict=True))
    return {}


def _numbered_lines(lines: Sequence[str], most: int) -> dict[int, tuple[int, str]]:
    """Return position → (item number, text) of lines numbered 1, 2, 3 …; nothing unless they count up from 1."""
    candidates = {
        n: (int(m[1] or m[3]), m[2] or m[4]) for n, line in enumerate(lines) if (m := _NUMBERED.fullmatch(line))
    }
    wanted, chosen = 1, {}
    for position, (number, text) in candidates.items():
        if number == wanted and number <= most:
            chosen[position] = (number, text)
            wanted += 1
    return chosen if len(chosen) >= 2 else {}


def _place_numbered(
    lines: Sequence[str], numbered: Mapping[int, tuple[int, str]], numbers: Sequence[int], answers: Mapping[float, str]
) -> Draft:
    # what follows the last item begins with a capital: a question without a number, or the foot of the sheet
    rest = next((n for n in range(max(numbered) + 1, len(lines)) if not lines[n][0].islower()), len(lines))
    positions = [*numbered, rest]
    items = {}
    for start, end in pairwise(positions):
        number, text = numbered[start]
        items[numbers[number - 1]] = " ".join([text, *lines[start + 1 : end]])
    introduction = "\n".join(lines[: positions[0]])
    return Draft(items=items, answers=answers, introduction=introduction, leftover=tuple(lines[rest:]))


def _join_wrapped(lines: Sequence[str], bullets: Sequence[str | None]) -> list[str]:
    entries: list[str] = []
    for line, bullet in zip(lines, bullets, strict=True):
        if bullet is None:
            entries[-1] += f" {line}"
        else:
            entries.append(bullet)
    return entries


def _place(entries: Sequence[str], numbers: Sequence[int], answers: Mapping[float, str], head: Sequence[str]) -> Draft:
    return Draft(
        items=dict(zip(numbers, entries, strict=False)),
        answers=answers,
        introduction="\n".join(head),
        leftover=tuple(entries[len(numbers) :]),
    )


# ---- files -----------------------------------------------------------------------------------------------------------
def read_wording_file(instrument: Instrument, file: str, content: bytes) -> Draft:
    """Read a FHIR Questionnaire, or a wording in TOML or as it is stored. Raises InstrumentError for other files."""
    place = Place(file, InstrumentError)
    if len(content) > MAX_BYTES:
        place.fail(f"the file has {len(content):,} bytes; at most {MAX_BYTES:,} are read")
    if content.lstrip()[:1] == b"{":
        try:
            resource = msgspec.json.decode(content)
        except msgspec.DecodeError as error:
            place.fail(f"invalid JSON: {error}", advice="Choose a FHIR Questionnaire in JSON, or a TOML file.")
        if "items" in resource and "resourceType" not in resource:  # a stored wording, such as that of another clinic
            return read_toml_wording(instrument, resource, place)
        return read_fhir_questionnaire(instrument, resource, place)
    values = parse_toml(content, place)
    return read_toml_wording(instrument, values, place)


def read_toml_wording(instrument: Instrument, values: dict[str, Any], place: Place) -> Draft:
    """Read the tables of a file: those of `Wording`; `instrument` and `language` may be left out."""
    if (name := values.get("instrument", instrument.id)) != instrument.id:
        place.fail(f"this is the wording of “{name}”, not of “{instrument.id}”", "instrument")
    wording = convert({"language": "en"} | values | {"instrument": instrument.id}, Wording, place)
    return Draft(
        items=dict(wording.items),
        answers={a.value: a.label for a in wording.answers},
        own_answers={n: {a.value: a.label for a in answers} for n, answers in wording.own_answers.items()},
        introduction=wording.introduction,
        low_label=wording.low_label,
        high_label=wording.high_label,
        language=str(values.get("language", "")),
    )


def read_fhir_questionnaire(instrument: Instrument, resource: Any, place: Place) -> Draft:
    """Read a FHIR R4 Questionnaire: texts and answers of its questions, matched by LOINC code, else by order."""
    if not isinstance(resource, dict) or resource.get("resourceType") != "Questionnaire":
        kind = resource.get("resourceType", "no resource") if isinstance(resource, dict) else "no object"
        place.fail(f"this is not a FHIR Questionnaire (got {kind})", "resourceType")
    questions, texts = [], []
    for item in _walk(resource.get("item", [])):
        if item.get("type") in {"group", "display"}:
            texts.append(str(item.get("text", "")))
        else:
            questions.append(item)
    codes = {code: int(name[5:]) for name, code in instrument.codes.items() if re.fullmatch(r"item_\d+", name)}
    numbers = [item.number for item in instrument.items]
    by_code = {codes[code]: question for question in questions if (code := _code_of(question)) in codes}
    placed = by_code or dict(zip(numbers, questions, strict=False))
    rest = [q for q in questions if not any(q is p for p in placed.values())]
    own_answers = {n: _fhir_answers(q, resource) for n, q in placed.items()}
    labels = [a for n, a in own_answers.items() if n in needed_items(instrument) and a]
    shared = labels[0] if labels else {}
    return Draft(
        items={n: str(q.get("text", "")).strip() for n, q in placed.items()},
        answers=shared,
        own_answers={n: a for n, a in own_answers.items() if a and a != shared},
        introduction="\n".join(text for text in texts if text.strip()),
        language=str(resource.get("language", "")),
        leftover=tuple(str(q.get("text", "")) for q in rest if str(q.get("text", "")).strip()),
    )


def _walk(items: Any) -> Iterator[dict[str, Any]]:
    for item in items if isinstance(items, list) else ():
        if isinstance(item, dict):
            yield item
            yield from _walk(item.get("item"))


def _code_of(question: Mapping[str, Any]) -> str:
    codes = [c.get("code") for c in question.get("code", ()) if isinstance(c, dict)]
    return next((str(code) for code in codes if code), str(question.get("linkId", "")).strip("/").rpartition("/")[2])


def _fhir_answers(question: Mapping[str, Any], resource: Mapping[str, Any]) -> dict[float, str]:
    """Return value → words of a question's options: by ordinal value, else counted from 0."""
    options = [o for o in question.get("answerOption", ()) if isinstance(o, dict)] or _value_set(question, resource)
    answers = {}
    for position, option in enumerate(options):
        coding = option.get("valueCoding", option)
        extensions = [*option.get("extension", ()), *(coding.get("extension", ()) if isinstance(coding, dict) else ())]
        ordinal = next((e["valueDecimal"] for e in extensions if isinstance(e, dict) and "valueDecimal" in e), position)
        label = coding.get("display") or option.get("valueString") if isinstance(coding, dict) else None
        if label:
            answers[float(ordinal)] = str(label).strip()
    return answers


def _value_set(question: Mapping[str, Any], resource: Mapping[str, Any]) -> list[dict[str, Any]]:
    name = str(question.get("answerValueSet", "")).lstrip("#")
    contained = [c for c in resource.get("contained", ()) if isinstance(c, dict) and name and c.get("id") == name]
    includes = [i for c in contained for i in c.get("compose", {}).get("include", ()) if isinstance(i, dict)]
    return [concept for include in includes for concept in include.get("concept", ()) if isinstance(concept, dict)]
